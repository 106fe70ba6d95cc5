"""What is kept of a mail besides its words, and what agents see of it when they ask."""

import email
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import unquote

from inbox.transports.base import Original
from inbox.transports.mail.markup import harmless
from inbox.transports.mail.reading import Mail, decoded, read_mail

MAX_NAMES = 2_000  # characters of a header: some are for hundreds of people
# What a browser may show as a picture, by its first bytes: what a mail says that it is counts for nothing.
_PICTURES = [
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
]


def original_of(mail: Mail, raw: bytes) -> Original:
    """Return a mail as it is kept beside the message that is made of it."""
    return Original(raw, subject=mail.subject, html=bool(mail.html.strip()), quoted=bool(left_out(mail)))


def left_out(mail: Mail) -> str:
    """Return what the message leaves out of the mail's text: what it answers to, and the signature."""
    whole, own = _even(mail.whole_text), _even(mail.text)
    return whole[len(own) :].strip() if own and whole.startswith(own) else ""


def _even(text: str) -> str:
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


# -- Looking at it


@dataclass
class Look:
    """A mail as it is shown: `names` holds From, To, Cc and Reply-To, those that it has; `html` is not clean yet."""

    subject: str
    at: datetime | None
    names: dict[str, str]
    text: str
    html: str
    left_out: str
    pictures: dict[str, bytes] = field(default_factory=dict)  # by Content-ID


def look_at(raw: bytes) -> Look:
    """Read a mail for those who want to see it. Never raises for what is in it."""
    mail, message = read_mail(raw), email.message_from_bytes(raw)
    names = {}
    for name in ("from", "to", "cc", "reply-to"):
        values = [decoded(value) for value in message.get_all(name, [])][:20]
        if found := ", ".join(filter(None, values))[:MAX_NAMES]:
            names[name] = found
    pictures = {media.content_id: media.content for media in mail.media if media.content_id and media.content}
    return Look(mail.subject, mail.at, names, mail.whole_text, mail.html, left_out(mail), pictures)


def shown_html(look: Look, *, picture: Callable[[str], str], remote: bool) -> tuple[str, bool]:
    """Return the mail's HTML, harmless, and whether there are pictures on the internet in it.

    `picture` gives the address of a picture in the mail by its Content-ID. Those on the internet are left out
    unless `remote`, and are then asked for over TLS alone.
    """
    found = False

    def address(source: str) -> str | None:
        nonlocal found
        scheme, _colon, rest = source.partition(":")
        if scheme.lower() == "cid":
            content_id = unquote(rest).strip("<> ")
            return picture(content_id) if content_id in look.pictures else None
        found = True
        return f"https:{rest}" if remote else None

    return harmless(look.html, picture=address), found


def picture_type(content: bytes) -> str:
    """Return which sort of picture it is; empty where it is none that is shown."""
    return next((sort for pattern, sort in _PICTURES if pattern.match(content)), "")
