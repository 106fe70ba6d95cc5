"""Any system that speaks JSON over HTTP: a shop's own app, a bridge to a messenger we do not know.

docs/channels/signed-http.md is its contract. Both directions are signed alike: `X-Helpdesk-Timestamp` (Unix seconds)
and `X-Helpdesk-Signature`, "v1=" and the hex HMAC-SHA256 of "<timestamp>.<body>" with the channel's secret: as the
stores' own push API is signed.
"""

import hashlib
import hmac
import json
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from inbox.files import signed_url
from inbox.transports.base import (
    Later,
    Media,
    OptedOut,
    Outgoing,
    Receipt,
    Refused,
    Request,
    Said,
    Sent,
    Transport,
    Unreadable,
)
from inbox.transports.calls import ProviderRefused, call, download, read_json, read_object

if TYPE_CHECKING:
    from inbox.models import Channel

WINDOW_S = 300
STATES = ("delivered", "read", "failed")
MAX_ITEMS = 100
MAX_LIST = 20
_LOCKED = gettext_noop("The other side does not accept our signature")


class SignedHttpForm(forms.Form):
    url = forms.URLField(
        label=_("Address for our messages"),
        assume_scheme="https",
        help_text=_("We post each answer there, signed."),
    )
    secret = forms.CharField(label=_("Secret"), min_length=16, max_length=200)

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        parts = urlsplit(url)
        if parts.scheme != "https" and not (settings.OUTGOING_TO_PRIVATE and parts.scheme == "http"):
            raise forms.ValidationError(_("The address has to begin with https://."))
        if parts.username or parts.password:
            raise forms.ValidationError(_("Put no password into the address: it is not kept secret."))
        return url


class SignedHttp(Transport):
    kind = "http"
    furthest = "read"
    label = _("Signed HTTP")
    about = _("An app of your own, or a bridge to a messenger that is not in this list.")
    icon = "webhook"
    form = SignedHttpForm
    secret_fields = frozenset({"secret"})
    own_secrets = frozenset({"secret"})
    steps = (
        _("Make up a secret, keep a copy of it, and save."),
        _("Give the other system this channel's address and the secret: it signs what it posts there."),
        _("It checks our signature the same way on what we post to its address."),
    )
    hooks = True
    idempotent = True
    takes_files = True

    def verify(self, channel: "Channel", request: Request) -> bool:
        stamp = request.headers.get("x-helpdesk-timestamp", "")
        given = request.headers.get("x-helpdesk-signature", "")
        if not channel.secrets.get("secret") or not _is_fresh(stamp):
            return False
        return hmac.compare_digest(sign(channel, stamp, request.body).encode(), given.encode())

    def parse(self, channel: "Channel", request: Request) -> list[Said | Receipt]:
        data = read_json(request.body)
        items = data if isinstance(data, list) else [data]
        if len(items) > MAX_ITEMS:
            raise Unreadable(gettext_noop("Too many items at once."))
        return [_item(item) for item in items]

    def fetch(self, channel: "Channel", media: Media, max_bytes: int) -> bytes:
        try:
            return download(media.ref, max_bytes=max_bytes).body
        except ProviderRefused as refusal:
            raise Refused(f"HTTP {refusal.status}") from None

    def check(self, channel: "Channel") -> str:
        return str(_post(channel, {"type": "ping"}, "ping").get("name", ""))[:80]

    def send(self, channel: "Channel", outgoing: Outgoing) -> Sent:
        files = [
            {"name": file.name, "media_type": file.media_type, "size": file.size, "url": signed_url(file)}
            for file in outgoing.attachments
        ]
        data = {
            "type": "message",
            "id": outgoing.key,
            "to": outgoing.to,
            "text": outgoing.text,
            "author": outgoing.author,
            "conversation": outgoing.conversation,
            "in_reply_to": str(outgoing.context.get("id", "")),
            "files": files,
        }
        given = _post(channel, data, outgoing.key).get("id")
        # Without an id of its own it is told by ours, which it has got.
        return Sent(str(given)[:200] if isinstance(given, str | int) and given else outgoing.key)


def sign(channel: "Channel", stamp: str, body: bytes) -> str:
    secret = str(channel.secrets.get("secret", "")).encode()
    return "v1=" + hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _is_fresh(stamp: str) -> bool:
    is_time = stamp.isascii() and stamp.isdigit() and len(stamp) < 12
    return is_time and abs(time.time() - int(stamp)) <= WINDOW_S


def _post(channel: "Channel", data: dict[str, Any], key: str) -> dict[str, Any]:
    body, stamp = json.dumps(data).encode(), str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": key,
        "X-Helpdesk-Timestamp": stamp,
        "X-Helpdesk-Signature": sign(channel, stamp, body),
    }
    try:
        answer = call("POST", str(channel.config.get("url", "")), body=body, headers=headers)
    except ProviderRefused as refusal:
        raise _refused(refusal) from None
    return read_object(answer.body)


def _refused(refusal: ProviderRefused) -> Refused | Later:
    told = refusal.json()
    words = str(told.get("error") or refusal)[:200]
    if refusal.status in (401, 403):
        return Later(f"{_LOCKED}: {words[:120]}", channel=True)
    return OptedOut(words) if told.get("code") == "opted_out" else Refused(words)


# -- Items


def _item(item: Any) -> Said | Receipt:
    if not isinstance(item, dict):
        raise Unreadable(gettext_noop("An item is an object."))
    external_id = _text(item, "id", 200, required=True)
    if item.get("type") == "receipt":
        if item.get("state") not in STATES:
            raise Unreadable(gettext_noop("A receipt is delivered, read or failed."))
        return Receipt(external_id, item["state"], _text(item, "detail", 200))
    if item.get("type") != "message":
        raise Unreadable(gettext_noop("An item is a message or a receipt."))
    opted_out = item.get("opted_out")
    if not isinstance(opted_out, bool | None):
        raise Unreadable(gettext_noop("opted_out is true or false."))
    return Said(
        external_id=external_id,
        sender=_text(item, "from", 200, required=True),
        text=_text(item, "text", 20_000),
        name=_text(item, "name", 120),
        media=tuple(_media(file) for file in _list(item, "files")),
        at=_time(item),
        answers=tuple(filter(None, [_text(item, "in_reply_to", 200)])),
        context={"id": external_id},
        opted_out=opted_out,
    )


def _time(item: dict[str, Any]) -> datetime | None:
    given = _text(item, "at", 40)
    try:
        at = parse_datetime(given)
    except ValueError:  # of that form, and there is no such day
        at = None
    if given and (at is None or at.tzinfo is None):
        raise Unreadable(gettext_noop("at is a time such as 2026-01-31T09:30:00Z."))
    return at


def _media(file: Any) -> Media:
    if not isinstance(file, dict):
        raise Unreadable(gettext_noop("A file is an object."))
    url = _text(file, "url", 2000, required=True)
    if not _is_web(url):
        raise Unreadable(gettext_noop("The url of a file begins with https:// or http://."))
    return Media(_text(file, "name", 200) or "file", _text(file, "media_type", 80), ref=url)


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.netloc)


def _text(item: dict[str, Any], name: str, limit: int, *, required: bool = False) -> str:
    value = item.get(name, "")
    if not isinstance(value, str) or len(value) > limit or (required and not value.strip()):
        raise Unreadable(f"{name} is a text of at most {limit} characters.")
    return value


def _list(item: dict[str, Any], name: str) -> list[Any]:
    value = item.get(name, [])
    if not isinstance(value, list) or len(value) > MAX_LIST:
        raise Unreadable(f"{name} is a list of at most {MAX_LIST}.")
    return value
