"""The network behind the phone: it carries what buyers write to the desk, and what the desk sends to the vendors.

Everything goes over real HTTP: the desk calls the address in a channel's `config`, where `take` lets the vendor
answer; the vendor calls the channel's own address, as it would in life.
"""

import logging
import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.core.cache import cache as shared
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from helpdesk.demo.phone.base import Account, Accounts, Answer, Call, Hook, Photo, Seen, Vendor
from helpdesk.demo.phone.models import PhoneFile, PhoneMessage
from helpdesk.lib import http
from inbox import transports
from inbox.models import Channel, Received
from people.models import BuyerIdentity

log = logging.getLogger(__name__)

State = PhoneMessage.State
PLAYED = {
    "email": "helpdesk.demo.phone.mail.Mail",
    "sms": "helpdesk.demo.phone.twilio.Twilio",
    "whatsapp": "helpdesk.demo.phone.whatsapp.WhatsApp",
    "telegram": "helpdesk.demo.phone.telegram.Telegram",
    "wechat": "helpdesk.demo.phone.wechat.WeChat",
    "http": "helpdesk.demo.phone.signed.Signed",
}
# A vendor tells of a message when the answer to our call has long arrived.
BEFORE_RECEIPT = timedelta(milliseconds=500)
# Apps in which a picture and words are two messages.
ONE_THING = {"wechat"}
# Vendors that take answers only for a while after the buyer wrote must know who did, also after a restart.
WROTE_WITHIN = timedelta(hours=48)
_lock = threading.Lock()
reminded: set[UUID] = set()


class Line(models.TextChoices):
    """In what order the line between the desk and the phone is."""

    WORKS = "works"
    OFF = "off"  # the phone is switched off: nothing arrives, and nothing is told
    FAILS = "fails"  # the vendor gives up, and tells so
    DOWN = "down"  # the vendor is away
    LOST = "lost"  # the vendor takes a message, and its answer does not reach us


@cache
def vendors() -> dict[str, Vendor]:
    return {kind: import_string(path)(_accounts(kind)) for kind, path in PLAYED.items()}


def _accounts(kind: str) -> Accounts:
    def accounts() -> Iterable[Account]:
        rows = Channel.objects.filter(kind=kind, active=True)
        return [Account(channel.config, channel.secrets) for channel in rows]

    return accounts


def line_of(channel: Channel) -> str:
    return str(shared.get(f"demo-phone:{channel.id}", Line.WORKS))


def set_line(channel: Channel, line: str) -> None:
    shared.set(f"demo-phone:{channel.id}", Line(line), None)


def lines_of(channel: Channel) -> list[str]:
    """Return what can happen on a channel: who tells no receipts cannot tell that one failed, either."""
    told = _receipt(channel, "1", "1", State.FAILED)
    return [line for line in Line.values if line != Line.FAILS or told is not None]


def tells(channel: Channel) -> list[str]:
    """Return what a vendor tells of a message that it took."""
    return [state for state in ("delivered", "read") if _receipt(channel, "1", "1", state) is not None]


# -- From the desk


def take(channel: Channel, call: Call) -> Answer:
    """Let the vendor answer a call of ours, and remember what of it reaches the buyer's phone."""
    line = line_of(channel)
    if line == Line.DOWN:
        return Answer(503, b"", "text/plain", {"Retry-After": "5"})
    vendor = vendors()[channel.kind]
    with _lock:
        _remind(vendor, channel)
        before = len(vendor.seen)
        answer = vendor.handle(call)
        taken = vendor.seen[before:]
        files = [_own_files(vendor, seen) for seen in taken]
    for seen, kept in zip(taken, files, strict=True):
        row = PhoneMessage.objects.create(
            channel=channel,
            who=_number(channel, seen.to),
            by_buyer=False,
            external_id=seen.external_id,
            subject=str(seen.extra.get("subject", ""))[:200],
            text=seen.text,
            links=[link for link in seen.files if not link.startswith("/")],
        )
        _keep(row, kept)
    if taken and line == Line.LOST:
        return Answer(502, b"", "text/plain")
    return answer


def _number(channel: Channel, to: str) -> str:
    """Return an address as the desk writes it: some vendors leave out the plus of a number."""
    is_number = transports.get(channel.kind).address_kind == "phone"
    return f"+{to.lstrip('+')}" if is_number else to


def _remind(vendor: Vendor, channel: Channel) -> None:
    """Tell a vendor, once in this process, who wrote lately: it keeps no more than the process does."""
    if channel.id in reminded:
        return
    reminded.add(channel.id)
    kind = transports.get(channel.kind).address_kind or channel.kind
    since = timezone.now() - WROTE_WITHIN
    wrote = Received.objects.filter(channel=channel, message__created_at__gte=since)
    buyers = wrote.values("message__conversation__buyer")
    for row in BuyerIdentity.objects.filter(store=channel.store_id, kind=kind, buyer__in=buyers):
        vendor.message(channel.config, channel.secrets, url=address(channel), sender=row.value, text="…")


def _own_files(vendor: Vendor, seen: Seen) -> list[Photo]:
    """Return the files that the vendor was given as bytes, as it shows them to the phone."""
    found = []
    for path in seen.files:
        if path.startswith("/"):
            answer = vendor.handle(Call("GET", path, {}, {}, b""))
            found.append(Photo(path.rpartition("/")[2], answer.content_type, answer.body))
    return found


def _keep(row: PhoneMessage, files: Iterable[Photo]) -> None:
    for file in files:
        PhoneFile.objects.create(
            message=row, name=file.name[:200], media_type=file.media_type[:80], content=file.content
        )


# -- To the desk


def say(
    channel: Channel, who: str, text: str, *, name: str = "", files: tuple[Photo, ...] = ()
) -> PhoneMessage:
    """Let a buyer write. Raises HttpError where the desk does not take it; then nothing was written."""
    apart = channel.kind in ONE_THING and text and files
    for words, photos in [("", files), (text, ())] if apart else [(text, files)]:
        hook = vendors()[channel.kind].message(
            channel.config,
            channel.secrets,
            url=address(channel),
            sender=who,
            text=words,
            name=name,
            files=photos,
        )
        _call(channel, hook)
    row = PhoneMessage.objects.create(channel=channel, who=who, by_buyer=True, text=text, state=State.READ)
    _keep(row, files)
    return row


def address(channel: Channel) -> str:
    return settings.PUBLIC_URL + reverse("channel-hook", args=[channel.hook_key])


def _call(channel: Channel, hook: Hook) -> None:
    url = address(channel) + (f"?{urlencode(hook.query)}" if hook.query else "")
    http.call("POST", url, body=hook.body, headers={**hook.headers, "Content-Type": hook.content_type})


def deliver(channels: Iterable[Channel], *, looking: tuple[Channel, str] | None, now: datetime) -> None:
    """Bring what vendors took to the phones, and tell the desk. `looking`: whose thread is open, on which channel."""
    for channel in channels:
        line = line_of(channel)
        if line in (Line.OFF, Line.DOWN):
            continue
        rows = PhoneMessage.objects.filter(channel=channel, by_buyer=False, at__lte=now - BEFORE_RECEIPT)
        _move(channel, rows, State.TAKEN, State.FAILED if line == Line.FAILS else State.DELIVERED)
        if looking and looking[0] == channel:
            _move(channel, rows.filter(who=looking[1]), State.DELIVERED, State.READ)


def _move(channel: Channel, rows: models.QuerySet[PhoneMessage], old: str, new: str) -> None:
    for row in rows.filter(state=old).order_by("id"):
        # Two windows may show the same phone: one of them tells.
        if not PhoneMessage.objects.filter(pk=row.pk, state=old).update(state=new):
            continue
        hook = _receipt(channel, row.external_id, row.who, new)
        if hook is None:
            continue
        try:
            _call(channel, hook)
        except http.HttpError as error:
            log.warning("the desk did not take a receipt of %s: %s", channel.kind, error)


def _receipt(channel: Channel, external_id: str, to: str, state: str) -> Hook | None:
    return vendors()[channel.kind].receipt(
        channel.config, channel.secrets, url=address(channel), external_id=external_id, to=to, state=state
    )
