"""Cards where no card can be drawn: in words, with a link to a page of their own.

A link is a signed message id, good for 14 days. Who has it may see that one card and answer it in the buyer's name,
and nothing else: it travels in an e-mail or a text message, which is how such a card reaches them at all.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from inbox.cards import all_cards, language_of
from inbox.models import Message

SALT = "inbox.card"
GOOD_FOR = timedelta(days=14)


class WrongLink(ValueError):
    """Nobody signed this."""


class LinkExpired(ValueError):
    """It was good once."""


def card_link(message: Message) -> str:
    """Return the address of a page that shows this card, and takes its answer, for 14 days from now."""
    return settings.PUBLIC_URL + reverse("card-page", args=[token_of(message.id)])


def plain_text(message: Message) -> str:
    """Return the card in words, with its link, for channels that carry only text.

    (Load the message with its conversation's buyer and store.)
    """
    data = message.data or {}
    kind = all_cards().get(data.get("kind", ""))
    words = kind.text(data) if kind else message.body
    with translation.override(language_of(message.conversation)):
        is_asked = data.get("choices") and not data.get("answer") and not data.get("closed")
        before = _("Please answer here:") if is_asked else _("See it here:")
    return f"{words}\n\n{before} {card_link(message)}"


def token_of(message_id: UUID) -> str:
    name = urlsafe_b64encode(message_id.bytes).decode().rstrip("=")
    return signing.TimestampSigner(salt=SALT, sep=".").sign(name)


def message_of(token: str) -> UUID:
    """Return which message a link is for. Raises WrongLink or LinkExpired."""
    try:
        name = signing.TimestampSigner(salt=SALT, sep=".").unsign(token, max_age=GOOD_FOR)
        return UUID(bytes=urlsafe_b64decode(name + "=="))
    except signing.SignatureExpired:
        raise LinkExpired from None
    except (signing.BadSignature, ValueError):
        raise WrongLink from None
