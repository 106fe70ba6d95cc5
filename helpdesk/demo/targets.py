"""By when the two shops answer, and what had been promised in all that was said: which answers kept it, and what was
overdue. What still waits is left to the desk itself: it warns when it is served."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from events import names
from events.models import Event
from events.record import SYSTEM
from helpdesk.demo.rows import Rows
from helpdesk.demo.shops import Shop
from inbox import due
from inbox.models import Conversation, ReplyTarget, ReplyTargets
from inbox.payloads import iso
from inbox.services.targets import targets_data
from people.models import Store

WARN_PERCENT = 75
SINCE = timedelta(days=200)
AFTER = timedelta(seconds=3)  # a sweep comes so much later
_READ = (
    names.MESSAGE_CREATED,
    names.CONVERSATION_ASSIGNED,
    names.CONVERSATION_PRIORITY,
    names.CONVERSATION_RESOLVED,
    names.CONVERSATION_REOPENED,
)


def set_targets(shop: Shop, store: Store, now: datetime) -> None:
    before = targets_data(store)
    ReplyTargets.objects.create(store=store, warn_percent=WARN_PERCENT)
    ReplyTarget.objects.bulk_create(
        ReplyTarget(store=store, priority=priority, first_minutes=first, next_minutes=following)
        for priority, (first, following) in shop.targets.items()
    )
    rows = Rows()
    data = {"before": before, "after": targets_data(store)}
    rows.add_event(names.TARGETS_CHANGED, SYSTEM, now - SINCE, store.id, None, None, data)
    rows.write()


@dataclass
class _Told:
    """A conversation as it is told event by event."""

    priority: int = 0
    since: datetime | None = None
    is_answered: bool = False
    is_over: bool = False
    owners: list[tuple[datetime, str | None]] = field(default_factory=list)


def add_promises(rows: Rows, store: Store) -> None:
    """Write into the answers of a block what had been promised, and what was overdue beside them."""
    rules = due.rules_of([store.pk])[store.pk]
    assert rules is not None, "the shop has targets"
    told: defaultdict[UUID, _Told] = defaultdict(_Told)
    for event in sorted((e for e in rows.tables[Event] if e.name in _READ), key=lambda event: event.at):
        if event.conversation_id is not None:
            _tell(event, told[event.conversation_id], rules, rows)
    waiting: list[Conversation] = [c for c in rows.tables[Conversation] if c.waiting_since is not None]
    for c in waiting:
        c.reply_kind = due.NEXT if told[c.id].is_answered else due.FIRST
    due.keep(waiting)


def _tell(event: Event, talk: _Told, rules: due.Rules, rows: Rows) -> None:
    if event.name == names.CONVERSATION_ASSIGNED:
        talk.owners.append((event.at, event.data.get("agent")))
    elif event.name == names.CONVERSATION_PRIORITY:
        talk.priority = event.data["priority"]
    elif event.name == names.CONVERSATION_REOPENED:
        talk.is_answered = talk.is_answered and not (talk.is_over and event.actor_kind == "buyer")
        talk.is_over = False
    elif event.name == names.CONVERSATION_RESOLVED:
        _end(event, talk, rules, rows)
        talk.is_over = True
    elif not event.data["private"] and event.actor_kind == "buyer":
        talk.since = talk.since or event.at
    elif not event.data["private"] and event.actor_kind == "agent":
        if promise := _end(event, talk, rules, rows):
            event.data["promise"] = promise
        talk.is_answered = True


def _end(event: Event, talk: _Told, rules: due.Rules, rows: Rows) -> dict[str, Any] | None:
    """End the wait with an event; return what had been promised."""
    since, talk.since = talk.since, None
    kind = due.NEXT if talk.is_answered else due.FIRST
    moments = rules.moments(since, talk.priority, kind) if since else None
    if moments is None:
        return None
    warned, by = moments
    promise = {"kind": kind.value, "due": iso(by), "since": iso(since)}
    if by <= event.at:
        owner = next((agent for at, agent in reversed(talk.owners) if at <= by), None)
        data = {**promise, "warned": iso(warned), "agent": owner}
        at, where = min(by + AFTER, event.at), (event.store_id, event.conversation_id, None)
        assert event.store_id is not None, "it is a store's conversation"
        rows.add_event(names.REPLY_OVERDUE, SYSTEM, at, *where, data)
    return {**promise, "kept": event.at < by}
