"""What a store tells us of its orders: our copy follows, forwards only."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from events import names
from events.record import SYSTEM, Actor, Happening, record
from helpdesk.lib.ids import new_id
from helpdesk.lib.money import money
from inbox.search import index_buyer
from orders.access import with_order_relations
from orders.amounts import read_amount
from orders.announce import live_conversations, order_pushes
from orders.cards import refresh_cards
from orders.errors import InvalidParams
from orders.models import Order, OrderLine, Payment, Product, Shipment
from people.models import Buyer, Store

AMOUNTS = ("items_total", "shipping_fee", "discount", "tax", "paid", "refunded")
TEXTS = {"shipping_method": 60, "buyer_note": 300}
ADDRESS = ("name", "phone", "line1", "line2", "city", "region", "postcode", "country")
PARTS = ("lines", "payments", "shipments")
KNOWN = {
    *AMOUNTS, *TEXTS, *PARTS, "number", "status", "currency", "buyer", "address", "pay_url", "placed_at",
    "updated_at",
}  # fmt: skip
MAX_PARTS = 500


def upsert_order(*, store: Store, payload: dict[str, Any], actor: Actor = SYSTEM) -> Order:
    """Create or update the order that `payload["number"]` names, and return it.

    What the payload leaves out stays. One that is not newer (`updated_at`, by the store's clock) than what
    we have changes nothing: stores repeat themselves, and not in order. Raises InvalidParams.
    """
    if unknown := payload.keys() - KNOWN:
        raise InvalidParams(_("An order has no such field."), attr=str(min(unknown))[:40])
    number = _text(payload.get("number"), "number", 40, empty=False)
    said_at = _time(payload["updated_at"], "updated_at") if "updated_at" in payload else timezone.now()
    with transaction.atomic():
        order = Order.objects.select_for_update().filter(store=store, number=number).first()
        if order is None:
            order = _new_order(store, number, payload)
        new = order.version == 0
        if not new and said_at <= order.synced_at:
            return order
        before = {} if new else _values(order)
        _set_fields(order, payload)
        changed_parts = [name for name in PARTS if name in payload and _PARTS[name](order, payload[name])]
        if "lines" in payload and "items_total" not in payload:
            order.items_total = sum(line.total for line in order.lines.all())
        after = _values(order)
        order.synced_at = said_at
        if after == before and not changed_parts:
            order.save(update_fields=["synced_at"])
            return order
        order.version += 1
        _save(order)
        _announce(order, before, after, changed_parts, actor)
    return order


def _new_order(store: Store, number: str, payload: dict[str, Any]) -> Order:
    """Create the row, empty and locked, so that its parts have something to belong to; its version is 0."""
    if "buyer" not in payload:
        raise InvalidParams(_("A new order needs its buyer."), attr="buyer")
    currency = _text(payload.get("currency", store.currency), "currency", 3, empty=False)
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha() and currency.isupper()):
        raise InvalidParams(_("A currency is three capital letters."), attr="currency")
    buyer = _buyer(store, payload["buyer"])
    try:
        with transaction.atomic():
            return Order.objects.create(store=store, number=number, buyer=buyer, currency=currency, version=0)
    except IntegrityError:  # told twice at once: the other one created it
        return Order.objects.select_for_update().get(store=store, number=number)


def _buyer(store: Store, said: Any) -> Buyer:
    if not isinstance(said, dict):
        raise InvalidParams(_("A buyer is an object with an external_id."), attr="buyer")
    external_id = _text(said.get("external_id"), "buyer", 80, empty=False)
    limits = {"name": 120, "email": 254, "phone": 32}
    fields = {name: _text(said.get(name, ""), "buyer", limit) for name, limit in limits.items()}
    buyer, created = Buyer.objects.get_or_create(store=store, external_id=external_id, defaults=fields)
    if created:
        index_buyer(buyer)
    return buyer


def _set_fields(order: Order, payload: dict[str, Any]) -> None:
    currency = payload.get("currency", order.currency)
    if currency != order.currency:
        raise InvalidParams(_("The currency of an order does not change."), attr="currency")
    for name in AMOUNTS:
        if name in payload:
            setattr(order, name, read_amount(payload[name], order.currency, name))
    if order.refunded > order.paid:
        raise InvalidParams(_("More was refunded than paid."), attr="refunded")
    for name, limit in TEXTS.items():
        if name in payload:
            setattr(order, name, _text(payload[name], name, limit))
    if "status" in payload:
        if payload["status"] not in Order.Status.values:
            raise InvalidParams(_("An order has no such status."), attr="status")
        order.status = payload["status"]
    if "address" in payload:
        order.address = _address(payload["address"])
    if "pay_url" in payload:
        order.pay_url = _url(payload["pay_url"])
    if "placed_at" in payload:
        order.placed_at = _time(payload["placed_at"], "placed_at")


def _save(order: Order) -> None:
    order.save(
        update_fields=[*AMOUNTS, *TEXTS, "status", "address", "pay_url", "placed_at", "version", "synced_at"]
    )


def _values(order: Order) -> dict[str, Any]:
    amounts = {name: money(getattr(order, name), order.currency) for name in AMOUNTS}
    others = {name: getattr(order, name) for name in (*TEXTS, "status", "address", "pay_url")}
    return {**amounts, **others}


def _announce(
    order: Order, before: dict[str, Any], after: dict[str, Any], parts: list[str], actor: Actor
) -> None:
    changed = [name for name in after if before.get(name) != after[name]]
    conversations = live_conversations(order)
    fresh = with_order_relations(Order.objects.filter(pk=order.pk)).get()
    refresh_cards(fresh)
    record(
        Happening(
            names.ORDER_SYNCED,
            actor,
            store_id=order.store_id,
            order_id=order.id,
            data={
                "order": order.number,
                "before": {name: before[name] for name in changed if name in before},
                "after": {name: after[name] for name in changed},
                "parts": parts,
            },
            pushes=order_pushes(fresh, conversations),
        )
    )


# -- Parts: replaced as a whole where they differ


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
    for item in _list(said, "lines"):
        quantity = item.get("quantity")
        if isinstance(quantity, bool) or not isinstance(quantity, int) or not 0 < quantity < 100_000:
            raise InvalidParams(_("A quantity is a whole number above zero."), attr="lines")
        rows.append(
            OrderLine(
                order=order,
                sku=_text(item.get("sku"), "lines", 40, empty=False),
                name=_text(item.get("name"), "lines", 160, empty=False),
                variant=_text(item.get("variant", ""), "lines", 80),
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
            method=_text(item.get("method"), "payments", 40, empty=False),
            reference=_text(item.get("reference", ""), "payments", 80),
            paid_at=_time(item.get("paid_at"), "payments"),
        )
        for item in _list(said, "payments")
    ]
    return _replace(Payment, order, rows, ("amount", "method", "reference", "paid_at"))


def _shipments(order: Order, said: Any) -> bool:
    rows = [
        Shipment(
            order=order,
            carrier=_text(item.get("carrier"), "shipments", 40, empty=False),
            tracking_number=_text(item.get("tracking_number"), "shipments", 60, empty=False),
            shipped_at=_time(item.get("shipped_at"), "shipments"),
            delivered_at=_time(item["delivered_at"], "shipments") if item.get("delivered_at") else None,
            events=[_tracking(event) for event in _list(item.get("events", []), "shipments")],
        )
        for item in _list(said, "shipments")
    ]
    return _replace(
        Shipment, order, rows, ("carrier", "tracking_number", "shipped_at", "delivered_at", "events")
    )


def _tracking(event: dict[str, Any]) -> dict[str, str]:
    return {
        "at": _time(event.get("at"), "shipments").isoformat(),
        "text": _text(event.get("text"), "shipments", 200, empty=False),
        "place": _text(event.get("place", ""), "shipments", 120),
    }


_PARTS: dict[str, Callable[[Order, Any], bool]] = {
    "lines": _lines,
    "payments": _payments,
    "shipments": _shipments,
}

# -- Values


def _text(value: Any, attr: str, limit: int, *, empty: bool = True) -> str:
    if not isinstance(value, str) or "\x00" in value or len(value) > limit or not (value.strip() or empty):
        raise InvalidParams(
            _("That is a text of at most %(limit)s characters.") % {"limit": limit}, attr=attr
        )
    return value.strip()


def _time(value: Any, attr: str) -> datetime:
    moment = value
    if isinstance(value, str):
        try:
            moment = parse_datetime(value)
        except ValueError:
            moment = None
    if not isinstance(moment, datetime) or timezone.is_naive(moment):
        raise InvalidParams(_("A time is ISO 8601 with its offset."), attr=attr)
    return moment


def _list(value: Any, attr: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or len(value) > MAX_PARTS or not all(isinstance(v, dict) for v in value):
        raise InvalidParams(_("That is a list of objects."), attr=attr)
    return value


def _address(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or value.keys() - set(ADDRESS):
        raise InvalidParams(_("An address has other parts."), attr="address")
    return {name: _text(value[name], "address", 160) for name in ADDRESS if name in value}


def _url(value: Any) -> str:
    url = _text(value, "pay_url", 300)
    if url:
        try:
            URLValidator(schemes=["http", "https"])(url)
        except ValidationError:
            raise InvalidParams(_("That is no web address."), attr="pay_url") from None
    return url
