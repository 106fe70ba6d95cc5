"""Orders by the API: finding them, and changing them once however often one asks."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.models import DemoShopOrder, OrderAction
from orders.running import run_action
from tests import factories
from tests.api.conftest import Api

WAIVE = {"kind": "change_shipping_fee", "params": {"shipping_fee": {"amount": 0, "currency": "USD"}}}


@pytest.fixture
def one(world) -> str:
    return f"orders/{world.order.id}/"


def carried_out(action_id: str) -> OrderAction:
    run_action(OrderAction.objects.get(pk=action_id).id, now=timezone.now() + timedelta(hours=1))
    return OrderAction.objects.get(pk=action_id)


# -- Finding


def test_orders_are_found_by_number_status_store_and_buyer(world):
    lou = factories.make_buyer(world.store, name="Lou")
    paid = factories.make_order(lou, "100300", status="paid", placed_at=timezone.now() - timedelta(days=1))
    factories.make_order(factories.make_buyer(world.other_store), "100400")
    ann, mine = Api(world.ann), str(world.order.id)

    assert ann.get("orders/").ids == [mine, str(paid.id)]
    assert ann.get("orders/?q=1003").ids == [str(paid.id)]
    assert ann.get("orders/?q=%23100234").ids == [mine]
    assert ann.get("orders/?status=paid").ids == [str(paid.id)]
    assert ann.get(f"orders/?buyer={world.kim.id}").ids == [mine]
    assert ann.get("orders/?store=other").ids == []
    assert len(Api(world.eve).get("orders/").ids) == 3
    assert ann.get(f"buyers/{lou.id}/orders/").ids == [str(paid.id)]


def test_pages_of_orders_hold_everything_once(world):
    start = timezone.now()
    made = [
        factories.make_order(world.kim, f"2{n:05}", placed_at=start - timedelta(minutes=1 + n // 2))
        for n in range(110)
    ]
    expected = [
        str(o.id) for o in sorted([world.order, *made], key=lambda o: (o.placed_at, o.id), reverse=True)
    ]

    assert Api(world.ann).pages("orders/") == expected
    assert Api(world.ann).pages(f"buyers/{world.kim.id}/orders/") == expected


def test_fifty_orders_take_as_many_queries_as_five(world):
    ann = Api(world.ann)

    def cost() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as queries:
            rows = ann.get("orders/").ids
        return len(queries), len(rows)

    for n in range(4):
        factories.make_order(world.kim, f"3{n}")
    ann.get("me/")
    few = cost()
    for n in range(45):
        factories.make_order(world.kim, f"4{n}")

    assert few[1] == 5
    assert cost() == (few[0], 50)


def test_an_order_says_what_one_may_do_to_it(world, one):
    can = Api(world.ann).get(one).data["can"]["change_shipping_fee"]
    assert can["allowed"] is True
    assert can["limit"] == {"amount": 2000, "currency": "USD"}
    assert Api(world.eve).get(one).data["can"]["change_shipping_fee"]["limit"] is None

    world.order.status = "paid"
    world.order.save()
    can = Api(world.ann).get(one).data["can"]["change_shipping_fee"]
    assert can["allowed"] is False
    assert can["why"]


def test_products_are_found_by_words(world):
    ann = Api(world.ann)

    assert [product["sku"] for product in ann.get("products/?q=mug").data] == ["MUG-1"]
    assert ann.get("products/?q=teapot").data == []
    assert ann.get("products/?store=shop").ids
    assert ann.get("products/?store=other").ids == []


# -- Changing


def test_the_same_key_and_body_is_the_same_action(world, one):
    ann = Api(world.ann)

    first = ann.post(f"{one}actions/", WAIVE, Idempotency_Key="k1")
    again = ann.post(f"{one}actions/", WAIVE, Idempotency_Key="k1")

    assert (first.status, again.status) == (201, 201)
    assert first.data == again.data
    assert first.data["state"] == "held"
    assert first.data["after"]["shipping_fee"] == {"amount": 0, "currency": "USD"}
    assert OrderAction.objects.count() == 1


def test_the_same_key_with_another_body_is_refused(world, one):
    ann = Api(world.ann)
    ann.post(f"{one}actions/", WAIVE, Idempotency_Key="k1")

    for other in (
        WAIVE | {"params": {"shipping_fee": 100}},
        WAIVE | {"reason": "Late"},
        WAIVE | {"conversation": str(factories.buyer_says(world.kim).conversation.id)},
    ):
        refused = ann.post(f"{one}actions/", other, Idempotency_Key="k1")
        assert (refused.status, refused.code) == (409, "idempotency_conflict")
    assert OrderAction.objects.count() == 1


def test_keys_are_each_agent_s_own(world, one):
    Api(world.ann).post(f"{one}actions/", WAIVE, Idempotency_Key="k1")

    refused = Api(world.bob).post(f"{one}actions/", WAIVE, Idempotency_Key="k1")

    assert (refused.status, refused.code) == (409, "action_under_way"), "not Ann's action as Bob's"


def test_a_key_is_required(world, one):
    refused = Api(world.ann).post(f"{one}actions/", WAIVE)

    assert (refused.status, refused.attr) == (400, "Idempotency-Key")
    assert not OrderAction.objects.exists()


def test_what_is_above_a_limit_waits_for_a_second_person(world, one):
    world.order.shipping_fee = 5_000
    world.order.save()

    asked = Api(world.ann).post(f"{one}actions/", {**WAIVE, "reason": "Late"}, Idempotency_Key="k1")
    approve = f"{one}actions/{asked.data['id']}/approve/"

    assert (asked.status, asked.data["state"], asked.data["over"]) == (201, "waiting", ["order"])
    assert Api(world.ann).post(approve, {}).status == 403
    assert Api(world.bob).post(approve, {}).status == 403
    assert Api(world.sue).post(approve, {}).data["state"] == "held"


def test_an_order_that_does_not_allow_it(world, one):
    world.order.status = "paid"
    world.order.save()

    refused = Api(world.eve).post(f"{one}actions/", WAIVE, Idempotency_Key="k1")

    assert (refused.status, refused.code) == (409, "not_allowed")


def test_what_is_on_hold_is_taken_back(world, one):
    ann = Api(world.ann)
    action = ann.post(f"{one}actions/", WAIVE, Idempotency_Key="k1").data
    undo = f"{one}actions/{action['id']}/undo/"

    first, again = ann.post(undo, Idempotency_Key="k2"), ann.post(undo, Idempotency_Key="k2")

    assert (first.status, again.status) == (200, 200)
    assert first.data["state"] == again.data["state"] == "taken_back"
    assert OrderAction.objects.count() == 1


def test_whoever_names_no_key_is_told_so_before_anything_is_looked_for(world, one):
    ann = Api(world.ann)
    action = ann.post(f"{one}actions/", WAIVE, Idempotency_Key="k1").data

    for path, body in (
        (f"{one}actions/{action['id']}/undo/", None),
        (f"{one}actions/{uuid4()}/undo/", None),
        (f"coupons/{uuid4()}/codes/", {"reason": "Late parcel"}),
    ):
        refused = ann.post(path, body) if body else ann.post(path)
        assert (refused.status, refused.attr) == (400, "Idempotency-Key"), path
    assert OrderAction.objects.get().state == "held"


def test_what_was_done_is_undone_by_its_opposite(world, one, transactional_db):
    ann = Api(world.ann)
    DemoShopOrder.objects.create(store=world.store, number="100234", shipping_fee=690)
    action = ann.post(f"{one}actions/", WAIVE, Idempotency_Key="k1").data
    assert carried_out(action["id"]).state == "done"
    assert ann.get(one).data["shipping_fee"]["amount"] == 0
    undo = f"{one}actions/{action['id']}/undo/"

    first, again = ann.post(undo, Idempotency_Key="k2"), ann.post(undo, Idempotency_Key="k2")

    assert (first.status, again.status) == (201, 201)
    assert first.data == again.data
    assert first.data["undoes"] == action["id"]
    assert ann.get(one).data["pending"]["id"] == first.data["id"]
    assert carried_out(first.data["id"]).state == "done"
    assert ann.get(one).data["shipping_fee"]["amount"] == 690


def test_an_action_is_undone_by_the_address_of_its_own_order(world, one):
    other = factories.make_order(world.kim, "100999")
    action = Api(world.ann).post(f"{one}actions/", WAIVE, Idempotency_Key="k1").data

    refused = Api(world.ann).post(f"orders/{other.id}/actions/{action['id']}/undo/", Idempotency_Key="k2")

    assert refused.status == 404
