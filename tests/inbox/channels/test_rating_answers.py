"""A number that a buyer writes back is their rating, where it can be nothing else."""

from datetime import timedelta

import pytest
from django.utils import timezone

from events.models import Event
from inbox import outbox, rating_answers
from inbox.models import Message, Rating, RatingAsk
from inbox.services import rating_asks
from inbox.transports.base import Media
from tests.inbox.channels.conftest import Line
from tests.inbox.channels.test_ratings import later, over, rule, says

__all__ = ["over", "rule"]  # fixtures

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked(over: Line) -> Line:
    rating_asks.ask_due(now=later())
    RatingAsk.objects.update(asked_at=timezone.now())
    outbox.send_due(over.channel.id)
    return over


@pytest.mark.parametrize(
    ("text", "value", "comment"),
    [
        ("5", 5, ""),
        (" 4. ", 4, ""),
        ("5!", 5, ""),
        ("５", 5, ""),
        ("3️⃣", 3, ""),
        ("4/5", 4, ""),
        ("5 stars", 5, ""),
        ("1 star", 1, ""),
        ("5 stars great", 5, "great"),
        ("4 Stars - a bit slow", 4, "a bit slow"),
        ("2, slow and rude", 2, "slow and rude"),
        ("5\nThank you Ann!", 5, "Thank you Ann"),
        ("⭐⭐⭐⭐", 4, ""),
        ("★★★★★ perfect", 5, "perfect"),
        ("5分", 5, ""),
        ("5星，很满意", 5, "很满意"),
        ("3颗星", 3, ""),
        ("4 - fine", 4, "fine"),
    ],
)
def test_a_number_of_stars_is_one(text: str, value: int, comment: str) -> None:
    assert rating_answers.read(text) == rating_answers.Answer(value, comment)


@pytest.mark.parametrize(
    "text",
    [
        "", "Thanks", "6", "0", "55", "5.5", "-1", "1 of the mugs is broken", "5 great", "2x", "3 days and no parcel",
        "3分钟了没人回", "5期免息", "5星期了", "5, 6 and 7 are missing", "1. The mug is broken", "4-6 pieces", "5/6",
        "5, where is my parcel?", "5 stars but it never came", "2, could you call me", "5分，什么时候到", "4，还没收到",
        "★★★★★★", "No 5", "5€", "5%", "1st", "2, " + "x" * 400, "5\n" + "?",
    ],
)  # fmt: skip
def test_anything_else_is_a_message(text: str) -> None:
    assert rating_answers.read(text) is None


def test_a_number_written_back_is_taken_and_opens_nothing(asked: Line) -> None:
    message = says(asked, "in-2", "4 stars, a bit slow")
    assert message is not None
    c = asked.conversation
    assert (c.status, c.rating, c.rating_comment) == ("resolved", 4, "a bit slow")
    assert (c.waiting_since, c.inbound_count) == (None, 1)
    given = Rating.objects.get()
    assert (given.value, given.way, given.agent) == (4, "reply", asked.world.ann)
    assert message.body == "4 stars, a bit slow", "and what they wrote stands in the conversation"
    assert Event.objects.get(name="conversation.rated").data["way"] == "reply"


def test_the_same_message_again_is_one(asked: Line) -> None:
    for _time in range(3):
        says(asked, "in-2", "4")
    assert Message.objects.filter(body="4").count() == 1
    assert Event.objects.filter(name="conversation.rated").count() == 1


def test_another_number_right_after_it_is_the_last_word(asked: Line) -> None:
    says(asked, "in-2", "4")
    says(asked, "in-3", "5")
    c = asked.conversation
    assert (c.status, c.rating, Rating.objects.get().value) == ("resolved", 5, 5)


def test_words_after_the_number_are_a_message_as_ever(asked: Line) -> None:
    says(asked, "in-2", "4")
    says(asked, "in-3", "And where is my refund")
    assert asked.conversation.status == "open"
    says(asked, "in-4", "2")
    assert asked.conversation.status == "open"
    assert Rating.objects.get().value == 4


@pytest.mark.parametrize("why", ["words", "a day later", "a file", "a machine", "it never left"])
def test_what_is_no_answer_to_the_question_is_a_message(asked: Line, why: str) -> None:
    text, more = "5", {}
    if why == "words":
        text = "5 mugs please"
    elif why == "a day later":
        RatingAsk.objects.update(asked_at=timezone.now() - timedelta(hours=24, seconds=1))
    elif why == "a file":
        more = {"media": (Media("mug.txt", "text/plain", b"broken"),)}
    elif why == "a machine":
        more = {"automatic": True}
    else:
        question = RatingAsk.objects.get().message
        assert question is not None
        question.deliveries.update(state="failed")
    says(asked, "in-2", text, **more)
    assert not Rating.objects.exists()
    assert asked.conversation.status == ("resolved" if why == "a machine" else "open")


def test_nobody_asked_so_a_number_is_a_message(over: Line) -> None:
    says(over, "in-2", "5")
    assert (over.conversation.status, Rating.objects.count()) == ("open", 0)


def test_after_another_word_of_ours_a_number_answers_that(asked: Line) -> None:
    asked.answers("How many mugs did you get?")
    says(asked, "in-2", "3")
    assert (asked.conversation.status, Rating.objects.count()) == ("open", 0)
