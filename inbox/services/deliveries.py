"""The delivery that a new message gets: over which channel, to which address of the buyer."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from events import topics
from events.record import Push, push
from helpdesk.lib.jobs import enqueue
from inbox import transports
from inbox.models import Channel, Delivery, Message
from inbox.payloads import delivery_frame
from inbox.quiet import held_until
from people.models import BuyerIdentity

GIVE_UP_AFTER = timedelta(hours=24)
State = Delivery.State
NOT_NEEDED = gettext_noop("Not needed any more: it arrived the other way.")


def new_delivery(
    message: Message,
    channel: Channel,
    buyer_id: UUID,
    *,
    unasked: bool = False,
    stays: bool = False,
    to: str = "",
) -> Delivery:
    """Return the delivery of a new message, not saved. One that has no address to go to has failed already.

    One that is no answer (`unasked`) is held through the buyer's night; one that `stays` goes over no other channel.
    `to`: empty: the address they used last. (Load the conversation with buyer and store.)
    """
    first = transports.get(channel.kind).first_state
    delivery = Delivery(
        message=message,
        channel=channel,
        conversation_id=message.conversation_id,
        seq=message.seq,
        state=first,
        unasked=unasked,
        stays=stays,
    )
    leaves_at = message.created_at
    if first == State.QUEUED:
        if unasked:
            conversation = message.conversation
            delivery.held_until = held_until(conversation.buyer, conversation.store, leaves_at)
        delivery.run_at = leaves_at = delivery.held_until or leaves_at
        delivery.deadline = leaves_at + GIVE_UP_AFTER
        delivery.to = to[:200] or address_of(buyer_id, channel)
        if not delivery.to:
            delivery.state = State.FAILED
            delivery.detail = gettext_noop("The buyer has no address on this channel.")
    check_later(delivery, channel, leaves_at)
    return delivery


def check_later(delivery: Delivery, channel: Channel, leaves_at: datetime) -> None:
    """Set when it is to have arrived, where the channel has such a rule: past that it goes over another one."""
    if channel.unread_after is not None and not delivery.stays:
        waits = timedelta(minutes=0 if delivery.state == State.FAILED else channel.unread_after)
        delivery.check_at = max(leaves_at, timezone.now()) + waits


def arrived(delivery: Delivery, channel: Channel) -> None:
    """Take back the copies of a message that has arrived after all, before they leave. In the caller's transaction.

    Where it arrived and is not read yet, it is looked at once more.
    """
    if delivery.state == State.READ:
        cancel_copies(Delivery.objects.filter(conversation=delivery.conversation_id, seq__lte=delivery.seq))
        return
    cancelled = cancel_copies(Delivery.objects.filter(message=delivery.message_id))
    if cancelled and transports.get(channel.kind).furthest == State.READ:
        check_later(delivery, channel, timezone.now())
        delivery.save(update_fields=["check_at"])


def came_back(delivery: Delivery, channel: Channel, *, for_good: bool) -> None:
    """Set when another channel takes over from a delivery that the provider took, and that has failed; not saved.

    At once where waiting would change nothing (`for_good`), or where its time is over already: a mail that bounces
    after a day had seemed to have arrived.
    """
    if delivery.stays:
        return
    was_looked_at = delivery.check_at is None and channel.unread_after is not None
    copies = Delivery.objects.filter(message=delivery.message_id, instead=True).exclude(pk=delivery.pk)
    if (was_looked_at and not copies.exists()) or (for_good and delivery.check_at is not None):
        delivery.check_at = timezone.now()


def cancel_copies(deliveries: QuerySet[Delivery]) -> int:
    """Take back of `deliveries` what goes only because another channel had not reached the buyer, and has not left.

    In the caller's transaction. What a worker has in its hands goes out. Returns how many there were.
    """
    cancelled = 0
    for found in deliveries.filter(instead=True, state=State.QUEUED).select_related("message"):
        mine = Delivery.objects.filter(pk=found.pk, state=State.QUEUED)
        if mine.update(state=State.CANCELLED, detail=NOT_NEEDED, check_at=None, updated_at=timezone.now()):
            tell(found)
            cancelled += 1
    return cancelled


def tell(delivery: Delivery) -> None:
    """Show agents what became of a message. (The buyer's own screen is not what it was sent to.)"""
    message = delivery.message
    frame = delivery_frame(message, Delivery.objects.filter(message=message).order_by("id"))
    push([Push((topics.conversation(message.conversation_id),), frame)])


def address_of(buyer_id: UUID, channel: Channel) -> str:
    """Return where a buyer is reached on a channel: by what they used last; empty where they never did."""
    kind = transports.get(channel.kind).address_kind or channel.kind
    rows = BuyerIdentity.objects.filter(buyer=buyer_id, kind=kind).order_by("-created_at")
    return rows.values_list("value", flat=True).first() or ""


def ring(deliveries: Iterable[Delivery]) -> None:
    """Wake whoever sends, once the current transaction has committed."""
    for channel_id in {d.channel_id for d in deliveries if d.state == State.QUEUED}:
        enqueue("inbox.tasks.send_deliveries", str(channel_id))
