"""An e-mail in the console: its subject, what it quotes, and the mail as it came, which can neither run nor spy."""

import base64
import re
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Desk, OpenPage, assert_no_serious_axe_findings, shoot
from tests.browser.console_page import bubble, open_row

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
HTML = """<div style="font-family: Georgia, serif; max-width: 560px">
<h2 style="color: #7a1f2b">{title}</h2><p>{words} &mdash; <a href="https://photos.test/cup">{link}</a></p>
<table cellpadding="8" style="border-collapse: collapse"><tr>
<td bgcolor="#f3efe6"><img src="cid:cup" alt="{alt}" width="160" height="120"></td>
<td style="background-color: #eef4ee">{lines}</td></tr></table>
<img src="https://spy.test/open.gif?who=lee" width="1" height="1" alt="">
<img src="http://spy.test/banner.png" alt="{banner}" width="320" height="60">
<script>document.title = "ran"</script>
<div class="gmail_quote">On 3 May 2027, Ann wrote:<blockquote>How is the cup?</blockquote></div></div>"""
EN = {
    "title": "A broken cup",
    "words": "The handle came off when I unpacked it",
    "link": "all photos",
    "alt": "The cup without its handle",
    "lines": "Order 100234<br>Bought last week",
    "banner": "Buyers Club",
}
ZH = {
    "title": "杯子碎了",
    "words": "拆包裹的时候杯子把手就掉了",
    "link": "全部照片",
    "alt": "没有把手的杯子",
    "lines": "订单 100234<br>上周买的",
    "banner": "会员俱乐部",
}
ARRIVE = """
import sys
from inbox import inbound
from inbox.models import Channel
from people.models import Store
config = {{"address": "help@mail.test", "route": "smtp", "imap_host": ""}}
channel, _ = Channel.objects.get_or_create(
    store=Store.objects.get(key="{store}"), kind="email", name="Mailbox", defaults={{"config": config}}
)
raw = {raw!r}
payload = inbound.write_down(channel, inbound.Request("IMAP", {{"content-type": "message/rfc822"}}, {{}}, raw))
inbound.read_payload(payload.pk)
payload.refresh_from_db()
print("read", payload.state, payload.error)
"""


def arrive(desk: Desk, words: dict[str, str] = EN, store: str = "demo") -> str:
    """Let a mail come in; return the words that its conversation is known by."""
    mark = f"{words['words']} {uuid4().hex[:6]}"
    text = f"{mark}\r\n\r\nOn 3 May 2027, Ann wrote:\r\n> How is the cup?\r\n"
    raw = (
        f"From: Lee Buyer <lee.{uuid4().hex[:6]}@buyers.test>\r\nTo: help@mail.test\r\nCc: Sam <sam@buyers.test>\r\n"
        f"Subject: =?utf-8?b?{base64.b64encode(words['title'].encode()).decode()}?=\r\n"
        f"Message-ID: <{uuid4().hex}@buyers.test>\r\nDate: Mon, 3 May 2027 10:00:00 +0800\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/related; boundary="R"\r\n\r\n--R\r\n'
        'Content-Type: multipart/alternative; boundary="A"\r\n\r\n'
        f"--A\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
        f"--A\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{HTML.format(**words)}\r\n--A--\r\n"
        "--R\r\nContent-Type: image/png; name=cup.png\r\nContent-ID: <cup>\r\n"
        f"Content-Transfer-Encoding: base64\r\n\r\n{PIXEL}\r\n--R--\r\n"
    ).encode()
    told = desk.run(ARRIVE.format(raw=raw, store=store))
    assert "read done" in told, told
    return mark


class Net:
    """What the browser asks the internet for, which there is none of."""

    def __init__(self, page: Page) -> None:
        self.asked: list[str] = []
        for host in ("spy", "photos"):
            page.context.route(re.compile(rf"https?://{host}\.test/"), self.answer)

    def answer(self, route: Route) -> None:
        self.asked.append(route.request.url)
        route.fulfill(body=base64.b64decode(PIXEL), content_type="image/png")


def open_mail(
    desk: Desk, open_page: OpenPage, words: dict[str, str] = EN, **more: str
) -> tuple[Page, Locator, Net]:
    store = "demo-cn" if words is ZH else "demo"
    mark = arrive(desk, words, store)
    page = open_page(f"{desk.url}/inbox/?view=all", **{"agent": "agent@demo.test"} | more)  # type: ignore[arg-type]
    net = Net(page)
    open_row(page, mark)
    return page, bubble(page, mark), net


def test_the_subject_stands_above_the_words_and_quotes_are_folded_away(desk: Desk, open_page: OpenPage):
    page, mail, _ = open_mail(desk, open_page)
    expect(mail.locator(".mail-subject")).to_contain_text("A broken cup")
    expect(mail).not_to_contain_text("How is the cup?")
    more = mail.get_by_role("button", name="Show quoted text")
    more.click()
    expect(mail.get_by_role("region", name="Quoted text")).to_contain_text("> How is the cup?")
    assert_no_serious_axe_findings(page)
    hide = mail.get_by_role("button", name="Hide quoted text")
    expect(hide).to_have_attribute("aria-expanded", "true")
    hide.press("Enter")
    expect(mail).not_to_contain_text("How is the cup?")
    expect(more).to_be_focused()


def test_the_mail_as_it_came_runs_nothing_and_asks_nobody(desk: Desk, open_page: OpenPage):
    page, mail, net = open_mail(desk, open_page)
    opener = mail.get_by_role("button", name="Show original e-mail")
    with page.expect_response(re.compile("/mails/pictures/")) as picture:
        opener.click()
    assert picture.value.status == 200
    dialog = page.locator("#dialog")
    expect(dialog.get_by_role("heading", name="A broken cup")).to_be_visible()
    for words in ("Lee Buyer <lee.", "help@mail.test", "Sam <sam@buyers.test>"):
        expect(dialog).to_contain_text(words)
    inside = page.frame_locator("iframe[name=mail-frame]")
    expect(inside.get_by_role("heading", name="A broken cup")).to_have_css("color", "rgb(122, 31, 43)")
    expect(inside.get_by_alt_text("The cup without its handle")).to_be_visible()
    page.wait_for_timeout(300)
    assert net.asked == []

    load = dialog.get_by_role("link", name="Load remote pictures")
    with page.expect_response(re.compile("spy.test/open.gif")):
        load.click()
    expect(load).to_be_hidden()
    expect(inside.get_by_role("heading", name="A broken cup")).to_be_visible()
    page.wait_for_timeout(300)
    assert sorted(net.asked) == ["https://spy.test/banner.png", "https://spy.test/open.gif?who=lee"]

    with page.context.expect_page() as opened:
        inside.get_by_role("link", name="all photos").click()
    assert opened.value.url == "https://photos.test/cup"
    assert opened.value.evaluate("[window.opener, document.referrer]") == [None, ""]
    opened.value.close()

    with page.expect_download() as file:
        dialog.get_by_role("link", name="Download raw (.eml)").click()
    assert file.value.suggested_filename == "A broken cup.eml"
    assert file.value.path().read_bytes().startswith(b"From: Lee Buyer")

    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    expect(load).to_be_visible()  # every look begins without them


@pytest.mark.parametrize(
    ("size", "scheme", "agent"),
    [
        ("desktop", "light", "agent@demo.test"),
        ("tablet", "dark", "agent@demo.test"),
        ("phone", "light", "agent@demo.test"),
        ("desktop", "dark", "chen@demo.test"),
        ("tablet", "light", "chen@demo.test"),
        ("phone", "light", "chen@demo.test"),
    ],
)
def test_mails_look_well_at_every_size(desk: Desk, open_page: OpenPage, size: str, scheme: str, agent: str):
    chinese = agent.startswith("chen")
    words = ZH if chinese else EN
    page, mail, _ = open_mail(desk, open_page, words, size=size, scheme=scheme, agent=agent)
    name = f"mail-{size}-{scheme}-{'zh' if chinese else 'en'}"
    mail.locator("[data-mail-quoted]").click()
    expect(mail.locator(".mail-quote")).to_be_visible()
    assert_no_serious_axe_findings(page)
    shoot(page, name)
    mail.locator("[data-mail-open]").click()
    inside = page.frame_locator("iframe[name=mail-frame]")
    expect(inside.get_by_role("heading", name=words["title"])).to_be_visible()
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert_no_serious_axe_findings(page)
    shoot(page, f"{name}-original")
