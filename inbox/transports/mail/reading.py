"""A mail as it comes in the world: any charset, parts in parts, no text at all, ten thousand of them.

`read_mail` never raises for what is in a mail; a mail is read as far as it can be.
"""

import email
import email.message
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import InvalidBase64CharactersDefect
from email.header import decode_header
from email.utils import getaddresses, parsedate_to_datetime

from inbox.transports.base import Media
from inbox.transports.mail.markup import to_text
from inbox.transports.mail.quotes import own_words

MAX_PARTS = 200
MAX_DEPTH = 10
MAX_TEXT = 200_000  # characters of a part that are looked at
_ID = re.compile(r"<([^<>\s]{1,200})>")
_ADDRESS = re.compile(r"[^@\s<>\"(),:;]{1,64}@[^@\s<>\"(),:;]{1,190}\Z")
_ROBOTS = re.compile(r"^(mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)([+@-]|$)", re.IGNORECASE)
# Exchange writes this on what its own machines send: its wish that no machine answers.
_SUPPRESSED = re.compile(r"\b(all|oof|autoreply)\b", re.IGNORECASE)
_LISTS = ("list-id", "list-unsubscribe", "list-post")
# The first line of what is base64: below it others may have put theirs.
_BASE64 = re.compile(r"\s*[A-Za-z0-9+/]{2,}={0,2}\s*$", re.MULTILINE)
# Charsets that mails name and Python does not.
_CHARSETS = {
    "default": "utf-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso-8859-8-i": "iso-8859-8",
    "ks_c_5601-1987": "cp949",
    "unicode-1-1-utf-7": "utf-7",
    "unknown-8bit": "utf-8",
    "utf8": "utf-8",
    "x-gbk": "gb18030",
}


@dataclass
class Mail:
    """What was read. Addresses are in lower case, ids without their brackets."""

    message_id: str = ""
    sender: str = ""
    name: str = ""
    reply_to: str = ""
    to: list[str] = field(default_factory=list)  # whoever it was for, by any header that says so
    subject: str = ""
    at: datetime | None = None
    answers: list[str] = field(default_factory=list)  # the mail it answers first, then those before it
    text: str = ""  # what its author wrote
    whole_text: str = ""  # with quotes and signature
    html: str = ""
    media: list[Media] = field(default_factory=list)
    automatic: bool = False
    bounced: str = ""  # the id of a mail that came back
    bounce_reason: str = ""
    results: list[str] = field(default_factory=list)  # Authentication-Results, the topmost first


def read_mail(raw: bytes) -> Mail:
    message = email.message_from_bytes(raw)
    mail = Mail(
        message_id=_first_id(message, "message-id"),
        subject=_header(message, "subject")[:300].strip(),
        at=_date(message),
        answers=_answers(message),
        to=_addresses(message, "to", "cc", "delivered-to", "x-original-to", "envelope-to", "resent-to"),
        results=_all(message, "authentication-results"),
    )
    # Who it is says From. Reply-To only says where an answer goes, and anybody may write anything there.
    if senders := _named(message, "from") or _named(message, "sender"):
        mail.name, mail.sender = senders[0]
    if len(senders) != 1:
        mail.results = []  # what was checked is one of them, and nobody says which
    mail.reply_to = next(iter(_addresses(message, "reply-to")), mail.sender)
    _read_parts(message, mail)
    _read_bounce(message, mail)
    mail.automatic = bool(mail.bounced) or _is_automatic(message)
    return mail


# -- Headers


def decoded(value: object) -> str:
    """Return a header as text, whatever it says of its charset; control characters are left out."""
    parts = []
    # Bytes that are no ASCII stand in it as they came: most often they are UTF-8, or what China writes.
    whole = _decode(str(value).encode("utf-8", "surrogateescape"), "utf-8")
    try:
        for part, charset in decode_header(whole):
            # (Words between encoded ones come as the library's own encoding of them.)
            parts.append(_decode(part, charset or "raw-unicode-escape") if isinstance(part, bytes) else part)
    except (ValueError, LookupError, email.errors.MessageError):
        parts = [whole]
    text = "".join(parts).encode("utf-8", "replace").decode()
    return " ".join("".join(c if c >= " " else " " for c in text).split())


def _header(message: email.message.Message, name: str) -> str:
    found = _all(message, name)
    return decoded(found[0]) if found else ""


def _all(message: email.message.Message, name: str) -> list[str]:
    # As they came: the library would put question marks for what is no ASCII.
    return [str(value) for key, value in message.raw_items() if key.lower() == name][:50]


def _named(message: email.message.Message, name: str) -> list[tuple[str, str]]:
    found = []
    for called, address in getaddresses(_all(message, name))[:100]:
        address = decoded(address).lower().strip("'")
        if _ADDRESS.match(address):
            found.append((decoded(called).strip("'\"")[:120], address))
    return found


def _addresses(message: email.message.Message, *names: str) -> list[str]:
    return list(dict.fromkeys(address for name in names for _, address in _named(message, name)))


def _first_id(message: email.message.Message, name: str) -> str:
    found = _ID.search(_header(message, name))
    return found[1] if found else _header(message, name).strip("<> ")[:200]


def _answers(message: email.message.Message) -> list[str]:
    """Return the ids of what it answers, the nearest first: In-Reply-To, then References from the last one back."""
    before = [
        *_ID.findall(_header(message, "in-reply-to")),
        *reversed(_ID.findall(_header(message, "references"))),
    ]
    return list(dict.fromkeys(before))[:30]


def _date(message: email.message.Message) -> datetime | None:
    try:
        at = parsedate_to_datetime(_header(message, "date"))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _is_automatic(message: email.message.Message) -> bool:
    """Tell whether a machine wrote it (RFC 3834, and what programs did before): nobody waits for an answer."""
    auto = _header(message, "auto-submitted").lower()
    return (
        (bool(auto) and not auto.startswith("no"))
        or _header(message, "precedence").lower() in ("bulk", "junk", "list", "auto_reply")
        or any(
            _header(message, name) for name in ("x-autoreply", "x-autorespond", "x-autoresponder", *_LISTS)
        )
        or _header(message, "return-path") == "<>"
        or bool(_SUPPRESSED.search(_header(message, "x-auto-response-suppress")))
        or any(_ROBOTS.match(address) for _, address in _named(message, "from"))
        or message.get_content_type() == "multipart/report"
    )


# -- Parts


def _leaves(message: email.message.Message, depth: int = 0) -> Iterator[email.message.Message]:
    """Yield the parts that hold something, in their order; a mail inside of a mail is one of them."""
    if message.get_content_type() == "message/rfc822" or not message.is_multipart() or depth > MAX_DEPTH:
        yield message
        return
    for part in message.get_payload():
        if isinstance(part, email.message.Message):
            yield from _leaves(part, depth + 1)


def _read_parts(message: email.message.Message, mail: Mail) -> None:
    texts, htmls = [], []
    for number, part in enumerate(_leaves(message)):
        if number >= MAX_PARTS:
            break
        sort, name = part.get_content_type(), _file_name(part)
        attached = part.get_content_disposition() == "attachment"
        # (One that names parts and has none is read as what it is: words.)
        if sort.startswith("multipart/") or (sort == "text/plain" and not attached and not name):
            texts.append(_text(part))
        elif sort == "text/html" and not attached and not name:
            htmls.append(_text(part))
        elif sort not in ("message/delivery-status", "text/rfc822-headers"):
            content = _content(part)
            if content:
                mail.media.append(
                    Media(
                        name or _default_name(sort), sort, content, content_id=_first_id(part, "content-id")
                    )
                )
    mail.html = "\n".join(htmls)
    text = "\n".join(filter(str.strip, texts)) or to_text(mail.html)
    mail.whole_text = text.replace("\x00", "").strip()
    mail.text = own_words(mail.whole_text) if mail.whole_text else ""


def _text(part: email.message.Message) -> str:
    raw = _content(part)
    named = part.get_content_charset() or ""
    text = _decode(raw, named or "utf-8")[:MAX_TEXT]
    if part.get_param("format") == "flowed":
        text = re.sub(r" \r?\n(?!>|-- )", " ", text)
    return text


def _decode(raw: bytes, charset: str) -> str:
    charset = _CHARSETS.get(charset.lower().strip("'\""), charset)
    for one in (charset, "utf-8", "gb18030" if _looks_chinese(raw) else "cp1252"):
        try:
            return raw.decode(one)
        except (UnicodeDecodeError, LookupError, ValueError):
            continue
    return raw.decode("latin-1")


def _looks_chinese(raw: bytes) -> bool:
    """Tell what lies about its charset apart: in Chinese such bytes come side by side, in French one by one."""
    runs = re.findall(rb"[\x80-\xff]+", raw[:MAX_TEXT])
    return 2 * sum(len(run) == 1 for run in runs) <= len(runs)


def _content(part: email.message.Message) -> bytes:
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        try:
            first = inner[0] if isinstance(inner, list) and inner else None
            return first.as_bytes() if isinstance(first, email.message.Message) else b""
        except (UnicodeEncodeError, LookupError, ValueError):
            return b""
    try:
        found = part.get_payload(decode=True)
        if any(isinstance(defect, InvalidBase64CharactersDefect) for defect in part.defects):
            given = str(part.get_payload())
            if not _BASE64.match(given):
                return given.encode("utf-8", "surrogateescape")
    except (ValueError, LookupError, AssertionError):
        return b""
    return found if isinstance(found, bytes) else b""


def _file_name(part: email.message.Message) -> str:
    try:
        return decoded(part.get_filename() or "")[:200]
    except Exception:  # RFC 2231 gone wrong
        return "file"


def _default_name(sort: str) -> str:
    known = {
        "text/calendar": "invite.ics",
        "message/rfc822": "message.eml",
        "application/ms-tnef": "winmail.dat",
    }
    return known.get(sort) or f"file.{sort.partition('/')[2].partition('+')[0][:10] or 'bin'}"


# -- Mails that came back (RFC 3464)


def _read_bounce(message: email.message.Message, mail: Mail) -> None:
    if message.get_content_type() != "multipart/report":
        return
    for part in message.walk():
        sort = part.get_content_type()
        if sort == "message/delivery-status":
            mail.bounce_reason = mail.bounce_reason or _reason(part)
        elif sort in ("message/rfc822", "text/rfc822-headers"):
            inner = part.get_payload()
            if isinstance(inner, list) and inner and isinstance(inner[0], email.message.Message):
                mail.bounced = mail.bounced or _first_id(inner[0], "message-id")
            elif found := re.search(
                r"^message-id:\s*<([^<>\s]+)>", _text(part), re.IGNORECASE | re.MULTILINE
            ):
                mail.bounced = mail.bounced or found[1]


def _reason(part: email.message.Message) -> str:
    """Return why, of a recipient that failed; empty where it was only late."""
    inner = part.get_payload()
    for status in inner if isinstance(inner, list) else []:
        if isinstance(status, email.message.Message) and _header(status, "action").lower() == "failed":
            return (_header(status, "diagnostic-code") or _header(status, "status"))[:200]
    return ""
