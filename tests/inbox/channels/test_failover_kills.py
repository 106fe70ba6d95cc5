"""A worker is killed (-9) in the middle of sending a message another way: it still goes there once."""

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from inbox import failover, outbox
from inbox.models import Channel, Delivery, Message
from inbox.services import timeline
from inbox.transports.signed_http import SignedHttp
from tests.inbox.channels.conftest import Line
from tests.inbox.channels.test_failover import after, pair, second, states, sweep

__all__ = ["pair", "second"]  # fixtures

pytestmark = pytest.mark.django_db(transaction=True)


def killed_at(owner: Any, name: str, *, done: bool, work: Callable[[], Any]) -> None:
    """Do `work` in a process that is killed before `name` is called, or when it is `done`."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        real = getattr(owner, name)

        def deadly(*given: Any, **named: Any) -> Any:
            if done:
                real(*given, **named)
            os.kill(os.getpid(), signal.SIGKILL)

        try:
            setattr(owner, name, deadly)
            work()
        finally:
            os._exit(3)  # it was to be killed before this
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"nobody was killed: {name} was not called"


STEPS = [
    ("has found that it is due", failover, "has_arrived", False, False),
    ("has chosen the way", failover, "_send_instead", False, False),
    ("has written the copy and not committed", timeline, "write", False, False),
    ("has written all and not committed", failover, "ring", True, False),
    ("has committed", failover, "move_on", True, True),
]


@pytest.mark.parametrize(
    ("owner", "name", "done", "is_kept"), [step[1:] for step in STEPS], ids=[s[0] for s in STEPS]
)
def test_who_is_killed_over_the_decision_leaves_all_or_nothing(
    pair: Line, second: Channel, owner: Any, name: str, done: bool, is_kept: bool
) -> None:
    message = pair.answers()
    outbox.send_due(pair.channel.id)
    now = after()
    killed_at(owner, name, done=done, work=lambda: sweep(now))
    assert states(message) == (["sent", "queued"] if is_kept else ["sent"])
    assert sweep(now) == (0 if is_kept else 1)
    assert outbox.due_channels(now=after(60)) == [second.id], "found without a bell"
    outbox.send_due(second.id, now=after(60))
    assert states(message) == ["sent", "sent"]
    assert Message.objects.filter(data__event="delivery.moved_on").count() == 1
    assert [call.path for call in pair.provider.done].count("/second") == 1


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("is_idempotent", [True, False])
def test_who_is_killed_over_handing_the_copy_over_sends_it_at_most_once(
    pair: Line, second: Channel, monkeypatch: Any, done: bool, is_idempotent: bool
) -> None:
    monkeypatch.setattr(SignedHttp, "idempotent", is_idempotent)
    message = pair.answers()
    outbox.send_due(pair.channel.id)
    sweep()
    killed_at(SignedHttp, "send", done=done, work=lambda: outbox.send_due(second.id, now=after(60)))
    assert states(message) == ["sent", "sending"]
    Delivery.objects.filter(state="sending").update(claimed_until=timezone.now())
    outbox.send_due(second.id, now=after(61))
    assert states(message) == ["sent", "sent" if is_idempotent else "unknown"]
    keys = {call.headers["idempotency-key"] for call in pair.provider.done if call.path == "/second"}
    assert len(keys) == (1 if done or is_idempotent else 0)
    assert sweep(after(200)) == 0, "an unknown one is not sent again by itself"
