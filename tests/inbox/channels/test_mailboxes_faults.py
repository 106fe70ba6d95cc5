"""Mailboxes when things break: workers that are killed, servers that are slow, cut off or lie."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from inbox.models import Channel, Payload
from inbox.transports.mail import fetching, imap
from tests.factories import World
from tests.inbox.channels import imap_fake
from tests.inbox.channels.dovecot import Box
from tests.inbox.channels.mailboxes import bodies, box, channel, look, mail, mail_server, mailbox_channel

__all__ = ["box", "channel", "mail_server"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)


# -- Workers that are killed


def killed_at(channel: Channel, place: tuple[Any, str], *, after: bool, times: int) -> None:
    """Look into the mailbox in a process that is killed (-9) before or after the nth call of something."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            _die_at(place, after=after, times=times)
            fetching.fetch(channel.pk)
        finally:
            os._exit(3)  # it was to be killed before this
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"nobody was killed: {place[1]} was not called so often"


def _die_at(place: tuple[Any, str], *, after: bool, times: int) -> None:
    owner, name = place
    real: Callable[..., Any] = getattr(owner, name)
    calls = 0

    def deadly(*given: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == times and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        found = real(*given, **named)
        if calls == times and after:
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    setattr(owner, name, deadly)


STEPS = [
    ("claimed", (imap.Mailbox, "__enter__"), False, 1),
    ("logged in", (imap.Mailbox, "__enter__"), True, 1),
    ("has the numbers", (imap.Mailbox, "uids"), True, 1),
    ("has the first mails", (imap.Mailbox, "mails"), True, 1),
    ("has written them and not committed", (Payload.objects, "bulk_create"), True, 1),
    ("has moved the mark and not committed", (fetching._Lease, "keep"), True, 1),
    ("has committed", (fetching, "_write_down"), True, 1),
    ("is about to commit the second batch", (fetching._Lease, "keep"), True, 2),
    ("has committed all", (fetching, "_write_down"), True, 3),
    ("is about to let go", (fetching._Lease, "leave"), False, 1),
]


@pytest.mark.parametrize(("place", "after", "times"), [s[1:] for s in STEPS], ids=[s[0] for s in STEPS])
def test_a_worker_that_is_killed_loses_nothing_and_doubles_nothing(
    channel: Channel, box: Box, monkeypatch: pytest.MonkeyPatch, place: Any, after: bool, times: int
) -> None:
    monkeypatch.setattr(fetching, "BATCH_MAILS", 2)
    box.put(*(mail(n) for n in range(5)))
    killed_at(channel, place, after=after, times=times)
    channel.refresh_from_db()
    assert fetching.fetch(channel.pk) == 0, "its lease holds: it may only be slow"
    assert channel.claimed_until
    assert timezone.now() < channel.claimed_until <= timezone.now() + fetching.LEASE
    look(channel)
    assert bodies(channel) == [mail(n) for n in range(5)]
    box.put(mail(5))
    assert look(channel) == 1


def test_a_lease_lasts_longer_than_any_line() -> None:
    assert timedelta(seconds=imap.TOTAL_S + imap.TIMEOUT_S) < fetching.LEASE


def test_an_error_of_our_own_is_said_and_tried_later(
    channel: Channel, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: Any) -> None:
        raise ValueError("oh")

    box.put(mail(1))
    with monkeypatch.context() as patched:
        patched.setattr(fetching, "_write_down", broken)
        look(channel)
    assert channel.trouble == imap.OUR_OWN
    assert look(channel) == 1


# -- Servers


@pytest.fixture
def reach(world: World, settings: Any) -> Iterator[Callable[[imap_fake.FakeImap], Channel]]:
    settings.OUTGOING_TO_PRIVATE = True

    def made(fake: imap_fake.FakeImap) -> Channel:
        return mailbox_channel(world, fake.port)

    yield made
    until(lambda: not fetching._busy)


Reach = Callable[[imap_fake.FakeImap], Channel]


def test_a_line_that_breaks_within_a_mail_goes_on_from_there(
    reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "BATCH_MAILS", 2)
    mails = {uid: mail(uid, "x" * 500) for uid in (3, 5, 8, 9, 12)}
    with imap_fake.serve(mails=mails, cut={8: 300}) as fake:
        channel = reach(fake)
        look(channel)
        assert imap.BROKEN in channel.trouble
        assert bodies(channel) == [mails[3], mails[5]]
        assert look(channel) == 3
        assert channel.trouble == ""
    assert bodies(channel) == list(mails.values())


def test_a_mail_that_the_server_breaks_over_does_not_keep_the_others(reach: Reach) -> None:
    mails = {uid: mail(uid) for uid in (1, 2, 3)}
    with imap_fake.serve(mails=mails, broken={2}) as fake:
        channel = reach(fake)
        assert look(channel) == 3
    failed = Payload.objects.get(state="failed")
    assert failed.error == "The mail server does not hand this mail over."
    assert b"Message-ID: <m2@buyers.test>" in bytes(failed.body)
    assert sorted(bytes(p.body) for p in Payload.objects.filter(state="new")) == sorted([mails[1], mails[3]])


def test_a_server_that_is_slow_to_greet_is_waited_for(reach: Reach) -> None:
    with imap_fake.serve(mails={1: mail(1)}, greet_after=0.5) as fake:
        assert look(reach(fake)) == 1


def test_a_server_that_does_not_greet_is_left_alone(reach: Reach, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "TIMEOUT_S", 0.2)
    with imap_fake.serve(greet_after=1.5) as fake:
        channel = reach(fake)
        look(channel)
        assert channel.trouble == "The incoming mail server does not answer."


def test_bytes_that_trickle_for_ever_are_cut_off(reach: Reach, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "TOTAL_S", 0.4)
    with imap_fake.serve(mails={1: mail(1, "x" * 10_000)}, trickle=0.01) as fake:
        channel = reach(fake)
        began = time.monotonic()
        look(channel)
        assert time.monotonic() - began < 3
        assert imap.BROKEN in channel.trouble
    assert not Payload.objects.exists()


def test_what_claims_to_be_huge_is_not_taken_into_memory(reach: Reach) -> None:
    with imap_fake.serve(mails={1: mail(1)}, boast=imap.MAX_LITERAL + 1) as fake:
        channel = reach(fake)
        look(channel)
        assert "an answer of 33554433 bytes" in channel.trouble


@pytest.mark.parametrize("greeting", [b"HTTP/1.1 400 Bad Request", b"* BYE full", b"\x00\xff\xfe", b""])
def test_what_is_no_mail_server_is_said_so(reach: Reach, greeting: bytes) -> None:
    with imap_fake.serve(greeting=greeting) as fake:
        channel = reach(fake)
        look(channel)
        assert channel.trouble.startswith(imap.NO_IMAP)


def test_mailboxes_do_not_wait_for_each_other(
    reach: Reach, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "TIMEOUT_S", 2)
    with imap_fake.serve(greet_after=2.5) as slow, imap_fake.serve(mails={1: mail(1)}) as quick:
        for _ in range(6):
            reach(slow)
        good = reach(quick)
        began = time.monotonic()
        assert fetching.start_due() == 7
        assert time.monotonic() - began < 1
        until(lambda: Payload.objects.filter(channel=good).exists())
        assert not Channel.objects.exclude(trouble="").exists(), "the slow ones are still being waited for"
        until(lambda: not fetching._busy)
    assert Channel.objects.filter(trouble__contains="does not answer").count() == 6


def test_a_process_looks_into_so_many_mailboxes_at_once_and_no_more(
    reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "TIMEOUT_S", 0.6)
    monkeypatch.setattr(fetching, "AT_ONCE", 2)
    with imap_fake.serve(greet_after=0.8) as slow:
        for _ in range(3):
            reach(slow)
        assert fetching.start_due() == 2
        assert fetching.start_due() == 0
        until(lambda: not fetching._busy)
        assert fetching.start_due() == 1
        until(lambda: not fetching._busy)


def until(true: Callable[[], Any]) -> None:
    ends = time.monotonic() + 10
    while not true():
        assert time.monotonic() < ends, "it does not come to that"
        time.sleep(0.02)
