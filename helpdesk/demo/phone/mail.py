"""Postmark, played after https://postmarkapp.com/developer: a server's API for mail, and its webhooks.

It knows no keys, so the same call twice is two mails. A mailbox here is also a mail program: an answer is folded
under what it answers, and goes where Reply-To says.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import formatdate, getaddresses
from typing import Any
from uuid import uuid4

from helpdesk.demo.phone.base import Account, Accounts, Answer, Call, Hook, Photo, Seen
from helpdesk.demo.phone.uploads import Shelf

MAX_BYTES = 10 * 1024 * 1024  # of a mail with its files, …/user-guide/send-email-with-api#attachments
_ADDRESS = re.compile(r"[^@\s<>,]+@[^@\s<>,]+\.[^@\s<>,]+\Z")
# What an answer repeats: the line that says who wrote it, and all that is marked.
_FOLDED = re.compile(r"\n*(?:^|\n)[^\n]+\n(?:>[^\n]*(?:\n|\Z))+\Z")


class Wrong(Exception):
    """A call that Postmark answers with an error (…/developer/api/overview#error-codes)."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass
class Taken:
    """A mail that Postmark took, as far as its webhooks and answers to it need it."""

    guid: str
    message_id: str
    metadata: dict[str, str]
    sender: str
    reply_to: str
    subject: str
    text: str


class Mail:
    kind = "email"

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts
        self.seen: list[Seen] = []
        self.shelf = Shelf()
        self.taken: dict[str, Taken] = {}  # by Message-ID
        self.last: dict[
            tuple[str, str], Taken
        ] = {}  # by the mailboxes that wrote to each other: theirs, the buyer's

    # -- Its API

    def handle(self, call: Call) -> Answer:
        if shown := self.shelf.answer(call):
            return shown
        try:
            account = self._account(call)
            if call.path == "/server" and call.method == "GET":
                return _json({"ID": 1, "Name": str(account.config.get("name") or "Store"), "Color": "blue"})
            if call.path == "/email" and call.method == "POST":
                return _json(self._send(account, call))
            raise Wrong(404, 404, "There is no such resource.")
        except Wrong as wrong:
            return _json({"ErrorCode": wrong.code, "Message": wrong.message}, wrong.status)

    def _account(self, call: Call) -> Account:
        token = call.headers.get("x-postmark-server-token", "")
        for account in self.accounts():
            if token and account.secrets.get("api_key") == token:
                return account
        raise Wrong(401, 10, "Request does not contain a valid Server token.")

    def _send(self, account: Account, call: Call) -> dict[str, Any]:
        try:
            mail = json.loads(call.body)
        except ValueError:
            raise Wrong(422, 402, "Received invalid JSON input.") from None
        if not isinstance(mail, dict):
            raise Wrong(422, 402, "Received invalid JSON input.")
        own, to = str(account.config.get("address", "")).lower(), _one(mail, "To")
        if _one(mail, "From").lower() != own:
            raise Wrong(
                422, 400, "The 'From' address you supplied is not a Sender Signature on your account."
            )
        if not str(mail.get("TextBody") or mail.get("HtmlBody") or "").strip():
            raise Wrong(422, 300, "Provide either email TextBody or HtmlBody or both.")
        if len(call.body) > MAX_BYTES:
            raise Wrong(413, 300, "The message is larger than 10 MB.")
        metadata = mail.get("Metadata") or {}
        if any(len(name) > 20 or len(str(value)) > 80 for name, value in metadata.items()):
            raise Wrong(422, 300, "Invalid metadata content. Names have 20 characters, values 80.")
        files = tuple(self.shelf.keep(file) for file in _files(mail))
        headers = {
            str(one.get("Name", "")).lower(): str(one.get("Value", "")) for one in mail.get("Headers") or []
        }
        guid = str(uuid4())
        kept = headers.get("x-pm-keepid", "").lower() == "true" and headers.get("message-id", "").strip("<>")
        named = getaddresses([str(mail.get("ReplyTo") or "")])
        reply_to = named[0][1] if named else ""
        taken = Taken(
            guid=guid,
            message_id=kept or f"{guid}@mtasv.net",
            metadata=metadata,
            sender=own,
            reply_to=reply_to or own,
            subject=str(mail.get("Subject") or ""),
            text=str(mail.get("TextBody") or ""),
        )
        self.taken[taken.message_id] = self.last[own, to.lower()] = taken
        shown = _FOLDED.sub("", taken.text.replace("\r\n", "\n")).strip()
        self.seen.append(Seen(taken.message_id, to, shown, files, {"subject": taken.subject}))
        at = datetime.now(UTC).isoformat()
        return {"To": to, "SubmittedAt": at, "MessageID": guid, "ErrorCode": 0, "Message": "OK"}

    # -- Its webhooks

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
        """Return the call for a mail. Who was written to answers: in the thread, with the quote below."""
        own = str(config.get("address", ""))
        before = self.last.get((own.lower(), sender.lower()))
        to, body, subject = own, text, " ".join(text.split())[:60] or "Hello"
        headers = {
            "Message-ID": f"<{external_id or f'{uuid4().hex}@mail.example.com'}>",
            "MIME-Version": "1.0",
        }
        if before:
            to, subject = before.reply_to, before.subject
            subject = subject if subject.lower().startswith("re:") else f"Re: {subject}"
            headers |= {"In-Reply-To": f"<{before.message_id}>", "References": f"<{before.message_id}>"}
            quoted = "\n".join(f"> {line}".rstrip() for line in before.text.splitlines())
            body = f"{text}\n\nOn {formatdate()[:16]}, {before.sender} wrote:\n{quoted}\n"
        mail = {
            "FromName": name,
            "MessageStream": "inbound",
            "From": sender,
            "FromFull": {"Email": sender, "Name": name, "MailboxHash": ""},
            "To": to,
            "ToFull": [{"Email": to, "Name": "", "MailboxHash": to.partition("@")[0].partition("+")[2]}],
            "Cc": "",
            "CcFull": [],
            "Bcc": "",
            "BccFull": [],
            "OriginalRecipient": to,
            "Subject": subject,
            "MessageID": str(uuid4()),
            "ReplyTo": "",
            "MailboxHash": to.partition("@")[0].partition("+")[2],
            "Date": formatdate(),
            "TextBody": body,
            "HtmlBody": "",
            "StrippedTextReply": text if before else "",
            "Tag": "",
            "Headers": [{"Name": key, "Value": value} for key, value in headers.items()],
            "Attachments": [
                {
                    "Name": file.name,
                    "Content": base64.b64encode(file.content).decode(),
                    "ContentType": file.media_type,
                    "ContentLength": len(file.content),
                    "ContentID": "",
                }
                for file in files
            ],
        }
        return _hook(secrets, mail)

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
        taken = self.taken.get(external_id)
        event: dict[str, Any] = {
            "MessageID": taken.guid if taken else external_id,
            "Metadata": taken.metadata if taken else {},
            "ServerID": 1,
            "MessageStream": "outbound",
            "Tag": "",
        }
        now = datetime.now(UTC).isoformat()
        if state == "delivered":
            details = "smtp;250 2.0.0 OK"
            return _hook(
                secrets,
                {"RecordType": "Delivery", "Recipient": to, "DeliveredAt": now, "Details": details, **event},
            )
        if state == "read":
            return _hook(
                secrets,
                {"RecordType": "Open", "FirstOpen": True, "Recipient": to, "ReceivedAt": now, **event},
            )
        if state == "failed":
            bounce = {
                "RecordType": "Bounce",
                "ID": 4323372036854775807,
                "Type": "HardBounce",
                "TypeCode": 1,
                "Name": "Hard bounce",
                "Description": "The server was unable to deliver your message (ex: unknown user, mailbox not found).",
                "Details": "smtp;550 5.1.1 The email account that you tried to reach does not exist.",
                "Email": to,
                "From": str(config.get("address", "")),
                "BouncedAt": now,
                "Inactive": True,
            }
            return _hook(secrets, {**bounce, **event})
        return None


def _one(mail: Mapping[str, Any], field: str) -> str:
    """Return the one address that a field holds."""
    found = [address for _name, address in getaddresses([str(mail.get(field) or "")])]
    if len(found) != 1 or not _ADDRESS.match(found[0]):
        raise Wrong(422, 300, f"Invalid '{field}' address: '{mail.get(field)}'.")
    return found[0]


def _files(mail: Mapping[str, Any]) -> list[Photo]:
    found = []
    for file in mail.get("Attachments") or []:
        try:
            content = base64.b64decode(str(file.get("Content", "")), validate=True)
        except binascii.Error:
            raise Wrong(422, 300, "The attachment's content is no base64.") from None
        found.append(Photo(str(file.get("Name") or "file"), str(file.get("ContentType") or ""), content))
    return found


def _hook(secrets: Mapping[str, Any], data: Mapping[str, Any]) -> Hook:
    """Return a call as Postmark makes it to an address with user and password in it (…/webhooks/webhooks-overview)."""
    login = base64.b64encode(str(secrets.get("hook_secret", "")).encode()).decode()
    return Hook(json.dumps(data, ensure_ascii=False).encode(), {"Authorization": f"Basic {login}"})


def _json(data: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(data).encode())
