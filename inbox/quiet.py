"""The buyer's own clock: when something that is no answer may reach them, and what counts as an answer.

The one place of this rule; docs/channels/failover.md says it in words.
"""

import zoneinfo
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from django.utils import timezone

from inbox.models import Message
from people.models import Buyer, Store

# By the buyer's own clock. Earlier or later than that a message of a shop wakes people.
DAY_BEGINS, DAY_ENDS = 8, 22
# Who wrote so lately sits there and waits for us: whatever we say is an answer.
LIVE_FOR = timedelta(minutes=15)


@dataclass(frozen=True)
class BuyersTime:
    """What time it is where the buyer is. `is_guess`: by their store's zone, for nobody knows theirs."""

    now: datetime
    zone: str
    is_guess: bool

    @property
    def is_night(self) -> bool:
        return not DAY_BEGINS <= self.now.hour < DAY_ENDS

    @property
    def clock(self) -> str:
        return f"{self.now:%H:%M}"

    @property
    def morning(self) -> datetime:
        """When their day begins next, in UTC: by the wall clock, whatever clocks do that night."""
        day = self.now.date() if self.now.hour < DAY_BEGINS else self.now.date() + timedelta(days=1)
        return datetime.combine(day, time(DAY_BEGINS), self.now.tzinfo).astimezone(UTC)


def buyers_time(buyer: Buyer, store: Store, now: datetime | None = None) -> BuyersTime:
    moment = now or timezone.now()
    for name in (buyer.time_zone, store.time_zone, "UTC"):
        try:
            here = moment.astimezone(zoneinfo.ZoneInfo(name))
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            continue
        return BuyersTime(here, name, is_guess=name != buyer.time_zone)
    raise AssertionError("UTC is a zone everywhere")


def held_until(buyer: Buyer, store: Store, now: datetime) -> datetime | None:
    """Return until when something that is no answer waits; None: it may go now."""
    here = buyers_time(buyer, store, now)
    return here.morning if here.is_night else None


def writing_now(buyers: Collection[UUID], now: datetime | None = None) -> set[UUID]:
    """Return which of the buyers wrote so lately that whatever is said to them is an answer."""
    since = (now or timezone.now()) - LIVE_FOR
    rows = Message.objects.filter(conversation__buyer__in=buyers, conversation__last_at__gte=since)
    lately = rows.filter(author_kind="buyer", created_at__gte=since)
    return set(lately.values_list("conversation__buyer", flat=True))
