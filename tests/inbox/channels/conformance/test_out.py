"""Out: what leaves, leaves once, in its order, and is «sent» only when the provider has said so."""

import contextlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from helpdesk.demo.phone.base import Photo
from helpdesk.lib import http
from inbox import outbox
from inbox.models import Channel, Delivery
from inbox.services.messages import MAX_BODY
from inbox.transports.base import TransportError
from tests.inbox.channels.conformance.conftest import Line
from tests.orders.conftest import at_once

pytestmark = pytest.mark.django_db(transaction=True)

FILE = Photo("terms.pdf", "application/pdf", b"%PDF-1.4 our terms")


class Killed(BaseException):
    """A worker that dies: nothing after it runs."""


def test_an_answer_reaches_the_buyer_and_is_sent_only_then(asked: Line) -> None:
    delivery = asked.answers("Hi Lee, 它在路上 👍")
    assert (delivery.state, delivery.to, asked.seen) == ("queued", asked.kind.address, [])
    assert asked.send() == 1
    delivery.refresh_from_db()
    [seen] = asked.seen
    assert (seen.text, seen.to.lstrip("+")) == ("Hi Lee, 它在路上 👍", asked.kind.sender.lstrip("+"))
    assert (delivery.state, delivery.external_id) == ("sent", seen.external_id)


def test_a_long_answer_comes_in_parts_and_nothing_of_it_is_lost(asked: Line) -> None:
    words = " ".join(f"word-{n}" for n in range(3000))
    text = words[: min(MAX_BODY, asked.transport.max_text * 2 + 100)].strip()
    delivery = asked.answers(text)
    asked.send()
    delivery.refresh_from_db()
    assert delivery.state == "sent", delivery.detail
    assert " ".join(seen.text for seen in asked.seen) == text
    assert all(len(seen.text) <= asked.transport.max_text for seen in asked.seen)
    if asked.transport.max_text * 2 < MAX_BODY:
        assert len(asked.seen) > 1
    assert delivery.external_id == asked.seen[0].external_id


def test_signs_that_take_two_places_do_not_make_a_part_too_long(asked: Line) -> None:
    delivery = asked.answers("🐼" * min(asked.transport.max_text + 5, MAX_BODY - 5))
    asked.send()
    delivery.refresh_from_db()
    assert delivery.state == "sent", delivery.detail
    assert sum(seen.text.count("🐼") for seen in asked.seen) == delivery.message.body.count("🐼")


def test_a_file_reaches_the_buyer(asked: Line) -> None:
    assert asked.transport.takes_files
    delivery = asked.answers("Our terms", files=(FILE,))
    asked.send()
    delivery.refresh_from_db()
    assert delivery.state == "sent", delivery.detail
    addresses = [address for seen in asked.seen for address in seen.files]
    addresses += [word for seen in asked.seen for word in seen.text.split() if word.startswith("http")]
    assert [asked.bytes_of(address) for address in addresses] == [FILE.content]
    assert "Our terms" in " ".join(seen.text for seen in asked.seen)


def test_a_file_without_words_reaches_the_buyer(asked: Line) -> None:
    delivery = asked.answers("", files=(FILE,))
    asked.send()
    delivery.refresh_from_db()
    assert delivery.state == "sent", delivery.detail
    assert asked.seen


def test_many_workers_send_each_answer_once_and_in_order(asked: Line) -> None:
    for n in range(4):
        asked.answers(f"{n}")
    at_once(4, lambda _: asked.send())
    while asked.send():
        pass
    assert [seen.text for seen in asked.seen] == ["0", "1", "2", "3"]


# -- Not now


def test_a_provider_that_asks_for_patience_gets_it(asked: Line) -> None:
    first, second = asked.answers("first"), asked.answers("second")
    busy = asked.kind.busy
    asked.provider.faults = [(busy.status, dict(busy.headers), busy.body)]
    asked.send()
    first.refresh_from_db()
    assert (first.state, asked.seen) == ("queued", [])
    assert first.run_at is not None
    assert first.run_at >= timezone.now() + timedelta(seconds=asked.kind.busy_s - 3)
    assert first.detail
    asked.send()
    assert asked.seen == [], "the second does not overtake"
    asked.send_later()
    assert [seen.text for seen in asked.seen] == ["first", "second"]
    second.refresh_from_db()
    assert second.state == "sent"


def test_nobody_there_is_tried_again_later(asked: Line) -> None:
    delivery = asked.answers()
    good = dict(asked.channel.config)
    asked.channel.config = {**good, asked.kind.api: "http://127.0.0.1:9"}
    asked.channel.save()
    asked.send()
    delivery.refresh_from_db()
    asked.channel.refresh_from_db()
    assert (delivery.state, bool(asked.channel.trouble)) == ("queued", True)
    assert asked.channel.paused_until is not None
    asked.channel.config = good
    asked.channel.save()
    asked.send_later()
    delivery.refresh_from_db()
    asked.channel.refresh_from_db()
    assert (delivery.state, asked.channel.trouble, len(asked.seen)) == ("sent", "", 1)


def test_locked_out_pauses_the_channel_and_says_why(asked: Line) -> None:
    first, second = asked.answers("first"), asked.answers("second")
    Channel.objects.filter(pk=asked.channel.pk).update(secrets=dict(asked.kind.other_secrets))
    assert asked.send() == 1, "one tells that we are locked out; the others wait for it"
    first.refresh_from_db()
    asked.channel.refresh_from_db()
    assert (first.state, asked.seen) == ("queued", [])
    assert len(asked.channel.trouble) > 10
    assert asked.channel.paused_until is not None
    assert not any(secret in asked.channel.trouble for secret in asked.kind.other_secrets.values())
    Channel.objects.filter(pk=asked.channel.pk).update(secrets=dict(asked.kind.secrets))
    asked.send_later()
    second.refresh_from_db()
    asked.channel.refresh_from_db()
    assert (second.state, asked.channel.trouble) == ("sent", "")
    assert [seen.text for seen in asked.seen] == ["first", "second"]


# -- Never


def test_what_the_provider_refuses_has_failed_in_its_own_words_and_holds_up_nothing(asked: Line) -> None:
    bad, good = asked.answers("bad"), asked.answers("good")
    refusal = asked.kind.refusal
    asked.provider.faults = [(refusal.status, dict(refusal.headers), refusal.body)]
    asked.send()
    bad.refresh_from_db()
    good.refresh_from_db()
    assert bad.state == "failed"
    assert asked.kind.refusal_words in bad.detail
    assert (good.state, [seen.text for seen in asked.seen]) == ("sent", ["good"])


def test_a_buyer_that_the_provider_does_not_know_has_failed(asked: Line) -> None:
    delivery = asked.answers()
    Delivery.objects.update(to="?")
    refusal = asked.kind.refusal
    asked.provider.faults = [(refusal.status, dict(refusal.headers), refusal.body)]
    asked.send()
    delivery.refresh_from_db()
    assert (delivery.state, bool(delivery.detail), asked.seen) == ("failed", True, [])


# -- Perhaps: nobody knows what became of it


FAULTS: list[Any] = ["cut", "cut after", "slow", "garbage", 500, 502]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_lost_answer_is_unknown_or_asked_for_again_under_the_same_key(
    asked: Line, fault: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(http, "TOTAL_S", 0.4)
    asked.provider.slow_s = 0.8
    delivery = asked.answers()
    asked.provider.faults = [fault]
    asked.send()
    carried_out = len(asked.seen)
    _is_unknown_or_sent_once(asked, delivery)
    assert len(asked.seen) == (1 if asked.transport.idempotent else carried_out)


GARBAGE = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b"not json",
    b"\xff\xfe\x00",
    b"<html></html>",
    b'"a"',
    b"[" * 5000,
    b"1e999",
]


@pytest.mark.parametrize("body", GARBAGE)
def test_an_answer_that_says_nothing_is_no_yes(asked: Line, body: bytes) -> None:
    delivery = asked.answers()
    asked.provider.faults = [body]
    asked.send()
    delivery.refresh_from_db()
    if asked.kind.takes_any_2xx:
        assert delivery.state == "sent"
    else:
        _is_unknown_or_sent_once(asked, delivery)
    assert len(asked.seen) == 1


@pytest.mark.parametrize("accepted", [False, True])
def test_a_worker_killed_before_or_after_the_provider_accepted(
    asked: Line, accepted: bool, monkeypatch: Any
) -> None:
    delivery = asked.answers()
    real: Callable[..., Any] = http.call

    def dies(method: str, url: str, **options: Any) -> Any:
        if asked.kind.send_path not in url:
            return real(method, url, **options)
        if accepted:
            real(method, url, **options)
        raise Killed

    with monkeypatch.context() as death:
        death.setattr(http, "call", dies)
        with pytest.raises(Killed):
            asked.send()
    delivery.refresh_from_db()
    assert (delivery.state, len(asked.seen)) == ("sending", int(accepted)), "«sent» is not shown"
    assert asked.send() == 0, "while its lease lasts, it may be at work"
    assert asked.seen[int(accepted) :] == []
    asked.send(now=timezone.now() + outbox.LEASE + timedelta(seconds=1))
    _is_unknown_or_sent_once(asked, delivery)
    assert len(asked.seen) == (1 if asked.transport.idempotent else int(accepted))


def _is_unknown_or_sent_once(asked: Line, delivery: Delivery) -> None:
    """Without keys it stays unknown, which is shown, and nobody sends it again; with keys it is sent in the end."""
    for _ in range(2):
        asked.send_later()
    delivery.refresh_from_db()
    if asked.transport.idempotent:
        assert (delivery.state, len(asked.seen)) == ("sent", 1)
    else:
        assert (delivery.state, bool(delivery.detail)) == ("unknown", True)
        assert len(asked.seen) <= 1


@pytest.mark.parametrize("body", GARBAGE)
def test_a_check_that_hears_nonsense_says_so(line: Line, body: bytes) -> None:
    line.provider.faults = [body, body, body]
    with contextlib.suppress(TransportError):
        assert isinstance(line.transport.check(line.channel), str)
