"""Sockets end with the right that opened them: at once where the change is pushed, with the next heartbeat anyway."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from events.sockets import db
from inbox.models import Conversation
from inbox.services import end_session, start_session
from people import services
from people.models import Agent, VisitorSession
from people.visitors import VOUCHED_FOR
from tests.factories import World, agent_says, buyer_says, identity, log_in, make_store
from tests.sockets import Connect

pytestmark = pytest.mark.django_db(transaction=True)

LOGGED_OUT, SAY_HELLO_AGAIN = 4401, 4012


@pytest.fixture
def quick_heart(monkeypatch: pytest.MonkeyPatch) -> None:
    """A heartbeat every fifth of a second; it is one of ten seconds otherwise."""
    monkeypatch.setattr("events.hub.HEARTBEAT_S", 0.2)


# -- Pushed


async def test_logging_out_closes_the_sockets_of_that_log_in_and_no_others(
    connect: Connect, world: World
) -> None:
    cookie = await db(log_in, world.ann)
    here, elsewhere = await connect.console(world.ann, cookie=cookie), await connect.console(world.ann)

    def log_out() -> None:
        browser = Client()
        browser.cookies["sessionid"] = cookie
        browser.post("/accounts/logout/")

    await db(log_out)
    assert await here.closed(2) == LOGGED_OUT
    await elsewhere.handled()
    assert elsewhere.code is None


async def test_disabling_an_agent_closes_all_their_sockets(connect: Connect, world: World) -> None:
    lines = [await connect.console(world.ann) for _ in range(2)]
    await db(services.disable_agent, actor=world.eve, agent=world.ann)
    for line in lines:
        assert await line.closed(2) == LOGGED_OUT


async def test_a_new_password_closes_what_the_old_one_opened(connect: Connect, world: World) -> None:
    line = await connect.console(world.ann)
    await db(services.set_password, agent=world.ann, password="a-new-long-password")
    assert await line.closed(2) == LOGGED_OUT


async def test_who_leaves_a_team_says_hello_again_and_hears_nothing_of_it(
    connect: Connect, world: World
) -> None:
    conversation = (await db(buyer_says, world.kim, "secret")).conversation
    line = await connect.console(world.ann)
    await line.ask(type="subscribe", conversation=str(conversation.id), after=9)
    await db(services.update_agent, actor=world.eve, agent=world.ann, name="Ann", role="agent", teams=[])
    assert await line.closed(2) == SAY_HELLO_AGAIN
    again = await connect.console(world.ann)
    assert (await again.ask(type="subscribe", conversation=str(conversation.id), after=0))[
        "code"
    ] == "not_found"
    await db(buyer_says, world.kim, "more secrets")
    await again.settled()
    assert "secret" not in str(again.frames)


async def test_removing_a_team_closes_the_sockets_of_its_agents(connect: Connect, world: World) -> None:
    ann, zoe = await connect.console(world.ann), await connect.console(world.zoe)
    await db(services.delete_team, actor=world.eve, team=world.team)
    assert await ann.closed(2) == SAY_HELLO_AGAIN
    await zoe.handled()
    assert zoe.code is None


async def test_a_visitor_who_logs_out_is_gone_in_every_tab(connect: Connect, world: World) -> None:
    token, session = await db(start_session, store=world.store)
    tabs = [await connect.widget(token=token) for _ in range(2)]
    await db(end_session, session)
    for tab in tabs:
        assert await tab.closed(2) == LOGGED_OUT


# -- Found by the heartbeat, where nobody pushed


@pytest.mark.parametrize(
    "change",
    [
        lambda w: Session.objects.all().delete(),
        lambda w: Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1)),
        lambda w: Agent.objects.filter(pk=w.ann.pk).update(is_active=False),
        lambda w: Agent.objects.filter(pk=w.ann.pk).update(password="!changed"),
    ],
    ids=["the session is gone", "the session expired", "the agent is disabled", "the password changed"],
)
@pytest.mark.usefixtures("quick_heart")
async def test_a_log_in_that_is_no_good_any_more_is_noticed(
    connect: Connect, world: World, change: Any
) -> None:
    line = await connect.console(world.ann)
    await line.hear("heartbeat")
    await db(change, world)
    assert await line.closed(4) == LOGGED_OUT


@pytest.mark.usefixtures("quick_heart")
async def test_other_stores_than_at_hello_are_noticed(connect: Connect, world: World) -> None:
    line = await connect.console(world.ann)
    await line.hear("heartbeat")
    await db(world.ann.teams.set, [world.other_team])
    assert await line.closed(4) == SAY_HELLO_AGAIN


@pytest.mark.usefixtures("quick_heart")
async def test_who_sees_every_store_hears_a_new_one_without_a_new_hello(
    connect: Connect, world: World
) -> None:
    line = await connect.console(world.eve)
    store = await db(make_store, "third")
    seen = len(line.of("heartbeat"))
    await line.until(lambda: len(line.of("heartbeat")) >= seen + 2, "two heartbeats")
    _, session = await db(start_session, store=store)
    await db(buyer_says, session.buyer)
    await line.hear("conversation.updated", lambda f: f["summary"]["store"]["key"] == "third")
    assert line.code is None


@pytest.mark.parametrize(
    "change",
    [
        lambda: VisitorSession.objects.update(revoked_at=timezone.now()),
        lambda: VisitorSession.objects.update(verified_until=timezone.now() - VOUCHED_FOR),
        lambda: VisitorSession.objects.all().delete(),
    ],
    ids=["revoked", "the proof ended", "gone"],
)
@pytest.mark.usefixtures("quick_heart")
async def test_a_visit_that_is_no_good_any_more_is_noticed(
    connect: Connect, world: World, change: Any
) -> None:
    line = await connect.widget(world.kim)
    await line.hear("heartbeat")
    await db(change)
    assert await line.closed(4) == LOGGED_OUT


@pytest.mark.usefixtures("quick_heart")
async def test_a_socket_from_before_the_proof_is_noticed_although_nobody_pushed(
    connect: Connect, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, session = await db(start_session, store=world.store)
    line = await connect.widget(token=token)
    await db(buyer_says, session.buyer)
    await line.hear("heartbeat", lambda f: f["conversations"])
    monkeypatch.setattr("inbox.services.visitors.end_sockets", lambda *args, **kwargs: None)
    await db(start_session, store=world.store, visitor_token=token, identity_token=identity(world.store))
    assert await line.closed(4) == SAY_HELLO_AGAIN


# -- The heartbeat itself


@pytest.mark.usefixtures("quick_heart")
async def test_the_heartbeat_says_where_each_conversation_stands(connect: Connect, world: World) -> None:
    conversation = (await db(buyer_says, world.kim)).conversation
    console, widget = await connect.console(world.ann), await connect.widget(world.kim)
    await console.ask(type="subscribe", conversation=str(conversation.id), after=9)
    await db(agent_says, world.ann, conversation, "a note", private=True)
    await console.hear("heartbeat", lambda f: f["conversations"] == {str(conversation.id): 2})
    await widget.hear(
        "heartbeat", lambda f: f["conversations"] == {str(conversation.id): 1}
    )  # no note, no gap
    assert {2} & {seq for f in widget.of("heartbeat") for seq in f["conversations"].values()} == set()


@pytest.mark.usefixtures("quick_heart")
async def test_a_widget_that_missed_the_opening_is_told_by_the_heartbeat(
    connect: Connect, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget = await connect.widget(world.kim)
    with monkeypatch.context() as patch:
        patch.setattr("events.hub.publish", lambda frames: None)
        conversation = (await db(buyer_says, world.kim)).conversation
    await widget.hear("heartbeat", lambda f: f["conversations"] == {str(conversation.id): 1})
    await db(agent_says, world.ann, conversation, "Hello")
    await widget.hear("message.created", lambda f: f["message"]["body"] == "Hello")


@pytest.mark.usefixtures("quick_heart")
async def test_a_heartbeat_costs_as_many_queries_for_twenty_sockets_as_for_two(
    connect: Connect, world: World, django_assert_num_queries: Any
) -> None:
    from inbox.live import consoles_of
    from people.visitors import valid_sessions

    keys = [await db(log_in, agent) for agent in (world.ann, world.bob, world.sue, world.zoe, world.eve)]

    def count(work: Any) -> None:
        with django_assert_num_queries(4):
            work()

    for some in (keys[:1], keys):
        await db(count, lambda some=some: consoles_of(some))
    found = await db(consoles_of, [*keys, "nonsense"])
    sees = {c.agent.name: (c.stores, c.store_ids) for c in found.values()}
    both, mine = {world.store.id, world.other_store.id}, {world.store.id}
    assert sees == {
        "Ann": (mine, mine),
        "Bob": (mine, mine),
        "Sue": (mine, mine),
        "Zoe": ({world.other_store.id}, {world.other_store.id}),
        "Eve": (None, both),
    }
    assert await db(valid_sessions, []) == {}
    assert await db(Conversation.objects.count) == 0
