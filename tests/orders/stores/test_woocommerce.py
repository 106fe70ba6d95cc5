"""WooCommerce keeps the promises of every store; and what is its own."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from orders.models import Connection
from orders.stores.base import StoreRefused
from orders.stores.woocommerce import PER_PAGE, WooCommerceStore, reading
from orders.sync import upsert_order, upsert_product
from people.models import Store
from tests.orders.stores.contract import ADDRESS, StoreContract
from tests.orders.stores.woo import HOOK_SECRET, KEY, SECRET, WooCommerce


class WooShop:
    def __init__(self, store: Store, server: WooCommerce) -> None:
        self.server = server
        self.connection = Connection.objects.create(
            store=store,
            kind="woocommerce",
            config={"url": server.url, "refund_by_provider": True},
            secrets={"consumer_key": KEY, "consumer_secret": SECRET, "webhook_secret": HOOK_SECRET},
        )

    def new_order(
        self, number: str, *, paid: bool = False, dispatched: bool = False, updated_at: datetime | None = None
    ) -> None:
        status = "completed" if dispatched else "processing" if paid else "pending"
        self.server.new_order(number, status=status, paid=paid, at=updated_at)

    def order(self, number: str) -> dict[str, Any]:
        return next(order for order in self.server.orders.values() if order["number"] == number)

    def seen(self, number: str) -> dict[str, Any]:
        order = self.order(number)
        off = -sum(Decimal(fee["total"]) for fee in order["fee_lines"])
        refunded = sum(Decimal(refund["amount"]) for refund in self.server.refunds[order["id"]])
        place = order["shipping"]
        return {
            "shipping_fee": int(Decimal(order["shipping_total"]) * 100),
            "shipping_method": order["shipping_lines"][0]["method_title"],
            "address": {
                "name": f"{place['first_name']} {place['last_name']}",
                "phone": place["phone"] or order["billing"]["phone"],
                "line1": place["address_1"],
                "line2": place["address_2"],
                "city": place["city"],
                "region": place["state"],
                "postcode": place["postcode"],
                "country": place["country"],
            },
            "discount": int(off * 100),
            "refunded": int(refunded * 100),
            "cancelled": order["status"] in ("cancelled", "refunded"),
        }

    def coupons(self) -> dict[str, dict[str, Any]]:
        return {
            coupon["code"]: {
                "kind": {"fixed_cart": "amount", "percent": "percent"}[coupon["discount_type"]],
                "value": int(Decimal(coupon["amount"]) * 100),
            }
            for coupon in self.server.coupons.values()
        }

    def redeem(self, code: str) -> None:
        for coupon in self.server.coupons.values():
            coupon["usage_count"] += coupon["code"] == code.lower()


class TestWooCommerce(StoreContract):
    path = "orders.stores.woocommerce.WooCommerceStore"

    @pytest.fixture
    def shop(self, store: Store) -> Iterator[WooShop]:
        server = WooCommerce()
        yield WooShop(store, server)
        server.close()

    # -- what is its own

    def test_a_paid_order_is_cancelled_by_paying_all_of_it_back(self, shop: WooShop) -> None:
        shop.new_order("A1", paid=True)
        result = self.connector(shop).cancel(order_number="A1", reason="Late", restock=True, key="key-1")
        assert (result["status"], result["refunded"]) == ("cancelled", 7490)
        again = self.connector(shop).cancel(order_number="A1", reason="Late", restock=True, key="key-1")
        assert again["refunded"] == 7490
        assert shop.seen("A1")["refunded"] == 7490
        assert self.connector(shop).lookup("key-1", command="cancel", order_number="A1") is not None
        (refund,) = shop.server.refunds[shop.order("A1")["id"]]
        assert [(line["quantity"], line["refund_total"]) for line in refund["line_items"]] == [
            (2, 48.0),
            (1, 20.0),
        ]

    def test_a_refund_that_the_payment_provider_declines_is_refused_in_its_words(self, shop: WooShop) -> None:
        shop.new_order("A1", paid=True)
        shop.server.provider_fails = "Charge ch_1 has been disputed."
        with pytest.raises(StoreRefused, match="disputed"):
            self.refund(shop, 100)

    def test_more_than_is_left_is_refused_in_the_words_of_the_shop(self, shop: WooShop) -> None:
        shop.new_order("A1", paid=True)
        with pytest.raises(StoreRefused, match="Invalid refund amount"):
            self.refund(shop, 99_999)

    def refund(self, shop: WooShop, amount: int) -> Any:
        return self.connector(shop).refund(
            order_number="A1",
            amount=amount,
            currency="USD",
            lines=[],
            shipping=0,
            restock=False,
            reason="Broken",
            key="key-1",
            expected=0,
        )

    def test_a_refund_names_goods_shipping_and_whether_they_go_back_on_the_shelf(self, shop: WooShop) -> None:
        shop.new_order("A1", paid=True)
        self.connector(shop).refund(
            order_number="A1",
            amount=3090,
            currency="USD",
            lines=[{"sku": "MUG-1", "quantity": 1}],
            shipping=690,
            restock=False,
            reason="Broken",
            key="key-1",
            expected=0,
        )
        order = shop.order("A1")
        (refund,) = shop.server.refunds[order["id"]]
        assert refund["amount"] == "30.90"
        assert refund["restocked"] is False
        assert refund["line_items"] == [
            {"id": order["line_items"][0]["id"], "quantity": 1, "refund_total": 24.0},
            {"id": order["shipping_lines"][0]["id"], "quantity": 1, "refund_total": 6.9},
        ]

    def test_a_code_for_some_products_counts_for_those_only(self, shop: WooShop) -> None:
        shop.server.products[11] = {"id": 11, "sku": "MUG-1", "date_modified_gmt": "2026-11-01T00:00:00"}
        terms = {"kind": "amount", "value": 500, "currency": "USD", "most": None, "min_spend": 0}
        terms |= {"skus": ["MUG-1"], "expires_at": "2030-01-31T00:00:00+00:00", "email": ""}
        self.connector(shop).create_coupon(code="ONE", terms=terms, key="ONE")
        (coupon,) = shop.server.coupons.values()
        assert (coupon["discount_type"], coupon["product_ids"]) == ("fixed_product", [11])
        assert coupon["date_expires_gmt"] == "2030-01-31T00:00:00"
        assert self.connector(shop).lookup("ONE", command="create_coupon", order_number="") is not None
        with pytest.raises(StoreRefused):
            self.connector(shop).create_coupon(code="TWO", terms=terms | {"skus": ["NO-1"]}, key="TWO")

    def test_orders_that_change_while_they_are_read_make_none_be_skipped(
        self, shop: WooShop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("orders.stores.woocommerce.PER_PAGE", 3)
        start = datetime(2026, 11, 1, 8, tzinfo=UTC)
        for index in range(8):
            shop.new_order(f"B{index}", updated_at=start + timedelta(minutes=index))
        seen: list[str] = []
        for page in self.connector(shop).changes(""):
            seen += [order["number"] for order in page.orders]
            if "B2" in seen and not shop.order("B0")["meta_data"]:  # one of the first moves to the end
                shop.server.put(shop.order("B0"), {"meta_data": [{"key": "x", "value": "y"}]})
        assert set(seen) == {f"B{index}" for index in range(8)}
        assert seen[-1] == "B0"

    def test_more_orders_of_one_second_than_a_page_holds_are_all_read(
        self, shop: WooShop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("orders.stores.woocommerce.PER_PAGE", 3)
        for index in range(8):
            shop.new_order(f"B{index}", updated_at=datetime(2026, 11, 1, 8, tzinfo=UTC))
        seen = {o["number"] for page in self.connector(shop).changes("") for o in page.orders}
        assert seen == {f"B{index}" for index in range(8)}
        assert PER_PAGE == 100

    def test_a_webhook_of_the_shop_is_known_by_its_signature(self, shop: WooShop) -> None:
        shop.new_order("A1")
        headers, body = shop.server.hook("order.updated", shop.order("A1"))
        lower = {name.lower(): value for name, value in headers.items()}
        connector = self.connector(shop)
        delivery = connector.verify(lower, body)
        assert delivery is not None
        assert delivery.topic == "order.updated"
        assert connector.verify(lower, body + b" ") is None
        (order,) = connector.parse(delivery.topic, body).orders
        assert order["number"] == "A1"

        # Two changes of one second have the same delivery id at WooCommerce.
        other_headers, other = shop.server.hook("order.updated", {**shop.order("A1"), "status": "on-hold"})
        second = connector.verify({n.lower(): v for n, v in other_headers.items()}, other)
        assert second is not None
        assert second.id != delivery.id

    def test_without_a_secret_no_webhook_is_believed(self, shop: WooShop) -> None:
        shop.connection.secrets = {"consumer_key": KEY, "consumer_secret": SECRET}
        shop.connection.save()
        headers, body = shop.server.hook("order.updated", {})
        assert self.connector(shop).verify({n.lower(): v for n, v in headers.items()}, body) is None

    def test_a_new_webhook_is_greeted_and_nothing_else_is(self, shop: WooShop) -> None:
        connector = self.connector(shop)
        assert connector.greets({}, b"webhook_id=17")
        assert not connector.greets({}, b"webhook_id=17&x=1")
        assert not connector.greets({}, b"{}")

    def test_what_is_no_order_is_refused_by_name(self, shop: WooShop) -> None:
        connector = self.connector(shop)
        for body in (b"{", b"[]", b'{"status": "pending"}', b'"x"', b"null"):
            with pytest.raises(StoreRefused):
                connector.parse("order.updated", body)
        assert connector.parse("order.deleted", b'{"id": 5}').orders == []
        assert connector.parse("customer.updated", b'{"id": 5}').orders == []

    def test_an_order_is_read_with_its_sums_and_people(self, shop: WooShop) -> None:
        shop.new_order("A1", paid=True)
        data = shop.order("A1")
        data["fee_lines"] = [{"id": 1, "total": "-5.00"}, {"id": 2, "total": "1.50"}]
        data["total_tax"], data["discount_total"] = "3.00", "2.00"
        data["total"] = "72.40"
        data["coupon_lines"] = [{"code": "sorry-1"}]
        data["refunds"] = [{"id": 3, "total": "-2.40"}]
        data["meta_data"] = [
            {
                "key": "_wc_shipment_tracking_items",
                "value": [{"tracking_provider": "DHL", "tracking_number": "00340", "date_shipped": "1"}],
            }
        ]
        payload = reading.order_payload(data)
        assert payload is not None
        order = upsert_order(store=shop.connection.store, payload=payload)
        assert order.total == 7240
        assert (order.shipping_fee, order.tax, order.discount, order.paid) == (690, 300, 700, 7240)
        assert (order.refunded, order.status, order.coupon_code) == (240, "shipped", "sorry-1")
        assert order.buyer.external_id == "guest:ada@buyer.test"
        assert order.address == ADDRESS
        assert order.shipments.get().tracking_number == "00340"
        assert order.payments.get().reference == "ch_1"

    @pytest.mark.parametrize(
        ("status", "paid", "ours"),
        [
            ("pending", False, "unpaid"),
            ("on-hold", False, "unpaid"),
            ("failed", False, "unpaid"),
            ("processing", True, "paid"),
            ("completed", True, "completed"),
            ("cancelled", False, "cancelled"),
            ("refunded", True, "cancelled"),
            ("awaiting-pickup", True, "paid"),
            ("quote", False, "unpaid"),
        ],
    )
    def test_each_status_has_one_of_ours(self, shop: WooShop, status: str, paid: bool, ours: str) -> None:
        payload = reading.order_payload(shop.server.new_order("A1", status=status, paid=paid))
        assert payload is not None
        assert payload["status"] == ours

    def test_a_product_is_read_also_without_price_sku_and_count(self, shop: WooShop) -> None:
        data = {
            "id": 12,
            "name": "Gift card",
            "sku": "",
            "price": "",
            "status": "publish",
            "stock_status": "instock",
            "stock_quantity": None,
            "date_modified_gmt": "2026-11-01T08:00:00",
            "permalink": "https://shop.test/gift",
        }
        payload = reading.product_payload(data, "USD")
        assert payload is not None
        product = upsert_product(store=shop.connection.store, payload=payload)
        assert (product.sku, product.price, product.active) == ("#12", 0, True)

    def test_what_the_connector_says_of_itself_never_shows_a_key(self, shop: WooShop) -> None:
        shop.server.always = "locked out"
        with pytest.raises(StoreRefused) as caught:
            self.connector(shop).check()
        assert SECRET not in str(caught.value)
        assert isinstance(self.connector(shop), WooCommerceStore)
