"""The link by which a buyer rates: a signed question, good for 30 days.

Who has it may say how that one conversation was, once it is over and until it goes on; nothing else, and they read
nothing of it. It is made when the question leaves, so agents, who see the question, do not see the link.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
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


def rating_link(ask_id: UUID, stars: int | None = None, *, at: datetime | None = None) -> str:
    """Return the address of the page that asks, with so many stars chosen already."""
    return settings.PUBLIC_URL + rating_path(token_of(ask_id, at), stars)


def rating_path(token: str, stars: int | None = None) -> str:
    return reverse("rate", args=[token]) if stars is None else reverse("rate-stars", args=[token, stars])


class _Signer(signing.TimestampSigner):
    def __init__(self, at: datetime | None = None) -> None:
        super().__init__(salt=SALT, sep=".")
        self.at = at

    def timestamp(self) -> str:
        return signing.b62_encode(int(self.at.timestamp())) if self.at else super().timestamp()


def token_of(ask_id: UUID, at: datetime | None = None) -> str:
    """Return the token of a question that leaves now, or left `at` some moment."""
    return _Signer(at).sign(urlsafe_b64encode(ask_id.bytes).decode().rstrip("="))


def ask_of(token: str) -> UUID:
    """Return which question a link is for. Raises WrongLink or LinkExpired."""
    try:
        name = _Signer().unsign(token, max_age=GOOD_FOR)
        return UUID(bytes=urlsafe_b64decode(name + "=="))
    except signing.SignatureExpired:
        raise LinkExpired from None
    except (signing.BadSignature, ValueError):
        raise WrongLink from None
