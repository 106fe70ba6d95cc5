"""A WeChat Official Account (https://developers.weixin.qq.com/doc/offiaccount/): messages in plain or safe mode,
answers by the customer-service interface, which takes five of them within 48 hours after a buyer's message.

WeChat knows no keys and tells no receipts: an answer that is lost leaves a message unknown.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django import forms
from django.core.cache import cache
from django.utils import translation
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.http import Answer
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
from inbox.transports.calls import ProviderRefused, call, download, post_form, post_json, read_object
from inbox.transports.parts import send_parts, split_text
from inbox.transports.wechat_wire import decrypt, fits, read_xml

if TYPE_CHECKING:
    from inbox.models import Attachment, Channel

API = "https://api.weixin.qq.com"
WINDOW_S = 300
MAX_BYTES = 2048  # of a text, https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Service_Center_messages.html
MAX_PICTURE = 10 * 1024 * 1024
_PICTURES = {"image/jpeg", "image/png", "image/gif"}
# https://developers.weixin.qq.com/doc/offiaccount/Getting_Started/Global_Return_Code.html
_TOKEN_OVER = {40001, 40014, 42001}
_LOCKED = gettext_noop("WeChat does not let us in")
_LOCKED_OUT = {40013, 40125, 40164, 40243, 48001, 48004, 50002, 89503}
_BUSY = {-1: 30, 45011: 60, 45009: 600}  # after how many seconds it is worth trying again
_WORDS = {
    40003: gettext_noop("WeChat does not know this buyer."),
    45015: gettext_noop("More than 48 hours since the buyer wrote: WeChat takes no message."),
    45047: gettext_noop("WeChat takes five answers to what a buyer writes. They have to write again first."),
}
_OPTED_OUT = {
    43004: gettext_noop("The buyer does not follow the account."),
    48002: gettext_noop("The buyer has switched off the account's messages."),
}
_FILES = {"image": "photo.jpg", "voice": "voice.amr", "video": "video.mp4", "shortvideo": "video.mp4"}


class WeChatForm(forms.Form):
    app_id = forms.RegexField(r"^wx[0-9a-f]{16}$", label="AppID")
    app_secret = forms.RegexField(r"^[0-9a-f]{32}$", label="AppSecret")
    token = forms.RegexField(
        r"^[A-Za-z0-9]{3,32}$", label="Token", help_text=_("Of your own; typed in at WeChat, too.")
    )
    aes_key = forms.RegexField(
        r"^[A-Za-z0-9]{43}$",
        label="EncodingAESKey",
        required=False,
        help_text=_("For messages in safe mode."),
    )


class WeChat(Transport):
    kind = "wechat"
    label = _("WeChat")
    about = _("An Official Account whose followers write to you.")
    icon = "brand-wechat"
    form = WeChatForm
    secret_fields = frozenset({"app_secret", "token", "aes_key"})
    own_secrets = frozenset({"token"})
    steps = (
        _(
            "At mp.weixin.qq.com open Settings and development, Basic configuration: AppID and AppSecret stand there."
        ),
        _("Put the addresses of your desk's servers into the IP whitelist there."),
        _("Make up a token, keep a copy of it, and save; for safe mode also the EncodingAESKey."),
        _(
            "Under Server configuration, paste the address of this channel, the token and the key, and switch it on."
        ),
    )
    hooks = True
    max_text = MAX_BYTES  # of Latin letters; of Chinese a third
    takes_files = True  # pictures; other files as links
    max_file = MAX_PICTURE
    window = timedelta(hours=48)

    def account(self, config: Mapping[str, Any], secrets: Mapping[str, Any]) -> str:
        return str(config.get("app_id", ""))

    def verify(self, channel: "Channel", request: Request) -> bool:
        """SHA-1 over the sorted token, time and nonce; in safe mode over the encrypted text, too.

        In plain mode WeChat does not sign the body: the address, which nobody else knows, has to vouch for it.
        Whoever has given us a key means to be in safe mode, and then nothing plain is taken.
        """
        query, token = request.query, str(channel.secrets.get("token", ""))
        if not _is_fresh(query.get("timestamp", "")):
            return False
        if encrypted := _encrypted(request.body):
            return fits(token, query, query.get("msg_signature", ""), encrypted)
        return not channel.secrets.get("aes_key") and fits(token, query, query.get("signature", ""))

    def challenge(self, channel: "Channel", request: Request) -> Reply | None:
        query, token = request.query, str(channel.secrets.get("token", ""))
        if not _is_fresh(query.get("timestamp", "")) or not fits(token, query, query.get("signature", "")):
            return None
        return Reply(body=query.get("echostr", "")[:200])

    def parse(self, channel: "Channel", request: Request) -> list[Said | Receipt]:
        fields = read_xml(request.body)
        if encrypted := fields.get("Encrypt"):
            key = str(channel.secrets.get("aes_key", ""))
            if not key:
                raise Unreadable(gettext_noop("It came in safe mode, and the EncodingAESKey is missing."))
            fields = read_xml(decrypt(key, str(channel.config.get("app_id", "")), encrypted))
        sender = fields.get("FromUserName", "")
        if not 0 < len(sender) <= 100:
            raise Unreadable(gettext_noop("It is no message as WeChat documents it."))
        if fields.get("MsgType") == "event":
            return _event(channel, sender, fields)
        if not 0 < len(fields.get("MsgId", "")) <= 100:
            raise Unreadable(gettext_noop("It is no message as WeChat documents it."))
        text, media = _content(fields)
        return [Said(fields["MsgId"], sender, text=text, media=media, at=_time(fields))]

    def reply(self, channel: "Channel", request: Request) -> Reply:
        return Reply(body="success")  # anything else, and it comes again

    def fetch(self, channel: "Channel", media: Media, max_bytes: int) -> bytes:
        """Get a temporary file; of a video WeChat tells where it lies."""

        def ask(token: str) -> Answer:
            url = (
                f"{_api(channel)}/cgi-bin/media/get?access_token={token}&media_id={quote(media.ref, safe='')}"
            )
            return download(url, max_bytes=max_bytes)

        try:
            answer, told = _with_token(channel, ask)
            if isinstance(where := told.get("video_url"), str):
                return download(where, max_bytes=max_bytes).body
        except ProviderRefused:
            raise Refused(gettext_noop("WeChat does not give this file.")) from None
        if told.get("errcode"):
            raise _refused(told)
        return answer.body

    # -- Out

    def check(self, channel: "Channel") -> str:
        access_token(channel, fresh=True)
        return str(channel.config.get("app_id", ""))

    def send(self, channel: "Channel", outgoing: Outgoing) -> Sent:
        pictures = [file for file in outgoing.attachments if _is_picture(file)]
        links = [f"{file.name}: {signed_url(file)}" for file in outgoing.attachments if not _is_picture(file)]
        text = "\n".join(filter(None, [outgoing.text, *links]))
        # All pictures first: while they are uploaded, nothing has gone to the buyer.
        uploaded = [_upload(channel, file) for file in pictures]
        data = [
            {"msgtype": "text", "text": {"content": part}} for part in split_text(text, MAX_BYTES, _bytes)
        ]
        data += [{"msgtype": "image", "image": {"media_id": media_id}} for media_id in uploaded]
        send_parts(partial(_say, channel, {"touser": outgoing.to, **one}) for one in data)
        return Sent()


# -- What it brings


def _is_fresh(stamp: str) -> bool:
    is_time = stamp.isascii() and stamp.isdigit() and len(stamp) < 12
    return is_time and abs(time.time() - int(stamp)) <= WINDOW_S


def _encrypted(body: bytes) -> str:
    try:
        return read_xml(body).get("Encrypt", "")
    except Unreadable:
        return ""


def _time(fields: Mapping[str, str]) -> datetime | None:
    stamp = fields.get("CreateTime", "")
    is_time = stamp.isascii() and stamp.isdigit() and len(stamp) < 12
    return datetime.fromtimestamp(int(stamp), UTC) if is_time else None


def _event(channel: "Channel", sender: str, fields: Mapping[str, str]) -> list[Said | Receipt]:
    """Return what somebody did. An event has no MsgId: WeChat says to know it by sender and time.

    Most tell nothing that an agent would miss: where somebody is, that a template was sent, a link in the menu.
    """
    event, at = fields.get("Event", ""), fields.get("CreateTime", "")
    known = f"{sender}:{at}:{event}"[:200]
    said = partial(Said, known, sender, at=_time(fields), automatic=True)
    if event in ("subscribe", "unsubscribe"):
        return [said(opted_out=event == "unsubscribe")]
    if event == "CLICK":
        with translation.override(channel.store.language):
            return [said(text=f"[{gettext('Menu')}: {fields.get('EventKey', '')}]")]
    return []


def _content(fields: Mapping[str, str]) -> tuple[str, tuple[Media, ...]]:
    kind = fields.get("MsgType", "")
    if kind == "text":
        return fields.get("Content", ""), ()
    if kind in _FILES:
        name = _FILES[kind]
        if kind == "voice" and (form := fields.get("Format", "").lower()) and form.isalnum():
            name = f"voice.{form[:8]}"
        return fields.get("Recognition", ""), (Media(name, ref=fields.get("MediaId", "")),)
    if kind == "location":
        return _place(fields), ()
    if kind == "link":
        parts = [fields.get(name, "") for name in ("Title", "Description", "Url")]
        return "\n".join(filter(None, parts)), ()
    return f"… ({kind})", ()


def _place(fields: Mapping[str, str]) -> str:
    """Return a place as words and a map. Tencent's own: its maps and WeChat place things alike (GCJ-02)."""
    label = fields.get("Label", "")
    try:
        at = f"{float(fields.get('Location_X', '')):.6f},{float(fields.get('Location_Y', '')):.6f}"
    except ValueError:
        return label or "… (location)"
    title = quote(label or at, safe="")
    link = f"https://apis.map.qq.com/uri/v1/marker?marker=coord:{at};title:{title}&referer=helpdesk"
    return f"{label}\n{link}".strip()


# -- Calls to WeChat


def _api(channel: "Channel") -> str:
    return str(channel.config.get("api") or API)


def access_token(channel: "Channel", *, stale: str = "", fresh: bool = False) -> str:
    """Return the account's token. `stale`: that one is over; `fresh`: ask WeChat, whatever we know.

    It lives for two hours, and all workers use the one in the cache. Where the cache has lost it, it is asked for
    again: a stable token is the same for whoever asks (…/doc/service/api/base/api_getstableaccesstoken.html).
    Raises Later.
    """
    app_id, app_secret = str(channel.config.get("app_id", "")), str(channel.secrets.get("app_secret", ""))
    whose = hashlib.sha256(f"{_api(channel)} {app_id} {app_secret}".encode()).hexdigest()[:32]
    key = f"wechat-token:{whose}"
    if not fresh and (known := cache.get(key)) and known != stale:
        return str(known)
    data = {"grant_type": "client_credential", "appid": app_id, "secret": app_secret}
    try:
        found = read_object(post_json(f"{_api(channel)}/cgi-bin/stable_token", data).body)
    except NoAnswer as error:  # to ask for a token sends nothing to anybody
        raise Later(str(error), channel=True) from None
    except ProviderRefused as error:
        raise Later(f"{_LOCKED}: {error}", channel=True) from None
    token, seconds = found.get("access_token"), found.get("expires_in")
    if not isinstance(token, str) or not token:
        raise Later(f"{_LOCKED}: {_words(found)}", retry_after=30, channel=True)
    # Five minutes before its end a new one is given out, and both are good until then.
    cache.set(key, token, max(60, seconds - 300) if isinstance(seconds, int) else 60)
    return token


def _with_token(channel: "Channel", ask: Callable[[str], Answer]) -> tuple[Answer, dict[str, Any]]:
    """Call with the token, and once more with a new one where WeChat says that it is over.

    Return the answer and what it says, {} for a file. Raises what `ask` raises, and Later.
    """
    token = access_token(channel)
    for _attempt in range(2):
        answer = ask(token)
        told = read_object(answer.body) if answer.body.lstrip()[:1] == b"{" else {}
        if told.get("errcode") not in _TOKEN_OVER:
            return answer, told
        token = access_token(channel, stale=token)
    raise Later(f"{_LOCKED}: {_words(told)}", channel=True)


def _say(channel: "Channel", data: Mapping[str, Any]) -> None:
    # Written out in UTF-8: WeChat shows \uXXXX as it stands.
    body, headers = json.dumps(data, ensure_ascii=False).encode(), {"Content-Type": "application/json"}

    def ask(token: str) -> Answer:
        url = f"{_api(channel)}/cgi-bin/message/custom/send?access_token={token}"
        return call("POST", url, body=body, headers=headers)

    _answer, told = _with_token(channel, ask)
    if told.get("errcode") is None:
        raise NoAnswer(gettext_noop("The provider's answer was broken."))
    if told["errcode"] != 0:
        raise _refused(told)


def _upload(channel: "Channel", file: "Attachment") -> str:
    """Give WeChat a picture; return its name for it, which is good for three days."""
    with file.file.open("rb") as stored:
        content = stored.read()
    name = f"picture.{file.media_type.partition('/')[2]}"

    def ask(token: str) -> Answer:
        url = f"{_api(channel)}/cgi-bin/media/upload?access_token={token}&type=image"
        return post_form(url, {}, {"media": (name, file.media_type, content)})

    try:
        _answer, told = _with_token(channel, ask)
    except NoAnswer as error:  # the buyer has not got anything yet
        raise Later(str(error)) from None
    if told.get("errcode"):
        raise _refused(told)
    if not isinstance(media_id := told.get("media_id"), str):
        raise Later(gettext_noop("The provider's answer was broken."))
    return media_id


def _words(told: Mapping[str, Any]) -> str:
    return f"{told.get('errmsg', '')} ({told.get('errcode', '')})"[:200]


def _refused(told: Mapping[str, Any]) -> Refused | Later:
    code = told.get("errcode")
    if not isinstance(code, int):
        return Refused(_words(told))
    if code in _BUSY:
        return Later(_words(told), retry_after=_BUSY[code], channel=True)
    if code in _LOCKED_OUT:
        return Later(f"{_LOCKED}: {_words(told)}", channel=True)
    if code in _OPTED_OUT:
        return OptedOut(_OPTED_OUT[code])
    return Refused(_WORDS.get(code) or _words(told))


def _is_picture(file: "Attachment") -> bool:
    return file.media_type in _PICTURES and file.size <= MAX_PICTURE


def _bytes(text: str) -> int:
    return len(text.encode())
