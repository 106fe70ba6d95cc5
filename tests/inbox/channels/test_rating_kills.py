"""A worker is killed (-9) while it asks for a rating: the buyer is asked once, whatever died."""

from typing import Any

import pytest

from inbox import outbox
from inbox.models import Delivery, Message, RatingAsk
from inbox.services import rating_asks, timeline
from tests.inbox.channels.conftest import Line
from tests.inbox.channels.test_failover_kills import killed_at
from tests.inbox.channels.test_ratings import later, over, row, rule

__all__ = ["over", "rule"]  # fixtures

pytestmark = pytest.mark.django_db(transaction=True)

STEPS = [
    ("has found that it is due", rating_asks, "_way", False, False),
    ("has chosen the way", rating_asks, "_post", False, False),
    ("has written nothing yet", timeline, "write", False, False),
    ("has written the message and not committed", timeline, "write", True, False),
    ("has written all and not committed", rating_asks, "ring", True, False),
    ("has committed", rating_asks, "ask", True, True),
]


@pytest.mark.parametrize(
    ("owner", "name", "done", "is_kept"), [step[1:] for step in STEPS], ids=[s[0] for s in STEPS]
)
def test_who_is_killed_over_asking_leaves_all_or_nothing(
    over: Line, owner: Any, name: str, done: bool, is_kept: bool
) -> None:
    now = later()
    killed_at(owner, name, done=done, work=lambda: rating_asks.ask_due(now=now))
    questions = Message.objects.filter(data__kind="rating")
    assert (row().state, questions.count()) == (("asked", 1) if is_kept else ("waiting", 0))
    assert rating_asks.ask_due(now=now) == (0 if is_kept else 1)
    assert outbox.due_channels() == [over.channel.id], "found without a bell"
    outbox.send_due(over.channel.id)
    assert (questions.count(), Delivery.objects.filter(message__in=questions).count()) == (1, 1)
    assert sum("How was the help" in call.json["text"] for call in over.provider.done) == 1
    assert RatingAsk.objects.get().state == "asked"
