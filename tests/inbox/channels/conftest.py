"""A store with a channel to a provider that really listens, and a buyer who writes from there."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from events.record import Actor
from inbox.models import Channel, Conversation, Message
from inbox.services import Draft, post_message
from inbox.transports.signed_http import sign
from tests.factories import World
from tests.inbox.channels.provider import Call, Provider, serve

SECRET = "a-secret-for-the-tests"


@dataclass
class Line:
    """The channel, its provider, and what one does on either side."""

    world: World
    channel: Channel
    provider: Provider

    def hook(
        self, *items: Any, secret: str = SECRET, stamp: int | None = None, body: bytes | None = None
    ) -> int:
        """Call the channel's address as its provider would; return the status."""
        data = json.dumps(items[0] if len(items) == 1 else list(items)).encode() if body is None else body
        at = str(int(time.time()) if stamp is None else stamp)
        signature = sign(Channel(secrets={"secret": secret}), at, data)
        headers = {"X-Helpdesk-Timestamp": at, "X-Helpdesk-Signature": signature}
        url = f"/hooks/channels/{self.channel.hook_key}/"
        return Client().post(url, data, content_type="application/json", headers=headers).status_code

    def says(self, text: str = "Hello", number: str = "1", **more: Any) -> dict[str, Any]:
        return {
            "type": "message",
            "id": f"in-{number}",
            "from": "buyer-7",
            "name": "Lee",
            "text": text,
            **more,
        }

    @property
    def conversation(self) -> Conversation:
        return Conversation.objects.get(channel=self.channel)

    def answers(self, text: str = "Hi!", *, conversation: Conversation | None = None) -> Message:
        conversation = conversation or self.conversation
        return post_message(
            Draft(
                actor=Actor.agent(self.world.ann),
                client_id=uuid4().hex,
                body=text,
                conversation_id=conversation.id,
            )
        ).message


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider that knows keys: the same one again gets the same id."""
    known: dict[str, str] = {}

    def answer(call: Call) -> tuple[int, dict[str, str], bytes]:
        key = call.headers.get("idempotency-key", "")
        external_id = known.setdefault(key, f"out-{len(known) + 1}")
        return 200, {"Content-Type": "application/json"}, json.dumps({"id": external_id}).encode()

    with serve(answer) as provider:
        yield provider


@pytest.fixture
def line(world: World, provider: Provider, settings: Any) -> Line:
    settings.OUTGOING_TO_PRIVATE = True  # the provider is on this machine
    channel = Channel.objects.create(
        store=world.store,
        kind="http",
        name="App",
        config={"url": provider.url},
        secrets={"secret": SECRET},
    )
    return Line(world, channel, provider)
