"""When a store is open: what admins set, checked and written down."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from events import names
from events.record import Actor, Happening, record
from helpdesk.lib.hours import DAY, Interval
from helpdesk.lib.text import is_storable
from inbox.errors import Invalid
from inbox.models import SpecialDay, StoreHours
from inbox.services.targets import unsettle
from people.models import LANGUAGES, Agent, Store

MOST_INTERVALS = 6  # of one day
MOST_DAYS = 200  # with hours of their own
MAX_AWAY = 300

Day = Sequence[Sequence[int]]


def save_hours(
    *,
    actor: Agent,
    store: Store,
    weekly: Sequence[Day] | None,
    special: Mapping[date, tuple[str, Day]],
    away: Mapping[str, str],
) -> StoreHours:
    """Set a store's opening hours: seven days of intervals (None: always open), the dates that have others, each
    with a name, and what is said by language while it is closed. Raises Invalid."""
    if weekly is not None and len(weekly) != 7:
        raise Invalid(_("A week has seven days."), attr="weekly")
    if len(special) > MOST_DAYS:
        raise Invalid(_("At most %(count)s special days.") % {"count": MOST_DAYS}, attr="special")
    week = None if weekly is None else [_day(day, "weekly") for day in weekly]
    if week is not None and not any(week):
        raise Invalid(_("Open it on at least one day of the week."), attr="weekly")
    days = {on: (_text(name, 60, "special"), _day(day, "special")) for on, (name, day) in special.items()}
    said = {code: text for code, _name in LANGUAGES if (text := _text(away.get(code, ""), MAX_AWAY, "away"))}
    with transaction.atomic():
        Store.objects.select_for_update().get(pk=store.pk)  # one at a time
        hours = StoreHours.objects.filter(store=store).first() or StoreHours(store=store)
        before = hours_data(store, hours)
        hours.weekly, hours.away = week, said
        hours.save()
        SpecialDay.objects.filter(store=store).delete()
        SpecialDay.objects.bulk_create(
            SpecialDay(store=store, date=on, name=name, intervals=day) for on, (name, day) in days.items()
        )
        after = hours_data(store, hours)
        changed = [key for key in after if before[key] != after[key]]
        if changed:
            data = {
                "before": {key: before[key] for key in changed},
                "after": {key: after[key] for key in changed},
            }
            record(Happening(names.HOURS_CHANGED, Actor.agent(actor), store_id=store.id, data=data))
            unsettle(store.pk)
    return hours


def hours_data(store: Store, hours: StoreHours | None) -> dict[str, Any]:
    """Return a store's hours as they are written down and given by the API."""
    return {
        "weekly": None
        if hours is None or hours.weekly is None
        else [[span_data(span) for span in day] for day in hours.weekly],
        "special": [
            {
                "date": day.date.isoformat(),
                "name": day.name,
                "open": [span_data(span) for span in day.intervals],
            }
            for day in SpecialDay.objects.filter(store=store).order_by("date")
        ],
        "away": dict(hours.away) if hours else {},
    }


def span_data(span: Sequence[int]) -> dict[str, str]:
    return {"from": clock(span[0]), "to": clock(span[1])}


def clock(minute: int) -> str:
    """Return minutes from midnight as 09:30; the end of a day is 24:00."""
    return f"{minute // 60:02}:{minute % 60:02}"


def minutes(text: str) -> int:
    """Return a time of day such as 09:30, or 24:00, as minutes from midnight. Raises ValueError."""
    hours, _colon, rest = text.partition(":")
    if len(hours) != 2 or len(rest) != 2 or not (hours + rest).isascii() or not (hours + rest).isdigit():
        raise ValueError(text)
    found = int(hours) * 60 + int(rest)
    if int(rest) > 59 or found > DAY:
        raise ValueError(text)
    return found


def _day(day: Day, attr: str) -> list[Interval]:
    """Return the intervals of a day in their order. Raises Invalid where one is none, or two overlap."""
    if len(day) > MOST_INTERVALS:
        raise Invalid(_("At most %(count)s intervals a day.") % {"count": MOST_INTERVALS}, attr=attr)
    found = sorted((span[0], span[1]) for span in day)
    if any(not 0 <= start < end <= DAY for start, end in found):
        raise Invalid(_("An interval ends after it begins, on the same day."), attr=attr)
    if any(before[1] > after[0] for before, after in pairwise(found)):
        raise Invalid(_("Intervals of a day do not overlap."), attr=attr)
    return found


def _text(value: str, longest: int, attr: str) -> str:
    text = value.strip()
    if len(text) > longest:
        raise Invalid(_("At most %(count)s characters.") % {"count": longest}, attr=attr)
    if not is_storable(text):
        raise Invalid(_("The text is not valid Unicode."), attr=attr)
    return text
