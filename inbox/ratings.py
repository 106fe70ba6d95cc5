"""Ratings read: which of them somebody may see, found page by page, and how they fall.

Who may read figures sees those of their stores, everybody else those of their own work.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils import timezone

from helpdesk.lib.keyset import Keyset, cut
from helpdesk.lib.times import iso
from inbox.access import store_ids_for
from inbox.models import Rating, RatingAsk
from people.models import Agent
from people.payloads import store_ref

PAGE = 30
NEWEST = Keyset("ratings", "created_at")
OF_LATE = timedelta(days=30)


@dataclass(frozen=True)
class Wanted:
    """`most`: so many stars or fewer. `channel`: a kind."""

    rating: int | None = None
    most: int | None = None
    commented: bool = False
    store: str = ""  # a key
    agent: UUID | None = None
    channel: str = ""
    since: datetime | None = None
    until: datetime | None = None


def ratings_for(agent: Agent) -> QuerySet[Rating]:
    stores = store_ids_for(agent)
    rows = Rating.objects.all() if stores is None else Rating.objects.filter(store_id__in=stores)
    return rows if agent.may("figures.read") else rows.filter(agent=agent)


def wanted_of(agent: Agent, wanted: Wanted) -> QuerySet[Rating]:
    rows = ratings_for(agent)
    if wanted.rating is not None:
        rows = rows.filter(value=wanted.rating)
    if wanted.most is not None:
        rows = rows.filter(value__lte=wanted.most)
    if wanted.commented:
        rows = rows.exclude(comment="")
    if wanted.store:
        rows = rows.filter(store__key=wanted.store)
    if wanted.agent is not None:
        rows = rows.filter(agent=wanted.agent)
    if wanted.channel:
        rows = rows.filter(channel__kind=wanted.channel)
    if wanted.since is not None:
        rows = rows.filter(created_at__gte=wanted.since)
    if wanted.until is not None:
        rows = rows.filter(created_at__lt=wanted.until)
    return rows


def list_ratings(
    agent: Agent, wanted: Wanted, *, cursor: str = "", size: int = PAGE
) -> tuple[list[Rating], str | None]:
    """Return a page, the newest first, and the cursor of the next one. Raises BadCursor."""
    rows = wanted_of(agent, wanted).select_related("store", "channel", "agent", "conversation__buyer")
    if cursor:
        rows = rows.filter(NEWEST.beyond(NEWEST.place(cursor)))
    return cut(list(rows.order_by(*NEWEST.ordering())[: size + 1]), NEWEST, size)


@dataclass(frozen=True)
class Fall:
    """How ratings fall. `by_stars`: how many of each, the best first; `asked` and `answered`: of the messages."""

    by_stars: dict[int, int]
    asked: int
    answered: int

    @property
    def total(self) -> int:
        return sum(self.by_stars.values())

    @property
    def average(self) -> float | None:
        return sum(n * count for n, count in self.by_stars.items()) / self.total if self.total else None


def fall_of(agent: Agent, wanted: Wanted) -> Fall:
    """Return how the ratings of the last 30 days fall that fit, whatever their stars: two queries."""
    since = timezone.now() - OF_LATE
    about = Wanted(store=wanted.store, agent=wanted.agent, channel=wanted.channel, since=since)
    rows = wanted_of(agent, about).order_by().values_list("value").annotate(Count("id"))
    counts = dict(rows)
    asks = RatingAsk.objects.filter(state=RatingAsk.State.ASKED, asked_at__gte=since)
    stores = store_ids_for(agent)
    if stores is not None:
        asks = asks.filter(conversation__store__in=stores)
    if not agent.may("figures.read"):
        asks = asks.filter(conversation__resolved_by=agent)
    if wanted.store:
        asks = asks.filter(conversation__store__key=wanted.store)
    if wanted.agent is not None:
        asks = asks.filter(conversation__resolved_by=wanted.agent)
    if wanted.channel:
        asks = asks.filter(message__channel_kind=wanted.channel)
    rated = Rating.objects.filter(conversation=OuterRef("conversation"), round=OuterRef("round"))
    said = asks.annotate(rated=Exists(rated)).order_by().values_list("rated").annotate(Count("id"))
    asked = dict(said)
    return Fall({n: counts.get(n, 0) for n in range(5, 0, -1)}, sum(asked.values()), asked.get(True, 0))


def rating_data(rating: Rating) -> dict[str, Any]:
    """Return a rating as the API gives it. (Load it with store, channel, agent and its conversation's buyer.)"""
    buyer = rating.conversation.buyer
    return {
        "id": str(rating.id),
        "conversation": str(rating.conversation_id),
        "store": store_ref(rating.store),
        "channel": rating.channel.kind,
        "buyer": {"id": str(buyer.id), "name": buyer.display_name},
        "agent": {"id": str(rating.agent_id), "name": rating.agent.name} if rating.agent else None,
        "rating": rating.value,
        "comment": rating.comment,
        "way": rating.way,
        "resolved_at": iso(rating.round),
        "created_at": iso(rating.created_at),
        "changed_at": iso(rating.changed_at),
    }
