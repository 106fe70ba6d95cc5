"""Showing agents a review that changed."""

from events import topics
from events.record import Push
from orders.models import Review
from orders.reviews.payloads import review_data


def review_push(review: Review) -> Push:
    frame = {"type": "review.updated", "review": review_data(review)}
    return Push((topics.store(review.store_id),), frame, f"review.{review.id}")
