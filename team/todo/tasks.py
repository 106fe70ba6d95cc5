"""The jobs of tasks (what Celery calls tasks too). Each finds its work in rows."""

from uuid import UUID

from celery import shared_task

from team.todo import ratings, reminders


@shared_task
def look_at_rating(conversation_id: str) -> None:
    ratings.look_at(UUID(conversation_id))


@shared_task
def sweep_ratings() -> int:
    """Find the low ratings whose job was lost. Returns how many ratings were looked at."""
    return ratings.sweep()


@shared_task
def remind() -> int:
    """Remind of what is due, and tell of what is late. Returns how many notices that were."""
    return reminders.remind_due() + reminders.tell_of_late()
