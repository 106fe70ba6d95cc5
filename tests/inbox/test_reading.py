"""Who has read, received and drafted what."""

from typing import Any

import pytest

from inbox.errors import Invalid, NotFound
from inbox.models import Conversation, Delivery, Draft, ReadMark
from inbox.services import assign, mark_by_buyer, mark_read, resolve, save_draft
from inbox.services.reading import unread
from tests.conftest import Frames
from tests.factories import World, agent_says, buyer_says, make_world
from tests.parallel import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(world: World) -> Conversation:
    """1 Hello · 2 a note · 3 a reply · 4 (Ann took it) · 5 and · 6 another"""
    conversation = buyer_says(world.kim, "Hello").conversation
    agent_says(world.bob, conversation, "a note", private=True)
    agent_says(world.ann, conversation, "a reply")
    buyer_says(world.kim, "and")
    buyer_says(world.kim, "another")
    conversation.refresh_from_db()
    assert conversation.last_seq == 6
    return conversation


@pytest.mark.parametrize(("seq", "left"), [(0, 3), (1, 2), (2, 2), (4, 2), (5, 1), (6, 0), (99, 0), (-5, 3)])
def test_unread_is_what_the_buyer_said_after_what_was_read(
    world: World, conversation: Conversation, seq: int, left: int
) -> None:
    mark = mark_read(agent=world.ann, conversation_id=conversation.id, seq=seq)
    assert unread(conversation, ReadMark.objects.get(pk=mark.pk)) == left
    assert mark.seq <= conversation.last_seq
    assert unread(conversation, None) == 3  # Bob's is his own


def test_system_lines_by_the_buyer_are_not_unread_messages(world: World, conversation: Conversation) -> None:
    resolve(agent=world.ann, conversation_id=conversation.id)
    mark_read(agent=world.ann, conversation_id=conversation.id, seq=7)
    buyer_says(world.kim, "One more thing")  # reopens, which is a line of the buyer
    conversation.refresh_from_db()
    assert unread(conversation, ReadMark.objects.get()) == 1
    mark = mark_read(agent=world.ann, conversation_id=conversation.id, seq=8)  # the line alone
    assert unread(conversation, mark) == 1


def test_reading_never_runs_backwards(world: World, conversation: Conversation, pushed: Frames) -> None:
    mark_read(agent=world.ann, conversation_id=conversation.id, seq=5)
    pushed.clear()
    for seq in (3, 5):
        assert mark_read(agent=world.ann, conversation_id=conversation.id, seq=seq).seq == 5
    assert not pushed
    assert ReadMark.objects.get().seq == 5


def test_the_buyer_sees_the_furthest_of_all_agents(
    world: World, conversation: Conversation, pushed: Frames
) -> None:
    for agent, seq in ((world.ann, 3), (world.bob, 2), (world.bob, 6)):
        mark_read(agent=agent, conversation_id=conversation.id, seq=seq)
    conversation.refresh_from_db()
    assert conversation.agent_read_seq == 6
    heard = pushed.to(f"public.{conversation.id}")
    assert [frame["seq"] for frame in heard] == [3, 6]
    assert all(set(frame) == {"type", "conversation", "seq", "by"} for frame in heard)  # and not who


@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_read_at_once_agree_on_the_further_one(transactional_db: None) -> None:
    world = make_world()
    conversation = buyer_says(world.kim).conversation
    for _ in range(9):
        buyer_says(world.kim)
    marks = at_once(10, lambda n: mark_read(agent=world.ann, conversation_id=conversation.id, seq=n + 1))
    assert not [mark for mark in marks if isinstance(mark, Exception)], marks
    mark = ReadMark.objects.get()
    assert (mark.seq, mark.inbound_seen) == (10, 10)
    conversation.refresh_from_db()
    assert conversation.agent_read_seq == 10


# -- Receipts of the buyer


@pytest.fixture
def reply(world: World, conversation: Conversation) -> Delivery:
    return Delivery.objects.get(message__seq=3)


def states(delivery: Delivery, *receipts: dict[str, Any]) -> list[str]:
    """Return the state of a delivery after each of the receipts."""
    found = []
    for receipt in receipts:
        mark_by_buyer(conversation_id=delivery.message.conversation_id, **receipt)
        delivery.refresh_from_db()
        found.append(delivery.state)
    return found


def test_a_delivery_only_moves_forward(reply: Delivery) -> None:
    receipts = [{"received": 2}, {"received": 3}, {"read": 2}, {"read": 6}, {"received": 6}, {"read": 1}]
    assert states(reply, *receipts) == ["sent", "delivered", "delivered", "read", "read", "read"]


@pytest.mark.parametrize(
    ("state", "after"), [("queued", "read"), ("unknown", "read"), ("sent", "read"), ("failed", "failed")]
)
def test_a_receipt_proves_what_was_doubtful_but_not_what_failed(
    reply: Delivery, state: str, after: str
) -> None:
    Delivery.objects.update(state=state)
    assert states(reply, {"received": 6, "read": 6}) == [after]


def test_a_receipt_is_told_to_agents_once(
    world: World, conversation: Conversation, reply: Delivery, pushed: Frames
) -> None:
    for _ in range(2):
        mark_by_buyer(conversation_id=conversation.id, received=6, read=6)
    told = [(f["type"], f.get("state")) for f in pushed.to(f"conversation.{conversation.id}")]
    assert told == [("delivery.upto", "delivered"), ("read", None), ("delivery.upto", "read")]
    assert not pushed.to(f"public.{conversation.id}")
    conversation.refresh_from_db()
    assert conversation.buyer_read_seq == 6


def test_a_receipt_beyond_the_end_means_the_end(world: World, conversation: Conversation) -> None:
    mark_by_buyer(conversation_id=conversation.id, read=2**31 - 1)
    conversation.refresh_from_db()
    assert conversation.buyer_read_seq == 6
    assert states(Delivery.objects.get(message=agent_says(world.ann, conversation).message), {"read": 6}) == [
        "sent"
    ]


def test_receipts_for_a_conversation_that_is_gone_are_refused(
    world: World, conversation: Conversation
) -> None:
    missing = conversation.id
    conversation.delete()
    with pytest.raises(NotFound):
        mark_by_buyer(conversation_id=missing, read=1)


# -- Drafts


def test_a_draft_is_kept_for_its_agent_and_forgotten_when_empty(
    world: World, conversation: Conversation
) -> None:
    save_draft(agent=world.ann, conversation_id=conversation.id, body="half a")
    save_draft(agent=world.ann, conversation_id=conversation.id, body="half a thought", private=True)
    save_draft(agent=world.bob, conversation_id=conversation.id, body="his own")
    assert {(d.agent.name, d.body, d.private) for d in Draft.objects.all()} == {
        ("Ann", "half a thought", True),
        ("Bob", "his own", False),
    }
    save_draft(agent=world.ann, conversation_id=conversation.id, body="  ")
    assert [draft.agent for draft in Draft.objects.all()] == [world.bob]


def test_a_draft_that_cannot_be_stored_is_refused(world: World, conversation: Conversation) -> None:
    for body in ("x" * 10_001, "a\x00b", "\ud800"):
        with pytest.raises(Invalid):
            save_draft(agent=world.ann, conversation_id=conversation.id, body=body)


def test_assigning_does_not_touch_what_was_read(world: World, conversation: Conversation) -> None:
    mark_read(agent=world.ann, conversation_id=conversation.id, seq=6)
    assign(agent=world.sue, conversation_id=conversation.id, to_agent=world.bob.id)
    conversation.refresh_from_db()
    assert unread(conversation, ReadMark.objects.get(agent=world.ann)) == 0
    assert conversation.agent_read_seq == 6
