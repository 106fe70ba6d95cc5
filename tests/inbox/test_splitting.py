"""Two matters in one conversation are told apart, and put together again."""

from typing import Any
from uuid import uuid4

import pytest

from events.record import Actor
from inbox.errors import Conflict, Invalid, NotFound
from inbox.models import Attachment, Conversation, Delivery, Message, ReadMark, Tag
from inbox.services import (
    Draft,
    join_back,
    mark_read,
    post_message,
    resolve,
    set_tags,
    split_conversation,
)
from people.models import Buyer
from tests.factories import World
from tests.orders.conftest import at_once

pytestmark = pytest.mark.django_db


def said(
    world: World, body: str, *, by: Any = None, conversation: Conversation | None = None, **more: Any
) -> Message:
    by = by or world.kim
    if isinstance(by, Buyer):
        draft = {"actor": Actor.buyer(by), "buyer_id": by.id, "channel_id": world.channel.id}
    else:
        assert conversation is not None
        draft = {"actor": Actor.agent(by), "conversation_id": conversation.id}
    return post_message(Draft(client_id=uuid4().hex, body=body, **draft, **more)).message  # type: ignore[arg-type]


@pytest.fixture
def talk(world: World) -> Conversation:
    """A mug, an answer, a note; then a hat, and its answer."""
    conversation = said(world, "My mug is broken").conversation
    said(world, "We send another", by=world.ann, conversation=conversation)
    said(world, "She was kind", by=world.ann, conversation=conversation, private=True)
    said(world, "And where is my hat?")
    said(world, "On its way", by=world.ann, conversation=conversation)
    said(world, "Thanks!")
    conversation.refresh_from_db()
    return conversation


def bodies(conversation: Conversation) -> list[str]:
    rows = Message.objects.filter(conversation=conversation).exclude(kind="system")
    return list(rows.order_by("seq").values_list("body", flat=True))


def seq_of(body: str) -> int:
    return Message.objects.get(body=body).seq


def has_no_gaps(conversation: Conversation) -> bool:
    conversation.refresh_from_db()
    seqs = list(
        Message.objects.filter(conversation=conversation).order_by("seq").values_list("seq", flat=True)
    )
    return seqs == list(range(1, len(seqs) + 1)) and conversation.last_seq == len(seqs)


def test_what_begins_at_a_message_is_a_conversation_of_its_own(world: World, talk: Conversation) -> None:
    made = split_conversation(agent=world.ann, conversation_id=talk.id, seq=seq_of("And where is my hat?"))
    assert bodies(talk) == ["My mug is broken", "We send another", "She was kind"]
    assert bodies(made) == ["And where is my hat?", "On its way", "Thanks!"]
    assert has_no_gaps(talk)
    assert has_no_gaps(made)


def test_it_goes_on_as_the_whole_did_and_what_was_before_is_resolved(
    world: World, talk: Conversation
) -> None:
    tag = Tag.objects.create(name="vip")
    set_tags(agent=world.ann, conversation_id=talk.id, add=[tag.id])
    made = split_conversation(agent=world.bob, conversation_id=talk.id, seq=seq_of("And where is my hat?"))
    talk.refresh_from_db()
    made.refresh_from_db()
    assert (talk.status, made.status) == ("resolved", "open")
    assert talk.resolved_at is not None
    assert (made.assignee, made.buyer, made.store) == (world.ann, world.kim, world.store)
    assert list(made.tags.all()) == [tag]
    said(world, "One more thing")
    assert bodies(made)[-1] == "One more thing"


def test_each_counts_its_own(world: World, talk: Conversation) -> None:
    made = split_conversation(agent=world.ann, conversation_id=talk.id, seq=seq_of("And where is my hat?"))
    talk.refresh_from_db()
    made.refresh_from_db()
    assert (talk.inbound_count, made.inbound_count) == (1, 2)
    assert (talk.preview, made.preview) == ("We send another", "Thanks!")
    assert talk.waiting_since is None
    assert made.waiting_since == Message.objects.get(body="Thanks!").created_at
    assert made.first_reply_at == Message.objects.get(body="On its way").created_at


def test_who_had_read_it_has_read_it_still(world: World, talk: Conversation) -> None:
    mark_read(agent=world.ann, conversation_id=talk.id, seq=talk.last_seq)
    mark_read(agent=world.bob, conversation_id=talk.id, seq=2)
    made = split_conversation(agent=world.ann, conversation_id=talk.id, seq=seq_of("And where is my hat?"))
    talk.refresh_from_db()
    last = Message.objects.get(body="Thanks!").seq
    assert ReadMark.objects.get(agent=world.ann, conversation=made).seq >= last
    assert ReadMark.objects.get(agent=world.ann, conversation=made).inbound_seen == 2
    assert ReadMark.objects.get(agent=world.ann, conversation=talk).seq < talk.last_seq
    assert ReadMark.objects.get(agent=world.bob, conversation=talk).seq == 2
    assert not ReadMark.objects.filter(agent=world.bob, conversation=made).exists()


def test_what_hangs_on_a_message_goes_along(world: World, talk: Conversation) -> None:
    delivery = Delivery.objects.get(message__body="On its way")
    Attachment.objects.create(
        conversation=talk,
        message=delivery.message,
        uploader="x",
        file="x",
        name="a.pdf",
        media_type="x",
        size=1,
    )
    made = split_conversation(agent=world.ann, conversation_id=talk.id, seq=seq_of("And where is my hat?"))
    delivery.refresh_from_db()
    assert (delivery.conversation, delivery.seq) == (made, seq_of("On its way"))
    assert Attachment.objects.get().conversation == made


def test_both_say_what_happened_and_the_buyer_reads_nothing_of_it(world: World, talk: Conversation) -> None:
    made = split_conversation(agent=world.bob, conversation_id=talk.id, seq=seq_of("And where is my hat?"))
    lines = Message.objects.filter(data__event="conversation.split")
    assert {line.conversation_id for line in lines} == {talk.id, made.id}
    assert all(line.private and line.data and line.data["actor"] == world.bob.name for line in lines)


@pytest.mark.parametrize("seq", [1, 99, 0])
def test_there_is_something_before_and_something_there(world: World, talk: Conversation, seq: int) -> None:
    with pytest.raises(Invalid):
        split_conversation(agent=world.ann, conversation_id=talk.id, seq=seq)
    assert Conversation.objects.count() == 1


def test_a_line_is_no_message_to_begin_with(world: World, talk: Conversation) -> None:
    resolve(agent=world.ann, conversation_id=talk.id)
    talk.refresh_from_db()
    with pytest.raises(Invalid):
        split_conversation(agent=world.ann, conversation_id=talk.id, seq=talk.last_seq)


def test_a_stranger_splits_and_joins_nothing(world: World, talk: Conversation) -> None:
    with pytest.raises(NotFound):
        split_conversation(agent=world.zoe, conversation_id=talk.id, seq=4)
    made = split_conversation(agent=world.ann, conversation_id=talk.id, seq=seq_of("And where is my hat?"))
    with pytest.raises(NotFound):
        join_back(agent=world.zoe, conversation_id=made.id)


def test_an_ended_conversation_is_split_into_two_that_are_ended(world: World, talk: Conversation) -> None:
    resolve(agent=world.ann, conversation_id=talk.id)
    made = split_conversation(agent=world.ann, conversation_id=talk.id, seq=seq_of("And where is my hat?"))
    made.refresh_from_db()
    assert made.status == "resolved"
    assert made.waiting_since is None


# -- And back


def test_it_is_one_again_with_what_came_since(world: World, talk: Conversation) -> None:
    before = bodies(talk)
    made = split_conversation(agent=world.ann, conversation_id=talk.id, seq=seq_of("And where is my hat?"))
    said(world, "One more thing")
    assert join_back(agent=world.bob, conversation_id=made.id).id == talk.id
    assert bodies(talk) == [*before, "One more thing"]
    assert bodies(made) == []
    assert has_no_gaps(talk)
    made.refresh_from_db()
    talk.refresh_from_db()
    assert (talk.status, made.status) == ("open", "resolved")
    assert (talk.inbound_count, made.inbound_count, talk.preview) == (4, 0, "One more thing")
    said(world, "Still there?")
    assert bodies(talk)[-1] == "Still there?"


def test_it_is_split_and_joined_as_often_as_one_likes(world: World, talk: Conversation) -> None:
    before = bodies(talk)
    for _ in range(3):
        made = split_conversation(
            agent=world.ann, conversation_id=talk.id, seq=seq_of("And where is my hat?")
        )
        with pytest.raises(Conflict):
            join_back(agent=world.ann, conversation_id=talk.id)
        join_back(agent=world.ann, conversation_id=made.id)
        with pytest.raises(Conflict):
            join_back(agent=world.ann, conversation_id=made.id)
    assert bodies(talk) == before
    assert has_no_gaps(talk)


def test_what_was_split_twice_goes_back_step_by_step(world: World, talk: Conversation) -> None:
    before = bodies(talk)
    second = split_conversation(agent=world.ann, conversation_id=talk.id, seq=seq_of("And where is my hat?"))
    third = split_conversation(agent=world.ann, conversation_id=second.id, seq=seq_of("Thanks!"))
    with pytest.raises(Conflict):
        join_back(agent=world.ann, conversation_id=second.id)  # where it came from is told in the third now
    assert join_back(agent=world.ann, conversation_id=third.id).id == second.id
    assert join_back(agent=world.ann, conversation_id=second.id).id == talk.id
    assert bodies(talk) == before


def test_one_that_has_gone_on_takes_nothing_back(world: World, talk: Conversation) -> None:
    made = split_conversation(agent=world.ann, conversation_id=talk.id, seq=seq_of("And where is my hat?"))
    said(world, "About the mug again", by=world.ann, conversation=talk)
    with pytest.raises(Conflict):
        join_back(agent=world.ann, conversation_id=made.id)


@pytest.mark.django_db(transaction=True)
def test_many_who_split_at_once_split_it_once(world: World, talk: Conversation) -> None:
    seq = seq_of("And where is my hat?")

    def split(_n: int) -> bool:
        try:
            split_conversation(agent=world.ann, conversation_id=talk.id, seq=seq)
        except Invalid:
            return False
        return True

    assert sorted(at_once(4, split)) == [False, False, False, True]
    assert Conversation.objects.count() == 2
    assert all(has_no_gaps(conversation) for conversation in Conversation.objects.all())
