"""Another address: while the order has not left, and only over the one that was seen."""

from typing import Any

import pytest

from inbox.models import Message
from orders.errors import InvalidParams, NotAllowed, OrderChanged
from orders.models import Order
from tests.orders.acting import ADDRESS, act, paid_order, run, undo
from tests.orders.conftest import World

pytestmark = pytest.mark.django_db(transaction=True)

NEW = {**ADDRESS, "line1": "99 Oak Avenue", "city": "Salem", "postcode": "97301"}


def test_the_address_changes_at_the_store_then_here(world: World) -> None:
    order = paid_order(world)
    action = run(act(world, "change_address", {"address": NEW}, order=order))
    order.refresh_from_db()
    assert (action.state, order.address, order.version) == ("done", NEW, 2)
    assert world.shop_order(order).address == NEW
    assert (action.before, action.after) == ({"address": ADDRESS}, {"address": NEW})


@pytest.mark.parametrize("status", ["shipped", "delivered", "completed", "cancelled"])
def test_an_order_that_has_left_keeps_its_address(world: World, status: str) -> None:
    order = paid_order(world, status=status)
    with pytest.raises(NotAllowed):
        act(world, "change_address", {"address": NEW}, order=order)


def test_a_parcel_that_leaves_during_the_hold_keeps_its_address(world: World) -> None:
    order = paid_order(world)
    action = act(world, "change_address", {"address": NEW}, order=order)
    shop = world.shop_order(order)
    shop.dispatched = True
    shop.save()
    assert (run(action).state, action.error) == ("failed", "The store has dispatched this order.")
    order.refresh_from_db()
    assert order.address == ADDRESS


def test_who_saw_an_older_order_is_told_to_look_again(world: World) -> None:
    order = paid_order(world)
    run(act(world, "change_address", {"address": NEW}, order=order))
    with pytest.raises(OrderChanged):
        act(world, "change_address", {"address": ADDRESS}, order=order, version=1)


def test_an_address_that_changed_at_the_store_meanwhile_is_not_written_over(world: World) -> None:
    order = paid_order(world)
    action = act(world, "change_address", {"address": NEW}, order=order)
    shop = world.shop_order(order)
    shop.address, shop.lines = {**ADDRESS, "line1": "1 Other Road"}, []
    shop.save()
    assert run(action).state == "failed"
    assert world.shop_order(order).address == {**ADDRESS, "line1": "1 Other Road"}


def test_an_undo_puts_the_old_address_back(world: World) -> None:
    order = paid_order(world)
    action = run(act(world, "change_address", {"address": NEW}, order=order))
    assert run(undo(world, action)).state == "done"
    order.refresh_from_db()
    assert order.address == world.shop_order(order).address == ADDRESS


def test_an_undo_is_refused_once_the_parcel_has_left(world: World) -> None:
    order = paid_order(world)
    action = run(act(world, "change_address", {"address": NEW}, order=order))
    Order.objects.filter(pk=order.pk).update(status="shipped")
    with pytest.raises(NotAllowed):
        undo(world, action)


@pytest.mark.parametrize(
    "params",
    [
        None,
        [],
        {},
        {"address": None},
        {"address": "12 Elm Street"},
        {"address": {}},
        {"address": {**NEW, "planet": "Earth"}},
        {"address": {**NEW, "name": ""}},
        {"address": {**NEW, "line1": 5}},
        {"address": {**NEW, "line1": "x" * 500}},
        {"address": {**NEW, "line1": "a\x00b"}},
        {"address": {**NEW, "postcode": "nonsense"}},
        {"address": {**NEW, "country": "Neverland"}},
        {"address": NEW, "more": 1},
        {"address": ADDRESS},
    ],
)
def test_what_is_no_new_address_is_refused(world: World, params: Any) -> None:
    order = paid_order(world)
    with pytest.raises(InvalidParams):
        act(world, "change_address", params, order=order)
    assert not order.actions.exists()


def test_the_buyers_line_says_that_it_changed_and_not_where_to(world: World) -> None:
    order = paid_order(world)
    run(act(world, "change_address", {"address": NEW}, order=order, reason="Typo in 99 Oak"))
    for line in Message.objects.filter(data__event__startswith="order.action"):
        assert "Oak" not in f"{line.body} {line.data}"
    done = Message.objects.get(data__event="order.action.done")
    assert (done.private, done.body) == (False, "Address of order 777 changed")
