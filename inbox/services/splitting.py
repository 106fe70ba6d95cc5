"""Two matters in one conversation: what begins at a message becomes a conversation of its own, and one again.

The end of a timeline moves as a whole, notes and lines too, so both keep places without gaps. A buyer has one live
conversation: what was before is resolved, and what moved goes on as the whole did.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events import names, topics
from events.record import Actor, Push, push
from helpdesk.lib.ids import parse_id
from inbox import due
from inbox.access import conversations_for
from inbox.errors import Conflict, Invalid, NotFound
from inbox.models import Attachment, Conversation, Delivery, Mention, Message, ReadMark
from inbox.services import timeline
from inbox.services.conversations import locked, locked_together
from inbox.services.timeline import Batch
from people.models import Agent

MOST_MOVED = 2_000
# What goes on where the conversation goes on.
_GOES_ALONG = ("status", "priority", "assignee", "team", "snoozed_until", "resolved_at", "resolved_by")


def split_conversation(*, agent: Agent, conversation_id: UUID, seq: int) -> Conversation:
    """Make the message at `seq` the first of a conversation of its own; return that one.

    Raises NotFound, or Invalid where there is no such message, or nothing was said before it.
    """
    with transaction.atomic():
        source = locked(agent, conversation_id)
        moved = list(
            Message.objects.filter(conversation=source, seq__gte=seq).order_by("seq")[: MOST_MOVED + 1]
        )
        said = Message.objects.filter(conversation=source, seq__lt=seq).exclude(kind="system")
        if not moved or moved[0].seq != seq or moved[0].kind == "system" or not said.exists():
            raise Invalid(_("A conversation is split at a message that others come before."), attr="seq")
        if len(moved) > MOST_MOVED:
            raise Invalid(_("That is too much to be moved."), attr="seq")
        made = Conversation(store=source.store, buyer=source.buyer, channel=source.channel)
        _goes_on(source, made)
        made.save(force_insert=True)
        made.tags.add(*source.tags.all())
        _move(moved, source, made)
        params = {"actor": agent.name}
        words = f"{agent.name} split the conversation"
        _tell(agent, source, made, names.CONVERSATION_SPLIT, params, words, opened=made)
    return made


def join_back(*, agent: Agent, conversation_id: UUID) -> Conversation:
    """Move a conversation that was split off back to the end of the one it came from; return that one.

    Raises NotFound, or Conflict where it was not split off, or that one has gone on meanwhile.
    """
    with transaction.atomic():
        source_id = _split_from(agent, conversation_id)
        source, made = locked_together(agent, source_id, conversation_id)
        if source.merged_into_id or made.merged_into_id:
            raise Conflict(_("It was merged into another conversation."), code="merged")
        moved = list(Message.objects.filter(conversation=made).order_by("seq")[: MOST_MOVED + 1])
        first = next((message for message in moved if message.kind != "system"), None)
        if first is None or len(moved) > MOST_MOVED:
            raise Conflict(_("There is nothing that could be moved back."), code="nothing_to_move")
        later = Message.objects.filter(conversation=source, created_at__gt=first.created_at).exclude(
            kind="system"
        )
        if source.status != "resolved" or later.exists():
            raise Conflict(_("The other conversation has gone on meanwhile."), code="went_on")
        _goes_on(made, source)
        _move(moved, made, source)
        params = {"actor": agent.name}
        words = f"{agent.name} made it one conversation again"
        _tell(agent, made, source, names.CONVERSATION_JOINED, params, words)
    return source


def _split_from(agent: Agent, conversation_id: UUID) -> UUID:
    """Return from which conversation this one was split off last: its lines tell."""
    if not conversations_for(agent).filter(pk=conversation_id).exists():
        raise NotFound("No such conversation.")
    lines = Message.objects.filter(conversation=conversation_id, kind="system", private=True)
    for line in lines.order_by("-seq"):
        data = line.data or {}
        if data.get("event") == names.CONVERSATION_SPLIT and data.get("to") == str(conversation_id):
            found = parse_id(data.get("from"))
            if found is not None:
                return found
    raise Conflict(_("This conversation was not split off from another."), code="not_split")


def _goes_on(ended: Conversation, goes_on: Conversation) -> None:
    """Let one go on as the other did, which is resolved: first, because a buyer has one that is live."""
    for name in _GOES_ALONG:
        setattr(goes_on, name, getattr(ended, name))
    due.carry(ended, goes_on)
    due.clear(ended)
    ended.status, ended.snoozed_until, ended.waiting_since = Conversation.Status.RESOLVED, None, None
    ended.resolved_at = ended.resolved_at or timezone.now()
    ended.save(update_fields=["status", "snoozed_until", "waiting_since", "resolved_at"])
    if not goes_on._state.adding:
        goes_on.save(update_fields=list(_GOES_ALONG))


def _move(moved: Sequence[Message], source: Conversation, target: Conversation) -> None:
    """Put the end of one timeline behind the other, with all that hangs on its messages, and count both anew."""
    first, shift = moved[0].seq, target.last_seq - (moved[0].seq - 1)
    # Somebody may have used an id of one in the other meanwhile.
    ids = {message.client_id for message in moved}
    taken = set(
        Message.objects.filter(conversation=target, client_id__in=ids).values_list("client_id", flat=True)
    )
    for message in moved:
        message.conversation, message.seq = target, message.seq + shift
        if message.client_id in taken:
            message.client_id = f"moved.{message.id.hex}"
    Message.objects.bulk_update(moved, ["conversation", "seq", "client_id"], batch_size=200)
    places = {message.id: message.seq for message in moved}
    deliveries = list(Delivery.objects.select_for_update().filter(message__in=places))
    for delivery in deliveries:
        delivery.conversation, delivery.seq = target, places[delivery.message_id]
    Delivery.objects.bulk_update(deliveries, ["conversation", "seq"], batch_size=200)
    Attachment.objects.filter(message__in=places).update(conversation=target)
    Mention.objects.filter(message__in=places).update(conversation=target)
    for name in ("buyer_read_seq", "agent_read_seq"):
        read = getattr(source, name)
        if read >= first:
            setattr(target, name, read + shift)
            setattr(source, name, first - 1)
    _count(source)
    _count(target)
    for row in (source, target):
        row.save(update_fields=["buyer_read_seq", "agent_read_seq"])
    _move_marks(source, target, first, shift)


def _move_marks(source: Conversation, target: Conversation, first: int, shift: int) -> None:
    """Who had read the end has read it where it is now."""
    for mark in ReadMark.objects.filter(conversation=source, seq__gte=first):
        seen = max(mark.inbound_seen - source.inbound_count, 0)
        there, _is_new = ReadMark.objects.get_or_create(agent_id=mark.agent_id, conversation=target)
        there.seq, there.inbound_seen = mark.seq + shift, min(there.inbound_seen + seen, target.inbound_count)
        there.save(update_fields=["seq", "inbound_seen"])
        mark.seq, mark.inbound_seen = first - 1, min(mark.inbound_seen, source.inbound_count)
        mark.save(update_fields=["seq", "inbound_seen"])


def _count(conversation: Conversation) -> None:
    """Set what a conversation's row says of its messages from the messages."""
    c = conversation
    c.last_seq = c.last_public_seq = c.inbound_count = 0
    c.first_reply_at = c.waiting_since = None
    c.reply_kind = ""  # as its own messages say
    for message in Message.objects.filter(conversation=c).order_by("seq"):
        c.last_seq = message.seq
        if not message.private:
            c.last_public_seq = message.seq
        if message.kind == "system":
            continue
        c.last_at = message.created_at
        if message.private:
            continue
        c.preview = timeline.preview(message)
        if message.author_kind == "buyer":
            c.inbound_count += 1
            c.waiting_since = c.waiting_since or message.created_at
        elif message.author_kind == "agent":
            c.waiting_since = None
            if c.inbound_count:
                c.first_reply_at = c.first_reply_at or message.created_at
    if c.status == "resolved":
        c.waiting_since = None


def _tell(
    agent: Agent,
    ended: Conversation,
    goes_on: Conversation,
    name: str,
    params: dict[str, Any],
    words: str,
    *,
    opened: Conversation | None = None,
) -> None:
    """Write a line into both, and let every screen read them anew: places that it knows are others now."""
    actor, batch = Actor.agent(agent), Batch()
    ids = {"from": str(ended.id), "to": str(goes_on.id)}
    timeline.add_line(ended, batch, actor, name, params | ids, words)
    timeline.add_line(goes_on, batch, actor, name, params | ids, words)
    if opened is not None and opened.status != "resolved":
        batch.opened.append(opened)
    timeline.write(batch)
    for conversation in (ended, goes_on):
        anew = {
            "type": "error",
            "code": "too_far",
            "message": "It was split.",
            "conversation": str(conversation.id),
        }
        push([Push((topics.conversation(conversation.id), topics.visitor(conversation.id)), anew)])
