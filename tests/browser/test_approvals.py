"""Approvals in a real browser: the queue that is live, its count on every page, limits, and the ledger."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import SIZES, Desk, OpenPage, assert_no_serious_axe_findings, shoot
from tests.browser.test_orders import Unpaid, fits

AGENT, SUPERVISOR, ADMIN = "agent@demo.test", "supervisor@demo.test", "admin@demo.test"
TIGHTEN = """
from orders.models import Limit
from people.models import Store
for store in Store.objects.all():
    Limit.objects.update_or_create(store=store, role="agent", kind="change_shipping_fee", defaults={"per_order": 1})
"""
FREE = """
from orders.models import Limit, OrderAction
Limit.objects.all().delete()
OrderAction.objects.filter(state="waiting", agent__email="agent@demo.test").update(state="taken_back")
"""


@pytest.fixture(scope="module", autouse=True)
def tight(desk: Desk):
    """Agents may give nothing away here: whatever they ask for waits."""
    desk.run(TIGHTEN)
    yield
    desk.run(FREE)


@pytest.fixture
def unpaid(desk: Desk) -> Unpaid:
    return Unpaid(desk)


def ask(desk: Desk, unpaid: Unpaid, reason: str = "Parcel was late") -> str:
    """Let the agent ask for a free delivery; return the id of the action that waits."""
    answer = desk.agent(AGENT).post(
        f"/api/v1/orders/{unpaid.id}/actions/",
        json={"kind": "change_shipping_fee", "params": {"shipping_fee": 0}, "reason": reason},
        headers={"Idempotency-Key": uuid4().hex},
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["state"] == "waiting"
    return str(answer.json()["id"])


def waiting(desk: Desk) -> int:
    """How many a supervisor's badge should count. (The page's own may not have been read yet.)"""
    return len(desk.agent(SUPERVISOR).get("/orders/approvals/counted/").json()["ids"])


@pytest.mark.parametrize(("size", "scheme"), [*((size, "light") for size in SIZES), ("desktop", "dark")])
def test_every_page_fits_and_is_readable(
    desk: Desk, open_page: OpenPage, unpaid: Unpaid, size: str, scheme: str
):
    ask(desk, unpaid, "The parcel was four days late and the buyer has ordered here for years")
    pages = {
        "approvals": "/orders/approvals/",
        "ledger": "/orders/actions/",
        "ledger-none": "/orders/actions/?number=no-such-order",
        "limits": "/settings/limits/",
    }
    context: BrowserContext | None = None
    for name, path in pages.items():
        page = open_page(f"{desk.url}{path}", size=size, scheme=scheme, agent=ADMIN, context=context)
        context = page.context
        assert fits(page), f"{name} is wider than the window"
        assert_no_serious_axe_findings(page)
        shoot(page, f"{name}-{size}-{scheme}")
        page.close()


def test_what_begins_to_wait_appears_by_itself_and_is_approved_in_place(
    desk: Desk, open_page: OpenPage, unpaid: Unpaid
):
    page = open_page(f"{desk.url}/orders/approvals/", agent=SUPERVISOR)
    page.wait_for_function("sessionStorage.length > 0")
    before = waiting(desk)
    action = ask(desk, unpaid)
    row = page.locator(f"#waiting-{action}")
    expect(row).to_contain_text(unpaid.number)
    expect(row).to_contain_text("Parcel was late")
    expect(page.locator("[data-waiting-count].rail-count [data-number]")).to_have_text(str(before + 1))
    row.get_by_label("Comment").fill("Fine by me")
    row.get_by_role("button", name="Approve").click()
    expect(row).to_have_count(0)
    expect(page.locator(".toast")).to_contain_text("Approved.")
    page.goto(f"{desk.url}/orders/{unpaid.id}/")
    expect(page.locator(".trail")).to_contain_text("approved it")


def test_a_rejection_needs_a_word_and_reaches_who_asked(desk: Desk, open_page: OpenPage, unpaid: Unpaid):
    action = ask(desk, unpaid)
    theirs = open_page(f"{desk.url}/inbox/", agent=AGENT)
    mine = open_page(f"{desk.url}/orders/approvals/", agent=AGENT)
    expect(mine.locator(f"#waiting-{action}")).to_contain_text("You asked")
    theirs.wait_for_function("sessionStorage.length > 0")
    page = open_page(f"{desk.url}/orders/approvals/", agent=SUPERVISOR, forgive=("422",))
    row = page.locator(f"#waiting-{action}")
    row.get_by_role("button", name="Reject").click()
    expect(row.locator(".alert")).to_contain_text("Say why.")
    row.get_by_label("Comment").fill("Too much")
    row.get_by_role("button", name="Reject").click()
    expect(row).to_have_count(0)
    expect(mine.locator(f"#waiting-{action}")).to_have_count(0)
    theirs.locator("[popovertarget=bell-menu]").click()
    expect(theirs.locator("#bell-menu")).to_contain_text("rejected what you asked for")
    theirs.locator("#bell-menu .notice").first.click()
    expect(theirs).to_have_url(re.compile(unpaid.id))
    expect(theirs.locator(".act-state")).to_contain_text("Too much")


def test_a_supervisor_in_the_inbox_is_told_and_led_there(desk: Desk, open_page: OpenPage, unpaid: Unpaid):
    page = open_page(f"{desk.url}/inbox/", agent=SUPERVISOR)
    page.wait_for_function("sessionStorage.length > 0")
    action = ask(desk, unpaid)
    expect(page.locator("#bell-count")).to_be_visible()
    page.locator("[popovertarget=bell-menu]").click()
    page.get_by_role("link", name=re.compile(f"asks for approval: order {unpaid.number}")).click()
    expect(page).to_have_url(re.compile("/orders/approvals/"))
    expect(page.locator(f"#waiting-{action}")).to_be_visible()


def test_a_row_that_somebody_else_decides_on_leaves_and_says_so_to_who_was_typing(
    desk: Desk, open_page: OpenPage, unpaid: Unpaid
):
    action = ask(desk, unpaid)
    page = open_page(f"{desk.url}/orders/approvals/", agent=SUPERVISOR)
    page.wait_for_function("sessionStorage.length > 0")
    page.locator(f"#waiting-{action}").get_by_label("Comment").fill("Let me thi")
    admin = desk.agent(ADMIN)
    admin.post(f"/api/v1/orders/{unpaid.id}/actions/{action}/approve/", json={})
    expect(page.locator(f"#waiting-{action}")).to_have_count(0)
    expect(page.locator(".toast")).to_contain_text("Somebody else has just decided on this.")


def test_the_queue_catches_up_after_the_line_was_down(desk: Desk, open_page: OpenPage, unpaid: Unpaid):
    page = open_page(f"{desk.url}/orders/approvals/", agent=SUPERVISOR, forgive=("ERR_INTERNET", "WebSocket"))
    page.wait_for_function("sessionStorage.length > 0")
    page.context.set_offline(True)
    action = ask(desk, unpaid)
    page.wait_for_timeout(300)
    page.context.set_offline(False)
    expect(page.locator(f"#waiting-{action}")).to_be_visible(timeout=30_000)


def test_one_goes_through_the_queue_by_keys(desk: Desk, open_page: OpenPage, unpaid: Unpaid):
    action = ask(desk, unpaid)
    page = open_page(f"{desk.url}/orders/approvals/", agent=SUPERVISOR)
    page.locator(f"#waiting-{action} input[name=comment]").focus()
    page.keyboard.type("Fine")
    page.keyboard.press("Enter")
    expect(page.locator(f"#waiting-{action}")).to_have_count(0)


def test_an_admin_sets_a_limit_and_takes_the_default_again(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/settings/limits/?store=demo", agent=ADMIN, forgive=("422",))
    card = page.get_by_role("region", name="Supervisor", exact=True)
    row = card.locator("tr[data-kind=change_shipping_fee]")
    expect(row).to_contain_text("default")
    row.get_by_role("button", name="Change").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("At most on one order").fill("a lot")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.locator(".field-error")).to_contain_text("such as 20.00")
    dialog.get_by_label("At most on one order").fill("12,50")
    dialog.get_by_label("Always ask for a reason").check()
    shoot(page, "limits-dialog")
    dialog.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("$12.50")
    expect(row).to_contain_text("always")
    row.get_by_role("button", name="Change").click()
    dialog.get_by_role("button", name="Use the default").click()
    expect(row).to_contain_text("default")
    assert page.url.endswith("?store=demo")


def test_the_ledger_is_filtered_and_taken_along(desk: Desk, open_page: OpenPage, unpaid: Unpaid):
    ask(desk, unpaid, "=1+1")
    page = open_page(f"{desk.url}/orders/actions/", agent=SUPERVISOR)
    page.get_by_label("Order number").fill(unpaid.number)
    expect(page.locator(".ledger-order a").first).to_have_text(unpaid.number)
    page.get_by_label("State").select_option("waiting")
    page.get_by_label("Above a limit").check()
    expect(page).to_have_url(re.compile("over=on"))
    expect(page.locator(".ledger-order")).to_have_count(1)
    with page.expect_download() as started:
        page.get_by_role("link", name="Download CSV").click()
    text = started.value.path().read_text(encoding="utf-8-sig")
    assert text.count(unpaid.number) == 1
    assert "'=1+1" in text
    page.locator(".ledger-order a").click()
    expect(page.get_by_role("heading", name=unpaid.number)).to_be_visible()
