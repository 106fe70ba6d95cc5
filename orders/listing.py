"""Finding orders and products: a bounded number of queries and keyset pages, however many there are."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime

from helpdesk.lib.ids import parse_id
from inbox.access import store_ids_for
from inbox.search import NEWEST, buyers_named
from orders.access import Stores, orders_of, products_for, products_of, with_order_relations
from orders.models import Order, Product
from people.models import Agent, Buyer

PAGE = 50
MAX_QUERY = 100
PRODUCTS = 30


@dataclass(frozen=True)
class Page:
    orders: list[Order]
    next: str  # the cursor of what follows; empty: nothing does


def list_orders(
    agent: Agent,
    *,
    q: str = "",
    status: str = "",
    store: str = "",
    buyer: UUID | None = None,
    cursor: str = "",
    size: int = PAGE,
) -> Page:
    """Return the newest orders that the agent may see and that fit; `store` is a key."""
    stores = store_ids_for(agent)
    rows = orders_of(stores)
    if store:
        rows = rows.filter(store__key=store)
    if buyer:
        rows = rows.filter(buyer=buyer)
    if status in Order.Status.values:
        rows = rows.filter(status=status)
    if q := _clean(q):
        rows = search_orders(stores, rows, q)
    if at := read_cursor(cursor):
        # The first half is what an index can begin at; the second cuts what shares its moment.
        rows = rows.filter(placed_at__lte=at[0]).exclude(placed_at=at[0], id__gte=at[1])
    found = list(with_order_relations(rows.order_by("-placed_at", "-id"))[: size + 1])
    more = len(found) > size
    return Page(found[:size], write_cursor(found[size - 1]) if more else "")


def search_orders(stores: Stores, orders: QuerySet[Order], q: str) -> QuerySet[Order]:
    """Return those of `orders` whose number begins with `q`, that hold its SKU, or whose buyer it describes.

    Each is looked up by its own index and bounded, newest first: what is wanted is one order, not a report.
    """
    newest = orders.order_by("-placed_at", "-id")
    buyers = buyers_named(q, stores)
    if sum(character.isdigit() for character in q) >= 4:
        by_phone = Buyer.objects.filter(phone__contains=q)
        by_phone = by_phone if stores is None else by_phone.filter(store_id__in=stores)
        buyers += by_phone.values_list("id", flat=True)[:NEWEST]
    products = products_of(stores).filter(sku__istartswith=q).values_list("id", flat=True)[:PRODUCTS]
    ways = [
        Q(number__startswith=q) | Q(number__startswith=q.upper()),
        Q(buyer__in=buyers),
        Q(lines__product__in=list(products)),
    ]
    ids = {pk for way in ways for pk in newest.filter(way).values_list("id", flat=True)[:NEWEST]}
    return orders.filter(pk__in=ids)


def search_products(agent: Agent, *, store_id: UUID | None = None, q: str = "") -> list[Product]:
    rows = products_for(agent)
    if store_id is not None:
        rows = rows.filter(store=store_id)
    for word in _clean(q).split():
        rows = rows.filter(Q(name__icontains=word) | Q(sku__istartswith=word) | Q(category__icontains=word))
    return list(rows.order_by("name", "id")[:PRODUCTS])


def write_cursor(order: Order) -> str:
    return base64.urlsafe_b64encode(f"{order.placed_at.isoformat()} {order.id}".encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[datetime, UUID] | None:
    """Return where a page begins; None (the first page) for what is no cursor of ours."""
    try:
        moment, _, order_id = (
            base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(" ")
        )
        at, pk = parse_datetime(moment), parse_id(order_id)
    except (binascii.Error, ValueError):
        return None
    return (at, pk) if at and at.tzinfo and pk else None


def _clean(q: str) -> str:
    return " ".join(q.replace("\x00", "").split())[:MAX_QUERY].lstrip("#")
