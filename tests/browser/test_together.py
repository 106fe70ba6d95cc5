"""Working together in the console: handing over with a note, merging, and one thing done to many."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk, OpenPage, assert_no_serious_axe_findings
from tests.browser.console_page import Buyer, away, bubble, open_row, row_of

AGENT = "agent@demo.test"
SIZES = ["desktop", "tablet", "phone"]


def toast(page: Page, words: str) -> Any:
    return page.locator(".toast", has_text=words).last


def colleague(page: Page, name: str) -> Any:
    return page.locator("#hand-dialog .together-item").filter(has_text=name)


def opened(desk: Desk, open_page: OpenPage, words: str, *, agent: str = AGENT, **more: Any) -> Page:
    page = open_page(f"{desk.url}/inbox/?view=all", agent=agent, **more)
    open_row(page, words)
    return page


def end(desk: Desk, words: str) -> None:
    """Resolve the conversation in which these words were said, so long ago that what comes next begins anew."""
    desk.run(f"""
from datetime import timedelta
from inbox.models import Conversation, Message
from inbox.services import resolve
from people.models import Agent
c = Message.objects.get(body={words!r}).conversation
resolve(agent=Agent.objects.get(email="admin@demo.test"), conversation_id=c.id)
c.refresh_from_db()
ago = timedelta(days=30)
Conversation.objects.filter(pk=c.pk).update(
    created_at=c.created_at - ago, last_at=c.last_at - ago, resolved_at=c.resolved_at - ago)
for m in Message.objects.filter(conversation=c):
    Message.objects.filter(pk=m.pk).update(created_at=m.created_at - ago)
""")


def test_a_conversation_is_handed_over_with_a_note(desk: Desk, open_page: OpenPage):
    words = Buyer(desk.url).say()
    page = opened(desk, open_page, words)
    page.keyboard.press("a")
    page.get_by_role("button", name="Hand over with a note …").click()
    dialog = page.get_by_role("dialog", name="Hand over")
    colleague(page, "Jonas Weber").click()
    expect(dialog.get_by_role("status")).to_contain_text("Jonas Weber")
    assert_no_serious_axe_findings(page)
    dialog.get_by_role("textbox", name="Note").fill("She wants the blue one")
    dialog.get_by_role("button", name="Hand over").click()
    expect(toast(page, "Handed over to Jonas Weber")).to_be_visible()
    expect(bubble(page, "She wants the blue one")).to_be_visible()
    expect(page.locator("#conversation-head")).to_contain_text("Jonas Weber")
    told = desk.run("""
from people.notice_models import Notice
n = Notice.objects.filter(agent__name="Jonas Weber", kind="assigned").order_by("-at").first()
print(n.params["said"])
""")
    assert told.strip() == "She wants the blue one"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("agent", [AGENT, "lin@demo.test"])
def test_the_dialogs_at_every_size(desk: Desk, open_page: OpenPage, size: str, agent: str):
    buyer = Buyer(desk.url, "demo-cn" if agent.startswith("lin") else "demo")
    earlier = buyer.say()
    end(desk, earlier)
    words = buyer.say()
    page = opened(desk, open_page, words, size=size, agent=agent)
    page.locator("#more-button").click()
    page.locator("#more-menu [data-hand-over]").click()
    expect(page.locator("#hand-dialog[data-state=ready]")).to_be_visible()
    assert_no_serious_axe_findings(page)
    page.keyboard.press("Escape")
    page.locator("#more-button").click()
    page.locator("#more-menu [data-merge]").click()
    expect(page.locator("#merge-dialog .together-item")).to_have_count(1)
    assert_no_serious_axe_findings(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_earlier_conversation_is_merged_and_separated_before_everybodys_eyes(
    desk: Desk, open_page: OpenPage
):
    buyer = Buyer(desk.url)
    earlier = buyer.say()
    end(desk, earlier)
    words = buyer.say()
    page = opened(desk, open_page, words)
    other = opened(desk, open_page, words, agent="supervisor@demo.test")
    page.locator("#more-button").click()
    page.get_by_role("button", name="Merge with an earlier conversation …").click()
    page.locator("#merge-dialog .together-item").click()
    page.get_by_role("dialog").get_by_role("button", name="Merge", exact=True).click()
    expect(toast(page, "They are one conversation now")).to_be_visible()
    for one in (page, other):
        expect(bubble(one, earlier)).to_be_visible()
        expect(bubble(one, words)).to_be_visible()
    assert [m["body"] for m in buyer.messages() if m["author"]["kind"] == "buyer"] == [earlier, words]
    assert_no_serious_axe_findings(page)
    emptied = desk.run(f"""
from inbox.models import Conversation, Message
print(Conversation.objects.get(merged_into=Message.objects.get(body={words!r}).conversation).pk)
""").strip()
    other.goto(f"{desk.url}/inbox/{emptied}/")
    expect(bubble(other, earlier)).to_be_visible()
    assert emptied not in other.url
    newest = buyer.say()
    page.locator("[data-separate]").click()
    expect(toast(page, "They are two conversations again")).to_be_visible()
    for one in (page, other):
        expect(bubble(one, earlier)).to_have_count(0)
        expect(bubble(one, newest)).to_be_visible()
        expect(one.locator("[data-separate]:visible")).to_have_count(0)
    away(page)
    again = buyer.say()
    expect(bubble(page, again)).to_be_visible()
    expect(row_of(page, again)).to_have_count(1)


def three(desk: Desk) -> list[str]:
    return [Buyer(desk.url).say() for _ in range(3)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("agent", [AGENT, "lin@demo.test"])
def test_the_bar_at_every_size(desk: Desk, open_page: OpenPage, size: str, agent: str):
    store = "demo-cn" if agent.startswith("lin") else "demo"
    words = [Buyer(desk.url, store).say() for _ in range(2)]
    page = open_page(f"{desk.url}/inbox/?view=all", size=size, agent=agent)
    page.locator("#select-button").click()
    for one in words:
        row_of(page, one).locator("a").click()
    expect(page.locator("#list [data-selected]")).to_have_count(2)
    expect(page.locator("#bulk-bar")).to_be_visible()
    assert_no_serious_axe_findings(page)
    page.locator("#bulk-assign").click()
    expect(page.locator("#assign-menu [role=option]").first).to_be_visible()
    assert_no_serious_axe_findings(page)
    page.keyboard.press("Escape")
    page.locator("[data-bulk-clear]").click()
    expect(page.locator("#bulk-bar")).to_be_hidden()
    row_of(page, words[0]).locator("a").click()
    expect(bubble(page, words[0])).to_be_visible()


def test_many_are_resolved_by_the_keyboard_and_taken_back(desk: Desk, open_page: OpenPage):
    words = three(desk)
    page = open_page(f"{desk.url}/inbox/?view=all", agent=AGENT)
    expect(row_of(page, words[0])).to_be_visible()
    for one in words:
        row_of(page, one).locator("a").focus()
        page.keyboard.press("x")
    expect(page.locator("#bulk-bar")).to_contain_text("3 selected")
    page.keyboard.press("e")
    expect(toast(page, "3 resolved.")).to_be_visible()
    expect(page.locator("#bulk-bar")).to_be_hidden()
    toast(page, "3 resolved.").get_by_role("button", name="Undo").click()
    expect(toast(page, "3 are as they were.")).to_be_visible()
    for one in words:
        expect(row_of(page, one).locator('[data-slot="resolved"]')).to_be_hidden()


def test_a_selection_stays_while_messages_come_and_ends_with_escape(desk: Desk, open_page: OpenPage):
    buyers = [Buyer(desk.url) for _ in range(3)]
    words = [buyer.say() for buyer in buyers]
    page = open_page(f"{desk.url}/inbox/?view=all", agent=AGENT)
    row_of(page, words[2]).locator(".conv-select").click()
    row_of(page, words[0]).locator("a").click(modifiers=["Shift"])
    expect(page.locator("#list [data-selected]")).to_have_count(3)
    away(page)
    newest = buyers[1].say()
    expect(row_of(page, newest)).to_have_attribute("data-selected", "")
    expect(page.locator("#bulk-bar")).to_contain_text("3 selected")
    page.keyboard.press("Escape")
    expect(page.locator("#list [data-selected]")).to_have_count(0)


def test_what_could_not_be_done_is_said(desk: Desk, open_page: OpenPage):
    words = three(desk)
    page = open_page(f"{desk.url}/inbox/?view=all", agent=AGENT)
    for one in words:
        row_of(page, one).locator("a").focus()
        page.keyboard.press("x")
    desk.run(f"""
from inbox.models import Message
from inbox.services import resolve
from people.models import Agent
c = Message.objects.get(body={words[0]!r}).conversation
resolve(agent=Agent.objects.get(email="admin@demo.test"), conversation_id=c.id)
""")
    page.keyboard.press("s")
    page.locator("#snooze-menu [data-until=hour]").click()
    expect(toast(page, "2 snoozed. 1 could not be: They are resolved.")).to_be_visible()


def test_many_are_assigned_and_tagged_by_the_menus(desk: Desk, open_page: OpenPage):
    words = three(desk)
    page = open_page(f"{desk.url}/inbox/?view=all", agent=AGENT)

    def select() -> None:
        for one in words:
            row_of(page, one).locator(".conv-select").click()

    select()
    page.locator("#bulk-assign").click()
    page.get_by_role("option", name="Me", exact=True).click()
    expect(toast(page, "3 assigned.")).to_be_visible()
    select()
    page.keyboard.press("t")
    page.get_by_role("combobox", name="Find or make a tag").fill("many at once")
    page.keyboard.press("Enter")
    expect(toast(page, "3 tagged.")).to_be_visible()
    for one in words:
        expect(row_of(page, one)).to_contain_text("many at once")


def test_so_many_are_not_resolved_without_a_question(desk: Desk, open_page: OpenPage):
    for _ in range(11):
        Buyer(desk.url).say()
    page = open_page(f"{desk.url}/inbox/?view=unassigned", agent=AGENT)
    expect(page.locator("#list [data-id]").nth(10)).to_be_visible()
    page.locator("#list [data-id] .conv-select").first.click()
    page.get_by_role("button", name="Select all").click()
    page.locator("#bulk-bar").get_by_role("button", name="Resolve").click()
    expect(page.get_by_role("alertdialog")).to_contain_text("conversations?")
    page.get_by_role("alertdialog").get_by_role("button", name="Cancel").click()
    expect(page.locator("#bulk-bar")).to_be_visible()
