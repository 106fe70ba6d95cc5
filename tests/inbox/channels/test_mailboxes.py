"""Mailboxes of a real mail server (dovecot): what comes in is written down, all of it and once."""

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from inbox import inbound
from inbox.models import Channel, Message, Payload
from inbox.services.channels import change_channel
from inbox.transports.mail import fetching
from inbox.transports.mail.imap import Mailbox, MailboxTrouble
from inbox.transports.mail.settings import folder_of, imap_server
from tests.factories import World
from tests.inbox.channels.dovecot import PASSWORD, Box
from tests.inbox.channels.mailboxes import bodies, box, channel, look, mail, mail_server, mailbox_channel
from tests.parallel import at_once

__all__ = ["box", "channel", "mail_server"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)
DAY = 86_400


def test_what_comes_in_is_written_down_byte_for_byte_and_stays_unread(channel: Channel, box: Box) -> None:
    odd = b"Subject: caf\xe9\r\n\r\n\x80\xff no charset, and a line of 2000:\r\n" + b"x" * 2000 + b"\r\n"
    box.put(mail(1), odd)
    assert look(channel) == 2
    assert bodies(channel) == [mail(1), odd]
    payload = Payload.objects.order_by("id")[0]
    assert (payload.state, payload.headers["method"]) == ("new", "IMAP")
    assert payload.headers["query"]["uid"].endswith(":1")
    assert not any(b"Seen" in flags for flags in box.flags())


def test_what_was_fetched_is_not_fetched_again(channel: Channel, box: Box) -> None:
    box.put(mail(1))
    assert look(channel) == 1
    assert look(channel) == 0
    box.put(mail(2))
    assert look(channel) == 1
    assert bodies(channel) == [mail(1), mail(2)]


def test_what_came_while_nobody_looked_is_found(channel: Channel, box: Box) -> None:
    box.put(mail(1))
    look(channel)
    Channel.objects.update(fetched_at=timezone.now() - timedelta(days=60))
    box.put(mail(2), at=time.time() - 50 * DAY)
    box.put(mail(3))
    assert look(channel) == 2
    assert bodies(channel) == [mail(1), mail(2), mail(3)]


def test_the_first_look_takes_what_came_in_the_last_three_days(channel: Channel, box: Box) -> None:
    for days in (400, 10, 5, 2, 0):
        box.put(mail(days), at=time.time() - days * DAY)
    box.put(mail("old"), at=time.time() - 30 * DAY)  # moved in by hand: it has the largest number
    assert fetching.FIRST_DAYS == 3
    assert look(channel) == 2
    assert bodies(channel) == [mail(2), mail(0)]


def test_a_first_look_that_is_cut_short_does_not_take_older_ones_the_next_time(
    channel: Channel, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "BATCH_MAILS", 1)
    monkeypatch.setattr(fetching, "WORK_S", 0)
    box.put(mail(1), mail(2))
    box.put(mail("old"), at=time.time() - 30 * DAY)
    box.put(mail(3))
    assert fetching.fetch(channel.pk) == 1
    channel.refresh_from_db()
    assert re.fullmatch(r"[0-9a-f]{8}\.\d+:1:4:\d{4}-\d\d-\d\d", channel.mark)
    assert look(channel) == 2
    assert bodies(channel) == [mail(1), mail(2), mail(3)]
    assert re.fullmatch(r"[0-9a-f]{8}\.\d+:4", channel.mark)


def test_a_folder_that_was_made_anew_is_read_again(channel: Channel, box: Box) -> None:
    box.put(mail(1), mail(2))
    look(channel)
    Channel.objects.update(fetched_at=timezone.now() - timedelta(days=8))
    box.anew(mail(2), mail(3))
    box.put(mail("old"), at=time.time() - 30 * DAY)
    box.put(mail("away"), at=time.time() - 7 * DAY)  # after we last looked
    assert look(channel) == 3
    assert bodies(channel)[2:] == [mail(2), mail(3), mail("away")]
    assert look(channel) == 0


def test_what_is_read_again_is_said_once(channel: Channel, box: Box) -> None:
    unnamed = b"From: kim@buyers.test\r\nSubject: No id\r\n\r\nI have no Message-ID\r\n"
    box.put(mail(1, "First"), unnamed)
    look(channel)
    read_all()
    box.anew(mail(1, "First"), unnamed, mail(2, "Second"))
    look(channel)
    read_all()
    assert Payload.objects.filter(state="done").count() == 5
    said = Message.objects.filter(kind="text").order_by("created_at", "id").values_list("body", flat=True)
    assert sorted(said) == ["First", "I have no Message-ID", "Second"]


def test_a_large_mail_leaves_a_line_in_its_conversation(
    channel: Channel, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MAX_MAIL", 1024 * 1024)
    box.put(mail(1), mail(2, ("y" * 76 + "\r\n") * 30_000, In_Reply_To="<m1@buyers.test>"))
    look(channel)
    read_all()
    first, second = Message.objects.filter(kind="text").order_by("seq")
    assert first.conversation == second.conversation
    assert second.body == "[This mail of 2 MB is too large to be fetched. It is in the mailbox.]"


def read_all() -> None:
    for pk in Payload.objects.filter(state="new").order_by("id").values_list("pk", flat=True):
        inbound.read_payload(pk)


def test_another_mailbox_is_not_read_on_from_the_mark_of_the_last_one(
    channel: Channel, box: Box, world: World
) -> None:
    box.put(mail(1), mail(2), mail(3))
    look(channel)
    other = box.server.box(f"{box.user}-b")
    other.put(mail("b1"))
    channel.config["imap_user"] = other.user
    channel.save()
    assert look(channel) == 1
    assert bodies(channel)[-1] == mail("b1")


def test_a_folder_with_a_chinese_name_and_a_quote_in_it(channel: Channel, box: Box) -> None:
    name = '客服 "A"'
    with box.open() as client:
        assert client.create(r'"&W6JnDQ- \"A\""')[0] == "OK"
    box.put(mail(1), folder=r'"&W6JnDQ- \"A\""')
    channel.config["imap_folder"] = name
    channel.save()
    assert look(channel) == 1


def test_a_large_mail_is_left_there_and_said_to_be(
    channel: Channel, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MAX_MAIL", 3 * 1024 * 1024)
    large = mail(2, "x" * 76 + "\r\n" + ("y" * 76 + "\r\n") * 60_000, In_Reply_To="<m1@buyers.test>")
    box.put(mail(1), large, mail(3))
    assert look(channel) == 3
    first, second, third = Payload.objects.order_by("id")
    assert (bytes(first.body), bytes(third.body)) == (mail(1), mail(3))
    body = bytes(second.body)
    assert len(body) < 1000
    assert b"Message-ID: <m2@buyers.test>" in body
    assert b"In-Reply-To: <m1@buyers.test>" in body
    assert body.endswith(b"[This mail of 4 MB is too large to be fetched. It is in the mailbox.]\n")
    assert "too large" in second.error


def test_many_mails_come_in_batches_and_not_all_at_once(
    channel: Channel, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    written = fetching._write_down

    def counted(lease: Any, payloads: list[Payload], mark: Any) -> None:
        sizes.append(len(payloads))
        written(lease, payloads, mark)

    monkeypatch.setattr(fetching, "_write_down", counted)
    box.put(*(mail(n) for n in range(120)))
    assert look(channel) == 120
    assert bodies(channel) == [mail(n) for n in range(120)]
    assert max(sizes) == fetching.BATCH_MAILS
    assert len(sizes) == 3


def test_batches_are_small_where_mails_are_large(
    channel: Channel, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "BATCH_BYTES", 2500)
    monkeypatch.setattr(fetching, "WORK_S", 0)
    box.put(*(mail(n, "x" * 700) for n in range(6)))
    assert fetching.fetch(channel.pk) == 2
    assert look(channel) == 4


def test_no_more_is_fetched_than_can_be_read(
    channel: Channel, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MAX_WAITING", 3)
    box.put(*(mail(n) for n in range(5)))
    assert fetching.fetch(channel.pk) == 3
    Channel.objects.update(claimed_until=None)
    assert fetching.fetch(channel.pk) == 0
    Payload.objects.update(state="done")
    assert look(channel) == 2


def test_what_is_deleted_in_the_folder_is_simply_not_there(channel: Channel, box: Box) -> None:
    box.put(mail(1), mail(2), mail(3))
    with box.open() as client:
        client.select("INBOX")
        client.store("2", "+FLAGS", r"\Deleted")
        client.expunge()
    assert look(channel) == 2
    assert bodies(channel) == [mail(1), mail(3)]


# -- One at a time


def test_many_workers_at_once_fetch_each_mail_once(channel: Channel, box: Box) -> None:
    box.put(*(mail(n) for n in range(30)))
    counts = at_once(5, lambda _: fetching.fetch(channel.pk))
    assert sorted(counts) == [0, 0, 0, 0, 30]
    assert look(channel) == 0
    assert len(set(bodies(channel))) == 30


def test_a_worker_that_lost_its_lease_writes_nothing(
    channel: Channel, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.put(mail(1))
    get = fetching._get

    def too_late(*given: Any) -> Any:
        found = get(*given)
        Channel.objects.update(claimed_until=timezone.now() + timedelta(seconds=200))
        return found

    monkeypatch.setattr(fetching, "_get", too_late)
    assert fetching.fetch(channel.pk) == 0
    assert not Payload.objects.exists()
    channel.refresh_from_db()
    assert (channel.mark, channel.trouble) == ("", "")


def test_a_mailbox_is_not_looked_into_before_its_time(channel: Channel, box: Box) -> None:
    assert fetching.due() == [channel.pk]
    box.put(mail(1))
    look(channel)
    assert fetching.due() == []
    assert fetching.fetch(channel.pk) == 0
    assert fetching.due(now=timezone.now() + fetching.POLL) == [channel.pk]


def test_a_mailbox_with_new_values_is_looked_into_at_once_and_nobody_goes_on_with_the_old_ones(
    channel: Channel, box: Box, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.put(mail(1))
    get = fetching._get

    def changed_meanwhile(*given: Any) -> Any:
        values = {**channel.config, "imap_password": PASSWORD, "imap_folder": "Other"}
        change_channel(actor=world.eve, channel=channel, values=values)
        return get(*given)

    monkeypatch.setattr(fetching, "_get", changed_meanwhile)
    assert fetching.fetch(channel.pk) == 0
    assert not Payload.objects.exists()
    assert fetching.due() == [channel.pk]


def test_who_has_waited_longest_comes_first(channel: Channel, world: World, box: Box) -> None:
    others = [mailbox_channel(world, box.server.port, f"{box.user}-{n}") for n in range(3)]
    now = timezone.now()
    for ago, one in zip((5, 90, 30), others, strict=True):
        Channel.objects.filter(pk=one.pk).update(claimed_until=now - timedelta(seconds=ago))
    assert fetching.due() == [channel.pk, others[1].pk, others[2].pk, others[0].pk]


def test_only_mailboxes_that_are_in_use_are_looked_into(channel: Channel, world: World) -> None:
    Channel.objects.filter(pk=channel.pk).update(active=False)
    mailbox_channel(world, 1, route="mailgun")
    mailbox_channel(world, 1, imap_host="")
    assert fetching.due() == []
    assert fetching.fetch(channel.pk) == 0


# -- What is wrong, in words


def test_a_wrong_password_is_said_and_tried_later_and_later(channel: Channel, box: Box) -> None:
    right = channel.secrets
    channel.secrets = {"imap_password": "wrong"}
    channel.save()
    assert look(channel) == 0
    assert channel.trouble.startswith(
        "The incoming mail server refuses the user or the password: [AUTHENTICATIONFAILED]"
    )
    assert channel.claimed_until
    assert timedelta(seconds=15) < channel.claimed_until - timezone.now() < timedelta(seconds=40)
    Channel.objects.update(fetched_at=timezone.now() - timedelta(minutes=10))
    look(channel)
    assert timedelta(minutes=3) < channel.claimed_until - timezone.now() < timedelta(minutes=7)
    Channel.objects.update(fetched_at=timezone.now() - timedelta(days=10))
    look(channel)
    assert timedelta(minutes=10) < channel.claimed_until - timezone.now() < timedelta(minutes=20)
    channel.secrets = right
    channel.save()
    box.put(mail(1))
    assert look(channel) == 1
    assert channel.trouble == ""
    assert channel.fetched_at


def test_trouble_that_is_not_of_the_mailbox_stays(channel: Channel) -> None:
    Channel.objects.update(trouble="The provider cannot be reached")
    fetching.fetch(channel.pk)
    channel.refresh_from_db()
    assert channel.trouble == "The provider cannot be reached"


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"imap_folder": "Nowhere"}, "There is no such folder in the mailbox: Nowhere ("),
        ({"imap_port": 1}, "The incoming mail server takes no connections at this port: 1"),
        ({"imap_host": "no-such.invalid"}, "There is no such incoming mail server: no-such.invalid"),
        ({"imap_security": "tls"}, "The incoming mail server speaks no TLS at this port, or not ours: "),
    ],
)
def test_what_is_wrong_with_a_mailbox_is_said_in_words(
    channel: Channel, config: dict[str, Any], words: str
) -> None:
    channel.config |= config
    channel.save()
    look(channel)
    assert channel.trouble.startswith(words)
    with pytest.raises(MailboxTrouble, match=re.escape(words)):
        Mailbox(imap_server(channel), folder_of(channel)).__enter__()


def test_a_mailbox_in_a_private_network_is_not_asked(channel: Channel, settings: Any) -> None:
    settings.OUTGOING_TO_PRIVATE = False
    look(channel)
    assert channel.trouble == "The incoming mail server is in a private network."


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_that_nobody_vouches_for_is_refused_and_another_one_is_not(
    channel: Channel, box: Box, security: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = box.server
    channel.config |= {
        "imap_security": security,
        "imap_port": server.tls_port if security == "tls" else server.port,
    }
    channel.save()
    box.put(mail(1))
    assert look(channel) == 0
    assert "The certificate of the incoming mail server is not valid: " in channel.trouble
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    assert look(channel) == 1
    assert channel.trouble == ""
