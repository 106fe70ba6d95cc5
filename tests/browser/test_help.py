"""The help centre and the answers in the widget, as a reader meets them."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SIZES, Desk, OpenPage, assert_no_serious_axe_findings, shoot
from tests.browser.widget_page import Widget


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("store", "locale"), [("demo", "en"), ("demo-cn", "zh-hans")])
def test_the_help_centre_is_fit_to_be_read(
    desk: Desk, open_page: OpenPage, size: str, store: str, locale: str
) -> None:
    page = open_page(
        f"{desk.url}/help/{store}/{locale}/", size=size, scheme="dark" if size == "tablet" else "light"
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_no_serious_axe_findings(page)
    shoot(page, f"help-{locale}-{size}")
    page.locator(".help-shelf h2 a").nth(1).click()
    expect(page.locator(".help-path [aria-current=page]")).to_be_visible()
    page.locator(".help-lines a").first.click()
    expect(page.locator("article h1")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_no_serious_axe_findings(page)
    shoot(page, f"help-article-{locale}-{size}")


def test_an_answer_is_found_by_keyboard_and_judged(desk: Desk, open_page: OpenPage) -> None:
    page = open_page(f"{desk.url}/help/demo/en/")
    field = page.get_by_role("combobox", name="Search for an answer")
    field.focus()
    page.keyboard.type("free shiping")
    options = page.locator("#help-found [role=option]")
    expect(options.first).to_contain_text("free", ignore_case=True)
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    title = options.first.locator(".help-found-title").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator("article h1")).to_have_text(title)
    page.get_by_role("button", name="No", exact=True).click()
    page.get_by_label("What was missing?").fill("Does it hold for Hawaii?")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Thank you.")).to_be_visible()
    page.get_by_role("link", name="简体中文").click()
    expect(page).to_have_url(re.compile("/help/demo/zh-hans/articles/"))
    page.locator("footer [data-open-chat]").click()
    expect(page.frame_locator("helpdesk-widget iframe").locator("#body")).to_be_visible()


@pytest.mark.usefixtures("console")  # somebody is there to be asked
def test_the_widget_answers_before_anybody_is_asked(desk: Desk, shop: str, open_page: OpenPage) -> None:
    widget = Widget(open_page(shop))
    widget.open()
    widget.find("#tab-help").click()
    expect(widget.find("#help-list button").first).to_be_visible()
    widget.find("#help-q").fill("how long does delivery take")
    found = widget.find("#help-list button").filter(has_text="How long does delivery take?")
    expect(found).to_be_visible()
    shoot(widget.page, "help-widget")
    found.click()
    expect(widget.find("#help-title")).to_have_text("How long does delivery take?")
    expect(widget.find("#help-words table")).to_be_visible()
    assert_no_serious_axe_findings(widget.page)
    shoot(widget.page, "help-widget-article")
    widget.find("#help-words a").first.click()
    expect(widget.find("#help-title")).not_to_have_text("How long does delivery take?")
    widget.find("#help-vote [data-helped=yes]").click()
    expect(widget.find("#help-vote [data-helped=yes]")).to_have_attribute("aria-pressed", "true")
    widget.page.keyboard.press("Escape")
    expect(widget.find("#help-q")).to_be_focused()
    widget.find("#help-ask").click()
    expect(widget.find("#body")).to_be_focused()
