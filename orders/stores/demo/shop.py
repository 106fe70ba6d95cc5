"""The demo shop itself: its orders, locked, and the keys of what it has carried out."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from orders.models import DemoShopCommand, DemoShopOrder, Order, Product
from orders.stores.base import Result, StoreRefused

Change = Callable[[DemoShopOrder], Result]


def carry_out(store_id: UUID, number: str, key: str, change: Change) -> Result:
    """Do `change` to an order, once for a key, and write down what came of it. Raises StoreRefused."""
    with transaction.atomic():
        order = locked(store_id, number)
        # After the lock: two of the same key that come at once are one command.
        if (before := result_of(store_id, key)) is not None:
            return before
        result = {**change(order), "updated_at": timezone.now().isoformat()}
        order.save()
        DemoShopCommand.objects.create(key=key, store_id=store_id, order=order, result=result)
    return result


def result_of(store_id: UUID, key: str) -> Result | None:
    own = Q(store=store_id) | Q(order__store=store_id)
    done = DemoShopCommand.objects.filter(own, pk=key).first()
    return done.result if done else None


def locked(store_id: UUID, number: str) -> DemoShopOrder:
    orders = DemoShopOrder.objects.select_for_update()
    order = orders.filter(store=store_id, number=number).first()
    if order is None:
        raise StoreRefused(gettext_noop("The store does not know this order."))
    _remember(order)
    return order


def at_the_desk(order: DemoShopOrder) -> Order | None:
    """Return the desk's copy: what the shop keeps no column for (taxes, payments, the buyer) is read there."""
    rows = Order.objects.select_related("buyer", "store").prefetch_related("lines", "payments")
    return rows.filter(store=order.store_id, number=order.number).first()


def _remember(order: DemoShopOrder) -> None:
    """Fill in what the shop has had no reason to write down yet: it is as the desk first heard it."""
    if order.lines is not None:
        return
    ours = at_the_desk(order)
    lines = ours.lines.all() if ours else []
    order.lines = [
        {
            "sku": line.sku,
            "name": line.name,
            "variant": line.variant,
            "quantity": line.quantity,
            "unit_price": line.unit_price,
        }
        for line in lines
    ]
    if ours is not None:
        order.address = ours.address if order.address is None else order.address
        order.discount = ours.discount if order.discount is None else order.discount
        order.shipping_method = order.shipping_method or ours.shipping_method
        order.refunded = max(order.refunded, ours.refunded)
        order.cancelled = order.cancelled or ours.status == Order.Status.CANCELLED


# -- What the shop reckons


def items_total(order: DemoShopOrder) -> int:
    return sum(line["quantity"] * line["unit_price"] for line in order.lines or [])


def total(order: DemoShopOrder) -> int:
    ours = at_the_desk(order)
    return items_total(order) + order.shipping_fee + (ours.tax if ours else 0) - (order.discount or 0)


def paid(order: DemoShopOrder) -> int:
    ours = at_the_desk(order)
    if ours is None:
        return total(order) if order.paid else 0
    return ours.paid


def undispatched(order: DemoShopOrder) -> None:
    """Raise StoreRefused where it is too late to change what the parcel is, or where it goes."""
    if order.cancelled:
        raise StoreRefused(gettext_noop("The order is cancelled at the store."))
    if order.dispatched:
        raise StoreRefused(gettext_noop("The store has dispatched this order."))


def put_on_shelf(store_id: UUID, lines: list[dict[str, Any]], sign: int = 1) -> None:
    """Count goods back in, or (`sign` -1) out. The shop has no stock of its own but the desk's products."""
    for line in lines:
        change = F("stock") + sign * line["quantity"]
        Product.objects.filter(store=store_id, sku=line["sku"]).update(stock=change)
