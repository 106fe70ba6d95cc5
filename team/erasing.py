"""Somebody is erased: asked for, held so that it can be taken back, done at once and whole, looked at again, done.

    held ──▶ checking ──▶ done
     │ └─ not yet (something of theirs is under way): tried again
     └────▶ stopped

All that stands in tables goes in one transaction, so whoever is killed has done nothing or everything. Files follow the
commit: their names stand in the row until they are gone. What was on its way while it ran (a message that was being
posted, a file being written) goes when it is looked at again, which is the same once more.
"""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from events import names, redacting
from events.models import Event
from events.record import Actor, Happening, record
from helpdesk.lib.jobs import enqueue
from helpdesk.lib.text import is_storable
from helpdesk.lib.times import iso
from inbox.access import check_may, with_summary_relations
from inbox.holding import tell_screens
from inbox.models import Conversation
from orders.errors import InvalidParams, NotAllowed, NotFound
from people.access import buyers_for, stores_for
from people.models import Agent, Buyer
from people.personal import Erasing, NotYet, family, sources, words_of
from team.models import Erasure

log = logging.getLogger(__name__)

State = Erasure.State
TASK = "team.tasks.erase"
LEASE = timedelta(minutes=5)
AGAIN_AFTER = timedelta(minutes=1)  # where something has to end first
CHECKED_AFTER = timedelta(minutes=10)  # longer than a job may run
LONGEST_HOLD = timedelta(days=30)  # the month within which the law wants it done
MAX_REASON = 200


def hold_default() -> timedelta:
    return timedelta(hours=settings.ERASURE_HOLD_HOURS)


def ask_for_erasure(
    *, agent: Agent, buyer_id: UUID, name: str, reason: str, hold: timedelta | None = None
) -> Erasure:
    """Have a buyer erased after `hold` (None: as the desk is set up; nothing: at once).

    `name` is what the buyer is called here, typed by who asks. Raises Forbidden, NotFound, InvalidParams or NotAllowed.
    """
    if not buyers_for(agent).filter(pk=buyer_id).exists():
        raise NotFound(_("There is no such buyer."))
    check_may(agent, "buyers.erase")
    hold = hold_default() if hold is None else hold
    if not timedelta(0) <= hold <= LONGEST_HOLD:
        raise InvalidParams(_("An erasure is held for 30 days at most."), attr="hold_hours")
    reason = reason.strip()
    if not reason or len(reason) > MAX_REASON or not is_storable(reason):
        raise InvalidParams(_("Say why, in at most 200 characters."), attr="reason")
    try:
        with transaction.atomic():
            buyer = buyers_for(agent).select_for_update(of=("self",)).filter(pk=buyer_id).first()
            if buyer is None:
                raise NotFound(_("There is no such buyer."))
            if buyer.erased_at is not None:
                raise NotAllowed(_("This buyer was erased."))
            if name.strip() != buyer.display_name:
                raise InvalidParams(_("That is not the buyer's name."), attr="name")
            erasure = Erasure.objects.create(
                buyer=buyer, agent=agent, reason=reason, run_at=timezone.now() + hold
            )
            data = {
                "buyer": str(buyer.pk),
                "erasure": str(erasure.pk),
                "run_at": iso(erasure.run_at),
                "reason": reason,
            }
            _record(names.BUYER_ERASURE_ASKED, buyer, Actor.agent(agent), data)
            enqueue(TASK, str(erasure.pk), eta=erasure.run_at if hold else None)
    except IntegrityError:
        raise NotAllowed(_("This buyer is about to be erased already.")) from None
    return erasure


def take_back(*, agent: Agent, erasure_id: UUID) -> Erasure:
    """Stop an erasure that is still held. Raises Forbidden, NotFound, or NotAllowed where it is too late."""
    with transaction.atomic():
        mine = Erasure.objects.filter(buyer__store__in=stores_for(agent))
        rows = mine.select_for_update(of=("self",)).select_related("buyer")
        erasure = rows.filter(pk=erasure_id).first()
        if erasure is None:
            raise NotFound(_("There is no such erasure."))
        check_may(agent, "buyers.erase")
        if erasure.state == State.STOPPED:
            return erasure
        if erasure.state != State.HELD:
            raise NotAllowed(_("It is too late: the buyer was erased."))
        _stop(erasure, Actor.agent(agent), "")
    return erasure


def _stop(erasure: Erasure, actor: Actor, why: str) -> None:
    erasure.state, erasure.waits_for, erasure.claimed_until = State.STOPPED, why, None
    erasure.save(update_fields=["state", "waits_for", "claimed_until"])
    data = {"buyer": str(erasure.buyer_id), "erasure": str(erasure.pk), "reason": _(why) if why else ""}
    _record(names.BUYER_ERASURE_STOPPED, erasure.buyer, actor, data)


def _record(name: str, buyer: Buyer, actor: Actor, data: dict[str, Any]) -> None:
    record(Happening(name, actor, store_id=buyer.store_id, data=data))


def erasures_for(agent: Agent) -> QuerySet[Erasure]:
    """Return the erasures of buyers whom `agent` serves, the newest first."""
    rows = Erasure.objects.filter(buyer__in=buyers_for(agent)).select_related("buyer__store", "agent")
    return rows.order_by("-asked_at")


# -- The job


def due_erasures(*, now: datetime | None = None) -> list[UUID]:
    """Return the erasures whose time has come and whom nobody is at."""
    now = now or timezone.now()
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    rows = Erasure.objects.filter(free, state__in=[State.HELD, State.CHECKING], run_at__lte=now)
    return list(rows.order_by("run_at").values_list("id", flat=True)[:100])


def run(erasure_id: UUID) -> None:
    """Take an erasure as far as it goes now. Nothing where its time has not come, or somebody else is at it."""
    _overwrite_what_is_deleted()
    if not _claim(erasure_id):
        return
    try:
        with transaction.atomic():
            rows = Erasure.objects.select_for_update(of=("self",)).select_related("agent")
            _erase(rows.get(pk=erasure_id))
    except NotYet as wait:
        _try_later(erasure_id, str(wait))
        return
    except Exception:
        log.exception("erasure %s failed", erasure_id)
        _try_later(erasure_id, gettext_noop("Something went wrong; it is tried again."))
        return
    _delete_files(erasure_id)


def _claim(erasure_id: UUID) -> bool:
    now = timezone.now()
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    due = Erasure.objects.filter(free, pk=erasure_id, state__in=[State.HELD, State.CHECKING], run_at__lte=now)
    return bool(due.update(claimed_until=now + LEASE))


def _try_later(erasure_id: UUID, why: str) -> None:
    mine = Erasure.objects.filter(pk=erasure_id, state__in=[State.HELD, State.CHECKING])
    mine.update(waits_for=why[:200], run_at=timezone.now() + AGAIN_AFTER, claimed_until=None)


def _erase(erasure: Erasure) -> None:
    """Erase everything that stands in tables, and write down which files are to follow."""
    if erasure.state not in (State.HELD, State.CHECKING):
        return  # it was stopped in this very moment
    buyer = Buyer.objects.select_for_update().get(pk=erasure.buyer_id)
    if buyer.merged_into_id is not None:
        _stop(
            erasure,
            Actor.agent(erasure.agent),
            gettext_noop("The buyer was found to be the same as another one."),
        )
        return
    rows = family(buyer).select_related("store").prefetch_related("identities")
    buyers = list(rows.select_for_update(of=("self",)))
    now = timezone.now()
    erasing = Erasing(
        id=erasure.pk, buyers=buyers, names=words_of(buyers), at=erasure.erased_at or now, files=erasure.files
    )
    redacted = sum(
        redacting.redact(events, erasure_id=erasure.pk, words=erasing.words)
        for source in sources()
        for events in source.events(buyers)
    )
    asked = Event.objects.filter(
        name=names.BUYER_ERASURE_ASKED, store_id=buyer.store_id, data__buyer=str(buyer.pk)
    )
    redacting.redact(asked, erasure_id=erasure.pk, words=erasing.spoken, also={"reason"})
    for source in sources():
        source.erase(erasing)
    first = erasure.state == State.HELD
    erasure.events += redacted if first else 0
    if first:
        data = {"buyer": str(buyer.pk), "erasure": str(erasure.pk), "events": redacted}
        _record(names.BUYER_ERASED, buyer, Actor.agent(erasure.agent), data)
    erasure.state = State.CHECKING if first else State.DONE
    erasure.erased_at, erasure.run_at = erasing.at, now + CHECKED_AFTER
    erasure.files, erasure.waits_for, erasure.claimed_until = list(dict.fromkeys(erasing.files)), "", None
    erasure.save(
        update_fields=["state", "erased_at", "run_at", "files", "waits_for", "claimed_until", "events"]
    )
    tell_screens(_conversations(buyers))


def _conversations(buyers: list[Buyer]) -> list[Conversation]:
    rows: QuerySet[Conversation] = Conversation.objects.filter(buyer__in=buyers)
    return list(with_summary_relations(rows).order_by("id"))


def _delete_files(erasure_id: UUID) -> None:
    """Delete what the row names, after the commit. The names go last of all, when nobody can write them any more."""
    erasure = Erasure.objects.get(pk=erasure_id)
    for name in erasure.files:
        default_storage.delete(name)
    if erasure.state == State.DONE and erasure.files:
        Erasure.objects.filter(pk=erasure_id).update(files=[])


def litter() -> list[UUID]:
    """Return the erasures that are done but for their files: whoever deleted them was killed."""
    return list(Erasure.objects.filter(state=State.DONE).exclude(files=[]).values_list("id", flat=True)[:100])


def delete_left_files() -> None:
    for erasure_id in litter():
        _delete_files(erasure_id)


def _overwrite_what_is_deleted() -> None:
    """Have SQLite overwrite freed pages: otherwise what is deleted stays readable in the file until it is needed."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")
