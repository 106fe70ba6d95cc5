"""What a store tells us of its products."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from orders.amounts import read_amount
from orders.errors import InvalidParams
from orders.models import OrderLine, Product
from orders.sync.reading import (
    read_clock,
    read_currency,
    read_flag,
    read_text,
    read_url,
)
from people.models import Store

TEXTS = {"category": 60, "image": 300}
KNOWN = {*TEXTS, "sku", "name", "price", "currency", "stock", "url", "active", "updated_at"}
MOST_STOCK = 2**31 - 1


def upsert_product(*, store: Store, payload: dict[str, Any]) -> Product:
    """Create or update the product that `payload["sku"]` names, and return it.

    What the payload leaves out stays; one that is not newer (`updated_at`) than what we have changes nothing.
    Raises InvalidParams.
    """
    if unknown := payload.keys() - KNOWN:
        raise InvalidParams(_("A product has no such field."), attr=str(min(unknown))[:40])
    sku = read_text(payload.get("sku"), "sku", 40, empty=False)
    said_at = read_clock(payload)
    with transaction.atomic():
        product = _locked(store, sku, payload)
        if product.synced_at is not None and said_at <= product.synced_at:
            return product
        new = product.synced_at is None
        _set_fields(product, payload)
        product.synced_at = said_at
        product.save()
        if new:  # lines of orders that were told of before
            lines = OrderLine.objects.filter(order__store=store, sku=sku, product=None)
            lines.update(product=product)
    return product


def _locked(store: Store, sku: str, payload: dict[str, Any]) -> Product:
    """Return the row, locked; a new one is made of what it cannot be without."""
    found = Product.objects.select_for_update().filter(store=store, sku=sku).first()
    if found is not None:
        return found
    currency = read_currency(payload.get("currency", store.currency))
    needed = {
        "name": read_text(payload.get("name"), "name", 160, empty=False),
        "price": read_amount(payload.get("price"), currency, "price"),
        "currency": currency,
    }
    Product.objects.bulk_create([Product(store=store, sku=sku, **needed)], ignore_conflicts=True)
    return Product.objects.select_for_update().get(store=store, sku=sku)  # mine, or that of another at once


def _set_fields(product: Product, payload: dict[str, Any]) -> None:
    if "currency" in payload:
        product.currency = read_currency(payload["currency"])
    if "name" in payload:
        product.name = read_text(payload["name"], "name", 160, empty=False)
    if "price" in payload:
        product.price = read_amount(payload["price"], product.currency, "price")
    for name, limit in TEXTS.items():
        if name in payload:
            setattr(product, name, read_text(payload[name], name, limit))
    if "stock" in payload:
        product.stock = _stock(payload["stock"])
    if "url" in payload:
        product.url = read_url(payload["url"], "url")
    if "active" in payload:
        product.active = read_flag(payload["active"], "active")


def _stock(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MOST_STOCK:
        raise InvalidParams(_("A stock is a whole number."), attr="stock")
    return value
