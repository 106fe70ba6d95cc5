"""/api/v1/: the ledger of actions."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import ApiView, next_page, read
from helpdesk.lib.filters import FIRST_DAY, LAST_DAY
from orders import ledger
from orders.ledger import Asked
from orders.models import OrderAction
from orders.payloads import action_data
from orders.shapes import OrderActionSerializer
from people.api import agent_of


class LedgerQuery(serializers.Serializer[Any]):
    state = serializers.ChoiceField(OrderAction.State.values, required=False)
    kind = serializers.CharField(required=False, max_length=40)
    agent = serializers.UUIDField(required=False, help_text="Who asked.")
    store = serializers.CharField(required=False, max_length=40, help_text="A key.")
    number = serializers.CharField(
        required=False, max_length=40, help_text="The beginning of an order's number."
    )
    since = serializers.DateField(required=False, help_text="A day, in my time zone.")
    until = serializers.DateField(required=False, help_text="The last day, with all of it.")
    over = serializers.BooleanField(required=False, default=False, help_text="Only what is above a limit.")
    cursor = serializers.CharField(required=False, max_length=300, help_text="From `next`.")

    def _day(self, day: Any) -> Any:
        if not FIRST_DAY <= day <= LAST_DAY:
            raise serializers.ValidationError("A day from 2000 to 2199.")
        return day

    validate_since = _day
    validate_until = _day


class ActionPageSerializer(serializers.Serializer[Any]):
    results = OrderActionSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The address of the next page.")


class OrderActionQuery(serializers.Serializer[Any]):
    cursor = serializers.CharField(required=False, max_length=300, help_text="From `next`.")


class Actions(ApiView):
    scope = "orders"

    @extend_schema(
        tags=["Orders"],
        summary="List actions on orders",
        description="Everything that was asked for, the newest first, in pages of 50: of all my stores for "
        "supervisors, my own for agents. `state=waiting` is what waits for approval.",
        parameters=[LedgerQuery],
        responses=ActionPageSerializer,
    )
    def get(self, request: Request) -> Response:
        given = read(LedgerQuery, request.query_params)
        cursor = given.pop("cursor", "")
        if "agent" in given:
            given["agent"] = str(given["agent"])
        found, more = ledger.page(ledger.entries(agent_of(request), Asked(**given)), cursor=cursor)
        results = [action_data(action) for action in found]
        return Response({"results": results, "next": next_page(request, more)})
