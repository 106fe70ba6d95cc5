"""The page on which admins say when a store is open, and what its widget makes of it."""

from datetime import date
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client

from events.models import Event
from inbox.errors import Invalid
from inbox.models import SpecialDay, StoreHours
from inbox.services.hours import hours_data, minutes, save_hours
from inbox.setup.hours import spans_of, spans_text
from people.models import Agent, Store
from tests.factories import World, log_in
from tests.inbox.widget import Widget

pytestmark = pytest.mark.django_db
PAGE = "/settings/hours/?store=shop"
OFFICE = [[[540, 1080]]] * 5 + [[], []]


def client(agent: Agent) -> Client:
    found = Client()
    found.cookies["sessionid"] = log_in(agent)
    return found


def given(**changes: Any) -> dict[str, Any]:
    week = {f"day-{number}": "9:00–18:00" if number < 5 else "" for number in range(7)}
    return {"when": "weekly", **week, "away-en": "Back on Monday", "away-zh-hans": "周一见"} | changes


def holiday(on: str, name: str = "", hours: str = "") -> dict[str, Any]:
    return {"special-date": [on], "special-name": [name], "special-hours": [hours]}


def test_an_admin_sets_a_week_a_holiday_and_what_is_said(world: World) -> None:
    admin = client(world.eve)
    answer = admin.post(PAGE, given(**holiday("2026-12-24", "Christmas Eve", "9-12, 13:30 - 15")))
    assert answer.status_code == 302
    data = hours_data(world.store, StoreHours.objects.get(store=world.store))
    assert data["weekly"][0] == [{"from": "09:00", "to": "18:00"}]
    assert data["weekly"][6] == []
    spans = [{"from": "09:00", "to": "12:00"}, {"from": "13:30", "to": "15:00"}]
    assert data["special"] == [{"date": "2026-12-24", "name": "Christmas Eve", "open": spans}]
    assert data["away"] == {"en": "Back on Monday", "zh-hans": "周一见"}
    page = admin.get(PAGE).content.decode()
    assert "09:00–12:00, 13:30–15:00" in page
    assert admin.post(PAGE, given(when="always")).status_code == 302
    assert hours_data(world.store, StoreHours.objects.get(store=world.store))["weekly"] is None
    assert not SpecialDay.objects.exists()


def test_a_change_is_written_down_once_with_before_and_after(world: World) -> None:
    for _time in range(2):
        save_hours(actor=world.eve, store=world.store, weekly=OFFICE, special={}, away={"en": "Bye"})
    event = Event.objects.get(name="hours.changed")
    assert event.data["before"] == {"weekly": None, "away": {}}
    assert event.data["after"]["away"] == {"en": "Bye"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"day-0": "nine to five"},
        {"day-0": "9:00–25:00"},
        {"day-0": "18:00–9:00"},
        {"day-0": "9:00–12:00, 11:00–13:00"},
        {f"day-{number}": "" for number in range(7)},
        holiday("2026-13-01"),
        holiday("2026-12-24", hours="late"),
        {"special-date": ["2026-12-24"] * 2, "special-name": ["", ""], "special-hours": ["", ""]},
        {"away-en": "x" * 301},
    ],
)
def test_what_is_no_time_changes_nothing(world: World, wrong: dict[str, Any]) -> None:
    answer = client(world.eve).post(PAGE, given(**wrong))
    assert answer.status_code == 200
    assert "field-error" in answer.content.decode() or 'role="alert"' in answer.content.decode()
    assert not StoreHours.objects.exists()


@pytest.mark.parametrize("name", ["ann", "sue"])
def test_only_admins_find_the_page(world: World, name: str) -> None:
    assert client(getattr(world, name)).get(PAGE).status_code == 404


def test_hours_are_read_as_people_write_them() -> None:
    for text in ("9:00–18:00", "9-18", "09.00 - 18.00", "9：00至18：00", "09:00~18:00"):
        assert spans_of(text) == [(540, 1080)], text
    assert spans_of("13–18，9–12") == [(540, 720), (780, 1080)]
    assert spans_text(spans_of("0:00-24:00")) == "00:00–24:00"
    assert spans_of("") == []
    with pytest.raises(ValidationError):
        spans_of("9")
    for text in ("9:00", "24:01", "12:60", "１２:00", "", "ab:cd"):
        with pytest.raises(ValueError, match=text or "^$"):
            minutes(text)


@pytest.mark.parametrize("weekly", [[[]] * 6, [[[600, 540]]] * 7, [[[0, 1441]]] * 7, [[]] * 7])
def test_a_service_takes_no_week_that_is_none(world: World, weekly: Any) -> None:
    with pytest.raises(Invalid):
        save_hours(actor=world.eve, store=world.store, weekly=weekly, special={}, away={})


# -- The widget


def hours_of(locale: str = "en") -> dict[str, Any]:
    hours: dict[str, Any] = Widget().start(locale=locale).json()["hours"]
    return hours


def test_a_store_that_says_nothing_is_always_open(world: World) -> None:
    assert hours_of() == {"is_open": True, "changes_in_s": None, "opens_at": None, "away": ""}


def test_outside_of_its_hours_the_widget_says_so_in_the_buyers_language(world: World) -> None:
    Store.objects.filter(pk=world.store.pk).update(time_zone="America/New_York")
    away = {"en": "Back on Monday", "zh-hans": "周一见"}
    special = {date(2026, 11, 23): ("Inventory", [])}
    save_hours(actor=world.eve, store=world.store, weekly=OFFICE, special=special, away=away)
    with time_machine.travel("2026-11-20T22:59:00Z", tick=False):  # a Friday, 17:59 there
        open_still = hours_of()
        assert (open_still["is_open"], open_still["changes_in_s"]) == (True, 60)
        assert open_still["opens_at"] == "2026-11-24T14:00:00.000Z"
    with time_machine.travel("2026-11-21T14:00:00Z", tick=False):
        closed = hours_of()
        assert (closed["is_open"], closed["away"]) == (False, "Back on Monday")
        assert closed["opens_at"] == "2026-11-24T14:00:00.000Z"
        assert closed["changes_in_s"] == 3 * 86_400
        assert hours_of("zh-CN")["away"] == "周一见"
        assert hours_of("fr")["away"] == "Back on Monday"  # the store's own language
        page = Client().get("/widget/shop/").content.decode()
        assert "Back on Monday" in page
