"""The buyer's profile in the panel beside the chat."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk, OpenPage, assert_no_serious_axe_findings
from tests.browser.console_page import Buyer, open_row


def open_profile(desk: Desk, open_page: OpenPage, size: str = "desktop") -> tuple[Page, Buyer]:
    page = open_page(f"{desk.url}/inbox/?view=all", agent="agent@demo.test", size=size)
    buyer = Buyer(desk.url)
    open_row(page, buyer.say())
    page.get_by_role("tab", name="Buyer").click()
    expect(page.locator("#buyer-profile")).to_be_visible()
    return page, buyer


def test_tags_and_friendliness_are_set_by_keyboard_and_click(desk: Desk, open_page: OpenPage):
    page, _ = open_profile(desk, open_page)
    profile = page.locator("#buyer-profile")

    profile.get_by_placeholder("Add a tag").fill("VIP")
    page.keyboard.press("Enter")
    expect(profile.locator(".profile-tag")).to_have_text("VIP")
    profile.get_by_role("button", name="A pleasure").click()
    expect(profile.get_by_role("button", name="A pleasure")).to_have_attribute("aria-pressed", "true")
    profile.get_by_role("button", name="Remove VIP").click()
    expect(profile.locator(".profile-tag")).to_have_count(0)
    assert_no_serious_axe_findings(page)


def test_a_buyer_who_is_blocked_is_not_heard_until_unblocked(desk: Desk, open_page: OpenPage):
    page, buyer = open_profile(desk, open_page)
    profile = page.locator("#buyer-profile")

    profile.get_by_text("Block this buyer").click()
    profile.get_by_label("Reason").fill("Threats")
    profile.get_by_role("button", name="Block", exact=True).click()
    expect(profile.locator(".profile-block")).to_contain_text("Threats")
    refused = buyer.http.post("messages", json={"client_id": "after", "body": "Let me in"})
    assert refused.status_code == 403
    assert "Threats" not in refused.text

    profile.get_by_role("button", name="Unblock").click()
    expect(profile.locator(".profile-block")).to_have_count(0)
    buyer.say()


def merged(desk: Desk, open_page: OpenPage) -> tuple[Page, str]:
    """Return the page with the profile of a buyer who was merged by hand, and the buyer's id."""
    page, _ = open_profile(desk, open_page)
    agent = desk.agent()
    second = Buyer(desk.url)
    second.say()
    rows = [c["buyer"]["id"] for c in agent.get("/api/v1/conversations/?view=all").json()["results"][:2]]
    for buyer_id in rows:
        agent.patch(f"/api/v1/buyers/{buyer_id}/", json={"email": f"{rows[0]}@same.test"})
    page.reload()
    page.get_by_role("tab", name="Buyer").click()
    profile = page.locator("#buyer-profile")
    profile.get_by_role("button", name="Merge").click()
    page.locator("#confirm [data-yes]").click()
    expect(profile.get_by_text("Merged with")).to_be_visible()
    return page, rows[1]


def test_two_rows_of_one_person_are_merged_and_split(desk: Desk, open_page: OpenPage):
    page, _ = merged(desk, open_page)
    profile = page.locator("#buyer-profile")
    profile.get_by_role("button", name="Split").click()
    page.locator("#confirm [data-yes]").click()
    expect(profile.get_by_role("button", name="Merge")).to_be_visible()


def test_a_yes_counts_also_where_the_panel_was_drawn_anew_meanwhile(desk: Desk, open_page: OpenPage):
    page, buyer_id = merged(desk, open_page)
    profile = page.locator("#buyer-profile")
    profile.get_by_role("button", name="Split").click()
    profile.locator(".profile-merged").evaluate("form => { form.dataset.old = '' }")
    desk.agent("priya@demo.test").patch(f"/api/v1/buyers/{buyer_id}/", json={"name": "Robin Smith"})
    expect(page.locator("[data-old]")).to_have_count(0)
    page.locator("#confirm [data-yes]").click()
    expect(profile.get_by_role("button", name="Merge")).to_be_visible()
