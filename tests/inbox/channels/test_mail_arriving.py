"""Mails that come: each of a corpus of awkward ones, and in which conversation it ends up."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from inbox.models import Channel
from inbox.transports.base import Receipt, Request, Said, Unreadable
from inbox.transports.email import Email
from inbox.transports.mail import threads
from inbox.transports.mail.arriving import taken
from inbox.transports.mail.calendars import in_words
from inbox.transports.mail.proof import is_proven
from people.models import Store

MAILS = Path(__file__).parent / "mails"


@dataclass(frozen=True)
class Wanted:
    """What is to be read of a mail; what a field's default says need not be written."""

    text: str
    sender: str = "lee@buyers.test"
    files: list[str] = field(default_factory=list)
    subject: str = "My order"
    automatic: bool = False
    proven: bool = False
    quoted: bool = False


CORPUS: dict[str, Wanted | Receipt | None] = {
    "plain": Wanted("Where is my parcel?", quoted=True),
    "gb2312-with-signs-of-gb18030": Wanted(
        "您好，我想退货。我的名字是喆镕。", sender="wang@buyers.test", subject="退货申请"
    ),
    "charset-lies-utf8-called-ascii": Wanted("Missä pakettini on? 在哪里？"),
    "charset-lies-latin1-called-utf8": Wanted("Il a été livré où? Ça va"),
    "charset-nobody-knows": Wanted("Hello — there"),
    "no-charset-big5": Wanted("請問我的訂單在哪裡？"),
    "utf7": Wanted("Hi ä there"),
    "no-content-type-no-mime": Wanted("Just words."),
    "no-headers-but-from": Wanted("Hello?", subject=""),
    "no-message-id-no-date": Wanted("Who am I?"),
    "date-of-nowhere": Wanted("When?"),
    "two-froms": Wanted("We both want our money back."),
    "from-is-a-mess": Wanted("Messy."),
    "header-that-never-ends": Wanted("Short body.", subject=("long " * 60)),
    "subject-cut-in-a-character": Wanted("Paid.", subject="已付款 订单"),
    "subject-only": Wanted("Please cancel order 100234", subject="Please cancel order 100234"),
    "nothing-at-all": Wanted("", subject=""),
    "html-only-from-outlook": Wanted("Hello,\n\nthe mug is broken."),
    "gmail-answer": Wanted("Yes, please.", quoted=True),
    "qq-answer": Wanted("好的，谢谢！", sender="10001@qq.test", quoted=True),
    "iphone-answer-german": Wanted("Ja gerne!", quoted=True),
    "answer-between-the-lines": Wanted("> What size?\n\n42\n\n> Which colour?\n\nBlue."),
    "outlook-french": Wanted("Merci, c'est bon.", quoted=True),
    "inline-picture-and-invoice": Wanted("It is broken:", files=["broken.png", "发票.pdf"]),
    "winmail-dat": Wanted("Please see the attached.", files=["winmail.dat"]),
    "calendar-invitation": Wanted(
        "Does this suit you?\nFitting, second floor of a very long and winding shop, 2027-05-03 10:00",
        files=["invite.ics"],
        subject="Fitting",
    ),
    "forwarded-as-a-file": Wanted("This is what your colleague wrote.", files=["message.eml"]),
    "boundary-never-ends": Wanted("Cut off in the mid"),
    "boundary-never-comes": Wanted("There is only this."),
    "base64-that-is-none": Wanted("This was never base64, and says so!"),
    "quoted-printable-broken": Wanted("Größe =ZZ 100"),
    "format-flowed": Wanted("This is one line that was broken in three.\nThis is another."),
    "nul-and-control": Wanted("Hello \x1b[31mred\x1b[0m", subject="a b c"),
    "out-of-office": Wanted(
        "I am away until Monday.", subject="Automatic reply: Your order", automatic=True
    ),
    "newsletter": Wanted("Buy now!", sender="news@else.test", automatic=True),
    "from-exchange-machine": Wanted(
        "Your mailbox is nearly full.", sender="alerts@else.test", automatic=True
    ),
    "null-sender": Wanted("Vacation.", automatic=True),
    "bounce": Receipt("OUR-ID", "failed", "smtp; 550 5.1.1 No such user"),
    "bounce-only-late": None,
    "bounce-in-words": Receipt("OUR-ID", "failed", "Sorry, no mailbox here by that name. (#5.1.1)"),
    "contact-form": Wanted("I typed this into your page.", subject="Contact form"),
    "our-own-mail-come-back": None,
    "international-address": Wanted(
        "Passt nicht.", sender="joerg@xn--bcher-kva.example", subject="Größe"
    ),
    "spoofed-results": Wanted("Send me the money."),
    "proven-by-dmarc": Wanted("It is really me.", proven=True),
    "failed-dmarc-below-a-forged-pass": Wanted("It is not me."),
    "multipart-in-multipart-in": Wanted("Five boxes deep."),
    "file-with-a-path-and-tricks": Wanted("See files.", files=["../../etc/passwd", "page.html"]),
    "apple-mail-two-texts-around-a-picture": Wanted("Before the picture.\nAfter the picture.", files=["p.png"]),
}  # fmt: skip


def loose_channel(**config: Any) -> Channel:
    given = {"address": "help@shop.test", "trusted": "mx.shop.test", "replies": "plus"}
    return Channel(store=Store(key="shop", name="Shop"), kind="email", config=given | config)


def test_every_mail_of_the_corpus_is_expected() -> None:
    assert {file.stem for file in MAILS.glob("*.eml")} == set(CORPUS)


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("name", sorted(CORPUS))
def test_a_mail_of_the_corpus_is_read(name: str, line_end: bytes) -> None:
    channel, wanted = loose_channel(), CORPUS[name]
    own = threads.message_id(channel, "delivery-7")
    raw = (MAILS / f"{name}.eml").read_bytes().replace(b"OUR-ID", own.encode())
    found = taken(channel, raw.replace(b"\n", line_end))
    if wanted is None:
        assert found == []
        return
    [item] = found
    if isinstance(wanted, Receipt):
        assert item == Receipt(own, wanted.state, wanted.detail)
        return
    assert isinstance(item, Said)
    assert item.text.replace("\r\n", "\n") == wanted.text
    assert (item.sender, item.automatic, item.proven) == (wanted.sender, wanted.automatic, wanted.proven)
    assert [media.name for media in item.media] == wanted.files
    assert item.original is not None
    assert (item.original.subject, item.original.quoted) == (wanted.subject.strip(), wanted.quoted)
    assert item.context["subject"] == wanted.subject.strip()


def test_a_picture_inside_the_text_keeps_the_name_it_is_shown_by() -> None:
    [said] = taken(loose_channel(), (MAILS / "inline-picture-and-invoice.eml").read_bytes())
    assert isinstance(said, Said)
    assert [media.content_id for media in said.media] == ["photo1", ""]


def test_who_did_not_say_who_they_are_is_nobody() -> None:
    for raw in (b"", b"\n", b"Subject: x\n\nHello", b"From: nobody\n\nHello", b"From: <>\n\nHello"):
        with pytest.raises(Unreadable):
            taken(loose_channel(), raw)


# -- Fuzz


headers = st.sampled_from(
    [
        "From",
        "To",
        "Subject",
        "Message-ID",
        "References",
        "In-Reply-To",
        "Date",
        "Content-Type",
        "Reply-To",
        "Content-Transfer-Encoding",
        "Authentication-Results",
        "Auto-Submitted",
        "Return-Path",
        "Content-Disposition",
    ]
)
values = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        [
            "multipart/report; boundary=X",
            "multipart/mixed; boundary=X",
            "text/html; charset=utf-16",
            "base64",
            "quoted-printable",
            "message/rfc822",
            "text/calendar",
            "<help@shop.test>",
            "lee@buyers.test",
            "=?utf-8?b?//8=?=",
            "help+aaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaa@shop.test",
            "attachment; filename*=x''%",
            "mx.shop.test; dmarc=",
        ]
    ),
)
pieces = st.sampled_from(
    [
        b"--X\n",
        b"--X--\n",
        b"Content-Type: message/delivery-status\n\nAction: failed\n\n",
        b"Content-Type: text/html\n\n<b>",
        b"Content-Type: text/calendar\n\nBEGIN:VEVENT\nDTSTART:x\n",
        b"Content-Type: message/rfc822\n\nMessage-ID: <a>\n\n",
        b"\xff\xfe",
    ]
)


@limits(max_examples=400, deadline=None)
@given(
    st.lists(st.tuples(headers, values), max_size=8),
    st.lists(st.one_of(pieces, st.binary(max_size=60)), max_size=8),
)
def test_whatever_comes_is_read_or_refused(lines: list[tuple[str, str]], body: list[bytes]) -> None:
    head = "".join(f"{name}: {value}\n" for name, value in lines).encode("utf-8", "replace")
    transport, channel = Email(), loose_channel()
    try:
        found = transport.parse(channel, Request("IMAP", {}, {}, head + b"\n" + b"".join(body)))
    except Unreadable:
        return
    for item in found:
        assert item.external_id
        if isinstance(item, Said):
            assert "@" in item.sender
            assert "\x00" not in item.text


@limits(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_a_calendar_of_any_sort_is_a_short_line(content: bytes) -> None:
    for raw in (content, b"BEGIN:VEVENT\nSUMMARY:" + content + b"\nDTSTART:" + content):
        assert len(in_words(raw)) < 300
        assert "\n" not in in_words(raw)


# -- Proof


@pytest.mark.parametrize(
    ("results", "proven"),
    [
        (["mx.shop.test; dmarc=pass header.from=buyers.test"], True),
        (["mx.shop.test 1; dmarc=pass (p=none (sp=none)) header.from=Buyers.Test"], True),
        (["mx.shop.test; dkim=pass header.d=buyers.test header.s=s1"], True),
        (["mx.shop.test; dkim=pass header.i=@buyers.test"], True),
        (["mx.shop.test; spf=pass smtp.mailfrom=lee@buyers.test"], True),
        (["mx.shop.test; spf=pass smtp.mailfrom=bounce@mailer.test"], False),
        (["mx.shop.test; dkim=pass header.d=mailer.test"], False),
        (["mx.shop.test; dkim=pass header.d=sub.buyers.test"], False),
        (["mx.shop.test; dmarc=fail header.from=buyers.test"], False),
        (["mx.shop.test; dmarc=passed header.from=buyers.test.evil.test"], False),
        (["mx.shop.test; none"], False),
        (["mx.evil.test; dmarc=pass header.from=buyers.test"], False),
        (["mx.shop.test.evil.test; dmarc=pass header.from=buyers.test"], False),
        (["(mx.shop.test;) mx.evil.test; dmarc=pass header.from=buyers.test"], False),
        (["other.test; x", "mx.shop.test; dmarc=pass header.from=buyers.test"], True),
        (["mx.shop.test; dmarc=fail header.from=buyers.test", "mx.shop.test; dmarc=pass"], False),
        ([], False),
    ],
)  # fmt: skip
def test_a_sender_is_proven_by_the_server_that_takes_in_our_mail_alone(
    results: list[str], proven: bool
) -> None:
    assert is_proven(results, "mx.shop.test", "lee@buyers.test") is proven
    assert is_proven(results, "", "lee@buyers.test") is False
