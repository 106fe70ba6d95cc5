"""What orders/requests_listing.py gives of buyers' requests, and what the API takes, for the schema and the checks."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from helpdesk.lib.fields import Text
from inbox.api.shapes import AttachmentSerializer
from orders.models import BuyerRequest, OrderAction
from orders.requests_given import MAX_ANSWER
from orders.shapes import OrderStoreSerializer
from people.shapes import NamedSerializer


class RequestOrderSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.CharField()
    version = serializers.IntegerField()


class RequestActionSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(OrderAction.State.values)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Open",
            {
                "id": "0199f3a2-a000-7b52-9b1f-2a4f6d1c9e12",
                "order": {"id": "0199f3a2-0000-7000-8000-00000000000e", "number": "100234", "version": 3},
                "store": {
                    "id": "0199f3a2-0000-7000-8000-000000000001",
                    "key": "demo",
                    "name": "Hearth & Hill",
                },
                "buyer": {"id": "0199f3a2-0000-7000-8000-00000000000b", "name": "Mei Lin"},
                "conversation": "0199f3a2-0000-7000-8000-00000000000c",
                "message": "0199f3a2-0000-7000-8000-00000000000d",
                "kind": "cancel",
                "label": "Cancel order",
                "params": {"restock": True},
                "before": {
                    "status": "paid",
                    "refunded": {"amount": 0, "currency": "USD"},
                    "currency": "USD",
                },
                "after": {
                    "status": "cancelled",
                    "refunded": {"amount": 5490, "currency": "USD"},
                    "currency": "USD",
                },
                "reason": "I ordered the wrong size",
                "photos": [],
                "state": "open",
                "action": None,
                "decided_by": None,
                "decided_at": None,
                "answer": "",
                "created_at": "2026-11-21T09:31:02.118Z",
            },
            response_only=True,
        )
    ]
)
class BuyerRequestSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    order = RequestOrderSerializer()
    store = OrderStoreSerializer()
    buyer = NamedSerializer()
    conversation = serializers.UUIDField(allow_null=True, help_text="Where it stands as a card.")
    message = serializers.UUIDField(allow_null=True, help_text="The card.")
    kind = serializers.CharField()
    label = serializers.CharField(help_text="The kind in words.")  # type: ignore[assignment]  # a field of that name
    params = serializers.DictField(help_text="As the action of that kind takes them.")
    before = serializers.DictField(help_text="What it is about, amounts as money.")
    after = serializers.DictField()
    reason = serializers.CharField(help_text="In the buyer's words.")
    photos = AttachmentSerializer(many=True)
    state = serializers.ChoiceField(BuyerRequest.State.values)
    action = RequestActionSerializer(allow_null=True, help_text="What was made of it, the last one.")
    decided_by = NamedSerializer(
        allow_null=True, help_text="Null where accepted: a rule of the store did it."
    )
    decided_at = serializers.DateTimeField(allow_null=True)
    answer = serializers.CharField(help_text="Why it was declined, as the buyer reads it.")
    created_at = serializers.DateTimeField()


class BuyerRequestPageSerializer(serializers.Serializer[Any]):
    results = BuyerRequestSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The address of the next page.")


# -- What is taken


class RequestQuery(serializers.Serializer[Any]):
    state = serializers.ChoiceField(
        [*BuyerRequest.State.values, "all"], required=False, default="open", help_text="`open` unless said."
    )
    store = serializers.CharField(required=False, max_length=40, help_text="A key.")
    kind = serializers.CharField(required=False, max_length=40)
    order = serializers.UUIDField(required=False)
    cursor = serializers.CharField(required=False, max_length=300, help_text="From `next`.")


class AcceptInput(serializers.Serializer[Any]):
    params = serializers.JSONField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Where it is done a little differently from what was asked; left out: exactly as asked.",
    )


class DeclineInput(serializers.Serializer[Any]):
    answer = Text(max_length=MAX_ANSWER, allow_blank=True, help_text="Why, in words that the buyer reads.")
