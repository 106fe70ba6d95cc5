"""Warned before an answer is due, and told when it was: once for each wait, and to those who can do something."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.models import Event
from inbox import due
from inbox.models import Conversation, Message
from inbox.services import assign, merge_buyers, overdue, resolve, snooze
from inbox.services.overdue import tell_due
from inbox.services.targets import Target, save_targets
from inbox.services.waiting import answered
from inbox.tasks import tell_due_replies
from people import presence
from people.models import Agent, Notice
from tests.conftest import Frames
from tests.factories import World, agent_says, buyer_says, make_agent, make_buyer, make_team

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SOON, LATE = "conversation.reply_due_soon", "conversation.reply_overdue"


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def talk(world: World, clock: Any) -> Conversation:
    """A buyer who is to be answered within an hour; after 45 minutes somebody is warned."""
    save_targets(actor=world.eve, store=world.store, warn_percent=75, targets={0: Target(60, 60)})
    due.forget(world.store.pk)
    return buyer_says(world.kim).conversation


def told(name: str) -> list[Event]:
    return list(Event.objects.filter(name=name).order_by("id"))


def whom(kind: str) -> set[str]:
    return set(Notice.objects.filter(kind=kind).values_list("agent__name", flat=True))


def test_nobody_is_told_before_there_is_something_to_tell(talk: Conversation, clock: Any) -> None:
    clock.shift(44 * MINUTE)
    assert tell_due() == 0
    assert not told(SOON)


def test_whoever_has_it_is_warned_once(world: World, talk: Conversation, clock: Any) -> None:
    assign(agent=world.sue, conversation_id=talk.id, to_agent=world.ann.id)
    clock.shift(45 * MINUTE)
    assert tell_due() == 1
    assert tell_due() == 0
    [event] = told(SOON)
    assert event.data == {"kind": "first", "due": "2026-11-18T13:00:00.000Z", "agent": str(world.ann.id)}
    assert (event.actor_kind, event.conversation_id) == ("system", talk.id)
    assert whom("reply_due_soon") == {"Ann"}
    assert Notice.objects.get(kind="reply_due_soon").href == f"/inbox/{talk.id}/"


def test_what_nobody_has_is_told_to_those_who_are_there(world: World, talk: Conversation, clock: Any) -> None:
    other = make_team("Second desk", world.store)
    make_agent("Cid", other)
    clock.shift(45 * MINUTE)
    presence.renew(Agent.objects.filter(name__in=["Ann", "Cid", "Zoe"]).values_list("id", flat=True))
    tell_due()
    assert whom("reply_due_soon") == {"Ann", "Cid"}, "neither who is not there, nor who serves another store"


def test_what_a_team_has_is_told_to_that_team(world: World, talk: Conversation, clock: Any) -> None:
    other = make_team("Second desk", world.store)
    make_agent("Cid", other)
    assign(agent=world.sue, conversation_id=talk.id, to_team=other.id)
    clock.shift(45 * MINUTE)
    presence.renew(Agent.objects.filter(name__in=["Ann", "Cid"]).values_list("id", flat=True))
    tell_due()
    assert whom("reply_due_soon") == {"Cid"}


def test_what_is_overdue_is_told_to_its_agent_and_to_supervisors(
    world: World, talk: Conversation, clock: Any, pushed: Frames
) -> None:
    assign(agent=world.sue, conversation_id=talk.id, to_agent=world.ann.id)
    clock.shift(45 * MINUTE)
    tell_due()
    clock.shift(15 * MINUTE)
    assert tell_due() == 1
    assert tell_due() == 0
    [event] = told(LATE)
    assert event.data["agent"] == str(world.ann.id)
    assert event.data["due"] == "2026-11-18T13:00:00.000Z"
    assert event.data["warned"] == "2026-11-18T12:45:00.000Z"
    assert whom("reply_overdue") == {"Ann", "Sue"}
    assert not whom("reply_due_soon"), "the warning became it"
    line = Message.objects.get(conversation=talk, seq=event.data["seq"])
    assert (line.kind, line.private) == ("system", True)
    assert [frame for frame in pushed.of("message.created") if frame["message"]["seq"] == line.seq]
    assert not [t for topics, f in pushed for t in topics if t.startswith("public.") and "due" in str(f)]


def test_a_sweep_that_comes_too_late_to_warn_only_tells_that_it_is_overdue(
    talk: Conversation, clock: Any
) -> None:
    clock.shift(61 * MINUTE)
    assert tell_due_replies() == 1
    assert not told(SOON)
    assert len(told(LATE)) == 1


def test_who_is_answered_in_time_is_nobody_s_warning(world: World, talk: Conversation, clock: Any) -> None:
    clock.shift(30 * MINUTE)
    agent_says(world.ann, talk)
    clock.shift(60 * MINUTE)
    assert tell_due() == 0
    assert not told(SOON) + told(LATE)


def test_a_wait_after_that_is_told_anew(world: World, talk: Conversation, clock: Any) -> None:
    clock.shift(61 * MINUTE)
    tell_due()
    agent_says(world.ann, talk)
    buyer_says(world.kim, "And now?")
    clock.shift(60 * MINUTE)
    assert tell_due() == 1
    assert [event.data["kind"] for event in told(LATE)] == ["first", "next"]


def test_one_that_is_put_aside_is_told_as_well(world: World, talk: Conversation, clock: Any) -> None:
    snooze(agent=world.ann, conversation_id=talk.id, until=NOON + timedelta(days=1))
    clock.shift(60 * MINUTE)
    assert tell_due() == 1


# -- What no sweep has seen


def ways_to_end() -> Any:
    return {
        "an answer": lambda world, talk: agent_says(world.bob, talk),
        "resolving": lambda world, talk: resolve(agent=world.bob, conversation_id=talk.id),
        "what was done about it": lambda world, talk: answered(message_id=talk.messages.get(seq=1).id),
        "the buyer being another": lambda world, talk: (
            buyer_says(other := make_buyer(world.store)),
            merge_buyers(agent=world.sue, buyer_id=other.id, other_id=world.kim.id),
        ),
    }


@pytest.mark.parametrize("way", ways_to_end())
def test_what_ended_overdue_before_a_sweep_came_is_written_down(
    world: World, talk: Conversation, clock: Any, way: str
) -> None:
    assign(agent=world.sue, conversation_id=talk.id, to_agent=world.ann.id)
    clock.shift(61 * MINUTE)
    ways_to_end()[way](world, talk)
    [event] = told(LATE)
    assert event.data["agent"] == str(world.ann.id)
    assert tell_due() == 0
    assert not whom("reply_overdue"), "there is nothing to be done any more"


def test_an_answer_says_what_was_promised_and_whether_it_was_kept(
    world: World, talk: Conversation, clock: Any
) -> None:
    clock.shift(60 * MINUTE - timedelta(milliseconds=1))
    agent_says(world.ann, talk)
    clock.shift(MINUTE)
    buyer_says(world.kim, "And?")
    clock.shift(60 * MINUTE)
    agent_says(world.ann, talk)
    agent_says(world.ann, talk, "Besides")
    said = [event.data.get("promise") for event in told("message.created") if event.data["author"] == "agent"]
    first = {"kind": "first", "since": "2026-11-18T12:00:00.000Z"}
    second = {"kind": "next", "since": "2026-11-18T13:00:59.999Z"}
    assert said == [
        {**first, "due": "2026-11-18T13:00:00.000Z", "kept": True},
        {**second, "due": "2026-11-18T14:00:59.999Z", "kept": False},
        None,
    ]
    [event] = told(LATE)
    assert event.data["kind"] == "next"


def test_a_late_answer_to_what_nobody_had_is_not_of_who_wrote_it(
    world: World, talk: Conversation, clock: Any
) -> None:
    clock.shift(61 * MINUTE)
    agent_says(world.ann, talk)
    assert Conversation.objects.get(pk=talk.pk).assignee == world.ann
    assert told(LATE)[0].data["agent"] is None


# -- What breaks


def test_a_sweep_that_is_killed_has_told_nothing_and_the_next_one_does(
    talk: Conversation, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.shift(60 * MINUTE)
    with monkeypatch.context() as broken:
        broken.setattr("inbox.services.overdue.timeline.write", lambda batch: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            tell_due()
    assert not told(LATE)
    assert not Notice.objects.exists()
    assert tell_due() == 1


def test_more_than_fit_into_one_transaction_are_all_told(
    world: World, talk: Conversation, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overdue, "AT_ONCE", 3)
    for _ in range(7):
        buyer_says(make_buyer(world.store))
    clock.shift(61 * MINUTE)
    assert tell_due() == 8
    assert len(told(LATE)) == 8


def test_a_sweep_with_nothing_to_tell_is_one_query_of_each_table(talk: Conversation) -> None:
    tell_due_replies()
    with CaptureQueriesContext(connection) as queries:
        tell_due()
    assert len(queries) == 1
