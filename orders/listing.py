"""Finding orders and products: a bounded number of queries and keyset pages, however many there are."""

import base64
import binascii
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Lower
from django.utils.dateparse import parse_datetime

from helpdesk.lib.ids import parse_id
from inbox.access import store_ids_for
from inbox.search import NEWEST, buyers_named
from orders.access import Stores, orders_of, products_for, products_of, with_order_relations
from orders.models import Order, OrderLine, Product
from orders.tracking import in_trouble
from people.models import Agent, Buyer, Store

PAGE = 50
MAX_QUERY = 100
PRODUCTS = 30
PERSON = 20  # rows of one person, of each way to know them
RECENT = 6  # products of the buyer's latest orders


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
    buyers: Collection[UUID] | None = None,
    trouble: bool = False,
    cursor: str = "",
    size: int = PAGE,
) -> Page:
    """Return the newest orders that the agent may see and that fit.

    `store` is a key, `buyers` are whose orders are wanted, `trouble`: those that await a late or stuck parcel.
    """
    stores = store_ids_for(agent)
    rows = orders_of(stores)
    if store:
        rows = rows.filter(store__key=store)
    if buyer:
        rows = rows.filter(buyer=buyer)
    if buyers is not None:
        rows = rows.filter(buyer__in=buyers)
    if trouble:
        rows = in_trouble(rows)
    if status in Order.Status.values:
        rows = rows.filter(status=status)
    if q := clean_query(q):
        rows = search_orders(stores, rows, q)
    if at := read_cursor(cursor):
        # The first half is what an index can begin at; the second cuts what shares its moment.
        rows = rows.filter(placed_at__lte=at[0]).exclude(placed_at=at[0], id__gte=at[1])
    found = list(with_order_relations(rows.order_by("-placed_at", "-id"))[: size + 1])
    more = len(found) > size
    return Page(found[:size], write_cursor(found[size - 1]) if more else "")


def same_person(stores: Stores, buyer: Buyer) -> list[UUID]:
    """Return the buyer, and who at other stores among `stores` is the same person.

    That is so where both stores vouch for who it is, and have the same e-mail address or phone number of them.
    For agents alone: a buyer at one store is never told of another.
    """
    if not buyer.is_verified:
        return [buyer.id]
    ways = []
    if buyer.email:
        ways.append(~Q(email="") & Q(small_email=buyer.email.lower()))
    if buyer.phone:
        ways.append(~Q(phone="") & Q(phone=buyer.phone))
    if not ways:
        return [buyer.id]
    # Named one by one, the stores are what the indexes of addresses and numbers begin with.
    served = stores if stores is not None else frozenset(Store.objects.values_list("id", flat=True))
    elsewhere = Buyer.objects.filter(
        store_id__in=served - {buyer.store_id}, external_id__isnull=False
    ).annotate(small_email=Lower("email"))
    ids: dict[UUID, None] = {buyer.id: None}
    for way in ways:
        ids |= dict.fromkeys(elsewhere.filter(way).order_by("id").values_list("id", flat=True)[:PERSON])
    return list(ids)


def count_by_status(stores: Stores, buyers: Collection[UUID]) -> dict[str, int]:
    """Return how many orders of these buyers there are in each status: one query."""
    rows = orders_of(stores).filter(buyer__in=buyers).values("status").annotate(number=Count("id"))
    return {row["status"]: row["number"] for row in rows.order_by()}


def search_orders(stores: Stores, orders: QuerySet[Order], q: str) -> QuerySet[Order]:
    """Return those of `orders` whose number begins with `q`, that hold its SKU, or whose buyer it describes.

    Each is looked up by its own index and bounded, newest first (of products, the SKUs nearest to what was typed):
    what is wanted is one order, not a report.
    """
    newest = orders.order_by("-placed_at", "-id")
    buyers = buyers_named(q, stores)
    if sum(character.isdigit() for character in q) >= 4:
        by_phone = Buyer.objects.filter(phone__contains=q)
        by_phone = by_phone if stores is None else by_phone.filter(store_id__in=stores)
        buyers += by_phone.order_by("-id").values_list("id", flat=True)[:NEWEST]
    products = products_of(stores).filter(sku__istartswith=q).order_by("sku", "id")
    ways = [
        Q(number__startswith=q) | Q(number__startswith=q.upper()),
        Q(buyer__in=buyers),
        Q(lines__product__in=list(products.values_list("id", flat=True)[:PRODUCTS])),
    ]
    ids = {pk for way in ways for pk in newest.filter(way).values_list("id", flat=True)[:NEWEST]}
    return orders.filter(pk__in=ids)


def search_products(agent: Agent, *, store_id: UUID | None = None, q: str = "") -> list[Product]:
    rows = products_for(agent)
    if store_id is not None:
        rows = rows.filter(store=store_id)
    for word in clean_query(q).split():
        rows = rows.filter(Q(name__icontains=word) | Q(sku__istartswith=word) | Q(category__icontains=word))
    return list(rows.order_by("name", "id")[:PRODUCTS])


def products_bought(agent: Agent, *, store_id: UUID, buyer_id: UUID) -> list[Product]:
    """Return what the buyer's latest orders at the store hold and is still sold, the latest first."""
    orders = orders_of(store_ids_for(agent)).filter(buyer=buyer_id, store=store_id)
    latest = list(orders.order_by("-placed_at", "-id").values_list("id", flat=True)[:RECENT])
    lines = OrderLine.objects.filter(order__in=latest, product__isnull=False)
    rows = list(lines.order_by("id").values_list("order_id", "product_id"))
    wanted = dict.fromkeys(product for order in latest for order_id, product in rows if order_id == order)
    found = products_for(agent).filter(store=store_id).in_bulk(list(wanted))
    return [found[pk] for pk in wanted if pk in found][:RECENT]


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


def clean_query(q: str) -> str:
    """Return what somebody typed as it can be looked for."""
    return " ".join(q.replace("\x00", "").split())[:MAX_QUERY].lstrip("#")
