"""A WeChat Official Account, played after https://developers.weixin.qq.com/doc/offiaccount/: tokens, files, answers
of the customer service, and what it pushes in plain or in safe mode.

It answers HTTP 200 to everything and says what is wrong in `errcode`. It knows no keys and tells no receipts.
"""

import base64
import hashlib
import json
import os
import struct
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from helpdesk.demo.phone.base import Accounts, Answer, Call, Hook, Photo, Seen
from helpdesk.demo.phone.uploads import Shelf, read_form

MAX_BYTES = 2048
MAX_PICTURE = 10 * 1024 * 1024
LIVES_S = 7200
OPEN_S = 48 * 3600  # after a message of the buyer's, and for
ANSWERS = 5  # of them
_KINDS = {"image": "image", "audio": "voice", "video": "video"}


class Wrong(Exception):
    """A call that is answered with an error (…/Getting_Started/Global_Return_Code.html)."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass
class Follower:
    wrote_at: float
    answers_left: int
    follows: bool = True


class WeChat:
    kind = "wechat"

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts
        self.seen: list[Seen] = []
        self.tokens: dict[str, tuple[str, float]] = {}  # by AppID: the one that is good, and until when
        self.followers: dict[tuple[str, str], Follower] = {}  # by AppID and OpenID
        self.media: dict[str, Photo] = {}
        self.shelf = Shelf()
        self.uploads: dict[str, str] = {}  # by media_id, where the phone finds it
        self.apis: dict[str, str] = {}
        self.numbers = count(int(time.time()) * 1000)

    def handle(self, call: Call) -> Answer:
        if shown := self.shelf.answer(call):
            return shown
        if call.path.startswith("/video/"):
            return self._stored(call.path.removeprefix("/video/"))
        try:
            if call.path == "/cgi-bin/stable_token" and call.method == "POST":
                return _json(self._token(_object(call)))
            app_id = self._app_id(call)
            if call.path == "/cgi-bin/message/custom/send" and call.method == "POST":
                return _json(self._send(app_id, _object(call)))
            if call.path == "/cgi-bin/media/upload" and call.method == "POST":
                return _json(self._upload(call))
            if call.path == "/cgi-bin/media/get":
                return self._get(call.query.get("media_id", ""))
            raise Wrong(40066, "invalid url")
        except Wrong as wrong:
            return _json({"errcode": wrong.code, "errmsg": wrong.message})

    # -- Tokens

    def _token(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """A stable token is the same for whoever asks, until it is over or somebody forces a new one."""
        if given.get("grant_type") != "client_credential":
            raise Wrong(40002, "invalid grant_type")
        app_id = str(given.get("appid", ""))
        mine = [account for account in self.accounts() if account.config.get("app_id") == app_id]
        if not mine:
            raise Wrong(40013, "invalid appid")
        if not any(account.secrets.get("app_secret") == given.get("secret") for account in mine):
            raise Wrong(40125, "invalid appsecret")
        token, until = self.tokens.get(app_id, ("", 0.0))
        if until <= time.time() or given.get("force_refresh"):
            token, until = f"T_{uuid4().hex}{uuid4().hex}", time.time() + LIVES_S
            self.tokens[app_id] = token, until
        return {"access_token": token, "expires_in": int(until - time.time())}

    def _app_id(self, call: Call) -> str:
        given = call.query.get("access_token", "")
        if not given:
            raise Wrong(41001, "access_token missing")
        for app_id, (token, until) in self.tokens.items():
            if token == given:
                if until <= time.time():
                    raise Wrong(42001, "access_token expired")
                return app_id
        raise Wrong(40001, "invalid credential, access_token is invalid or not latest")

    # -- Answers

    def _send(self, app_id: str, given: Mapping[str, Any]) -> dict[str, Any]:
        to, kind = str(given.get("touser", "")), given.get("msgtype")
        follower = self.followers.get((app_id, to))
        if follower is None:
            raise Wrong(40003, "invalid openid")
        if not follower.follows:
            raise Wrong(43004, "require subscribe")
        if time.time() - follower.wrote_at > OPEN_S:
            raise Wrong(45015, "response out of time limit or subscription is canceled")
        if follower.answers_left < 1:
            raise Wrong(45047, "out of response count limit")
        text = ""
        files: tuple[str, ...] = ()
        if kind == "text":
            text = str(given.get("text", {}).get("content", ""))
            if not text:
                raise Wrong(44004, "empty content")
            if len(text.encode()) > MAX_BYTES:
                raise Wrong(45002, "content size out of limit")
        elif kind == "image":
            files = (self._uploaded(str(given.get("image", {}).get("media_id", ""))),)
        else:
            raise Wrong(40008, "invalid message type")
        follower.answers_left -= 1
        self.seen.append(Seen("", to, text, files))
        return {"errcode": 0, "errmsg": "ok"}

    def _upload(self, call: Call) -> dict[str, Any]:
        _fields, files = read_form(call)
        kind, file = call.query.get("type", ""), files.get("media")
        if file is None:
            raise Wrong(41005, "media data missing")
        if kind != "image" or not file.media_type.startswith("image/"):
            raise Wrong(40004, "invalid media type")
        if len(file.content) > MAX_PICTURE:
            raise Wrong(40009, "invalid image size")
        media_id = uuid4().hex
        self.uploads[media_id] = self.shelf.keep(file)
        return {"type": kind, "media_id": media_id, "created_at": int(time.time())}

    def _uploaded(self, media_id: str) -> str:
        if media_id not in self.uploads:
            raise Wrong(40007, "invalid media_id")
        return self.uploads[media_id]

    # -- Files of buyers

    def _get(self, media_id: str) -> Answer:
        if media_id not in self.media:
            raise Wrong(40007, "invalid media_id")
        file = self.media[media_id]
        if file.media_type.startswith("video/"):
            return _json({"video_url": f"{self.apis[media_id]}/video/{media_id}"})
        named = {"Content-disposition": f'attachment; filename="{media_id}"'}
        return Answer(200, file.content, file.media_type, named)

    def _stored(self, media_id: str) -> Answer:
        file = self.media.get(media_id)
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
        app_id = str(config.get("app_id", ""))
        self.followers[app_id, sender] = Follower(time.time(), ANSWERS)
        fields: dict[str, str] = {"MsgType": "text", "Content": text}
        if files:
            (file,) = files  # WeChat brings one file with a message, and no words
            fields = self._told(config, file)
        return self.push(config, secrets, sender, fields | {"MsgId": external_id or str(next(self.numbers))})

    def event(
        self, config: Mapping[str, Any], secrets: Mapping[str, Any], sender: str, event: str, key: str = ""
    ) -> Hook:
        """Return the call that tells what somebody did: subscribe, unsubscribe, CLICK."""
        whose = (str(config.get("app_id", "")), sender)
        follower = self.followers.setdefault(whose, Follower(0, 0))
        follower.follows = event != "unsubscribe"
        return self.push(config, secrets, sender, {"MsgType": "event", "Event": event, "EventKey": key})

    def push(
        self,
        config: Mapping[str, Any],
        secrets: Mapping[str, Any],
        sender: str,
        fields: Mapping[str, str],
    ) -> Hook:
        """Return the call that brings a message or an event of any kind."""
        whole = {"ToUserName": "gh_store", "FromUserName": sender, "CreateTime": str(int(time.time()))}
        return hook(config, secrets, xml(whole | dict(fields)))

    def _told(self, config: Mapping[str, Any], file: Photo) -> dict[str, str]:
        media_id, kind = uuid4().hex, _KINDS.get(file.media_type.partition("/")[0], "")
        if not kind:
            raise ValueError("In WeChat one sends pictures, voice and videos.")
        self.media[media_id], self.apis[media_id] = file, str(config.get("api", ""))
        fields = {"MsgType": kind, "MediaId": media_id}
        if kind == "image":
            fields["PicUrl"] = f"http://mmbiz.qpic.cn/{media_id}/0"
        elif kind == "voice":
            fields["Format"] = "amr"
        else:
            fields["ThumbMediaId"] = uuid4().hex
        return fields

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


def hook(config: Mapping[str, Any], secrets: Mapping[str, Any], body: bytes) -> Hook:
    """Return a call of WeChat's: signed in its address; encrypted where the account has a key."""
    query = signed(secrets)
    if key := str(secrets.get("aes_key", "")):
        encrypted = encrypt(key, str(config.get("app_id", "")), body)
        body = xml({"ToUserName": "gh_store", "Encrypt": encrypted})
        token = str(secrets.get("token", ""))
        parts = sorted([token, query["timestamp"], query["nonce"], encrypted])
        query |= {
            "encrypt_type": "aes",
            "msg_signature": hashlib.sha1("".join(parts).encode()).hexdigest(),
        }
    return Hook(body, {}, query, "text/xml")


def signed(secrets: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters by which WeChat shows that it knows the token."""
    stamp, nonce = str(int(time.time())), str(int.from_bytes(os.urandom(4)))
    parts = sorted([str(secrets.get("token", "")), stamp, nonce])
    digest = hashlib.sha1("".join(parts).encode()).hexdigest()
    return {"signature": digest, "timestamp": stamp, "nonce": nonce}


def encrypt(aes_key: str, app_id: str, message: bytes) -> str:
    """Return the base64 of AES-256-CBC over 16 random bytes, the length, the message and the AppID, PKCS #7 to 32."""
    key = base64.b64decode(f"{aes_key}=")
    padder = padding.PKCS7(256).padder()
    plain = os.urandom(16) + struct.pack(">I", len(message)) + message + app_id.encode()
    encryptor = Cipher(algorithms.AES256(key), modes.CBC(key[:16])).encryptor()
    padded = padder.update(plain) + padder.finalize()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def xml(fields: Mapping[str, str]) -> bytes:
    """Return a flat XML as WeChat writes it: texts in CDATA, numbers bare."""
    told = []
    for name, value in fields.items():
        bare = value.isascii() and value.isdigit() and name in ("CreateTime", "MsgId")
        safe = value.replace("]]>", "]]]]><![CDATA[>")
        told.append(f"<{name}>{value if bare else f'<![CDATA[{safe}]]>'}</{name}>")
    return f"<xml>{''.join(told)}</xml>".encode()


def _object(call: Call) -> dict[str, Any]:
    try:
        found = json.loads(call.body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Wrong(47001, "data format error")
    return found


def _json(data: Mapping[str, Any]) -> Answer:
    return Answer(200, json.dumps(data, ensure_ascii=False).encode())
