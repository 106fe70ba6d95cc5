"""What a played vendor is. It speaks the documented protocol of the real one, and knows nothing of our rows.

One file a vendor. The demo serves `handle` under an address that the channel's `config["api"]` points to, and
delivers what `message` and `receipt` return to the channel's own address; the tests do the same, and misbehave.

A vendor is made with `accounts`, a function that returns the accounts there are now: whom it lets in, and who
everybody else is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Account:
    """What a store has at the vendor, as its channel keeps it."""

    config: Mapping[str, Any]
    secrets: Mapping[str, Any]


Accounts = Callable[[], Iterable[Account]]


@dataclass(frozen=True)
class Call:
    """A request that we made to the vendor. Header names in lower case; `path` without the address it is served at."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b"{}"
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Hook:
    """A request that the vendor makes to us, signed as the vendor signs. `query` belongs to the address."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


@dataclass(frozen=True)
class Seen:
    """What the buyer's phone shows of a message that we sent."""

    external_id: str  # as the transport returned it in Sent
    to: str
    text: str
    files: tuple[
        str, ...
    ] = ()  # addresses of files, as given to the vendor; a path of its own where it got bytes
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Photo:
    """A file that the buyer sends; the vendor serves its bytes where it documents to."""

    name: str
    media_type: str
    content: bytes


class Vendor(Protocol):
    """`config` and `secrets` are a channel's own, so that one vendor serves any number of channels."""

    kind: str
    seen: list[Seen]  # in the order in which the vendor took them

    def handle(self, call: Call) -> Answer:
        """Answer a request to the vendor's API as documented, wrong credentials and bad input included."""
        ...

    def message(
        self,
        config: Mapping[str, Any],
        secrets: Mapping[str, Any],
        *,
        url: str,  # the channel's address, in full: some vendors sign it
        sender: str,
        text: str = "",
        name: str = "",
        files: Sequence[Photo] = (),
        external_id: str = "",  # given: the same message once more
    ) -> Hook:
        """Return the call by which the vendor tells that a buyer wrote."""
        ...

    def receipt(
        self,
        config: Mapping[str, Any],
        secrets: Mapping[str, Any],
        *,
        url: str,
        external_id: str,
        to: str,
        state: str,  # sent, delivered, read, failed
    ) -> Hook | None:
        """Return the call by which the vendor tells what became of a message; None where it tells no such thing."""
        ...
