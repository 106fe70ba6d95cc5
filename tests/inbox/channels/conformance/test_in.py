"""In: who is let in, that nothing is lost, and that everything is there once."""

import dataclasses
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.test import Client
from django.utils import timezone

from inbox import inbound
from inbox.models import Channel, Message, Payload
from people.models import BuyerIdentity
from tests.inbox.channels.conformance.conftest import Line
from tests.orders.conftest import at_once

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """A worker that dies: nothing after it runs."""


# -- Who is let in


def test_what_the_provider_signed_is_let_in(line: Line) -> None:
    assert line.call(line.says()) == 200
    assert Payload.objects.get().channel == line.channel


def test_a_wrong_secret_is_not_let_in(line: Line) -> None:
    wrong = {
        name: f"{value[:-1]}{'x' if value[-1] != 'x' else 'y'}" for name, value in line.kind.secrets.items()
    }
    assert line.call(line.says(secrets=wrong)) == 401
    assert not Payload.objects.exists()


def test_the_secret_of_another_channel_is_not_let_in(line: Line) -> None:
    other = Channel.objects.create(
        store=line.world.store,
        kind=line.name,
        name="Other",
        config=line.channel.config,
        secrets=dict(line.kind.other_secrets),
    )
    hook = line.says(secrets=other.secrets)
    assert line.call(hook) == 401
    assert not Payload.objects.exists()
    own = dataclasses.replace(line, channel=other)
    assert own.call(own.says(secrets=other.secrets)) == 200, "it is good for its own"


def test_a_channel_without_secrets_lets_nobody_in(line: Line) -> None:
    nothing = dict.fromkeys(line.kind.secrets, "")
    Channel.objects.filter(pk=line.channel.pk).update(secrets=nothing)
    assert line.call(line.says(secrets=nothing)) == 401
    assert line.call(line.says()) == 401
    assert Client().post(line.path, b"{}", content_type="application/json").status_code == 401


def test_one_byte_changed_is_a_forgery_where_the_body_is_signed(line: Line) -> None:
    hook = line.says()
    found = set()
    for at in (len(hook.body) // 3, len(hook.body) // 2, len(hook.body) - 2):
        changed = bytearray(hook.body)
        changed[at] ^= 1
        found.add(line.call(hook, body=bytes(changed)))
    assert found == ({401} if line.kind.signs_body else {200})


def test_every_part_of_a_signature_is_needed(line: Line) -> None:
    hook = line.says()
    parts = {*hook.headers, *hook.query}
    assert parts, "who signs nothing cannot be told apart from anybody else"
    for part in parts:
        left = dataclasses.replace(
            hook,
            headers={name: value for name, value in hook.headers.items() if name != part},
            query={name: value for name, value in hook.query.items() if name != part},
        )
        wanted = 200 if part.lower() in line.kind.needless else 401
        assert line.call(left) == wanted, part


@pytest.mark.parametrize("hours", [-1, 1])
def test_an_old_or_a_future_request_is_not_let_in_where_the_time_is_signed(
    line: Line, hours: int, monkeypatch: Any
) -> None:
    import time

    now = time.time()
    with monkeypatch.context() as clock:
        clock.setattr(time, "time", lambda: now + hours * 3600)
        hook = line.says()
    assert line.call(hook) == (401 if line.kind.signs_time else 200)


def test_an_empty_or_unsigned_call_is_not_let_in(line: Line) -> None:
    for body in (b"", b"{}", line.says().body):
        answer = Client().post(line.path, body, content_type=line.says().content_type)
        assert answer.status_code == 401
    assert not Payload.objects.exists()


def test_it_is_the_same_over_a_real_line(line: Line, live_server: Any) -> None:
    """Headers, the query and the bytes of the body arrive as they were signed, and a large body ends politely."""
    hook = line.says("订单在哪里？")
    url = f"{live_server.url}{line.path}"
    headers = {**hook.headers, "Content-Type": hook.content_type}
    answer = httpx.post(url, content=hook.body, params=dict(hook.query), headers=headers)
    assert answer.status_code == 200
    too_many = b" " * max(5_000_000, line.transport.max_hook_bytes + 1)
    answer = httpx.post(url, content=too_many, params=dict(hook.query), headers=headers)
    assert answer.status_code == 413
    line.read()
    assert [message.body for message in line.heard] == ["订单在哪里？"]


def test_five_megabytes_are_too_many(line: Line) -> None:
    too_many = max(5_000_000, line.transport.max_hook_bytes + 1)
    assert line.call(line.says(), body=b" " * too_many) == 413
    assert not Payload.objects.exists()


def test_the_provider_may_make_sure_that_the_address_is_ours(line: Line) -> None:
    if line.kind.challenge is None:
        assert Client().get(line.path, {"hub.challenge": "1", "echostr": "1"}).status_code == 401
        return
    query, wanted = line.kind.challenge(line.kind.secrets)
    answer = Client().get(line.path, query)
    assert (answer.status_code, answer.content.decode()) == (200, wanted)
    stranger, _wanted = line.kind.challenge(line.kind.other_secrets)
    assert Client().get(line.path, stranger).status_code == 401
    assert Client().get(line.path).status_code == 401
    for left_out in query:
        rest = {name: value for name, value in query.items() if name != left_out}
        assert wanted.encode() not in Client().get(line.path, rest).content


def test_an_answer_to_a_hook_is_what_the_provider_wants_to_hear(line: Line) -> None:
    hook = line.says()
    assert line.call(hook) == 200
    assert line.call(hook) == 200, "a repetition is no error: the provider would go on for ever"


# -- What comes is there, once


def test_a_message_is_written_down_before_it_is_answered_and_then_posted(line: Line) -> None:
    hook = line.says("Where is my parcel?")
    line.call(hook)
    payload = Payload.objects.get()
    assert (payload.state, bytes(payload.body)) == ("new", hook.body)
    assert not Message.objects.exists()
    line.read()
    [message] = line.heard
    assert (message.body, message.channel_kind) == ("Where is my parcel?", line.name)
    assert Payload.objects.get().state == "done"
    identity = BuyerIdentity.objects.get(buyer=line.conversation.buyer)
    assert (identity.kind, identity.value) == (line.transport.address_kind or line.name, line.kind.address)


def test_any_script_and_sign_comes_as_it_was_written(line: Line) -> None:
    text = "订单在哪里？ 👩‍👩‍👧 Größe <b>&amp; «x» ]]> \"'\\ %2B +1"
    line.hear(line.says(text))
    assert [message.body for message in line.heard] == [text]


def test_the_same_call_five_times_is_one_message(line: Line) -> None:
    hook = line.says()
    line.hear(*[hook] * 5)
    assert len(line.heard) == 1
    assert set(Payload.objects.values_list("state", flat=True)) == {"done"}


def test_the_same_message_in_another_call_is_one_message(line: Line) -> None:
    from inbox.models import Received

    line.hear(line.says())
    line.hear(line.says(external_id=Received.objects.get().external_id))
    assert len(line.heard) == 1


def test_the_same_call_on_five_workers_is_one_message(line: Line) -> None:
    hook = line.says()
    for _ in range(5):
        line.call(hook)
    pks = list(Payload.objects.values_list("pk", flat=True))
    at_once(5, lambda n: inbound.read_payload(pks[n]))
    line.read()
    assert len(line.heard) == 1


def test_two_messages_in_reversed_order_are_both_there_once(line: Line) -> None:
    first, second = line.says("first"), line.says("second")
    line.hear(second, first, second)
    assert [message.body for message in line.heard] == ["second", "first"]
    assert len({message.conversation_id for message in line.heard}) == 1


def test_what_a_worker_had_in_its_hands_is_taken_in_by_the_next(line: Line, monkeypatch: Any) -> None:
    line.call(line.says())
    real = inbound.take_in

    def dies_before(*args: Any, **kwargs: Any) -> None:
        raise Killed

    def dies_after(*args: Any, **kwargs: Any) -> None:
        real(*args, **kwargs)
        raise Killed

    for death in (dies_before, dies_after):
        monkeypatch.setattr(inbound, "take_in", death)
        with pytest.raises(Killed):
            line.read()
        assert Payload.objects.get().state == "new"
    monkeypatch.setattr(inbound, "take_in", real)
    [found] = inbound.new_payloads(now=timezone.now() + timedelta(minutes=5))
    inbound.read_payload(found)
    assert len(line.heard) == 1
    assert Payload.objects.get().state == "done"


def test_the_database_away_for_a_moment_loses_nothing(line: Line, monkeypatch: Any) -> None:
    line.call(line.says())
    with monkeypatch.context() as broken:
        broken.setattr(inbound, "_post", lambda *args: 1 / 0)
        line.read()
    payload = Payload.objects.get()
    assert (payload.state, payload.attempts) == ("new", 1)
    line.read()
    assert len(line.heard) == 1


# -- Credentials


def test_good_credentials_are_good(line: Line) -> None:
    assert line.transport.check(line.channel)


def test_bad_credentials_are_told_in_words_that_do_not_hold_them(line: Line) -> None:
    from inbox.transports.base import TransportError

    line.channel.secrets = dict(line.kind.other_secrets)
    with pytest.raises(TransportError) as told:
        line.transport.check(line.channel)
    words = str(told.value)
    assert len(words) > 10
    assert not any(secret in words for secret in line.kind.other_secrets.values() if secret)
