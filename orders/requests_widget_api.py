"""What a buyer sees of one of their orders in the widget, and what they ask for on it."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import translation
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.fields import Id, Text
from helpdesk.lib.money import money
from helpdesk.lib.openapi import ErrorsSerializer
from inbox.widget_api import WidgetView
from orders import requests
from orders.addresses import address_lines
from orders.errors import NotFound
from orders.models import BuyerRequest, Order
from orders.payloads import public_order_data
from orders.requests_given import MAX_REASON, MOST_PHOTOS
from orders.requests_rules import askable_kinds
from orders.requests_telling import photos_of, public_request
from orders.widget_api import AmountAnswer, NotVerified, PublicOrderAnswer
from people.models import Buyer, VisitorSession

SHOWN = 10  # requests of one order


class PhotoAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    media_type = serializers.CharField()
    size = serializers.IntegerField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    url = serializers.CharField()


class RequestRowAnswer(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]  # a field of that name, not its caption
    before = serializers.CharField()
    after = serializers.CharField()


class RequestOrderAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.CharField()


class PublicRequestAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    order = RequestOrderAnswer()
    kind = serializers.CharField()
    label = serializers.DictField(  # type: ignore[assignment]  # a field of that name, not its caption
        child=serializers.CharField(), help_text="By language."
    )
    rows = serializers.DictField(
        child=RequestRowAnswer(many=True), help_text="Before and after in words, by language."
    )
    reason = serializers.CharField()
    status = serializers.ChoiceField(
        ["open", "checking", "accepted", "done", "declined", "withdrawn"],
        help_text="`checking`: accepted, and waits for a second person. `done`: the store has done it.",
    )
    answer = serializers.CharField(help_text="Why it was declined.")
    photos = PhotoAnswer(many=True)
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    as_of = serializers.DateTimeField(help_text="Of two answers about a request the later one holds.")


class OwnLineAnswer(serializers.Serializer[Any]):
    sku = serializers.CharField()
    name = serializers.CharField()
    variant = serializers.CharField()
    quantity = serializers.IntegerField()
    total = AmountAnswer()


class MayAskAnswer(serializers.Serializer[Any]):
    allowed = serializers.BooleanField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of that name, not its caption
    why = serializers.CharField(help_text="Why not, in the visitor's language; empty where it is allowed.")
    final = serializers.CharField(help_text="What to say first where nothing puts it back.")


class OwnOrderAnswer(PublicOrderAnswer):
    items_total = AmountAnswer()
    discount = AmountAnswer()
    tax = AmountAnswer()
    paid = AmountAnswer()
    refunded = AmountAnswer()
    address = serializers.DictField(child=serializers.CharField(allow_blank=True))
    address_lines = serializers.ListField(child=serializers.CharField())
    lines = OwnLineAnswer(many=True)
    can = serializers.DictField(child=MayAskAnswer(), help_text="By kind of request.")
    requests = PublicRequestAnswer(many=True, help_text="The last ten, newest first.")


class OneOrderAnswer(serializers.Serializer[Any]):
    order = OwnOrderAnswer()


class OneRequestAnswer(serializers.Serializer[Any]):
    request = PublicRequestAnswer()


class AskRequest(serializers.Serializer[Any]):
    kind = Text(max_length=40, help_text="change_address, cancel or refund.")
    params = serializers.JSONField(help_text="As the action of that kind takes them.")
    reason = Text(required=False, allow_blank=True, max_length=MAX_REASON, default="")
    photos = serializers.ListField(
        child=Id(), required=False, max_length=MOST_PHOTOS, default=list, help_text="Ids of attachments."
    )
    client_id = Text(max_length=64, help_text="Of your own: the same one is the same request.")


class VerifiedView(WidgetView):
    """For buyers whom the store vouches for, in their language."""

    @property
    def buyer(self) -> Buyer:
        session = self.session
        if not session.is_verified or not session.buyer.is_verified:
            raise NotVerified
        return session.buyer

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        # What is refused is said in words, too, so the language stays until the answer is made.
        with translation.override(translation.get_language()):
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        translation.activate(language_of(self.session))


def language_of(session: VisitorSession) -> str:
    return session.language or session.buyer.language or session.buyer.store.language


def own_orders(buyer: Buyer) -> QuerySet[Order]:
    rows = Order.objects.filter(buyer=buyer).select_related("store__connection")
    return rows.prefetch_related("lines__product", "shipments", "actions")


def own_requests(buyer: Buyer) -> QuerySet[BuyerRequest]:
    return BuyerRequest.objects.filter(buyer=buyer).select_related("order", "buyer__store")


def request_answer(request: BuyerRequest) -> dict[str, Any]:
    """Return one request as the widget shows it, with its photos."""
    return requests_answer([request])[0]


def requests_answer(found: list[BuyerRequest]) -> list[dict[str, Any]]:
    photos = photos_of(found)
    return [
        {**public_request(one), "photos": [photos[photo] for photo in one.photos if photo in photos]}
        for one in found
    ]


def own_order_data(order: Order, found: list[BuyerRequest]) -> dict[str, Any]:
    """Return the whole order for its own buyer: with the address, without anything of agents."""
    c = order.currency
    sums = {name: getattr(order, name) for name in ("items_total", "discount", "tax", "paid", "refunded")}
    return {
        **public_order_data(order),
        **{name: money(amount, c) for name, amount in sums.items()},
        "address": order.address,
        "address_lines": address_lines(order.address),
        "lines": [
            {
                "sku": line.sku,
                "name": line.name,
                "variant": line.variant,
                "quantity": line.quantity,
                "total": money(line.total, c),
            }
            for line in order.lines.all()
        ],
        "can": {
            kind.kind: {
                "allowed": not (why := kind.why_not(order)),
                "label": str(kind.label),
                "why": why,
                "final": str(kind.final),
            }
            for kind in askable_kinds()
        },
        "requests": requests_answer(found),
    }


class OrderView(VerifiedView):
    @extend_schema(
        tags=["Widget"],
        summary="One order of the buyer's",
        description="With its address, what may be asked for on it (`can`), and what was.",
        request=None,
        responses={200: OneOrderAnswer, 403: ErrorsSerializer},
    )
    def get(self, request: Request, order_id: UUID) -> Response:
        order = own_orders(self.buyer).filter(pk=order_id).first()
        if order is None:
            raise NotFound("There is no such order.")
        rows = own_requests(self.buyer).filter(order=order).prefetch_related("actions")
        found = list(rows.order_by("-created_at", "-id")[:SHOWN])
        return Response({"order": own_order_data(order, found)})


class OrderRequestsView(VerifiedView):
    rate = "30/min"

    @extend_schema(
        tags=["Widget"],
        summary="Ask for a change of an order",
        description="It changes nothing until an agent, or a rule of the store, says yes. To ask for the same kind "
        "again replaces what is open. 409 `not_allowed`: the order has moved on. 409 `idempotency_conflict`: the "
        "client_id was used for something else.",
        request=AskRequest,
        responses={201: OneRequestAnswer, 403: ErrorsSerializer, 409: ErrorsSerializer},
        examples=[
            OpenApiExample(
                "Cancel",
                {"kind": "cancel", "params": {}, "reason": "I ordered the wrong size", "client_id": "r-17"},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        given, buyer = self.given(AskRequest), self.buyer
        order = Order.objects.filter(buyer=buyer, pk=order_id).first()
        if order is None:
            raise NotFound("There is no such order.")
        made = requests.ask(buyer=buyer, order=order, **given)
        return Response({"request": request_answer(made)}, status=201)


class WithdrawView(VerifiedView):
    @extend_schema(
        tags=["Widget"],
        summary="Withdraw a request",
        description="While it is open; 409 `too_late` afterwards.",
        request=None,
        responses={200: OneRequestAnswer, 403: ErrorsSerializer, 409: ErrorsSerializer},
    )
    def post(self, request: Request, request_id: UUID) -> Response:
        withdrawn = requests.withdraw(buyer=self.buyer, request_id=request_id)
        return Response({"request": request_answer(withdrawn)})
