"""What a store tells us of its orders: our copy follows, forwards only."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from events import names
from events.record import SYSTEM, Actor, Happening, record
from helpdesk.lib.money import money
from inbox.payloads import iso
from inbox.search import index_buyer
from orders.access import with_order_relations
from orders.amounts import read_amount
from orders.announce import live_conversations, order_pushes
from orders.cards import refresh_cards
from orders.coupons.redeeming import redeem_for
from orders.errors import InvalidParams
from orders.models import Order
from orders.reminders import credit_recovery
from orders.sync.parts import PARTS
from orders.sync.reading import (
    read_address,
    read_clock,
    read_currency,
    read_flag,
    read_text,
    read_time,
    read_url,
)
from people.models import Buyer, Store
from people.personal import erased_as

AMOUNTS = ("items_total", "shipping_fee", "discount", "tax", "paid", "refunded")
TEXTS = {"shipping_method": 60, "buyer_note": 300, "coupon_code": 40}
KNOWN = {
    *AMOUNTS, *TEXTS, *PARTS, "number", "status", "currency", "buyer", "address", "pay_url", "pay_by", "on_hold",
    "placed_at", "updated_at",
}  # fmt: skip
PERSONAL = {
    "buyer",
    "address",
    "buyer_note",
    "pay_url",
    "shipments",
}  # not taken in of somebody who was erased


def upsert_order(*, store: Store, payload: dict[str, Any], actor: Actor = SYSTEM) -> Order:
    """Create or update the order that `payload["number"]` names, and return it.

    What the payload leaves out stays. One that is not newer (`updated_at`, by the store's clock) than what
    we have changes nothing: stores repeat themselves, and not in order. Raises InvalidParams.
    """
    if unknown := payload.keys() - KNOWN:
        raise InvalidParams(_("An order has no such field."), attr=str(min(unknown))[:40])
    number = read_text(payload.get("number"), "number", 40, empty=False)
    said_at = read_clock(payload)
    with transaction.atomic():
        order = Order.objects.select_for_update().filter(store=store, number=number).first()
        if order is None:
            order = _new_order(store, number, payload)
        if order.buyer.erased_at is not None:
            payload = {name: value for name, value in payload.items() if name not in PERSONAL}
        new = order.version == 0
        if not new and said_at <= order.synced_at:
            return order
        before, was_unpaid = ({} if new else _values(order)), order.status == Order.Status.UNPAID
        paid_before = order.paid
        _set_fields(order, payload)
        changed_parts = [name for name in PARTS if name in payload and PARTS[name](order, payload[name])]
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
        if order.coupon_code and order.coupon_code != before.get("coupon_code"):
            redeem_for(order)
        if before and was_unpaid:
            credit_recovery(order, paid_before, said_at)
    return order


def _new_order(store: Store, number: str, payload: dict[str, Any]) -> Order:
    """Create the row, empty and locked, so that its parts have something to belong to; its version is 0."""
    if "buyer" not in payload:
        raise InvalidParams(_("A new order needs its buyer."), attr="buyer")
    currency = read_currency(payload.get("currency", store.currency))
    buyer = _buyer(store, payload)
    try:
        with transaction.atomic():
            return Order.objects.create(store=store, number=number, buyer=buyer, currency=currency, version=0)
    except IntegrityError:  # told twice at once: the other one created it
        return Order.objects.select_for_update().get(store=store, number=number)


def _buyer(store: Store, payload: dict[str, Any]) -> Buyer:
    said = payload["buyer"]
    if not isinstance(said, dict):
        raise InvalidParams(_("A buyer is an object with an external_id."), attr="buyer")
    external_id = read_text(said.get("external_id"), "buyer", 80, empty=False)
    limits = {"name": 120, "email": 254, "phone": 32}
    fields = {name: read_text(said.get(name, ""), "buyer", limit) for name, limit in limits.items()}
    erased = erased_as(store, external_id)
    if erased is not None and not (
        "placed_at" in payload and read_time(payload["placed_at"], "placed_at") > erased.at
    ):
        return erased.buyer  # an order of then; with one that comes later they begin anew
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
            setattr(order, name, read_text(payload[name], name, limit))
    if "status" in payload:
        if payload["status"] not in Order.Status.values:
            raise InvalidParams(_("An order has no such status."), attr="status")
        order.status = payload["status"]
    if "address" in payload:
        order.address = read_address(payload["address"])
    if "pay_url" in payload:
        order.pay_url = read_url(payload["pay_url"], "pay_url")
    if "on_hold" in payload:
        order.on_hold = read_flag(payload["on_hold"], "on_hold")
    if "placed_at" in payload:
        order.placed_at = read_time(payload["placed_at"], "placed_at")
    if "pay_by" in payload:
        order.pay_by = read_time(payload["pay_by"], "pay_by") if payload["pay_by"] else None


def _save(order: Order) -> None:
    rest = ("status", "address", "pay_url", "pay_by", "on_hold", "placed_at", "version", "synced_at")
    order.save(update_fields=[*AMOUNTS, *TEXTS, *rest])


def _values(order: Order) -> dict[str, Any]:
    amounts = {name: money(getattr(order, name), order.currency) for name in AMOUNTS}
    others = {name: getattr(order, name) for name in (*TEXTS, "status", "address", "pay_url", "on_hold")}
    return {**amounts, **others, "pay_by": iso(order.pay_by)}


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
                # Whose it is and when it happened there: we may hear of it late.
                "buyer": str(order.buyer_id),
                "placed_at": iso(order.placed_at),
                "paid_at": iso(max((p.paid_at for p in fresh.payments.all()), default=order.synced_at)),
            },
            pushes=order_pushes(fresh, conversations),
        )
    )
