"""The list of ratings: for supervisors a page and a file, for programs an address; each sees what is theirs."""

import csv
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from inbox.models import Rating, RatingAsk
from inbox.services import rate, resolve
from people.models import Agent
from tests.api.conftest import Api
from tests.factories import World, agent_says, buyer_says, log_in, make_buyer

pytestmark = pytest.mark.django_db
PAGE = "/team/ratings/"


def client(agent: Agent) -> Client:
    found = Client()
    found.cookies["sessionid"] = log_in(agent)
    return found


def rated(agent: Agent, world: World, stars: int, comment: str = "", **buyer: Any) -> Rating:
    store = world.other_store if agent == world.zoe else world.store
    kim = make_buyer(store, **{"name": f"Buyer of {agent.name}", **buyer})
    c = buyer_says(kim).conversation
    agent_says(agent, c)
    resolve(agent=agent, conversation_id=c.id)
    rate(buyer_id=kim.id, conversation_id=c.id, rating=stars, comment=comment)
    return Rating.objects.latest("id")


@pytest.fixture
def three(world: World) -> list[Rating]:
    return [
        rated(world.ann, world, 5, "Quick"),
        rated(world.bob, world, 1, "Rude"),
        rated(world.zoe, world, 3),
    ]


def shown(answer: Any) -> list[tuple[int, str]]:
    return [(one.value, one.comment) for one in answer.context["ratings"]]


def test_supervisors_read_those_of_their_stores(world: World, three: list[Rating]) -> None:
    assert shown(client(world.sue).get(PAGE)) == [(1, "Rude"), (5, "Quick")]
    assert shown(client(world.eve).get(PAGE)) == [(3, ""), (1, "Rude"), (5, "Quick")]
    page = client(world.sue).get(PAGE).content.decode()
    assert f"/inbox/{three[1].conversation_id}/" in page
    assert "Buyer of Zoe" not in page
    assert client(world.ann).get(PAGE).status_code == 404
    assert Client().get(PAGE).status_code == 302


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("stars=low", [1]), ("stars=5", [5]), ("words=with", [1, 5]), ("store=shop", [1, 5]), ("store=other", [3]),
        ("channel=email", []), ("channel=widget", [3, 1, 5]), ("since=2099-01-01", []), ("until=2001-01-01", []),
        ("stars=9", []), ("since=nonsense", []), ("store=nobodys", []),
    ],
)  # fmt: skip
def test_filters_find(world: World, three: list[Rating], query: str, values: list[int]) -> None:
    answer = client(world.eve).get(f"{PAGE}?{query}")
    assert [value for value, _comment in shown(answer)] == values


def test_one_agents(world: World, three: list[Rating]) -> None:
    assert shown(client(world.sue).get(f"{PAGE}?who={world.bob.id}")) == [(1, "Rude")]
    assert shown(client(world.sue).get(f"{PAGE}?who={world.zoe.id}")) == [], "nobody whom she does not know"


def test_pages_follow_each_other_without_a_gap(world: World, three: list[Rating], monkeypatch: Any) -> None:
    for number in range(64):
        Rating.objects.create(
            conversation=three[0].conversation, round=timezone.now(), store=world.store, agent=world.ann,
            channel=world.channel, value=number % 5 + 1, created_at=timezone.now(),
        )  # fmt: skip
    eve, address, seen = client(world.eve), PAGE, []
    while address:
        answer = eve.get(address, headers={"HX-Request": "true"})
        seen += [one.pk for one in answer.context["ratings"]]
        address = f"{PAGE}?{answer.context['next']}" if answer.context["next"] else ""
    assert len(seen) == len(set(seen)) == 67
    assert eve.get(f"{PAGE}?cursor=nonsense").status_code == 200


def test_it_says_how_they_fall_and_how_many_answer(world: World, three: list[Rating]) -> None:
    for one in three[:2]:
        fields: dict[str, Any] = {"state": "asked", "asked_at": timezone.now(), "due_at": timezone.now()}
        RatingAsk.objects.create(conversation=one.conversation, round=one.round, **fields)
    Rating.objects.filter(pk=three[1].pk).update(round=timezone.now())  # of another time
    fall = client(world.sue).get(PAGE).context["fall"]
    assert (fall["average"], fall["total"]) == ("3.00", 2)
    assert [(row["stars"], row["count"]) for row in fall["rows"]] == [(5, 1), (4, 0), (3, 0), (2, 0), (1, 1)]
    assert (fall["asked"], fall["answered"], fall["rate"]) == (2, 1, "50%")
    assert client(world.sue).get(f"{PAGE}?stars=low").context["fall"]["total"] == 2, "whatever is looked at"


def test_the_file_has_what_the_page_has_and_no_formula(world: World, three: list[Rating]) -> None:
    rated(world.ann, world, 2, '=HYPERLINK("http://evil")', name="+1 Buyer")
    answer = client(world.sue).get(f"{PAGE}export/?words=with")
    rows = list(csv.reader(StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert [row[1] for row in rows[1:]] == ["2", "1", "5"]
    assert rows[1][2].startswith("'=")
    assert rows[1][4].startswith("'+")
    assert client(world.ann).get(f"{PAGE}export/").status_code == 404


def test_programs_read_the_same(world: World, three: list[Rating]) -> None:
    body = Api(world.sue).get("ratings/").data
    assert [(one["rating"], one["comment"], one["agent"]["name"]) for one in body["results"]] == [
        (1, "Rude", "Bob"),
        (5, "Quick", "Ann"),
    ]
    assert body["next"] is None
    assert [one["rating"] for one in Api(world.sue).get("ratings/?most=2").data["results"]] == [1]
    own = Api(world.ann).get("ratings/").data["results"]
    assert [one["rating"] for one in own] == [5], "agents read of their own work"
    for wrong in ("rating=9", "agent=x", "since=2026-02-02&until=2026-01-01", "cursor=x", "most=x"):
        assert Api(world.sue).get(f"ratings/?{wrong}").status == 400
