"""What an agent writes in the console is never lost, never sent twice, and never goes where it should not."""

import json
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Console, Desk, OpenPage
from tests.browser.console_page import Buyer, Line, bubble, field, open_row, row_of, unsent, write

AGENT = "agent@demo.test"
COLLEAGUE = "priya@demo.test"


def opened(
    desk: Desk, open_page: OpenPage, buyer: Buyer, *, forgive: tuple[str, ...] = ()
) -> tuple[Page, Line]:
    """Return the console with the buyer's conversation open, on a line that can be cut."""
    page = open_page("about:blank", agent=AGENT, forgive=forgive)
    line = Line(page)
    page.goto(f"{desk.url}/inbox/?view=all")
    open_row(page, buyer.say())
    return page, line


def test_a_draft_survives_a_reload_and_waits_in_another_browser(desk: Desk, open_page: OpenPage):
    buyer = Buyer(desk.url)
    page, _ = opened(desk, open_page, buyer)
    field(page).fill("Half a thought")
    page.get_by_role("button", name="Private note").click()
    field(page).fill("Half a note")
    page.wait_for_event("response", lambda answer: "Half a note" in (answer.request.post_data or ""))

    page.reload()
    expect(field(page)).to_have_value("Half a note")
    elsewhere = open_page(page.url, agent=AGENT)
    expect(field(elsewhere)).to_have_value("Half a note")
    expect(elsewhere.locator("#composer")).to_have_attribute("data-mode", "note")

    page.get_by_role("button", name="Reply", exact=True).click()
    expect(field(page)).to_have_value("Half a thought")


def test_drafts_belong_to_their_conversation_and_show_in_the_list(desk: Desk, open_page: OpenPage):
    one, other = Buyer(desk.url), Buyer(desk.url)
    page, _ = opened(desk, open_page, one)
    field(page).fill("For the first one")
    words = other.say()
    open_row(page, words)
    expect(field(page)).to_have_value("")
    expect(row_of(page, "For the first one")).to_contain_text("Draft:")
    row_of(page, "For the first one").locator("a").click()
    expect(field(page)).to_have_value("For the first one")


def test_a_reply_to_what_has_changed_meanwhile_is_held_back(desk: Desk, open_page: OpenPage):
    buyer = Buyer(desk.url)
    page, line = opened(desk, open_page, buyer)
    line.loses = lambda frame: "message.created" in frame and "changed my mind" in frame
    buyer.say("Wait, I changed my mind")

    write(page, "Done as you asked")

    stuck = unsent(page)
    expect(stuck).to_have_attribute("data-unsent", "stale")
    expect(stuck).to_contain_text("Not sent: somebody wrote while you were typing.")
    expect(stuck).to_contain_text("Wait, I changed my mind")
    assert buyer.heard() == []
    stuck.get_by_role("button", name="Edit").click()
    expect(field(page)).to_have_value("Done as you asked")
    expect(stuck).to_have_count(0)
    write(page, "Then tell me what you want")
    expect(bubble(page, "tell me what you want")).to_be_visible()

    buyer.say("I changed my mind again")
    write(page, "Sent anyway")
    unsent(page).get_by_role("button", name="Send anyway").click()
    expect(bubble(page, "Sent anyway")).to_be_visible()
    assert buyer.heard() == ["Then tell me what you want", "Sent anyway"]


def test_what_is_written_without_a_line_goes_out_once(desk: Desk, open_page: OpenPage):
    buyer = Buyer(desk.url)
    page, line = opened(desk, open_page, buyer, forgive=("WebSocket", "ERR_FAILED", "Failed to load"))
    line.blocked = True
    page.route("**/api/v1/**", lambda route: route.abort())
    line.cut()

    write(page, "First into the queue")
    write(page, "Second into the queue")
    expect(unsent(page)).to_have_count(2)
    expect(page.locator("#connection")).to_contain_text("Connection lost")
    assert buyer.heard() == []

    # The page is loaded anew while there is still no way to the desk but for the page itself.
    page.reload()
    try_now = page.get_by_role("button", name="Try now")
    expect(try_now).to_be_visible()
    assert buyer.heard() == []
    page.unroute("**/api/v1/**")
    line.blocked = False
    try_now.click()

    expect(bubble(page, "Second into the queue")).to_be_visible(timeout=30_000)
    expect(unsent(page)).to_have_count(0)
    expect(page.locator("#connection")).to_be_hidden(timeout=30_000)
    assert buyer.heard() == ["First into the queue", "Second into the queue"]


def test_a_line_cut_between_sending_and_the_answer_sends_nothing_twice(desk: Desk, open_page: OpenPage):
    buyer = Buyer(desk.url)
    page, line = opened(desk, open_page, buyer)
    line.loses = lambda frame: '"ack"' in frame or "Only once" in frame
    write(page, "Only once, please")
    page.wait_for_timeout(400)
    line.loses = lambda frame: False
    line.cut()

    expect(bubble(page, "Only once")).to_be_visible()
    expect(unsent(page)).to_have_count(0)
    page.wait_for_timeout(500)
    assert buyer.heard() == ["Only once, please"]
    expect(page.locator("#timeline .msg").filter(has_text="Only once")).to_have_count(1)


def test_where_sockets_do_not_get_through_the_console_reads_over_http(desk: Desk, open_page: OpenPage):
    page = open_page("about:blank", agent=AGENT, forgive=("WebSocket",))
    Line(page).blocked = True
    page.goto(f"{desk.url}/inbox/?view=all")
    words = Buyer(desk.url).say()
    expect(page.locator("#connection")).to_contain_text("Checking every few seconds", timeout=30_000)
    expect(row_of(page, words)).to_be_visible(timeout=15_000)
    buyer = Buyer(desk.url)
    words = buyer.say()
    expect(row_of(page, words)).to_be_visible(timeout=15_000)
    open_row(page, words)
    write(page, "Over HTTP")
    expect(bubble(page, "Over HTTP")).to_be_visible(timeout=15_000)
    assert buyer.heard() == ["Over HTTP"]


def test_a_note_looks_unlike_a_reply_and_never_leaves(desk: Desk, open_page: OpenPage, console: Console):
    buyer = Buyer(desk.url)
    words = buyer.say()
    page = open_page(f"{desk.url}/inbox/?view=all", agent=COLLEAGUE)
    open_row(page, words)
    page.keyboard.press("n")
    expect(page.get_by_text("Only colleagues see this")).to_be_visible()
    page.keyboard.type("The buyer is a friend of @mia")
    expect(page.locator("#suggest")).to_contain_text("Mia Chen")
    page.keyboard.press("Enter")
    expect(field(page)).to_have_value("The buyer is a friend of @Mia Chen ")
    page.keyboard.press("Enter")

    note = bubble(page, "The buyer is a friend of")
    expect(note).to_have_attribute("data-note", "")
    expect(note).to_contain_text("Private note")
    expect(note.locator(".mention")).to_have_text("@Mia Chen")
    ground = "node => getComputedStyle(node).backgroundColor"
    write_reply(page, "A public answer")
    reply = bubble(page, "A public answer")
    assert note.locator(".bubble").evaluate(ground) != reply.locator(".bubble").evaluate(ground)
    expect(note.locator("[data-slot=mark]")).to_be_hidden()

    console.wait_for(lambda frame: frame["type"] == "mention")
    assert buyer.heard() == ["A public answer"]
    assert "friend of" not in json.dumps(buyer.messages())
    expect(row_of(page, "A public answer")).to_be_visible()  # the list shows the last public words


def write_reply(page: Page, words: str) -> None:
    page.get_by_role("button", name="Reply", exact=True).click()
    write(page, words)


def test_canned_replies_come_filled_in(desk: Desk, open_page: OpenPage):
    buyer = Buyer(desk.url)
    page, _ = opened(desk, open_page, buyer)
    page.locator("#timeline").focus()
    page.keyboard.press("/")
    expect(page.locator("#suggest [role=option]").first).to_be_visible()
    words = page.locator("#suggest [role=option] .canned-words").first.text_content()
    assert words
    assert "{{" not in words
    page.keyboard.press("Enter")
    expect(field(page)).to_have_value(words)
    expect(page.locator("#suggest")).to_be_hidden()


def test_enter_belongs_to_the_input_method_while_it_composes(desk: Desk, open_page: OpenPage):
    buyer = Buyer(desk.url)
    page, _ = opened(desk, open_page, buyer)
    field(page).fill("nihao")
    press = """(node, isComposing) => node.dispatchEvent(
        new KeyboardEvent('keydown', {key: 'Enter', isComposing, bubbles: true, cancelable: true}))"""
    field(page).evaluate(press, True)
    expect(field(page)).to_have_value("nihao")
    field(page).press("Shift+Enter")
    expect(field(page)).to_have_value("nihao\n")
    field(page).evaluate(press, False)
    expect(field(page)).to_have_value("")
    expect(bubble(page, "nihao")).to_be_visible()


def test_files_go_with_a_message_and_open_large(desk: Desk, open_page: OpenPage, tmp_path: Path):
    buyer = Buyer(desk.url)
    page, _ = opened(desk, open_page, buyer, forgive=("400",))
    picture, text, page_file = tmp_path / "box.png", tmp_path / "terms.txt", tmp_path / "evil.html"
    Image.new("RGB", (640, 400), "#3350d4").save(picture)
    text.write_text("Thirty days.")
    page_file.write_text("<script>alert(1)</script>")
    page.locator("#composer input[type=file]").set_input_files([picture, text, page_file])
    refused = page.locator(".upload[data-state=failed]")
    expect(refused).to_contain_text("evil.html")
    expect(page.locator(".upload[data-state=ready]")).to_have_count(2)
    refused.get_by_role("button", name="Remove the file").click()
    page.reload()
    expect(page.locator(".upload[data-state=ready]")).to_have_count(2)  # they are part of the draft
    write(page, "Here is the box")

    sent = bubble(page, "Here is the box")
    expect(sent.locator("img")).to_be_visible()
    expect(sent).to_contain_text("terms.txt")
    assert [file["name"] for file in buyer.messages()[-1]["attachments"]] == ["box.png", "terms.txt"]
    expect(page.locator(".upload")).to_have_count(0)
    sent.locator(".message-image").click()
    expect(page.locator("#lightbox img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#lightbox")).to_be_hidden()
    expect(sent.locator(".message-image")).to_be_focused()


def test_nothing_a_buyer_writes_is_markup(desk: Desk, open_page: OpenPage):
    buyer = Buyer(desk.url)
    words = (
        '<img src=x onerror="document.title=1"><b>bold</b> https://shop.example/a?b=<i> javascript:alert(1)'
    )
    buyer.say(words)
    page = open_page(f"{desk.url}/inbox/?view=all", agent=AGENT)
    open_row(page, "<b>bold</b>")
    said = bubble(page, "<b>bold</b>").locator(".bubble-text")
    expect(said).to_have_text(words)
    expect(said.locator("img, b")).to_have_count(0)
    assert said.locator("a").evaluate_all("links => links.map((link) => link.href)") == [
        "https://shop.example/a?b="
    ]
    assert said.locator("a").first.get_attribute("rel") == "noopener noreferrer nofollow ugc"
