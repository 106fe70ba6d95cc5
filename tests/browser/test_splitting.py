"""Two matters in one conversation: split by hand at a message, and made one again."""

from playwright.sync_api import expect

from tests.browser.conftest import Desk, OpenPage, assert_no_serious_axe_findings
from tests.browser.console_page import bubble
from tests.browser.phone import Phone
from tests.browser.test_channels import opened, phone, words

__all__ = ["phone"]


def test_what_begins_at_a_message_becomes_a_conversation_of_its_own_and_one_again(
    desk: Desk, open_page: OpenPage, phone: Phone
):
    page = opened(desk, open_page, phone, "telegram")
    whole, first = page.url, page.locator(".msg[data-side=buyer] .bubble-text").last.inner_text()
    second = phone.write("telegram", words("Another matter"))
    split = bubble(page, second).get_by_role("button", name="Split the conversation from here on")
    split.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("This is a conversation of its own now")).to_be_visible()
    expect(bubble(page, second)).to_be_visible()
    expect(bubble(page, first)).to_have_count(0)
    assert page.url != whole
    assert_no_serious_axe_findings(page)
    page.get_by_role("button", name="Make it one again").click()
    expect(page.get_by_text("It is one conversation again")).to_be_visible()
    expect(bubble(page, first)).to_be_visible()
    expect(bubble(page, second)).to_be_visible()
    assert page.url.split("?")[0] == whole.split("?")[0]
    assert not page.locator("[data-join-back]").count()
