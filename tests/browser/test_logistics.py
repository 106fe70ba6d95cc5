"""Orders beside the chat in a real browser: what one click sends, what colleagues note, what can be found."""

import re
from dataclasses import dataclass
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import SIZES, Desk, OpenPage, assert_no_serious_axe_findings, shoot
from tests.browser.console_page import bubble, open_row
from tests.browser.test_orders import Unpaid
from tests.browser.widget_page import Widget

AGENT = "agent@demo.test"
# A shipped order of the demo store whose buyer nobody else's test is about.
SHIPPED = """
from orders.models import Order
found = Order.objects.filter(store__key="demo", status="shipped").exclude(number="100234")
order = found.exclude(buyer__conversations__status__in=["open", "snoozed"]).order_by("?").first()
print("order", order.id, order.number, order.buyer.external_id)
"""
# Where the buyer is it is about noon now, and nobody has been reminded.
AT_NOON = """
from django.utils import timezone
from orders.models import Order, PaymentReminder
order = Order.objects.get(pk="{id}")
ahead = (12 - timezone.now().hour + 11) % 24 - 11
order.buyer.time_zone = "Etc/GMT" + format(-ahead, "+d")
order.buyer.save()
PaymentReminder.objects.filter(buyer=order.buyer).delete()
"""


@dataclass
class Shipped:
    id: str
    number: str
    buyer: str


@pytest.fixture
def shipped(desk: Desk) -> Shipped:
    found = re.search(r"order (\S+) (\S+) (\S+)", desk.run(SHIPPED))
    assert found
    return Shipped(*found.groups())


@pytest.fixture
def unpaid(desk: Desk) -> Unpaid:
    unpaid = Unpaid(desk)
    desk.run(AT_NOON.format(id=unpaid.id))
    return unpaid


def side_by_side(desk: Desk, open_page: OpenPage, found: Shipped | Unpaid) -> tuple[Widget, Page, Page]:
    """Return the buyer's widget, their page at the shop, and the agent's console with that conversation open."""
    shop = open_page(f"{desk.url}/demo-shop/?buyer={found.buyer}")
    widget = Widget(shop).open()
    words = f"About {found.number}, {uuid4().hex[:6]}"
    widget.say(words)
    widget.expect_message(words)
    page = open_page(f"{desk.url}/inbox/", agent=AGENT)
    open_row(page, words)
    return widget, shop, page


def order_of(page: Page, found: Shipped | Unpaid) -> Locator:
    order = page.locator(f"#panel #order-{found.id}")
    expect(order).to_be_visible(timeout=15_000)
    if not order.evaluate("order => order.open"):
        order.locator("summary").first.click()
    return order


def test_a_buyer_is_reminded_and_the_card_turns_to_paid(desk: Desk, open_page: OpenPage, unpaid: Unpaid):
    widget, shop, page = side_by_side(desk, open_page, unpaid)
    order = order_of(page, unpaid)
    order.get_by_role("button", name="Remind of payment").click()

    expect(order.locator(".reminder")).to_contain_text("Reminded 1 time")
    expect(order.get_by_role("button", name="Remind of payment")).to_have_count(0)
    expect(bubble(page, "Payment reminder").last).to_contain_text(unpaid.number)
    card = widget.find(".message .payment").filter(has_text=unpaid.number)  # there may be older ones
    expect(card).to_contain_text("waits for your payment")
    expect(card.get_by_role("link", name="Pay now")).to_be_visible()
    assert_no_serious_axe_findings(page)
    shoot(page, "logistics-reminder")
    shoot(shop, "logistics-reminder-widget")

    shop.locator(".order").filter(has_text=unpaid.number).get_by_role("button", name="Pay now").click()
    expect(page.locator("#timeline .card-payment [data-slot='status']").last).to_have_text(
        "Paid", timeout=15_000
    )
    expect(page.locator("#timeline .line-text").filter(has_text="was paid after")).to_be_visible()


def test_a_parcel_is_sent_by_one_click(desk: Desk, open_page: OpenPage, shipped: Shipped):
    widget, shop, page = side_by_side(desk, open_page, shipped)
    order = order_of(page, shipped)
    expect(order.locator(".shipment .tracking").first).to_be_visible()
    order.get_by_role("button", name="Send tracking").first.click()

    expect(order.get_by_role("button", name="Tracking sent").first).to_be_visible()
    expect(page.locator("#timeline .card-tracking").last).to_contain_text(shipped.number)
    card = widget.find(".message .tracking").last
    expect(card.locator(".steps .done").first).to_have_text("Shipped")
    expect(card.locator(".scans li").first).to_be_visible()
    shoot(page, "logistics-tracking")
    shoot(shop, "logistics-tracking-widget")


def test_a_product_is_found_and_sent(desk: Desk, open_page: OpenPage, shipped: Shipped):
    widget, shop, page = side_by_side(desk, open_page, shipped)
    page.locator("#panel-tab-products").click()
    expect(page.get_by_role("heading", name="From this buyer's orders")).to_be_visible()
    page.locator("#panel [data-panel-find]").fill("hammock")
    product = page.locator("#panel .product").first
    expect(product).to_contain_text("Hammock", ignore_case=True)
    name = product.locator(".order-line-name").inner_text()
    product.get_by_role("button", name="Send to the chat").click()

    expect(product.get_by_role("button", name="Sent to the chat")).to_be_visible()
    expect(page.locator("#timeline .card-product").last).to_contain_text(name)
    card = widget.find(".message .product").last
    expect(card).to_contain_text(name)
    expect(card.locator("img")).to_be_visible()
    shoot(page, "logistics-product")
    shoot(shop, "logistics-product-widget")


def test_a_note_shows_on_a_colleagues_screen_and_is_changed_and_taken_away(
    desk: Desk, open_page: OpenPage, shipped: Shipped
):
    _widget, _shop, page = side_by_side(desk, open_page, shipped)
    colleague = open_page(f"{desk.url}{page.url.removeprefix(desk.url)}", agent="supervisor@demo.test")
    theirs = order_of(colleague, shipped)
    order = order_of(page, shipped)
    words = f"Ring twice {uuid4().hex[:6]}"
    order.get_by_text("Add a note").click()
    box = order.get_by_placeholder("What should a colleague know about this order?")
    expect(box).to_be_focused()
    box.fill(words)
    order.locator(".note-color").filter(has_text="Red").click()
    shoot(page, "logistics-note-form")
    order.get_by_role("button", name="Save", exact=True).click()

    expect(order.locator(".note").filter(has_text=words)).to_have_attribute("data-color", "red")
    expect(theirs.locator(".note").filter(has_text=words)).to_be_visible(timeout=15_000)
    expect(theirs.locator(f"summary .flag[title='{words}']")).to_be_visible()
    assert_no_serious_axe_findings(page)

    note = order.locator(".note").filter(has_text=words)
    note.get_by_role("button", name="Edit the note").click()
    box = order.get_by_placeholder("What should a colleague know about this order?")
    expect(box).to_have_value(words)
    box.fill(words + " please")
    order.get_by_role("button", name="Save", exact=True).click()
    expect(theirs.locator(".note").filter(has_text=words + " please")).to_be_visible(timeout=15_000)
    order.locator(".note").filter(has_text=words).get_by_role("button", name="Delete the note").click()
    page.locator("#confirm [data-yes]").click()
    expect(theirs.locator(".note").filter(has_text=words)).to_have_count(0, timeout=15_000)


def test_what_is_written_into_a_note_stays_while_the_order_changes(
    desk: Desk, open_page: OpenPage, unpaid: Unpaid
):
    _widget, shop, page = side_by_side(desk, open_page, unpaid)
    order = order_of(page, unpaid)
    order.get_by_text("Add a note").click()
    box = order.get_by_placeholder("What should a colleague know about this order?")
    box.fill("Half a no")
    shop.locator(".order").filter(has_text=unpaid.number).get_by_role("button", name="Pay now").click()
    page.wait_for_timeout(1500)
    expect(box).to_have_value("Half a no")
    order.get_by_role("button", name="Save", exact=True).click()
    expect(order.locator("summary .badge").first).to_have_text("Paid", timeout=15_000)


def test_any_order_is_found_by_keys_alone(desk: Desk, open_page: OpenPage, shipped: Shipped):
    _widget, _shop, page = side_by_side(desk, open_page, shipped)
    order_of(page, shipped)
    page.locator("#panel-tab-orders").focus()
    page.keyboard.press("/")
    search = page.get_by_label("Find any order")
    expect(search).to_be_focused()
    page.keyboard.type("100234")
    found = page.locator("#panel .panel-order")
    expect(found).to_have_count(1)
    expect(found).to_contain_text("Emma Larsen")
    expect(search).to_be_focused()
    found.locator("summary").first.focus()
    page.keyboard.press("Enter")
    expect(found.get_by_role("button", name="Send to the chat")).to_have_count(0)
    expect(found.get_by_role("button", name="Remind of payment")).to_have_count(0)
    shoot(page, "logistics-any-order")


@pytest.mark.parametrize("size", SIZES)
def test_late_and_stuck_parcels_have_a_list_of_their_own(desk: Desk, open_page: OpenPage, size: str):
    page = open_page(f"{desk.url}/orders/", agent=AGENT, size=size)
    page.get_by_role("link", name="Late or stuck").click()
    expect(page).to_have_url(re.compile("status=trouble"))
    rows = page.locator(".orders-table tbody tr")
    expect(rows.first).to_contain_text(re.compile("Late|Stuck"))
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert_no_serious_axe_findings(page)
    shoot(page, f"logistics-late-{size}")
    page.locator(".orders-number a").first.click()
    expect(page.locator(".shipment .badge").first).to_have_text(re.compile("Late|Stuck"))
    assert_no_serious_axe_findings(page)
    shoot(page, f"logistics-order-{size}")
