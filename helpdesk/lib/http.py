"""Calls to other people's systems over HTTP: bounded in time and size, and clear about what may have happened.

What matters to whoever tells another system to do something is not the status but this: has nothing happened
(`NotSent`, `Refused`, `TryLater`), or may it have (`NoAnswer`)?

Addresses are typed by people, so by default nothing but the open internet can be reached: the address that a
name leads to is checked when it is connected to, not before, and redirects are not followed.
settings.OUTGOING_TO_PRIVATE lets out to private networks, for shops that stand beside the desk.
Neither bodies nor headers are ever logged, and no exception holds them, but for the words of a refusal.
"""

import ipaddress
import json
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

import httpcore
import httpx
from django.conf import settings
from django.utils import timezone

CONNECT_S = 5.0
TOTAL_S = 15.0  # from the first byte to the last, however slowly they come
MAX_BYTES = 16 * 1024 * 1024
MAX_WORDS = 200
MAX_RETRY_AFTER_S = 300.0


class HttpError(Exception):
    pass


class NotSent(HttpError):
    """There was no connection: nothing has happened."""


class Private(NotSent):
    """The address lies in a private network, where nothing of ours goes."""


class NoAnswer(HttpError):
    """It was sent, and what came of it is not known: too late, cut off, broken, or an error of the other side.

    `answer` is what an error of the other side came with.
    """

    def __init__(self, message: str, *, answer: "Answer | None" = None) -> None:
        super().__init__(message)
        self.answer = answer


class TooLarge(NoAnswer):
    """The answer has more bytes than the caller takes."""


class TryLater(HttpError):
    """The other side has done nothing and asks us to come back in `retry_after` seconds; `answer` holds its words."""

    def __init__(self, message: str, *, retry_after: float, answer: "Answer | None" = None) -> None:
        super().__init__(message)
        self.retry_after, self.answer = retry_after, answer


class Refused(HttpError):
    """The other side said no. `answer` holds its words."""

    def __init__(self, message: str, *, answer: "Answer") -> None:
        super().__init__(message)
        self.answer = answer


@dataclass(frozen=True, repr=False)
class Answer:
    status: int
    headers: Mapping[str, str]  # lower case
    body: bytes

    def json(self) -> Any:
        """Return what the body says. Raises NoAnswer where it is not JSON: it was broken on its way."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise NoAnswer("the answer is not JSON") from None


def call(
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    total_s: float | None = None,
    max_bytes: int = MAX_BYTES,
) -> Answer:
    """Make one request over a connection of its own and return the answer, a 2xx.

    A kept connection may be closed by the other side just when it is used, and then nobody knows whether the
    request was read: that is why none is kept. Raises HttpError.
    """
    total_s = TOTAL_S if total_s is None else total_s
    deadline = time.monotonic() + total_s
    transport = _Transport(deadline)
    try:
        with (
            httpx.Client(transport=transport, timeout=httpx.Timeout(total_s, connect=CONNECT_S)) as client,
            client.stream(method, url, content=body, params=params, headers=dict(headers or {})) as response,
        ):
            answer = Answer(
                response.status_code,
                {name.lower(): value for name, value in response.headers.items()},
                _bounded(response.iter_bytes(), max_bytes),
            )
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        kind = Private if isinstance(error.__cause__, _NotPublic) else NotSent
        raise kind(_told(error)) from None
    except UnicodeError:  # a header, before anything was sent
        raise NotSent("a header cannot be sent") from None
    except httpx.HTTPError as error:
        raise NoAnswer(_told(error)) from None
    return _judged(answer)


def _told(error: Exception) -> str:
    return str(error)[:MAX_WORDS] or type(error).__name__


def _bounded(chunks: Iterable[bytes], limit: int) -> bytes:
    found = bytearray()
    for chunk in chunks:  # decompressed: a small bomb is large here
        found += chunk
        if len(found) > limit:
            raise TooLarge("the answer is too large")
    return bytes(found)


def _judged(answer: Answer) -> Answer:
    status = answer.status
    if 200 <= status < 300:
        return answer
    retry_after = _seconds(answer.headers.get("retry-after", ""))
    if status == 429 or (status == 503 and retry_after is not None):
        pause = 5.0 if retry_after is None else retry_after
        raise TryLater(f"HTTP {status}", retry_after=pause, answer=answer)
    if status >= 500 or status == 408:
        raise NoAnswer(f"HTTP {status}", answer=answer)
    if 300 <= status < 400:
        where = answer.headers.get("location", "")[:MAX_WORDS]
        raise Refused(f"HTTP {status}: it has moved to {where}", answer=answer)
    raise Refused(f"HTTP {status}", answer=answer)


def _seconds(text: str) -> float | None:
    """Return what Retry-After says: seconds, or a date."""
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(text) - timezone.now()).total_seconds()
        except (ValueError, TypeError):
            return None
    # `not <=` also catches the not-a-number that float() reads.
    return max(seconds, 0.0) if seconds <= MAX_RETRY_AFTER_S else MAX_RETRY_AFTER_S


# -- The line: one deadline for everything, and no way into private networks


class _Transport(httpx.HTTPTransport):
    def __init__(self, deadline: float) -> None:
        super().__init__(verify=_tls(), trust_env=False)
        self._pool = httpcore.ConnectionPool(ssl_context=_tls(), network_backend=_Network(deadline))


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


class _NotPublic(httpcore.ConnectError):
    pass


class _Network(httpcore.NetworkBackend):
    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        last: Exception = httpcore.ConnectError("no address")
        for address in _addresses(host, port):
            try:
                stream = self.inner.connect_tcp(
                    address, port, _left(self.deadline, timeout, httpcore.ConnectTimeout), local_address
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
            else:
                return _Stream(stream, self.deadline)
        raise last

    def sleep(self, seconds: float) -> None:
        self.inner.sleep(seconds)


def _addresses(host: str, port: int) -> list[str]:
    """Return the addresses of `host` that we may connect to. Raises ConnectError where there is none."""
    try:
        found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise httpcore.ConnectError(f"there is no {host}") from None
    allowed = [address for address in found if settings.OUTGOING_TO_PRIVATE or is_public(address)]
    if not allowed:
        raise _NotPublic(f"{host} is in a private network")
    return list(dict.fromkeys(allowed))


def is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inside = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inside is None and ip in ipaddress.ip_network("64:ff9b::/96"):  # NAT64
            inside = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inside is not None:
            return is_public(str(inside))
    return ip.is_global and not ip.is_multicast


def _left(deadline: float, timeout: float | None, late: Callable[[str], Exception]) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise late("too late")
    return left if timeout is None else min(left, timeout)


class _Stream(httpcore.NetworkStream):
    """A stream that ends at the deadline, also where a byte comes now and then."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self.inner, self.deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.inner.read(max_bytes, _left(self.deadline, timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.inner.write(buffer, _left(self.deadline, timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self.inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(self.deadline, timeout, httpcore.ConnectTimeout)
        return _Stream(self.inner.start_tls(ssl_context, server_hostname, left), self.deadline)

    def get_extra_info(self, info: str) -> Any:
        return self.inner.get_extra_info(info)
