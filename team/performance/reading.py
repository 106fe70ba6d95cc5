"""The figures read: who did what in a period, in which place, compared with the period before."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, Func, IntegerField, Min, Q, QuerySet, Sum, Value

from people.models import Agent, Team
from team.performance.counters import MONEY
from team.performance.metrics import Metric, amounts
from team.performance.models import CaseFigures, DayFigures

MOST_BARS = 14


@dataclass(frozen=True)
class Asked:
    """Which figures: both days are in it. `stores` and `agents`: None is all of them."""

    since: date
    until: date
    before: tuple[date, date]  # what it is compared with
    stores: Collection[UUID] | None
    channel: str = ""
    team: UUID | None = None
    agent: UUID | None = None

    def rows(self, model: Any, since: date, until: date) -> QuerySet[Any]:
        found = model.objects.filter(day__gte=since, day__lte=until)
        if self.stores is not None:
            found = found.filter(store__in=self.stores)
        if self.channel:
            found = found.filter(channel=self.channel)
        if self.team:
            found = found.filter(agent__in=Agent.objects.filter(teams=self.team).values("id"))
        if self.agent:
            found = found.filter(agent=self.agent)
        return found

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1


@dataclass
class Figures:
    """Of one agent, or of all together (`id` is None). What has no currency is in `sums`."""

    id: UUID | None
    name: str
    sums: dict[str, int] = field(default_factory=dict)
    money: dict[str, dict[str, int]] = field(default_factory=dict)
    past: "Figures | None" = None  # of the period before
    place: int | None = None
    bars: list[float | None] = field(default_factory=list)

    def add(self, other: "Figures") -> None:
        for name, value in other.sums.items():
            self.sums[name] = self.sums.get(name, 0) + value
        for currency, sums in other.money.items():
            own = self.money.setdefault(currency, {})
            for name, value in sums.items():
                own[name] = own.get(name, 0) + value

    def rank_value(self, metric: Metric) -> float | None:
        """Return what an agent is ranked by: nothing where there is no number, or too few cases behind it."""
        if metric.kind == "money":
            found = list(amounts(metric, self.money).values())
            return found[0] if len(found) == 1 else None
        value = metric.value(self.sums)
        return value if value is not None and metric.has_sample(self.sums) else None


@dataclass
class Ranking:
    rows: list[Figures]
    total: Figures
    sort: Metric


def ranking(asked: Asked, sort: Metric, columns: Iterable[Metric], *, past: Iterable[Metric] = ()) -> Ranking:
    """Return everybody's figures in the order of `sort`, best first: three queries, however many agents and days.

    `past`: of which metrics the period before is wanted too, besides that of `sort`.
    """
    wanted = _counters([sort, *columns])
    rows = _figures(asked, asked.since, asked.until, wanted)
    before = _figures(asked, *asked.before, _counters([sort, *past]))
    bars = _bars(asked, sort)
    total = Figures(None, "", past=Figures(None, ""))
    for figures in rows.values():
        figures.past = before.get(figures.id)
        figures.bars = bars.get(figures.id, [])
        total.add(figures)
    for figures in before.values():
        assert total.past
        total.past.add(figures)
    total.bars = bars.get(None, [])
    ordered = sorted(rows.values(), key=lambda one: (*_order(one, sort), one.name, str(one.id)))
    set_places(ordered, sort)
    return Ranking(ordered, total, sort)


def set_places(rows: list[Figures], metric: Metric) -> None:
    """Give places, the best one 1; equal numbers share one, and who has too few cases has none."""
    for figures in rows:
        figures.place = None
    if not metric.is_ranked or _has_several_currencies(rows, metric):
        return
    ranked = [one for one in rows if one.rank_value(metric) is not None]
    ranked.sort(key=lambda one: _order(one, metric))
    for index, figures in enumerate(ranked):
        before = ranked[index - 1] if index else None
        is_same = before is not None and before.rank_value(metric) == figures.rank_value(metric)
        figures.place = before.place if before is not None and is_same else index + 1


def _has_several_currencies(rows: list[Figures], metric: Metric) -> bool:
    return metric.kind == "money" and len({c for one in rows for c in amounts(metric, one.money)}) > 1


def _order(figures: Figures, metric: Metric) -> tuple[bool, float]:
    value = figures.rank_value(metric)
    if value is None:
        return True, 0
    return False, value if metric.less_is_better else -value


def _counters(metrics: Iterable[Metric]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for metric in metrics for name in metric.counters))


def _figures(asked: Asked, since: date, until: date, counters: tuple[str, ...]) -> dict[UUID | None, Figures]:
    has_money = any(name in MONEY for name in counters)
    rows = asked.rows(DayFigures, since, until)
    rows = rows if has_money else rows.filter(currency="")
    # To group by texts takes longer than to add up: not by the name, and by the currency only where there are several.
    sums = {"name": Min("agent__name")} | {f"n_{name}": Sum(name) for name in counters}
    grouped = rows.order_by().annotate(of=F("currency") if has_money else Value(""))
    grouped = grouped.values_list("agent_id", "of").annotate(**sums)
    found: dict[UUID | None, Figures] = {}
    for agent_id, currency, name, *values in grouped:
        figures = found.setdefault(agent_id, Figures(agent_id, name))
        known = dict(zip(counters, values, strict=True))
        if currency:
            figures.money[currency] = {n: v for n, v in known.items() if n in MONEY and v}
        else:
            figures.sums = {n: v for n, v in known.items() if n not in MONEY}
    return found


def _bars(asked: Asked, metric: Metric) -> dict[UUID | None, list[float | None]]:
    """Return the metric over the period in so many equal parts at most, by agent; None: of all.

    Money of several currencies has none: it is not added.
    """
    size = -(-asked.days // MOST_BARS)
    parts = -(-asked.days // size)
    of_all = metric.for_all()
    counters = tuple(dict.fromkeys((*metric.counters, *of_all.counters)))
    rows = asked.rows(DayFigures, asked.since, asked.until)
    is_money = metric.kind == "money"
    rows = rows.exclude(currency="") if is_money else rows.filter(currency="")
    rows = rows.order_by().annotate(
        part=_part(asked.since, size), of=F("currency") if is_money else Value("")
    )
    by_part = rows.values_list("agent_id", "part", "of").annotate(**{f"n_{n}": Sum(n) for n in counters})
    grouped = [row for row in by_part if any(row[3:])]
    if len({currency for _agent, _part, currency, *_values in grouped}) > 1:
        return {}
    sums: defaultdict[UUID | None, list[dict[str, int]]] = defaultdict(lambda: [{} for _ in range(parts)])
    together = sums[None]
    for agent_id, part, _currency, *values in grouped:
        known = dict(zip(counters, values, strict=True))
        sums[agent_id][part] = known
        for name, value in known.items():
            together[part][name] = together[part].get(name, 0) + value
    return {key: [(metric if key else of_all).value(part) for part in found] for key, found in sums.items()}


def _part(since: date, size: int) -> Func:
    """Return which part of so many days a row's day is in: the database adds up the days of each."""
    days = f"%(expressions)s - DATE '{since}'"
    if connection.vendor == "sqlite":
        days = f"CAST(JULIANDAY(%(expressions)s) - JULIANDAY('{since}') AS INTEGER)"
    return Func(F("day"), template=f"({days}) / {size}", output_field=IntegerField())


# -- What is behind a number


def cases(asked: Asked, metric: Metric) -> QuerySet[CaseFigures]:
    """Return the conversations and orders that a number was made of, the newest first."""
    is_in_it = Q(**{f"{metric.top}__gt": 0}) | Q(**{f"{metric.top}__lt": 0})
    if metric.under:
        is_in_it |= Q(**{f"{metric.under}__gt": 0}) | Q(**{f"{metric.under}__lt": 0})
    rows: QuerySet[CaseFigures] = asked.rows(CaseFigures, asked.since, asked.until)
    return rows.filter(is_in_it).select_related("agent", "store").order_by("-day", "-id")


def sums_of(found: QuerySet[CaseFigures], metric: Metric) -> Figures:
    """Return what the cases come to: what `ranking` shows is this."""
    counters = tuple(filter(None, (metric.top, metric.under)))
    figures = Figures(None, "")
    grouped = found.order_by().values_list("currency").annotate(**{f"n_{n}": Sum(n) for n in counters})
    for currency, *values in grouped:
        known = dict(zip(counters, values, strict=True))
        if currency:
            figures.money[currency] = {n: v for n, v in known.items() if n in MONEY}
        else:
            figures.sums = known
    return figures


def teams_for(agent: Agent, stores: Collection[UUID] | None) -> QuerySet[Team]:
    return Team.objects.all() if stores is None else Team.objects.filter(stores__in=stores).distinct()


# -- Periods

PERIODS = ("day", "week", "month", "range")


def period(kind: str, day: date, until: date, today: date) -> tuple[date, date, tuple[date, date]]:
    """Return the first and last day of a period, and those of the one before it, as far as this one has come."""
    if kind == "day":
        first, last, earlier = day, day, day - timedelta(days=1)
    elif kind == "week":
        first = day - timedelta(days=day.weekday())
        last, earlier = first + timedelta(days=6), first - timedelta(days=7)
    elif kind == "month":
        first = day.replace(day=1)
        last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        earlier = (first - timedelta(days=1)).replace(day=1)
    else:
        first, last = day, until
        earlier = first - timedelta(days=(last - first).days + 1)
    if first <= today < last and kind != "range":
        last = today
    before_until = min(earlier + (last - first), first - timedelta(days=1))
    return first, last, (earlier, before_until)
