"""A buyer with the widget in a shop of another origin, and an agent at the other end."""

import io
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import SIZES, Console, Desk, OpenPage, assert_no_serious_axe_findings, shoot
from tests.browser.widget_page import Widget, signed

pytestmark = pytest.mark.usefixtures("console")  # somebody is there to answer

# -- On the shop's page


def test_it_loads_and_stores_nothing_until_it_is_clicked(desk: Desk, shop: str, open_page: OpenPage) -> None:
    page = open_page("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(shop)
    widget = Widget(page)
    expect(widget.launcher).to_be_visible()
    page.wait_for_timeout(1500)
    ours = [url.removeprefix(desk.url) for url in asked if url.startswith(desk.url)]
    assert ours == ["/widget.js", "/widget/demo/launcher.json"]
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    assert page.context.cookies() == []
    assert page.locator("iframe").count() == 0
    widget.open()
    assert page.context.cookies() == []


def test_its_button_is_a_real_one_that_the_page_cannot_restyle(shop: str, open_page: OpenPage) -> None:
    """The shop's own styles hide buttons, fade frames and revert everything."""
    widget = Widget(open_page(shop))
    expect(widget.launcher).to_have_role("button")
    expect(widget.launcher).to_have_accessible_name("Open chat")
    box = widget.launcher.bounding_box()
    assert box is not None
    assert (round(box["width"]), round(box["height"])) == (60, 60)
    expect(widget.launcher).to_have_css("background-color", "rgb(47, 111, 94)")
    widget.open()
    expect(widget.page.locator("helpdesk-widget iframe")).to_have_css("opacity", "1")


def test_the_keyboard_opens_writes_and_closes_it(shop: str, open_page: OpenPage) -> None:
    page = open_page(shop)
    widget = Widget(page)
    widget.launcher.focus()
    page.keyboard.press("Enter")
    expect(widget.body).to_be_focused()
    page.keyboard.type("One line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("and another")
    page.keyboard.press("Enter")
    widget.expect_message("One line\nand another")
    expect(widget.body).to_have_value("")
    page.keyboard.press("Escape")
    expect(widget.launcher).to_be_focused()
    expect(widget.launcher).to_have_attribute("aria-expanded", "false")
    assert [len(widget.heard(name)) for name in ("ready", "open", "close")] == [1, 1, 1]


def test_enter_that_confirms_a_chinese_word_does_not_send(shop: str, open_page: OpenPage) -> None:
    widget = Widget(open_page(shop)).open()
    widget.body.focus()
    session = widget.page.context.new_cdp_session(widget.page)
    session.send("Input.imeSetComposition", {"text": "ni hao", "selectionStart": 6, "selectionEnd": 6})
    key = {"bubbles": True, "key": "Enter", "isComposing": True, "cancelable": True}
    widget.body.evaluate("(box, key) => box.dispatchEvent(new KeyboardEvent('keydown', key))", key)
    old = {"bubbles": True, "key": "Enter", "keyCode": 229, "cancelable": True}
    widget.body.evaluate("(box, key) => box.dispatchEvent(new KeyboardEvent('keydown', key))", old)
    session.send("Input.insertText", {"text": "你好"})
    expect(widget.body).to_have_value("你好")
    expect(widget.find(".message")).to_have_count(0)
    widget.body.press("Enter")
    widget.expect_message("你好")


def test_calls_from_before_it_loaded_are_kept(shop: str, open_page: OpenPage) -> None:
    page = open_page("about:blank")
    page.add_init_script("window.Helpdesk = function () { (Helpdesk.q = Helpdesk.q || []).push(arguments) }")
    page.add_init_script("Helpdesk('context', {product: 'Lamp'}); Helpdesk('open')")
    # The shop's page makes its own stub; what was queued in ours must not be lost by ours.
    page.goto(shop + "?keep")
    widget = Widget(page)
    page.evaluate("Helpdesk('open')")
    widget.ready()
    page.evaluate("Helpdesk('close')")
    expect(widget.launcher).to_have_attribute("aria-expanded", "false")


def test_only_our_own_frame_and_our_own_parent_are_believed(shop: str, open_page: OpenPage) -> None:
    page = open_page(shop)
    widget = Widget(page).open()
    widget.say("Still here")
    widget.expect_message("Still here")
    page.evaluate("window.postMessage({helpdesk: 'unread', count: 99}, '*')")
    page.evaluate("window.postMessage({helpdesk: 'gone'}, '*')")
    page.evaluate(
        """() => new Promise((resolve) => {
          const stranger = document.createElement("iframe");
          stranger.srcdoc = "<script>top.document.querySelector('helpdesk-widget').shadowRoot" +
            ".querySelector('iframe').contentWindow.postMessage({helpdesk: 'logout'}, '*')<\\/script>";
          stranger.onload = resolve;
          document.body.append(stranger);
        })"""
    )
    page.wait_for_timeout(500)
    widget.expect_message("Still here")
    assert widget.heard("unread") == []


# -- Talking


def test_both_sides_see_words_typing_and_receipts(shop: str, open_page: OpenPage, console: Console) -> None:
    widget = Widget(open_page(shop)).open()
    widget.body.press_sequentially("Where is my parcel?")
    widget.body.press("Enter")
    conversation = console.open("Where is my parcel?")
    expect(widget.message("Where is my parcel?").locator(".state")).to_have_text("Delivered")

    console.send("read", conversation=conversation, seq=1)
    expect(widget.message("Where is my parcel?").locator(".state")).to_have_text("Read")
    console.send("typing", conversation=conversation)
    expect(widget.find("#typing")).to_be_visible()
    widget.body.press_sequentially("and")
    console.wait_for(lambda f: f["type"] == "typing" and f["author"]["kind"] == "buyer")

    note = console.say(conversation, "internal: ask the carrier", private=True)
    reply = console.say(conversation, "On its way!")
    widget.expect_message("On its way!")
    expect(widget.find("#typing")).to_be_hidden()
    expect(widget.find("#log")).not_to_contain_text("internal")
    assert note != reply
    console.wait_for(lambda f: f["type"] == "delivery.upto" and f["state"] == "read")
    assert [message["body"] for message in widget.heard("message")] == ["On its way!"]


def test_a_closed_panel_tells_of_new_messages_also_on_the_next_page(
    shop: str, open_page: OpenPage, console: Console
) -> None:
    page = open_page(shop)
    widget = Widget(page).open()
    widget.say("Hello from a closed panel")
    conversation = console.open("Hello from a closed panel")
    widget.expect_message("Hello from a closed panel")
    widget.launcher.click()
    console.say(conversation, "An answer meanwhile")
    badge = page.locator("helpdesk-widget .badge")
    expect(badge).to_have_text("1")
    expect(page.locator("helpdesk-widget .teaser")).to_contain_text("An answer meanwhile")
    expect(widget.launcher).to_have_accessible_name("Open chat, unread messages: 1")
    shoot(page, "widget-teaser")
    page.reload()
    expect(badge).to_have_text("1")
    widget.open()
    expect(badge).to_be_hidden()
    widget.expect_message("An answer meanwhile")
    assert widget.heard("unread")[-1] == 0


def test_messages_of_a_long_conversation_are_loaded_page_by_page(shop: str, open_page: OpenPage) -> None:
    widget = Widget(open_page(shop)).open()
    for n in range(36):
        widget.say(f"Line {n};")
    expect(widget.message("Line 35;").locator(".state")).to_have_text("Delivered", timeout=30_000)
    widget.page.reload()
    widget.expect_message("Line 35;")
    expect(widget.find(".message")).to_have_count(30)
    widget.find("#older").click()
    expect(widget.find(".message")).to_have_count(36)
    expect(widget.find("#older")).to_be_hidden()
    texts = widget.find(".message .bubble").all_text_contents()
    assert texts == [f"Line {n};" for n in range(36)]


def test_a_file_is_uploaded_shown_and_refused_when_it_may_not_be_sent(
    shop: str, open_page: OpenPage, console: Console
) -> None:
    widget = Widget(open_page(shop, forgive=("400 (Bad Request)",))).open()
    widget.find("#file").set_input_files({"name": "lamp.png", "mimeType": "image/png", "buffer": picture()})
    expect(widget.find(".upload.done")).to_have_count(1)
    widget.say("This lamp")
    expect(widget.find(".image.there img")).to_have_attribute("alt", "lamp.png")
    conversation = console.open("This lamp")
    message = console.wait_for(lambda f: f["type"] == "message.created" and bool(f["message"]["attachments"]))
    assert message["message"]["conversation"] == conversation
    widget.page.reload()
    expect(widget.find(".image.there img")).to_have_count(1)
    widget.find(".image").click()
    expect(widget.find("#viewer")).to_be_visible()
    widget.page.keyboard.press("Escape")
    expect(widget.find("#viewer")).to_be_hidden()
    expect(widget.launcher).to_have_attribute("aria-expanded", "true")

    error = widget.find("#composer-error")
    svg = b"<svg onload='alert(1)'/>"
    widget.find("#file").set_input_files({"name": "x.svg", "mimeType": "image/svg+xml", "buffer": svg})
    expect(error).to_have_text("x.svg is of a type that cannot be sent.")
    widget.find("#file").set_input_files(
        {"name": "film.mp4", "mimeType": "video/mp4", "buffer": b"x" * (11 * 1024 * 1024)}
    )
    expect(error).to_contain_text("film.mp4 is larger than")
    expect(widget.find(".upload")).to_have_count(0)


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (320, 200), "#2f6f5e").save(file, "PNG")
    return file.getvalue()


def test_a_file_is_taken_from_the_clipboard_and_by_dropping_it(shop: str, open_page: OpenPage) -> None:
    widget = Widget(open_page(shop)).open()
    put = """(box, kind) => {
      const data = new DataTransfer();
      data.items.add(new File(["some words"], kind + ".txt", {type: "text/plain"}));
      box.dispatchEvent(kind === "paste"
        ? new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true})
        : new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true}));
    }"""
    widget.body.evaluate(put, "paste")
    expect(widget.find(".upload.done")).to_have_count(1)
    widget.body.evaluate(put, "dragenter")
    expect(widget.find("#drop")).to_be_visible()
    widget.body.evaluate(put, "drop")
    expect(widget.find("#drop")).to_be_hidden()
    expect(widget.find(".upload.done")).to_have_count(2)
    widget.find(".upload button").first.click()
    expect(widget.find(".upload")).to_have_count(1)
    widget.find("#send").click()
    expect(widget.find(".file")).to_have_count(1)
    expect(widget.find(".file-name")).to_have_text("drop.txt")
    with widget.page.expect_download() as download:
        widget.find(".file").click()
    assert download.value.suggested_filename == "drop.txt"


def test_an_emoji_goes_where_the_cursor_is(shop: str, open_page: OpenPage) -> None:
    widget = Widget(open_page(shop)).open()
    widget.body.fill("ab")
    widget.body.press("ArrowLeft")
    widget.find("#emoji-toggle").click()
    widget.page.keyboard.press("ArrowDown")
    widget.page.keyboard.press("ArrowRight")
    widget.page.keyboard.press("Enter")
    assert len(widget.body.input_value()) > 2
    assert widget.body.input_value()[0] + widget.body.input_value()[-1] == "ab"
    widget.find("#emoji-toggle").click()
    widget.page.keyboard.press("Escape")
    expect(widget.find("#emoji")).to_be_hidden()
    expect(widget.launcher).to_have_attribute("aria-expanded", "true")


# -- Who one is


def test_a_vouched_buyer_sees_their_orders_until_they_log_out(
    shop: str, open_page: OpenPage, console: Console
) -> None:
    page = open_page(shop)
    widget = Widget(page).open()
    expect(widget.find("#tab-orders")).to_be_hidden()
    widget.say("As a stranger I said this")
    widget.expect_message("As a stranger I said this")
    widget.call("identify", {"token": signed("90210", name="Robin Field")})
    expect(widget.find("#tab-orders")).to_be_visible()
    widget.expect_message("As a stranger I said this")
    widget.call("identify", {"token": signed("1001", name="Emma Larsen")})
    widget.find("#tab-orders").click()
    order = widget.find("#orders .order").filter(has_text="100234")
    expect(order).to_contain_text("Unpaid")
    order.get_by_role("button", name="Ask about this order").click()
    expect(widget.body).to_have_value("About order 100234: ")
    expect(widget.message("As a stranger I said this")).to_have_count(0)  # that was Robin's
    widget.call("logout")
    expect(page.locator("helpdesk-widget iframe")).to_have_count(0)
    assert page.evaluate("localStorage.length") == 0
    widget.open()
    expect(widget.find("#tab-orders")).to_be_hidden()
    expect(widget.find(".message")).to_have_count(0)


def test_a_forged_token_leaves_the_visitor_anonymous(shop: str, open_page: OpenPage) -> None:
    page = open_page(shop, forgive=("400 (Bad Request)",))
    warned: list[str] = []
    page.on("console", lambda message: warned.append(message.text) if message.type == "warning" else None)
    widget = Widget(page)
    expect(widget.launcher).to_be_visible()
    widget.call("identify", {"token": signed("1001")[:-3] + "abc"})
    widget.open()
    expect(widget.find("#tab-orders")).to_be_hidden()
    widget.say("Who am I?")
    widget.expect_message("Who am I?")
    assert any("identity token" in text for text in warned)


def test_markup_in_any_field_is_only_text(shop: str, open_page: OpenPage, console: Console) -> None:
    evil = "<script>window.pwned=1</script><img src=x onerror='window.pwned=1'>"
    page = open_page(shop)
    page.on("dialog", lambda dialog: pytest.fail("a script ran"))
    widget = Widget(page)
    expect(widget.launcher).to_be_visible()
    widget.call("identify", {"token": signed("666-" + console.client.cookies["csrftoken"][:6], name=evil)})
    widget.call("context", {"title": evil, "product": {"name": evil}})
    widget.open()
    widget.say(evil + " javascript:alert(1) https://x.test/'onmouseover='alert(1)")
    heard = console.wait_for(lambda f: "javascript:" in str(f.get("summary", {}).get("preview")))
    conversation = console.open(heard["summary"]["preview"])
    console.say(conversation, "agent " + evil)
    widget.expect_message("agent <script>")
    widget.find("#file").set_input_files(
        {"name": "<img src=x onerror=alert(1)>.txt", "mimeType": "text/plain", "buffer": b"words"}
    )
    expect(widget.find(".upload.done")).to_have_count(1)
    widget.find("#send").click()
    expect(widget.find(".file")).to_have_count(1)
    page.wait_for_timeout(300)
    frame = next(frame for frame in page.frames if "/widget/" in frame.url)
    for where in (frame, page):
        assert where.evaluate("window.pwned") is None
    assert frame.evaluate("document.querySelectorAll('#log script, #log img').length") == 0
    [link] = frame.query_selector_all("#log a")
    assert link.evaluate("(a) => [a.protocol, a.target, a.onmouseover]") == ["https:", "_blank", None]
    assert "noopener" in str(link.get_attribute("rel"))


def test_a_waived_shipping_fee_changes_on_the_card_before_the_buyers_eyes(
    shop: str, open_page: OpenPage, console: Console
) -> None:
    widget = Widget(open_page(f"{shop}?store=demo-cn&lang=en"))
    expect(widget.launcher).to_be_visible()
    widget.call("identify", {"token": signed("2001", name="林若溪")})
    widget.open()
    widget.say("Could you waive the shipping?")
    conversation = console.open("Could you waive the shipping?")
    buyer = console.client.get(f"/api/v1/conversations/{conversation}/").json()["buyer"]["id"]
    orders = console.client.get(f"/api/v1/orders/?buyer={buyer}&status=unpaid").json()["results"]
    order = next(order for order in orders if order["shipping_fee"]["amount"])
    console.do(conversation, "cards", kind="order", ref=order["id"], client_id="card-" + order["number"])
    card = widget.find(".message .order")
    expect(card).to_contain_text(f"Order {order['number']}")
    expect(card.locator("s")).to_have_count(0)
    answer = console.client.post(
        f"/api/v1/orders/{order['id']}/actions/",
        json={"kind": "change_shipping_fee", "params": {"shipping_fee": 0}, "conversation": conversation},
        headers={"Idempotency-Key": "waive-" + order["number"]},
    )
    assert answer.is_success, answer.text
    expect(card.locator(".sums dd").first).to_contain_text("Free", timeout=30_000)
    expect(card.locator("s").first).to_be_visible()
    expect(widget.find(".line").last).to_contain_text("shipping is free now")
    shoot(widget.page, "widget-fee-waived")


# -- The end, and when nobody is there


def test_a_closed_conversation_is_rated_and_goes_on_when_the_buyer_writes(
    shop: str, open_page: OpenPage, console: Console
) -> None:
    widget = Widget(open_page(shop)).open()
    widget.say("Please close this one")
    conversation = console.open("Please close this one")
    expect(widget.find("#rating")).to_be_hidden()
    console.do(conversation, "resolve")
    expect(widget.find("#rating")).to_be_visible()
    expect(widget.find(".line")).to_contain_text("closed the conversation")
    widget.find("#rating").get_by_role("radio", name="Good", exact=True).check(force=True)
    widget.find("#rating-comment").fill("Quick!")
    widget.find("#rating").get_by_role("button", name="Send rating").click()
    expect(widget.find("#rating-thanks")).to_be_visible()
    heard = console.wait_for(lambda f: f.get("summary", {}).get("rating") == 4)
    assert heard["summary"]["id"] == conversation
    widget.page.reload()
    expect(widget.find("#rating input[value='4']")).to_be_checked()
    widget.say("One more thing")
    expect(widget.find("#rating")).to_be_hidden()


def test_when_nobody_is_there_a_message_and_an_address_are_left(
    shop: str, open_page: OpenPage, console: Console
) -> None:
    console.send("presence", state="away")
    console.wait_for(lambda f: f["type"] == "presence" and f["state"] == "away")
    try:
        widget = Widget(open_page(shop)).open()
        lead = widget.find("#lead")
        expect(lead).to_be_visible()
        expect(widget.find("#composer")).to_be_hidden()
        assert_no_serious_axe_findings(panel_of(widget))
        lead.get_by_label("Your name").fill("Noor Haddad")
        lead.get_by_label("E-mail address").fill("noor@example.com")
        lead.get_by_label("Message").fill("Do you ship to Norway?")
        lead.get_by_role("button", name="Send message").click()
        widget.expect_message("Do you ship to Norway?")
        expect(lead).to_be_hidden()
        expect(widget.find("#composer")).to_be_visible()
    finally:
        console.send("presence", state="online")
    conversation = console.open("Do you ship to Norway?")
    named = console.wait_for(lambda f: f.get("summary", {}).get("buyer", {}).get("name") == "Noor Haddad")
    assert named["summary"]["id"] == conversation
    assert named["summary"]["buyer"]["verified"] is False


# -- Everywhere


def panel_of(widget: Widget) -> Any:
    return next(frame for frame in widget.page.frames if "/widget/" in frame.url)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_it_is_accessible_at_every_size_in_every_look(
    desk: Desk, shop: str, open_page: OpenPage, console: Console, size: str, scheme: str, lang: str
) -> None:
    chinese = lang != "en"
    store = "demo-cn" if chinese else "demo"
    page = open_page(f"{shop}?store={store}&lang={lang}", size=size, scheme=scheme, locale=lang)
    widget = Widget(page)
    name = f"widget-{size}-{scheme}-{lang}"
    expect(widget.launcher).to_be_visible()
    shoot(page, f"{name}-1-closed")
    assert_no_serious_axe_findings(page)
    widget.open()
    assert panel_of(widget).evaluate("document.documentElement.lang") == ("zh-hans" if chinese else "en")
    page.wait_for_timeout(300)
    shoot(page, f"{name}-2-open")
    assert_no_serious_axe_findings(panel_of(widget))
    buyer = f"{size}-{scheme}-{lang}"
    widget.call("identify", {"token": signed(buyer, name="林若溪" if chinese else "Emma Larsen")})
    expect(widget.find("#tab-orders")).to_be_visible()
    question = f"{'你好，我的快递到哪里了？' if chinese else 'Hello, where is my parcel?'} {buyer}"
    widget.say(question)
    conversation = console.open(question)
    console.say(conversation, "您好，我查一下。" if chinese else "Hi! Let me look that up.")
    console.say(conversation, "👍")
    console.send("typing", conversation=conversation)
    expect(widget.find("#typing")).to_be_visible()
    if size == "phone":
        box = page.locator("helpdesk-widget iframe").bounding_box()
        assert box is not None
        assert (box["x"], box["y"], box["width"]) == (0, 0, SIZES["phone"][0])
        expect(widget.launcher).to_be_hidden()
    page.wait_for_timeout(300)
    shoot(page, f"{name}-3-chat")
    assert_no_serious_axe_findings(panel_of(widget))
    # Nothing is wider than its place.
    assert panel_of(widget).evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    widget.find("#tab-orders").click()
    expect(widget.find("#orders")).to_be_visible()
    expect(widget.find("#orders-empty")).to_be_visible()
    assert_no_serious_axe_findings(panel_of(widget))
    widget.find("#close").click()
    expect(widget.launcher).to_be_focused()
