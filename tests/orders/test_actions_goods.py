"""What is in an order, how it is sent, and orders that make another one good."""

from typing import Any

import pytest

from orders import actions
from orders.actions.base import ActionKind
from orders.errors import InvalidParams, NotAllowed
from orders.models import Connection, Order, OrderAction, OrderReturn, Product
from orders.stores import demo
from orders.sync import upsert_order
from tests.orders.acting import act, paid_order, run, undo
from tests.orders.conftest import World

pytestmark = pytest.mark.django_db(transaction=True)

MUG, BOWL, CUP = "MUG-1", "BOWL-1", "CUP-1"


@pytest.fixture(autouse=True)
def shelf(world: World) -> None:
    for sku, name, price, stock in ((BOWL, "Bowl", 1200, 5), (CUP, "Cup", 900, 3)):
        Product.objects.create(
            store=world.store, sku=sku, name=name, price=price, currency="USD", stock=stock
        )


def lines(**wanted: int) -> list[dict[str, Any]]:
    skus = {"mug": MUG, "bowl": BOWL, "cup": CUP}
    return [{"sku": skus[name], "quantity": quantity} for name, quantity in wanted.items()]


def held(order: Order) -> dict[str, int]:
    return {line.sku: line.quantity for line in order.lines.all()}


def stock(sku: str) -> int:
    return Product.objects.get(sku=sku).stock


# -- Editing


def test_items_are_changed_added_and_removed_before_it_is_paid(world: World) -> None:
    action = run(act(world, "edit_lines", {"lines": lines(mug=1, cup=2)}))
    world.order.refresh_from_db()
    assert (action.state, action.cost) == ("done", 0)
    assert held(world.order) == {MUG: 1, CUP: 2}
    assert (world.order.items_total, world.order.total) == (4200, 4890)
    assert (stock(MUG), stock(CUP)) == (13, 1)
    assert action.after["total"] == 4890


def test_an_edit_of_an_unpaid_order_is_undone(world: World) -> None:
    action = run(act(world, "edit_lines", {"lines": lines(mug=1, cup=2)}))
    assert run(undo(world, action)).state == "done"
    world.order.refresh_from_db()
    assert held(world.order) == {MUG: 2}
    assert (world.order.total, stock(MUG), stock(CUP)) == (5490, 12, 3)


def test_less_than_was_paid_for_is_paid_back(world: World) -> None:
    order = paid_order(world)
    action = run(act(world, "edit_lines", {"lines": lines(mug=1, bowl=1)}, order=order))
    order.refresh_from_db()
    assert (action.cost, order.refunded, order.status) == (2400, 2400, "paid")
    assert world.shop_order(order).refunded == 2400
    with pytest.raises(NotAllowed):
        undo(world, action)


def test_more_than_was_paid_for_waits_for_the_rest_and_takes_it(world: World) -> None:
    order = paid_order(world)
    action = run(act(world, "edit_lines", {"lines": lines(mug=2, bowl=1, cup=1)}, order=order))
    order.refresh_from_db()
    assert (order.status, order.total - order.paid, action.cost) == ("unpaid", 900, 0)
    told = demo.pay(world.store, order.number)
    assert told is not None
    upsert_order(store=world.store, payload=told)
    order.refresh_from_db()
    assert (order.status, order.paid) == ("paid", 7590)


def test_the_tax_follows_and_the_preview_is_true(world: World) -> None:
    order = paid_order(world, tax=600, discount=300, paid=6990)
    action = act(world, "edit_lines", {"lines": lines(mug=1, bowl=1)}, order=order)
    expected = action.after
    assert run(action).state == "done"
    for name in ("total", "refunded", "items_total"):
        assert action.after[name] == expected[name]
    order.refresh_from_db()
    assert order.tax == 360


@pytest.mark.parametrize(
    "params",
    [
        None,
        {},
        {"lines": []},
        {"lines": lines(mug=2)},
        {"lines": lines(cup=4)},
        {"lines": [{"sku": "NO-1", "quantity": 1}]},
        {"lines": [{"sku": MUG, "quantity": 10**9}]},
        {"lines": [{"sku": MUG, "quantity": 1, "price": 1}]},
        {"lines": [{"sku": ["x"], "quantity": 1}]},
    ],
)
def test_what_is_no_edit_is_refused(world: World, params: Any) -> None:
    with pytest.raises(InvalidParams):
        act(world, "edit_lines", params)
    assert held(world.order) == {MUG: 2}


def test_an_edit_by_the_buyer_meanwhile_is_not_written_over(world: World) -> None:
    action = act(world, "edit_lines", {"lines": lines(mug=1)})
    shop = world.shop_order()
    shop.lines = [{"sku": MUG, "name": "Mug", "variant": "", "quantity": 3, "unit_price": 2400}]
    shop.save()
    assert run(action).state == "failed"
    assert held(world.order) == {MUG: 2}


def test_what_is_sold_out_during_the_hold_makes_it_fail(world: World) -> None:
    action = act(world, "edit_lines", {"lines": lines(mug=2, cup=2)})
    Product.objects.filter(sku=CUP).update(stock=0)
    assert run(action).state == "failed"
    assert stock(MUG) == 12


# -- Sending again


def test_lines_are_sent_again_for_nothing_as_a_new_order(world: World) -> None:
    order = paid_order(world, status="shipped")
    action = run(act(world, "resend", {"lines": lines(mug=1)}, order=order))
    new = Order.objects.get(replaces=order)
    assert (action.state, action.cost, action.after["replacement"]) == ("done", 2400, new.number)
    assert (new.status, new.total, held(new)) == ("paid", 0, {MUG: 1})
    assert (new.buyer, new.address) == (order.buyer, order.address)
    assert stock(MUG) == 11
    order.refresh_from_db()
    assert (order.refunded, order.version) == (0, 2)


def test_a_replacement_is_an_order_like_any_other_and_can_be_cancelled(world: World) -> None:
    order = paid_order(world, status="shipped")
    run(act(world, "resend", {"lines": lines(mug=1)}, order=order))
    new = Order.objects.get(replaces=order)
    run(act(world, "cancel", {}, order=new))
    new.refresh_from_db()
    assert new.status == "cancelled"
    assert stock(MUG) == 12


def test_the_second_time_it_is_another_order(world: World) -> None:
    order = paid_order(world, status="delivered")
    for _ in range(2):
        run(act(world, "resend", {"lines": lines(bowl=1)}, order=order))
    numbers = Order.objects.filter(replaces=order).values_list("number", flat=True)
    assert set(numbers) == {"777-R1", "777-R2"}


@pytest.mark.parametrize(
    "params", [None, {}, {"lines": []}, {"lines": lines(mug=3)}, {"lines": lines(cup=1)}]
)
def test_only_what_was_ordered_is_sent_again(world: World, params: Any) -> None:
    with pytest.raises(InvalidParams):
        act(world, "resend", params, order=paid_order(world, status="shipped"))


@pytest.mark.parametrize("kind", ["resend", "exchange"])
@pytest.mark.parametrize("status", ["unpaid", "paid", "cancelled"])
def test_what_was_not_sent_is_neither_sent_again_nor_exchanged(world: World, kind: str, status: str) -> None:
    params = {"lines": lines(mug=1)} | ({"back": lines(mug=1)} if kind == "exchange" else {})
    with pytest.raises(NotAllowed):
        act(world, kind, params, order=paid_order(world, status=status))


# -- Exchanging


@pytest.mark.parametrize(
    ("new", "due", "paid_back"), [({"bowl": 2}, 0, 0), ({"cup": 1}, 0, 1500), ({"mug": 2}, 2400, 0)]
)
def test_lines_are_exchanged_and_the_difference_is_settled(
    world: World, new: dict[str, int], due: int, paid_back: int
) -> None:
    order = paid_order(world, status="delivered")
    params = {"back": lines(mug=1), "lines": lines(**new)}
    action = run(act(world, "exchange", params, order=order))
    made = Order.objects.get(replaces=order)
    order.refresh_from_db()
    assert (action.state, action.cost) == ("done", paid_back)
    assert (made.total, made.status) == (due, "unpaid" if due else "paid")
    assert order.refunded == world.shop_order(order).refunded == paid_back
    back = OrderReturn.objects.get(order=order)
    assert back.lines == [{"sku": MUG, "name": "Mug", "quantity": 1}]


def test_what_is_sent_in_exchange_is_taxed_as_the_order_was(world: World) -> None:
    order = paid_order(world, status="delivered", tax=600, paid=7290)  # a tenth of the 60.00 of the goods
    action = run(act(world, "exchange", {"back": lines(mug=1), "lines": lines(mug=2)}, order=order))
    assert action.state == "done"
    assert Order.objects.get(replaces=order).due == 2640  # one mug more, and its tenth


def test_what_was_exchanged_is_neither_exchanged_again_nor_refunded(world: World) -> None:
    order = paid_order(world, status="delivered")
    run(act(world, "exchange", {"back": lines(mug=2), "lines": lines(bowl=4)}, order=order))
    with pytest.raises(InvalidParams):
        act(world, "exchange", {"back": lines(mug=1), "lines": lines(cup=1)}, order=order)
    with pytest.raises(InvalidParams):
        act(world, "refund", {"lines": lines(mug=1)}, order=order)


def test_no_more_is_paid_back_than_is_left(world: World) -> None:
    order = paid_order(world, status="delivered", refunded=6000)
    with pytest.raises(InvalidParams):
        act(world, "exchange", {"back": lines(mug=2), "lines": lines(cup=1)}, order=order)


@pytest.mark.parametrize(
    "params",
    [
        {"lines": lines(cup=1)},
        {"back": lines(mug=1)},
        {"back": lines(mug=1), "lines": lines(cup=9)},
        {"back": lines(mug=9), "lines": lines(cup=1)},
        {"back": lines(mug=1), "lines": lines(cup=1), "restock": "yes"},
        {"back": lines(mug=1), "lines": [{"sku": "NO-1", "quantity": 1}]},
    ],
)
def test_what_is_no_exchange_is_refused(world: World, params: Any) -> None:
    with pytest.raises(InvalidParams):
        act(world, "exchange", params, order=paid_order(world, status="delivered"))


# -- The way it is sent


@pytest.fixture
def methods(world: World) -> None:
    offered = [{"name": "Standard", "fee": 690}, {"name": "Express", "fee": 1500}, {"name": "Pick-up"}]
    Connection.objects.filter(store=world.store).update(config={"shipping_methods": offered})


@pytest.mark.usefixtures("methods")
def test_another_method_brings_its_fee_until_it_is_paid(world: World) -> None:
    Order.objects.update(shipping_method="Standard")
    action = run(act(world, "change_carrier", {"shipping_method": "Express"}))
    world.order.refresh_from_db()
    assert (action.cost, world.order.shipping_method, world.order.shipping_fee) == (-810, "Express", 1500)
    assert world.shop_order().shipping_fee == 1500
    assert run(undo(world, action)).state == "done"
    world.order.refresh_from_db()
    assert (world.order.shipping_method, world.order.shipping_fee) == ("Standard", 690)


@pytest.mark.usefixtures("methods")
def test_a_fee_that_is_paid_stays(world: World) -> None:
    order = paid_order(world, shipping_method="Standard")
    action = run(act(world, "change_carrier", {"shipping_method": "Express"}, order=order))
    order.refresh_from_db()
    assert (action.cost, order.shipping_method, order.shipping_fee) == (0, "Express", 690)


@pytest.mark.usefixtures("methods")
def test_what_an_undo_would_not_put_back_cannot_be_undone(world: World) -> None:
    Order.objects.update(shipping_method="Standard", shipping_fee=100)  # lowered for this buyer
    action = run(act(world, "change_carrier", {"shipping_method": "Express"}))
    with pytest.raises(NotAllowed):
        undo(world, action)


@pytest.mark.usefixtures("methods")
@pytest.mark.parametrize("method", [None, "", "Drone", 5, ["Express"], "Standard"])
def test_only_what_the_store_offers(world: World, method: Any) -> None:
    Order.objects.update(shipping_method="Standard")
    with pytest.raises(InvalidParams):
        act(world, "change_carrier", {"shipping_method": method})


def test_a_store_that_names_no_methods_changes_none(world: World) -> None:
    with pytest.raises((NotAllowed, InvalidParams)):
        act(world, "change_carrier", {"shipping_method": "Express"})


# -- Every kind


def test_every_kind_says_before_it_is_done_what_puts_it_back_or_that_nothing_does() -> None:
    kinds: list[ActionKind] = list(actions.all_actions().values())
    silent = [kind.kind for kind in kinds if not kind.final and not kind.back]
    assert not silent
    assert all(OrderAction._meta.get_field("kind").max_length >= len(kind.kind) for kind in kinds)
