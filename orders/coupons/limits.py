"""How much an agent may give away in codes without a second person (orders/limits.py, kind "coupon").

`per_order` is for one buyer: a single code above it, or all codes that the buyer got in `WINDOW`, whoever gave
them, so that a large one is not given in slices. `per_day` is for one agent. `share` says nothing about codes.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.limits import allowance, day_begins
from orders.models import CouponCode
from people.models import Agent, Buyer, Store

KIND = "coupon"
WINDOW = timedelta(days=30)
State = CouponCode.State
# A code in one of these states has cost something, or may yet.
COUNTS = (State.CREATING, State.ACTIVE, State.REVOKING, State.REDEEMED)

Lefts = dict[str, int | None]  # by the limit's name: code, buyer, day; None is no limit


def lefts(
    store: Store, agent: Agent, buyer: Buyer, *, but: CouponCode | None = None, now: datetime | None = None
) -> Lefts:
    """Return what is left of each of the agent's limits, in minor units of the store's currency.

    `but`: a code that is not to be counted, because it is the one to be decided on.
    """
    now = now or timezone.now()
    may = allowance(store, agent.role, KIND)
    codes = CouponCode.objects.filter(store=store, state__in=COUNTS)
    if but is not None:
        codes = codes.exclude(pk=but.pk)
    buyers = day = None
    if may.per_order is not None:
        buyers = max(0, may.per_order - _sum(codes.filter(buyer=buyer, created_at__gt=now - WINDOW)))
    if may.per_day is not None:
        # Who lets a code above somebody's limits pass has given it away.
        own = Q(approver=agent) | Q(agent=agent, approver=None)
        day = max(0, may.per_day - _sum(codes.filter(own, created_at__gte=day_begins(store, now))))
    return {"code": may.per_order, "buyer": buyers, "day": day}


def over(value: int, left: Lefts) -> list[str]:
    """Return the names of the limits that a code of this value is above."""
    broken = [name for name, amount in left.items() if amount is not None and value > amount]
    return [name for name in broken if name != "buyer" or "code" not in broken]


def needs_reason(store: Store, agent: Agent) -> bool:
    return allowance(store, agent.role, KIND).needs_reason


def words(over: Iterable[str]) -> list[str]:
    """Return the limits that a code is above, for people."""
    said = {
        "code": _("the limit for one code"),
        "buyer": _("the limit for one buyer"),
        "day": _("the limit per day"),
    }
    return [said.get(name, name) for name in over]


def _sum(codes: QuerySet[CouponCode]) -> int:
    return codes.aggregate(sum=Sum("value"))["sum"] or 0
