"""Which events are asked for: the same filters for the audit trail, its file and the feed of the API."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from events.models import TOLD, Event
from helpdesk.lib.keyset import Keyset, Lanes

NEWEST = Keyset("events", "at")


@dataclass(frozen=True)
class Asked:
    """What is wanted of all that happened. None: whatever it is; an empty collection: nothing is."""

    stores: Collection[UUID] | None = None
    of_no_store: bool = False  # with `stores` None: also what belongs to no store (log-ins, accounts)
    names: Collection[str] | None = None
    actor_kind: str = ""
    actor: UUID | None = None
    conversation: UUID | None = None
    orders: Collection[UUID] | None = None
    since: datetime | None = None
    until: datetime | None = None  # before it

    def applied(self, rows: QuerySet[Event]) -> QuerySet[Event]:
        """Return those of `rows` that are asked for."""
        if self.stores is not None:
            rows = rows.filter(store_id__in=self.stores)
        elif not self.of_no_store:
            rows = rows.filter(store_id__isnull=False)
        if self.names is not None:
            rows = rows.filter(name__in=self.names)
        return self._narrowed(rows)

    def _narrowed(self, rows: QuerySet[Event]) -> QuerySet[Event]:
        if self.actor_kind:
            rows = rows.filter(actor_kind=self.actor_kind, actor_id=self.actor)
        if self.conversation:
            rows = rows.filter(conversation_id=self.conversation)
        if self.orders is not None:
            rows = rows.filter(order_id__in=self.orders)
        if self.since:
            rows = rows.filter(at__gte=self.since)
        if self.until:
            rows = rows.filter(at__lt=self.until)
        return rows


def lanes(asked: Asked) -> Lanes:
    """Return what is asked for as ranges of an index each, so that a page costs the same however much there is.

    Messages are left out but where one conversation is asked for.
    """
    if asked.conversation or asked.orders is not None or asked.actor_kind:
        rows = Event.objects.all() if asked.conversation else Event.objects.filter(TOLD)
        return Lanes(NEWEST, [asked.applied(rows)])
    told = asked._narrowed(Event.objects.filter(TOLD))
    if asked.stores is None and not asked.of_no_store:
        told = told.filter(store_id__isnull=False)
    stores = [told] if asked.stores is None else [told.filter(store_id=store) for store in asked.stores]
    if asked.names is None:
        return Lanes(NEWEST, stores)
    return Lanes(NEWEST, [rows.filter(name=name) for rows in stores for name in sorted(asked.names)])
