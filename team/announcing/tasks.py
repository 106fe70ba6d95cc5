"""The clock of announcements. What is due is said by its row, so a sweep that is lost is the next one's work."""

from celery import shared_task

from team.announcing import services


@shared_task
def publish_due() -> None:
    services.publish_due()
