"""Long texts in the parts that a provider takes."""

import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.utils.translation import gettext_noop

from inbox.transports.base import Later, NoAnswer, TransportError

Answer = TypeVar("Answer")
PATIENCE_S = 5.0


def split_text(text: str, limit: int, size: Callable[[str], int] = len) -> list[str]:
    """Return the text in parts of at most `limit`, cut at a line or a word where there is one.

    `size` is how long a character is where not each counts as one.
    """
    parts = []
    rest = text.strip()
    while (fits := _fitting(rest, limit, size)) < len(rest):
        at = max(rest.rfind("\n", fits // 2, fits + 1), 0) or max(rest.rfind(" ", fits // 2, fits + 1), 0)
        at = at or fits
        parts.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    return [*parts, rest] if rest else parts


def _fitting(text: str, limit: int, size: Callable[[str], int]) -> int:
    """Return how many characters from the start come to at most `limit`; one at least."""
    if size is len:
        return min(len(text), limit)
    total = 0
    for index, character in enumerate(text):
        total += size(character)
        if total > limit:
            return max(index, 1)
    return len(text)


def utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _patiently(call: Callable[[], Answer]) -> Answer:
    try:
        return call()
    except Later as later:
        if later.retry_after is None or later.retry_after > PATIENCE_S:
            raise
        time.sleep(later.retry_after)
        return call()


def send_parts(calls: Iterable[Callable[[], Answer]]) -> Answer:
    """Make the calls one after the other and return the first answer.

    What fails after something went out has not failed, and must not be sent again as a whole: that is NoAnswer.
    So the rest of a message that has begun to go out is patient, where a provider asks for a little of that.
    """
    answers: list[Answer] = []
    for call in calls:
        try:
            answers.append(_patiently(call) if answers else call())
        except TransportError:
            if not answers:
                raise
            raise NoAnswer(gettext_noop("Only a part of it was sent.")) from None
    if not answers:
        raise NoAnswer(gettext_noop("There was nothing to send."))
    return answers[0]
