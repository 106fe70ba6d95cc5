"""What buyers write about, how often, and when in an order's life they would."""

from collections.abc import Callable
from datetime import datetime, timedelta

from helpdesk.demo.sales import Sale

Window = tuple[datetime, datetime]

_M, _H, _D = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def _unpaid(sale: Sale) -> Window:
    return sale.placed_at + 6 * _M, sale.placed_at + 20 * _H


def _arrived(start: timedelta, end: timedelta) -> Callable[[Sale], Window]:
    return lambda sale: (sale.arrives_at + start, sale.arrives_at + end)


# topic -> (how often, when in the life of an order)
ABOUT_ORDERS: dict[str, tuple[int, Callable[[Sale], Window]]] = {
    "parcel": (22, lambda s: (s.due_at + 20 * _H, s.arrives_at - 4 * _H)),
    "missing": (5, _arrived(2 * _H, 40 * _H)),
    "when": (9, lambda s: (s.placed_at + s.pays_after + 4 * _H, s.due_at - _H)),
    "address": (8, lambda s: (s.placed_at + 10 * _M, s.due_at - 2 * _H)),
    "gift": (5, lambda s: (s.placed_at + 10 * _M, s.due_at - 2 * _H)),
    "cancel": (5, lambda s: (s.placed_at + 5 * _M, min(s.due_at - 2 * _H, s.placed_at + 18 * _H))),
    "fee": (8, _unpaid),
    "payment": (6, _unpaid),
    "fault": (12, _arrived(1 * _H, 13 * _D)),
    "wrong": (4, _arrived(1 * _H, 50 * _H)),
    "refund": (9, _arrived(10 * _H, 18 * _D)),
    "invoice": (7, lambda s: (s.placed_at + s.pays_after + _H, s.placed_at + 15 * _D)),
    "care": (7, _arrived(1 * _D, 30 * _D)),
    "praise": (5, _arrived(5 * _H, 12 * _D)),
}

# What somebody who writes right now would rather write about than how to wash a kettle.
PRESSING = (
    "parcel", "missing", "when", "address", "gift", "cancel", "fee", "payment", "fault", "wrong", "refund",
)  # fmt: skip

# While these are talked about, the order has not left.
NOT_SENT = ("when", "address", "gift", "cancel")

# topic -> how often, for those who have bought and for strangers
ABOUT_NOTHING_BOUGHT = {
    "ask": (13, 20), "compare": (3, 5), "restock": (4, 0), "coupon": (5, 4), "shipto": (3, 6),
    "visit": (2, 4), "wholesale": (2, 0), "account": (2, 0),
}  # fmt: skip


def window(topic: str, sale: Sale) -> Window | None:
    """Return from when to when the buyer may write about it, None where this order gives no cause."""
    if sale.talked or (sale.ends_at is not None and topic != "invoice"):
        return None
    if topic == "fee" and not sale.fee:
        return None
    start, end = ABOUT_ORDERS[topic][1](sale)
    return (start, end) if start < end else None


def needs_of(sale: Sale | None, moment: datetime) -> frozenset[str]:
    """Return what a script may ask of the order it is about, at that moment."""
    if sale is None:
        return frozenset({"variants"})  # one is chosen that has some
    has = set()
    if len(sale.lines) > 1:
        has.add("two")
    if sale.method == sale.shop.methods[2] and sale.fee:
        has.add("express")
    if len(sale.lines[0].item.variants) > 1:
        has.add("variants")
    if moment - sale.arrives_at < 30 * _H:
        has.add("fresh")
    if moment - sale.arrives_at > 8 * _D:
        has.add("long")
    return frozenset(has)
