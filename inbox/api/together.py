"""/api/v1/conversations/: what is done to several of them, put together and taken apart, and who could get one."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import ApiView, read
from helpdesk.lib.fields import Choice, Id
from helpdesk.lib.openapi import sent
from helpdesk.lib.times import iso
from inbox import services
from inbox.api import inputs, shapes
from inbox.api.actions import OR_CONFLICT
from inbox.api.conversations import TAGS, conversation_of
from inbox.errors import NotFound
from inbox.lists import rows_for
from inbox.models import BulkAction, ConversationMerge
from inbox.services import bulk, handing
from people.api import agent_of
from people.payloads import agent_data
from people.shapes import ColleagueSerializer, NamedSerializer

_ID = "0199f3a2-7c1e-7b52-9b1f-2a4f6d1c9e10"
KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="1 to 64 visible ASCII characters of your own. The same key with the same body does nothing twice and "
    "is answered the same; with another body it is a 409.",
)


# -- Who could get it


class ReceiverSerializer(ColleagueSerializer):
    open = serializers.IntegerField(help_text="Open conversations that they have.")
    limit = serializers.IntegerField(help_text="How many they are given at most by routing.")


class ReceivingTeamSerializer(NamedSerializer):
    online = serializers.IntegerField(help_text="How many of it are there now.")


class ReceiversSerializer(serializers.Serializer[Any]):
    agents = ReceiverSerializer(many=True)
    teams = ReceivingTeamSerializer(many=True)


class Receivers(ApiView):
    scope = "conversations"

    @extend_schema(
        tags=TAGS,
        summary="Who could be given it",
        description="Colleagues who serve its store, with how busy they are, and its teams. Who is away or full can be "
        "given it all the same.",
        responses=ReceiversSerializer,
    )
    def get(self, request: Request, conversation_id: UUID) -> Response:
        agents, teams = handing.receivers(agent_of(request), conversation_id)
        return Response(
            {
                "agents": [
                    {**agent_data(one.agent), "open": one.has_open, "limit": one.limit} for one in agents
                ],
                "teams": [
                    {"id": str(one.team.id), "name": one.team.name, "online": one.online} for one in teams
                ],
            }
        )


# -- Merging


@sent("An earlier one", {"other": "0199f3a2-0000-7000-8000-000000000010"})
class MergeConversationInput(serializers.Serializer[Any]):
    other = Id(help_text="A resolved conversation of the same buyer.")


@sent("What was merged", {"merge": "0199f3a2-0000-7000-8000-000000000011"})
class SeparateInput(serializers.Serializer[Any]):
    merge = Id()


class MergedSerializer(shapes.ConversationSerializer):
    merge = serializers.UUIDField(help_text="By which it is taken apart again.")


class MergeablesSerializer(serializers.Serializer[Any]):
    results = shapes.ConversationSerializer(many=True)


class MergeConversations(ApiView):
    scope = "conversations"

    @extend_schema(
        tags=TAGS,
        summary="What could become part of it",
        description="The buyer's resolved conversations, the latest first, at most 20.",
        responses=MergeablesSerializer,
    )
    def get(self, request: Request, conversation_id: UUID) -> Response:
        agent = agent_of(request)
        found = services.mergeable(agent, conversation_of(agent, conversation_id))
        return Response({"results": rows_for(agent, found)})

    @extend_schema(
        tags=TAGS,
        summary="Merge an earlier conversation into it",
        description="Both become one timeline, by time; `other` has to be resolved and of the same buyer, and is in "
        "no list any more: its `merged_into` says where its messages are. 409 `not_resolved`, `merged` (it is part "
        "of another already), `nothing_to_move`.",
        request=MergeConversationInput,
        responses={200: MergedSerializer, 409: shapes.ErrorsSerializer},
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        agent, given = agent_of(request), read(MergeConversationInput, request.data)
        merge = services.merge_conversations(
            agent=agent, conversation_id=conversation_id, other_id=given["other"]
        )
        [row] = rows_for(agent, [conversation_of(agent, conversation_id)])
        return Response({**row, "merge": str(merge.id)})


class SeparateConversations(ApiView):
    scope = "conversations"

    @extend_schema(
        tags=TAGS,
        summary="Undo a merge",
        description="Everything that moved goes back; what was said since stays here. 409 `split_since`: it was split "
        "in the middle of it, undo that first; `merged`: it is part of yet another one.",
        request=SeparateInput,
        responses=OR_CONFLICT,
    )
    def post(self, request: Request, conversation_id: UUID) -> Response:
        agent, given = agent_of(request), read(SeparateInput, request.data)
        if not ConversationMerge.objects.filter(pk=given["merge"], kept=conversation_id).exists():
            raise NotFound("No such merge.")
        services.separate(agent=agent, merge_id=given["merge"])
        return Response(rows_for(agent, [conversation_of(agent, conversation_id)])[0])


# -- Many at once


_PARAMS = {
    "assign": inputs.AssignTo,
    "tag": inputs.TagsInput,
    "priority": inputs.PriorityInput,
    "snooze": inputs.SnoozeInput,
}


@sent("Resolve two", {"ids": [_ID, "0199f3a2-7c1e-7b52-9b1f-2a4f6d1c9e12"], "action": "resolve"})
class BulkInput(serializers.Serializer[Any]):
    ids = serializers.ListField(child=Id(), min_length=1, max_length=bulk.MOST)
    action = Choice(sorted(bulk.KINDS))
    params = serializers.DictField(
        required=False, default=dict, help_text="As the action takes them for one conversation: see there."
    )


class BulkResultSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(["done", "unchanged", "failed"])
    code = serializers.CharField(allow_null=True, help_text="Why it failed, for programs.")
    detail = serializers.CharField(allow_null=True, help_text="And for people.")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "One done, one not",
            {
                "id": "0199f3a2-0000-7000-8000-000000000012",
                "action": "resolve",
                "done": 1,
                "unchanged": 0,
                "failed": 1,
                "results": [
                    {"id": _ID, "state": "done", "code": None, "detail": None},
                    {
                        "id": "0199f3a2-7c1e-7b52-9b1f-2a4f6d1c9e12",
                        "state": "failed",
                        "code": "not_found",
                        "detail": "No such conversation.",
                    },
                ],
                "undoable": True,
                "created_at": "2026-11-21T09:31:02.118Z",
            },
            response_only=True,
        )
    ]
)
class BulkSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    action = serializers.ChoiceField(sorted(bulk.KINDS))
    done = serializers.IntegerField()
    unchanged = serializers.IntegerField(help_text="They were so already.")
    failed = serializers.IntegerField()
    results = BulkResultSerializer(many=True)
    undoable = serializers.BooleanField(help_text="It can be taken back where nobody has changed it since.")
    created_at = serializers.DateTimeField()


def bulk_data(row: BulkAction, results: dict[str, Any]) -> dict[str, Any]:
    """Return what became of each conversation: of doing it, or of taking it back."""
    told = [
        {
            "id": pk,
            "state": results[pk]["state"],
            "code": results[pk].get("code"),
            "detail": results[pk].get("detail"),
        }
        for pk in row.conversations
        if pk in results
    ]
    states = [one["state"] for one in told]
    return {
        "id": str(row.id),
        "action": row.action,
        **{state: states.count(state) for state in ("done", "unchanged", "failed")},
        "results": told,
        "undoable": results is row.results and "done" in states and bulk.KINDS[row.action].undo is not None,
        "created_at": iso(row.created_at),
    }


class Bulk(ApiView):
    scope = "conversations"

    @extend_schema(
        tags=TAGS,
        summary="Do one thing to many",
        description="To at most 100 conversations: `assign` (`{agent}` or `{team}`), `tag` (`{add, remove}`), "
        "`priority`, `snooze` (`{until}`), `resolve`, `reopen` or `read`. Each is done by itself, so that one which "
        "cannot be does not hinder the others: `results` says what became of each. 409 `idempotency_conflict`.",
        parameters=[KEY],
        request=BulkInput,
        responses={200: BulkSerializer, 409: shapes.ErrorsSerializer},
    )
    def post(self, request: Request) -> Response:
        agent, given = agent_of(request), read(BulkInput, request.data)
        row = bulk.run(
            agent=agent,
            idempotency_key=request.headers.get("Idempotency-Key", ""),
            action=given["action"],
            params=_params(given["action"], given["params"], agent.id),
            ids=given["ids"],
        )
        return Response(bulk_data(row, row.results))


class UndoBulk(ApiView):
    scope = "conversations"

    @extend_schema(
        tags=TAGS,
        summary="Take a bulk action back",
        description="Where nobody has changed it since: what was resolved is open again, and assignees, tags and "
        "priorities are those of before. Repeated, it is answered the same. 409 `not_undoable`: what was marked read.",
        request=None,
        responses={200: BulkSerializer, 409: shapes.ErrorsSerializer},
    )
    def post(self, request: Request, bulk_id: UUID) -> Response:
        row = bulk.take_back(agent=agent_of(request), bulk_id=bulk_id)
        return Response(bulk_data(row, row.undone))


def _params(action: str, params: dict[str, Any], me: UUID) -> dict[str, Any]:
    """Return the params of an action as they are kept: ids and times as texts."""
    shape = _PARAMS.get(action)
    given = read(shape, params) if shape else {}
    if given.get("agent") == "me":
        given["agent"] = me
    return {name: _text(value) for name, value in given.items()}


def _text(value: Any) -> Any:
    if isinstance(value, list):
        return [_text(one) for one in value]
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if hasattr(value, "isoformat") else value
