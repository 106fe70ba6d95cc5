"""The demo's phone beside the console: what a buyer writes by any app arrives, and the answer comes back."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk, OpenPage, assert_no_serious_axe_findings, shoot
from tests.browser.console_page import bubble, open_row, write

AGENT = "agent@demo.test"
STORES = {"wechat": "demo-cn"}
# The furthest that the desk learns of an answer: by what each provider tells.
TOLD = {
    "email": "read",
    "http": "read",
    "sms": "delivered",
    "telegram": "sent",
    "wechat": "sent",
    "whatsapp": "read",
}


def picture() -> bytes:
    data = BytesIO()
    Image.new("RGB", (120, 90), "teal").save(data, "PNG")
    return data.getvalue()


_numbers = iter(range(1, 1000))


class Phone:
    """The page, with one app open in one buyer's hand."""

    def __init__(self, open_page: OpenPage, desk: Desk, app: str, who: int = -1, **page: Any) -> None:
        self.store = STORES.get(app, "demo")
        url = f"{desk.url}/demo/phone/?store={self.store}&app={app}"
        self.page = open_page(url, **page)
        self.choose(who)

    def choose(self, who: int) -> None:
        if self.page.locator(".set-up").is_visible():
            self.page.locator(".set-up").click()
        self.page.locator(".people a").nth(who).click()
        expect(self.page.locator(".people a").nth(who)).to_have_attribute("aria-current", "true")

    def say(self, words: str = "") -> str:
        words = words or f"A question from the phone, number {next(_numbers)}"
        self.page.get_by_role("textbox").fill(words)
        self.page.locator("#write .send").click()
        expect(self.message(words)).to_be_visible()
        return words

    def message(self, words: str) -> Any:
        return self.page.locator("#thread .message").filter(has_text=words)

    def line(self, line: str) -> None:
        with self.page.expect_response("**/line/"):
            self.page.locator(f"#line [value={line}]").check()


def console(open_page: OpenPage, desk: Desk) -> Page:
    page = open_page(f"{desk.url}/inbox/?view=all", agent=AGENT)
    expect(page.locator("#list [data-id]").first).to_be_visible()
    return page


def becomes(page: Page, words: str, state: str) -> None:
    """Wait until the console says that of an answer."""
    expect(bubble(page, words)).to_have_attribute("data-delivery", state, timeout=15_000)


@pytest.mark.parametrize("app", sorted(TOLD))
def test_what_is_written_on_an_app_arrives_and_the_answer_comes_back(
    desk: Desk, open_page: OpenPage, app: str
) -> None:
    desk_page = console(open_page, desk)
    phone = Phone(open_page, desk, app)
    words = phone.say()
    open_row(desk_page, words)
    answer = f"An answer to number {words.split()[-1]} by {app}"
    write(desk_page, answer)
    expect(phone.message(answer)).to_be_visible(timeout=15_000)
    becomes(desk_page, answer, TOLD[app])


def test_a_photo_of_the_buyer_is_seen_at_the_desk(desk: Desk, open_page: OpenPage) -> None:
    desk_page = console(open_page, desk)
    phone = Phone(open_page, desk, "whatsapp", who=0)
    phone.page.locator("input[type=file]").set_input_files(
        {"name": "cup.png", "mimeType": "image/png", "buffer": picture()}
    )
    expect(phone.page.locator("#photo-shown img")).to_be_visible()
    words = phone.say()
    expect(phone.message(words).locator("img")).to_be_visible()
    open_row(desk_page, words)
    expect(bubble(desk_page, words).locator("img").first).to_be_visible()


def test_what_happens_to_answers_is_seen_at_the_desk(desk: Desk, open_page: OpenPage) -> None:
    desk_page = console(open_page, desk)
    phone = Phone(open_page, desk, "http")
    open_row(desk_page, phone.say())
    phone.line("off")
    expect(phone.page.get_by_text("Switched off")).to_be_visible()
    write(desk_page, "While it is off")
    becomes(desk_page, "While it is off", "sent")
    expect(phone.message("While it is off")).to_have_count(0)
    phone.page.get_by_role("button", name="Switch it on").click()
    expect(phone.message("While it is off")).to_be_visible()
    becomes(desk_page, "While it is off", "read")
    phone.line("fails")
    write(desk_page, "It cannot come")
    becomes(desk_page, "It cannot come", "failed")
    phone.line("works")
    expect(phone.message("It cannot come")).to_have_count(0)


def test_an_answer_of_a_provider_that_gets_lost_leaves_a_message_unknown(
    desk: Desk, open_page: OpenPage
) -> None:
    desk_page = console(open_page, desk)
    phone = Phone(open_page, desk, "telegram", who=-2)
    open_row(desk_page, phone.say())
    phone.line("lost")
    write(desk_page, "Did this arrive?")
    becomes(desk_page, "Did this arrive?", "unknown")
    expect(phone.message("Did this arrive?")).to_have_count(1)
    phone.line("works")


@pytest.mark.parametrize(
    ("app", "size", "scheme"),
    [
        *((app, "desktop", scheme) for app in sorted(TOLD) for scheme in ("light", "dark")),
        ("whatsapp", "tablet", "light"),
        ("wechat", "tablet", "dark"),
        ("wechat", "phone", "light"),
        ("email", "phone", "dark"),
    ],
)
def test_the_phone_looks_right(desk: Desk, open_page: OpenPage, app: str, size: str, scheme: str) -> None:
    phone = Phone(open_page, desk, app, who=1, size=size, scheme=scheme)
    page = phone.page
    expect(page.locator("#thread .message").first).to_be_visible()
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    assert_no_serious_axe_findings(page)
    shoot(page, f"phone-{app}-{size}-{scheme}")
    if size == "phone":
        page.locator(".set-up").click()
        expect(
            page.get_by_role("heading", name="Who you are").or_(page.locator("#who-title"))
        ).to_be_visible()
        assert_no_serious_axe_findings(page)
        page.keyboard.press("Escape")
        expect(page.locator(".set-up")).to_be_focused()


def test_the_phone_works_by_keyboard(desk: Desk, open_page: OpenPage) -> None:
    phone = Phone(open_page, desk, "sms")
    page = phone.page
    page.get_by_role("textbox").focus()
    page.keyboard.type("By hand alone")
    page.keyboard.press("Enter")
    expect(phone.message("By hand alone")).to_be_visible()
    expect(page.get_by_role("textbox")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Send")).to_be_focused()


def test_the_shop_and_the_login_lead_to_the_phone(desk: Desk, open_page: OpenPage) -> None:
    page = open_page(f"{desk.url}/accounts/login/")
    page.get_by_role("link", name="Write as a buyer").click()
    expect(page.locator("#phone")).to_be_visible()
    shop = open_page(f"{desk.url}/demo-shop/")
    expect(shop.get_by_role("link", name="Write from a phone")).to_have_attribute(
        "href", "/demo/phone/?store=demo"
    )
