"""Channels over the API: agents read of them, admins connect them, and no answer has a secret."""

import json
from typing import Any

import pytest

from events.models import Event
from inbox.models import Channel, Payload
from tests.api.conftest import Api, schema
from tests.factories import World

BOT = {"token": "123456:THE-TOKEN", "secret": "a-secret-of-16-letters"}
WECHAT = {"app_id": "wx" + "0" * 16, "app_secret": "1" * 32, "token": "tokentoken", "aes_key": "k" * 43}


@pytest.fixture
def eve(world: World) -> Api:
    return Api(world.eve)


def bot(**more: Any) -> dict[str, Any]:
    return {"store": "shop", "kind": "telegram", "name": "Our bot", "values": BOT, **more}


@pytest.fixture
def connected(eve: Api) -> dict[str, Any]:
    answer = eve.post("channels/", bot())
    assert answer.status == 201
    found: dict[str, Any] = answer.data
    return found


def test_an_admin_connects_a_channel(world, eve, connected):
    channel = Channel.objects.get(pk=connected["id"])

    assert (channel.store, channel.kind, channel.name, channel.secrets) == (
        world.store,
        "telegram",
        "Our bot",
        BOT,
    )
    assert connected["secrets"] == ["secret", "token"]
    assert connected["config"] == {}
    assert connected["webhook"].endswith(f"/hooks/channels/{channel.hook_key}/")
    assert Event.objects.get(name="channel.changed").actor_id == world.eve.id


def test_no_answer_has_a_secret(world, eve, connected):
    answers = [
        connected,
        eve.get("channels/").data,
        eve.get(f"channels/{connected['id']}/").data,
        eve.patch(f"channels/{connected['id']}/", {"values": {"token": "123456:ANOTHER"}}).data,
        Api(world.ann).get("channels/").data,
        eve.get(f"events/?after={Event.objects.latest('id').pk - 100}").data,
    ]
    said = json.dumps(answers)
    assert not any(secret in said for secret in (*BOT.values(), "123456:ANOTHER"))


def test_agents_read_how_channels_stand_and_not_how_they_are_reached(world, connected):
    Channel.objects.filter(pk=connected["id"]).update(trouble="Telegram does not let us in: Unauthorized")
    ann = Api(world.ann)

    listed = {row["name"]: row for row in ann.get("channels/").data}
    assert (listed["Web"]["state"], listed["Web"]["label"]) == ("works", "Web widget")
    assert listed["Our bot"]["state"] == "trouble"
    assert listed["Our bot"]["trouble"] == "Telegram does not let us in: Unauthorized"
    one = ann.get(f"channels/{connected['id']}/").data
    assert (one["name"], one["config"], one["secrets"], one["webhook"]) == ("Our bot", None, None, None)


@pytest.mark.parametrize("who", ["ann", "sue"])
def test_nobody_but_an_admin_changes_a_channel(world, connected, who):
    api, path = Api(getattr(world, who)), f"channels/{connected['id']}/"

    for answer in (
        api.post("channels/", bot()),
        api.patch(path, {"name": "Mine"}),
        api.call("DELETE", path),
        api.post(f"{path}test/"),
    ):
        assert (answer.status, answer.code) == (403, "forbidden")
    assert Channel.objects.get(pk=connected["id"]).name == "Our bot"


def test_what_is_left_out_of_a_change_stays_and_null_forgets_a_secret(eve):
    made = eve.post("channels/", {"store": "shop", "kind": "wechat", "name": "WeChat", "values": WECHAT}).data
    path = f"channels/{made['id']}/"

    changed = eve.patch(path, {"name": "微信", "values": {"token": "another"}}).data
    assert (changed["name"], changed["config"]) == ("微信", {"app_id": WECHAT["app_id"]})
    assert Channel.objects.get(pk=made["id"]).secrets == {
        "aes_key": WECHAT["aes_key"],
        "app_secret": WECHAT["app_secret"],
        "token": "another",
    }
    assert eve.patch(path, {"values": {"aes_key": None}}).data["secrets"] == ["app_secret", "token"]
    assert eve.patch(path, {"values": {"token": None}}).attr == "values.token", "it is needed"
    assert eve.patch(path, {"active": False}).data["state"] == "off"


@pytest.mark.parametrize(
    ("change", "attr"),
    [
        ({"store": "nowhere"}, "store"),
        ({"store": None}, "store"),
        ({"kind": "pigeon"}, "kind"),
        ({"kind": "widget"}, "kind"),
        ({"kind": ["telegram"]}, "kind"),
        ({"name": ""}, "name"),
        ({"name": "n" * 61}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"values": None}, "values"),
        ({"values": []}, "values"),
        ({"values": {}}, "values.token"),
        ({"values": {**BOT, "token": ""}}, "values.token"),
        ({"values": {**BOT, "token": ["x"]}}, "values.token"),
        ({"values": {**BOT, "token": {"x": 1}}}, "values.token"),
        ({"values": {**BOT, "token": "\ud800"}}, "values.token"),
        ({"values": {**BOT, "token": "a\x00b"}}, "values.token"),
        ({"values": {**BOT, "secret": 5}}, "values.secret"),
        ({"values": {**BOT, "api": "https://mine.test"}}, "values.api"),
        ({"values": {str(number): "x" for number in range(61)}}, "values"),
    ],
)
def test_nonsense_is_told_at_its_field(eve, change, attr):
    answer = eve.post("channels/", bot(**change))

    assert (answer.status, answer.attr) == (400, attr)
    assert not Channel.objects.filter(kind="telegram").exists()


def test_an_account_is_connected_once(eve, connected):
    answer = eve.post("channels/", bot(name="Again"))

    assert (answer.status, answer.code) == (409, "connected_already")


def test_a_change_is_made_whole_or_not_at_all(eve, connected):
    other = eve.post("channels/", bot(name="Other", values={**BOT, "token": "777777:OTHER"})).data
    eve.patch(f"channels/{connected['id']}/", {"active": False})

    answer = eve.patch(f"channels/{connected['id']}/", {"active": True, "values": {"token": "777777:OTHER"}})

    assert (answer.status, answer.code) == (409, "connected_already")
    assert not Channel.objects.get(pk=connected["id"]).active
    assert Channel.objects.get(pk=other["id"]).active


def test_a_channel_is_deleted_while_nothing_came_or_went(eve, connected):
    path = f"channels/{connected['id']}/"
    payload = Payload.objects.create(channel_id=connected["id"], body=b"{}")
    answer = eve.call("DELETE", path)
    assert (answer.status, answer.code) == (409, "in_use")

    payload.delete()
    assert eve.call("DELETE", path).status == 204
    assert eve.get(path).status == 404


def test_a_widget_has_nothing_to_fill_in(world, eve):
    path = f"channels/{world.channel.id}/"

    assert eve.patch(path, {"name": "Chat"}).data["name"] == "Chat"
    assert eve.patch(path, {"values": {}}).attr == "values"
    assert eve.call("DELETE", path).code == "in_use"


def test_the_schema_shows_no_way_out_for_secrets():
    given = schema()["components"]["schemas"]["ChannelWithConfig"]["properties"]
    assert given["secrets"]["items"] == {"type": "string"}, "names, not values"
