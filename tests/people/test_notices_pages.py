"""The bell and the settings of notices, as pages ask for them."""

from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client

from people.models import Agent, Notice
from people.notices import notify
from people.telling import preferences_of
from tests.factories import World, buyer_says, log_in

pytestmark = pytest.mark.django_db


def as_(agent: Agent) -> Client:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = log_in(agent)
    return client


def tell(agent: Agent, key: str, href: str = "/orders/") -> Notice:
    with transaction.atomic():
        notify([agent.id], kind="test", key=key, params={}, href=href)
    return Notice.objects.get(agent=agent, key=key)


def send(client: Client, path: str, body: Any) -> int:
    return client.post(path, body, content_type="application/json").status_code


def keys(client: Client) -> list[tuple[str, bool]]:
    names = {str(row.id): row.key for row in Notice.objects.all()}
    return [(names[one["id"]], one["read"]) for one in client.get("/notices/").json()["notices"]]


def test_the_bell_has_what_is_unread_first_and_each_part_from_the_newest(world: World) -> None:
    rows = [tell(world.bob, key) for key in "abcd"]
    for minute, row in enumerate(rows):
        Notice.objects.filter(pk=row.pk).update(at=row.at.replace(second=0, microsecond=minute))
    tell(world.ann, "hers")
    Notice.objects.filter(key__in="bd", agent=world.bob).update(read_at=rows[0].at)
    assert keys(as_(world.bob)) == [("c", False), ("a", False), ("d", True), ("b", True)]
    assert [one["id"] for one in as_(world.bob).get("/notices/").json()["unread"]] == [
        str(rows[2].id),
        str(rows[0].id),
    ]


def test_words_are_in_the_language_of_the_reader_now(world: World) -> None:
    tell(world.bob, "a")
    client = as_(world.bob)
    english = client.get("/notices/").json()["notices"][0]["title"]
    Agent.objects.filter(pk=world.bob.pk).update(language="zh-hans")
    client = as_(Agent.objects.get(pk=world.bob.pk))
    assert client.get("/notices/").json()["notices"][0]["title"] != english


def test_a_page_marks_read_what_it_has_shown_and_no_more(world: World) -> None:
    conversation = buyer_says(world.kim).conversation
    first, second = tell(world.bob, "a"), tell(world.bob, "b", f"/inbox/{conversation.id}/")
    client = as_(world.bob)
    until = second.at.isoformat()
    assert send(client, "/notices/read/", {"until": until, "about": str(conversation.id)}) == 204
    assert dict(keys(client)) == {"a": False, "b": True}
    assert send(client, "/notices/read/", {"until": until, "ids": [str(first.id), str(uuid4())]}) == 204
    assert dict(keys(client)) == {"a": True, "b": True}


def test_nobody_reads_for_somebody_else(world: World) -> None:
    row = tell(world.bob, "a")
    assert send(as_(world.ann), "/notices/read/", {"until": row.at.isoformat(), "ids": [str(row.id)]}) == 204
    assert dict(keys(as_(world.bob))) == {"a": False}


@pytest.mark.parametrize(
    "body",
    [
        "not json",
        [],
        {},
        {"until": "yesterday"},
        {"until": "2026-01-01T00:00:00"},
        {"until": "2026-01-01T00:00:00Z", "ids": "all"},
        {"until": "2026-01-01T00:00:00Z", "ids": ["one"]},
        {"until": "2026-01-01T00:00:00Z", "ids": [str(uuid4())] * 201},
        {"until": "2026-01-01T00:00:00Z", "about": "it"},
        {"until": "2026-99-99T00:00:00Z"},
    ],
)
def test_what_makes_no_sense_reads_nothing(world: World, body: Any) -> None:
    tell(world.bob, "a")
    assert send(as_(world.bob), "/notices/read/", body) == 400
    assert dict(keys(as_(world.bob))) == {"a": False}


def test_the_test_is_a_notice_like_any_other_and_says_which_test_it_is(world: World) -> None:
    client, nonce = as_(world.bob), str(uuid4())
    assert send(client, "/notices/test/", {"nonce": nonce}) == 204
    assert send(client, "/notices/test/", {"nonce": nonce}) == 204
    [one] = client.get("/notices/").json()["notices"]
    assert (one["kind"], one["about"]) == ("test", nonce)
    assert send(client, "/notices/test/", {"nonce": "1"}) == 400


def test_do_not_disturb_is_turned_on_and_off(world: World) -> None:
    client = as_(world.bob)
    answer = client.post("/notices/quiet/", {"how": "hour"}, content_type="application/json")
    assert [span["by"] for span in answer.json()["quiet"]] == ["hand"]
    assert (
        client.post("/notices/quiet/", {"how": "off"}, content_type="application/json").json()["quiet"] == []
    )
    assert send(client, "/notices/quiet/", {"how": "always"}) == 400


def test_who_is_logged_out_sees_no_bell(world: World) -> None:
    assert Client().get("/notices/").status_code == 302
    assert send(Client(), "/notices/test/", {"nonce": str(uuid4())}) == 302
    assert not Notice.objects.exists()


# -- The settings


def form(**more: str) -> dict[str, str]:
    kinds = {"sound-message": "on", "desktop-message": "on", "desktop-mention": "on"}
    tones = {"tone-message": "wood", "tone-notice": "glass", "tone-urgent": "pulse"}
    return {"volume": "30", **tones, **kinds, **more}


def test_the_settings_keep_what_was_chosen(world: World) -> None:
    client = as_(world.bob)
    night = {"day-4": "on", "from-4": "22:00", "until-4": "07:30", "from-0": "20:00", "until-0": "08:00"}
    assert client.post("/settings/notices/", form(**night)).status_code == 302
    mine = preferences_of(world.bob)
    assert (mine.volume, mine.urgent_passes, mine.tones["message"]) == (30, False, "wood")
    assert mine.quiet_hours == [[], [], [], [], [1320, 1890], [], []]
    assert "mention" in mine.silent
    assert "mention" not in mine.undisplayed
    assert "message" not in mine.silent
    page = client.get("/settings/notices/").content.decode()
    assert 'value="22:00"' in page
    assert 'value="07:30"' in page


def test_a_day_without_its_hours_is_asked_for_them(world: World) -> None:
    answer = as_(world.bob).post("/settings/notices/", form(**{"day-1": "on", "from-1": "22:00"}))
    assert answer.status_code == 422
    assert "Tuesday" in answer.content.decode()


@pytest.mark.parametrize(
    "wrong", [{"volume": "300"}, {"tone-message": "siren"}, {"day-0": "on", "from-0": "x"}]
)
def test_a_form_that_makes_no_sense_changes_nothing(world: World, wrong: dict[str, str]) -> None:
    assert as_(world.bob).post("/settings/notices/", form(**wrong)).status_code == 422
    assert preferences_of(world.bob).volume == 50
