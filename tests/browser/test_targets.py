"""By when buyers are answered: the page that sets it, and what lists and the head of a conversation show of it."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SIZES, Desk, OpenPage, assert_no_serious_axe_findings, shoot
from tests.browser.test_settings import ADMIN, fits

# A store of this test's own: an answer that is overdue, one that is due soon, one in time, and one without a target.
SET_UP = """
from datetime import timedelta
from django.utils import timezone
from inbox import due
from inbox.models import Channel, Conversation
from inbox.services.setup import create_store
from inbox.services.targets import Target, save_targets, settle_targets
from people.models import Agent, Buyer, Store
admin = Agent.objects.get(email="admin@demo.test")
Agent.objects.create_user(
    "wei@demo.test", "demo-demo-demo", name="Wei", role="admin", language="zh-hans", time_zone="Asia/Shanghai"
)
store = create_store(actor=admin, store=Store(key="clock", name="Clock Shop", time_zone="UTC"))
channel = Channel.objects.get(store=store)
now = timezone.now()
for name, minutes, priority in (("Late Lea", 90, 0), ("Soon Sam", 50, 0), ("Tim Time", 5, 0), ("Nora None", 80, 1)):
    buyer = Buyer.objects.create(store=store, name=name)
    since = now - timedelta(minutes=minutes)
    Conversation.objects.create(
        store=store, buyer=buyer, channel=channel, waiting_since=since, last_at=since, priority=priority,
        preview="Hello?", last_seq=0, inbound_count=1,
    )
save_targets(actor=admin, store=store, warn_percent=75, targets={0: Target(60, 60)})
settle_targets()
"""
ADMINS = {"en": ADMIN, "zh": "wei@demo.test"}
NAMES = ["Late Lea", "Soon Sam", "Tim Time", "Nora None"]


@pytest.fixture(scope="module")
def clock_shop(desk: Desk) -> str:
    desk.manage("shell", "-c", SET_UP)
    return "clock"


@pytest.mark.parametrize(("size", "scheme"), [*((size, "light") for size in SIZES), ("desktop", "dark")])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_fits_and_is_readable(
    desk: Desk, clock_shop: str, open_page: OpenPage, size: str, scheme: str, language: str
) -> None:
    page = open_page(
        f"{desk.url}/settings/targets/?store=demo", agent=ADMINS[language], size=size, scheme=scheme
    )
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert fits(page)
    assert_no_serious_axe_findings(page)
    shoot(page, f"targets-{size}-{scheme}-{language}")


def test_an_admin_sets_a_target_with_the_keyboard(desk: Desk, clock_shop: str, open_page: OpenPage) -> None:
    page = open_page(f"{desk.url}/settings/targets/?store={clock_shop}", agent=ADMIN)
    field = page.get_by_label("Low: first reply")
    field.fill("soon")
    field.press("Enter")
    expect(page.get_by_text("is no length of time")).to_be_visible()
    expect(field).to_have_value("soon")
    field.fill("26:30")
    field.press("Enter")
    expect(page.get_by_text("The targets are saved.")).to_be_visible()
    expect(page.get_by_label("Low: first reply")).to_have_value("26 h 30 min")


@pytest.mark.parametrize(("size", "scheme"), [*((size, "light") for size in SIZES), ("desktop", "dark")])
@pytest.mark.parametrize(
    ("language", "words"), [("en", ("overdue", "left", "left")), ("zh", ("超时", "剩", "剩"))]
)
def test_the_waiting_list_begins_with_what_is_due_first(
    desk: Desk,
    clock_shop: str,
    open_page: OpenPage,
    size: str,
    scheme: str,
    language: str,
    words: tuple[str, ...],
) -> None:
    page = open_page(
        f"{desk.url}/inbox/?view=waiting&store={clock_shop}",
        agent=ADMINS[language],
        size=size,
        scheme=scheme,
    )
    rows = page.locator("#list .conv-row")
    expect(rows).to_have_count(len(NAMES))
    for n, name in enumerate(NAMES):
        expect(rows.nth(n)).to_contain_text(name)
    for n, (state, word) in enumerate(zip(("overdue", "soon", "time"), words, strict=True)):
        badge = rows.nth(n).locator(".due")
        expect(badge).to_have_attribute("data-state", state)
        expect(badge).to_contain_text(word)
        expect(badge.locator(f".due-{state}")).to_be_visible()
    expect(rows.nth(3).locator(".due")).to_be_hidden()
    expect(rows.nth(3).locator(".conv-wait")).to_be_visible()
    assert fits(page)
    assert_no_serious_axe_findings(page)
    shoot(page, f"due-{size}-{scheme}-{language}")


def test_the_filter_shows_what_is_overdue(desk: Desk, clock_shop: str, open_page: OpenPage) -> None:
    page = open_page(f"{desk.url}/inbox/?view=all&store={clock_shop}", agent=ADMIN)
    rows = page.locator("#list .conv-row")
    expect(rows).to_have_count(len(NAMES))
    page.locator("#filter-button").click()
    page.locator("#filters [name=due]").select_option("overdue")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("Late Lea")
    page.keyboard.press("Escape")
    rows.first.locator("a").click()
    head = page.locator("#conversation-head .due")
    expect(head).to_have_attribute("data-state", "overdue")
    expect(head).to_have_attribute("title", page.locator("#list .due").first.get_attribute("title") or "")
