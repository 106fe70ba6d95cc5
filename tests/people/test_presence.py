"""Who is there: a lease that sockets renew and time takes away."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from events.models import Event
from people import presence
from people.models import Agent
from tests.conftest import Frames
from tests.factories import World, make_agent, make_world
from tests.parallel import at_once

pytestmark = pytest.mark.django_db


def told(pushed: Frames) -> list[tuple[str, str]]:
    return [(f["agent"]["name"], f["state"]) for f in pushed.to("agents") if f["type"] == "presence"]


def numbers(pushed: Frames, world: World) -> list[int]:
    return [frame["agents_online"] for frame in pushed.to(f"widgets.{world.store.id}")]


def state(agent: Agent) -> str:
    return Agent.objects.get(pk=agent.pk).presence_now()


def later(times: float = 1.01) -> Any:
    return time_machine.travel(timezone.now() + presence.LEASE * times, tick=False)


def test_an_agent_is_there_while_the_lease_lasts(world: World, pushed: Frames) -> None:
    assert state(world.ann) == "offline"
    presence.renew([world.ann.id])
    assert state(world.ann) == "online"
    assert told(pushed) == [("Ann", "online")]
    assert numbers(pushed, world) == [1]
    with later():
        assert state(world.ann) == "offline"  # whether or not anybody noticed


def test_renewing_says_nothing_new(world: World, pushed: Frames) -> None:
    presence.renew([world.ann.id])
    pushed.clear()
    with later(0.5):
        presence.renew([world.ann.id])
    assert not pushed
    with later(1.2):
        assert state(world.ann) == "online"
    presence.renew([])
    assert not pushed


def test_a_lease_that_ran_out_is_told_once(world: World, pushed: Frames) -> None:
    presence.renew([world.ann.id, world.bob.id])
    pushed.clear()
    with later():
        presence.renew([world.bob.id])
        assert [agent.name for agent in presence.expire()] == ["Ann"]
        assert presence.expire() == []
    assert told(pushed) == [("Bob", "online"), ("Ann", "offline")]
    assert numbers(pushed, world)[-1] == 1


@pytest.mark.django_db(transaction=True)
def test_of_several_processes_one_tells_that_somebody_has_gone(transactional_db: None) -> None:
    world = make_world()
    Agent.objects.filter(pk=world.ann.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    gone = at_once(6, lambda _: presence.expire())
    assert sorted(map(len, gone)) == [0, 0, 0, 0, 0, 1]


def test_what_an_agent_chose_stays_until_they_choose_again(world: World, pushed: Frames) -> None:
    presence.renew([world.ann.id])
    presence.choose(agent=world.ann, state="busy")
    assert state(world.ann) == "busy"
    with later(3):
        presence.expire()
        presence.renew([world.ann.id])
        assert state(world.ann) == "busy"
    assert told(pushed) == [("Ann", "online"), ("Ann", "busy"), ("Ann", "offline"), ("Ann", "busy")]


def test_choosing_is_recorded_once(world: World, pushed: Frames) -> None:
    for _ in range(2):
        presence.choose(agent=world.ann, state="away")
    [event] = Event.objects.all()
    assert (event.name, event.actor_id, event.data) == (
        "agent.presence",
        world.ann.id,
        {"before": "online", "after": "away"},
    )
    assert told(pushed) == [("Ann", "offline")]  # nobody is there to be away


@pytest.mark.parametrize("wrong", ["", "offline", "ONLINE", "x" * 100])
def test_there_are_three_states_to_choose_from(world: World, wrong: str) -> None:
    with pytest.raises(ValueError, match="online, busy or away"):
        presence.choose(agent=world.ann, state=wrong)


def test_the_widget_counts_who_would_take_a_conversation_now(world: World) -> None:
    presence.renew([agent.id for agent in (world.ann, world.bob, world.sue, world.zoe, world.eve)])
    assert presence.online_count(world.store.id) == 3  # the team's; the admin is there for other things
    presence.choose(agent=world.bob, state="busy")
    assert presence.online_count(world.store.id) == 2
    Agent.objects.filter(pk=world.sue.pk).update(is_active=False)
    assert presence.online_count(world.store.id) == 1
    twice = make_agent("Two", world.team, world.other_team)
    world.other_team.stores.add(world.store)
    presence.renew([twice.id])
    assert presence.online_count(world.store.id) == 3  # Ann, Zoe by her team's new store, and Two once
    with later():
        assert presence.online_count(world.store.id) == 0
