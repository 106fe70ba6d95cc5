"""/api/v1/buyers/<id>/: everything that is held about a buyer, and that it is erased."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import ApiView, read
from helpdesk.lib.fields import Number, Text
from helpdesk.lib.openapi import ErrorsSerializer, sent
from helpdesk.lib.times import iso
from inbox.access import check_may
from orders.errors import NotFound
from people.access import buyers_for
from people.api import agent_of
from people.models import Agent
from team import erasing, exporting
from team.models import BuyerExport, Erasure

TAGS = ["Buyers"]
LONGEST_HOLD = erasing.LONGEST_HOLD // timedelta(hours=1)


class ExportSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(BuyerExport.State.values)
    asked_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    size = serializers.IntegerField(help_text="Bytes.")
    url = serializers.CharField(
        allow_null=True,
        help_text="Once it is ready: where whoever asked for it, and nobody else, downloads it.",
    )


class ErasureSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    buyer = serializers.UUIDField()
    state = serializers.ChoiceField(Erasure.State.values)
    reason = serializers.CharField()
    asked_at = serializers.DateTimeField()
    run_at = serializers.DateTimeField(help_text="Until then it can be taken back.")
    erased_at = serializers.DateTimeField(allow_null=True)
    waits_for = serializers.CharField(help_text="What has to end first; empty, where nothing does.")


@sent(
    "With a day to take it back",
    {"name": "Kim Larsen", "reason": "Asked by mail on 20 November", "hold_hours": 24},
)
class ErasureInput(serializers.Serializer[Any]):
    name = Text(max_length=254, help_text="What the buyer is called here, to the letter.")
    reason = Text(max_length=erasing.MAX_REASON, help_text="It stays: do not name the buyer in it.")
    hold_hours = Number(
        min_value=0,
        max_value=LONGEST_HOLD,
        required=False,
        help_text="How long it can be taken back; 0: at once.",
    )


def export_data(export: BuyerExport) -> dict[str, Any]:
    is_there = (
        export.state == BuyerExport.State.READY and export.expires_at and export.expires_at > timezone.now()
    )
    return {
        "id": str(export.pk),
        "state": export.state,
        "asked_at": iso(export.asked_at),
        "expires_at": iso(export.expires_at),
        "size": export.size,
        "url": reverse("team:privacy-download", args=[export.pk]) if is_there else None,
    }


def erasure_data(erasure: Erasure) -> dict[str, Any]:
    return {
        "id": str(erasure.pk),
        "buyer": str(erasure.buyer_id),
        "state": erasure.state,
        "reason": erasure.reason,
        "asked_at": iso(erasure.asked_at),
        "run_at": iso(erasure.run_at),
        "erased_at": iso(erasure.erased_at),
        "waits_for": erasure.waits_for,
    }


def _require(agent: Agent, ability: str, buyer_id: UUID) -> None:
    """Raise NotFound for somebody else's buyer, Forbidden for who serves their store and lacks the ability."""
    if not buyers_for(agent).filter(pk=buyer_id).exists():
        raise NotFound(_("There is no such buyer."))
    check_may(agent, ability)


class Exports(ApiView):
    scope = "buyers"

    @extend_schema(
        tags=TAGS,
        summary="My exports of what is held about a buyer",
        responses={200: ExportSerializer(many=True), 403: ErrorsSerializer, 404: ErrorsSerializer},
    )
    def get(self, request: Request, buyer_id: UUID) -> Response:
        agent = agent_of(request)
        _require(agent, "buyers.export", buyer_id)
        rows = exporting.exports_for(agent).filter(buyer=buyer_id).order_by("-asked_at")
        return Response([export_data(export) for export in rows[:20]])

    @extend_schema(
        tags=TAGS,
        summary="Have everything about a buyer gathered",
        description="Ask again until it is `ready`; its file is deleted at `expires_at`.",
        request=None,
        responses={
            202: ExportSerializer,
            403: ErrorsSerializer,
            404: ErrorsSerializer,
            409: ErrorsSerializer,
        },
    )
    def post(self, request: Request, buyer_id: UUID) -> Response:
        export = exporting.ask_for_export(agent=agent_of(request), buyer_id=buyer_id)
        return Response(export_data(export), status=status.HTTP_202_ACCEPTED)


class BuyerErasure(ApiView):
    # To undo somebody's whole history asks for more of a key than to tag them.
    scope = {
        "GET": ("buyers:read",),
        "POST": ("buyers:write", "settings:write"),
        "DELETE": ("buyers:write", "settings:write"),
    }

    @extend_schema(
        tags=TAGS,
        summary="Whether a buyer is to be erased",
        description="404 where nobody has asked for it, or it was stopped.",
        responses={200: ErasureSerializer, 403: ErrorsSerializer, 404: ErrorsSerializer},
    )
    def get(self, request: Request, buyer_id: UUID) -> Response:
        return Response(erasure_data(self._erasure(agent_of(request), buyer_id)))

    @extend_schema(
        tags=TAGS,
        summary="Erase a buyer",
        description="It is held first, and can be taken back until `run_at`; from then on it is for good.",
        request=ErasureInput,
        responses={
            202: ErasureSerializer,
            400: ErrorsSerializer,
            403: ErrorsSerializer,
            404: ErrorsSerializer,
            409: ErrorsSerializer,
        },
    )
    def post(self, request: Request, buyer_id: UUID) -> Response:
        agent = agent_of(request)
        _require(agent, "buyers.erase", buyer_id)
        given = read(ErasureInput, request.data)
        hold = timedelta(hours=given["hold_hours"]) if "hold_hours" in given else None
        erasure = erasing.ask_for_erasure(
            agent=agent, buyer_id=buyer_id, name=given["name"], reason=given["reason"], hold=hold
        )
        return Response(erasure_data(erasure), status=status.HTTP_202_ACCEPTED)

    @extend_schema(
        tags=TAGS,
        summary="Take an erasure back",
        responses={
            200: ErasureSerializer,
            403: ErrorsSerializer,
            404: ErrorsSerializer,
            409: ErrorsSerializer,
        },
    )
    def delete(self, request: Request, buyer_id: UUID) -> Response:
        agent = agent_of(request)
        erasure = self._erasure(agent, buyer_id)
        return Response(erasure_data(erasing.take_back(agent=agent, erasure_id=erasure.pk)))

    def _erasure(self, agent: Agent, buyer_id: UUID) -> Erasure:
        found = (
            erasing.erasures_for(agent).filter(buyer=buyer_id).exclude(state=Erasure.State.STOPPED).first()
        )
        if found is None:
            raise NotFound(_("There is no such erasure."))
        return found
