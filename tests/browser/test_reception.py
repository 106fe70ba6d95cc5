"""Who gets conversations and when a store is open: the pages that set it, and what buyers and agents see of it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SIZES, Desk, OpenPage, assert_no_serious_axe_findings, shoot
from tests.browser.console_page import row_of
from tests.browser.test_settings import ADMIN, fits

NORA = "nora@demo.test"
# A store of this test's own, so that no other one meets its hours or its rules.
SET_UP = """
from inbox.services.setup import create_store
from people.models import Agent, Store, Team
admin = Agent.objects.get(email="admin@demo.test")
store = create_store(actor=admin, store=Store(key="corner", name="Corner Shop", time_zone="America/New_York"))
team = Team.objects.create(name="Corner desk")
team.stores.add(store)
team.agents.add(Agent.objects.create_user("nora@demo.test", "demo-demo-demo", name="Nora Lind"))
"""
LEAST_BUSY = """
from inbox.models import RoutingRule
from people.models import Store
store = Store.objects.get(key="corner")
RoutingRule.objects.update_or_create(store=store, team=None, defaults={"method": "least_busy", "capacity": %d})
"""
CLOSED = """
from datetime import timedelta
from django.utils import timezone
from inbox.models import StoreHours
from people.models import Store
store = Store.objects.get(key="corner")
today = timezone.now().astimezone(__import__("zoneinfo").ZoneInfo(store.time_zone)).weekday()
week = [[[540, 1080]] if day == (today + 2) %% 7 else [] for day in range(7)]
StoreHours.objects.update_or_create(store=store, defaults={"weekly": week, "away": {"en": %r}})
"""
FORGET = """
from inbox.models import Conversation, RoutingRule, StoreHours
from people.models import Agent
Conversation.objects.filter(store__key="corner").update(status="resolved")
RoutingRule.objects.filter(store__key="corner").delete()
StoreHours.objects.filter(store__key="corner").delete()
Agent.objects.filter(email="nora@demo.test").update(capacity=None)
"""


@pytest.fixture(scope="module")
def corner(desk: Desk) -> str:
    desk.manage("shell", "-c", SET_UP)
    return "corner"


@pytest.fixture
def rules_after(desk: Desk, corner: str) -> Iterator[None]:
    yield
    desk.manage("shell", "-c", FORGET)


@pytest.mark.parametrize(("size", "scheme"), [*((size, "light") for size in SIZES), ("desktop", "dark")])
@pytest.mark.parametrize("name", ["routing", "hours"])
def test_the_pages_fit_and_are_readable(
    desk: Desk, corner: str, open_page: OpenPage, name: str, size: str, scheme: str
) -> None:
    page = open_page(f"{desk.url}/settings/{name}/?store=demo", agent=ADMIN, size=size, scheme=scheme)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    if name == "hours":
        page.get_by_label("At these hours").check()
        page.get_by_role("button", name="Add a date").click()
        expect(page.get_by_label("Monday")).to_be_visible()
    assert fits(page)
    assert_no_serious_axe_findings(page)
    shoot(page, f"{name}-{size}-{scheme}")


def test_an_admin_sets_routing_with_the_keyboard(
    desk: Desk, corner: str, rules_after: None, open_page: OpenPage
) -> None:
    page = open_page(f"{desk.url}/settings/routing/?store={corner}", agent=ADMIN)
    page.get_by_label("By hand").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.get_by_label("Nora Lind: open conversations at most").fill("3")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The rules are saved.")).to_be_visible()
    expect(page.get_by_label("Least busy first")).to_be_checked()
    expect(page.get_by_label("Nora Lind: open conversations at most")).to_have_value("3")


def test_an_admin_sets_hours_and_is_told_of_what_is_none(
    desk: Desk, corner: str, rules_after: None, open_page: OpenPage
) -> None:
    page = open_page(f"{desk.url}/settings/hours/?store={corner}", agent=ADMIN)
    expect(page.get_by_label("Always")).to_be_checked()
    expect(page.get_by_label("Monday")).to_be_hidden()
    page.get_by_label("At these hours").check()
    page.get_by_label("Monday").fill("9 to 5")
    page.get_by_role("button", name="Add a date").click()
    page.get_by_label("Date", exact=True).fill("2031-12-25")
    page.get_by_label("Name", exact=True).fill("Christmas")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("is no time of day")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Christmas")
    page.get_by_label("Monday").fill("9-12, 13-17:30")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The hours are saved.")).to_be_visible()
    expect(page.get_by_label("Monday")).to_have_value("09:00–12:00, 13:00–17:30")
    expect(page.get_by_label("Date", exact=True)).to_have_value("2031-12-25")


@pytest.mark.parametrize("size", SIZES)
def test_the_widget_says_that_it_is_closed_and_when_it_opens(
    desk: Desk, corner: str, rules_after: None, open_page: OpenPage, size: str
) -> None:
    desk.manage("shell", "-c", CLOSED % "We are at the market. Write to us, we read it tonight.")
    console = desk.console(NORA)  # somebody is there, and the shop is closed all the same
    page = open_page(f"{desk.url}/widget/corner/", size=size, scheme="dark" if size == "tablet" else "light")
    expect(page.locator("#status-text")).to_have_text("We are closed right now.")
    expect(page.locator("#waiting")).to_contain_text("We are at the market.")
    expect(page.locator("#waiting")).to_contain_text("We open again")
    expect(page.locator("#lead")).to_be_visible()
    assert_no_serious_axe_findings(page)
    shoot(page, f"widget-closed-{size}")
    page.get_by_label("Message", exact=True).fill("Do you have it in blue?")
    page.get_by_role("button", name="Send message").click()
    expect(page.locator(".message", has_text="in blue")).to_be_visible()
    expect(page.locator("#waiting")).to_contain_text("We are at the market.")
    assert_no_serious_axe_findings(page)
    shoot(page, f"widget-closed-written-{size}")
    console.close()


def test_who_waits_sees_their_place_until_it_is_their_turn(
    desk: Desk, corner: str, rules_after: None, open_page: OpenPage
) -> None:
    """Two wait, one place frees: routing gives it to the first, and tells the second that they are next."""
    desk.manage("shell", "-c", LEAST_BUSY % 0)
    agent = open_page(f"{desk.url}/inbox/?view=all&store=corner", agent=NORA)
    expect(agent.locator("#list")).not_to_have_attribute("aria-busy", "true")
    first, second = (open_page(f"{desk.url}/widget/corner/", size=size) for size in ("desktop", "phone"))
    for number, page in enumerate((first, second), 1):
        expect(page.locator("#body")).to_be_visible()
        page.locator("#body").fill(f"Number {number}")
        page.locator("#body").press("Enter")
        expect(page.locator(".message", has_text=f"Number {number}")).to_be_visible()
        words = "You are next in line." if number == 1 else "You are number 2 in line."
        expect(page.locator("#waiting")).to_contain_text(words, timeout=20_000)
        assert_no_serious_axe_findings(page)
        shoot(page, f"widget-line-{number}")
    desk.manage("shell", "-c", LEAST_BUSY % 1)
    expect(first.locator("#title")).to_have_text("Nora Lind", timeout=20_000)
    expect(first.locator("#waiting")).to_be_hidden()
    expect(second.locator("#waiting")).to_contain_text("You are next in line.", timeout=20_000)
    row_of(agent, "Number 1").locator("a").click()
    expect(agent.locator("#timeline").get_by_text("Routed to Nora Lind: least busy")).to_be_visible()
    assert_no_serious_axe_findings(agent)
    shoot(agent, "routed-line")
