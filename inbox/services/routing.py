"""Routing: who waits is given to who is there, and what was somebody's who has left is handed on.

A pass looks at everything that waits, decides in memory (inbox/assigning.py) and writes it down. Only one decides at
a time: it begins by locking the rules of all stores, in one order. One lock for the whole desk rather than one for
each store, because an agent serves several stores and their places are counted over all of them; a conditional
update for each conversation could not know that two of them took the same last place. It costs little, because a
pass takes everything that came in while the one before it ran: its statements do not grow with the conversations.

What people do by hand does not wait for that lock. So the conversations that were decided about are locked and
looked at again before they are written, and one that somebody has in hand at this moment is left for the next pass.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from events import names
from events.record import SYSTEM
from helpdesk.lib.jobs import enqueue
from inbox.access import locked_for_summary
from inbox.assigning import Choice, Rules, Seat, choose
from inbox.models import Conversation, RoutingRule
from inbox.services import timeline
from inbox.services.timeline import Batch
from people.models import Agent

MOST = 300  # conversations that one pass looks at
PASSES = 20  # one after the other, while each finds something and leaves something
_RUNG, _RUNG_FOR_S = "routing:rung", 5


def ring() -> None:
    """Ask for a pass after the commit. Who comes while one is asked for, and has not begun, shares it."""
    transaction.on_commit(_ring)


def _ring() -> None:
    if cache.add(_RUNG, 1, timeout=_RUNG_FOR_S):
        enqueue("inbox.tasks.route_conversations")


@dataclass(frozen=True, slots=True)
class Case:
    """A conversation that somebody has to get, as it was when it was read."""

    id: UUID
    store_id: UUID
    team_id: UUID | None
    buyer_id: UUID
    assignee_id: UUID | None
    put_back_by_id: UUID | None
    status: str
    priority: int
    waiting_since: datetime | None
    is_disabled: bool = False  # the account that has it


_FIELDS = (
    "id", "store_id", "team_id", "buyer_id", "assignee_id", "put_back_by_id", "status", "priority", "waiting_since",
)  # fmt: skip


def route_conversations() -> int:
    """Give away what waits. Returns how many conversations changed hands; safe to run twice, and at once."""
    cache.delete(_RUNG)  # before anything is read: who comes from now on rings again
    total = 0
    for _ in range(PASSES):
        done, is_all = _pass(timezone.now())
        total += done
        if is_all or not done:
            break
    return total


@transaction.atomic
def _pass(now: datetime) -> tuple[int, bool]:
    """Return how many changed hands, and whether that was all there is to do."""
    rules = Rules.of(RoutingRule.objects.select_for_update().order_by("id"))
    left = list(_left(rules, now))
    seats = _seats(rules, now)
    waiting = list(_waiting(rules, seats))
    cases = sorted(left + waiting, key=_order)
    decided = _decide(rules, seats, cases)
    written = _write(decided)
    for rule in rules.moved:
        rule.save(update_fields=["turn"])
    return written, written == len(decided) and len(waiting) < MOST


def _order(case: Case) -> tuple[bool, int, float, UUID]:
    """Who waits before who does not; then by priority, then who has waited longest."""
    since = case.waiting_since
    return since is None, -case.priority, since.timestamp() if since else 0.0, case.id


# -- Who is there


def _seats(rules: Rules, now: datetime) -> list[Seat]:
    """Return the agents who are there and take conversations of stores that are routed: four queries."""
    stores = {store_id for store_id, team_id in rules.rows if rules.is_routed(store_id, team_id)}
    there = Q(agent__is_active=True, agent__presence=Agent.Presence.ONLINE, agent__lease_until__gt=now)
    memberships = Agent.teams.through.objects.filter(there, team__stores__in=stores) if stores else None
    if memberships is None:
        return []
    teams: dict[UUID, set[tuple[UUID, UUID]]] = {}
    for agent_id, team_id, store_id in memberships.values_list("agent_id", "team_id", "team__stores"):
        if store_id in stores:
            teams.setdefault(agent_id, set()).add((store_id, team_id))
    counts = open_counts(teams)
    return [
        Seat(
            agent=agent,
            has_open=counts.get(agent.id, 0),
            limits={
                store_id: rules.limit(
                    agent, store_id, [team for store, team in teams[agent.id] if store == store_id]
                )
                for store_id, _team in teams[agent.id]
            },
            teams=teams[agent.id],
        )
        for agent in Agent.objects.filter(pk__in=teams).order_by("id")
    ]


def open_counts(agent_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Return how many open conversations agents have; who has none is left out."""
    rows = Conversation.objects.filter(assignee_id__in=list(agent_ids), status=Conversation.Status.OPEN)
    return dict(rows.order_by().values_list("assignee_id").annotate(Count("id")))


# -- What waits


def _waiting(rules: Rules, seats: list[Seat]) -> Iterator[Case]:
    """Yield who waits for anybody, where somebody has a place: what nobody can take is not even read."""
    teams: dict[UUID, set[UUID]] = {}  # with a place, by store; many agents share one
    for seat in seats:
        for store_id, team_id in seat.teams:
            if seat.is_free(store_id):
                teams.setdefault(store_id, set()).add(team_id)
    if not teams:
        return
    places = Q()
    for store_id, of_store in teams.items():
        places |= Q(Q(team__in=of_store) | Q(team=None), store=store_id)
    rows = Conversation.objects.filter(
        places, status=Conversation.Status.OPEN, assignee=None, waiting_since__isnull=False
    ).order_by("-priority", "waiting_since", "id")
    for row in rows.values_list(*_FIELDS)[:MOST]:
        case = Case(*row)
        if rules.is_routed(case.store_id, case.team_id):
            yield case


def _left(rules: Rules, now: datetime) -> Iterator[Case]:
    """Yield what belongs to agents who are not there any more: disabled accounts, and those who left a while ago."""
    gone = {
        agent.id: agent for agent in Agent.objects.filter(Q(is_active=False) | Q(gone_since__isnull=False))
    }
    if not gone:
        return
    live = Conversation.objects.exclude(status=Conversation.Status.RESOLVED).filter(assignee_id__in=gone)
    oldest_first = live.order_by(F("waiting_since").asc(nulls_last=True), "id")
    for agent_id, *row in oldest_first.values_list("assignee_id", *_FIELDS)[:MOST]:
        case = replace(Case(*row), is_disabled=not gone[agent_id].is_active)
        if has_left(gone[agent_id], case, rules, now):
            yield case


def has_left(agent: Agent, case: Case, rules: Rules, now: datetime) -> bool:
    """Tell whether what this agent has is to be handed on. Whoever only reloads the page is back within the grace."""
    if not agent.is_active:
        return True
    store = rules.store(case.store_id)
    if agent.gone_since is None or store is None or case.status != Conversation.Status.OPEN:
        return False
    if not rules.is_routed(case.store_id, case.team_id):
        return False
    state = agent.presence_now()
    if state in (Agent.Presence.ONLINE, Agent.Presence.BUSY):
        return False
    grace = store.away_grace if state == Agent.Presence.AWAY else store.left_grace
    return agent.gone_since <= now - timedelta(seconds=grace)


# -- What becomes of it


def _decide(rules: Rules, seats: list[Seat], cases: list[Case]) -> list[tuple[Case, Choice | None]]:
    """Return what is to change: who gets what, and (None) what nobody has from now on."""
    last_agents = _last_agents(rules, cases)
    decided: list[tuple[Case, Choice | None]] = []
    for case in cases:
        choice = None
        if case.status == Conversation.Status.OPEN:
            choice = choose(
                rules,
                seats,
                store_id=case.store_id,
                team_id=case.team_id,
                last_agent=last_agents.get(case.buyer_id),
                but=case.put_back_by_id,
            )
        # Nobody can take it. A buyer who waits is shown to everybody; one who does not may as well wait for
        # whoever knows them, unless that account is gone for good.
        if choice is None and (
            case.assignee_id is None or (case.waiting_since is None and not case.is_disabled)
        ):
            continue
        decided.append((case, choice))
    return decided


def _last_agents(rules: Rules, cases: list[Case]) -> dict[UUID, UUID]:
    """Return who had each buyer's last conversation, where a rule asks for it."""
    buyers = {
        case.buyer_id
        for case in cases
        if (store := rules.store(case.store_id)) is not None and store.last_agent_first
    }
    if not buyers:
        return {}
    rows = Conversation.objects.filter(buyer_id__in=buyers, assignee__isnull=False).order_by("last_at", "id")
    return dict(rows.values_list("buyer_id", "assignee_id"))  # the last one stays


def _write(decided: list[tuple[Case, Choice | None]]) -> int:
    """Write down what was decided of the conversations that nobody else has changed meanwhile, or is changing."""
    if not decided:
        return 0
    rows = {row.id: row for row in locked_for_summary([case.id for case, _ in decided], skip_locked=True)}
    batch = Batch()
    for case, choice in decided:
        conversation = rows.get(case.id)
        if conversation is not None and _is_as_it_was(conversation, case):
            _hand_over(conversation, choice, batch)
    put_back = [row.id for row in batch.changed.values() if row.assignee and row.put_back_by_id]
    if put_back:
        Conversation.objects.filter(pk__in=put_back).update(put_back_by=None)
    timeline.write(batch)
    return len(batch.changed)


def _is_as_it_was(conversation: Conversation, case: Case) -> bool:
    now = conversation.status, conversation.assignee_id, conversation.team_id
    is_same = now == (case.status, case.assignee_id, case.team_id)
    return is_same and (case.assignee_id is not None or conversation.waiting_since is not None)


def _hand_over(conversation: Conversation, choice: Choice | None, batch: Batch) -> None:
    before, after = conversation.assignee, choice.seat.agent if choice else None
    reason = ("handed_on" if before else choice.reason) if choice else "left"
    params: dict[str, Any] = {
        "actor": "",
        "assignee": after.name if after else None,
        "team": conversation.team.name if conversation.team else None,
        "reason": reason,
    }
    if before is not None:
        params["from"] = before.name
    conversation.assignee = after
    more: dict[str, Any] = {"agent": str(after.id) if after else None}
    if choice is not None:
        more |= {"by": choice.reason, "considered": choice.considered}
    timeline.add_line(
        conversation, batch, SYSTEM, names.CONVERSATION_ASSIGNED, params, _words(params), more=more
    )


def _words(params: dict[str, Any]) -> str:
    who = params["assignee"]
    return {
        "last_agent": f"Routed to {who}: had this buyer's last conversation",
        "round_robin": f"Routed to {who}: next in turn",
        "least_busy": f"Routed to {who}: least busy",
        "handed_on": f"Handed on to {who}: {params.get('from')} is not there",
        "left": f"{params.get('from')} is not there any more: nobody has this now",
    }[params["reason"]]
