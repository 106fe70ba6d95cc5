"""Asking a channel's provider whether it lets us in, and what happens where credentials do not fit, or are lost."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone

from inbox.models import Channel
from inbox.services.channels import check_channel
from tests import factories
from tests.factories import World
from tests.inbox.channels.conformance.conftest import Line, line_to
from tests.inbox.channels.conformance.kinds import KINDS

pytestmark = pytest.mark.django_db(transaction=True)

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
NO_KEY = "No key of CREDENTIALS_KEYS opens these credentials."


@pytest.fixture(autouse=True)
def old_key(settings: Any) -> None:
    settings.CREDENTIALS_KEYS = [OLD]


@pytest.fixture
def admin(world: World) -> Client:
    client = Client()
    client.cookies["sessionid"] = factories.log_in(world.eve)
    return client


@pytest.fixture
def bot(world: World, settings: Any) -> Iterator[Line]:
    settings.OUTGOING_TO_PRIVATE = True
    with line_to("telegram", world) as line:
        yield line


def asked(admin: Client, channel: Channel, what: str = "test") -> str:
    answer = admin.post(f"/settings/channels/{channel.pk}/{what}/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def page_of(admin: Client, channel: Channel) -> str:
    answer = admin.get(f"/settings/channels/{channel.pk}/")
    assert answer.status_code == 200
    return str(answer.content.decode())


# -- Testing


@pytest.mark.parametrize("entry", sorted(KINDS))
def test_every_kind_says_whether_its_provider_lets_us_in(world, admin, settings, entry):
    settings.OUTGOING_TO_PRIVATE = True
    with line_to(entry, world) as line:
        assert "It works" in asked(admin, line.channel)

        Channel.objects.filter(pk=line.channel.pk).update(secrets=dict(line.kind.other_secrets))
        told = asked(admin, line.channel)
        assert "We are not let in." in told
        line.channel.refresh_from_db()
        assert line.channel.trouble
        assert line.channel.state() == "trouble"

        Channel.objects.filter(pk=line.channel.pk).update(secrets=dict(line.kind.secrets))
        assert "It works" in asked(admin, line.channel)
        line.channel.refresh_from_db()
        assert (line.channel.trouble, line.channel.state()) == ("", "works")


def test_a_test_says_as_whom_we_got_in(admin, bot):
    assert "we are let in as @store_bot" in asked(admin, bot.channel)


@pytest.mark.parametrize("fault", ["cut", "garbage", 500, (200, {}, b"[]"), (200, {}, b"\xff not json")])
def test_a_provider_that_answers_oddly_is_told_in_words(admin, bot, fault):
    bot.provider.faults = [fault] * 3

    told = asked(admin, bot.channel)

    bot.channel.refresh_from_db()
    assert "We are not let in." in told
    assert bot.channel.trouble


def test_a_provider_that_is_away_is_told_in_words(admin, bot):
    Channel.objects.filter(pk=bot.channel.pk).update(config={"api": "http://127.0.0.1:9"})

    assert "The provider cannot be reached" in asked(admin, bot.channel)


def test_a_provider_is_never_asked_inside_a_transaction(bot):
    with transaction.atomic(), pytest.raises(RuntimeError):
        check_channel(bot.channel)
    assert bot.provider.calls == []


def test_testing_lets_go_what_waited_for_the_provider(admin, bot):
    bot.hear(bot.says())
    delivery = bot.answers("Here I am")
    Channel.objects.filter(pk=bot.channel.pk).update(
        paused_until=timezone.now() + timedelta(hours=1), trouble="It was away."
    )
    assert bot.send() == 0

    asked(admin, bot.channel)
    bot.send_later()

    delivery.refresh_from_db()
    assert delivery.state == "sent"


def test_whoever_waits_for_a_paused_channel_can_try_now(admin, bot):
    bot.hear(bot.says())
    delivery = bot.answers("Here I am")
    soon = timezone.now() + timedelta(hours=1)
    Channel.objects.filter(pk=bot.channel.pk).update(paused_until=soon, trouble="It was away.")
    type(delivery).objects.update(run_at=soon)
    assert "1 message waits to be sent." in page_of(admin, bot.channel)

    admin.post(f"/settings/channels/{bot.channel.pk}/try/")
    bot.send()

    delivery.refresh_from_db()
    assert delivery.state == "sent"
    assert [seen.text for seen in bot.seen] == ["Here I am"]


# -- Telling the provider our address


def test_telegram_takes_our_address_by_a_button(admin, bot, settings):
    settings.PUBLIC_URL = "https://desk.test"
    assert "Tell them our address" in page_of(admin, bot.channel)

    assert "They have our address" in asked(admin, bot.channel, "connect")

    told = bot.vendor.hooks[bot.channel.secrets["token"]]
    assert told["url"] == f"https://desk.test/hooks/channels/{bot.channel.hook_key}/"
    assert told["secret_token"] == bot.channel.secrets["secret"]


def test_an_address_that_the_provider_does_not_take_is_told_in_words(admin, bot, settings):
    settings.PUBLIC_URL = "http://desk.test"

    told = asked(admin, bot.channel, "connect")

    assert "They did not take our address." in told
    assert "An HTTPS URL must be provided" in told


def test_a_provider_that_takes_no_address_has_no_such_button(world, admin, settings):
    settings.OUTGOING_TO_PRIVATE = True
    with line_to("whatsapp", world) as line:
        assert "Tell them our address" not in page_of(admin, line.channel)
        assert admin.post(f"/settings/channels/{line.channel.pk}/connect/").status_code == 404


# -- Keys


def test_a_key_is_replaced_and_the_old_one_can_be_taken_away(bot, settings, capsys):
    settings.CREDENTIALS_KEYS = [NEW, OLD]
    call_command("reseal")
    assert "inbox.Channel secrets: " in capsys.readouterr().out

    settings.CREDENTIALS_KEYS = [NEW]

    bot.channel.refresh_from_db()
    bot.hear(bot.says("Are you there?"))
    delivery = bot.answers("Yes")
    bot.send()
    delivery.refresh_from_db()
    assert delivery.state == "sent"


def test_without_its_key_a_channel_says_so_and_loses_nothing(admin, bot, settings):
    bot.hear(bot.says())
    delivery, hook = bot.answers("Are you there?"), bot.says("I am")
    settings.CREDENTIALS_KEYS = [NEW]

    assert bot.call(hook) == 503, "its provider comes again"
    assert Channel.objects.get(pk=bot.channel.pk).trouble == NO_KEY
    bot.send()
    delivery.refresh_from_db()
    assert delivery.state == "queued"
    assert NO_KEY in page_of(admin, bot.channel)
    assert NO_KEY in asked(admin, bot.channel)
    assert NO_KEY in admin.get("/settings/channels/").content.decode()
    api = admin.get(f"/api/v1/channels/{bot.channel.pk}/").json()
    assert (api["trouble"], api["secrets"]) == (NO_KEY, [])

    settings.CREDENTIALS_KEYS = [NEW, OLD]
    assert bot.call(hook) == 200
    bot.send_later()
    delivery.refresh_from_db()
    assert delivery.state == "sent"


def test_credentials_that_no_key_opens_are_typed_in_anew(admin, bot, settings):
    settings.CREDENTIALS_KEYS = [NEW]
    path, given = f"/settings/channels/{bot.channel.pk}/", {"name": "Bot", "token": "", "secret": ""}
    assert set(admin.post(path, given).context["form"].errors) == {"token", "secret"}

    typed = dict(bot.kind.secrets)
    assert admin.post(path, {"name": "Bot", **typed}).status_code == 302
    assert Channel.objects.get(pk=bot.channel.pk).secrets == typed
