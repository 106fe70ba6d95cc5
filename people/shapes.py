"""What people/payloads.py gives, and what the API takes, for the schema and the checks."""

from typing import Any

from rest_framework import serializers

from helpdesk.lib.fields import Choice, Email, Text
from helpdesk.lib.openapi import sent
from people.models import LANGUAGES, Agent

PRESENCES = [*Agent.Presence.values, "offline"]


class StoreRefSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    key = serializers.CharField(help_text="Public: it stands in the shop's embed snippet.")
    name = serializers.CharField()
    color = serializers.CharField(help_text="As #2f6fed.")


class StoreSerializer(StoreRefSerializer):
    currency = serializers.CharField(help_text="ISO 4217.")
    language = serializers.CharField()
    time_zone = serializers.CharField(help_text="IANA.")
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2.")


class NamedSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class ColleagueSerializer(NamedSerializer):
    role = serializers.ChoiceField(Agent.Role.values)
    presence = serializers.ChoiceField(PRESENCES)


class TeamSerializer(NamedSerializer):
    stores = StoreRefSerializer(many=True)


class MeSerializer(ColleagueSerializer):
    email = serializers.EmailField()
    abilities = serializers.ListField(child=serializers.CharField(), help_text="What my role lets me do.")
    language = serializers.ChoiceField([code for code, _ in LANGUAGES])
    time_zone = serializers.CharField()
    teams = NamedSerializer(many=True)
    stores = StoreRefSerializer(many=True)


class BuyerSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    store = StoreRefSerializer()
    external_id = serializers.CharField(
        allow_null=True, help_text="The buyer's id at the store, null for a visitor."
    )
    verified = serializers.BooleanField(help_text="The store itself vouched for who this is.")
    name = serializers.CharField(help_text="What to call them, whatever is known.")
    given_name = serializers.CharField(help_text="The name itself; empty where none is known.")
    email = serializers.CharField()
    phone = serializers.CharField()
    language = serializers.CharField()
    time_zone = serializers.CharField()
    country = serializers.CharField()
    note = serializers.CharField(help_text="For agents only.")
    created_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField(allow_null=True)


class BuyerPageSerializer(serializers.Serializer[Any]):
    results = BuyerSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class BuyerQuery(serializers.Serializer[Any]):
    q = serializers.CharField(
        required=False, max_length=200, help_text="Words of a name, an address, a number."
    )
    cursor = serializers.UUIDField(required=False)


@sent("A number", {"phone": "+12075550123", "note": "Prefers to be called."})
class BuyerChange(serializers.Serializer[Any]):
    name = Text(required=False, allow_blank=True, max_length=120)
    email = Email(required=False, allow_blank=True, max_length=254)
    phone = Text(required=False, allow_blank=True, max_length=32)
    language = Choice([code for code, _ in LANGUAGES], required=False, allow_blank=True)
    note = Text(required=False, allow_blank=True, max_length=2_000)
