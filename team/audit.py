"""The audit trail read: what happened, in words, as lines of a page and rows of a file."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events import names, wording
from events.finding import NEWEST, Asked, lanes
from events.models import TOLD, Event
from events.record import Actor, Happening, record
from events.wording import Called, Told
from helpdesk.lib.ids import parse_id
from helpdesk.lib.keyset import cut
from helpdesk.lib.sheets import Cell
from inbox.access import conversations_for
from inbox.models import Channel
from orders.access import orders_for
from orders.models import Order
from people.models import Agent, Buyer, Store, Team

PAGE = 50
CHUNK = 500  # rows of a file that are in memory at once
MOST_ROWS = 100_000  # of one file
_CALLED: tuple[type[models.Model], ...] = (Agent, Team, Store, Channel, Buyer)  # whose ids stand in events


def page(asked: Asked, *, cursor: str = "", size: int = PAGE) -> tuple[list[Event], str | None]:
    """Return a page, the newest first, and the cursor of the next one. Raises BadCursor."""
    place = NEWEST.place(cursor) if cursor else None
    rows = Event.objects.filter(lanes(asked).page(size + 1, place)).order_by(*NEWEST.ordering())
    return cut(list(rows), NEWEST, size)


@dataclass(frozen=True)
class Line:
    """An event as it is read: `conversation` and `order` only where the reader may open them."""

    event: Event
    icon: str
    label: str
    who: str
    told: Told
    redacted: bool
    store: str
    conversation: UUID | None
    order: Order | None


def lines(agent: Agent, events: list[Event]) -> list[Line]:
    called = _called(events)
    conversation_ids = {event.conversation_id for event in events if event.conversation_id}
    seen = set(conversations_for(agent).filter(pk__in=conversation_ids).values_list("id", flat=True))
    orders = orders_for(agent).in_bulk({event.order_id for event in events if event.order_id})
    return [
        Line(
            event=event,
            icon=wording.icon_of(event.name),
            label=wording.label_of(event.name),
            who=_who(event),
            told=wording.tell(event, called),
            redacted=wording.is_redacted(event),
            store=called.get(str(event.store_id), ""),
            conversation=event.conversation_id if event.conversation_id in seen else None,
            order=orders.get(event.order_id) if event.order_id else None,
        )
        for event in events
    ]


def _who(event: Event) -> str:
    if event.actor_kind == "bot":
        return _("Answer bot")
    return event.actor_name or (_("A buyer") if event.actor_kind == "buyer" else _("The desk"))


def _called(events: Iterable[Event]) -> Called:
    """Return what the ids that stand in events are called: a query for each kind of thing."""
    wanted = {found for event in events for found in _ids([event.data, str(event.store_id)])}
    called: dict[str, str] = {}
    for model in _CALLED:
        called |= {str(pk): str(row) for pk, row in model._default_manager.in_bulk(wanted).items()}
    return called


def _ids(value: Any) -> Iterator[UUID]:
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        for one in value:
            yield from _ids(one)
    elif isinstance(value, str) and len(value) == 36 and (found := parse_id(value)):
        yield found


# -- As a file


def is_too_long(asked: Asked) -> bool:
    """Tell whether more is asked for than goes into one file; looks no further than that."""
    rows = asked.applied(Event.objects.filter(TOLD)).order_by()
    return rows[MOST_ROWS : MOST_ROWS + 1].exists()


@transaction.atomic
def note_export(*, agent: Agent, query: dict[str, str]) -> None:
    """Record that somebody takes the trail away, and which part of it."""
    record(Happening(names.AUDIT_EXPORTED, Actor.agent(agent), data={"filters": query}))


def file_head() -> list[str]:
    return [
        _("At"), _("Who"), _("What"), _("In words"), _("Before"), _("After"), _("Reason"), _("Store"), _("Order"),
        _("Conversation"), _("Event"), _("Id"), _("Data"),
    ]  # fmt: skip


def file_rows(agent: Agent, asked: Asked) -> Iterator[list[list[Cell]]]:
    """Yield the rows of a file chunk by chunk, the newest first, MOST_ROWS at most."""
    cursor: str | None = ""
    for _chunk in range(MOST_ROWS // CHUNK):
        if cursor is None:
            return
        found, cursor = page(asked, cursor=cursor, size=CHUNK)
        yield [_file_row(line) for line in lines(agent, found)]


def _file_row(line: Line) -> list[Cell]:
    event, told = line.event, line.told
    labelled = [(f"{change.label}: " if change.label else "", change) for change in told.changes]
    return [
        timezone.localtime(event.at).isoformat(" ", timespec="seconds"), line.who, line.label, told.text,
        "; ".join(f"{label}{change.before}" for label, change in labelled),
        "; ".join(f"{label}{change.after}" for label, change in labelled),
        told.reason, line.store, line.order.number if line.order else "",
        str(event.conversation_id or ""), event.name, str(event.pk), json.dumps(event.data, ensure_ascii=False),
    ]  # fmt: skip
