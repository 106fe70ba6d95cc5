"""Calls of transports to providers: what helpdesk.lib.http raises, said as a transport says it."""

import json
import re
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.utils.translation import gettext_noop

from helpdesk.lib import http
from inbox.transports.base import Later, NoAnswer, Refused, Unreadable

NOWHERE = gettext_noop("its address leads nowhere")
MAX_HOPS = 3  # from the address of a file to where it lies
MAX_RETRY_AFTER_S = 3600.0
# What stands before the words of others is translated where it is shown (helpdesk.lib.told).
_AWAY = gettext_noop("The provider cannot be reached")
_NO_ANSWER = gettext_noop("The provider did not answer")
_NO_FILE = gettext_noop("A file cannot be had")


# -- What providers write


def read_json(body: bytes) -> Any:
    """Return what a provider's JSON says. Raises Unreadable where it is none.

    Strings come without NULs and without halves of surrogate pairs: JSON can hold them, and no database does.
    """
    try:
        found = json.loads(body)
        # Both can only be written as escapes; nearly no body has any, and those are not walked through.
        return _clean(found) if b"\\u0000" in body or b"\\ud" in body.lower() else found
    except (ValueError, RecursionError):
        raise Unreadable(gettext_noop("It is not JSON.")) from None


def read_object(body: bytes) -> dict[str, Any]:
    """Return the object that a body holds, {} where it holds none: for answers, which may be anything."""
    try:
        found = read_json(body)
    except Unreadable:
        return {}
    return found if isinstance(found, dict) else {}


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "").encode(errors="replace").decode()
    if isinstance(value, dict):
        return {_clean(name): _clean(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return value


# -- What they answer


class ProviderRefused(Refused):
    """The provider answered with an error; `status` and `body` are its own."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"HTTP {status}: {body[:200].decode(errors='replace')}")
        self.status, self.body = status, body

    def json(self) -> dict[str, Any]:
        return read_object(self.body)


class ProviderBusy(Later):
    """The provider asks for patience; `body` holds its words, which may say more than its headers."""

    def __init__(self, message: str, *, retry_after: float, body: bytes) -> None:
        super().__init__(message, retry_after=retry_after, channel=True)
        self.body = body


class ProviderBroke(NoAnswer):
    """The provider answered with an error of its own (5xx). Some say in `body` that nothing has happened."""

    def __init__(self, message: str, *, status: int, body: bytes) -> None:
        super().__init__(message)
        self.status, self.body = status, body


def post_json(url: str, data: Any, *, headers: Mapping[str, str] | None = None) -> http.Answer:
    """Send JSON and return the answer, a 2xx. Raises what `call` raises."""
    given = {"Content-Type": "application/json", **(headers or {})}
    return call("POST", url, body=json.dumps(data).encode(), headers=given)


def post_form(
    url: str,
    fields: Mapping[str, str],
    files: Mapping[str, tuple[str, str, bytes]],
    *,
    headers: Mapping[str, str] | None = None,
) -> http.Answer:
    """Send a form with files, each as (name, media type, content) (RFC 7578). Raises what `call` raises."""
    boundary = secrets.token_hex(16)
    body = bytearray()
    for name, value in fields.items():
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    for name, (called, media_type, content) in files.items():
        quoted = re.sub(r'[\r\n"]', lambda found: f"%{ord(found[0]):02X}", called)
        disposition = f'form-data; name="{name}"; filename="{quoted}"'
        head = f"--{boundary}\r\nContent-Disposition: {disposition}\r\nContent-Type: {media_type}\r\n\r\n"
        body += head.encode(errors="replace") + content + b"\r\n"
    body += f"--{boundary}--\r\n".encode()
    given = {"Content-Type": f"multipart/form-data; boundary={boundary}", **(headers or {})}
    return call("POST", url, body=bytes(body), headers=given)


def call(method: str, url: str, **options: Any) -> http.Answer:
    """Call a provider; return its answer, a 2xx.

    Raises Later (nothing was sent; ProviderBusy where it says so itself), ProviderRefused, or NoAnswer
    (ProviderBroke where there was an answer, a 5xx).
    """
    try:
        return http.call(method, url, **options)
    except http.NotSent as error:
        raise Later(f"{_AWAY}: {error}", channel=True) from None
    except http.TryLater as error:
        body = error.answer.body if error.answer else b""
        raise ProviderBusy(str(error), retry_after=error.retry_after, body=body) from None
    except http.Refused as error:
        raise ProviderRefused(error.answer.status, error.answer.body) from None
    except http.NoAnswer as error:
        words = f"{_NO_ANSWER}: {error}"
        if error.answer:
            raise ProviderBroke(words, status=error.answer.status, body=error.answer.body) from None
        raise NoAnswer(words) from None


# -- Files


def download(url: str, *, headers: Mapping[str, str] | None = None, max_bytes: int) -> http.Answer:
    """Get a file that a buyer sent, from wherever its address leads.

    Each redirect is as wary as the first address: nothing in a private network is asked, and `headers`, which
    may log us in, stay with the first host. Raises Refused (in words for people; ProviderRefused where it is
    the provider who says no) or Later.
    """
    given, home = dict(headers or {}), _host(url)
    for _hop in range(1 + MAX_HOPS):
        if _host(url) != home:
            given = {}
        try:
            return http.call("GET", url, headers=given, max_bytes=max_bytes)
        except http.Private:
            raise Refused(gettext_noop("its address is not on the open internet")) from None
        except http.TooLarge:
            raise Refused(gettext_noop("too large")) from None
        except http.TryLater as error:
            raise Later(str(error), retry_after=error.retry_after) from None
        except (http.NotSent, http.NoAnswer) as error:
            raise Later(f"{_NO_FILE}: {error}") from None
        except http.Refused as error:
            where = error.answer.headers.get("location", "")
            if not (300 <= error.answer.status < 400 and where):
                if error.answer.status in (404, 410):
                    raise Refused(gettext_noop("it is not there any more")) from None
                raise ProviderRefused(error.answer.status, error.answer.body) from None
            url = _joined(url, where)
    raise Refused(NOWHERE)


def _joined(url: str, where: str) -> str:
    try:
        return urljoin(url, where)
    except ValueError:
        raise Refused(NOWHERE) from None


def _host(url: str) -> tuple[str, str]:
    """Return where an address leads to, and how. Raises Refused where it is none of the web's."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Refused(NOWHERE) from None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Refused(NOWHERE)
    return parts.scheme, parts.netloc
