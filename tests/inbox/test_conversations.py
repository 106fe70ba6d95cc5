"""What agents do with a conversation, who may, and what everybody sees of it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from events.models import Event
from inbox.access import conversations_for, with_message_relations, with_summary_relations
from inbox.errors import Conflict, Invalid, NotFound
from inbox.models import Conversation, Message, Tag
from inbox.payloads import message_data, summary_data
from inbox.services import (
    assign,
    mark_read,
    rate,
    reopen,
    resolve,
    save_draft,
    set_priority,
    set_tags,
    snooze,
    wake_due,
)
from inbox.services.opening import REOPEN_WITHIN
from inbox.tasks import wake_snoozed
from people.models import Agent
from tests.conftest import Frames
from tests.factories import World, agent_says, buyer_says, make_agent, make_buyer, make_team

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(world: World) -> Conversation:
    return buyer_says(world.kim, "Where is my order?").conversation


def soon() -> Any:
    return timezone.now() + timedelta(hours=1)


def lines(conversation: Conversation) -> list[str]:
    rows = Message.objects.filter(conversation=conversation, kind="system").order_by("seq")
    return [row.data["event"] for row in rows if row.data]


def assert_told(pushed: Frames, conversation: Conversation, name: str, *, public: bool) -> dict[str, Any]:
    """Check that a change is a line, an event and a summary, and who hears of it; return the line's data."""
    event = Event.objects.filter(name=name, conversation_id=conversation.id).latest("id")
    [frame] = [f for f in pushed.of("message.created") if f["message"]["seq"] == event.data["seq"]]
    topics = next(topics for topics, f in pushed if f is frame)
    assert (f"public.{conversation.id}" in topics) == public
    assert frame["message"]["private"] != public
    row = pushed.to(f"store.{conversation.store_id}")[-1]
    assert row["cause"] == name
    assert row["summary"]["last_seq"] == event.data["seq"]
    said: dict[str, Any] = frame["message"]["event"]
    assert said["event"] == name
    return said


# -- Who has it


def test_a_conversation_is_given_to_a_colleague(
    world: World, conversation: Conversation, pushed: Frames
) -> None:
    assign(agent=world.ann, conversation_id=conversation.id, to_agent=world.bob.id)
    conversation.refresh_from_db()
    assert conversation.assignee == world.bob
    said = assert_told(pushed, conversation, "conversation.assigned", public=False)
    assert (said["actor"], said["assignee"], said["team"]) == ("Ann", "Bob", None)
    assert pushed.to(f"store.{world.store.id}")[-1]["summary"]["assignee"]["name"] == "Bob"


def test_a_conversation_is_taken_given_to_a_team_and_to_nobody(
    world: World, conversation: Conversation
) -> None:
    cid = conversation.id
    assign(agent=world.ann, conversation_id=cid, to_agent=world.ann.id)
    assign(agent=world.ann, conversation_id=cid, to_team=world.team.id, keep_agent=True)
    conversation.refresh_from_db()
    assert (conversation.assignee, conversation.team) == (world.ann, world.team)
    assign(agent=world.ann, conversation_id=cid)
    conversation.refresh_from_db()
    assert (conversation.assignee, conversation.team) == (None, world.team)
    assign(agent=world.ann, conversation_id=cid, keep_agent=True)
    conversation.refresh_from_db()
    assert conversation.team is None


def test_giving_it_to_who_has_it_says_nothing(world: World, conversation: Conversation) -> None:
    for _ in range(2):
        assign(agent=world.ann, conversation_id=conversation.id, to_agent=world.bob.id)
    assert lines(conversation) == ["conversation.assigned"]


def test_nobody_gets_a_conversation_that_they_may_not_open(world: World, conversation: Conversation) -> None:
    disabled = make_agent("Max", world.team, is_active=False)
    for somebody in (world.zoe.id, disabled.id, uuid4()):
        with pytest.raises(Invalid):
            assign(agent=world.ann, conversation_id=conversation.id, to_agent=somebody)
    for team in (world.other_team.id, uuid4()):
        with pytest.raises(Invalid):
            assign(agent=world.ann, conversation_id=conversation.id, to_team=team)
    assert lines(conversation) == []


def test_an_admin_who_is_in_no_team_can_take_it(world: World, conversation: Conversation) -> None:
    assign(agent=world.eve, conversation_id=conversation.id, to_agent=world.eve.id)
    conversation.refresh_from_db()
    assert conversation.assignee == world.eve


# -- Done, and not done after all


def test_resolving_is_told_to_both_sides(world: World, conversation: Conversation, pushed: Frames) -> None:
    resolve(agent=world.ann, conversation_id=conversation.id)
    conversation.refresh_from_db()
    assert conversation.status == "resolved"
    assert conversation.resolved_at is not None
    assert conversation.waiting_since is None
    assert_told(pushed, conversation, "conversation.resolved", public=True)
    assert pushed.to(f"public.{conversation.id}")[-1]["conversation"]["status"] == "resolved"
    resolve(agent=world.bob, conversation_id=conversation.id)
    assert lines(conversation) == ["conversation.resolved"]


def test_a_resolved_conversation_is_reopened_by_an_agent(
    world: World, conversation: Conversation, pushed: Frames
) -> None:
    resolve(agent=world.ann, conversation_id=conversation.id)
    reopen(agent=world.bob, conversation_id=conversation.id)
    conversation.refresh_from_db()
    assert (conversation.status, conversation.resolved_at) == ("open", None)
    said = assert_told(pushed, conversation, "conversation.reopened", public=True)
    assert (said["actor"], said["by"]) == ("Bob", "agent")
    reopen(agent=world.bob, conversation_id=conversation.id)
    assert lines(conversation) == ["conversation.resolved", "conversation.reopened"]


def test_a_buyer_has_one_conversation_that_is_open(world: World, conversation: Conversation) -> None:
    resolve(agent=world.ann, conversation_id=conversation.id)
    Conversation.objects.update(resolved_at=timezone.now() - REOPEN_WITHIN * 2)
    newer = buyer_says(world.kim).conversation
    with pytest.raises(Conflict) as refused:
        reopen(agent=world.ann, conversation_id=conversation.id)
    assert refused.value.code == "other_is_open"
    conversation.refresh_from_db()
    assert (conversation.status, conversation.last_seq) == ("resolved", 2)
    assert newer.status == "open"


# -- Later


def test_a_snoozed_conversation_wakes_when_its_time_has_come_and_once(
    world: World, conversation: Conversation, pushed: Frames
) -> None:
    snooze(agent=world.ann, conversation_id=conversation.id, until=soon())
    assert_told(pushed, conversation, "conversation.snoozed", public=False)
    assert wake_due() == 0
    with time_machine.travel(soon() + timedelta(seconds=1), tick=False):
        assert [wake_snoozed(), wake_snoozed()] == [1, 0]
    conversation.refresh_from_db()
    assert (conversation.status, conversation.snoozed_until) == ("open", None)
    assert_told(pushed, conversation, "conversation.woken", public=False)
    assert Event.objects.get(name="conversation.woken").actor_kind == "system"


def test_snoozing_again_moves_the_time(world: World, conversation: Conversation) -> None:
    later = soon() + timedelta(hours=5)
    for until in (soon(), later):
        snooze(agent=world.ann, conversation_id=conversation.id, until=until)
    conversation.refresh_from_db()
    assert conversation.snoozed_until == later


def test_what_cannot_be_snoozed_is_not(world: World, conversation: Conversation) -> None:
    with pytest.raises(Invalid):
        snooze(agent=world.ann, conversation_id=conversation.id, until=timezone.now() - timedelta(seconds=1))
    resolve(agent=world.ann, conversation_id=conversation.id)
    with pytest.raises(Conflict):
        snooze(agent=world.ann, conversation_id=conversation.id, until=soon())


# -- Priority, tags, rating


def test_priority_is_one_of_four(world: World, conversation: Conversation, pushed: Frames) -> None:
    set_priority(agent=world.ann, conversation_id=conversation.id, priority=2)
    conversation.refresh_from_db()
    assert conversation.priority == 2
    assert assert_told(pushed, conversation, "conversation.priority", public=False)["priority"] == 2
    for wrong in (3, -2, 99):
        with pytest.raises(Invalid):
            set_priority(agent=world.ann, conversation_id=conversation.id, priority=wrong)


def test_tags_are_added_and_removed_in_one_go(
    world: World, conversation: Conversation, pushed: Frames
) -> None:
    vip, angry = (Tag.objects.create(name=name) for name in ("vip", "angry"))
    set_tags(agent=world.ann, conversation_id=conversation.id, add=[vip.id])
    set_tags(agent=world.ann, conversation_id=conversation.id, add=[angry.id, vip.id], remove=[vip.id])
    said = assert_told(pushed, conversation, "conversation.tagged", public=False)
    assert set(conversation.tags.values_list("name", flat=True)) == {"angry"}
    assert [tag["name"] for tag in pushed.to(f"store.{world.store.id}")[-1]["summary"]["tags"]] == ["angry"]
    assert (said["added"], said["removed"]) == (["angry"], ["vip"])
    with pytest.raises(Invalid):
        set_tags(agent=world.ann, conversation_id=conversation.id, add=[uuid4()])


def test_a_buyer_rates_a_resolved_conversation_and_may_think_again(
    world: World, conversation: Conversation, pushed: Frames
) -> None:
    mine = {"buyer_id": world.kim.id, "conversation_id": conversation.id}
    with pytest.raises(Conflict):
        rate(**mine, rating=5)
    resolve(agent=world.ann, conversation_id=conversation.id)
    rate(**mine, rating=2, comment=" slow\x00\ud800 ")
    rate(**mine, rating=4, comment="x" * 5_000)
    conversation.refresh_from_db()
    assert (conversation.rating, len(conversation.rating_comment)) == (4, 1_000)
    first, _ = Event.objects.filter(name="conversation.rated").order_by("id")
    assert first.data["comment"] == "slow"
    assert_told(pushed, conversation, "conversation.rated", public=False)
    for wrong in (0, 6, True, 1.5, "5", None):
        with pytest.raises(Invalid):
            rate(**mine, rating=wrong)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        rate(buyer_id=make_buyer(world.store).id, conversation_id=conversation.id, rating=1)


# -- Who may


CHANGES: dict[str, Any] = {
    "assign": lambda agent, cid: assign(agent=agent, conversation_id=cid, to_agent=agent.id),
    "resolve": lambda agent, cid: resolve(agent=agent, conversation_id=cid),
    "reopen": lambda agent, cid: reopen(agent=agent, conversation_id=cid),
    "snooze": lambda agent, cid: snooze(agent=agent, conversation_id=cid, until=soon()),
    "priority": lambda agent, cid: set_priority(agent=agent, conversation_id=cid, priority=1),
    "tags": lambda agent, cid: set_tags(agent=agent, conversation_id=cid),
    "read": lambda agent, cid: mark_read(agent=agent, conversation_id=cid, seq=1),
    "draft": lambda agent, cid: save_draft(agent=agent, conversation_id=cid, body="x"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_conversation_of_another_store_does_not_exist(
    world: World, conversation: Conversation, change: str
) -> None:
    disabled = make_agent("Max", world.team, is_active=False)
    nobody = make_agent("Nia", make_team("Nobody's"))
    for stranger in (world.zoe, disabled, nobody):
        with pytest.raises(NotFound):
            CHANGES[change](stranger, conversation.id)
    with pytest.raises(NotFound):
        CHANGES[change](world.ann, uuid4())
    for agent in (world.ann, world.sue, world.eve):
        CHANGES[change](agent, conversation.id)


# -- What lists cost


@pytest.mark.parametrize("rows", [1, 25])
def test_lists_take_as_many_queries_for_many_rows_as_for_one(
    world: World, rows: int, django_assert_num_queries: Any
) -> None:
    tag = Tag.objects.create(name="vip")
    for _ in range(rows):
        conversation = buyer_says(make_buyer(world.store)).conversation
        agent_says(world.ann, conversation)
        set_tags(agent=world.ann, conversation_id=conversation.id, add=[tag.id])
    for _ in range(rows):
        agent_says(world.ann, conversation)
    with django_assert_num_queries(3):  # who may see what, the rows, their tags
        summaries = [summary_data(c) for c in with_summary_relations(conversations_for(world.ann))]
    assert len(summaries) == rows
    assert summaries[0]["tags"][0]["name"] == "vip"
    with django_assert_num_queries(3):  # the rows, their files, their deliveries
        messages = with_message_relations(Message.objects.filter(conversation=conversation))
        assert len([message_data(message) for message in messages]) > rows


def test_the_admin_and_who_serves_every_store_are_not_filtered(world: World) -> None:
    both = make_agent("Both", world.team, world.other_team)
    for agent in (world.eve, both):
        assert "WHERE" not in str(conversations_for(Agent.objects.get(pk=agent.pk)).query)
