"""Giving way when a buyer bargains: how far a store goes, step by step, and where an order stands.

A step is a percent of the items, given as a discount on top of the one that the order had before anybody bargained.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from events import names
from events.record import Actor, Happening, record
from inbox.access import check_may
from orders.errors import InvalidParams, NotFound
from orders.models import Ladder, Order, OrderAction
from people.access import stores_for
from people.models import Agent, Store

KIND = "discount"
MOST_STEPS = 8


@dataclass(frozen=True)
class Step:
    number: int
    percent: int
    discount: int  # of the order as a whole, were it given
    cost: int  # what it would give away from here; zero and below: it has been given
    is_next: bool = False


def steps_of(store: Store) -> list[int]:
    """Return the percents of a store's ladder, lowest first."""
    row = Ladder.objects.filter(store=store).first()
    return list(row.steps) if row else usual_steps()


def usual_steps() -> list[int]:
    return list(settings.ORDER_LADDER)


def climb(order: Order) -> list[Step]:
    """Return the steps for this order, and which is the next. (Load the order with its actions and store.)"""
    base, found = _base(order), []
    for number, percent in enumerate(steps_of(order.store), start=1):
        discount = base + order.items_total * percent // 100
        found.append(Step(number, percent, discount, discount - order.discount))
    ahead = next((step.number for step in found if step.cost > 0), None)
    return [
        Step(step.number, step.percent, step.discount, step.cost, is_next=step.number == ahead)
        for step in found
    ]


def _base(order: Order) -> int:
    """Return the discount from which bargaining began: before the first of the actions that led to what it is."""
    done = [a for a in order.actions.all() if a.kind == KIND and a.state == OrderAction.State.DONE]
    base: int = order.discount
    for action in sorted(done, key=lambda a: (a.finished_at or a.created_at, a.id), reverse=True):
        if action.after.get("discount") != base:
            break  # the store itself has set another in between: that is where it begins anew
        base = action.before["discount"]
    return base


def set_steps(*, agent: Agent, store_key: str, steps: Any) -> Ladder:
    """Set a store's ladder. Raises NotFound, Forbidden or InvalidParams."""
    check_may(agent, "offers.write")
    store = stores_for(agent).filter(key=store_key).first()
    if store is None:
        raise NotFound(_("There is no such store."))
    cleaned = clean_steps(steps)
    with transaction.atomic():
        before = steps_of(store)
        ladder, _created = Ladder.objects.update_or_create(store=store, defaults={"steps": cleaned})
        record(
            Happening(
                names.RULE_CHANGED,
                Actor.agent(agent),
                store_id=store.id,
                data={"rule": "ladder", "before": before, "after": cleaned},
            )
        )
    return ladder


def clean_steps(steps: Any) -> list[int]:
    if not isinstance(steps, list) or not 0 < len(steps) <= MOST_STEPS:
        raise InvalidParams(_("Write 1 to %(most)s steps.") % {"most": MOST_STEPS}, attr="steps")
    if not all(isinstance(step, int) and not isinstance(step, bool) and 0 < step <= 90 for step in steps):
        raise InvalidParams(_("A step is a whole percent from 1 to 90."), attr="steps")
    if steps != sorted(set(steps)):
        raise InvalidParams(_("Each step is above the one before."), attr="steps")
    return steps
