"""Figures and the wallboard in a browser: at three sizes, light and dark, in both languages."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import assert_no_serious_axe_findings, shoot

SINCE = "period=month"
LOOKS = [("desktop", "light", "en"), ("tablet", "dark", "en"), ("phone", "light", "en")]


@pytest.mark.parametrize(("size", "scheme", "locale"), LOOKS)
def test_a_supervisor_reads_the_ranking_and_opens_a_number(desk, open_page, size, scheme, locale):
    page = open_page(
        f"{desk.url}/team/performance/?{SINCE}",
        size=size,
        scheme=scheme,
        locale=locale,
        agent="admin@demo.test",
    )
    expect(page.locator(".figures-table tbody tr").first).to_be_visible()
    shoot(page, f"performance-{size}-{scheme}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_no_serious_axe_findings(page)
    number = page.locator(".figures-table tbody tr").first.locator("a.figure").first
    text = number.inner_text().strip().rstrip("*")
    number.click()
    expect(page.locator("[data-came-to]")).to_have_text(text)
    shoot(page, f"performance-cases-{size}-{scheme}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_no_serious_axe_findings(page)


def test_an_agent_reads_their_own_figures(desk, open_page):
    page = open_page(f"{desk.url}/team/?", agent="agent@demo.test", scheme="dark")
    page.goto(f"{desk.url}/team/performance/me/?{SINCE}")
    expect(page.locator(".figure-card").first).to_be_visible()
    shoot(page, "performance-mine-dark")
    assert_no_serious_axe_findings(page)


@pytest.mark.parametrize("size", ["desktop", "tablet", "phone"])
def test_the_wall_shows_who_waits_and_hears_of_more(desk, open_page, size):
    page = open_page(f"{desk.url}/team/wall/", size=size, agent="admin@demo.test")
    waiting = page.locator('[data-name="waiting"] dd')
    expect(waiting).not_to_have_text("–")
    shoot(page, f"wall-{size}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_no_serious_axe_findings(page)
    if size == "desktop":  # one is enough
        page.locator("[data-look-switch]").click()
        shoot(page, "wall-light")
        assert_no_serious_axe_findings(page)
