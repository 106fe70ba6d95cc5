"""A conversation is handed over with a note: both or neither, and whoever gets it is told."""

from datetime import timedelta

import pytest
from django.utils import timezone

from events.models import Event
from inbox.errors import Invalid, NotFound
from inbox.models import Conversation, Mention, Message, RoutingRule
from inbox.services import assign, hand_over
from inbox.services.handing import receivers
from people.models import Agent
from people.notice_models import Notice
from tests import factories
from tests.factories import World
from tests.inbox.test_splitting import said

pytestmark = pytest.mark.django_db
NOTE = "She wants the blue one.\nI asked the warehouse."


@pytest.fixture
def talk(world: World) -> Conversation:
    return said(world, "Where is my hat?").conversation


def is_there(agent: Agent) -> None:
    agent.presence, agent.lease_until = Agent.Presence.ONLINE, timezone.now() + timedelta(minutes=1)
    agent.save(update_fields=["presence", "lease_until"])


def test_note_assignment_and_notice_are_one(world: World, talk: Conversation) -> None:
    given = hand_over(agent=world.ann, conversation_id=talk.id, note=NOTE, to_agent=world.bob.id)
    note = Message.objects.get(kind="text", private=True)
    assert (given.assignee, note.body, note.author_id) == (world.bob, NOTE, world.ann.id)
    event = Event.objects.get(name="conversation.assigned")
    assert event.data["note"] == str(note.id)
    assert Mention.objects.get().agent == world.bob
    notice = Notice.objects.get()
    assert (notice.agent, notice.kind) == (world.bob, "assigned")
    assert notice.params["by"] == "Ann"
    assert notice.params["said"] == "She wants the blue one. I asked the warehouse."


def test_a_note_for_somebody_who_cannot_have_it_is_not_written(world: World, talk: Conversation) -> None:
    with pytest.raises(Invalid):
        hand_over(agent=world.ann, conversation_id=talk.id, note=NOTE, to_agent=world.zoe.id)
    with pytest.raises(NotFound):
        hand_over(agent=world.zoe, conversation_id=talk.id, note=NOTE, to_agent=world.zoe.id)
    assert not Message.objects.filter(private=True).exists()
    assert not Notice.objects.exists()


def test_repeated_it_is_one_note_and_takes_nothing_back(world: World, talk: Conversation) -> None:
    for _ in range(2):
        hand_over(
            agent=world.ann, conversation_id=talk.id, note=NOTE, to_agent=world.bob.id, client_id="once"
        )
    assert Message.objects.filter(kind="text", private=True).count() == 1
    assign(agent=world.bob, conversation_id=talk.id, to_agent=world.sue.id)
    again = hand_over(
        agent=world.ann, conversation_id=talk.id, note=NOTE, to_agent=world.bob.id, client_id="once"
    )
    assert again.assignee == world.sue


def test_a_team_is_told_by_those_of_it_who_are_there(world: World, talk: Conversation) -> None:
    is_there(world.bob)
    is_there(world.ann)
    given = hand_over(
        agent=world.ann, conversation_id=talk.id, note=NOTE, to_team=world.team.id, keep_agent=True
    )
    assert (given.team, given.assignee) == (world.team, None)
    notice = Notice.objects.get()
    assert (notice.agent, notice.kind, notice.params["team"]) == (world.bob, "team_given", world.team.name)


def test_a_note_to_who_has_it_already_is_told_without_a_line(world: World, talk: Conversation) -> None:
    assign(agent=world.ann, conversation_id=talk.id, to_agent=world.bob.id)
    Notice.objects.all().delete()
    hand_over(agent=world.ann, conversation_id=talk.id, note=NOTE, to_agent=world.bob.id)
    assert Event.objects.filter(name="conversation.assigned").count() == 1
    assert Notice.objects.get().params["said"].startswith("She wants")


def test_a_note_to_oneself_rings_no_bell(world: World, talk: Conversation) -> None:
    hand_over(agent=world.ann, conversation_id=talk.id, note=NOTE, to_agent=world.ann.id)
    assert not Notice.objects.exists()
    assert not Mention.objects.exists()


def test_without_a_note_it_is_assigned_as_ever(world: World, talk: Conversation) -> None:
    assign(agent=world.ann, conversation_id=talk.id, to_agent=world.bob.id)
    assert "note" not in Event.objects.get(name="conversation.assigned").data


def test_who_could_get_it_is_told_with_what_they_have(
    world: World, talk: Conversation, django_assert_max_num_queries: object
) -> None:
    RoutingRule.objects.create(store=world.store, capacity=1)
    is_there(world.bob)
    assign(agent=world.ann, conversation_id=talk.id, to_agent=world.bob.id)
    agents, teams = receivers(world.ann, talk.id)
    found = {one.agent.name: (one.has_open, one.limit, one.agent.presence_now()) for one in agents}
    assert found["Bob"] == (1, 1, "online")
    assert found["Sue"] == (0, 1, "offline")
    assert "Eve" in found
    assert {"Zoe", "Ann"} & found.keys() == set()
    assert [(one.team, one.online) for one in teams] == [(world.team, 1)]
    for number in range(5):
        factories.make_agent(f"More {number}", world.team)
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        receivers(world.ann, talk.id)
