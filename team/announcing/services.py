"""Everything that changes announcements. Each call is one transaction that records what it did."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events import names
from events.record import SYSTEM, Actor, Happening, Push, record
from helpdesk.lib.text import is_storable
from helpdesk.lib.times import iso
from inbox.errors import Conflict, Invalid, NotFound
from orders.errors import Forbidden
from people.models import Agent, Team
from people.notices import forget
from team.announcing.access import (
    announcements_for,
    audience,
    may_tell_everybody,
    teams_for,
    waiting_for,
    written_for,
)
from team.announcing.models import MAX_BODY, MAX_TITLE, Announcement
from team.announcing.telling import gone_for, told_to

FURTHEST = timedelta(days=366)  # how far ahead something may be scheduled
AT_ONCE = 100  # of those that are due, in one sweep


@dataclass(frozen=True)
class Wording:
    """What an announcement says, to whom, and until when. `teams` are ids; with `everybody` there are none."""

    title: str
    body: str = ""
    everybody: bool = False
    teams: frozenset[UUID] = frozenset()
    importance: str = Announcement.Importance.NORMAL
    expires_at: datetime | None = None


# -- Writing


@transaction.atomic
def draft(*, agent: Agent, wording: Wording) -> Announcement:
    """Begin an announcement that nobody sees yet. Raises Forbidden and Invalid."""
    _needs_ability(agent)
    made = Announcement(author=agent)
    _fill(made, agent, wording, had=frozenset())
    made.save()
    made.teams.set(Team.objects.filter(pk__in=wording.teams))
    return made


@transaction.atomic
def change(
    *, agent: Agent, announcement_id: UUID, revision: int, wording: Wording, read_anew: bool = False
) -> Announcement:
    """Change a draft, or what is scheduled or live. `read_anew`: who has read the old text is to read the new one.

    What is live reaches whom it is for now at once, and leaves the pages of those whom it is for no longer.
    Raises NotFound, Forbidden, Invalid, and Conflict where it is over or somebody changed it meanwhile.
    """
    one = locked_for_writer(agent, announcement_id)
    if one.revision != revision:
        raise Conflict(_("Somebody has changed it meanwhile: look at it again."), code="stale")
    is_live = one.state() == "live"
    before, had, were = _plain(one), _teams(one), set(_ids(audience(one)))
    _fill(one, agent, wording, had=had)
    if is_live or one.publish_at is not None:
        _needs_readers(wording)
    words_changed = (one.title, one.body) != (before["title"], before["body"])
    one.version += bool(read_anew and is_live)
    one.revision += 1
    if is_live and words_changed:
        one.edited_at = timezone.now()
    one.save()
    one.teams.set(Team.objects.filter(pk__in=wording.teams))
    if one.published_at is None and one.publish_at is None:
        return one  # a draft is nobody's business yet
    pushes: list[Push] = []
    if is_live:
        gone = sorted(were - set(_ids(audience(one))))
        # Whom it was settled for stays undisturbed: their pages show it the next time they open it.
        pushes = [*told_to(one, _ids(waiting_for(one))), *gone_for(one, gone)]
    _record_change(one, Actor.agent(agent), before, pushes)
    return one


@transaction.atomic
def write(
    *,
    agent: Agent,
    wording: Wording,
    announcement_id: UUID | None = None,
    revision: int = 0,
    read_anew: bool = False,
    out: bool = False,
    at: datetime | None = None,
) -> Announcement:
    """Draft it, or change the one that is named; and with `out` publish it (`at` a time to come), or nothing of both.

    Raises what `draft`, `change` and `publish` do.
    """
    if announcement_id is None:
        one = draft(agent=agent, wording=wording)
    else:
        one = change(
            agent=agent,
            announcement_id=announcement_id,
            revision=revision,
            wording=wording,
            read_anew=read_anew,
        )
    return publish(agent=agent, announcement_id=one.pk, at=at) if out else one


@transaction.atomic
def discard(*, agent: Agent, announcement_id: UUID) -> None:
    """Throw away what nobody has been told. Raises NotFound, Forbidden, and Conflict for what was published."""
    one = locked_for_writer(agent, announcement_id)
    if one.published_at is not None or one.ended_at is not None:
        raise Conflict(_("It was published: end it instead."), code="published")
    if one.publish_at is not None:
        _record(names.ANNOUNCEMENT_ENDED, one, Actor.agent(agent))
    one.delete()


# -- Publishing


@transaction.atomic
def publish(
    *, agent: Agent, announcement_id: UUID, at: datetime | None = None, revision: int | None = None
) -> Announcement:
    """Tell them now, or at a time that is still to come. What is published already stays as it is.

    `revision`: what the one who publishes has read; None: whatever it says. Raises NotFound, Forbidden, Invalid,
    and Conflict where it is over or was changed meanwhile.
    """
    one = locked_for_writer(agent, announcement_id)
    if one.published_at is not None:
        return one
    if revision is not None and one.revision != revision:
        raise Conflict(_("Somebody has changed it meanwhile: look at it again."), code="stale")
    _needs_readers(Wording(one.title, everybody=one.everybody, teams=_teams(one)))
    now = timezone.now()
    if one.expires_at is not None and one.expires_at <= max(now, at or now):
        raise Invalid(_("It would end before it begins."), attr="expires_at")
    if at is None or at <= now:
        _go_live(one, Actor.agent(agent), now)
        return one
    if at > now + FURTHEST:
        raise Invalid(_("Schedule it for a day within a year."), attr="publish_at")
    if at != one.publish_at:
        one.publish_at, one.revision = at, one.revision + 1
        one.save(update_fields=["publish_at", "revision"])
        _record(names.ANNOUNCEMENT_SCHEDULED, one, Actor.agent(agent), publish_at=iso(at))
    return one


@transaction.atomic
def unschedule(*, agent: Agent, announcement_id: UUID) -> Announcement:
    """Make a draft again of what is scheduled. Raises NotFound, Forbidden, and Conflict where it went out already."""
    one = locked_for_writer(agent, announcement_id)
    if one.published_at is not None:
        raise Conflict(_("It was published: end it instead."), code="published")
    if one.publish_at is not None:
        before = _plain(one)
        one.publish_at, one.revision = None, one.revision + 1
        one.save(update_fields=["publish_at", "revision"])
        _record_change(one, Actor.agent(agent), before, [])
    return one


def publish_due() -> int:
    """Publish what is due, each in a transaction of its own; return how many. Whoever comes second finds it done."""
    now = timezone.now()
    due = Announcement.objects.filter(publish_at__lte=now, published_at__isnull=True, ended_at__isnull=True)
    published = 0
    for pk in list(due.order_by("publish_at").values_list("pk", flat=True)[:AT_ONCE]):
        with transaction.atomic():
            # Asked again with the lock: what another sweep has published meanwhile is not due any more.
            one = due.select_for_update(of=("self",)).select_related("author").filter(pk=pk).first()
            if one is None:
                continue
            if one.expires_at is not None and one.expires_at <= now:  # the desk was away for all of its time
                _end(one, SYSTEM, now)
                continue
            _go_live(one, SYSTEM, now)
            published += 1
    return published


def _go_live(one: Announcement, actor: Actor, now: datetime) -> None:
    """The only place where something is published; the caller holds the row."""
    one.published_at, one.revision = now, one.revision + 1
    one.save(update_fields=["published_at", "revision"])
    readers = _ids(audience(one))
    _record(
        names.ANNOUNCEMENT_PUBLISHED,
        one,
        actor,
        pushes=told_to(one, readers),
        people=len(readers),
        importance=one.importance,
    )


# -- Ending


@transaction.atomic
def end(*, agent: Agent, announcement_id: UUID) -> Announcement:
    """Take it off every page; who has read it stays known. Raises NotFound, Forbidden, and Conflict for a draft."""
    one = locked_for_writer(agent, announcement_id, also_over=True)
    if one.state() == "over":
        return one
    if one.published_at is None:
        raise Conflict(_("It was not published yet."), code="not_published")
    _end(one, Actor.agent(agent), timezone.now())
    return one


def _end(one: Announcement, actor: Actor, now: datetime) -> None:
    one.ended_at, one.revision = now, one.revision + 1
    one.save(update_fields=["ended_at", "revision"])
    _record(names.ANNOUNCEMENT_ENDED, one, actor, pushes=gone_for(one, _ids(audience(one))))
    forget([one.pk])  # nobody is reminded of what is over


# -- What they have in common


def _needs_ability(agent: Agent) -> None:
    if not agent.may("announcements.write"):
        raise Forbidden(_("Your role writes no announcements."))


def locked_for_writer(agent: Agent, announcement_id: UUID, *, also_over: bool = False) -> Announcement:
    """Return an announcement that the agent may change, locked. Raises NotFound, Forbidden, Conflict."""
    if not written_for(agent).filter(pk=announcement_id).exists():
        if announcements_for(agent).filter(pk=announcement_id).exists():
            raise Forbidden(_("It is for people whom you do not supervise."))
        raise NotFound(_("There is no such announcement."))
    rows = Announcement.objects.select_for_update(of=("self",)).select_related("author")
    one = rows.filter(pk=announcement_id).first()
    if one is None:
        raise NotFound(_("There is no such announcement."))
    if not also_over and one.state() == "over":
        raise Conflict(_("It is over."), code="over")
    return one


def _fill(one: Announcement, agent: Agent, wording: Wording, *, had: Collection[UUID]) -> None:
    """Take over what it is to say, checked. Teams that it `had` may stay, whoever they are."""
    title, body = wording.title.strip(), wording.body.replace("\r\n", "\n").strip()
    if not title or len(title) > MAX_TITLE or not is_storable(title):
        raise Invalid(_("Give it a title of at most %(n)s characters.") % {"n": MAX_TITLE}, attr="title")
    if len(body) > MAX_BODY or not is_storable(body):
        raise Invalid(
            _("At most %(n)s characters: make an article of it.") % {"n": f"{MAX_BODY:,}"}, attr="body"
        )
    if wording.importance not in Announcement.Importance.values:
        raise Invalid(_("It is normal, or it must be confirmed."), attr="importance")
    if wording.everybody and wording.teams:
        raise Invalid(_("Choose everybody or teams, not both."), attr="teams")
    if wording.everybody and not one.everybody and not may_tell_everybody(agent):
        raise Forbidden(_("Your role does not tell everybody: choose teams."), attr="teams")
    new = wording.teams - set(had)
    if new and teams_for(agent).filter(pk__in=new).count() != len(new):
        raise Invalid(_("There is no such team among those that you may address."), attr="teams")
    ends, now = wording.expires_at, timezone.now()
    if ends is not None and ends != one.expires_at and ends <= now:
        raise Invalid(_("That is over already."), attr="expires_at")
    one.title, one.body, one.importance = title, body, wording.importance
    one.everybody, one.expires_at = wording.everybody, wording.expires_at


def _needs_readers(wording: Wording) -> None:
    if not wording.everybody and not wording.teams:
        raise Invalid(_("Say whom it is for."), attr="teams")


def _ids(agents: Any) -> list[UUID]:
    return list(agents.order_by("pk").values_list("pk", flat=True))


def _teams(one: Announcement) -> frozenset[UUID]:
    return frozenset(one.teams.values_list("pk", flat=True))


def _plain(one: Announcement) -> dict[str, Any]:
    """Return what an event says of it before and after a change."""
    return {
        "title": one.title,
        "body": one.body,
        "importance": one.importance,
        "everybody": one.everybody,
        "teams": [team.name for team in one.teams.order_by("name")],
        "publish_at": iso(one.publish_at),
        "expires_at": iso(one.expires_at),
        "version": one.version,
    }


def _record_change(one: Announcement, actor: Actor, before: dict[str, Any], pushes: list[Push]) -> None:
    after = _plain(one)
    changed = [name for name in after if after[name] != before[name]]
    if not changed:
        return
    data = {
        which: {name: said[name] for name in changed}
        for which, said in (("before", before), ("after", after))
    }
    _record(names.ANNOUNCEMENT_CHANGED, one, actor, pushes=pushes, **data)


def _record(
    name: str, one: Announcement, actor: Actor, *, pushes: list[Push] | None = None, **data: Any
) -> None:
    said = {"announcement": str(one.pk), "title": one.title, **data}
    record(Happening(name, actor, data=said, pushes=pushes or []))


__all__ = ["Wording", "change", "discard", "draft", "end", "publish", "publish_due", "unschedule", "write"]
