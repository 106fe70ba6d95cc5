"""Who gets conversations and when a store is open, over the API."""

from collections.abc import Callable
from typing import Any

import pytest

from events.models import Event
from inbox.models import RoutingRule, SpecialDay
from people.models import Agent
from tests.api.conftest import Api
from tests.factories import World

pytestmark = pytest.mark.django_db
Call = Callable[[Agent], Api]


def test_an_admin_changes_who_gets_what_and_the_rest_stays(world: World, api: Call) -> None:
    path = f"stores/{world.store.id}/routing/"
    eve = api(world.eve)
    assert eve.get(path).data["method"] == "manual"
    answer = eve.patch(
        path, {"method": "least_busy", "capacity": 5, "agents": [{"id": str(world.ann.id), "capacity": 2}]}
    )
    assert answer.status == 200
    assert (answer.data["method"], answer.data["capacity"]) == ("least_busy", 5)
    eve.patch(path, {"teams": [{"id": str(world.team.id), "method": "round_robin"}], "left_grace_s": 60})
    body = api(world.ann).get(path).data
    assert (body["method"], body["capacity"], body["left_grace_s"]) == ("least_busy", 5, 60)
    assert [team["method"] for team in body["teams"]] == ["round_robin"]
    assert {row["name"]: row["capacity"] for row in body["agents"]} == {"Ann": 2, "Bob": None, "Sue": None}
    assert Event.objects.filter(name="routing.changed").count() == 2


def test_an_admin_changes_when_a_store_is_open(world: World, api: Call) -> None:
    path = f"stores/{world.store.id}/hours/"
    eve = api(world.eve)
    body = eve.get(path).data
    assert (body["weekly"], body["is_open"], body["opens_at"]) == (None, True, None)
    week = [[{"from": "09:00", "to": "18:00"}]] * 7
    eve.patch(path, {"weekly": week, "special": [{"date": "2026-12-25", "name": "Christmas", "open": []}]})
    body = eve.patch(path, {"away": {"en": "Closed"}}).data
    assert body["weekly"] == week
    assert body["special"] == [{"date": "2026-12-25", "name": "Christmas", "open": []}]
    assert body["away"] == {"en": "Closed"}
    assert bool(body["opens_at"]) != body["is_open"]
    assert eve.patch(path, {"weekly": None, "special": []}).data["weekly"] is None
    assert not SpecialDay.objects.exists()


def test_an_admin_changes_by_when_buyers_are_answered(world: World, api: Call) -> None:
    path = f"stores/{world.store.id}/targets/"
    eve = api(world.eve)
    nothing = {"first_minutes": None, "next_minutes": None}
    assert eve.get(path).data["targets"] == [{"priority": n, **nothing} for n in (2, 1, 0, -1)]
    eve.patch(path, {"targets": [{"priority": 2, "first_minutes": 10}]})
    body = eve.patch(path, {"warn_percent": 50}).data
    assert body["warn_percent"] == 50
    assert body["targets"][0] == {"priority": 2, "first_minutes": 10, "next_minutes": None}
    assert api(world.ann).get(path).data == body
    assert Event.objects.filter(name="targets.changed").count() == 2


@pytest.mark.parametrize(
    ("page", "body"),
    [
        ("targets", {"warn_percent": 100}),
        ("targets", {"targets": [{"priority": 5, "first_minutes": 10}]}),
        ("targets", {"targets": [{"priority": 0, "first_minutes": 0}]}),
        ("targets", {"targets": [{"priority": 0}, {"priority": 0, "next_minutes": 5}]}),
        ("routing", {"method": "magic"}),
        ("routing", {"capacity": "5"}),
        ("routing", {"capacity": 100_000}),
        ("routing", {"left_grace_s": 1}),
        ("routing", {"teams": [{"id": "0190aaaa-0000-7000-8000-000000000000"}]}),
        ("routing", {"agents": [{"id": "nobody", "capacity": 1}]}),
        ("hours", {"weekly": []}),
        ("hours", {"weekly": [[]] * 7}),
        ("hours", {"weekly": [[{"from": "9", "to": "18:00"}]] * 7}),
        ("hours", {"weekly": [[{"from": "18:00", "to": "09:00"}]] * 7}),
        ("hours", {"weekly": [[{"from": "09:00", "to": "12:00"}, {"from": "11:00", "to": "13:00"}]] * 7}),
        ("hours", {"weekly": 7}),
        ("hours", {"special": [{"date": "2026-02-30", "open": []}]}),
        ("hours", {"special": [{"date": "2026-12-25", "open": []}] * 2}),
        ("hours", {"away": {"en": "\u0000"}}),
        ("hours", {"away": "Bye"}),
    ],
)
def test_what_is_no_rule_and_no_time_is_refused(
    world: World, api: Call, page: str, body: dict[str, Any]
) -> None:
    answer = api(world.eve).patch(f"stores/{world.store.id}/{page}/", body)
    assert answer.status == 400, answer.data
    assert answer.data["errors"][0]["code"]
    assert not RoutingRule.objects.exists()
    assert not SpecialDay.objects.exists()


@pytest.mark.parametrize("page", ["routing", "hours"])
def test_agents_read_and_admins_change(world: World, api: Call, page: str) -> None:
    path = f"stores/{world.store.id}/{page}/"
    assert api(world.sue).patch(path, {"capacity": 3}).status == 403
    assert api(world.zoe).get(path).status == 404
    assert api(world.zoe).patch(path, {}).status == 404
