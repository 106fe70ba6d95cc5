"""The page on which admins say who gets conversations, and the service behind it."""

from typing import Any

import pytest
from django.test import Client

from events.models import Event
from inbox.errors import Invalid
from inbox.models import RoutingRule
from inbox.services.routing_rules import StoreRule, TeamRule, routing_data, save_routing
from people.models import Agent
from tests.factories import World, log_in

pytestmark = pytest.mark.django_db
PAGE = "/settings/routing/?store=shop"


def client(agent: Agent) -> Client:
    found = Client()
    found.cookies["sessionid"] = log_in(agent)
    return found


def given(world: World, **changes: Any) -> dict[str, Any]:
    return {
        "method": "least_busy",
        "capacity": 5,
        "left_grace": 120,
        "away_grace": 900,
        f"method-{world.team.pk}": "",
        f"team-{world.team.pk}": "",
    } | changes


def a_rule(**changes: Any) -> StoreRule:
    rule = {
        "method": "least_busy",
        "last_agent_first": False,
        "capacity": 5,
        "left_grace": 120,
        "away_grace": 900,
    }
    return StoreRule(**rule | {"teams": {}, "agents": {}} | changes)


def test_an_admin_sets_who_gets_what(world: World) -> None:
    admin = client(world.eve)
    page = admin.get(PAGE).content.decode()
    assert 'value="manual" checked' in page
    changes = {f"team-{world.team.pk}": 3, f"agent-{world.ann.pk}": 1, "last_agent_first": "on"}
    assert admin.post(PAGE, given(world, **changes)).status_code == 302
    data = routing_data(world.store)
    assert (data["method"], data["capacity"], data["last_agent_first"]) == ("least_busy", 5, True)
    assert [(team["method"], team["capacity"]) for team in data["teams"]] == [("", 3)]
    assert {agent["name"]: agent["capacity"] for agent in data["agents"]} == {
        "Ann": 1,
        "Bob": None,
        "Sue": None,
    }
    assert 'value="least_busy" checked' in admin.get(PAGE).content.decode()


def test_a_change_is_written_down_once_with_before_and_after(world: World) -> None:
    for _time in range(2):
        save_routing(actor=world.eve, store=world.store, rule=a_rule())
    event = Event.objects.get(name="routing.changed")
    assert event.store_id == world.store.id
    assert event.data == {
        "before": {"method": "manual", "capacity": 8},
        "after": {"method": "least_busy", "capacity": 5},
    }


def test_a_team_that_says_nothing_of_its_own_has_no_rule(world: World) -> None:
    teams = {world.team.id: TeamRule("manual", 2)}
    save_routing(actor=world.eve, store=world.store, rule=a_rule(teams=teams))
    assert RoutingRule.objects.filter(team=world.team).get().method == "manual"
    save_routing(actor=world.eve, store=world.store, rule=a_rule(teams={world.team.id: TeamRule()}))
    assert not RoutingRule.objects.filter(team=world.team).exists()


@pytest.mark.parametrize(
    "wrong", [{"method": "magic"}, {"capacity": -1}, {"capacity": 9999}, {"capacity": ""}, {"left_grace": 1}]
)
def test_what_is_no_rule_changes_nothing(world: World, wrong: dict[str, Any]) -> None:
    assert client(world.eve).post(PAGE, given(world, **wrong)).status_code == 200
    assert not RoutingRule.objects.exists()


@pytest.mark.parametrize("wrong", ["team", "agent"])
def test_who_does_not_serve_the_store_is_not_named_in_its_rules(world: World, wrong: str) -> None:
    strange = (
        {"teams": {world.other_team.id: TeamRule("manual")}}
        if wrong == "team"
        else {"agents": {world.zoe.id: 3}}
    )
    with pytest.raises(Invalid):
        save_routing(actor=world.eve, store=world.store, rule=a_rule(**strange))
    assert not RoutingRule.objects.exists()


@pytest.mark.parametrize("name", ["ann", "sue"])
def test_only_admins_find_the_page(world: World, name: str) -> None:
    assert client(getattr(world, name)).get(PAGE).status_code == 404
