"""A message as a channel can carry it: cards in words with a link, and files as links where they go no other way."""

from inbox.cards_links import plain_text
from inbox.files import signed_url
from inbox.models import Attachment, Message
from inbox.transports.base import Transport


def worded(message: Message, transport: Transport) -> tuple[str, tuple[Attachment, ...]]:
    """Return the text and the files that a transport is given of a message."""
    text = plain_text(message) if message.kind == Message.Kind.CARD else message.body
    files, links = [], []
    for file in sorted(message.attachments.all(), key=lambda file: file.pk):  # as they were attached
        if goes_as_file(file, transport):
            files.append(file)
        else:
            links.append(f"{file.name}: {signed_url(file)}")
    return "\n".join(filter(None, [text, *links])), tuple(files)


def goes_as_file(file: Attachment, transport: Transport) -> bool:
    return transport.takes_files and (transport.max_file is None or file.size <= transport.max_file)
