"""Which reviews somebody may see, and finding them: keyset pages, the newest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Avg, Count, QuerySet

from helpdesk.lib.keyset import Keyset, cut
from inbox.access import store_ids_for
from orders.models import Review
from people.models import Agent

PAGE = 30
REVIEWS = Keyset("reviews", "written_at")


@dataclass(frozen=True)
class Wanted:
    rating: int | None = None
    unanswered: bool = False
    hidden: bool | None = None
    product: UUID | None = None
    buyer: UUID | None = None
    store: str = ""  # a key


def reviews_for(agent: Agent) -> QuerySet[Review]:
    stores = store_ids_for(agent)
    return Review.objects.all() if stores is None else Review.objects.filter(store_id__in=stores)


def with_review_relations(rows: QuerySet[Review]) -> QuerySet[Review]:
    """Load what `review_data` and the pages read: one query."""
    return rows.select_related("store__connection", "product", "order", "buyer", "replied_by", "hidden_by")


def list_reviews(
    agent: Agent, wanted: Wanted, *, cursor: str = "", size: int = PAGE
) -> tuple[list[Review], str | None]:
    """Return a page and the cursor of the next one. Raises BadCursor."""
    rows = reviews_for(agent)
    if wanted.rating:
        rows = rows.filter(rating=wanted.rating)
    if wanted.unanswered:
        rows = rows.filter(reply="")
    if wanted.hidden is not None:
        rows = rows.filter(hidden=wanted.hidden)
    if wanted.product:
        rows = rows.filter(product=wanted.product)
    if wanted.buyer:
        rows = rows.filter(buyer=wanted.buyer)
    if wanted.store:
        rows = rows.filter(store__key=wanted.store)
    if cursor:
        rows = rows.filter(REVIEWS.beyond(REVIEWS.place(cursor)))
    return cut(list(with_review_relations(rows).order_by(*REVIEWS.ordering())[: size + 1]), REVIEWS, size)


def ratings_of(products: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return average and number of the reviews of products that are shown, for one query."""
    shown = Review.objects.filter(product__in=list(products), hidden=False)
    rows = shown.order_by().values("product").annotate(average=Avg("rating"), number=Count("id"))
    return {row["product"]: {"average": round(row["average"], 1), "number": row["number"]} for row in rows}
