"""Connecting a store in a real browser, to a shop that answers."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SIZES, Desk, OpenPage, assert_no_serious_axe_findings, shoot
from tests.orders.stores.woo import KEY, SECRET, WooCommerce

ADMIN, SUPERVISOR = "admin@demo.test", "supervisor@demo.test"


@pytest.fixture(scope="module")
def woo() -> Iterator[WooCommerce]:
    woo = WooCommerce()
    woo.new_order("7001", status="processing", paid=True)
    yield woo
    woo.close()


@pytest.fixture(scope="module")
def new_store(desk: Desk) -> str:
    """A store without a connection; returns the path of its connection's page."""
    client = desk.agent(ADMIN)
    form = {
        "name": "Northern Lamps",
        "key": "lamps",
        "color": "#2f6fed",
        "greeting": "Hello",
        "language": "en",
    }
    form |= {"time_zone": "Europe/Berlin", "currency": "USD", "country": "DE", "origins": ""}
    answer = client.post(
        "/settings/stores/new/", data=form | {"csrfmiddlewaretoken": client.cookies["csrftoken"]}
    )
    found = re.search(r"/settings/stores/[0-9a-f-]{36}/", str(answer.url))
    assert found, answer.text[:2000]
    return found[0] + "connection/"


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_store_is_connected_tested_and_caught_up_with(
    desk: Desk, open_page: OpenPage, new_store: str, woo: WooCommerce
):
    page = open_page(f"{desk.url}/settings/stores/", agent=ADMIN)
    expect(page.locator(".tile", has_text="Northern Lamps")).to_contain_text("Not connected")
    shoot(page, "connections-stores")
    page.get_by_role("link", name="Northern Lamps").click()
    expect(page.get_by_text("no orders are shown")).to_be_visible()
    page.get_by_role("link", name="Connect", exact=True).click()
    shoot(page, "connections-choose")
    page.get_by_role("link", name="Connect WooCommerce").click()

    page.get_by_label("Address of the shop").fill("not an address")
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_text("Enter a valid URL.")).to_be_visible()

    page.get_by_label("Address of the shop").fill(woo.url)
    page.get_by_label("Consumer key").fill(KEY)
    page.get_by_label("Consumer secret").fill("wrong")
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_role("alert")).to_contain_text("does not accept these credentials")
    shoot(page, "connections-refused")

    page.get_by_label("Consumer secret").fill(SECRET)
    page.get_by_role("button", name="Save and test").click()
    expect(page.get_by_text("It works")).to_be_visible()
    for secret in (KEY, SECRET):
        assert secret not in page.content()

    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_text("is being asked")).to_be_visible()
    for _ in range(40):
        page.goto(f"{desk.url}/orders/?q=7001")
        if page.get_by_text("7001").count():
            break
        page.wait_for_timeout(250)
    expect(page.get_by_text("7001").first).to_be_visible()


@pytest.mark.parametrize(("size", "scheme"), [*((size, "light") for size in SIZES), ("desktop", "dark")])
def test_the_page_of_a_connection_fits_and_is_readable(
    desk: Desk, open_page: OpenPage, new_store: str, woo: WooCommerce, size: str, scheme: str
):
    page = open_page(f"{desk.url}{new_store}", size=size, scheme=scheme, agent=ADMIN)
    expect(page.get_by_role("heading", name="WooCommerce")).to_be_visible()
    assert fits(page)
    assert_no_serious_axe_findings(page)
    shoot(page, f"connections-page-{size}-{scheme}")
    page.goto(f"{desk.url}{new_store}?kind=push")
    assert fits(page)
    assert_no_serious_axe_findings(page)
    shoot(page, f"connections-push-{size}-{scheme}")


def test_a_shop_of_ones_own_gets_a_key_that_is_shown_once(desk: Desk, open_page: OpenPage, new_store: str):
    page = open_page(f"{desk.url}{new_store}?kind=push", agent=ADMIN)
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_text("tells us by itself")).to_be_visible()
    page.get_by_role("button", name="Make", exact=True).first.click()
    key = page.locator("#issued-key")
    expect(key).to_have_text(re.compile("^push_[0-9a-f]{32}_"))
    token = key.inner_text()
    shoot(page, "connections-key")
    page.get_by_role("link", name="I have it").click()
    expect(page.get_by_text("Made", exact=True)).to_be_visible()
    assert token not in page.content()


def test_nobody_but_admins_finds_the_page(desk: Desk, open_page: OpenPage, new_store: str):
    page = open_page(f"{desk.url}{new_store}", agent=SUPERVISOR, forgive=("404",))
    expect(page.get_by_text("Test", exact=True)).to_have_count(0)
    assert "404" in page.content() or page.get_by_role("heading", name="Connection").count() == 0
