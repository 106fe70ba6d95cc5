"""What agents say among themselves stays among them: everything that reaches a buyer, recorded."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from events.record import SYSTEM
from events.sockets import db
from inbox import live
from inbox.access import attachments_for_buyer, public_messages
from inbox.models import Attachment, Conversation, Message, Tag
from inbox.services import (
    add_system_line,
    assign,
    mark_read,
    rate,
    resolve,
    save_draft,
    set_priority,
    set_tags,
    snooze,
)
from orders.notes import add_note
from tests.factories import World, agent_says, buyer_says
from tests.sockets import Connect

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "between-us"  # stands in everything that is not for the buyer
HEARD_BY_BUYERS = {
    "welcome",
    "message.created",
    "conversation.opened",
    "conversation.updated",
    "typing",
    "read",
    "ack",
    "pong",
    "presence",
    "heartbeat",
}
CONVERSATION_FIELDS = {"id", "status", "last_seq", "agent_read_seq", "assignee", "rating"}


def mixed_conversation(world: World) -> Conversation:
    """Everything that can happen in a conversation, with a secret wherever there is one to keep."""
    conversation = buyer_says(world.kim, "Where is my order?").conversation
    cid, ann, bob = conversation.id, world.ann, world.bob
    tag = Tag.objects.create(name=f"{SECRET}-tag")
    file = Attachment.objects.create(
        uploader=f"agent:{ann.id}", file="x", name=f"{SECRET}.pdf", media_type="application/pdf", size=1
    )
    agent_says(ann, conversation, f"@Bob {SECRET}", private=True, attachments=(file.id,))
    agent_says(bob, conversation, f"{SECRET} indeed", private=True)
    assign(agent=world.sue, conversation_id=cid, to_agent=bob.id)
    set_tags(agent=ann, conversation_id=cid, add=[tag.id])
    set_priority(agent=ann, conversation_id=cid, priority=2)
    save_draft(agent=ann, conversation_id=cid, body=SECRET)
    add_note(agent=ann, order_id=world.order.id, text=f"{SECRET} at the order", color="red")
    snooze(agent=ann, conversation_id=cid, until=timezone.now() + timedelta(hours=1))
    agent_says(bob, conversation, "It is on its way.")
    mark_read(agent=ann, conversation_id=cid, seq=99)
    line = {"event": "order.action.failed", "error": SECRET}
    with transaction.atomic():
        add_system_line(
            conversation_id=cid, event=line["event"], params=line, body=SECRET, public=False, actor=SYSTEM
        )
    agent_says(ann, conversation, f"{SECRET} again", private=True)
    buyer_says(world.kim, "Thank you")
    resolve(agent=bob, conversation_id=cid)
    rate(buyer_id=world.kim.id, conversation_id=cid, rating=5, comment="Fine")
    return conversation


async def test_no_frame_that_reaches_the_buyer_says_what_was_said_among_agents(
    connect: Connect, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("events.hub.HEARTBEAT_S", 0.2)
    widget, console = await connect.widget(world.kim), await connect.console(world.ann)
    conversation = await db(mixed_conversation, world)
    await console.ask(type="subscribe", conversation=str(conversation.id), after=0)
    await console.send(type="typing", conversation=str(conversation.id), private=True)
    await console.send(type="viewing", conversation=str(conversation.id), composing=True)
    await console.settled()
    await widget.send(type="resume", after=0)
    await widget.settled()
    late = await connect.widget(world.kim, resume={str(conversation.id): 0})
    resumed = await connect.widget(world.kim, resume={str(conversation.id): 2})
    assert SECRET in str(console.frames)
    for line in (widget, late, resumed):
        assert SECRET not in str(line.frames)
        assert {frame["type"] for frame in line.frames} <= HEARD_BY_BUYERS
        assert not line.of("typing")  # she is writing a note
        for frame in line.of("message.created"):
            assert not frame["message"]["private"]
        for frame in line.of("conversation.updated", "conversation.opened"):
            assert set(frame["conversation"]) == CONVERSATION_FIELDS
    rows = await db(
        lambda: list(Message.objects.filter(private=False).order_by("seq").values_list("seq", flat=True))
    )
    assert late.seqs == rows
    assert resumed.seqs == [seq for seq in rows if seq > 2]
    # Nor does a gap: each public message names the public one before it.
    heard = sorted({(f["after"], f["message"]["seq"]) for f in widget.of("message.created") if "after" in f})
    assert heard == list(zip([0, *rows], rows, strict=False))


@pytest.mark.parametrize("after", [0, 1, 4])
def test_no_query_for_the_buyer_returns_what_was_said_among_agents(world: World, after: int) -> None:
    conversation = mixed_conversation(world)
    found = live.missed(conversation.id, after, public=True)
    assert found is not None
    said = [
        *found[0],
        *public_messages(conversation.id).values(),
        *attachments_for_buyer(world.kim.id).values(),
    ]
    assert said
    assert SECRET not in str(said)
    shown: Any = live.conversation_of(world.kim.id)
    assert shown.preview == "Thank you"
    assert shown.last_public_seq == max(row.seq for row in public_messages(conversation.id))
