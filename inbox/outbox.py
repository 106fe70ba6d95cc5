"""Messages on their way out: each delivery row is handed to its provider once, in its conversation's order.

    queued ──claim──▶ sending ──▶ sent ──receipts──▶ delivered ──▶ read
      ▲                  │  └───▶ failed (refused, or too late)
      └── later ─────────┤
                         └──────▶ unknown (it may have been sent: nobody sends it again but a person)

A claim is a conditional update and a lease. Past it the worker is presumed dead, and its message is unknown,
unless the provider knows our keys: then it is tried again with the same one.
"""

import logging
import random
import time
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Min, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from helpdesk.lib import sealed
from inbox import transports, ways
from inbox.consent_links import unsubscribe_link
from inbox.models import Channel, Delivery, Received
from inbox.services import consent
from inbox.services.deliveries import tell
from inbox.transports.base import Later, NoAnswer, OptedOut, Outgoing, Refused, Transport
from inbox.wording import speaking_of, worded

log = logging.getLogger(__name__)

State = Delivery.State
LEASE = timedelta(seconds=60)  # well over what a transport may take
MAX_PAUSE_S = 900
_KEY = "delivery-"
# A provider that takes a call and does not answer would hold every worker, one message after the other: a channel has
# one call at a time, and one that hung makes the rest of its channel wait.
HUNG = timedelta(seconds=5)
LONGEST_CALL = timedelta(
    seconds=20
)  # over what a provider has for its answer; an older claim is a dead worker's
AFTER_HUNG = timedelta(seconds=30)
MOST_PAGES = 50  # of AT_ONCE, looked through for one that is first in its conversation
AT_ONCE = 20  # deliveries of one channel in one job, so that no channel keeps a worker from the others


def send_due(channel_id: UUID, *, now: datetime | None = None) -> int:
    """Hand over what is due on a channel, oldest first. Returns how many were tried; AT_ONCE: there may be more."""
    if transaction.get_connection().in_atomic_block:
        raise RuntimeError(
            "a provider is never called inside a transaction: what it does cannot be rolled back"
        )
    tried = 0
    while tried < AT_ONCE:
        moment = now or timezone.now()
        with transaction.atomic():
            # The lock of whoever looks what is next; it does not hold up those who post.
            rows = Channel.objects.select_for_update(no_key=True, of=("self",)).select_related("store")
            channel = rows.filter(pk=channel_id).first()
            if channel is None or (channel.paused_until and channel.paused_until > moment):
                break
            if _is_called(channel, moment):
                break  # whoever calls goes on with what is next
            delivery = _claim(channel, moment)
        if delivery is None:
            break
        tried += 1
        _hand_over(delivery, channel, moment)
    return tried


def due_channels(*, now: datetime | None = None) -> list[UUID]:
    """Return the channels on which something waits to go out, or was left behind by a worker that died."""
    now = now or timezone.now()
    rows = Delivery.objects.filter(_due(now)).exclude(channel__paused_until__gt=now)
    return list(rows.order_by().values_list("channel", flat=True).distinct())


def _due(now: datetime) -> Q:
    return Q(state=State.QUEUED, run_at__lte=now) | Q(state=State.SENDING, claimed_until__lt=now)


def _is_called(channel: Channel, now: datetime) -> bool:
    """Return whether a worker waits for this provider's answer."""
    since = now + LEASE - LONGEST_CALL
    return Delivery.objects.filter(channel=channel, state=State.SENDING, claimed_until__gt=since).exists()


def _claim(channel: Channel, now: datetime) -> Delivery | None:
    """Take the oldest delivery that is due and first in its conversation. None: there is none for us.

    A page at a time, and who is first asked for a page alone: in one query it is for the planner to get right, and
    with ten thousand waiting it took seconds where it did not.
    """
    seen: set[UUID] = set()
    for _ in range(MOST_PAGES):
        due = Delivery.objects.filter(_due(now), channel=channel).exclude(conversation__in=seen)
        page = list(due.order_by("run_at", "id").values_list("conversation", flat=True)[:AT_ONCE])
        talks = {conversation for conversation in page if conversation}
        heads = due.filter(_first_of(channel, talks, now)).order_by("run_at", "id")
        claimed = _claim_one(list(heads.values_list("pk", "state", "attempts")), channel, now)
        if claimed is not None or len(page) < AT_ONCE:
            return claimed
        seen |= talks
    return None


def _first_of(channel: Channel, conversations: set[UUID], now: datetime) -> Q:
    """Return what has to go first in each of these conversations, due or not."""
    waiting = Delivery.objects.filter(
        channel=channel, conversation__in=conversations, state__in=[State.QUEUED, State.SENDING]
    ).exclude(held_until__gt=now)  # what waits for the morning lets answers pass
    found = waiting.order_by().values_list("conversation").annotate(Min("seq"))
    return reduce(or_, (Q(conversation=talk, seq=seq) for talk, seq in found), Q(conversation=None))


def _claim_one(heads: list[Any], channel: Channel, now: datetime) -> Delivery | None:
    for pk, state, attempts in heads:
        mine = Delivery.objects.filter(pk=pk, state=state, attempts=attempts)
        claim = {"state": State.SENDING, "claimed_until": now + LEASE, "attempts": F("attempts") + 1}
        if state == State.SENDING and not transports.get(channel.kind).idempotent:
            _left_behind(mine, pk)
            continue
        if mine.update(**claim):
            rows = Delivery.objects.select_related(
                "message__conversation__buyer", "message__conversation__store"
            )
            return rows.get(pk=pk)
    return None


def _left_behind(mine: QuerySet[Delivery], pk: int) -> None:
    """A worker died with it in its hands: the provider may have it, and cannot be asked."""
    with transaction.atomic():
        detail = gettext_noop("The connection broke while it was being sent. It may have arrived.")
        if mine.update(state=State.UNKNOWN, claimed_until=None, detail=detail, updated_at=timezone.now()):
            tell(Delivery.objects.select_related("message").get(pk=pk))


def _hand_over(delivery: Delivery, channel: Channel, now: datetime) -> None:
    transport = transports.get(channel.kind)
    if delivery.deadline and delivery.deadline < now:
        _leave(delivery, State.FAILED, detail=gettext_noop("It could not be sent in time."))
        return
    if not channel.active:
        _leave(delivery, State.FAILED, detail=ways.OFF, **_moves_on(delivery, now))
        return
    if why := consent.refusal(channel, delivery.to, unasked=delivery.unasked):
        _leave(delivery, State.FAILED, detail=why, **_moves_on(delivery, now))
        return
    if (speaking := speaking_of(delivery.message)) and (why := speaking.outdated(delivery.message)):
        _leave(delivery, State.CANCELLED, detail=why)
        return
    given = outgoing(delivery, transport)
    began = time.monotonic()
    try:
        sent = transport.send(channel, given)
    except OptedOut as refusal:
        consent.opt_out(channel, delivery.to, consent.Source.PROVIDER, reason=str(refusal))
        _leave(delivery, State.FAILED, detail=str(refusal), **_moves_on(delivery, now))
    except Refused as refusal:
        closed = ways.is_closed(transport, ways.window_from(transport, given.last_inbound_at), now)
        _leave(delivery, State.FAILED, detail=str(refusal), **(_moves_on(delivery, now) if closed else {}))
    except Later as later:
        _try_again(delivery, channel, later, now)
    except sealed.Unreadable as error:  # whoever runs the desk has to put a key back; then all of it goes
        _try_again(delivery, channel, Later(str(error), channel=True), now)
    except Exception as error:
        # Not only NoAnswer: after an error of our own, too, the provider may have it.
        if not isinstance(error, NoAnswer):
            log.exception("delivery %s broke", delivery.pk)
        hung = time.monotonic() - began > HUNG.total_seconds()
        if transport.idempotent:
            pause = AFTER_HUNG.total_seconds() if hung else None
            _try_again(delivery, channel, Later(str(error), retry_after=pause, channel=hung), now)
        else:
            if hung:  # the others would become unknown, too
                _pause(channel, now + AFTER_HUNG, str(error))
            _leave(delivery, State.UNKNOWN, detail=str(error) or type(error).__name__)
    else:
        _leave(delivery, State.SENT, external_id=sent.external_id[:200], detail=sent.detail)
        if channel.trouble and channel.paused_until:  # what was wrong was that nothing could be sent
            Channel.objects.filter(pk=channel.pk).update(trouble="", paused_until=None)


def _moves_on(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """Nothing that waiting would change: where another channel may take over, it does so at once."""
    return {"check_at": now} if delivery.check_at else {}


def outgoing(delivery: Delivery, transport: Transport) -> Outgoing:
    """Return a delivery as its transport takes it."""
    message = delivery.message
    last = (
        Received.objects.filter(channel=delivery.channel_id, message__conversation=delivery.conversation_id)
        .select_related("message")
        .order_by("-id")
        .first()
    )
    said, files = worded(message, transport)
    template = (message.data or {}).get("template") if message.kind == message.Kind.TEXT else None
    return Outgoing(
        key=f"{_KEY}{delivery.pk}",
        to=delivery.to,
        text=said.text,
        subject=said.subject,
        choices=said.choices,
        attachments=files,
        context=last.context if last else {},
        conversation=str(message.conversation_id),
        author=message.author_name,
        automatic=message.author_kind == "bot",
        language=message.conversation.buyer.language,
        last_inbound_at=last.message.created_at if last and last.message else None,
        template=template if transport.has_templates else None,
        unsubscribe=unsubscribe_link(delivery) if delivery.unasked else "",
    )


def delivery_of(key: str) -> int | None:
    """Return whose key it is; None: none of ours."""
    number = key.removeprefix(_KEY)
    return (
        int(number)
        if number != key and number.isascii() and number.isdecimal() and len(number) < 19
        else None
    )


def _try_again(delivery: Delivery, channel: Channel, later: Later, now: datetime) -> None:
    """Queue it again, later and later; with some chance in it, so that a crowd does not come back as one."""
    pause = min(2.0**delivery.attempts, MAX_PAUSE_S) * random.uniform(0.5, 1.5)  # no secret
    if later.retry_after is not None:
        pause = max(pause, later.retry_after)
    run_at = now + timedelta(seconds=pause)
    if later.channel:
        # Whatever else waits would hear the same: one message goes on trying, and the others wait for it.
        _pause(channel, run_at, str(later))
    _leave(delivery, State.QUEUED, run_at=run_at, detail=str(later))


def _pause(channel: Channel, until: datetime, why: str) -> None:
    Channel.objects.filter(pk=channel.pk).update(paused_until=until, trouble=why[:300])


def _leave(delivery: Delivery, state: str, **fields: Any) -> None:
    """Move it on from this worker's own claim; nothing where that is lost: then another knows better."""
    if "detail" in fields:
        fields["detail"] = fields["detail"].replace("\x00", "")[:200]
    fields |= {"state": state, "claimed_until": None, "updated_at": timezone.now()}
    with transaction.atomic():
        own = Delivery.objects.filter(pk=delivery.pk, state=State.SENDING, attempts=delivery.attempts)
        if own.update(**fields):
            for name, value in fields.items():
                setattr(delivery, name, value)
            tell(delivery)
