"""The demo shop keeps the promises of every store."""

from datetime import datetime
from typing import Any

import pytest

from orders.models import Connection, DemoShopCoupon, DemoShopOrder, Order, OrderLine
from people.models import Buyer, Store
from tests.orders.stores.contract import ADDRESS, FEE, ITEMS, LINES, StoreContract


class DemoShop:
    """Its tables, and the desk's copy of its orders: the demo shop reads there what it keeps no column for."""

    server = None

    def __init__(self, store: Store) -> None:
        self.store = store
        ways = {"shipping_methods": [{"name": "Express"}]}
        self.connection = Connection.objects.create(store=store, kind="demo", config=ways)
        self.buyer = Buyer.objects.create(store=store, external_id="1001", name="Ada Buyer")

    def new_order(
        self, number: str, *, paid: bool = False, dispatched: bool = False, updated_at: datetime | None = None
    ) -> None:
        DemoShopOrder.objects.filter(store=self.store, number=number).delete()
        DemoShopOrder.objects.create(
            store=self.store, number=number, shipping_fee=FEE, paid=paid, dispatched=dispatched
        )
        status = "shipped" if dispatched else "paid" if paid else "unpaid"
        values = {"status": status, "paid": ITEMS + FEE if paid else 0, "shipping_fee": FEE}
        order, created = Order.objects.update_or_create(
            store=self.store,
            number=number,
            defaults={
                "buyer": self.buyer,
                "currency": "USD",
                "items_total": ITEMS,
                "address": ADDRESS,
                **values,
            },
        )
        if created:
            OrderLine.objects.bulk_create([OrderLine(order=order, **line) for line in LINES])

    def seen(self, number: str) -> dict[str, Any]:
        order = DemoShopOrder.objects.get(store=self.store, number=number)
        lines = LINES if order.lines is None else order.lines
        return {
            "shipping_fee": order.shipping_fee,
            "shipping_method": order.shipping_method,
            "address": ADDRESS if order.address is None else order.address,
            "discount": order.discount or 0,
            "refunded": order.refunded,
            "on_hold": order.on_hold,
            "cancelled": order.cancelled,
            "lines": [{"sku": line["sku"], "quantity": line["quantity"]} for line in lines],
        }

    def coupons(self) -> dict[str, dict[str, Any]]:
        rows = DemoShopCoupon.objects.filter(store=self.store, redeemed_by="")
        return {row.code: row.terms for row in rows if not row.terms.get("revoked")}

    def redeem(self, code: str) -> None:
        DemoShopCoupon.objects.filter(store=self.store, code=code).update(redeemed_by="A1")


class TestDemoStore(StoreContract):
    path = "orders.stores.demo.DemoStore"

    @pytest.fixture
    def shop(self, store: Store) -> DemoShop:
        return DemoShop(store)
