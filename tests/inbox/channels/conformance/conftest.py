"""One channel of each kind, its vendor in a thread, and what one does on either side."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from events.record import Actor
from helpdesk.demo.phone.base import Account, Hook, Photo, Seen, Vendor
from helpdesk.demo.phone.base import Call as VendorCall
from inbox import inbound, outbox, transports
from inbox.files import store_upload
from inbox.models import Channel, Conversation, Delivery, Message, Payload
from inbox.services import Draft, post_message
from inbox.transports.base import Transport
from tests.factories import World
from tests.inbox.channels.conformance.kinds import KINDS, Kind
from tests.inbox.channels.provider import Call, Provider, serve


@dataclass
class Line:
    """A channel of a kind, its provider, and what one does on either side."""

    world: World
    name: str
    kind: Kind
    vendor: Vendor
    provider: Provider
    channel: Channel
    accounts: list[Account] = field(default_factory=list)

    @property
    def transport(self) -> Transport:
        return transports.get(self.name)

    # -- The buyer's side

    @property
    def path(self) -> str:
        return f"/hooks/channels/{self.channel.hook_key}/"

    @property
    def url(self) -> str:
        return f"{django_settings.PUBLIC_URL}{self.path}"

    def says(self, text: str = "Hello there", **more: Any) -> Hook:
        """Return the vendor's call for a message; `secrets` are another's, where given."""
        secrets = more.pop("secrets", self.channel.secrets)
        given = {"url": self.url, "sender": self.kind.sender, "name": "Lee Chan", "text": text, **more}
        return self.vendor.message(self.channel.config, secrets, **given)

    def receipt(self, external_id: str, state: str) -> Hook | None:
        return self.vendor.receipt(
            self.channel.config,
            self.channel.secrets,
            url=self.url,
            external_id=external_id,
            to=self.kind.sender,
            state=state,
        )

    def call(self, hook: Hook, *, body: bytes | None = None) -> int:
        """Bring it to the channel's address; return the status of the answer."""
        path = f"{self.path}?{urlencode(hook.query)}" if hook.query else self.path
        content = hook.body if body is None else body
        answer = Client().post(path, content, content_type=hook.content_type, headers=dict(hook.headers))
        return answer.status_code

    def hear(self, *hooks: Hook | None) -> None:
        """Bring calls, and take in whatever is new."""
        for hook in hooks:
            assert hook is not None
            assert self.call(hook) < 300
        self.read()

    def read(self) -> None:
        for pk in Payload.objects.filter(state="new").order_by("id").values_list("pk", flat=True):
            inbound.read_payload(pk)

    @property
    def heard(self) -> list[Message]:
        return list(Message.objects.filter(author_kind="buyer").order_by("seq"))

    # -- The agent's side

    @property
    def conversation(self) -> Conversation:
        return Conversation.objects.get(channel=self.channel)

    def answers(self, text: str = "Hi!", *, files: tuple[Photo, ...] = ()) -> Delivery:
        """Post an agent's answer; return its delivery, which waits."""
        kept = [
            store_upload(
                SimpleUploadedFile(file.name, file.content, file.media_type),
                uploader=f"agent:{self.world.ann.id}",
            )
            for file in files
        ]
        posted = post_message(
            Draft(
                actor=Actor.agent(self.world.ann),
                client_id=uuid4().hex,
                body=text,
                conversation_id=self.conversation.id,
                attachments=tuple(file.id for file in kept),
            )
        )
        return Delivery.objects.get(message=posted.message, channel=self.channel)

    def send(self, *, now: datetime | None = None) -> int:
        return outbox.send_due(self.channel.id, now=now)

    def send_later(self) -> int:
        """Let whatever waits be due, and send it."""
        Delivery.objects.filter(state="queued").update(run_at=timezone.now() - timedelta(seconds=1))
        Channel.objects.filter(paused_until__gt=timezone.now()).update(paused_until=timezone.now())
        return self.send()

    @property
    def seen(self) -> list[Seen]:
        return self.vendor.seen

    def bytes_of(self, address: str) -> bytes:
        """Return what lies where the vendor was told, or keeps it: the buyer's phone does the same."""
        if address.startswith("/"):
            return self.vendor.handle(VendorCall("GET", address, {}, {}, b"")).body
        answer = Client().get(urlsplit(address).path)
        assert answer.status_code == 200
        return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def _answer(vendor: Vendor) -> Callable[[Call], tuple[int, dict[str, str], bytes]]:
    def answer(call: Call) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(call.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        given = vendor.handle(VendorCall(call.method, parts.path, query, call.headers, call.body))
        return given.status, {"Content-Type": given.content_type, **given.headers}, given.body

    return answer


@contextmanager
def line_to(entry: str, world: World) -> Iterator[Line]:
    """A channel to the vendor of an entry in KINDS, on this machine."""
    cache.clear()  # what a transport remembers of another test's vendor
    kind, accounts = KINDS[entry], list[Account]()
    name = kind.transport or entry
    vendor = kind.vendor(lambda: accounts)
    with serve(_answer(vendor)) as provider:
        config = {**kind.config, kind.api: provider.url}
        accounts.append(Account(config, kind.secrets))
        channel = Channel.objects.create(
            store=world.store, kind=name, name=name, config=config, secrets=dict(kind.secrets)
        )
        yield Line(world, name, kind, vendor, provider, channel, accounts)


@pytest.fixture(params=sorted(KINDS))
def line(request: Any, world: World, settings: Any) -> Iterator[Line]:
    settings.OUTGOING_TO_PRIVATE = True
    with line_to(request.param, world) as line:
        yield line


@pytest.fixture
def asked(line: Line) -> Line:
    """The buyer has written, so that there is somebody to answer."""
    line.hear(line.says())
    assert len(line.heard) == 1
    line.provider.calls.clear()
    line.provider.faulty = line.kind.send_path
    return line


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()
