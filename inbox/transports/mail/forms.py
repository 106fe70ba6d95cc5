"""Forms as webhooks bring them (RFC 7578, and application/x-www-form-urlencoded): byte for byte, and bounded.

Django's own reading of them decodes every field as UTF-8, which a mail in a field need not be, and holds no more
than settings.DATA_UPLOAD_MAX_MEMORY_SIZE.
"""

import email
from dataclasses import dataclass
from urllib.parse import parse_qsl

from django.utils.translation import gettext_noop

from inbox.transports.base import Unreadable

MAX_PARTS = 500
TOO_MANY = gettext_noop("The form has too many fields.")
NO_FORM = gettext_noop("It is no form.")


@dataclass(frozen=True)
class Part:
    name: str
    content: bytes
    file_name: str = ""
    media_type: str = "text/plain"


def read_form(content_type: str, body: bytes) -> list[Part]:
    """Return the fields and files of a form, in their order. Raises Unreadable where it is none."""
    head = email.message_from_string(f"Content-Type: {_one(content_type)}\n\n")
    if head.get_content_type() == "application/x-www-form-urlencoded":
        try:
            # In Latin-1 each byte is a character, and comes back as it was.
            text = body.decode("latin-1")
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_PARTS, encoding="latin-1")
        except ValueError:
            raise Unreadable(TOO_MANY) from None
        return [Part(_utf8(name.encode("latin-1")), value.encode("latin-1")) for name, value in pairs]
    boundary = head.get_param("boundary")
    if head.get_content_type() != "multipart/form-data" or not isinstance(boundary, str) or not boundary:
        raise Unreadable(NO_FORM)
    found = (b"\r\n" + body).split(b"\r\n--" + boundary.encode(), MAX_PARTS + 1)
    if len(found) > MAX_PARTS + 1:
        raise Unreadable(TOO_MANY)
    return [part for part in map(_part, found[1:]) if part]


def _part(raw: bytes) -> Part | None:
    """Read what stands after a boundary; None after the last one, and where it has no name."""
    head, found, content = raw.partition(b"\r\n\r\n")
    if raw.startswith(b"--") or not found:
        return None
    part = email.message_from_string(_utf8(head).lstrip("\r\n \t") + "\r\n\r\n")
    name = part.get_param("name", header="content-disposition")
    if not isinstance(name, str):
        return None
    try:
        called = part.get_filename() or ""
    except Exception:  # RFC 2231 gone wrong
        called = "file"
    return Part(name, content, called, part.get_content_type())


def _utf8(raw: bytes) -> str:
    return raw.decode(errors="replace")


def _one(line: str) -> str:
    return " ".join(line.split())
