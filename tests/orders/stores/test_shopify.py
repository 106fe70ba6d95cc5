"""The Shopify connector: what every connector promises, and what is Shopify's own."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from orders.models import Connection
from people.models import Store
from tests.orders.stores.contract import StoreContract
from tests.orders.stores.fake_shopify import SECRET, TOKEN, FakeShopify
from tests.orders.stores.shopify_rows import on_hold, refunded


class ShopifyShop:
    def __init__(self, store: Store) -> None:
        self.server = FakeShopify()
        self.connection = Connection.objects.create(
            store=store,
            kind="shopify",
            config={"url": self.server.url},
            secrets={"token": TOKEN, "client_secret": SECRET},
        )

    def new_order(
        self, number: str, *, paid: bool = False, dispatched: bool = False, updated_at: datetime | None = None
    ) -> None:
        self.server.new_order(number, paid=paid, dispatched=dispatched, updated_at=updated_at)

    def seen(self, number: str) -> dict[str, Any]:
        order = self.server.by_number(number)
        address = order["address"]
        return {
            "shipping_fee": sum(line["price"] for line in order["shipping"]),
            "shipping_method": order["shipping"][0]["title"],
            "address": {
                "name": f"{address['firstName']} {address['lastName']}".strip(),
                "phone": address["phone"] or "",
                "line1": address["address1"],
                "line2": address["address2"],
                "city": address["city"],
                "region": address["provinceCode"] or "",
                "postcode": address["zip"],
                "country": address["countryCodeV2"],
            },
            "discount": 0,
            "refunded": refunded(order),
            "on_hold": on_hold(order),
            "cancelled": bool(order["cancelledAt"]),
            "lines": [
                {"sku": line["sku"], "quantity": line["quantity"]}
                for line in order["lines"]
                if line["quantity"]
            ],
        }

    def coupons(self) -> dict[str, dict[str, Any]]:
        found = {}
        for code, node in self.server.discounts.items():
            discount = node["codeDiscount"]
            if discount["status"] == "ACTIVE":
                amount = discount["customerGets"]["value"]["amount"]["amount"]
                found[code] = {"kind": "amount", "value": int(float(amount) * 100)}
        return found

    def redeem(self, code: str) -> None:
        self.server.discounts[code.upper()]["codeDiscount"]["asyncUsageCount"] = 1


class TestShopify(StoreContract):
    path = "orders.stores.shopify.ShopifyStore"

    @pytest.fixture
    def shop(self, store: Store) -> Iterator[ShopifyShop]:
        shop = ShopifyShop(store)
        yield shop
        shop.server.close()
