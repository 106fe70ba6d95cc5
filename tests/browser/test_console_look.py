"""Each state of the console, at three sizes, in both languages and both colour schemes: whole, calm, accessible."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk, OpenPage, assert_no_serious_axe_findings, shoot
from tests.browser.console_page import Buyer, Line, bubble, rows

LOOKS = [
    ("desktop", "light", "agent@demo.test"),
    ("desktop", "dark", "chen@demo.test"),
    ("tablet", "light", "chen@demo.test"),
    ("tablet", "dark", "agent@demo.test"),
    ("phone", "light", "agent@demo.test"),
    ("phone", "dark", "chen@demo.test"),
]


def assert_fits(page: Page) -> None:
    """Nothing makes the page wider than its window."""
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize(("size", "scheme", "agent"), LOOKS)
def test_the_console_at_every_size(desk: Desk, open_page: OpenPage, size: str, scheme: str, agent: str):
    name = f"console-{size}-{scheme}-{'zh' if agent.startswith('chen') else 'en'}"
    page = open_page(f"{desk.url}/inbox/?view=all", size=size, scheme=scheme, agent=agent)
    expect(rows(page).first).to_be_visible()
    assert_fits(page)
    assert_no_serious_axe_findings(page)
    shoot(page, f"{name}-list")

    with_orders = rows(page).filter(has=page.locator("[data-slot=verified]:not([hidden])"))
    with_orders.nth(1).locator("a").click()
    expect(page.locator("#timeline .msg").first).to_be_visible()
    expect(page.locator("#panel-body")).not_to_have_attribute("aria-busy", "true")
    page.wait_for_timeout(300)
    assert_fits(page)
    assert_no_serious_axe_findings(page)
    shoot(page, name)

    page.keyboard.press("n")
    page.keyboard.type("@")
    assert_no_serious_axe_findings(page)
    shoot(page, f"{name}-note")
    page.keyboard.press("Escape")
    page.keyboard.press("Backspace")
    page.keyboard.press("Escape")
    if size == "desktop":
        return
    show = page.locator("#conversation-head [data-show-panel]")
    show.click()
    expect(page.locator("#panel")).to_be_in_viewport()
    page.wait_for_timeout(300)
    assert_no_serious_axe_findings(page)
    shoot(page, f"{name}-panel")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).not_to_be_in_viewport()
    expect(show).to_be_focused()


def test_on_a_phone_there_is_one_pane_at_a_time(desk: Desk, open_page: OpenPage):
    buyer = Buyer(desk.url)
    words = buyer.say()
    page = open_page(f"{desk.url}/inbox/?view=all", size="phone", agent="agent@demo.test")
    rows(page).first.locator("a").tap()
    expect(bubble(page, words)).to_be_visible()
    expect(rows(page).first).to_be_hidden()
    page.locator("#conversation-head [data-show-list]").tap()
    expect(rows(page).first).to_be_visible()
    expect(page.locator("#conversation-head")).to_be_hidden()
    page.go_back()
    expect(bubble(page, words)).to_be_visible()


@pytest.mark.parametrize("agent", ["agent@demo.test", "chen@demo.test"])
def test_menus_and_dialogs(desk: Desk, open_page: OpenPage, agent: str):
    language = "zh" if agent.startswith("chen") else "en"
    page = open_page(f"{desk.url}/inbox/?view=all", agent=agent)
    rows(page).first.locator("a").click()
    expect(page.locator("#timeline .msg").first).to_be_visible()
    for key, menu in [("a", "assign"), ("s", "snooze"), ("t", "tag"), ("p", "priority")]:
        page.keyboard.press(key)
        expect(page.locator(f"#{menu}-menu")).to_be_in_viewport(ratio=1)
        assert_no_serious_axe_findings(page)
        shoot(page, f"console-menu-{menu}-{language}")
        page.keyboard.press("Escape")
        expect(page.locator(f"#{menu}-menu")).to_be_hidden()
    for button, menu in [
        ("#filter-button", "filter"),
        (".rail-bell", "bell"),
        ("[popovertarget=emoji-menu]", "emoji"),
    ]:
        page.locator(button).click()
        expect(page.locator(f"#{menu}-menu")).to_be_in_viewport(ratio=1)
        assert_no_serious_axe_findings(page)
        shoot(page, f"console-menu-{menu}-{language}")
        page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette [role=option]").first).to_be_visible()
    assert_no_serious_axe_findings(page)
    shoot(page, f"console-palette-{language}")


def test_an_empty_list_and_a_broken_one_say_so(desk: Desk, open_page: OpenPage):
    page = open_page("about:blank", agent="agent@demo.test", forgive=("ERR_FAILED", "WebSocket"))
    Line(page).blocked = True  # a line that comes back would mend the list by itself
    page.goto(f"{desk.url}/inbox/?view=all&q=zzzznothing")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    assert_no_serious_axe_findings(page)
    page.route(re.compile(r"/api/v1/conversations/\?"), lambda route: route.abort())
    page.reload()
    expect(page.get_by_role("heading", name="The list could not be loaded")).to_be_visible()
    page.unroute(re.compile(r"/api/v1/conversations/\?"))
    page.locator("#list [data-retry]").click()
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()


def test_who_is_logged_out_is_led_to_the_door(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/inbox/", agent="jonas@demo.test")
    expect(rows(page).first).to_be_visible()
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    client = desk.agent("jonas@demo.test")
    client.cookies.update(cookies)
    client.post(
        "/accounts/logout/", data={"csrfmiddlewaretoken": cookies["csrftoken"]}, headers={"Referer": desk.url}
    )
    expect(page).to_have_url(re.compile("/accounts/login/"), timeout=20_000)
