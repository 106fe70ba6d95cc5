"""A provider that takes a call and never answers keeps no worker from the other channels."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from helpdesk.lib import http
from inbox import inbound, outbox
from inbox.models import Channel, Conversation, Delivery, Message
from tests.inbox.channels.conftest import Line
from tests.parallel import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two(line: Line) -> Line:
    """Two buyers, each of whom waits for an answer."""
    for number, words in ((7, "first"), (8, "second")):
        said = inbound.Said(external_id=f"in-{number}", sender=f"buyer-{number}", text="Hello")
        inbound.take_in(line.channel, said)
        conversation = Conversation.objects.get(buyer__identities__value=f"buyer-{number}")
        line.answers(words, conversation=conversation)
    return line


def texts(line: Line) -> list[str]:
    return [call.json["text"] for call in line.provider.done]


def test_one_worker_waits_and_then_the_rest_of_the_channel_waits_without_one(
    two: Line, monkeypatch: Any
) -> None:
    monkeypatch.setattr(http, "TOTAL_S", 1.0)
    monkeypatch.setattr(outbox, "HUNG", timedelta(seconds=0.5))
    two.provider.faults, two.provider.slow_s = ["slow"], 1.5

    def work(index: int) -> int:
        time.sleep(index * 0.4)  # others come while the first one waits
        return outbox.send_due(two.channel.id)

    assert at_once(3, work) == [1, 0, 0]
    two.channel.refresh_from_db()
    assert two.channel.trouble
    assert two.channel.paused_until is not None
    assert two.channel.paused_until > timezone.now() + outbox.AFTER_HUNG / 2
    assert texts(two) == ["first"]
    Channel.objects.update(paused_until=None)
    Delivery.objects.filter(state="queued").update(run_at=timezone.now())
    while outbox.send_due(two.channel.id):
        pass
    two.channel.refresh_from_db()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}
    assert texts(two) == ["first", "first", "second"], "the key was the same: the provider has it once"


def test_what_waits_for_a_provider_without_keys_does_not_all_become_unknown(
    two: Line, monkeypatch: Any
) -> None:
    monkeypatch.setattr(http, "TOTAL_S", 0.5)
    monkeypatch.setattr(outbox, "HUNG", timedelta(seconds=0.2))
    monkeypatch.setattr("inbox.transports.signed_http.SignedHttp.idempotent", False)
    two.provider.faults, two.provider.slow_s = ["slow"], 1.0
    assert outbox.send_due(two.channel.id) == 1
    assert list(Delivery.objects.order_by("id").values_list("state", flat=True)) == ["unknown", "queued"]


def test_a_channel_has_one_call_at_a_time(two: Line) -> None:
    now = timezone.now()
    first = Message.objects.get(body="first")
    Delivery.objects.filter(message=first).update(state="sending", claimed_until=now + outbox.LEASE)
    assert outbox.send_due(two.channel.id, now=now) == 0
    assert texts(two) == []


def test_a_claim_of_a_worker_that_died_does_not_hold_up_its_channel_for_long(two: Line) -> None:
    now = timezone.now()
    dead = Message.objects.get(body="first")
    Delivery.objects.filter(message=dead).update(state="sending", claimed_until=now + outbox.LEASE)
    assert outbox.send_due(two.channel.id, now=now + timedelta(seconds=5)) == 0
    assert outbox.send_due(two.channel.id, now=now + outbox.LONGEST_CALL) == 1
    assert texts(two) == ["second"]


def test_behind_pages_of_what_has_to_wait_for_its_turn_others_are_found(two: Line) -> None:
    first = Conversation.objects.get(buyer__identities__value="buyer-7")
    for number in range(2 * outbox.AT_ONCE):
        two.answers(f"more {number}", conversation=first)
    later = timezone.now() + timedelta(hours=1)
    # The head of the first conversation is to be tried again in an hour, and all that follows it is due now.
    Delivery.objects.filter(message__body="first").update(run_at=later)
    Delivery.objects.filter(message__body="second").update(run_at=timezone.now())
    while outbox.send_due(two.channel.id):
        pass
    assert texts(two) == ["second"]
    Delivery.objects.filter(message__body="first").update(run_at=timezone.now())
    while outbox.send_due(two.channel.id):
        pass
    assert texts(two) == ["second", "first", *(f"more {number}" for number in range(2 * outbox.AT_ONCE))]
