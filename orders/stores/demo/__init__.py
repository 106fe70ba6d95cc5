"""The demo store: a shop in tables of its own, which does what a real one promises.

shop.py has its orders and the keys it knows; delivery.py, sums.py and goods.py what it does to an order;
coupons.py its codes, reviews.py what it heard of its reviews.
"""

from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _

from orders.stores.base import Result, StoreConnector
from orders.stores.demo import coupons, delivery, goods, reviews, sums
from orders.stores.demo.shop import Change, carry_out, result_of
from orders.stores.demo.sums import pay

COUPON_COMMANDS = frozenset({"create_coupon", "revoke_coupon"})


class DemoStore(StoreConnector):
    kind = "demo"
    label = _("Demo shop")
    about = _("The shop that comes with the demo.")
    capabilities = COUPON_COMMANDS | frozenset(
        {
            "change_shipping_fee",
            "change_carrier",
            "change_address",
            "discount",
            "refund",
            "cancel",
            "edit_lines",
            "replace",
            "hold",
            "answer_review",
        }
    )

    def lookup(self, key: str, *, command: str = "", order_number: str = "") -> Result | None:
        if command in COUPON_COMMANDS:
            return coupons.result_of(self.connection.store_id, key, command)
        return result_of(self.connection.store_id, key)

    def shop_url(self, buyer: str = "") -> str:
        return coupons.shop_url(self.connection.store, buyer)

    def _do(self, number: str, key: str, change: Change) -> Result:
        return carry_out(self.connection.store_id, number, key, change)

    def change_shipping_fee(
        self, *, order_number: str, fee: int, currency: str, key: str, expected: int
    ) -> Result:
        return self._do(order_number, key, partial(delivery.change_fee, fee=fee, expected=expected))

    def change_address(
        self, *, order_number: str, address: dict[str, str], key: str, expected: dict[str, str]
    ) -> Result:
        change = partial(delivery.change_address, address=address, expected=expected)
        return self._do(order_number, key, change)

    def change_carrier(self, *, order_number: str, shipping_method: str, key: str) -> Result:
        change = partial(delivery.change_carrier, method=shipping_method, offered=self.shipping_methods())
        return self._do(order_number, key, change)

    def hold(self, *, order_number: str, on_hold: bool, key: str) -> Result:
        return self._do(order_number, key, partial(delivery.hold, on_hold=on_hold))

    def discount(self, *, order_number: str, discount: int, currency: str, key: str, expected: int) -> Result:
        return self._do(order_number, key, partial(sums.discount, discount=discount, expected=expected))

    def refund(
        self,
        *,
        order_number: str,
        amount: int,
        currency: str,
        lines: list[dict[str, Any]],
        shipping: int,
        restock: bool,
        reason: str,
        key: str,
        expected: int,
    ) -> Result:
        change = partial(sums.refund, amount=amount, lines=lines, restock=restock, expected=expected)
        return self._do(order_number, key, change)

    def cancel(self, *, order_number: str, reason: str, restock: bool, key: str) -> Result:
        return self._do(order_number, key, partial(sums.cancel, restock=restock))

    def edit_lines(
        self, *, order_number: str, lines: list[dict[str, Any]], key: str, expected: list[dict[str, Any]]
    ) -> Result:
        return self._do(order_number, key, partial(goods.edit_lines, lines=lines, expected=expected))

    def replace(
        self, *, order_number: str, lines: list[dict[str, Any]], charge: int, reason: str, key: str
    ) -> Result:
        return self._do(order_number, key, partial(goods.replace, lines=lines, charge=charge))

    def create_coupon(self, *, code: str, terms: dict[str, Any], key: str) -> Result:
        return coupons.create(self.connection.store_id, code=code, terms=terms)

    def revoke_coupon(self, *, code: str, key: str) -> Result:
        return coupons.revoke(self.connection.store_id, code=code)

    def answer_review(
        self, *, external_id: str, product_sku: str, reply: str, hidden: bool, key: str
    ) -> Result:
        return reviews.answer(
            self.connection.store_id, key, external_id=external_id, reply=reply, hidden=hidden
        )


__all__ = ["DemoStore", "pay"]
