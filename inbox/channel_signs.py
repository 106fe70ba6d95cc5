"""What a channel's page shows of calls that left no row: when the last one came whose signature was wrong.

It is in the cache alone: a row for each would let strangers fill the database.
"""

from datetime import datetime

from django.core.cache import cache
from django.utils import timezone

from inbox.models import Channel

KEPT_S = 24 * 3600


def note_refusal(channel: Channel) -> None:
    cache.set(_key(channel), timezone.now(), KEPT_S)


def refused_at(channel: Channel) -> datetime | None:
    """Return when a call to the channel's address was last turned away for its signature, within a day."""
    found = cache.get(_key(channel))
    return found if isinstance(found, datetime) else None


def _key(channel: Channel) -> str:
    return f"channel-refused:{channel.pk}"
