"""When things happen: shoppers' days, agents' office hours. All moments are aware UTC."""

import random
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

DAYS = 92  # how far back the demo world remembers

# How much of a day's shopping is done by which hour.
_BY_HOUR = [(0, 0.0), (7, 0.03), (10, 0.17), (13, 0.40), (18, 0.66), (22, 0.96), (24, 1.0)]


def _interpolate(value: float, points: list[tuple[float, float]]) -> float:
    at = min(bisect_right([x for x, _ in points], value), len(points) - 1)
    (x0, y0), (x1, y1) = points[at - 1], points[at]
    return y0 + (value - x0) * (y1 - y0) / (x1 - x0)


_SHARES: list[tuple[float, float]] = [(share, hour) for hour, share in _BY_HOUR]
_HOURS: list[tuple[float, float]] = [(hour, share) for hour, share in _BY_HOUR]


def within(moment: datetime, zone: ZoneInfo, start: int, end: int) -> datetime:
    """Return a moment of the same local day from `start` to `end` o'clock; earlier ones stay earlier."""
    local = moment.astimezone(zone)
    midnight = datetime(local.year, local.month, local.day, tzinfo=zone)
    share = (local.hour * 60 + local.minute) / 1440
    return (midnight + timedelta(hours=start + share * (end - start), seconds=local.second)).astimezone(UTC)


@dataclass(frozen=True)
class Clock:
    """The hours of one shop. `hours` holds (opens, closes) for Monday to Sunday, None where it is closed."""

    zone: ZoneInfo
    hours: tuple[tuple[int, int] | None, ...]
    now: datetime

    def moment(self, share: float) -> datetime:
        """Return when `share` (0 to 1) of the remembered time's shopping was done; later shares are later."""
        today = self.now.astimezone(self.zone)
        done_today = _interpolate(today.hour + today.minute / 60, _HOURS)
        days = share * (DAYS + done_today)
        midnight = datetime(today.year, today.month, today.day, tzinfo=self.zone) - timedelta(
            days=DAYS - int(days)
        )
        moment = midnight + timedelta(hours=_interpolate(days % 1, _SHARES))
        return min(moment.astimezone(UTC), self.now)

    def awake(self, moment: datetime, rng: random.Random) -> datetime:
        """Return `moment`, or the same morning where people would be asleep."""
        local = moment.astimezone(self.zone)
        if 7 <= local.hour < 23:
            return moment
        wait = (7 - local.hour) % 24 + rng.uniform(0.2, 3.5)
        return moment + timedelta(hours=wait)

    def worked(self, start: datetime, effort: timedelta) -> datetime:
        """Return when agents who begin at `start` have worked for `effort`, in their office hours."""
        at = start.astimezone(self.zone)
        while True:
            hours = self.hours[at.weekday()]
            if hours is not None:
                midnight = datetime(at.year, at.month, at.day, tzinfo=self.zone)
                at = max(at, midnight + timedelta(hours=hours[0]))
                closing = midnight + timedelta(hours=hours[1])
                if at + effort <= closing:
                    return (at + effort).astimezone(UTC)
                if at < closing:
                    effort = max(effort - (closing - at), timedelta(minutes=2))
            at = datetime(at.year, at.month, at.day, tzinfo=self.zone) + timedelta(days=1)
