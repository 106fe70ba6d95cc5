"""Mailboxes that are looked into: what came since the last time is written down, and read afterwards as any payload.

A mailbox is looked into every POLL by one worker, who holds it by a lease (`Channel.claimed_until`). How far it is
written down stands in `Channel.mark`, which moves in the transaction that writes the mails down: whenever a worker
dies, nothing is lost and nothing is there twice.

    ""                                  nobody has looked: what came in the last FIRST_DAYS is fetched
    "3f2a90c1.1700000000:512"           in this box, with this UIDVALIDITY, all up to UID 512 is written down
    "3f2a90c1.1700000000:17:512:2026-11-19"  up to 17; on to 512, but only what came since that day

The folder was made anew, or another box was named: UIDs mean nothing any more. Then what came since we last were
done (and a day, for clocks and time zones) is read once more; what is known by its Message-ID is taken in once.
"""

import hashlib
import logging
import random
import re
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Self
from uuid import UUID

from django.db import connections, transaction
from django.db.models import F, Q
from django.utils import timezone

from helpdesk.lib.jobs import enqueue
from inbox.models import Channel, Payload
from inbox.transports.mail.imap import OUR_OWN, Mailbox, MailboxTrouble, is_of_a_mailbox
from inbox.transports.mail.settings import folder_of, imap_server, route_of

log = logging.getLogger(__name__)

KIND = "email"
POLL = timedelta(seconds=30)
MAX_PAUSE = timedelta(minutes=15)
LEASE = timedelta(seconds=300)  # over what a line may last (imap.TOTAL_S)
FIRST_DAYS = 3
AT_ONCE = 16  # mailboxes in one process: they mostly wait, each on a thread of its own
BATCH_MAILS, BATCH_BYTES = 50, 8 * 1024 * 1024  # that are in memory, and in one transaction
MAX_MAIL = 25 * 1024 * 1024  # bytes; of a larger one the headers are written down, and that it is there
WORK_S = 60.0  # after which the rest is left for the next time, so that others have their turn
MAX_WAITING = 500  # mails that are written down and not read yet, before more are fetched
READ_AFTER = timedelta(seconds=10)  # where the job was lost
_CONTENT = re.compile(rb"^(?:content-|mime-version)[^\n]*\n(?:[ \t][^\n]*\n)*", re.IGNORECASE | re.MULTILINE)


class _Lost(Exception):
    """The lease is another's: this worker was presumed dead, or somebody changed the channel."""


# -- Whose turn it is


def start_due() -> int:
    """Look into every mailbox whose time has come, each on a thread of its own; return how many were begun.

    Nobody waits for them: a server that is slow keeps neither another mailbox nor a worker.
    """
    started = 0
    for channel_id in due():
        with _lock:
            if len(_busy) >= AT_ONCE:
                break
            if channel_id in _busy:
                continue
            _busy.add(channel_id)
        threading.Thread(target=_run, args=(channel_id,), name="mailbox", daemon=True).start()
        started += 1
    return started


_busy: set[UUID] = set()
_lock = threading.Lock()


def _run(channel_id: UUID) -> None:
    try:
        fetch(channel_id)
    except Exception:
        log.exception("mailbox %s broke", channel_id)
    finally:
        connections.close_all()
        with _lock:
            _busy.discard(channel_id)


def due(*, now: datetime | None = None) -> list[UUID]:
    """Return the mailboxes that are to be looked into, who has waited longest first."""
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now or timezone.now())
    rows = Channel.objects.filter(free, kind=KIND, active=True).defer("secrets")
    ordered = rows.order_by(F("claimed_until").asc(nulls_first=True), "id")
    return [channel.id for channel in ordered if channel.config.get("imap_host") and _has_mailbox(channel)]


def _has_mailbox(channel: Channel) -> bool:
    return route_of(channel) == "smtp"


class _Lease:
    """That this worker looks into a mailbox. Every write through it fails once that is not so any more."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        assert channel.claimed_until is not None, "a lease ends"
        self.until = channel.claimed_until

    @classmethod
    def take(cls, channel_id: UUID) -> Self | None:
        now = timezone.now()
        free = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
        rows = Channel.objects.filter(free, pk=channel_id, kind=KIND, active=True)
        if not rows.update(claimed_until=now + LEASE):
            return None
        channel = Channel.objects.filter(pk=channel_id, claimed_until=now + LEASE).first()
        return cls(channel) if channel else None

    def keep(self, **changes: Any) -> None:
        """Write to the channel and hold it for longer. Raises _Lost."""
        until = changes.pop("claimed_until", timezone.now() + LEASE)
        rows = Channel.objects.filter(pk=self.channel.pk, claimed_until=self.until, active=True)
        if not rows.update(claimed_until=until, **changes):
            raise _Lost
        self.until = until
        for name, value in changes.items():
            setattr(self.channel, name, value)

    def leave(self, *, wait: timedelta, **changes: Any) -> None:
        """Let it go, not to be looked into before `wait` is over."""
        self.keep(claimed_until=timezone.now() + wait, **changes)


# -- How far it is read


@dataclass(frozen=True)
class Mark:
    """Up to where a box is written down; `until` and `since` are of a back-fill that is under way."""

    box: str
    uid: int
    until: int | None = None
    since: date | None = None

    @classmethod
    def read(cls, text: str) -> "Mark | None":
        box, *rest = text.split(":")
        try:
            if len(rest) == 3:
                return cls(box, int(rest[0]), int(rest[1]), date.fromisoformat(rest[2]))
            return cls(box, int(rest[0]))
        except (ValueError, IndexError):
            return None

    def __str__(self) -> str:
        backfill = f":{self.until}:{self.since}" if self.since else ""
        return f"{self.box}:{self.uid}{backfill}"


def _box_name(channel: Channel, box: Mailbox) -> str:
    server = imap_server(channel)
    whole = f"{server.host.lower()} {server.port} {server.user} {box.folder}"
    return f"{hashlib.sha256(whole.encode()).hexdigest()[:8]}.{box.validity}"


def _where(channel: Channel, box: Mailbox) -> Mark:
    """Return from where to read on: the mark, or the beginning of a back-fill where that says nothing here."""
    name, mark = _box_name(channel, box), Mark.read(channel.mark)
    if mark is not None and mark.box == name:
        return mark
    if channel.fetched_at:
        since = channel.fetched_at - timedelta(days=1)
    else:
        since = timezone.now() - timedelta(days=FIRST_DAYS)
    return Mark(name, 0, box.last_uid, since.date())


# -- Looking into one


def fetch(channel_id: UUID) -> int:
    """Write down what came into a mailbox; return how many mails. 0 also where another worker is at it."""
    if transaction.get_connection().in_atomic_block:
        raise RuntimeError("a mailbox is never read inside a transaction: what is written down has to stay")
    lease = _Lease.take(channel_id)
    if lease is None:
        return 0
    with suppress(_Lost):
        try:
            return _fetch(lease)
        except _Lost:
            log.warning("mailbox %s is another's", channel_id)
        except Exception:
            log.exception("mailbox %s was not read", channel_id)
            _pause(lease, OUR_OWN)
    return 0


def _fetch(lease: _Lease) -> int:
    channel, written = lease.channel, 0
    try:
        with Mailbox(imap_server(channel), folder_of(channel)) as box:
            mark, written, whole = _read_on(box, lease)
    except MailboxTrouble as trouble:
        _pause(lease, str(trouble))
        return written
    well: dict[str, Any] = {"mark": str(mark)}
    if whole:
        well["fetched_at"] = timezone.now()
    if is_of_a_mailbox(channel.trouble):
        well["trouble"] = ""
    lease.leave(wait=POLL if whole else timedelta(0), **well)
    return written


def _pause(lease: _Lease, why: str) -> None:
    """Say what is wrong, and try again: the longer it has been so, the later."""
    channel = lease.channel
    lasted = timezone.now() - (channel.fetched_at or channel.created_at)
    pause = min(max(POLL, lasted / 2), MAX_PAUSE) * random.uniform(0.75, 1.25)  # no secret
    lease.leave(wait=pause, trouble=why.replace("\x00", "")[:300])


def _read_on(box: Mailbox, lease: _Lease) -> tuple[Mark, int, bool]:
    """Write down what is new. Return the mark, how many mails, and whether that was all there is."""
    mark, written = _where(lease.channel, box), 0
    if mark.until is None and box.last_uid <= mark.uid:
        return mark, 0, True
    waiting = Payload.objects.filter(channel=lease.channel, state=Payload.State.NEW).count()
    uids = box.uids(after=mark.uid, until=mark.until, since=mark.since)
    some = uids[: max(MAX_WAITING - waiting, 0)]
    ends = time.monotonic() + WORK_S
    for last, mails in _batches(box, some):
        payloads = [_payload(lease.channel, mark.box, uid, mail) for uid, mail in mails.items()]
        mark = replace(mark, uid=last)
        _write_down(lease, payloads, mark)
        written += len(payloads)
        if time.monotonic() > ends:
            return mark, written, False
    if len(some) < len(uids):
        return mark, written, False
    if (
        mark.until is not None
    ):  # it is a mailbox like any other from here on, and more may have come meanwhile
        return Mark(mark.box, max(mark.until, mark.uid)), written, False
    return mark, written, True


@dataclass(frozen=True)
class _Unread:
    """A mail of which there are only headers, and why."""

    head: bytes
    why: str
    failed: bool = False


def _batches(box: Mailbox, uids: list[int]) -> Iterator[tuple[int, dict[int, bytes | _Unread]]]:
    """Yield mails by UID, as many at a time as may be in memory, and up to which UID that is all there was."""
    for start in range(0, len(uids), 200):
        sizes = box.sizes(uids[start : start + 200])
        batch: list[int] = []
        for uid, size in sorted(sizes.items()):
            more = sum(sizes[one] for one in batch) + size
            if batch and (len(batch) >= BATCH_MAILS or more > BATCH_BYTES or size > MAX_MAIL):
                yield batch[-1], _get(box, batch)
                batch = []
            if size > MAX_MAIL:  # and so it is the first of a batch
                yield uid, {uid: _Unread(box.head(uid), _too_large(size))}
            else:
                batch.append(uid)
        if batch:
            yield batch[-1], _get(box, batch)


def _too_large(size: int) -> str:
    return f"This mail of {size // (1024 * 1024)} MB is too large to be fetched. It is in the mailbox."


def _get(box: Mailbox, uids: list[int]) -> dict[int, bytes | _Unread]:
    """Return mails; without those that were deleted in this moment, with a word for what nobody gets to see."""
    found: dict[int, bytes | _Unread] = {**box.mails(uids)}
    for uid in uids:
        if uid in found:
            continue
        if one := box.mails([uid]):  # one that a server breaks over must not keep the others
            found |= one
        elif box.sizes([uid]):
            found[uid] = _Unread(box.head(uid), "The mail server does not hand this mail over.", failed=True)
    return found


def _payload(channel: Channel, box: str, uid: int, mail: bytes | _Unread) -> Payload:
    """Return a mail as `parse` gets it: a request by IMAP with the raw mail for a body."""
    now = timezone.now()
    kept = {"method": "IMAP", "headers": {"content-type": "message/rfc822"}, "query": {"uid": f"{box}:{uid}"}}
    payload = Payload(channel=channel, headers=kept, run_at=now + READ_AFTER, received_at=now)
    if isinstance(mail, bytes):
        payload.body = mail
    elif mail.failed:
        payload.body, payload.state, payload.error = mail.head, Payload.State.FAILED, mail.why
    else:
        payload.body, payload.error = _in_its_place(mail), mail.why
    return payload


def _in_its_place(mail: _Unread) -> bytes:
    """Return a small mail by the same sender, in the same thread, that says why the large one is not there."""
    head = _CONTENT.sub(b"", mail.head.replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n")
    return head + b"Content-Type: text/plain; charset=utf-8\n\n" + f"[{mail.why}]\n".encode()


def _write_down(lease: _Lease, payloads: list[Payload], mark: Mark) -> None:
    """Keep mails and move the mark: both or neither. Raises _Lost, and then neither."""
    with transaction.atomic():
        rows = Payload.objects.bulk_create(payloads)
        lease.keep(mark=str(mark))
        for payload in rows:
            if payload.state == Payload.State.NEW:
                enqueue("inbox.tasks.read_payload", payload.pk)
