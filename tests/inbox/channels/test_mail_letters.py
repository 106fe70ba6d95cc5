"""What leaves as a mail is well-formed, whatever stands in it."""

import email
import email.policy
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from helpdesk.lib.ids import new_id
from inbox.models import Channel
from inbox.transports.base import Outgoing, Refused
from inbox.transports.mail import letters, threads
from inbox.transports.mail.letters import letter_of, mime_of
from inbox.transports.mail.quotes import own_words
from inbox.transports.mail.reading import read_mail
from people.models import Store

CONTEXT = {
    "message_id": "q1@buyers.test",
    "references": ["q0@buyers.test"],
    "subject": "Where is it?",
    "text": "Where is my parcel?\nI wait.",
    "name": "Lee Chan",
    "at": "2027-05-03T02:00:00+00:00",
}


def channel(**config: Any) -> Channel:
    store = Store(key="shop", name="Shop", language="en")
    return Channel(store=store, kind="email", config={"address": "help@shop.test", **config})


def outgoing(text: str = "It is on its way.", **more: Any) -> Outgoing:
    given: dict[str, Any] = {
        "key": "delivery-17",
        "to": "lee@buyers.test",
        "conversation": str(new_id()),
        "author": "Ann",
        "context": CONTEXT,
    }
    return Outgoing(text=text, **{**given, **more})


def sent(out: Outgoing, **config: Any) -> email.message.EmailMessage:
    raw = mime_of(letter_of(channel(**config), out))
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    found = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(found, email.message.EmailMessage)
    return found


def body(message: email.message.EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_an_answer_stays_in_its_thread() -> None:
    own = channel(replies="plus")
    out = outgoing()
    message = email.message_from_bytes(mime_of(letter_of(own, out)), policy=email.policy.default)
    assert (
        message["From"] == "Ann (Shop) <help@shop.test>" or '"Ann (Shop)" <help@shop.test>' in message["From"]
    )
    assert message["To"] == "lee@buyers.test"
    assert message["Subject"] == "Re: Where is it?"
    assert message["Message-ID"] == f"<{threads.message_id(own, 'delivery-17')}>"
    assert message["In-Reply-To"] == "<q1@buyers.test>"
    assert message["References"].split() == ["<q0@buyers.test>", "<q1@buyers.test>"]
    assert message["Auto-Submitted"] is None
    [reply_to] = message["Reply-To"].addresses
    assert threads.conversation_of(own, [reply_to.addr_spec]) == out.conversation


def test_the_same_delivery_has_the_same_id_and_another_has_another() -> None:
    own = channel()
    assert threads.message_id(own, "delivery-1") == threads.message_id(own, "delivery-1")
    assert threads.message_id(own, "delivery-1") != threads.message_id(own, "delivery-2")
    assert threads.message_id(own, "delivery-1") != threads.message_id(channel(), "delivery-1")
    assert threads.is_own_id(own, threads.message_id(own, "delivery-1"))
    assert not threads.is_own_id(channel(), threads.message_id(own, "delivery-1"))


@pytest.mark.parametrize("subject", ["Re: Hello", "RE: Hello", "AW: Hello", "回复：你好", "回复: 你好"])
def test_a_subject_that_answers_already_is_kept(subject: str) -> None:
    assert sent(outgoing(context={**CONTEXT, "subject": subject}))["Subject"] == subject


def test_a_first_mail_says_from_which_shop_in_the_buyers_language() -> None:
    message = sent(outgoing(context={}, language="en"))
    assert message["Subject"] == "A message from Shop"
    assert (message["In-Reply-To"], message["References"]) == (None, None)


def test_what_is_answered_stands_below_and_is_no_part_of_an_answer_to_it() -> None:
    message = sent(outgoing("Soon.\n\nAnn"))
    text = body(message, "plain")
    assert text.splitlines()[0] == "Soon."
    assert "> Where is my parcel?" in text
    assert "Lee Chan wrote:" in text
    assert own_words(text) == "Soon.\n\nAnn"
    assert read_mail(message.as_bytes()).text == "Soon.\n\nAnn"


def test_the_words_above_a_quote_are_known_to_who_cuts_quotes_off() -> None:
    context = {**CONTEXT, "at": ""}
    assert own_words(body(sent(outgoing("Soon.", context=context)), "plain")) == "Soon."


def test_html_says_the_same_and_nothing_in_it_runs() -> None:
    message = sent(outgoing('Look: https://shop.test/a?b=1&c=2 <script>x()</script>\n"Bye"'))
    html = body(message, "html")
    assert "<script>" not in html
    assert 'href="https://shop.test/a?b=1&amp;c=2"' in html
    assert "<blockquote" in html


@pytest.mark.parametrize(
    "name",
    [
        "Ann\r\nBcc: evil@x.test",
        "Ann\nX: y",
        "A\x00nn",
        "Ann\u2028Bcc: x",
        'Ann" <evil@x.test>, "',
        "=?utf-8?q?=0ABcc=3A_x?=",
    ],
)
def test_a_name_is_never_a_header(name: str) -> None:
    message = sent(outgoing(author=name, context={**CONTEXT, "subject": name, "name": name}))
    assert message["Bcc"] is None
    assert message["X"] is None
    assert [address.addr_spec for address in message["From"].addresses] == ["help@shop.test"]


tricky = st.sampled_from(
    ["=?utf-8?q?=0ABcc:?=", "\r\n", "\n ", '"', "<", ">", "@", "\\", "\u2028", "(", ",", ";", "=?", "é"]
)
lines = st.lists(st.one_of(tricky, st.text(max_size=40)), max_size=8).map("".join)


@limits(max_examples=150, deadline=None)
@given(lines, lines, st.text(max_size=500))
def test_nothing_that_people_type_breaks_a_mail(name: str, subject: str, text: str) -> None:
    context = {**CONTEXT, "subject": subject, "message_id": subject, "references": [name], "name": name}
    message = sent(outgoing(text, author=name, context=context), replies="plus")
    wanted = {"From", "To", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"}
    assert set(message.keys()) - wanted <= {"In-Reply-To", "References"}
    [sender] = message["From"].addresses
    assert sender.addr_spec == "help@shop.test"
    # NUL and lone halves of pairs are no text; every kind of line end is one.
    told = body(message, "plain")
    assert len(told) >= len(text.strip()) - text.count("\r")


def test_names_and_subjects_of_every_script_arrive_as_they_are() -> None:
    message = sent(outgoing(author="王小明", context={**CONTEXT, "subject": "订单" * 60}))
    [sender] = message["From"].addresses
    assert sender.display_name == "王小明 (Shop)"
    assert message["Subject"] == f"Re: {'订单' * 60}"


def test_long_ids_are_not_encoded() -> None:
    ids = [f"{'a' * 150}{n}@buyers.test" for n in range(30)]
    raw = mime_of(letter_of(channel(), outgoing(context={"message_id": ids[-1], "references": ids[:-1]})))
    references = email.message_from_bytes(raw)["References"].split()
    assert references[0] == f"<{ids[0]}>", "the beginning of a thread is kept"
    assert references[-1] == f"<{ids[-1]}>"
    assert len(references) == letters.MAX_REFERENCES


def test_a_long_address_to_want_no_more_at_is_not_encoded() -> None:
    url = f"https://desk.test/no-more/{'a' * 200}/"
    raw = mime_of(letter_of(channel(), outgoing(unsubscribe=url)))
    assert email.message_from_bytes(raw)["List-Unsubscribe"] == f"<{url}>"


@pytest.mark.parametrize("bad", ["a b@x", "x>y@z", "ä@x", "a\r\nBcc: x@y", "", None, 7, "x" * 300])
def test_an_id_that_no_header_can_hold_is_left_out(bad: Any) -> None:
    message = sent(outgoing(context={**CONTEXT, "message_id": bad, "references": [bad]}))
    assert message["In-Reply-To"] is None
    assert message["Bcc"] is None


def test_a_machine_says_that_it_is_one() -> None:
    assert sent(outgoing(automatic=True))["Auto-Submitted"] == "auto-replied"


def test_international_domains_are_asked_for_as_the_dns_knows_them() -> None:
    letter = letter_of(channel(address="hilfe@bücher.example"), outgoing(to="lee@例子.example"))
    assert (letter.sender, letter.to) == ("hilfe@xn--bcher-kva.example", "lee@xn--fsqu00a.example")
    assert not letter.needs_utf8


def test_an_address_that_is_not_ascii_goes_as_utf8() -> None:
    letter = letter_of(channel(), outgoing(to="李@buyers.test"))
    assert letter.needs_utf8
    assert "李@buyers.test".encode() in mime_of(letter)


@pytest.mark.parametrize("to", ["", "nobody", "a b@x.test", "x@y.test\nBcc: z@x.test"])
def test_what_is_no_address_is_refused(to: str) -> None:
    with pytest.raises(Refused):
        letter_of(channel(), outgoing(to=to))


def file(name: str, content: bytes, media_type: str = "application/pdf") -> Any:
    from django.core.files.base import ContentFile

    return SimpleNamespace(
        id=new_id(), name=name, size=len(content), media_type=media_type, file=ContentFile(content)
    )


def test_files_come_along_and_what_is_too_much_as_a_link(monkeypatch: Any) -> None:
    monkeypatch.setattr(letters, "MAX_FILES_BYTES", 30)
    files = (
        file("发票.pdf", b"%PDF-1.4 one"),
        file("large.pdf", b"x" * 31),
        file("b.png", b"12345", "image/png"),
    )
    message = sent(outgoing(attachments=files))
    assert [(part.get_filename(), part.get_content()) for part in message.iter_attachments()] == [
        ("发票.pdf", b"%PDF-1.4 one"),
        ("b.png", b"12345"),
    ]
    assert "large.pdf: http" in body(message, "plain")


def test_a_file_that_is_gone_is_refused_and_not_left_out() -> None:
    gone = file("a.pdf", b"x")
    gone.file = SimpleNamespace(open=lambda mode: (_ for _ in ()).throw(FileNotFoundError()))
    with pytest.raises(Refused):
        letter_of(channel(), outgoing(attachments=(gone,)))


# -- Where answers go


@pytest.mark.parametrize(("way", "before"), [("plus", "help+"), ("catchall", "reply+")])
def test_a_reply_address_is_signed_and_survives_capitals(way: str, before: str) -> None:
    own, conversation = channel(replies=way), str(new_id())
    address = threads.reply_address(own, conversation)
    assert address.startswith(before)
    assert threads.conversation_of(own, ["x@y.test", address.upper()]) == conversation


def test_no_reply_address_where_the_mailbox_takes_none_or_it_would_be_too_long() -> None:
    assert threads.reply_address(channel(), str(new_id())) == ""
    assert threads.reply_address(channel(replies="none"), str(new_id())) == ""
    long = channel(replies="plus", address=f"{'help' * 6}@shop.test")
    assert threads.reply_address(long, str(new_id())) == ""


def test_a_reply_address_that_was_changed_or_is_of_another_channel_is_none() -> None:
    own, conversation = channel(replies="plus"), str(new_id())
    address = threads.reply_address(own, conversation)
    local, _at, domain = address.rpartition("@")
    for at in range(len("help+"), len(local)):
        other = "a" if local[at] != "a" else "b"
        changed = f"{local[:at]}{other}{local[at + 1 :]}@{domain}"
        # Two letters at the end of 128 bits hold spare ones: what decodes alike is still not what was signed.
        assert threads.conversation_of(own, [changed]) == ""
    assert threads.conversation_of(channel(replies="plus"), [address]) == ""


def test_what_was_signed_with_an_older_key_is_still_ours(settings: Any) -> None:
    own, conversation = channel(replies="plus"), str(new_id())
    address = threads.reply_address(own, conversation)
    named = threads.message_id(own, "delivery-3")
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a-new-key-" * 5
    assert threads.conversation_of(own, [address]) == conversation
    assert threads.is_own_id(own, named)
    settings.SECRET_KEY_FALLBACKS = []
    assert threads.conversation_of(own, [address]) == ""


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("help@shop.test", True),
        ("Help@Shop.Test", True),
        ("help@other.test", False),
        ("helper@shop.test", False),
        ("help+ann@shop.test", False),
        ("", False),
    ],
)
def test_our_own_address_is_known(address: str, own: bool) -> None:
    assert threads.is_own(channel(), address) is own
    signed = threads.reply_address(channel(replies="plus"), str(new_id()))
    assert threads.is_own(channel(), signed)


def test_a_date_is_the_time_it_was_made() -> None:
    message = sent(outgoing())
    assert abs((message["Date"].datetime - datetime.now(UTC)).total_seconds()) < 60


# -- A letter of its own


def test_a_letter_about_something_else_has_its_subject_and_repeats_nothing() -> None:
    given = outgoing(
        "Well?", context={**CONTEXT, "subject": "My secret"}, subject="How was it?\r\nBcc: a@b.c"
    )
    message = sent(given)
    assert message["Subject"] == "How was it? Bcc: a@b.c"
    assert message["Bcc"] is None
    assert message["In-Reply-To"] is not None, "it stands in the thread all the same"
    for sort in ("plain", "html"):
        assert CONTEXT["text"] not in body(message, sort)


def test_choices_are_links_and_their_words_are_no_markup() -> None:
    choices = (("★★★★★ <b>Good", "https://desk.test/rate/x/5/"), ("☆", "https://desk.test/rate/x/1/"))
    message = sent(outgoing("Well?", choices=choices))
    assert "★★★★★ <b>Good: https://desk.test/rate/x/5/" in body(message, "plain")
    html = body(message, "html")
    assert '<a href="https://desk.test/rate/x/5/">★★★★★ &lt;b&gt;Good</a>' in html
    assert html.count("<a ") == 2
