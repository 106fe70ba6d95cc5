"""A Shopify shop on this machine: its GraphQL Admin API as documented, over real HTTP.

Requests are checked and answered by the types of shopify.graphql. Times have whole seconds, searches are for words,
an edit does nothing until it is committed, a refund without its key is an error, an order is cancelled in a job.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from graphql import GraphQLError, build_schema, graphql_sync

from orders.stores.shopify.api import VERSION
from tests.orders.stores.contract import ADDRESS, FEE, LINES
from tests.orders.stores.fake import Asked, FakeShop, Told
from tests.orders.stores.shopify_fields import Root
from tests.orders.stores.shopify_rows import (
    Row,
    money,
    page,
    stamp,
    theirs,
    total,
)

TOKEN, SECRET = "shpat_test", "shpss_test"
ALL_SCOPES = (
    "write_orders write_order_edits read_products read_customers read_locations write_discounts"
    " write_merchant_managed_fulfillment_orders"
)
SCHEMA = build_schema(
    "schema { query: QueryRoot mutation: Mutation }\n"
    + (Path(__file__).parent / "shopify.graphql").read_text()
)
# What faults meet: the step that does something to the order. Marks and the steps before a commit have own tests.
DECISIVE = {"SetAddress", "Refund", "Cancel", "EditCommit", "Hold", "Release", "CreateCoupon", "EndCoupon"}


class FakeShopify(FakeShop):
    def __init__(self) -> None:
        self.orders: dict[str, Row] = {}  # by id
        self.products: list[Row] = []
        self.discounts: dict[str, Row] = {}
        self.edits: dict[str, Row] = {}
        self.jobs: dict[str, int] = {}
        self.keys: dict[str, Row] = {}  # of refunds
        self.scopes = ALL_SCOPES
        self.next_id = 100
        self.wrong_errors: list[Row] = []  # answered instead of data, once each
        self.refund_refused = False
        self.on_commit: Callable[[Row], None] | None = None
        super().__init__()

    # -- the API

    def changes(self, asked: Asked) -> bool:
        found = re.search(r"mutation (\w+)", (asked.data or {}).get("query", ""))
        return bool(found and found.group(1) in DECISIVE)

    def busy(self) -> Told:
        status = {"maximumAvailable": 2000.0, "currentlyAvailable": 20, "restoreRate": 100.0}
        cost = {"requestedQueryCost": 420, "actualQueryCost": None, "throttleStatus": status}
        wrong = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
        return Told({"errors": [wrong], "extensions": {"cost": cost}})

    def locked_out(self) -> Told:
        return Told(
            {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}, 401
        )

    def answer(self, asked: Asked) -> Told:
        if asked.path != f"/admin/api/{VERSION}/graphql.json" or asked.method != "POST":
            return Told({"errors": "Not Found"}, 404)
        if asked.headers.get("x-shopify-access-token") != TOKEN:
            return self.locked_out()
        if self.wrong_errors:
            return Told(self.wrong_errors.pop(0))
        said = graphql_sync(
            SCHEMA, asked.data["query"], root_value=Root(self), variable_values=asked.data.get("variables")
        )
        told: Row = {"data": said.data, "extensions": {"cost": {"requestedQueryCost": 12}}}
        if said.errors:
            told = {"errors": [_error(error) for error in said.errors], "data": said.data}
        return Told(told, headers={"X-Request-Id": "1"})

    # -- its stock of things

    def gid(self, kind: str) -> str:
        self.next_id += 1
        return f"gid://shopify/{kind}/{self.next_id}"

    def touch(self, order: Row) -> None:
        order["updatedAt"] = stamp(datetime.now(UTC))
        order["version"] += 1

    def by_number(self, number: str) -> Row:
        return next(order for order in self.orders.values() if order["name"] == f"#{number}")

    def new_order(
        self,
        number: str,
        *,
        paid: bool = False,
        dispatched: bool = False,
        updated_at: datetime | None = None,
        lines: list[Row] | None = None,
    ) -> Row:
        self.orders = {gid: row for gid, row in self.orders.items() if row["name"] != f"#{number}"}
        when = stamp(updated_at or datetime.now(UTC) - timedelta(hours=1))
        order: Row = {
            "id": self.gid("Order"),
            "name": f"#{number}",
            "createdAt": when,
            "updatedAt": when,
            "version": 1,
            "cancelledAt": None,
            "closed": False,
            "note": "Ring twice",
            "discountCode": None,
            "currencyCode": "USD",
            "presentmentCurrencyCode": "USD",
            "taxesIncluded": False,
            "email": "ada@buyer.test",
            "phone": None,
            "customer": {
                "legacyResourceId": "1001",
                "displayName": "Ada Buyer",
                "defaultEmailAddress": {"emailAddress": "ada@buyer.test"},
                "defaultPhoneNumber": {"phoneNumber": "+49301234567"},
            },
            "address": theirs(ADDRESS),
            "shipping": [{"id": self.gid("ShippingLine"), "title": "Standard", "price": FEE}],
            "lines": [self.line(row) for row in lines or LINES],
            "cancellation": None,
            "refunds": [],
            "transactions": [],
            "parcels": [],
            "holds": [],
            "metafields": {},
            "fulfilment": self.gid("FulfillmentOrder"),
        }
        self.orders[order["id"]] = order
        if paid:
            order["transactions"].append(self.transaction("SALE", total(order), when))
        if dispatched:
            order["parcels"].append(
                {
                    "status": "SUCCESS",
                    "createdAt": when,
                    "displayStatus": "IN_TRANSIT",
                    "trackingInfo": [{"company": "DHL", "number": "JD014600"}],
                    "events": page(
                        [{"happenedAt": when, "status": "IN_TRANSIT", "city": "Berlin", "country": "DE"}]
                    ),
                }
            )
        return order

    def line(self, row: Row) -> Row:
        number = str(700 + sum(ord(letter) for letter in row["sku"]))
        return {
            "id": self.gid("LineItem"),
            "sku": row["sku"],
            "title": row["name"],
            "variantTitle": row.get("variant"),
            "quantity": row["quantity"],
            "price": row["unit_price"],
            "variant": {
                "id": f"gid://shopify/ProductVariant/{number}",
                "legacyResourceId": number,
                "sku": row["sku"],
            },
        }

    def transaction(self, kind: str, amount: int, when: str, parent: Row | None = None) -> Row:
        return {
            "id": self.gid("OrderTransaction"),
            "kind": kind,
            "status": "SUCCESS",
            "gateway": "shopify_payments",
            "formattedGateway": "Shopify Payments",
            "paymentId": f"pay_{self.next_id}",
            "processedAt": when,
            "amount": amount,
            "amountSet": money(amount),
            "parentTransaction": parent,
        }

    def refund(self, order: Row, amount: int, note: str) -> Row:
        now = stamp(datetime.now(UTC))
        parent = next(row for row in order["transactions"] if row["kind"] == "SALE")
        order["transactions"].append(self.transaction("REFUND", amount, now, parent))
        row = {"id": self.gid("Refund"), "note": note, "createdAt": now, "totalRefundedSet": money(amount)}
        order["refunds"].append(row)
        self.touch(order)
        return row

    def new_product(self, sku: str, *, price: int = 2400, stock: int = 12, updated_at: datetime) -> None:
        number = str(700 + sum(ord(letter) for letter in sku))
        variant = {
            "id": f"gid://shopify/ProductVariant/{number}",
            "legacyResourceId": number,
            "sku": sku,
            "title": "Default Title",
            "price": str(Decimal(price) / 100),
            "inventoryQuantity": stock,
        }
        product: Row = {
            "id": self.gid("Product"),
            "title": f"Product {sku}",
            "productType": "Mugs",
            "status": "ACTIVE",
            "onlineStoreUrl": f"https://shop.test/products/{sku}",
            "updatedAt": stamp(updated_at),
            "featuredMedia": {
                "__typename": "MediaImage",
                "preview": {"image": {"url": "https://cdn.test/a.png"}},
            },
            "rows": [variant],
        }
        variant["product"] = product
        product["variants"] = page(product["rows"])
        self.products.append(product)

    def hook(self, topic: str, data: Any) -> tuple[dict[str, str], bytes]:
        """Return headers (lower case) and body of a webhook as Shopify sends it."""
        body = json.dumps(data).encode()
        digest = hmac.new(SECRET.encode(), body, hashlib.sha256).digest()
        headers = {
            "x-shopify-topic": topic,
            "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
            "x-shopify-hmac-sha256": base64.b64encode(digest).decode(),
        }
        return headers, body


def _error(error: GraphQLError) -> Row:
    return {"message": error.message, "extensions": error.extensions or {}}
