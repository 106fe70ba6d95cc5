"""That somebody has read an announcement, and who has not. A receipt says what was on a screen, and nothing more."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from events import names
from events.record import Actor, Happening, push, record
from helpdesk.lib.times import iso
from inbox.errors import Conflict, Invalid, NotFound
from people import notices
from people.models import Agent
from team.announcing.access import audience, told, waiting_for
from team.announcing.models import Announcement, AnnouncementReceipt
from team.announcing.services import locked_for_writer
from team.announcing.telling import counted, read_by

NOTICE = "announcement.unread"
REMINDED_EVERY = timedelta(minutes=30)


# -- By those whom it is for


@transaction.atomic
def mark_read(*, agent: Agent, announcement_id: UUID, version: int) -> AnnouncementReceipt | None:
    """Write down that `agent` has had this text on the screen; return the receipt, None for what is over or their own.

    An earlier text may be told of: that is what was read, and the one that stands now is still to be. However often
    and from wherever it is told, there is one receipt, of the first time. Raises NotFound and Invalid.
    """
    one = _told(agent, announcement_id, version)
    if one is None or one.state() != "live":
        return None
    receipt, made = _receipt(one, agent, version)
    if made:
        settled = version == one.version and not one.must_be_confirmed
        push([read_by(one, agent, version, settled=settled), *counted(one, _watchers(one))])
        if settled:
            _unring(one, agent)
    return receipt


@transaction.atomic
def confirm(*, agent: Agent, announcement_id: UUID, version: int) -> AnnouncementReceipt:
    """Write down that `agent` says to have read it. Said again, it changes nothing.

    Raises NotFound, Invalid, and Conflict where it is over or another text is to be confirmed by now.
    """
    one = _told(agent, announcement_id, version)
    if one is None:
        raise Invalid(_("You wrote it yourself."), code="own")
    now = timezone.now()
    if one.state(now) != "live":
        raise Conflict(_("It is over: there is nothing to confirm any more."), code="over")
    if not one.must_be_confirmed:
        raise Invalid(_("It need not be confirmed."), code="not_asked")
    if version != one.version:
        raise Conflict(_("It was changed: read it again."), code="changed")
    receipt, _made = _receipt(one, agent, version)
    first = AnnouncementReceipt.objects.filter(pk=receipt.pk, confirmed_at__isnull=True)
    if first.update(confirmed_at=now):  # of many at once the database lets one through
        data = {"announcement": str(one.pk), "title": one.title, "version": version}
        pushes = [read_by(one, agent, version, settled=True), *counted(one, _watchers(one))]
        record(Happening(names.ANNOUNCEMENT_CONFIRMED, Actor.agent(agent), data=data, pushes=pushes))
        _unring(one, agent)
    receipt.refresh_from_db()
    return receipt


def _told(agent: Agent, announcement_id: UUID, version: int) -> Announcement | None:
    """Return the announcement if it is for `agent`; None for their own. Raises NotFound, Invalid."""
    one = told(agent).select_related("author").filter(pk=announcement_id).first()
    if one is None:
        if Announcement.objects.filter(pk=announcement_id, author=agent).exists():
            return None
        raise NotFound(_("There is no such announcement."))
    if not 1 <= version <= one.version:
        raise Invalid(_("There is no such version."), attr="version")
    return one


def _receipt(one: Announcement, agent: Agent, version: int) -> tuple[AnnouncementReceipt, bool]:
    return AnnouncementReceipt.objects.get_or_create(announcement=one, agent=agent, version=version)


def _unring(one: Announcement, agent: Agent) -> None:
    """What rang to remind of it has been heard."""
    notices.mark_read(agent=agent, until=notices.now(), about=one.pk)


def _watchers(one: Announcement) -> list[UUID]:
    """Return who may see its readers, and is told that there is one more: who wrote it, and the admins."""
    watching = Q(role=Agent.Role.ADMIN) | Q(pk=one.author_id)
    return list(Agent.objects.filter(watching, is_active=True).values_list("pk", flat=True))


# -- By those who wrote it


@dataclass(frozen=True, slots=True)
class Reader:
    """One of those whom it is for. `earlier`: they have read a text that was changed since."""

    agent: Agent
    read_at: datetime | None = None
    confirmed_at: datetime | None = None
    earlier: bool = False


@dataclass(slots=True)
class Readers:
    """Everybody whom it is for, by name: those who wait, those who have settled it; and who had read it and left."""

    waiting: list[Reader] = field(default_factory=list)
    settled: list[Reader] = field(default_factory=list)
    left: list[Reader] = field(default_factory=list)

    @property
    def total(self) -> int:
        return len(self.waiting) + len(self.settled)


def readers(one: Announcement) -> Readers:
    """Return who has read it and who has not: three queries, however many they are."""
    now: dict[UUID, AnnouncementReceipt] = {}
    earlier: set[UUID] = set()
    for receipt in one.receipts.select_related("agent").order_by("agent__name", "agent_id"):
        if receipt.version == one.version:
            now[receipt.agent_id] = receipt
        else:
            earlier.add(receipt.agent_id)
    found, people = Readers(), list(audience(one).order_by("name", "pk"))
    for agent in people:
        receipt_now = now.pop(agent.pk, None)
        reader = Reader(
            agent,
            receipt_now.read_at if receipt_now else None,
            receipt_now.confirmed_at if receipt_now else None,
            agent.pk in earlier,
        )
        done = reader.confirmed_at if one.must_be_confirmed else reader.read_at
        (found.settled if done else found.waiting).append(reader)
    found.left = [Reader(one.agent, one.read_at, one.confirmed_at) for one in now.values()]
    return found


@transaction.atomic
def remind(*, agent: Agent, announcement_id: UUID) -> int:
    """Ring for those who have not settled it; return how many they are.

    Raises NotFound, Forbidden, and Conflict where it is not live, or they were reminded only now.
    """
    one = locked_for_writer(agent, announcement_id)
    now = timezone.now()
    if one.state(now) != "live":
        raise Conflict(_("Only what is published can be reminded of."), code="not_live")
    if one.reminded_at is not None and one.reminded_at > now - REMINDED_EVERY:
        minutes = int((one.reminded_at + REMINDED_EVERY - now) / timedelta(minutes=1)) + 1
        raise Conflict(
            _("They were reminded already: again in %(n)s minutes.") % {"n": minutes}, code="too_soon"
        )
    waiting = list(waiting_for(one).order_by("pk").values_list("pk", flat=True))
    if not waiting:
        return 0
    one.reminded_at = now
    one.save(update_fields=["reminded_at"])
    notices.notify(
        waiting,
        kind=NOTICE,
        key=f"announcement:{one.pk}",
        params={"title": one.title, "author": one.author.name},
        href=f"/team/announcements/{one.pk}/",
    )
    said = {"announcement": str(one.pk), "title": one.title, "people": len(waiting), "at": iso(now)}
    record(Happening(names.ANNOUNCEMENT_REMINDED, Actor.agent(agent), data=said))
    return len(waiting)
