"""An e-mail as it came: seen by those who may see its conversation, and harmless to them."""

import base64
import re
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client

from inbox import inbound, originals
from inbox.models import Channel, Message, Original
from inbox.transports.mail.originals import left_out, look_at, shown_html
from inbox.transports.mail.reading import read_mail
from people.models import Agent
from tests.api.conftest import Api
from tests.factories import World, log_in, visit
from tests.inbox.channels.mailboxes import mail, mailbox_channel

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
HTML = (
    '<p style="color: red; position: fixed; background: url(https://spy.test/css.png)" onclick="x()">Look &amp; see</p>'
    '<img src="cid:pic1" alt="the cup"><img src="CID:gone"><img src="http://spy.test/p.gif"><img src="https://spy.test/q.gif">'
    '<a href="https://shop.test/?a=1&amp;b=2" target="_top">there</a><a href="javascript:x()">not there</a>'
    '<script>alert(1)</script><iframe src="https://spy.test"></iframe><form action="https://spy.test"><input></form>'
    '<meta http-equiv="refresh" content="0;url=https://spy.test">'
    '<base href="https://spy.test"><style>@import url(//spy.test)</style>'
)


def rich_mail(html: str = HTML, picture: bytes = PIXEL) -> bytes:
    return (
        b"From: =?utf-8?b?546L5bCP5piO?= <lee@buyers.test>\r\nTo: help@shop.test, Sales <sales@shop.test>\r\n"
        b"Cc: Boss <boss@buyers.test>\r\nReply-To: other@buyers.test\r\nSubject: A broken cup\r\n"
        b"Message-ID: <rich@buyers.test>\r\nDate: Mon, 3 May 2027 10:00:00 +0800\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/related; boundary="R"\r\n\r\n'
        b"--R\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + html.encode() + b"\r\n"
        b"--R\r\nContent-Type: image/png\r\nContent-ID: <pic1>\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(picture)
        + b"\r\n--R--\r\n"
    )


def arrive(channel: Channel, raw: bytes) -> Message:
    request = inbound.Request("IMAP", {"content-type": "message/rfc822"}, {}, raw)
    payload = inbound.write_down(channel, request)
    inbound.read_payload(payload.pk)
    payload.refresh_from_db()
    assert payload.state == "done", payload.error
    return Message.objects.filter(kind__in=["text", "file"]).order_by("-id")[0]


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def channel(world: World) -> Channel:
    return mailbox_channel(world, 1)


@pytest.fixture
def rich(channel: Channel) -> Message:
    return arrive(channel, rich_mail())


def as_agent(agent: Agent) -> Client:
    client = Client()
    client.cookies["sessionid"] = log_in(agent)
    return client


# -- What the timeline tells


def test_the_timeline_tells_the_subject_and_what_else_there_is(world: World, rich: Message) -> None:
    [told] = [
        m
        for m in Api(world.ann).get(f"conversations/{rich.conversation_id}/messages/").data["results"]
        if m["kind"] != "system"
    ]
    assert told["original"] == {"subject": "A broken cup", "html": True, "quoted": False, "kept": True}
    assert told["body"].startswith("Look & see")


def test_what_has_no_more_than_its_text_says_nothing_of_it(world: World, rich: Message) -> None:
    inbound.take_in(
        rich.conversation.channel, inbound.Said(external_id="x", sender="lee@buyers.test", text="Hi")
    )
    results = Api(world.ann).get(f"conversations/{rich.conversation_id}/messages/").data["results"]
    assert "original" not in results[-1]


def test_quoted_text_is_left_out_and_given_when_asked_for(world: World, channel: Channel) -> None:
    words = "The handle came off.\r\n\r\nOn 3 May 2027, Ann wrote:\r\n> How is the cup?\r\n> Ann\r\n"
    message = arrive(channel, mail(1, words))
    assert message.body == "The handle came off."
    assert message.data["original"]["quoted"] is True  # type: ignore[index]
    answer = as_agent(world.ann).get(f"/mails/{message.id}/quoted/")
    assert answer.content.decode() == "On 3 May 2027, Ann wrote:\n> How is the cup?\n> Ann"
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_nothing_is_left_out_where_all_of_it_was_meant() -> None:
    assert left_out(read_mail(mail(1, "Hello\r\n\r\n\r\n\r\nthere  \r\n"))) == ""
    assert left_out(read_mail(mail(1, "> only a quote\r\n"))) == ""


# -- The mail itself


def test_it_is_kept_byte_for_byte(world: World, rich: Message) -> None:
    answer = as_agent(world.ann).get(f"/mails/{rich.id}/raw/")
    assert b"".join(answer.streaming_content) == rich_mail()  # type: ignore[attr-defined]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="A broken cup.eml"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_who_wrote_to_whom_about_what_is_shown(world: World, rich: Message) -> None:
    page = as_agent(world.ann).get(f"/mails/{rich.id}/").content.decode()
    told = [
        "A broken cup",
        "王小明 &lt;lee@buyers.test&gt;",
        "sales@shop.test",
        "boss@buyers.test",
        "other@buyers.test",
    ]
    for words in told:
        assert words in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "Load remote pictures" in page


def test_the_mail_is_a_document_that_can_do_nothing(world: World, rich: Message) -> None:
    answer = as_agent(world.ann).get(f"/mails/{rich.id}/body/")
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert policy == [
        "default-src 'none'",
        "img-src http://testserver/mails/pictures/",
        "style-src 'unsafe-inline' http://testserver/static/css/mail_body.css",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
        "sandbox allow-popups allow-popups-to-escape-sandbox",
    ]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    body = answer.content.decode().partition("<body>")[2]
    assert '<p style="color:red">Look &amp; see</p>' in body
    assert not re.search(
        "spy.test|onclick|javascript|<script|<iframe|<form|<input|<meta|<style|@import", body
    )
    assert re.search(
        r'<a href="https://shop.test/\?a=1&amp;b=2" target="_blank" rel="noopener noreferrer nofollow">there</a>',
        body,
    )


def test_remote_pictures_are_loaded_when_asked_for_and_over_tls(world: World, rich: Message) -> None:
    answer = as_agent(world.ann).get(f"/mails/{rich.id}/body/?pictures=1")
    assert "img-src http://testserver/mails/pictures/ https:; " in answer.headers["Content-Security-Policy"]
    body = answer.content.decode()
    assert 'src="https://spy.test/p.gif"' in body
    assert 'src="https://spy.test/q.gif"' in body
    assert "http://spy.test" not in body
    assert "css.png" not in body


def test_a_mail_without_pictures_on_the_internet_offers_none(world: World, channel: Channel) -> None:
    message = arrive(channel, rich_mail('<p>Hi <img src="cid:pic1"></p>'))
    assert "Load remote pictures" not in as_agent(world.ann).get(f"/mails/{message.id}/").content.decode()


def test_a_picture_of_the_mail_is_shown_to_a_frame_that_has_no_session(world: World, rich: Message) -> None:
    body = as_agent(world.ann).get(f"/mails/{rich.id}/body/").content.decode()
    [address] = re.findall(r'src="(/mails/pictures/[^"]+)"', body)
    answer = Client().get(address)
    assert (answer.status_code, answer.content) == (200, PIXEL)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert Client().get(address[:-3] + "xx/").status_code == 404


def test_the_address_of_a_picture_does_not_last(
    world: World, rich: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = as_agent(world.ann).get(f"/mails/{rich.id}/body/").content.decode()
    [address] = re.findall(r'src="(/mails/pictures/[^"]+)"', body)
    monkeypatch.setattr("inbox.mail_views.PICTURES_FOR_S", -1)
    assert Client().get(address).status_code == 404


@pytest.mark.parametrize(
    "content", [b"<svg xmlns='x' onload='x()'/>", b"<html><script>x()</script>", b"", b"plain"]
)
def test_what_only_claims_to_be_a_picture_is_not_given(
    world: World, channel: Channel, content: bytes
) -> None:
    message = arrive(channel, rich_mail(picture=content))
    body = as_agent(world.ann).get(f"/mails/{message.id}/body/").content.decode()
    for address in re.findall(r'src="(/mails/pictures/[^"]+)"', body):
        assert Client().get(unquote(address)).status_code == 404


def test_a_mail_of_plain_text_is_shown_as_it_is_and_never_as_markup(world: World, channel: Channel) -> None:
    message = arrive(channel, mail(1, "<b>not bold</b>\r\n  indented\r\n> quoted"))
    body = as_agent(world.ann).get(f"/mails/{message.id}/body/").content.decode()
    assert "<pre>&lt;b&gt;not bold&lt;/b&gt;\n  indented\n&gt; quoted</pre>" in body.replace("\r\n", "\n")


def test_names_and_subjects_are_text(world: World, channel: Channel) -> None:
    raw = (
        mail(1)
        .replace(b"Subject: My order", b"Subject: <script>alert(1)</script>")
        .replace(b"From: Lee Buyer", b'From: "<img src=x onerror=alert(1)>"')
    )
    message = arrive(channel, raw)
    client = as_agent(world.ann)
    for page in ("", "body/"):
        shown = client.get(f"/mails/{message.id}/{page}").content.decode()
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown
    disposition = client.get(f"/mails/{message.id}/raw/").headers["Content-Disposition"]
    assert "\n" not in disposition
    assert ".eml" in disposition


def test_html_that_parsers_choke_on_is_shown_as_text() -> None:
    look = look_at(rich_mail("<div>" * 9_000 + "deep"))
    html, remote = shown_html(look, picture=str, remote=True)
    assert (html.strip(), remote) == ("deep", False)


# -- Who may see it


PAGES = ["", "body/", "quoted/", "raw/"]


@pytest.mark.parametrize("page", PAGES)
def test_who_may_see_the_conversation_sees_the_mail_and_nobody_else(
    world: World, rich: Message, page: str
) -> None:
    url = f"/mails/{rich.id}/{page}"
    for agent in (world.ann, world.bob, world.sue, world.eve):
        assert as_agent(agent).get(url).status_code == 200
    assert as_agent(world.zoe).get(url).status_code == 404
    stranger = Client().get(url)
    assert (stranger.status_code, stranger.headers["Location"].partition("?")[0]) == (302, "/accounts/login/")
    buyer = Client().get(url, headers={"Authorization": f"Bearer {visit(rich.conversation.buyer)}"})
    assert buyer.status_code == 302
    assert as_agent(world.ann).post(url).status_code == 405


def test_a_message_that_is_no_mail_has_no_such_page(world: World, rich: Message) -> None:
    channel = rich.conversation.channel
    plain = inbound.take_in(channel, inbound.Said(external_id="x", sender="lee@buyers.test", text="Hi"))
    assert plain
    assert as_agent(world.ann).get(f"/mails/{plain.id}/").status_code == 404


def test_a_mail_whose_file_is_gone_is_simply_not_there(world: World, rich: Message) -> None:
    Original.objects.get().file.delete(save=False)
    for page in PAGES:
        assert as_agent(world.ann).get(f"/mails/{rich.id}/{page}").status_code == 404


def test_a_mail_that_is_too_large_to_keep_is_still_read(
    world: World, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(originals, "MAX_BYTES", 100)
    message = arrive(channel, mail(1))
    assert message.data["original"]["kept"] is False  # type: ignore[index]
    assert message.body == "Where is it?"
    assert not Original.objects.exists()
    assert as_agent(world.ann).get(f"/mails/{message.id}/").status_code == 404
