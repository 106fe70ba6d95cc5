"""What agents of the demo did to orders of late: parcels held, refunds with returns, parcels sent again."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.utils import translation
from django.utils.translation import gettext

from events import names
from events.record import Actor
from helpdesk.demo.rows import Rows, uid
from orders import actions
from orders.actions.goods_back import instructions
from orders.models import DemoShopCommand, DemoShopOrder, Order, OrderAction, OrderLine, OrderReturn
from orders.stores.demo.sums import return_label
from people.models import Agent

HELD, REFUNDED, RESENT = 3, 4, 2  # of one shop in one block
SPARED = "100234"  # the order that everybody may rely on
HOLD = timedelta(seconds=30)


def add_deeds(
    rows: Rows, orders: Iterable[Order], colleagues: list[Agent], *, now: datetime, rng: random.Random
) -> None:
    """Choose orders of the last weeks on which nobody has done anything, and do it to them."""
    touched = {action.order_id for action in rows.tables[OrderAction]}
    shops_own = {row.number: row for row in rows.tables[DemoShopOrder]}
    free = [order for order in orders if order.id not in touched and order.number != SPARED]
    newest = sorted(free, key=lambda order: (order.placed_at, order.id), reverse=True)

    def some(status: str, count: int) -> list[Order]:
        fitting = [o for o in newest if o.status == status and o.refunded == 0 and o.total > 0]
        return rng.sample(fitting[: count * 6], min(count, len(fitting[: count * 6])))

    for order in some(Order.Status.PAID, HELD):
        _Deed(rows, order, shops_own[order.number], rng.choice(colleagues), now, rng).hold()
    for n, order in enumerate(some(Order.Status.DELIVERED, REFUNDED)):
        deed = _Deed(rows, order, shops_own[order.number], rng.choice(colleagues), now, rng)
        deed.refund(is_back=n % 2 == 1)
    for order in some(Order.Status.SHIPPED, RESENT):
        _Deed(rows, order, shops_own[order.number], rng.choice(colleagues), now, rng).resend()


class _Deed:
    def __init__(
        self, rows: Rows, order: Order, own: DemoShopOrder, agent: Agent, now: datetime, rng: random.Random
    ) -> None:
        self.rows, self.order, self.own, self.agent, self.rng = rows, order, own, agent, rng
        self.now = now
        self.at = now - timedelta(hours=rng.uniform(1, 40))
        self.lines: list[OrderLine] = list(order.lines.all())

    def hold(self) -> None:
        self.order.on_hold = self.own.on_hold = True
        result = {"on_hold": True}
        self._write("hold_parcel", {"on_hold": True}, {"on_hold": False}, {"on_hold": True}, result)

    def refund(self, *, is_back: bool) -> None:
        line, order = self.lines[0], self.order
        lines = [{"sku": line.sku, "quantity": 1}]
        goods = order.items_total - order.discount + order.tax
        amount = min(line.unit_price * goods // order.items_total, order.paid)
        before = {"paid": order.paid, "refunded": 0, "currency": order.currency}
        after: dict[str, Any] = {**before, "refunded": amount, "items": f"1 × {line.name}", "shipping": 0}
        after |= {"restock": True, "goods_back": True}
        order.refunded = self.own.refunded = amount
        params = {"amount": amount, "lines": lines, "shipping": 0, "restock": True, "goods_back": True}
        action = self._write("refund", params, before, after, {"refunded": amount}, cost=amount)
        self.own.store = order.store
        back = OrderReturn(
            id=uid(self.at, self.rng),
            order=order,
            action=action,
            lines=[{**lines[0], "name": line.name}],
            instructions=instructions(order, has_label=True),
            label_url=return_label(self.own),
            restock=True,
            created_at=self.at + HOLD,
        )
        if is_back:
            back.state, back.received_at = OrderReturn.State.RECEIVED, self.now - timedelta(minutes=40)
        self.rows.add(back)

    def resend(self) -> None:
        line, order = self.lines[0], self.order
        number = f"{order.number}-R1"
        before = {"currency": order.currency}
        worth = line.unit_price
        after = {**before, "items": f"1 × {line.name}", "worth": worth, "charge": 0, "replacement": number}
        params = {"lines": [{"sku": line.sku, "quantity": 1}]}
        self._write("resend", params, before, after, {"replacement": {"number": number}}, cost=worth)
        made = Order(
            id=uid(self.at + HOLD, self.rng),
            store=order.store,
            number=number,
            buyer=order.buyer,
            status=Order.Status.PAID,
            currency=order.currency,
            items_total=worth,
            discount=worth,
            address=order.address,
            shipping_method=order.shipping_method,
            replaces=order,
            placed_at=self.at + HOLD,
            synced_at=self.at + HOLD,
        )
        copy = OrderLine(
            order=made,
            product=line.product,
            sku=line.sku,
            name=line.name,
            variant=line.variant,
            quantity=1,
            unit_price=worth,
        )
        own = DemoShopOrder(store=order.store, number=number, shipping_fee=0, paid=True, discount=worth)
        own.address = order.address
        self.rows.add(made, copy, own)

    def _write(
        self,
        kind: str,
        params: dict[str, Any],
        before: dict[str, Any],
        after: dict[str, Any],
        result: dict[str, Any],
        cost: int = 0,
    ) -> OrderAction:
        order, at, done = self.order, self.at, self.at + HOLD
        reasons = actions.all_actions()[kind].reasons
        with translation.override(order.store.language):
            reason = str(reasons[0]) if reasons else gettext("The buyer asked for it.")
        action = OrderAction(
            id=uid(at, self.rng),
            order=order,
            kind=kind,
            params=params,
            reason=reason,
            agent=self.agent,
            idempotency_key=f"{self.rng.getrandbits(128):032x}",
            state=OrderAction.State.DONE,
            before=before,
            after=after,
            cost=cost,
            attempts=1,
            created_at=at,
            run_at=done,
            finished_at=done,
        )
        order.version += 1
        order.synced_at = done
        told = {**result, "updated_at": done.isoformat()}
        self.rows.add(
            action, DemoShopCommand(key=str(action.id), store=order.store, order=self.own, result=told)
        )
        self._tell(names.ACTION_REQUESTED, action, at)
        self._tell(names.ACTION_DONE, action, done)
        return action

    def _tell(self, name: str, action: OrderAction, at: datetime) -> None:
        wire = actions.all_actions()[action.kind].wire
        data = {
            "actor": self.agent.name,
            "kind": action.kind,
            "order": self.order.number,
            "order_id": str(self.order.id),
            "action": str(action.id),
            "before": wire(action.before),
            "after": wire(action.after),
            "run_at": action.run_at.isoformat(),
            "reason": action.reason,
            "undoes": None,
        }
        actor = Actor.agent(self.agent)
        self.rows.add_event(name, actor, at, self.order.store_id, None, self.order.id, data)
