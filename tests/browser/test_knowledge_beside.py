"""Knowledge beside the chat in a real browser: found as one types, said by one click, and suggested before one asks."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import SIZES, Desk, OpenPage, assert_no_serious_axe_findings, shoot
from tests.browser.console_page import Buyer, Line, bubble, field, open_row
from tests.browser.widget_page import Widget

AGENT = "agent@demo.test"
# Somebody with an order of a product that something is known of, and with nothing else waiting in the chat.
FIND = """
from knowledge.models import ArticleProduct
from orders.models import OrderLine
skus = ArticleProduct.objects.filter(article__store__key="demo").values("sku")
lines = OrderLine.objects.filter(sku__in=skus, order__store__key="demo", order__buyer__external_id__isnull=False)
line = lines.exclude(order__buyer__external_id="1001").select_related("order__buyer").order_by("-order__placed_at")[0]
print("case", line.order.buyer.external_id, line.sku, line.order.number)
"""


@pytest.fixture(scope="module")
def known(desk: Desk) -> tuple[str, str, str]:
    """A buyer, the SKU of something they bought, and the order's number."""
    told = desk.manage("shell", "-v0", "-c", FIND)
    found = re.search(r"case (\S+) (\S+) (\S+)", told)
    assert found, told
    return found[1], found[2], found[3]


def console(desk: Desk, open_page: OpenPage, words: str, **more: str) -> Page:
    page = open_page(f"{desk.url}/inbox/?view=all", agent=AGENT, **more)
    open_row(page, words)
    return page


def tab(page: Page) -> Locator:
    if page.locator("[data-show-panel]").is_visible():
        page.locator("[data-show-panel]").click()
    page.get_by_role("tab", name="Knowledge").click()
    found = page.locator("#panel-knowledge")
    expect(found.locator("[data-slot=lists]")).not_to_have_attribute("aria-busy", "true")
    return found


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_what_is_found_while_typing_is_inserted_and_sent_as_a_card(
    desk: Desk, open_page: OpenPage, known: tuple[str, str, str]
):
    shop = open_page(f"{desk.url}/demo-shop/?buyer={known[0]}")
    widget = Widget(shop).open()
    question = f"Can I return the boots I bought? {uuid4().hex[:6]}"
    widget.say(question)
    page = console(desk, open_page, question)
    knowledge = tab(page)
    expect(knowledge.get_by_role("heading", name="For the last question")).to_be_visible()
    shoot(page, "knowledge-fits")
    assert_no_serious_axe_findings(page)

    field(page).fill("Hello!")
    knowledge.get_by_role("searchbox").press_sequentially("return an item", delay=20)
    expect(knowledge.locator("[data-slot=lists]")).not_to_have_attribute("aria-busy", "true")
    row = knowledge.locator(".know-row").filter(has_text="Public").first
    expect(row.locator("mark").first).to_be_visible()
    shoot(page, "knowledge-found")
    title = row.locator(".know-title").inner_text()
    row.locator("[data-know=insert]").click()
    expect(field(page)).to_have_value(re.compile(r"^Hello! \S.{80,}", re.DOTALL))
    expect(field(page)).to_be_focused()

    row.locator(".know-open").click()
    expect(knowledge.locator("#know-title")).to_have_text(title)
    expect(knowledge.locator("#know-title")).to_be_focused()
    shoot(page, "knowledge-read")
    assert_no_serious_axe_findings(page)
    knowledge.get_by_role("button", name="Send card").click()
    card = page.locator("#timeline .card-article").last
    expect(card).to_contain_text(title)
    expect(widget.find(".message .card").filter(has_text=title)).to_be_visible()
    shoot(shop, "knowledge-widget")
    knowledge.get_by_role("button", name="Send link").click()
    expect(bubble(page, "/help/demo/en/articles/")).to_be_visible()
    expect(field(page)).to_have_value(re.compile("^Hello!"))

    # A passage alone, as it was selected.
    field(page).fill("")
    knowledge.locator(".know-body p").first.select_text()
    knowledge.get_by_role("button", name="Insert the selection").click()
    passage = knowledge.locator(".know-body p").first.inner_text().strip()
    expect(field(page)).to_have_value(passage)
    knowledge.get_by_text("Out of date?").click()
    knowledge.get_by_label("What is wrong with it?").fill("The fee has changed")
    knowledge.get_by_role("button", name="Report it").click()
    expect(knowledge.get_by_text("Whoever looks after it sees what you wrote.")).to_be_visible()


def test_a_suggestion_is_used_by_the_keyboard_and_goes_with_the_answer(desk: Desk, open_page: OpenPage):
    buyer = Buyer(desk.url)
    question = buyer.say(f"My payment was declined, which payment methods do you take? {uuid4().hex[:6]}")
    page = console(desk, open_page, question)
    chips = page.locator("#chips .chip")
    expect(chips.first).to_be_visible()
    shoot(page, "knowledge-chips")
    assert_no_serious_axe_findings(page)
    count = chips.count()
    page.keyboard.press("u")
    expect(chips.first).to_be_focused()
    page.keyboard.press("Enter")
    expect(field(page)).not_to_have_value("")
    expect(field(page)).to_be_focused()
    expect(chips).to_have_count(count - 1)
    field(page).fill("We take cards.")
    field(page).press("Enter")
    expect(bubble(page, "We take cards.")).to_be_visible()
    expect(page.locator("#chips")).to_be_hidden()

    again = buyer.say(f"And how long does delivery take? {uuid4().hex[:6]}")
    expect(bubble(page, again)).to_be_visible()
    expect(chips.first).to_be_visible()
    field(page).focus()
    page.keyboard.press("ArrowUp")
    expect(chips.first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#chips")).to_be_hidden()
    expect(field(page)).to_be_focused()


def test_the_palette_finds_articles_reads_and_inserts_them(desk: Desk, open_page: OpenPage):
    question = Buyer(desk.url).say()
    page = console(desk, open_page, question)
    page.keyboard.press("Control+k")
    palette = page.locator("#palette")
    palette.get_by_role("combobox").fill("gift wrapping")
    found = palette.get_by_role("option").filter(has_text="Shift Enter inserts").first
    expect(found).to_be_visible()
    shoot(page, "knowledge-palette")
    found.hover()
    page.keyboard.press("Enter")
    expect(page.locator("#know-title")).to_be_focused()

    page.keyboard.press("Control+k")
    palette.get_by_role("combobox").fill("gift wrapping")
    expect(found).to_be_visible()
    page.mouse.move(0, 0)  # a pointer that stays where it is points at nothing new
    found.hover()
    page.keyboard.press("Shift+Enter")
    expect(field(page)).to_have_value(re.compile(r"\S{3}"))


def test_what_is_known_of_a_product_opens_from_the_order_and_from_its_page(
    desk: Desk, open_page: OpenPage, known: tuple[str, str, str]
):
    widget = Widget(open_page(f"{desk.url}/demo-shop/?buyer={known[0]}")).open()
    question = f"A question about the product {uuid4().hex[:6]}"
    widget.say(question)
    page = console(desk, open_page, question)
    order = page.locator("#panel .panel-order").filter(has_text=known[2])
    if not order.evaluate("order => order.open"):
        order.locator("summary").first.click()
    button = order.locator(f'[data-know-sku="{known[1]}"]').first
    expect(button).to_have_attribute("data-known", re.compile("[1-9]"))
    shoot(page, "knowledge-order")
    button.click()
    reader = page.locator("#panel-knowledge .know-read")
    expect(reader.locator(".know-topic").first).to_be_visible()
    expect(reader).to_contain_text(known[1])
    shoot(page, "knowledge-product")
    assert_no_serious_axe_findings(page)
    reader.get_by_role("button", name="Back").click()
    expect(page.locator("#panel-knowledge .know-group").first).to_be_visible()
    page.get_by_role("tab", name="Products").click()
    expect(page.locator("#panel-products .known").first).to_be_visible()
    shoot(page, "knowledge-products")

    order_page = page.locator("#panel .panel-order-foot a")
    page.get_by_role("tab", name="Orders").click()
    address = order_page.first.get_attribute("href")
    alone = open_page(f"{desk.url}{address}", agent=AGENT)
    alone.locator(".known").first.click()
    expect(alone.locator("#dialog")).to_be_visible()
    shoot(alone, "knowledge-dialog")
    assert_no_serious_axe_findings(alone)


def test_without_a_socket_it_is_asked_over_http(desk: Desk, open_page: OpenPage):
    question = Buyer(desk.url).say(f"Do you do gift wrapping? {uuid4().hex[:6]}")
    page = open_page("about:blank", agent=AGENT)
    Line(page).blocked = True
    page.goto(f"{desk.url}/inbox/?view=all")
    open_row(page, question)
    knowledge = tab(page)
    knowledge.get_by_role("searchbox").fill("gift wrapping")
    expect(knowledge.locator(".know-row").first).to_contain_text("ift")


@pytest.mark.parametrize(("size", "scheme"), [("tablet", "light"), ("phone", "light"), ("desktop", "dark")])
def test_it_fits(desk: Desk, open_page: OpenPage, size: str, scheme: str):
    assert size in SIZES
    question = Buyer(desk.url).say(f"How do I wash the sleeping bag? {uuid4().hex[:6]}")
    page = console(desk, open_page, question, size=size, scheme=scheme)
    expect(page.locator("#chips .chip").first).to_be_visible()
    shoot(page, f"knowledge-chips-{size}-{scheme}")
    knowledge = tab(page)
    knowledge.locator(".know-open").first.click()
    expect(knowledge.locator("#know-title")).to_be_visible()
    assert fits(page)
    shoot(page, f"knowledge-{size}-{scheme}")
    assert_no_serious_axe_findings(page)
