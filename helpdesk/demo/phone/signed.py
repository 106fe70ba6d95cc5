"""Somebody's own system at the other end of a signed HTTP channel, after docs/channels/signed-http.md.

It knows keys: the same one again is the same message, and gets the same answer.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from helpdesk.demo.phone.base import Account, Accounts, Answer, Call, Hook, Photo, Seen
from helpdesk.demo.phone.uploads import Shelf

WINDOW_S = 300
_TOLD = {"delivered", "read", "failed"}


class Signed:
    kind = "http"

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts
        self.seen: list[Seen] = []
        self.known: dict[str, str] = {}  # by key, our id for it
        self.shelf = Shelf()

    def handle(self, call: Call) -> Answer:
        if file := self.shelf.answer(call):
            return file
        if self._account(call) is None:
            return _json(401, {"error": "The signature is not right."})
        try:
            data = json.loads(call.body)
        except ValueError:
            return _json(400, {"error": "This is not JSON."})
        if data.get("type") == "ping":
            return _json(200, {"name": "The other system"})
        if data.get("type") != "message":
            return _json(422, {"error": f"There is no type {data.get('type')}."})
        return self._take(data)

    def _account(self, call: Call) -> Account | None:
        stamp = call.headers.get("x-helpdesk-timestamp", "")
        given = call.headers.get("x-helpdesk-signature", "")
        if not stamp.isdecimal() or abs(time.time() - int(stamp)) > WINDOW_S:
            return None
        fits = (
            one for one in self.accounts() if hmac.compare_digest(sign(one.secrets, stamp, call.body), given)
        )
        return next(fits, None)

    def _take(self, data: Mapping[str, Any]) -> Answer:
        key = str(data["id"])
        if key not in self.known:
            self.known[key] = f"their-{uuid4().hex[:12]}"
            files = tuple(str(file["url"]) for file in data.get("files", []))
            seen = Seen(
                self.known[key], str(data["to"]), str(data["text"]), files, {"author": data["author"]}
            )
            self.seen.append(seen)
        return _json(200, {"id": self.known[key]})

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
        item: dict[str, Any] = {
            "type": "message",
            "id": external_id or uuid4().hex,
            "from": sender,
            "name": name,
            "text": text,
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time())),
        }
        if files:
            base = str(config.get("url", "")).rstrip("/")
            item["files"] = [
                {
                    "name": file.name,
                    "media_type": file.media_type,
                    "url": f"{base}{self.shelf.keep(file)}",
                }
                for file in files
            ]
        return hook(secrets, item)

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
        if state not in _TOLD:
            return None
        item = {"type": "receipt", "id": external_id, "state": state}
        if state == "failed":
            item["detail"] = "The phone is switched off."
        return hook(secrets, item)


def hook(secrets: Mapping[str, Any], what: Any) -> Hook:
    """Return a call to the desk: one item, or a list of them."""
    body, stamp = json.dumps(what).encode(), str(int(time.time()))
    signature = sign(secrets, stamp, body)
    return Hook(body, {"X-Helpdesk-Timestamp": stamp, "X-Helpdesk-Signature": signature})


def sign(secrets: Mapping[str, Any], stamp: str, body: bytes) -> str:
    key = str(secrets.get("secret", "")).encode()
    return "v1=" + hmac.new(key, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _json(status: int, data: Mapping[str, Any]) -> Answer:
    return Answer(status, json.dumps(data).encode())
