"""What agents write down about a buyer, told wherever the buyer is shown."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from events import names, topics
from events.record import Actor, Happening, Push, record
from inbox.access import with_summary_relations
from inbox.errors import Conflict, Invalid, NotFound
from inbox.models import Conversation
from inbox.payloads import summary_data
from inbox.search import index_buyer
from people.access import buyers_for
from people.models import Agent, Buyer

EDITABLE = ("name", "email", "phone", "language", "note")
MAX_NOTE = 2_000  # characters
_SEARCHED = {"name", "email", "phone"}


@transaction.atomic
def update_buyer(*, agent: Agent, buyer_id: UUID, changes: dict[str, str]) -> Buyer:
    """Set some of EDITABLE on a buyer whom the agent serves. Raises NotFound, or Invalid for a note that is too long.

    What the store vouches for (who it is) stays; an address that is typed here is a way to reach them, no proof.
    """
    rows = buyers_for(agent).select_related("store").select_for_update(of=("self",))
    buyer = rows.filter(pk=buyer_id).first()
    if buyer is None:
        raise NotFound("No such buyer.")
    if buyer.erased_at is not None:
        raise Conflict(_("This buyer was erased."), code="erased")
    wanted = {name: changes[name].replace("\x00", "").strip() for name in EDITABLE if name in changes}
    if len(wanted.get("note", "")) > MAX_NOTE:
        raise Invalid(_("A note has at most %(limit)d characters.") % {"limit": MAX_NOTE}, attr="note")
    before = {name: getattr(buyer, name) for name, value in wanted.items() if getattr(buyer, name) != value}
    if not before:
        return buyer
    for name in before:
        setattr(buyer, name, wanted[name])
    buyer.save(update_fields=list(before))
    if not _SEARCHED.isdisjoint(before):
        index_buyer(buyer)
    record(
        Happening(
            names.BUYER_UPDATED,
            Actor.agent(agent),
            store_id=buyer.store_id,
            data={"buyer": str(buyer.id), "before": before, "after": {name: wanted[name] for name in before}},
            pushes=pushes_of(buyer, named=not _SEARCHED.isdisjoint(before)),
        )
    )
    return buyer


def pushes_of(buyer: Buyer, *, named: bool = False) -> list[Push]:
    """Return what panels hear of a buyer who changed, and lists (`named`) where the name they show is another."""
    shop = (topics.store(buyer.store_id),)
    frame: dict[str, Any] = {
        "type": "buyer.updated",
        "buyer": {"id": str(buyer.id), "name": buyer.display_name},
    }
    pushes = [Push(shop, frame)]
    if named:
        live = Conversation.objects.filter(buyer=buyer).exclude(status=Conversation.Status.RESOLVED)
        for conversation in with_summary_relations(live):
            summary = {"type": "conversation.updated", "summary": summary_data(conversation)}
            pushes.append(Push(shop, {**summary, "cause": names.BUYER_UPDATED}))
    return pushes
