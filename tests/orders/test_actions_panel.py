"""Orders on which much was done cost no more queries than one, and what was done shows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders import actions
from orders.models import Connection, Order, OrderAction, OrderReturn
from tests.orders.acting import ADDRESS, act, paid_order, run
from tests.orders.conftest import World

pytestmark = pytest.mark.django_db(transaction=True)

MUG = [{"sku": "MUG-1", "quantity": 1}]


@pytest.fixture
def client(world: World) -> Client:
    client = Client()
    client.force_login(world.admin, backend="allauth.account.auth_backends.AuthenticationBackend")
    offered = [{"name": "Standard", "fee": 690}, {"name": "Express", "fee": 1500}]
    Connection.objects.filter(store=world.store).update(config={"shipping_methods": offered})
    return client


def count(work: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as queries:
        work()
    return len(queries)


def much_done(world: World, number: str) -> Order:
    """An order with a method that was changed, a part refunded, goods awaited, and one that replaces it."""
    order = paid_order(world, number, status="delivered", shipping_method="Express")
    shared = {"order": order, "agent": world.admin, "state": "done", "finished_at": timezone.now()}
    done: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("refund", {"amount": 100, "lines": MUG, "shipping": 0}, {"refunded": 0, "paid": 6690}),
        (
            "change_carrier",
            {"shipping_method": "Express"},
            {"shipping_method": "Standard", "shipping_fee": 690, "total": 6690},
        ),
    ]
    for n, (kind, params, shown) in enumerate(done):
        values = {**shown, "currency": "USD"}
        action = OrderAction.objects.create(
            kind=kind,
            params=params,
            before=values,
            after=values,
            idempotency_key=f"{number}.{n}",
            run_at=timezone.now() - timedelta(minutes=1),
            **shared,
        )
        if kind == "refund":
            OrderReturn.objects.create(order=order, action=action, lines=[{**MUG[0], "name": "Mug"}])
    Order.objects.create(
        store=world.store, buyer=world.buyer, number=f"{number}-R1", currency="USD", replaces=order
    )
    return order


def test_twenty_orders_cost_as_many_queries_as_one(world: World, client: Client) -> None:
    path = f"/inbox/{world.conversation.id}/panel/orders/"
    much_done(world, "900")
    client.get(path)
    one = count(lambda: client.get(path))
    for n in range(1, 10):
        much_done(world, f"90{n}")
    assert count(lambda: client.get(path)) == one


def test_every_form_of_every_kind_opens_in_every_status(world: World, client: Client) -> None:
    for status in Order.Status.values:
        order = paid_order(world, f"8{status}", status=status, paid=0 if status == "unpaid" else 6690)
        for kind in actions.all_actions():
            answer = client.get(f"/orders/{order.id}/act/{kind}/")
            assert answer.status_code == 200, (kind, status)


@pytest.mark.parametrize(
    "query",
    [
        "country=DE",
        "country=" + "x" * 500,
        "what=lines&take_0=on&quantity_0=99",
        "what=nothing&amount=NaN",
        "quantity_0=-1&sku_0=%00&number_0=1e9",
        "take_0=on&quantity_0=&sku_0=NO-1",
        "method=Drone&reason=" + "r" * 900,
    ],
)
def test_half_of_a_form_is_no_error_whatever_it_says(world: World, client: Client, query: str) -> None:
    order = paid_order(world, status="delivered")
    for kind in actions.all_actions():
        for path in ("", "preview/"):
            answer = client.get(f"/orders/{order.id}/act/{kind}/{path}?{query}")
            assert answer.status_code == 200, (kind, path)


def test_a_form_that_is_sent_does_what_it_showed(world: World, client: Client) -> None:
    order = paid_order(world, status="delivered")
    sent = {
        "key": "k1",
        "seen": "1",
        "what": "lines",
        "take_0": "on",
        "quantity_0": "1",
        "goods_back": "on",
        "restock": "on",
        "reason": "Damaged",
    }
    assert client.post(f"/orders/{order.id}/act/refund/", sent | {"reason": ""}).status_code == 422
    assert client.post(f"/orders/{order.id}/act/refund/", sent).status_code == 200
    action = OrderAction.objects.get(order=order)
    assert (action.cost, action.params["goods_back"], action.reason) == (2400, True, "Damaged")
    assert run(action).state == "done"
    page = client.get(f"/orders/{order.id}/").content.decode()
    assert "Awaited since" in page
    assert "$24.00" in page


def test_products_of_the_orders_own_store_are_found_and_no_others(world: World, client: Client) -> None:
    path = f"/orders/{world.order.id}/products/"
    assert "MUG-1" in client.get(path, {"q": "mug"}).content.decode()
    assert "MUG-1" not in client.get(path, {"q": ""}).content.decode()
    stranger = Client()
    stranger.force_login(world.stranger, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert stranger.get(path, {"q": "mug"}).status_code == 404


def test_the_buyers_address_stays_between_agents(world: World, client: Client) -> None:
    order = paid_order(world)
    new = {**ADDRESS, "line1": "99 Oak Avenue"}
    run(act(world, "change_address", {"address": new}, order=order))
    assert "99 Oak Avenue" in client.get(f"/orders/{order.id}/").content.decode()
