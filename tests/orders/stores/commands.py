"""The commands that every connector is tried with, on an order of two mugs and a shirt to Ada in Berlin."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from orders.stores.base import Result, StoreConnector

LINES = [
    {"sku": "MUG-1", "name": "Mug", "quantity": 2, "unit_price": 2400},
    {"sku": "TEE-1", "name": "Shirt", "quantity": 1, "unit_price": 2000},
]
ITEMS, FEE = 6800, 690
ADDRESS = {
    "name": "Ada Buyer",
    "phone": "+49301234567",
    "line1": "Invalidenstr. 1",
    "line2": "",
    "city": "Berlin",
    "region": "",
    "postcode": "10115",
    "country": "DE",
}
ELSEWHERE = {**ADDRESS, "line1": "Torstr. 140", "line2": "Hof 2", "postcode": "10119"}


Call = Callable[[StoreConnector, str], Result]


@dataclass(frozen=True)
class Command:
    """One command of a connector on order A1: how it is given, and what the shop says afterwards."""

    call: Call
    seen: dict[str, Any] = field(default_factory=dict)
    paid: bool = False  # the order it is given on
    # The same command, decided on something that is not true: refused.
    outdated: Call | None = None
    after_dispatch: bool = False  # it may be given on an order that is on its way


def _refund(expected: int) -> Call:
    return lambda shop, key: shop.refund(
        order_number="A1",
        amount=2400,
        currency="USD",
        lines=[{"sku": "MUG-1", "quantity": 1}],
        shipping=0,
        restock=True,
        reason="Arrived broken",
        key=key,
        expected=expected,
    )


def fee(expected: int, to: int = 0) -> Call:
    return lambda shop, key: shop.change_shipping_fee(
        order_number="A1", fee=to, currency="USD", key=key, expected=expected
    )


def _address(expected: dict[str, str]) -> Call:
    return lambda shop, key: shop.change_address(
        order_number="A1", address=ELSEWHERE, key=key, expected=expected
    )


def _discount(expected: int) -> Call:
    return lambda shop, key: shop.discount(
        order_number="A1", discount=500, currency="USD", key=key, expected=expected
    )


def _lines(expected: list[dict[str, Any]]) -> Call:
    return lambda shop, key: shop.edit_lines(
        order_number="A1", lines=[{"sku": "MUG-1", "quantity": 1}], key=key, expected=expected
    )


HELD = [{"sku": line["sku"], "quantity": line["quantity"]} for line in LINES]
COMMANDS: dict[str, Command] = {
    "change_shipping_fee": Command(fee(FEE), {"shipping_fee": 0}, outdated=fee(500)),
    "change_carrier": Command(
        lambda shop, key: shop.change_carrier(order_number="A1", shipping_method="Express", key=key),
        {"shipping_method": "Express"},
    ),
    "change_address": Command(
        _address(ADDRESS), {"address": ELSEWHERE}, outdated=_address({**ADDRESS, "line1": "Elsewhere 9"})
    ),
    "discount": Command(_discount(0), {"discount": 500}, outdated=_discount(200)),
    "refund": Command(_refund(0), {"refunded": 2400}, paid=True, outdated=_refund(100), after_dispatch=True),
    "cancel": Command(
        lambda shop, key: shop.cancel(order_number="A1", reason="Changed my mind", restock=True, key=key),
        {"cancelled": True},
    ),
    "edit_lines": Command(
        _lines(HELD),
        {"lines": [{"sku": "MUG-1", "quantity": 1}]},
        outdated=_lines([{"sku": "MUG-1", "quantity": 9}]),
    ),
    "hold": Command(
        lambda shop, key: shop.hold(order_number="A1", on_hold=True, key=key), {"on_hold": True}, paid=True
    ),
}
# What is tested by tests of its own below: it is about no order, or makes another.
OTHERS = {"replace", "create_coupon", "revoke_coupon", "answer_review"}
TERMS = {
    "kind": "amount",
    "value": 500,
    "currency": "USD",
    "most": None,
    "min_spend": 2000,
    "skus": [],
    "expires_at": "2030-01-31T00:00:00+00:00",
    "email": "ada@buyer.test",
}
