"""Tasks in a real browser: their page, the strip above the messages, an order's, and what is live of all that."""

import json
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import SIZES, Desk, OpenPage, assert_no_serious_axe_findings, shoot
from tests.browser.test_orders import fits

AGENT, COLLEAGUE, SUPERVISOR = "agent@demo.test", "priya@demo.test", "supervisor@demo.test"
TASKS = "/team/tasks/"
FIND = """
from inbox.models import Conversation
from orders.models import Order
from people.models import Agent
import json
c = Conversation.objects.filter(store__key="demo", status="open", tasks=None).order_by("last_at").first()
order = Order.objects.filter(store__key="demo", tasks=None, buyer=c.buyer).order_by("-placed_at").first()
order = order or Order.objects.filter(store__key="demo", tasks=None).order_by("-placed_at").first()
print(json.dumps({"conversation": str(c.id), "order": str(order.id)}))
"""
ZHOU = "zhou@demo.test"


@pytest.fixture
def found(desk: Desk) -> dict[str, str]:
    """A conversation and an order that nothing is to be done about."""
    return dict(json.loads(desk.run(FIND)))


def me(desk: Desk, email: str = AGENT) -> str:
    return str(desk.agent(email).get("/api/v1/me/").json()["id"])


def make(desk: Desk, title: str, by: str = SUPERVISOR, **given: Any) -> str:
    body = {"title": title, "store": "demo", **given}
    if "conversation" in given or "order" in given:
        del body["store"]
    answer = desk.agent(by).post("/api/v1/tasks/", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def status(desk: Desk, task: str) -> str:
    return str(desk.agent(SUPERVISOR).get(f"/api/v1/tasks/{task}/").json()["status"])


def row(page: Page, task: str) -> Any:
    return page.locator(f"[data-task='{task}']")


def tick(page: Page, task: str) -> Any:
    return page.locator(f"[data-task='{task}'] [data-task-tick]")


@pytest.mark.parametrize(("size", "scheme"), [*((size, "light") for size in SIZES), ("desktop", "dark")])
def test_every_page_fits_and_is_readable(desk: Desk, open_page: OpenPage, size: str, scheme: str):
    context: BrowserContext | None = None
    for name, path in {
        "mine": "",
        "team": "?view=team",
        "done": "?view=done",
        "none": "?due=late&store=x",
    }.items():
        page = open_page(f"{desk.url}{TASKS}{path}", size=size, scheme=scheme, agent=AGENT, context=context)
        context = page.context
        assert fits(page), f"{name} is wider than the window"
        assert_no_serious_axe_findings(page)
        shoot(page, f"tasks-{name}-{size}-{scheme}")
        if name == "team":
            page.locator(".task-title").first.click()
            expect(page.locator("#dialog .task-form")).to_be_visible()
            assert_no_serious_axe_findings(page)
            shoot(page, f"tasks-one-{size}-{scheme}")
            href = page.locator(".task-title").first.get_attribute("href")
            page.goto(f"{desk.url}{href}")
            assert fits(page), "a task's own page is wider than the window"
            assert_no_serious_axe_findings(page)
        page.close()


def test_the_same_in_chinese(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}{TASKS}?view=team", agent=ZHOU)
    expect(page.get_by_role("heading", name="任务", level=1)).to_be_visible()
    page.locator("[data-new-task]").click()
    expect(page.locator("#dialog")).to_contain_text("截止时间")
    shoot(page, "tasks-new-zh")
    assert_no_serious_axe_findings(page)


def test_a_task_is_made_and_done_by_keyboard_alone_and_taken_back(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}{TASKS}", agent=AGENT)
    page.keyboard.press("n")
    title = page.locator("#dialog #task-title")
    title.focus()
    page.keyboard.type("Ring the printers")
    page.keyboard.press("Enter")
    made = page.locator(".task", has_text="Ring the printers")
    expect(made).to_be_visible()
    expect(page.locator("#dialog")).to_be_hidden()
    expect(made).to_contain_text("Tomorrow 09:00")
    task = str(made.get_attribute("data-task"))
    tick(page, task).focus()
    page.keyboard.press("Enter")
    expect(made).to_have_count(0)
    assert status(desk, task) == "done"
    # The focus stays in the list: nobody begins again at the top of the page.
    assert page.evaluate("document.activeElement.matches('[data-task-tick]')")
    page.get_by_role("button", name="Undo").click()
    expect(made).to_be_visible()
    assert status(desk, task) == "open"


def test_what_is_wrong_is_said_in_the_dialog(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}{TASKS}", agent=AGENT, forgive=("422",))
    page.locator("[data-new-task]").click()
    page.get_by_label("On a day …").check(force=True)
    page.get_by_role("button", name="Make the task").click()
    expect(page.locator("#dialog .field-error")).to_have_count(2)
    expect(page.locator("#dialog #task-due_on")).to_be_visible()
    assert_no_serious_axe_findings(page)


def test_what_somebody_gives_me_appears_by_itself_and_is_counted(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}{TASKS}", agent=COLLEAGUE)
    badge = page.locator(".rail-link[href='/team/'] [data-task-count]")
    page.wait_for_function("sessionStorage.getItem('desk.tasks.' + document.body.dataset.agent) !== null")
    expect(badge).to_be_hidden()
    task = make(desk, "Before noon", assignee=me(desk, COLLEAGUE), due_at="2026-01-01T09:00:00Z")
    expect(row(page, task)).to_be_visible()
    expect(badge.locator("[data-number]")).to_have_text("1")
    desk.agent(SUPERVISOR).post(f"/api/v1/tasks/{task}/complete/")
    expect(row(page, task)).to_have_count(0)
    expect(badge).to_be_hidden()


def test_the_filters_narrow_the_list_in_place(desk: Desk, open_page: OpenPage):
    task = make(desk, "Nobody has this one")
    page = open_page(f"{desk.url}{TASKS}?view=team", agent=SUPERVISOR)
    page.get_by_label("Assignee").select_option("none")
    expect(page.locator(".task-who .avatar:not(.task-nobody)")).to_have_count(0)
    expect(row(page, task)).to_be_visible()
    assert "assignee=none" in page.url
    page.reload()
    expect(row(page, task)).to_be_visible()
    desk.agent(SUPERVISOR).post(f"/api/v1/tasks/{task}/cancel/")
    expect(row(page, task)).to_have_count(0)


def test_a_conversation_shows_what_is_to_be_done_about_it_live(
    desk: Desk, open_page: OpenPage, found: dict[str, str]
):
    page = open_page(f"{desk.url}/inbox/{found['conversation']}/", agent=AGENT)
    strip = page.locator("#conversation-tasks")
    expect(page.locator("#conversation-head h2")).not_to_be_empty()
    expect(strip).to_be_hidden()
    page.keyboard.press("d")
    page.locator("#dialog #task-title").fill("Measure the shelf")
    page.get_by_role("button", name="Make the task").click()
    expect(page.locator("#dialog")).to_be_hidden()
    expect(strip).to_contain_text("Measure the shelf")
    line = page.locator(".msg-line", has_text="made a task: Measure the shelf")
    expect(line).to_be_visible()
    # Another one's screen sees it come and go.
    other = open_page(f"{desk.url}/inbox/{found['conversation']}/", agent=SUPERVISOR)
    seen = other.locator("#conversation-tasks")
    expect(seen).to_contain_text("Measure the shelf")
    shoot(page, "tasks-strip")
    assert_no_serious_axe_findings(page)
    seen.locator("[data-task-tick]").click()
    expect(strip).to_be_hidden()
    expect(page.locator(".msg-line", has_text="did the task: Measure the shelf")).to_be_visible()
    # And the line leads to the task.
    line.get_by_role("link").click()
    expect(page.locator("#dialog")).to_contain_text("Measure the shelf")
    page.keyboard.press("Escape")


def test_the_strip_belongs_to_the_open_conversation(desk: Desk, open_page: OpenPage, found: dict[str, str]):
    task = make(desk, "Only here", conversation=found["conversation"])
    page = open_page(f"{desk.url}/inbox/{found['conversation']}/", agent=AGENT)
    strip = page.locator("#conversation-tasks")
    expect(strip).to_contain_text("Only here")
    page.locator(f"#list [data-id]:not([data-id='{found['conversation']}'])").first.click()
    expect(strip).not_to_contain_text("Only here")
    desk.agent(SUPERVISOR).post(f"/api/v1/tasks/{task}/cancel/")


@pytest.mark.parametrize("size", ["tablet", "phone"])
def test_the_strip_fits_on_a_smaller_screen(
    desk: Desk, open_page: OpenPage, found: dict[str, str], size: str
):
    title = "Ask the warehouse about the second parcel, which was scanned out on Friday and not seen since"
    task = make(desk, title, conversation=found["conversation"], due_at="2026-01-01T09:00:00Z")
    page = open_page(f"{desk.url}/inbox/{found['conversation']}/", agent=AGENT, size=size)
    expect(page.locator("#conversation-tasks")).to_contain_text("Ask the warehouse")
    assert fits(page)
    assert_no_serious_axe_findings(page)
    shoot(page, f"tasks-strip-{size}")
    desk.agent(SUPERVISOR).post(f"/api/v1/tasks/{task}/cancel/")


def test_an_order_shows_its_tasks_on_its_page(desk: Desk, open_page: OpenPage, found: dict[str, str]):
    page = open_page(f"{desk.url}/orders/{found['order']}/", agent=AGENT)
    tasks = page.locator(f"#tasks-of-{found['order']}")
    tasks.get_by_role("button", name="New task").click()
    page.locator("#dialog #task-title").fill("Weigh the parcel")
    page.get_by_role("button", name="Make the task").click()
    expect(tasks).to_contain_text("Weigh the parcel")
    expect(tasks.get_by_role("heading", level=2)).to_be_visible()
    assert_no_serious_axe_findings(page)
    tasks.locator("[data-task-tick]").click()
    expect(tasks).not_to_contain_text("Weigh the parcel")


def test_a_task_of_its_own_page_is_changed_and_done(desk: Desk, open_page: OpenPage):
    task = make(desk, "Old words", by=AGENT)
    page = open_page(f"{desk.url}{TASKS}{task}/", agent=AGENT, forgive=("422",))
    page.locator("#task-title").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#task-page .field-error")).to_be_visible()
    page.locator("#task-title").fill("New words")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(f"{desk.url}{TASKS}")
    page.goto(f"{desk.url}{TASKS}{task}/")
    expect(page.get_by_role("heading", name="New words", level=1)).to_be_visible()
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".page-head .badge")).to_have_text("Done")
    assert status(desk, task) == "done"
