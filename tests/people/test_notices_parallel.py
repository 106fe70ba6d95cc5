"""Telling and reading in the same moment, each on a thread and a connection of its own."""

import pytest
from django.db import transaction

from people.models import Agent, Notice
from people.notices import mark_read, notify, now
from tests.factories import World, make_agent, make_world
from tests.parallel import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


def tell(agents: list[Agent], key: str = "one") -> None:
    with transaction.atomic():
        notify([agent.id for agent in agents], kind="test", key=key, params={}, href="/orders/")


def failures(results: list[object]) -> list[object]:
    return [one for one in results if isinstance(one, Exception)]


def test_who_is_told_the_same_by_many_at_once_has_it_once(world: World) -> None:
    many = [make_agent(f"Agent {n}", world.team) for n in range(12)]
    # In whatever order they are named: who tells the same agents must not wait in a circle.
    results = at_once(8, lambda n: tell(many[n:] + many[:n] if n % 2 else list(reversed(many))))
    assert failures(results) == []
    assert sorted(Notice.objects.values_list("agent__name", flat=True)) == sorted(a.name for a in many)


def test_telling_and_reading_at_once_leave_one_row_and_no_news_is_lost(world: World) -> None:
    tell([world.bob])
    shown = Notice.objects.get().at

    def work(n: int) -> object:
        return mark_read(agent=world.bob, until=shown) if n % 2 else tell([world.bob])

    assert failures(at_once(8, work)) == []
    row = Notice.objects.get()
    # Whoever read had seen the first telling alone; those after it are unread, whichever came last.
    assert row.at > shown
    assert row.read_at is None


def test_two_pages_that_read_everything_at_once_read_it_once(world: World) -> None:
    for key in "abcdef":
        tell([world.bob], key)
    until = now()
    read = at_once(6, lambda n: mark_read(agent=world.bob, until=until))
    assert failures(read) == []
    assert sum(int(one) for one in read) == 6
    assert not Notice.objects.filter(read_at=None).exists()
