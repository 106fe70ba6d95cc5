"""Events as they would have been recorded at given moments, and the figures that they come to."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Sum

from events import names
from events.models import Event
from helpdesk.lib.ids import new_id
from helpdesk.lib.money import money
from helpdesk.lib.times import iso
from people.models import Agent, Buyer, Store
from team.models import CaseFigures, DayFigures
from team.performance.counters import COUNTERS, OF_A_DAY
from team.performance.rollup import count_on

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


class Told:
    """One conversation of a buyer, told event by event; `at` is in seconds after its beginning."""

    def __init__(self, buyer: Buyer, begins: datetime = NOON, channel: str = "widget") -> None:
        self.buyer, self.begins, self.channel, self.id = buyer, begins, channel, new_id()
        self.store: Store = buyer.store
        self._add(names.CONVERSATION_OPENED, 0, buyer, channel=channel)

    def buyer_says(self, at: float, **more: Any) -> None:
        self._said(at, self.buyer, **more)

    def agent_says(self, agent: Agent, at: float, **more: Any) -> None:
        self._said(at, agent, **more)

    def _said(self, at: float, who: Agent | Buyer | None, **more: Any) -> None:
        self._add(names.MESSAGE_CREATED, at, who, **{"private": False, "channel": self.channel} | more)

    def bot_says(self, at: float) -> None:
        self._said(at, None)

    def desk_says(self, name: str, at: float, **data: Any) -> None:
        self._add(name, at, None, **data)

    def assign(self, by: Agent, to: Agent | None, at: float) -> None:
        self._add(names.CONVERSATION_ASSIGNED, at, by, agent=str(to.pk) if to else None)

    def resolve(self, agent: Agent, at: float) -> None:
        self._add(names.CONVERSATION_RESOLVED, at, agent)

    def reopen(self, who: Agent | Buyer, at: float) -> None:
        self._add(names.CONVERSATION_REOPENED, at, who)

    def rate(self, rating: int, at: float) -> None:
        self._add(names.CONVERSATION_RATED, at, self.buyer, rating=rating)

    def _add(self, name: str, at: float, who: Agent | Buyer | None, **data: Any) -> None:
        kind = "agent" if isinstance(who, Agent) else "buyer" if who else "bot"
        moment = self.begins + timedelta(seconds=at)
        Event.objects.create(
            name=name, at=moment, actor_kind=kind, actor_id=who.pk if who else None, store_id=self.store.pk,
            conversation_id=self.id, data=data,
        )  # fmt: skip


def promise(told: Told, due_s: float, *, since_s: float = 0, kept: bool = True, kind: str = "first") -> Any:
    """Return what an answer says of the target that it had."""
    due, since = (iso(told.begins + timedelta(seconds=s)) for s in (due_s, since_s))
    return {"kind": kind, "due": due, "since": since, "kept": kept}


def overdue(told: Told, owner: Any, due_s: float, *, since_s: float = 0, kind: str = "first") -> None:
    data = promise(told, due_s, since_s=since_s, kind=kind)
    del data["kept"]
    warned = iso(told.begins + timedelta(seconds=since_s + (due_s - since_s) * 0.75))
    told.desk_says(
        names.REPLY_OVERDUE, due_s + 5, **data, warned=warned, agent=str(owner.pk) if owner else None
    )


def placed(
    buyer: Buyer, at: datetime, total: int = 5000, currency: str = "USD", told: datetime | None = None
) -> UUID:
    """Let the store tell of a new order, unpaid; `told` is when, where that is later."""
    order, nothing = new_id(), money(0, currency)
    after = {"status": "unpaid", "items_total": money(total, currency)}
    after |= {"shipping_fee": nothing, "tax": nothing, "discount": nothing, "paid": nothing}
    _synced(buyer, order, at, told or at, {}, after)
    return order


def paid(buyer: Buyer, order: UUID, at: datetime, total: int = 5000, currency: str = "USD",
         told: datetime | None = None) -> None:  # fmt: skip
    before = {"status": "unpaid", "paid": money(0, currency)}
    _synced(buyer, order, at, told or at, before, {"status": "paid", "paid": money(total, currency)})


def _synced(buyer: Buyer, order: UUID, at: datetime, told: datetime, before: Any, after: Any) -> None:
    when = {"placed_at": iso(at), "paid_at": iso(at)}
    data = {"before": before, "after": after, "parts": [], "buyer": str(buyer.pk), **when}
    event(names.ORDER_SYNCED, told, buyer.store, order_id=order, data=data)


def event(name: str, at: datetime, store: Store, **fields: Any) -> Event:
    return Event.objects.create(name=name, at=at, store_id=store.pk, **{"actor_kind": "system"} | fields)


def figures(agent: Agent | None = None, **where: Any) -> dict[str, int]:
    """Count on, and return the counters that are not 0."""
    count_on()
    rows = DayFigures.objects.filter(**where)
    if agent is not None:
        rows = rows.filter(agent=agent)
    sums = rows.aggregate(**{f"sum_{name}": Sum(name) for name in COUNTERS})
    return {name: sums[f"sum_{name}"] for name in COUNTERS if sums[f"sum_{name}"]}


def tables() -> tuple[list[Any], list[Any]]:
    """Return all that has been counted, in one order."""
    day = ("store_id", "day", "agent_id", "channel", "currency")
    case = (*day, "kind", "case_id")
    return (
        list(DayFigures.objects.order_by(*day).values_list(*day, *OF_A_DAY)),
        list(CaseFigures.objects.order_by(*case).values_list(*case, *COUNTERS)),
    )
