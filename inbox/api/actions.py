"""/api/v1/conversations/<id>/…/: what an agent does with a conversation. Each answers what it is now."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import ApiView, read
from inbox import services
from inbox.api import inputs, shapes
from inbox.api.conversations import TAGS, conversation_of
from inbox.lists import rows_for
from people.api import agent_of

CONVERSATION = {200: shapes.ConversationSerializer}
OR_CONFLICT: dict[int, Any] = {**CONVERSATION, 409: shapes.ErrorsSerializer}


class Action(ApiView):
    scope = "conversations"

    def answer(self, request: Request, conversation_id: UUID) -> Response:
        agent = agent_of(request)
        return Response(rows_for(agent, [conversation_of(agent, conversation_id)])[0])


class Assign(Action):
    @extend_schema(
        tags=TAGS,
        summary="Assign",
        description="To a colleague (`me`: to myself), to a team, or, with null, to nobody. With a `note`, which is "
        "written down as one and told to them; both or neither.",
        request=inputs.AssignInput,
        responses=CONVERSATION,
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        agent, given = agent_of(request), read(inputs.AssignInput, request.data)
        if "team" in given:
            to = {"to_team": given["team"], "keep_agent": True}
        else:
            to = {"to_agent": agent.id if given["agent"] == "me" else given["agent"]}
        if given["note"].strip():
            services.hand_over(
                agent=agent,
                conversation_id=conversation_id,
                note=given["note"],
                client_id=given.get("client_id"),
                **to,
            )
        else:
            services.assign(agent=agent, conversation_id=conversation_id, **to)
        return self.answer(request, conversation_id)


class Resolve(Action):
    @extend_schema(tags=TAGS, summary="Resolve", request=None, responses=CONVERSATION)
    def post(self, request: Request, conversation_id: UUID) -> Response:
        services.resolve(agent=agent_of(request), conversation_id=conversation_id)
        return self.answer(request, conversation_id)


class Reopen(Action):
    @extend_schema(
        tags=TAGS,
        summary="Open again",
        description="Also wakes what was snoozed. `other_is_open`: the buyer has a newer one.",
        request=None,
        responses=OR_CONFLICT,
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        services.reopen(agent=agent_of(request), conversation_id=conversation_id)
        return self.answer(request, conversation_id)


class Snooze(Action):
    @extend_schema(
        tags=TAGS, summary="Put aside until a time", request=inputs.SnoozeInput, responses=OR_CONFLICT
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        given = read(inputs.SnoozeInput, request.data)
        services.snooze(agent=agent_of(request), conversation_id=conversation_id, **given)
        return self.answer(request, conversation_id)


class SplitOff(Action):
    @extend_schema(
        tags=TAGS,
        summary="Split in two",
        description="From a message on it becomes a conversation of its own, which goes on as this one did and is "
        "answered; what came before is resolved.",
        request=inputs.SplitInput,
        responses=CONVERSATION,
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        given = read(inputs.SplitInput, request.data)
        made = services.split_conversation(agent=agent_of(request), conversation_id=conversation_id, **given)
        return self.answer(request, made.id)


class JoinBack(Action):
    @extend_schema(
        tags=TAGS,
        summary="Undo a split",
        description="It moves back to the end of the conversation that it was split off from, which is answered. "
        "`not_split`: it was not; `went_on`: somebody wrote there since.",
        request=None,
        responses=OR_CONFLICT,
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        source = services.join_back(agent=agent_of(request), conversation_id=conversation_id)
        return self.answer(request, source.id)


class Priority(Action):
    @extend_schema(
        tags=TAGS, summary="Set the priority", request=inputs.PriorityInput, responses=CONVERSATION
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        given = read(inputs.PriorityInput, request.data)
        services.set_priority(agent=agent_of(request), conversation_id=conversation_id, **given)
        return self.answer(request, conversation_id)


class ChangeTags(Action):
    @extend_schema(
        tags=TAGS, summary="Put tags on, take tags off", request=inputs.TagsInput, responses=CONVERSATION
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        given = read(inputs.TagsInput, request.data)
        services.set_tags(agent=agent_of(request), conversation_id=conversation_id, **given)
        return self.answer(request, conversation_id)


class Read(Action):
    @extend_schema(
        tags=TAGS,
        summary="Mark read up to a message",
        description="Never backwards. The buyer sees the furthest of all agents.",
        request=inputs.ReadInput,
        responses=CONVERSATION,
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        given = read(inputs.ReadInput, request.data)
        services.mark_read(agent=agent_of(request), conversation_id=conversation_id, **given)
        return self.answer(request, conversation_id)


class SaveDraft(Action):
    @extend_schema(
        tags=TAGS,
        summary="Keep what I have typed",
        description="An empty text forgets it.",
        request=inputs.DraftInput,
        responses={204: None},
    )
    def put(self, request: Request, conversation_id: UUID) -> Response:
        given = read(inputs.DraftInput, request.data)
        services.save_draft(agent=agent_of(request), conversation_id=conversation_id, **given)
        return Response(status=204)
