"""The console by keyboard alone, and what its controls do."""

import contextlib
import re

from playwright.sync_api import expect

from tests.browser.conftest import Desk, OpenPage
from tests.browser.console_page import Buyer, away, bubble, field, open_row, rows

AGENT = "agent@demo.test"


# What has the focus, and whether it shows: by an outline, or by the glow of the composer's box.
FOCUSED = """() => {
    const node = document.activeElement;
    const data = node.dataset;
    const name = node.id || data.slot || data.tab || data.view || node.getAttribute('aria-label')
        || node.textContent.trim().slice(0, 20);
    const glows = (element) => element && getComputedStyle(element).boxShadow !== 'none';
    const outlined = getComputedStyle(node).outlineStyle !== 'none';
    return [name, outlined || glows(node) || glows(node.closest('.composer-box'))];
}"""


def test_a_day_without_a_mouse(desk: Desk, open_page: OpenPage):
    buyer = Buyer(desk.url)
    words = buyer.say()
    page = open_page(f"{desk.url}/inbox/?view=all", agent=AGENT)
    expect(rows(page).first).to_contain_text(words)
    press = page.keyboard.press

    for key in ("j", "j", "k"):
        press(key)
    expect(rows(page).first.locator("a")).to_be_focused()
    press("Enter")
    expect(bubble(page, words)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/inbox/[0-9a-f-]{36}/"))

    press("r")
    expect(field(page)).to_be_focused()
    page.keyboard.type("By keyboard")
    press("Enter")
    expect(bubble(page, "By keyboard")).to_be_visible()
    press("Escape")
    expect(page.locator("#timeline")).to_be_focused()

    press("a")
    page.keyboard.type("Priya")
    press("Enter")
    expect(page.locator("#conversation-head [data-slot=assignee]")).to_contain_text("Priya Raman")
    expect(page.locator("#timeline")).to_be_focused()  # a menu gives the focus back

    press("t")
    page.keyboard.type("keyboard-made")
    press("Enter")
    expect(page.locator("#conversation-head [data-slot=tags]")).to_contain_text("keyboard-made")
    press("Escape")
    press("p")
    press("Enter")
    expect(page.locator("#conversation-head [data-slot=priority]")).to_contain_text("Urgent")

    press("s")
    expect(page.get_by_role("button", name=re.compile("In an hour"))).to_be_focused()
    press("Enter")
    status = page.locator("#conversation-head [data-slot=status]")
    expect(status).to_contain_text("Snoozed until")
    press("e")
    expect(status).to_be_hidden()
    press("e")
    expect(status).to_have_text("Resolved")

    press("n")
    page.keyboard.type("Written without a mouse")
    press("Enter")
    expect(bubble(page, "Written without a mouse")).to_have_attribute("data-note", "")
    press("Escape")
    press("?")
    expect(page.locator("#shortcuts")).to_be_visible()
    press("Escape")
    press("f")
    expect(page.locator("#search")).to_be_focused()


def test_every_control_is_reached_by_tab_and_shows_it(desk: Desk, open_page: OpenPage):
    buyer = Buyer(desk.url)
    page = open_page(f"{desk.url}/inbox/?view=all", agent=AGENT)
    open_row(page, buyer.say())
    page.evaluate("document.body.focus(); window.getSelection().removeAllRanges()")
    page.locator("#search").focus()
    seen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        here = page.evaluate(FOCUSED)
        seen.append(here)
        if here[0] == "panel-body":
            break
    names = [name for name, _ in seen]
    wanted = [
        "filter-button",
        "mine",
        "resolved",
        "link",
        "assignee",
        "Tags",
        "Priority",
        "snooze",
        "resolve",
        "timeline",
    ]
    wanted += ["composer-text", "Attach files", "Emoji", "panel-tab-orders", "panel-body"]
    assert [name for name in wanted if name not in names] == []
    assert names.count("link") == 1, "one row is in the Tab order, the arrows do the rest"
    assert [name for name, shown in seen if not shown] == []


def test_the_palette_finds_and_does(desk: Desk, open_page: OpenPage):
    Buyer(desk.url).say("My order is 100234")
    buyer = Buyer(desk.url)
    words = buyer.say("Where is my fountain pen, the emerald one?")
    page = open_page(f"{desk.url}/inbox/?view=all", agent=AGENT)
    expect(rows(page).first).to_contain_text(words)
    page.keyboard.press("Control+k")
    expect(page.locator("#palette input")).to_be_focused()
    hit = page.locator("#palette [role=option]", has_text="emerald").first
    for _ in range(10):  # new words are indexed within seconds
        page.locator("#palette input").fill("")
        page.keyboard.type("emerald")
        with contextlib.suppress(AssertionError):
            expect(hit).to_be_visible(timeout=2_000)
            break
    page.keyboard.press("Enter")
    expect(bubble(page, "emerald one")).to_be_visible()
    expect(page.locator("#palette")).to_be_hidden()

    page.keyboard.press("Control+k")
    page.keyboard.type("resolve")
    page.locator("#palette [role=option]", has_text=re.compile("^Resolve")).first.click()
    expect(page.locator("#conversation-head [data-slot=status]")).to_have_text("Resolved")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#conversation-head [data-slot=status]")).to_be_hidden()

    page.keyboard.press("Control+k")
    # A whole number means the order, also where somebody has written of it.
    page.keyboard.type("100234")
    expect(page.locator("#palette [role=option]").first).to_have_text(re.compile("^100234"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/orders/[0-9a-f-]{36}/"))


def test_views_and_filters_narrow_the_list_and_stay_in_the_address(desk: Desk, open_page: OpenPage):
    buyer = Buyer(desk.url)
    words = buyer.say()
    page = open_page(f"{desk.url}/inbox/?view=unassigned", agent=AGENT)
    expect(rows(page).first).to_contain_text(words)
    page.get_by_role("button", name="Filter").click()
    page.get_by_label("Store").select_option("demo-cn")
    page.keyboard.press("Escape")
    expect(page.locator("#filter-chips")).to_contain_text("山岚茶器")
    expect(rows(page).filter(has_text=words)).to_have_count(0)
    expect(page).to_have_url(re.compile("store=demo-cn"))
    page.reload()
    expect(page.locator("#filter-chips")).to_contain_text("山岚茶器")
    page.locator("#filter-chips button").click()
    expect(rows(page).first).to_contain_text(words)

    # Live rows obey the view: who takes it, takes it away from here.
    open_row(page, words)
    page.get_by_role("button", name="Take").click()
    expect(page.locator("#conversation-head [data-slot=assignee]")).to_contain_text("Me")
    rows(page).nth(1).locator("a").click()
    away(page)
    expect(rows(page).filter(has_text=words)).to_have_count(0)
    page.get_by_role("link", name=re.compile("^Mine")).click()
    expect(rows(page).filter(has_text=words)).to_have_count(1)


def test_older_messages_come_without_moving_what_is_read(desk: Desk, open_page: OpenPage):
    buyer = Buyer(desk.url)
    for number in range(120):
        buyer.say(f"Line {number} of a long story")
    page = open_page(f"{desk.url}/inbox/?view=all", agent=AGENT)
    open_row(page, "Line 119")
    timeline = page.locator("#timeline")
    messages = page.locator("#timeline .msg")
    expect(messages).to_have_count(50)
    timeline.evaluate("box => { box.scrollTop = 620 }")
    page.wait_for_timeout(100)
    anchor = messages.nth(10)
    words = anchor.locator(".bubble").inner_text()
    before = anchor.bounding_box()
    timeline.evaluate("box => { box.scrollTop = 560 }")
    expect(messages).to_have_count(100)
    after = bubble(page, words).bounding_box()
    assert before
    assert after
    assert abs(after["y"] - (before["y"] + 60)) < 3

    jump = page.locator("#jump")
    expect(jump).to_contain_text("Latest")
    buyer.say("And one more thing")
    expect(jump).to_contain_text("1 new")
    jump.click()
    expect(bubble(page, "And one more thing")).to_be_in_viewport()
    expect(jump).to_be_hidden()
