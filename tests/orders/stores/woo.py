"""A WooCommerce that behaves as its REST API v3 documents, in the parts that the connector uses."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.orders.stores.contract import ADDRESS, LINES
from tests.orders.stores.fake import Asked, FakeShop, Told

KEY, SECRET, HOOK_SECRET = "ck_test", "cs_test", "hook & secret"


class WooCommerce(FakeShop):
    def __init__(self) -> None:
        self.orders: dict[int, dict[str, Any]] = {}
        self.coupons: dict[int, dict[str, Any]] = {}
        self.products: dict[int, dict[str, Any]] = {}
        self.reviews: list[dict[str, Any]] | None = []
        self.refunds: dict[int, list[dict[str, Any]]] = {}
        self.clock = datetime(2026, 11, 20, 12, tzinfo=UTC)
        self.next_id = 500
        self.provider_fails = ""
        super().__init__()

    # -- the shop's own side

    def tick(self) -> str:
        self.clock += timedelta(seconds=2)
        return gmt(self.clock)

    def new_id(self) -> int:
        self.next_id += 1
        return self.next_id

    def new_order(
        self, number: str, *, status: str, paid: bool, at: datetime | None = None
    ) -> dict[str, Any]:
        for old in [i for i, order in self.orders.items() if order["number"] == number]:
            del self.orders[old]
        modified = gmt(at) if at else self.tick()
        order_id = self.new_id()
        order = {
            "id": order_id,
            "number": number,
            "status": status,
            "currency": "USD",
            "customer_id": 0,
            "customer_note": "Ring twice",
            "billing": {
                "first_name": "Ada", "last_name": "Buyer", "email": "Ada@Buyer.test", "phone": ADDRESS["phone"],
            },
            "shipping": {
                "first_name": "Ada", "last_name": "Buyer", "address_1": ADDRESS["line1"], "address_2": "",
                "city": "Berlin", "state": "", "postcode": "10115", "country": "DE", "phone": "",
            },
            "payment_method": "stripe",
            "payment_method_title": "Credit card",
            "transaction_id": "ch_1" if paid else "",
            "payment_url": "" if paid else f"https://shop.test/checkout/order-pay/{order_id}/",
            "date_paid_gmt": modified if paid else None,
            "date_created_gmt": modified,
            "date_modified_gmt": modified,
            "line_items": [
                {
                    "id": self.new_id(), "name": line["name"], "product_id": 10 + index, "variation_id": 0,
                    "sku": line["sku"], "quantity": line["quantity"],
                    "subtotal": dec(line["unit_price"] * line["quantity"]),
                    "total": dec(line["unit_price"] * line["quantity"]), "meta_data": [],
                }
                for index, line in enumerate(LINES)
            ],
            "shipping_lines": [
                {"id": self.new_id(), "method_id": "flat_rate", "method_title": "Post", "total": "6.90"}
            ],
            "fee_lines": [],
            "coupon_lines": [],
            "meta_data": [],
            "refunds": [],
            "discount_total": "0.00",
            "total_tax": "0.00",
        }  # fmt: skip
        self.orders[order_id] = order
        self.refunds[order_id] = []
        self.reckon(order)
        return order

    def reckon(self, order: dict[str, Any]) -> None:
        shipping = sum(Decimal(line["total"]) for line in order["shipping_lines"])
        others = sum(Decimal(line["total"]) for line in order["line_items"] + order["fee_lines"])
        order["shipping_total"] = f"{shipping:.2f}"
        order["total"] = f"{shipping + others:.2f}"

    # -- its API

    def locked_out(self) -> Told:
        return Told(error("woocommerce_rest_authentication_error", "Consumer key is invalid.", 401), 401)

    def busy(self) -> Told:
        return Told(error("rate_limited", "Too many requests.", 429), 429, {"Retry-After": "7"})

    def answer(self, asked: Asked) -> Told:
        login = "Basic " + base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        if asked.headers.get("authorization") != login:
            return self.locked_out()
        path = asked.path.removeprefix("/wp-json/wc/v3/").split("/")
        match asked.method, path:
            case "GET", ["orders" | "products" as what]:
                return self.listed(list(getattr(self, what).values()), asked)
            case "GET", ["products", "reviews"]:
                return self.listed_reviews(asked)
            case "GET", ["orders", number] if int(number) in self.orders:
                return Told(self.orders[int(number)])
            case "PUT", ["orders", number] if int(number) in self.orders:
                return self.put(self.orders[int(number)], asked.data)
            case "GET", ["orders", number, "refunds"]:
                return Told(self.refunds[int(number)])
            case "POST", ["orders", number, "refunds"]:
                return self.refund(self.orders[int(number)], asked.data)
            case "GET", ["coupons"]:
                found = [c for c in self.coupons.values() if c["code"] == asked.query["code"].lower()]
                return Told(found)
            case "POST", ["coupons"]:
                return self.new_coupon(asked.data)
            case "DELETE", ["coupons", number] if asked.query.get("force") == "true":
                return Told(self.coupons.pop(int(number)))
        return Told(error("woocommerce_rest_shop_order_invalid_id", "Invalid ID.", 404), 404)

    def listed(self, rows: list[dict[str, Any]], asked: Asked) -> Told:
        query = asked.query
        if "search" in query:
            rows = [row for row in rows if query["search"] in row["number"]]
        if "include" in query:
            rows = [row for row in rows if str(row["id"]) in query["include"].split(",")]
        if "sku" in query:
            rows = [row for row in rows if row["sku"] in query["sku"].split(",")]
        if after := query.get("modified_after"):
            assert query["dates_are_gmt"] == "true"
            rows = [row for row in rows if row["date_modified_gmt"] > after]
        if query.get("orderby") == "modified":
            rows = sorted(rows, key=lambda row: (row["date_modified_gmt"], row["id"]))
        size, page = int(query.get("per_page", "10")), int(query.get("page", "1"))
        pages = -(-len(rows) // size)
        return Told(rows[size * (page - 1) : size * page], headers={"X-WP-TotalPages": str(pages)})

    def listed_reviews(self, asked: Asked) -> Told:
        if self.reviews is None:
            return Told(error("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.", 403), 403)
        found = [row for row in self.reviews if row["date_created_gmt"] > asked.query["after"]]
        size, page = int(asked.query["per_page"]), int(asked.query["page"])
        return Told(found[size * (page - 1) : size * page])

    def put(self, order: dict[str, Any], data: dict[str, Any]) -> Told:
        for name in ("shipping_lines", "fee_lines"):
            for said in data.get(name, []):
                line = next((line for line in order[name] if line["id"] == said.get("id")), None)
                if line is None:
                    line = {"id": self.new_id()}
                    order[name].append(line)
                line.update(said | {"id": line["id"]})
        order["shipping"] |= data.get("shipping", {})
        order["status"] = data.get("status", order["status"])
        for meta in data.get("meta_data", []):
            order["meta_data"].append({"id": self.new_id(), **meta})
        order["date_modified_gmt"] = self.tick()
        self.reckon(order)
        return Told(order)

    def refund(self, order: dict[str, Any], data: dict[str, Any]) -> Told:
        words = self.provider_fails if data["api_refund"] else ""
        refunded = sum(Decimal(refund["amount"]) for refund in self.refunds[order["id"]])
        if Decimal(data["amount"]) > Decimal(order["total"]) - refunded:
            words = "Invalid refund amount."
        if words:
            return Told(error("woocommerce_rest_cannot_create_order_refund", words, 500), 500)
        refund = {
            "id": self.new_id(), "date_created_gmt": self.tick(), "amount": data["amount"],
            "reason": data["reason"], "line_items": data["line_items"], "meta_data": data["meta_data"],
            "restocked": data["api_restock"],
        }  # fmt: skip
        self.refunds[order["id"]].insert(0, refund)
        order["refunds"].insert(
            0, {"id": refund["id"], "reason": data["reason"], "total": "-" + data["amount"]}
        )
        order["date_modified_gmt"] = gmt(self.clock)
        if refunded + Decimal(data["amount"]) == Decimal(order["total"]):
            order["status"] = "refunded"
        return Told(refund, 201)

    def new_coupon(self, data: dict[str, Any]) -> Told:
        code = data["code"].lower()
        if any(coupon["code"] == code for coupon in self.coupons.values()):
            words = "The coupon code already exists"
            return Told(error("woocommerce_rest_coupon_code_already_exists", words, 400), 400)
        coupon = {**data, "id": self.new_id(), "code": code, "usage_count": 0}
        self.coupons[coupon["id"]] = coupon
        return Told(coupon, 201)

    # -- its webhooks

    def hook(self, topic: str, data: Any, *, delivery: str = "d1") -> tuple[dict[str, str], bytes]:
        """Return the headers and the body of a delivery."""
        body = json.dumps(data).encode()
        signature = base64.b64encode(hmac.digest(HOOK_SECRET.encode(), body, hashlib.sha256)).decode()
        headers = {
            "X-WC-Webhook-Topic": topic,
            "X-WC-Webhook-Signature": signature,
            "X-WC-Webhook-Delivery-ID": delivery,
        }
        return headers, body


def gmt(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def dec(amount: int) -> str:
    return f"{Decimal(amount) / 100:.2f}"


def error(code: str, message: str, status: int) -> dict[str, Any]:
    return {"code": code, "message": message, "data": {"status": status}}
