"""What agents write about buyers."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from events import names, topics
from events.record import Actor, Happening, Push, record
from people.access import buyers_for
from people.models import Agent, Buyer

MAX_NOTE = 2_000


def set_note(*, agent: Agent, buyer_id: UUID, note: str) -> Buyer:
    """Keep a note on a buyer, for agents only. Raises Buyer.DoesNotExist or ValidationError."""
    note = note.replace("\x00", "").strip()
    if len(note) > MAX_NOTE:
        raise ValidationError(_("A note has at most %(limit)d characters."), params={"limit": MAX_NOTE})
    with transaction.atomic():
        buyer = buyers_for(agent).select_for_update(of=("self",)).get(pk=buyer_id)
        before = buyer.note
        if note == before:
            return buyer
        buyer.note = note
        buyer.save(update_fields=["note"])
        frame = {"type": "buyer.updated", "buyer": {"id": str(buyer.id), "name": buyer.display_name}}
        record(
            Happening(
                names.BUYER_UPDATED,
                Actor.agent(agent),
                store_id=buyer.store_id,
                data={"buyer": str(buyer.id), "before": {"note": before}, "after": {"note": note}},
                pushes=[Push((topics.store(buyer.store_id),), frame)],
            )
        )
    return buyer
