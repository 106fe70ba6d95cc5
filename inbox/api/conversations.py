"""/api/v1/conversations/: the lists, one conversation, and what is said in it."""

from copy import deepcopy
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from events.record import Actor
from helpdesk.lib.api import ApiView, next_page, read
from inbox.access import conversations_for, store_ids_for, with_message_relations, with_summary_relations
from inbox.api import shapes
from inbox.api.inputs import CardInput, ConversationQuery, MessageInput, MessageQuery
from inbox.cards import send_card
from inbox.errors import Invalid, NotFound
from inbox.lists import Filters, counts, list_conversations, rows_for
from inbox.live import viewers
from inbox.models import Channel, Conversation, Draft, Message
from inbox.payloads import in_words, message_data
from inbox.services import Draft as MessageDraft
from inbox.services import Posted, post_message
from inbox.templating import filled_in
from people.api import agent_of
from people.models import Agent

TAGS = ["Conversations"]


def conversation_of(agent: Agent, conversation_id: UUID) -> Conversation:
    """Return a conversation that the agent sees, with what its row shows. Raises NotFound."""
    rows = with_summary_relations(conversations_for(agent))
    conversation = rows.filter(pk=conversation_id).first()
    if conversation is None:
        raise NotFound("No such conversation.")
    return conversation


class Conversations(ApiView):
    scope = "conversations"

    @extend_schema(
        tags=TAGS,
        summary="List conversations",
        description="Pages of 50, the latest first; `waiting` by when an answer is due (then, without a "
        "target, the longest wait first), `mentions` by when I was "
        "named. A view and the filters beside it all have to fit.",
        parameters=[ConversationQuery],
        responses=shapes.ConversationPageSerializer,
    )
    def get(self, request: Request) -> Response:
        agent, given = agent_of(request), read(ConversationQuery, request.query_params)
        assignee = given.get("assignee")
        filters = Filters(
            status=given.get("status"),
            assignee=agent.id if assignee == "me" else None if assignee == "none" else assignee,
            unassigned=assignee == "none",
            team=given.get("team"),
            channel=given.get("channel"),
            tag=given.get("tag"),
            store=given.get("store"),
            buyer=given.get("buyer"),
            priority=given.get("priority"),
            waiting={"true": True, "false": False}.get(given.get("waiting", "")),
            due=given.get("due"),
            text=given.get("q", ""),
        )
        rows, cursor = list_conversations(agent, given.get("view"), filters, given.get("cursor"))
        return Response({"results": rows, "next": next_page(request, cursor)})


class ConversationCounts(ApiView):
    scope = "conversations"

    @extend_schema(tags=TAGS, summary="How many the views hold", responses=shapes.CountsSerializer)
    def get(self, request: Request) -> Response:
        return Response(counts(agent_of(request)))


class ConversationDetail(ApiView):
    scope = "conversations"

    @extend_schema(tags=TAGS, summary="One conversation", responses=shapes.ConversationDetailSerializer)
    def get(self, request: Request, conversation_id: UUID) -> Response:
        agent = agent_of(request)
        conversation = conversation_of(agent, conversation_id)
        [row] = rows_for(agent, [conversation])
        draft = Draft.objects.filter(agent=agent, conversation=conversation).first()
        row["draft"] = {"body": draft.body, "private": draft.private} if draft else None
        row["viewers"] = viewers(conversation.id, but=agent.id)
        return Response(row)


class Messages(ApiView):
    scope = "conversations"

    @extend_schema(
        tags=TAGS,
        summary="What was said",
        description="The last messages, or those before or after a `seq`. Notes are among them.",
        parameters=[MessageQuery],
        responses=shapes.MessagePageSerializer,
    )
    def get(self, request: Request, conversation_id: UUID) -> Response:
        given = read(MessageQuery, request.query_params)
        if not conversations_for(agent_of(request)).filter(pk=conversation_id).exists():
            raise NotFound("No such conversation.")
        return Response(_page(conversation_id, **given))

    @extend_schema(
        tags=TAGS,
        summary="Answer, or write a note",
        description="A repeated `client_id` is the message that it was before (200). With `reply_after`, an answer "
        "is refused as `stale` where somebody wrote in between, and as `window_closed` where its channel takes no "
        "free words now; `template` is what may be sent then.",
        request=MessageInput,
        responses={
            201: shapes.MessageSerializer,
            200: shapes.MessageSerializer,
            409: shapes.StaleSerializer,
        },
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        agent, given = agent_of(request), read(MessageInput, request.data)
        files, template = tuple(given.pop("attachments")), given.pop("template")
        if template is not None:
            given |= _template(agent, conversation_id, given["via"], template)
        draft = MessageDraft(
            actor=Actor.agent(agent),
            conversation_id=conversation_id,
            stores=store_ids_for(agent),
            attachments=files,
            **given,
        )
        return posted_response(post_message(draft))


def _template(agent: Agent, conversation_id: UUID, via: UUID | None, given: dict[str, Any]) -> dict[str, Any]:
    """Return what a draft has of a template that was filled in. It asks the provider, so before any transaction."""
    conversation = conversation_of(agent, conversation_id)
    rows = Channel.objects.filter(pk=via or conversation.channel_id, store=conversation.store_id)
    channel = rows.first()
    if channel is None:
        raise Invalid("This store has no such channel.", code="unknown_channel", attr="via")
    text, data = filled_in(channel, **given)
    return {"body": text, "data": {"template": data}, "private": False, "via": channel.id}


def _page(
    conversation_id: UUID, *, limit: int, after: int | None = None, before: int | None = None
) -> dict[str, Any]:
    rows = with_message_relations(Message.objects.filter(conversation_id=conversation_id))
    if after is not None:
        found = list(rows.filter(seq__gt=after).order_by("seq")[: limit + 1])
        page = found[:limit]
    else:
        if before is not None:
            rows = rows.filter(seq__lt=before)
        found = list(rows.order_by("-seq")[: limit + 1])
        page = found[:limit][::-1]
    return {"results": [in_words(message_data(message)) for message in page], "has_more": len(found) > limit}


def posted_response(posted: Posted) -> Response:
    # What was posted is on its way to all sockets as it is: the copy for its author is another.
    return Response(in_words(deepcopy(posted.payload)), status=201 if posted.created else 200)


class Cards(ApiView):
    scope = "conversations"

    @extend_schema(
        tags=TAGS,
        summary="Send a card",
        description="The buyer sees all of it, and it stays true: an order's card changes with the order.",
        request=CardInput,
        responses={
            201: shapes.MessageSerializer,
            200: shapes.MessageSerializer,
            409: shapes.ErrorsSerializer,
        },
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        agent = agent_of(request)
        posted = send_card(
            agent=agent,
            stores=store_ids_for(agent),
            conversation_id=conversation_id,
            **read(CardInput, request.data),
        )
        return posted_response(posted)
