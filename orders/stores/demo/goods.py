"""What is in an order of the demo shop, and orders that make another one good."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_noop

from orders.models import DemoShopOrder, Order, Product
from orders.stores.base import Result, StoreRefused
from orders.stores.demo.shop import at_the_desk, items_total, paid, put_on_shelf, undispatched
from orders.stores.demo.sums import return_label

Lines = list[dict[str, Any]]
NO_SUCH = gettext_noop("The store does not sell that any more.")


def edit_lines(order: DemoShopOrder, *, lines: Lines, expected: Lines) -> Result:
    undispatched(order)
    before = counted(order.lines or [])
    if before != counted(expected):
        raise StoreRefused(gettext_noop("The order holds other items by now at the store."))
    wanted = counted(lines)
    order.lines = _priced(order, wanted)
    out = {sku: wanted.get(sku, 0) - before.get(sku, 0) for sku in {*before, *wanted}}
    moved: Lines = [{"sku": sku, "quantity": quantity} for sku, quantity in out.items() if quantity]
    _have([one for one in moved if one["quantity"] > 0], order.store_id)
    put_on_shelf(order.store_id, moved, -1)
    order.discount = min(order.discount or 0, items_total(order))
    result: Result = {"lines": order.lines, "items_total": items_total(order), "discount": order.discount}
    ours = at_the_desk(order)
    if ours is not None and ours.items_total:
        result["tax"] = ours.tax * items_total(order) // ours.items_total
    owed = items_total(order) + order.shipping_fee + result.get("tax", 0) - order.discount
    return {**result, **_settle(order, owed - (paid(order) - order.refunded))}


def _settle(order: DemoShopOrder, owed: int) -> Result:
    """Pay back what was paid too much; where too little was paid, the order waits for the rest."""
    result: Result = {}
    if owed < 0:
        order.refunded -= owed
        result["refunded"] = order.refunded
    if order.paid and owed > 0:
        order.paid = False
        result["status"] = Order.Status.UNPAID.value
    return result


def replace(order: DemoShopOrder, *, lines: Lines, charge: int) -> Result:
    """`charge` below zero is paid back on the order that is replaced."""
    ours = at_the_desk(order)
    if ours is None or order.cancelled:
        raise StoreRefused(gettext_noop("The order is cancelled at the store."))
    if -charge > paid(order) - order.refunded:
        raise StoreRefused(gettext_noop("That is more than the store still has of what was paid."))
    _have(lines, order.store_id)
    put_on_shelf(order.store_id, lines, -1)
    priced = _priced(order, counted(lines))
    number = _next_number(order)
    goods = sum(line["quantity"] * line["unit_price"] for line in priced)
    due = max(0, charge)
    DemoShopOrder.objects.create(
        store_id=order.store_id,
        number=number,
        shipping_fee=0,
        shipping_method=order.shipping_method,
        paid=due == 0,
        discount=goods - due,
        address=order.address,
        lines=priced,
    )
    now = timezone.now().isoformat()
    replacement = {
        "number": number,
        "buyer": {"external_id": ours.buyer.external_id, "name": ours.buyer.name},
        "status": (Order.Status.UNPAID if due else Order.Status.PAID).value,
        "currency": ours.currency,
        "items_total": goods,
        "discount": goods - due,
        "shipping_method": order.shipping_method,
        "address": order.address or {},
        "lines": priced,
        "pay_url": ours.pay_url if due else "",
        "placed_at": now,
        "updated_at": now,
    }
    result: Result = {"replacement": replacement}
    if charge < 0:
        order.refunded -= charge
        result["refunded"] = order.refunded
    if order.dispatched:
        result["return_label"] = return_label(order)
    return result


def counted(lines: Lines) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in lines:
        found[line["sku"]] = found.get(line["sku"], 0) + line["quantity"]
    return {sku: quantity for sku, quantity in found.items() if quantity}


def _priced(order: DemoShopOrder, wanted: dict[str, int]) -> Lines:
    """Return the lines with names and prices: those that are in the order keep theirs, in their place."""
    left, found = dict(wanted), []
    for line in order.lines or []:
        quantity = min(left.get(line["sku"], 0), line["quantity"])
        if quantity:
            found.append({**line, "quantity": quantity})
            left[line["sku"]] -= quantity
    products = {p.sku: p for p in Product.objects.filter(store=order.store_id, sku__in=left)}
    for sku, quantity in left.items():
        same = next((line for line in found if line["sku"] == sku), None)
        if quantity and same is not None:
            same["quantity"] += quantity
        elif quantity and (product := products.get(sku)) is not None and product.active:
            found.append(
                {
                    "sku": sku,
                    "name": product.name,
                    "variant": "",
                    "quantity": quantity,
                    "unit_price": product.price,
                }
            )
        elif quantity:
            raise StoreRefused(NO_SUCH)
    return found


def _have(lines: Lines, store_id: Any) -> None:
    """Raise StoreRefused where there are not as many on the shelf as are to leave it."""
    wanted = counted(lines)
    stock = dict(Product.objects.filter(store=store_id, sku__in=wanted).values_list("sku", "stock"))
    if any(sku in stock and stock[sku] < quantity for sku, quantity in wanted.items()):
        raise StoreRefused(gettext_noop("The store has not enough of that in stock."))


def _next_number(order: DemoShopOrder) -> str:
    """Return the first free one of 100234-R1, 100234-R2 …; the order itself is locked."""
    root = order.number.split("-R")[0][:34]
    taken = set(
        DemoShopOrder.objects.filter(store=order.store_id, number__startswith=f"{root}-R").values_list(
            "number", flat=True
        )
    )
    return next(name for n in range(1, 1000) if (name := f"{root}-R{n}") not in taken)
