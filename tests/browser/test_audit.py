"""The audit trail and personal data in a real browser: read, filtered, exported, erased, taken back."""

import re
import zipfile

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SIZES, Desk, OpenPage, assert_no_serious_axe_findings, shoot
from tests.browser.console_page import Buyer, open_row
from tests.browser.test_orders import fits

SUPERVISOR, ADMIN = "supervisor@demo.test", "admin@demo.test"
SLOW = 20_000  # ms: a job gathers it


@pytest.mark.parametrize(("size", "scheme"), [*((size, "light") for size in SIZES), ("desktop", "dark")])
def test_every_page_fits_and_is_readable(desk: Desk, open_page: OpenPage, size: str, scheme: str):
    buyer = desk.agent(ADMIN).get("/api/v1/conversations/?view=all").json()["results"][0]["buyer"]["id"]
    pages = {
        "trail": "/settings/audit/",
        "nothing": "/settings/audit/?number=no-such-order",
        "lists": "/settings/privacy/",
        "buyer": f"/settings/privacy/buyers/{buyer}/",
    }
    page = open_page(f"{desk.url}{pages['trail']}", agent=ADMIN, size=size, scheme=scheme)
    for name, path in pages.items():
        page.goto(f"{desk.url}{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert fits(page), name
        assert_no_serious_axe_findings(page)
        shoot(page, f"audit-{name}-{size}-{scheme}")


def test_the_trail_is_filtered_and_goes_on_below(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/settings/audit/", agent=SUPERVISOR)
    rows = page.locator(".audit-table tbody tr:not(.orders-more)")
    expect(rows).to_have_count(50)
    page.get_by_role("link", name="Show older entries").click()
    expect(rows).to_have_count(100)

    page.get_by_label("What happened").select_option("group:orders")
    expect(page).to_have_url(re.compile("what=group%3Aorders"))
    expect(rows.first).to_contain_text("Order")
    page.get_by_label("Order or conversation").fill("100234")
    expect(page).to_have_url(re.compile("number=100234"))
    expect(rows.first.get_by_role("link", name="Order 100234")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    assert download.value.suggested_filename.startswith("audit-")
    page.goto(f"{desk.url}/settings/audit/?number=no-such-order")
    expect(page.get_by_role("alert")).to_contain_text("no such order or conversation")


def test_a_buyer_s_data_is_exported_erased_and_taken_back(desk: Desk, open_page: OpenPage):
    console = open_page(f"{desk.url}/inbox/?view=all", agent=ADMIN)
    buyer = Buyer(desk.url)
    said = buyer.say()
    open_row(console, said)
    console.get_by_role("tab", name="Buyer").click()
    console.get_by_role("link", name="Export or erase personal data").click()
    page: Page = console
    name = str(page.get_by_role("heading", level=1).text_content())

    page.get_by_role("button", name="Gather everything").click()
    link = page.get_by_role("link", name="Download")
    expect(link).to_be_visible(timeout=SLOW)
    with page.expect_download() as download:
        link.click()
    assert said in zipfile.ZipFile(download.value.path()).read("data.json").decode()

    page.get_by_label("The buyer's name").fill("Somebody else")
    page.get_by_label("Reason").fill("Asked by mail")
    page.get_by_role("button", name="Erase this buyer").click()
    expect(page.locator(".field-error")).to_contain_text("not the buyer")
    page.get_by_label("The buyer's name").fill(name)
    page.get_by_role("button", name="Erase this buyer").click()
    expect(page.locator(".alert")).to_contain_text("will be erased")
    shoot(page, "audit-held")
    page.get_by_role("button", name="Take back").click()

    watching = open_page(f"{desk.url}/inbox/?view=all", agent=SUPERVISOR)
    open_row(watching, said)
    page.get_by_label("The buyer's name").fill(name)
    page.get_by_label("Reason").fill("Asked by mail")
    page.get_by_label("When").select_option("0")
    page.get_by_role("button", name="Erase this buyer").click()
    expect(watching.get_by_text(said)).to_have_count(0, timeout=SLOW)
    shoot(watching, "audit-console")
    page.reload()
    expect(page.get_by_role("heading", name="This buyer was erased")).to_be_visible()
    assert_no_serious_axe_findings(page)
    shoot(page, "audit-erased")
    assert buyer.http.get("messages").status_code == 401
