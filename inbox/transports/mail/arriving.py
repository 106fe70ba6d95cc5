"""A mail that came, as what somebody said, or as the news that a mail of ours came back."""

import hashlib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext_noop

from inbox.transports.base import Receipt, Said, Unreadable
from inbox.transports.mail import threads
from inbox.transports.mail.addresses import for_the_wire
from inbox.transports.mail.calendars import in_words
from inbox.transports.mail.letters import MAX_QUOTE, MAX_REFERENCES
from inbox.transports.mail.originals import original_of
from inbox.transports.mail.proof import is_proven
from inbox.transports.mail.reading import Mail, read_mail

if TYPE_CHECKING:
    from inbox.models import Channel

_POSTMEN = re.compile(r"^(mailer-daemon|postmaster)([+@-]|$)", re.IGNORECASE)
_NAMED = re.compile(rb"<(delivery-\d{1,19}\.[a-z2-7]{16}@[^<>\s]{1,200})>", re.IGNORECASE)
_MAX_LOOKED_AT = 1_000_000  # bytes of a mail that came back in no form that anybody documents


def taken(
    channel: "Channel", raw: bytes, *, recipients: Iterable[str] = (), null_sender: bool = False
) -> list[Said | Receipt]:
    """Return what a mail says; nothing where it is one of ours, or tells nothing new. Raises Unreadable.

    `recipients` are those that the server names and no header does; `null_sender`: the server says that nobody
    wants an answer to it.
    """
    mail = read_mail(raw)
    if mail.bounced or _is_from_postman(mail):
        returned = _returned(channel, mail, raw)
        if returned is not None:
            return [returned]
        if mail.bounced:
            return []  # it is only late, or none of ours
    sender, name = for_the_wire(mail.sender), mail.name
    proven = is_proven(mail.results, str(channel.config.get("trusted") or ""), sender)
    if not sender:
        raise Unreadable(gettext_noop("It does not say who wrote it."))
    if threads.is_own(channel, sender):
        # A form on the shop's pages writes in our name, for the one who is named in Reply-To. Else it is a loop.
        if mail.automatic or not mail.reply_to or threads.is_own(channel, mail.reply_to):
            return []
        sender, name, proven = for_the_wire(mail.reply_to), "", False
    return [
        Said(
            external_id=mail.message_id or f"hash.{hashlib.sha256(raw).hexdigest()[:40]}",
            sender=sender,
            text=_words(mail),
            name=name,
            media=tuple(mail.media),
            at=mail.at,
            proven=proven,
            automatic=mail.automatic or null_sender,
            conversation=threads.conversation_of(channel, [*recipients, *mail.to]),
            answers=tuple(mail.answers),
            context=_context(mail),
            original=original_of(mail, raw),
        )
    ]


def _words(mail: Mail) -> str:
    """Return its text; its subject where it has none, as of those who write nothing else; and what it invites to."""
    invited = [
        in_words(media.content)
        for media in mail.media
        if media.media_type == "text/calendar" and media.content
    ]
    return "\n".join(filter(None, [mail.text.strip() or mail.subject, *invited[:3]]))


def _context(mail: Mail) -> dict[str, object]:
    """Return what it takes to answer in its thread."""
    return {
        "message_id": mail.message_id,
        "references": [*reversed(mail.answers)][-MAX_REFERENCES:],
        "subject": mail.subject,
        "text": mail.text[:MAX_QUOTE],
        "name": mail.name or mail.sender,
        "at": (mail.at or timezone.now()).isoformat(),
    }


# -- What came back


def _is_from_postman(mail: Mail) -> bool:
    return bool(_POSTMEN.match(mail.sender))


def _returned(channel: "Channel", mail: Mail, raw: bytes) -> Receipt | None:
    """Return that a mail of ours has failed; None: it has not yet, or it is none of ours."""
    if mail.bounced:
        if not mail.bounce_reason or not threads.is_own_id(channel, mail.bounced):
            return None
        return Receipt(mail.bounced, "failed", mail.bounce_reason)
    # Servers that know no RFC 3464 send the mail back below some words.
    for found in _NAMED.findall(raw[:_MAX_LOOKED_AT]):
        named = found.decode(errors="replace")
        if threads.is_own_id(channel, named) and named not in mail.answers:
            first = next(iter(mail.whole_text.splitlines()), "") or mail.subject
            return Receipt(named, "failed", first[:200])
    return None
