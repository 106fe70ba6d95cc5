"""Buyers ask for changes of their own orders, in a browser; agents say yes or no where they see it."""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import SIZES, Desk, OpenPage, assert_no_serious_axe_findings, shoot
from tests.browser.widget_page import Widget, signed

AGENT, SUPERVISOR = "agent@demo.test", "supervisor@demo.test"
# A new order in a status, like one that there is, here and at the shop, for a buyer who has asked for nothing yet.
NEW_ORDER = """
import secrets
from django.utils import timezone
from helpdesk.lib.ids import new_id
from orders.models import BuyerRequest, DemoShopOrder, Order
from people.models import Buyer
orders = Order.objects.filter(status={status!r}, store__key={store!r}, refunded=0, replaces=None)
order = orders.exclude(number="100234").first()
lines = list(order.lines.all())
shop = DemoShopOrder.objects.get(store=order.store, number=order.number)
buyers = Buyer.objects.filter(store=order.store, external_id__isnull=False).exclude(external_id="1001")
order.buyer = buyers.exclude(pk__in=BuyerRequest.objects.values("buyer")).order_by("?").first()
order.number = shop.number = "9" + str(secrets.randbelow(10**5)).zfill(5)
order.placed_at = timezone.now()
shop.pk = None
for row in (order, shop, *lines):
    row.id = new_id() if row is not shop else None
    row._state.adding = True
for line in lines:
    line.order = order
for row in (order, *lines, shop):
    row.save(force_insert=True)
print("order", (order.id, order.number, order.buyer.external_id))
"""


def picture() -> bytes:
    data = BytesIO()
    Image.new("RGB", (40, 40), "teal").save(data, "PNG")
    return data.getvalue()


class Own:
    """An order, and the widget of its buyer in a shop's page."""

    def __init__(
        self, desk: Desk, shop: str, open_page: OpenPage, status: str, store: str = "demo", **page: Any
    ) -> None:
        told = desk.run(NEW_ORDER.format(status=status, store=store))
        found = re.search(r"UUID\('(.+?)'\), '(.+?)', '(.+?)'", told)
        assert found, told
        self.id, self.number, buyer = found.groups()
        lang = "zh" if store == "demo-cn" else "en"
        self.page = open_page(f"{shop}?store={store}&lang={lang}", **page)
        self.widget = Widget(self.page)
        self.widget.call("identify", {"token": signed(buyer)})
        self.widget.open()
        self.widget.find("#tab-orders").click()

    def view(self) -> "Own":
        self.widget.find(f"[data-open='{self.id}']").click()
        expect(self.widget.find("#order-one h2")).to_contain_text(self.number)
        return self

    def press(self, name: str) -> None:
        self.widget.panel.get_by_role("button", name=name, exact=True).click()

    def fill(self, name: str, value: str) -> None:
        self.widget.find(f".ask-form [name={name}]").fill(value)

    def choose(self, name: str, label: str) -> None:
        self.widget.find(f".ask-form [name={name}]").select_option(label=label)

    def status(self, text: str) -> None:
        expect(self.widget.find("#order-one .request .pill")).to_have_text(text, timeout=15_000)


def frame_of(page: Page) -> Any:
    return next(frame for frame in page.frames if "/widget/" in frame.url)


def open_conversation(desk: Desk, open_page: OpenPage, own: Own, agent: str = AGENT) -> Page:
    found = desk.agent(agent).get(f"/api/v1/requests/?order={own.id}").json()["results"]
    return open_page(f"{desk.url}/inbox/{found[0]['conversation']}/", agent=agent)


def test_a_buyer_asks_for_another_address_and_an_agent_accepts_with_one_click(
    desk: Desk, shop: str, open_page: OpenPage
):
    own = Own(desk, shop, open_page, "paid").view()
    shoot(own.page, "widget-order")
    assert_no_serious_axe_findings(frame_of(own.page))
    own.press("Change address")
    own.fill("line1", "17 <script>alert(1)</script> Lane")
    assert_no_serious_axe_findings(frame_of(own.page))
    shoot(own.page, "widget-address")
    own.press("Send request")
    own.status("Waiting")
    expect(own.widget.find("#order-one [data-ask=change_address]")).to_have_count(0)
    assert_no_serious_axe_findings(frame_of(own.page))
    shoot(own.page, "widget-requested")

    page = open_conversation(desk, open_page, own)
    card = page.locator(".card-request")
    expect(card).to_contain_text("17 <script>alert(1)</script> Lane")
    expect(page.locator(f"#order-{own.id} .request-badge")).to_have_text("1 request")
    assert_no_serious_axe_findings(page)
    shoot(page, "console-request")
    card.get_by_role("button", name="Accept").click()
    expect(card.locator(".badge")).to_have_text("Accepted")
    own.status("Accepted")
    own.status("Done")
    expect(own.widget.find(".own-address")).to_contain_text("17 <script>alert(1)</script> Lane")
    expect(card.locator(".badge")).to_have_text("Done")


def test_a_cancellation_is_declined_with_words_that_the_buyer_reads(
    desk: Desk, shop: str, open_page: OpenPage
):
    own = Own(desk, shop, open_page, "paid").view()
    own.press("Cancel order")
    expect(own.widget.find(".ask-final")).to_contain_text("cannot be opened again")
    own.press("Send request")
    expect(own.widget.find(".ask-form .error")).to_have_text("Please fill this in.")
    expect(own.widget.find(".ask-form [name=why]")).to_be_focused()
    own.choose("why", "I ordered by mistake")
    shoot(own.page, "widget-cancel")
    own.press("Send request")
    own.status("Waiting")

    page = open_conversation(desk, open_page, own)
    card = page.locator(".card-request")
    expect(card).to_contain_text("I ordered by mistake")
    card.get_by_role("button", name="Decline…").click()
    answer = card.get_by_role("textbox", name="Answer to the buyer")
    expect(answer).to_be_focused()
    answer.fill("It is packed already.")
    assert_no_serious_axe_findings(page)
    shoot(page, "console-decline")
    card.get_by_role("button", name="Decline").click()
    expect(card.locator(".badge")).to_have_text("Declined")
    own.status("Declined")
    expect(own.widget.find("#order-one .request-answer")).to_have_text("Our answer: It is packed already.")
    own.press("Back")
    own.widget.find("#tab-chat").click()
    own.widget.expect_message("It is packed already.")


def test_a_refund_is_asked_for_with_a_photo_and_withdrawn(
    desk: Desk, shop: str, open_page: OpenPage, tmp_path: Any
):
    own = Own(desk, shop, open_page, "delivered").view()
    own.press("Ask for a refund")
    own.widget.find("[name=what][value=amount]").check()
    own.fill("amount", "999999")
    own.choose("why", "It arrived damaged")
    own.press("Send request")
    expect(own.widget.find(".ask-form .error")).to_contain_text("At most")
    own.widget.find("[name=what][value=lines]").check()
    own.widget.find(".ask-lines select").first.select_option(index=1)
    file = {"name": "broken.png", "mimeType": "image/png", "buffer": picture()}
    own.widget.find(".ask-photos input").set_input_files([file])
    expect(own.widget.find(".ask-photos .upload.done")).to_have_count(1)
    assert_no_serious_axe_findings(frame_of(own.page))
    shoot(own.page, "widget-refund")
    own.press("Send request")
    own.status("Waiting")
    expect(own.widget.find("#order-one .request .image.there")).to_have_count(1)
    shoot(own.page, "widget-refund-sent")

    page = open_conversation(desk, open_page, own)
    expect(page.locator(".message-image img")).to_have_js_property("naturalWidth", 40)
    expect(page.locator(".card-request").get_by_role("button", name="Accept")).to_be_visible()
    own.press("Withdraw")
    own.status("Withdrawn")
    expect(page.locator(".card-request .badge")).to_have_text("Withdrawn")
    expect(page.locator(".card-request").get_by_role("button", name="Accept")).to_have_count(0)


def test_it_is_answered_at_the_order_and_on_the_page_of_all_requests(
    desk: Desk, shop: str, open_page: OpenPage
):
    own = Own(desk, shop, open_page, "unpaid").view()
    own.press("Cancel order")
    own.choose("why", "It takes too long")
    queue = open_page(f"{desk.url}/orders/requests/?kind=cancel&store=demo", agent=AGENT, forgive=("422",))
    own.press("Send request")
    row = queue.locator(".buyer-request").filter(has_text=own.number)
    expect(row).to_contain_text("It takes too long", timeout=15_000)  # by itself
    assert_no_serious_axe_findings(queue)
    shoot(queue, "requests-page")
    row.get_by_label("Answer to the buyer").press("Enter")  # never a yes
    expect(row.get_by_role("alert")).to_have_text("Tell the buyer why.")

    page = open_page(f"{desk.url}/orders/{own.id}/", agent=AGENT)
    asked = page.locator(".act-request")
    expect(asked).to_contain_text("The buyer asks: Cancel order")
    assert_no_serious_axe_findings(page)
    shoot(page, "order-request")
    asked.get_by_role("button", name="Accept").click()
    expect(page.locator(".act-state").filter(has_text="Cancel order").first).to_be_visible()
    expect(asked).to_have_count(0)
    own.status("Done")
    expect(row).to_have_count(0)


@pytest.fixture
def no_rule_left(desk: Desk) -> Iterator[None]:
    yield
    desk.run("from orders.models import RequestRule; RequestRule.objects.all().delete()")


@pytest.mark.usefixtures("no_rule_left")
def test_a_rule_of_the_store_says_yes_at_once(desk: Desk, shop: str, open_page: OpenPage):
    page = open_page(f"{desk.url}/settings/request-rules/", agent=SUPERVISOR)
    assert_no_serious_axe_findings(page)
    shoot(page, "rules")
    page.locator("[aria-labelledby=rules-demo] tr[data-kind=cancel]").get_by_role(
        "button", name="Change"
    ).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(re.compile("Up to")).fill("0")
    dialog.get_by_label(re.compile("Within hours")).fill("8760")
    shoot(page, "rule-dialog")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator("tr[data-kind=cancel]").filter(has_text="By itself")).to_have_count(1)

    own = Own(desk, shop, open_page, "unpaid").view()
    own.press("Cancel order")
    own.choose("why", "Another reason")
    own.press("Send request")
    own.status("Done")
    expect(own.widget.find("#order-one .own > header .pill")).to_have_text("Cancelled")


def test_all_of_it_goes_by_keyboard(desk: Desk, shop: str, open_page: OpenPage):
    own = Own(desk, shop, open_page, "paid")
    own.widget.find(f"[data-open='{own.id}']").press("Enter")
    expect(own.widget.find("#order-one h2")).to_be_focused()
    own.widget.find("[data-ask=cancel]").press("Enter")
    expect(own.widget.find(".ask-form h2")).to_be_focused()
    own.page.keyboard.press("Escape")
    expect(own.widget.find("[data-ask=cancel]")).to_be_focused()
    own.page.keyboard.press("Escape")
    expect(own.widget.find(f"[data-open='{own.id}']")).to_be_focused()


@pytest.mark.parametrize("size", SIZES)
def test_every_page_fits(desk: Desk, open_page: OpenPage, size: str):
    for name, path, agent in (
        ("requests", "/orders/requests/", SUPERVISOR),
        ("requests-declined", "/orders/requests/?state=declined", SUPERVISOR),
        ("rules", "/settings/request-rules/", SUPERVISOR),
    ):
        page = open_page(f"{desk.url}{path}", size=size, agent=agent)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
        assert_no_serious_axe_findings(page)
        shoot(page, f"{name}-{size}")
        page.close()


def test_on_a_phone_it_fills_the_screen(desk: Desk, shop: str, open_page: OpenPage):
    own = Own(desk, shop, open_page, "paid", size="phone").view()
    shoot(own.page, "phone-order")
    own.press("Change address")
    frame = frame_of(own.page)
    assert frame.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    shoot(own.page, "phone-address")
    assert_no_serious_axe_findings(frame)


def test_in_chinese_too(desk: Desk, shop: str, open_page: OpenPage):
    own = Own(desk, shop, open_page, "paid", store="demo-cn", locale="zh-CN").view()
    own.widget.find("[data-ask=cancel]").click()
    shoot(own.page, "zh-cancel")
    own.widget.find(".ask-form [name=why]").select_option(index=1)
    own.widget.find(".ask-form [type=submit]").click()
    expect(own.widget.find("#order-one .request")).to_be_visible()
    shoot(own.page, "zh-requested")
