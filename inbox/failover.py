"""A message that does not reach the buyer goes over the next channel that they agreed to: once, and as one message.

    not read, or failed, when it was to have arrived (Delivery.check_at)
        └──▶ a second Delivery of the same message, over the store's next channel
                 └──▶ that one, too, is looked at when its channel has such a rule

`check_at` is the truth: a job that was lost is found again by `due`, and whoever comes second finds it moved on. What
was not handed over is taken back as soon as the first arrives (`deliveries.arrived`). The same channel is never tried
twice: that is a person's decision. docs/channels/failover.md has the rules.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from events import names
from events.record import SYSTEM
from inbox import transports, ways
from inbox.access import with_summary_relations
from inbox.models import Channel, Conversation, Delivery, Message
from inbox.outbox import LEASE
from inbox.quiet import held_until
from inbox.services import timeline
from inbox.services.deliveries import GIVE_UP_AFTER, check_later, ring, tell
from inbox.services.timeline import Batch

State = Delivery.State
AT_ONCE = 200
INSTEAD = gettext_noop("It had not left: it goes over another channel.")
_RANK = [State.SENT, State.DELIVERED, State.READ]


def due(*, now: datetime | None = None, limit: int = AT_ONCE) -> list[int]:
    """Return the deliveries that were to have arrived by now, the oldest first."""
    rows = Delivery.objects.filter(check_at__lte=now or timezone.now()).order_by("check_at", "id")
    return list(rows.values_list("id", flat=True)[:limit])


def move_on(delivery_id: int, *, now: datetime | None = None) -> Delivery | None:
    """Send a message over the next channel if it has not arrived. None: it has, or there is no other way."""
    now = now or timezone.now()
    found = Delivery.objects.filter(pk=delivery_id, check_at__lte=now).values_list("message__conversation")
    with transaction.atomic():
        rows = with_summary_relations(Conversation.objects.filter(pk__in=found))
        conversation = rows.select_for_update(of=("self",)).first()
        mine = Delivery.objects.filter(pk=delivery_id, check_at__lte=now).select_for_update(of=("self",))
        first = mine.select_related("message", "channel").first()
        if conversation is None or first is None:
            return None
        if first.state == State.SENDING:  # somebody has it in their hands
            Delivery.objects.filter(pk=first.pk).update(check_at=now + LEASE)
            return None
        Delivery.objects.filter(pk=first.pk).update(check_at=None)
        if has_arrived(first, conversation):
            return None
        gone = Delivery.objects.filter(message=first.message).exclude(state=State.CANCELLED, instead=True)
        tried = list(gone.values_list("channel", flat=True))
        way = ways.next_way(conversation, tried=tried, unasked=first.unasked, now=now)
        return _send_instead(first, conversation, *way, now) if way else None


def has_arrived(delivery: Delivery, conversation: Conversation) -> bool:
    """Whether the buyer has it, as far as its channel can tell; or has it read, or answered, wherever that was."""
    if delivery.state == State.CANCELLED or conversation.buyer_read_seq >= delivery.seq:
        return True
    furthest = State(transports.get(delivery.channel.kind).furthest)
    if delivery.state in _RANK[_RANK.index(furthest) :]:
        return True
    later = Message.objects.filter(conversation=conversation, seq__gt=delivery.seq, author_kind="buyer")
    return later.exclude(kind=Message.Kind.SYSTEM).exists()


def _send_instead(
    first: Delivery, conversation: Conversation, channel: Channel, address: str, now: datetime
) -> Delivery:
    if first.state == State.QUEUED:  # it has not left, so it need not: the buyer gets one
        Delivery.objects.filter(pk=first.pk).update(state=State.CANCELLED, detail=INSTEAD, updated_at=now)
    night = held_until(conversation.buyer, conversation.store, now) if first.unasked else None
    leaves_at = night or now
    second = Delivery.objects.filter(message=first.message, channel=channel).first()
    if second is None:
        second = Delivery(message=first.message, channel=channel, conversation=conversation, seq=first.seq)
    second.state, second.detail, second.to = State.QUEUED, "", address[:200]
    second.instead, second.unasked, second.held_until = True, first.unasked, night
    second.run_at, second.deadline, second.updated_at = leaves_at, leaves_at + GIVE_UP_AFTER, now
    check_later(second, channel, leaves_at)
    second.save()
    batch = Batch()
    params, words = _words(first, second, channel)
    timeline.add_line(conversation, batch, SYSTEM, names.DELIVERY_MOVED_ON, params, words)
    timeline.write(batch)
    tell(second)
    ring([second])
    return second


def _words(first: Delivery, second: Delivery, channel: Channel) -> tuple[dict[str, str], str]:
    """Return why it goes another way: for the console's own words, and in English."""
    minutes = max(1, round((timezone.now() - first.message.created_at) / timedelta(minutes=1)))
    if first.state in (State.FAILED, State.QUEUED):
        why, words = "failed", f"Not delivered on {first.channel.name}"
    else:
        why, words = "unread", f"Not read on {first.channel.name} after {minutes} min"
    params = {
        "why": why,
        "from": first.channel.name,
        "to": channel.name,
        "address": second.to,
        "minutes": str(minutes),
        "message": str(first.message_id),
        "seq": str(first.seq),
    }
    return params, f"{words}: sent by {channel.name} to {second.to}"
