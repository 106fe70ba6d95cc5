"""Mails as they come in the world."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inbox.transports.mail.markup import harmless, to_text
from inbox.transports.mail.reading import MAX_PARTS, read_mail

HEAD = (
    b"From: Lee Buyer <Lee@Buyers.Test>\r\nTo: help@shop.test\r\nSubject: Where is it?\r\n"
    b"Message-ID: <m1@buyers.test>\r\nDate: Mon, 3 May 2027 10:00:00 +0800\r\n"
)


def part(sort: str, body: bytes, *more: str) -> bytes:
    return "\r\n".join([f"Content-Type: {sort}", *more]).encode() + b"\r\n\r\n" + body + b"\r\n"


def parts(sort: str, *inside: bytes, name: str = "X", head: bytes = HEAD) -> bytes:
    line = f"--{name}\r\n".encode()
    return (
        head
        + f'Content-Type: {sort}; boundary="{name}"\r\n\r\n'.encode()
        + b"".join(line + one for one in inside)
        + f"--{name}--\r\n".encode()
    )


def test_a_plain_mail() -> None:
    mail = read_mail(HEAD + part("text/plain; charset=utf-8", "Täällä 你好".encode()))
    assert (mail.sender, mail.name, mail.to) == ("lee@buyers.test", "Lee Buyer", ["help@shop.test"])
    assert (mail.subject, mail.message_id) == ("Where is it?", "m1@buyers.test")
    assert mail.at == datetime(2027, 5, 3, 2, 0, tzinfo=UTC)
    assert mail.text == "Täällä 你好"
    assert not mail.automatic


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("gb2312", "gb18030"),
        ("GBK", "gbk"),
        ("big5", "big5"),
        ("no-such-thing", "utf-8"),
        ("us-ascii", "utf-8"),
        ("", "gb18030"),
        ("utf-8", "gb18030"),
    ],
)
def test_chinese_in_every_charset_and_under_wrong_names(charset: str, encoding: str) -> None:
    named = f"text/plain; charset={charset}" if charset else "text/plain"
    assert read_mail(HEAD + part(named, "您好".encode(encoding))).text == "您好"


def test_encoded_headers_whole_broken_and_folded() -> None:
    name = base64.b64encode("王小明".encode()).decode()
    head = (
        f"From: =?utf-8?b?{name}?= <w@b.test>\r\nSubject: =?utf-8?q?Caf=C3?=\r\n =?utf-8?q?=A9_=3F?= and\r\n more\r\n"
    ).encode()
    mail = read_mail(head + b"\r\nx")
    assert mail.name == "王小明"
    assert mail.subject.endswith("and more")


def test_the_text_of_a_mail_in_html_alone() -> None:
    html = b"<style>p{}</style><p>Hello&nbsp;<b>there</b></p><div>Where is<br>it?</div><script>x()</script>"
    mail = read_mail(HEAD + part("text/html; charset=utf-8", html))
    assert mail.text == "Hello there\n\nWhere is\nit?"


def test_a_quote_in_html_is_left_out() -> None:
    html = (
        '<div>Hello there</div><div class="gmail_quote">On Monday Ann wrote:<blockquote>Hi</blockquote></div>'
    )
    assert read_mail(HEAD + part("text/html", html.encode())).text == "Hello there"


def test_parts_in_parts_with_pictures_and_files() -> None:
    inner = parts(
        "multipart/alternative",
        part("text/plain", b"Hello"),
        part("text/html", b"<p>Hello</p>"),
        name="I",
        head=b"",
    )
    picture = part("image/png", b"iVBORw0KGgo=", "Content-Transfer-Encoding: base64", "Content-ID: <pic1>")
    file = part(
        "application/pdf", b"JVBERi0=", "Content-Transfer-Encoding: base64",
        "Content-Disposition: attachment; filename*=utf-8''%E5%8F%91%E7%A5%A8.pdf",
    )  # fmt: skip
    mail = read_mail(parts("multipart/mixed", inner, picture, file))
    assert mail.text == "Hello"
    assert [(m.name, m.content_id, m.content) for m in mail.media] == [
        ("file.png", "pic1", b"\x89PNG\r\n\x1a\n"),
        ("发票.pdf", "", b"%PDF-"),
    ]


def test_a_calendar_a_winmail_and_a_mail_inside() -> None:
    mail = read_mail(
        parts(
            "multipart/mixed",
            part("text/plain", b"See"),
            part("text/calendar; method=REQUEST", b"BEGIN:VCALENDAR"),
            part("application/ms-tnef", b"eJ8+Ig==", "Content-Transfer-Encoding: base64"),
            part("message/rfc822", b"Subject: inside\r\n\r\nHidden words"),
        )
    )
    assert mail.text == "See"
    assert [m.name for m in mail.media] == ["invite.ics", "winmail.dat", "message.eml"]


def test_ten_thousand_parts_are_not_ten_thousand_files() -> None:
    mail = read_mail(parts("multipart/mixed", *[part("image/png", b"x")] * 10_000))
    assert len(mail.media) == MAX_PARTS


def test_parts_inside_parts_without_end() -> None:
    raw = part("text/plain", b"deep")
    for n in range(200):
        raw = parts("multipart/mixed", raw, name=f"B{n}", head=b"")
    read_mail(HEAD + raw)


def test_no_text_at_all() -> None:
    mail = read_mail(HEAD + b"\r\n")
    assert (mail.text, mail.media) == ("", [])
    assert read_mail(b"").sender == ""


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Precedence: bulk",
        "X-Autoreply: yes",
        "List-Id: <news.x.test>",
        "Return-Path: <>",
        "From: MAILER-DAEMON@x.test",
        "From: noreply@x.test",
    ],
)
def test_what_a_machine_wrote_is_known(header: str) -> None:
    head = HEAD if not header.startswith("From") else HEAD.split(b"\r\n", 1)[1]
    assert read_mail(header.encode() + b"\r\n" + head + b"\r\nI am away").automatic


def test_a_person_is_no_machine() -> None:
    assert not read_mail(b"Auto-Submitted: no\r\n" + HEAD + b"\r\nHi").automatic


def test_what_it_answers_comes_nearest_first() -> None:
    head = HEAD + b"In-Reply-To: <c@x>\r\nReferences: <a@x> <b@x>\r\n <c@x>\r\n"
    assert read_mail(head + b"\r\nx").answers == ["c@x", "b@x", "a@x"]


def test_who_wrote_it_says_from_and_not_reply_to() -> None:
    mail = read_mail(b"Reply-To: other@x.test\r\n" + HEAD + b"\r\nx")
    assert (mail.sender, mail.reply_to) == ("lee@buyers.test", "other@x.test")


def test_a_mail_that_came_back_says_which_and_why() -> None:
    status = (
        b"Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; lee@b.test\r\nAction: failed\r\n"
        b"Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 No such user\r\n"
    )
    mail = read_mail(
        parts(
            "multipart/report; report-type=delivery-status",
            part("text/plain", b"Sorry"),
            part("message/delivery-status", status),
            part("message/rfc822", b"Message-ID: <delivery-7@desk.test>\r\nSubject: Hi\r\n\r\nHi"),
        )
    )
    assert (mail.bounced, mail.bounce_reason) == ("delivery-7@desk.test", "smtp; 550 No such user")
    assert mail.automatic


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=2000))
def test_nothing_in_a_mail_breaks_the_reading_of_it(body: bytes) -> None:
    read_mail(body)
    read_mail(HEAD + body)
    read_mail(parts("multipart/mixed", body, part("text/html", body), part("message/rfc822", body)))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=1000))
def test_nothing_in_a_header_breaks_the_reading_of_it(text: str) -> None:
    raw = text.encode("utf-8", "replace")
    for name in (b"From", b"Subject", b"Date", b"References", b"Content-Type", b"Message-ID", b"To"):
        read_mail(name + b": " + raw + b"\r\n\r\nx")


def test_html_is_made_harmless() -> None:
    html = (
        '<p onclick="x()">Hi <a href="javascript:x()">a</a><a href="https://x.test">b</a></p><script>x()</script>'
        '<form action="https://evil"><input></form><iframe src="x"></iframe><svg onload="x()"></svg>'
        '<img src="https://track.test/p.gif" onerror="x()"><style>*{}</style><base href="https://evil">'
        "<link rel=stylesheet>"
    )
    clean = harmless(html)
    for bad in (
        "onclick",
        "javascript:",
        "<script",
        "<form",
        "<iframe",
        "<svg",
        "onerror",
        "<style",
        "<base",
        "<link",
    ):
        assert bad not in clean
    assert 'href="https://x.test"' in clean


def test_html_of_every_sort_becomes_text_in_time() -> None:
    assert to_text("<div>" * 50_000 + "x") == "x"
    assert harmless("<div>" * 50_000 + "x<script>") == "x"
    assert to_text("<div>" * 1_000 + "x") == "x"
    assert to_text("<b" * 50_000) is not None
    assert to_text("<!" * 50_000) is not None
    assert to_text("<p>a<p>b<ul><li>c<li>d</ul><a href='https://x.test/1'>e</a>").split("\n")[0] == "a"
