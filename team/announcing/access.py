"""Who is told what, and who may tell whom. Access is a query: what is not in it is not there."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from people.access import stores_for
from people.models import Agent, Team
from team.announcing.models import Announcement, AnnouncementReceipt

Importance = Announcement.Importance
_Members: Any = Agent.teams.through  # who is in which team
_Addressed: Any = Announcement.teams.through  # which teams an announcement is for


def teams_for(agent: Agent) -> QuerySet[Team]:
    """Return the teams that `agent` may address: all for admins, else those that serve a store of theirs."""
    if not agent.may("announcements.write"):
        return Team.objects.none()
    if agent.role == Agent.Role.ADMIN:
        return Team.objects.all()
    return Team.objects.filter(stores__in=stores_for(agent)).distinct()


def may_tell_everybody(agent: Agent) -> bool:
    return agent.may("announcements.write") and agent.may("announcements.everybody")


def audience(announcement: Announcement) -> QuerySet[Agent]:
    """Return whom it is for now: the active agents of its teams, without who wrote it."""
    return people_of(
        everybody=announcement.everybody,
        teams=list(announcement.teams.values_list("id", flat=True)),
        author=announcement.author_id,
    )


def people_of(*, everybody: bool, teams: list[UUID], author: UUID) -> QuerySet[Agent]:
    active = Agent.objects.filter(is_active=True).exclude(pk=author)
    if everybody:
        return active
    return active.filter(Exists(_Members.objects.filter(agent=OuterRef("pk"), team__in=teams)))


def told(agent: Agent) -> QuerySet[Announcement]:
    """Return what was published for `agent`, also what is over by now."""
    if not agent.is_active:
        return Announcement.objects.none()
    mine = _Members.objects.filter(agent=agent).values("team")
    addressed = Exists(_Addressed.objects.filter(announcement=OuterRef("pk"), team__in=mine))
    return Announcement.objects.filter(Q(everybody=True) | addressed, published_at__isnull=False).exclude(
        author=agent
    )


def written_for(agent: Agent) -> QuerySet[Announcement]:
    """Return what `agent` may change, end and see the readers of: their own, and what is for teams of theirs alone."""
    if not agent.may("announcements.write"):
        return Announcement.objects.none()
    if agent.role == Agent.Role.ADMIN:
        return Announcement.objects.all()
    addressed = _Addressed.objects.filter(announcement=OuterRef("pk"))
    strangers = addressed.exclude(team__in=teams_for(agent).values("pk"))
    within = Q(Exists(addressed), ~Exists(strangers), everybody=False)
    return Announcement.objects.filter(Q(author=agent) | within)


def announcements_for(agent: Agent) -> QuerySet[Announcement]:
    """Return everything that `agent` may open."""
    return Announcement.objects.filter(
        Q(pk__in=told(agent).values("pk")) | Q(pk__in=written_for(agent).values("pk"))
    )


def live(rows: QuerySet[Announcement], now: datetime | None = None) -> QuerySet[Announcement]:
    """Return those of `rows` that are published and not over."""
    now = now or timezone.now()
    return rows.filter(
        Q(expires_at__isnull=True) | Q(expires_at__gt=now), published_at__isnull=False, ended_at__isnull=True
    )


def settled_by(agent: Agent) -> Exists:
    """Return the condition that `agent` has read, and where it must be confirmed also confirmed, the text as it is."""
    mine = AnnouncementReceipt.objects.filter(
        announcement=OuterRef("pk"), agent=agent, version=OuterRef("version")
    )
    return Exists(
        mine.filter(~Q(announcement__importance=Importance.CONFIRM) | Q(confirmed_at__isnull=False))
    )


def waiting_for(one: Announcement) -> QuerySet[Agent]:
    """Return whom it is for and who has not settled it: not read, or where it must be confirmed not confirmed."""
    theirs = AnnouncementReceipt.objects.filter(announcement=one, version=one.version, agent=OuterRef("pk"))
    if one.must_be_confirmed:
        theirs = theirs.filter(confirmed_at__isnull=False)
    return audience(one).filter(~Exists(theirs))


def unread_by(agent: Agent) -> QuerySet[Announcement]:
    """Return what waits for `agent`: what must be confirmed first, then the newest."""
    rows = live(told(agent)).filter(~settled_by(agent))
    # As words, "confirm" comes before "normal".
    return rows.select_related("author").order_by("importance", "-published_at", "-id")
