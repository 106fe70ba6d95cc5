"""Telegram, played after https://core.telegram.org/bots/api: a bot's methods, its files, and its updates.

It tells no receipts, knows no keys, and brings one file with a message.
"""

import json
import time
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from helpdesk.demo.phone.base import Account, Accounts, Answer, Call, Hook, Photo, Seen
from helpdesk.demo.phone.uploads import Shelf, read_form

MAX_TEXT, MAX_CAPTION = 4096, 1024  # https://core.telegram.org/bots/api#sendmessage
MAX_DOWNLOAD = 20 * 1024 * 1024  # https://core.telegram.org/bots/api#getfile
MAX_PHOTO, MAX_UPLOAD = 10 * 1024 * 1024, 50 * 1024 * 1024  # https://core.telegram.org/bots/api#sending-files


class Wrong(Exception):
    """A call that Telegram answers with an error."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(description)
        self.code, self.description = code, description


class Telegram:
    kind = "telegram"

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts
        self.seen: list[Seen] = []
        self.hooks: dict[str, dict[str, Any]] = {}  # what setWebhook was told, by token
        self.shelf = Shelf()
        self.files: dict[str, tuple[str, Photo]] = {}  # by file_id, as (path, file)
        self.numbers = count(int(time.time()))  # of messages and updates; later ones after a restart, too

    def handle(self, call: Call) -> Answer:
        if shown := self.shelf.answer(call):
            return shown
        if call.path.startswith("/file/bot"):
            return self._file(call)
        token, _, method = call.path.removeprefix("/bot").partition("/")
        try:
            if not call.path.startswith("/bot") or ":" not in token:
                raise Wrong(404, "Not Found")
            if self._account(token) is None:
                raise Wrong(401, "Unauthorized")
            given, files = _given(call)
            return _ok(self._method(token, method, given, files))
        except Wrong as wrong:
            data = {"ok": False, "error_code": wrong.code, "description": wrong.description}
            return Answer(wrong.code, json.dumps(data).encode())

    def _account(self, token: str) -> Account | None:
        found = (account for account in self.accounts() if account.secrets.get("token") == token)
        return next(found, None)

    def _method(self, token: str, method: str, given: dict[str, Any], files: dict[str, Photo]) -> Any:
        if method == "getMe":
            number = int(token.split(":")[0])
            return {"id": number, "is_bot": True, "first_name": "Store", "username": "store_bot"}
        if method == "setWebhook":
            if not str(given.get("url", "")).startswith(("https://", "http://127.0.0.1", "http://localhost")):
                raise Wrong(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
            self.hooks[token] = given
            return True
        if method == "getWebhookInfo":
            url = self.hooks.get(token, {}).get("url", "")
            return {"url": url, "has_custom_certificate": False, "pending_update_count": 0}
        if method == "getFile":
            return self._get_file(str(given.get("file_id", "")))
        if method in ("sendMessage", "sendPhoto", "sendDocument"):
            return self._send(method, given, files)
        raise Wrong(404, "Not Found")

    def _send(self, method: str, given: dict[str, Any], files: dict[str, Photo]) -> dict[str, Any]:
        chat = str(given.get("chat_id", ""))
        if not chat.lstrip("-").isdecimal():
            raise Wrong(400, "Bad Request: chat not found" if chat else "Bad Request: chat_id is empty")
        text = given.get("text" if method == "sendMessage" else "caption", "")
        if not isinstance(text, str) or (method == "sendMessage" and not text.strip()):
            raise Wrong(400, "Bad Request: message text is empty")
        if _units(text) > (MAX_TEXT if method == "sendMessage" else MAX_CAPTION):
            raise Wrong(400, "Bad Request: message is too long")
        addresses: tuple[str, ...] = ()
        if method != "sendMessage":
            addresses = (self._sent_file(method.removeprefix("send").lower(), given, files),)
        number = next(self.numbers)
        self.seen.append(Seen(f"{chat}:{number}", chat, text, addresses))
        message = {"message_id": number, "date": int(time.time()), "chat": _chat(int(chat))}
        return {**message, "text": text} if text else message

    def _sent_file(self, kind: str, given: dict[str, Any], files: dict[str, Photo]) -> str:
        """Return where the phone finds a file: bytes in a form, or an address that Telegram would get it from."""
        if file := files.get(kind):
            if len(file.content) > (MAX_PHOTO if kind == "photo" else MAX_UPLOAD):
                raise Wrong(413, "Request Entity Too Large")
            return self.shelf.keep(file)
        address = given.get(kind)
        if not isinstance(address, str) or not address.startswith(("http://", "https://")):
            raise Wrong(400, "Bad Request: wrong remote file identifier specified: Wrong string length")
        return address

    # -- Files of buyers

    def _get_file(self, file_id: str) -> dict[str, Any]:
        if file_id not in self.files:
            raise Wrong(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        path, file = self.files[file_id]
        if len(file.content) > MAX_DOWNLOAD:
            raise Wrong(400, "Bad Request: file is too big")
        size = len(file.content)
        return {"file_id": file_id, "file_unique_id": f"u{file_id}", "file_size": size, "file_path": path}

    def _file(self, call: Call) -> Answer:
        token, _, path = call.path.removeprefix("/file/bot").partition("/")
        if self._account(token) is not None:
            for known, file in self.files.values():
                if known == path:
                    return Answer(200, file.content, "application/octet-stream")
        return Answer(404, b'{"ok":false,"error_code":404,"description":"Not Found"}')

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
        what: dict[str, Any] = {}
        if files:
            (file,) = files
            what |= self._told(file)
        if text:
            what["caption" if files else "text"] = text
        return self.tell(secrets, sender, what, name=name, external_id=external_id)

    def tell(
        self,
        secrets: Mapping[str, Any],
        sender: str,
        what: Mapping[str, Any],
        *,
        name: str = "",
        external_id: str = "",
    ) -> Hook:
        """Return the call that brings a message with whatever in it."""
        first, _, last = name.partition(" ")
        person = {"id": int(sender), "is_bot": False, "first_name": first or "Buyer", "language_code": "en"}
        if last:
            person["last_name"] = last
        message = {
            "message_id": int(external_id.partition(":")[2]) if external_id else next(self.numbers),
            "from": person,
            "chat": _chat(int(sender), first or "Buyer"),
            "date": int(time.time()),
            **what,
        }
        return self.update(secrets, {"message": message})

    def update(self, secrets: Mapping[str, Any], what: Mapping[str, Any]) -> Hook:
        """Return the call that brings an update of any kind."""
        body = json.dumps({"update_id": next(self.numbers), **what}, ensure_ascii=False).encode()
        return Hook(body, {"X-Telegram-Bot-Api-Secret-Token": str(secrets.get("secret", ""))})

    def _told(self, file: Photo) -> dict[str, Any]:
        """Return how Telegram tells of a file: pictures come in sizes, the largest last, and without a name."""
        number = next(self.numbers)
        kinds = {"image/jpeg": "photo", "image/png": "photo", "audio/ogg": "voice", "video/mp4": "video"}
        kind = kinds.get(file.media_type, "document")
        path = f"{kind}s/file_{number}" + ("" if kind != "photo" else ".jpg")
        known = {"file_id": f"F{number}", "file_unique_id": f"uF{number}", "file_size": len(file.content)}
        self.files[f"F{number}"] = (path, file)
        if kind == "photo":
            self.files[f"S{number}"] = (f"photos/small_{number}.jpg", Photo("", "", b"small"))
            small = {"file_id": f"S{number}", "file_unique_id": f"uS{number}", "file_size": 5}
            return {"photo": [{**small, "width": 90, "height": 90}, {**known, "width": 800, "height": 800}]}
        if kind == "document":
            known["file_name"] = file.name
        return {kind: {**known, "mime_type": file.media_type}}

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
        return None


def _given(call: Call) -> tuple[dict[str, Any], dict[str, Photo]]:
    """Return the parameters of a call: in the address, as JSON, or as a form (…/bots/api#making-requests)."""
    if call.headers.get("content-type", "").startswith("multipart/form-data"):
        fields, files = read_form(call)
        return {**call.query, **fields}, files
    try:
        data = json.loads(call.body or b"{}")
    except ValueError:
        raise Wrong(400, "Bad Request: can't parse JSON object") from None
    if not isinstance(data, dict):
        raise Wrong(400, "Bad Request: object expected as JSON body")
    return {**call.query, **data}, {}


def _ok(result: Any) -> Answer:
    return Answer(200, json.dumps({"ok": True, "result": result}, ensure_ascii=False).encode())


def _chat(number: int, first_name: str = "Buyer") -> dict[str, Any]:
    return {"id": number, "type": "private", "first_name": first_name}


def _units(text: str) -> int:
    """Telegram counts as UTF-16 does."""
    return len(text.encode("utf-16-le")) // 2
