"""The log-in and the settings pages in a real browser."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import PASSWORD, SIZES, Desk, OpenPage, assert_no_serious_axe_findings, shoot

ADMIN, SUPERVISOR, AGENT = "admin@demo.test", "supervisor@demo.test", "agent@demo.test"
PAGES = {
    "log-in": ("", "/accounts/login/"),
    "forgotten": ("", "/accounts/password/reset/"),
    "profile": (AGENT, "/settings/"),
    "security": (AGENT, "/settings/security/"),
    "password": (AGENT, "/accounts/password/change/"),
    "canned": (SUPERVISOR, "/settings/canned/"),
    "tags": (SUPERVISOR, "/settings/tags/"),
    "agents": (ADMIN, "/settings/agents/"),
    "teams": (ADMIN, "/settings/teams/"),
    "stores": (ADMIN, "/settings/stores/"),
    "new-store": (ADMIN, "/settings/stores/new/"),
}


def fits(page: Page) -> bool:
    """True where nothing makes the page wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize(("size", "scheme"), [*((size, "light") for size in SIZES), ("desktop", "dark")])
def test_every_page_fits_and_is_readable(desk: Desk, open_page: OpenPage, size: str, scheme: str):
    contexts: dict[str, BrowserContext] = {}
    for name, (agent, path) in PAGES.items():
        page = open_page(
            f"{desk.url}{path}", size=size, scheme=scheme, agent=agent, context=contexts.get(agent)
        )
        contexts[agent] = page.context
        assert page.url == f"{desk.url}{path}"
        assert fits(page), f"{name} is wider than the window"
        assert_no_serious_axe_findings(page)
        shoot(page, f"settings-{name}-{size}-{scheme}")
        page.close()


@pytest.mark.parametrize("size", SIZES)
def test_one_logs_in_with_the_keyboard_alone(desk: Desk, open_page: OpenPage, size: str):
    page = open_page(f"{desk.url}/accounts/login/?next=/settings/", size=size)
    page.get_by_label("E-mail").focus()
    page.keyboard.type(AGENT)
    page.get_by_label("Password", exact=True).focus()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Profile")).to_be_visible()


def test_a_wrong_password_is_told_and_what_was_typed_can_be_looked_at(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/accounts/login/")
    page.get_by_label("E-mail").fill("nobody@demo.test")
    page.get_by_label("Password", exact=True).fill("not-this-one")
    page.get_by_role("button", name="Show the password").click()
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "text")
    page.get_by_role("button", name="Log in", exact=True).click()

    expect(page.get_by_role("alert")).to_be_visible()
    assert_no_serious_axe_findings(page)


def test_the_demo_lets_one_in_with_a_click(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/accounts/login/?next=/settings/security/")
    page.get_by_role("button", name="Supervisor").click()

    expect(page.get_by_text("This device")).to_be_visible()


def test_the_menu_changes_presence_theme_and_language_at_once(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/settings/security/", agent=AGENT)
    me = page.locator(".rail-me")

    me.click()
    page.get_by_role("button", name="Busy").click()
    expect(page.locator("[data-my-presence]")).to_have_attribute("data-presence", "busy")

    me.click()
    assert_no_serious_axe_findings(page)
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("[data-my-presence]")).to_have_attribute("data-presence", "busy")

    me.click()
    page.get_by_role("button", name="简体中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(page).to_have_url(re.compile("/settings/security/$"))

    me.click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    me.click()
    page.get_by_role("button", name="Online").click()
    expect(page.locator("[data-my-presence]")).to_have_attribute("data-presence", "online")


def test_the_keys_are_listed_on_a_question_mark_but_not_while_typing(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/settings/", agent=AGENT)
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")

    page.get_by_label("Name").press("?")
    expect(dialog).to_be_hidden()
    page.get_by_label("Name").blur()
    page.keyboard.press("?")
    expect(dialog).to_be_visible()
    assert_no_serious_axe_findings(page)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


@pytest.mark.parametrize("size", SIZES)
def test_a_tag_is_made_and_deleted_in_a_dialog(desk: Desk, open_page: OpenPage, size: str):
    page = open_page(f"{desk.url}/settings/tags/", size=size, agent=SUPERVISOR, forgive=("422",))
    page.get_by_role("button", name="New tag").click()
    dialog = page.get_by_role("dialog", name="New tag")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("This field is required.")).to_be_visible()
    assert_no_serious_axe_findings(page)

    dialog.get_by_label("Name").fill(f"of the test {size}")
    dialog.get_by_text("Teal").click()
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").get_by_text("The tag is saved.")).to_be_visible()

    page.get_by_role("button", name=f"Edit of the test {size}").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("Delete the tag")
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_be_hidden()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    question.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("The tag is deleted.")).to_be_visible()
    expect(page.get_by_text(f"of the test {size}", exact=True)).to_have_count(0)


def test_a_variable_goes_where_the_cursor_is(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/settings/canned/", agent=SUPERVISOR)
    page.get_by_role("button", name="New canned reply").click()
    text = page.get_by_label("Text")
    text.fill("Dear , hello")
    text.evaluate("field => field.setSelectionRange(5, 5)")
    page.get_by_role("button", name="The buyer's name").click()

    expect(text).to_have_value("Dear {{buyer.name}}, hello")


def test_an_agent_is_disabled_after_a_question_and_comes_back(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/settings/agents/", agent=ADMIN)
    page.get_by_role("button", name="Invite an agent").click()
    dialog = page.get_by_role("dialog", name="Invite an agent")
    dialog.get_by_label("Name").fill("Brief Visitor")
    dialog.get_by_label("E-mail").fill("brief@demo.test")
    dialog.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_text("The invitation is on its way to brief@demo.test.")).to_be_visible()

    row = page.get_by_role("row", name="Brief Visitor")
    expect(row.get_by_text("Invited")).to_be_visible()
    row.get_by_role("button", name="More about Brief Visitor").click()
    row.get_by_role("button", name="Disable").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Disable").click()
    expect(row.get_by_text("Disabled")).to_be_visible()
    row.get_by_role("button", name="More about Brief Visitor").click()
    row.get_by_role("button", name="Enable").click()
    expect(row.get_by_text("Invited")).to_be_visible()


def test_a_new_secret_is_shown_once(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/settings/stores/new/", agent=ADMIN)
    page.get_by_label("Name").fill("Shop of the test")
    page.get_by_label("Key", exact=True).fill("shop-of-the-test")
    page.get_by_label("Colour of the widget").fill("#aa3366")
    expect(page.locator("[data-color-input] rect")).to_have_attribute("fill", "#aa3366")
    page.get_by_role("button", name="Add the store").click()
    expect(page.locator("#snippet")).to_contain_text(f'{desk.url}/widget.js" data-store="shop-of-the-test"')

    page.get_by_role("button", name="Make a new one").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Make a new one").click()
    secret = page.locator("#secret")
    expect(secret).to_be_visible()
    assert_no_serious_axe_findings(page)
    text = secret.inner_text()
    page.get_by_role("button", name="I have it").click()
    page.reload()
    assert text not in page.content()


def test_a_session_ended_elsewhere_is_over(desk: Desk, open_page: OpenPage):
    there = open_page(f"{desk.url}/settings/security/", agent=AGENT)
    here = open_page(f"{desk.url}/settings/security/", agent=AGENT)
    here.get_by_role("button", name="Log out all others").click()
    here.get_by_role("alertdialog").get_by_role("button", name="Log them out").click()
    expect(here.get_by_text("All your other devices are logged out.")).to_be_visible()

    there.reload()
    expect(there).to_have_url(re.compile("/accounts/login/"))


def test_a_page_far_down_the_list_opens_at_its_top(desk, open_page):
    """The list of pages is longer than a tablet is high: it scrolls by itself, and not the page with it."""
    page = open_page(f"{desk.url}/settings/stores/", size="tablet", agent="admin@demo.test")
    here = page.locator(".settings-nav [aria-current]")
    expect(here).to_be_in_viewport()
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport()
    assert page.evaluate("document.getElementById('main').scrollTop") == 0
