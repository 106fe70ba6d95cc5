"""Opening hours as pure functions: weekly intervals and dated days in a time zone, right also when clocks change.

What the clock on the wall says decides: from 9 to 18 means 9 to 18 there, on the day that has 23 hours too. A time
that a change of clocks leaves out has passed when the clock has gone past it; one that comes twice counts twice.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = 24 * 60
LOOK_AHEAD = timedelta(days=400)  # beyond a year of holidays nobody is told when we open

# Minutes from midnight, the second not included: (540, 1080) is 9:00 to 18:00, and 1440 is midnight.
Interval = tuple[int, int]


@dataclass(frozen=True)
class Schedule:
    """When somebody is open. `weekly` has seven days from Monday on, None: always; a date in `special` has its own
    intervals instead (none: closed all day)."""

    zone: ZoneInfo
    weekly: tuple[tuple[Interval, ...], ...] | None = None
    special: Mapping[date, tuple[Interval, ...]] = field(default_factory=dict)

    @property
    def is_always_open(self) -> bool:
        return self.weekly is None and not self.special

    def on(self, day: date) -> tuple[Interval, ...]:
        """Return the intervals of a day."""
        if day in self.special:
            return self.special[day]
        return ((0, DAY),) if self.weekly is None else self.weekly[day.weekday()]

    def is_open(self, at: datetime) -> bool:
        local = at.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        return any(start <= minute < end for start, end in self.on(local.date()))

    def next_opening(self, at: datetime) -> datetime | None:
        """Return the first moment from `at` on at which it is open; None where that is too far ahead."""
        if self.is_open(at):
            return at
        return next((start for start, _ in self.open_between(at, at + LOOK_AHEAD)), None)

    def next_closing(self, at: datetime) -> datetime | None:
        """Return when it closes that is open at `at`; `at` itself where it is closed, None: not in sight."""
        if not self.is_open(at):
            return at
        if self.is_always_open:
            return None
        end = at + LOOK_AHEAD
        closes = next(closes for _, closes in self.open_between(at, end))
        return closes if closes < end else None

    def open_seconds_between(self, start: datetime, end: datetime) -> float:
        """Return for how long it is open from `start` to `end`; 0 where that is backwards."""
        return sum((closes - opens).total_seconds() for opens, closes in self.open_between(start, end))

    def after_open_seconds(self, start: datetime, seconds: float) -> datetime | None:
        """Return the first moment at which it has been open for so many seconds since `start`: the inverse of
        `open_seconds_between`. None where that is too far ahead."""
        if seconds <= 0 or self.is_always_open:
            return start + timedelta(seconds=max(seconds, 0))
        left = timedelta(seconds=seconds)
        for opens, closes in self._pieces(start.astimezone(UTC), start.astimezone(UTC) + LOOK_AHEAD):
            if closes - opens >= left:
                return opens + left
            left -= closes - opens
        return None

    def open_between(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield when it is open from `start` to `end`, in UTC, in order, and each as long as it lasts."""
        before: tuple[datetime, datetime] | None = None
        for opens, closes in self._pieces(start.astimezone(UTC), end.astimezone(UTC)):
            if before is not None and before[1] == opens:  # over midnight, or over a change of clocks
                before = before[0], closes
                continue
            if before is not None:
                yield before
            before = opens, closes
        if before is not None:
            yield before

    def _pieces(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the open times cut at midnights and where clocks change."""
        while start < end:
            until, offset = self._steady(start, min(end, start + timedelta(days=1)))
            day = (start + offset).date()
            while (midnight := _midnight(day) - offset) < until:
                for first, last in self.on(day):
                    opens = max(start, midnight + timedelta(minutes=first))
                    closes = min(until, midnight + timedelta(minutes=last))
                    if opens < closes:
                        yield opens, closes
                day += timedelta(days=1)
            start = until

    def _steady(self, start: datetime, end: datetime) -> tuple[datetime, timedelta]:
        """Return until when, at most `end`, clocks go on as at `start`, and how far they are from UTC then."""
        offset = self._offset(start)
        if self._offset(end) == offset:
            return end, offset
        same, other = start, end
        while other - same > timedelta(seconds=1):
            middle = (same + (other - same) / 2).replace(microsecond=0)
            if middle <= same:
                break
            same, other = (middle, other) if self._offset(middle) == offset else (same, middle)
        return other.replace(microsecond=0), offset

    def _offset(self, at: datetime) -> timedelta:
        return at.astimezone(self.zone).utcoffset() or timedelta()


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
