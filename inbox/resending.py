"""What failed, or may not have arrived, sent once more because a person says so: the same way, or another."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inbox import transports, ways
from inbox.access import conversations_for
from inbox.errors import Conflict, Invalid, NotFound
from inbox.models import Channel, Delivery, Message
from inbox.services import consent
from inbox.services.deliveries import GIVE_UP_AFTER, address_of, new_delivery, ring, tell
from people.models import Agent

State = Delivery.State
ENDED = {State.FAILED, State.UNKNOWN, State.CANCELLED}


def resend(*, agent: Agent, message_id: UUID, channel_id: UUID | None = None) -> Message:
    """Send a message again, by `channel_id` (None: by the channel that was tried last). Returns the message.

    Raises NotFound, Invalid where the store has no such channel, or Conflict: `not_failed` where it is on its way
    or has arrived, `channel_off`, `no_address`, or `window_closed` where only a template may be sent.
    """
    with transaction.atomic():
        rows = Message.objects.filter(conversation__in=conversations_for(agent), private=False)
        # Two who press at once would send it by two ways.
        message = (
            rows.select_related("conversation").select_for_update(of=("self",)).filter(pk=message_id).first()
        )
        tried = list(Delivery.objects.filter(message=message_id).order_by("id")) if message else []
        if message is None or not tried:
            raise NotFound("No such message was sent.")
        if any(delivery.state not in ENDED for delivery in tried):
            raise Conflict("Only what failed, or is unknown, is sent again.", code="not_failed")
        stuck = [delivery for delivery in tried if delivery.state != State.CANCELLED]
        picked = channel_id or (stuck or tried)[-1].channel_id
        channel = Channel.objects.filter(pk=picked, store=message.conversation.store_id).first()
        if channel is None:
            raise Invalid("This store has no such channel.", code="unknown_channel", attr="channel")
        _refuse_closed(message, channel)
        if any(delivery.channel_id == picked for delivery in tried):
            _send_again(
                next(delivery for delivery in tried if delivery.channel_id == picked), message, channel
            )
        else:
            _send_by(message, channel)
    return message


def _refuse_closed(message: Message, channel: Channel) -> None:
    """Refuse what could only fail again."""
    transport = transports.get(channel.kind)
    if transport.has_templates and "template" in (message.data or {}):
        return
    one = ways.way(
        channel, message.conversation, ways.addresses_of(message.conversation.buyer_id), timezone.now()
    )
    if one.is_closed:
        raise Conflict(_(ways.CLOSED), code="window_closed", attr="channel")
    if one.reason:
        codes = {ways.OFF: "channel_off", consent.STOPPED: "stopped"}
        code = codes.get(one.reason, "no_address")
        raise Conflict(_(one.reason), code=code, attr="channel")


def _send_again(delivery: Delivery, message: Message, channel: Channel) -> None:
    now = timezone.now()
    fields = {
        "state": State.QUEUED,
        "run_at": now,
        "deadline": now + GIVE_UP_AFTER,
        "detail": "",
        "external_id": "",
        "updated_at": now,
        # What failed for want of an address may have one by now.
        "to": delivery.to or address_of(message.conversation.buyer_id, channel),
    }
    # Conditional: a receipt that came late may have settled it, and then nothing is to be sent.
    if not Delivery.objects.filter(pk=delivery.pk, state__in=ENDED).update(**fields):
        raise Conflict("Only what failed, or is unknown, is sent again.", code="not_failed")
    for name, value in fields.items():
        setattr(delivery, name, value)
    tell(delivery)
    ring([delivery])


def _send_by(message: Message, channel: Channel) -> None:
    now = timezone.now()
    delivery = new_delivery(message, channel, message.conversation.buyer_id)
    if delivery.run_at:
        delivery.run_at, delivery.deadline = now, now + GIVE_UP_AFTER
    delivery.updated_at = now
    delivery.save()
    tell(delivery)
    ring([delivery])
