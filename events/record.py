"""The one place that emits: an Event row inside the transaction, its frames after the commit."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from django.db import transaction

from events import hub
from events.models import Event
from events.names import NAMES
from helpdesk.lib import rows


class _Agent(Protocol):
    id: UUID
    name: str


class _Buyer(Protocol):
    id: UUID

    @property
    def display_name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: `kind` is agent, buyer, bot or system; the name is kept as it is now."""

    kind: str
    id: UUID | None = None
    name: str = ""

    @classmethod
    def agent(cls, agent: _Agent) -> "Actor":
        return cls("agent", agent.id, agent.name)

    @classmethod
    def buyer(cls, buyer: _Buyer) -> "Actor":
        return cls("buyer", buyer.id, buyer.display_name)


SYSTEM = Actor("system", None, "")


@dataclass(frozen=True, slots=True)
class Push:
    """One frame for everybody who listens to any of `topics` (each listener gets it once).

    Of frames with the same `latest` only the newest matters: in a burst those between are left out.
    """

    topics: tuple[str, ...]
    frame: dict[str, Any]
    latest: str = ""


@dataclass(slots=True)
class Happening:
    """What `record` writes and pushes. `data` is JSON: ids as strings, money in minor units."""

    name: str
    actor: Actor
    store_id: UUID | None = None
    conversation_id: UUID | None = None
    order_id: UUID | None = None
    data: dict[str, Any] = field(default_factory=dict)
    pushes: list[Push] = field(default_factory=list)


def record(*happenings: Happening) -> list[Event]:
    """Write an Event for each happening in the current transaction; push their frames once it has committed.

    Returns the events, with their ids. Raises ValueError for a name that is not in events/names.py and
    RuntimeError outside a transaction: what is not atomic with its change is no record of it.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("record() belongs inside the transaction of the change")
    for happening in happenings:
        if happening.name not in NAMES:
            raise ValueError(f"unknown event name {happening.name!r}")
    events = [
        Event(
            name=h.name,
            actor_kind=h.actor.kind,
            actor_id=h.actor.id,
            actor_name=h.actor.name[:120],
            store_id=h.store_id,
            conversation_id=h.conversation_id,
            order_id=h.order_id,
            data=h.data,
        )
        for h in happenings
    ]
    rows.insert(events)
    push(push for h in happenings for push in h.pushes)
    return events


def push(pushes: Iterable[Push]) -> None:
    """Send frames after the commit, without a record: for what is not a fact (typing, who is looking)."""
    frames: hub.Frames = [
        (p.topics, hub.encode(p.frame), p.latest) if p.latest else (p.topics, hub.encode(p.frame))
        for p in pushes
    ]
    if frames:
        transaction.on_commit(lambda: hub.publish(frames))
