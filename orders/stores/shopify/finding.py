"""Orders as Shopify has them now: found by their number, read whole."""

import re
from typing import Any

from django.utils.translation import gettext_noop

from orders.stores.base import StoreRefused, StoreUnreachable
from orders.stores.http import NO_ANSWER
from orders.stores.shopify import documents
from orders.stores.shopify.api import Api
from orders.stores.shopify.marks import NAMESPACE
from orders.stores.shopify.reading import Node, number_of, order_payload

UNKNOWN_ORDER = gettext_noop("The store does not know this order.")
CANCELLED = gettext_noop("The order is cancelled at the store.")
DISPATCHED = gettext_noop("The store has dispatched this order.")
TWO_CURRENCIES = gettext_noop("This order was paid in another currency; please do this at Shopify itself.")
_MOST_LINES = 500  # what orders.sync takes


def find(api: Api, number: str, key: str) -> Node:
    """Return the order of this number, with the mark of `key`. Raises StoreRefused where there is none."""
    data = api.ask(
        documents.FIND_ORDER, query=f"name:{quoted(number)}", namespace=NAMESPACE, key=mark_key(key)
    )
    # The search is for words: #1001 is found by 1001, and so may be EN-1001.
    for order in nodes(data.get("orders")):
        if number_of(order) == number:
            return order
    raise StoreRefused(UNKNOWN_ORDER)


def mark_key(key: str) -> str:
    """Return a key as the name of a metafield may be written."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", key)[:64].ljust(2, "-")


def quoted(words: str) -> str:
    escaped = words.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def again(api: Api, order: Node) -> Node:
    """Return the order as it is now."""
    found = api.ask(documents.ORDER_BY_ID, id=order["id"]).get("order")
    if not isinstance(found, dict):
        raise StoreUnreachable(NO_ANSWER)
    return found


def lines_of(api: Api, order: Node) -> list[Node]:
    """Return all lines: those that came with the order, and further pages of them."""
    return _all(api, documents.MORE_LINES, order, "order", "lineItems")[:_MOST_LINES]


def variants_of(api: Api, product: Node) -> list[Node]:
    return _all(api, documents.MORE_VARIANTS, product, "product", "variants")


def _all(api: Api, document: str, node: Node, kind: str, name: str) -> list[Node]:
    page = node.get(name)
    rows = nodes(page)
    while after := next_page(page):
        page = (api.ask(document, id=node["id"], after=after).get(kind) or {}).get(name)
        rows += nodes(page)
    return rows


def nodes(connection: Any) -> list[Node]:
    """Return the rows of a connection. Raises StoreUnreachable where it is none."""
    rows = connection.get("nodes") if isinstance(connection, dict) else None
    if not isinstance(rows, list):
        raise StoreUnreachable(NO_ANSWER)
    return [row for row in rows if isinstance(row, dict)]


def next_page(connection: Any) -> str:
    """Return the cursor of the next page, empty where this was the last."""
    info = connection.get("pageInfo") if isinstance(connection, dict) else None
    return str(info.get("endCursor") or "") if isinstance(info, dict) and info.get("hasNextPage") else ""


def payload_of(api: Api, order: Node) -> dict[str, Any]:
    return order_payload(order, lines_of(api, order), api.version_of(order.get("updatedAt", "")))


def undispatched(payload: dict[str, Any]) -> None:
    """Raise StoreRefused where it is too late to change what the parcel is, or where it goes."""
    if payload["status"] == "cancelled":
        raise StoreRefused(CANCELLED)
    if payload["status"] not in ("unpaid", "paid"):
        raise StoreRefused(DISPATCHED)


def one_currency(order: Node) -> None:
    """Raise StoreRefused where the buyer pays in a currency that is not the shop's: our amounts are the shop's."""
    if order.get("presentmentCurrencyCode") not in (None, order.get("currencyCode")):
        raise StoreRefused(TWO_CURRENCIES)
