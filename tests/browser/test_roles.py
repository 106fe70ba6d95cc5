"""The page about roles: switched in place, told to whom it concerns, at every size and in both languages."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import SIZES, Desk, OpenPage, assert_no_serious_axe_findings, shoot

AS_SHIPPED = """
from people.models import Agent
from people.role_models import RoleAbility
RoleAbility.objects.all().delete()
Agent.objects.filter(email="admin@demo.test").update(language="en")
"""
IN_CHINESE = """
from people.models import Agent
Agent.objects.filter(email="admin@demo.test").update(language="zh-hans")
"""


@pytest.fixture(autouse=True)
def as_shipped(desk: Desk) -> Iterator[None]:
    yield
    desk.run(AS_SHIPPED)


def row(page: Page, words: str) -> Locator:
    return page.get_by_role("row").filter(has_text=words)


@pytest.mark.parametrize(("size", "scheme"), [*((size, "light") for size in SIZES), ("desktop", "dark")])
def test_an_admin_switches_an_ability_in_place(
    desk: Desk, open_page: OpenPage, size: str, scheme: str
) -> None:
    page = open_page(f"{desk.url}/settings/roles/", size=size, scheme=scheme, agent="admin@demo.test")
    expect(page.get_by_role("heading", name="Roles", exact=True)).to_be_visible()
    assert_no_serious_axe_findings(page)
    shoot(page, f"roles-{size}-{scheme}")
    switch = page.get_by_role("switch", name="Read everybody's actions · Agent")
    expect(switch).not_to_be_checked()
    switch.focus()
    at = switch.bounding_box()

    page.keyboard.press("Space")
    expect(switch).to_be_checked()
    expect(switch).to_be_focused()
    expect(page.locator("#role-agent")).to_contain_text("1 changed")
    expect(page.locator("#roles-said")).to_contain_text("Saved: Read everybody's actions, Agent")
    assert switch.bounding_box() == at, "nothing moves when the way back appears"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert_no_serious_axe_findings(page)
    switch.scroll_into_view_if_needed()
    shoot(page, f"roles-changed-{size}-{scheme}")

    page.get_by_role("button", name="Set back: Read everybody's actions · Agent").click()
    expect(switch).not_to_be_checked()
    expect(page.locator("#role-agent")).not_to_contain_text("changed")
    page.locator(".roles-part").first.scroll_into_view_if_needed()
    shoot(page, f"roles-limits-{size}-{scheme}")


@pytest.mark.parametrize("size", SIZES)
def test_it_reads_as_well_in_chinese(desk: Desk, open_page: OpenPage, size: str) -> None:
    desk.run(IN_CHINESE)
    page = open_page(f"{desk.url}/settings/roles/", size=size, agent="admin@demo.test")
    expect(page.get_by_role("heading", name="角色权限", exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert_no_serious_axe_findings(page)
    shoot(page, f"roles-zh-{size}")


def test_whom_it_concerns_hears_of_it_and_is_refused_at_once(desk: Desk, open_page: OpenPage) -> None:
    admin = open_page(f"{desk.url}/settings/roles/", agent="admin@demo.test")
    other = open_page(f"{desk.url}/settings/roles/", agent="admin@demo.test")
    theirs = open_page(f"{desk.url}/settings/roles/", agent="supervisor@demo.test")
    expect(theirs.get_by_role("switch")).to_have_count(0)
    expect(row(theirs, "Open the wallboard")).to_contain_text("yes")
    assert_no_serious_axe_findings(theirs)
    shoot(theirs, "roles-read")
    theirs.goto(f"{desk.url}/team/performance/")
    wall = theirs.get_by_role("link", name="Wallboard")
    expect(wall).to_be_visible()
    theirs.wait_for_timeout(500)  # its socket says hello

    admin.get_by_role("switch", name="Open the wallboard · Supervisor").click()

    expect(other.get_by_role("switch", name="Open the wallboard · Supervisor")).not_to_be_checked()
    expect(theirs.get_by_text("An admin changed what you may do here.")).to_be_visible()
    shoot(theirs, "roles-told")
    theirs.get_by_role("button", name="Load again").click()
    expect(theirs.get_by_role("link", name="My figures")).to_be_visible()
    expect(wall).to_have_count(0)


def test_who_has_a_role_is_one_click_away(desk: Desk, open_page: OpenPage) -> None:
    page = open_page(f"{desk.url}/settings/roles/", agent="admin@demo.test")
    page.locator("#role-supervisor").get_by_role("link").click()
    expect(page.get_by_role("heading", name="Agents", exact=True)).to_be_visible()
    expect(page.locator("tbody tr").first).to_contain_text("Supervisor")
    assert_no_serious_axe_findings(page)
    shoot(page, "roles-agents")
