"""Reviews in a real browser: found, answered so that the store hears of it, hidden and shown again."""

import re

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import SIZES, Desk, OpenPage, assert_no_serious_axe_findings, shoot
from tests.browser.test_orders import fits

AGENT = "agent@demo.test"


@pytest.mark.parametrize(("size", "scheme"), [*((size, "light") for size in SIZES), ("desktop", "dark")])
def test_every_page_fits_and_is_readable(desk: Desk, open_page: OpenPage, size: str, scheme: str):
    pages = {"reviews": "/orders/reviews/", "reviews-none": "/orders/reviews/?store=nowhere"}
    context: BrowserContext | None = None
    for name, path in pages.items():
        page = open_page(f"{desk.url}{path}", size=size, scheme=scheme, agent=AGENT, context=context)
        context = page.context
        assert fits(page), f"{name} is wider than the window"
        assert_no_serious_axe_findings(page)
        shoot(page, f"{name}-{size}-{scheme}")
        page.close()


def test_an_answer_reaches_the_store_and_the_row_says_so(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/orders/reviews/", agent=AGENT)
    page.get_by_text("Unanswered").click()
    expect(page).to_have_url(re.compile("show=unanswered"))
    row = page.locator(".review").first
    review = row.get_attribute("id")
    row.get_by_role("button", name="Answer").click()
    row = page.locator(f"#{review}")
    row.get_by_role("textbox").fill("Thank you, we are glad to hear it.")
    row.get_by_role("button", name="Answer").click()
    expect(row.locator(".review-reply")).to_contain_text("glad to hear it")
    # On its way, and then, by itself, at the store.
    expect(row.get_by_text("On its way to the store")).to_have_count(0, timeout=20_000)
    shoot(page, "reviews-answered")


def test_a_review_is_hidden_with_a_reason_and_shown_again(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/orders/reviews/?rating=4", agent=AGENT, forgive=("422",))
    review = page.locator(".review").nth(1).get_attribute("id")
    row = page.locator(f"#{review}")
    row.get_by_role("button", name="Hide").click()
    row.get_by_label("Why it is hidden").fill("Names a person")
    page.keyboard.press("Enter")
    expect(row).to_contain_text("Names a person")
    expect(row.get_by_text("Hidden", exact=True)).to_be_visible()
    row.get_by_role("button", name="Show again").click()
    expect(row.get_by_role("button", name="Hide")).to_be_visible()


def test_stars_and_store_narrow_the_list(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/orders/reviews/", agent=AGENT)
    page.get_by_label("Rating").select_option("1")
    expect(page.locator(".review .stars:not([data-rating='1'])")).to_have_count(0)
    expect(page).to_have_url(re.compile("rating=1"))
