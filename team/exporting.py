"""Everything that is held about a buyer, as one file: asked for, gathered by a job, there for a while, deleted.

queued ──▶ ready ──▶ expired
  │ └────▶ failed (tried too often)
  └─ whoever gathers dies: the claim lapses, the sweep rings again, and the same file is written anew
"""

import json
import logging
import tempfile
import zipfile
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from events import names
from events.record import Actor, Happening, record
from helpdesk.lib.ids import new_id
from helpdesk.lib.jobs import enqueue
from helpdesk.lib.times import iso
from inbox.access import check_may
from orders.errors import NotAllowed, NotFound
from people.access import buyers_for
from people.models import Agent, Buyer
from people.personal import family, sources
from team.models import BuyerExport

log = logging.getLogger(__name__)

State = BuyerExport.State
TASK = "team.tasks.gather_export"
LEASE = timedelta(minutes=5)
MOST_ATTEMPTS = 5


def ask_for_export(*, agent: Agent, buyer_id: UUID) -> BuyerExport:
    """Have everything about a buyer gathered; the one that is being gathered for them already, where there is one.

    Raises NotFound, Forbidden, or NotAllowed for somebody who was erased.
    """
    with transaction.atomic():
        buyer = buyers_for(agent).select_for_update(of=("self",)).filter(pk=buyer_id).first()
        if buyer is None:
            raise NotFound(_("There is no such buyer."))
        check_may(agent, "buyers.export")
        if buyer.erased_at is not None:
            raise NotAllowed(_("This buyer was erased."))
        known = BuyerExport.objects.filter(buyer=buyer, agent=agent, state=State.QUEUED).first()
        if known is not None:
            return known
        export = BuyerExport.objects.create(buyer=buyer, agent=agent)
        _record(names.BUYER_EXPORT_ASKED, export, buyer, agent)
        enqueue(TASK, str(export.id))
    return export


def exports_for(agent: Agent) -> Any:
    """Return the exports that `agent` asked for, of buyers whom they still serve: nobody else gets the files."""
    return BuyerExport.objects.filter(agent=agent, buyer__in=buyers_for(agent))


def take(*, agent: Agent, export_id: UUID) -> BuyerExport:
    """Return an export whose file is there, and record that it was taken. Raises NotFound."""
    with transaction.atomic():
        ready = exports_for(agent).filter(state=State.READY, expires_at__gt=timezone.now())
        export = ready.select_related("buyer").filter(pk=export_id).first()
        if export is None or not agent.may("buyers.export"):
            raise NotFound(_("There is no such file."))
        _record(names.BUYER_EXPORT_TAKEN, export, export.buyer, agent)
    return export


def _record(name: str, export: BuyerExport, buyer: Buyer, agent: Agent) -> None:
    data = {"buyer": str(buyer.pk), "export": str(export.pk)}
    record(Happening(name, Actor.agent(agent), store_id=buyer.store_id, data=data))


# -- The job


def due_exports(*, now: datetime | None = None) -> list[UUID]:
    """Return the exports whose job was lost, or whose worker died."""
    free = Q(claimed_until=None) | Q(claimed_until__lt=now or timezone.now())
    return list(BuyerExport.objects.filter(free, state=State.QUEUED).values_list("id", flat=True)[:100])


def gather(export_id: UUID) -> None:
    """Write the file of an export. Nothing where somebody else is at it, or it is done."""
    export = _claimed(export_id)
    if export is None:
        return
    if export.attempts > MOST_ATTEMPTS:
        BuyerExport.objects.filter(pk=export.pk, state=State.QUEUED).update(state=State.FAILED)
        return
    assert export.file.name is not None
    default_storage.delete(export.file.name)  # what somebody who died had written of it
    # A file without a name: whoever is killed here leaves nothing behind.
    with tempfile.TemporaryFile() as archive:
        write_archive(export.buyer, archive)
        size = archive.tell()
        archive.seek(0)
        default_storage.save(export.file.name, File(archive))
    expires = timezone.now() + timedelta(hours=settings.EXPORT_KEPT_HOURS)
    mine = BuyerExport.objects.filter(pk=export.pk, state=State.QUEUED, claimed_until=export.claimed_until)
    if mine.update(state=State.READY, size=size, expires_at=expires, claimed_until=None):
        return
    # The buyer was erased meanwhile; or another worker has taken over, and writes it again.
    if not BuyerExport.objects.filter(pk=export.pk, file=export.file.name).exists():
        default_storage.delete(export.file.name)


def _claimed(export_id: UUID) -> BuyerExport | None:
    now = timezone.now()
    with transaction.atomic():
        rows = BuyerExport.objects.select_for_update(of=("self",)).select_related("buyer__store")
        free = Q(claimed_until=None) | Q(claimed_until__lt=now)
        export = rows.filter(free, pk=export_id, state=State.QUEUED).first()
        if export is None:
            return None
        export.claimed_until, export.attempts = now + LEASE, export.attempts + 1
        if not export.file:
            export.file.name = f"exports/{export.pk.hex}-{new_id().hex}.zip"
        export.save(update_fields=["claimed_until", "attempts", "file"])
    return export


def write_archive(buyer: Buyer, out: IO[bytes]) -> None:
    """Write all that is held about a buyer: data.json, and beside it files and mails as they came."""
    buyers = list(family(buyer).select_related("store").prefetch_related("identities", "tags"))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        data: dict[str, Any] = {"exported_at": iso(timezone.now()), "store": buyer.store.name}
        for source in sources():
            held = source.collect(buyers)
            data |= held.rows
            for place, file in held.files:
                _add(archive, place, file)
        for held_events in _events(buyers):
            data.setdefault("events", []).extend(held_events)
        text = json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
        archive.writestr("data.json", text)
    out.seek(0, 2)


def _events(buyers: list[Buyer]) -> list[list[Any]]:
    seen: set[int] = set()
    found: list[list[Any]] = []
    for source in sources():
        for rows in source.events(buyers):
            events = [event for event in rows.order_by("id").values() if event["id"] not in seen]
            seen |= {event["id"] for event in events}
            found.append(events)
    return found


def _add(archive: zipfile.ZipFile, place: str, file: Any) -> None:
    name = str(PurePosixPath(place.replace("\\", "_").replace("..", "_")))
    try:
        with file.open("rb") as source, archive.open(name, "w", force_zip64=True) as target:
            while part := source.read(1024 * 1024):
                target.write(part)
    except FileNotFoundError:  # a row whose file was lost: the rest is theirs all the same
        log.warning("the file %s is missing", file.name)


def discard_expired(*, now: datetime | None = None) -> int:
    """Delete files whose time is over; return how many. The file first: a row that still names it is tried again."""
    now = now or timezone.now()
    over = Q(state=State.READY, expires_at__lte=now) | Q(state=State.FAILED)
    count = 0
    for export in BuyerExport.objects.filter(over).exclude(file="")[:100]:
        assert export.file.name is not None
        default_storage.delete(export.file.name)
        state = State.FAILED if export.state == State.FAILED else State.EXPIRED
        BuyerExport.objects.filter(pk=export.pk).update(state=state, file="")
        count += 1
    return count
