"""Catching up with a store: nothing is lost, whoever dies; one store delays no other."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from orders import catch_up, taking_in, tasks
from orders.models import Connection, Order, Product, Review
from people.models import Store
from tests.orders.conftest import at_once
from tests.orders.faulty import Killed
from tests.orders.stores.test_woocommerce import WooShop
from tests.orders.stores.woo import WooCommerce, gmt

pytestmark = pytest.mark.django_db(transaction=True)
START = datetime(2026, 11, 1, 8, tzinfo=UTC)


@pytest.fixture
def shop(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[WooShop]:
    settings.OUTGOING_TO_PRIVATE = True
    monkeypatch.setattr("orders.stores.woocommerce.PER_PAGE", 3)
    server = WooCommerce()
    store = Store.objects.create(key="shop", name="Shop", currency="USD")
    shop = WooShop(store, server)
    for index in range(7):
        shop.new_order(f"B{index}", updated_at=START + timedelta(minutes=index))
    yield shop
    server.close()


def numbers() -> set[str]:
    return set(Order.objects.values_list("number", flat=True))


ALL = {f"B{index}" for index in range(7)}


def test_everything_is_had_and_the_mark_says_so(shop: WooShop) -> None:
    assert catch_up.catch_up(shop.connection.pk) is False
    shop.connection.refresh_from_db()
    assert numbers() == ALL
    assert (shop.connection.trouble, shop.connection.claimed_until) == ("", None)
    assert shop.connection.synced_at is not None
    asked = len(shop.server.requests)
    catch_up.catch_up(shop.connection.pk)
    assert len(shop.server.requests) - asked <= 3  # only from the mark on


def test_a_worker_that_dies_at_any_page_loses_nothing(shop: WooShop, monkeypatch: pytest.MonkeyPatch) -> None:
    real = taking_in.upsert_order

    def dies(*args: Any, payload: dict[str, Any], **rest: Any) -> Any:
        if payload["number"] == "B4":
            raise Killed
        return real(*args, payload=payload, **rest)

    monkeypatch.setattr("orders.taking_in.upsert_order", dies)
    with pytest.raises(Killed):
        catch_up.catch_up(shop.connection.pk)
    shop.connection.refresh_from_db()
    assert shop.connection.claimed_until is not None
    assert numbers() == {"B0", "B1", "B2", "B3"}

    monkeypatch.setattr("orders.taking_in.upsert_order", real)
    assert catch_up.catch_up(shop.connection.pk) is False  # still claimed
    assert numbers() != ALL
    Connection.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    catch_up.catch_up(shop.connection.pk)
    assert numbers() == ALL
    assert set(Order.objects.values_list("version", flat=True)) == {1}


def test_many_at_once_are_one(shop: WooShop) -> None:
    at_once(4, lambda _: catch_up.catch_up(shop.connection.pk))
    assert numbers() == ALL
    listed = [asked for asked in shop.server.requests if asked.path.endswith("/orders")]
    pages = [(asked.query.get("modified_after"), asked.query["page"]) for asked in listed]
    assert len(pages) <= 2 * len(set(pages))


def test_a_shop_that_is_down_is_told_as_trouble_and_asked_again(shop: WooShop) -> None:
    shop.server.always = "locked out"
    catch_up.catch_up(shop.connection.pk)
    shop.connection.refresh_from_db()
    assert "credentials" in shop.connection.trouble
    assert (shop.connection.claimed_until, shop.connection.synced_at) == (None, None)
    shop.server.always = ""
    catch_up.catch_up(shop.connection.pk)
    shop.connection.refresh_from_db()
    assert shop.connection.trouble == ""
    assert numbers() == ALL


def test_one_order_that_is_not_right_holds_up_no_other(shop: WooShop) -> None:
    shop.order("B2")["currency"] = "dollars"
    shop.order("B2")["line_items"] = []
    catch_up.catch_up(shop.connection.pk)
    shop.connection.refresh_from_db()
    assert numbers() >= ALL - {"B2"}


def test_a_lost_lease_ends_the_worker_that_had_it(shop: WooShop, monkeypatch: pytest.MonkeyPatch) -> None:
    real = taking_in.take_in_each
    seen = []

    def slow(*args: Any) -> Any:
        seen.append(args)
        Connection.objects.update(claimed_until=timezone.now() + timedelta(hours=1))  # another has taken over
        return real(*args)

    monkeypatch.setattr("orders.taking_in.take_in_each", slow)
    catch_up.catch_up(shop.connection.pk)
    shop.connection.refresh_from_db()
    assert len(seen) == 1
    assert shop.connection.synced_to == ""
    assert shop.connection.claimed_until > timezone.now() + timedelta(minutes=50)


def test_each_store_has_a_job_of_its_own_and_the_demo_has_none(
    shop: WooShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Store.objects.create(key="demo", name="Demo", currency="USD")
    Connection.objects.create(store=other, kind="demo")
    rung: list[str] = []
    monkeypatch.setattr(tasks.catch_up_with_store, "apply_async", lambda args, **rest: rung.append(args[0]))
    tasks.catch_up_with_stores()
    assert rung == [str(shop.connection.pk)]
    Connection.objects.update(claimed_until=timezone.now() + timedelta(minutes=1))
    assert catch_up.due() == []


def test_a_large_shop_is_read_in_several_runs(shop: WooShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catch_up, "AT_A_TIME_S", -1)
    runs = 1
    while catch_up.catch_up(shop.connection.pk) and runs < 30:
        runs += 1
    assert 3 <= runs < 30
    assert numbers() == ALL


def test_products_come_before_the_orders_that_hold_them(shop: WooShop) -> None:
    shop.server.products[10] = {
        "id": 10,
        "name": "Mug",
        "sku": "MUG-1",
        "price": "24.00",
        "status": "publish",
        "stock_quantity": 3,
        "date_modified_gmt": "2026-11-02T00:00:00",
    }
    catch_up.catch_up(shop.connection.pk)
    product = Product.objects.get()
    assert (product.price, product.stock) == (2400, 3)
    assert Order.objects.first().lines.filter(product=product).count() == 1  # type: ignore[union-attr]


def test_new_reviews_come_too_and_a_key_that_may_not_read_them_hinders_nothing(shop: WooShop) -> None:
    now = timezone.now()
    shop.server.products[10] = {
        "id": 10,
        "name": "Mug",
        "sku": "MUG-1",
        "price": "24.00",
        "status": "publish",
        "date_modified_gmt": "2026-11-02T00:00:00",
    }
    review = {"product_id": 10, "reviewer": "Ada", "review": "<p>Fine &amp; dandy</p>", "status": "approved"}
    shop.server.reviews = [
        {**review, "id": 1, "rating": 5, "date_created_gmt": "2020-01-01T00:00:00"},
        {**review, "id": 2, "rating": 5, "date_created_gmt": gmt(now - timedelta(days=2))},
        {**review, "id": 3, "rating": 0, "date_created_gmt": gmt(now - timedelta(days=2))},
        {**review, "id": 4, "rating": 4, "product_id": 99, "date_created_gmt": gmt(now - timedelta(days=1))},
        {**review, "id": 5, "rating": 4, "status": "hold", "date_created_gmt": gmt(now - timedelta(hours=1))},
    ]
    catch_up.catch_up(shop.connection.pk)
    assert {(r.external_id, r.body, r.hidden) for r in Review.objects.all()} == {
        ("2", "Fine & dandy", False),
        ("5", "Fine & dandy", True),
    }
    shop.server.reviews[4]["status"] = "approved"
    catch_up.catch_up(shop.connection.pk)
    assert not Review.objects.get(external_id="5").hidden
    shop.server.reviews = None
    catch_up.catch_up(shop.connection.pk)
    shop.connection.refresh_from_db()
    assert shop.connection.trouble == ""
