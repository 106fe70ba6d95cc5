"""Failover as admins set it and agents see it; who is the same person, and who wants no messages."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SIZES, Desk, OpenPage, assert_no_serious_axe_findings, shoot
from tests.browser.console_page import Buyer, open_row
from tests.browser.test_settings import ADMIN, fits

# A channel to a provider that is away: what goes there waits, and no test depends on who would take it.
SET_UP = """
from datetime import timedelta
from django.utils import timezone
from inbox.models import Channel
from people.models import Store
away = timezone.now() + timedelta(days=1)
fields = {"kind": "email", "name": "Letters", "paused_until": away, "takes_over": 1}
store = Store.objects.get(key="demo")
Channel.objects.filter(store=store, kind="widget").update(unread_after=10)
Channel.objects.create(store=store, **fields)
"""
TIME_IS_OVER = """
from django.utils import timezone
from inbox.models import Delivery
Delivery.objects.filter(check_at__isnull=False).update(check_at=timezone.now())
"""
TAKE_AWAY = """
from inbox.models import Channel, Delivery
Delivery.objects.filter(channel__name="Letters").delete()
Channel.objects.filter(name="Letters").delete()
Channel.objects.update(unread_after=None, takes_over=None)
"""


@pytest.fixture
def letters(desk: Desk) -> Iterator[str]:
    desk.run(SET_UP)
    yield "Letters"
    desk.run(TAKE_AWAY)


def open_rules(desk: Desk, open_page: OpenPage, **how: str) -> Page:
    return open_page(f"{desk.url}/settings/failover/?store=demo", agent=ADMIN, **how)


@pytest.mark.parametrize(("size", "scheme"), [*((size, "light") for size in SIZES), ("desktop", "dark")])
def test_the_rules_fit_and_are_readable(
    desk: Desk, letters: str, open_page: OpenPage, size: str, scheme: str
) -> None:
    page = open_rules(desk, open_page, size=size, scheme=scheme)
    expect(page.get_by_label(f"{letters}: takes over")).to_have_value("1")
    assert fits(page)
    assert_no_serious_axe_findings(page)
    shoot(page, f"failover-{size}-{scheme}")


def test_an_admin_turns_it_off_with_the_keyboard(desk: Desk, letters: str, open_page: OpenPage) -> None:
    page = open_rules(desk, open_page)
    chat = page.locator("tr", has_text="Web widget").locator("select")
    expect(chat).to_have_value("10")
    chat.focus()
    page.keyboard.press("Home")
    page.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The rules are saved.")).to_be_visible()
    expect(page.get_by_text("Failover is off")).to_be_visible()
    expect(chat).to_have_value("")


def test_what_a_visitor_did_not_read_goes_to_the_address_they_left(
    desk: Desk, letters: str, open_page: OpenPage
) -> None:
    page = open_page(f"{desk.url}/inbox/?view=all", agent="agent@demo.test")
    visitor = Buyer(desk.url)
    visitor.http.post("contact", json={"name": "Lee", "email": "lee@buyers.test"})
    open_row(page, visitor.say())
    page.get_by_label("Reply to the buyer").fill("It left the warehouse today")
    page.keyboard.press("Enter")
    expect(page.locator("#timeline").get_by_text("It left the warehouse today")).to_be_visible()
    desk.run(TIME_IS_OVER)
    line = page.get_by_text("sent by Letters to lee@buyers.test")
    expect(line).to_be_visible(timeout=30_000)
    expect(line).to_contain_text("Not read on")
    expect(page.locator("#timeline").get_by_text("It left the warehouse today")).to_have_count(1)
    assert_no_serious_axe_findings(page)
    shoot(page, "failover-line")

    visitor.read_all()
    expect(page.locator('#timeline [data-delivery="read"]')).to_have_count(1)


def open_buyer(desk: Desk, open_page: OpenPage, visitor: Buyer, size: str = "desktop") -> Page:
    page = open_page(f"{desk.url}/inbox/?view=all", agent="agent@demo.test", size=size)
    open_row(page, visitor.say())
    page.get_by_role("tab", name="Buyer").click()
    expect(page.locator("#buyer-profile")).to_be_visible()
    return page


def test_two_who_only_seem_to_be_one_are_told_apart(desk: Desk, open_page: OpenPage) -> None:
    first, second = Buyer(desk.url), Buyer(desk.url)
    for visitor in (first, second):
        visitor.http.post("contact", json={"name": "Kim", "email": "kim-or-lee@buyers.test"})
        visitor.say()
    page = open_buyer(desk, open_page, first)
    profile = page.locator("#buyer-profile")
    expect(profile.get_by_text("both: kim-or-lee@buyers.test")).to_be_visible()
    assert_no_serious_axe_findings(page)
    profile.get_by_role("button", name="Not the same").focus()
    page.keyboard.press("Enter")
    expect(profile.get_by_text("Might be the same person")).to_have_count(0)
    page.reload()
    page.get_by_role("tab", name="Buyer").click()
    expect(profile).to_be_visible()
    expect(profile.get_by_text("Might be the same person")).to_have_count(0)


def test_an_agent_notes_that_a_buyer_wants_no_messages(desk: Desk, letters: str, open_page: OpenPage) -> None:
    visitor = Buyer(desk.url)
    visitor.http.post("contact", json={"name": "Lee", "email": "no-more@buyers.test"})
    page = open_buyer(desk, open_page, visitor)
    profile = page.locator("#buyer-profile")
    row = profile.locator(".profile-consents li", has_text="no-more@buyers.test")
    expect(row).to_contain_text("Answers only")
    row.locator("summary").click()
    row.get_by_label("What the buyer said").select_option(label="Wants no messages")
    row.get_by_label("How you know").fill("Said so on the telephone")
    assert_no_serious_axe_findings(page)
    row.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("Wants no messages")
    expect(page.locator("#timeline").get_by_text("the buyer wants no more messages")).to_be_visible()


HOLD = """
from datetime import timedelta
from django.utils import timezone
from inbox.models import Channel, Delivery, Message
message = Message.objects.filter(body="Five off until Sunday").latest("id")
morning = timezone.now() + timedelta(hours=9)
fields = {"state": "queued", "unasked": True, "held_until": morning, "run_at": morning, "to": "lee@buyers.test"}
Delivery.objects.filter(message=message).delete()
channel = Channel.objects.get(name="Letters")
Delivery.objects.create(message=message, channel=channel, conversation_id=message.conversation_id, **fields)
"""


def test_what_waits_for_the_buyers_morning_says_until_when(
    desk: Desk, letters: str, open_page: OpenPage
) -> None:
    page = open_page(f"{desk.url}/inbox/?view=all", agent="agent@demo.test")
    open_row(page, Buyer(desk.url).say())
    page.get_by_label("Reply to the buyer").fill("Five off until Sunday")
    page.keyboard.press("Enter")
    expect(page.locator("#timeline [data-delivery]").last).to_be_visible()
    desk.run(HOLD)
    page.reload()
    expect(page.locator("#timeline").get_by_text("Waits until 8:00 where the buyer is").last).to_be_visible()
    assert_no_serious_axe_findings(page)
    shoot(page, "held")


# The page behind the link of a mail that nobody asked for

LINK = """
from inbox.consent_links import unsubscribe_link
from inbox.models import Channel, Delivery, Message
message = Message.objects.filter(author_kind="agent", kind="text", conversation__store__key="demo").latest("id")
fields = {"to": "page@buyers.test", "unasked": True, "state": "sent", "conversation_id": message.conversation_id}
channel = Channel.objects.get(name="Letters")
print("LINK " + unsubscribe_link(Delivery.objects.create(message=message, channel=channel, **fields)))
"""


def test_a_buyer_unsubscribes_with_the_keyboard_on_any_screen(
    desk: Desk, letters: str, open_page: OpenPage
) -> None:
    link = next(line for line in desk.run(LINK).splitlines() if line.startswith("LINK "))
    for size in SIZES:
        page = open_page(link[5:], size=size)
        expect(page.get_by_role("heading", name="No more messages like this?")).to_be_visible()
        assert fits(page)
        assert_no_serious_axe_findings(page)
        shoot(page, f"unsubscribe-{size}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    assert_no_serious_axe_findings(page)
