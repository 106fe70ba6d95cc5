"""What WooCommerce is told about an order.

It has no idempotency keys, so each command leaves ours behind, in the same request that does it: a change of an
order as a meta field `_helpdesk_<key>` whose value is the result, a refund as its own meta field and, because
that is written a moment after the refund itself, in its reason too. Each command looks for its key first.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_noop

from orders.amounts import plain
from orders.stores.base import Result, StoreRefused
from orders.stores.http import Denied, StoreHttp, read_json
from orders.stores.values import minor, moment
from orders.stores.woocommerce import reading

UNKNOWN_ORDER = gettext_noop("The store does not know this order.")
DISPATCHED = gettext_noop("The store has dispatched this order.")
PAID = gettext_noop("The buyer has just paid for this order.")
CANCELLED = gettext_noop("The order is cancelled at the store.")
CHANGED = gettext_noop("It is another by now at the store.")
KEY = "_helpdesk_"
DISCOUNT = "Discount"


class WooOrder:
    """An order as the shop has it now, and how it is changed."""

    def __init__(self, http: StoreHttp, number: str) -> None:
        self.http = http
        self.data = _find(http, number)
        self.path = f"orders/{self.data['id']}"
        self.currency: str = self.data["currency"]
        self.status = reading.STATUSES.get(self.data["status"], "")
        self.paid = bool(self.data.get("date_paid_gmt"))

    def done(self, key: str) -> Result | None:
        """Return the result of the command that came with the key."""
        for meta in self.data.get("meta_data") or []:
            if meta.get("key") == KEY + key:
                return _result(json.loads(meta["value"]), self.data["date_modified_gmt"])
        return None

    def change(self, key: str, result: Result, **fields: Any) -> Result:
        """Set fields of the order and leave the key behind."""
        meta = [{"key": KEY + key, "value": json.dumps(result)}]
        said = read_json(self.http.send("PUT", self.path, {**fields, "meta_data": meta}))
        return _result(result, said["date_modified_gmt"])

    # -- refunds

    def refunds(self) -> list[dict[str, Any]]:
        """Oldest first."""
        found = read_json(self.http.get(f"{self.path}/refunds", per_page="100"))
        return sorted(found, key=lambda refund: int(refund["id"]))

    def refund_done(self, key: str) -> Result | None:
        so_far = 0
        for refund in self.refunds():
            so_far += minor(refund["amount"], self.currency)
            metas = [meta.get("key") for meta in refund.get("meta_data") or []]
            if KEY + key in metas or f"[{key}]" in (refund.get("reason") or ""):
                return _result({"refunded": so_far}, refund["date_created_gmt"])
        return None

    def refund(
        self,
        key: str,
        amount: int,
        *,
        lines: list[dict[str, Any]],
        reason: str,
        restock: bool,
        by_provider: bool,
    ) -> Result:
        before = reading.refunded_sum(self.data)
        said = read_json(
            self.http.send(
                "POST",
                f"{self.path}/refunds",
                {
                    "amount": plain(amount, self.currency),
                    "reason": f"{reason} [{key}]".strip(),
                    "line_items": lines,
                    "api_refund": by_provider,
                    "api_restock": restock,
                    "meta_data": [{"key": KEY + key, "value": "1"}],
                },
            )
        )
        return _result({"refunded": before + amount}, said["date_created_gmt"])

    def lines_of(self, wanted: list[dict[str, Any]], shipping: int, amount: int) -> list[dict[str, Any]]:
        """Return what a refund of these goods says of its lines, together at most `amount`.

        Raises StoreRefused where the order holds fewer of them.
        """
        found, left = [], amount - shipping
        for line in wanted:
            for item, quantity in self._pieces(line["sku"], int(line["quantity"])):
                each = minor(item["total"], self.currency) / item["quantity"]
                value = min(round(each * quantity), left)
                left -= value
                found.append(self._refunded(item["id"], quantity, value))
        for item in self.data["shipping_lines"][:1] if shipping else []:
            found.append(self._refunded(item["id"], 1, shipping))
        return found

    def _refunded(self, item_id: int, quantity: int, value: int) -> dict[str, Any]:
        return {"id": item_id, "quantity": quantity, "refund_total": float(plain(value, self.currency))}

    def _pieces(self, sku: str, quantity: int) -> list[tuple[dict[str, Any], int]]:
        pieces = []
        for item in self.data["line_items"]:
            if reading.sku_of(item) == sku and quantity > 0 and item["quantity"] > 0:
                taken = min(quantity, item["quantity"])
                pieces.append((item, taken))
                quantity -= taken
        if quantity > 0:
            raise StoreRefused(gettext_noop("The order does not hold that many of these goods at the store."))
        return pieces

    # -- what it allows

    def undispatched(self) -> None:
        if self.status == "cancelled":
            raise StoreRefused(CANCELLED)
        if self.status in ("shipped", "delivered", "completed"):
            raise StoreRefused(DISPATCHED)

    def unpaid(self) -> None:
        self.undispatched()
        if self.paid:
            raise StoreRefused(PAID)

    def still(self, is_now: Any, expected: Any) -> None:
        if is_now != expected:
            raise StoreRefused(CHANGED)


def _find(http: StoreHttp, number: str) -> dict[str, Any]:
    """Return the order of a number: its id at most shops, found by a search where a plugin counts otherwise."""
    if number.isascii() and number.isdigit():
        try:
            found = read_json(http.get(f"orders/{number}"))
        except Denied as denied:
            if denied.status != 404:
                raise
        else:
            if found.get("number") == number:
                return dict(found)
    for found in read_json(http.get("orders", search=number, per_page="20")):
        if found.get("number") == number:
            return dict(found)
    raise StoreRefused(UNKNOWN_ORDER)


def _result(fields: dict[str, Any], modified: str) -> Result:
    """A second before the shop's own time of it: what it says of the order at that time has more in it (taxes, say),
    and must not be taken for known."""
    at = datetime.fromisoformat(moment(modified)) - timedelta(seconds=1)
    return {**fields, "updated_at": at.isoformat()}


# -- The commands


def change_shipping_fee(order: WooOrder, key: str, fee: int, expected: int) -> Result:
    order.unpaid()
    order.still(minor(order.data["shipping_total"], order.currency), expected)
    first, *others = order.data["shipping_lines"] or [{}]
    lines = [{"id": first["id"]} if first else {"method_id": "flat_rate", "method_title": "Shipping"}]
    lines[0]["total"] = plain(fee, order.currency)
    lines += [{"id": line["id"], "total": "0"} for line in others]
    return order.change(key, {"shipping_fee": fee}, shipping_lines=lines)


def change_carrier(order: WooOrder, key: str, shipping_method: str) -> Result:
    order.undispatched()
    first, *_others = order.data["shipping_lines"] or [{"total": "0", "method_id": "flat_rate"}]
    line = {name: first[name] for name in ("id", "method_id", "total") if name in first}
    lines = [{**line, "method_title": shipping_method}]
    return order.change(key, {"shipping_method": shipping_method}, shipping_lines=lines)


def change_address(order: WooOrder, key: str, address: dict[str, str], expected: dict[str, str]) -> Result:
    order.undispatched()
    names = reading.address(order.data)
    order.still({n: names[n] for n in names if names[n]}, {n: v for n, v in expected.items() if v})
    return order.change(key, {"address": address}, shipping=reading.shipping(address))


def discount(order: WooOrder, key: str, amount: int, expected: int) -> Result:
    """Coupons stay; the rest of the discount is a fee below zero, which is how WooCommerce writes one by hand."""
    order.unpaid()
    order.still(reading.discount(order.data), expected)
    rest = amount - minor(order.data.get("discount_total"), order.currency)
    if rest < 0:
        raise StoreRefused(gettext_noop("A coupon on this order takes off more than that already."))
    by_hand = [fee for fee in order.data.get("fee_lines") or [] if minor(fee["total"], order.currency) < 0]
    total = plain(-rest, order.currency)
    line = {"id": by_hand[0]["id"]} if by_hand else {"name": DISCOUNT, "tax_status": "none"}
    lines = [{**line, "total": total}] + [{"id": fee["id"], "total": "0"} for fee in by_hand[1:]]
    return order.change(key, {"discount": amount}, fee_lines=lines)


def cancel(order: WooOrder, key: str, reason: str, restock: bool, by_provider: bool) -> Result:
    """One request: a refund of all that was paid makes the order "refunded", which ends it too."""
    order.undispatched()
    before = reading.refunded_sum(order.data)
    left = minor(order.data["total"], order.currency) - before
    if not order.paid or left <= 0:
        return order.change(key, {"status": "cancelled", "refunded": before}, status="cancelled")
    goods = [
        order._refunded(item["id"], item["quantity"], minor(item["total"], order.currency))
        for item in order.data["line_items"]
        if item["quantity"] > 0 and not before
    ]
    said = order.refund(key, left, lines=goods, reason=reason, restock=restock, by_provider=by_provider)
    return {**said, "status": "cancelled"}
