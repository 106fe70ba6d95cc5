"""What tests of mailboxes share: a dovecot for each process, a channel that reads from it, mails."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

import inbox.tasks  # noqa: F401  # a worker knows them
from inbox.models import Channel, Payload
from inbox.transports.mail import fetching
from tests.factories import World
from tests.inbox.channels import dovecot
from tests.inbox.channels.dovecot import PASSWORD, Box, Dovecot


def mail(
    number: int | str = 1, words: str = "Where is it?", sender: str = "lee@buyers.test", **more: str
) -> bytes:
    """A small mail; `more` are further headers."""
    extra = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in more.items())
    return (
        f"From: Lee Buyer <{sender}>\r\nTo: help@shop.test\r\nSubject: My order\r\n"
        f"Message-ID: <m{number}@buyers.test>\r\nDate: Mon, 3 May 2027 10:00:00 +0800\r\n{extra}"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n"
    ).encode()


def mailbox_channel(world: World, port: int, user: str = "lee", **config: Any) -> Channel:
    given = {
        "address": "help@shop.test",
        "route": "smtp",
        "smtp_host": "127.0.0.1",
        "imap_host": "127.0.0.1",
        "imap_port": port,
        "imap_security": "none",
        "imap_user": user,
        "imap_folder": "INBOX",
    }
    return Channel.objects.create(
        store=world.store,
        kind="email",
        name="Mail",
        config=given | config,
        secrets={"imap_password": PASSWORD},
    )


def look(channel: Channel) -> int:
    """Look into the mailbox until all is fetched, whenever its turn would come; return how many mails came."""
    found = 0
    for _ in range(50):
        Channel.objects.filter(pk=channel.pk).update(claimed_until=None)
        found += fetching.fetch(channel.pk)
        channel.refresh_from_db()
        assert channel.claimed_until, "whoever looked says when it is looked into again"
        if channel.trouble or channel.claimed_until > timezone.now():
            return found
    raise AssertionError("it never ends")


def bodies(channel: Channel) -> list[bytes]:
    return [bytes(p.body) for p in Payload.objects.filter(channel=channel).order_by("id")]


@pytest.fixture(scope="session")
def mail_server() -> Iterator[Dovecot]:
    if reason := dovecot.missing():
        pytest.skip(reason)
    with dovecot.serve() as server:
        yield server


@pytest.fixture
def box(mail_server: Dovecot, request: pytest.FixtureRequest) -> Box:
    """An empty mailbox of a real mail server."""
    return mail_server.box(f"u{abs(hash(request.node.nodeid)) % 10**12}")


@pytest.fixture
def channel(world: World, box: Box, settings: Any) -> Channel:
    settings.OUTGOING_TO_PRIVATE = True  # the server is on this machine
    return mailbox_channel(world, box.server.port, box.user)
