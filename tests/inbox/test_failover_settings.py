"""The page on which admins say which channel takes over from which."""

from typing import Any

import pytest
from django.test import Client

from events.models import Event
from inbox.models import Channel
from inbox.services.failover_rules import Rule, save_rules
from people.models import Agent
from tests.factories import World, log_in

pytestmark = pytest.mark.django_db
PAGE = "/settings/failover/"


@pytest.fixture
def channels(world: World) -> dict[str, Channel]:
    made = {
        kind: Channel.objects.create(store=world.store, kind=kind, name=kind.upper())
        for kind in ("whatsapp", "sms", "telegram")
    }
    return made | {"widget": world.channel}


def client(agent: Agent) -> Client:
    found = Client()
    found.cookies["sessionid"] = log_in(agent)
    return found


def rules_of(store: Any) -> dict[str, tuple[int | None, int | None]]:
    rows = Channel.objects.filter(store=store)
    return {row.kind: (row.unread_after, row.takes_over) for row in rows}


def given(channels: dict[str, Channel], **rules: tuple[Any, Any]) -> dict[str, Any]:
    data = {}
    for kind, (after, place) in rules.items():
        data |= {f"after-{channels[kind].pk}": after, f"place-{channels[kind].pk}": place}
    return data


def test_nothing_is_handed_over_until_an_admin_says_so(world: World, channels: dict[str, Channel]) -> None:
    assert set(rules_of(world.store).values()) == {(None, None)}
    page = client(world.eve).get(f"{PAGE}?store=shop").content.decode()
    assert "Failover is off" in page


def test_an_admin_sets_when_and_in_which_order(world: World, channels: dict[str, Channel]) -> None:
    data = given(channels, widget=(10, ""), whatsapp=(15, 2), sms=("", 1))
    answer = client(world.eve).post(f"{PAGE}?store=shop", data)
    assert answer.status_code == 302
    assert rules_of(world.store) == {
        "widget": (10, None),
        "whatsapp": (15, 2),
        "sms": (None, 1),
        "telegram": (None, None),
    }
    page = client(world.eve).get(f"{PAGE}?store=shop").content.decode()
    assert 'value="15" selected' in page
    assert "Failover is off" not in page


def test_places_are_counted_through_whatever_was_picked(world: World, channels: dict[str, Channel]) -> None:
    rules = {
        channels["sms"].id: Rule(place=3),
        channels["whatsapp"].id: Rule(place=3),
        channels["telegram"].id: Rule(place=1),
    }
    save_rules(actor=world.eve, store=world.store, rules=rules)
    places = {kind: place for kind, (_after, place) in rules_of(world.store).items()}
    assert places == {"telegram": 1, "sms": 2, "whatsapp": 3, "widget": None}


def test_the_page_of_the_shop_takes_over_from_nothing(world: World, channels: dict[str, Channel]) -> None:
    save_rules(actor=world.eve, store=world.store, rules={world.channel.id: Rule(place=1)})
    assert rules_of(world.store)["widget"] == (None, None)


def test_it_says_so_where_nothing_takes_over(world: World, channels: dict[str, Channel]) -> None:
    client(world.eve).post(f"{PAGE}?store=shop", given(channels, widget=(10, "")))
    assert "No channel takes over yet" in client(world.eve).get(f"{PAGE}?store=shop").content.decode()


@pytest.mark.parametrize("wrong", [("soon", ""), ("7", ""), ("", "9"), ("-5", "")])
def test_what_is_no_choice_changes_nothing(
    world: World, channels: dict[str, Channel], wrong: tuple[str, str]
) -> None:
    answer = client(world.eve).post(f"{PAGE}?store=shop", given(channels, sms=wrong))
    assert answer.status_code == 200
    assert rules_of(world.store)["sms"] == (None, None)


def test_a_change_is_written_down_with_before_and_after(world: World, channels: dict[str, Channel]) -> None:
    rules = {channels["sms"].id: Rule(10, 1)}
    for _time in range(2):
        save_rules(actor=world.eve, store=world.store, rules=rules)
    event = Event.objects.get(name="failover.changed")
    key = str(channels["sms"].id)
    assert event.data["before"] == {key: {"name": "SMS", "unread_after": None, "takes_over": None}}
    assert event.data["after"] == {key: {"name": "SMS", "unread_after": 10, "takes_over": 1}}


def test_channels_of_another_store_are_not_touched(world: World, channels: dict[str, Channel]) -> None:
    theirs = world.other_channel
    save_rules(actor=world.eve, store=world.store, rules={theirs.id: Rule(10, 1)})
    assert set(rules_of(world.other_store).values()) == {(None, None)}


@pytest.mark.parametrize("name", ["ann", "sue"])
def test_only_admins_find_the_page(world: World, name: str) -> None:
    assert client(getattr(world, name)).get(PAGE).status_code == 404
