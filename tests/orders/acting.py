"""Asking for any action in a test, and having it carried out."""

from typing import Any
from uuid import uuid4

from orders import running, services
from orders.models import Order, OrderAction, OrderLine
from people.models import Agent
from tests.orders.conftest import World, after_the_hold

ADDRESS = {
    "name": "Ada Buyer",
    "phone": "",
    "line1": "12 Elm Street",
    "line2": "",
    "city": "Portland",
    "region": "OR",
    "postcode": "97201",
    "country": "US",
}


def act(
    world: World,
    kind: str,
    params: Any,
    *,
    order: Order | None = None,
    agent: Agent | None = None,
    reason: str = "Because",
    key: str = "",
    **more: Any,
) -> OrderAction:
    """Ask as an admin, who has no limits, unless `agent` is given."""
    return services.request_action(
        agent=agent or world.admin,
        order_id=(order or world.order).id,
        kind=kind,
        params=params,
        reason=reason,
        conversation_id=world.conversation.id,
        idempotency_key=key or uuid4().hex,
        **more,
    )


def run(action: OrderAction, when: Any = None) -> OrderAction:
    running.run_action(action.id, now=when or after_the_hold(action))
    action.refresh_from_db()
    return action


def paid_order(world: World, number: str = "777", **fields: Any) -> Order:
    """Return an order of 48.00 (two mugs and a bowl) and 6.90 for shipping, paid."""
    given: dict[str, Any] = {"status": "paid", "items_total": 6000, "paid": 6690, "address": ADDRESS} | fields
    order = world.new_order(number, **given)
    OrderLine.objects.create(order=order, sku="BOWL-1", name="Bowl", quantity=1, unit_price=1200)
    shop = world.shop_order(order)
    shop.dispatched = order.status in ("shipped", "delivered", "completed")
    shop.paid = order.paid > 0
    shop.save()
    return order


def undo(world: World, action: OrderAction) -> OrderAction:
    return services.undo(agent=world.admin, action_id=action.id, idempotency_key=uuid4().hex)
