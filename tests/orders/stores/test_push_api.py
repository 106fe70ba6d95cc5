"""What a shop of one's own tells the API: with its key, for itself alone, all right or not at all."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from orders.connecting import connect, issue_key
from orders.models import Connection, Order, Product
from orders.push_shapes import ORDER_EXAMPLE, PRODUCT_EXAMPLE, REVIEW_EXAMPLE
from orders.stores.push import PushStore
from people.models import Store
from tests.orders.conftest import World

LONG_AGO = "0001-01-01T00:00:00+14:00"
pytestmark = pytest.mark.django_db


@pytest.fixture
def lamps(db: None) -> Store:
    cache.clear()
    return Store.objects.create(key="lamps", name="Lamps", currency="EUR")


@pytest.fixture
def key(world: World, lamps: Store) -> str:
    connection = connect(
        actor=world.admin, store=lamps, connector=PushStore, values={"url": "", "capabilities": []}
    )
    return issue_key(actor=world.admin, connection=connection, name="push_key")


def send(path: str, body: Any, key: str = "", client: Client | None = None) -> Any:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return (client or Client()).post(
        f"/api/v1/{path}/", data=raw, content_type="application/json", headers=headers
    )


def logged_in(agent: Any) -> Client:
    client = Client()
    client.force_login(agent)
    return client


def test_the_example_of_the_documentation_makes_an_order(key: str) -> None:
    answer = send("orders", ORDER_EXAMPLE, key)
    assert answer.status_code == 201, answer.content
    assert answer.json()["total"] == {"amount": 5390, "currency": "EUR"}
    order = Order.objects.get(number="7001")
    assert (order.store.key, order.buyer.external_id) == ("lamps", "42")
    again = send("orders", ORDER_EXAMPLE, key)
    assert (again.status_code, again.json()["version"]) == (200, 1)


def test_what_is_left_out_stays_and_what_is_older_changes_nothing(key: str) -> None:
    send("orders", ORDER_EXAMPLE, key)
    assert send("orders", {"number": "7001", "status": "shipped"}, key).json()["status"] == "shipped"
    assert send("orders", ORDER_EXAMPLE, key).json()["status"] == "shipped"


def test_several_are_taken_in_each_by_itself(key: str) -> None:
    wrong = {**ORDER_EXAMPLE, "number": "7002", "shipping_fee": -5}
    orders = [{n: v for n, v in one.items() if n != "store"} for one in (ORDER_EXAMPLE, wrong)]
    answer = send("orders", {"store": "lamps", "orders": orders}, key)
    assert answer.status_code == 200
    good, bad = answer.json()["results"]
    assert (good["name"], good["error"], good["id"]) == (
        "7001",
        None,
        str(Order.objects.get(number="7001").pk),
    )
    assert (bad["name"], bad["error"]["attr"]) == ("7002", "shipping_fee")
    assert not Order.objects.filter(number="7002").exists()


def test_products_are_told_of_too(key: str, lamps: Store) -> None:
    answer = send("products", PRODUCT_EXAMPLE, key)
    assert answer.status_code == 200, answer.content
    assert Product.objects.get(store=lamps).price == 4900
    send("products", {"products": [{"sku": "LAMP-1", "stock": 3}]}, key)
    assert Product.objects.get(store=lamps).stock == 3
    send("products", {"sku": "LAMP-1", "stock": 99, "updated_at": "2020-01-01T00:00:00Z"}, key)
    assert Product.objects.get(store=lamps).stock == 3


@pytest.mark.parametrize(
    ("path", "body", "attr"),
    [
        ("orders", {}, "number"),
        ("orders", {"number": 5}, "number"),
        ("orders", {"number": "a\x00b"}, "number"),
        ("orders", {"number": "N1"}, "buyer"),
        ("orders", {"number": "N1", "buyer": {"external_id": "1"}, "paid": "5"}, "paid"),
        ("orders", {"number": "N1", "buyer": {"external_id": "1"}, "colour": "red"}, "colour"),
        ("orders", {"number": "N1", "buyer": {"external_id": "1"}, "placed_at": LONG_AGO}, "placed_at"),
        ("orders", {"orders": {}}, "orders"),
        ("orders", {"orders": ["x"]}, "orders"),
        ("orders", {"orders": [], "number": "N1"}, "orders"),
        ("orders", {"orders": [{"number": "N"}] * 101}, "orders"),
        ("orders", {"store": 5, "number": "N1"}, "store"),
        ("products", {}, "sku"),
        ("products", {"sku": "X"}, "name"),
        ("products", {"sku": "X", "name": "X"}, "price"),
        ("products", {"sku": "X", "name": "X", "price": 1, "stock": 10**10}, "stock"),
        ("products", {"sku": "X", "name": "X", "price": 1, "currency": "euro"}, "currency"),
        ("products", {"sku": "X", "name": "X", "price": 1, "url": "javascript:alert(1)"}, "url"),
        ("products", {"sku": "X", "name": "X", "price": 1, "active": "yes"}, "active"),
    ],
)  # fmt: skip
def test_what_is_not_right_is_refused_by_name_and_changes_nothing(
    key: str, path: str, body: dict[str, Any], attr: str
) -> None:
    answer = send(path, body, key)
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["attr"] == attr
    assert not Order.objects.filter(store__key="lamps").exists()
    assert not Product.objects.filter(store__key="lamps").exists()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"5", b"\xff", b"[" * 100_000])
def test_what_is_no_object_is_a_400(key: str, body: bytes) -> None:
    assert send("orders", body, key).status_code == 400


def test_a_body_that_is_too_large_is_refused(key: str) -> None:
    assert send("orders", {"number": "x" * 1_100_000}, key).status_code == 413


def test_a_key_is_for_its_own_store_alone(key: str, world: World) -> None:
    assert send("orders", {**ORDER_EXAMPLE, "store": "shop"}, key).status_code == 403
    assert not Order.objects.filter(number="7001").exists()


@pytest.mark.parametrize("wrong", ["push_", "push_x_y", "push_" + "0" * 32 + "_x", "other", "short"])
def test_a_wrong_key_is_told_and_does_nothing(key: str, wrong: str) -> None:
    found = {"other": key[:-3] + "abc", "short": key.rpartition("_")[0] + "_"}.get(wrong, wrong)
    answer = send("orders", ORDER_EXAMPLE, found)
    assert answer.status_code == 401
    assert not Order.objects.filter(number="7001").exists()


def test_who_guesses_keys_has_to_wait_and_nobody_else(key: str, settings: Any, time_machine: Any) -> None:
    time_machine.move_to("2026-11-21T10:00:20Z", tick=False)
    settings.KEY_GUESSES_PER_MINUTE = 3
    here, there = Client(REMOTE_ADDR="198.51.100.1"), Client(REMOTE_ADDR="198.51.100.2")
    for wrong in (key[:-1] + "_", "push_x_y", "push_" + "0" * 32 + "_x"):
        assert send("orders", ORDER_EXAMPLE, wrong, here).status_code == 401
    refused = send("orders", ORDER_EXAMPLE, key, here)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "40")
    assert not Order.objects.filter(number="7001").exists()
    assert send("orders", ORDER_EXAMPLE, key, there).status_code == 201
    time_machine.move_to("2026-11-21T10:01:01Z", tick=False)
    assert send("orders", ORDER_EXAMPLE, key, here).status_code == 200


def test_without_a_key_made_none_is_right(world: World, lamps: Store) -> None:
    connect(actor=world.admin, store=lamps, connector=PushStore, values={"url": "", "capabilities": []})
    assert send("orders", ORDER_EXAMPLE, f"push_{lamps.pk.hex}_").status_code == 401
    assert send("orders", ORDER_EXAMPLE, f"push_{lamps.pk.hex}_none").status_code == 401


def test_a_new_key_ends_the_old_one_and_neither_is_kept_readable(key: str, world: World) -> None:
    connection = Connection.objects.get(kind="push")
    new = issue_key(actor=world.admin, connection=connection, name="push_key")
    assert send("orders", ORDER_EXAMPLE, key).status_code == 401
    assert send("orders", ORDER_EXAMPLE, new).status_code == 201
    connection.refresh_from_db()
    assert new.rpartition("_")[2] not in str(connection.secrets)


def test_a_key_opens_nothing_but_what_it_is_for(key: str) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    for path in ("orders/", "products/", "me/", "conversations/", "buyers/"):
        assert Client().get(f"/api/v1/{path}", headers=headers).status_code == 401, path
    assert Client().post("/api/v1/conversations/", headers=headers).status_code in (401, 405)


def test_admins_may_tell_for_any_store_and_others_for_none(world: World, lamps: Store) -> None:
    assert send("orders", ORDER_EXAMPLE, client=logged_in(world.admin)).status_code == 201
    for agent in (world.agent, world.supervisor):
        assert send("orders", ORDER_EXAMPLE, client=logged_in(agent)).status_code == 403
    assert (
        send("orders", {**ORDER_EXAMPLE, "store": "nowhere"}, client=logged_in(world.admin)).status_code
        == 404
    )
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(world.admin)
    assert send("orders", ORDER_EXAMPLE, client=strict).status_code == 403
    assert send("orders", ORDER_EXAMPLE).status_code == 401


def test_a_shop_that_sends_too_much_is_slowed_down_and_no_other(key: str, settings: Any) -> None:
    settings.PUSH_REQUESTS_PER_MINUTE = 2
    now = timezone.now()
    while now.second > 55:  # not over the end of a minute
        now += timedelta(seconds=1)
    statuses = [send("orders", ORDER_EXAMPLE, key).status_code for _ in range(4)]
    assert 429 in statuses


def test_a_clock_that_is_far_ahead_does_not_freeze_an_order(key: str) -> None:
    send("orders", {**ORDER_EXAMPLE, "updated_at": "2150-01-01T00:00:00Z"}, key)
    send("products", {**PRODUCT_EXAMPLE, "updated_at": "2150-01-01T00:00:00Z"}, key)
    assert send("orders", {"number": "7001", "status": "shipped"}, key).json()["status"] == "shipped"
    assert send("products", {"sku": "LAMP-1", "stock": 1}, key).json()["stock"] == 1


def test_reviews_are_told_of_too(key: str) -> None:
    send("products", PRODUCT_EXAMPLE, key)
    answer = send("reviews", REVIEW_EXAMPLE, key)
    assert answer.status_code == 200, answer.content
    assert answer.json()["rating"] == 4
    wrong = {"reviews": [{"external_id": "r-2", "sku": "LAMP-1", "rating": 9}]}
    assert send("reviews", wrong, key).json()["results"][0]["error"]["attr"] == "rating"
