"""The ways to a buyer: which channels reach them, at which address, and what may be said there now."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from helpdesk.lib.times import iso
from inbox import transports
from inbox.errors import Conflict
from inbox.models import Channel, Conversation, Received
from inbox.services import consent
from inbox.transports.base import Transport
from people.models import BuyerIdentity, VisitorSession

OFF = gettext_noop("This channel is switched off.")
NO_ADDRESS = gettext_noop("The buyer has no address on this channel.")
CLOSED = gettext_noop("The buyer wrote too long ago: nothing may be sent here until they write again.")


@dataclass(frozen=True)
class Way:
    """`reason` says in English why nothing can be sent; empty: it can. `until` is when free words are no more taken
    (None: never); past it, and with `templates`, only a template is."""

    channel: Channel
    transport: Transport
    address: str
    reason: str = ""
    until: datetime | None = None
    is_closed: bool = False
    instead: str = ""  # the channel that takes free words over while this one is closed

    @property
    def state(self) -> str:
        if self.reason:
            return "unavailable"
        return "template" if self.is_closed and not self.instead else "open"


def ways_to(conversation: Conversation, *, now: datetime | None = None) -> list[Way]:
    """Return the ways to the conversation's buyer, the one by which they came first.

    Those on which they have no address are left out, except for that first one. (Load it with its channel.)
    """
    now = now or timezone.now()
    addresses = addresses_of(conversation.buyer_id)
    rows = Channel.objects.filter(store=conversation.store_id).order_by("name", "id")
    found = [way(channel, conversation, addresses, now) for channel in rows]
    first = conversation.channel_id
    known = [one for one in found if one.reason != NO_ADDRESS or one.channel.id == first]
    return sorted(known, key=lambda one: (one.channel.id != first, bool(one.reason)))


def way(channel: Channel, conversation: Conversation, addresses: dict[str, str], now: datetime) -> Way:
    transport = transports.get(channel.kind)
    address = addresses.get(transport.address_kind or channel.kind, "")
    until = window_end(channel, conversation.id) if transport.window else None
    closed = is_closed(transport, until, now)
    reason, instead = "", ""
    if closed and channel.unread_after is not None:
        found = next_way(conversation, tried=[channel.id], unasked=False, now=now)
        instead = found[0].name if found else ""
    if not channel.active:
        reason = OFF
    elif address and (stopped := consent.refusal(channel, address)):
        reason = stopped
    elif not address and not (transport.first_state != "queued" and _visits(channel, conversation)):
        reason = NO_ADDRESS
    elif closed and not transport.has_templates and not instead:
        reason = CLOSED
    return Way(channel, transport, address, reason, until, closed, instead)


def next_way(
    conversation: Conversation, *, tried: Iterable[UUID], unasked: bool, now: datetime
) -> tuple[Channel, str] | None:
    """Return the store's next channel besides those `tried`, and the buyer's address there: one that they agreed to,
    and where free words are taken. None: there is none. (Load the conversation with buyer and store.)"""
    rows = Channel.objects.filter(store=conversation.store_id, active=True, takes_over__isnull=False)
    for channel in rows.exclude(pk__in=tried).order_by("takes_over", "id"):
        transport = transports.get(channel.kind)
        if transport.first_state != "queued":
            continue  # a page shows all of the conversation anyway
        standing = consent.standing(conversation.buyer, channel.kind)
        if not standing.allows(unasked=unasked):
            continue
        if transport.window is not None and is_closed(transport, window_end(channel, conversation.id), now):
            continue
        return channel, standing.address
    return None


def _visits(channel: Channel, conversation: Conversation) -> bool:
    """Whether the buyer comes to a page that shows them what we write: they came from there, or have a browser open.

    They need no address for that. Who was logged out reads it when the store knows them again.
    """
    browsers = VisitorSession.objects.filter(buyer=conversation.buyer_id, revoked_at=None)
    return channel.id == conversation.channel_id or browsers.exists()


def addresses_of(buyer_id: UUID) -> dict[str, str]:
    """Return where a buyer is reached, by kind of address: what they used last."""
    rows = BuyerIdentity.objects.filter(buyer=buyer_id).order_by("created_at")
    return dict(rows.values_list("kind", "value"))


def window_end(channel: Channel, conversation_id: UUID) -> datetime | None:
    """Return until when the provider takes free words, counted from the buyer's last message; None: they never
    wrote here. (For channels whose transport has a window.)"""
    rows = Received.objects.filter(channel=channel, message__conversation=conversation_id)
    last = rows.order_by("-id").values_list("message__created_at", flat=True).first()
    return window_from(transports.get(channel.kind), last)


def window_from(transport: Transport, last: datetime | None) -> datetime | None:
    """Return until when free words are taken, where the buyer last wrote at that time."""
    return last + transport.window if last and transport.window else None


def is_closed(transport: Transport, until: datetime | None, now: datetime) -> bool:
    """Whether a channel with a window that lasts `until` takes no free words now."""
    return transport.window is not None and (until is None or until <= now)


def refuse_closed(
    channel: Channel, conversation: Conversation, *, unasked: bool = False, is_template: bool = False
) -> None:
    """Raise Conflict where nothing can be sent by a channel: `channel_off`, or `window_closed` for free words."""
    if not channel.active:
        raise Conflict(gettext(OFF), code="channel_off", attr="via")
    transport, now = transports.get(channel.kind), timezone.now()
    if transport.window is None or is_template:
        return
    if not is_closed(transport, window_end(channel, conversation.id), now):
        return
    # Where another channel takes over, it is not refused: it goes there at once (inbox/failover.py).
    is_looked_at = channel.unread_after is not None
    if not (is_looked_at and next_way(conversation, tried=[channel.id], unasked=unasked, now=now)):
        detail = gettext("The buyer wrote too long ago: free words are not taken here now.")
        raise Conflict(detail, code="window_closed", attr="via")


def way_data(one: Way) -> dict[str, Any]:
    """Return a way as the API gives it, in the reader's language."""
    transport = one.transport
    return {
        "id": str(one.channel.id),
        "kind": one.channel.kind,
        "name": one.channel.name,
        "label": str(transport.label),
        "icon": transport.icon,
        "address": one.address,
        "state": one.state,
        "reason": gettext(one.reason) if one.reason else "",
        "instead": one.instead,
        "until": iso(one.until) if one.until and not one.is_closed else None,
        "templates": transport.has_templates,
        "outside": transport.first_state == "queued",
        "segments": transport.segments,
        "max_text": transport.max_text,
        "takes_files": transport.takes_files or transport.first_state != "queued",
        "max_file": transport.max_file,
    }
