"""A django-oscar shop on this machine, as django-oscar-api 3.3.0 answers; test_oscar_live.py asks the real one."""

import base64
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.orders.stores.contract import ADDRESS, FEE, LINES
from tests.orders.stores.fake import Asked, FakeShop, Told

USER, PASSWORD = "desk@shop.test", "staff-password"
Row = dict[str, Any]


def text(minor: int) -> str:
    return str((Decimal(minor) / 100).quantize(Decimal("0.01")))


class FakeOscar(FakeShop):
    def __init__(self, *, page_size: int = 0) -> None:
        self.page_size = page_size  # 0: as oscar's API comes, without pages
        self.orders: dict[str, Row] = {}
        self.lines: dict[int, list[Row]] = {}
        self.products: list[Row] = []
        self.next_id = 0
        self.blocked = False
        super().__init__()
        for line in LINES:
            self.new_product(str(line["sku"]), str(line["name"]), int(str(line["unit_price"])))

    def locked_out(self) -> Told:
        return Told({"detail": "Invalid username/password."}, 403)  # since sessions are asked about first

    def answer(self, asked: Asked) -> Told:
        expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if asked.headers.get("authorization") != expected:
            return self.locked_out()
        if asked.method != "GET":
            return Told({"detail": f'Method "{asked.method}" not allowed.'}, 405)
        if self.blocked:
            return Told("<h1>Not Found</h1>", 404)
        if asked.path == "/api/admin/products/":
            return self.listed(asked, self.products[::-1])  # the newest first
        if asked.path == "/api/admin/orders/":
            return self.listed(
                asked, sorted(self.orders.values(), key=lambda o: o["date_placed"], reverse=True)
            )
        if found := re.fullmatch(r"/api/admin/orders/(\d+)/lines/", asked.path):
            return Told(self.lines.get(int(found.group(1)), []))
        return Told({"detail": "Not found."}, 404)

    def listed(self, asked: Asked, rows: list[Row]) -> Told:
        if not self.page_size:
            return Told(rows)
        page = int(asked.query.get("page", "1"))
        end = page * self.page_size
        following = f"{self.url}{asked.path}?page={page + 1}" if len(rows) > end else None
        said = {"count": len(rows), "next": following, "previous": None}
        return Told({**said, "results": rows[end - self.page_size : end]})

    def new_id(self) -> int:
        self.next_id += 1
        return self.next_id

    def new_product(self, sku: str, name: str, price: int, **fields: Any) -> Row:
        number = self.new_id()
        record = {
            "partner_sku": sku,
            "price_currency": "USD",
            "price": text(price),
            "num_in_stock": 12,
            "num_allocated": 2,  # null, before the first order
        }
        row: Row = {
            "id": number,
            "url": f"{self.url}/api/admin/products/{number}/",
            "structure": "standalone",
            "upc": None,
            "title": name,
            "categories": ["Kitchen > Mugs"],
            "images": [{"original": "https://shop.test/media/mug.jpg"}],
            "stockrecords": [record],
            "parent": None,
            "is_public": True,
            "date_updated": "2026-10-01T08:00:00.000000Z",
        } | fields
        self.products.append(row)
        return row

    def new_order(self, number: str, *, status: str = "Pending", placed_at: datetime | None = None) -> Row:
        order_id = self.new_id()
        ids = {
            row["stockrecords"][0]["partner_sku"]: row["id"] for row in self.products if row["stockrecords"]
        }
        total = sum(int(str(line["quantity"])) * int(str(line["unit_price"])) for line in LINES)
        first, _space, last = ADDRESS["name"].partition(" ")
        row: Row = {
            "number": number,
            "basket": f"{self.url}/api/baskets/{order_id}/",
            "url": f"{self.url}/api/admin/orders/{order_id}/",
            "lines": f"{self.url}/api/admin/orders/{order_id}/lines/",
            "owner": f"{self.url}/api/users/7/",
            "billing_address": None,
            "currency": "USD",
            "total_incl_tax": text(total + FEE),
            "total_excl_tax": text(total + FEE),
            "shipping_incl_tax": text(FEE),
            "shipping_excl_tax": text(FEE),
            "shipping_address": {
                "id": order_id,
                "title": "",
                "first_name": first,
                "last_name": last,
                "line1": ADDRESS["line1"],
                "line2": "",
                "line3": "",
                "line4": ADDRESS["city"],
                "state": "",
                "postcode": ADDRESS["postcode"],
                "phone_number": ADDRESS["phone"],
                "notes": "Ring twice",
                "country": f"{self.url}/api/countries/{ADDRESS['country']}/",
            },
            "shipping_method": "Standard",
            "shipping_code": "standard",
            "status": status,
            "email": "ada@buyer.test",
            "date_placed": (placed_at or datetime.now(UTC)).isoformat().replace("+00:00", "Z"),
            "payment_url": "You need to implement a view named 'api-payment'",
            "offer_discounts": [],
            "voucher_discounts": [],
            "surcharges": [],
        }
        self.orders[number] = row
        self.lines[order_id] = [
            {
                "attributes": [],
                "url": f"{self.url}/api/admin/orderlines/{self.new_id()}/",
                "product": f"{self.url}/api/products/{ids[line['sku']]}/",
                "stockrecord": f"{self.url}/api/products/{ids[line['sku']]}/stockrecords/1/",
                "quantity": line["quantity"],
                "price_currency": "USD",
                "price_incl_tax": text(int(str(line["quantity"])) * int(str(line["unit_price"]))),
                "price_incl_tax_excl_discounts": text(
                    int(str(line["quantity"])) * int(str(line["unit_price"]))
                ),
                "order": f"{self.url}/api/orders/{order_id}/",
            }
            for line in LINES
        ]
        return row
