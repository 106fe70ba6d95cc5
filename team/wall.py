"""The wallboard: how it stands at this moment, computed once every few seconds for all who look at it.

Who opens the page asks for it over the console socket, and again every while: that keeps a lease. While anybody has
one, a beat computes the figures of all stores, and each viewer is sent those of their own. Nobody looks: nothing is
asked of the database.
"""

import time
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db import transaction
from django.db.models import Count, Min, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from events import topics
from events.record import Push, push
from helpdesk.lib.times import iso
from inbox.access import store_ids_for
from inbox.errors import NotFound
from inbox.models import Conversation
from people.models import Agent, Store
from team.performance.models import DayFigures

LEASE_S = 45  # a page asks again every 15
FRESH_S = 3
_WATCHERS, _SNAPSHOT = "wall:watchers", "wall:snapshot"
_TODAY = ("firsts", "first_s", "taken", "resolved")


class Wall:
    """`wall {}`: what the wallboard shows now; more follows as frames for as long as this is asked again."""

    what: ClassVar[str] = "wall"
    scope: ClassVar[str] = "team:read"

    def answer(self, *, agent: Agent, given: Mapping[str, Any]) -> dict[str, Any]:
        if not agent.may("wall.read"):
            raise NotFound(_("There is no such question."))
        stores = store_ids_for(agent)
        watchers = _watchers() | {
            str(agent.pk): (time.time() + LEASE_S, None if stores is None else sorted(map(str, stores)))
        }
        cache.set(_WATCHERS, watchers, LEASE_S)
        return seen(_snapshot(), stores)


def _watchers() -> dict[str, tuple[float, list[str] | None]]:
    """Return who looks, until when, and at which stores. (A lease that two writers lose is asked for again soon.)"""
    now = time.time()
    found: dict[str, tuple[float, list[str] | None]] = cache.get(_WATCHERS) or {}
    return {agent: lease for agent, lease in found.items() if lease[0] > now}


def _snapshot() -> dict[str, Any]:
    """Return the figures of all stores, of a few seconds ago at most: the same for everybody."""
    known: dict[str, Any] | None = cache.get(_SNAPSHOT)
    if known is None:
        known = compute()
        cache.set(_SNAPSHOT, known, FRESH_S)
    return known


def tell() -> int:
    """Send everybody who looks what there is to see. Returns how many look; none: nothing was computed."""
    watchers = _watchers()
    if not watchers:
        return 0
    snapshot = compute()
    cache.set(_SNAPSHOT, snapshot, FRESH_S)
    alike: defaultdict[str, list[str]] = defaultdict(list)
    scopes: dict[str, list[str] | None] = {}
    for agent, (_until, stores) in watchers.items():
        key = "*" if stores is None else ",".join(stores)
        alike[key].append(agent)
        scopes[key] = stores
    with transaction.atomic():
        push(
            Push(
                tuple(topics.agent(agent) for agent in agents),
                {"type": "wall", **seen(snapshot, None if scopes[key] is None else _ids(scopes[key]))},
                latest=f"wall.{key}",
            )
            for key, agents in alike.items()
        )
    return len(watchers)


def _ids(texts: list[str] | None) -> set[UUID]:
    return {UUID(text) for text in texts or ()}


def seen(snapshot: dict[str, Any], stores: Collection[UUID] | None) -> dict[str, Any]:
    """Return what of the figures concerns these stores (None: all of them)."""
    mine = None if stores is None else {str(pk) for pk in stores}
    found = [one for one in snapshot["stores"] if mine is None or one["id"] in mine]
    agents = [
        one
        for one in snapshot["agents"]
        if mine is None or one["everywhere"] or not mine.isdisjoint(one["stores"])
    ]
    sums = {
        name: sum(one[name] for one in found) for name in ("waiting", "open", "due_soon", "overdue", *_TODAY)
    }
    waits = [one["since"] for one in found if one["since"]]
    return {
        "at": snapshot["at"],
        "waiting": sums["waiting"],
        "longest_since": min(waits, default=None),
        "open": sums["open"],
        "due_soon": sums["due_soon"],
        "overdue": sums["overdue"],
        "answered": sums["taken"],
        "resolved": sums["resolved"],
        "first_reply_s": round(sums["first_s"] / sums["firsts"]) if sums["firsts"] else None,
        "stores": [{name: one[name] for name in ("id", "name", "waiting", "open", "since")} for one in found],
        "agents": [{name: one[name] for name in ("id", "name", "presence", "load")} for one in agents],
    }


def compute() -> dict[str, Any]:
    """Return the figures of every store and of everybody who is there: five queries, however many look."""
    now = timezone.now()
    stores = {store.pk: store for store in Store.objects.order_by("name")}
    is_open = Conversation.objects.filter(status=Conversation.Status.OPEN)
    waits = Q(waiting_since__isnull=False)
    counts = {
        row["store"]: row
        for row in is_open.order_by()
        .values("store")
        .annotate(
            open=Count("id"),
            waiting=Count("id", filter=waits),
            since=Min("waiting_since", filter=waits),
            due_soon=Count("id", filter=Q(reply_warn_at__lte=now, reply_due_at__gt=now)),
            overdue=Count("id", filter=Q(reply_due_at__lte=now)),
        )
    }
    loads = dict(
        is_open.filter(assignee__isnull=False).order_by().values_list("assignee").annotate(n=Count("id"))
    )
    done = _done_today(stores, now)
    nothing: dict[str, Any] = {"open": 0, "waiting": 0, "since": None, "due_soon": 0, "overdue": 0}
    told = []
    for pk, store in stores.items():
        row = counts.get(pk, nothing)
        told.append(
            {
                "id": str(pk),
                "name": store.name,
                "open": row["open"],
                "waiting": row["waiting"],
                "since": iso(row["since"]),
                "due_soon": row["due_soon"],
                "overdue": row["overdue"],
                **done.get(pk, dict.fromkeys(_TODAY, 0)),
            }
        )
    return {"at": iso(now), "stores": told, "agents": _agents(now, loads)}


def _done_today(stores: dict[UUID, Store], now: Any) -> dict[UUID, dict[str, int]]:
    """Return what was done on the day that each store has now."""
    today = Q(pk__in=[])
    for pk, store in stores.items():
        today |= Q(store=pk, day=now.astimezone(ZoneInfo(store.time_zone)).date())
    rows = DayFigures.objects.filter(today, currency="").order_by().values_list("store")
    sums = rows.annotate(**{f"n_{name}": Sum(name) for name in _TODAY})
    return {store: dict(zip(_TODAY, values, strict=True)) for store, *values in sums}


def _agents(now: Any, loads: dict[UUID, int]) -> list[dict[str, Any]]:
    rows = Agent.objects.filter(is_active=True, lease_until__gt=now).prefetch_related("teams__stores")
    return [
        {
            "id": str(agent.pk),
            "name": agent.name,
            "presence": agent.presence,
            "load": loads.get(agent.pk, 0),
            "everywhere": agent.role == Agent.Role.ADMIN,
            "stores": sorted({str(store.pk) for team in agent.teams.all() for store in team.stores.all()}),
        }
        for agent in rows.order_by("name", "id")
    ]
