"""Work of the knowledge base that nobody waits for."""

from celery import shared_task

from knowledge.services.suggestions import settle


@shared_task
def settle_suggestions() -> None:
    settle()
