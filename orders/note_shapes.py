"""Notes at orders, for the schema and the checks of the API."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from helpdesk.lib.fields import Choice, Id, Text
from helpdesk.lib.openapi import sent
from helpdesk.lib.palette import COLORS
from people.shapes import NamedSerializer


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A flag",
            {
                "id": "0199f3a2-9000-7b52-9b1f-2a4f6d1c9e12",
                "order": "0199f3a2-0000-7000-8000-00000000000e",
                "agent": {"id": "0199f3a2-0000-7000-8000-00000000000a", "name": "Ann"},
                "text": "Gift: no invoice in the parcel",
                "color": "amber",
                "created_at": "2026-11-21T09:31:02.118Z",
                "edited_at": None,
            },
            response_only=True,
        )
    ]
)
class OrderNoteSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    order = serializers.UUIDField()
    agent = NamedSerializer()
    text = serializers.CharField()
    color = serializers.CharField(help_text="Empty: a note without a flag.")
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)


class NoteInput(serializers.Serializer[Any]):
    id = Id(
        required=False,
        allow_null=True,
        default=None,
        help_text="Of your own choosing (a UUID): sent again with the same text it is the same note.",
    )
    text = Text(max_length=500)
    color = Choice(["", *COLORS], required=False, default="", help_text="Makes a flag of it.")


@sent("No flag any more", {"color": ""})
class NoteChange(serializers.Serializer[Any]):
    text = Text(max_length=500, required=False)
    color = Choice(["", *COLORS], required=False)
