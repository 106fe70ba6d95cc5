"""What waits for a supervisor in the demo: prices that agents would like to lower further than they may."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta

from events import names
from events.record import Actor
from helpdesk.demo.rows import Rows, uid
from orders import actions, limits
from orders.models import Order, OrderAction
from people.models import Agent

WAITING = 2  # of one shop in one block
SPARED = "100234"  # the order that everybody may rely on
REASONS = {"en": "Orders for a whole office, asks for 40 % off", "zh": "公司团购，希望六折"}


def add_waiting(
    rows: Rows, orders: Iterable[Order], colleagues: list[Agent], *, now: datetime, rng: random.Random
) -> None:
    touched = {action.order_id for action in rows.tables[OrderAction]}
    agents = [agent for agent in colleagues if agent.role == Agent.Role.AGENT]
    free = [
        order
        for order in orders
        if order.status == Order.Status.UNPAID and order.id not in touched and order.number != SPARED
    ]
    newest = sorted(free, key=lambda order: (order.placed_at, order.id), reverse=True)
    for order in newest[:WAITING]:
        at = max(order.placed_at, now - timedelta(minutes=rng.uniform(4, 90)))
        rows.add(_waiting(rows, order, rng.choice(agents), at, rng))


def _waiting(rows: Rows, order: Order, agent: Agent, at: datetime, rng: random.Random) -> OrderAction:
    kind = actions.all_actions()["discount"]
    params = {"discount": order.discount + order.items_total * 2 // 5}
    before, after = kind.preview(order, params)
    cost = kind.cost(order, params)
    language = "zh" if order.store.language.startswith("zh") else "en"
    action = OrderAction(
        id=uid(at, rng),
        order=order,
        kind=kind.kind,
        params=params,
        reason=REASONS[language],
        agent=agent,
        idempotency_key=f"{rng.getrandbits(128):032x}",
        state=OrderAction.State.WAITING,
        before=before,
        after=after,
        cost=cost,
        over=limits.over(cost, limits.lefts(order, agent, kind.kind)) + kind.beyond(order, agent, params),
        created_at=at,
        run_at=at,
    )
    data = {
        "kind": kind.kind,
        "order": order.number,
        "order_id": str(order.id),
        "action": str(action.id),
        "actor": agent.name,
        "before": kind.wire(before),
        "after": kind.wire(after),
        "reason": action.reason,
        "over": action.over,
    }
    rows.add_event(names.ACTION_WAITING, Actor.agent(agent), at, order.store_id, None, order.id, data)
    return action
