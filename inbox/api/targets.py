"""/api/v1/stores/<store>/targets/: within which time buyers are answered."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import ApiView, read
from helpdesk.lib.fields import Number
from helpdesk.lib.openapi import sent
from inbox.api.reception import REFUSALS, TAGS, admin_of, store_of
from inbox.api.shapes import PRIORITIES
from inbox.errors import Invalid
from inbox.services.targets import MOST_MINUTES, WARN_PERCENT, Target, save_targets, targets_data


class TargetSerializer(serializers.Serializer[Any]):
    priority = serializers.ChoiceField(PRIORITIES, help_text="-1 low, 0 normal, 1 high, 2 urgent.")
    first_minutes = serializers.IntegerField(
        allow_null=True, help_text="Minutes of opening hours to the first reply; null: no target."
    )
    next_minutes = serializers.IntegerField(allow_null=True, help_text="The same of every reply after it.")


class TargetsSerializer(serializers.Serializer[Any]):
    warn_percent = serializers.IntegerField(
        help_text="A reply is due soon when so much of its time has passed."
    )
    targets = TargetSerializer(many=True, help_text="One for each priority.")


class TargetInput(serializers.Serializer[Any]):
    priority = Number(min_value=min(PRIORITIES), max_value=max(PRIORITIES))
    first_minutes = Number(min_value=1, max_value=MOST_MINUTES, required=False, allow_null=True, default=None)
    next_minutes = Number(min_value=1, max_value=MOST_MINUTES, required=False, allow_null=True, default=None)


@sent(
    "An hour, and ten minutes where it is urgent",
    {
        "warn_percent": 75,
        "targets": [
            {"priority": 0, "first_minutes": 60, "next_minutes": 120},
            {"priority": 2, "first_minutes": 10, "next_minutes": 20},
        ],
    },
)
class TargetsChange(serializers.Serializer[Any]):
    warn_percent = Number(min_value=WARN_PERCENT[0], max_value=WARN_PERCENT[-1], required=False)
    targets = TargetInput(
        many=True, required=False, help_text="All of them: a priority that is left out has none."
    )


class Targets(ApiView):
    scope = "settings"

    @extend_schema(tags=TAGS, summary="By when a store's buyers are answered", responses=TargetsSerializer)
    def get(self, request: Request, store_id: UUID) -> Response:
        return Response(targets_data(store_of(request, store_id)))

    @extend_schema(
        tags=TAGS,
        summary="Change by when a store's buyers are answered",
        description="By an admin. What is left out stays. Those who wait have the new targets in a moment.",
        request=TargetsChange,
        responses={200: TargetsSerializer, **REFUSALS},
    )
    def patch(self, request: Request, store_id: UUID) -> Response:
        store, agent = store_of(request, store_id), admin_of(request)
        given = targets_data(store) | read(TargetsChange, request.data)
        targets = {
            row["priority"]: Target(row["first_minutes"], row["next_minutes"]) for row in given["targets"]
        }
        if len(targets) < len(given["targets"]):
            raise Invalid(_("A priority is there twice."), attr="targets")
        save_targets(actor=agent, store=store, warn_percent=given["warn_percent"], targets=targets)
        return Response(targets_data(store))
