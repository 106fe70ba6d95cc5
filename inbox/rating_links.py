"""The link by which a buyer rates: a signed question, good for 30 days.

Who has it may say how that one conversation was, once it is over and until it goes on; nothing else, and they read
nothing of it. It is made when the question leaves, so agents, who see the question, do not see the link.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse

SALT = "inbox.rating"
GOOD_FOR = timedelta(days=30)


class WrongLink(ValueError):
    """Nobody signed this."""


class LinkExpired(ValueError):
    """It was good once."""


def rating_link(ask_id: UUID, stars: int | None = None) -> str:
    """Return the address of the page that asks, with so many stars chosen already."""
    return settings.PUBLIC_URL + rating_path(token_of(ask_id), stars)


def rating_path(token: str, stars: int | None = None) -> str:
    return reverse("rate", args=[token]) if stars is None else reverse("rate-stars", args=[token, stars])


def token_of(ask_id: UUID) -> str:
    name = urlsafe_b64encode(ask_id.bytes).decode().rstrip("=")
    return signing.TimestampSigner(salt=SALT, sep=".").sign(name)


def ask_of(token: str) -> UUID:
    """Return which question a link is for. Raises WrongLink or LinkExpired."""
    try:
        name = signing.TimestampSigner(salt=SALT, sep=".").unsign(token, max_age=GOOD_FOR)
        return UUID(bytes=urlsafe_b64decode(name + "=="))
    except signing.SignatureExpired:
        raise LinkExpired from None
    except (signing.BadSignature, ValueError):
        raise WrongLink from None
