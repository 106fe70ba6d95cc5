"""Cards that ask: sent with one click, answered in the widget and on a page without scripts, seen live by agents."""

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import SIZES, Desk, OpenPage, assert_no_serious_axe_findings, shoot
from tests.browser.console_page import open_row
from tests.browser.widget_page import Widget

AGENT = "agent@demo.test"
FIND = """
from orders.models import Order
found = Order.objects.filter(status__in=["unpaid", "paid"], store__key="{store}", on_hold=False, returns=None)
found = found.exclude(number="100234").exclude(actions__state__in=["waiting", "held", "running", "unknown"])
found = found.exclude(requests__state="open")
print("order", found.order_by("?").values_list("id", "number", "buyer__external_id")[0])
"""
LINK = """
from inbox.models import Message
from inbox.cards_links import card_link
rows = Message.objects.filter(kind="card", data__kind="{kind}", data__order__number="{number}")
print("link", card_link(rows.order_by("-created_at")[0]))
"""


class Asked:
    """An order that has not left yet, whose buyer is in the widget, and an agent in the console beside it."""

    def __init__(self, desk: Desk, open_page: OpenPage, store: str = "demo", size: str = "desktop") -> None:
        told = desk.run(FIND.format(store=store))
        found = re.search(r"UUID\('(.+?)'\), '(.+?)', '(.+?)'", told)
        assert found, told
        self.desk = desk
        self.id, self.number, self.buyer = found.groups()
        shop = f"{desk.url}/demo-shop/?store={store}&buyer={self.buyer}"
        # What a form lacks is said by a 400, and one test loses an answer.
        self.shop = open_page(shop, size=size, forgive=("400 (Bad Request)", "net::ERR_FAILED"))
        self.widget = Widget(self.shop).open()
        question = f"About {self.number} {uuid4().hex[:6]}"
        self.widget.say(question)
        self.console = open_page(f"{desk.url}/inbox/", agent=AGENT)
        open_row(self.console, question)
        self.order = self.console.locator(f"#panel #order-{self.id}")
        if not self.order.evaluate("order => order.open"):
            self.order.locator("summary").first.click()

    @property
    def card(self) -> Locator:
        return self.widget.find(".asked").last

    def check(self, slug: str) -> Locator:
        return self.order.locator(f"[data-check='{slug}']")

    def link(self, kind: str) -> str:
        told = self.desk.run(LINK.format(kind=kind, number=self.number))
        return told.split("link ", 1)[1].strip()


@pytest.fixture
def asked(desk: Desk, open_page: OpenPage) -> Asked:
    return Asked(desk, open_page)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_an_order_is_checked_with_one_click_and_confirmed_with_another(asked: Asked):
    asked.order.get_by_role("button", name="Check order").click()
    expect(asked.check("order")).to_contain_text("Waiting for an answer")
    expect(asked.card.locator("h3")).to_have_text(f"Is order {asked.number} right?")
    expect(asked.console.locator("#timeline .card-answer").last).to_have_attribute("data-state", "waiting")
    assert_no_serious_axe_findings(asked.console)
    shoot(asked.console, "checks-waiting")
    shoot(asked.shop, "checks-widget-open")

    asked.card.get_by_role("button", name="All correct").click()

    expect(asked.card.locator("[data-part='words']")).to_have_text("All correct")
    expect(asked.check("order")).to_contain_text("Confirmed")
    expect(asked.console.locator("#timeline .card-answer").last).to_have_attribute("data-state", "good")
    line = asked.console.locator("#timeline .msg-line").filter(has_text=f"confirmed order {asked.number}")
    expect(line).to_be_visible()
    expect(asked.widget.find(".line").filter(has_text="confirmed order")).to_have_count(0)
    shoot(asked.console, "checks-confirmed")


def test_what_is_wrong_is_written_by_keyboard_and_shows_beside_the_order(asked: Asked):
    asked.order.get_by_role("button", name="Check order").press("Enter")
    wrong = asked.card.get_by_role("button", name="Something is wrong")
    wrong.focus()
    wrong.press("Enter")
    field = asked.card.get_by_label("What is wrong?")
    expect(field).to_be_focused()
    asked.card.get_by_role("button", name="Send").click()
    expect(asked.card.get_by_role("alert").filter(has_text="Please fill this in.")).to_be_visible()
    expect(asked.card.get_by_label("What is wrong?")).to_be_focused()
    shoot(asked.shop, "checks-widget-form")
    field.press("Escape")
    expect(wrong).to_be_focused()
    wrong.press("Enter")
    asked.card.get_by_label("What is wrong?").fill("The colour: I want it in blue")
    asked.card.get_by_role("button", name="Send").click()

    expect(asked.check("order")).to_contain_text("Something is wrong")
    expect(asked.check("order")).to_contain_text("I want it in blue")
    expect(asked.console.locator("#timeline .card-answer").last).to_contain_text("I want it in blue")
    assert_no_serious_axe_findings(asked.console)
    frame = next(frame for frame in asked.shop.frames if "/widget/" in frame.url)
    assert_no_serious_axe_findings(frame)
    shoot(asked.console, "checks-wrong")

    asked.card.get_by_role("button", name="Change the answer").click()
    asked.card.get_by_role("button", name="All correct").click()
    expect(asked.check("order")).to_contain_text("Confirmed")


def test_a_corrected_address_is_a_request_and_the_parcel_waits(asked: Asked):
    row = asked.check("address")
    row.get_by_label("Hold the parcel until answered").check()
    row.get_by_role("button", name="Check address").click()
    expect(row).to_contain_text("Waiting for an answer")
    expect(asked.card).to_contain_text("Your parcel waits until you have answered.")
    asked.card.get_by_role("button", name="Correct it").click()
    asked.card.get_by_label("Address", exact=True).fill("77 Moved Street")
    asked.card.get_by_label("Phone").fill("nobody")
    asked.card.get_by_role("button", name="Send").click()
    expect(asked.card.get_by_role("alert").filter(has_text="no phone number")).to_be_visible()
    expect(asked.card.get_by_label("Address", exact=True)).to_have_value("77 Moved Street")
    shoot(asked.shop, "checks-widget-address")
    asked.card.get_by_label("Phone").fill("+1 503 555 0142")
    asked.card.get_by_role("button", name="Send").click()

    expect(asked.widget.find(".asked [data-part='corrected']").last).to_contain_text("77 Moved Street")
    expect(asked.check("address")).to_contain_text("Something is wrong")
    expect(asked.console.locator("#timeline .card-answer").filter(has_text="77 Moved Street")).to_be_visible()
    shoot(asked.console, "checks-address-corrected")


def test_an_answer_that_is_lost_on_the_way_is_sent_again_and_kept_once(asked: Asked):
    asked.order.get_by_role("button", name="Check order").click()
    tries = []

    def lose_the_first(route) -> None:
        tries.append(route.request.url)
        if len(tries) == 1:
            route.fetch()  # it reaches the desk, and the answer is lost
            route.abort()
        else:
            route.continue_()

    asked.shop.context.route("**/api/widget/v1/cards/**", lose_the_first)
    asked.card.get_by_role("button", name="All correct").click()
    expect(asked.card.locator("[data-part='words']")).to_have_text("All correct")
    expect(asked.card.locator("[data-part='when']")).not_to_have_text("Sending…", timeout=10_000)
    line = asked.console.locator("#timeline .msg-line").filter(has_text=f"confirmed order {asked.number}")
    expect(line).to_have_count(1)


@pytest.fixture
def plain(browser) -> Iterator[BrowserContext]:
    """A phone without scripts."""
    width, height = SIZES["phone"]
    context = browser.new_context(
        viewport={"width": width, "height": height}, java_script_enabled=False, is_mobile=True, has_touch=True
    )
    yield context
    context.close()


def test_the_page_behind_the_link_works_without_scripts(asked: Asked, plain: BrowserContext):
    asked.order.get_by_role("button", name="Check order").click()
    expect(asked.check("order")).to_contain_text("Waiting for an answer")
    page = plain.new_page()
    page.goto(asked.link("check_order"))
    expect(page.get_by_role("heading", name=f"Is order {asked.number} right?")).to_be_visible()
    shoot(page, "card-page-open")
    page.get_by_text("Something is wrong").tap()
    page.get_by_label("What is wrong?").fill("Two, not one")
    shoot(page, "card-page-form")
    page.get_by_role("button", name="Send").tap()
    expect(page.get_by_text("Thank you, we have your answer.")).to_be_visible()
    shoot(page, "card-page-answered")
    expect(asked.check("order")).to_contain_text("Two, not one")
    expect(asked.card.locator("[data-part='words']")).to_contain_text("Two, not one")


@pytest.mark.parametrize(("size", "scheme"), [*((size, "light") for size in SIZES), ("phone", "dark")])
def test_the_page_behind_the_link_fits_and_is_readable(
    asked: Asked, open_page: OpenPage, size: str, scheme: str
):
    asked.check("address").get_by_role("button", name="Check address").click()
    expect(asked.check("address")).to_contain_text("Waiting for an answer")
    link = asked.link("check_address")
    page = open_page(link, size=size, scheme=scheme)
    page.get_by_text("Correct it").click()
    assert fits(page)
    assert_no_serious_axe_findings(page)
    shoot(page, f"card-page-address-{size}-{scheme}")
    forged = open_page(link[:-6] + "xxxxx/", size=size, scheme=scheme, forgive=("404",))
    expect(forged.get_by_role("heading", name="There is nothing here")).to_be_visible()
    assert_no_serious_axe_findings(forged)
    shoot(forged, f"card-page-wrong-{size}-{scheme}")


def test_a_chinese_buyer_is_asked_in_chinese_by_province_and_district(desk: Desk, open_page: OpenPage):
    asked = Asked(desk, open_page, store="demo-cn", size="phone")
    asked.check("address").get_by_role("button", name="Check address").click()
    asked.card.locator("[data-part='choices'] button").last.click()
    names = asked.card.locator("form [name]").evaluate_all("fields => fields.map((field) => field.name)")
    assert names[:6] == ["name", "phone", "region", "city", "district", "line1"]
    shoot(asked.shop, "checks-widget-chinese")
