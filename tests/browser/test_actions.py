"""What is done to orders, by mouse and by keyboard: the menu, forms with lines, before and after."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import SIZES, Desk, OpenPage, assert_no_serious_axe_findings, shoot
from tests.browser.console_page import open_row
from tests.browser.widget_page import Widget

ADMIN = "admin@demo.test"  # has no limits
FIND = """
from orders.models import Order, OrderAction
busy = OrderAction.objects.filter(state__in=["waiting", "held", "running", "unknown"]).values("order")
found = Order.objects.filter(store__key="demo", status={status!r}, refunded=0, on_hold=False, replaces=None)
found = found.exclude(number="100234").exclude(pk__in=busy).exclude(requests__state="open")
print("order", [(str(o.id), o.number, o.buyer.external_id) for o in found.order_by("-placed_at")[:30]])
"""
TAKEN: set[str] = set()


class Found:
    """An order of the demo store in this status that no other test here changes; `keep`: nor does this one."""

    def __init__(self, desk: Desk, status: str, *, keep: bool = False) -> None:
        code = FIND.format(status=status)
        told = desk.run(code)
        for self.id, self.number, self.buyer in re.findall(r"\('(.+?)', '(.+?)', '(.+?)'\)", told):
            if self.id not in TAKEN:
                if not keep:
                    TAKEN.add(self.id)
                return
        raise AssertionError(told)

    def page(self, desk: Desk, open_page: OpenPage, **how: Any) -> Page:
        return open_page(f"{desk.url}/orders/{self.id}/", agent=ADMIN, **how)


def start(page: Page | Locator, name: str) -> Locator:
    """Open the form of an action, by its button or from the menu."""
    expect(page.locator(".act-buttons > button").first).to_be_visible()
    button = page.locator(".act-buttons > button").filter(has_text=name)
    if button.count() == 0:
        page.get_by_role("button", name="More", exact=True).first.click()
        button = page.locator(".act-menu .menu-item:not(.is-off)").filter(has_text=name)
    button.first.click()
    form = page.locator("[data-act-form]")
    expect(form.get_by_role("heading", name=name)).to_be_visible()
    return form


def confirm(page: Page | Locator) -> None:
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("button", name="Apply now").click()


def test_what_matters_is_a_button_and_the_rest_is_in_a_menu_by_keyboard_too(desk: Desk, open_page: OpenPage):
    page = Found(desk, "unpaid", keep=True).page(desk, open_page)
    expect(page.locator(".act-buttons > button")).not_to_have_count(0)
    assert page.locator(".act-buttons > button:not([aria-haspopup])").count() <= 3
    more = page.get_by_role("button", name="More", exact=True)
    more.focus()
    page.keyboard.press("Enter")
    menu = page.locator(".act-menu")
    expect(menu).to_be_visible()
    refund = menu.locator(".is-off").filter(has_text="Refund")
    expect(refund).to_contain_text("Nothing has been paid.")
    assert_no_serious_axe_findings(page)
    shoot(page, "actions-menu")
    menu.get_by_role("button", name="Edit items").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[name=quantity_0]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(more).to_be_visible()


@pytest.mark.parametrize("size", list(SIZES))
def test_every_form_fits_and_is_readable(desk: Desk, open_page: OpenPage, size: str):
    forms = {
        "unpaid": ["Change address", "Change shipping method", "Edit items", "Cancel order", "Hold parcel"],
        "delivered": ["Refund", "Exchange", "Send again"],
    }
    for status, names in forms.items():
        page = Found(desk, status, keep=True).page(desk, open_page, size=size)
        for name in names:
            form = start(page, name)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
            assert_no_serious_axe_findings(page)
            shoot(page, f"actions-{name.lower().replace(' ', '-')}-{size}")
            form.get_by_role("button", name="Close").click()
            expect(form).to_have_count(0)
        page.close()


def test_items_are_refunded_come_back_and_are_received(desk: Desk, open_page: OpenPage):
    order = Found(desk, "delivered")
    page = order.page(desk, open_page)
    form = start(page, "Refund")
    form.get_by_role("radio", name="Items").check()
    form.locator(".pick input[type=checkbox]").first.check()
    form.get_by_label("The buyer sends the items back").check()
    form.get_by_role("button", name="Damaged").click()
    expect(form.get_by_label("Reason")).to_have_value("Damaged")
    expect(form.locator(".preview-rows")).to_contain_text("The buyer sends them back")
    expect(form).to_contain_text("A refund cannot be undone afterwards.")
    assert_no_serious_axe_findings(page)
    shoot(page, "actions-refund-lines")
    confirm(page)
    expect(page.get_by_text("Awaited since")).to_be_visible()
    expect(page.locator(".order-amounts")).to_contain_text("Refunded")
    shoot(page, "actions-refund-done")
    shop = open_page(f"{desk.url}/demo-shop/?buyer={order.buyer}")
    expect(shop.locator("body")).to_be_visible()
    page.get_by_role("button", name="Mark as received").click()
    expect(page.locator(".return").get_by_text(re.compile("^Arrived"))).to_be_visible()


def test_a_refund_is_no_more_than_was_paid_and_needs_a_reason(desk: Desk, open_page: OpenPage):
    page = Found(desk, "delivered").page(desk, open_page)
    form = start(page, "Refund")
    form.get_by_role("radio", name="An amount").check()
    form.get_by_role("textbox", name="Amount").fill("999999")
    expect(form.get_by_role("alert")).to_contain_text("of what was paid are left")
    expect(form.get_by_role("button", name="Confirm")).to_be_disabled()
    form.get_by_role("textbox", name="Amount").fill("1.50")
    expect(form.locator(".preview-rows")).to_contain_text("$1.50")
    form.get_by_role("button", name="Confirm").click()
    expect(form.get_by_label("Reason")).to_be_focused()  # the browser asks for it


def test_an_address_changes_at_the_shop_and_comes_back(desk: Desk, open_page: OpenPage):
    order = Found(desk, "paid")
    page = order.page(desk, open_page)
    form = start(page, "Change address")
    street = form.get_by_label("Address", exact=True)
    before = street.input_value()
    street.fill("12 Rosewood Lane")
    expect(form.locator(".preview-rows")).to_contain_text("12 Rosewood Lane")
    confirm(page)
    expect(page.locator(".order-address")).to_contain_text("12 Rosewood Lane")
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Apply now").click()
    expect(page.locator(".order-address")).to_contain_text(before)


def test_an_order_is_sent_another_way_and_back(desk: Desk, open_page: OpenPage):
    page = Found(desk, "paid").page(desk, open_page)
    form = start(page, "Change shipping method")
    other = form.locator("select[name=method] option:not(:checked)").last
    value = other.get_attribute("value") or ""
    form.locator("select[name=method]").select_option(value)
    expect(form.locator(".preview-rows")).to_contain_text(value)
    confirm(page)
    expect(page.locator(".order-amounts")).to_contain_text(value)
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Apply now").click()
    expect(page.locator(".order-amounts")).not_to_contain_text(value)


def test_another_country_brings_its_own_fields_and_keeps_what_was_typed(desk: Desk, open_page: OpenPage):
    page = Found(desk, "unpaid", keep=True).page(desk, open_page)
    form = start(page, "Change address")
    form.get_by_label("Reason").fill("Moved abroad")
    form.get_by_label("Country").select_option("DE")
    expect(form.get_by_label("State")).to_have_count(0)
    expect(form.get_by_label("Reason")).to_have_value("Moved abroad")


def test_items_are_edited_by_keyboard_and_a_product_is_added(desk: Desk, open_page: OpenPage):
    page = Found(desk, "unpaid", keep=True).page(desk, open_page)  # what is edited can still be cancelled
    form = start(page, "Edit items")
    expect(form.locator("[name=quantity_0]")).to_be_focused()
    form.get_by_role("button", name="One more").first.click()
    find = form.get_by_label("Add a product")
    find.fill("JS-")
    hits = form.locator("[data-place-sku]:not(:disabled)")
    expect(hits.first).to_be_visible()
    shoot(page, "actions-edit-find")
    page.keyboard.press("ArrowDown")
    expect(hits.first).to_be_focused()
    page.keyboard.press("Enter")
    expect(find).to_be_focused()
    expect(form.locator("[data-place]:not([hidden])")).to_have_count(1)
    expect(form.locator(".preview-rows")).to_contain_text("Total")
    assert_no_serious_axe_findings(page)
    shoot(page, "actions-edit")
    confirm(page)
    expect(page.locator(".act-state[data-state=done]")).to_contain_text("Edit items")


def test_a_parcel_is_sent_again_as_a_new_order(desk: Desk, open_page: OpenPage):
    order = Found(desk, "shipped")
    page = order.page(desk, open_page)
    form = start(page, "Send again")
    form.get_by_role("button", name="Lost parcel").click()
    expect(form.locator(".preview-rows")).to_contain_text("Nothing")
    confirm(page)
    made = page.locator(".order-mark").filter(has_text="Made good by order")
    expect(made).to_contain_text(f"{order.number}-R1")
    made.get_by_role("link").click()
    expect(page.locator(".order-mark").filter(has_text="Makes good order")).to_contain_text(order.number)


def test_what_is_exchanged_says_the_difference_before(desk: Desk, open_page: OpenPage):
    page = Found(desk, "delivered").page(desk, open_page)
    form = start(page, "Exchange")
    form.locator(".pick input[type=checkbox]").first.check()
    form.get_by_label("What is sent for it").fill("JS-")
    form.locator("[data-place-sku]:not(:disabled)").first.click()
    form.get_by_role("button", name="Wrong size").click()
    rows = form.locator(".preview-rows")
    expect(rows).to_contain_text("Comes back")
    expect(rows).to_contain_text(re.compile("The buyer pays|Refunded"))
    shoot(page, "actions-exchange")


def test_beside_the_chat_a_cancelled_order_is_told_to_the_buyer_and_not_why(desk: Desk, open_page: OpenPage):
    order = Found(desk, "unpaid")
    shop = open_page(f"{desk.url}/demo-shop/?buyer={order.buyer}")
    widget = Widget(shop).open()
    words = f"Please cancel {order.number}"
    widget.say(words)
    page = open_page(f"{desk.url}/inbox/", agent=ADMIN)
    open_row(page, words)
    block = page.locator(f"#panel #order-{order.id}")
    if not block.evaluate("order => order.open"):
        block.locator("summary").first.click()
    start(block, "Cancel order")
    block.get_by_label("Reason").fill("A secret reason")
    assert_no_serious_axe_findings(page)
    shoot(page, "actions-beside-the-chat")
    confirm(block)
    expect(widget.find(".line, .system").filter(has_text="was cancelled").last).to_be_visible()
    expect(page.locator("#timeline").get_by_text(re.compile("cancelled")).last).to_be_visible()
    assert "secret" not in widget.find("body").first.inner_text()
    expect(shop.locator(".order").filter(has_text=order.number).locator(".pill").first).to_have_text(
        "Cancelled"
    )
