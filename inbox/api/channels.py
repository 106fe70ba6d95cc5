"""/api/v1/channels/: the ways in which buyers write. Agents read of them; admins connect them."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import ApiView, read
from helpdesk.lib.openapi import ErrorsSerializer
from helpdesk.lib.times import iso
from helpdesk.lib.told import in_words
from inbox import transports
from inbox.api.channel_shapes import (
    ChannelChange,
    ChannelInput,
    ChannelSerializer,
    ChannelTestSerializer,
    ChannelWithConfigSerializer,
)
from inbox.channel_forms import checked, kinds
from inbox.errors import InboxError, Invalid, NotFound
from inbox.models import Channel
from inbox.payloads import channel_data
from inbox.services import channels as services
from inbox.transports.base import TransportError
from people.access import stores_for
from people.api import agent_of
from people.models import Agent

TAGS = ["Channels"]
REFUSALS: dict[int, Any] = {403: ErrorsSerializer, 409: ErrorsSerializer}
_EXAMPLE = {
    "store": "demo",
    "kind": "telegram",
    "name": "Our bot",
    "values": {"token": "123456:ABC-DEF", "secret": "sixteen-letters-or-more"},
}


class Forbidden(InboxError):
    status, code = 403, "forbidden"


def _channel(request: Request, channel_id: UUID) -> Channel:
    rows = Channel.objects.filter(
        store__in=stores_for(agent_of(request)), kind__in=transports.all_transports()
    )
    found = rows.select_related("store").filter(pk=channel_id).first()
    if found is None:
        raise NotFound("No such channel.")
    return found


def _admin(request: Request) -> Agent:
    agent = agent_of(request)
    if agent.role != Agent.Role.ADMIN:
        raise Forbidden(_("Only admins change channels."))
    return agent


def _data(channel: Channel) -> dict[str, Any]:
    transport = transports.get(channel.kind)
    return {
        **channel_data(channel),
        "label": str(transport.label),
        "state": channel.state(),
        "trouble": in_words(channel.trouble),
        "paused_until": iso(channel.paused_until),
    }


def _whole(channel: Channel, agent: Agent) -> dict[str, Any]:
    if agent.role != Agent.Role.ADMIN:
        return {**_data(channel), "config": None, "secrets": None, "webhook": None}
    fields = transports.get(channel.kind).form.base_fields
    return {
        **_data(channel),
        "config": {name: value for name, value in channel.config.items() if name in fields},
        "secrets": sorted(name for name, value in services.secrets_of(channel).items() if value),
        "webhook": services.hook_address(channel)
        if transports.get(channel.kind).is_called(channel)
        else None,
    }


def _values(kind: str, channel: Channel | None, given: dict[str, Any]) -> dict[str, Any]:
    values, wrong = checked(transports.get(kind), channel, given)
    if wrong:
        raise ValidationError({"values": wrong})
    return values


class Channels(ApiView):
    scope = "settings"

    @extend_schema(tags=TAGS, summary="Channels of my stores", responses=ChannelSerializer(many=True))
    def get(self, request: Request) -> Response:
        rows = Channel.objects.filter(
            store__in=stores_for(agent_of(request)), kind__in=transports.all_transports()
        )
        return Response([_data(channel) for channel in rows.select_related("store")])

    @extend_schema(
        tags=TAGS,
        summary="Connect a channel",
        description="By an admin. `values` is what the page of its kind asks for; secrets are sealed, and no answer "
        "has them. `connected_already`: another channel has the same account at the provider.",
        request=ChannelInput,
        responses={201: ChannelWithConfigSerializer, **REFUSALS},
        examples=[OpenApiExample("A bot", _EXAMPLE, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        agent, given = _admin(request), read(ChannelInput, request.data)
        store = stores_for(agent).filter(key=given["store"]).first()
        if store is None:
            raise Invalid(_("There is no such store."), attr="store")
        if given["kind"] not in {transport.kind for transport in kinds()}:
            raise Invalid(_("No channel of this kind can be connected."), attr="kind")
        values = _values(given["kind"], None, given["values"])
        channel = services.connect_channel(
            actor=agent, store=store, kind=given["kind"], name=given["name"], values=values
        )
        return Response(_whole(channel, agent), status=201)


class ChannelDetail(ApiView):
    scope = "settings"

    @extend_schema(tags=TAGS, summary="A channel", responses=ChannelWithConfigSerializer)
    def get(self, request: Request, channel_id: UUID) -> Response:
        return Response(_whole(_channel(request, channel_id), agent_of(request)))

    @extend_schema(
        tags=TAGS,
        summary="Change a channel",
        description="By an admin. Of `values` what is left out stays; a secret that is null is forgotten.",
        request=ChannelChange,
        responses={200: ChannelWithConfigSerializer, **REFUSALS},
    )
    def patch(self, request: Request, channel_id: UUID) -> Response:
        channel, agent = _channel(request, channel_id), _admin(request)
        given = read(ChannelChange, request.data)
        if "values" in given and not transports.get(channel.kind).form.base_fields:
            raise Invalid(_("There is nothing to fill in for this kind."), attr="values")
        values = _values(channel.kind, channel, given["values"]) if "values" in given else None
        with transaction.atomic():  # all of it, or nothing
            if "active" in given:
                channel = services.switch_channel(actor=agent, channel=channel, active=given["active"])
            if values is not None or "name" in given:
                channel = services.change_channel(
                    actor=agent, channel=channel, name=given.get("name"), values=values
                )
        return Response(_whole(channel, agent))

    @extend_schema(
        tags=TAGS,
        summary="Delete a channel",
        description="By an admin, where nothing ever came or went by it (`in_use` otherwise: switch it off).",
        responses={204: None, **REFUSALS},
    )
    def delete(self, request: Request, channel_id: UUID) -> Response:
        channel, agent = _channel(request, channel_id), _admin(request)
        services.delete_channel(actor=agent, channel=channel)
        return Response(status=204)


class TestChannel(ApiView):
    scope = "settings"

    @extend_schema(
        tags=TAGS,
        summary="Ask the provider whether it lets us in",
        description="By an admin. It may take some seconds.",
        request=None,
        responses={200: ChannelTestSerializer, 403: ErrorsSerializer},
    )
    def post(self, request: Request, channel_id: UUID) -> Response:
        channel = _channel(request, channel_id)
        _admin(request)
        try:
            account = services.check_channel(channel)
        except TransportError as error:
            return Response({"works": False, "account": "", "trouble": in_words(str(error))})
        return Response({"works": True, "account": account, "trouble": ""})
