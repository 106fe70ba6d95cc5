"""The console while buyers write: what comes in is there at once, and nothing jumps."""

import re

from playwright.sync_api import APIResponse, Route, expect

from tests.browser.conftest import Console, Desk, OpenPage
from tests.browser.console_page import Buyer, Line, away, bubble, field, open_row, row_of, rows, write

AGENT = "agent@demo.test"


def test_a_buyers_message_comes_in_live_and_its_row_is_the_first(desk: Desk, open_page: OpenPage):
    desk.run(f"from people.models import Notice; Notice.objects.filter(agent__email={AGENT!r}).delete()")
    page = open_page(f"{desk.url}/inbox/?view=all", agent=AGENT)
    expect(rows(page).first).to_be_visible()
    away(page)

    words = Buyer(desk.url).say()

    expect(rows(page).first).to_contain_text(words)
    expect(rows(page).first.locator("[data-slot=unread]")).to_have_text("1")
    expect(page.locator("#bell-count")).to_have_text("1")
    expect(page).to_have_title(re.compile(r"^\(\d+\) Inbox"))

    open_row(page, words)
    expect(rows(page).first.locator("[data-slot=unread]")).to_be_hidden()
    expect(page.locator("#bell-count")).to_be_hidden()


def test_a_reply_reaches_the_buyer_and_tells_how_far_it_came(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/inbox/?view=all", agent=AGENT)
    buyer = Buyer(desk.url)
    open_row(page, buyer.say())

    write(page, "Hello! I am looking into it.")

    mark = bubble(page, "I am looking into it").locator("[data-slot=mark]")
    expect(mark).to_have_attribute("data-state", "sent")
    assert buyer.heard() == ["Hello! I am looking into it."]
    buyer.http.post("read", json={"received": buyer.messages()[-1]["seq"]})
    expect(mark).to_have_attribute("data-state", "delivered")
    buyer.read_all()
    expect(mark).to_have_attribute("data-state", "read")
    # Who answers has taken it.
    expect(page.locator("#conversation-head [data-slot=assignee]")).to_contain_text("Me")


def test_rows_stay_under_the_pointer_until_it_leaves(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/inbox/?view=all", agent=AGENT)
    third = rows(page).nth(2)
    under_pointer = third.get_attribute("data-id")
    third.hover()

    words = Buyer(desk.url).say()

    expect(page.locator("#list-new")).to_have_text("1 new")
    assert rows(page).nth(2).get_attribute("data-id") == under_pointer
    away(page)
    expect(rows(page).first).to_contain_text(words)
    expect(page.locator("#list-new")).to_be_hidden()


def test_a_list_that_was_scrolled_waits_for_its_reader(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/inbox/?view=resolved", agent=AGENT)
    expect(rows(page)).to_have_count(50)
    page.locator("#list").evaluate("list => { list.scrollTop = list.scrollHeight }")
    expect(rows(page).nth(60)).to_be_attached()

    page.goto(f"{desk.url}/inbox/?view=all")
    expect(rows(page).nth(20)).to_be_attached()
    page.locator("#list").evaluate("list => { list.scrollTop = 300 }")
    away(page)
    words = Buyer(desk.url).say()
    pill = page.locator("#list-new")
    expect(pill).to_be_visible()
    assert page.locator("#list").evaluate("list => list.scrollTop") == 300
    pill.click()
    expect(rows(page).first).to_contain_text(words)


def test_what_came_while_elsewhere_is_marked_as_new(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/inbox/?view=all", agent=AGENT)
    one, other = Buyer(desk.url), Buyer(desk.url)
    open_row(page, one.say("I have three questions"))
    expect(row_of(page, "I have three questions").locator("[data-slot=unread]")).to_be_hidden()
    open_row(page, other.say("I have none"))
    expect(row_of(page, "I have none").locator("[data-slot=unread]")).to_be_hidden()
    one.say("The first one")
    words = one.say("The second one")
    open_row(page, words)
    marked = page.locator("#timeline [data-fresh]")
    expect(marked).to_have_count(1)
    expect(marked).to_contain_text("The first one")
    expect(marked.get_by_text("New", exact=True)).to_be_visible()
    # What comes while one looks is not news.
    open_row(page, other.say("Or perhaps one"))
    expect(bubble(page, "Or perhaps one")).to_be_visible()
    other.say("No, none")
    expect(bubble(page, "No, none")).to_be_visible()
    expect(page.locator("#timeline [data-fresh]")).to_have_count(1)


def test_an_answer_that_was_under_way_while_one_read_makes_nothing_unread_again(
    desk: Desk, open_page: OpenPage
):
    words = Buyer(desk.url).say()
    page = open_page(f"{desk.url}/inbox/?view=all", agent=AGENT)
    late: list[tuple[Route, APIResponse]] = []
    details = re.compile(r"/api/v1/conversations/[0-9a-f-]{36}/$")
    page.route(details, lambda route: late.append((route, route.fetch())))
    open_row(page, words)
    unread = row_of(page, words).locator("[data-slot=unread]")
    expect(unread).to_be_hidden()
    [(route, said_before)] = late
    assert said_before.json()["inbound_seen"] == 0

    with page.expect_response(details):
        route.fulfill(response=said_before)
    expect(page.locator("#conversation-head [data-slot=assignee]")).to_be_visible()
    expect(unread).to_be_hidden()


def test_typing_and_colleagues_who_look_are_seen(desk: Desk, open_page: OpenPage, console: Console):
    page = open_page(f"{desk.url}/inbox/?view=all", agent="priya@demo.test")
    buyer = Buyer(desk.url)
    words = buyer.say()
    conversation = console.open(words)
    open_row(page, words)

    buyer.type()
    expect(page.locator("#timeline .typing")).to_be_visible()
    buyer.say("Never mind")
    expect(page.locator("#timeline .typing")).to_be_hidden()

    console.send("viewing", conversation=conversation, composing=False)
    viewers = page.locator("#conversation-head [data-slot=viewers]")
    expect(viewers).to_contain_text("Mia Chen is looking at this")
    console.send("viewing", conversation=conversation, composing=True)
    expect(viewers).to_contain_text("Mia Chen is writing")
    field(page).fill("So am")
    console.wait_for(
        lambda f: f["type"] == "viewing" and f["agent"]["name"] == "Priya Raman" and f["composing"]
    )
    console.send("unsubscribe", conversation=conversation)
    expect(viewers).to_be_hidden()


COUNT_ADDED = """() => {
    window.added = {timeline: 0, list: 0};
    for (const name of Object.keys(added)) {
        new MutationObserver((changes) => changes.forEach((change) => change.addedNodes.forEach((node) => {
            if (node.tagName === 'LI') added[name] += 1;
        }))).observe(document.getElementById(name), {subtree: true, childList: true});
    }
}"""


def test_a_message_costs_one_node_however_much_is_shown(desk: Desk, open_page: OpenPage):
    buyer = Buyer(desk.url)
    for number in range(60):
        buyer.say(f"Part {number} of it")
    page = open_page(f"{desk.url}/inbox/?view=all", agent=AGENT)
    open_row(page, "Part 59")
    open_row(page, Buyer(desk.url).say("Somebody else"))
    row_of(page, "Part 59").locator("a").click()
    expect(bubble(page, "Part 59")).to_be_visible()
    away(page)
    page.evaluate(COUNT_ADDED)
    buyer.say("And the end")
    expect(bubble(page, "And the end")).to_be_visible()
    expect(rows(page).first).to_contain_text("And the end")
    assert page.evaluate("added") == {"timeline": 1, "list": 1}


def test_a_frame_lost_on_the_way_is_noticed_and_asked_for(desk: Desk, open_page: OpenPage):
    page = open_page("about:blank", agent=AGENT)
    line = Line(page)
    page.goto(f"{desk.url}/inbox/?view=all")
    buyer = Buyer(desk.url)
    open_row(page, buyer.say())

    line.loses = lambda frame: "lost on the way" in frame
    buyer.say("This one is lost on the way")
    page.wait_for_timeout(300)
    line.loses = lambda frame: False

    # Nothing follows that would show the gap: the heartbeat does.
    expect(bubble(page, "lost on the way")).to_be_visible(timeout=15_000)


def test_switching_the_buyer_switches_the_orders(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/inbox/?view=resolved", agent=AGENT)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/panel/" in request.url else None)
    for place in range(3):
        row = rows(page).nth(place)
        row.locator("a").click()
        conversation = row.get_attribute("data-id")
        expect(page.locator("#panel-body [aria-busy]")).to_have_count(0)
        assert asked[-1].endswith(f"/inbox/{conversation}/panel/orders/")
    page.get_by_role("tab", name="Buyer").click()
    expect(page.get_by_role("tab", name="Buyer")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#panel-body")).not_to_have_attribute("aria-busy", "true")


def test_a_conversation_that_is_not_there_says_so(desk: Desk, open_page: OpenPage):
    nowhere = "01a1ffd2-0000-7000-8000-000000000000"
    page = open_page(f"{desk.url}/inbox/{nowhere}/", agent=AGENT, forgive=("404",))
    expect(page.get_by_text("This conversation is not here")).to_be_visible()
    expect(rows(page).first).to_be_visible()
    # Nor is one of a store that this agent does not serve.
    theirs = desk.agent("lin@demo.test").get("/api/v1/conversations/?view=all").json()["results"][0]["id"]
    page = open_page(f"{desk.url}/inbox/{theirs}/", agent="priya@demo.test", forgive=("404",))
    expect(page.get_by_text("This conversation is not here")).to_be_visible()
    expect(row_of(page, theirs)).to_have_count(0)
