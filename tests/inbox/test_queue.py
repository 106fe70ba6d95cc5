"""A buyer's place in line: in the session, and live without a query for each widget."""

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.utils import timezone

from inbox.models import Conversation, RoutingRule
from inbox.services import assign, resolve
from inbox.services.queues import tell_queues
from inbox.tasks import route_conversations
from people import presence
from tests.conftest import Frames
from tests.factories import World, agent_says, buyer_says, make_buyer, visit
from tests.inbox.widget import Widget
from tests.sockets import Connect

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_known() -> None:
    cache.clear()


def line_of(world: World, count: int) -> list[Conversation]:
    return [buyer_says(make_buyer(world.store)).conversation for _ in range(count)]


def place(world: World) -> int | None:
    widget = Widget()
    widget.token = visit(world.kim)
    position: int | None = widget.start().json()["queue_position"]
    return position


def places(pushed: Frames, world: World) -> dict[str, int]:
    pushed.clear()
    tell_queues()
    orders = [frame for frame in pushed.to(f"widgets.{world.store.id}") if frame["type"] == "_queue"]
    return orders[-1]["places"] if orders else {}


def test_a_buyer_stands_behind_those_who_came_before(world: World, pushed: Frames) -> None:
    assert place(world) is None
    first, second = line_of(world, 2)
    buyer_says(make_buyer(world.other_store))  # of another store
    mine = buyer_says(world.kim).conversation
    assert place(world) == 3
    assert places(pushed, world) == {str(first.id): 1, str(second.id): 2, str(mine.id): 3}
    agent_says(world.ann, first)
    assert place(world) == 2
    resolve(agent=world.ann, conversation_id=second.id)
    Conversation.objects.filter(pk=line_of(world, 1)[0].pk).update(priority=2)
    assert place(world) == 2
    assert places(pushed, world)[str(mine.id)] == 2
    assign(agent=world.sue, conversation_id=mine.id, to_agent=world.ann.id)
    assert place(world) is None
    assert str(mine.id) not in places(pushed, world)


def test_one_question_finds_all_places_however_many_wait(
    world: World, pushed: Frames, django_assert_num_queries: Any
) -> None:
    line_of(world, 12)
    tell_queues()  # the waits are known from here on
    pushed.clear()
    with django_assert_num_queries(1):
        assert tell_queues() == 1
    assert len(pushed) == 1


def test_nothing_is_said_of_a_wait_that_is_not_known(world: World, pushed: Frames) -> None:
    line_of(world, 1)
    tell_queues()
    assert pushed.of("_queue")[-1]["expected_wait_s"] is None
    for _ in range(3):
        answered = buyer_says(make_buyer(world.store)).conversation
        agent_says(world.ann, answered)
        since = timezone.now() - timedelta(minutes=4)
        Conversation.objects.filter(pk=answered.pk).update(created_at=since)
    cache.clear()
    tell_queues()
    assert 235 <= pushed.of("_queue")[-1]["expected_wait_s"] <= 245


@pytest.mark.django_db(transaction=True)
async def test_a_widget_hears_its_own_place_and_nobody_elses(world: World, connect: Connect) -> None:
    def begin() -> Conversation:
        line_of(world, 1)
        return buyer_says(world.kim).conversation

    mine = await sync_to_async(begin)()
    widget = await connect.widget(world.kim)
    await sync_to_async(tell_queues)()
    frame = await widget.hear("queue")
    assert frame == {"type": "queue", "position": 2, "expected_wait_s": None}
    assert not widget.of("_queue")

    def first_is_answered() -> None:
        first = Conversation.objects.exclude(pk=mine.pk).get()
        agent_says(world.ann, first)
        tell_queues()

    await sync_to_async(first_is_answered)()
    assert (await widget.hear("queue", lambda f: f["position"] == 1))["position"] == 1


def test_routing_and_the_line_agree(world: World, pushed: Frames) -> None:
    RoutingRule.objects.create(store=world.store, method="round_robin", capacity=2)
    presence.renew([world.ann.id])
    third = line_of(world, 3)[-1]
    assert route_conversations() == 2
    assert places(pushed, world) == {str(third.id): 1}
