"""/api/v1/ratings/ and .../stores/<store>/ratings/: how buyers found it, and when they are asked."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import ApiView, next_page, read
from helpdesk.lib.fields import Flag, Id, Number, Text
from helpdesk.lib.filters import begin_of, wrong_days
from helpdesk.lib.openapi import ErrorsSerializer, sent
from inbox.api.reception import REFUSALS, admin_of, store_of
from inbox.errors import Invalid
from inbox.models import Rating, RatingRule
from inbox.ratings import Wanted, list_ratings, rating_data
from inbox.services.rating_rules import (
    LOW,
    MAX_GREETING,
    MAX_SUBJECT,
    MOST_DAYS,
    MOST_MINUTES,
    Rule,
    rule_data,
    save_rule,
)
from people.api import agent_of
from people.models import LANGUAGES, Store
from people.shapes import NamedSerializer, StoreRefSerializer

# -- What they said


class RatingSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    conversation = serializers.UUIDField()
    store = StoreRefSerializer()
    channel = serializers.CharField(help_text="The kind of channel by which the buyer came.")
    buyer = NamedSerializer()
    agent = NamedSerializer(allow_null=True, help_text="Who resolved it.")
    rating = serializers.IntegerField(help_text="1 to 5.")
    comment = serializers.CharField(allow_blank=True)
    way = serializers.ChoiceField(Rating.Way.values, help_text="How it was given.")
    resolved_at = serializers.DateTimeField(
        help_text="What was rated: each time it is resolved may be, once."
    )
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField(help_text="A buyer may think again while it stays resolved.")


class RatingPageSerializer(serializers.Serializer[Any]):
    results = RatingSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The address of the next page.")


class RatingQuery(serializers.Serializer[Any]):
    rating = serializers.IntegerField(required=False, min_value=1, max_value=5)
    most = serializers.IntegerField(
        required=False, min_value=1, max_value=5, help_text="So many stars or fewer."
    )
    commented = serializers.BooleanField(required=False, default=False, help_text="With words only.")
    store = Text(required=False, max_length=40, help_text="A key.")
    agent = serializers.UUIDField(required=False)
    channel = Text(required=False, max_length=20, help_text="A kind of channel.")
    since = serializers.DateField(required=False, help_text="The first day.")
    until = serializers.DateField(required=False, help_text="The last day, with all of it.")
    cursor = Text(required=False, max_length=300, help_text="From `next`.")


class Ratings(ApiView):
    scope = "team"

    @extend_schema(
        tags=["Team"],
        summary="List ratings",
        description="The newest first, in pages of 30: of their stores for who may read figures (`figures.read`), of "
        "their own work for all others.",
        parameters=[RatingQuery],
        responses=RatingPageSerializer,
    )
    def get(self, request: Request) -> Response:
        given = read(RatingQuery, request.query_params)
        cursor, since, until = given.pop("cursor", ""), given.pop("since", None), given.pop("until", None)
        for name, words in wrong_days(since, until).items():
            raise Invalid(words, attr=name)
        days: dict[str, Any] = {}
        if since:
            days["since"] = begin_of(since)
        if until:
            days["until"] = begin_of(until + timedelta(days=1))
        found, more = list_ratings(agent_of(request), Wanted(**given, **days), cursor=cursor)
        return Response({"results": [rating_data(one) for one in found], "next": next_page(request, more)})


# -- When they are asked


class RatingTextSerializer(serializers.Serializer[Any]):
    subject = Text(required=False, allow_blank=True, max_length=MAX_SUBJECT)
    greeting = Text(required=False, allow_blank=True, max_length=MAX_GREETING)


class RatingWordsSerializer(serializers.Serializer[Any]):
    """What is said in each language; what is not there is said in words of ours."""

    def get_fields(self) -> dict[str, Any]:
        return {code: RatingTextSerializer(required=False) for code, _name in LANGUAGES}


class RatingChannelSerializer(NamedSerializer):
    kind = serializers.CharField()


class RatingRuleSerializer(serializers.Serializer[Any]):
    active = serializers.BooleanField(help_text="Whether buyers are asked by a message.")
    delay_min = serializers.IntegerField(help_text="Minutes for which it has to stay resolved.")
    channels = RatingChannelSerializer(many=True, help_text="Over which buyers are asked who came by them.")
    mails_visitors = serializers.BooleanField(
        help_text="Who left the page is asked by e-mail, at a proven address."
    )
    every_days = serializers.IntegerField(help_text="A buyer is asked once in so many days; 0: each time.")
    words = RatingWordsSerializer()
    low = serializers.IntegerField(help_text="So many stars or fewer are bad; 0: none are.")
    tells_agent = serializers.BooleanField(help_text="Of a bad rating.")
    tells_supervisors = serializers.BooleanField(help_text="Of a bad rating.")


@sent("Ask an hour later", {"active": True, "delay_min": 60, "every_days": 30})
class RatingRuleChange(serializers.Serializer[Any]):
    active = Flag(required=False)
    delay_min = Number(required=False, min_value=0, max_value=MOST_MINUTES)
    channels = serializers.ListField(
        child=Id(), required=False, max_length=100, help_text="Ids; all of them."
    )
    mails_visitors = Flag(required=False)
    every_days = Number(required=False, min_value=0, max_value=MOST_DAYS)
    words = RatingWordsSerializer(required=False)
    low = Number(required=False, min_value=LOW[0], max_value=LOW[-1])
    tells_agent = Flag(required=False)
    tells_supervisors = Flag(required=False)


class StoreRatings(ApiView):
    scope = "settings"

    @extend_schema(
        tags=["Settings"],
        summary="When a store's buyers are asked how it was",
        responses=RatingRuleSerializer,
    )
    def get(self, request: Request, store_id: UUID) -> Response:
        return Response(_rule(store_of(request, store_id)))

    @extend_schema(
        tags=["Settings"],
        summary="Change when a store's buyers are asked",
        description="By an admin. What is left out stays.",
        request=RatingRuleChange,
        responses={200: RatingRuleSerializer, **REFUSALS, 400: ErrorsSerializer},
    )
    def patch(self, request: Request, store_id: UUID) -> Response:
        store, agent = store_of(request, store_id), admin_of(request)
        now = _rule(store)
        now["channels"] = [UUID(channel["id"]) for channel in now["channels"]]
        given = now | read(RatingRuleChange, request.data)
        given["delay"] = given.pop("delay_min")
        save_rule(actor=agent, store=store, rule=Rule(**given))
        return Response(_rule(store))


def _rule(store: Store) -> dict[str, Any]:
    return rule_data(store, RatingRule.objects.filter(store=store).first())
