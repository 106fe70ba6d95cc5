"""What buyers said when they were asked to look at an order or its address, beside what the order is now."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from inbox.models import Message
from orders.models import Order
from orders.payloads import public_order_data

ORDER, ADDRESS = "check_order", "check_address"
OPEN_TO_CHANGE = (Order.Status.UNPAID, Order.Status.PAID)  # nothing has left yet

_LABELS: dict[str, str | Promise] = {
    "none": gettext_lazy("Not asked"),
    "waiting": gettext_lazy("Waiting for an answer"),
    "confirmed": gettext_lazy("Confirmed"),
    "wrong": gettext_lazy("Something is wrong"),
    "changed": gettext_lazy("Changed since"),
}
_COLORS = {"none": "slate", "waiting": "amber", "confirmed": "green", "wrong": "red", "changed": "amber"}


@dataclass(frozen=True)
class Check:
    """The latest check of one kind: `text` is what the buyer wrote, `at` when (ISO 8601), `by` who."""

    kind: str
    state: str = "none"
    text: str = ""
    by: str = ""
    at: str = ""

    def wire(self) -> dict[str, str]:
        return {"state": self.state, "text": self.text, "by": self.by, "at": self.at}

    @property
    def label(self) -> str | Promise:
        return _LABELS[self.state]

    @property
    def color(self) -> str:
        return _COLORS[self.state]


def checks_of(orders: Iterable[Order]) -> dict[UUID, dict[str, Check]]:
    """Return for each order what its buyer said last, by the kind of check; one query for all of them."""
    wanted = {str(order.id): order for order in orders}
    found = {order.id: {kind: Check(kind) for kind in (ORDER, ADDRESS)} for order in wanted.values()}
    buyers = {order.buyer_id for order in wanted.values()}
    cards = Message.objects.filter(
        conversation__buyer__in=buyers, kind=Message.Kind.CARD, data__kind__in=[ORDER, ADDRESS]
    )
    for message in cards.order_by("created_at", "id").only("data") if buyers else []:
        card = message.data or {}
        if order := wanted.get(card["order"]["id"]):
            found[order.id][card["kind"]] = _check(card, order)
    return found


def _check(card: dict[str, Any], order: Order) -> Check:
    answer = card.get("answer")
    if not answer:
        return Check(card["kind"], "none" if card.get("closed") else "waiting")
    mark = order_mark(order) if card["kind"] == ORDER else address_mark(order.address)
    if card.get("right") == mark:
        state = "confirmed"
    else:
        state = "changed" if answer["choice"] == "yes" else "wrong"
    return Check(card["kind"], state, answer["words"], answer["by"], answer["at"])


def order_mark(order: Order) -> str:
    """Return what stands for everything of an order that its buyer is asked about."""
    public = public_order_data(order)
    return _mark([public["items"], public["total"]])


def address_mark(address: dict[str, Any]) -> str:
    return _mark({part: value for part, value in address.items() if value})


def _mark(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
