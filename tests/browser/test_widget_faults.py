"""What happens to a buyer's messages when the network or the desk does not cooperate."""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import Console, Desk, OpenPage
from tests.browser.widget_page import Widget, signed

MB = 1024 * 1024
# What a browser says of a desk that is not there, and of a line that the test has cut.
NO_DESK = ("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE", "ERR_SOCKET", "WebSocket")

Frame = dict[str, Any]


def bodies(console: Console, conversation: str) -> list[str]:
    """Return what an agent who opens the conversation now gets to read."""
    console.frames.clear()
    console.send("subscribe", conversation=conversation, after=0)
    console.wait_for(lambda f: f["type"] == "subscribed" and f["conversation"] == conversation)
    made = [f["message"] for f in console.frames if f["type"] == "message.created"]
    # What is said while one subscribes may come twice: as it is said, and among what was missed.
    found = {m["seq"]: m["body"] for m in made if m["conversation"] == conversation and m["kind"] != "system"}
    return [found[seq] for seq in sorted(found)]


class Line:
    """The widget's socket, in the hands of the test: frames from the desk pass through `filter`."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.blocked = self.welcomed = False
        self.opened = 0
        self.filter: Callable[[Frame], list[Frame]] = lambda frame: [frame]
        self.routes: list[WebSocketRoute] = []
        page.route_web_socket("**/ws/widget/", self._handle)

    def _handle(self, route: WebSocketRoute) -> None:
        if self.blocked:
            route.close(code=1011)
            return
        self.opened += 1
        self.routes.append(route)
        desk = route.connect_to_server()

        def pass_on(text: str | bytes) -> None:
            for frame in self.filter(json.loads(text)):
                route.send(json.dumps(frame))
                self.welcomed |= frame["type"] == "welcome"

        desk.on_message(pass_on)

    def wait(self) -> None:
        """Wait until the widget has been welcomed."""
        while not self.welcomed:
            self.page.wait_for_timeout(50)

    def cut(self) -> None:
        """Close the line towards the widget."""
        for route in self.routes:
            route.close(code=1011)
        self.routes.clear()


def with_line(open_page: OpenPage, shop: str) -> tuple[Widget, Line]:
    page = open_page("about:blank", forgive=NO_DESK)
    line = Line(page)
    page.goto(shop)
    return Widget(page), line


def test_a_message_survives_a_killed_desk_and_a_closed_page_and_goes_out_once(
    desk: Desk, shop: str, open_page: OpenPage
) -> None:
    page = open_page(shop, forgive=NO_DESK)
    widget = Widget(page).open()
    before = desk.console()
    widget.say("Before the crash")
    conversation = before.open("Before the crash")
    before.close()
    desk.stop(signal.SIGKILL)
    try:
        widget.say("Written while the desk was down")
        lost = widget.message("Written while the desk was down")
        expect(lost.locator(".state")).to_have_text("Not sent", timeout=20_000)
        expect(lost.get_by_role("button", name="Try again")).to_be_visible()
        expect(widget.find("#bar")).to_have_text("Reconnecting…")
        context = page.context
        page.close()  # the browser's tab is gone, and with it everything that was only in memory
    finally:
        desk.start()
    again = Widget(open_page(shop, context=context, forgive=NO_DESK))
    if again.launcher.get_attribute("aria-expanded") != "true":
        again.open()
    again.expect_message("Written while the desk was down")
    expect(again.message("Written while the desk was down").locator(".state")).to_have_text("Delivered")
    expect(again.find("#bar")).to_have_text("")
    after = desk.console()
    assert bodies(after, conversation) == ["Before the crash", "Written while the desk was down"]
    after.close()


def test_a_desk_that_comes_back_gets_what_was_written_meanwhile_without_a_click(
    desk: Desk, shop: str, open_page: OpenPage
) -> None:
    widget = Widget(open_page(shop, forgive=NO_DESK)).open()
    widget.say("First")
    expect(widget.message("First").locator(".state")).to_have_text("Delivered")
    desk.stop(signal.SIGKILL)
    try:
        for n in range(3):
            widget.say(f"Offline {n}")
    finally:
        desk.start()
    expect(widget.message("Offline 2").locator(".state")).to_have_text("Delivered", timeout=40_000)
    texts = widget.find(".message .bubble").all_text_contents()
    assert texts == ["First", "Offline 0", "Offline 1", "Offline 2"]


@pytest.mark.usefixtures("console")
def test_without_a_network_it_says_so_and_sends_when_there_is_one_again(
    shop: str, open_page: OpenPage, console: Console
) -> None:
    page = open_page(shop, forgive=(*NO_DESK, "ERR_INTERNET_DISCONNECTED"))
    widget = Widget(page).open()
    widget.say("In the tunnel soon")
    conversation = console.open("In the tunnel soon")
    page.context.set_offline(True)
    expect(widget.find("#bar")).to_contain_text("You are offline")
    widget.say("In the tunnel")
    expect(widget.message("In the tunnel").last.locator(".state")).to_have_text("Not sent", timeout=15_000)
    page.context.set_offline(False)
    expect(widget.find("#bar")).to_have_text("")
    expect(widget.message("In the tunnel").last.locator(".state")).to_have_text("Delivered", timeout=15_000)
    assert bodies(console, conversation) == ["In the tunnel soon", "In the tunnel"]


@pytest.mark.usefixtures("console")
def test_a_message_whose_acknowledgement_is_lost_is_there_once(
    shop: str, open_page: OpenPage, console: Console
) -> None:
    widget, line = with_line(open_page, shop)
    widget.open()
    line.wait()
    line.filter = lambda frame: []  # the desk hears the widget, the widget hears nothing
    widget.say("Did you get this?")
    conversation = console.open("Did you get this?")  # the desk has it; the widget does not know
    expect(widget.message("Did you get this?").locator(".state")).to_have_text("Sending…")
    line.filter = lambda frame: [frame]
    line.cut()
    expect(widget.message("Did you get this?").locator(".state")).to_have_text("Delivered")
    widget.expect_message("Did you get this?", times=1)
    assert bodies(console, conversation) == ["Did you get this?"]


@pytest.mark.usefixtures("console")
def test_without_sockets_everything_goes_over_http(shop: str, open_page: OpenPage, console: Console) -> None:
    page = open_page("about:blank", forgive=NO_DESK)
    line = Line(page)
    line.blocked = True
    page.goto(shop)
    widget = Widget(page).open()
    widget.say("Carrier pigeon")
    conversation = console.open("Carrier pigeon")
    expect(widget.message("Carrier pigeon").locator(".state")).to_have_text("Delivered")
    console.say(conversation, "Answered the same way")
    widget.expect_message("Answered the same way")
    expect(widget.find("#bar")).to_have_text("")  # it works, so there is nothing to complain of
    console.wait_for(lambda f: f["type"] == "delivery.upto" and f["state"] == "read")
    console.send("read", conversation=conversation, seq=1)
    expect(widget.message("Carrier pigeon").locator(".state")).to_have_text("Read")
    line.blocked = False
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_timeout(100)
    frame = next(frame for frame in page.frames if "/widget/" in frame.url)
    frame.evaluate("dispatchEvent(new Event('online'))")
    console.say(conversation, "And live again")
    widget.expect_message("And live again")
    assert line.opened == 1


@pytest.mark.usefixtures("console")
def test_lost_doubled_and_disordered_frames_end_in_the_right_order(
    shop: str, open_page: OpenPage, console: Console
) -> None:
    widget, line = with_line(open_page, shop)
    widget.open()
    widget.say("Start")
    conversation = console.open("Start")
    widget.expect_message("Start")
    kept: list[Frame] = []

    def disorder(frame: Frame) -> list[Frame]:
        """Lose one, turn two round, send one twice."""
        if frame["type"] != "message.created":
            return [frame]
        body = frame["message"]["body"]
        if body == "one":
            return []
        if body == "three":
            kept.append(frame)
            return []
        return [frame, frame, *kept] if body == "four" else [frame]

    line.filter = disorder
    for word in ("one", "two", "three", "four", "five"):
        console.say(conversation, word)
    widget.expect_message("five")
    widget.expect_message("one")
    texts = widget.find(".message .bubble").all_text_contents()
    assert texts == ["Start", "one", "two", "three", "four", "five"]


@pytest.mark.usefixtures("console")
def test_a_last_message_that_was_lost_is_told_by_the_heartbeat(
    shop: str, open_page: OpenPage, console: Console
) -> None:
    widget, line = with_line(open_page, shop)
    widget.open()
    widget.say("Anybody?")
    conversation = console.open("Anybody?")
    line.filter = lambda frame: [] if frame["type"] == "message.created" else [frame]
    console.say(conversation, "Nobody heard this")
    widget.expect_message("Nobody heard this", timeout=25_000)


@pytest.mark.usefixtures("console")
def test_an_order_that_changes_changes_on_every_card_of_it(shop: str, open_page: OpenPage) -> None:
    widget, line = with_line(open_page, shop)
    expect(widget.launcher).to_be_visible()
    widget.call("identify", {"token": signed("1001", name="Emma Larsen")})
    widget.open()
    widget.find("#tab-orders").click()
    card = widget.find("#orders .order").filter(has_text="100234")
    expect(card.locator(".sums")).to_contain_text("$12.00")
    [order] = [o for o in orders_of(widget) if o["number"] == "100234"]
    changed = {**order, "shipping_fee": {**order["shipping_fee"], "amount": 0}}
    line.wait()
    line.routes[-1].send(json.dumps({"type": "order.updated", "order": changed}))
    expect(card.locator(".sums dd").first).to_have_text("was $12.00 Free")
    expect(card.locator("s")).to_have_text("$12.00")


def orders_of(widget: Widget) -> list[dict[str, Any]]:
    frame = next(frame for frame in widget.page.frames if "/widget/" in frame.url)
    found: dict[str, Any] = frame.evaluate(
        """async () => {
          const { token } = JSON.parse(localStorage.getItem("helpdesk:demo:visitor"));
          const answer = await fetch("/api/widget/v1/orders", {headers: {Authorization: "Bearer " + token}});
          return answer.json();
        }"""
    )
    orders: list[dict[str, Any]] = found["orders"]
    return orders


@pytest.mark.usefixtures("console")
def test_two_tabs_are_one_visitor_and_logging_out_in_one_ends_both(shop: str, open_page: OpenPage) -> None:
    first = Widget(open_page(shop)).open()
    first.say("From the first tab")
    first.expect_message("From the first tab")
    page = open_page(shop, context=first.page.context)
    second = Widget(page)
    expect(second.launcher).to_be_visible()
    if second.launcher.get_attribute("aria-expanded") != "true":
        second.open()
    second.expect_message("From the first tab")
    second.say("From the second tab")
    first.expect_message("From the second tab")
    second.call("logout")
    expect(page.locator("helpdesk-widget iframe")).to_have_count(0)
    expect(first.page.locator("helpdesk-widget iframe")).to_have_count(0)


def test_a_hundred_megabytes_are_refused_and_not_kept_in_memory(desk: Desk) -> None:
    answer = httpx.post(f"{desk.url}/api/widget/v1/sessions", json={"store": "demo"})
    headers = {"Authorization": f"Bearer {answer.json()['visitor_token']}"}

    def peak() -> int:
        """The most that the desk's process has ever had in memory, in bytes."""
        status = Path(f"/proc/{desk.pid}/status").read_text()
        [line] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024

    before = peak()
    for chunked in (False, True):
        part = b"x" * MB
        content = (part for _ in range(100))
        length = {} if chunked else {"Content-Length": str(100 * MB)}
        kind = {"Content-Type": "multipart/form-data; boundary=x"}
        url = f"{desk.url}/api/widget/v1/attachments"
        answer = httpx.post(url, content=content, headers={**headers, **kind, **length}, timeout=60)
        assert answer.status_code == 413
        assert answer.json()["errors"][0]["code"] == "too_large"
    assert peak() - before < 20 * MB
    assert httpx.get(f"{desk.url}/healthz").status_code == 200
