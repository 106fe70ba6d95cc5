"""Telegram, by a bot of the store's (https://core.telegram.org/bots/api).

Telegram tells no receipts, and knows no keys: an answer that is lost leaves a message unknown. A bot can only
answer: whoever has not written to it, or has blocked it, is out of its reach.
"""

import hmac
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from inbox.transports.base import (
    Later,
    Media,
    NoAnswer,
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
from inbox.transports.calls import (
    MAX_RETRY_AFTER_S,
    ProviderBusy,
    ProviderRefused,
    download,
    post_form,
    post_json,
    read_json,
    read_object,
)
from inbox.transports.parts import send_parts, split_text, utf16_units

if TYPE_CHECKING:
    from inbox.models import Attachment, Channel

API = "https://api.telegram.org"
MAX_CAPTION = 1024  # https://core.telegram.org/bots/api#sendphoto
MAX_PHOTO, MAX_FILE = 10 * 1024 * 1024, 50 * 1024 * 1024  # https://core.telegram.org/bots/api#sending-files
# What we ask for: messages, what becomes of them, and who blocks the bot.
UPDATES = ["message", "edited_message", "my_chat_member"]
_LOCKED = gettext_noop("Telegram does not let us in")
_UNKNOWN = gettext_noop("The bot cannot write to this buyer: they have not written to it.")
# What Telegram documents in no list, but says in these words, and agents meet.
_WORDS = {
    "blocked by the user": gettext_noop("The buyer has blocked the bot."),
    "user is deactivated": gettext_noop("The buyer has no account at Telegram any more."),
    "chat not found": _UNKNOWN,
    "can't initiate conversation": _UNKNOWN,
    "file is too big": gettext_noop("larger than the 20 MB that Telegram gives to bots"),
}
# What a message may hold besides text, and what to call it where Telegram has no name for it.
_FILES = {
    "document": "file",
    "video": "video.mp4",
    "audio": "audio.mp3",
    "voice": "voice.ogg",
    "animation": "animation.mp4",
    "video_note": "video.mp4",
    "sticker": "sticker.webp",
}
# What is about a message rather than in it (https://core.telegram.org/bots/api#message).
_ABOUT = re.compile(
    r"(message|forward|reply|sender|is|has|paid|suggested|direct|caption|show|business)_.*"
    r"|from|date|chat|text|caption|entities|quote|via_bot|edit_date|effect_id|external_reply"
    r"|media_group_id|author_signature|link_preview_options"
)
# What the buyer did with their own screen: nothing that somebody said.
_QUIET = frozenset({"pinned_message", "message_auto_delete_timer_changed", "chat_background_set"})


class TelegramForm(forms.Form):
    token = forms.CharField(
        label=_("Bot token"), max_length=100, help_text=_("From @BotFather, such as 123456:ABC-DEF.")
    )
    secret = forms.RegexField(
        r"^[A-Za-z0-9_-]{16,256}$",
        label=_("Webhook secret"),
        help_text=_("16 characters or more of your own; Telegram sends it with every call."),
    )


class Telegram(Transport):
    kind = "telegram"
    label = "Telegram"
    about = _("A bot of yours, to which buyers write.")
    icon = "brand-telegram"
    form = TelegramForm
    secret_fields = frozenset({"token", "secret"})
    own_secrets = frozenset({"secret"})
    steps = (
        _("In Telegram, write /newbot to @BotFather: it makes a bot and answers with its token."),
        _("Paste the token here, make up a webhook secret, and save."),
        _("Then press “Tell them our address”: Telegram brings here what buyers write to the bot."),
    )
    hooks = connects = True
    max_text = 4096
    takes_files = True
    max_file = MAX_FILE

    def account(self, config: Mapping[str, Any], secrets: Mapping[str, Any]) -> str:
        return str(secrets.get("token", "")).partition(":")[0]  # the bot's number: a new token keeps it

    def verify(self, channel: "Channel", request: Request) -> bool:
        given = request.headers.get("x-telegram-bot-api-secret-token", "")
        wanted = str(channel.secrets.get("secret", ""))
        return bool(wanted) and hmac.compare_digest(given.encode(), wanted.encode())

    def parse(self, channel: "Channel", request: Request) -> list[Said | Receipt]:
        update = read_json(request.body)
        try:
            if update.get("message") is not None:
                return _message(update["message"])
            if update.get("edited_message") is not None:
                return _edited(update["edited_message"])
            if update.get("my_chat_member") is not None:
                return _membership(int(update["update_id"]), update["my_chat_member"])
        except _NOT_DOCUMENTED:
            raise Unreadable(gettext_noop("It is no message as Telegram documents it.")) from None
        return []  # a kind of update that we did not ask for

    def fetch(self, channel: "Channel", media: Media, max_bytes: int) -> bytes:
        try:
            found = self._call(channel, "getFile", {"file_id": media.ref})
            path = found["file_path"]
            if int(found.get("file_size") or 0) > max_bytes:
                raise Refused(gettext_noop("too large"))
            url = f"{_api(channel)}/file/bot{_token(channel)}/{quote(str(path))}"
            return download(url, max_bytes=max_bytes).body
        except NoAnswer as error:
            raise Later(str(error)) from None  # to ask for a file changes nothing
        except (ProviderRefused, KeyError, TypeError, ValueError):
            raise Refused(gettext_noop("Telegram does not give this file")) from None

    def check(self, channel: "Channel") -> str:
        return f"@{self._call(channel, 'getMe', {}).get('username', '')}"

    def connect(self, channel: "Channel", url: str) -> None:
        """Tell Telegram where to bring what buyers write. Raises TransportError."""
        given = {"url": url, "secret_token": channel.secrets["secret"], "allowed_updates": UPDATES}
        self._said_ok(partial(post_json, self._url(channel, "setWebhook"), given))

    def send(self, channel: "Channel", outgoing: Outgoing) -> Sent:
        text, files, calls = outgoing.text.strip(), outgoing.attachments, []
        caption = ""
        if len(files) == 1 and utf16_units(text) <= MAX_CAPTION:
            caption, text = text, ""  # one message is no two: nothing can happen between them
        for part in split_text(text, self.max_text, utf16_units):
            calls.append(partial(self._call, channel, "sendMessage", {"chat_id": outgoing.to, "text": part}))
        for file in files:
            calls.append(partial(self._send_file, channel, outgoing.to, file, caption))
        return Sent(f"{outgoing.to}:{send_parts(calls)['message_id']}")

    def _send_file(self, channel: "Channel", chat: str, file: "Attachment", caption: str) -> dict[str, Any]:
        """Upload it: by an address Telegram would take some sorts of files only."""
        kind = "photo" if _is_photo(file) else "document"
        with file.file.open("rb") as opened:
            what = {kind: (file.name, file.media_type, opened.read())}
        fields = {"chat_id": chat} | ({"caption": caption} if caption else {})
        url = self._url(channel, f"send{kind.capitalize()}")
        return _result(self._said_ok(partial(post_form, url, fields, what)))

    def _call(self, channel: "Channel", method: str, data: dict[str, Any]) -> dict[str, Any]:
        """Call a method of the bot; return its result, an object. Raises TransportError."""
        return _result(self._said_ok(partial(post_json, self._url(channel, method), data)), method)

    def _said_ok(self, ask: Callable[[], Any]) -> dict[str, Any]:
        """Return an answer that says that it was done. Raises Refused, Later or NoAnswer."""
        try:
            answer = read_object(ask().body)
        except ProviderRefused as refusal:
            raise _refused(refusal) from None
        except ProviderBusy as busy:
            raise _busy(busy) from None
        if answer.get("ok") is not True:
            raise NoAnswer(gettext_noop("Telegram's answer was broken."))
        return answer

    def _url(self, channel: "Channel", method: str) -> str:
        return f"{_api(channel)}/bot{_token(channel)}/{method}"


def _api(channel: "Channel") -> str:
    return str(channel.config.get("api") or API)


def _token(channel: "Channel") -> str:
    return str(channel.secrets.get("token", ""))


def _result(answer: dict[str, Any], method: str = "send") -> dict[str, Any]:
    result = answer.get("result")
    if not isinstance(result, dict) or (method.startswith("send") and "message_id" not in result):
        raise NoAnswer(gettext_noop("Telegram's answer was broken."))
    return result


def _busy(busy: ProviderBusy) -> Later:
    """How long stands in the answer, not in a header (https://core.telegram.org/bots/api#responseparameters)."""
    said = read_object(busy.body)
    parameters = said.get("parameters")
    pause = parameters.get("retry_after") if isinstance(parameters, dict) else None
    seconds = float(pause) if isinstance(pause, int) and pause < MAX_RETRY_AFTER_S else MAX_RETRY_AFTER_S
    words = str(said.get("description") or busy)[:200]
    return Later(words, retry_after=busy.retry_after if pause is None else seconds, channel=True)


def _refused(refusal: ProviderRefused) -> Refused | Later:
    words = str(refusal.json().get("description") or f"HTTP {refusal.status}")[:200]
    if refusal.status in (401, 404):  # a token that is not good any more: nothing can be sent
        return Later(f"{_LOCKED}: {words}", channel=True)
    ours = next((said for known, said in _WORDS.items() if known in words), words)
    return OptedOut(ours) if refusal.status == 403 and "blocked by the user" in words else Refused(ours)


def _is_photo(file: "Attachment") -> bool:
    """Whether Telegram shows it as a picture (https://core.telegram.org/bots/api#sendphoto)."""
    wide, high = file.width or 0, file.height or 0
    return (
        file.media_type in ("image/jpeg", "image/png")
        and file.size <= MAX_PHOTO
        and 0 < wide + high <= 10_000
        and max(wide, high) <= 20 * min(wide, high)
    )


# -- What buyers write

_NOT_DOCUMENTED = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, OSError)


def _message(message: dict[str, Any]) -> list[Said | Receipt]:
    chat, sender = message["chat"], message.get("from") or {}
    if chat.get("type") != "private" or sender.get("is_bot"):
        return []  # a group is no buyer
    if _QUIET & message.keys():
        return []
    number = _whole(message["message_id"])
    replied = message.get("reply_to_message") or {}
    try:
        text, media = _content(message)
    except (
        _NOT_DOCUMENTED
    ):  # who wrote is known: that they did is not lost, and the rest stays in the payload
        text, media = "…", ()
    return [
        Said(
            external_id=f"{_whole(chat['id'])}:{number}",
            sender=str(_whole(chat["id"])),
            name=_name(sender),
            text=text,
            media=media,
            at=datetime.fromtimestamp(_whole(message["date"]), UTC),
            answers=(f"{chat['id']}:{_whole(replied['message_id'])}",) if replied else (),
        )
    ]


def _edited(message: dict[str, Any]) -> list[Said | Receipt]:
    """A message that was changed is told as one more, which answers the first: what was read stays as it was."""
    text = _text(message, "text") or _text(message, "caption")
    if not text or message["chat"].get("type") != "private" or (message.get("from") or {}).get("is_bot"):
        return []  # a place on a map that moves, say
    chat, number, at = (
        _whole(n) for n in (message["chat"]["id"], message["message_id"], message["edit_date"])
    )
    return [
        Said(
            external_id=f"{chat}:{number}:{at}",
            sender=str(chat),
            name=_name(message.get("from") or {}),
            text=f"✎ {text}",
            at=datetime.fromtimestamp(at, UTC),
            answers=(f"{chat}:{number}",),
        )
    ]


def _membership(update_id: int, change: dict[str, Any]) -> list[Said | Receipt]:
    """Blocking the bot is «kicked», and writing to it again «member»."""
    status = change["new_chat_member"]["status"]
    if change["chat"].get("type") != "private" or status not in ("kicked", "member"):
        return []
    return [
        Said(
            external_id=f"update:{update_id}",
            sender=str(_whole(change["chat"]["id"])),
            name=_name(change["from"]),
            at=datetime.fromtimestamp(_whole(change["date"]), UTC),
            automatic=True,
            opted_out=status == "kicked",
        )
    ]


def _content(message: dict[str, Any]) -> tuple[str, tuple[Media, ...]]:
    """Return the words and the files of a message; «…» and its sort for what can be shown in neither."""
    lines = [_text(message, "text") or _text(message, "caption")]
    media = _media(message)
    if place := message.get("venue") or (
        {"location": message["location"]} if "location" in message else None
    ):
        at = place["location"]
        lines += [_text(place, "title"), _text(place, "address")]
        lines.append(f"https://maps.google.com/?q={float(at['latitude'])},{float(at['longitude'])}")
    if contact := message.get("contact"):
        name = f"{_text(contact, 'first_name')} {_text(contact, 'last_name')}".strip()
        lines.append(f"{name} {_text(contact, 'phone_number')}".strip())
    if poll := message.get("poll"):
        lines += [_text(poll, "question"), *(f"- {_text(option, 'text')}" for option in poll["options"])]
    if dice := message.get("dice"):
        lines.append(f"{_text(dice, 'emoji')} {_whole(dice['value'])}")
    if (sticker := message.get("sticker")) and not media:
        lines.append(_text(sticker, "emoji"))
    text = "\n".join(filter(None, lines))
    if not text and not media:
        sorts = [name for name in message if not _ABOUT.fullmatch(name)]
        text = f"… ({sorts[0]})" if sorts else "…"
    return text, media


def _media(message: dict[str, Any]) -> tuple[Media, ...]:
    found = []
    if photos := message.get("photo"):
        found.append(Media("photo.jpg", "image/jpeg", ref=_id(photos[-1])))  # the largest is the last
    for kind, name in _FILES.items():
        file = message.get(kind)
        if not file or (kind == "document" and message.get("animation")):  # an animation is told as both
            continue
        if kind == "sticker" and (file.get("is_animated") or file.get("is_video")):
            continue  # in a format of Telegram's own: its emoji stands for it
        found.append(Media(_text(file, "file_name") or name, _text(file, "mime_type"), ref=_id(file)))
    return tuple(found)


def _name(person: dict[str, Any]) -> str:
    names = [_text(person, part) for part in ("first_name", "last_name")]
    return " ".join(filter(None, names)) or _text(person, "username")


def _id(file: dict[str, Any]) -> str:
    if not isinstance(file["file_id"], str):
        raise TypeError
    return file["file_id"]


def _text(holder: dict[str, Any], name: str) -> str:
    value = holder.get(name) or ""
    if not isinstance(value, str):
        raise TypeError
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**63:
        raise TypeError
    return value
