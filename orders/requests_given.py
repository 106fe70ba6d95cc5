"""Reading what comes with a request: words, photos and its client_id, or a refusal that names what is wrong."""

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from helpdesk.lib.text import is_storable
from inbox import files
from inbox.models import Attachment
from orders.errors import InvalidParams
from people.models import Buyer

MOST_PHOTOS = 6
MAX_REASON = 500
MAX_ANSWER = 300
_CLIENT_ID = re.compile(r"[\w.:-]{1,64}\Z", re.ASCII)


def clean_words(words: Any, longest: int, attr: str) -> str:
    if not isinstance(words, str) or not is_storable(words) or "\x00" in words:
        raise InvalidParams(_("This is no text."), attr=attr)
    if len(words := words.strip()) > longest:
        raise InvalidParams(_("At most %(count)d characters.") % {"count": longest}, attr=attr)
    return words


def clean_client_id(client_id: Any) -> str:
    if not isinstance(client_id, str) or not _CLIENT_ID.match(client_id):
        raise InvalidParams("client_id is 1 to 64 letters, digits or . : _ -", attr="client_id")
    return client_id


def clean_photos(photos: Sequence[UUID]) -> list[str]:
    if len(photos) > MOST_PHOTOS:
        raise InvalidParams(_("At most %(count)d photos.") % {"count": MOST_PHOTOS}, attr="photos")
    return list(dict.fromkeys(str(photo) for photo in photos))


def check_photos(buyer: Buyer, photos: list[str]) -> None:
    """Raise InvalidParams where one is no picture that this buyer uploaded, or is in a message already.

    The message of the request claims them: with that they are kept, and agents of the store may open them.
    """
    own = Attachment.objects.filter(
        uploader=f"buyer:{buyer.id}", message__isnull=True, media_type__in=files.SHOWN
    )
    if photos and own.filter(pk__in=photos).count() != len(photos):
        raise InvalidParams(_("A photo is missing, or is no picture."), attr="photos")
