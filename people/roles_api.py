"""/api/v1/roles/: what each role may do."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import ApiView, read, who_may
from helpdesk.lib.fields import Flag
from helpdesk.lib.openapi import ErrorsSerializer, sent
from people import abilities, roles
from people.api import agent_of
from people.models import Agent

TAGS = ["Settings"]


class AbilitySerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    label = serializers.CharField(help_text="In my language, as `about`.")  # type: ignore[assignment]
    about = serializers.CharField()
    allowed = serializers.BooleanField()
    shipped = serializers.BooleanField(help_text="Whether the role has it as the desk ships.")


class RoleSerializer(serializers.Serializer[Any]):
    role = serializers.ChoiceField(Agent.Role.values)
    people = serializers.IntegerField(help_text="How many have it and may log in.")
    abilities = AbilitySerializer(many=True)


@sent("One given, one as shipped", {"abilities": {"ledger.read": True, "buyers.block": None}})
class RoleChange(serializers.Serializer[Any]):
    abilities = serializers.DictField(
        child=Flag(allow_null=True),
        help_text="By key, those that change; null: as the desk ships.",
    )


_EXAMPLE = {
    "role": "agent",
    "people": 6,
    "abilities": [
        {
            "key": "ledger.read",
            "label": "Read everybody's actions",
            "about": "See and download the actions of all agents. Everybody sees their own.",
            "allowed": True,
            "shipped": False,
        }
    ],
}


class Roles(ApiView):
    scope = "settings"
    permission_classes = [who_may("roles.read")]

    @extend_schema(
        tags=TAGS,
        summary="What each role may do",
        description="Admins may everything, whatever is changed. What I may myself is told by `me/`.",
        responses={200: RoleSerializer(many=True), 403: ErrorsSerializer},
        examples=[OpenApiExample("One role", _EXAMPLE, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        return Response([_data(role) for role in Agent.Role.values])


class Role(ApiView):
    scope = "settings"
    permission_classes = [who_may("roles.read")]

    @extend_schema(
        tags=TAGS,
        summary="What a role may do",
        responses={200: RoleSerializer, 403: ErrorsSerializer, 404: ErrorsSerializer},
    )
    def get(self, request: Request, role: str) -> Response:
        if role not in Agent.Role.values:
            raise roles.no_such_role()
        return Response(_data(role))

    @extend_schema(
        tags=TAGS,
        summary="Change what a role may do",
        description="By an admin, of another role than theirs. What is left out stays. Other processes of the desk "
        "hear of it within two seconds.",
        request=RoleChange,
        responses={
            200: RoleSerializer,
            400: ErrorsSerializer,
            403: ErrorsSerializer,
            404: ErrorsSerializer,
        },
    )
    def patch(self, request: Request, role: str) -> Response:
        given = read(RoleChange, request.data)
        roles.set_abilities(actor=agent_of(request), role=role, wanted=given["abilities"])
        return Response(_data(role))


def _data(role: str) -> dict[str, Any]:
    cells = {key: next(c for c in line.cells if c.role == role) for key, line in roles.lines().items()}
    return {
        "role": role,
        "people": roles.counts()[role],
        "abilities": [
            {
                "key": key,
                "label": str(ability.label),
                "about": str(ability.about),
                "allowed": cells[key].allowed,
                "shipped": cells[key].allowed != cells[key].is_changed,
            }
            for key, ability in abilities.known().items()
        ],
    }
