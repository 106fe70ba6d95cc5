"""Announcements in a browser: on top of every page at once, read when they were seen, written with a preview."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk, OpenPage, assert_no_serious_axe_findings, shoot

HERE = "/team/announcements/"
LOOKS = [("desktop", "light", "en"), ("tablet", "dark", "zh-CN"), ("phone", "light", "en")]
# Who writes, who reads, and in which team.
PEOPLE = {
    "en": ("supervisor@demo.test", "agent@demo.test", "Shop support"),
    "zh-CN": ("zhou@demo.test", "lin@demo.test", "茶器客服"),
}
LONG = "\n\n".join(["Nothing leaves **Portland** before Friday noon. Say so before somebody asks."] * 30)
READ = """
from team.models import AnnouncementReceipt
print(AnnouncementReceipt.objects.filter(announcement={pk!r}, agent__email={reader!r}).count())
"""
END = """
from django.utils import timezone
from team.models import Announcement
Announcement.objects.update(ended_at=timezone.now())
"""

Publish = Callable[..., str]


@pytest.fixture
def publish(desk: Desk) -> Iterator[Publish]:
    """Have a supervisor tell something to their team."""

    def publish(title: str, body: str = "Until Friday.", locale: str = "en", **more: Any) -> str:
        writer, _reader, name = PEOPLE[locale]
        supervisor = desk.agent(writer)
        teams = {team["name"]: team["id"] for team in supervisor.get("/api/v1/teams/").json()}
        told = {"title": title, "body": body, "teams": [teams[name]], **more}
        answer = supervisor.post("/api/v1/announcements/", json=told)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    yield publish
    desk.run(END)


def reads(desk: Desk, pk: str, reader: str = "agent@demo.test") -> int:
    return int(desk.run(READ.format(pk=pk, reader=reader)))


def bar(page: Page) -> Any:
    return page.locator("#announcement")


def connected(page: Page) -> None:
    expect(page.locator("[data-my-presence]").first).to_have_attribute("data-presence", "online")


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize(("size", "scheme", "locale"), LOOKS)
def test_what_must_be_confirmed_stays_on_every_page_until_it_is(
    desk: Desk, open_page: OpenPage, publish: Publish, size: str, scheme: str, locale: str
) -> None:
    pk = publish("Warehouse closed", LONG, locale, importance="confirm")
    reader = PEOPLE[locale][1]
    page = open_page(f"{desk.url}/inbox/", size=size, scheme=scheme, locale=locale, agent=reader)
    expect(bar(page)).to_contain_text("Warehouse closed")
    expect(bar(page).locator("[data-do=dismiss]")).to_be_hidden()
    shoot(page, f"announcement-inbox-{size}-{scheme}")
    assert fits(page)
    assert_no_serious_axe_findings(page)
    bar(page).locator("[data-do=open]").click()
    dialog = page.locator("#dialog")
    expect(dialog.locator(".prose")).to_be_visible()
    page.wait_for_timeout(1_500)
    assert reads(desk, pk, reader) == 0, "its end was not on the screen yet"
    shoot(page, f"announcement-dialog-{size}-{scheme}")
    assert_no_serious_axe_findings(page)
    confirm = dialog.locator("[data-announcement-confirm]")
    confirm.scroll_into_view_if_needed()
    expect(dialog.locator("[data-reading][data-unread]")).to_have_count(0)
    assert reads(desk, pk, reader) == 1
    expect(bar(page)).to_be_visible()
    confirm.click()
    expect(bar(page)).to_be_hidden()
    expect(dialog.locator("[data-confirmed]")).to_be_visible()
    page.reload()
    expect(bar(page)).to_be_hidden()


def test_it_comes_live_to_open_pages_and_leaves_the_others_when_one_has_read_it(
    desk: Desk, open_page: OpenPage, publish: Publish
) -> None:
    first = open_page(f"{desk.url}/orders/", agent="agent@demo.test")
    second = open_page(f"{desk.url}/inbox/", context=first.context)
    for page in (first, second):
        expect(bar(page)).to_be_hidden()
        connected(page)
    pk = publish("Tea is ready", "In the kitchen.")
    for page in (first, second):
        expect(bar(page)).to_contain_text("In the kitchen.")
        expect(page.locator(".rail-count[data-announcement-count]")).to_contain_text("1")
    bar(first).locator("[data-do=dismiss]").click()
    for page in (first, second):
        expect(bar(page)).to_be_hidden()
        expect(page.locator(".rail-count[data-announcement-count]")).to_be_hidden()
    assert reads(desk, pk) == 1


def test_nothing_moves_while_somebody_types(desk: Desk, open_page: OpenPage, publish: Publish) -> None:
    page = open_page(f"{desk.url}/inbox/", agent="agent@demo.test")
    search = page.locator("#search")
    search.press_sequentially("mug")
    publish("Tea is ready", "In the kitchen.")
    before = search.bounding_box()
    for _ in range(8):
        search.press_sequentially("s", delay=10)
        page.wait_for_timeout(300)
        assert search.bounding_box() == before
    expect(bar(page)).to_be_visible()  # once they have stopped
    expect(search).to_be_focused()


@pytest.mark.parametrize(("size", "scheme", "locale"), LOOKS)
def test_a_supervisor_writes_one_and_sees_who_reads_it(
    desk: Desk, open_page: OpenPage, publish: Publish, size: str, scheme: str, locale: str
) -> None:
    writer, reader, team = PEOPLE[locale]
    page = open_page(f"{desk.url}{HERE}new/", size=size, scheme=scheme, locale=locale, agent=writer)
    page.locator("#id_title").fill("Holiday deadlines")
    page.locator("#id_body").fill("Order by **14 December**.")
    expect(page.locator("#preview strong")).to_have_text("14 December")
    page.get_by_role("checkbox", name=team).check()
    expect(page.locator(".audience-count strong")).to_contain_text("2" if locale == "zh-CN" else "3")
    page.get_by_role("radio").nth(1).check()
    shoot(page, f"announcement-new-{size}-{scheme}")
    assert fits(page)
    assert_no_serious_axe_findings(page)
    page.locator("button[value=publish]").click()
    readers = page.locator("#readers")
    expect(readers.locator("progress")).to_have_attribute("value", "0")
    shoot(page, f"announcement-one-{size}-{scheme}")
    assert fits(page)
    assert_no_serious_axe_findings(page)
    pk = page.url.rstrip("/").rsplit("/", 1)[-1]
    answer = desk.agent(reader).post(f"/api/v1/announcements/{pk}/confirm/", json={"version": 1})
    assert answer.status_code == 200
    expect(readers.locator("progress")).to_have_attribute("value", "1")  # without a reload
    page.goto(f"{desk.url}{HERE}")
    expect(page.locator(".announcement-row").first).to_contain_text("Holiday deadlines")
    shoot(page, f"announcements-{size}-{scheme}")
    assert fits(page)
    assert_no_serious_axe_findings(page)


def test_what_is_scheduled_goes_out_by_itself_to_open_pages(
    desk: Desk, open_page: OpenPage, publish: Publish
) -> None:
    page = open_page(f"{desk.url}/orders/", agent="agent@demo.test")
    connected(page)
    soon = datetime.now(UTC) + timedelta(seconds=3)
    publish("On time", publish_at=soon.isoformat())
    expect(bar(page)).to_be_hidden()
    expect(bar(page)).to_contain_text("On time", timeout=15_000)
