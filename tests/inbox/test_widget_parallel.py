"""The same requests from many sides in one moment, through the whole HTTP stack."""

from typing import Any

import pytest
from django.core.cache import cache

from inbox.models import Conversation, Message
from people.models import Buyer
from tests.factories import World, buyer_says, identity, make_world
from tests.inbox.widget import Widget
from tests.parallel import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> World:
    cache.clear()
    return make_world()


def clones(widget: Widget, count: int) -> list[Widget]:
    """The same visitor in many tabs: a test client is not to be shared by threads."""
    found = [Widget(widget.store) for _ in range(count)]
    for clone in found:
        clone.token = widget.token
    return found


def test_a_message_posted_twenty_times_at_once_is_one_message(world: World) -> None:
    widget = Widget()
    widget.start()
    tabs = clones(widget, 20)
    answers: list[Any] = at_once(20, lambda n: tabs[n].say("Once", "the-one"))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] * 19 + [201]
    assert len({answer.json()["message"]["id"] for answer in answers}) == 1
    assert Message.objects.filter(author_kind="buyer").count() == 1
    assert Conversation.objects.count() == 1


def test_a_visitor_identified_in_many_tabs_at_once_is_one_buyer_with_all_that_was_said(world: World) -> None:
    buyer_says(world.kim, "Before")
    widget = Widget()
    widget.start()
    widget.say("As a stranger")
    signed = identity(world.store)
    tabs = clones(widget, 6)
    answers: list[Any] = at_once(6, lambda n: tabs[n].start(identity_token=signed))
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["visitor"]["id"] for answer in answers} == {str(world.kim.id)}
    bodies = set(Message.objects.filter(conversation__buyer=world.kim).values_list("body", flat=True))
    assert {"Before", "As a stranger"} <= bodies
    assert Buyer.objects.filter(external_id="1001").count() == 1
    assert Conversation.objects.exclude(status="resolved").count() == 1
