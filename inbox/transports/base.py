"""What a transport is: one sort of channel, in and out. docs/adding-a-transport.md walks through one.

A transport knows a provider and no rows: it checks what came, reads it, and hands over what goes. When, how
often and once are decided elsewhere (inbox.inbound, inbox.outbox).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils.functional import Promise

if TYPE_CHECKING:
    from inbox.models import Attachment, Channel


class TransportError(Exception):
    """Messages are English sentences for people, marked with gettext_noop where they are our own."""


class Unreadable(TransportError):
    """What came is not what the provider documents. It is kept; to read it again would change nothing."""


class Refused(TransportError):
    """The provider will never take this message. Nothing was sent."""


class OptedOut(Refused):
    """The buyer has told the provider that they want nothing (more) from us on this channel."""


class Later(TransportError):
    """Nothing was sent, and it can be tried again after `retry_after` seconds (None: whenever we like).

    `channel` is True where it is not this message but the provider: then nothing else is tried before, either.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, channel: bool = False) -> None:
        super().__init__(message)
        self.retry_after, self.channel = retry_after, channel


class NoAnswer(TransportError):
    """The provider may have sent it, or not: it cannot be asked again without risking to send twice."""


@dataclass(frozen=True)
class Media:
    """A file that came. Either its bytes are here, or the transport's `fetch` gets them by `ref`."""

    name: str
    media_type: str = ""
    content: bytes | None = None
    ref: str = ""
    content_id: str = ""  # of a picture inside an e-mail's text


@dataclass(frozen=True)
class Original:
    """A message as it came, where that is more than its text: an e-mail. Agents may look at it.

    `html`: it has a look of its own. `quoted`: it repeats words that `Said.text` leaves out.
    """

    content: bytes
    subject: str = ""
    html: bool = False
    quoted: bool = False


@dataclass(frozen=True)
class Said:
    """A message of a buyer, as the provider tells it.

    `sender` is their address on this channel, in one form only (a number with its plus, an e-mail in lower
    case). `proven`: the provider vouches that who wrote it has that address.
    """

    external_id: str
    sender: str
    text: str = ""
    name: str = ""
    media: tuple[Media, ...] = ()
    at: datetime | None = None
    proven: bool = True
    automatic: bool = False  # out of office, a bounce, a loop: shown, but it opens, reopens and rings nothing
    conversation: str = ""  # the id of one that it answers for certain, by a reply address that we signed
    answers: tuple[str, ...] = ()  # external ids of messages that it answers, nearest first
    context: Mapping[str, Any] = field(default_factory=dict)  # what `send` needs to answer it in its thread
    original: Original | None = None
    # True: from now on they want nothing on this channel (STOP, an account not followed any more); False: they
    # do again; None: they say nothing of it. The words count as words, too.
    opted_out: bool | None = None


@dataclass(frozen=True)
class Receipt:
    """What became of a message that the provider took: sent, delivered, read or failed."""

    external_id: str
    state: str
    detail: str = ""
    opted_out: bool = False  # it failed because the buyer wants nothing (more) on this channel
    key: str = ""  # `Outgoing.key`, where the provider tells it back: also when its answer never reached us


@dataclass(frozen=True)
class Template:
    """Words that the provider has approved: what may be said when free words are not taken any more.

    `text` is what the buyer reads, with `{{field}}` where a value goes; `fields` names those places in their order,
    each once. All of them must be filled in.
    """

    name: str
    language: str  # as the provider writes it: en_US, zh_CN
    text: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outgoing:
    """A message to hand over. `key` is the same however often it is tried."""

    key: str
    to: str
    text: str
    attachments: tuple["Attachment", ...] = ()
    context: Mapping[str, Any] = field(default_factory=dict)  # of the buyer's last message on this channel
    conversation: str = ""
    author: str = ""
    automatic: bool = False  # a machine says it
    language: str = ""  # in which the buyer reads; empty: not known
    last_inbound_at: datetime | None = None
    unsubscribe: str = ""  # of what nobody asked for: the page on which they say that they want no more
    template: Mapping[str, Any] | None = None  # of `template_data`; `text` is then how it reads
    # For letters alone: what it is about, where that is no answer, and words to click, with an address each.
    subject: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Sent:
    """That the provider took it, under which id."""

    external_id: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Request:
    """What a provider sends to a channel's address. Header names are in lower case."""

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    url: str = ""  # as the provider called it, for those who sign it


@dataclass(frozen=True)
class Reply:
    """What a provider wants to hear."""

    status: int = 200
    body: str = ""
    content_type: str = "text/plain"


@dataclass(frozen=True)
class Group:
    """Fields of a transport's form that stand together.

    `only`: a field and the choices of it for which they matter. `needed`: those that may not be left empty then.
    """

    title: str | Promise
    fields: tuple[str, ...]
    only: tuple[str, frozenset[str]] | None = None
    needed: frozenset[str] = frozenset()


class Transport:
    """One kind of channel: `kind` is stored with channels and messages, `label` is shown to people.

    `first_state` is the state of a delivery when its message is committed: "queued" where a worker has still
    to hand the message to a provider, "sent" where the commit itself is the hand-over.
    """

    kind: ClassVar[str]
    label: ClassVar[str | Promise]
    about: ClassVar[str | Promise] = ""  # a sentence for whoever chooses what to connect
    icon: ClassVar[str]
    first_state: ClassVar[str] = "queued"
    # What a person fills in to connect; fields named in `secret_fields` are sealed, the others stand in `config`.
    form: ClassVar[type[forms.Form]] = forms.Form
    secret_fields: ClassVar[frozenset[str]] = frozenset()
    groups: ClassVar[tuple[Group, ...]] = ()  # of a long form; a field that is in none stands at its top
    own_secrets: ClassVar[frozenset[str]] = frozenset()  # those of them that nobody gave us: we make them up
    # What a person does at the provider, a sentence each, in their order; shown beside the form.
    steps: ClassVar[tuple[str | Promise, ...]] = ()
    address_kind: ClassVar[str] = ""  # of the identities that are addresses here; empty: `kind`
    hooks: ClassVar[bool] = False  # the provider calls us
    connects: ClassVar[bool] = False  # and takes our address from `connect`: nobody has to type it in there
    max_hook_bytes: ClassVar[int] = 1024 * 1024  # of one call of the provider
    # Messages of one buyer; more are kept unread: two machines that answer each other. None: there is no such danger.
    max_per_hour: ClassVar[int | None] = None
    idempotent: ClassVar[bool] = False  # a `key` that the provider knows is sent once
    max_text: ClassVar[int] = 10_000  # characters in one message; longer ones go in parts
    takes_files: ClassVar[bool] = False  # else a file goes as a link in the text
    max_file: ClassVar[int | None] = None  # bytes; a larger file goes as a link
    is_letter: ClassVar[bool] = (
        False  # it has a subject, words to click, and what people put below their words
    )
    segments: ClassVar[bool] = False  # a text is paid for by the SMS that it is
    has_templates: ClassVar[bool] = False  # `templates` may be said when the window is closed
    # The last state of a delivery that its provider tells of: past it nobody knows whether it was read.
    furthest: ClassVar[str] = "sent"
    # How long after the buyer's last message anything may be said; None: always.
    window: ClassVar[timedelta | None] = None

    def account(self, config: Mapping[str, Any], secrets: Mapping[str, Any]) -> str:
        """Return whose account at the provider these are of, in one form: two channels cannot share one.

        Empty: that cannot be told, or does not matter.
        """
        return ""

    # -- in

    def verify(self, channel: "Channel", request: Request) -> bool:
        """Return whether it comes from the provider: the signature over the raw bytes, in constant time, and
        lately where the provider signs a time."""
        return False

    def challenge(self, channel: "Channel", request: Request) -> Reply | None:
        """Return the answer to a GET by which a provider makes sure that the address is ours; None: it is not."""
        return None

    def parse(self, channel: "Channel", request: Request) -> list[Said | Receipt]:
        """Return what a verified request tells, in its order. Raises Unreadable. Never asks the network."""
        return []

    def reply(self, channel: "Channel", request: Request) -> Reply:
        """Return what the provider wants to hear once its request is written down."""
        return Reply()

    def fetch(self, channel: "Channel", media: Media, max_bytes: int) -> bytes:
        """Return the bytes of a file. Raises Refused (there is none for us, or too large) or Later."""
        if media.content is None:
            raise Refused("There is no such file.")
        return media.content

    def is_called(self, channel: "Channel") -> bool:
        """Return whether a provider brings what comes by this very channel; else we fetch it ourselves."""
        return self.hooks

    def connect(self, channel: "Channel", url: str) -> None:
        """Tell the provider the channel's address, where it `connects`. Raises TransportError in words for people."""

    # -- out

    def check(self, channel: "Channel") -> str:
        """Ask the provider whether it lets us in; return as whom. Raises TransportError in words for people."""
        return ""

    def send(self, channel: "Channel", outgoing: Outgoing) -> Sent:
        """Hand a message over. Raises Refused, Later or NoAnswer."""
        raise NotImplementedError

    def templates(self, channel: "Channel") -> list[Template]:
        """Ask the provider which templates it has approved. Raises TransportError in words for people."""
        return []

    def template_data(self, template: Template, values: Mapping[str, str]) -> Mapping[str, Any]:
        """Return a template with its values as `send` wants it in `Outgoing.template`: plain JSON."""
        return {"name": template.name, "language": template.language, "values": dict(values)}
