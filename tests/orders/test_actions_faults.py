"""Every kind of action, on every bad day of a store or a worker: done once, and known to be."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from events.models import Event
from orders import running
from orders.models import Connection, DemoShopCommand, DemoShopOrder, Order, OrderAction, OrderReturn, Product
from orders.stores.base import StoreBusy, StoreRefused, StoreUnreachable
from tests.orders.acting import ADDRESS, act, paid_order, run
from tests.orders.conftest import World, at_once, long_after
from tests.orders.faulty import FaultyStore, Killed, fails_with

pytestmark = pytest.mark.django_db(transaction=True)

MUG = [{"sku": "MUG-1", "quantity": 1}]
BOWL = [{"sku": "BOWL-1", "quantity": 1}]
# Kind, params, and the order that it is done to.
KINDS: list[tuple[str, Any, str]] = [
    ("change_shipping_fee", {"shipping_fee": 0}, "unpaid"),
    ("change_carrier", {"shipping_method": "Express"}, "unpaid"),
    ("change_address", {"address": {**ADDRESS, "line1": "9 Oak Avenue"}}, "paid"),
    ("edit_lines", {"lines": MUG}, "paid"),
    ("hold_parcel", {"on_hold": True}, "paid"),
    ("refund", {"lines": MUG, "goods_back": True}, "delivered"),
    ("resend", {"lines": MUG}, "shipped"),
    ("exchange", {"back": MUG, "lines": BOWL}, "delivered"),
    ("cancel", {}, "paid"),
]
every_kind = pytest.mark.parametrize(("kind", "params", "status"), KINDS, ids=[kind for kind, *_ in KINDS])


@pytest.fixture(autouse=True)
def shop(world: World, faulty: type[FaultyStore]) -> None:
    offered = [{"name": "Standard", "fee": 690}, {"name": "Express", "fee": 1500}]
    Connection.objects.filter(store=world.store).update(config={"shipping_methods": offered})
    Product.objects.create(store=world.store, sku="BOWL-1", name="Bowl", price=1200, currency="USD", stock=5)


def ask(world: World, kind: str, params: Any, status: str) -> OrderAction:
    paid = 0 if status == "unpaid" else 6690
    order = paid_order(world, status=status, paid=paid, shipping_method="Standard")
    return act(world, kind, params, order=order)


def is_done_once(action: OrderAction) -> bool:
    """All that comes of it is there once, here and at the shop."""
    action.refresh_from_db()
    order = Order.objects.get(pk=action.order_id)
    assert (action.state, order.version) == ("done", 2)
    assert DemoShopCommand.objects.count() == 1
    assert Event.objects.filter(name="order.action.done").count() == 1
    assert order.returns.count() == (1 if action.kind in ("refund", "exchange") else 0)
    assert order.replacements.count() == (1 if action.kind in ("resend", "exchange") else 0)
    there = DemoShopOrder.objects.get(store=order.store_id, number=order.number)
    assert (order.refunded, order.shipping_fee, order.on_hold) == (
        there.refunded,
        there.shipping_fee,
        there.on_hold,
    )
    return True


@every_kind
def test_a_store_that_does_it_and_does_not_answer_is_asked_and_not_told_again(
    world: World, faulty: type[FaultyStore], kind: str, params: Any, status: str
) -> None:
    action = ask(world, kind, params, status)
    faulty.after.append(fails_with(StoreUnreachable("too slow")))
    assert run(action).state == "unknown"
    faulty.on_lookup.append(fails_with(StoreUnreachable("still away")))
    assert run(action, long_after()).state == "unknown"
    run(action, long_after() + timedelta(hours=1))
    assert is_done_once(action)
    assert faulty.keys == [str(action.id)]


@every_kind
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_worker_killed_around_the_call_leaves_it_done_once(
    world: World, faulty: type[FaultyStore], kind: str, params: Any, status: str, moment: str
) -> None:
    action = ask(world, kind, params, status)
    getattr(faulty, moment).append(fails_with(Killed()))
    with pytest.raises(Killed):
        run(action)
    run(action, long_after())
    assert is_done_once(action)
    assert faulty.lookups == [str(action.id)]
    assert len(faulty.keys) == (2 if moment == "before" else 1)


@every_kind
def test_a_worker_that_comes_back_late_writes_nothing_twice(
    world: World, faulty: type[FaultyStore], kind: str, params: Any, status: str
) -> None:
    action = ask(world, kind, params, status)
    faulty.after.append(lambda: running.run_action(action.id, now=long_after()))
    run(action)
    assert is_done_once(action)


@every_kind
@pytest.mark.parametrize(
    ("error", "state"), [(StoreRefused("no"), "failed"), (StoreBusy(retry_after=9), "held")]
)
def test_a_store_that_does_nothing_leaves_nothing(
    world: World,
    faulty: type[FaultyStore],
    kind: str,
    params: Any,
    status: str,
    error: Exception,
    state: str,
) -> None:
    action = ask(world, kind, params, status)
    faulty.before.append(fails_with(error))
    assert run(action).state == state
    order = Order.objects.get(pk=action.order_id)
    assert (order.version, order.refunded, order.status) == (1, 0, status)
    assert not DemoShopCommand.objects.exists()
    assert not OrderReturn.objects.exists()


@every_kind
def test_many_workers_at_once_do_it_once(
    world: World, faulty: type[FaultyStore], kind: str, params: Any, status: str
) -> None:
    action = ask(world, kind, params, status)
    work: Callable[[int], Any] = lambda _: run(action)  # noqa: E731
    at_once(6, work)
    assert is_done_once(action)
    assert faulty.keys == [str(action.id)]


@every_kind
def test_every_step_says_who_what_before_after_and_why(
    world: World, kind: str, params: Any, status: str
) -> None:
    action = run(ask(world, kind, params, status))
    for name in ("order.action.requested", "order.action.done"):
        event = Event.objects.get(name=name, order_id=action.order_id)
        assert (event.actor_id, event.actor_name) == (world.admin.id, "Admin")
        assert event.data["kind"] == kind
        assert event.data["reason"] == "Because"
        assert event.data["before"] != event.data["after"]
