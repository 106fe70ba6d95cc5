"""The bell of every page, and the way of a notice into it: rows, frames, sounds, the desktop."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from tests.browser.conftest import SIZES, Desk, OpenPage, assert_no_serious_axe_findings, shoot
from tests.browser.console_page import Buyer

AGENT = "agent@demo.test"
# What the page asks of the loudspeaker and of the desktop, noted. The real loudspeaker stands behind it.
NOTED = """
window.tones = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (at) { window.tones.push(this.frequency.value); start.call(this, at); };
window.shown = [];
window.Notification = class {
  static permission = "granted";
  static requestPermission = async () => "granted";
  constructor(title, options) {
    this.told = [title, options.body];
    window.shown.push(this);
    setTimeout(() => this.onshow?.(), 10);
  }
  close() {}
};
"""
ELSEWHERE = "document.hasFocus = () => false;"
CLEAN = """
from people.models import Agent, Notice, NoticePreferences
me = Agent.objects.get(email={email!r})
Notice.objects.filter(agent=me).delete()
NoticePreferences.objects.filter(agent=me).delete()
"""
SOMEBODY_ELSES = """
from inbox.models import Conversation
from people.models import Agent, Notice
me = Agent.objects.get(email={email!r})
known = Notice.objects.filter(agent=me, about__isnull=False).values_list("about", flat=True)
theirs = Conversation.objects.filter(store__key="demo", assignee__isnull=False).exclude(assignee=me)
print(theirs.exclude(pk__in=list(known)).order_by("id")[0].pk)
"""
TELL = """
from django.db import transaction
from people.models import Agent
from people.notices import notify
with transaction.atomic():
    notify(
        [Agent.objects.get(email={email!r}).pk], kind={kind!r}, key={key!r},
        params={{"by": "Sofia", "buyer": "Kim", "said": {said!r}}}, href={href!r},
    )
"""


@pytest.fixture(scope="module")
def settled(desk: Desk) -> None:
    """Who comes is given what waits, and told what is overdue: that happens once, and before these tests."""
    console = desk.console(AGENT)
    time.sleep(12)
    console.close()


@pytest.fixture(autouse=True)
def clean(desk: Desk, settled: None) -> Iterator[None]:
    desk.run(CLEAN.format(email=AGENT))
    yield
    desk.run(CLEAN.format(email=AGENT))


def tell(desk: Desk, said: str, *, href: str = "/orders/", kind: str = "mention") -> None:
    """Tell the agent of something where the desk does not hear it: its pages have the row and no frame."""
    desk.run(TELL.format(email=AGENT, kind=kind, key=uuid4().hex, said=said, href=href))


def mention(desk: Desk, said: str) -> str:
    """Have a colleague name the agent in a note, in a conversation that somebody else has; return which."""
    conversation = desk.run(SOMEBODY_ELSES.format(email=AGENT)).strip()
    colleague = desk.console("supervisor@demo.test")
    colleague.say(conversation, f"@Mia Chen {said}", private=True)
    colleague.close()
    return conversation


def count(page: Page) -> Locator:
    return page.locator("#bell-count")


def open_bell(page: Page) -> Locator:
    page.locator("[popovertarget=bell-menu]").click()
    return page.locator("#bell-menu")


def touch(page: Page) -> None:
    """Browsers are silent until somebody has been there."""
    page.locator("h1").first.click()


def is_quiet(page: Page) -> bool:
    return bool(page.evaluate("document.querySelector('.rail-bell').hasAttribute('data-quiet')"))


# -- One truth


def test_a_mention_rings_on_the_page_of_orders_and_is_kept(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/orders/", agent=AGENT)
    expect(page.locator("body")).to_be_visible()
    conversation = mention(desk, "could you look?")

    expect(count(page)).to_have_text("1")
    expect(page).to_have_title(re.compile(r"^\(1\) Orders"))
    page.goto(f"{desk.url}/knowledge/")
    expect(count(page)).to_have_text("1")
    bell = open_bell(page)
    expect(bell.locator(".notice[data-unread]")).to_have_count(1)
    expect(bell.locator(".notice")).to_contain_text("mentioned you")
    bell.locator(".notice").click()
    page.wait_for_url(f"**/inbox/{conversation}/**")
    expect(count(page)).to_be_hidden()
    expect(page).to_have_title(re.compile("^(?!\\(1)"))


def test_what_one_tab_reads_is_read_in_every_other(desk: Desk, open_page: OpenPage):
    one = open_page(f"{desk.url}/orders/", agent=AGENT)
    other = open_page(f"{desk.url}/knowledge/", context=one.context)
    device = open_page(f"{desk.url}/team/performance/", agent=AGENT)
    mention(desk, "look here")
    mention(desk, "and here")
    for page in (one, other, device):
        expect(count(page)).to_have_text("2")
    one.bring_to_front()
    open_bell(one).locator("[data-read-all]").click()
    for page in (one, other, device):
        expect(count(page)).to_be_hidden()
    expect(open_bell(device).locator(".notice")).to_have_count(2)
    expect(device.locator(".notice[data-unread]")).to_have_count(0)


def test_messages_that_were_marked_read_are_gone_from_the_other_tabs(desk: Desk, open_page: OpenPage):
    one = open_page(f"{desk.url}/orders/", agent=AGENT)
    other = open_page(f"{desk.url}/knowledge/", context=one.context)
    for page in (one, other):
        page.wait_for_function("Object.keys(sessionStorage).join().includes('desk.bell.')")
    one.bring_to_front()
    Buyer(desk.url).say()
    for page in (one, other):
        expect(count(page)).to_be_visible()
    open_bell(one).locator("[data-read-all]").click()
    for page in (one, other):
        expect(count(page)).to_be_hidden()


def test_opening_where_it_happened_reads_it(desk: Desk, open_page: OpenPage):
    away = open_page(f"{desk.url}/orders/", agent=AGENT)
    conversation = mention(desk, "please")
    expect(count(away)).to_have_text("1")
    page = open_page(f"{desk.url}/inbox/{conversation}/", agent=AGENT)
    expect(count(page)).to_be_hidden()
    expect(count(away)).to_be_hidden()


def test_what_came_while_the_line_was_down_is_there_when_it_is_back(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/orders/", agent=AGENT, forgive=("ERR_", "WebSocket", "Failed to load"))
    expect(page.locator("h1")).to_be_visible()
    page.context.set_offline(True)
    tell(desk, "while you were away")
    expect(count(page)).to_be_hidden()
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.reload()
    expect(count(page)).to_have_text("1")


def test_frames_may_come_in_any_order(desk: Desk, open_page: OpenPage):
    page = open_page("about:blank", agent=AGENT)
    lines: list[WebSocketRoute] = []

    def between(line: WebSocketRoute) -> None:
        line.connect_to_server()
        lines.append(line)

    page.route_web_socket(re.compile("/ws/console/"), between)
    page.goto(f"{desk.url}/orders/")
    open_bell(page)
    expect(page.locator("#bell-menu [data-slot=empty]")).to_be_visible()
    one = str(uuid4())

    def notice(second: int) -> dict[str, Any]:
        words = {
            "title": f"Told at {second}",
            "body": "",
            "icon": "at",
            "href": "/orders/",
            "sound": "notice",
        }
        told = {"id": one, "kind": "mention", "about": None, "urgent": False, "read": False}
        return {"type": "notice", "at": f"2026-01-01T00:00:0{second}.000Z", **words, **told}

    def read(second: int) -> dict[str, Any]:
        return {"type": "notice.read", "ids": [one], "until": f"2026-01-01T00:00:0{second}.000Z"}

    for frame, unread, title in [
        (notice(1), 1, "Told at 1"),
        (read(1), 0, "Told at 1"),
        (notice(1), 0, "Told at 1"),  # the same once more, late
        (notice(3), 1, "Told at 3"),  # it happened again
        (read(1), 1, "Told at 3"),  # another tab had read the first
        (notice(2), 1, "Told at 3"),
        (read(3), 0, "Told at 3"),
    ]:
        lines[-1].send(json.dumps(frame))
        expect(page.locator(".notice[data-unread]")).to_have_count(unread)
        expect(count(page)).to_have_text("1") if unread else expect(count(page)).to_be_hidden()
        expect(page.locator(".notice b")).to_have_text(title)
    lines[-1].send(json.dumps({"type": "notice.gone", "ids": [one]}))
    expect(page.locator(".notice")).to_have_count(0)


# -- Sound and desktop


def listening(desk: Desk, open_page: OpenPage, path: str = "/orders/", **more: Any) -> Page:
    page = open_page(f"{desk.url}{path}", agent=AGENT, **more)
    page.add_init_script(NOTED + ELSEWHERE)
    page.reload()
    touch(page)
    return page


def test_a_buyers_message_is_heard_and_shown_on_every_page(desk: Desk, open_page: OpenPage):
    page = listening(desk, open_page)
    words = Buyer(desk.url).say()
    expect(count(page)).to_have_text("1")
    page.wait_for_function("window.tones.length >= 2 && window.shown.length === 1")
    assert words in page.evaluate("window.shown[0].told[1]")
    with page.expect_navigation(url="**/inbox/*/"):
        page.evaluate("window.shown[0].onclick()")


def test_of_several_tabs_one_rings(desk: Desk, open_page: OpenPage):
    one = listening(desk, open_page)
    other = open_page(f"{desk.url}/knowledge/", context=one.context)
    other.add_init_script(NOTED + ELSEWHERE)
    other.reload()
    touch(other)
    Buyer(desk.url).say()
    for page in (one, other):
        expect(count(page)).to_have_text("1")
    one.wait_for_function("window.shown.length === 1")
    assert other.evaluate("[window.tones.length, window.shown.length]") == [0, 0]
    one.close()
    Buyer(desk.url).say()
    other.wait_for_function("window.shown.length === 1 && window.tones.length >= 2")


def test_do_not_disturb_is_silent_counts_and_ends_on_every_tab(desk: Desk, open_page: OpenPage):
    page = listening(desk, open_page)
    other = open_page(f"{desk.url}/knowledge/", context=page.context)
    open_bell(page).locator("[data-be-quiet=hour]").click()
    expect(page.locator("#bell-menu [data-be-quiet=off]")).to_be_visible()
    expect(other.locator(".rail-bell[data-quiet]")).to_be_visible()
    page.keyboard.press("Escape")

    Buyer(desk.url).say()
    expect(count(page)).to_have_text("1")
    assert page.evaluate("[window.tones.length, window.shown.length]") == [0, 0]

    # It is over by the clock, without a word of anybody.
    desk.run(
        "from datetime import timedelta; from django.utils import timezone;"
        "from people.models import NoticePreferences;"
        "now = timezone.now();"
        "NoticePreferences.objects.update(quiet_until=now + timedelta(seconds=4))"
    )
    other.reload()
    expect(other.locator(".rail-bell[data-quiet]")).to_be_visible()
    expect(other.locator(".rail-bell[data-quiet]")).to_be_hidden(timeout=8000)


def test_a_kind_that_was_turned_off_is_silent(desk: Desk, open_page: OpenPage):
    page = listening(desk, open_page, "/settings/notices/")
    page.locator("[name=sound-message]").uncheck()
    page.locator("[name=desktop-message]").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_be_visible()
    touch(page)
    Buyer(desk.url).say()
    expect(count(page)).to_have_text("1")
    mention(desk, "this one rings")
    page.wait_for_function("window.shown.length === 1")
    assert "mentioned you" in page.evaluate("window.shown[0].told[0]")


def test_with_the_volume_at_nothing_there_is_no_sound(desk: Desk, open_page: OpenPage):
    page = listening(desk, open_page, "/settings/notices/")
    page.locator("[name=volume]").fill("0")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_be_visible()
    touch(page)
    Buyer(desk.url).say()
    page.wait_for_function("window.shown.length === 1")
    assert page.evaluate("window.tones") == []


# -- The self-test


def results(page: Page) -> dict[str, str]:
    expect(page.locator(".test-verdict")).not_to_be_empty(timeout=20_000)
    return {
        step.get_attribute("data-step") or "": step.get_attribute("data-result") or ""
        for step in page.locator("[data-step]").all()
    }


def test_the_self_test_goes_the_whole_way(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/orders/", agent=AGENT)
    page.context.grant_permissions(["notifications"], origin=desk.url)
    page.add_init_script("window.tones = 0;" + NOTED.split("window.shown")[0])
    page.reload()
    open_bell(page).locator("[data-test-notices]").click()
    found = results(page)
    sure = ("permission", "socket", "server", "frame", "bell", "quiet", "sound")
    assert {step: found[step] for step in sure} == dict.fromkeys(sure, "ok")
    assert found["desktop"] in ("ok", "unseen")  # as far as this browser says
    assert page.evaluate("window.tones.length") >= 2
    assert re.search(r"\d+ ms", page.locator("[data-step=server]").inner_text())
    page.locator("#notice-test .btn-primary").click()
    expect(count(page)).to_be_hidden()  # it was read by who asked for it
    expect(open_bell(page).locator(".notice")).to_contain_text("This is a test notice")


def test_the_self_test_says_what_is_blocked_and_what_to_do(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/settings/notices/", agent=AGENT, forgive=("503",))
    page.add_init_script(NOTED.replace('permission = "granted"', 'permission = "denied"'))
    page.reload()
    page.locator("main [data-test-notices]").click()
    found = results(page)
    assert (found["permission"], found["desktop"], found["sound"]) == ("bad", "unseen", "ok")
    expect(page.locator("[data-step=permission]")).to_contain_text("Click the icon left of the address")
    assert page.evaluate("window.shown") == []

    # A server that does not answer is no silence.
    page.route("**/notices/test/", lambda route: route.fulfill(status=503))
    page.locator("#notice-test [data-test-notices]").click()
    expect(page.locator("[data-step=server]")).to_have_attribute("data-result", "bad")
    assert results(page)["frame"] == "unseen"


def test_the_self_test_is_heard_while_nobody_is_to_be_disturbed_and_says_so(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/settings/notices/", agent=AGENT)
    page.add_init_script(NOTED)
    page.reload()
    page.locator("main [data-be-quiet=open]").click()
    expect(page.locator(".told-on")).to_be_visible()
    page.locator("main [data-test-notices]").click()
    found = results(page)
    assert (found["quiet"], found["sound"], found["desktop"]) == ("note", "ok", "ok")
    expect(page.locator("[data-step=quiet]")).to_contain_text("until you turn it off")


# -- How it looks


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_settings_and_the_bell_at_every_size(desk: Desk, open_page: OpenPage, size: str, language: str):
    set_language = (
        f"from people.models import Agent; Agent.objects.filter(email={AGENT!r}).update(language={{!r}})"
    )
    desk.run(set_language.format(language))
    try:
        scheme = "dark" if size == "tablet" else "light"
        page = open_page(f"{desk.url}/settings/notices/", size=size, scheme=scheme, agent=AGENT)
        page.locator("[name=day-5]").check()
        for minute, said in enumerate(["could you look at this one?", "and at this: " + "long words " * 20]):
            tell(desk, f"{said} {minute}")
        page.reload()
        expect(count(page)).to_have_text("2")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert_no_serious_axe_findings(page)
        shoot(page, f"notices-settings-{size}-{language}")
        open_bell(page)
        expect(page.locator(".notice")).to_have_count(2)
        box = page.locator("#bell-menu").bounding_box()
        width, height = SIZES[size]
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= height
        assert_no_serious_axe_findings(page)
        shoot(page, f"notices-bell-{size}-{language}")
        page.locator("#bell-menu [data-test-notices]").click()
        results(page)
        assert_no_serious_axe_findings(page)
        shoot(page, f"notices-test-{size}-{language}")
    finally:
        desk.run(set_language.format("en"))
