"""What team/todo/payloads.py gives, and what the API takes, for the schema and the checks."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from helpdesk.lib.fields import Choice, Id, Moment, Text
from helpdesk.lib.openapi import sent
from inbox.api.inputs import IdOr
from people.shapes import NamedSerializer, StoreRefSerializer
from team.todo.models import Task
from team.todo.services import MAX_NOTE, MAX_TITLE

PRIORITIES = Task.Priority.values


class TaskConversationSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    buyer = NamedSerializer()


class TaskOrderSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.CharField()


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A call",
            {
                "id": "0199f3a2-b000-7b52-9b1f-2a4f6d1c9e12",
                "store": {
                    "id": "0199f3a2-0000-7000-8000-000000000001",
                    "key": "demo",
                    "name": "Hearth & Hill",
                    "color": "#2f6fed",
                },
                "kind": "",
                "title": "Call Mei back about the missing screws",
                "remark": "",
                "note": "After three; she works nights.",
                "priority": 0,
                "status": "open",
                "assignee": {"id": "0199f3a2-0000-7000-8000-00000000000a", "name": "Ann"},
                "team": None,
                "due_at": "2026-11-21T15:00:00.000Z",
                "remind_at": "2026-11-21T14:00:00.000Z",
                "conversation": {
                    "id": "0199f3a2-0000-7000-8000-00000000000c",
                    "buyer": {"id": "0199f3a2-0000-7000-8000-00000000000b", "name": "Mei Lin"},
                },
                "order": {"id": "0199f3a2-0000-7000-8000-00000000000e", "number": "100234"},
                "created_by": {"id": "0199f3a2-0000-7000-8000-00000000000f", "name": "Sue"},
                "created_at": "2026-11-21T09:31:02.118Z",
                "done_by": None,
                "done_at": None,
            },
            response_only=True,
        )
    ]
)
class TaskSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    store = StoreRefSerializer()
    kind = serializers.ChoiceField(Task.Kind.values, help_text="Empty: somebody wrote it. Else what made it.")
    title = serializers.CharField(help_text="In the reader's language where a kind says it.")
    remark = serializers.CharField(help_text="What has changed since it was made, of what it was made for.")
    note = serializers.CharField()
    priority = serializers.ChoiceField(PRIORITIES)
    status = serializers.ChoiceField(Task.Status.values)
    assignee = NamedSerializer(allow_null=True)
    team = NamedSerializer(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    remind_at = serializers.DateTimeField(
        allow_null=True, help_text="When it is still to ring; null once it has."
    )
    conversation = TaskConversationSerializer(allow_null=True)
    order = TaskOrderSerializer(allow_null=True)
    created_by = NamedSerializer(allow_null=True, help_text="Null: the desk itself.")
    created_at = serializers.DateTimeField()
    done_by = NamedSerializer(allow_null=True)
    done_at = serializers.DateTimeField(allow_null=True, help_text="When it was done or cancelled.")


class TaskPageSerializer(serializers.Serializer[Any]):
    results = TaskSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class TaskQuery(serializers.Serializer[Any]):
    status = serializers.ChoiceField(
        Task.Status.values, required=False, default=Task.Status.OPEN, help_text="Left out: open ones."
    )
    assignee = IdOr("me", "none", required=False, help_text="An id, `me` or `none`.")
    creator = IdOr("me", required=False, help_text="An id, or `me`.")
    team = serializers.UUIDField(required=False)
    store = serializers.CharField(required=False, max_length=40, help_text="A key.")
    conversation = serializers.UUIDField(required=False)
    order = serializers.UUIDField(required=False)
    due_before = Moment(required=False)
    due_after = Moment(required=False)
    cursor = serializers.CharField(required=False, max_length=300, help_text="From `next`.")


_NULLABLE: dict[str, Any] = {"required": False, "allow_null": True}


class TaskFields(serializers.Serializer[Any]):
    note = Text(required=False, allow_blank=True, max_length=MAX_NOTE)
    assignee = Id(**_NULLABLE, help_text="Somebody who serves the store; null: nobody.")
    team = Id(**_NULLABLE, help_text="Whose it is while nobody has it.")
    due_at = Moment(**_NULLABLE)
    remind_at = Moment(**_NULLABLE, help_text="A time that is still to come.")
    priority = Choice(PRIORITIES, required=False)


@sent(
    "A call",
    {
        "title": "Call Mei back about the missing screws",
        "due_at": "2026-11-21T15:00:00Z",
        "remind_at": "2026-11-21T14:00:00Z",
        "order": "0199f3a2-0000-7000-8000-00000000000e",
    },
)
class TaskInput(TaskFields):
    id = Id(
        required=False,
        help_text="Of your own choosing (a UUID): sent again it is the same task.",
    )
    title = Text(max_length=MAX_TITLE)
    store = Text(
        required=False,
        max_length=40,
        help_text="A key. Needed where the task is about no conversation and no order, and you serve several stores.",
    )
    conversation = Id(**_NULLABLE)
    order = Id(**_NULLABLE)


@sent("Later, and somebody else's", {"due_at": "2026-11-22T09:00:00Z", "assignee": None})
class TaskChange(TaskFields):
    title = Text(required=False, max_length=MAX_TITLE)
