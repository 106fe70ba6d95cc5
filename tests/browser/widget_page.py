"""The widget in a page, as its browser tests handle it."""

import time
from typing import Any

import jwt
from playwright.sync_api import FrameLocator, Locator, Page, expect

SECRET = "demo-identity-secret"  # of the demo's stores


def signed(sub: str, **claims: Any) -> str:
    """Return what the demo shop would sign for its buyer."""
    return jwt.encode({"sub": sub, "exp": int(time.time()) + 600, **claims}, SECRET, algorithm="HS256")


class Widget:
    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def launcher(self) -> Locator:
        return self.page.locator("helpdesk-widget button.launcher")

    @property
    def panel(self) -> FrameLocator:
        return self.page.frame_locator("helpdesk-widget iframe")

    def find(self, selector: str) -> Locator:
        return self.panel.locator(selector)

    @property
    def body(self) -> Locator:
        return self.find("#body")

    def open(self) -> "Widget":
        self.launcher.click()
        return self.ready()

    def ready(self) -> "Widget":
        """Wait until the panel has its session."""
        expect(self.find("#status[data-online]")).to_be_attached(timeout=15_000)
        return self

    def say(self, text: str) -> None:
        self.body.fill(text)
        self.body.press("Enter")

    def message(self, text: str) -> Locator:
        return self.find(".message").filter(has_text=text)

    def expect_message(self, text: str, *, times: int = 1, timeout: float = 15_000) -> None:
        expect(self.message(text)).to_have_count(times, timeout=timeout)

    def call(self, *arguments: Any) -> None:
        """Call window.Helpdesk."""
        self.page.evaluate("(given) => window.Helpdesk(...given)", list(arguments))

    def heard(self, name: str) -> list[Any]:
        """Return what the shop's page was told by event `name`."""
        heard: list[list[Any]] = self.page.evaluate("heard")
        return [detail for event, detail in heard if event == name]
