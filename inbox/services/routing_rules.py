"""A store's rules of routing: who gets its conversations, how many, and when they are handed on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from events import names
from events.record import Actor, Happening, record
from inbox.assigning import CAPACITY
from inbox.errors import Invalid
from inbox.models import RoutingRule
from inbox.services.routing import ring
from people.models import Agent, Store, Team

MOST_OPEN = 200  # of one agent; beyond that a number limits nothing
GRACE = range(15, 86_401)  # seconds


@dataclass(frozen=True, slots=True)
class TeamRule:
    """What is different for the conversations of a team; "" and None: as the store."""

    method: str = ""
    capacity: int | None = None


@dataclass(frozen=True, slots=True)
class StoreRule:
    """`teams` and `agents` (their own capacity, None: as their teams or the store) name those that change."""

    method: str
    last_agent_first: bool
    capacity: int
    left_grace: int
    away_grace: int
    teams: Mapping[UUID, TeamRule]
    agents: Mapping[UUID, int | None]


def teams_of(store: Store) -> list[Team]:
    return list(Team.objects.filter(stores=store).order_by("name", "id"))


def agents_of(store: Store) -> list[Agent]:
    """Return who is given conversations of a store: the members of its teams."""
    members = Agent.objects.filter(is_active=True, teams__stores=store)
    return list(members.distinct().order_by("name", "id"))


def save_routing(*, actor: Agent, store: Store, rule: StoreRule) -> None:
    """Set the rules of a store. Whom they let have more gets it at once. Raises Invalid."""
    teams = {team.id: team for team in teams_of(store)}
    _check(rule, teams, {agent.id for agent in agents_of(store)})
    with transaction.atomic():
        # In one order, as routing locks them; and what is read here is what is changed.
        rows = {
            row.team_id: row
            for row in RoutingRule.objects.select_for_update().filter(store=store).order_by("id")
        }
        before = routing_data(store)
        of_store = rows.get(None) or RoutingRule(store=store)
        of_store.method, of_store.last_agent_first = rule.method, rule.last_agent_first
        of_store.capacity = rule.capacity
        of_store.left_grace, of_store.away_grace = rule.left_grace, rule.away_grace
        of_store.save()
        for team_id, given in rule.teams.items():
            row = rows.get(team_id) or RoutingRule(store=store, team=teams[team_id])
            row.method, row.capacity = given.method, given.capacity
            if given == TeamRule():
                if row.pk:
                    row.delete()
                continue
            row.save()
        for agent_id, capacity in rule.agents.items():
            Agent.objects.filter(pk=agent_id).update(capacity=capacity)
        after = routing_data(store)
        if changed := [key for key in after if before[key] != after[key]]:
            data = {
                side: {key: whole[key] for key in changed}
                for side, whole in (("before", before), ("after", after))
            }
            record(Happening(names.ROUTING_CHANGED, Actor.agent(actor), store_id=store.id, data=data))
        ring()


def routing_data(store: Store) -> dict[str, Any]:
    """Return the rules of a store as the API gives them, and as a change of them is written down."""
    rows = {row.team_id: row for row in RoutingRule.objects.filter(store=store)}
    of_store = rows.get(None) or RoutingRule(store=store)
    return {
        "method": of_store.method,
        "last_agent_first": of_store.last_agent_first,
        "capacity": CAPACITY if of_store.capacity is None else of_store.capacity,
        "left_grace_s": of_store.left_grace,
        "away_grace_s": of_store.away_grace,
        "teams": [
            {
                "id": str(team.id),
                "name": team.name,
                "method": rows[team.id].method if team.id in rows else "",
                "capacity": rows[team.id].capacity if team.id in rows else None,
            }
            for team in teams_of(store)
        ],
        "agents": [
            {"id": str(agent.id), "name": agent.name, "capacity": agent.capacity}
            for agent in agents_of(store)
        ],
    }


def _check(rule: StoreRule, teams: Mapping[UUID, Team], agents: set[UUID]) -> None:
    methods = RoutingRule.Method.values
    if rule.method not in methods or any(team.method not in ("", *methods) for team in rule.teams.values()):
        raise Invalid(_("There is no such rule."), attr="method")
    capacities = [rule.capacity, *(team.capacity for team in rule.teams.values()), *rule.agents.values()]
    if any(number is not None and not 0 <= number <= MOST_OPEN for number in capacities):
        raise Invalid(_("At most %(count)s open conversations.") % {"count": MOST_OPEN}, attr="capacity")
    if rule.left_grace not in GRACE or rule.away_grace not in GRACE:
        raise Invalid(_("From 15 seconds to a day."), attr="left_grace_s")
    if not teams.keys() >= rule.teams.keys():
        raise Invalid(_("That team does not serve this store."), code="unknown_team", attr="teams")
    if not agents >= rule.agents.keys():
        raise Invalid(_("That colleague does not serve this store."), code="unknown_agent", attr="agents")
