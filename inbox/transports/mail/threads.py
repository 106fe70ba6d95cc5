"""What ties a mail to a conversation: ids of ours that cannot be guessed, and addresses that we signed.

    <delivery-17.k3mq7c2hzdxa4wsn@shop.example>                       a mail of ours
    help+<conversation, 26 letters>.<signature, 16>@shop.example      where its answer goes

Letters are base32 in lower case: on its way an address may lose its capitals.
"""

import base64
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from helpdesk.lib.ids import parse_id
from inbox.transports.mail.addresses import ascii_domain
from inbox.transports.mail.settings import address_of

if TYPE_CHECKING:
    from inbox.models import Channel

MAX_LOCAL = 64  # octets before the @ (RFC 5321, 4.5.3.1.1)
_SIGNED = re.compile(r"(?:\+|^)([a-z2-7]{26})\.([a-z2-7]{16})$")


def message_id(channel: "Channel", key: str) -> str:
    """Return the Message-ID of what is sent under `key`, without its brackets: the same whenever it is asked for."""
    _local, domain = _parts(channel)
    return f"{key}.{_signature(settings.SECRET_KEY, 'id', channel, key)}@{domain}"


def is_own_id(channel: "Channel", given: str) -> bool:
    """Tell whether it is an id that `message_id` gave to a mail of this channel."""
    name, _at, _domain = given.partition("@")
    key, _dot, signature = name.rpartition(".")
    return _is_signed(channel, "id", key, signature)


def domain_of(channel: "Channel") -> str:
    """Return the domain of the mailbox, in ASCII."""
    return _parts(channel)[1]


def reply_address(channel: "Channel", conversation: str) -> str:
    """Return where answers to a conversation go, or "" where the mailbox takes no such addresses."""
    local, domain = _parts(channel)
    found, way = parse_id(conversation), channel.config.get("replies")
    if found is None or not domain or way not in ("plus", "catchall"):
        return ""
    named = _base32(found.bytes)
    before = "reply" if way == "catchall" else local
    signed = f"{before}+{named}.{_signature(settings.SECRET_KEY, 'reply', channel, named)}"
    return f"{signed}@{domain}" if len(signed.encode()) <= MAX_LOCAL else ""


def conversation_of(channel: "Channel", addresses: Iterable[str]) -> str:
    """Return the id of the conversation for which one of these addresses was signed, by us and for this channel."""
    for address in addresses:
        found = _SIGNED.search(address.lower().rpartition("@")[0])
        if found and _is_signed(channel, "reply", found[1], found[2]):
            return str(UUID(bytes=base64.b32decode(found[1].upper() + "======")))
    return ""


def is_own(channel: "Channel", address: str) -> bool:
    """Tell whether mails to this address come to this mailbox: then one from it is our own, come back."""
    local, domain = _parts(channel)
    given, _at, where = address.lower().rpartition("@")
    return (
        bool(given)
        and ascii_domain(where) == domain
        and given.partition("+")[0] in (local, "reply")
        and (given == local or bool(_SIGNED.search(given)))
    )


def _is_signed(channel: "Channel", use: str, value: str, signature: str) -> bool:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(constant_time_compare(signature, _signature(key, use, channel, value)) for key in keys)


def _signature(secret: str, use: str, channel: "Channel", value: str) -> str:
    made = salted_hmac(f"inbox.mail.{use}", f"{channel.pk} {value}", secret=secret, algorithm="sha256")
    return _base32(made.digest()[:10])


def _base32(value: bytes) -> str:
    return base64.b32encode(value).decode().rstrip("=").lower()


def _parts(channel: "Channel") -> tuple[str, str]:
    local, _at, domain = address_of(channel).rpartition("@")
    return local, ascii_domain(domain)
