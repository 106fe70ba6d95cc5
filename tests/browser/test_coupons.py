"""Coupons and bargaining in a real browser: one click beside the chat, the card, the till, and who decides above it."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import SIZES, Desk, OpenPage, assert_no_serious_axe_findings, shoot
from tests.browser.console_page import open_row
from tests.browser.widget_page import Widget

AGENT, SUPERVISOR = "agent@demo.test", "supervisor@demo.test"
SLOW = 20_000  # ms: the store is told by a job
NEW = """
from django.utils import timezone
from orders.models import CouponCode, DemoShopOrder, Order, Product
from orders.sync import upsert_order
from people.models import Buyer, Store
store = Store.objects.get(key="demo")
buyer = Buyer.objects.filter(store=store, external_id__isnull=False).exclude(external_id="1001").exclude(
    pk__in=CouponCode.objects.values("buyer")
).order_by("?")[0]
product = Product.objects.filter(store=store, price__gte=6500).order_by("sku")[0]
number = "T" + timezone.now().strftime("%H%M%S%f")
DemoShopOrder.objects.create(store=store, number=number, shipping_fee=500)
line = {"sku": product.sku, "name": product.name, "quantity": 2, "unit_price": product.price}
order = upsert_order(store=store, payload={
    "number": number, "buyer": {"external_id": buyer.external_id}, "lines": [line], "shipping_fee": 500,
})
print("order", order.id, number, buyer.external_id)
"""


class Case:
    """A buyer without coupons, with an unpaid order that is new, in the demo shop and in the inbox."""

    def __init__(self, desk: Desk, open_page: OpenPage) -> None:
        told = desk.run(NEW)
        found = re.search(r"order (\S+) (\S+) (\S+)", told)
        assert found, told
        self.order, self.number, self.buyer = found.groups()
        self.desk, self.open_page = desk, open_page
        self.shop = open_page(f"{desk.url}/demo-shop/?buyer={self.buyer}")
        self.widget = Widget(self.shop).open()
        self.question = f"About {self.number} {uuid4().hex[:6]}"
        self.widget.say(self.question)

    def console(self, agent: str = AGENT, **more: str) -> Page:
        page = self.open_page(f"{self.desk.url}/inbox/?view=all", agent=agent, **more)
        open_row(page, self.question)
        return page

    def tab(self, page: Page) -> Locator:
        page.get_by_role("tab", name="Coupons").click()
        tab = page.locator("#panel-coupons")
        expect(tab.get_by_role("heading", name="Give a coupon")).to_be_visible()
        return tab


@pytest.fixture
def case(desk: Desk, open_page: OpenPage) -> Case:
    return Case(desk, open_page)


def offer(tab: Locator, name: str) -> Locator:
    return tab.locator(".coupon-offer").filter(has_text=name)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize(("size", "scheme"), [*((size, "light") for size in SIZES), ("desktop", "dark")])
def test_the_settings_fit_and_are_readable(desk: Desk, open_page: OpenPage, size: str, scheme: str):
    page = open_page(f"{desk.url}/settings/coupons/", size=size, scheme=scheme, agent=SUPERVISOR)
    expect(page.get_by_role("heading", name="Bargaining")).to_be_visible()
    assert fits(page)
    shoot(page, f"coupons-settings-{size}-{scheme}")
    page.get_by_role("button", name="New offer").first.click()
    expect(page.get_by_label("Name")).to_be_visible()
    assert_no_serious_axe_findings(page)
    shoot(page, f"coupons-dialog-{size}-{scheme}")


def test_a_coupon_is_sent_with_one_click_copied_used_at_the_till_and_seen_used(case: Case):
    page = case.console()
    tab = case.tab(page)
    offer(tab, "Sorry for the trouble").get_by_role("button", name="Send").click()
    given = tab.locator(".coupon-given").first
    expect(given.locator(".badge")).to_have_text("Valid", timeout=SLOW)
    expect(offer(tab, "Sorry for the trouble")).to_contain_text("This buyer has it already.")
    code = given.locator(".coupon-code").inner_text()

    card = page.locator("#timeline .card-coupon").last
    expect(card).to_contain_text(code)
    expect(card).to_contain_text("$5.00 off")
    theirs = case.widget.find(".coupon").last
    expect(theirs).to_contain_text(code)
    expect(theirs.get_by_role("button", name="Copy")).to_be_visible()
    theirs.get_by_role("button", name="Copy").click()
    expect(theirs.get_by_role("button", name="Copied")).to_be_visible()
    shoot(case.shop, "coupons-widget")

    shop = case.open_page(f"{case.desk.url}/demo-shop/?buyer={case.buyer}", forgive=("422",))
    order = shop.locator(".order").filter(has_text=case.number)
    order.get_by_placeholder("Coupon code").fill("NOT-A-CODE")
    order.get_by_role("button", name="Pay now").click()
    expect(shop.get_by_role("alert")).to_have_text("This code is not valid.")
    order.get_by_placeholder("Coupon code").fill(code.lower())
    order.get_by_role("button", name="Pay now").click()
    expect(order).to_contain_text("Paid")

    expect(card.locator("[data-slot='state']")).to_have_text(f"Used for order {case.number}")
    expect(given.locator(".badge")).to_have_text("Redeemed", timeout=SLOW)
    expect(theirs.locator(".pill")).to_have_text("Already used")
    shoot(page, "coupons-used")
    assert_no_serious_axe_findings(page)


def test_above_a_limit_a_reason_is_asked_for_and_a_supervisor_decides(case: Case):
    page = case.console()
    tab = case.tab(page)
    large = offer(tab, "A larger gesture")
    large.locator("summary").focus()
    page.keyboard.press("Enter")
    large.get_by_label("Reason").fill("Second parcel lost")
    page.keyboard.press("Enter")
    given = tab.locator(".coupon-given").first
    expect(given.locator(".badge")).to_have_text("Waiting for approval")
    expect(given.get_by_role("button", name="Take back")).to_be_visible()

    other = case.console(SUPERVISOR)
    theirs = case.tab(other).locator(".coupon-given").first
    theirs.get_by_role("button", name="Approve").click()
    expect(theirs.locator(".badge")).to_have_text("Valid", timeout=SLOW)
    expect(given.locator(".badge")).to_have_text("Valid", timeout=SLOW)
    expect(case.widget.find(".coupon").last).to_contain_text("$40.00 off")
    shoot(other, "coupons-approved")
    assert_no_serious_axe_findings(other)


def test_a_code_is_revoked_and_the_buyer_sees_that(case: Case):
    page = case.console()
    tab = case.tab(page)
    offer(tab, "Sorry for the trouble").get_by_role("button", name="Send").click()
    given = tab.locator(".coupon-given").first
    expect(given.locator(".badge")).to_have_text("Valid", timeout=SLOW)
    given.get_by_role("button", name="Revoke").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Revoke").click()
    expect(given.locator(".badge")).to_have_text("Revoked", timeout=SLOW)
    expect(case.widget.find(".coupon .pill").last).to_have_text("Not valid any more")
    expect(offer(tab, "Sorry for the trouble").get_by_role("button", name="Send")).to_be_visible()


def test_it_works_on_a_phone(case: Case):
    page = case.open_page(f"{case.desk.url}/inbox/?view=all", agent=AGENT, size="phone")
    page.locator("#list [data-id]").filter(has_text=case.question).locator("a").click()
    page.locator("[data-show-panel]").first.click()
    tab = case.tab(page)
    assert fits(page)
    offer(tab, "Sorry for the trouble").get_by_role("button", name="Send").tap()
    expect(tab.locator(".coupon-given .badge").first).to_have_text("Valid", timeout=SLOW)
    assert_no_serious_axe_findings(page)
    shoot(page, "coupons-phone")


def test_a_price_is_lowered_step_by_step(case: Case):
    page = case.console()
    order = page.locator(f"#panel #order-{case.order}")
    if not order.evaluate("order => order.open"):
        order.locator("summary").first.click()
    order.get_by_role("button", name="Lower the price").click()
    steps = order.locator(".ladder-step")
    expect(steps).to_have_count(4)
    expect(steps.first.get_by_role("radio")).to_be_checked()
    expect(order.get_by_role("button", name="Confirm")).to_be_enabled()
    shoot(page, "coupons-ladder")
    steps.nth(2).click()
    expect(order.get_by_role("button", name="Ask for approval")).to_be_visible()
    steps.first.click()
    order.get_by_role("button", name="Confirm").click()
    order.get_by_role("button", name="Apply now").click()
    expect(order.locator(".order-amounts")).to_contain_text("Discount")
    expect(case.widget.find(".line, .system").filter(has_text=case.number).last).to_contain_text("new total")

    order.get_by_role("button", name="Lower the price").click()
    expect(order.locator(".ladder-step.is-given")).to_have_count(1)
    expect(order.locator(".ladder-step").nth(1).get_by_role("radio")).to_be_checked()
    shoot(page, "coupons-ladder-second")
    assert_no_serious_axe_findings(page)


def test_an_offer_is_made_and_switched_off(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/settings/coupons/", agent=SUPERVISOR, forgive=("422",))
    page.get_by_role("button", name="New offer").first.click()
    name = f"Test {uuid4().hex[:6]}"
    page.get_by_label("Name").fill(name)
    page.get_by_label("Percent off").check()
    page.get_by_label("Amount or percent").fill("10")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Say what a percentage may come to at most.")).to_be_visible()
    page.get_by_label("At most").fill("15")
    page.get_by_role("textbox", name="Budget").fill("300")
    page.get_by_role("button", name="Save").click()
    row = page.locator("tr").filter(has_text=name)
    expect(row).to_contain_text("10% off, at most $15.00")
    row.get_by_role("button", name="Switch off").click()
    expect(row.locator(".badge")).to_have_text("Off")

    page.get_by_role("button", name="Change").first.click()
    page.get_by_label("Steps").fill("5, 3")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Each step is above the one before.")).to_be_visible()
