"""What only Mailgun does, and what the played Postmark does not show. Both pass the suite of all providers."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client

from inbox import inbound
from inbox.models import Attachment, Channel, Delivery, Message, Payload
from inbox.transports.base import Later, NoAnswer, Outgoing, Receipt, Refused, Request, Said
from inbox.transports.email import Email
from inbox.transports.mail import threads
from inbox.transports.mail.forms import read_form
from tests.factories import World
from tests.inbox.channels.provider import Call, Provider, serve

KEY = "a-signing-key-of-the-store"


@dataclass
class Mailgun:
    """As https://documentation.mailgun.com documents it: an API that takes forms, and two sorts of webhooks."""

    provider: Provider
    channel: Channel
    domain_state: str = "active"
    queued: list[dict[str, list[bytes]]] = field(default_factory=list)

    def answer(self, call: Call) -> tuple[int, dict[str, str], bytes]:
        keys = [base64.b64encode(f"api:{key}".encode()).decode() for key in ("key-1", "only-to-send")]
        given = call.headers.get("authorization", "").removeprefix("Basic ")
        if given not in keys or (given == keys[1] and not call.path.endswith("/messages")):
            return 401, {}, b"Forbidden"
        if call.method == "GET" and call.path == "/v4/domains/shop.test":
            return 200, {}, json.dumps({"domain": {"name": "shop.test", "state": self.domain_state}}).encode()
        if call.method == "POST" and call.path == "/v3/shop.test/messages":
            fields: dict[str, list[bytes]] = {}
            if not call.body:
                return 400, {}, b'{"message": "from parameter is missing"}'
            for part in read_form(call.headers["content-type"], call.body):
                fields.setdefault(part.name, []).append(part.content)
            self.queued.append(fields)
            answer = {"id": fields["h:Message-Id"][0].decode(), "message": "Queued. Thank you."}
            return 200, {}, json.dumps(answer).encode()
        return 404, {}, b'{"message": "Domain not found: other.test"}'

    def signed(self, *, key: str = KEY, at: float | None = None) -> dict[str, str]:
        stamp, token = str(int(time.time() if at is None else at)), "t" * 50
        signature = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
        return {"timestamp": stamp, "token": token, "signature": signature}

    def post(self, body: bytes, content_type: str) -> int:
        url = f"/hooks/channels/{self.channel.hook_key}/"
        return Client().post(url, body, content_type=content_type).status_code

    def brings(self, raw: bytes, *, recipient: str = "help@shop.test", **signing: Any) -> int:
        """A route that forwards mails as they came (…/receive-forward-store/receive-http)."""
        fields = {"recipient": recipient, "sender": "lee@buyers.test", **self.signed(**signing)}
        return self.post(form({**fields, "body-mime": raw}), "multipart/form-data; boundary=B")

    def tells(self, event: str, message_id: str, **more: Any) -> int:
        """…/tracking-messages#webhooks"""
        data = {
            "event": event,
            "timestamp": time.time(),
            "id": "e1",
            "recipient": "lee@buyers.test",
            "message": {"headers": {"message-id": message_id}},
            "user-variables": {"delivery": message_id.partition("@")[0]},
            **more,
        }
        return self.post(
            json.dumps({"signature": self.signed(), "event-data": data}).encode(), "application/json"
        )


def form(fields: dict[str, Any], *files: tuple[str, str, str, bytes]) -> bytes:
    out = b""
    for name, value in fields.items():
        content = value if isinstance(value, bytes) else str(value).encode()
        out += f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + content + b"\r\n"
    for name, file_name, kind, content in files:
        head = (
            f'Content-Disposition: form-data; name="{name}"; filename="{file_name}"\r\nContent-Type: {kind}'
        )
        out += f"--B\r\n{head}\r\n\r\n".encode() + content + b"\r\n"
    return out + b"--B--\r\n"


@pytest.fixture
def mailgun(world: World, settings: Any) -> Iterator[Mailgun]:
    settings.OUTGOING_TO_PRIVATE = True
    with serve(lambda call: found.answer(call)) as provider:
        channel = Channel.objects.create(
            store=world.store,
            kind="email",
            name="Mail",
            config={
                "address": "help@shop.test",
                "route": "mailgun",
                "api": f"{provider.url}/v3",
                "replies": "plus",
            },
            secrets={"api_key": "key-1", "hook_secret": KEY},
        )
        found = Mailgun(provider, channel)
        yield found


def read_all() -> None:
    for pk in Payload.objects.filter(state="new").order_by("pk").values_list("pk", flat=True):
        inbound.read_payload(pk)


def heard() -> list[Message]:
    return list(Message.objects.filter(kind="text", author_kind="buyer").order_by("id"))


MAIL = (
    b"From: Lee Chan <lee@buyers.test>\r\nTo: help@shop.test\r\nSubject: Hello\r\nMessage-ID: <m1@buyers.test>\r\n"
    b"Content-Type: text/plain; charset=%s\r\n\r\n%s\r\n"
)


# -- In


@pytest.mark.django_db
def test_a_mail_comes_byte_for_byte_in_whatever_charset_it_is(mailgun: Mailgun) -> None:
    assert mailgun.brings(MAIL % (b"gb2312", "您好，订单在哪里？".encode("gb18030"))) == 200
    read_all()
    assert [message.body for message in heard()] == ["您好，订单在哪里？"]


@pytest.mark.django_db
def test_a_mail_in_fields_with_its_files(mailgun: Mailgun) -> None:
    headers = [
        ["From", "Lee <lee@buyers.test>"],
        ["To", "help@shop.test"],
        ["Message-Id", "<m2@buyers.test>"],
        ["Subject", "Hi"],
    ]
    fields = {
        "sender": "lee@buyers.test",
        "recipient": "help@shop.test",
        "subject": "Hi",
        "body-plain": "See the files, 请看。",
        "message-headers": json.dumps(headers),
        "attachment-count": "2",
        **mailgun.signed(),
    }
    binary = bytes(range(256)) + b"\r\n\r\n\n\r"
    body = form(
        fields,
        ("attachment-1", "发票.bin", "application/octet-stream", binary),
        ("attachment-2", "note.txt", "text/plain", b"one\r\ntwo\n"),
    )
    assert mailgun.post(body, 'multipart/form-data; boundary="B"') == 200
    read_all()
    [message] = heard()
    assert message.body == "See the files, 请看。"
    kept = {
        attachment.name: attachment.file.read() for attachment in Attachment.objects.filter(message=message)
    }
    assert kept == {"发票.bin": binary, "note.txt": b"one\r\ntwo\n"}


@pytest.mark.django_db
def test_a_mail_of_several_megabytes_is_taken(mailgun: Mailgun) -> None:
    large = base64.encodebytes(b"%PDF-" + b"x" * 4_000_000)
    raw = (
        b"From: lee@buyers.test\r\nMessage-ID: <m3@buyers.test>\r\nContent-Type: application/pdf; name=a.pdf\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + large
    )
    assert mailgun.brings(raw) == 200
    read_all()
    assert Attachment.objects.get().size == 4_000_005


@pytest.mark.django_db
def test_whom_it_was_really_for_leads_to_the_conversation(mailgun: Mailgun) -> None:
    mailgun.brings(MAIL % (b"utf-8", b"Hello"))
    read_all()
    conversation = heard()[0].conversation
    signed = threads.reply_address(mailgun.channel, str(conversation.id))
    [said] = Email().parse(
        mailgun.channel, _request(mailgun, MAIL.replace(b"m1", b"m4") % (b"utf-8", b"x"), signed)
    )
    assert isinstance(said, Said)
    assert said.conversation == str(conversation.id)


def _request(mailgun: Mailgun, raw: bytes, recipient: str) -> Request:
    fields = {"recipient": recipient, "sender": "", **mailgun.signed(), "body-mime": raw}
    return Request("POST", {"content-type": "multipart/form-data; boundary=B"}, {}, form(fields))


@pytest.mark.django_db
def test_a_mail_from_nobody_is_a_machines(mailgun: Mailgun) -> None:
    [said] = Email().parse(mailgun.channel, _request(mailgun, MAIL % (b"utf-8", b"x"), "help@shop.test"))
    assert isinstance(said, Said)
    assert said.automatic


@pytest.mark.django_db
@pytest.mark.parametrize(
    "signing",
    [
        {"key": "another"},
        {"at": time.time() - 13 * 3600},
        {"at": time.time() + 13 * 3600},
        {"at": 10**12},
        {"at": 0},
    ],
)
def test_what_mailgun_did_not_sign_lately_is_not_let_in(mailgun: Mailgun, signing: dict[str, Any]) -> None:
    assert mailgun.brings(MAIL % (b"utf-8", b"x"), **signing) == 401
    assert not Payload.objects.exists()


@pytest.mark.django_db
def test_a_field_twice_does_not_smuggle_an_old_signature_in(mailgun: Mailgun) -> None:
    old, now = mailgun.signed(at=time.time() - 30 * 3600), int(time.time())
    body = form({"timestamp": now, "body-mime": MAIL % (b"utf-8", b"x")})[: -len("--B--\r\n")] + form(old)
    assert mailgun.post(body, "multipart/form-data; boundary=B") == 401


@pytest.mark.django_db
@pytest.mark.parametrize("missing", ["timestamp", "token", "signature"])
def test_every_part_of_the_signature_is_needed(mailgun: Mailgun, missing: str) -> None:
    fields = {**mailgun.signed(), "body-mime": MAIL % (b"utf-8", b"x")}
    del fields[missing]
    assert mailgun.post(form(fields), "multipart/form-data; boundary=B") == 401
    block = mailgun.signed()
    del block[missing]
    assert (
        mailgun.post(json.dumps({"signature": block, "event-data": {}}).encode(), "application/json") == 401
    )
    assert mailgun.post(json.dumps({"signature": [1], "event-data": {}}).encode(), "application/json") == 401


@pytest.mark.django_db
def test_without_a_key_nobody_is_let_in(mailgun: Mailgun) -> None:
    Channel.objects.update(secrets={"api_key": "key-1"})
    assert mailgun.brings(MAIL % (b"utf-8", b"x"), key="") == 401
    assert mailgun.brings(MAIL % (b"utf-8", b"x"), key="key-1") == 401, "the key of the API is no signing key"


# -- What became of it


@pytest.fixture
def delivery(mailgun: Mailgun, world: World) -> Delivery:
    from events.record import Actor
    from inbox.services import Draft, post_message

    mailgun.brings(MAIL % (b"utf-8", b"Hello"))
    read_all()
    draft = Draft(
        actor=Actor.agent(world.ann), client_id="a", body="Hi", conversation_id=heard()[0].conversation_id
    )
    post_message(draft)
    found = Delivery.objects.get()
    found.state, found.external_id = "sent", threads.message_id(mailgun.channel, f"delivery-{found.pk}")
    found.save()
    return found


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("event", "more", "state", "detail"),
    [
        ("delivered", {}, "delivered", ""),
        ("opened", {}, "read", ""),
        ("accepted", {}, "sent", ""),
        ("failed", {"severity": "temporary", "delivery-status": {"message": "451 later"}}, "sent", ""),
        ("failed", {"severity": "permanent", "delivery-status": {"message": "550 nobody"}}, "failed", "550 nobody"),
        ("rejected", {"reject": {"reason": "Not allowed"}}, "failed", "Not allowed"),
        ("complained", {}, "failed", "complained"),
        ("something-new", {}, "sent", ""),
    ],
)  # fmt: skip
def test_what_mailgun_tells_of_a_mail_is_shown(
    mailgun: Mailgun, delivery: Delivery, event: str, more: dict[str, Any], state: str, detail: str
) -> None:
    assert mailgun.tells(event, delivery.external_id, **more) == 200
    read_all()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.detail) == (state, detail)
    assert not Payload.objects.exclude(state="done").exists()


@pytest.mark.django_db
def test_a_buyer_who_calls_it_spam_wants_nothing_more(mailgun: Mailgun) -> None:
    event = {"event": "complained", "message": {"headers": {"message-id": "x@y"}}}
    body = json.dumps({"signature": mailgun.signed(), "event-data": event}).encode()
    found = Email().parse(mailgun.channel, Request("POST", {"content-type": "application/json"}, {}, body))
    assert found == [Receipt("x@y", "failed", "complained", opted_out=True)]


# -- Out


def send(mailgun: Mailgun, text: str = "It is on its way, 王.", **more: Any) -> str:
    given = {
        "key": "delivery-7",
        "to": "lee@buyers.test",
        "author": "Ann",
        "conversation": "0198c0de00007000800000000000c0de",
    }
    return Email().send(mailgun.channel, Outgoing(text=text, **{**given, **more})).external_id


@pytest.mark.django_db
def test_a_mail_leaves_under_our_own_id_and_in_its_thread(mailgun: Mailgun) -> None:
    context = {
        "message_id": "q@buyers.test",
        "references": [],
        "subject": "Where?",
        "text": "Where?",
        "name": "Lee",
    }
    external_id = send(mailgun, context=context)
    [fields] = mailgun.queued
    assert external_id == threads.message_id(mailgun.channel, "delivery-7")
    assert fields["h:Message-Id"] == [f"<{external_id}>".encode()]
    assert fields["h:In-Reply-To"] == [b"<q@buyers.test>"]
    assert fields["subject"] == [b"Re: Where?"]
    assert fields["v:delivery"] == [external_id.partition("@")[0].encode()]
    assert "It is on its way, 王." in fields["text"][0].decode()
    assert b"<blockquote" in fields["html"][0]
    assert b"help+" in fields["h:Reply-To"][0]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["Ann\r\nBcc: evil@x.test", 'A" <evil@x.test>, "', "=?utf-8?q?=0ABcc=3A_x?="]
)
def test_no_name_adds_a_header_or_a_recipient(mailgun: Mailgun, name: str) -> None:
    send(mailgun, author=name, context={"subject": name, "text": "x", "name": name, "message_id": "a@b"})
    [fields] = mailgun.queued
    headers = {f"h:{name}" for name in ("Message-Id", "In-Reply-To", "References", "Reply-To")}
    assert set(fields) <= {"from", "to", "subject", "text", "html", "v:delivery"} | headers
    assert fields["to"] == [b"lee@buyers.test"]
    assert fields["from"][0].count(b"@shop.test") == 1
    assert not any(b"\n" in value for name in ("from", "subject", "h:Reply-To") for value in fields[name])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ((400, {}, b'{"message": "to parameter is not a valid address"}'), Refused, "not a valid address"),
        (401, Later, "does not let us in"),
        ((404, {}, b'{"message": "Domain not found: shop.test"}'), Later, "Domain not found"),
        ((429, {"Retry-After": "40"}, b""), Later, "429"),
        ("cut after", NoAnswer, "did not answer"),
        (500, NoAnswer, "500"),
        ((200, {}, b"Mailgun Magnificent API"), NoAnswer, "no answer"),
        ((200, {}, b'{"id": "x", "message": "Thrown away."}'), NoAnswer, "no answer"),
        ((302, {"Location": "http://127.0.0.1:9/"}, b""), Refused, "302"),
    ],
)
def test_what_mailgun_answers_is_said_as_what_it_means(
    mailgun: Mailgun, fault: Any, error: type[Exception], words: str
) -> None:
    mailgun.provider.faults = [fault]
    with pytest.raises(error, match=words):
        send(mailgun)


@pytest.mark.django_db
def test_a_provider_in_a_private_network_is_not_called(mailgun: Mailgun, settings: Any) -> None:
    settings.OUTGOING_TO_PRIVATE = False
    with pytest.raises(Later, match="private network"):
        send(mailgun)
    with pytest.raises(Later, match="private network"):
        Email().check(mailgun.channel)
    assert mailgun.provider.calls == []


@pytest.mark.django_db
def test_whether_mailgun_lets_us_in_is_told_in_words(mailgun: Mailgun) -> None:
    assert Email().check(mailgun.channel) == "shop.test"
    mailgun.domain_state = "unverified"
    with pytest.raises(Refused, match=r"does not send for this domain yet: shop\.test \(unverified\)"):
        Email().check(mailgun.channel)
    mailgun.channel.secrets = {"api_key": "only-to-send", "hook_secret": KEY}
    assert Email().check(mailgun.channel) == "shop.test"
    assert mailgun.queued == [], "nothing was sent to find that out"
    mailgun.channel.secrets = {"api_key": "wrong-key", "hook_secret": KEY}
    with pytest.raises(Refused, match="does not let us in") as told:
        Email().check(mailgun.channel)
    assert "wrong-key" not in str(told.value)


@pytest.mark.django_db
@pytest.mark.parametrize("route", ["mailgun", "mailgun_eu", "postmark"])
def test_an_answer_to_nobody_in_particular_goes_to_the_provider_that_was_chosen(
    mailgun: Mailgun, route: str
) -> None:
    from inbox.transports.mail import hosted

    config = {name: value for name, value in mailgun.channel.config.items() if name != "api"}
    mailgun.channel.config = {**config, "route": route}
    host = {
        "mailgun": "api.mailgun.net",
        "mailgun_eu": "api.eu.mailgun.net",
        "postmark": "api.postmarkapp.com",
    }
    assert host[route] in hosted.api_of(mailgun.channel)
