"""What the widget shows a buyer of their own orders."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from inbox.widget_api import WidgetView
from orders.models import Order
from orders.payloads import public_order_data

MOST = 30


class AmountAnswer(serializers.Serializer[Any]):
    amount = serializers.IntegerField(help_text="In minor units.")
    currency = serializers.CharField()


class ItemAnswer(serializers.Serializer[Any]):
    name = serializers.CharField()
    quantity = serializers.IntegerField()
    total = AmountAnswer()


class PublicOrderAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.CharField()
    status = serializers.ChoiceField(Order.Status.values)
    currency = serializers.CharField()
    total = AmountAnswer()
    shipping_fee = AmountAnswer()
    items = ItemAnswer(many=True)
    placed_at = serializers.DateTimeField()


class PublicOrdersAnswer(serializers.Serializer[Any]):
    orders = PublicOrderAnswer(many=True)


class NotVerified(exceptions.PermissionDenied):
    default_code = "not_verified"
    default_detail = "Orders are shown to buyers whom the store vouches for."


class OrdersView(WidgetView):
    @extend_schema(request=None, responses=PublicOrdersAnswer)
    def get(self, request: Request) -> Response:
        session = self.session
        if not session.is_verified or not session.buyer.is_verified:
            raise NotVerified
        rows = (
            Order.objects.filter(buyer=session.buyer).prefetch_related("lines").order_by("-placed_at", "-id")
        )
        return Response({"orders": [public_order_data(order) for order in rows[:MOST]]})
