"""Twilio, played after https://www.twilio.com/docs/messaging/api: messages out, their states, and what comes in.

It knows no keys, and tells of an SMS whether it was sent, delivered or failed; nobody learns that it was read.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

from helpdesk.demo.phone.base import Account, Accounts, Answer, Call, Hook, Photo, Seen

MAX_TEXT = 1600  # …/docs/api/errors/21617
MAX_MEDIA = 10
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_API = "/2010-04-01/Accounts/"
# …/docs/messaging/api/message-resource#message-status-values; an SMS is never «read».
_TOLD = {"sent": "sent", "delivered": "delivered", "failed": "undelivered"}
_STOP = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
_START = {"START", "UNSTOP", "YES"}


class Wrong(Exception):
    """A call that Twilio answers with an error (…/docs/usage/twilios-response#response-formats-exceptions)."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Twilio:
    kind = "sms"

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts
        self.seen: list[Seen] = []
        self.stopped: set[tuple[str, str]] = set()  # (our sender, who replied STOP to it)
        self.callbacks: dict[
            str, dict[str, str]
        ] = {}  # by message, what the address for its states was given
        self.media: dict[str, Photo] = {}
        self.apis: dict[str, str] = {}  # by media, where this account's API is served
        self.numbers = count(1)

    def handle(self, call: Call) -> Answer:
        if call.path.startswith("/stored/"):
            return self._stored(call)
        try:
            account = self._account(call)
            _, _, what = call.path.removeprefix(_API).partition("/")
            if not what and call.path.endswith(".json"):
                return _json(200, _about(account))
            if what == "IncomingPhoneNumbers.json":
                return _json(200, {"incoming_phone_numbers": _owned(account, call.query.get("PhoneNumber"))})
            if what == "Messages.json" and call.method == "POST":
                return _json(201, self._send(account, call))
            if media := re.fullmatch(r"Messages/\w+/Media/(\w+)", what):
                return self._media(media[1])
            raise Wrong(404, 20404, f"The requested resource {call.path} was not found")
        except Wrong as wrong:
            return _wrong(wrong)

    def _account(self, call: Call) -> Account:
        """Return whose call it is: the SID in the address, and SID and token as name and password."""
        scheme, _, coded = call.headers.get("authorization", "").partition(" ")
        sid = call.path.removeprefix(_API).partition("/")[0].removesuffix(".json")
        for account in self.accounts():
            name, token = str(account.config.get("account", "")), str(account.secrets.get("token", ""))
            right = base64.b64encode(f"{name}:{token}".encode()).decode()
            if scheme == "Basic" and coded == right and sid == name:
                return account
        raise Wrong(401, 20003, "Authenticate")

    def _send(self, account: Account, call: Call) -> dict[str, Any]:
        given = parse_qsl(call.body.decode(), keep_blank_values=True)
        fields, media = dict(given), [value for name, value in given if name == "MediaUrl"]
        to, text = fields.get("To", ""), fields.get("Body", "")
        sender = fields.get("From") or fields.get("MessagingServiceSid", "")
        if not to:
            raise Wrong(400, 21604, "A 'To' phone number is required.")
        if not _NUMBER.fullmatch(to):
            raise Wrong(400, 21211, f"Invalid 'To' Phone Number: {to}")
        if sender != account.config.get("sender"):
            raise Wrong(400, 21606, f"The 'From' phone number provided ({sender}) is not valid.")
        if (sender, to) in self.stopped:
            raise Wrong(400, 21610, "Attempt to send to unsubscribed recipient")
        if not text and not media:
            raise Wrong(400, 21602, "Message body is required.")
        if len(text) > MAX_TEXT:
            raise Wrong(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
        if len(media) > MAX_MEDIA:
            raise Wrong(400, 21623, "Number of media files exceeds allowed limit")
        if not all(address.startswith(("http://", "https://")) for address in media):
            raise Wrong(400, 21620, "Invalid media URL(s)")
        if media and not sender.startswith(("+1", "MG")):
            raise Wrong(400, 21621, f"The 'From' number {sender} has not been enabled for picture messaging.")
        sid = ("MM" if media else "SM") + uuid4().hex
        self.seen.append(Seen(sid, to, text, tuple(media), {"sender": sender}))
        self.callbacks[sid] = dict(parse_qsl(urlsplit(fields.get("StatusCallback", "")).query))
        return {"sid": sid, "status": "queued", "to": to, "from": sender, "body": text, "error_code": None}

    # -- Files of buyers: the address in a message is one of the API, and leads on to where the file lies

    def _media(self, sid: str) -> Answer:
        if sid not in self.media:
            raise Wrong(404, 20404, f"The requested resource {sid} was not found")
        return Answer(307, b"", "text/plain", {"Location": f"{self.apis[sid]}/stored/{sid}"})

    def _stored(self, call: Call) -> Answer:
        file = self.media.get(call.path.removeprefix("/stored/"))
        return Answer(200, file.content, file.media_type) if file else Answer(404, b"", "text/plain")

    # -- What buyers do

    def message(
        self,
        config: Mapping[str, Any],
        secrets: Mapping[str, Any],
        *,
        url: str,
        sender: str,
        text: str = "",
        name: str = "",
        files: Sequence[Photo] = (),
        external_id: str = "",
    ) -> Hook:
        sid = external_id or ("MM" if files else "SM") + uuid4().hex
        to, word = str(config.get("sender", "")), text.strip().upper()
        if word in _STOP:
            self.stopped.add((to, sender))
        elif word in _START:
            self.stopped.discard((to, sender))
        fields = {
            "ToCountry": "US",
            "MessageSid": sid,
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": "received",
            "AccountSid": str(config.get("account", "")),
            "From": sender,
            "To": to,
            "Body": text,
            "NumMedia": str(len(files)),
            "NumSegments": "1",
            "ApiVersion": "2010-04-01",
        }
        for n, file in enumerate(files):
            fields |= {f"MediaUrl{n}": self._keep(config, sid, file), f"MediaContentType{n}": file.media_type}
        return hook(secrets, url, fields)

    def _keep(self, config: Mapping[str, Any], sid: str, file: Photo) -> str:
        media, api = f"ME{next(self.numbers):032x}", str(config.get("api", ""))
        self.media[media], self.apis[media] = file, api
        return f"{api}{_API}{config.get('account', '')}/Messages/{sid}/Media/{media}"

    def receipt(
        self,
        config: Mapping[str, Any],
        secrets: Mapping[str, Any],
        *,
        url: str,
        external_id: str,
        to: str,
        state: str,
    ) -> Hook | None:
        status = _TOLD.get(state)
        if status is None:
            return None
        fields = {
            "MessageSid": external_id,
            "SmsSid": external_id,
            "MessageStatus": status,
            "SmsStatus": status,
            "AccountSid": str(config.get("account", "")),
            "From": str(config.get("sender", "")),
            "To": to,
            "ApiVersion": "2010-04-01",
        }
        if status == "undelivered":
            fields["ErrorCode"] = "30003"
        return hook(secrets, url, fields, self.callbacks.get(external_id, {}))


def hook(
    secrets: Mapping[str, Any], url: str, fields: Mapping[str, str], query: Mapping[str, str] | None = None
) -> Hook:
    """Return a call of Twilio's: a form, signed over the whole address and its sorted fields (…/webhooks-security)."""
    address = f"{url}?{urlencode(query)}" if query else url
    signed = address + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    key = str(secrets.get("token", "")).encode()
    signature = base64.b64encode(hmac.new(key, signed.encode(), hashlib.sha1).digest()).decode()
    body = urlencode(fields).encode()
    return Hook(body, {"X-Twilio-Signature": signature}, query or {}, "application/x-www-form-urlencoded")


def _about(account: Account) -> dict[str, Any]:
    sid = account.config.get("account", "")
    return {"sid": sid, "friendly_name": "The store", "status": "active", "type": "Full"}


def _owned(account: Account, number: str | None) -> list[dict[str, Any]]:
    own = str(account.config.get("sender", ""))
    if not own.startswith("+") or number not in (None, own):
        return []
    return [{"phone_number": own, "capabilities": {"sms": True, "mms": own.startswith("+1"), "voice": True}}]


def _json(status: int, data: Mapping[str, Any]) -> Answer:
    return Answer(status, json.dumps(data).encode())


def _wrong(wrong: Wrong) -> Answer:
    more = f"https://www.twilio.com/docs/errors/{wrong.code}"
    return _json(
        wrong.status,
        {"code": wrong.code, "message": wrong.message, "more_info": more, "status": wrong.status},
    )
