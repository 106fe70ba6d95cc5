"""A message as a channel can carry it: cards in words with a link, and files as links where they go no other way."""

from dataclasses import replace

from inbox.cards import Speaking, Spoken, all_cards
from inbox.cards_links import plain_text
from inbox.files import signed_url
from inbox.models import Attachment, Message
from inbox.transports.base import Transport


def worded(message: Message, transport: Transport) -> tuple[Spoken, tuple[Attachment, ...]]:
    """Return the words and the files that a transport is given of a message."""
    said = _said(message, transport)
    files, links = [], []
    for file in sorted(message.attachments.all(), key=lambda file: file.pk):  # as they were attached
        if goes_as_file(file, transport):
            files.append(file)
        else:
            links.append(f"{file.name}: {signed_url(file)}")
    return replace(said, text="\n".join(filter(None, [said.text, *links]))), tuple(files)


def _said(message: Message, transport: Transport) -> Spoken:
    if speaking := speaking_of(message):
        return speaking.spoken(message, letter=transport.is_letter)
    return Spoken(plain_text(message) if message.kind == Message.Kind.CARD else message.body)


def speaking_of(message: Message) -> Speaking | None:
    """Return the kind of a card that has words of its own for where it is not drawn."""
    kind = (
        all_cards().get((message.data or {}).get("kind", "")) if message.kind == Message.Kind.CARD else None
    )
    return kind if isinstance(kind, Speaking) else None


def goes_as_file(file: Attachment, transport: Transport) -> bool:
    return transport.takes_files and (transport.max_file is None or file.size <= transport.max_file)
