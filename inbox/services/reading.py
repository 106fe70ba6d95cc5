"""Who has read, received and drafted what."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from events import names, topics
from events.record import Push, push
from helpdesk.lib.text import is_storable
from inbox.access import conversations_for
from inbox.errors import Invalid, NotFound
from inbox.models import Conversation, Delivery, Draft, Message, ReadMark
from inbox.services.deliveries import cancel_copies
from people.models import Agent

_RANK = ["queued", "unknown", "sent", "delivered", "read"]  # a receipt only ever moves a delivery forward


def mark_read(*, agent: Agent, conversation_id: UUID, seq: int) -> ReadMark:
    """Note that the agent has read up to `seq`; never backwards. The buyer sees the furthest of all agents."""
    with transaction.atomic():
        conversation = conversations_for(agent).filter(pk=conversation_id).first()
        if conversation is None:
            raise NotFound("No such conversation.")
        seq = max(0, min(seq, conversation.last_seq))
        mark, _ = ReadMark.objects.get_or_create(agent=agent, conversation=conversation)
        if seq <= mark.seq:
            return mark
        # Read to the end needs no counting, and that is nearly always how it is read.
        later = conversation.last_seq > seq and Message.objects.filter(
            ~Q(kind="system") | Q(data__event=names.CARD_ANSWERED),  # an answer is something they said
            conversation=conversation,
            seq__gt=seq,
            seq__lte=conversation.last_seq,
            author_kind="buyer",
        )
        seen = conversation.inbound_count - (later.count() if later else 0)
        if not ReadMark.objects.filter(pk=mark.pk, seq__lt=seq).update(seq=seq, inbound_seen=seen):
            mark.refresh_from_db()  # another tab was quicker, and further
            return mark
        mark.seq, mark.inbound_seen = seq, seen
        frame: dict[str, Any] = {
            "type": "read",
            "conversation": str(conversation_id),
            "seq": seq,
            "by": "agent",
        }
        mine = {**frame, "agent": str(agent.id), "inbound_seen": seen}
        pushes = [Push((topics.agent(agent.id), topics.conversation(conversation_id)), mine)]
        moved = Conversation.objects.filter(pk=conversation_id, agent_read_seq__lt=seq).update(
            agent_read_seq=seq
        )
        if moved:
            pushes.append(Push((topics.visitor(conversation_id),), frame))
        push(pushes)
    return mark


def mark_by_buyer(*, conversation_id: UUID, received: int | None = None, read: int | None = None) -> None:
    """Note what the widget has received and what the buyer has looked at; deliveries move with it."""
    with transaction.atomic():
        conversation = Conversation.objects.select_for_update(of=("self",)).filter(pk=conversation_id).first()
        if conversation is None:
            raise NotFound("No such conversation.")
        pushes = []
        for state, given in (("delivered", received), ("read", read)):
            if given is None:
                continue
            seq = max(0, min(given, conversation.last_seq))
            earlier = _RANK[: _RANK.index(state)]
            # What went to an address outside is not what the widget has seen: its provider tells of it.
            moved = Delivery.objects.filter(
                message__conversation_id=conversation_id, message__seq__lte=seq, state__in=earlier, to=""
            ).update(state=state, updated_at=timezone.now())
            if state == "read" and seq > conversation.buyer_read_seq:
                conversation.buyer_read_seq = seq
                conversation.save(update_fields=["buyer_read_seq"])
                frame = {"type": "read", "conversation": str(conversation_id), "seq": seq, "by": "buyer"}
                pushes.append(Push((topics.conversation(conversation_id),), frame))
                cancel_copies(Delivery.objects.filter(conversation=conversation_id, seq__lte=seq))
            if moved:
                frame = {
                    "type": "delivery.upto",
                    "conversation": str(conversation_id),
                    "seq": seq,
                    "state": state,
                }
                pushes.append(Push((topics.conversation(conversation_id),), frame))
        push(pushes)


def save_draft(*, agent: Agent, conversation_id: UUID, body: str, private: bool = False) -> None:
    """Keep what the agent has typed; an empty text forgets it."""
    if len(body) > 10_000 or not is_storable(body):
        raise Invalid("A draft is a text of at most 10000 characters.", attr="body")
    conversation = conversations_for(agent).filter(pk=conversation_id).first()
    if conversation is None:
        raise NotFound("No such conversation.")
    if not body.strip():
        Draft.objects.filter(agent=agent, conversation=conversation).delete()
        return
    Draft.objects.update_or_create(
        agent=agent, conversation=conversation, defaults={"body": body, "private": private}
    )


def unread(conversation: Conversation, mark: ReadMark | None) -> int:
    """Return how many of the buyer's messages the agent has not read."""
    return max(0, conversation.inbound_count - (mark.inbound_seen if mark else 0))
