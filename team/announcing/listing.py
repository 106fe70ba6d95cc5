"""The lists of announcements, with how many of those whom each is for have settled it."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, F, Func, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from helpdesk.lib.keyset import Keyset, cut
from people.models import Agent
from team.announcing.access import Importance, announcements_for, live, settled_by, told, written_for
from team.announcing.models import Announcement, AnnouncementReceipt

LIVE = 200  # nobody has so many at once; what is beyond is found when it is over
PAGE = 30
OVER = Keyset("announcements-over", "published_at")
WAITING = Keyset("announcements-waiting", "created_at")

_Members: Any = Agent.teams.through
_Addressed: Any = Announcement.teams.through


def standing(agent: Agent) -> list[Any]:
    """Return what is published and not over: first what waits for `agent`, then the newest.

    Each is `known_to` them; for those who write it says whether they may write it (`may_write`), and how many have
    settled it (`settled` of `people`).
    """
    rows = live(announcements_for(agent))
    found = list(_shown(rows, agent).order_by("-published_at", "-id")[:LIVE])
    # The order of the query stands among those that are alike.
    found.sort(key=lambda one: 2 if not _waits(one) else 1 if not one.must_be_confirmed else 0)
    return found


def _waits(one: Any) -> bool:
    return bool(one.is_mine and not one.is_settled)


def over(agent: Agent, cursor: str = "", now: datetime | None = None) -> tuple[list[Any], str | None]:
    """Return a page of what is over, the newest first, and the cursor of the next. Raises BadCursor."""
    ended = Q(ended_at__isnull=False) | Q(expires_at__lte=now or timezone.now())
    rows = announcements_for(agent).filter(ended, published_at__isnull=False)
    return _page(_shown(rows, agent), OVER, cursor)


def drafts(agent: Agent, cursor: str = "") -> tuple[list[Any], str | None]:
    """Return a page of what nobody has been told yet, and `agent` may write. Raises BadCursor."""
    rows = written_for(agent).filter(published_at__isnull=True, ended_at__isnull=True)
    return _page(_shown(rows, agent), WAITING, cursor)


def _page(rows: QuerySet[Any], key: Keyset, cursor: str) -> tuple[list[Any], str | None]:
    if cursor:
        rows = rows.filter(key.beyond(key.place(cursor)))
    return cut(list(rows.order_by(*key.ordering())[: PAGE + 1]), key, PAGE)


def _shown(rows: QuerySet[Announcement], agent: Agent) -> QuerySet[Any]:
    rows = known_to(rows, agent)
    if not agent.may("announcements.write"):
        return rows
    mine = written_for(agent).filter(pk=OuterRef("pk"))
    return with_counts(rows.annotate(may_write=Exists(mine)))


def known_to(rows: QuerySet[Announcement], agent: Agent) -> QuerySet[Any]:
    """Add whether each is for `agent` (`is_mine`), and whether they have settled it (`is_settled`)."""
    mine = Exists(told(agent).filter(pk=OuterRef("pk")))
    rows = rows.select_related("author").prefetch_related("teams")
    return rows.annotate(is_settled=settled_by(agent), is_mine=mine)


def with_counts(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Add whom each is for (`people`), and of those who has settled the text as it is (`settled`)."""
    everybody = Announcement.objects.filter(pk=OuterRef(OuterRef("pk")), everybody=True)
    teams = _Addressed.objects.filter(announcement=OuterRef(OuterRef(OuterRef("pk")))).values("team")
    member = _Members.objects.filter(agent=OuterRef("pk"), team__in=teams)
    people = Agent.objects.filter(Exists(everybody) | Exists(member), is_active=True).exclude(
        pk=OuterRef("author")
    )
    receipts = AnnouncementReceipt.objects.filter(
        Q(confirmed_at__isnull=False) | ~Q(announcement__importance=Importance.CONFIRM),
        announcement=OuterRef(OuterRef("pk")),
        agent=OuterRef("pk"),
        version=OuterRef(OuterRef("version")),
    )
    return rows.annotate(people=_count(people), settled=_count(people.filter(Exists(receipts))))


def _count(rows: QuerySet[Agent]) -> Subquery:
    counted = rows.order_by().annotate(n=Func(F("pk"), function="COUNT", output_field=IntegerField()))
    return Subquery(counted.values("n"), output_field=IntegerField())
