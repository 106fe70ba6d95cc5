"""What is owed to the demo shop and by it: discounts, payments, refunds, cancelled orders."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_noop

from orders.models import DemoShopOrder, Order
from orders.stores.base import Result, StoreRefused
from orders.stores.demo.shop import at_the_desk, items_total, locked, paid, put_on_shelf, total, undispatched
from people.models import Store


def discount(order: DemoShopOrder, *, discount: int, expected: int) -> Result:
    undispatched(order)
    if order.paid:
        raise StoreRefused(gettext_noop("The buyer has just paid for this order."))
    if (order.discount or 0) != expected:
        raise StoreRefused(gettext_noop("The discount is another by now at the store."))
    if discount > items_total(order):
        raise StoreRefused(gettext_noop("The discount is more than the goods cost."))
    order.discount = discount
    return {"discount": discount}


def refund(
    order: DemoShopOrder, *, amount: int, lines: list[dict[str, Any]], restock: bool, expected: int
) -> Result:
    if order.refunded != expected:
        raise StoreRefused(gettext_noop("Something else was refunded meanwhile."))
    if not 0 < amount <= paid(order) - order.refunded:
        raise StoreRefused(gettext_noop("That is more than the store still has of what was paid."))
    order.refunded += amount
    if restock:
        put_on_shelf(order.store_id, lines)
    result: Result = {"refunded": order.refunded}
    if lines and order.dispatched:
        result["return_label"] = return_label(order)
    return result


def return_label(order: DemoShopOrder) -> str:
    query = urlencode({"store": order.store.key, "number": order.number})
    return f"{settings.PUBLIC_URL}/demo-shop/return/?{query}"


def cancel(order: DemoShopOrder, *, restock: bool) -> Result:
    undispatched(order)
    order.cancelled, order.on_hold = True, False
    order.refunded = max(order.refunded, paid(order))
    if restock:
        put_on_shelf(order.store_id, order.lines or [])
    return {"status": Order.Status.CANCELLED.value, "refunded": order.refunded}


def pay(store: Store, number: str) -> dict[str, Any] | None:
    """Let a buyer pay at the demo shop. Return what the shop then tells the desk; None: it cannot be paid."""
    with transaction.atomic():
        try:
            order = locked(store.id, number)
        except StoreRefused:
            return None
        ours = at_the_desk(order)
        if ours is None or order.paid or order.dispatched or order.cancelled:
            return None
        if ours.status != Order.Status.UNPAID:
            return None
        order.paid = True
        order.save()
    now = timezone.now().isoformat()
    before = [
        {"amount": p.amount, "method": p.method, "reference": p.reference, "paid_at": p.paid_at.isoformat()}
        for p in ours.payments.all()
    ]
    owed = total(order) - (ours.paid - order.refunded)
    reference = f"pay_{number}" + (f"_{len(before) + 1}" if before else "")
    return {
        "number": number,
        "status": Order.Status.PAID.value,
        "shipping_fee": order.shipping_fee,
        "discount": order.discount or 0,
        "paid": ours.paid + owed,
        "payments": [*before, {"amount": owed, "method": "Visa", "reference": reference, "paid_at": now}],
        "updated_at": now,
    }
