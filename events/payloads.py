"""The shape of an event, as the API gives it."""

from typing import Any
from uuid import UUID

from events.models import Event
from helpdesk.lib.times import iso


def event_data(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "at": iso(event.at),
        "name": event.name,
        "actor": {"kind": event.actor_kind, "id": _id(event.actor_id), "name": event.actor_name},
        "store": _id(event.store_id),
        "conversation": _id(event.conversation_id),
        "order": _id(event.order_id),
        "data": event.data,
    }


def _id(value: UUID | None) -> str | None:
    return str(value) if value else None
