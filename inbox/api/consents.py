"""/api/v1/buyers/<id>/: where a buyer may be written to, and with whom they were mistaken."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import ApiView, read
from helpdesk.lib.fields import Text
from helpdesk.lib.openapi import ErrorsSerializer
from helpdesk.lib.times import iso
from inbox.api.profiles import TAGS, MergeInput
from inbox.errors import NotFound
from inbox.models import Consent
from inbox.services import tell_apart
from inbox.services.consent import MAX_REASON, Standing, change_consent, standings
from people.access import buyers_for
from people.api import agent_of


class ConsentSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField(help_text="Of channel.")
    address = serializers.CharField()
    state = serializers.ChoiceField(
        ["", *Consent.State.values],
        help_text="`all`: anything; `answers`: nothing but answers; `none`: never; empty: nobody has asked them.",
    )
    source = serializers.CharField(help_text="Who said so; empty: they wrote from there, or nobody did.")  # type: ignore[assignment]  # a field
    reason = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)


class ConsentInput(serializers.Serializer[Any]):
    kind = Text(max_length=20, help_text="Of channel.")
    state = serializers.ChoiceField(Consent.State.values)
    reason = Text(max_length=MAX_REASON, help_text="How they said so: which form, or what was ticked.")


def consent_data(standing: Standing) -> dict[str, Any]:
    row = standing.row
    return {
        "kind": standing.kind,
        "address": standing.address,
        "state": str(standing.state),
        "source": row.source if row else "",
        "reason": row.reason if row else "",
        "at": iso(row.at) if row else None,
    }


def _consents(request: Request, buyer_id: UUID) -> Response:
    buyer = buyers_for(agent_of(request)).select_related("store").filter(pk=buyer_id).first()
    if buyer is None:
        raise NotFound("No such buyer.")
    return Response([consent_data(one) for one in standings(buyer)])


class Consents(ApiView):
    scope = "buyers"

    @extend_schema(
        tags=TAGS, summary="Where a buyer may be written to", responses=ConsentSerializer(many=True)
    )
    def get(self, request: Request, buyer_id: UUID) -> Response:
        return _consents(request, buyer_id)

    @extend_schema(
        tags=TAGS,
        summary="Note what a buyer agreed to",
        description="For the address that they have on this kind of channel. A `none` is kept until they say "
        "otherwise.",
        request=ConsentInput,
        responses={200: ConsentSerializer(many=True), 400: ErrorsSerializer},
        examples=[
            OpenApiExample(
                "Agreed", {"kind": "sms", "state": "all", "reason": "Ticked at checkout"}, request_only=True
            )
        ],
    )
    def post(self, request: Request, buyer_id: UUID) -> Response:
        given = read(ConsentInput, request.data)
        source = Consent.Source.API
        change_consent(agent=agent_of(request), buyer_id=buyer_id, source=source, **given)
        return _consents(request, buyer_id)


class NotSamePerson(ApiView):
    scope = "buyers"

    @extend_schema(
        tags=TAGS,
        summary="Say that two buyers are two people",
        description="They are not suggested to be one again, and never made one by the desk itself.",
        request=MergeInput,
        responses={204: None},
    )
    def post(self, request: Request, buyer_id: UUID) -> Response:
        other = read(MergeInput, request.data)["other"]
        tell_apart(agent=agent_of(request), buyer_id=buyer_id, other_id=other)
        return Response(status=204)
