"""How WeChat signs, encrypts and writes, and what comes in its name and means no good."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from helpdesk.demo.phone import wechat
from inbox.models import Channel, Message, Payload
from inbox.transports.base import Request, Said, Unreadable
from inbox.transports.wechat import WeChat
from inbox.transports.wechat_wire import decrypt, read_xml, signature
from tests.factories import World
from tests.inbox.channels.conformance.conftest import Line, line_to
from tests.inbox.channels.conformance.kinds import KINDS

transport = WeChat()
LEE = KINDS["wechat"].sender
DB = pytest.mark.django_db(transaction=True)

# The one message that WeChat publishes with its sample code for safe mode, with all that is needed to read it.
TOKEN, STAMP, NONCE = "QDG6eK", "1409659813", "1372623149"
KEY, APP_ID = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx5823bf96d3bd56c7"
SIGNATURE = "477715d11cdb4164915debcba66cb864d751f3e6"
ENCRYPTED = (
    "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/s"
    "YYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJ"
    "YuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGU"
    "callcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDY"
    "A5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q=="
)


@pytest.fixture
def line(world: World, settings: Any) -> Iterator[Line]:
    settings.OUTGOING_TO_PRIVATE = True
    with line_to("wechat", world) as line:
        yield line


# -- Signatures and safe mode


def test_the_published_message_in_safe_mode_is_read() -> None:
    assert signature(TOKEN, STAMP, NONCE, ENCRYPTED) == SIGNATURE
    fields = read_xml(decrypt(KEY, APP_ID, ENCRYPTED))
    assert (fields["FromUserName"], fields["Content"], fields["MsgId"]) == (
        "mycreate",
        "hello",
        "4561255354251345929",
    )


@pytest.mark.parametrize(
    ("key", "app_id", "encrypted", "why"),
    [
        (KEY, "wx0123456789abcdef", ENCRYPTED, "another account"),
        (KEY[:-2] + "AA", APP_ID, ENCRYPTED, "cannot be decrypted"),
        (KEY, APP_ID, ENCRYPTED[4:], "."),
        (KEY, APP_ID, ENCRYPTED[:-24], "cannot be decrypted"),
        (KEY, APP_ID, "", "cannot be decrypted"),
        (KEY, APP_ID, "AAAA", "cannot be decrypted"),
        (KEY, APP_ID, "!" * 64, "cannot be decrypted"),
        (KEY, APP_ID, "你", "cannot be decrypted"),
        ("", APP_ID, ENCRYPTED, "cannot be decrypted"),
        ("short", APP_ID, ENCRYPTED, "cannot be decrypted"),
    ],
)
def test_what_is_not_encrypted_for_this_account_is_not_read(
    key: str, app_id: str, encrypted: str, why: str
) -> None:
    with pytest.raises(Unreadable, match=why):
        decrypt(key, app_id, encrypted)


def test_who_has_a_key_takes_nothing_plain() -> None:
    plain = {"token": "AToken1"}
    hook = wechat.hook({}, plain, wechat.xml({"MsgType": "text"}))
    request = Request("POST", {}, hook.query, hook.body)
    assert transport.verify(Channel(secrets=plain), request)
    assert not transport.verify(Channel(secrets={**plain, "aes_key": KEY}), request)


def test_in_compatible_mode_only_what_is_encrypted_counts() -> None:
    own = {"token": "AToken1", "aes_key": KEY}
    message = wechat.xml({"FromUserName": LEE, "MsgType": "text", "Content": "true", "MsgId": "1"})
    hook = wechat.hook({"app_id": APP_ID}, own, message)
    both = hook.body.replace(
        b"<Encrypt>", b"<Content>forged</Content><FromUserName>x</FromUserName><Encrypt>"
    )
    channel, request = Channel(config={"app_id": APP_ID}, secrets=own), Request("POST", {}, hook.query, both)
    assert transport.verify(channel, request)
    [said] = transport.parse(channel, request)
    assert isinstance(said, Said)
    assert (said.sender, said.text) == (LEE, "true")


@DB
def test_safe_mode_without_the_key_is_kept_with_the_reason(line: Line) -> None:
    safe = {**line.kind.secrets, "aes_key": KEY}
    line.hear(line.says(secrets=safe))
    payload = Payload.objects.get()
    assert (payload.state, "EncodingAESKey is missing" in payload.error) == ("failed", True)
    Channel.objects.update(secrets=safe)
    Payload.objects.update(state="new")
    line.read()
    assert [message.body for message in line.heard] == ["Hello there"]


@pytest.mark.parametrize("stamp", ["", "now", "-5", "1e9", "٣", "9" * 40, -400, 400])
def test_a_time_that_is_none_or_too_far_away_is_not_taken(stamp: str | int) -> None:
    stamp = stamp if isinstance(stamp, str) else str(int(time.time()) + stamp)
    query = {"timestamp": stamp, "nonce": "1", "signature": signature("AToken1", stamp, "1")}
    channel = Channel(secrets={"token": "AToken1"})
    assert not transport.verify(channel, Request("POST", {}, query, b"<xml/>"))
    assert transport.challenge(channel, Request("GET", {}, {**query, "echostr": "e"}, b"")) is None


# -- XML that means no good


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMBS = {
    "a billion laughs": f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]><xml><Content>&l9;</Content></xml>'.encode(),
    "a file of ours": b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><xml><Content>&f;</Content></xml>',
    "an address": b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><xml><Content>a</Content></xml>',
    "hidden in UTF-16": '<!DOCTYPE x [<!ENTITY a "b">]><xml><Content>&a;</Content></xml>'.encode("utf-16"),
    "an entity of nobody's": b"<xml><Content>&who;</Content></xml>",
    "a deep one": b"<xml>" + b"<a>" * 100_000,
    "a very deep one": b"<a>" * 100_000 + b"</a>" * 100_000,
    "no XML": b"\x00\xff",
    "nothing": b"",
}


@DB
@pytest.mark.parametrize("name", sorted(BOMBS))
def test_xml_that_means_no_good_is_kept_and_does_nothing(line: Line, name: str) -> None:
    started = time.monotonic()
    hook = wechat.hook(line.channel.config, line.channel.secrets, BOMBS[name])
    assert line.call(hook) == 200
    line.read()
    payload = Payload.objects.get()
    assert (payload.state, bytes(payload.body)) == ("failed", BOMBS[name])
    assert payload.error
    assert not Message.objects.exists()
    assert time.monotonic() - started < 5


def test_what_a_buyer_writes_is_text_whatever_it_looks_like() -> None:
    for text in ("<!DOCTYPE html>", "<![CDATA[x]]>", "&lt; &amp; &#65;", "<b>", "a]]>b", '<!ENTITY a "b">'):
        assert read_xml(wechat.xml({"MsgType": "text", "Content": text}))["Content"] == text
