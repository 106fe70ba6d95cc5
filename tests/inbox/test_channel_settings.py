"""The settings pages of channels: for admins, credentials go in and never out."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from events.models import Event
from inbox.models import Channel, Delivery, Payload, Received
from people.models import Agent
from tests import factories
from tests.factories import World

pytestmark = pytest.mark.django_db

PATH = "/settings/channels/"
BOT = {"token": "123456:THE-TOKEN", "secret": "a-secret-of-16-letters"}
SMS = {"account": "AC" + "0" * 32, "token": "t", "sender": "+15005550006"}
WHATSAPP = {"phone_number_id": "12345", "token": "t", "app_secret": "a" * 32, "verify_token": "v" * 8}
WECHAT = {"app_id": "wx" + "0" * 16, "app_secret": "1" * 32, "token": "tokentoken", "aes_key": "k" * 43}


def browser(agent: Agent) -> Client:
    client = Client()
    client.cookies["sessionid"] = factories.log_in(agent)
    return client


@pytest.fixture
def admin(world: World) -> Client:
    return browser(world.eve)


def connect(admin: Client, world: World, kind: str = "telegram", **values: Any) -> Any:
    given = {"store": world.store.pk, "name": "Our bot", **(BOT if kind == "telegram" else {}), **values}
    return admin.post(f"{PATH}new/?kind={kind}", given)


@pytest.fixture
def bot(admin: Client, world: World) -> Channel:
    connect(admin, world)
    return Channel.objects.get(kind="telegram")


def page_of(admin: Client, channel: Channel) -> str:
    answer = admin.get(f"{PATH}{channel.pk}/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def errors(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 200, "it was saved"
    return {**answer.context["form"].errors, **answer.context["about"].errors}


# -- Connecting


def test_every_kind_but_the_widget_can_be_chosen_and_has_its_form(admin, world):
    page = admin.get(f"{PATH}new/").content.decode()
    for kind in ("sms", "whatsapp", "telegram", "wechat", "http"):
        assert f"?kind={kind}" in page
        form = admin.get(f"{PATH}new/?kind={kind}").content.decode()
        assert 'name="store"' in form
        assert 'type="password"' in form
        assert "channel-steps" in form, "it says what to do at the provider"
    assert "?kind=widget" not in page
    assert "By what do buyers write?" in admin.get(f"{PATH}new/?kind=widget").content.decode()


def test_a_channel_is_connected_by_its_form(admin, world):
    answer = connect(admin, world)

    channel = Channel.objects.get(kind="telegram")
    assert answer.headers["Location"] == f"{PATH}{channel.pk}/?test=1"
    assert (channel.store, channel.name, channel.config, channel.active) == (world.store, "Our bot", {}, True)
    assert channel.secrets == BOT


def test_what_was_connected_is_in_the_audit_trail_without_its_secrets(admin, world, bot):
    event = Event.objects.get(name="channel.changed")

    assert (event.actor_id, event.store_id) == (world.eve.id, world.store.id)
    assert event.data["new_secrets"] == ["secret", "token"]
    assert not any(secret in str(event.data) for secret in BOT.values())


@pytest.mark.parametrize(
    ("kind", "values", "wrong"),
    [
        ("telegram", {"token": ""}, "token"),
        ("telegram", {"secret": "short"}, "secret"),
        ("telegram", {"name": ""}, "name"),
        ("telegram", {"name": "n" * 61}, "name"),
        ("telegram", {"store": "00000000-0000-7000-8000-000000000000"}, "store"),
        ("telegram", {"store": "nonsense"}, "store"),
        ("wechat", {**WECHAT, "app_id": "mine"}, "app_id"),
        ("wechat", {**WECHAT, "aes_key": "k" * 42}, "aes_key"),
        ("http", {"url": "nonsense", "secret": "s" * 16}, "url"),
        ("http", {"url": "ftp://app.test/", "secret": "s" * 16}, "url"),
        ("http", {"url": "http://app.test/", "secret": "s" * 16}, "url"),
        ("http", {"url": "https://me:word@app.test/", "secret": "s" * 16}, "url"),
        ("sms", {**SMS, "account": "AC1"}, "account"),
        ("whatsapp", {**WHATSAPP, "phone_number_id": "x"}, "phone_number_id"),
    ],
)
def test_a_channel_is_not_saved_with_nonsense(admin, world, kind, values, wrong):
    answer = connect(admin, world, kind, **values)

    assert list(errors(answer)) == [wrong]
    assert not Channel.objects.filter(kind=kind).exists()


def test_a_form_that_is_not_right_is_shown_again_without_its_secrets(admin, world):
    page = connect(admin, world, name="").content.decode()

    assert not any(secret in page for secret in BOT.values())


# -- Credentials


def test_secrets_are_never_shown_and_stay_when_left_empty(admin, bot):
    page = page_of(admin, bot)
    assert not any(secret in page for secret in BOT.values())
    assert page.count("Saved. Leave it empty to keep it.") == 2

    answer = admin.post(f"{PATH}{bot.pk}/", {"name": "Bot", "token": "", "secret": "another-of-16-letters"})

    assert answer.status_code == 302
    bot.refresh_from_db()
    assert bot.secrets == {"token": BOT["token"], "secret": "another-of-16-letters"}
    assert Event.objects.filter(name="channel.changed").latest("id").data["new_secrets"] == ["secret"]


def test_a_secret_that_can_be_done_without_is_forgotten_when_that_is_asked_for(admin, world):
    connect(admin, world, "wechat", **WECHAT)
    channel = Channel.objects.get(kind="wechat")
    empty = {"name": "WeChat", "app_id": WECHAT["app_id"], "app_secret": "", "token": "", "aes_key": ""}

    admin.post(f"{PATH}{channel.pk}/", empty)
    channel.refresh_from_db()
    assert channel.secrets["aes_key"] == WECHAT["aes_key"]

    page = page_of(admin, channel)
    assert "forget-aes_key" in page
    assert "forget-token" not in page, "it is needed"
    admin.post(f"{PATH}{channel.pk}/", {**empty, "forget-aes_key": "1"})
    channel.refresh_from_db()
    assert set(channel.secrets) == {"app_secret", "token"}


def test_what_no_form_knows_of_stays_in_the_configuration(admin, world, bot):
    """The demo points its channels to vendors that are played."""
    Channel.objects.filter(pk=bot.pk).update(config={"api": "http://127.0.0.1:1/telegram"})

    admin.post(f"{PATH}{bot.pk}/", {"name": "Renamed", "token": "", "secret": ""})

    bot.refresh_from_db()
    assert (bot.name, bot.config) == ("Renamed", {"api": "http://127.0.0.1:1/telegram"})


def test_new_credentials_end_what_the_old_ones_suffered_from(admin, bot):
    Channel.objects.filter(pk=bot.pk).update(
        trouble="Telegram does not let us in: Unauthorized",
        paused_until=timezone.now() + timedelta(hours=1),
    )
    page = page_of(admin, bot)
    assert "Telegram does not let us in: Unauthorized" in page
    assert "Try now" in page

    admin.post(f"{PATH}{bot.pk}/", {"name": "Bot", "token": "123456:NEW", "secret": ""})

    bot.refresh_from_db()
    assert (bot.trouble, bot.paused_until, bot.state()) == ("", None, "works")


# -- One account, one channel


def test_a_bot_is_connected_once(admin, world, bot):
    answer = connect(admin, world, store=world.other_store.pk, token="123456:ANOTHER-TOKEN")

    assert errors(answer)["__all__"] == ["“Our bot” of Shop has this account already. Switch it off first."]
    assert Channel.objects.filter(kind="telegram").count() == 1


@pytest.mark.parametrize(
    ("kind", "values", "another"),
    [
        ("wechat", WECHAT, {"app_id": "wx" + "1" * 16}),
        ("sms", SMS, {"sender": "+15005550007"}),
        ("whatsapp", WHATSAPP, {"phone_number_id": "12346"}),
    ],
)
def test_an_account_of_any_provider_is_connected_once_and_another_beside_it(
    admin, world, kind, values, another
):
    assert connect(admin, world, kind, **values).status_code == 302
    assert "__all__" in errors(connect(admin, world, kind, **values))
    assert connect(admin, world, kind, **values | another).status_code == 302


def test_a_channel_does_not_take_the_account_of_another_when_it_is_changed_or_switched_on(admin, world, bot):
    connect(admin, world, token="777777:OTHER")
    other = Channel.objects.exclude(pk=bot.pk).get(kind="telegram")
    same = {"name": "Other", "token": BOT["token"], "secret": ""}

    assert "__all__" in errors(admin.post(f"{PATH}{other.pk}/", same))

    admin.post(f"{PATH}{other.pk}/switch/", {"active": "0"})
    assert admin.post(f"{PATH}{other.pk}/", same).status_code == 302, "what is off hears nothing anyway"
    page = admin.post(f"{PATH}{other.pk}/switch/", {"active": "1"}, follow=True).content.decode()
    assert "has this account already" in page
    other.refresh_from_db()
    assert not other.active


def test_a_channel_keeps_its_own_account(admin, bot):
    assert (
        admin.post(f"{PATH}{bot.pk}/", {"name": "Bot", "token": "123456:NEW", "secret": ""}).status_code
        == 302
    )


# -- The list


def test_the_list_tells_how_every_channel_stands(admin, world, bot):
    now = timezone.now()
    connect(admin, world, "http", name="Bridge", url="https://app.test/", secret="s" * 16)
    Channel.objects.filter(name="Bridge").update(trouble="The provider cannot be reached: refused")
    Channel.objects.filter(pk=bot.pk).update(paused_until=now + timedelta(minutes=5))
    Payload.objects.create(channel=bot, body=b"?", state="failed")
    Payload.objects.create(channel=bot, body=b"?", state="done")
    Channel.objects.filter(pk=world.other_channel.pk).update(active=False)

    rows = {
        row["channel"].name: row
        for row in admin.get(PATH).context["rows"]
        if row["channel"].store == world.store
    }
    page = admin.get(PATH).content.decode()

    assert {name: row["state"] for name, row in rows.items()} == {
        "Web": "works",
        "Our bot": "paused",
        "Bridge": "trouble",
    }
    assert rows["Our bot"]["channel"].failed == 1
    for words in (
        "Paused until",
        "In trouble",
        "cannot be reached: refused",
        "1 could not be read",
        "Off",
        "Other",
    ):
        assert words in page
    assert page.count("nothing yet") == 8


def test_the_list_tells_when_something_last_came_and_went(admin, world, bot):
    came = factories.buyer_says(world.kim, "Hello")
    went = factories.agent_says(world.ann, came.conversation, "Hi")
    Received.objects.create(channel=bot, external_id="1", message=came.message)
    Delivery.objects.create(message=came.message, channel=bot, state="sent")
    Delivery.objects.create(message=went.message, channel=bot, state="failed")

    rows = {
        row["channel"].name: row
        for row in admin.get(PATH).context["rows"]
        if row["channel"].store == world.store
    }

    assert rows["Our bot"]["received_at"] == came.message.created_at
    assert rows["Our bot"]["channel"].sent_at == came.message.created_at, "what failed did not go"
    assert rows["Web"]["received_at"] == went.message.created_at, "a widget's messages are our own rows"


def test_the_list_costs_no_more_with_more_channels_of_providers(
    admin, world, bot, django_assert_max_num_queries
):
    for number in range(20):
        Channel.objects.create(store=world.store, kind="http", name=f"App {number}")

    with django_assert_max_num_queries(14):
        admin.get(PATH)


# -- Off, on, and the end


def test_a_channel_is_switched_off_and_on(admin, bot):
    hook = f"/hooks/channels/{bot.hook_key}/"
    signed = {"X-Telegram-Bot-Api-Secret-Token": BOT["secret"]}
    admin.post(f"{PATH}{bot.pk}/switch/", {"active": "0"})
    assert Client().post(hook, {}, content_type="application/json", headers=signed).status_code == 404
    assert "nothing is sent by it" in page_of(admin, bot)

    admin.post(f"{PATH}{bot.pk}/switch/", {"active": "1"})
    assert Client().post(hook, {}, content_type="application/json", headers=signed).status_code == 200
    told = [event.data["after"] for event in Event.objects.filter(name="channel.changed").order_by("id")]
    assert told[1:] == [{"active": False}, {"active": True}]


def test_a_channel_is_deleted_only_when_nothing_ever_came_or_went(admin, world, bot):
    connect(admin, world, "http", name="Bridge", url="https://app.test/", secret="s" * 16)
    unused = Channel.objects.get(name="Bridge")
    Payload.objects.create(channel=bot, body=b"{}")

    assert "Nothing ever came or went by it." in page_of(admin, unused)
    assert admin.post(f"{PATH}{unused.pk}/delete/").headers["Location"] == PATH
    assert not Channel.objects.filter(pk=unused.pk).exists()

    assert "it can only be switched off" in page_of(admin, bot)
    admin.post(f"{PATH}{bot.pk}/delete/")
    assert Channel.objects.filter(pk=bot.pk).exists()


def test_the_widget_of_a_store_can_be_renamed_and_never_deleted(admin, world):
    web = world.channel
    assert "It belongs to its store." in page_of(admin, web)
    assert admin.post(f"{PATH}{web.pk}/", {"name": "Chat"}).headers["Location"] == f"{PATH}{web.pk}/"
    admin.post(f"{PATH}{web.pk}/delete/")

    web.refresh_from_db()
    assert web.name == "Chat"


# -- What could not be read


def test_what_could_not_be_read_is_listed_given_as_a_file_and_read_again(admin, bot):
    body = "<script>alert('你好')</script>".encode()
    broken = Payload.objects.create(
        channel=bot, body=body, state="failed", error="It is not JSON.", attempts=5
    )
    page = page_of(admin, bot)
    assert "It is not JSON." in page

    file = admin.get(f"{PATH}{bot.pk}/payloads/{broken.pk}/")
    assert file.content == body
    assert file.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert file.headers["Content-Disposition"] == f'attachment; filename="payload-{broken.pk}.txt"'
    assert file.headers["X-Content-Type-Options"] == "nosniff"

    assert admin.post(f"{PATH}{bot.pk}/payloads/{broken.pk}/again/").status_code == 302
    broken.refresh_from_db()
    assert (broken.state, broken.attempts, broken.error) == ("new", 0, "")
    assert admin.post(f"{PATH}{bot.pk}/payloads/{broken.pk}/again/").status_code == 404, "it has not failed"


def test_a_payload_is_found_at_its_own_channel_only(admin, world, bot):
    broken = Payload.objects.create(channel=world.channel, body=b"?", state="failed")

    assert admin.get(f"{PATH}{bot.pk}/payloads/{broken.pk}/").status_code == 404
    assert admin.post(f"{PATH}{bot.pk}/payloads/{broken.pk}/again/").status_code == 404


# -- The address


def test_the_page_shows_the_very_address_and_what_is_known_of_calls_to_it(admin, bot, settings):
    settings.PUBLIC_URL = "https://desk.test"
    page = page_of(admin, bot)
    assert f"https://desk.test/hooks/channels/{bot.hook_key}/" in page
    assert "Nobody has called it yet." in page

    call = {"path": f"/hooks/channels/{bot.hook_key}/", "data": {}, "content_type": "application/json"}
    assert Client().post(**call).status_code == 401
    assert "its signature is not right" in page_of(admin, bot)

    Client().post(**call, headers={"X-Telegram-Bot-Api-Secret-Token": BOT["secret"]})
    page = page_of(admin, bot)
    assert "Last called" in page
    assert "its signature is not right" not in page


def test_a_desk_that_cannot_be_reached_says_so(admin, bot, settings):
    settings.SECURE = False
    settings.DEMO = False
    assert "Providers call public https addresses only" in page_of(admin, bot)
    settings.SECURE = True
    assert "Providers call public https addresses only" not in page_of(admin, bot)


# -- Who


@pytest.mark.parametrize("who", ["ann", "sue"])
def test_nobody_but_admins_finds_any_of_it(world, bot, who):
    client = browser(getattr(world, who))
    broken = Payload.objects.create(channel=bot, body=b"?", state="failed")
    for path in ("", "new/", f"{bot.pk}/", f"{bot.pk}/payloads/{broken.pk}/"):
        assert client.get(PATH + path).status_code == 404
    changes = ("test", "connect", "switch", "try", "delete", f"payloads/{broken.pk}/again")
    for path in ("new/?kind=telegram", f"{bot.pk}/", *(f"{bot.pk}/{change}/" for change in changes)):
        assert client.post(PATH + path, {"name": "Mine"}).status_code == 404
    bot.refresh_from_db()
    assert (bot.name, bot.active) == ("Our bot", True)


def test_changes_are_not_made_by_following_a_link(admin, bot):
    for change in ("test", "connect", "switch", "try", "delete"):
        assert admin.get(f"{PATH}{bot.pk}/{change}/").status_code == 405


def test_a_kind_that_was_taken_away_hinders_no_other(admin, world, bot):
    Channel.objects.create(store=world.store, kind="pigeon", name="Loft")

    assert "Loft" not in admin.get(PATH).content.decode()
    assert "Our bot" in admin.get(PATH).content.decode()
