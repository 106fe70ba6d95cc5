"""Asking the buyer how it was: once for each time that a conversation is resolved, where the store wants it.

    resolved ──▶ waiting ──due, and nothing speaks against it──▶ asked (a message with its delivery)
                    │
                    └──▶ dropped (`why`): reopened, rated, no way to them, asked lately ...

The row is written with the resolution, so no job has to be remembered: a sweep finds what is due. The question and the
row's step from waiting to asked are one transaction under the conversation's lock; whoever dies in it has done nothing.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from events import names
from events.record import SYSTEM, Actor, Happening
from inbox import transports, ways
from inbox.access import with_summary_relations
from inbox.models import Channel, Conversation, Message, Rating, RatingAsk, RatingRule
from inbox.payloads import message_data
from inbox.quiet import held_until
from inbox.rating_words import card_of
from inbox.services import consent, timeline
from inbox.services.deliveries import new_delivery, ring
from inbox.services.timeline import Batch
from people.models import BuyerIdentity

log = logging.getLogger(__name__)

State = RatingAsk.State
AT_ONCE = 200
# Who is asked days later, because nothing ran meanwhile, has long forgotten.
TOO_LATE = timedelta(days=3)


@dataclass(frozen=True)
class Way:
    channel: Channel
    address: str
    rule: RatingRule


class Dropped(Exception):
    """Why a buyer is not asked: the words of `RatingAsk.why`."""


def plan(conversation: Conversation) -> None:
    """Note that the buyer is to be asked, where the store wants it. In the transaction that resolves it."""
    rule = RatingRule.objects.filter(store=conversation.store_id, active=True).first()
    if rule is not None and conversation.resolved_at is not None:
        due_at = conversation.resolved_at + timedelta(minutes=rule.delay)
        RatingAsk.objects.create(conversation=conversation, round=conversation.resolved_at, due_at=due_at)


def due(*, now: datetime | None = None, limit: int = AT_ONCE) -> list[UUID]:
    """Return what is to be asked by now, the oldest first."""
    rows = RatingAsk.objects.filter(state=State.WAITING, due_at__lte=now or timezone.now())
    return list(rows.order_by("due_at", "id").values_list("id", flat=True)[:limit])


def ask_due(*, now: datetime | None = None) -> int:
    """Ask all who are to be asked by now. Returns how many were."""
    asked = 0
    for ask_id in due(now=now):
        try:
            asked += ask(ask_id, now=now) is not None
        except Exception:  # one that breaks must not hold up the others; it is tried again
            log.exception("rating %s was not asked for", ask_id)
    return asked


def ask(ask_id: UUID, *, now: datetime | None = None) -> Message | None:
    """Ask for one rating if it is due and may be asked for. None: not, not now, or somebody has."""
    now = now or timezone.now()
    buyer = RatingAsk.objects.filter(pk=ask_id, state=State.WAITING).values("conversation__buyer")
    with transaction.atomic():
        # All of the buyer's, in the order in which everybody locks them: two of theirs must not both be asked about.
        rows = with_summary_relations(Conversation.objects.filter(buyer__in=buyer))
        theirs = list(rows.select_for_update(of=("self",)).order_by("id"))
        waiting = RatingAsk.objects.filter(pk=ask_id, state=State.WAITING, due_at__lte=now)
        row = waiting.select_for_update(of=("self",)).first()
        conversation = next((c for c in theirs if row and c.id == row.conversation_id), None)
        if row is None or conversation is None:
            return None
        try:
            way = _way(row, conversation, theirs, now)
        except Dropped as why:
            waiting.update(state=State.DROPPED, why=str(why))
            return None
        if night := held_until(conversation.buyer, conversation.store, now):
            # Not posted and held: what speaks against it by the morning is looked at in the morning.
            waiting.update(due_at=night)
            return None
        return _post(row, conversation, way, now)


def _way(row: RatingAsk, c: Conversation, theirs: list[Conversation], now: datetime) -> Way:
    """Return how the buyer is asked. Raises Dropped where they are not."""
    rule = RatingRule.objects.filter(store=c.store_id, active=True).first()
    if rule is None:
        raise Dropped("off")
    if c.status != Conversation.Status.RESOLVED or c.resolved_at != row.round or c.merged_into_id:
        raise Dropped("reopened")
    if any(other.status != Conversation.Status.RESOLVED for other in theirs):
        raise Dropped("writes_again")
    if Rating.objects.filter(conversation=c, round=row.round).exists():
        raise Dropped("rated")
    if c.first_reply_at is None:
        raise Dropped("never_answered")
    if c.buyer.is_blocked():
        raise Dropped("blocked")
    if now - row.due_at > TOO_LATE:
        raise Dropped("too_late")
    since = now - timedelta(days=rule.every_days)
    asked = RatingAsk.objects.filter(conversation__in=theirs, state=State.ASKED, asked_at__gt=since)
    if rule.every_days and asked.exists():
        raise Dropped("asked_lately")
    way = _by_channel(rule, c, now) if _is_outside(c.channel) else _by_mail(rule, c)
    if way is None:
        raise Dropped("no_way")
    return way


def _is_outside(channel: Channel) -> bool:
    return transports.get(channel.kind).first_state == "queued"


def _by_channel(rule: RatingRule, c: Conversation, now: datetime) -> Way | None:
    """Return the way the buyer came, where free words are taken there and the buyer takes more than answers."""
    channel = rule.channels.filter(pk=c.channel_id, active=True).first()
    if channel is None:
        return None
    one = ways.way(channel, c, ways.addresses_of(c.buyer_id), now)
    if one.reason or one.is_closed or not one.address:
        return None
    return None if consent.refusal(channel, one.address, unasked=True) else Way(channel, one.address, rule)


def _by_mail(rule: RatingRule, c: Conversation) -> Way | None:
    """Return a mailbox for who came by the page and left it before it asked them: to an address that is proven and
    that they wrote from, or agreed to."""
    if not rule.mails_visitors or c.buyer_read_seq >= c.last_public_seq:
        return None
    for channel in rule.channels.filter(active=True).order_by("name", "id"):
        transport = transports.get(channel.kind)
        if not transport.is_letter:
            continue
        standing = consent.standing(c.buyer, channel.kind)
        proven = BuyerIdentity.objects.filter(buyer=c.buyer, value=standing.address, verified=True)
        if not standing.allows(unasked=False) or not proven.exists():
            continue
        if not consent.refusal(channel, standing.address, unasked=True):
            return Way(channel, standing.address, rule)
    return None


def _post(row: RatingAsk, c: Conversation, way: Way, now: datetime) -> Message:
    """Post the question. It is no answer and nobody's work: the list stays in its order, and nothing begins to wait."""
    batch, said_by = Batch(), Actor("bot", None, c.store.name)
    kept = c.preview, c.last_at
    card = card_of(c, way.rule)
    message = timeline.append(
        c,
        batch,
        actor=said_by,
        client_id=f"rating.{row.id.hex}",
        body=card["text"],
        kind=Message.Kind.CARD,
        data=card,
        private=False,
        at=timeline.tick(c),
    )
    c.preview, c.last_at = kept
    message.channel_kind = way.channel.kind
    delivery = new_delivery(message, way.channel, c.buyer_id, unasked=True, stays=True, to=way.address)
    batch.deliveries.append(delivery)
    payload = message_data(message, attachments=[], deliveries=[delivery])
    timeline.announce(message, c, payload, said_by, batch, quiet=True)
    happening = Happening(names.RATING_ASKED, SYSTEM, store_id=c.store_id, conversation_id=c.id)
    happening.data = {
        "ask": str(row.id),
        "message": str(message.id),
        "channel": way.channel.kind,
        "agent": str(c.resolved_by_id) if c.resolved_by_id else None,
    }
    batch.happenings.append(happening)
    timeline.write(batch)
    # Conditional, though the row is locked: where locks are none, two would not both get past this.
    mine = RatingAsk.objects.filter(pk=row.pk, state=State.WAITING)
    if not mine.update(state=State.ASKED, asked_at=now, message=message):
        raise RuntimeError("somebody else asks")
    ring(batch.deliveries)
    return message
