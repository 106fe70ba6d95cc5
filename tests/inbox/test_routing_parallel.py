"""Routing while everything happens at once, each on a thread and a connection of its own."""

from collections import Counter
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction

from events.models import Event
from inbox.models import Conversation, RoutingRule
from inbox.services import assign, post_message, resolve
from inbox.services.routing import route_conversations
from people import presence
from people.models import Agent
from tests.factories import World, buyer_draft, make_agent, make_buyer, make_world
from tests.parallel import at_once

pytestmark = pytest.mark.django_db(transaction=True)

# SQLite has one writer: there it only takes longer.
ARRIVALS = 50 if connection.vendor == "postgresql" else 14
CAPACITY = 7 if connection.vendor == "postgresql" else 3


@pytest.fixture
def world(transactional_db: None) -> World:
    cache.clear()
    world = make_world()
    RoutingRule.objects.create(store=world.store, method="least_busy", capacity=CAPACITY)
    RoutingRule.objects.create(store=world.other_store, method="round_robin", capacity=CAPACITY)
    return world


def agents(world: World, count: int) -> list[Agent]:
    """Agents who serve both stores, so that their places are wanted from two sides."""
    made = [make_agent(f"Agent{n}", world.team, world.other_team) for n in range(count)]
    presence.renew([agent.id for agent in made])
    return made


def arrivals(world: World) -> Any:
    drafts = [
        buyer_draft(make_buyer(store))
        for n in range(ARRIVALS)
        for store in [[world.store, world.other_store][n % 2]]
    ]

    def arrive(n: int) -> int:
        post_message(drafts[n])
        return route_conversations()

    return arrive


def assert_whole() -> Counter[str]:
    """Check that nothing was given twice, and that what rows and events say is the same; return who has how many."""
    had: Counter[str] = Counter()
    for conversation in Conversation.objects.select_related("assignee"):
        events = Event.objects.filter(conversation_id=conversation.id, name="conversation.assigned")
        routed = [e for e in events.order_by("id") if e.data.get("reason")]
        assert len(routed) <= 1, [e.data for e in routed]
        if conversation.assignee:
            had[conversation.assignee.name] += conversation.status == "open"
    return had


def failures(results: list[Any]) -> list[Any]:
    return [result for result in results if isinstance(result, Exception)]


def test_fifty_who_arrive_at_once_are_each_given_to_one_agent(world: World) -> None:
    agents(world, 8)
    results = at_once(ARRIVALS, arrivals(world))
    assert not failures(results)
    assert sum(results) == ARRIVALS  # and no sweep was needed
    had = assert_whole()
    assert had.total() == ARRIVALS
    assert max(had.values()) <= CAPACITY


def test_no_place_is_given_twice_where_there_are_too_few(world: World) -> None:
    agents(world, 3)
    results = at_once(ARRIVALS, arrivals(world))
    assert not failures(results)
    assert assert_whole() == {f"Agent{n}": CAPACITY for n in range(3)}
    waiting = Conversation.objects.filter(assignee=None)
    assert waiting.count() == ARRIVALS - 3 * CAPACITY
    # Those who are left are whoever came last at all: nobody was passed over at the end.
    Agent.objects.filter(name="Agent0").update(capacity=CAPACITY + 2)
    first = set(waiting.order_by("waiting_since", "id").values_list("id", flat=True)[:2])
    assert route_conversations() == 2
    assert set(Conversation.objects.filter(assignee__name="Agent0").values_list("id", flat=True)) >= first


def test_hands_and_routing_do_not_get_into_each_others_way(world: World) -> None:
    """Half of those who work here take, give back and resolve while routing gives away."""
    made = agents(world, 6)
    arrive = arrivals(world)

    def work(n: int) -> Any:
        if n % 2:
            return arrive(n // 2)
        hand = made[n % len(made)]
        for conversation in Conversation.objects.filter(status="open").order_by("-last_at")[:3]:
            assign(agent=hand, conversation_id=conversation.id, to_agent=hand.id)
            resolve(agent=hand, conversation_id=conversation.id)
        return route_conversations()

    results = at_once(ARRIVALS * 6 // 5, work)
    assert not failures(results)
    route_conversations()
    assert_whole()
    free = sum(CAPACITY - agent.conversations.filter(status="open").count() for agent in made)
    waiting = Conversation.objects.filter(status="open", assignee=None, waiting_since__isnull=False).count()
    assert waiting == 0 or free <= 0, "somebody waits and somebody has a place"


def test_what_was_missed_is_found_by_the_sweep(world: World) -> None:
    """Killed between the commit and the bell: the row says what is to be done."""
    agents(world, 10)
    for n in range(5):
        post_message(buyer_draft(make_buyer([world.store, world.other_store][n % 2])))
    assert Conversation.objects.filter(assignee=None).count() == 5
    assert at_once(4, lambda _: route_conversations()).count(0) == 3
    assert assert_whole().total() == 5


@pytest.mark.postgres
def test_one_that_somebody_holds_stops_nobody_else(world: World) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no row locks")
    agents(world, 2)
    held, free = (post_message(buyer_draft(make_buyer(world.store))).conversation for _ in range(2))

    with transaction.atomic():
        Conversation.objects.select_for_update().get(pk=held.pk)
        assert at_once(1, lambda _: route_conversations()) == [1]
        held.refresh_from_db()
        free.refresh_from_db()
        assert held.assignee is None
        assert free.assignee is not None
    assert route_conversations() == 1
