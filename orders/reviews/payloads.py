"""A review as frames, events and the API carry it: for agents; buyers read reviews at the store."""

from typing import Any

from inbox.payloads import iso
from orders.models import Review


def review_data(review: Review) -> dict[str, Any]:
    """Return a review. Its relations are to be loaded (`with_review_relations`)."""
    product, order, buyer = review.product, review.order, review.buyer
    return {
        "id": str(review.id),
        "store": {"id": str(review.store_id), "key": review.store.key, "name": review.store.name},
        "external_id": review.external_id,
        "product": {"id": str(product.id), "sku": product.sku, "name": product.name},
        "order": {"id": str(order.id), "number": order.number} if order else None,
        "buyer": {"id": str(buyer.id), "name": buyer.display_name} if buyer else None,
        "author": review.author,
        "rating": review.rating,
        "title": review.title,
        "body": review.body,
        "written_at": iso(review.written_at),
        "reply": review.reply,
        "replied_by": _person(review.replied_by),
        "replied_at": iso(review.replied_at),
        "hidden": review.hidden,
        "hidden_reason": review.hidden_reason,
        "hidden_by": _person(review.hidden_by),
        "conversation": str(review.conversation_id) if review.conversation_id else None,
        "sync": review.sync,
        "error": review.error,
    }


def _person(agent: Any) -> dict[str, str] | None:
    return {"id": str(agent.id), "name": agent.name} if agent else None
