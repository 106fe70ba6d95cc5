"""Jobs of the inbox. Each finds its work in rows, so that a lost one costs a delay and a doubled one nothing."""

import logging
from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from helpdesk.lib.jobs import enqueue
from inbox import failover, inbound, outbox, search
from inbox.models import Attachment
from inbox.services import bulk, rating_asks, routing, wake_due
from inbox.services.overdue import tell_due
from inbox.services.queues import tell_queues
from inbox.services.targets import settle_targets
from inbox.transports.mail import fetching
from people import presence

log = logging.getLogger(__name__)

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
    """Open conversations whose snooze has ended."""
    return wake_due()


@shared_task
def settle_reply_targets() -> int:
    """Give those who wait their moment by targets and hours that were changed. Returns how many have another."""
    return settle_targets()


@shared_task
def tell_due_replies() -> int:
    """Warn where an answer is due soon, and tell where it is overdue; what rules have changed comes first."""
    settle_targets()
    return tell_due()


@shared_task
def send_deliveries(channel_id: str) -> None:
    """Hand over what is due on one channel. Each channel has a job of its own, so that a slow one delays no other."""
    if outbox.send_due(UUID(channel_id)) == outbox.AT_ONCE:
        enqueue(send_deliveries, channel_id)


@shared_task
def send_due_deliveries() -> None:
    """Ring again for every channel on which something is due: retries, and jobs that were lost."""
    for channel_id in outbox.due_channels():
        enqueue(send_deliveries, str(channel_id))


@shared_task
def fail_over() -> int:
    """Send over the next channel what was to have arrived by now and has not. Returns how many."""
    moved = 0
    for delivery_id in failover.due():
        try:
            moved += failover.move_on(delivery_id) is not None
        except Exception:  # one that breaks must not hold up the others; it is tried again
            log.exception("delivery %s did not move on", delivery_id)
    return moved


@shared_task
def ask_for_ratings() -> int:
    """Ask the buyers of what has been resolved for long enough how it was. Returns how many were asked."""
    return rating_asks.ask_due()


@shared_task
def read_payload(payload_id: int) -> None:
    inbound.read_payload(payload_id)


@shared_task
def read_new_payloads() -> None:
    for payload_id in inbound.new_payloads():
        enqueue(read_payload, payload_id)


@shared_task
def fetch_mail() -> int:
    """Look into the mailboxes whose time has come. They are looked into on threads of their own; nobody waits."""
    return fetching.start_due()


@shared_task
def discard_old_payloads() -> int:
    return inbound.discard_old()


@shared_task
def discard_old_bulk_actions() -> int:
    return bulk.discard_old()


@shared_task
def route_conversations() -> int:
    """Give those who wait to those who are there, and tell the others how many are before them.

    Rung for whatever may change that; the sweep finds what nobody rang for. Returns how many changed hands.
    """
    presence.expire()
    changed = routing.route_conversations()
    tell_queues()
    return changed


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
