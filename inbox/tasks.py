"""Jobs of the inbox. Each finds its work in rows, so that a lost one costs a delay and a doubled one nothing."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from inbox import search
from inbox.models import Attachment
from inbox.services import release_left, wake_due
from people import presence

UNCLAIMED_FOR = timedelta(hours=24)


@shared_task
def index_messages() -> int:
    """Index what was written since the last time, in batches. Returns how many messages."""
    total = 0
    while done := search.index_pending():
        total += done
        if done < 500:
            break
    return total


@shared_task
def wake_snoozed() -> int:
    """Open conversations whose snooze has ended, and take away leases that ran out."""
    presence.expire()
    return wake_due()


@shared_task
def release_conversations() -> int:
    """Free the conversations of accounts that were disabled."""
    return release_left()


@shared_task
def discard_unclaimed_files(limit: int = 500) -> int:
    """Delete files that were uploaded and never sent. Returns how many."""
    old = Attachment.objects.filter(message__isnull=True, created_at__lt=timezone.now() - UNCLAIMED_FOR)[
        :limit
    ]
    count = 0
    for attachment in old:
        # The row first and only while it is unclaimed: a file without a row is litter, a row without a file a loss.
        if Attachment.objects.filter(pk=attachment.pk, message__isnull=True).delete()[0]:
            attachment.file.delete(save=False)
            count += 1
    return count
