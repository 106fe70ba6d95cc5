"""What an order consists of: its lines, payments and shipments, replaced as a whole where they differ."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from helpdesk.lib.ids import new_id
from orders.amounts import read_amount
from orders.errors import InvalidParams
from orders.models import Order, OrderLine, Payment, Product, Shipment
from orders.sync.reading import read_list, read_text, read_time
from orders.tracking import trouble_at


def _replace(model: type[Any], order: Order, rows: list[Any], fields: tuple[str, ...]) -> bool:
    old = list(model.objects.filter(order=order).order_by("id"))
    was, is_now = ([[getattr(row, field) for field in fields] for row in part] for part in (old, rows))
    if was == is_now:
        return False
    for row, row_id in zip(rows, sorted(new_id() for row in rows), strict=True):
        row.id = row_id  # ids of one millisecond come in no order, and parts are shown by it
    model.objects.filter(order=order).delete()
    model.objects.bulk_create(rows)
    return True


def _lines(order: Order, said: Any) -> bool:
    rows = []
    for item in read_list(said, "lines"):
        quantity = item.get("quantity")
        if isinstance(quantity, bool) or not isinstance(quantity, int) or not 0 < quantity < 100_000:
            raise InvalidParams(_("A quantity is a whole number above zero."), attr="lines")
        rows.append(
            OrderLine(
                order=order,
                sku=read_text(item.get("sku"), "lines", 40, empty=False),
                name=read_text(item.get("name"), "lines", 160, empty=False),
                variant=read_text(item.get("variant", ""), "lines", 80),
                quantity=quantity,
                unit_price=read_amount(item.get("unit_price"), order.currency, "lines"),
            )
        )
    products = Product.objects.filter(store=order.store_id, sku__in={row.sku for row in rows})
    by_sku = {product.sku: product for product in products}
    for row in rows:
        row.product = by_sku.get(row.sku)
    return _replace(OrderLine, order, rows, ("sku", "name", "variant", "quantity", "unit_price"))


def _payments(order: Order, said: Any) -> bool:
    rows = [
        Payment(
            order=order,
            amount=read_amount(item.get("amount"), order.currency, "payments"),
            method=read_text(item.get("method"), "payments", 40, empty=False),
            reference=read_text(item.get("reference", ""), "payments", 80),
            paid_at=read_time(item.get("paid_at"), "payments"),
        )
        for item in read_list(said, "payments")
    ]
    return _replace(Payment, order, rows, ("amount", "method", "reference", "paid_at"))


def _shipments(order: Order, said: Any) -> bool:
    rows = [
        Shipment(
            order=order,
            carrier=read_text(item.get("carrier"), "shipments", 40, empty=False),
            tracking_number=read_text(item.get("tracking_number"), "shipments", 60, empty=False),
            shipped_at=read_time(item.get("shipped_at"), "shipments"),
            expected_at=_time_or_none(item.get("expected_at")),
            delivered_at=_time_or_none(item.get("delivered_at")),
            events=[_tracking(event) for event in read_list(item.get("events", []), "shipments")],
        )
        for item in read_list(said, "shipments")
    ]
    for row in rows:
        row.trouble_at = trouble_at(row)
    fields = ("carrier", "tracking_number", "shipped_at", "expected_at", "delivered_at", "events")
    return _replace(Shipment, order, rows, fields)


def _time_or_none(value: Any) -> datetime | None:
    return read_time(value, "shipments") if value else None


def _tracking(event: dict[str, Any]) -> dict[str, str]:
    return {
        "at": read_time(event.get("at"), "shipments").isoformat(),
        "text": read_text(event.get("text"), "shipments", 200, empty=False),
        "place": read_text(event.get("place", ""), "shipments", 120),
    }


PARTS: dict[str, Callable[[Order, Any], bool]] = {
    "lines": _lines,
    "payments": _payments,
    "shipments": _shipments,
}
