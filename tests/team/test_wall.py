"""The wallboard: one computation for all who look, none where nobody does, to each what is theirs."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox import due
from inbox.asking import answer_to
from inbox.errors import InboxError
from inbox.models import Conversation
from inbox.services import resolve
from inbox.services.targets import Target, save_targets, settle_targets
from people import presence
from team import wall
from team.performance.rollup import count_on
from tests import factories


@pytest.fixture(autouse=True)
def nobody_looks():
    cache.clear()
    yield
    cache.clear()


def ask(agent):
    return answer_to(agent=agent, may=lambda scope: True, given={"what": "wall"})


def test_it_shows_how_it_stands(world, pushed):
    said = factories.buyer_says(world.kim)
    other = factories.buyer_says(factories.make_buyer(world.store, name="Lu"))
    factories.agent_says(world.ann, other.conversation)
    resolve(agent=world.ann, conversation_id=other.conversation.id)
    presence.renew([world.ann.id])
    count_on()
    seen = ask(world.sue)
    assert {name: seen[name] for name in ("waiting", "open", "answered", "resolved")} == {
        "waiting": 1, "open": 1, "answered": 1, "resolved": 1,
    }  # fmt: skip
    assert seen["longest_since"][:19] == said.message.created_at.isoformat()[:19]
    assert seen["first_reply_s"] in range(5)
    assert [(one["name"], one["presence"], one["load"]) for one in seen["agents"]] == [("Ann", "online", 0)]


def test_it_shows_what_is_due_soon_and_what_is_overdue(world):
    save_targets(actor=world.eve, store=world.store, warn_percent=50, targets={0: Target(60, 60)})
    due.forget(world.store.pk)
    for minutes in (10, 40, 50, 70):
        said = factories.buyer_says(factories.make_buyer(world.store))
        since = timezone.now() - timedelta(minutes=minutes)
        Conversation.objects.filter(pk=said.conversation.pk).update(waiting_since=since)
    save_targets(actor=world.eve, store=world.store, warn_percent=51, targets={0: Target(60, 60)})
    settle_targets()
    seen = ask(world.sue)
    assert (seen["waiting"], seen["due_soon"], seen["overdue"]) == (4, 2, 1)


def test_nobody_looks_and_nothing_is_asked_of_the_database(world):
    with CaptureQueriesContext(connection) as queries:
        assert wall.tell() == 0
    assert len(queries) == 0


def test_one_computation_serves_everybody_and_each_is_sent_what_is_theirs(world, pushed):
    factories.buyer_says(factories.make_buyer(world.other_store, name="Lu"))
    zack = factories.make_agent("Zack", world.other_team, role="supervisor")
    for agent in (world.sue, world.eve, zack):
        ask(agent)
    with CaptureQueriesContext(connection) as queries:
        assert wall.tell() == 3
    assert len(queries) <= 8, [query["sql"][:80] for query in queries]
    seen = {agent.name: pushed.to(f"agent.{agent.id}")[-1] for agent in (world.sue, world.eve, zack)}
    assert {name: frame["waiting"] for name, frame in seen.items()} == {"Sue": 0, "Eve": 1, "Zack": 1}
    assert [store["name"] for store in seen["Sue"]["stores"]] == ["Shop"]


def test_asking_again_within_seconds_computes_nothing(world):
    ask(world.sue)
    with CaptureQueriesContext(connection) as queries:
        ask(world.sue)
    assert not [query for query in queries if "inbox_conversation" in query["sql"]]


def test_who_has_left_the_page_is_sent_nothing_more(world, pushed, monkeypatch):
    ask(world.sue)
    later = (timezone.now() + timedelta(seconds=wall.LEASE_S + 1)).timestamp()
    monkeypatch.setattr(wall.time, "time", lambda: later)
    assert wall.tell() == 0


def test_agents_do_not_get_it(world):
    with pytest.raises(InboxError):
        ask(world.ann)
