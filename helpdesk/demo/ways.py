"""By which channels the demo's buyers came: mostly from the shop's page, the others from wherever they are.

What the providers told of each answer is here, too: some of them tell that it was read, some nothing at all.
"""

import random
from dataclasses import dataclass, field
from typing import Any

from django.core.files.storage import default_storage

from helpdesk.demo.cast import Person
from helpdesk.demo.phone.models import PhoneFile, PhoneMessage
from helpdesk.demo.rows import Rows
from inbox import transports
from inbox.models import Attachment, Channel, Conversation, Delivery, Message, Received
from people.models import BuyerIdentity, Store

# Of a hundred conversations; the rest come by the widget.
SHARES = {
    "demo": {"email": 15, "whatsapp": 9, "sms": 6, "telegram": 5, "http": 4},
    "demo-cn": {"wechat": 32, "email": 3, "sms": 4, "http": 6},
}
# Of what goes on now, in turn.
TURNS = {
    "demo": {
        "answered": ("telegram", "widget", "sms", "whatsapp", "email", "http"),
        "*": ("widget", "whatsapp", "email", "widget", "telegram", "widget", "sms", "http"),
    },
    "demo-cn": {
        "answered": ("wechat", "widget", "sms", "email", "widget", "wechat", "http"),
        "*": ("wechat", "widget", "wechat", "widget", "wechat", "email", "widget", "http", "sms"),
    },
}
# What went wrong with an answer of what goes on now, once for each kind: state, and the words for it.
TROUBLES = {
    "sms": ("failed", "Twilio 30003"),
    "whatsapp": ("failed", "Message undeliverable"),
    "telegram": ("unknown", "The provider did not answer: timed out"),
    "wechat": ("unknown", "The provider did not answer: timed out"),
    "http": ("failed", "It could not be sent in time."),
}
_WIDGET, _MAIL = "widget", "email"
_ON_PHONE = {"sent": "taken", "failed": "failed", "read": "read"}


@dataclass
class Ways:
    """The channels of one store, and who is known on them under which address."""

    store: Store
    rng: random.Random
    channels: dict[str, Channel]
    addresses: dict[tuple[Any, str], str] = field(default_factory=dict)  # by buyer and kind of address
    taken: set[tuple[str, str]] = field(default_factory=set)
    troubled: set[str] = field(default_factory=set)
    turns: dict[str, list[str]] = field(default_factory=dict)

    def way_of(self, person: Person, rows: Rows, state: str = "") -> Channel:
        """Return the channel by which somebody writes next; they are known by its address from then on.

        `state` is that of what goes on now: there each app has its turn, so that a small world has all of them.
        """
        if person.is_hero:
            return self.channels[_WIDGET]
        if state:
            turn = self.turns.setdefault(
                state, list(TURNS[self.store.key]["answered" if state == "answered" else "*"])
            )
            for kind in list(turn):
                if found := self.come(person, kind, rows):
                    turn.remove(kind)
                    turn.append(kind)
                    return found
        point = self.rng.uniform(0, 100)
        for kind, share in SHARES[self.store.key].items():
            if (point := point - share) < 0:
                return self.come(person, kind, rows) or self.channels[_WIDGET]
        return self.channels[_WIDGET]

    def come(self, person: Person, kind: str, rows: Rows) -> Channel | None:
        """Return the channel of a kind, with the person known there. None: they have no address for it."""
        channel = self.channels.get(kind)
        if channel is None:
            return None
        known_as = address_kind(channel)
        if kind == _WIDGET or (person.row.id, known_as) in self.addresses:
            return channel
        value = self._address(person, known_as)
        if not value or (known_as, value) in self.taken:
            return None
        self.taken.add((known_as, value))
        self.addresses[person.row.id, known_as] = value
        identity = BuyerIdentity(
            store=self.store, buyer=person.row, kind=known_as, value=value, verified=True
        )
        rows.add(identity)
        return channel

    def _address(self, person: Person, kind: str) -> str:
        match kind:
            case "email":
                return person.row.email.lower()
            case "phone":
                return "".join(c for c in person.row.phone if c in "+0123456789")
            case "telegram":
                return str(self.rng.randrange(10**9, 6 * 10**9))
            case "wechat":
                return "o" + "".join(
                    self.rng.choices("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789_-", k=27)
                )
            case _:
                return person.row.external_id or ""

    def address_of(self, conversation: Conversation, channel: Channel) -> str:
        return self.addresses.get((conversation.buyer_id, address_kind(channel)), "")

    # -- rows

    def receive(self, message: Message, file: Attachment | None, subject: str, rows: Rows) -> None:
        """Write that a buyer's message came from a provider; nothing for what was written in the shop's page."""
        if message.channel_kind == _WIDGET:
            return
        external_id = f"{message.channel_kind}-{self.rng.getrandbits(96):024x}"
        channel = self.channels[message.channel_kind]
        received = Received(channel=channel, external_id=external_id, message=message)
        shown = self._show(message, channel, external_id, "read", rows)
        if channel.kind == _MAIL:
            received.context = {"message_id": external_id, "subject": subject, "text": message.body}
            shown.subject = subject
            message.data = {"original": {"subject": subject, "html": False, "quoted": False, "kept": False}}
        rows.add(received)
        if file is not None:
            with default_storage.open(str(file.file.name)) as picture:
                rows.add(
                    PhoneFile(
                        message=shown, name=file.name, media_type=file.media_type, content=picture.read()
                    )
                )

    def _show(
        self, message: Message, channel: Channel, external_id: str, state: str, rows: Rows
    ) -> PhoneMessage:
        """Put a message on the buyer's phone, where the demo shows it again."""
        shown = PhoneMessage(
            channel=channel,
            who=self.address_of(message.conversation, channel),
            by_buyer=message.author_kind == "buyer",
            external_id=external_id,
            state=state,
            at=message.created_at,
        )
        rows.add(shown)
        rows.on_phones.append((shown, message))
        return shown

    def deliver(self, message: Message, state: str, trouble: str, subject: str, rows: Rows) -> Delivery:
        """Return the delivery of an answer, as far as the provider tells of its `state`.

        A `trouble` is what is known of it instead.
        """
        conversation = message.conversation
        heard = least(state, message.channel_kind)
        channel = self.channels[message.channel_kind]
        row = Delivery(
            message=message, conversation=conversation, seq=message.seq, channel=channel, state=heard
        )
        if channel.kind == _WIDGET:
            return row
        row.to, row.attempts = self.address_of(conversation, channel), 1
        row.external_id = f"{channel.kind}-{self.rng.getrandbits(96):024x}"
        if trouble:
            row.state, row.detail = trouble, TROUBLES[channel.kind][1]
        on_phone = _ON_PHONE.get(trouble or state, "delivered")
        shown = self._show(message, channel, row.external_id, on_phone, rows)
        shown.subject = subject if channel.kind == _MAIL else ""
        if trouble == "unknown":
            row.external_id = ""  # the answer that held it was lost
        return row

    def may_go_wrong(self, kind: str) -> bool:
        return kind in TROUBLES and kind not in self.troubled

    def trouble_of(self, kind: str) -> str:
        """Return what goes wrong with the next answer of a kind of channel: once something, then nothing."""
        if not self.may_go_wrong(kind):
            return ""
        self.troubled.add(kind)
        return TROUBLES[kind][0]


def least(heard: str, kind: str) -> str:
    """Return what is heard of an answer where that much has become of it."""
    order = ("sent", "delivered", "read")
    return min(heard, transports.get(kind).furthest, key=order.index)


def address_kind(channel: Channel) -> str:
    return transports.get(channel.kind).address_kind or channel.kind


def know_hero(ways: Ways, person: Person, rows: Rows) -> None:
    """Let the desk know the hero on every channel, whatever they write from."""
    for kind in ways.channels:
        ways.come(person, kind, rows)
