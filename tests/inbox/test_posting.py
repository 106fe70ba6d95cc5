"""Posting: one way in, whoever writes."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from events.models import Event
from inbox.errors import Conflict, Invalid, NotFound, Stale
from inbox.models import Attachment, Conversation, Delivery, Mention, Message
from inbox.services import MAX_BODY, Posted, post_message, post_messages, resolve, snooze
from inbox.services.opening import REOPEN_WITHIN
from people.models import Agent, Buyer
from tests.conftest import Frames
from tests.factories import (
    World,
    agent_draft,
    agent_says,
    buyer_draft,
    buyer_says,
    make_agent,
    make_buyer,
    make_store,
    make_team,
)

pytestmark = pytest.mark.django_db


def texts(conversation: Conversation) -> list[str]:
    rows = Message.objects.filter(conversation=conversation).exclude(kind="system").order_by("seq")
    return list(rows.values_list("body", flat=True))


def seqs(conversation: Conversation) -> list[int]:
    return list(
        Message.objects.filter(conversation=conversation).order_by("seq").values_list("seq", flat=True)
    )


# -- The first message, and the next


def test_the_first_message_of_a_buyer_opens_a_conversation(world: World, pushed: Frames) -> None:
    posted = buyer_says(world.kim, "Where is order 100234?")
    conversation = Conversation.objects.get()
    assert posted.created
    assert (conversation.store, conversation.buyer, conversation.channel) == (
        world.store,
        world.kim,
        world.channel,
    )
    assert (conversation.last_seq, conversation.last_public_seq, conversation.inbound_count) == (1, 1, 1)
    assert conversation.waiting_since == posted.message.created_at
    assert conversation.preview == "Where is order 100234?"
    assert set(Event.objects.values_list("name", flat=True)) == {"conversation.opened", "message.created"}
    watch, opened = pushed.to(f"buyer.{world.kim.id}")
    assert watch == {"type": "_watch", "conversation": str(conversation.id)}  # an order to their sockets
    assert (opened["type"], opened["conversation"]["id"]) == ("conversation.opened", str(conversation.id))


def test_the_next_message_goes_into_the_same_conversation(world: World) -> None:
    first, second = buyer_says(world.kim, "one"), buyer_says(world.kim, "two")
    assert first.conversation == second.conversation
    assert texts(first.conversation) == ["one", "two"]
    assert seqs(first.conversation) == [1, 2]


def test_a_message_is_pushed_with_everything_a_screen_needs(world: World, pushed: Frames) -> None:
    posted = buyer_says(world.kim, "Hello <script>alert(1)</script>")
    [frame] = pushed.to(f"conversation.{posted.conversation.id}")
    assert frame["message"] == posted.payload
    assert frame["message"]["body"] == "Hello <script>alert(1)</script>"  # stored as said; screens escape
    [row] = pushed.to(f"store.{world.store.id}")
    assert (row["cause"], row["author_kind"], row["message_seq"]) == ("message.created", "buyer", 1)
    assert row["summary"]["last_seq"] == 1


def test_time_never_runs_backwards_in_a_conversation(world: World) -> None:
    conversation = buyer_says(world.kim).conversation
    later = timezone.now() + timedelta(minutes=5)  # the clock of the server that wrote last ran ahead
    Conversation.objects.update(last_at=later)
    posted = agent_says(world.ann, conversation)
    assert posted.message.created_at >= later


# -- Once


def test_a_repeated_client_id_is_the_message_it_was_before(world: World, pushed: Frames) -> None:
    first = buyer_says(world.kim, "Hello", client_id="same")
    heard = len(pushed)
    again = buyer_says(world.kim, "Hello", client_id="same")
    assert not again.created
    assert (again.message.id, again.message.seq) == (first.message.id, first.message.seq)
    assert Message.objects.count() == 1
    assert len(pushed) == heard
    assert Conversation.objects.get().inbound_count == 1


def test_a_repeat_after_the_conversation_was_resolved_does_not_reopen_it(world: World) -> None:
    conversation = buyer_says(world.kim, client_id="same").conversation
    resolve(agent=world.ann, conversation_id=conversation.id)
    assert not buyer_says(world.kim, client_id="same").created
    assert Conversation.objects.get().status == "resolved"


def test_a_client_id_of_somebody_else_is_refused_and_shows_nothing(world: World) -> None:
    conversation = buyer_says(world.kim).conversation
    agent_says(world.ann, conversation, "a note", private=True, client_id="same")
    with pytest.raises(Conflict) as refused:
        buyer_says(world.kim, "guess", client_id="same")
    assert "a note" not in refused.value.detail
    with pytest.raises(Conflict):
        agent_says(world.bob, conversation, client_id="same")


def test_the_same_client_id_in_another_conversation_is_another_message(world: World) -> None:
    other = make_buyer(world.store)
    assert buyer_says(world.kim, client_id="same").created
    assert buyer_says(other, client_id="same").created


def test_a_repeat_within_one_batch_is_one_message(world: World) -> None:
    drafts = [buyer_draft(world.kim, "Hello", client_id="same") for _ in range(3)]
    outcomes = post_messages(drafts)
    assert [isinstance(o, Posted) and o.created for o in outcomes] == [True, False, False]
    assert {o.message.seq for o in outcomes if isinstance(o, Posted)} == {1}
    assert Message.objects.count() == 1


# -- A batch


def test_a_refused_draft_does_not_hinder_the_others_of_its_batch(world: World) -> None:
    conversation = buyer_says(world.kim).conversation
    outcomes = post_messages(
        [
            agent_draft(world.ann, conversation, "good"),
            agent_draft(world.ann, conversation, ""),
            agent_draft(world.zoe, conversation, "foreign", stores=frozenset({world.other_store.id})),
            buyer_draft(world.kim, "good too"),
            buyer_draft(world.kim, "x", client_id="not a client id"),
        ]
    )
    assert [type(o) for o in outcomes] == [Posted, Invalid, NotFound, Posted, Invalid]
    assert texts(conversation) == ["Hello", "good", "good too"]


def test_a_buyer_who_is_gone_does_not_take_the_batch_along(world: World) -> None:
    """An anonymous visitor who was just identified: the row is gone, a socket may still write as it."""
    gone = make_buyer(world.store)
    draft = buyer_draft(gone)
    gone.delete()
    refused, posted = post_messages([draft, buyer_draft(world.kim)])
    assert isinstance(refused, NotFound)
    assert isinstance(posted, Posted)


def test_a_batch_keeps_the_order_of_its_drafts(world: World) -> None:
    other = make_buyer(world.store)
    post_messages([buyer_draft(buyer, str(n)) for n in range(10) for buyer in (world.kim, other)])
    for buyer in (world.kim, other):
        conversation = Conversation.objects.get(buyer=buyer)
        assert texts(conversation) == [str(n) for n in range(10)]
        assert seqs(conversation) == list(range(1, 11))


def test_the_frames_of_a_batch_leave_in_the_order_of_their_seq(world: World, pushed: Frames) -> None:
    conversation = buyer_says(world.kim).conversation
    pushed.clear()
    post_messages([agent_draft(world.ann, conversation, str(n)) for n in range(5)])
    heard = [frame["message"]["seq"] for frame in pushed.of("message.created")]
    assert heard == sorted(heard)
    assert heard == seqs(conversation)[1:]


def test_nothing_is_kept_where_the_record_cannot_be_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*happenings: Any) -> None:
        raise RuntimeError("no record")

    monkeypatch.setattr("inbox.services.timeline.record", fail)
    with pytest.raises(RuntimeError):
        buyer_says(world.kim)
    assert not Message.objects.exists()
    assert not Conversation.objects.exists()


@pytest.mark.parametrize("times", [1, 20])
def test_a_message_costs_a_bounded_number_of_statements(
    world: World, times: int, django_assert_max_num_queries: Any
) -> None:
    buyers = [make_buyer(world.store) for _ in range(times)]
    for buyer in buyers:
        buyer_says(buyer)
    ids = [Conversation.objects.get(buyer=buyer).id for buyer in buyers]
    for conversation_id in ids:
        agent_says(world.ann, conversation_id)  # takes it, which is said once
    drafts = [agent_draft(world.ann, conversation_id, "and more") for conversation_id in ids]
    # One at a time 10 with the savepoint; a batch adds the kept fields of each conversation on SQLite only.
    with django_assert_max_num_queries(12 + (times if times > 1 else 0)):
        assert all(isinstance(o, Posted) for o in post_messages(drafts))


# -- What may be said


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("  hello \n", "hello"),
        ("a\x00b\x07c\x1bd", "abcd"),
        ("line\nand\ttab", "line\nand\ttab"),
        ("👩🏽‍💻 ñ 你好", "👩🏽‍💻 ñ 你好"),
        ("x" * MAX_BODY, "x" * MAX_BODY),
    ],
)
def test_text_is_kept_as_it_was_said_without_control_characters(world: World, said: str, kept: str) -> None:
    assert buyer_says(world.kim, said).message.body == kept


@pytest.mark.parametrize("body", ["", "   \n ", "\x00\x00", "\ud800", "x" * (MAX_BODY + 1)])
def test_text_that_says_nothing_or_is_none_is_refused(world: World, body: str) -> None:
    with pytest.raises(Invalid):
        buyer_says(world.kim, body)
    assert not Conversation.objects.exists()


@pytest.mark.parametrize("client_id", ["", "a b", "x" * 65, "é", "a\n", "\x00", "\ud800"])
def test_a_client_id_is_plain_and_short(world: World, client_id: str) -> None:
    with pytest.raises(Invalid):
        buyer_says(world.kim, client_id=client_id)


# -- Who may write where


def test_an_agent_of_another_store_does_not_find_the_conversation(world: World) -> None:
    conversation = buyer_says(world.kim).conversation
    with pytest.raises(NotFound):
        agent_says(world.zoe, conversation, stores=frozenset({world.other_store.id}))
    assert texts(conversation) == ["Hello"]


def test_a_buyer_writes_no_notes(world: World) -> None:
    with pytest.raises(Invalid):
        buyer_says(world.kim, private=True)


# -- Two who answer at once


def test_a_reply_by_somebody_who_has_not_seen_the_latest_is_refused_with_what_came(world: World) -> None:
    conversation = buyer_says(world.kim, "one").conversation
    buyer_says(world.kim, "two")
    with pytest.raises(Stale) as refused:
        agent_says(world.ann, conversation, "reply to one", reply_after=1)
    assert [message["body"] for message in refused.value.messages] == ["two"]
    assert agent_says(world.ann, conversation, "all the same", reply_after=1, force=True).created
    assert agent_says(world.bob, conversation, "read it all", reply_after=99).created


def test_of_two_agents_who_answer_in_the_same_moment_the_second_is_told(world: World) -> None:
    conversation = buyer_says(world.kim).conversation
    first, second = post_messages(
        [
            agent_draft(world.ann, conversation, "from Ann", reply_after=1),
            agent_draft(world.bob, conversation, "from Bob", reply_after=1),
        ]
    )
    assert isinstance(first, Posted)
    assert isinstance(second, Stale)
    assert [message["body"] for message in second.messages] == ["from Ann"]


def test_one_is_not_made_stale_by_oneself_by_notes_or_by_system_lines(world: World) -> None:
    conversation = buyer_says(world.kim).conversation
    agent_says(world.ann, conversation, "mine")  # also adds the line that she took it
    agent_says(world.bob, conversation, "a note", private=True)
    assert agent_says(world.ann, conversation, "and another", reply_after=1).created


def test_a_note_is_never_stale(world: World) -> None:
    conversation = buyer_says(world.kim).conversation
    buyer_says(world.kim, "two")
    assert agent_says(world.ann, conversation, "a note", private=True, reply_after=1).created


def test_who_answers_first_takes_the_conversation(world: World) -> None:
    conversation = buyer_says(world.kim).conversation
    agent_says(world.bob, conversation, "a note", private=True)
    conversation.refresh_from_db()
    assert conversation.assignee is None
    reply = agent_says(world.ann, conversation)
    agent_says(world.bob, conversation)
    conversation.refresh_from_db()
    assert conversation.assignee == world.ann
    assert conversation.first_reply_at == reply.message.created_at
    assert conversation.waiting_since is None
    assert Event.objects.filter(name="conversation.assigned").count() == 1


# -- Reopening


def test_a_buyer_who_writes_again_soon_reopens_the_conversation(world: World) -> None:
    conversation = buyer_says(world.kim).conversation
    resolve(agent=world.ann, conversation_id=conversation.id)
    again = buyer_says(world.kim, "One more thing")
    assert again.conversation.id == conversation.id
    conversation.refresh_from_db()
    assert (conversation.status, conversation.resolved_at) == ("open", None)
    assert conversation.waiting_since == again.message.created_at
    assert seqs(conversation) == list(range(1, conversation.last_seq + 1))


def test_a_buyer_who_writes_much_later_begins_a_new_conversation(world: World) -> None:
    conversation = buyer_says(world.kim).conversation
    resolve(agent=world.ann, conversation_id=conversation.id)
    Conversation.objects.update(resolved_at=timezone.now() - REOPEN_WITHIN - timedelta(minutes=1))
    assert buyer_says(world.kim).conversation.id != conversation.id
    conversation.refresh_from_db()
    assert conversation.status == "resolved"


def test_a_buyer_wakes_a_snoozed_conversation_by_writing(world: World) -> None:
    conversation = buyer_says(world.kim).conversation
    snooze(agent=world.ann, conversation_id=conversation.id, until=timezone.now() + timedelta(hours=1))
    buyer_says(world.kim)
    conversation.refresh_from_db()
    assert (conversation.status, conversation.snoozed_until) == ("open", None)


# -- Notes


def test_a_note_is_for_agents_alone(world: World, pushed: Frames) -> None:
    conversation = buyer_says(world.kim, "public").conversation
    pushed.clear()
    note = agent_says(world.ann, conversation, "secret words", private=True)
    conversation.refresh_from_db()
    assert (conversation.preview, conversation.last_public_seq) == ("public", 1)
    assert conversation.waiting_since is not None
    assert not Delivery.objects.filter(message=note.message).exists()
    for topics, frame in pushed:
        if "secret words" in str(frame):
            assert topics == (f"conversation.{conversation.id}",)
    assert not pushed.to(f"public.{conversation.id}")
    assert not pushed.to(f"buyer.{world.kim.id}")


def test_a_public_message_tells_which_public_one_came_before_it(world: World, pushed: Frames) -> None:
    conversation = buyer_says(world.kim).conversation
    agent_says(world.ann, conversation, "a note", private=True)
    agent_says(world.ann, conversation, "a reply")
    frames = pushed.to(f"public.{conversation.id}")
    heard = [(f["after"], f["message"]["seq"]) for f in frames if f["type"] == "message.created"]
    assert heard == [(0, 1), (1, 3)]


def test_a_colleague_who_is_named_in_a_note_is_told(world: World, pushed: Frames) -> None:
    conversation = buyer_says(world.kim).conversation
    agent_says(world.ann, conversation, "@Bob could you look? @Ann @Nobody", private=True)
    assert [mention.agent for mention in Mention.objects.all()] == [world.bob]
    assert [frame["type"] for frame in pushed.to(f"agent.{world.bob.id}")] == ["notice", "mention"]


def test_a_name_that_begins_like_another_one_does_not_call_both(world: World) -> None:
    annabel = make_agent("Annabel", world.team)
    conversation = buyer_says(world.kim).conversation
    agent_says(world.bob, conversation, "@Annabel, please", private=True)
    assert [mention.agent for mention in Mention.objects.all()] == [annabel]


@pytest.mark.parametrize("role", ["agent", "supervisor"])
def test_a_mention_tells_nobody_of_a_conversation_they_may_not_open(world: World, role: str) -> None:
    # Shares a store with Ann, but not this one.
    third = make_store("third")
    shared = make_team("Shared", third)
    world.ann.teams.add(shared)
    make_agent("Max", shared, role=role)
    conversation = buyer_says(world.kim).conversation
    agent_says(world.ann, conversation, "@Max look at this", private=True)
    assert not Mention.objects.exists()


def test_a_mention_in_words_to_the_buyer_calls_nobody(world: World) -> None:
    conversation = buyer_says(world.kim, "@Bob").conversation
    agent_says(world.ann, conversation, "@Bob will answer")
    assert not Mention.objects.exists()


# -- Files


def upload(owner: Agent | Buyer, name: str = "a.pdf") -> Attachment:
    kind = "agent" if isinstance(owner, Agent) else "buyer"
    return Attachment.objects.create(
        uploader=f"{kind}:{owner.id}", file="x", name=name, media_type="application/pdf", size=1
    )


def test_files_are_claimed_by_the_message_they_are_sent_with(world: World) -> None:
    files = [upload(world.kim, "b.pdf"), upload(world.kim, "a.pdf")]
    posted = buyer_says(world.kim, "", attachments=tuple(f.id for f in files))
    assert posted.message.kind == "file"
    assert [a["name"] for a in posted.payload["attachments"]] == ["b.pdf", "a.pdf"]
    assert {a.message_id for a in Attachment.objects.all()} == {posted.message.id}


def test_a_file_of_somebody_else_cannot_be_claimed(world: World) -> None:
    conversation = buyer_says(world.kim).conversation
    for owner in (world.ann, make_buyer(world.store)):
        with pytest.raises(Invalid):
            buyer_says(world.kim, "look", attachments=(upload(owner).id,))
    with pytest.raises(Invalid):
        agent_says(world.bob, conversation, "look", attachments=(upload(world.ann).id,))
    assert not Attachment.objects.filter(message__isnull=False).exists()


def test_a_file_is_sent_once(world: World) -> None:
    file = upload(world.kim)
    first, second = post_messages(
        [
            buyer_draft(world.kim, "one", attachments=(file.id,)),
            buyer_draft(world.kim, "two", attachments=(file.id,)),
        ]
    )
    assert isinstance(first, Posted)
    assert isinstance(second, Invalid)
    with pytest.raises(Invalid):
        post_message(buyer_draft(world.kim, "three", attachments=(file.id,)))
    file.refresh_from_db()
    assert file.message_id == first.message.id


# -- Deliveries


def test_what_the_team_says_to_the_buyer_is_delivered_and_nothing_else(world: World) -> None:
    conversation = buyer_says(world.kim).conversation
    agent_says(world.ann, conversation, "a note", private=True)
    reply = agent_says(world.ann, conversation, "a reply")
    [delivery] = Delivery.objects.all()
    assert (delivery.message, delivery.channel, delivery.state) == (reply.message, world.channel, "sent")
    assert reply.payload["deliveries"] == [
        {
            "channel": str(world.channel.id),
            "state": "sent",
            "detail": "",
            "at": reply.payload["deliveries"][0]["at"],
            "held_until": None,
        }
    ]
