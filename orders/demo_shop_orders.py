"""What the demo shop shows of its orders: as the shop itself has them, not as the desk does."""

from dataclasses import dataclass
from typing import Any

from orders.addresses import address_lines
from orders.models import DemoShopOrder, Order, OrderReturn
from people.models import Buyer, Store

SHOWN = 6


@dataclass
class ShopOrder:
    """An order on the shop's page: the desk's row for what the shop has no column for, else the shop's own."""

    order: Order
    status: str
    label: str
    lines: list[dict[str, Any]]
    method: str
    fee: int
    discount: int
    total: int
    owed: int
    refunded: int
    address: list[str]
    on_hold: bool
    returns: list[OrderReturn]


def shop_orders(store: Store, buyer: Buyer | None) -> list[ShopOrder]:
    if buyer is None:
        return []
    rows = Order.objects.filter(store=store, buyer=buyer).prefetch_related("lines__product", "returns")
    orders = list(rows.order_by("-placed_at", "-id")[:SHOWN])
    numbers = [order.number for order in orders]
    known = {row.number: row for row in DemoShopOrder.objects.filter(store=store, number__in=numbers)}
    return [_shown(order, known.get(order.number)) for order in orders]


def _shown(order: Order, own: DemoShopOrder | None) -> ShopOrder:
    lines = _lines(order, own)
    fee = own.shipping_fee if own else order.shipping_fee
    discount = order.discount if own is None or own.discount is None else own.discount
    goods = sum(line["quantity"] * line["unit_price"] for line in lines)
    total = goods + fee + order.tax - discount
    refunded = max(order.refunded, own.refunded) if own else order.refunded
    status = Order.Status.CANCELLED if own and own.cancelled else Order.Status(order.status)
    owes = status == Order.Status.UNPAID and order.paid
    return ShopOrder(
        order=order,
        status=status.value,
        label=str(status.label),
        lines=lines,
        method=(own.shipping_method if own else "") or order.shipping_method,
        fee=fee,
        discount=discount,
        total=total,
        owed=total - (order.paid - refunded) if owes else 0,
        refunded=refunded,
        address=address_lines(own.address if own and own.address is not None else order.address),
        on_hold=own.on_hold if own else order.on_hold,
        returns=[back for back in order.returns.all() if back.state == OrderReturn.State.AWAITED],
    )


def _lines(order: Order, own: DemoShopOrder | None) -> list[dict[str, Any]]:
    pictures = {line.sku: line.product for line in order.lines.all()}
    if own is not None and own.lines is not None:
        return [{**line, "product": pictures.get(line["sku"])} for line in own.lines]
    return [
        {"name": line.name, "quantity": line.quantity, "unit_price": line.unit_price, "product": line.product}
        for line in order.lines.all()
    ]
