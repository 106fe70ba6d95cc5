"""What stores send us, as the schema tells it. What is right is said by orders.sync, field by field."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from orders.models import Order

MINOR = "In the smallest coin of the currency, or {amount, currency}."
UPDATED_AT = "By your own clock. What is not newer than what we have changes nothing."
STORE = "The store's key. Not needed with a push key, which names its store."


class PushedBuyerSerializer(serializers.Serializer[Any]):
    external_id = serializers.CharField(max_length=80, help_text="The buyer's id at your shop.")
    name = serializers.CharField(max_length=120, required=False)
    email = serializers.CharField(max_length=254, required=False)
    phone = serializers.CharField(max_length=32, required=False)


class PushedAddressSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(required=False)
    phone = serializers.CharField(required=False)
    line1 = serializers.CharField(required=False)
    line2 = serializers.CharField(required=False)
    city = serializers.CharField(required=False)
    region = serializers.CharField(required=False)
    postcode = serializers.CharField(required=False)
    country = serializers.CharField(required=False, help_text="Two letters.")


class PushedLineSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=160)
    variant = serializers.CharField(max_length=80, required=False)
    quantity = serializers.IntegerField(min_value=1)
    unit_price = serializers.IntegerField(help_text=MINOR)


class PushedPaymentSerializer(serializers.Serializer[Any]):
    amount = serializers.IntegerField(help_text=MINOR)
    method = serializers.CharField(max_length=40)
    reference = serializers.CharField(max_length=80, required=False)
    paid_at = serializers.DateTimeField()


class PushedTrackingSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    text = serializers.CharField(max_length=200)
    place = serializers.CharField(max_length=120, required=False)


class PushedShipmentSerializer(serializers.Serializer[Any]):
    carrier = serializers.CharField(max_length=40)
    tracking_number = serializers.CharField(max_length=60)
    shipped_at = serializers.DateTimeField()
    expected_at = serializers.DateTimeField(required=False, allow_null=True)
    delivered_at = serializers.DateTimeField(required=False, allow_null=True)
    events = PushedTrackingSerializer(many=True, required=False)


class OneOrderSerializer(serializers.Serializer[Any]):
    number = serializers.CharField(max_length=40)
    status = serializers.ChoiceField(Order.Status.values, required=False)
    currency = serializers.CharField(max_length=3, required=False)
    buyer = PushedBuyerSerializer(required=False, help_text="Needed for a new order.")
    lines = PushedLineSerializer(many=True, required=False)
    shipping_fee = serializers.IntegerField(required=False, help_text=MINOR)
    discount = serializers.IntegerField(required=False, help_text=MINOR)
    tax = serializers.IntegerField(required=False, help_text=MINOR)
    paid = serializers.IntegerField(required=False, help_text=MINOR)
    refunded = serializers.IntegerField(required=False, help_text=MINOR)
    address = PushedAddressSerializer(required=False)
    shipping_method = serializers.CharField(max_length=60, required=False)
    buyer_note = serializers.CharField(max_length=300, required=False)
    coupon_code = serializers.CharField(max_length=40, required=False)
    on_hold = serializers.BooleanField(required=False)
    pay_url = serializers.URLField(max_length=300, required=False)
    pay_by = serializers.DateTimeField(required=False, allow_null=True)
    payments = PushedPaymentSerializer(many=True, required=False)
    shipments = PushedShipmentSerializer(many=True, required=False)
    placed_at = serializers.DateTimeField(required=False)
    updated_at = serializers.DateTimeField(required=False, help_text=UPDATED_AT)


ORDER_EXAMPLE = {
    "store": "lamps",
    "number": "7001",
    "status": "paid",
    "currency": "EUR",
    "buyer": {"external_id": "42", "name": "Ada Buyer", "email": "ada@buyer.test"},
    "lines": [{"sku": "LAMP-1", "name": "Desk lamp", "quantity": 1, "unit_price": 4900}],
    "shipping_fee": 490,
    "paid": 5390,
    "address": {
        "name": "Ada Buyer",
        "line1": "Torstr. 140",
        "city": "Berlin",
        "postcode": "10119",
        "country": "DE",
    },
    "payments": [{"amount": 5390, "method": "Visa", "paid_at": "2026-01-22T09:30:00Z"}],
    "placed_at": "2026-01-22T09:29:00Z",
    "updated_at": "2026-01-22T09:30:00Z",
}
PRODUCT_EXAMPLE = {
    "store": "lamps",
    "sku": "LAMP-1",
    "name": "Desk lamp",
    "category": "Lamps",
    "price": 4900,
    "currency": "EUR",
    "stock": 12,
    "url": "https://lamps.example/desk-lamp",
    "image": "https://lamps.example/desk-lamp.jpg",
    "updated_at": "2026-01-22T09:00:00Z",
}


@extend_schema_serializer(
    examples=[
        OpenApiExample("One order", ORDER_EXAMPLE, request_only=True),
        OpenApiExample(
            "Several",
            {
                "store": "lamps",
                "orders": [{"number": "7001", "status": "shipped"}, {"number": "7002", "paid": 990}],
            },
            request_only=True,
        ),
    ]
)
class PushedOrderSerializer(OneOrderSerializer):
    """One order, or `orders` and nothing else but `store`."""

    number = serializers.CharField(max_length=40, required=False)
    store = serializers.CharField(required=False, help_text=STORE)
    orders = OneOrderSerializer(many=True, required=False, help_text="At most 100.")


class OneProductSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=160, required=False)
    category = serializers.CharField(max_length=60, required=False)
    price = serializers.IntegerField(required=False, help_text=MINOR)
    currency = serializers.CharField(max_length=3, required=False)
    stock = serializers.IntegerField(required=False)
    url = serializers.URLField(max_length=300, required=False)
    image = serializers.CharField(max_length=300, required=False)
    active = serializers.BooleanField(required=False)
    updated_at = serializers.DateTimeField(required=False, help_text=UPDATED_AT)


@extend_schema_serializer(
    examples=[
        OpenApiExample("One product", PRODUCT_EXAMPLE, request_only=True),
        OpenApiExample(
            "Several", {"store": "lamps", "products": [{"sku": "LAMP-1", "stock": 3}]}, request_only=True
        ),
    ]
)
class PushedProductSerializer(OneProductSerializer):
    """One product, or `products` and nothing else but `store`."""

    sku = serializers.CharField(max_length=40, required=False)
    store = serializers.CharField(required=False, help_text=STORE)
    products = OneProductSerializer(many=True, required=False, help_text="At most 100.")


REVIEW_EXAMPLE = {
    "store": "lamps",
    "external_id": "r-1",
    "sku": "LAMP-1",
    "rating": 4,
    "title": "Bright",
    "body": "Does what it should.",
    "author": "Ada",
    "order": "7001",
    "written_at": "2026-01-22T09:00:00Z",
}


class OneReviewSerializer(serializers.Serializer[Any]):
    external_id = serializers.CharField(max_length=80, help_text="Its id at your shop.")
    sku = serializers.CharField(max_length=40, required=False, help_text="Needed for a new review.")
    rating = serializers.IntegerField(
        min_value=1, max_value=5, required=False, help_text="Needed for a new review."
    )
    title = serializers.CharField(max_length=160, required=False)
    body = serializers.CharField(max_length=5000, required=False)
    author = serializers.CharField(max_length=120, required=False)
    buyer = serializers.CharField(max_length=80, required=False, help_text="Their id at your shop.")
    order = serializers.CharField(max_length=40, required=False, help_text="The order's number.")
    reply = serializers.CharField(max_length=2000, required=False)
    hidden = serializers.BooleanField(required=False)
    written_at = serializers.DateTimeField(required=False)
    updated_at = serializers.DateTimeField(required=False, help_text=UPDATED_AT)


@extend_schema_serializer(examples=[OpenApiExample("One review", REVIEW_EXAMPLE, request_only=True)])
class PushedReviewSerializer(OneReviewSerializer):
    """One review, or `reviews` and nothing else but `store`."""

    external_id = serializers.CharField(max_length=80, required=False)
    store = serializers.CharField(required=False, help_text=STORE)
    reviews = OneReviewSerializer(many=True, required=False, help_text="At most 100.")


class PushErrorSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()
    attr = serializers.CharField(allow_null=True)


class PushResultSerializer(serializers.Serializer[Any]):
    """What became of one of them. The others are taken in where one is wrong."""

    name = serializers.CharField(help_text="Its number, SKU or id, as it was sent.")
    id = serializers.UUIDField(required=False)
    error = PushErrorSerializer(allow_null=True)


class PushResultsSerializer(serializers.Serializer[Any]):
    results = PushResultSerializer(many=True)
