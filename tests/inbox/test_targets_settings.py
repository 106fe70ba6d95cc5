"""The page on which admins say by when buyers are answered."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client

from inbox.models import ReplyTarget, StoreHours
from inbox.services.targets import targets_data
from inbox.setup.targets import minutes_of, minutes_text
from people.models import Agent
from tests.factories import World, log_in

pytestmark = pytest.mark.django_db
PAGE = "/settings/targets/?store=shop"


def client(agent: Agent) -> Client:
    found = Client()
    found.cookies["sessionid"] = log_in(agent)
    return found


def given(**changes: Any) -> dict[str, Any]:
    fields = {f"{kind}-{n}": "" for kind in ("first", "next") for n in (-1, 0, 1, 2)}
    return {"warn_percent": "75", **fields} | changes


def test_an_admin_sets_targets_by_priority(world: World) -> None:
    admin = client(world.eve)
    said = {"warn_percent": "50", "first-0": "1 h 30 min", "next-0": "2h", "first-2": "10"}
    answer = admin.post(PAGE, given(**said))
    assert answer.status_code == 302
    data = targets_data(world.store)
    assert data["warn_percent"] == 50
    assert {"priority": 0, "first_minutes": 90, "next_minutes": 120} in data["targets"]
    assert {"priority": 2, "first_minutes": 10, "next_minutes": None} in data["targets"]
    assert ReplyTarget.objects.count() == 2
    page = admin.get(answer["Location"]).content.decode()
    assert "1 h 30 min" in page
    assert "10 min" in page
    assert admin.post(PAGE, given()).status_code == 302
    assert not ReplyTarget.objects.exists()


def test_it_says_by_when_a_message_of_now_would_be_answered(world: World) -> None:
    StoreHours.objects.create(store=world.store, weekly=[[[540, 1080]]] * 5 + [[], []])
    admin = client(world.eve)
    with time_machine.travel(datetime(2026, 11, 20, 17, 30, tzinfo=UTC), tick=False):
        admin.post(PAGE, given(**{"first-0": "1 h"}))
        page = admin.get(PAGE).content.decode()
    assert "by 11/23/2026 9:30 a.m." in page
    assert "Targets run while the store is open." in page


@pytest.mark.parametrize("wrong", ["soon", "1 h 2 h", "-5", "5 days", "1:75:2", "99999999", "0", "800 h"])
def test_what_is_no_time_changes_nothing(world: World, wrong: str) -> None:
    answer = client(world.eve).post(PAGE, given(**{"first-0": "10", "next-0": wrong}))
    assert answer.status_code == 200
    assert not ReplyTarget.objects.exists()


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("30", 30),
        ("30 min", 30),
        ("2h", 120),
        ("1 h 30 min", 90),
        ("1h30", 90),
        ("1:30", 90),
        ("2 小时", 120),
        ("1小时30分钟", 90),
        ("  ", None),
    ],
)
def test_times_are_read_as_people_write_them(text: str, minutes: int | None) -> None:
    assert minutes_of(text) == minutes
    assert minutes_of(minutes_text(minutes)) == minutes


def test_a_time_that_is_none_says_how_to_write_one() -> None:
    with pytest.raises(ValidationError, match="30 min"):
        minutes_of("later")


@pytest.mark.parametrize("who", ["ann", "sue"])
def test_only_admins_set_them(world: World, who: str) -> None:
    assert client(getattr(world, who)).get(PAGE).status_code in (403, 404)
    assert client(getattr(world, who)).post(PAGE, given(**{"first-0": "10"})).status_code in (403, 404)
    assert not ReplyTarget.objects.exists()
