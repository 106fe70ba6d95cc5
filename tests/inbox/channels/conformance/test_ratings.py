"""Asked how it was, over every kind of channel: the question arrives with a link that works, once, and is answered."""

import re

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from inbox.models import Rating, RatingAsk, RatingRule
from inbox.services import rating_asks, resolve
from people.models import Buyer
from tests.inbox.channels.conformance.conftest import Line
from tests.inbox.channels.test_ratings import by_day, later

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def over(asked: Line) -> Line:
    cache.clear()
    rule = RatingRule.objects.create(store=asked.world.store, active=True)
    rule.channels.add(asked.channel)
    Buyer.objects.update(time_zone=by_day())
    asked.answers("Here you are")
    asked.send()
    resolve(agent=asked.world.ann, conversation_id=asked.conversation.id)
    assert rating_asks.ask_due(now=later()) == 1
    RatingAsk.objects.update(asked_at=timezone.now())
    assert asked.send() == 1
    return asked


def test_the_question_arrives_once_with_a_link_that_works(over: Line) -> None:
    asked = over.seen[-1]
    assert "How was the help that Ann gave you?" in asked.text
    assert sum("How was the help" in seen.text for seen in over.seen) == 1
    links = re.findall(r"http\S+/rate/\S+", asked.text)
    assert len(links) == (5 if over.transport.is_letter else 1)
    path = "/" + links[0].split("/", 3)[3]
    assert Client().get(path).status_code == 200
    assert Client().post(re.sub(r"/\d/$", "/", path), {"rating": "4"}).status_code == 303
    assert [(row.value, row.way) for row in Rating.objects.all()] == [(4, "link")]
    assert over.conversation.status == "resolved"


def test_a_number_written_back_rates_where_no_letters_go(over: Line) -> None:
    over.hear(over.says("5"))
    if over.transport.is_letter:
        assert over.conversation.status == "open"
        assert not Rating.objects.exists()
    else:
        assert over.conversation.status == "resolved"
        assert [(row.value, row.way) for row in Rating.objects.all()] == [(5, "reply")]
