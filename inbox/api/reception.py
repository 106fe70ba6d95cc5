"""/api/v1/stores/<store>/routing/ and .../hours/: who gets conversations, and when a store is open."""

from datetime import date
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import ApiView, read
from helpdesk.lib.fields import Choice, Flag, Id, Number, Text
from helpdesk.lib.hours import Interval
from helpdesk.lib.openapi import ErrorsSerializer, sent
from helpdesk.lib.times import iso
from inbox.errors import InboxError, Invalid, NotFound
from inbox.models import RoutingRule, StoreHours
from inbox.reception import schedule_of
from inbox.services.hours import MAX_AWAY, MOST_DAYS, MOST_INTERVALS, hours_data, minutes, save_hours
from inbox.services.routing_rules import (
    GRACE,
    MOST_OPEN,
    StoreRule,
    TeamRule,
    routing_data,
    save_routing,
)
from people.access import stores_for
from people.api import agent_of
from people.models import LANGUAGES, Agent, Store

TAGS = ["Settings"]
REFUSALS: dict[int, Any] = {403: ErrorsSerializer}
METHODS = RoutingRule.Method.values


class Forbidden(InboxError):
    status, code = 403, "forbidden"


def store_of(request: Request, store_id: UUID) -> Store:
    """Return a store that the caller serves. Raises NotFound."""
    found = stores_for(agent_of(request)).filter(pk=store_id).first()
    if found is None:
        raise NotFound("No such store.")
    return found


def admin_of(request: Request) -> Agent:
    """Return the caller. Raises Forbidden where they are no admin."""
    agent = agent_of(request)
    if agent.role != Agent.Role.ADMIN:
        raise Forbidden(_("Only admins change this."))
    return agent


# -- Routing


class TeamRoutingSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    method = serializers.ChoiceField(["", *METHODS], help_text="Empty: as the store.")
    capacity = serializers.IntegerField(allow_null=True, help_text="Null: as the store.")


class AgentRoutingSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    capacity = serializers.IntegerField(allow_null=True, help_text="Null: as their teams, or the store.")


class RoutingSerializer(serializers.Serializer[Any]):
    method = serializers.ChoiceField(METHODS)
    last_agent_first = serializers.BooleanField()
    capacity = serializers.IntegerField(help_text="Open conversations that an agent is given at most.")
    left_grace_s = serializers.IntegerField(
        help_text="How long after an agent has left theirs are handed on."
    )
    away_grace_s = serializers.IntegerField(help_text="The same of an agent who is away.")
    teams = TeamRoutingSerializer(many=True)
    agents = AgentRoutingSerializer(many=True)


class TeamRoutingInput(serializers.Serializer[Any]):
    id = Id()
    method = Choice(["", *METHODS], required=False, allow_blank=True, default="")
    capacity = Number(min_value=0, max_value=MOST_OPEN, required=False, allow_null=True, default=None)


class AgentRoutingInput(serializers.Serializer[Any]):
    id = Id()
    capacity = Number(min_value=0, max_value=MOST_OPEN, allow_null=True)


@sent("Least busy first", {"method": "least_busy", "last_agent_first": True, "capacity": 6})
class RoutingChange(serializers.Serializer[Any]):
    method = Choice(METHODS, required=False)
    last_agent_first = Flag(required=False)
    capacity = Number(min_value=0, max_value=MOST_OPEN, required=False)
    left_grace_s = Number(min_value=GRACE[0], max_value=GRACE[-1], required=False)
    away_grace_s = Number(min_value=GRACE[0], max_value=GRACE[-1], required=False)
    teams = TeamRoutingInput(many=True, required=False, help_text="Those that change.")
    agents = AgentRoutingInput(many=True, required=False, help_text="Those that change.")


class Routing(ApiView):
    scope = "settings"

    @extend_schema(tags=TAGS, summary="Who gets a store's conversations", responses=RoutingSerializer)
    def get(self, request: Request, store_id: UUID) -> Response:
        return Response(routing_data(store_of(request, store_id)))

    @extend_schema(
        tags=TAGS,
        summary="Change who gets a store's conversations",
        description="By an admin. What is left out stays. Whom the change lets have more gets it at once.",
        request=RoutingChange,
        responses={200: RoutingSerializer, **REFUSALS},
    )
    def patch(self, request: Request, store_id: UUID) -> Response:
        store, agent = store_of(request, store_id), admin_of(request)
        given = read(RoutingChange, request.data)
        now = routing_data(store) | given
        rule = StoreRule(
            method=now["method"],
            last_agent_first=now["last_agent_first"],
            capacity=now["capacity"],
            left_grace=now["left_grace_s"],
            away_grace=now["away_grace_s"],
            teams={row["id"]: TeamRule(row["method"], row["capacity"]) for row in given.get("teams", ())},
            agents={row["id"]: row["capacity"] for row in given.get("agents", ())},
        )
        save_routing(actor=agent, store=store, rule=rule)
        return Response(routing_data(store))


# -- Hours


class SpanSerializer(serializers.Serializer[Any]):
    # `from` cannot be written as an attribute.
    to = Text(max_length=5, help_text="As 18:00; the end of a day is 24:00.")

    def get_fields(self) -> dict[str, Any]:
        return {"from": Text(max_length=5, help_text="As 09:00."), **super().get_fields()}


class SpecialDaySerializer(serializers.Serializer[Any]):
    date = serializers.DateField()
    name = Text(max_length=60, required=False, allow_blank=True, default="")
    open: Any = serializers.ListSerializer(
        child=SpanSerializer(), max_length=MOST_INTERVALS, help_text="Empty: closed all day."
    )


class AwaySerializer(serializers.Serializer[Any]):
    """What is said while it is closed, in each language that has something."""

    def get_fields(self) -> dict[str, Any]:
        return {
            code: Text(required=False, allow_blank=True, max_length=MAX_AWAY) for code, _name in LANGUAGES
        }


class HoursChange(serializers.Serializer[Any]):
    weekly = serializers.ListField(
        child=serializers.ListSerializer(child=SpanSerializer(), max_length=MOST_INTERVALS),
        min_length=7,
        max_length=7,
        allow_null=True,
        required=False,
        help_text="Seven days from Monday on; null: always open.",
    )
    special: Any = serializers.ListSerializer(
        child=SpecialDaySerializer(), max_length=MOST_DAYS, required=False, help_text="All of them."
    )
    away = AwaySerializer(required=False)


class HoursSerializer(serializers.Serializer[Any]):
    time_zone = serializers.CharField(help_text="The store's, IANA: the hours are what its clocks say.")
    weekly = serializers.ListField(child=SpanSerializer(many=True), allow_null=True)
    special = SpecialDaySerializer(many=True)
    away = AwaySerializer()
    is_open = serializers.BooleanField()
    opens_at = serializers.DateTimeField(allow_null=True, help_text="Where it is closed now.")
    closes_at = serializers.DateTimeField(allow_null=True, help_text="Where it is open now, and closes.")


class Hours(ApiView):
    scope = "settings"

    @extend_schema(tags=TAGS, summary="When a store is open", responses=HoursSerializer)
    def get(self, request: Request, store_id: UUID) -> Response:
        return Response(_hours(store_of(request, store_id)))

    @extend_schema(
        tags=TAGS,
        summary="Change when a store is open",
        description="By an admin. What is left out stays.",
        request=HoursChange,
        responses={200: HoursSerializer, **REFUSALS},
    )
    def patch(self, request: Request, store_id: UUID) -> Response:
        store, agent = store_of(request, store_id), admin_of(request)
        now = hours_data(store, StoreHours.objects.filter(store=store).first())
        given = now | read(HoursChange, request.data)
        weekly, special = given["weekly"], {}
        for day in given["special"]:
            on = day["date"] if isinstance(day["date"], date) else date.fromisoformat(day["date"])
            if on in special:
                raise Invalid(_("%(date)s is there twice.") % {"date": on.isoformat()}, attr="special")
            special[on] = day["name"], _spans(day["open"], "special")
        save_hours(
            actor=agent,
            store=store,
            weekly=None if weekly is None else [_spans(day, "weekly") for day in weekly],
            special=special,
            away=given["away"],
        )
        return Response(_hours(store))


def _hours(store: Store) -> dict[str, Any]:
    schedule, now = schedule_of(store), timezone.now()
    is_open = schedule.is_open(now)
    return {
        "time_zone": store.time_zone,
        **hours_data(store, StoreHours.objects.filter(store=store).first()),
        "is_open": is_open,
        "opens_at": None if is_open else iso(schedule.next_opening(now)),
        "closes_at": iso(schedule.next_closing(now)) if is_open else None,
    }


def _spans(day: list[dict[str, str]], attr: str) -> list[Interval]:
    try:
        return [(minutes(span["from"]), minutes(span["to"])) for span in day]
    except ValueError:
        raise Invalid(_("Write a time of day as 09:00."), attr=attr) from None
