"""What orders/coupons/payloads.py gives, and what the API takes, for the schema and the checks."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from helpdesk.lib.fields import Flag, Id, Moment, Number, Text
from orders.models import Coupon, CouponCode
from orders.shapes import MoneySerializer, OrderStoreSerializer
from people.shapes import NamedSerializer

_USD = {"amount": 500, "currency": "USD"}
COUPON: dict[str, Any] = {
    "id": "0199f3a2-0000-7000-8000-0000000000c0",
    "store": {"id": "0199f3a2-0000-7000-8000-000000000001", "key": "demo", "name": "Juniper & Slate"},
    "name": "Sorry for the wait",
    "kind": "amount",
    "value": _USD,
    "percent": None,
    "most": None,
    "min_spend": {"amount": 0, "currency": "USD"},
    "skus": [],
    "budget": {"amount": 100000, "currency": "USD"},
    "committed": {"amount": 4500, "currency": "USD"},
    "valid_days": 30,
    "ends_at": None,
    "per_buyer": 1,
    "active": True,
    "created_at": "2026-11-21T09:31:02.118Z",
}


@extend_schema_serializer(examples=[OpenApiExample("Five dollars off", COUPON, response_only=True)])
class CouponSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    store = OrderStoreSerializer()
    name = serializers.CharField()
    kind = serializers.ChoiceField(Coupon.Kind.values)
    value = MoneySerializer(allow_null=True, help_text="Of an amount.")
    percent = serializers.IntegerField(allow_null=True, help_text="Of a percentage.")
    most = MoneySerializer(allow_null=True, help_text="What a percentage may come to.")
    min_spend = MoneySerializer()
    skus = serializers.ListField(child=serializers.CharField(), help_text="Empty: the whole store.")
    budget = MoneySerializer(allow_null=True, help_text="Null: no limit.")
    committed = MoneySerializer(help_text="What the codes given out have come to, or still may.")
    valid_days = serializers.IntegerField()
    ends_at = serializers.DateTimeField(allow_null=True)
    per_buyer = serializers.IntegerField()
    active = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class CodeSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    coupon = NamedSerializer()
    code = serializers.CharField()
    state = serializers.ChoiceField(CouponCode.State.values)
    buyer = NamedSerializer()
    agent = NamedSerializer()
    conversation = serializers.UUIDField(allow_null=True)
    message = serializers.UUIDField(allow_null=True, help_text="The card that brought it to the buyer.")
    value = MoneySerializer(help_text="The most it may come to; once redeemed, what it came to.")
    reason = serializers.CharField()
    over = serializers.ListField(
        child=serializers.CharField(), help_text="The limits that it is above: code, buyer, day."
    )
    approver = NamedSerializer(allow_null=True)
    decision = serializers.CharField(help_text="What the approver said.")
    order = serializers.CharField(allow_null=True, help_text="The number of the order that it was used for.")
    redeemed_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    error = serializers.CharField()


class CouponPageSerializer(serializers.Serializer[Any]):
    results = CouponSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The address of the next page.")


class CodePageSerializer(serializers.Serializer[Any]):
    results = CodeSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The address of the next page.")


# -- What is taken


class CouponQuery(serializers.Serializer[Any]):
    store = serializers.CharField(required=False, max_length=40, help_text="A key.")
    active = serializers.BooleanField(required=False, allow_null=True, default=None)
    cursor = serializers.CharField(required=False, max_length=300, help_text="From `next`.")


class CodeQuery(serializers.Serializer[Any]):
    state = serializers.ChoiceField(CouponCode.State.values, required=False)
    buyer = serializers.UUIDField(required=False)
    cursor = serializers.CharField(required=False, max_length=300, help_text="From `next`.")


class AmountField(serializers.JSONField):
    """`{"amount", "currency"}` or minor units; orders.amounts reads it."""


class OfferInput(serializers.Serializer[Any]):
    """Every field as it stands; what they may be is said by orders.coupons.offers."""

    name = Text(required=False, max_length=80)
    kind = Text(required=False, max_length=8, help_text="amount or percent")
    value = AmountField(required=False, allow_null=True, help_text="Of an amount: money.")
    percent = Number(required=False, allow_null=True, help_text="Of a percentage: 1 to 100.")
    most = AmountField(required=False, allow_null=True, help_text="What a percentage may come to: money.")
    min_spend = AmountField(required=False, help_text="Money.")
    skus = serializers.ListField(child=Text(max_length=40), required=False, max_length=200)
    budget = AmountField(required=False, allow_null=True, help_text="Money; null: no limit.")
    valid_days = Number(required=False)
    ends_at = Moment(required=False, allow_null=True)
    per_buyer = Number(required=False)
    active = Flag(required=False)


class NewOfferInput(OfferInput):
    store = Text(max_length=40, help_text="A key.")
    name = Text(max_length=80)


class CodeInput(serializers.Serializer[Any]):
    conversation = Id(
        required=False, allow_null=True, default=None, help_text="Whose buyer gets it, as a card."
    )
    buyer = Id(
        required=False, allow_null=True, default=None, help_text="Who gets it, without a conversation."
    )
    reason = Text(required=False, allow_blank=True, max_length=200, default="", help_text="For colleagues.")


class RedeemInput(serializers.Serializer[Any]):
    store = Text(max_length=40, help_text="A key.")
    order = Text(max_length=40, help_text="The number of the order that it is used for.")
    buyer = Id(required=False, allow_null=True, default=None, help_text="To refuse what is another buyer's.")
