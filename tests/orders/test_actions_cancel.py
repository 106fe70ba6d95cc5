"""Cancelling an order, and holding its parcel back."""

import pytest

from orders.errors import InvalidParams, NotAllowed
from orders.models import Order, Product
from orders.payloads import action_data
from tests.orders.acting import act, paid_order, run, undo
from tests.orders.conftest import World

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_paid_order_is_cancelled_and_its_money_goes_back(world: World) -> None:
    order = paid_order(world, refunded=90)
    action = run(act(world, "cancel", {"restock": True}, order=order))
    order.refresh_from_db()
    shop = world.shop_order(order)
    assert (action.state, action.cost) == ("done", 6600)
    assert (order.status, order.refunded) == ("cancelled", 6690)
    assert (shop.cancelled, shop.refunded) == (True, 6690)
    assert Product.objects.get(sku="MUG-1").stock == 14


def test_an_unpaid_order_is_cancelled_for_nothing(world: World) -> None:
    action = run(act(world, "cancel", {}))
    world.order.refresh_from_db()
    assert (action.cost, world.order.status, world.order.refunded) == (0, "cancelled", 0)


def test_items_may_stay_off_the_shelf(world: World) -> None:
    run(act(world, "cancel", {"restock": False}))
    assert Product.objects.get(sku="MUG-1").stock == 12


@pytest.mark.parametrize("status", ["shipped", "delivered", "completed", "cancelled"])
def test_what_has_left_or_ended_is_neither_cancelled_nor_held(world: World, status: str) -> None:
    order = paid_order(world, status=status)
    with pytest.raises(NotAllowed):
        act(world, "cancel", {}, order=order)
    with pytest.raises(NotAllowed):
        act(world, "hold_parcel", {"on_hold": True}, order=order)


def test_a_parcel_that_leaves_during_the_hold_makes_it_fail(world: World) -> None:
    order = paid_order(world)
    action = act(world, "cancel", {}, order=order)
    shop = world.shop_order(order)
    shop.dispatched = True
    shop.save()
    assert run(action).state == "failed"
    order.refresh_from_db()
    assert (order.status, order.refunded) == ("paid", 0)


def test_nobody_undoes_it(world: World) -> None:
    action = run(act(world, "cancel", {}))
    with pytest.raises(NotAllowed):
        undo(world, action)


@pytest.mark.parametrize("params", [None, {"restock": 1}, {"restock": "no"}, {"more": True}])
def test_bad_params_cancel_nothing(world: World, params: object) -> None:
    with pytest.raises(InvalidParams):
        act(world, "cancel", params)
    world.order.refresh_from_db()
    assert world.order.status == "unpaid"


def test_what_is_paid_back_counts_towards_the_limit(world: World) -> None:
    order = paid_order(world, items_total=40_000, paid=40_690)
    action = act(world, "cancel", {}, order=order, agent=world.agent)
    assert (action.state, action.over) == ("waiting", ["order"])


def test_a_parcel_is_held_let_go_and_the_hold_undone(world: World) -> None:
    order = paid_order(world)
    action = run(act(world, "hold_parcel", {"on_hold": True}, order=order))
    order.refresh_from_db()
    assert order.on_hold
    assert world.shop_order(order).on_hold
    with pytest.raises(InvalidParams):
        act(world, "hold_parcel", {"on_hold": True}, order=order)
    assert run(undo(world, action)).state == "done"
    order.refresh_from_db()
    assert not order.on_hold


def test_a_hold_is_true_or_false_and_not_money(world: World) -> None:
    order = paid_order(world)
    for value in (None, 1, "on"):
        with pytest.raises(InvalidParams):
            act(world, "hold_parcel", {"on_hold": value}, order=order)
    action = act(world, "hold_parcel", {"on_hold": True}, order=order)
    assert action_data(action)["after"] == {"on_hold": True}
    assert Order.objects.get(pk=order.pk).version == 1
