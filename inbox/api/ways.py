"""/api/v1/: by which channels a buyer is reached, templates, and messages that are sent again."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import ApiView, read
from helpdesk.lib.fields import Id
from helpdesk.lib.openapi import ErrorsSerializer
from inbox.access import with_message_relations
from inbox.api.conversations import TAGS, conversation_of
from inbox.api.shapes import MessageSerializer
from inbox.errors import NotFound
from inbox.models import Channel, Message
from inbox.payloads import in_words, message_data
from inbox.resending import resend
from inbox.templating import template_data, templates_of
from inbox.ways import way_data, ways_to
from people.api import agent_of


class WaySerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="The channel's; give it as `via` with a message.")
    kind = serializers.CharField()
    name = serializers.CharField()
    label = serializers.CharField(help_text="What its kind is called.")  # type: ignore[assignment]  # a field
    icon = serializers.CharField()
    address = serializers.CharField(help_text="Where the buyer is reached; empty in the widget.")
    state = serializers.ChoiceField(
        ["open", "template", "unavailable"], help_text="`template`: free words are not taken now."
    )
    reason = serializers.CharField(help_text="Why it is not available, in words.")
    instead = serializers.CharField(
        help_text="The channel that takes over while this one takes no free words; mostly empty."
    )
    until = serializers.DateTimeField(allow_null=True, help_text="When free words are not taken any more.")
    templates = serializers.BooleanField()
    outside = serializers.BooleanField(help_text="A provider has to take what is sent.")
    segments = serializers.BooleanField(help_text="Texts are counted in SMS.")
    max_text = serializers.IntegerField(help_text="Characters of one message there; longer ones go in parts.")
    takes_files = serializers.BooleanField(help_text="Else they go as links.")
    max_file = serializers.IntegerField(allow_null=True, help_text="In bytes; larger ones go as links.")


class TemplateSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    language = serializers.CharField()
    text = serializers.CharField(help_text="With {{field}} where a value goes.")
    fields = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]  # of the template


class ResendInput(serializers.Serializer[Any]):
    channel = Id(
        required=False,
        allow_null=True,
        default=None,
        help_text="Another way; left out: the one that was tried.",
    )


class Ways(ApiView):
    scope = "conversations"

    @extend_schema(
        tags=TAGS,
        summary="By which channels the buyer is reached",
        description="First the one by which they wrote last: an answer goes there unless its `via` says otherwise.",
        responses=WaySerializer(many=True),
    )
    def get(self, request: Request, conversation_id: UUID) -> Response:
        conversation = conversation_of(agent_of(request), conversation_id)
        return Response([way_data(one) for one in ways_to(conversation)])


class Templates(ApiView):
    scope = "conversations"

    @extend_schema(
        tags=TAGS,
        summary="Templates that may be sent by a channel",
        description="What its provider has approved; it is asked at most every ten minutes (409 `provider_away`: "
        "it does not say).",
        responses={200: TemplateSerializer(many=True), 409: ErrorsSerializer},
    )
    def get(self, request: Request, conversation_id: UUID, channel_id: UUID) -> Response:
        conversation = conversation_of(agent_of(request), conversation_id)
        channel = Channel.objects.filter(pk=channel_id, store=conversation.store_id).first()
        if channel is None:
            raise NotFound("No such channel.")
        return Response([template_data(template) for template in templates_of(channel)])


class Resend(ApiView):
    scope = "conversations"

    @extend_schema(
        tags=TAGS,
        summary="Send a message again",
        description="What failed, or may not have arrived (`unknown`: then the buyer may get it twice), by the same "
        "channel or another.",
        request=ResendInput,
        responses={200: MessageSerializer, 409: ErrorsSerializer},
        examples=[OpenApiExample("The same way", {}, request_only=True)],
    )
    def post(self, request: Request, message_id: UUID) -> Response:
        agent = agent_of(request)
        message = resend(
            agent=agent, message_id=message_id, channel_id=read(ResendInput, request.data)["channel"]
        )
        [message] = with_message_relations(Message.objects.filter(pk=message.pk))
        return Response(in_words(message_data(message)))
