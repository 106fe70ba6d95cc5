"""What a store's desk tells a buyer who comes in: who is there, when it is open, how long an answer usually takes,
and how many are before them."""

from datetime import timedelta
from math import ceil
from statistics import median
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db.models import Q, QuerySet
from django.utils import timezone

from helpdesk.lib.hours import Schedule
from helpdesk.lib.times import iso
from inbox.models import Conversation, SpecialDay, StoreHours
from people.models import Agent, Store

FACES = 3
LOOK_BACK = timedelta(days=7)
SAMPLE = 50  # the latest answered conversations
KEEP_S = 60


def faces(store_id: UUID) -> list[dict[str, Any]]:
    """Return a few of those who answer for a store, whoever is there now first."""
    now = timezone.now()
    agents = Agent.objects.filter(is_active=True, teams__stores=store_id).distinct().order_by("name")
    there = Q(presence="online", lease_until__gt=now)
    found = [*agents.filter(there)[:FACES], *agents.exclude(there)[:FACES]]
    return [{"name": agent.name} for agent in found[:FACES]]


def expected_wait_s(store_id: UUID) -> int | None:
    """Return the median time to the first answer of late, in seconds; None where too little is known."""
    key = f"expected-wait:{store_id}"
    known: int | None = cache.get(key, -1)
    if known != -1:
        return known
    rows = (
        Conversation.objects.filter(
            store_id=store_id, first_reply_at__isnull=False, last_at__gt=timezone.now() - LOOK_BACK
        )
        .order_by("-last_at", "-id")
        .values_list("created_at", "first_reply_at")[:SAMPLE]
    )
    waits = [(replied - created).total_seconds() for created, replied in rows if replied]
    wait = max(0, round(median(waits))) if len(waits) >= 3 else None
    cache.set(key, wait, KEEP_S)
    return wait


def in_line(conversations: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Return those in which a buyer waits and that nobody has."""
    return conversations.filter(
        status=Conversation.Status.OPEN, assignee__isnull=True, waiting_since__isnull=False
    )


def queue_position(conversation: Conversation | None) -> int | None:
    """Return the buyer's place in the line of their store, 1 being the next; None where they do not stand in it."""
    since = conversation.waiting_since if conversation else None
    if conversation is None or since is None or conversation.assignee_id or conversation.status != "open":
        return None
    before = Q(priority__gt=conversation.priority) | Q(
        priority=conversation.priority, waiting_since__lt=since
    )
    before |= Q(priority=conversation.priority, waiting_since=since, id__lt=conversation.pk)
    line = in_line(Conversation.objects.filter(store_id=conversation.store_id))
    return line.filter(before).count() + 1


def schedule_of(store: Store) -> Schedule:
    """Return when a store is open: two queries. A store that says nothing always is."""
    weekly = StoreHours.objects.filter(store=store).values_list("weekly", flat=True).first()
    days = SpecialDay.objects.filter(store=store).values_list("date", "intervals")
    return Schedule(
        ZoneInfo(store.time_zone),
        None if weekly is None else tuple(tuple((start, end) for start, end in day) for day in weekly),
        {day: tuple((start, end) for start, end in intervals) for day, intervals in days},
    )


def hours_now(store: Store, language: str = "") -> dict[str, Any]:
    """Return what a widget shows of a store's hours: whether it is open and for how long that holds, when it opens
    next, and what it says meanwhile, in `language` where there is something in it."""
    schedule, now = schedule_of(store), timezone.now()
    is_open = schedule.is_open(now)
    closes = schedule.next_closing(now) if is_open else now
    opens = schedule.next_opening(closes) if closes else None
    changes = closes if is_open else opens
    return {
        "is_open": is_open,
        "changes_in_s": ceil((changes - now).total_seconds()) if changes else None,
        "opens_at": iso(opens),
        "away": "" if schedule.is_always_open else away_message(store, language),
    }


def away_message(store: Store, language: str) -> str:
    """Return what a store says while it is closed: in the buyer's language, else in its own, else nothing."""
    said: dict[str, str] | None = (
        StoreHours.objects.filter(store=store).values_list("away", flat=True).first()
    )
    return (said or {}).get(language) or (said or {}).get(store.language, "")
