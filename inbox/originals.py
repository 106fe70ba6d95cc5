"""Messages as they came: kept whole beside what the timeline says of them."""

from typing import Any

from django.core.files.base import ContentFile

from inbox.models import Message
from inbox.models import Original as Kept
from inbox.transports.base import Original

MAX_BYTES = 30 * 1024 * 1024  # a larger one is not kept; its text and its files are


def shown(original: Original) -> dict[str, Any]:
    """Return what the timeline tells of it without opening it, as the message's data."""
    facts = {"subject": original.subject[:300], "html": original.html, "quoted": original.quoted}
    return {"original": facts | {"kept": len(original.content) <= MAX_BYTES}}


def keep(message: Message, original: Original) -> None:
    """Keep it, in the transaction that posts its message. What is rolled back leaves a file that nothing names."""
    if len(original.content) > MAX_BYTES:
        return
    kept = Kept(message=message, size=len(original.content))
    kept.file.save("original", ContentFile(original.content), save=False)
    kept.save()
