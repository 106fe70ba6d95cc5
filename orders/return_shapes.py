"""Goods that come back, and orders that make others good, for the schema of the API."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from orders.models import OrderReturn


class RelatedOrderSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.CharField()


class ReturnLineSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField()
    name = serializers.CharField()
    quantity = serializers.IntegerField()


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Awaited",
            {
                "id": "0199f3a2-9000-7b52-9b1f-2a4f6d1c9e12",
                "action": "0199f3a2-0000-7000-8000-00000000000e",
                "state": "awaited",
                "lines": [{"sku": "MUG-1", "name": "Mug", "quantity": 1}],
                "instructions": "Please pack the items well and send them back to us within 14 days.",
                "label_url": "https://shop.example/labels/100234.pdf",
                "restock": True,
                "created_at": "2026-11-21T09:31:02.118Z",
                "received_at": None,
            },
            response_only=True,
        )
    ]
)
class OrderReturnSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    action = serializers.UUIDField(help_text="The refund or exchange that it belongs to.")
    state = serializers.ChoiceField(OrderReturn.State.values)
    lines = ReturnLineSerializer(many=True)
    instructions = serializers.CharField(help_text="What the buyer is told to do.")
    label_url = serializers.CharField(help_text="Empty where the store gave none.")
    restock = serializers.BooleanField(help_text="Whether they go back in stock when they arrive.")
    created_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField(allow_null=True)
