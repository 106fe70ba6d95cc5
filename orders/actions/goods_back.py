"""Goods that come back: what they are worth, what is written down to wait for, and what the buyer is told."""

from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from orders.models import Order, OrderAction, OrderReturn
from orders.stores.base import Result

State = OrderAction.State
COMES_TRUE = (State.HELD, State.RUNNING, State.UNKNOWN, State.DONE)  # done, or may yet be
# Which param of a kind holds the lines that the order has no more.
_TAKEN = {"refund": "lines", "exchange": "back"}


def worth(order: Order, lines: list[dict[str, Any]]) -> int:
    """Return what was paid for the lines: their price with their share of the discount and of the tax."""
    prices = {line.sku: line.unit_price for line in order.lines.all()}
    goods = sum(prices.get(line["sku"], 0) * line["quantity"] for line in lines)
    paid_for = max(0, order.items_total - order.discount + order.tax)
    return paid_for if goods >= order.items_total else goods * paid_for // order.items_total


def gone(order: Order) -> dict[str, int]:
    """Return how many of each SKU were paid back, or exchanged, from here."""
    found: dict[str, int] = {}
    for action in order.actions.all():
        if action.kind in _TAKEN and action.state in COMES_TRUE:
            for line in action.params.get(_TAKEN[action.kind], []):
                found[line["sku"]] = found.get(line["sku"], 0) + line["quantity"]
    return found


def await_return(
    order: Order, action: OrderAction, lines: list[dict[str, Any]], result: Result, *, restock: bool
) -> OrderReturn:
    """Write down that `lines` come back, by the label that the store gave, if it did."""
    names = {line.sku: line.name for line in order.lines.all()}
    label = result.get("return_label", "")
    return OrderReturn.objects.create(
        order=order,
        action=action,
        lines=[{**line, "name": names.get(line["sku"], line["sku"])} for line in lines],
        instructions=result.get("return_instructions") or instructions(order, has_label=bool(label)),
        label_url=label,
        restock=restock,
    )


def instructions(order: Order, *, has_label: bool) -> str:
    """Return what the buyer is to do, in the language in which they are written to."""
    with translation.override(order.buyer.language or order.store.language):
        if has_label:
            return _(
                "Please pack the items well, put the label on the parcel and hand it in within 14 days. "
                "Shipping it back costs you nothing."
            )
        return _("Please pack the items well and send them back to us within 14 days.")
