"""Taking in what a store tells: orders, products and reviews, each in a transaction of its own."""

from orders.errors import InvalidParams
from orders.reviews import upsert_review
from orders.stores.base import Changes
from orders.sync import upsert_order, upsert_product
from people.models import Store


def take_in(store: Store, said: Changes) -> None:
    """Products first: lines and reviews refer to them. Raises InvalidParams for the first that is not right; the
    others are taken in."""
    wrong = [error for _what, error in take_in_each(store, said)]
    if wrong:
        raise wrong[0]


def take_in_each(store: Store, said: Changes) -> list[tuple[str, InvalidParams]]:
    """Return what was not taken in, by its name at the store, and why."""
    wrong: list[tuple[str, InvalidParams]] = []
    steps = (
        (said.products, "sku", upsert_product),
        (said.orders, "number", upsert_order),
        (said.reviews, "external_id", upsert_review),
    )
    for payloads, name, upsert in steps:
        for payload in payloads:
            try:
                upsert(store=store, payload=payload)
            except InvalidParams as error:
                wrong.append((str(payload.get(name))[:40], error))
    return wrong
