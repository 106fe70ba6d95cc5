"""Buyers who write from elsewhere: which way an answer goes, what became of it, and what may be said there."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from inbox.transports.segments import segments
from tests.browser.conftest import Desk, OpenPage, assert_no_serious_axe_findings, shoot
from tests.browser.console_page import bubble, field, open_row, unsent, write
from tests.browser.phone import Phone

AGENT, CHINESE = "agent@demo.test", "chen@demo.test"


@pytest.fixture
def phone(desk: Desk) -> Iterator[Phone]:
    phone = Phone(desk)
    yield phone
    phone.mend()


def words(about: str = "A question") -> str:
    return f"{about} {uuid4().hex[:8]}"


def opened(desk: Desk, open_page: OpenPage, phone: Phone, app: str, **options: Any) -> Page:
    """Return the console with the conversation of a buyer who has just written from `app`."""
    said = phone.write(app, words())
    page = open_page(f"{desk.url}/inbox/?view=all", **{"agent": AGENT} | options)
    open_row(page, said)
    expect(way(page)).to_be_visible()
    return page


def way(page: Page) -> Locator:
    return page.locator("#composer [data-way]")


def pick(page: Page, name: str) -> None:
    way(page).click()
    page.locator("#way-menu").get_by_role("button", name=re.compile(name)).click()
    expect(way(page)).to_contain_text(name)


def mark(page: Page, said: str) -> Locator:
    return bubble(page, said).locator("[data-slot=mark]")


def trouble(page: Page, said: str) -> Locator:
    return bubble(page, said).locator("[data-slot=trouble]")


def until(true: Callable[[], bool], within_s: float = 40) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.3)


def test_an_answer_goes_the_way_the_buyer_came_and_its_marks_follow_the_provider(
    desk: Desk, open_page: OpenPage, phone: Phone
):
    page = opened(desk, open_page, phone, "whatsapp")
    expect(way(page)).to_contain_text("WhatsApp")
    expect(page.locator("#conversation-head [data-slot=channel]")).to_contain_text("WhatsApp")
    phone.line("whatsapp", "down")
    said = words("It left this morning")
    write(page, said)
    expect(mark(page, said)).to_have_attribute("data-state", "queued")
    expect(trouble(page, said)).to_be_visible(timeout=15_000)  # why it waits
    assert said not in phone.sync("whatsapp")

    phone.line("whatsapp", "works")
    expect(mark(page, said)).to_have_attribute("data-state", "sent", timeout=40_000)
    time.sleep(0.6)
    assert said in phone.sync("whatsapp")
    expect(mark(page, said)).to_have_attribute("data-state", "delivered")
    phone.sync("whatsapp", looking=True)
    expect(mark(page, said)).to_have_attribute("data-state", "read")
    expect(trouble(page, said)).to_have_count(0)


def test_another_way_is_picked_with_the_keys_and_kept_while_one_writes(
    desk: Desk, open_page: OpenPage, phone: Phone
):
    page = opened(desk, open_page, phone, "whatsapp")
    way(page).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#way-menu .way").first).to_be_focused()
    expect(page.locator("#way-menu .way").first).to_contain_text("until")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#way-menu .way:focus")).to_contain_text(phone.addresses["sms"])
    page.keyboard.press("Enter")
    expect(page.locator("#way-menu")).to_be_hidden()
    expect(way(page)).to_contain_text("Text messages")
    expect(field(page)).to_be_focused()

    said = words("By text")
    field(page).fill(said)
    page.reload()
    expect(field(page)).to_have_value(said)
    expect(way(page)).to_contain_text("Text messages")
    field(page).press("Enter")
    expect(bubble(page, said).locator("[data-slot=via]")).to_have_text("via SMS")
    until(lambda: said in phone.sync("sms"))
    assert said not in phone.sync("whatsapp")

    # Who writes again is answered where they are.
    phone.write("whatsapp", words("Got it"))
    expect(way(page)).to_contain_text("WhatsApp")


def test_what_was_not_delivered_says_why_and_goes_by_another_way(
    desk: Desk, open_page: OpenPage, phone: Phone
):
    page = opened(desk, open_page, phone, "whatsapp")
    phone.line("whatsapp", "fails")
    said = words("You cannot get this")
    write(page, said)
    expect(mark(page, said)).to_have_attribute("data-state", "sent", timeout=40_000)
    time.sleep(0.6)
    phone.sync("whatsapp")
    expect(trouble(page, said)).to_contain_text("WhatsApp: Not delivered")
    expect(trouble(page, said).get_by_role("button", name="Send it again")).to_be_visible()

    trouble(page, said).get_by_role("button", name="Send via").click()
    menu = page.locator("#again-menu")
    expect(menu.locator(".way").first).to_be_focused()
    menu.get_by_role("button", name=re.compile("Text messages")).click()
    expect(menu).to_be_hidden()
    until(lambda: said in phone.sync("sms"))
    expect(mark(page, said)).to_have_attribute("data-state", "delivered")
    expect(trouble(page, said)).to_contain_text("WhatsApp: Not delivered")
    expect(trouble(page, said)).to_contain_text("Text messages: Delivered")
    expect(trouble(page, said).get_by_role("button")).to_have_count(0)


def test_what_may_have_arrived_is_sent_again_only_after_a_question(
    desk: Desk, open_page: OpenPage, phone: Phone
):
    page = opened(desk, open_page, phone, "sms")
    phone.line("sms", "lost")
    said = words("Did you get this?")
    write(page, said)
    expect(mark(page, said)).to_have_attribute("data-state", "unknown", timeout=40_000)
    phone.line("sms", "works")

    trouble(page, said).get_by_role("button", name="Send it again").click()
    question = page.locator("#confirm")
    expect(question).to_contain_text("It may have arrived: then the buyer gets it twice.")
    question.get_by_role("button", name="Cancel").click()
    expect(mark(page, said)).to_have_attribute("data-state", "unknown")
    trouble(page, said).get_by_role("button", name="Send it again").click()
    question.locator("[data-yes]").click()
    expect(mark(page, said)).to_have_attribute("data-state", "sent", timeout=40_000)
    until(lambda: phone.sync("sms").count(said) == 2)


def test_sms_are_counted_as_one_writes(desk: Desk, open_page: OpenPage, phone: Phone):
    page = opened(desk, open_page, phone, "sms")
    counter = page.locator("#composer [data-count]")
    expect(counter).to_be_hidden()
    field(page).fill("x" * 160)
    expect(counter).to_have_text("160 characters · 1 SMS · GSM-7")
    field(page).fill("x" * 161)
    expect(counter).to_have_text("161 characters · 2 SMS · GSM-7")
    field(page).fill("你" * 71)
    expect(counter).to_have_text("71 characters · 2 SMS · UCS-2")
    page.get_by_role("button", name="Private note").click()
    expect(counter).to_be_hidden()


CORPUS = [
    "",
    "Hello",
    "x" * 160,
    "x" * 161,
    "x" * 306,
    "x" * 307,
    "€" * 80,
    "€" * 81,
    "x" * 152 + "€" + "x" * 10,
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà",
    "\f^{}\\[~]|€",
    "\x1b",
    "ç",
    "`",
    "你好" * 35,
    "你好" * 35 + "!",
    "你" * 134,
    "你" * 135,
    "😀" * 35,
    "😀" * 36,
    "你" * 66 + "😀" + "你" * 66,
    "👩‍👩‍👧‍👦" * 9,
    "a\u0301" * 40,
    "tab\tis none of it",
    "\ud7ff\ue000\uffff",
]


def test_the_page_counts_sms_as_the_server_does(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/inbox/", agent=AGENT)
    module = page.locator('link[rel=modulepreload][href*="console/segments"]').get_attribute("href")
    counted = page.evaluate(
        """async ([module, texts]) => {
            const { segments } = await import(module);
            return texts.map((text) => { const s = segments(text); return [s.encoding, s.units, s.segments]; });
        }""",
        [module, CORPUS],
    )
    assert counted == [list(segments(text)) for text in CORPUS]


def test_a_file_that_is_too_large_there_is_told_to_go_as_a_link(
    desk: Desk, open_page: OpenPage, phone: Phone
):
    page = opened(desk, open_page, phone, "sms")
    files = [{"name": "manual.txt", "mimeType": "text/plain", "buffer": b"x" * (6 * 1024 * 1024)}]
    page.locator("#composer input[type=file]").set_input_files(files)  # type: ignore[arg-type]
    hint = page.locator("#composer [data-hints]")
    expect(hint).to_contain_text("manual.txt goes as a link: Text messages takes files up to 5 MB.")
    shoot(page, "channels-file")
    said = words("The manual")
    write(page, said)
    expect(hint).to_be_hidden()
    until(lambda: any(said in text and "/files/signed/" in text for text in phone.sync("sms")))


# -- Windows


AGED = """
from datetime import timedelta
from django.utils import timezone
from inbox.models import Message
print(Message.objects.filter(conversation="{conversation}", author_kind="buyer").update(
    created_at=timezone.now() - timedelta(hours=25)))
"""


def close_window(desk: Desk, page: Page) -> None:
    """Let a day and an hour go by since the buyer wrote."""
    found = re.search(r"/inbox/([0-9a-f-]{36})/", page.url)
    assert found
    desk.run(AGED.format(conversation=found[1]))
    page.reload()
    expect(page.locator("#composer [data-closed]")).to_be_visible()


def test_when_the_window_is_closed_only_a_template_is_sent(desk: Desk, open_page: OpenPage, phone: Phone):
    page = opened(desk, open_page, phone, "whatsapp", forgive=("409",))
    close_window(desk, page)
    expect(field(page)).to_be_hidden()
    expect(page.locator("#composer [data-closed]")).to_contain_text(
        "WhatsApp takes only an approved template"
    )
    assert_no_serious_axe_findings(page)
    shoot(page, "channels-closed")

    page.get_by_role("button", name="Choose a template").click()
    dialog = page.locator("#template-dialog")
    items = dialog.locator(".template-item")
    expect(items.first).to_be_visible()
    assert_no_serious_axe_findings(page)
    shoot(page, "channels-templates")
    dialog.get_by_role("searchbox").fill("on its way")
    expect(items.filter(has_text="may we help")).to_have_count(0)
    items.filter(has_text="en-US").click()
    send = dialog.get_by_role("button", name="Send")
    expect(send).to_be_disabled()
    places = dialog.locator(".template-fields input")
    for place, value in zip(places.all(), ["100234", "Robin", "Monday"], strict=True):
        place.fill(value)
    expect(dialog.locator("[data-slot=preview]")).to_contain_text("Hello Robin, your order is on its way")
    assert_no_serious_axe_findings(page)
    shoot(page, "channels-template")
    send.click()
    expect(dialog).to_be_hidden()
    expect(mark(page, "Hello Robin, your order is on its way")).to_have_attribute(
        "data-state", re.compile("sent|delivered"), timeout=40_000
    )
    until(lambda: any("Hello Robin, your order is on its way" in text for text in phone.sync("whatsapp")))

    # Another way takes free words; and the buyer's next message opens this one again.
    pick(page, "Text messages")
    expect(field(page)).to_be_visible()
    pick(page, "WhatsApp")
    phone.write("whatsapp", words("Thanks"))
    expect(page.locator("#composer [data-closed]")).to_be_hidden()
    expect(field(page)).to_be_visible()


def test_a_window_that_closed_unseen_is_told_at_the_message(desk: Desk, open_page: OpenPage, phone: Phone):
    page = opened(desk, open_page, phone, "whatsapp")
    found = re.search(r"/inbox/([0-9a-f-]{36})/", page.url)
    assert found
    desk.run(AGED.format(conversation=found[1]))
    said = words("Too late")
    write(page, said)
    expect(unsent(page)).to_contain_text("only an approved template is taken here now")
    assert said not in phone.sync("whatsapp")


# -- Looks


LOOKS = [
    ("desktop", "light", AGENT),
    ("tablet", "dark", AGENT),
    ("phone", "light", AGENT),
    ("desktop", "dark", CHINESE),
    ("tablet", "light", CHINESE),
    ("phone", "dark", CHINESE),
]


@pytest.mark.parametrize(("size", "scheme", "agent"), LOOKS)
def test_ways_and_failures_at_every_size(desk: Desk, open_page: OpenPage, size: str, scheme: str, agent: str):
    phone = Phone(desk, "demo-cn" if agent == CHINESE else "demo")
    app = "wechat" if agent == CHINESE else "whatsapp"
    name = f"channels-{size}-{scheme}-{'zh' if agent == CHINESE else 'en'}"
    said = phone.write(app, words())
    page = open_page(f"{desk.url}/inbox/?view=all", size=size, scheme=scheme, agent=agent)
    open_row(page, said)
    expect(way(page)).to_be_visible()
    # WeChat tells of nothing that happens to a message: there an answer that is lost has to do.
    phone.line(app, "lost" if agent == CHINESE else "fails")
    answer = words("您的订单已发出" if agent == CHINESE else "Your order has left us")
    write(page, answer)
    expect(mark(page, answer)).to_have_attribute("data-state", re.compile("sent|unknown"), timeout=40_000)
    time.sleep(0.6)
    phone.sync(app)
    expect(mark(page, answer)).to_have_attribute("data-state", re.compile("failed|unknown"))
    phone.line(app, "works")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert_no_serious_axe_findings(page)
    shoot(page, f"{name}-failed")
    way(page).click()
    expect(page.locator("#way-menu")).to_be_in_viewport(ratio=1)
    assert_no_serious_axe_findings(page)
    shoot(page, f"{name}-menu")
    if agent == CHINESE:  # by WeChat alone this buyer is known
        page.keyboard.press("Escape")
        return
    page.locator("#way-menu .way").last.click()
    field(page).fill("Hello, it left this morning.")
    expect(page.locator("#composer [data-count]")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert_no_serious_axe_findings(page)
    shoot(page, f"{name}-sms")
