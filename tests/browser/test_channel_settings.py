"""Connecting a channel in a real browser, to another system that answers."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import SIZES, Desk, OpenPage, assert_no_serious_axe_findings, shoot
from tests.inbox.channels.provider import Call, Provider, serve

ADMIN, SUPERVISOR = "admin@demo.test", "supervisor@demo.test"
KINDS = ("email", "sms", "whatsapp", "telegram", "wechat", "http")


@pytest.fixture(scope="module")
def app() -> Iterator[Provider]:
    def answer(call: Call) -> tuple[int, dict[str, str], bytes]:
        return 200, {"Content-Type": "application/json"}, json.dumps({"name": "Lamp app"}).encode()

    with serve(answer) as provider:
        yield provider


@pytest.fixture(scope="module")
def bridge(desk: Desk, app: Provider) -> str:
    """A channel to the app; returns the address of its page."""
    client = desk.agent(ADMIN)
    stores = client.get("/api/v1/stores/").json()
    given = {"store": stores[0]["key"], "kind": "http", "name": "Lamp bridge"}
    values = {"url": f"{app.url}/bridge", "secret": "a-secret-that-nobody-reads"}
    answer = client.post("/api/v1/channels/", json={**given, "values": values})
    assert answer.status_code == 201, answer.text
    return f"{desk.url}/settings/channels/{answer.json()['id']}/"


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_channel_is_connected_tested_switched_off_and_deleted(
    desk: Desk, open_page: OpenPage, app: Provider
):
    page = open_page(f"{desk.url}/settings/channels/", agent=ADMIN)
    page.get_by_role("link", name="Connect a channel").click()
    page.get_by_role("link", name="Connect Signed HTTP").click()

    page.get_by_label("Address for our messages").fill("not an address")
    page.get_by_role("button", name="Make one up").click()
    secret = page.get_by_label("Secret", exact=True)
    expect(secret).to_have_attribute("type", "text")
    expect(secret).to_have_value(re.compile("^[A-Za-z0-9]{32}$"))
    expect(page.get_by_role("button", name="Copy")).to_be_visible()
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_text("Enter a valid URL.")).to_be_visible()
    shoot(page, "channels-wrong")

    page.get_by_label("Name").fill("App of the lamps")
    page.get_by_label("Address for our messages").fill(f"{app.url}/bridge")
    page.get_by_role("button", name="Make one up").click()
    made_up = secret.input_value()
    app.faults = [401]
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("does not accept our signature")
    expect(page.get_by_text("Nobody has called it yet.")).to_be_visible()
    assert made_up not in page.content()
    shoot(page, "channels-refused")

    page.get_by_role("button", name="Test it").click()
    expect(page.get_by_text("we are let in as Lamp app")).to_be_visible()
    shoot(page, "channels-works")

    page.get_by_role("button", name="Switch off").click()
    page.locator("#confirm [data-yes]").click()
    expect(page.get_by_text("The channel is off.")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    page.locator("#confirm [data-yes]").click()
    expect(page.get_by_text("The channel is deleted.")).to_be_visible()
    expect(page.get_by_role("link", name="App of the lamps")).to_have_count(0)


@pytest.mark.parametrize(("size", "scheme"), [*((size, "light") for size in SIZES), ("desktop", "dark")])
def test_every_page_of_channels_fits_and_is_readable(
    desk: Desk, open_page: OpenPage, bridge: str, size: str, scheme: str
):
    context: BrowserContext | None = None
    pages = {"list": "/settings/channels/", "choose": "/settings/channels/new/", "bridge": bridge}
    pages |= {kind: f"/settings/channels/new/?kind={kind}" for kind in KINDS}
    for name, path in pages.items():
        url = path if path.startswith("http") else desk.url + path
        page = open_page(url, size=size, scheme=scheme, agent=ADMIN, context=context)
        context = page.context
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert fits(page), f"{name} is wider than the window"
        assert_no_serious_axe_findings(page)
        shoot(page, f"channels-{name}-{size}-{scheme}")
        page.close()


def test_a_long_form_shows_what_the_choice_asks_for(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/settings/channels/new/?kind=email", agent=ADMIN)
    expect(page.get_by_label("Incoming server (IMAP)")).to_be_visible()
    expect(page.get_by_label("API key")).to_be_hidden()

    page.get_by_label("Sent and received by").select_option("postmark")

    expect(page.get_by_label("Incoming server (IMAP)")).to_be_hidden()
    expect(page.get_by_label("API key")).to_be_visible()


def test_a_channel_is_tested_with_the_keyboard_alone(open_page: OpenPage, bridge: str):
    page = open_page(bridge, agent=ADMIN)
    button = page.get_by_role("button", name="Test it")
    for _ in range(60):
        page.keyboard.press("Tab")
        if button.evaluate("element => element === document.activeElement"):
            break
    assert button.evaluate("element => getComputedStyle(element).outlineStyle !== 'none'"), "focus is seen"
    page.keyboard.press("Enter")

    expect(page.get_by_text("we are let in as Lamp app")).to_be_visible()


def test_nobody_but_admins_finds_the_pages(desk: Desk, open_page: OpenPage, bridge: str):
    page = open_page(bridge, agent=SUPERVISOR, forgive=("404",))
    expect(page.get_by_text("Lamp bridge")).to_have_count(0)
    page.goto(f"{desk.url}/settings/")
    expect(page.locator(".settings-nav").get_by_role("link", name="Channels")).to_have_count(0)
