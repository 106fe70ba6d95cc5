"""What Shopify tells: by being asked what changed, and by webhooks, upon which it is asked for the rest.

A webhook's body is written as the old REST API wrote it, in the state of when it was sent, and those of refunds and
fulfilments do not even name the order's number. So it only says what to read, and one way of reading serves all: what
comes late or in the wrong order still tells of now.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_noop

from orders.stores.base import Changes, StoreRefused
from orders.stores.shopify import documents
from orders.stores.shopify.api import Api
from orders.stores.shopify.finding import next_page, nodes, payload_of, variants_of
from orders.stores.shopify.reading import Node, product_payloads

OVERLAP = timedelta(minutes=2)  # the search by which changes are found lags behind
_ORDER_ID = {
    "orders": "id",
    "refunds": "order_id",
    "fulfillments": "order_id",
    "order_transactions": "order_id",
}
_NOT_DOCUMENTED = gettext_noop("The store sent something that is not as documented.")


def changes(api: Api, mark: str) -> Iterator[Changes]:
    """Yield products, then orders. A mark is two times: products are known up to the first, orders to the second."""
    products_to, _space, orders_to = mark.partition(" ")
    for page, data in _pages(api, documents.PRODUCTS, "products", products_to):
        currency = (data.get("shop") or {}).get("currencyCode", "")
        products_to = _latest(page, products_to)
        rows = [
            row for product in page for row in product_payloads(product, variants_of(api, product), currency)
        ]
        yield Changes(products=rows, mark=f"{products_to} {orders_to}")
    for page, _data in _pages(api, documents.ORDERS, "orders", orders_to):
        orders_to = _latest(page, orders_to)
        yield Changes(orders=[payload_of(api, order) for order in page], mark=f"{products_to} {orders_to}")


def _pages(api: Api, document: str, name: str, since: str) -> Iterator[tuple[list[Node], dict[str, Any]]]:
    query, after = _query(since), None
    while True:
        api.fresh_budget()
        data = api.ask(document, query=query, after=after)
        page = data.get(name)
        if rows := nodes(page):
            yield rows, data
        after = next_page(page)
        if not after:
            return


def _query(since: str) -> str | None:
    moment = parse_datetime(since) if since else None
    if moment is None:
        return None
    return f"updated_at:>='{(moment - OVERLAP).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"


def _latest(rows: list[Node], mark: str) -> str:
    found = [str(row.get("updatedAt", "")) for row in rows]
    return max([mark, *found], key=_moment)


def _moment(text: str) -> datetime:
    moment = parse_datetime(text) if text else None
    return moment if moment is not None and moment.tzinfo else datetime.min.replace(tzinfo=UTC)


def told(api: Api, topic: str, body: bytes) -> Changes:
    """Read what a webhook is about. Raises StoreRefused where it names nothing."""
    subject = topic.partition("/")[0]
    if subject in _ORDER_ID:
        order = api.ask(documents.ORDER_BY_ID, id=_gid("Order", body, _ORDER_ID[subject])).get("order")
        return Changes(orders=[payload_of(api, order)]) if isinstance(order, dict) else Changes()
    if subject == "products":
        data = api.ask(documents.PRODUCT_BY_ID, id=_gid("Product", body, "id"))
        product, currency = data.get("product"), (data.get("shop") or {}).get("currencyCode", "")
        if not isinstance(product, dict):  # deleted by now
            return Changes()
        return Changes(products=product_payloads(product, variants_of(api, product), currency))
    return Changes()


def _gid(kind: str, body: bytes, name: str) -> str:
    try:
        said = json.loads(body)
        number = said[name]
    except (ValueError, RecursionError, KeyError, TypeError):
        raise StoreRefused(_NOT_DOCUMENTED) from None
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 2**63:
        raise StoreRefused(_NOT_DOCUMENTED)
    return f"gid://shopify/{kind}/{number}"
