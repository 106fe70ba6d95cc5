"""Orders in a real browser: the list, one order and what is done to it, and the demo shop that sees it happen."""

import re
from itertools import count

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import SIZES, Desk, OpenPage, assert_no_serious_axe_findings, shoot
from tests.browser.console_page import bubble, open_row
from tests.browser.widget_page import Widget

AGENT = "agent@demo.test"
MAKE_UNPAID = """
from django.utils import timezone
from helpdesk.lib.ids import new_id
from orders.models import DemoShopOrder, Order, OrderLine
some = Order.objects.filter(store__key="demo", buyer__external_id__isnull=False, replaces=None)
order = some.exclude(buyer__external_id="1001").exclude(lines=None).order_by("?")[0]
lines = list(order.lines.all())
order.id, order.number, order._state.adding = new_id(), "{number}", True
order.status, order.shipping_fee, order.placed_at, order.version = "unpaid", 690, timezone.now(), 1
order.paid = order.refunded = order.discount = order.tax = 0
order.on_hold, order.coupon_code, order.pay_by = False, "", None
order.pay_url = "https://pay.example/{number}"
order.items_total = sum(line.total for line in lines)
order.save(force_insert=True)
for line in lines:
    line.id, line.order, line._state.adding = new_id(), order, True
OrderLine.objects.bulk_create(lines)
DemoShopOrder.objects.create(store=order.store, number=order.number, shipping_fee=690)
print("order", order.id, order.number, order.buyer.external_id)
"""
_numbers = count(700_001)


class Unpaid:
    """A new unpaid order at the demo store, with a fee that an agent may waive. (Tests pay and cancel orders:
    those of the demo would run out.)"""

    def __init__(self, desk: Desk) -> None:
        told = desk.run(MAKE_UNPAID.replace("{number}", str(next(_numbers))))
        found = re.search(r"order (\S+) (\S+) (\S+)", told)
        assert found, told
        self.id, self.number, self.buyer = found.groups()


@pytest.fixture
def unpaid(desk: Desk) -> Unpaid:
    return Unpaid(desk)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def fee(within: Page | Locator) -> Locator:
    return within.locator(".order-amounts > div").filter(has_text="Shipping").locator("dd")


@pytest.mark.parametrize(("size", "scheme"), [*((size, "light") for size in SIZES), ("desktop", "dark")])
def test_every_page_fits_and_is_readable(
    desk: Desk, open_page: OpenPage, unpaid: Unpaid, size: str, scheme: str
):
    pages = {
        "list": "/orders/",
        "none": "/orders/?q=no-such-order",
        "order": f"/orders/{unpaid.id}/",
        "shop": "/demo-shop/",
        "shop-buyer": "/demo-shop/?buyer=1001",
        "shop-chinese": "/demo-shop/?store=demo-cn",
    }
    context: BrowserContext | None = None
    for name, path in pages.items():
        page = open_page(f"{desk.url}{path}", size=size, scheme=scheme, agent=AGENT, context=context)
        context = page.context
        assert fits(page), f"{name} is wider than the window"
        assert_no_serious_axe_findings(page)
        shoot(page, f"orders-{name}-{size}-{scheme}")
        page.close()


def test_orders_are_found_as_one_types(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/orders/", agent=AGENT)
    search = page.get_by_placeholder("Order number, buyer, phone or SKU")
    search.fill("1002")
    expect(page.locator(".orders-number a").first).to_have_text(re.compile("^1002"))
    search.fill("100234")
    expect(page.locator(".orders-number a")).to_have_count(1)
    expect(page).to_have_url(re.compile("q=100234"))
    expect(search).to_be_focused()

    page.get_by_role("link", name="Shipped").click()
    expect(page.get_by_role("heading", name="No order fits")).to_be_visible()
    page.get_by_role("link", name="Unpaid").click()
    page.get_by_role("link", name="100234").click()
    expect(page.get_by_role("heading", name="100234")).to_be_visible()


def test_the_list_goes_on_by_pages(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/orders/", agent=AGENT)
    expect(page.locator(".orders-number a")).to_have_count(50)
    page.get_by_role("link", name="Show older orders").click()
    expect(page.locator(".orders-number a")).to_have_count(100)


def test_a_fee_is_waived_in_two_clicks_and_taken_back(desk: Desk, open_page: OpenPage, unpaid: Unpaid):
    page = open_page(f"{desk.url}/orders/{unpaid.id}/", agent=AGENT)
    before = fee(page).inner_text()
    page.get_by_role("button", name="Waive shipping fee").click()
    page.get_by_role("button", name="Confirm").click()

    expect(page.get_by_text(re.compile(r"Takes effect in \d+ s"))).to_be_visible()
    assert_no_serious_axe_findings(page)
    shoot(page, "orders-held")
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_role("button", name="Waive shipping fee")).to_be_visible()
    assert fee(page).inner_text() == before


def test_a_fee_that_is_applied_shows_here_and_in_the_shop_and_can_be_undone(
    desk: Desk, open_page: OpenPage, unpaid: Unpaid
):
    shop = open_page(f"{desk.url}/demo-shop/?buyer={unpaid.buyer}")
    at_the_shop = shop.locator(f"[data-fee='{unpaid.number}']")
    before = at_the_shop.inner_text()
    page = open_page(f"{desk.url}/orders/{unpaid.id}/", agent=AGENT)
    page.get_by_role("button", name="Waive shipping fee").click()
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("button", name="Apply now").click()

    expect(fee(page)).to_have_text("Free")
    expect(at_the_shop).to_have_text("Free")
    expect(page.locator(".trail-item").first).to_contain_text("$0.00")
    shoot(page, "orders-done")

    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Apply now").click()
    expect(fee(page)).to_have_text(before)
    expect(at_the_shop).to_have_text(before)


def test_the_form_says_what_would_change_and_what_is_not_allowed(
    desk: Desk, open_page: OpenPage, unpaid: Unpaid
):
    page = open_page(f"{desk.url}/orders/{unpaid.id}/", agent=AGENT)
    page.get_by_role("button", name="Change shipping fee").click()
    new, confirm = page.get_by_label("New shipping fee"), page.get_by_role("button", name="Confirm")
    expect(new).to_be_focused()
    expect(confirm).to_be_disabled()
    new.fill("1.5")
    expect(page.locator(".preview-rows")).to_contain_text("$1.50")
    expect(confirm).to_be_enabled()
    new.fill("one")
    expect(page.get_by_role("alert")).to_contain_text("Write an amount")
    expect(confirm).to_be_disabled()
    assert_no_serious_axe_findings(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Change shipping fee")).to_be_focused()


def test_a_phone_and_a_keyboard_can_do_it_too(desk: Desk, open_page: OpenPage, unpaid: Unpaid):
    page = open_page(f"{desk.url}/orders/{unpaid.id}/", agent=AGENT, size="phone")
    page.get_by_role("button", name="Change shipping fee").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("New shipping fee")).to_be_focused()
    page.keyboard.type("2")
    expect(page.get_by_role("button", name="Confirm")).to_be_enabled()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Take back")).to_be_visible()
    assert fits(page)
    expect(page.get_by_role("button", name="Take back")).to_be_focused()
    page.get_by_role("button", name="Take back").tap()
    expect(page.get_by_role("button", name="Change shipping fee")).to_be_visible()


def test_the_shop_tells_the_widget_who_is_logged_in(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/demo-shop/?buyer=1001")
    with page.expect_response(lambda r: r.url.endswith("/sessions") and r.status == 200) as answer:
        page.get_by_role("button", name="Chat with us").click()
    visitor = answer.value.json()["visitor"]
    assert (visitor["name"], visitor["verified"]) == ("Emma Larsen", True)


def test_a_buyer_asks_and_the_fee_is_waived_beside_the_chat(desk: Desk, open_page: OpenPage, unpaid: Unpaid):
    shop = open_page(f"{desk.url}/demo-shop/?buyer={unpaid.buyer}")
    widget = Widget(shop).open()
    question = f"Why is the shipping of {unpaid.number} so dear?"
    widget.say(question)
    page = open_page(f"{desk.url}/inbox/", agent=AGENT)
    open_row(page, question)

    order = page.locator(f"#panel #order-{unpaid.id}")
    if not order.evaluate("order => order.open"):
        order.locator("summary").click()
    order.get_by_role("button", name="Send to the chat").click()
    expect(widget.find(".message h3").filter(has_text=unpaid.number)).to_be_visible()
    order.get_by_role("button", name="Waive shipping fee").click()
    order.get_by_role("button", name="Confirm").click()
    expect(bubble(page, unpaid.number).first).to_be_visible()
    order.get_by_role("button", name="Apply now").click()

    expect(fee(order)).to_have_text("Free")
    expect(page.locator("#timeline [data-slot='fee']").last).to_have_text("$0.00")
    expect(widget.find(".message .sums").last).to_contain_text("Free")
    expect(widget.find(".line, .system").filter(has_text=unpaid.number).last).to_be_visible()
    assert_no_serious_axe_findings(page)
    shoot(page, "orders-beside-the-chat")


def test_what_is_typed_into_a_form_stays_when_the_order_changes(
    desk: Desk, open_page: OpenPage, unpaid: Unpaid
):
    shop = open_page(f"{desk.url}/demo-shop/?buyer={unpaid.buyer}")
    Widget(shop).open().say(f"About {unpaid.number}")
    page = open_page(f"{desk.url}/inbox/", agent=AGENT)
    open_row(page, f"About {unpaid.number}")
    order = page.locator(f"#panel #order-{unpaid.id}")
    if not order.evaluate("order => order.open"):
        order.locator("summary").click()
    order.get_by_role("button", name="Change shipping fee").click()
    order.get_by_label("New shipping fee").fill("1.23")
    order.get_by_label("Reason").fill("Half a rea")

    paying = shop.locator(".order").filter(has_text=unpaid.number).get_by_role("button", name="Pay now")
    paying.click()
    expect(order.get_by_role("alert")).to_contain_text("This order is paid")
    expect(order.get_by_label("Reason")).to_have_value("Half a rea")
    expect(order.get_by_role("button", name="Confirm")).to_be_disabled()
