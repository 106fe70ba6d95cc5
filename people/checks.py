"""What is wrong in the registries of this room is said before anybody is told anything."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from people import notices


@register("notices")
def notice_words(**kwargs: Any) -> list[CheckMessage]:
    """Every installed kind has words; each of them once, with places that are plain names."""
    try:
        found = notices.vocabulary()
    except (ImportError, ValueError) as error:
        return [Error(f"NOTICE_WORDS: {error}", id="people.E001")]
    return [
        Error(f"The notice {kind!r} cannot be worded: {error}", id="people.E002")
        for kind, words in found.items()
        for error in notices.faults(words)
    ]
