"""How far somebody may go without a second person: by role and kind, on one order and in one day.

What counts is what the store gives away (`ActionKind.cost`), in minor units of the order's currency: what was
done or is under way, with undone things given back.
"""

import zoneinfo
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet, Sum
from django.utils import timezone

from orders.models import Limit, Order, OrderAction
from people.models import Agent, Store

State = OrderAction.State
# An action in one of these states has changed the order, or may yet.
COUNTS = (State.HELD, State.RUNNING, State.UNKNOWN, State.DONE)
EVERYTHING_ELSE = "*"

Lefts = dict[str, int | None]  # by the limit's name: order, share, day; None is no limit


@dataclass(frozen=True)
class Allowance:
    """What a role may do; None is no limit. Amounts in minor units, `share` in percent of the order."""

    per_order: int | None = None
    share: int | None = None
    per_day: int | None = None
    needs_reason: bool = False


NONE_AT_ALL = Allowance(per_order=0)


def allowance(store: Store, role: str, kind: str) -> Allowance:
    """Return what the store has set for this role and kind, else what settings.ORDER_LIMITS says."""
    rows = Limit.objects.filter(store=store, role=role, kind__in=[kind, EVERYTHING_ELSE])
    return _allowance({row.kind: row for row in rows}, role, kind)


def allowances(store_ids: Iterable[UUID]) -> Callable[[UUID, str, str], Allowance]:
    """Return `allowance` by a store's id, role and kind for these stores, for one query."""
    rows: dict[tuple[UUID, str], dict[str, Limit]] = {}
    for row in Limit.objects.filter(store__in=set(store_ids)):
        rows.setdefault((row.store_id, row.role), {})[row.kind] = row
    return lambda store_id, role, kind: _allowance(rows.get((store_id, role), {}), role, kind)


def _allowance(rows: Mapping[str, Limit], role: str, kind: str) -> Allowance:
    row = rows.get(kind) or rows.get(EVERYTHING_ELSE)
    return set_by(row) if row else default(role, kind)


def set_by(row: Limit) -> Allowance:
    return Allowance(row.per_order, row.share, row.per_day, row.needs_reason)


def default(role: str, kind: str) -> Allowance:
    """Return what settings.ORDER_LIMITS says, where a store has set nothing."""
    by_kind = settings.ORDER_LIMITS.get(role)
    if by_kind is None:
        return NONE_AT_ALL
    may: dict[str, Any] = by_kind.get(kind, by_kind.get(EVERYTHING_ELSE, {}))
    return Allowance(may.get("per_order"), may.get("share"), may.get("per_day"))


def lefts(order: Order, agent: Agent, kind: str, *, but: OrderAction | None = None) -> Lefts:
    """Return what is left of each of the agent's limits for this kind on this order, in minor units.

    `but`: an action that is not to be counted, because it is the one to be decided on.
    """
    return lefts_by_kind(order, agent, [kind], but=but)[kind]


def lefts_by_kind(
    order: Order, agent: Agent, kinds: Iterable[str], *, but: OrderAction | None = None
) -> dict[str, Lefts]:
    """Return `lefts` for each of these kinds, for three queries whatever their number."""
    allowed = allowances([order.store_id])
    may = {kind: allowed(order.store_id, agent.role, kind) for kind in kinds}
    counted = OrderAction.objects.filter(kind__in=may, state__in=COUNTS)
    if but is not None:
        counted = counted.exclude(pk=but.pk)
    on_order = _sums(counted.filter(order=order))
    today: dict[str, int] = {}
    if any(each.per_day is not None for each in may.values()):
        begins = day_begins(order.store)
        today = _sums(counted.filter(agent=agent, created_at__gte=begins, order__store=order.store_id))
    return {
        kind: _lefts(order, each, on_order.get(kind, 0), today.get(kind, 0)) for kind, each in may.items()
    }


def _lefts(order: Order, may: Allowance, on_order: int, today: int) -> Lefts:
    # What an order is worth to the buyer does not shrink by what was given away already.
    worth = order.items_total + order.tax + order.shipping_fee + on_order
    return {
        "order": None if may.per_order is None else max(0, may.per_order - on_order),
        "share": None if may.share is None else max(0, worth * may.share // 100 - on_order),
        "day": None if may.per_day is None else max(0, may.per_day - today),
    }


def _sums(actions: QuerySet[OrderAction]) -> dict[str, int]:
    return dict(actions.order_by().values_list("kind").annotate(Sum("cost")))


def over(cost: int, left: Lefts) -> list[str]:
    """Return the names of the limits that giving away `cost` would break."""
    return [name for name, amount in left.items() if amount is not None and cost > amount and cost > 0]


def least(left: Lefts) -> int | None:
    """Return how much may still be given away, in minor units; None: no limit."""
    return min((amount for amount in left.values() if amount is not None), default=None)


def one_at_a_time(agent: Agent) -> None:
    """Let what this agent gives away at the same moment, on whichever orders, be counted one after the other.

    Until the end of the transaction; where an order is locked, too, that comes first.
    """
    Agent.objects.select_for_update(no_key=True).values_list("id").get(pk=agent.pk)


def day_begins(store: Store, now: datetime | None = None) -> datetime:
    """Return when the day that is now at the store began there."""
    try:
        zone = zoneinfo.ZoneInfo(store.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        zone = zoneinfo.ZoneInfo("UTC")
    local = (now or timezone.now()).astimezone(zone)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)
