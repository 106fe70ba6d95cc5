"""/team/performance/: the ranking for who may see it, everybody's own figures, and what is behind each number."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from helpdesk.lib.filters import FIRST_DAY, ListFilter
from helpdesk.lib.sheets import Cell, csv_response
from inbox import transports
from inbox.access import conversations_for
from inbox.models import Conversation
from orders.access import orders_for
from people.access import colleagues_for, stores_for
from people.models import Agent, Store
from people.views.roles import AgentRequest, for_agents, who_may
from team.performance import metrics, reading, rollup
from team.performance.metrics import METRICS, MINIMUM_SAMPLE, VIEWS, Metric, shown
from team.performance.models import CaseFigures
from team.performance.reading import Asked, Figures

LONGEST = 366  # days of a range
PAGE = 50
BEHIND_S = 120  # that much later than it happened is worth a word
PERIOD_LABELS = {
    "day": gettext_lazy("Day"),
    "week": gettext_lazy("Week"),
    "month": gettext_lazy("Month"),
    "range": gettext_lazy("Range"),
}


class FigureFilter(ListFilter):
    """Which figures are shown. What makes no sense in an address is taken as if it were not there."""

    period = forms.ChoiceField(choices=list(PERIOD_LABELS.items()), required=False)
    store = forms.ChoiceField(label=gettext_lazy("Store"), required=False)
    team = forms.ChoiceField(label=gettext_lazy("Team"), required=False)
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), required=False)

    def __init__(self, data: Any, *, agent: Agent) -> None:
        super().__init__(data, auto_id="figures-%s")
        self.agent = agent
        self.stores: list[Store] = list(stores_for(agent))
        self.all_stores = agent.role == Agent.Role.ADMIN
        teams = reading.teams_for(agent, None if self.all_stores else [store.pk for store in self.stores])
        self.choose("store", _("All stores"), [(store.key, store.name) for store in self.stores])
        self.choose("team", _("All teams"), [(str(team.pk), team.name) for team in teams])
        kinds = [(kind, str(transport.label)) for kind, transport in transports.all_transports().items()]
        self.choose("channel", _("All channels"), kinds)
        self.full_clean()

    @property
    def kind(self) -> str:
        return self.cleaned_data.get("period") or "week"

    def asked(self, *, of: UUID | None = None) -> Asked:
        given, today = self.cleaned_data, _today(self.stores)
        since = min(max(given.get("since") or today, FIRST_DAY), today)
        until = max(since, min(given.get("until") or today, since + timedelta(days=LONGEST - 1)))
        first, last, before = reading.period(self.kind, since, until, today)
        return Asked(
            since=first,
            until=last,
            before=before,
            stores=self._stores(given.get("store", "")),
            channel=given.get("channel", ""),
            team=UUID(given["team"]) if given.get("team") else None,
            agent=of,
        )

    def _stores(self, key: str) -> list[UUID] | None:
        if key:
            return [store.pk for store in self.stores if store.key == key]
        return None if self.all_stores else [store.pk for store in self.stores]

    def query(self, **changed: str) -> str:
        kept = {name: self.data.get(name, "") for name in (*self.fields, "show", "sort")} | changed
        return urlencode({name: value for name, value in kept.items() if value})


def _today(stores: list[Store]) -> date:
    """Return today where it is latest: no store's day is left out."""
    now = timezone.now()
    zones = {store.time_zone for store in stores}
    return max((now.astimezone(ZoneInfo(zone)).date() for zone in zones), default=timezone.localdate())


# -- What a page shows of a number


@dataclass(frozen=True)
class Shown:
    text: str
    label: SafeString
    is_sparse: bool  # too few cases for a place
    link: str


@dataclass(frozen=True)
class Trend:
    """Against the period before: where it goes, by how much, and whether that is good."""

    icon: str
    text: str
    is_better: bool | None


@dataclass(frozen=True)
class Bars:
    """A drawing 20 high: one path for all of them, since a page has hundreds, and the same in words."""

    width: int
    path: str
    text: str


@dataclass(frozen=True)
class Row:
    figures: Figures
    cells: list[Shown]
    trend: Trend | None
    bars: Bars | None


def _row(figures: Figures, columns: dict[SafeString, Metric], sort: Metric, link: str) -> Row:
    """`columns`: by label, which is translated and escaped once and not in each row."""
    cells = [
        Shown(
            shown(metric, figures.sums, figures.money),
            label,
            metric.kind != "money" and not metric.has_sample(figures.sums),
            f"{link}&metric={metric.key}",
        )
        for label, metric in columns.items()
    ]
    return Row(figures, cells, _trend(figures, sort), _bars(figures, sort))


def _trend(figures: Figures, metric: Metric) -> Trend | None:
    past = figures.past
    if past is None or metric.spread or metric.kind == "money":
        return None
    now, before = metric.value(figures.sums), metric.value(past.sums)
    if (
        now is None
        or before is None
        or not (metric.has_sample(figures.sums) and metric.has_sample(past.sums))
    ):
        return None
    change = now - before
    text = {
        "seconds": lambda: metrics.duration(abs(change)),
        "share": lambda: _("%(points)s points") % {"points": f"{abs(change) * 100:.1f}"},
        "score": lambda: f"{abs(change):.2f}",
        "count": lambda: f"{abs(change):,.0f}",
    }[metric.kind]()
    if abs(change) < 0.005 / (100 if metric.kind == "share" else 1):
        return Trend("minus", _("as before"), None)
    is_better = (change < 0) == metric.less_is_better if metric.is_ranked else None
    return Trend("arrow-up" if change > 0 else "arrow-down", text, is_better)


def _bars(figures: Figures, metric: Metric) -> Bars | None:
    values = [None if value == float("inf") else value for value in figures.bars]
    highest = max((value for value in values if value), default=0)
    if not highest:
        return None
    heights = [max(18 * value / highest, 1) if value else 0.5 for value in values]
    path = "".join(f"M{index * 10 + 1.5} 20v-{height:.1f}h7V20z" for index, height in enumerate(heights))
    return Bars(len(values) * 10, path, ", ".join(_in_words(metric, value) for value in values))


def _in_words(metric: Metric, value: float | None) -> str:
    if value is None:
        return "–"
    if metric.kind == "seconds":
        return metrics.duration(value)
    return f"{value:.0%}" if metric.kind == "share" else f"{value:,.2f}".removesuffix(".00")


# -- Pages


@for_agents
@require_safe
def performance(request: AgentRequest) -> HttpResponse:
    if not request.user.may("figures.read"):
        return redirect("team-room:mine")
    form = FigureFilter(request.GET, agent=request.user)
    asked, show, columns, sort = form.asked(), *_columns(request)
    found = reading.ranking(asked, sort, columns)
    by_label = {escape(str(metric.label)): metric for metric in columns}
    for_all = {label: metric.for_all() for label, metric in by_label.items()}
    query = form.query(show="", sort="")
    context = _context(request, form, asked) | {
        "rows": [_row(one, by_label, sort, _link(query, one.id)) for one in found.rows],
        "total": _row(found.total, for_all, sort.for_all(), _link(query, None)),
        "columns": columns,
        "sort": sort,
        "show": show,
        "views": [(key, label, form.query(show=key, sort="")) for key, (label, _keys) in VIEWS.items()],
        "minimum": MINIMUM_SAMPLE,
    }
    fragment = "HX-Request" in request.headers
    return render(request, f"team/performance/{'_ranking' if fragment else 'page'}.html", context)


def _columns(request: HttpRequest) -> tuple[str, list[Metric], Metric]:
    show = request.GET.get("show", "")
    show = show if show in VIEWS else "service"
    columns = [METRICS[key] for key in VIEWS[show][1]]
    wanted = METRICS.get(request.GET.get("sort", ""))
    return show, columns, wanted if wanted in columns else columns[0]


def _link(query: str, agent_id: UUID | None) -> str:
    where = reverse("team-room:cases", args=[agent_id]) if agent_id else reverse("team-room:all-cases")
    return f"{where}?{query}"


def _context(request: AgentRequest, form: FigureFilter, asked: Asked) -> dict[str, Any]:
    upto, behind = rollup.standing(timezone.now())
    return {
        "form": form,
        "asked": asked,
        "periods": [(kind, label, kind == form.kind) for kind, label in PERIOD_LABELS.items()],
        "kind": form.kind,
        "earlier": form.query(since=asked.before[0].isoformat()),
        "later": form.query(since=(asked.until + timedelta(days=1)).isoformat()),
        "has_later": asked.until < _today(form.stores),
        "behind": behind is not None and behind > BEHIND_S,
        "counted_upto": upto,
        "query": form.query(),
    }


@for_agents
@require_safe
def mine(request: AgentRequest) -> HttpResponse:
    """Show an agent's own figures, and their place among colleagues who stay without a name."""
    form = FigureFilter(request.GET, agent=request.user)
    asked = form.asked()
    ranked = list(METRICS.values())
    found = reading.ranking(asked, METRICS["handled"], ranked, past=ranked)
    own = next((one for one in found.rows if one.id == request.user.pk), None)
    groups, seen = [], set[str]()
    for label, keys in VIEWS.values():
        new = [key for key in keys if key not in seen]
        seen.update(new)
        link = _link(form.query(show="", sort=""), request.user.pk)
        groups.append((label, [_card(found.rows, own, METRICS[key], link) for key in new]))
    context = _context(request, form, asked) | {"groups": groups, "own": own, "minimum": MINIMUM_SAMPLE}
    return render(request, "team/performance/mine.html", context)


def _card(rows: list[Figures], own: Figures | None, metric: Metric, link: str) -> dict[str, Any]:
    reading.set_places(rows, metric)
    return {
        "key": metric.key,
        "label": metric.label,
        "text": shown(metric, own.sums, own.money) if own else "",
        "trend": _trend(own, metric) if own else None,
        "place": own.place if own else None,
        "of": sum(one.place is not None for one in rows),
        "is_ranked": metric.is_ranked,
        "link": f"{link}&metric={metric.key}",
    }


# -- Behind a number


@for_agents
@require_safe
def cases(request: AgentRequest, agent_id: UUID | None = None) -> HttpResponse:
    """List the conversations and orders that a number was made of."""
    form = FigureFilter(request.GET, agent=request.user)
    metric = METRICS.get(request.GET.get("metric", ""))
    whose = _whose(request.user, agent_id)
    if metric is None:
        raise Http404
    asked = form.asked(of=agent_id)
    metric = metric if agent_id else metric.for_all()
    found = reading.cases(asked, metric)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    came_to = reading.sums_of(found, metric)
    context = _context(request, form, asked) | {
        "whose": whose,
        "metric": metric,
        "page": page,
        "lines": _lines(request.user, list(page.object_list), metric),
        "came_to": shown(_plain(metric), came_to.sums, came_to.money),
        "count": page.paginator.count,
        "sample": came_to.sums.get(metric.under) if metric.under else None,
        "page_query": form.query(show="", sort="", metric=metric.key),
    }
    return render(request, "team/performance/cases.html", context)


def _whose(agent: Agent, agent_id: UUID | None) -> Agent | None:
    """Return whose figures these are (None: everybody's): one's own, or, for who may, their colleagues'."""
    if agent_id == agent.pk:
        return agent
    if not agent.may("figures.read"):
        raise Http404
    if agent_id is None:
        return None
    found = colleagues_for(agent).filter(pk=agent_id).first()
    if found is None:
        raise Http404
    return found


def _plain(metric: Metric) -> Metric:
    """Cases have no histogram: a percentile is shown with the average of the same cases."""
    return METRICS[metric.key.removesuffix("_median").removesuffix("_p90")] if metric.spread else metric


@dataclass(frozen=True)
class Line:
    case: CaseFigures
    text: str  # its part of the number
    channel: str
    title: str
    url: str


def _lines(agent: Agent, rows: list[CaseFigures], metric: Metric) -> list[Line]:
    ids = [row.case_id for row in rows]
    with_buyer: Any = conversations_for(agent).select_related("buyer")
    conversations: dict[UUID, Conversation] = with_buyer.in_bulk(ids)
    orders = orders_for(agent).in_bulk(ids)
    lines = []
    for row in rows:
        title, url = "", ""
        if (conversation := conversations.get(row.case_id)) is not None:
            title, url = conversation.buyer.display_name, f"/inbox/{conversation.pk}/"
        elif (order := orders.get(row.case_id)) is not None:
            title, url = order.number, f"/orders/{order.pk}/"
        lines.append(Line(row, _part(metric, row), _channel(row.channel), title, url))
    return lines


def _part(metric: Metric, row: CaseFigures) -> str:
    top, under = getattr(row, metric.top), getattr(row, metric.under) if metric.under else None
    if metric.kind == "money":
        return shown(metric, {}, {row.currency: {metric.top: top}})
    if metric.kind == "seconds":
        each = metrics.duration(top / under) if under else metrics.duration(top)
        return f"{each} × {under}" if under and under > 1 else each
    return f"{top} / {under}" if under is not None else str(top)


def _channel(kind: str) -> str:
    found = transports.all_transports().get(kind)
    return str(found.label) if found else kind


# -- As a file


@who_may("figures.read")
@require_safe
def export(request: AgentRequest) -> HttpResponseBase:
    form = FigureFilter(request.GET, agent=request.user)
    _show, _columns_shown, sort = _columns(request)
    asked = form.asked()
    found = reading.ranking(asked, sort, METRICS.values())
    currencies = sorted({currency for one in found.rows for currency in one.money})
    head = [_("Agent"), _("Place"), _("From date"), _("To date")]
    for metric in METRICS.values():
        if metric.kind == "money":
            head += [f"{metric.label} ({currency})" for currency in currencies]
        else:
            head.append(f"{metric.label} (s)" if metric.kind == "seconds" else str(metric.label))
    return csv_response(request, "performance", head, _file_rows(found, asked, currencies))


def _file_rows(found: reading.Ranking, asked: Asked, currencies: list[str]) -> Iterator[list[list[Cell]]]:
    """Yield the rows of the file: plain numbers, money in minor units."""
    rows: list[list[Cell]] = []
    for one in found.rows:
        row: list[Cell] = [one.name, one.place or "", asked.since.isoformat(), asked.until.isoformat()]
        for metric in METRICS.values():
            if metric.kind == "money":
                row += [one.money.get(currency, {}).get(metric.top, 0) for currency in currencies]
            else:
                row.append(_number(metric.value(one.sums)))
        rows.append(row)
    yield rows


def _number(value: float | None) -> Cell:
    if value is None or value == float("inf"):
        return ""
    return int(value) if value == int(value) else f"{value:.4f}"
