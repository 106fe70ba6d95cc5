"""Connecting a mailbox: what the form wants, and what a test of it tells."""

from collections.abc import Iterator
from typing import Any

import pytest

from inbox.models import Channel
from inbox.transports.base import TransportError
from inbox.transports.email import Email
from inbox.transports.mail.settings import EmailForm, imap_server, smtp_server
from people.models import Store
from tests.inbox.channels.imap_fake import FakeImap
from tests.inbox.channels.imap_fake import serve as fake_imap
from tests.inbox.channels.smtpd import PASSWORD, USER, MailServer, mail_server

OWN = {
    "address": "help@shop.test",
    "route": "smtp",
    "smtp_host": "mail.shop.test",
    "smtp_port": "465",
    "smtp_security": "tls",
    "imap_host": "mail.shop.test",
    "imap_port": "993",
    "imap_security": "tls",
}
HOSTED = {"address": "help@shop.test", "route": "postmark", "api_key": "k", "hook_secret": "desk:secret"}


def wrong(given: dict[str, str]) -> set[str]:
    return set(EmailForm(given).errors)


@pytest.mark.parametrize("given", [OWN, HOSTED, {**HOSTED, "route": "mailgun", "hook_secret": "key"}])
def test_what_a_way_needs_is_enough(given: dict[str, str]) -> None:
    assert wrong(given) == set()


@pytest.mark.parametrize("name", ["address", "route", "smtp_host", "smtp_port", "imap_host", "imap_port"])
def test_an_own_mailbox_needs_its_servers(name: str) -> None:
    assert wrong({**OWN, name: ""}) == {name}


@pytest.mark.parametrize("name", ["api_key", "hook_secret"])
@pytest.mark.parametrize("route", ["mailgun", "mailgun_eu", "postmark"])
def test_a_provider_needs_its_keys(route: str, name: str) -> None:
    assert wrong({**HOSTED, "route": route, name: ""}) == {name}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("address", "help"),
        ("address", "help@shop.test\nBcc: x@y.test"),
        ("smtp_host", "mail server"),
        ("smtp_host", "mail.test/x"),
        ("smtp_port", "0"),
        ("smtp_port", "70000"),
        ("smtp_security", "some"),
        ("replies", "elsewhere"),
        ("route", "pigeon"),
    ],
)
def test_what_is_no_value_is_refused(name: str, value: str) -> None:
    assert wrong({**OWN, name: value}) == {name}


def test_postmark_wants_a_user_and_a_password() -> None:
    assert wrong({**HOSTED, "hook_secret": "secret"}) == {"hook_secret"}


def test_every_secret_of_the_form_is_sealed_and_every_group_names_fields() -> None:
    assert set(EmailForm.base_fields) >= Email.secret_fields
    hidden = {
        name for name in EmailForm.base_fields if "password" in name or "key" in name or "secret" in name
    }
    assert hidden == Email.secret_fields
    assert {name for group in Email.groups for name in group.fields} <= set(EmailForm.base_fields)


def test_the_incoming_server_takes_the_same_user_where_none_is_named() -> None:
    channel = Channel(
        kind="email", config={**OWN, "smtp_user": "lee"}, secrets={"smtp_password": "a", "imap_password": ""}
    )
    assert (imap_server(channel).user, imap_server(channel).password) == ("lee", "a")
    channel.config["imap_user"], channel.secrets["imap_password"] = "max", "b"
    assert (imap_server(channel).user, imap_server(channel).password) == ("max", "b")
    assert smtp_server(channel).user == "lee"


# -- Against servers


@pytest.fixture
def servers(settings: Any) -> Iterator[tuple[MailServer, FakeImap]]:
    settings.OUTGOING_TO_PRIVATE = True
    with mail_server() as smtp, fake_imap() as imap:
        yield smtp, imap


def connected(servers: tuple[MailServer, FakeImap], **config: Any) -> Channel:
    smtp, imap = servers
    given = {
        **OWN,
        "smtp_host": "127.0.0.1",
        "smtp_port": smtp.port,
        "smtp_security": "none",
        "smtp_user": USER,
        "imap_host": "127.0.0.1",
        "imap_port": imap.port,
        "imap_security": "none",
    }
    secrets = {"smtp_password": PASSWORD}
    return Channel(store=Store(name="Shop"), kind="email", config=given | config, secrets=secrets)


def test_a_mailbox_that_works_is_told_by_its_address(servers: tuple[MailServer, FakeImap]) -> None:
    assert "help@shop.test" in Email().check(connected(servers))
    assert any(words.startswith("LOGIN") for words in servers[1].log), "it was asked, too"


def test_a_wrong_password_is_told_in_words_that_do_not_hold_it(servers: tuple[MailServer, FakeImap]) -> None:
    channel = connected(servers)
    channel.secrets["smtp_password"] = "not-the-password"
    with pytest.raises(TransportError, match="outgoing mail server refuses the user or the password") as told:
        Email().check(channel)
    assert "not-the-password" not in str(told.value)


def test_an_incoming_server_that_is_not_there_is_told(servers: tuple[MailServer, FakeImap]) -> None:
    with pytest.raises(TransportError, match="incoming mail server takes no connections at this port"):
        Email().check(connected(servers, imap_port=9))


def test_private_networks_are_out_of_bounds(servers: tuple[MailServer, FakeImap], settings: Any) -> None:
    settings.OUTGOING_TO_PRIVATE = False
    with pytest.raises(TransportError, match="private network"):
        Email().check(connected(servers))
