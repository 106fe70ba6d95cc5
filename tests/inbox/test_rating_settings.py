"""The page and the address by which admins say when buyers are asked how it was."""

from typing import Any

import pytest
from django.test import Client

from events.models import Event
from inbox.errors import Invalid
from inbox.models import Channel, RatingRule
from inbox.services.rating_rules import Rule, rule_data, save_rule
from people.models import Agent
from tests.api.conftest import Api
from tests.factories import World, log_in

pytestmark = pytest.mark.django_db
PAGE = "/settings/ratings/?store=shop"


@pytest.fixture
def mail(world: World) -> Channel:
    return Channel.objects.create(
        store=world.store, kind="email", name="Mail", config={"address": "a@b.test"}
    )


def client(agent: Agent) -> Client:
    found = Client()
    found.cookies["sessionid"] = log_in(agent)
    return found


def given(mail: Channel, **changes: Any) -> dict[str, Any]:
    fields = {"active": "on", "delay": "60", "every_days": "14", "low": "3", "tells_supervisors": "on"}
    words = {
        "subject-en": " Well? ",
        "greeting-en": "Hi!",
        "subject-zh-hans": "",
        "greeting-zh-hans": "您好！",
    }
    return {**fields, **words, f"channel-{mail.pk}": "on"} | changes


def test_an_admin_sets_when_buyers_are_asked_and_what_is_said(world: World, mail: Channel) -> None:
    assert client(world.eve).post(PAGE, given(mail)).status_code == 302
    assert rule_data(world.store, RatingRule.objects.get()) == {
        "active": True,
        "delay_min": 60,
        "channels": [{"id": str(mail.id), "name": "Mail", "kind": "email"}],
        "mails_visitors": False,
        "every_days": 14,
        "words": {"en": {"subject": "Well?", "greeting": "Hi!"}, "zh-hans": {"greeting": "您好！"}},
        "low": 3,
        "tells_agent": False,
        "tells_supervisors": True,
    }
    assert 'value="Well?"' in client(world.eve).get(PAGE).content.decode()


def test_at_first_all_channels_are_chosen_and_nobody_is_asked(world: World, mail: Channel) -> None:
    page = client(world.eve).get(PAGE).content.decode()
    assert f'name="channel-{mail.pk}"' in page
    field = page.split(f'name="channel-{mail.pk}"')[1].split(">")[0]
    assert "checked" in field
    assert "checked" not in page.split('name="active"')[1].split(">")[0]
    widget = Channel.objects.get(store=world.store, kind="widget")
    assert str(widget.pk) not in page, "the widget asks by itself"


def test_a_change_is_written_down_once_with_before_and_after(world: World, mail: Channel) -> None:
    admin = client(world.eve)
    for _time in range(2):
        admin.post(PAGE, given(mail))
    event = Event.objects.get(name="rating.rule.changed")
    assert (event.data["before"]["active"], event.data["after"]["active"]) == (False, True)
    assert "tells_supervisors" not in event.data["after"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"delay": "soon"}, {"delay": "-1"}, {"delay": "999999"}, {"every_days": "x"}, {"low": "5"}, {"low": "x"},
        {"subject-en": "x" * 121}, {"greeting-zh-hans": "x" * 301},
    ],
)  # fmt: skip
def test_what_is_no_rule_changes_nothing(world: World, mail: Channel, wrong: dict[str, Any]) -> None:
    assert client(world.eve).post(PAGE, given(mail, **wrong)).status_code == 200
    assert not RatingRule.objects.exists()


def test_only_admins_open_the_page(world: World) -> None:
    for agent in (world.ann, world.sue):
        assert client(agent).get(PAGE).status_code == 404
        assert client(agent).post(PAGE, {}).status_code == 404


def test_another_stores_channel_asks_nobody_here(world: World, mail: Channel) -> None:
    other = Channel.objects.create(store=world.other_store, kind="email", name="Other")
    fields: dict[str, Any] = {
        "active": True,
        "delay": 30,
        "mails_visitors": False,
        "every_days": 30,
        "words": {},
    }
    fields |= {"low": 2, "tells_agent": True, "tells_supervisors": True}
    for channel in (other, Channel.objects.get(store=world.store, kind="widget")):
        with pytest.raises(Invalid):
            save_rule(actor=world.eve, store=world.store, rule=Rule(channels=[channel.pk], **fields))
    assert not RatingRule.objects.exists()


# -- By the API


def test_programs_read_and_admins_change_it(world: World, mail: Channel) -> None:
    path = f"stores/{world.store.id}/ratings/"
    eve = Api(world.eve)
    assert eve.get(path).data["active"] is False
    body = eve.patch(
        path, {"active": True, "channels": [str(mail.id)], "words": {"en": {"greeting": "Hi"}}}
    ).data
    assert (body["active"], body["delay_min"], body["channels"][0]["name"]) == (True, 30, "Mail")
    body = eve.patch(path, {"delay_min": 5}).data
    assert (body["active"], body["delay_min"], body["words"]) == (True, 5, {"en": {"greeting": "Hi"}})
    assert Api(world.ann).get(path).data == body
    assert Api(world.sue).patch(path, {"active": False}).status == 403
    assert Api(world.zoe).get(path).status == 404
    assert Api(world.zoe).patch(path, {}).status == 404


@pytest.mark.parametrize(
    "body",
    [
        {"active": "yes"}, {"delay_min": -1}, {"delay_min": 10_081}, {"every_days": 366}, {"low": 5}, {"low": None},
        {"channels": ["x"]}, {"channels": ["0190aaaa-0000-7000-8000-000000000000"]}, {"channels": "all"},
        {"words": {"en": {"subject": "x" * 121}}}, {"words": {"en": {"greeting": "\u0000"}}}, {"words": "Hi"},
    ],
)  # fmt: skip
def test_what_is_no_rule_is_refused(world: World, mail: Channel, body: dict[str, Any]) -> None:
    answer = Api(world.eve).patch(f"stores/{world.store.id}/ratings/", body)
    assert answer.status == 400, answer.data
    assert not RatingRule.objects.exists()
