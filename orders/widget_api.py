"""What the widget shows a buyer of their own orders."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.openapi import ErrorsSerializer
from inbox.widget_api import WidgetView
from orders.models import Order
from orders.payloads import public_order_data

MOST = 30


class AmountAnswer(serializers.Serializer[Any]):
    amount = serializers.IntegerField(help_text="In minor units.")
    currency = serializers.CharField()


class ItemAnswer(serializers.Serializer[Any]):
    name = serializers.CharField()
    variant = serializers.CharField()
    quantity = serializers.IntegerField()
    total = AmountAnswer()


class TrackingEventAnswer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    text = serializers.CharField()
    place = serializers.CharField()


class ShipmentAnswer(serializers.Serializer[Any]):
    carrier = serializers.CharField()
    tracking_number = serializers.CharField()
    url = serializers.CharField(help_text="The carrier's page about the parcel, where we know of one.")
    shipped_at = serializers.DateTimeField()
    expected_at = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)
    events = TrackingEventAnswer(many=True, help_text="The last five, oldest first.")


class PublicOrderAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.CharField()
    status = serializers.ChoiceField(Order.Status.values)
    currency = serializers.CharField()
    items_total = AmountAnswer()
    shipping_fee = AmountAnswer()
    discount = AmountAnswer()
    tax = AmountAnswer()
    total = AmountAnswer()
    items = ItemAnswer(many=True)
    pay_url = serializers.CharField(help_text="Where it can be paid; empty where there is nothing to pay.")
    pay_by = serializers.DateTimeField(allow_null=True)
    shipments = ShipmentAnswer(many=True)
    placed_at = serializers.DateTimeField()


class PublicOrdersAnswer(serializers.Serializer[Any]):
    orders = PublicOrderAnswer(many=True)


class NotVerified(exceptions.PermissionDenied):
    default_code = "not_verified"
    default_detail = "Orders are shown to buyers whom the store vouches for."


class OrdersView(WidgetView):
    @extend_schema(
        summary="Orders of the buyer",
        description="The last thirty, for buyers whom the store vouches for.",
        request=None,
        responses={200: PublicOrdersAnswer, 403: ErrorsSerializer},
    )
    def get(self, request: Request) -> Response:
        session = self.session
        if not session.is_verified or not session.buyer.is_verified:
            raise NotVerified
        rows = (
            Order.objects.filter(buyer=session.buyer)
            .prefetch_related("lines", "shipments")
            .order_by("-placed_at", "-id")
        )
        return Response({"orders": [public_order_data(order) for order in rows[:MOST]]})
