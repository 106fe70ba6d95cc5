"""What is done to reviews later. A job is only a bell: the review's row says what there is to tell."""

from uuid import UUID

from celery import shared_task

from helpdesk.lib.jobs import enqueue
from orders.reviews import telling


@shared_task
def tell_store(review_id: str) -> None:
    telling.tell_store(UUID(review_id))


@shared_task
def tell_stores() -> None:
    """Ring again for every review whose bell was lost; each alone, so that a slow store delays no other."""
    for review_id in telling.due_reviews():
        enqueue(tell_store, str(review_id))
