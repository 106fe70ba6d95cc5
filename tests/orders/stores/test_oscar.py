"""The django-oscar connector: what every connector promises, and what is oscar's own."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orders import taking_in
from orders.models import Connection, Order, Product
from orders.stores.base import StoreError, StoreRefused
from orders.stores.oscar import ADMIN_IS_OFF, AGAIN, OscarStore, order_payload
from people.models import Store
from tests.orders.stores.contract import FEE, ITEMS, StoreContract
from tests.orders.stores.fake_oscar import PASSWORD, USER, FakeOscar

START = datetime(2026, 11, 1, 8, tzinfo=UTC)


class OscarShop:
    def __init__(self, store: Store, *, page_size: int = 0) -> None:
        self.server = FakeOscar(page_size=page_size)
        self.connection = Connection.objects.create(
            store=store,
            kind="oscar",
            config={"url": f"{self.server.url}/api", "user": USER},
            secrets={"password": PASSWORD},
        )

    def new_order(
        self, number: str, *, paid: bool = False, dispatched: bool = False, updated_at: datetime | None = None
    ) -> None:
        self.server.new_order(number, placed_at=updated_at)

    def seen(self, number: str) -> dict[str, Any]:
        return {}

    def coupons(self) -> dict[str, dict[str, Any]]:
        return {}

    def redeem(self, code: str) -> None:
        raise NotImplementedError


class TestOscar(StoreContract):
    path = "orders.stores.oscar.OscarStore"

    @pytest.fixture
    def shop(self, store: Store) -> Iterator[OscarShop]:
        shop = OscarShop(store)  # without pages, as it comes; in pages below
        yield shop
        shop.server.close()


@pytest.fixture
def shop(db: None, settings: Any) -> Iterator[OscarShop]:
    settings.OUTGOING_TO_PRIVATE = True
    shop = OscarShop(Store.objects.create(key="shop", name="Shop", currency="USD"), page_size=3)
    yield shop
    shop.server.close()


def take_in_all(shop: OscarShop, mark: str = "") -> str:
    for page in OscarStore(shop.connection).changes(mark):
        assert taking_in.take_in_each(shop.connection.store, page) == []
        mark = page.mark
    return mark


def asked(shop: OscarShop, path: str) -> int:
    return sum(path in request.path for request in shop.server.requests)


def test_a_status_that_changes_later_is_taken_in(shop: OscarShop) -> None:
    order = shop.server.new_order("B1", placed_at=START)
    mark = take_in_all(shop)
    assert Order.objects.get(number="B1").status == "unpaid"
    order["status"] = "Being processed"
    take_in_all(shop, mark)
    fresh = Order.objects.get(number="B1")
    assert (fresh.status, fresh.paid, fresh.items_total) == ("paid", ITEMS + FEE, ITEMS)
    assert fresh.lines.count() == 2


def test_lines_are_asked_for_once(shop: OscarShop) -> None:
    for index in range(5):
        shop.server.new_order(f"B{index}", placed_at=START + timedelta(minutes=index))
    mark = take_in_all(shop)
    assert asked(shop, "/lines/") == 5
    take_in_all(shop, mark)
    assert asked(shop, "/lines/") == 5


def test_old_orders_are_left_alone_and_their_pages_not_asked_for(shop: OscarShop) -> None:
    for index in range(12):
        shop.server.new_order(f"B{index}", placed_at=START - AGAIN - timedelta(days=index + 1))
    shop.server.new_order("B99", placed_at=START)
    mark = take_in_all(shop)
    before = asked(shop, "admin/orders/")
    shop.server.new_order("B100", placed_at=START + timedelta(days=1))
    take_in_all(shop, mark)
    assert asked(shop, "admin/orders/") - before == 2  # one page, and the lines of the new one
    assert Order.objects.filter(number="B100").exists()


def test_the_shops_own_names_of_statuses_are_said_where_it_is_connected(shop: OscarShop) -> None:
    shop.connection.config["shipped"] = "Unterwegs, Zugestellt"
    shop.server.new_order("B1", status="unterwegs", placed_at=START)
    take_in_all(shop)
    assert Order.objects.get(number="B1").status == "shipped"


def test_stock_is_taken_in_and_variants_are_named_after_what_they_belong_to(shop: OscarShop) -> None:
    parent = shop.server.new_product("x", "Shirt", 0, structure="parent", stockrecords=[])
    shop.server.new_product("TEE-L", "", 2000, structure="child", parent=parent["id"])
    mark = take_in_all(shop)
    assert Product.objects.get(sku="TEE-L").name == "Shirt"
    assert Product.objects.count() == 3
    assert Product.objects.get(sku="MUG-1").stock == 10
    shop.server.products[0]["stockrecords"][0]["num_in_stock"] = 4
    orders, products, _all_at = mark.split("|")
    take_in_all(shop, "|".join([orders, products, (datetime.now(UTC) - timedelta(hours=2)).isoformat()]))
    assert Product.objects.get(sku="MUG-1").stock == 2


def test_an_order_whose_goods_are_gone_is_taken_in_all_the_same(shop: OscarShop) -> None:
    order = shop.server.new_order("B1", placed_at=START)
    shop.server.products.clear()
    order["owner"] = None
    take_in_all(shop)
    fresh = Order.objects.get(number="B1")
    assert fresh.buyer.external_id == "email:ada@buyer.test"
    assert fresh.total == ITEMS + FEE


def test_a_shop_whose_admin_api_is_off_is_told_what_to_do(shop: OscarShop) -> None:
    OscarStore(shop.connection).check()
    shop.server.blocked = True
    with pytest.raises(StoreRefused, match="OSCARAPI_BLOCK_ADMIN_API_ACCESS") as caught:
        OscarStore(shop.connection).check()
    assert str(caught.value) == ADMIN_IS_OFF


def test_a_page_elsewhere_is_not_followed_there(shop: OscarShop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.server.new_order("B1", placed_at=START)
    listed = shop.server.listed

    def elsewhere(request: Any, rows: Any) -> Any:
        told = listed(request, rows)
        if request.query.get("page") is None:
            told.data["next"] = "http://169.254.169.254/api/admin/products/?page=2"
        return told

    monkeypatch.setattr(shop.server, "listed", elsewhere)
    take_in_all(shop)
    assert asked(shop, "admin/products/") == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
FIELDS = [
    "number",
    "currency",
    "total_incl_tax",
    "shipping_address",
    "owner",
    "email",
    "date_placed",
    "status",
    "url",
]


@pytest.mark.django_db
@settings(max_examples=80, deadline=None)
@given(changed=st.dictionaries(st.sampled_from(FIELDS), JSON, min_size=1, max_size=4), lines=JSON)
def test_whatever_an_order_holds_it_is_read_or_told_apart(changed: dict[str, Any], lines: Any) -> None:
    server_row = {
        "number": "B1",
        "url": "http://shop.test/api/admin/orders/1/",
        "currency": "USD",
        "total_incl_tax": "5.00",
        "shipping_incl_tax": "0.00",
        "date_placed": "2026-11-01T08:00:00Z",
    }
    connector = OscarStore(Connection(kind="oscar", config={}))

    class Answers:
        def get(self, _path: str) -> Any:
            return self

        def json(self) -> Any:
            return lines

    with contextlib.suppress(StoreError):
        connector._order(Answers(), server_row | changed, {}, False)  # type: ignore[arg-type]
    with contextlib.suppress(StoreError):
        connector._order(Answers(), server_row | changed, {}, True)  # type: ignore[arg-type]


def test_a_voucher_of_an_order_is_its_coupon() -> None:
    row = {
        "number": "B1",
        "currency": "USD",
        "total_incl_tax": "5.00",
        "date_placed": "2026-11-01T08:00:00Z",
        "voucher_discounts": [{"amount": "1.00", "voucher": {"name": "Sorry", "code": "SORRY"}}],
    }
    assert order_payload(row, None, {}, "unpaid")["coupon_code"] == "SORRY"
