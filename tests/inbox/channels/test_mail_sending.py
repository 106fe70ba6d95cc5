"""SMTP: what a server says, at each step, and what may have happened where it says nothing."""

import email
import email.policy
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helpdesk.lib.ids import new_id
from inbox.transports.base import Later, NoAnswer, Outgoing, Refused
from inbox.transports.mail import sending
from inbox.transports.mail.letters import File, Letter, letter_of
from inbox.transports.mail.sending import CERTIFICATE, CLOSED, REFUSED, log_in, send_letter
from inbox.transports.mail.settings import Server
from tests.inbox.channels.smtpd import PASSWORD, USER, MailServer, certificate, mail_server
from tests.inbox.channels.test_mail_letters import channel


@pytest.fixture(autouse=True)
def on_this_machine(settings: Any) -> None:
    settings.OUTGOING_TO_PRIVATE = True


@pytest.fixture
def smtpd() -> Iterator[MailServer]:
    with mail_server() as found:
        yield found


def to(smtpd: MailServer, **more: Any) -> Server:
    given = {"host": "127.0.0.1", "port": smtpd.port, "security": "none", "user": USER, "password": PASSWORD}
    return Server(**{**given, **more})


def letter(text: str = "It is on its way.", **more: Any) -> Letter:
    given = {"key": "delivery-1", "to": "lee@buyers.test", "conversation": str(new_id()), "author": "Ann"}
    return letter_of(channel(), Outgoing(text=text, **{**given, **more}))


def trust(monkeypatch: Any, *files: Path) -> None:
    """Trust those certificates and no others."""

    def tls(_server: Server) -> ssl.SSLContext:
        context = ssl.create_default_context()
        for file in files:
            context.load_verify_locations(file)
        return context

    monkeypatch.setattr(Server, "tls", property(tls))


def text_of(smtpd: MailServer, at: int = 0) -> str:
    content = smtpd.mails[at].content
    assert isinstance(content, bytes)
    found = email.message_from_bytes(content, policy=email.policy.default)
    part = found.get_body(("plain",))
    return str(part.get_content())


def test_a_mail_arrives_as_it_was_written(smtpd: MailServer) -> None:
    text = ".\nA line with a dot above, 中文, and\n.. more\nFrom here on\n" + "long " * 400 + "line"
    send_letter(to(smtpd), letter(text))
    [mail] = smtpd.mails
    assert (mail.mail_from, mail.rcpt_tos) == ("help@shop.test", ["lee@buyers.test"])
    assert text_of(smtpd).splitlines() == text.splitlines()
    assert smtpd.logged_in == [True]


def test_without_a_user_nobody_logs_in(smtpd: MailServer) -> None:
    send_letter(to(smtpd, user="", password=""), letter())
    assert smtpd.logged_in == [False]


@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "done"])
@pytest.mark.parametrize("answer", ["450 4.2.0 try later", "452 4.3.1 full"])
def test_not_now_is_later_and_says_what_the_server_says(smtpd: MailServer, step: str, answer: str) -> None:
    smtpd.faults[step] = [answer]
    with pytest.raises(Later, match=answer) as later:
        send_letter(to(smtpd), letter())
    assert not later.value.channel
    send_letter(to(smtpd), letter())
    assert len(smtpd.mails) == 1


@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "done"])
@pytest.mark.parametrize("answer", ["550 5.1.1 no such user", "554 5.7.1 we do not like this"])
def test_never_is_refused_in_the_servers_words(smtpd: MailServer, step: str, answer: str) -> None:
    smtpd.faults[step] = [answer]
    with pytest.raises(Refused, match=answer):
        send_letter(to(smtpd), letter())
    assert smtpd.mails == []


@pytest.mark.parametrize("step", ["greeting", "mail", "rcpt", "data", "done"])
def test_a_server_that_closes_makes_everything_wait(smtpd: MailServer, step: str) -> None:
    smtpd.faults[step] = ["421 4.3.2 closing"]
    with pytest.raises(Later, match="421") as later:
        send_letter(to(smtpd), letter())
    assert later.value.channel
    assert smtpd.mails == []


def test_a_server_that_wants_a_log_in_makes_everything_wait(smtpd: MailServer) -> None:
    smtpd.faults["mail"] = ["530 5.7.0 authentication required"]
    with pytest.raises(Later, match="530") as later:
        send_letter(to(smtpd, user=""), letter())
    assert later.value.channel


@pytest.mark.parametrize("step", ["mail", "rcpt"])
def test_a_line_that_breaks_before_the_mail_left_has_sent_nothing(smtpd: MailServer, step: str) -> None:
    smtpd.faults[step] = ["cut"]
    with pytest.raises(Later):
        send_letter(to(smtpd), letter())
    assert smtpd.mails == []


@pytest.mark.parametrize("size", [100, 3_000_000])
def test_a_line_that_breaks_in_the_middle_of_a_mail_has_sent_nothing(
    smtpd: MailServer, size: int, monkeypatch: Any
) -> None:
    smtpd.faults["data"] = ["cut in the middle"]
    real = sending._hung_up

    def look_in_a_moment(smtp: Any) -> bool:
        import time

        time.sleep(0.2)  # as long as a body takes on a real line
        return real(smtp)

    monkeypatch.setattr(sending, "_hung_up", look_in_a_moment)
    with pytest.raises(Later, match="before the message was through"):
        send_letter(to(smtpd), letter("x" * size))
    assert smtpd.mails == []


def test_a_line_that_breaks_after_the_mail_leaves_it_unknown(smtpd: MailServer) -> None:
    smtpd.faults["done"] = ["cut"]
    with pytest.raises(NoAnswer):
        send_letter(to(smtpd), letter())
    assert len(smtpd.mails) == 1, "it has arrived, and nobody told us"


def test_an_answer_that_comes_too_late_leaves_it_unknown(smtpd: MailServer, monkeypatch: Any) -> None:
    monkeypatch.setattr(sending, "TIMEOUT_S", 0.3)
    smtpd.faults["done"] = ["slow"]
    with pytest.raises(NoAnswer):
        send_letter(to(smtpd), letter())


@pytest.mark.parametrize("answer", ["999 what", "hello", "354 again"])
def test_an_answer_that_is_none_leaves_it_unknown(smtpd: MailServer, answer: str) -> None:
    smtpd.faults["done"] = [answer]
    with pytest.raises(NoAnswer):
        send_letter(to(smtpd), letter())


def test_a_server_that_is_slow_at_each_step_is_cut_off(smtpd: MailServer, monkeypatch: Any) -> None:
    monkeypatch.setattr(sending, "TOTAL_S", 0.5)
    smtpd.slow_s = 0.4
    smtpd.faults = {"mail": ["slow"], "rcpt": ["slow"], "data": []}
    with pytest.raises(Later):
        send_letter(to(smtpd), letter())
    assert smtpd.mails == []


def test_a_mail_that_the_server_finds_too_large_is_refused_before_it_is_sent() -> None:
    with mail_server(data_size_limit=50_000) as smtpd:
        with pytest.raises(Refused, match="so large"):
            send_letter(to(smtpd), letter("x" * 100_000))
        assert smtpd.mails == []
        send_letter(to(smtpd), letter("x" * 1_000))


def test_an_address_that_is_not_ascii_needs_a_server_that_takes_it(smtpd: MailServer) -> None:
    send_letter(to(smtpd), letter(to="李@例子.example"))
    assert smtpd.mails[0].rcpt_tos == ["李@xn--fsqu00a.example"]
    assert "SMTPUTF8" in smtpd.mails[0].mail_options
    with mail_server(enable_SMTPUTF8=False) as old, pytest.raises(Refused, match="SMTPUTF8"):
        send_letter(to(old), letter(to="李@buyers.test"))


def test_files_arrive(smtpd: MailServer) -> None:
    from dataclasses import replace

    content = bytes(range(256)) * 4000
    send_letter(to(smtpd), replace(letter(), files=(File("a.bin", "application/octet-stream", content),)))
    raw = smtpd.mails[0].content
    assert isinstance(raw, bytes)
    [part] = email.message_from_bytes(raw, policy=email.policy.default).iter_attachments()
    assert part.get_content() == content


# -- Security


def test_tls_from_the_first_byte_with_a_certificate_that_is_trusted(tmp_path: Path, monkeypatch: Any) -> None:
    tls, trusted = certificate(tmp_path)
    trust(monkeypatch, trusted)
    with mail_server(tls=tls) as smtpd:
        server = to(smtpd, host="localhost", security="tls")
        send_letter(server, letter())
        assert len(smtpd.mails) == 1
        smtpd.faults["done"] = ["cut"]
        with pytest.raises(NoAnswer):
            send_letter(server, letter())


def test_starttls_before_the_password(tmp_path: Path, monkeypatch: Any) -> None:
    tls, trusted = certificate(tmp_path)
    trust(monkeypatch, trusted)
    with mail_server(starttls=tls, require_starttls=True, auth_require_tls=True) as smtpd:
        send_letter(to(smtpd, host="localhost", security="starttls"), letter())
        assert len(smtpd.mails) == 1


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("wrong", ["not trusted", "of another name", "too old"])
def test_a_certificate_that_is_not_good_gets_no_password(
    tmp_path: Path, monkeypatch: Any, security: str, wrong: str
) -> None:
    name = "other.test" if wrong == "of another name" else "localhost"
    tls, trusted = certificate(tmp_path, name, days=-1 if wrong == "too old" else 1)
    trust(monkeypatch, *([] if wrong == "not trusted" else [trusted]))
    with mail_server(**{security: tls}) as smtpd:
        with pytest.raises(Later, match=CERTIFICATE) as later:
            log_in(to(smtpd, host="localhost", security=security))
        assert later.value.channel
        assert smtpd.logged_in == []


def test_no_password_goes_over_a_line_that_offers_no_starttls(smtpd: MailServer) -> None:
    with pytest.raises(Later, match="offers no STARTTLS"):
        log_in(to(smtpd, security="starttls"))


# -- Whether it lets us in, in words


def test_who_may_log_in_is_told_so(smtpd: MailServer) -> None:
    assert USER in log_in(to(smtpd))


def test_a_wrong_password_is_told_without_it(smtpd: MailServer) -> None:
    with pytest.raises(Later, match=REFUSED) as later:
        log_in(to(smtpd, password="secret-but-wrong"))
    assert later.value.channel
    assert "secret-but-wrong" not in str(later.value)


def test_a_server_that_asks_for_no_password_is_not_given_one() -> None:
    with mail_server(auth_exclude_mechanism=["LOGIN", "PLAIN"]) as smtpd, pytest.raises(Later):
        log_in(to(smtpd))


def test_a_port_where_nobody_is() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Later, match=f"{CLOSED}: {port}"):
        log_in(Server("127.0.0.1", port, "none", "", ""))


def test_a_name_that_leads_nowhere() -> None:
    with pytest.raises(Later, match="There is no such outgoing mail server: nobody"):
        log_in(Server("nobody.invalid", 25, "none", "", ""))
    with pytest.raises(Later):
        log_in(Server(f"{'a' * 70}.test", 25, "none", "", ""))


def test_tls_at_a_port_that_speaks_plain_and_the_other_way_round(
    smtpd: MailServer, tmp_path: Path, monkeypatch: Any
) -> None:
    with pytest.raises(Later, match="speaks no TLS at this port"):
        log_in(to(smtpd, security="tls"))
    monkeypatch.setattr(sending, "TIMEOUT_S", 0.3)
    tls, _trusted = certificate(tmp_path)
    with mail_server(tls=tls) as other, pytest.raises(Later, match=r"does not answer|hung up"):
        log_in(to(other))


def test_a_private_address_is_reached_only_where_settings_say_so(smtpd: MailServer, settings: Any) -> None:
    settings.OUTGOING_TO_PRIVATE = False
    for host in ("127.0.0.1", "localhost", "::1", "169.254.169.254"):
        with pytest.raises(Later, match="private network"):
            log_in(to(smtpd, host=host))
