"""What another system told us, kept in English, and shown in the language of whoever reads it."""

from django.utils.translation import gettext


def in_words(told: str) -> str:
    """Return a kept sentence in the reader's language.

    A sentence of ours is translated as a whole. Where it goes on with words of somebody else's ("WeChat does not
    let us in: invalid appsecret"), what stands before the first colon is, and their words stay as they came.
    """
    if not told:
        return ""
    whole = gettext(told)
    head, colon, theirs = told.partition(": ")
    return whole if whole != told or not colon else f"{gettext(head)}: {theirs}"
