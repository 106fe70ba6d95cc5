"""Conversations of an account that was disabled come back to everybody."""

import pytest

from events.models import Event
from inbox.services import assign, resolve
from inbox.tasks import route_conversations
from tests.factories import World, buyer_says

pytestmark = pytest.mark.django_db


def test_conversations_of_a_disabled_account_are_nobodys_again(world: World) -> None:
    conversation = buyer_says(world.kim).conversation
    assign(agent=world.sue, conversation_id=conversation.id, to_agent=world.ann.id)
    assert route_conversations() == 0
    world.ann.is_active = False
    world.ann.save()
    assert route_conversations() == 1
    conversation.refresh_from_db()
    assert conversation.assignee is None
    line = conversation.messages.order_by("-seq")[0]
    assert line.private
    assert line.data == {
        "event": "conversation.assigned",
        "actor": "",
        "assignee": None,
        "team": None,
        "reason": "left",
        "from": "Ann",
    }
    assert Event.objects.filter(conversation_id=conversation.id, name="conversation.assigned").count() == 2
    assert route_conversations() == 0  # and not again


def test_what_is_resolved_stays_theirs(world: World) -> None:
    conversation = buyer_says(world.kim).conversation
    assign(agent=world.sue, conversation_id=conversation.id, to_agent=world.ann.id)
    resolve(agent=world.sue, conversation_id=conversation.id)
    world.ann.is_active = False
    world.ann.save()
    assert route_conversations() == 0
    conversation.refresh_from_db()
    assert conversation.assignee == world.ann
