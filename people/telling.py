"""How an agent wants to be told: sounds, notices of the desktop, and when not to be disturbed.

Kept with the agent, so that every device does the same. Whether somebody wants to be left alone now is not asked of
the server at each notice: pages are given the spans of the days to come, and know by their clock when one ends.

"Do not disturb" is no presence: who is there goes on being given conversations (people/presence.py).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction
from django.utils import timezone

from events import topics
from events.record import Push, push
from helpdesk.lib.hours import DAY, Interval, Schedule
from helpdesk.lib.times import iso
from people.models import Agent, NoticePreferences

# Names of static/js/notices/sounds.js, which makes them.
TONES = ("drop", "chime", "wood", "glass", "pulse", "knock")
SOUNDS = {"message": "drop", "notice": "chime", "urgent": "pulse"}  # what for, and what it is unless chosen
AHEAD = timedelta(days=8)  # for so long a page knows the spans; it asks again much earlier
MORNING = time(8)
NIGHT_ENDS = 4  # who turns it on at two at night means the morning that comes
LENGTHS = {"half-hour": timedelta(minutes=30), "hour": timedelta(hours=1)}
MOST_SILENT = 100


@dataclass(frozen=True)
class Quiet:
    """One span in which an agent is not disturbed. `until` None: until it is turned off."""

    since: datetime
    until: datetime | None
    by: str  # "hand" or "week"


def preferences_of(agent: Agent) -> NoticePreferences:
    """Return what an agent chose; where they chose nothing a row that is not saved."""
    return NoticePreferences.objects.filter(agent=agent).first() or NoticePreferences(agent=agent)


def zone_of(agent: Agent) -> ZoneInfo:
    try:
        return ZoneInfo(agent.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


# -- Do not disturb


def weekly_of(days: Sequence[Sequence[int]]) -> tuple[tuple[Interval, ...], ...]:
    """Return quiet hours as intervals of seven days: what goes on after midnight belongs to the next one."""
    found: list[list[Interval]] = [[] for _ in range(7)]
    for number, span in enumerate(days):
        if not span:
            continue
        first, last = span
        found[number].append((first, min(last, DAY)))
        if last > DAY:
            found[(number + 1) % 7].append((0, last - DAY))
    return tuple(_joined(spans) for spans in found)


def _joined(spans: list[Interval]) -> tuple[Interval, ...]:
    joined: list[Interval] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], last)
        else:
            joined.append((first, last))
    return tuple(joined)


def quiet_spans(preferences: NoticePreferences, now: datetime) -> list[Quiet]:
    """Return when an agent is not disturbed, from `now` on for some days, in order; one begins before now at most."""
    p = preferences
    spans = []
    if p.quiet_since is not None and (p.quiet_until is None or p.quiet_until > now):
        spans.append(Quiet(p.quiet_since, p.quiet_until, "hand"))
    if any(p.quiet_hours):
        schedule = Schedule(zone_of(p.agent), weekly_of(p.quiet_hours))
        start = max(now, p.heard_until) if p.heard_until else now
        spans += [Quiet(a, b, "week") for a, b in schedule.open_between(start, now + AHEAD)]
    return sorted(spans, key=lambda span: span.since)


def quiet_now(preferences: NoticePreferences, now: datetime) -> Quiet | None:
    """Return the span that `now` lies in, of several the one that ends last."""
    open_now = [s for s in quiet_spans(preferences, now) if s.since <= now]
    return max(open_now, key=lambda s: s.until or datetime.max.replace(tzinfo=UTC), default=None)


def be_quiet(*, agent: Agent, how: str) -> NoticePreferences:
    """Disturb an agent no more: for a `half-hour` or an `hour`, until `morning`, or until it is turned off (`open`).

    `off` ends it, also the hours of the week that are on now; the next ones come as usual. Raises ValueError.
    """
    now = timezone.now()
    with transaction.atomic():
        mine = _locked(agent)
        mine.quiet_since, mine.quiet_until = now, None
        if how in LENGTHS:
            mine.quiet_until = now + LENGTHS[how]
        elif how == "morning":
            mine.quiet_until = next_morning(now, zone_of(agent))
        elif how == "off":
            mine.quiet_since = None
            on = quiet_now(mine, now)
            mine.heard_until = on.until if on else mine.heard_until
        elif how != "open":
            raise ValueError(f"{how!r} is no time to be quiet for")
        mine.save(update_fields=["quiet_since", "quiet_until", "heard_until"])
        _tell(mine)
    return mine


def next_morning(now: datetime, zone: ZoneInfo) -> datetime:
    """Return eight o'clock tomorrow at the agent's place; in the night, that of the day which has begun."""
    local = now.astimezone(zone)
    day = local.date() if local.hour < NIGHT_ENDS else local.date() + timedelta(days=1)
    return datetime.combine(day, MORNING, zone).astimezone(UTC)


# -- What is chosen


def save_preferences(
    *,
    agent: Agent,
    volume: int,
    tones: dict[str, str],
    silent: Collection[str],
    undisplayed: Collection[str],
    urgent_passes: bool,
    quiet_hours: Sequence[Sequence[int]],
) -> NoticePreferences:
    """Keep how an agent wants to be told, and tell all their pages.

    `volume`: percent. `tones`: of SOUNDS, which of TONES. `silent`, `undisplayed`: kinds of notices without a sound,
    and without one of the desktop. `quiet_hours`: seven days from Monday on, [first, last] minute or nothing; past
    1440 it goes on in the next day. Raises ValueError.
    """
    if not 0 <= volume <= 100 or not tones.keys() <= SOUNDS.keys() or not set(tones.values()) <= set(TONES):
        raise ValueError("no such sound")
    if len(quiet_hours) not in (0, 7) or not all(_is_span(day) for day in quiet_hours):
        raise ValueError("quiet hours are seven days, each of a day's length at most")
    with transaction.atomic():
        mine = _locked(agent)
        if [list(day) for day in quiet_hours] != mine.quiet_hours:
            mine.heard_until = None  # what was turned off was another week's
        mine.volume, mine.tones, mine.urgent_passes = volume, dict(tones), urgent_passes
        mine.silent, mine.undisplayed = sorted(silent)[:MOST_SILENT], sorted(undisplayed)[:MOST_SILENT]
        mine.quiet_hours = [list(day) for day in quiet_hours]
        mine.save()
        _tell(mine)
    return mine


def _is_span(day: Sequence[int]) -> bool:
    return not day or (len(day) == 2 and 0 <= day[0] < DAY and day[0] < day[1] <= day[0] + DAY)


def _locked(agent: Agent) -> NoticePreferences:
    NoticePreferences.objects.get_or_create(agent=agent)
    return NoticePreferences.objects.select_for_update(of=("self",)).select_related("agent").get(agent=agent)


def _tell(preferences: NoticePreferences) -> None:
    frame = {"type": "notice.preferences", "preferences": preferences_data(preferences)}
    push([Push((topics.agent(preferences.agent_id),), frame)])


def preferences_data(preferences: NoticePreferences) -> dict[str, Any]:
    """Return how to tell an agent, as pages have it. `now` lets them find how their own clock differs."""
    now = timezone.now()
    return {
        "now": iso(now),
        "volume": preferences.volume,
        "tones": SOUNDS | preferences.tones,
        "silent": preferences.silent,
        "undisplayed": preferences.undisplayed,
        "urgent_passes": preferences.urgent_passes,
        "quiet": [
            {"since": iso(span.since), "until": iso(span.until), "by": span.by}
            for span in quiet_spans(preferences, now)
        ],
    }
