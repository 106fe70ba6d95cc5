"""/api/v1/performance/agents/: the ranking for programs."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import ApiView, read
from helpdesk.lib.fields import Choice, Text
from helpdesk.lib.filters import wrong_days
from helpdesk.lib.money import money
from helpdesk.lib.times import iso
from inbox.errors import Invalid
from people.access import stores_for
from people.api import agent_of
from people.models import Agent
from team.performance import reading
from team.performance.metrics import METRICS, MINIMUM_SAMPLE, Metric, amounts
from team.performance.models import Rollup
from team.performance.reading import Asked, Figures

LONGEST = 366


class PerformanceQuery(serializers.Serializer[Any]):
    # "from" cannot be an attribute of a class.
    to = serializers.DateField(help_text=f"The last day, with all of it; at most {LONGEST} days in all.")
    store = Text(required=False, max_length=40, help_text="A key; all of mine, where it is not given.")
    team = serializers.UUIDField(required=False, help_text="Those who are in this team now.")
    channel = Text(required=False, max_length=20, help_text="A kind of channel: `widget`, `email` ...")
    sort = Choice(list(METRICS), required=False, default="handled", help_text="Gives places, and the order.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        first = serializers.DateField(help_text="The first day, by the clock of each store.")
        return {"from": first, **super().get_fields()}


class AmountSerializer(serializers.Serializer[Any]):
    amount = serializers.IntegerField(help_text="Minor units.")
    currency = serializers.CharField()


def _field(metric: Metric) -> Any:
    words = f"{metric.label}."
    if metric.kind == "money":
        return AmountSerializer(many=True, help_text=f"{words} By currency, never added.")
    if metric.kind == "count":
        return serializers.IntegerField(help_text=words)
    unit = {"seconds": "Seconds.", "share": "0 to 1.", "score": "1 to 5."}[metric.kind]
    more = " The upper end of where it lies; null also beyond the last end." if metric.spread else ""
    return serializers.FloatField(allow_null=True, help_text=f"{words} {unit}{more} Null: no case.")


class MetricsSerializer(serializers.Serializer[Any]):
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {key: _field(metric) for key, metric in METRICS.items()}


class AgentRefSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class AgentFiguresSerializer(serializers.Serializer[Any]):
    agent = AgentRefSerializer()
    place = serializers.IntegerField(allow_null=True, help_text=f"Null: fewer than {MINIMUM_SAMPLE} cases.")
    metrics = MetricsSerializer()


class PerformanceSerializer(serializers.Serializer[Any]):
    counted_up_to = serializers.DateTimeField(allow_null=True, help_text="What came later is not in it yet.")
    ranked = serializers.IntegerField(help_text="How many have a place.")
    results = AgentFiguresSerializer(many=True)
    total = MetricsSerializer(allow_null=True, help_text="All together, for supervisors.")


_BY_KIND: dict[str, Any] = {
    "count": 186,
    "seconds": 41.5,
    "share": 0.25,
    "score": 4.6,
    "money": [{"amount": 125_899, "currency": "USD"}],
}
_SOME = {key: _BY_KIND[metric.kind] for key, metric in METRICS.items()}
_EXAMPLE = {
    "counted_up_to": "2026-03-31T18:20:05Z",
    "ranked": 1,
    "results": [
        {
            "agent": {"id": "01900000-0000-7000-8000-000000000001", "name": "Mia Chen"},
            "place": 1,
            "metrics": _SOME,
        }
    ],
    "total": _SOME,
}


class AgentPerformance(ApiView):
    scope = "team"

    @extend_schema(
        tags=["Team"],
        summary="How it goes, agent by agent",
        description="Of everybody who serves my stores for supervisors; my own figures, and my place, for agents. "
        "What each number means is in `docs/performance-metrics.md`.",
        parameters=[PerformanceQuery],
        responses=PerformanceSerializer,
        examples=[OpenApiExample("One agent", _EXAMPLE, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        agent, given = agent_of(request), read(PerformanceQuery, request.query_params)
        sort = METRICS[given["sort"]]
        found = reading.ranking(_asked(agent, given), sort, METRICS.values())
        rows = found.rows if agent.may("figures.read") else [one for one in found.rows if one.id == agent.pk]
        counted = Rollup.objects.filter(pk=1).first()
        return Response(
            {
                "counted_up_to": iso(counted.upto) if counted else None,
                "ranked": sum(one.place is not None for one in found.rows),
                "results": [
                    {
                        "agent": {"id": str(one.id), "name": one.name},
                        "place": one.place,
                        "metrics": _metrics(one, METRICS.values()),
                    }
                    for one in rows
                ],
                "total": _metrics(found.total, (metric.for_all() for metric in METRICS.values()))
                if agent.may("figures.read")
                else None,
            }
        )


def _asked(agent: Agent, given: dict[str, Any]) -> Asked:
    first, last = given["from"], given["to"]
    for name, words in wrong_days(first, last).items():
        raise Invalid(words, attr={"since": "from", "until": "to"}[name])
    if (last - first).days >= LONGEST:
        raise Invalid(_("At most %(count)s days.") % {"count": LONGEST}, attr="to")
    stores = {store.key: store.pk for store in stores_for(agent)}
    if "store" in given and given["store"] not in stores:
        raise Invalid(_("There is no such store."), attr="store")
    every = None if agent.role == Agent.Role.ADMIN else list(stores.values())
    return Asked(
        since=first,
        until=last,
        before=(first - timedelta(days=(last - first).days + 1), first - timedelta(days=1)),
        stores=[stores[given["store"]]] if "store" in given else every,
        channel=given.get("channel", ""),
        team=given.get("team"),
    )


def _metrics(figures: Figures, metrics: Any) -> dict[str, Any]:
    return {metric.key: _value(metric, figures) for metric in metrics}


def _value(metric: Metric, figures: Figures) -> Any:
    if metric.kind == "money":
        return [money(amount, currency) for currency, amount in amounts(metric, figures.money).items()]
    value = metric.value(figures.sums)
    if value is None or value == float("inf"):
        return None
    return int(value) if metric.kind == "count" else round(value, 4)
