"""SMS by Twilio (https://www.twilio.com/docs/messaging/api). Addresses are numbers in E.164, and short codes.

Twilio knows no keys for messages: an answer that is lost leaves a message unknown until its status comes, which is
brought to an address with our own key in it. It signs no time either: what comes twice is known by its MessageSid.
"""

import base64
import hashlib
import hmac
import mimetypes
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from inbox.files import signed_url
from inbox.transports.base import (
    Later,
    Media,
    NoAnswer,
    OptedOut,
    Outgoing,
    Receipt,
    Refused,
    Reply,
    Request,
    Said,
    Sent,
    Transport,
    Unreadable,
)
from inbox.transports.calls import ProviderRefused, call, download, read_object
from inbox.transports.parts import send_parts, split_text
from inbox.transports.segments import segments

if TYPE_CHECKING:
    from inbox.models import Attachment, Channel

API = "https://api.twilio.com"
MAX_FIELDS = 200
MAX_MEDIA = (
    10  # https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource: MediaUrl
)
MAX_MEDIA_BYTES = 5 * 1024 * 1024  # of a message's files together
_NUMBER = re.compile(r"\+[1-9]\d{6,14}|\d{3,8}")  # in full, or a short code
_SID = re.compile(r"[A-Za-z0-9]{2,64}")
# https://www.twilio.com/docs/messaging/api/message-resource#message-status-values
_STATES = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}
# https://help.twilio.com/articles/223134027: what Twilio itself acts upon, where it is all that is said.
_STOP = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
_START = {"START", "UNSTOP", "YES"}
# https://www.twilio.com/docs/api/errors: those that agents meet, in words for them.
_WORDS = {
    21211: gettext_noop("This is no number that can receive SMS."),
    21408: gettext_noop("SMS to this country is not switched on at Twilio."),
    21608: gettext_noop("A trial account of Twilio sends to verified numbers only."),
    21610: gettext_noop("The buyer has replied STOP: they want no more SMS."),
    21612: gettext_noop("From our number there is no way to this one."),
    21614: gettext_noop("This is no number that can receive SMS."),
    30003: gettext_noop("The phone is switched off or out of reach."),
    30004: gettext_noop("The number does not take our messages."),
    30005: gettext_noop("There is no such number."),
    30006: gettext_noop("This is a landline, or cannot be reached by SMS."),
    30007: gettext_noop("The carrier took it for spam."),
    30034: gettext_noop("The carrier wants our number to be registered first (A2P 10DLC)."),
}
_OPTED_OUT = 21610
_NO_FILE = gettext_noop("Twilio does not give this file.")
_BUSY = {14107, 20429, 21611, 63038}  # too much at once, a queue that is full, a day's limit
_NO_PICTURES = {21620, 21621, 21622}  # neither from this number nor to that one
_ACCOUNT = gettext_noop("The account at Twilio is not active")
_LOCKED = gettext_noop("Twilio does not let us in")
# What holds for every message: the account, or what it sends from.
_LOCKED_OUT = {20003, 20005, 20404, 21212, 21603, 21606, 21659, 21660, 21661, 21703, 21704, 21705, 30002}


class TwilioForm(forms.Form):
    account = forms.RegexField(r"^AC[0-9a-f]{32}$", label=_("Account SID"))
    token = forms.CharField(label=_("Auth token"), max_length=64)
    sender = forms.RegexField(
        r"^(\+\d{7,15}|MG[0-9a-f]{32}|[A-Za-z0-9 ]{1,11})$",
        label=_("From"),
        help_text=_("A number such as +15005550006, a messaging service (MG…), or a sender name."),
    )


class TwilioSms(Transport):
    kind = "sms"
    furthest = "delivered"
    label = _("SMS")
    about = _("A number or a messaging service at Twilio.")
    icon = "device-mobile-message"
    form = TwilioForm
    secret_fields = frozenset({"token"})
    steps = (
        _("The Account SID and the auth token stand on the first page of console.twilio.com."),
        _("After saving, open your number there (or your messaging service, Integration)."),
        _("Under “A message comes in” choose Webhook and HTTP POST, and paste the address of this channel."),
    )
    address_kind = "phone"
    hooks = True
    max_text = 1600
    takes_files = True  # as MMS, where the number can
    max_file = MAX_MEDIA_BYTES
    segments = True

    def account(self, config: Mapping[str, Any], secrets: Mapping[str, Any]) -> str:
        return f"{config.get('account', '')} {config.get('sender', '')}".strip()

    def verify(self, channel: "Channel", request: Request) -> bool:
        """HMAC-SHA1 over the address and the sorted fields
        (https://www.twilio.com/docs/usage/webhooks/webhooks-security).
        """
        given = request.headers.get("x-twilio-signature", "").encode()
        try:
            fields = _fields(request.body)
        except Unreadable:
            return False
        token = _token(channel)
        wanted = [sign(token, url, fields).encode() for url in _as_called(request.url)]
        return bool(token) and any(hmac.compare_digest(one, given) for one in wanted)

    def parse(self, channel: "Channel", request: Request) -> list[Said | Receipt]:
        fields = {name: value.replace("\x00", "") for name, value in _fields(request.body)}
        sid = fields.get("MessageSid") or fields.get("SmsSid") or ""
        if not _SID.fullmatch(sid):
            raise Unreadable(gettext_noop("It names no message."))
        if "MessageStatus" in fields:  # what comes in has an SmsStatus alone
            return _receipt(sid, fields, request.query.get("key", ""))
        sender = _address(fields.get("From", ""))
        if not 0 < len(sender) <= 64 or ":" in sender:  # "whatsapp:+1…": Twilio's other channels
            raise Unreadable(gettext_noop("It did not come by SMS."))
        text = fields.get("Body", "")
        return [
            Said(
                external_id=sid,
                sender=sender,
                text=text,
                media=_media(fields),
                proven=bool(_NUMBER.fullmatch(sender)),  # whoever pays may send under a name
                opted_out=_wish(fields.get("OptOutType", ""), text),
            )
        ]

    def reply(self, channel: "Channel", request: Request) -> Reply:
        return Reply(body="<Response/>", content_type="text/xml")

    def fetch(self, channel: "Channel", media: Media, max_bytes: int) -> bytes:
        # Our name and password are for Twilio alone, whatever address was written into the request.
        known = urlsplit(media.ref)[:2] == urlsplit(_api(channel))[:2]
        try:
            return download(media.ref, headers=_basic(channel) if known else {}, max_bytes=max_bytes).body
        except ProviderRefused as refusal:
            if refusal.status in (401, 403):
                raise Later(_NO_FILE) from None
            raise Refused(_NO_FILE) from None

    # -- Out

    def check(self, channel: "Channel") -> str:
        found = _ask(channel, "")
        if (status := found.get("status")) not in (None, "active"):
            raise Refused(f"{_ACCOUNT}: {status}")
        sender = str(channel.config.get("sender", ""))
        if sender.startswith("+"):
            numbers = _ask(channel, "/IncomingPhoneNumbers", PhoneNumber=sender).get("incoming_phone_numbers")
            if not numbers:
                raise Refused(gettext_noop("This number is not one of the account's."))
        return str(found.get("friendly_name", ""))

    def send(self, channel: "Channel", outgoing: Outgoing) -> Sent:
        if not _NUMBER.fullmatch(outgoing.to):
            raise Refused(
                gettext_noop("This came under a sender's name, not from a number: it cannot be answered.")
            )
        pictures, rest = _divided(channel, outgoing.attachments)
        try:
            return self._send(channel, outgoing, pictures, rest)
        except _NoPictures:
            return self._send(channel, outgoing, [], [*pictures, *rest])

    def _send(
        self,
        channel: "Channel",
        outgoing: Outgoing,
        pictures: Sequence["Attachment"],
        linked: Sequence["Attachment"],
    ) -> Sent:
        links = [f"{file.name}: {signed_url(file)}" for file in linked]
        text = "\n".join(filter(None, [outgoing.text, *links]))
        media = [("MediaUrl", signed_url(file)) for file in pictures]
        parts = split_text(text, self.max_text) or [""]
        # Files go with the first part: where they are not taken, nothing has gone out.
        forms = [[("Body", part), *(media if n == 0 else [])] for n, part in enumerate(parts)]
        # The status of a part does not say what became of the whole.
        callback = f"?{urlencode({'key': outgoing.key})}" if len(parts) == 1 else ""
        sid = send_parts(partial(_post, channel, outgoing.to, callback, form) for form in forms)
        count = sum(segments(part).segments for part in parts)
        return Sent(sid, f"{count} SMS" if count > 1 else "")


class _NoPictures(Refused):
    pass


# -- Requests of Twilio


def sign(token: str, url: str, fields: Sequence[tuple[str, str]]) -> str:
    """Return what Twilio signs a form with. What is given twice counts once."""
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def _as_called(url: str) -> list[str]:
    """Return how Twilio may have written an address that it signed: with its port, and without it."""
    parts = urlsplit(url)
    host = parts.netloc.removesuffix(f":{parts.port}")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return [parts._replace(netloc=netloc).geturl() for netloc in (host, f"{host}:{port}")]


def _fields(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except (ValueError, UnicodeDecodeError):
        raise Unreadable(gettext_noop("It is no form.")) from None


def _receipt(sid: str, fields: Mapping[str, str], key: str) -> list[Said | Receipt]:
    state, error = _STATES.get(fields["MessageStatus"]), fields.get("ErrorCode", "")
    if not state:
        return []  # queued, sending: we know that
    code = int(error) if error.isascii() and error.isdigit() and len(error) < 9 else 0
    detail = (_WORDS.get(code) or f"Twilio {code}") if code else ""
    return [Receipt(sid, state, detail, key=key, opted_out=code == _OPTED_OUT)]


def _address(given: str) -> str:
    """Return a sender in one form: a number with its plus, which a form that is not quoted makes a space of."""
    bare = given.strip()
    return f"+{bare}" if bare.isascii() and bare.isdigit() and len(bare) > 8 else bare


def _media(fields: Mapping[str, str]) -> tuple[Media, ...]:
    count = fields.get("NumMedia", "0")
    found = []
    for n in range(
        min(int(count), MAX_MEDIA) if count.isascii() and count.isdigit() and len(count) < 4 else 0
    ):
        if ref := fields.get(f"MediaUrl{n}"):
            kind = fields.get(f"MediaContentType{n}", "").partition(";")[0].strip()
            found.append(Media(f"file-{n + 1}{mimetypes.guess_extension(kind) or ''}", kind, ref=ref))
    return tuple(found)


def _wish(told: str, text: str) -> bool | None:
    """Return whether they want nothing more (OptOutType: a messaging service has words of its own)."""
    word = told or text.strip().upper()
    return True if word in _STOP else False if word in _START else None


# -- Calls to Twilio


def _api(channel: "Channel") -> str:
    return str(channel.config.get("api") or API)


def _token(channel: "Channel") -> str:
    return str(channel.secrets.get("token", ""))


def _basic(channel: "Channel") -> dict[str, str]:
    pair = f"{channel.config.get('account', '')}:{_token(channel)}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _address_of(channel: "Channel", what: str) -> str:
    return f"{_api(channel)}/2010-04-01/Accounts/{channel.config.get('account', '')}{what}.json"


def _ask(channel: "Channel", what: str, **params: str) -> dict[str, Any]:
    try:
        answer = call("GET", _address_of(channel, what), headers=_basic(channel), params=params)
    except ProviderRefused as refusal:
        raise _refused(refusal) from None
    return read_object(answer.body)


def _post(channel: "Channel", to: str, callback: str, form: Sequence[tuple[str, str]]) -> str:
    """Hand a message over; return its SID."""
    sender = str(channel.config.get("sender", ""))
    data = [
        ("To", to),
        ("MessagingServiceSid" if sender.startswith("MG") else "From", sender),
        ("StatusCallback", f"{settings.PUBLIC_URL}/hooks/channels/{channel.hook_key}/{callback}"),
        *form,
    ]
    headers = {**_basic(channel), "Content-Type": "application/x-www-form-urlencoded"}
    try:
        answer = call(
            "POST", _address_of(channel, "/Messages"), body=urlencode(data).encode(), headers=headers
        )
    except ProviderRefused as refusal:
        raise _refused(refusal) from None
    sid = read_object(answer.body).get("sid")
    if not isinstance(sid, str) or not sid:
        raise NoAnswer(gettext_noop("The provider's answer was broken."))
    return sid


def _refused(refusal: ProviderRefused) -> Refused | Later:
    said = refusal.json()
    code, words = (
        said.get("code"),
        f"{said.get('message') or refusal} ({said.get('code', refusal.status)})"[:200],
    )
    if code == _OPTED_OUT:
        return OptedOut(_WORDS[_OPTED_OUT])
    if code in _BUSY:
        return Later(words, retry_after=60, channel=True)
    if code in _LOCKED_OUT or refusal.status in (401, 403) or (refusal.status == 404 and code is None):
        return Later(f"{_LOCKED}: {words}", channel=True)
    if code in _NO_PICTURES:
        return _NoPictures(words)
    return Refused(_WORDS.get(code, words) if isinstance(code, int) else words)


def _divided(
    channel: "Channel", files: Sequence["Attachment"]
) -> tuple[list["Attachment"], list["Attachment"]]:
    """Return the files that go as MMS, and those that go as links: a name sends none, and there is a limit."""
    numbered = str(channel.config.get("sender", "")).startswith(("+", "MG"))
    pictures: list[Attachment] = []
    linked: list[Attachment] = []
    room = MAX_MEDIA_BYTES if numbered else 0
    for file in files:
        fits = file.size <= room and len(pictures) < MAX_MEDIA
        (pictures if fits else linked).append(file)
        room -= file.size if fits else 0
    return pictures, linked
