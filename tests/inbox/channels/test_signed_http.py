"""The signed HTTP channel: what it alone does, and that its page for developers is true."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from helpdesk.demo.phone import signed
from inbox import inbound, outbox
from inbox.models import Channel, Consent, Delivery, Message, Payload
from inbox.transports.base import Receipt, Request, Said, Unreadable
from inbox.transports.signed_http import SignedHttp, sign
from tests.inbox.channels.conftest import Line

transport = SignedHttp()
DB = pytest.mark.django_db(transaction=True)
PAGE = (Path(django_settings.BASE_DIR) / "docs/channels/signed-http.md").read_text()


def told(item: Any) -> list[Said | Receipt]:
    return transport.parse(Channel(), Request("POST", {}, {}, json.dumps(item).encode()))


def blocks(language: str) -> list[str]:
    """The examples of the page in this language, in their order."""
    return re.findall(rf"^```{language}\n(.*?)\n```$", PAGE, re.DOTALL | re.MULTILINE)


def heard() -> None:
    for payload in Payload.objects.filter(state="new").order_by("id"):
        inbound.read_payload(payload.pk)


# -- The page for developers


def test_the_worked_example_of_the_page_is_right() -> None:
    body = blocks("json")[0].encode()
    [stamp] = re.findall(r"X-Helpdesk-Timestamp: (\d+)\n.*=fb81", PAGE)
    [signature] = re.findall(r"X-Helpdesk-Signature: (v1=[0-9a-f]{64})", PAGE)
    [secret] = re.findall(r"the secret `([^`]+)`", PAGE)
    channel = Channel(secrets={"secret": secret})
    assert sign(channel, stamp, body) == signature
    code: dict[str, Any] = {}
    exec(blocks("python")[0], code)  # our own page
    assert code["signature"](secret, stamp, body) == signature


def test_the_code_of_the_page_takes_what_we_send_and_nothing_else() -> None:
    code: dict[str, Any] = {}
    exec(blocks("python")[0], code)  # our own page
    hook = signed.hook({"secret": "one-of-the-two-of-us"}, {"type": "ping"})
    assert code["is_from_the_desk"]("one-of-the-two-of-us", hook.headers, hook.body)
    assert not code["is_from_the_desk"]("one-of-the-two-of-us", hook.headers, hook.body + b" ")
    assert not code["is_from_the_desk"]("another-of-the-two-of-us", hook.headers, hook.body)
    old = {**hook.headers, "X-Helpdesk-Timestamp": str(int(time.time()) - 400)}
    assert not code["is_from_the_desk"]("one-of-the-two-of-us", old, hook.body)


@DB
def test_what_the_page_brings_is_taken_in(line: Line) -> None:
    message, receipt = (json.loads(block) for block in blocks("json")[:2])
    line.channel.refresh_from_db()
    assert line.hook(message) == 200
    heard()
    delivery = Delivery.objects.get(message=line.answers())
    Delivery.objects.update(state="sent", external_id=receipt["id"])
    assert line.hook(receipt) == 200
    heard()
    delivery.refresh_from_db()
    assert delivery.state == "delivered"
    [posted] = Message.objects.filter(author_kind="buyer")
    assert (posted.body, posted.author_name) == (message["text"], message["name"])


@DB
def test_what_we_send_is_what_the_page_says(line: Line) -> None:
    promised = json.loads(blocks("json")[2])
    line.hook(
        {"type": "message", "id": "m-1001", "from": "customer-7", "name": "Mia", "text": "Where is it?"}
    )
    heard()
    line.answers("It left us this morning.")
    outbox.send_due(line.channel.id)
    [call] = line.provider.done
    assert call.json.keys() == promised.keys()
    same = ("type", "to", "text", "author", "in_reply_to")
    assert {name: call.json[name] for name in same} == {name: promised[name] for name in same}
    assert call.json["conversation"] == str(line.conversation.id)
    assert call.headers["idempotency-key"] == call.json["id"] == f"delivery-{Delivery.objects.get().pk}"
    assert call.headers["x-helpdesk-signature"] == sign(
        line.channel, call.headers["x-helpdesk-timestamp"], call.body
    )


def test_every_field_that_is_read_stands_on_the_page() -> None:
    import inspect

    from inbox.transports import signed_http

    read = re.findall(r'(?:item\.get|_text|_list)\((?:item, |file, )?"(\w+)"', inspect.getsource(signed_http))
    assert len(set(read)) > 10
    assert [name for name in read if f"`{name}`" not in PAGE and f'"{name}"' not in PAGE] == []


# -- Who is let in


@pytest.mark.parametrize("stamp", ["", "now", "-5", "1e9", "٣", "9" * 40, -400, 400])
def test_a_time_that_is_none_or_too_far_away_is_not_taken(stamp: str | int) -> None:
    stamp = stamp if isinstance(stamp, str) else str(int(time.time()) + stamp)
    channel = Channel(secrets={"secret": "s" * 16})
    headers = {"x-helpdesk-timestamp": stamp, "x-helpdesk-signature": sign(channel, stamp, b"{}")}
    assert not transport.verify(channel, Request("POST", headers, {}, b"{}"))


# -- What comes in


def test_everything_that_a_message_may_have() -> None:
    item = {
        "type": "message",
        "id": "m-1",
        "from": "customer-7",
        "text": "你好",
        "name": "Mia",
        "at": "2026-01-01T09:30:00+02:00",
        "in_reply_to": "m-0",
        "opted_out": True,
        "files": [{"url": "https://shop.example/f", "name": "a.jpg", "media_type": "image/jpeg"}],
        "more": {"than": "we know"},
    }
    [said] = told(item)
    assert isinstance(said, Said)
    assert (said.answers, said.opted_out, said.media[0].ref) == (("m-0",), True, "https://shop.example/f")
    assert said.at is not None
    assert said.at.isoformat() == "2026-01-01T09:30:00+02:00"


@pytest.mark.parametrize(
    "odd",
    [
        {"at": "2026-02-30T00:00:00Z"},
        {"at": "2026-01-01T00:00:00"},
        {"at": "yesterday"},
        {"at": 5},
        {"opted_out": "yes"},
        {"opted_out": 1},
        {"files": [5]},
        {"files": [{"name": "no address"}]},
        {"files": [{"url": "file:///etc/passwd"}]},
        {"files": [{"url": "ftp://shop.example/f"}]},
        {"files": [{"url": "http://[::1"}]},
        {"files": [{"url": "https://"}]},
        {"files": [{"url": "https://shop.example/"}] * 21},
        {"name": "x" * 121},
        {"text": "x" * 20_001},
        {"in_reply_to": ["m"]},
        {"type": "question"},
        {"type": None},
    ],
)
def test_what_is_not_as_described_is_not_read(odd: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        told({"type": "message", "id": "1", "from": "x", "text": "Hi", **odd})


def test_what_no_database_holds_is_left_out() -> None:
    [said] = told({"type": "message", "id": "1", "from": "x", "text": "a\x00b\ud800c"})
    assert isinstance(said, Said)
    assert said.text == "ab?c"


@DB
def test_one_odd_item_in_a_list_keeps_the_whole_list_for_a_person(line: Line) -> None:
    assert line.hook(line.says(number="1"), {"type": "?", "id": "2"}) == 200
    heard()
    assert Payload.objects.get().state == "failed"
    assert not Message.objects.exists()


@DB
def test_opting_out_and_in_again(line: Line) -> None:
    line.hook(line.says("No more, please", opted_out=True))
    heard()
    delivery = Delivery.objects.get(message=line.answers("But…"))
    outbox.send_due(line.channel.id)
    delivery.refresh_from_db()
    assert (delivery.state, line.provider.calls) == ("failed", [])
    line.hook(line.says("Well", number="2", opted_out=False))
    heard()
    line.answers("Good")
    outbox.send_due(line.channel.id)
    assert [call.json["text"] for call in line.provider.done] == ["Good"]


# -- What goes out


def answered(line: Line, status: int, told: Any) -> Delivery:
    line.hook(line.says())
    heard()
    delivery = Delivery.objects.get(message=line.answers())
    line.provider.faults = [(status, {}, json.dumps(told).encode())]
    outbox.send_due(line.channel.id)
    delivery.refresh_from_db()
    return delivery


@DB
@pytest.mark.parametrize(
    ("told", "external_id"),
    [
        ({"id": "m-1002"}, "m-1002"),
        ({"id": 17}, "17"),
        ({}, None),
        ([], None),
        ({"id": ["x"]}, None),
        (5, None),
    ],
)
def test_it_is_called_by_their_name_for_it_or_by_ours(line: Line, told: Any, external_id: str | None) -> None:
    delivery = answered(line, 200, told)
    assert (delivery.state, delivery.external_id) == ("sent", external_id or f"delivery-{delivery.pk}")


@DB
def test_that_the_buyer_wants_no_more_may_be_the_answer(line: Line) -> None:
    delivery = answered(line, 422, {"error": "She has unsubscribed.", "code": "opted_out"})
    assert (delivery.state, delivery.detail) == ("failed", "She has unsubscribed.")
    assert (Consent.objects.get().state, Consent.objects.get().source) == ("none", "provider")


@DB
@pytest.mark.parametrize("status", [401, 403])
def test_a_signature_that_is_not_theirs_stops_the_channel_and_says_so(line: Line, status: int) -> None:
    assert answered(line, status, {"error": "Who are you?"}).state == "queued"
    line.channel.refresh_from_db()
    assert line.channel.trouble == "The other side does not accept our signature: Who are you?"


@DB
def test_a_test_says_whom_we_reached(line: Line) -> None:
    line.provider.answer = lambda call: (200, {}, b'{"name": "The app"}')
    assert transport.check(line.channel) == "The app"
    [call] = line.provider.done
    assert call.json == {"type": "ping"}
