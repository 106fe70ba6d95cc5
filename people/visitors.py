"""Browsers that opened the widget: their tokens, and what a store's signature says of who they are."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import jwt
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q
from django.utils import timezone

from people.models import LANGUAGES, Buyer, Store, VisitorSession

VOUCHED_FOR = timedelta(hours=12)  # how long one signed identity lets a browser see history and orders
LONGEST_TOKEN = timedelta(hours=24)  # a token that is good for longer is a password in a page
SEEN_EVERY = timedelta(minutes=1)


class InvalidIdentity(ValueError):
    """The identity token was not signed by this store, has expired, or says nothing usable."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a store vouches for: `external_id` is the buyer's id there; "" is what it did not say."""

    external_id: str
    name: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""
    email_verified: bool = False  # the store has proven that the address is theirs
    phone_verified: bool = False


def verify_identity(store: Store, token: str) -> Identity:
    """Return what a store's JWT (RFC 7519, HS256 only) says. Raises InvalidIdentity."""
    try:
        claims = jwt.decode(
            token,
            store.identity_secret,
            algorithms=["HS256"],
            leeway=30,
            options={"require": ["exp", "sub"], "verify_aud": False},
        )
    except (jwt.InvalidTokenError, ValueError) as error:
        raise InvalidIdentity(str(error)) from None
    if claims["exp"] > (timezone.now() + LONGEST_TOKEN).timestamp():
        raise InvalidIdentity("the token is valid for more than 24 hours")
    subject = _claim(claims, "sub", 80)
    if not subject:
        raise InvalidIdentity("sub is empty")
    email = _claim(claims, "email", 254)
    try:
        validate_email(email)
    except ValidationError:
        email = ""
    return Identity(
        subject,
        _claim(claims, "name", 120),
        email,
        _claim(claims, "phone", 32),
        language(_claim(claims, "locale", 10)),
        # As OpenID Connect Core 1.0 names them, section 5.1.
        email_verified=bool(email) and claims.get("email_verified") is True,
        phone_verified=claims.get("phone_number_verified") is True,
    )


def _claim(claims: dict[str, Any], name: str, longest: int) -> str:
    value = claims.get(name)
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text.replace("\x00", "").strip()[:longest]


def language(locale: str) -> str:
    """Return our language for a locale such as `zh-CN` or `en_GB`; "" where it is none of ours."""
    wanted = locale.lower().replace("_", "-")
    if wanted.startswith("zh"):
        return "zh-hans"
    return next((code for code, _ in LANGUAGES if wanted.split("-")[0] == code), "")


def new_token() -> str:
    return secrets.token_urlsafe(32)


def authenticate(token: str) -> VisitorSession | None:
    """Return the session of a visitor token with its buyer and store, or None.

    A session of a buyer whom the store vouched for ends with the vouching; that of an anonymous one does not.
    """
    if not token or len(token) > 100 or not token.isascii():
        return None
    session = (
        VisitorSession.objects.select_related("buyer__store")
        .filter(token_digest=VisitorSession.digest(token), revoked_at__isnull=True)
        .first()
    )
    if session is None or (session.buyer.is_verified and not session.is_verified):
        return None
    now = timezone.now()
    if session.last_seen_at < now - SEEN_EVERY:
        VisitorSession.objects.filter(pk=session.pk).update(last_seen_at=now)
        Buyer.objects.filter(pk=session.buyer_id).update(last_seen_at=now)
    return session


def valid_sessions(ids: list[UUID]) -> dict[UUID, UUID]:
    """Return those of the session ids that may still be used, with whose they are now."""
    anonymous = Q(buyer__external_id__isnull=True)
    rows = VisitorSession.objects.filter(pk__in=ids, revoked_at__isnull=True)
    return dict(rows.filter(anonymous | Q(verified_until__gt=timezone.now())).values_list("id", "buyer_id"))
