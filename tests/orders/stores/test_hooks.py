"""Webhooks: signed by their shop or nothing at all, kept before they are answered, taken in once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from events.models import Event
from orders import hooks, tasks
from orders.models import Connection, Order, StoreHook
from orders.stores.base import StoreUnreachable
from people.models import Store
from tests.orders.conftest import at_once
from tests.orders.stores.test_woocommerce import WooShop
from tests.orders.stores.woo import WooCommerce

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(settings: Any) -> Iterator[WooShop]:
    settings.OUTGOING_TO_PRIVATE = True
    server = WooCommerce()
    store = Store.objects.create(key="shop", name="Shop", currency="USD")
    yield WooShop(store, server)
    server.close()


@pytest.fixture(autouse=True)
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The bells that were rung; nobody answers them but the tests."""
    rung: list[int] = []
    monkeypatch.setattr(tasks.take_in_hook, "apply_async", lambda args, **rest: rung.append(args[0]))
    return rung


def send(shop: WooShop, headers: dict[str, str], body: bytes, *, key: str = "") -> int:
    key = key or shop.connection.hook_key
    answer = Client(enforce_csrf_checks=True).post(
        f"/hooks/stores/{key}/", data=body, content_type="application/json", headers=headers
    )
    return answer.status_code


def told(shop: WooShop, number: str = "A1", **changes: Any) -> tuple[dict[str, str], bytes]:
    return shop.server.hook("order.updated", {**shop.order(number), **changes})


def test_a_webhook_is_kept_answered_and_then_taken_in(shop: WooShop, jobs: list[int]) -> None:
    shop.new_order("A1")
    assert send(shop, *told(shop)) == 200
    hook = StoreHook.objects.get()
    assert (hook.state, hook.topic, jobs) == ("new", "order.updated", [hook.pk])
    assert not Order.objects.exists()
    tasks.take_in_hook(hook.pk)
    hook.refresh_from_db()
    assert (hook.state, hook.error) == ("done", "")
    assert Order.objects.get().number == "A1"


def test_one_that_comes_five_times_has_one_effect(shop: WooShop) -> None:
    shop.new_order("A1")
    headers, body = told(shop)
    assert [send(shop, headers, body) for _ in range(5)] == [200] * 5
    for pk in StoreHook.objects.values_list("pk", flat=True):
        for _ in range(3):
            hooks.take_in(pk)
    assert StoreHook.objects.count() == 1
    assert Event.objects.filter(name="order.synced").count() == 1
    assert Order.objects.get().version == 1


def test_the_same_one_many_times_at_once_is_one_row(shop: WooShop) -> None:
    shop.new_order("A1")
    headers, body = told(shop)
    assert at_once(5, lambda _: send(shop, headers, body)) == [200] * 5
    assert StoreHook.objects.count() == 1


def test_in_whatever_order_they_come_the_newest_holds(shop: WooShop) -> None:
    shop.new_order("A1")
    older, newer = told(shop), None
    shop.server.put(shop.order("A1"), {"status": "processing"})
    shop.order("A1")["date_paid_gmt"] = shop.order("A1")["date_modified_gmt"]
    newer = told(shop)
    for headers, body in (newer, older):
        send(shop, headers, body)
    for pk in hooks.new_hooks(now=timezone.now() + timedelta(minutes=1)):
        hooks.take_in(pk)
    assert Order.objects.get().status == "paid"


@pytest.mark.parametrize("wrong", ["body", "signature", "none", "not ascii"])
def test_what_is_not_signed_by_the_shop_is_turned_away_and_not_kept(shop: WooShop, wrong: str) -> None:
    shop.new_order("A1")
    headers, body = told(shop)
    if wrong == "body":
        body += b" "
    elif wrong == "signature":
        headers["X-WC-Webhook-Signature"] = "AAAA"
    elif wrong == "not ascii":
        headers["X-WC-Webhook-Signature"] = "é\xff"
    else:
        del headers["X-WC-Webhook-Signature"]
    assert send(shop, headers, body) == 401
    assert not StoreHook.objects.exists()


@pytest.mark.parametrize("key", ["unknown", "x" * 500, "a%00b"])
def test_an_unknown_address_is_not_there(shop: WooShop, key: str) -> None:
    shop.new_order("A1")
    assert send(shop, *told(shop), key=key) == 404
    assert not StoreHook.objects.exists()


def test_the_address_of_another_store_takes_no_signature_of_this_one(shop: WooShop) -> None:
    shop.new_order("A1")
    other = Store.objects.create(key="other", name="Other", currency="USD")
    there = Connection.objects.create(
        store=other, kind="woocommerce", secrets={"webhook_secret": "another"}, config={}
    )
    assert send(shop, *told(shop), key=there.hook_key) == 401


def test_a_store_without_webhooks_has_no_such_address(shop: WooShop) -> None:
    other = Store.objects.create(key="other", name="Other", currency="USD")
    there = Connection.objects.create(store=other, kind="demo")
    assert send(shop, {}, b"{}", key=there.hook_key) == 401
    gone = Store.objects.create(key="gone", name="Gone", currency="USD")
    assert send(shop, {}, b"{}", key=Connection.objects.create(store=gone, kind="no more").hook_key) == 404


def test_a_body_that_is_too_large_is_refused(shop: WooShop) -> None:
    headers, body = shop.server.hook("order.updated", {"x": "y" * 1_100_000})
    assert send(shop, headers, body) == 413
    assert not StoreHook.objects.exists()


def test_only_a_post_is_a_webhook(shop: WooShop) -> None:
    assert Client().get(f"/hooks/stores/{shop.connection.hook_key}/").status_code == 405


def test_a_new_webhook_of_the_shop_is_greeted(shop: WooShop) -> None:
    answer = Client().post(
        f"/hooks/stores/{shop.connection.hook_key}/",
        data="webhook_id=12",
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code == 200
    assert not StoreHook.objects.exists()


def test_one_whose_job_was_lost_is_found_again(shop: WooShop) -> None:
    shop.new_order("A1")
    send(shop, *told(shop))
    assert hooks.new_hooks() == []
    assert hooks.new_hooks(now=timezone.now() + timedelta(seconds=11)) == [StoreHook.objects.get().pk]


def test_what_is_not_as_documented_fails_at_once_and_may_be_tried_again(shop: WooShop) -> None:
    shop.new_order("A1")
    headers, body = told(shop, total="many")
    send(shop, headers, body)
    hook = StoreHook.objects.get()
    hooks.take_in(hook.pk)
    hook.refresh_from_db()
    assert (hook.state, hook.attempts) == ("failed", 1)
    assert hook.error
    assert hooks.new_hooks(now=timezone.now() + timedelta(days=1)) == []
    assert hooks.try_again(connection=shop.connection, hook_id=hook.pk)
    hook.refresh_from_db()
    assert (hook.state, hook.attempts, hook.error) == ("new", 0, "")
    assert not hooks.try_again(connection=shop.connection, hook_id=hook.pk)


def test_what_could_not_be_had_is_tried_again_a_few_times(
    shop: WooShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.new_order("A1")
    send(shop, *told(shop))
    pk, now = StoreHook.objects.get().pk, timezone.now()

    def away(*args: Any) -> Any:
        raise StoreUnreachable("away")

    monkeypatch.setattr("orders.stores.woocommerce.WooCommerceStore.parse", away)
    tries = 0
    while (found := hooks.new_hooks(now=now + timedelta(days=1))) and tries < 20:
        hooks.take_in(found[0])
        tries += 1
    assert (tries, StoreHook.objects.get(pk=pk).state) == (len(hooks.PAUSES), "failed")
    assert StoreHook.objects.get(pk=pk).error == "away"


def test_what_was_done_long_ago_is_forgotten(shop: WooShop) -> None:
    shop.new_order("A1")
    send(shop, *told(shop))
    pk = StoreHook.objects.get().pk
    hooks.take_in(pk)
    assert hooks.discard_old() == 0
    assert hooks.discard_old(now=datetime.now(UTC) + timedelta(days=31)) == 1
