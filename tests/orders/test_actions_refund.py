"""Money goes back: as much as was paid and not one coin more, whoever asks and however often."""

from typing import Any

import pytest

from inbox.models import Message
from orders import services
from orders.errors import ActionUnderWay, InboxError, InvalidParams, NotAllowed, OrderChanged
from orders.models import Order, OrderAction, OrderReturn, Product
from orders.stores.base import StoreUnreachable
from orders.sync import upsert_order
from tests.orders.acting import act, paid_order, run, undo
from tests.orders.conftest import World, at_once, long_after
from tests.orders.faulty import FaultyStore, fails_with

pytestmark = pytest.mark.django_db(transaction=True)


def refunded(world: World, order: Order) -> int:
    """What was paid back, here and at the shop alike."""
    order.refresh_from_db()
    assert order.refunded == world.shop_order(order).refunded
    return order.refunded


@pytest.mark.parametrize(
    ("params", "amount"),
    [
        ({"amount": 6690}, 6690),
        ({"amount": {"amount": 100, "currency": "USD"}}, 100),
        ({"lines": [{"sku": "MUG-1", "quantity": 1}]}, 2400),
        ({"lines": [{"sku": "MUG-1", "quantity": 2}, {"sku": "BOWL-1", "quantity": 1}]}, 6000),
        ({"lines": [{"sku": "BOWL-1", "quantity": 1}], "shipping": 690}, 1890),
        ({"shipping": 690}, 690),
        ({"lines": [{"sku": "BOWL-1", "quantity": 1}], "amount": 500}, 500),
    ],
)
def test_all_a_part_lines_or_the_shipping_fee(world: World, params: Any, amount: int) -> None:
    order = paid_order(world)
    action = run(act(world, "refund", params, order=order))
    assert (action.state, action.cost, refunded(world, order)) == ("done", amount, amount)
    assert action.after["refunded"] == amount


def test_lines_are_worth_what_was_paid_for_them(world: World) -> None:
    order = paid_order(world, discount=600, tax=300, paid=6390)
    action = act(world, "refund", {"lines": [{"sku": "BOWL-1", "quantity": 1}]}, order=order)
    assert action.cost == 1200 * 5700 // 6000


@pytest.mark.parametrize(
    "params",
    [
        None,
        {},
        {"amount": 0},
        {"amount": -1},
        {"amount": 6691},
        {"amount": 1.5},
        {"amount": "100"},
        {"amount": True},
        {"amount": float("nan")},
        {"amount": float("inf")},
        {"amount": 10**30},
        {"amount": {"amount": 100, "currency": "EUR"}},
        {"amount": {"amount": 100}},
        {"lines": [{"sku": "MUG-1", "quantity": 3}]},
        {"lines": [{"sku": "MUG-1", "quantity": 1}] * 3},
        {"lines": [{"sku": "MUG-1", "quantity": 0}]},
        {"lines": [{"sku": "MUG-1", "quantity": -1}]},
        {"lines": [{"sku": "MUG-1", "quantity": 1.0}]},
        {"lines": [{"sku": "NO-1", "quantity": 1}]},
        {"lines": [{"sku": "MUG-1"}]},
        {"lines": "MUG-1"},
        {"shipping": 691},
        {"shipping": -5},
        {"shipping": 600, "amount": 500},
        {"amount": 100, "restock": "yes"},
        {"amount": 100, "goods_back": True},
        {"amount": 100, "why": "not"},
    ],
)
def test_what_is_no_refund_is_refused(world: World, params: Any) -> None:
    order = paid_order(world)
    with pytest.raises(InvalidParams) as refusal:
        act(world, "refund", params, order=order)
    assert refusal.value.status == 400
    assert not order.actions.exists()


def test_it_needs_a_reason(world: World) -> None:
    with pytest.raises(InvalidParams) as refusal:
        act(world, "refund", {"amount": 1}, order=paid_order(world), reason=" ")
    assert refusal.value.attr == "reason"


def test_nothing_is_refunded_of_what_was_never_paid(world: World) -> None:
    with pytest.raises(NotAllowed):
        act(world, "refund", {"amount": 1})


def test_a_refund_cannot_exceed_what_was_paid(world: World) -> None:
    order = paid_order(world)
    run(act(world, "refund", {"amount": 6000}, order=order))
    with pytest.raises(InvalidParams):
        act(world, "refund", {"amount": 691}, order=order)
    run(act(world, "refund", {"amount": 690}, order=order))
    with pytest.raises(NotAllowed):
        act(world, "refund", {"amount": 1}, order=order)
    assert refunded(world, order) == 6690


def test_a_line_and_the_fee_are_paid_back_once(world: World) -> None:
    order = paid_order(world)
    run(act(world, "refund", {"lines": [{"sku": "MUG-1", "quantity": 1}], "shipping": 690}, order=order))
    run(act(world, "refund", {"lines": [{"sku": "MUG-1", "quantity": 1}]}, order=order))
    for params in ({"lines": [{"sku": "MUG-1", "quantity": 1}]}, {"shipping": 1}):
        with pytest.raises(InvalidParams):
            act(world, "refund", params, order=order)


def test_twenty_at_once_do_not_pay_back_more_than_was_paid(world: World) -> None:
    order = paid_order(world)
    asked = at_once(20, lambda n: act(world, "refund", {"amount": 5000}, order=order, key=f"k{n}"))
    given = [one for one in asked if isinstance(one, OrderAction)]
    assert len(given) == 1
    assert all(isinstance(one, ActionUnderWay) for one in asked if one not in given)
    run(given[0])
    again = at_once(20, lambda n: act(world, "refund", {"amount": 5000}, order=order, key=f"l{n}"))
    assert all(isinstance(one, InboxError) for one in again)
    assert refunded(world, order) == 5000


def test_what_waits_for_approval_is_decided_on_by_what_is_left_then(world: World, settings: Any) -> None:
    settings.ORDER_LIMITS = {"agent": {"refund": {"per_order": 2000}}, "supervisor": {}, "admin": {}}
    order = paid_order(world)
    waiting = act(world, "refund", {"amount": 5000}, order=order, agent=world.agent)
    assert (waiting.state, waiting.over) == ("waiting", ["order"])
    run(act(world, "refund", {"amount": 2000}, order=order, agent=world.agent))
    with pytest.raises((OrderChanged, InvalidParams)):
        services.approve(agent=world.supervisor, action_id=waiting.id)
    assert refunded(world, order) == 2000


def test_what_the_store_has_paid_back_itself_counts(world: World) -> None:
    order = paid_order(world)
    upsert_order(store=world.store, payload={"number": "777", "refunded": 6000})
    with pytest.raises(InvalidParams):
        act(world, "refund", {"amount": 700}, order=order)


def test_what_the_store_pays_back_during_the_hold_makes_it_fail(world: World) -> None:
    order = paid_order(world)
    action = act(world, "refund", {"amount": 100}, order=order)
    shop = world.shop_order(order)
    shop.refunded = 6690
    shop.save()
    assert run(action).state == "failed"
    assert world.shop_order(order).refunded == 6690


def test_a_late_answer_never_takes_a_refund_back(world: World, faulty: type[FaultyStore]) -> None:
    order = paid_order(world)
    action = act(world, "refund", {"amount": 100}, order=order)
    faulty.after.append(fails_with(StoreUnreachable()))
    assert run(action).state == "unknown"
    upsert_order(store=world.store, payload={"number": "777", "refunded": 900})
    assert run(action, long_after()).state == "done"
    order.refresh_from_db()
    assert order.refunded == 900


def test_it_cannot_be_undone_and_says_so_before(world: World) -> None:
    order = paid_order(world)
    action = run(act(world, "refund", {"amount": 100}, order=order))
    with pytest.raises(NotAllowed):
        undo(world, action)


def test_goods_that_come_back_are_waited_for_with_a_label(world: World) -> None:
    order = paid_order(world, status="delivered")
    params = {"lines": [{"sku": "MUG-1", "quantity": 1}], "goods_back": True, "restock": True}
    run(act(world, "refund", params, order=order))
    back = OrderReturn.objects.get(order=order)
    assert back.lines == [{"sku": "MUG-1", "name": "Mug", "quantity": 1}]
    assert (back.state, back.restock) == ("awaited", True)
    assert "/demo-shop/return/" in back.label_url
    assert "14 days" in back.instructions
    assert Product.objects.get(sku="MUG-1").stock == 12  # not before it is there


def test_nothing_comes_back_of_what_was_not_sent(world: World) -> None:
    params = {"lines": [{"sku": "MUG-1", "quantity": 1}], "goods_back": True}
    with pytest.raises(InvalidParams) as refusal:
        act(world, "refund", params, order=paid_order(world))
    assert refusal.value.attr == "goods_back"


def test_restocked_items_are_on_the_shelf_again(world: World) -> None:
    order = paid_order(world)
    run(act(world, "refund", {"lines": [{"sku": "MUG-1", "quantity": 2}], "restock": True}, order=order))
    assert Product.objects.get(sku="MUG-1").stock == 14


def test_the_buyer_reads_the_amount_and_never_the_reason(world: World) -> None:
    order = paid_order(world)
    run(act(world, "refund", {"amount": 1250}, order=order, reason="Secretly angry"))
    line = Message.objects.get(data__event="order.action.done")
    assert (line.private, line.body) == (False, "Refund of $12.50 for order 777")
    assert line.data["cost"] == {"amount": 1250, "currency": "USD"}
    assert "Secretly" not in str(line.data)
