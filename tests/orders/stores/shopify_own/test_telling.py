"""What is Shopify's own in what it tells: its searches, its webhooks, and whatever else may stand in them."""

import contextlib
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orders import taking_in
from orders.models import Connection, Order, Product
from orders.stores.base import Changes, StoreBusy, StoreError, StoreRefused, StoreUnreachable
from orders.stores.shopify import ShopifyForm, ShopifyStore
from orders.stores.shopify.reading import order_payload, order_status, product_payloads
from tests.orders.stores.contract import FEE, LINES
from tests.orders.stores.fake_shopify import FakeShopify
from tests.orders.stores.shopify_rows import money
from tests.orders.stores.test_shopify import ShopifyShop

pytestmark = pytest.mark.django_db(transaction=True)


def waive(connector: ShopifyStore, key: str = "key-1", expected: int = FEE) -> dict[str, Any]:
    return connector.change_shipping_fee(order_number="A1", fee=0, currency="USD", key=key, expected=expected)


def take_in_all(shop: ShopifyShop, mark: str = "") -> str:
    for page in ShopifyStore(shop.connection).changes(mark):
        assert taking_in.take_in_each(shop.connection.store, page) == []
        mark = page.mark
    return mark


# -- What it tells


def test_an_order_is_known_by_its_own_number_only(connector: ShopifyStore, server: FakeShopify) -> None:
    server.new_order("EN-A1")
    assert server.by_number("EN-A1")
    with pytest.raises(StoreRefused):
        waive(connector)


def test_an_order_of_many_lines_comes_whole(shop: ShopifyShop, server: FakeShopify) -> None:
    rows = [{"sku": f"S-{i}", "name": f"Thing {i}", "quantity": 1, "unit_price": 100} for i in range(170)]
    server.new_order("A1", lines=rows)
    take_in_all(shop)
    order = Order.objects.get(number="A1")
    assert order.lines.count() == 170
    assert order.items_total == 17_000


def test_products_come_before_the_orders_that_have_them(shop: ShopifyShop, server: FakeShopify) -> None:
    start = datetime(2026, 11, 1, 8, tzinfo=UTC)
    for index in range(7):
        server.new_product(f"P-{index}", updated_at=start + timedelta(minutes=index))
    server.new_product("MUG-1", price=2400, stock=-3, updated_at=start + timedelta(hours=1))
    server.new_order("A1")
    mark = take_in_all(shop)
    assert Product.objects.count() == 8
    product = Product.objects.get(sku="MUG-1")
    assert (product.price, product.stock, product.category, product.active) == (2400, -3, "Mugs", True)
    assert Order.objects.get(number="A1").lines.get(sku="MUG-1").product == product
    pages = list(ShopifyStore(shop.connection).changes(mark))
    assert sum(len(page.products) for page in pages) == 1  # the last, again: the search lags behind


def test_two_changes_within_one_of_shopifys_seconds_are_both_taken_in(
    shop: ShopifyShop, server: FakeShopify
) -> None:
    order = server.new_order("A1", updated_at=datetime.now(UTC))
    mark = take_in_all(shop)
    order["note"] = "Leave it with the neighbours"  # and updatedAt stays the same
    time.sleep(2.1)
    take_in_all(shop, mark)
    assert Order.objects.get(number="A1").buyer_note == "Leave it with the neighbours"


def test_a_webhook_has_the_order_read_anew(
    shop: ShopifyShop, connector: ShopifyStore, server: FakeShopify
) -> None:
    order = server.new_order("A1", paid=True)
    server.refund(order, 700, "by hand")
    number = int(order["id"].rpartition("/")[2])
    for topic, data in [
        ("orders/updated", {"id": number}),
        ("refunds/create", {"id": 5, "order_id": number}),
    ]:
        headers, body = server.hook(topic, data)
        delivery = connector.verify(headers, body)
        assert delivery is not None
        assert delivery.topic == topic
        said = connector.parse(delivery.topic, body)
        assert [row["refunded"] for row in said.orders] == [700]
    taking_in.take_in(shop.connection.store, said)
    assert Order.objects.get(number="A1").status == "paid"
    headers, body = server.hook("products/update", {"id": 404})
    assert connector.parse("products/update", body).products == []


def test_a_webhook_is_known_by_its_signature_and_again_by_its_id(
    connector: ShopifyStore, server: FakeShopify
) -> None:
    headers, body = server.hook("orders/updated", {"id": 1})
    first = connector.verify(headers, body)
    assert first == connector.verify(headers, body)
    assert connector.verify(headers, body + b" ") is None
    assert connector.verify({**headers, "x-shopify-hmac-sha256": ""}, body) is None
    shop = connector.connection
    shop.secrets = {"token": "t", "client_secret": ""}
    assert ShopifyStore(shop).verify(headers, body) is None


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"displayFinancialStatus": "PENDING"}, "unpaid"),
        ({"displayFinancialStatus": "PARTIALLY_PAID"}, "unpaid"),
        ({"displayFinancialStatus": None}, "unpaid"),
        ({"displayFinancialStatus": "AUTHORIZED"}, "paid"),
        ({"displayFinancialStatus": "REFUNDED"}, "paid"),
        (
            {"displayFulfillmentStatus": "PARTIALLY_FULFILLED", "fulfillments": [{"status": "SUCCESS"}]},
            "shipped",
        ),
        ({"displayFulfillmentStatus": "FULFILLED", "fulfillments": []}, "shipped"),
        (
            {
                "displayFulfillmentStatus": "FULFILLED",
                "fulfillments": [
                    {"status": "SUCCESS", "displayStatus": "DELIVERED"},
                    {"status": "CANCELLED"},
                ],
            },
            "delivered",
        ),
        (
            {
                "displayFulfillmentStatus": "FULFILLED",
                "closed": True,
                "fulfillments": [{"status": "SUCCESS", "deliveredAt": "2026-11-01T08:00:00Z"}],
            },
            "completed",
        ),
        ({"displayFulfillmentStatus": "FULFILLED", "cancelledAt": "2026-11-01T08:00:00Z"}, "cancelled"),
    ],
)
def test_a_status_of_shopify_is_one_of_ours(said: dict[str, Any], status: str) -> None:
    assert order_status(said) == status


def test_the_total_is_the_one_that_shopify_shows(shop: ShopifyShop, server: FakeShopify) -> None:
    order = _documented(total=9000, tax=500)
    said = order_payload(order, order["lines"], "2026-11-01T08:00:00+00:00")
    assert said["items_total"] + said["shipping_fee"] + said["tax"] - said["discount"] == 9000  # a tip in it
    included = order_payload({**order, "taxesIncluded": True}, order["lines"], "2026-11-01T08:00:00+00:00")
    assert included["items_total"] + included["shipping_fee"] + included["tax"] - included["discount"] == 9000


def test_buyers_without_an_account_and_goods_without_a_sku_are_taken_in_too(shop: ShopifyShop) -> None:
    order = _documented()
    order |= {"customer": None, "email": "guest@buyer.test"}
    order["lines"][0] |= {"sku": "", "variant": {"legacyResourceId": "77", "sku": None}}
    order["lines"][1] |= {"sku": None, "variant": None, "title": "x" * 500}
    said = order_payload(order, order["lines"], "2026-11-01T08:00:00+00:00")
    assert said["buyer"]["external_id"] == "email:guest@buyer.test"
    assert [line["sku"] for line in said["lines"]] == ["variant-77", "line-2"]
    assert taking_in.take_in_each(shop.connection.store, _changes(said)) == []


def test_a_form_takes_the_shops_own_address_only(settings: Any) -> None:
    settings.OUTGOING_TO_PRIVATE = False
    secrets = {"token": "shpat_1", "client_secret": "shpss_1"}
    assert ShopifyForm({"url": "https://mugs.myshopify.com/", **secrets}).is_valid()
    for url in ("https://mugs.example", "http://mugs.myshopify.com", "https://myshopify.com.evil.example"):
        assert not ShopifyForm({"url": url, **secrets}).is_valid()


# -- Whatever is said


def _changes(order: dict[str, Any]) -> Any:
    return Changes(orders=[order])


def _documented(*, total: int = 7490, tax: int = 0) -> dict[str, Any]:
    return {
        "id": "gid://shopify/Order/1",
        "name": "#1001",
        "createdAt": "2026-11-01T08:00:00Z",
        "currencyCode": "USD",
        "currentTotalPriceSet": money(total),
        "currentTotalTaxSet": money(tax),
        "currentShippingPriceSet": money(FEE),
        "totalReceivedSet": money(0),
        "totalRefundedSet": money(0),
        "lines": [
            {
                "id": f"gid://shopify/LineItem/{index}",
                "sku": row["sku"],
                "title": row["name"],
                "currentQuantity": row["quantity"],
                "originalUnitPriceSet": money(int(str(row["unit_price"]))),
            }
            for index, row in enumerate(LINES, 1)
        ],
    }


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.just("gid://shopify/Order/1"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "shopMoney", "amount", "nodes", "sku", "url", "name"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)
NAMES = [
    "name", "customer", "email", "shippingAddress", "shippingLine", "transactions", "fulfillments", "note",
    "currentTotalPriceSet", "totalReceivedSet", "currencyCode", "createdAt", "paymentCollectionDetails", "discountCode",
]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(changed=st.dictionaries(st.sampled_from(NAMES), JSON, min_size=1, max_size=4), lines=JSON)
def test_whatever_an_order_holds_it_is_read_or_told_apart(changed: dict[str, Any], lines: Any) -> None:
    order = {**_documented(), **changed}
    for rows in (order["lines"], lines):
        with contextlib.suppress(StoreError):
            order_payload(order, rows, "2026-11-01T08:00:00+00:00")


@settings(max_examples=100, deadline=None)
@given(product=JSON, variants=JSON, currency=st.text(max_size=4))
def test_whatever_a_product_holds_it_is_read_or_told_apart(
    product: Any, variants: Any, currency: str
) -> None:
    with contextlib.suppress(StoreError):
        product_payloads(product, variants, currency)


@settings(max_examples=60, deadline=None)
@given(
    topic=st.sampled_from(["orders/updated", "refunds/create", "products/update", "x", ""]), body=st.binary()
)
def test_whatever_a_webhook_holds_it_is_read_or_refused(topic: str, body: bytes) -> None:
    connector = ShopifyStore(
        Connection(kind="shopify", config={"url": "http://127.0.0.1:9"}, secrets={"token": "t"})
    )
    with contextlib.suppress(StoreRefused, StoreBusy, StoreUnreachable):
        connector.parse(topic, body)
