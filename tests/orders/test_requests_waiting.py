"""A buyer whose request was granted waits no longer, unless they have written something besides."""

from typing import Any
from uuid import uuid4

import pytest

from events.record import Actor
from inbox.models import Conversation
from inbox.services import Draft, post_message
from orders import services
from orders.models import Order, OrderAction
from tests.orders.conftest import World
from tests.orders.test_requests import accept, ask

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_waits(world: World) -> None:
    Conversation.objects.update(waiting_since=None)


def writes(world: World) -> Any:
    draft = Draft(actor=Actor.buyer(world.buyer), client_id=uuid4().hex, body="And?", buyer_id=world.buyer.id)
    return post_message(draft).message.created_at


def waits(world: World) -> Any:
    return Conversation.objects.get(pk=world.conversation.id).waiting_since


def test_who_asked_waits_until_it_is_granted(world: World) -> None:
    request = ask(world)
    assert waits(world) is not None
    accept(world, request)
    assert waits(world) is None


def test_who_wrote_before_still_waits_for_that(world: World) -> None:
    first = writes(world)
    accept(world, ask(world))
    assert waits(world) == first


def test_who_wrote_afterwards_waits_from_then_on(world: World) -> None:
    request = ask(world)
    later = writes(world)
    accept(world, request)
    assert waits(world) == later


def test_who_is_promised_nothing_yet_goes_on_waiting(world: World, settings: Any) -> None:
    settings.ORDER_LIMITS = {"agent": {"*": {"per_order": 100}}, "supervisor": {}, "admin": {}}
    Order.objects.update(status="paid", paid=5490)
    accept(world, ask(world))
    assert waits(world) is not None
    services.approve(agent=world.supervisor, action_id=OrderAction.objects.get().id)
    assert waits(world) is None
