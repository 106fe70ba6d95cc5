"""What orders/payloads.py gives, and what the API takes, for the schema and the checks."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from helpdesk.lib.fields import Id, Text
from helpdesk.lib.openapi import sent
from inbox.api.shapes import ConversationSerializer
from orders.models import Order, OrderAction
from orders.note_shapes import OrderNoteSerializer
from orders.return_shapes import OrderReturnSerializer, RelatedOrderSerializer
from people.shapes import BuyerSerializer, NamedSerializer

_USD = {"amount": 690, "currency": "USD"}


class MoneySerializer(serializers.Serializer[Any]):
    amount = serializers.IntegerField(help_text="Minor units: 690 USD is 6.90.")
    currency = serializers.CharField(help_text="ISO 4217.")


class OrderStoreSerializer(NamedSerializer):
    key = serializers.CharField()


class ProductSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    store = serializers.UUIDField()
    sku = serializers.CharField()
    name = serializers.CharField()
    category = serializers.CharField()
    price = MoneySerializer()
    stock = serializers.IntegerField()
    url = serializers.CharField()
    image = serializers.CharField()


class LineProductSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    image = serializers.CharField()
    url = serializers.CharField()


class LineSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    sku = serializers.CharField()
    name = serializers.CharField()
    variant = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = MoneySerializer()
    total = MoneySerializer()
    product = LineProductSerializer(allow_null=True)


class PaymentSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    amount = MoneySerializer()
    method = serializers.CharField()
    reference = serializers.CharField()
    paid_at = serializers.DateTimeField()


class ShipmentSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    carrier = serializers.CharField()
    tracking_number = serializers.CharField()
    url = serializers.CharField(help_text="The carrier's public page; empty where none is known.")
    shipped_at = serializers.DateTimeField()
    expected_at = serializers.DateTimeField(allow_null=True, help_text="What the carrier promised.")
    delivered_at = serializers.DateTimeField(allow_null=True)
    events = serializers.ListField(
        child=serializers.DictField(), help_text="{at, text, place}, oldest first."
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "On hold",
            {
                "id": "0199f3a2-9000-7b52-9b1f-2a4f6d1c9e12",
                "order": "0199f3a2-0000-7000-8000-00000000000e",
                "number": "100234",
                "conversation": None,
                "kind": "change_shipping_fee",
                "state": "held",
                "agent": {"id": "0199f3a2-0000-7000-8000-00000000000a", "name": "Ann"},
                "reason": "Late parcel",
                "request": None,
                "cost": _USD,
                "over": [],
                "approver": None,
                "decision": "",
                "before": {
                    "shipping_fee": _USD,
                    "total": {"amount": 5490, "currency": "USD"},
                    "currency": "USD",
                },
                "after": {
                    "shipping_fee": {"amount": 0, "currency": "USD"},
                    "total": {"amount": 4800, "currency": "USD"},
                    "currency": "USD",
                },
                "undoes": None,
                "run_at": "2026-11-21T09:31:32.118Z",
                "created_at": "2026-11-21T09:31:02.118Z",
                "finished_at": None,
                "error": "",
            },
            response_only=True,
        )
    ]
)
class OrderActionSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    order = serializers.UUIDField()
    number = serializers.CharField()
    conversation = serializers.UUIDField(allow_null=True)
    kind = serializers.CharField()
    state = serializers.ChoiceField(OrderAction.State.values)
    agent = NamedSerializer(allow_null=True, help_text="Null: a rule of the store did it.")
    reason = serializers.CharField()
    request = serializers.UUIDField(allow_null=True, help_text="What of the buyer's it answers.")
    cost = MoneySerializer(help_text="What the store gives away; below zero: takes back.")
    over = serializers.ListField(
        child=serializers.CharField(), help_text="The limits that it is above: order, share, day."
    )
    approver = NamedSerializer(allow_null=True)
    decision = serializers.CharField(help_text="What the approver said.")
    before = serializers.DictField(help_text="What it is about, amounts as money.")
    after = serializers.DictField()
    undoes = serializers.UUIDField(allow_null=True)
    run_at = serializers.DateTimeField(help_text="When the hold ends and the store is told.")
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField()


class PermissionSerializer(serializers.Serializer[Any]):
    allowed = serializers.BooleanField()
    why = serializers.CharField(help_text="Why not, in words; empty where it is allowed.")
    limit = MoneySerializer(allow_null=True, help_text="How far I may still go; null: no limit.")
    hold_s = serializers.IntegerField(help_text="Seconds in which it can be taken back.")
    final = serializers.CharField(help_text="What to say first where nothing undoes it; else empty.")
    back = serializers.CharField(help_text="What to say first where something does.")


class OrderSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.CharField()
    store = OrderStoreSerializer()
    buyer = NamedSerializer()
    status = serializers.ChoiceField(Order.Status.values)
    currency = serializers.CharField()
    items_total = MoneySerializer()
    shipping_fee = MoneySerializer()
    discount = MoneySerializer()
    tax = MoneySerializer()
    total = MoneySerializer()
    paid = MoneySerializer()
    refunded = MoneySerializer()
    due = MoneySerializer(help_text="What is still to be paid; zero where the order is not unpaid.")
    address = serializers.DictField(
        child=serializers.CharField(allow_blank=True),
        help_text="name, phone, line1, line2, city, region, postcode, country",
    )
    shipping_method = serializers.CharField()
    buyer_note = serializers.CharField()
    pay_url = serializers.CharField()
    coupon_code = serializers.CharField(help_text="That it was placed with.")
    pay_by = serializers.DateTimeField(allow_null=True, help_text="When the store calls it off if unpaid.")
    lines = LineSerializer(many=True)
    payments = PaymentSerializer(many=True)
    shipments = ShipmentSerializer(many=True)
    notes = OrderNoteSerializer(many=True, help_text="Between agents; buyers never see them.")
    on_hold = serializers.BooleanField(help_text="The parcel waits: it is not dispatched.")
    replaces = RelatedOrderSerializer(allow_null=True, help_text="The order that this one makes good.")
    replaced_by = RelatedOrderSerializer(many=True)
    returns = OrderReturnSerializer(many=True)
    placed_at = serializers.DateTimeField()
    version = serializers.IntegerField(help_text="Grows with every change.")
    pending = OrderActionSerializer(allow_null=True, help_text="The action under way.")


class CheckSerializer(serializers.Serializer[Any]):
    state = serializers.CharField(
        help_text="none, waiting, confirmed, wrong, or changed since it was confirmed."
    )
    text = serializers.CharField(help_text="What the buyer wrote.")
    by = serializers.CharField()
    at = serializers.CharField(help_text="When they answered; empty: not yet.")


class OrderDetailSerializer(OrderSerializer):
    checks = serializers.DictField(
        child=CheckSerializer(), help_text="What the buyer said of check_order and check_address."
    )
    can = serializers.DictField(child=PermissionSerializer(), help_text="What I may do, by kind of action.")


class OrderPageSerializer(serializers.Serializer[Any]):
    results = OrderSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The address of the next page.")


class FoundConversationSerializer(serializers.Serializer[Any]):
    summary = ConversationSerializer()
    snippet = serializers.CharField(help_text="The words around what was found.")
    seq = serializers.IntegerField(help_text="The message that they are from.")


class FoundSerializer(serializers.Serializer[Any]):
    conversations = FoundConversationSerializer(many=True)
    buyers = BuyerSerializer(many=True)
    orders = OrderSerializer(many=True)


# -- What is taken


class OrderQuery(serializers.Serializer[Any]):
    q = serializers.CharField(
        required=False, max_length=200, help_text="The beginning of a number, or a buyer."
    )
    status = serializers.ChoiceField(Order.Status.values, required=False)
    store = serializers.CharField(required=False, max_length=40, help_text="A key.")
    buyer = serializers.UUIDField(required=False)
    trouble = serializers.BooleanField(
        required=False, default=False, help_text="Only orders that await a parcel which is late or stuck."
    )
    cursor = serializers.CharField(required=False, max_length=300, help_text="From `next`.")


class BuyerOrderQuery(serializers.Serializer[Any]):
    cursor = serializers.CharField(required=False, max_length=300, help_text="From `next`.")


class ProductQuery(serializers.Serializer[Any]):
    q = serializers.CharField(required=False, allow_blank=True, max_length=200)
    store = serializers.CharField(required=False, max_length=40, help_text="A key.")


class SearchQuery(serializers.Serializer[Any]):
    q = serializers.CharField(max_length=200)


class ActionInput(serializers.Serializer[Any]):
    kind = Text(max_length=40, help_text="Such as refund; `can` of an order names them all.")
    params = serializers.JSONField(
        help_text='Of that kind, such as {"shipping_fee": {"amount": 0, "currency": "USD"}} (docs/api.md).'
    )
    reason = Text(required=False, allow_blank=True, max_length=200, default="", help_text="For colleagues.")
    conversation = Id(
        required=False, allow_null=True, default=None, help_text="Where the buyer reads that it was done."
    )
    version = serializers.IntegerField(
        required=False, allow_null=True, default=None, help_text="Of the order as you saw it; else a 409."
    )


@sent("The store has done it", {"done": True, "comment": "Seen in the shop's admin."})
class SettleInput(serializers.Serializer[Any]):
    done = serializers.BooleanField(help_text="Whether the store has done it.")
    comment = Text(max_length=200, help_text="How you know.")


@sent("With a word", {"comment": "A regular: fine."})
class DecisionInput(serializers.Serializer[Any]):
    comment = Text(required=False, allow_blank=True, max_length=200, default="")
