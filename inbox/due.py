"""By when a buyer who waits is to be answered: from a store's targets and hours, which are kept in memory.

What a conversation says of it is a function of its wait (since when, at which priority, a first or a next reply) and
of the store's rules, so it can be computed anew at any time and nothing else has to be remembered. Whoever writes a
conversation does so (services/timeline.py); where the rules change, services/targets.py does it for all who wait.
"""

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone

from helpdesk.lib.hours import Interval, Schedule
from inbox.models import Conversation, ReplyTarget, SpecialDay

KEEP_S = 5.0  # for so long rules that others have changed may still be read from memory
FIRST, NEXT = Conversation.ReplyKind.FIRST, Conversation.ReplyKind.NEXT
_FIELDS = ("reply_kind", "reply_due_at", "reply_warn_at", "reply_check_at")
_MOST_KNOWN = 2_000

Said = tuple[str, datetime | None, datetime | None, datetime | None]
Moments = tuple[datetime, datetime]  # when it is due soon, and when it is due


@dataclass(slots=True)
class Rules:
    """The targets of a store in seconds, by priority and kind, and the hours in which they run."""

    schedule: Schedule
    warn_percent: int
    seconds: Mapping[tuple[int, str], int]
    _known: dict[tuple[datetime, int], Moments | None] = field(default_factory=dict)

    def moments(self, since: datetime, priority: int, kind: str) -> Moments | None:
        """Return by when who waits since then is answered; None where there is no target, or no opening in sight."""
        seconds = self.seconds.get((priority, kind))
        if seconds is None:
            return None
        key = since, seconds
        if key not in self._known:  # a buyer writes on while they wait
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
            early = seconds * self.warn_percent // 100
            warn_at = self.schedule.after_open_seconds(since, early)
            due_at = warn_at and self.schedule.after_open_seconds(warn_at, seconds - early)
            self._known[key] = (warn_at, due_at) if warn_at and due_at else None
        return self._known[key]


_rules: dict[UUID, tuple[float, Rules | None]] = {}


def rules_of(store_ids: Iterable[UUID]) -> dict[UUID, Rules | None]:
    """Return the rules of stores, None for those that have no targets; from memory where they were read just now."""
    now = time.monotonic()
    wanted = set(store_ids)
    old = [pk for pk in wanted if pk not in _rules or now - _rules[pk][0] >= KEEP_S]
    if old:
        if len(_rules) > 10_000:
            _rules.clear()
        found = _read(old)
        _rules.update({pk: (now, found.get(pk)) for pk in old})
    return {pk: _rules[pk][1] for pk in wanted}


def forget(store_id: UUID) -> None:
    """Have a store's rules read again by this process."""
    _rules.pop(store_id, None)


def _read(store_ids: Collection[UUID]) -> dict[UUID, Rules]:
    """Read rules: one query for stores without targets, two for others."""
    rows = ReplyTarget.objects.filter(store__in=store_ids).select_related(
        "store__hours", "store__reply_targets"
    )
    targets: defaultdict[UUID, list[ReplyTarget]] = defaultdict(list)
    for row in rows.order_by():
        targets[row.store_id].append(row)
    if not targets:
        return {}
    special: defaultdict[UUID, dict[date, tuple[Interval, ...]]] = defaultdict(dict)
    days = SpecialDay.objects.filter(store__in=targets).order_by()
    for store_id, day, spans in days.values_list("store", "date", "intervals"):
        special[store_id][day] = _spans(spans)
    return {pk: _rules_from(found, special[pk]) for pk, found in targets.items()}


def _rules_from(targets: list[ReplyTarget], special: Mapping[date, tuple[Interval, ...]]) -> Rules:
    store = targets[0].store
    hours, of_all = getattr(store, "hours", None), getattr(store, "reply_targets", None)
    weekly = None if hours is None or hours.weekly is None else tuple(_spans(day) for day in hours.weekly)
    minutes = {
        (target.priority, kind.value): given
        for target in targets
        for kind, given in ((FIRST, target.first_minutes), (NEXT, target.next_minutes))
    }
    return Rules(
        Schedule(ZoneInfo(store.time_zone), weekly, special),
        of_all.warn_percent if of_all else 100,
        {key: given * 60 for key, given in minutes.items() if given is not None},
    )


def _spans(spans: Iterable[Any]) -> tuple[Interval, ...]:
    return tuple((start, end) for start, end in spans)


# -- What a conversation says of it


def keep(conversations: Collection[Conversation], *, is_new_rule: bool = False) -> list[Conversation]:
    """Set by when each is to be answered, as rules are now; return those that say something else than before.

    What is overdue by nothing but a rule that is new is shown so, and nobody is told: nobody had promised it.
    """
    waiting = {c.store_id for c in conversations if c.waiting_since is not None}
    rules, now = rules_of(waiting) if waiting else {}, timezone.now()
    changed = []
    for conversation in conversations:
        before = _said(conversation)
        _keep(conversation, rules.get(conversation.store_id), now)
        if _said(conversation) != before:
            if is_new_rule and is_overdue_untold(conversation, now):
                conversation.reply_check_at = None
            changed.append(conversation)
    return changed


def _said(c: Conversation) -> Said:
    return c.reply_kind, c.reply_due_at, c.reply_warn_at, c.reply_check_at


def _keep(c: Conversation, rules: Rules | None, now: datetime) -> None:
    if c.waiting_since is None:
        clear(c)
        return
    c.reply_kind = c.reply_kind or (NEXT if c.first_reply_at else FIRST)
    moments = rules.moments(c.waiting_since, c.priority, c.reply_kind) if rules else None
    if moments is None:
        c.reply_warn_at = c.reply_due_at = c.reply_check_at = None
        return
    warn_at, due_at = moments
    if (warn_at, due_at) == (c.reply_warn_at, c.reply_due_at):
        return
    c.reply_check_at = _next_check(c, warn_at, due_at, now)
    c.reply_warn_at, c.reply_due_at = warn_at, due_at


def _next_check(c: Conversation, warn_at: datetime, due_at: datetime, now: datetime) -> datetime | None:
    """Return when there is something to tell after the moments have moved: what lies ahead again is told again, and
    what was told and lies behind is not told twice."""
    if now < warn_at or c.reply_due_at is None:
        return warn_at
    was_warned = c.reply_check_at != c.reply_warn_at
    if now < due_at:
        return due_at if was_warned else warn_at
    return c.reply_check_at and (due_at if was_warned else warn_at)


def clear(c: Conversation) -> None:
    """Nobody waits any more."""
    c.reply_kind = ""
    c.reply_due_at = c.reply_warn_at = c.reply_check_at = None


def is_overdue_untold(c: Conversation, at: datetime) -> bool:
    """Tell whether an answer was due at a moment, and nobody has been told of it."""
    return c.reply_due_at is not None and c.reply_check_at is not None and c.reply_due_at <= at


def carry(source: Conversation, target: Conversation) -> None:
    """Let one say what the other said, where it goes on waiting in its place."""
    for name in _FIELDS:
        setattr(target, name, getattr(source, name))
