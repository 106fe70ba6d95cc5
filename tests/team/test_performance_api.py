"""The ranking for programs."""

from typing import Any
from urllib.parse import urlencode

from people.models import Agent
from team.performance.metrics import METRICS
from team.performance.rollup import count_on
from tests.api.conftest import Api
from tests.team.telling import NOON, Told, paid, placed

URL = "/api/v1/performance/agents/"
DAYS = {"from": "2026-03-01", "to": "2026-03-20"}


def get(agent: Agent, query: dict[str, str]) -> Any:
    return Api(agent).get(f"{URL}?{urlencode(query)}")


def fill(world: Any) -> None:
    for _ in range(12):
        told = Told(world.kim)
        told.buyer_says(0)
        told.agent_says(world.ann, 20)
    Told(world.kim).agent_says(world.bob, 5)
    paid(world.kim, placed(world.kim, NOON.replace(hour=13)), NOON.replace(hour=13), 700, "EUR")
    count_on()


def test_supervisors_get_everybody_and_agents_themselves(world):
    fill(world)
    told = get(world.sue, DAYS).data
    assert [(one["agent"]["name"], one["place"]) for one in told["results"]] == [("Ann", 1), ("Bob", 2)]
    assert told["total"]["handled"] == 13
    mine = get(world.bob, DAYS).data
    assert ([one["agent"]["name"] for one in mine["results"]], mine["ranked"], mine["total"]) == (
        ["Bob"],
        2,
        None,
    )
    metrics = told["results"][0]["metrics"]
    assert set(metrics) == set(METRICS)
    assert (metrics["first_reply"], metrics["answered_in_30s"], metrics["rating"]) == (20.0, 1.0, None)
    money = [one["metrics"]["order_value"] for one in told["results"]]
    assert sorted(money, key=len) == [[], [{"amount": 700, "currency": "EUR"}]]


def test_another_store_s_agents_are_not_in_it(world):
    fill(world)
    assert get(world.zoe, DAYS).data["results"] == []
    assert get(world.zoe, {**DAYS, "store": world.store.key}).status == 400


def test_what_makes_no_sense_is_said_at_its_parameter(world):
    cases = [
        ({}, "from"),
        ({"from": "2026-03-01"}, "to"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "to"),
        ({"from": "0001-01-01", "to": "2026-03-01"}, "from"),
        ({"from": "2020-01-01", "to": "2026-03-01"}, "to"),
        ({**DAYS, "sort": "luck"}, "sort"),
        ({**DAYS, "team": "x"}, "team"),
        ({**DAYS, "channel": "\x00"}, "channel"),
    ]
    for query, attr in cases:
        answer = get(world.sue, query)
        assert (answer.status, answer.data["errors"][0]["attr"]) == (400, attr), query
