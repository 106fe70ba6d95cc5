"""Orders that make another one good: when one may be made, and how it is kept."""

from django.utils.translation import gettext as _

from orders.models import Order
from orders.stores.base import Result
from orders.sync import upsert_order

SENT = frozenset({Order.Status.SHIPPED, Order.Status.DELIVERED, Order.Status.COMPLETED})


def not_sent(order: Order) -> str:
    """Return why nothing can be sent again or come back; empty where it can."""
    if order.status == Order.Status.CANCELLED:
        return _("This order is cancelled.")
    if order.status not in SENT:
        return _("This order has not been sent yet.")
    return ""


def keep_replacement(order: Order, result: Result) -> Order:
    """Take in the new order as the store tells of it, and write down which one it makes good."""
    payload = {"buyer": {"external_id": order.buyer.external_id}, **result["replacement"]}
    made = upsert_order(store=order.store, payload=payload)
    Order.objects.filter(pk=made.pk).update(replaces=order)
    return made
