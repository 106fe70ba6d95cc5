"""Who gets a conversation: by which rule, within which limits, and what becomes of it when they leave."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events.models import Event
from inbox.models import Conversation, RoutingRule
from inbox.services import assign, resolve, snooze
from inbox.services.routing import route_conversations
from inbox.tasks import route_conversations as sweep
from people import presence
from people.models import Agent, Store, Team
from tests.conftest import Frames
from tests.factories import World, agent_says, buyer_says, make_agent, make_buyer

pytestmark = pytest.mark.django_db

LEFT = timedelta(seconds=35 + 120 + 1)  # the lease and the grace
AWAY = timedelta(seconds=900 + 1)


def rule(store: Store, method: str = "least_busy", team: Team | None = None, **fields: Any) -> RoutingRule:
    return RoutingRule.objects.create(store=store, team=team, method=method, **fields)


def arrive(world: World, count: int = 1, **fields: Any) -> list[Conversation]:
    buyers = [make_buyer(fields.get("store") or world.store) for _ in range(count)]
    return [buyer_says(buyer).conversation for buyer in buyers]


def here(*agents: Agent) -> None:
    presence.renew([agent.id for agent in agents])


def whose(*conversations: Conversation) -> list[str | None]:
    rows = Conversation.objects.select_related("assignee").in_bulk([c.id for c in conversations])
    return [agent.name if (agent := rows[c.id].assignee) else None for c in conversations]


def reasons(conversation: Conversation) -> list[str]:
    events = Event.objects.filter(conversation_id=conversation.id, name="conversation.assigned").order_by(
        "id"
    )
    return [event.data.get("reason", "by hand") for event in events]


def later(by: timedelta) -> Any:
    return time_machine.travel(timezone.now() + by, tick=False)


# -- Who


def test_by_hand_is_by_hand(world: World) -> None:
    here(world.ann)
    first, second = arrive(world, 2)
    assert route_conversations() == 0
    rule(world.store, "manual")
    assert route_conversations() == 0
    assert whose(first, second) == [None, None]


def test_in_turn_each_gets_the_next(world: World) -> None:
    rule(world.store, "round_robin")
    here(world.ann, world.bob, world.sue)
    got = []
    for _ in range(6):
        [conversation] = arrive(world)
        route_conversations()
        got += whose(conversation)
    assert sorted(got[:3], key=str) == sorted(got[3:], key=str) == ["Ann", "Bob", "Sue"]
    assert got[:3] == got[3:]
    assert reasons(conversation) == ["round_robin"]


def test_the_least_busy_gets_it(world: World) -> None:
    rule(world.store)
    here(world.ann, world.bob)
    for conversation in arrive(world, 3):
        assign(agent=world.sue, conversation_id=conversation.id, to_agent=world.ann.id)
    new = arrive(world, 3)
    assert route_conversations() == 3
    assert whose(*new) == ["Bob", "Bob", "Bob"]


def test_what_was_decided_is_written_down_with_its_reason(world: World, pushed: Frames) -> None:
    rule(world.store)
    here(world.ann, world.bob)
    [one] = arrive(world)
    assign(agent=world.sue, conversation_id=one.id, to_agent=world.bob.id)
    [conversation] = arrive(world)
    pushed.clear()
    route_conversations()
    line = conversation.messages.order_by("-seq")[0]
    assert (line.private, line.author_kind, line.body) == (True, "system", "Routed to Ann: least busy")
    assert line.data == {
        "event": "conversation.assigned",
        "actor": "",
        "assignee": "Ann",
        "team": None,
        "reason": "least_busy",
    }
    event = Event.objects.filter(conversation_id=conversation.id, name="conversation.assigned").get()
    assert event.actor_kind == "system"
    assert event.data["agent"] == str(world.ann.id)
    considered = {each["name"]: (each["open"], each["limit"]) for each in event.data["considered"]}
    assert considered == {"Ann": (0, 8), "Bob": (1, 8)}
    [told] = [f for f in pushed.to(f"store.{world.store.id}") if f["type"] == "conversation.updated"]
    assert told["cause"] == "conversation.assigned"
    assert told["summary"]["assignee"]["name"] == "Ann"
    [public] = pushed.to(f"public.{conversation.id}")
    assert public["conversation"]["assignee"] == {"name": "Ann"}  # and nothing of who else was thought of


def test_the_last_agent_of_a_buyer_comes_first_where_that_is_wanted(world: World) -> None:
    rule(world.store, last_agent_first=True)
    here(world.ann, world.bob)
    for conversation in arrive(world, 3):
        assign(agent=world.sue, conversation_id=conversation.id, to_agent=world.bob.id)
    before = buyer_says(world.kim).conversation
    agent_says(world.bob, before)
    resolve(agent=world.bob, conversation_id=before.id)
    Conversation.objects.filter(pk=before.pk).update(resolved_at=timezone.now() - timedelta(days=30))
    again = buyer_says(world.kim).conversation
    assert again != before
    route_conversations()
    assert whose(again) == ["Bob"]
    assert reasons(again) == ["last_agent"]


def test_only_who_is_online_gets_something(world: World) -> None:
    rule(world.store)
    here(world.ann, world.bob, world.sue)
    presence.choose(agent=world.bob, state="busy")
    presence.choose(agent=world.sue, state="away")
    new = arrive(world, 3)
    route_conversations()
    assert whose(*new) == ["Ann"] * 3
    with later(timedelta(seconds=40)):
        [late] = arrive(world)
        route_conversations()
        assert whose(late) == [None]  # a lease that ran out is nobody


def test_whoever_serves_another_store_gets_nothing_of_this_one(world: World) -> None:
    rule(world.store)
    here(world.zoe, world.eve)  # a stranger, and an admin who is in no team
    new = arrive(world, 2)
    assert route_conversations() == 0
    assert whose(*new) == [None, None]


def test_what_belongs_to_a_team_goes_to_its_members_by_its_rule(world: World) -> None:
    second = Team.objects.create(name="Returns")
    second.stores.add(world.store)
    rita = make_agent("Rita", second)
    rule(world.store, "manual")
    rule(world.store, "round_robin", team=second)
    here(world.ann, rita)
    for_all, for_team = arrive(world, 2)
    assign(agent=world.sue, conversation_id=for_team.id, to_team=second.id)
    route_conversations()
    assert whose(for_all, for_team) == [None, "Rita"]


# -- How many


def test_nobody_gets_more_than_they_may_have(world: World) -> None:
    rule(world.store, capacity=2)
    Agent.objects.filter(pk=world.bob.pk).update(capacity=1)
    here(world.ann, world.bob)
    new = arrive(world, 5)
    assert route_conversations() == 3
    assert Counter(whose(*new)) == {"Ann": 2, "Bob": 1, None: 2}
    assert whose(*new)[3:] == [None, None]  # who came last waits
    assert route_conversations() == 0


def test_a_teams_limit_is_its_members(world: World) -> None:
    rule(world.store, capacity=1)
    rule(world.store, "", team=world.team, capacity=3)
    here(world.ann)
    new = arrive(world, 4)
    route_conversations()
    assert Counter(whose(*new)) == {"Ann": 3, None: 1}


def test_places_are_counted_over_all_stores(world: World) -> None:
    world.other_team.agents.add(world.ann)
    for store in (world.store, world.other_store):
        rule(store, capacity=2)
    here(world.ann)
    new = arrive(world, 2) + arrive(world, 2, store=world.other_store)
    route_conversations()
    assert Counter(whose(*new)) == {"Ann": 2, None: 2}


@pytest.mark.parametrize("how", ["resolve", "snooze", "by_hand", "online", "more"])
def test_a_place_that_is_free_again_goes_to_who_waits_longest(world: World, how: str) -> None:
    rule(world.store, capacity=1)
    here(world.ann)
    first, second, third = arrive(world, 3)
    Conversation.objects.filter(pk=third.pk).update(priority=1)
    route_conversations()
    assert whose(first, second, third) == [None, None, "Ann"]  # what is urgent goes first
    match how:
        case "resolve":
            resolve(agent=world.ann, conversation_id=third.id)
        case "snooze":
            snooze(agent=world.ann, conversation_id=third.id, until=timezone.now() + timedelta(hours=1))
        case "by_hand":
            assign(agent=world.sue, conversation_id=third.id, to_agent=world.bob.id)
        case "online":
            here(world.bob)
        case "more":
            Agent.objects.filter(pk=world.ann.pk).update(capacity=2)
    route_conversations()
    assert whose(first)[0] in ("Ann", "Bob")
    assert whose(second) == [None]


def test_what_somebody_puts_back_is_not_given_to_them_again(world: World) -> None:
    rule(world.store)
    here(world.ann)
    [conversation] = arrive(world)
    route_conversations()
    assign(agent=world.ann, conversation_id=conversation.id)
    assert route_conversations() == 0
    assert whose(conversation) == [None]
    here(world.bob)
    route_conversations()
    assert whose(conversation) == ["Bob"]
    assert Conversation.objects.get(pk=conversation.pk).put_back_by is None


# -- Who is not there any more


@pytest.fixture
def anns(world: World) -> Conversation:
    """A conversation of Ann's, whose buyer waits."""
    rule(world.store)
    here(world.ann)
    [conversation] = arrive(world)
    route_conversations()
    return conversation


def test_who_reloads_the_page_keeps_what_they_have(world: World, anns: Conversation) -> None:
    with later(timedelta(seconds=60)):  # the lease ran out, the grace has not
        here(world.bob)
        assert sweep() == 0
        here(world.ann)
    with later(LEFT):
        here(world.ann, world.bob)
        assert sweep() == 0
    assert whose(anns) == ["Ann"]


def test_what_somebody_leaves_is_handed_on(world: World, anns: Conversation) -> None:
    with later(timedelta(seconds=60)):
        presence.expire()
    with later(LEFT):
        here(world.bob)
        assert sweep() == 1
        assert whose(anns) == ["Bob"]
        assert reasons(anns) == ["least_busy", "handed_on"]
        line = anns.messages.order_by("-seq")[0]
        assert line.body == "Handed on to Bob: Ann is not there"
        assert line.data["from"] == "Ann"
        assert sweep() == 0


def test_where_nobody_is_there_a_waiting_buyer_is_shown_to_everybody(
    world: World, anns: Conversation
) -> None:
    other = buyer_says(world.kim).conversation
    agent_says(world.ann, other)  # she has answered: nobody waits
    with later(LEFT):
        assert sweep() == 1
        assert whose(anns, other) == [None, "Ann"]
        assert reasons(anns)[-1] == "left"
        buyer_says(world.kim, "Are you there?")
        sweep()
        assert whose(other) == [None]
        here(world.bob)
        sweep()
        assert whose(anns, other) == ["Bob", "Bob"]


def test_who_is_away_for_long_is_relieved_and_who_is_busy_is_not(world: World, anns: Conversation) -> None:
    presence.choose(agent=world.ann, state="away")
    start = timezone.now()
    for minutes in range(1, 17):
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            here(world.ann, world.bob)
            sweep()
            assert whose(anns) == (["Ann"] if minutes < 15 else ["Bob"]), minutes
    [busy] = arrive(world)
    assign(agent=world.sue, conversation_id=busy.id, to_agent=world.sue.id)
    here(world.sue)
    presence.choose(agent=world.sue, state="busy")
    for minutes in range(5, 40, 5):
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            here(world.sue, world.bob)
            sweep()
    assert whose(busy) == ["Sue"]


def test_who_was_never_there_is_not_gone(world: World) -> None:
    rule(world.store)
    [conversation] = arrive(world)
    assign(agent=world.sue, conversation_id=conversation.id, to_agent=world.ann.id)
    here(world.bob)
    assert sweep() == 0
    assert whose(conversation) == ["Ann"]


def test_by_hand_nothing_is_handed_on(world: World) -> None:
    here(world.ann)
    [conversation] = arrive(world)
    assign(agent=world.sue, conversation_id=conversation.id, to_agent=world.ann.id)
    with later(LEFT):
        here(world.bob)
        assert sweep() == 0
    assert whose(conversation) == ["Ann"]


def test_a_disabled_account_is_relieved_at_once(world: World, anns: Conversation) -> None:
    here(world.bob)
    Agent.objects.filter(pk=world.ann.pk).update(is_active=False)
    assert sweep() == 1
    assert whose(anns) == ["Bob"]
    assert reasons(anns)[-1] == "handed_on"


# -- What it costs


def test_a_pass_asks_the_same_number_of_questions_however_many_wait(
    world: World, django_assert_max_num_queries: Any
) -> None:
    rule(world.store, capacity=100, last_agent_first=True)
    here(world.ann, world.bob)
    arrive(world, 40)
    with django_assert_max_num_queries(20) as asked:
        assert route_conversations() == 40
    many = len(asked)
    arrive(world, 1)
    with django_assert_max_num_queries(many):
        assert route_conversations() == 1


def test_a_message_asks_nothing_more_of_the_database_for_being_routed(world: World) -> None:
    def statements() -> int:
        agent_says(world.ann, conversation)
        with CaptureQueriesContext(connection) as asked:
            buyer_says(world.kim)
        return len(asked)

    conversation = buyer_says(world.kim).conversation
    by_hand = [statements(), statements()][-1]
    rule(world.store)
    here(world.ann)
    assert statements() == by_hand
    here(world.bob)
    with later(LEFT):
        assert statements() == by_hand  # and where Ann is not there any more
