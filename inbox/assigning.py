"""Who gets a conversation: the one place where that is decided. It knows no database; services/routing.py asks it.

docs/routing.md says the same in words.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from inbox.models import RoutingRule
from people.models import Agent

Method = RoutingRule.Method

CAPACITY = 8  # open conversations of an agent, where nobody set another number
CONSIDERED = 8  # how many agents an event names


@dataclass(slots=True)
class Seat:
    """An agent who is there and takes conversations: how many they have, and what they may have at each store."""

    agent: Agent
    has_open: int
    limits: dict[UUID, int]  # by store that they serve
    teams: set[tuple[UUID, UUID]]  # (store, team)

    def is_free(self, store_id: UUID) -> bool:
        return self.has_open < self.limits[store_id]

    def data(self, store_id: UUID) -> dict[str, Any]:
        return {
            "id": str(self.agent.id),
            "name": self.agent.name,
            "open": self.has_open,
            "limit": self.limits[store_id],
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """Who gets it, why, and who else was thought of."""

    seat: Seat
    reason: str  # last_agent, round_robin or least_busy
    considered: list[dict[str, Any]]


@dataclass(slots=True)
class Rules:
    """The rules of all stores as they hold: a team's where it says something, else its store's."""

    rows: Mapping[tuple[UUID, UUID | None], RoutingRule]
    moved: set[RoutingRule] = field(default_factory=set)  # whose turn has changed

    @classmethod
    def of(cls, rows: Iterable[RoutingRule]) -> "Rules":
        return cls({(row.store_id, row.team_id): row for row in rows})

    def method(self, store_id: UUID, team_id: UUID | None) -> str:
        for key in ((store_id, team_id), (store_id, None)):
            if (row := self.rows.get(key)) is not None and row.method:
                return row.method
        return Method.MANUAL

    def is_routed(self, store_id: UUID, team_id: UUID | None) -> bool:
        return self.method(store_id, team_id) != Method.MANUAL

    def store(self, store_id: UUID) -> RoutingRule | None:
        return self.rows.get((store_id, None))

    def limit(self, agent: Agent, store_id: UUID, team_ids: Iterable[UUID]) -> int:
        """Return how many open conversations an agent may have: their own number, else the largest of their
        teams', else the store's."""
        if agent.capacity is not None:
            return agent.capacity
        rows = [self.rows.get((store_id, team_id)) for team_id in team_ids]
        of_teams = [row.capacity for row in rows if row is not None and row.capacity is not None]
        store = self.store(store_id)
        of_store = store.capacity if store is not None and store.capacity is not None else CAPACITY
        return max(of_teams, default=of_store)

    def turn(self, store_id: UUID, team_id: UUID | None) -> RoutingRule | None:
        """Return the row that keeps whose turn it was."""
        return self.rows.get((store_id, team_id)) or self.store(store_id)


def choose(
    rules: Rules,
    seats: Iterable[Seat],
    *,
    store_id: UUID,
    team_id: UUID | None = None,
    last_agent: UUID | None = None,
    but: UUID | None = None,
) -> Choice | None:
    """Choose who gets a conversation of a store (and team), and count it; None where nobody has a place.

    `last_agent` is who had the buyer's last one, `but` whom it is not for.
    """
    method = rules.method(store_id, team_id)
    thought_of = [seat for seat in seats if _serves(seat, store_id, team_id) and seat.agent.id != but]
    free = sorted((seat for seat in thought_of if seat.is_free(store_id)), key=lambda seat: seat.agent.id)
    if method == Method.MANUAL or not free:
        return None
    considered = [seat.data(store_id) for seat in thought_of[:CONSIDERED]]
    store = rules.store(store_id)
    if store is not None and store.last_agent_first:
        for seat in free:
            if seat.agent.id == last_agent:
                seat.has_open += 1
                return Choice(seat, "last_agent", considered)
    turn = rules.turn(store_id, team_id)
    seat = _next(free, turn.turn_id if turn else None, least_busy=method == Method.LEAST_BUSY)
    seat.has_open += 1
    if turn is not None:
        turn.turn = seat.agent
        rules.moved.add(turn)
    return Choice(seat, method, considered)


def _serves(seat: Seat, store_id: UUID, team_id: UUID | None) -> bool:
    return store_id in seat.limits if team_id is None else (store_id, team_id) in seat.teams


def _next(free: list[Seat], last: UUID | None, *, least_busy: bool) -> Seat:
    """Return who comes after `last` in the order of ids, round and round; of the least busy ones only, if asked."""
    if least_busy:
        fewest = min(seat.has_open for seat in free)
        free = [seat for seat in free if seat.has_open == fewest]
    return next((seat for seat in free if last is None or seat.agent.id > last), free[0])
