"""What waits for a second person: one queue, the oldest first, of everything that can wait.

A source is one sort of thing that waits (settings.APPROVAL_SOURCES). The queue knows no sort: it merges what its
sources give by the moment when they began to wait.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.lib.keyset import Keyset
from helpdesk.lib.money import display
from orders import actions, limits, services
from orders.access import actions_for
from orders.actions.base import Row
from orders.limits import Allowance
from orders.models import Order, OrderAction
from people.models import Agent, Buyer, Store

PAGE = 30
MOST_COUNTED = 100  # what a badge tells apart: above it says "99+"
QUEUE = Keyset("approvals", "created_at", newest_first=False)
LIMIT_NAMES = {
    "order": gettext_lazy("the limit per order"),
    "share": gettext_lazy("the share of the order"),
    "day": gettext_lazy("the limit per day"),
    "step": gettext_lazy("the next step of the price"),
}


@dataclass(frozen=True)
class Waiting:
    """One thing that waits, as the queue shows it."""

    pk: UUID
    sort: str  # the `sort` of its source
    created_at: datetime
    label: str | Promise
    icon: str
    store: Store
    asker: Agent | None
    buyer: Buyer
    order: Order | None
    conversation_id: UUID | None
    cost: str  # what the store gives away, as people write it
    over: list[str]  # the limits that it is above, in words
    reason: str
    rows: list[Row] = field(default_factory=list)


class Source(Protocol):
    """One sort of thing that waits. Its rows have `created_at`, and the `agent` who asked."""

    sort: ClassVar[str]

    def waiting(self, agent: Agent) -> QuerySet[Any]:
        """Return what waits in the stores of `agent`, whoever asked for it."""
        ...

    def load(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Load what `present` reads: some queries, however many rows."""
        ...

    def present(self, rows: list[Any]) -> list[Waiting]: ...

    def approve(self, *, agent: Agent, pk: UUID, comment: str) -> Any:
        """Raises what orders.services.approve raises."""
        ...

    def reject(self, *, agent: Agent, pk: UUID, comment: str) -> Any: ...

    def take_back(self, *, agent: Agent, pk: UUID) -> Any: ...


def sources() -> dict[str, Source]:
    found: Iterable[Source] = (import_string(path)() for path in settings.APPROVAL_SOURCES)
    return {source.sort: source for source in found}


def queue(agent: Agent, *, cursor: str = "", size: int = PAGE) -> tuple[list[Waiting], str | None]:
    """Return a page of what the agent may decide on, or, for who is no supervisor, of their own that waits.

    And the cursor of the next page. Raises BadCursor.
    """
    place = QUEUE.place(cursor) if cursor else None
    merged: list[tuple[datetime, UUID, Source, Any]] = []
    for source in sources().values():
        rows = _seen(source, agent)
        if place:
            rows = rows.filter(QUEUE.beyond(place))
        ordered = source.load(rows).order_by(*QUEUE.ordering())[: size + 1]
        merged += [(row.created_at, row.pk, source, row) for row in ordered]
    merged.sort(key=lambda item: item[:2])
    shown = merged[:size]
    by_pk: dict[UUID, Waiting] = {}
    for source in {item[2].sort: item[2] for item in shown}.values():
        by_pk |= {one.pk: one for one in source.present([row for *_, own, row in shown if own is source])}
    more = QUEUE.cursor(shown[-1][3]) if len(merged) > size else None
    return [by_pk[pk] for _at, pk, *_ in shown], more


def one(agent: Agent, sort: str, pk: UUID) -> Waiting | None:
    """Return it as the queue shows it; None where it does not wait (any more), or not before this agent."""
    source = sources().get(sort)
    row = source.load(_seen(source, agent)).filter(pk=pk).first() if source else None
    return source.present([row])[0] if source and row else None


def counted(agent: Agent) -> list[str]:
    """Return the ids of what waits for this agent to decide, or of their own that wait: what badges count."""
    found: list[str] = []
    for source in sources().values():
        rows = _seen(source, agent)
        if agent.may("approvals.decide"):
            rows = rows.exclude(agent=agent)
        found += [str(pk) for pk in rows.values_list("pk", flat=True)[:MOST_COUNTED]]
    return found[:MOST_COUNTED]


def _seen(source: Source, agent: Agent) -> QuerySet[Any]:
    rows = source.waiting(agent)
    return rows if agent.may("approvals.decide") else rows.filter(agent=agent)


class WaitingActions:
    """Actions on orders that are above the limits of who asked for them."""

    sort = "action"

    def waiting(self, agent: Agent) -> QuerySet[OrderAction]:
        return actions_for(agent).filter(state=OrderAction.State.WAITING)

    def load(self, rows: QuerySet[OrderAction]) -> QuerySet[OrderAction]:
        return rows.select_related("agent", "order__store", "order__buyer")

    def present(self, rows: list[OrderAction]) -> list[Waiting]:
        allowed = limits.allowances({row.order.store_id for row in rows})
        return [self._present(row, allowed) for row in rows]

    def _present(self, action: OrderAction, allowed: Callable[[UUID, str, str], Allowance]) -> Waiting:
        order, kind = action.order, actions.get(action.kind)
        label = kind.label if kind else action.kind
        role = action.agent.role if action.agent else ""
        return Waiting(
            pk=action.pk,
            sort=self.sort,
            created_at=action.created_at,
            label=_("Undo: %(what)s") % {"what": label} if action.undoes_id else label,
            icon=kind.icon if kind else "help-circle",
            store=order.store,
            asker=action.agent,
            buyer=order.buyer,
            order=order,
            conversation_id=action.conversation_id,
            cost=display(action.cost, order.currency) if action.cost else "",
            over=over_words(action.over, allowed(order.store_id, role, action.kind), order.currency),
            reason=action.reason,
            rows=rows_of(action),
        )

    def approve(self, *, agent: Agent, pk: UUID, comment: str) -> OrderAction:
        return services.approve(agent=agent, action_id=pk, comment=comment)

    def reject(self, *, agent: Agent, pk: UUID, comment: str) -> OrderAction:
        return services.reject(agent=agent, action_id=pk, comment=comment)

    def take_back(self, *, agent: Agent, pk: UUID) -> OrderAction:
        return services.take_back(agent=agent, action_id=pk)


def rows_of(action: OrderAction) -> list[Row]:
    """Return before and after of an action of the ledger, whenever it was written down.

    Nothing, where its kind is gone, or tells by now of values that it had not got then.
    """
    kind = actions.get(action.kind)
    try:
        return kind.rows(action.before, action.after) if kind else []
    except (KeyError, TypeError, ValueError):
        return []


def over_words(over: list[str], may: Allowance, currency: str) -> list[str]:
    """Return the limits that something is above, in words: with the amount, where it still is what it is above."""
    words = []
    for name in over:
        if name == "order" and may.per_order is not None:
            words.append(_("%(limit)s per order") % {"limit": display(may.per_order, currency)})
        elif name == "share" and may.share is not None:
            words.append(_("%(share)s%% of the order") % {"share": may.share})
        elif name == "day" and may.per_day is not None:
            words.append(_("%(limit)s a day") % {"limit": display(may.per_day, currency)})
        else:
            words.append(str(LIMIT_NAMES.get(name, name)))
    return words
