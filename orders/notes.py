"""What agents note at an order, and the flags they put on it. Buyers never see any of it."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events import names
from events.record import Actor, Happening, record
from helpdesk.lib.ids import new_id
from helpdesk.lib.palette import COLORS
from helpdesk.lib.text import is_storable
from orders.access import orders_for
from orders.errors import Forbidden, IdempotencyConflict, InvalidParams, NotAllowed, NotFound
from orders.models import Order, OrderNote
from orders.telling import agents_push
from people.models import Agent

MAX_TEXT = 500
MAX_NOTES = 50  # at one order: what is longer is a conversation


def add_note(
    *, agent: Agent, order_id: UUID, text: str, color: str = "", note_id: UUID | None = None
) -> OrderNote:
    """Note something at an order; a colour makes a flag of it. The same `note_id` is the same note, however often.

    Raises NotFound, InvalidParams, NotAllowed (too many), IdempotencyConflict (the id is another note's).
    """
    text, color = _clean_text(text), _clean_color(color)
    note_id = note_id or new_id()
    with transaction.atomic():
        order = _locked(agent, order_id)
        known = OrderNote.objects.select_related("agent").filter(pk=note_id).first()
        if known is not None:
            if (known.order_id, known.agent_id) != (order.id, agent.id):
                raise IdempotencyConflict(_("This id was used before, for something else."))
            return known
        if order.notes.count() >= MAX_NOTES:
            raise NotAllowed(_("An order has at most %(n)s notes.") % {"n": MAX_NOTES})
        note = OrderNote.objects.create(id=note_id, order=order, agent=agent, text=text, color=color)
        _record(agent, order, note, "added", before=None)
    return note


def edit_note(
    *, agent: Agent, order_id: UUID, note_id: UUID, text: str | None = None, color: str | None = None
) -> OrderNote:
    """Change a note: one's own, or any as a supervisor. Raises NotFound, Forbidden or InvalidParams."""
    with transaction.atomic():
        order = _locked(agent, order_id)
        note = _own(agent, order, note_id)
        before = {"text": note.text, "color": note.color}
        note.text = note.text if text is None else _clean_text(text)
        note.color = note.color if color is None else _clean_color(color)
        if before != {"text": note.text, "color": note.color}:
            note.edited_at = timezone.now()
            note.save(update_fields=["text", "color", "edited_at"])
            _record(agent, order, note, "edited", before=before)
    return note


def delete_note(*, agent: Agent, order_id: UUID, note_id: UUID) -> None:
    """Take a note away; the trail of the order keeps what it said. Raises NotFound or Forbidden."""
    with transaction.atomic():
        order = _locked(agent, order_id)
        note = _own(agent, order, note_id)
        before = {"text": note.text, "color": note.color}
        OrderNote.objects.filter(pk=note.pk).delete()
        _record(agent, order, note, "deleted", before=before)


def may_change(agent: Agent, note: OrderNote) -> bool:
    return note.agent_id == agent.id or agent.may("notes.others")


def _locked(agent: Agent, order_id: UUID) -> Order:
    order = orders_for(agent).select_for_update().filter(pk=order_id).first()
    if order is None:
        raise NotFound(_("There is no such order."))
    return order


def _own(agent: Agent, order: Order, note_id: UUID) -> OrderNote:
    note = OrderNote.objects.select_related("agent").filter(pk=note_id, order=order).first()
    if note is None:
        raise NotFound(_("There is no such note."))
    if not may_change(agent, note):
        raise Forbidden(_("Only who wrote a note, or a supervisor, changes it."))
    return note


def _record(agent: Agent, order: Order, note: OrderNote, what: str, *, before: dict[str, Any] | None) -> None:
    """Keep what was said in the event itself: a note that is gone still stands in the trail."""
    data = {
        "order": order.number,
        "note": str(note.id),
        "what": what,
        "author": note.agent.name,
        "text": note.text,
        "color": note.color,
        "before": before,
    }
    record(
        Happening(
            names.ORDER_NOTED,
            Actor.agent(agent),
            store_id=order.store_id,
            order_id=order.id,
            data=data,
            pushes=[agents_push(order.id)],
        )
    )


def _clean_text(text: Any) -> str:
    if not isinstance(text, str) or not is_storable(text):
        raise InvalidParams(_("That cannot be read as text."), attr="text")
    text = text.strip()
    if not text:
        raise InvalidParams(_("Write something first."), attr="text")
    if len(text) > MAX_TEXT:
        raise InvalidParams(_("A note has at most %(n)s characters.") % {"n": MAX_TEXT}, attr="text")
    return text


def _clean_color(color: Any) -> str:
    if color not in ("", *COLORS):
        raise InvalidParams(_("There is no such colour."), attr="color")
    return str(color)
