"""What the tests of the console share: a buyer without a browser, the console's page, and a line that can be cut."""

from collections.abc import Callable
from itertools import count
from typing import Any
from uuid import uuid4

import httpx
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

_numbers = count(1)


class Buyer:
    """A visitor of a shop who writes over the widget's HTTP API."""

    def __init__(self, url: str, store: str = "demo") -> None:
        self.http = httpx.Client(base_url=f"{url}/api/widget/v1/", timeout=20)
        session = self.http.post("sessions", json={"store": store})
        assert session.status_code == 200, session.text
        self.http.headers["Authorization"] = f"Bearer {session.json()['visitor_token']}"

    def say(self, body: str = "") -> str:
        """Write a message; return its words (its own, where none are given)."""
        body = body or f"Question number {next(_numbers)}"
        answer = self.http.post("messages", json={"client_id": uuid4().hex, "body": body})
        assert answer.status_code == 201, answer.text
        return body

    def messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.http.get("messages", params={"after": 0}).json()["messages"]
        return found

    def heard(self) -> list[str]:
        """What agents have said to this buyer."""
        return [message["body"] for message in self.messages() if message["author"]["kind"] == "agent"]

    def read_all(self) -> None:
        self.http.post("read", json={"read": self.messages()[-1]["seq"]})

    def type(self, on: bool = True) -> None:
        self.http.post("typing", json={"on": on})


def rows(page: Page) -> Locator:
    return page.locator("#list [data-id]")


def row_of(page: Page, words: str) -> Locator:
    return rows(page).filter(has_text=words)


def away(page: Page) -> None:
    """Take the pointer from the list: it does not move under a pointer."""
    page.mouse.move(page.viewport_size["width"] - 20, 300)  # type: ignore[index]


def open_row(page: Page, words: str) -> None:
    """Open the conversation whose last words these are, and wait until they stand in the timeline."""
    row_of(page, words).locator("a").click()
    expect(bubble(page, words)).to_be_visible()
    away(page)


def bubble(page: Page, words: str) -> Locator:
    return page.locator("#timeline .msg:not([data-unsent])").filter(has_text=words).first


def unsent(page: Page) -> Locator:
    return page.locator("#timeline [data-unsent]")


def field(page: Page) -> Locator:
    return page.locator("#composer textarea")


def write(page: Page, words: str) -> None:
    field(page).fill(words)
    field(page).press("Enter")


class Line:
    """The page's socket to the desk: it can be cut, be kept from connecting, and lose frames on the way."""

    def __init__(self, page: Page) -> None:
        self.loses: Callable[[str], bool] = lambda frame: False
        self.blocked = False
        self._open: list[WebSocketRoute] = []
        page.route_web_socket("**/ws/console/", self._connect)

    def _connect(self, route: WebSocketRoute) -> None:
        if self.blocked:
            route.close()
            return
        server = route.connect_to_server()
        self._open.append(route)

        def to_page(frame: str | bytes) -> None:
            if not self.loses(str(frame)):
                route.send(frame)

        server.on_message(to_page)

    def cut(self) -> None:
        for route in self._open:
            route.close(code=4000)
        self._open.clear()
