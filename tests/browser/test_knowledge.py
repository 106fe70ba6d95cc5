"""Articles in a real browser: written, saved as they are typed, published, compared, taken back; and what two
people write at once."""

import re
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import SIZES, Desk, OpenPage, assert_no_serious_axe_findings, shoot
from tests.browser.test_orders import fits

AGENT, SUPERVISOR = "agent@demo.test", "supervisor@demo.test"
_numbers = count(1)
BODY = """# Where it goes

We send to **all of Europe**.

| Country | Days |
| --- | ---: |
| Finland | 2 |
| Spain | 4 |

- ask the courier
- then ask us
"""


def make_article(desk: Desk, *, body: str = BODY, publish: bool = False) -> tuple[str, str]:
    """Write an article over the API; return its address on the desk and its title."""
    title = f"How long does delivery take, number {next(_numbers)}?"
    with desk.agent(SUPERVISOR) as client:
        fields = {"store": "demo", "locale": "en", "title": title, "body": body, "audience": "public"}
        made = client.post("/api/v1/articles/", json=fields)
        assert made.status_code == 201, made.text
        article = made.json()["id"]
        if publish:
            path = f"/api/v1/articles/{article}/texts/en/publish/"
            assert client.post(path, json={"revision": 1}).status_code == 200
    return f"{desk.url}/knowledge/articles/{article}/?locale=en", title


def saved(page: Page) -> None:
    expect(page.locator("#saving")).to_have_attribute("data-state", "saved", timeout=15_000)


def type_in(page: Page, words: str) -> None:
    """Type at the end of the text, as fingers do."""
    page.locator("#body").focus()
    page.keyboard.press("Control+End")
    page.keyboard.type(words)


def expect_soon(page: Page, told: Callable[[], Any], wanted: Any) -> None:
    for _ in range(50):
        if told() == wanted:
            return
        page.wait_for_timeout(100)
    assert told() == wanted


@pytest.mark.parametrize(("size", "scheme"), [*((size, "light") for size in SIZES), ("desktop", "dark")])
def test_every_page_fits_and_is_readable(desk: Desk, open_page: OpenPage, size: str, scheme: str):
    address, _title = make_article(desk, publish=True)
    with desk.agent(SUPERVISOR) as client:
        api = f"{desk.url}/api/v1/articles/{address.split('/')[5]}/texts/en/"
        told = client.get(api).json()
        body = told["body"].replace("all of Europe", "Europe and the United Kingdom")
        sent = {"title": told["title"], "body": body, "keywords": ["post"], "revision": told["revision"]}
        assert client.put(api, json=sent).status_code == 200
    pages = {
        "article": address,
        "versions": address.replace("?locale=en", "texts/en/versions/"),
        "list": f"{desk.url}/knowledge/",
        "list-none": f"{desk.url}/knowledge/?sku=NONE-1",
        "categories": f"{desk.url}/knowledge/categories/?store=demo",
        "synonyms": f"{desk.url}/knowledge/synonyms/?store=demo",
    }
    context: BrowserContext | None = None
    for name, url in pages.items():
        page = open_page(url, size=size, scheme=scheme, agent=SUPERVISOR, context=context)
        context = page.context
        if name == "article":
            if size != "desktop":
                page.get_by_role("button", name="Preview").click()
            expect(page.locator("#preview table")).to_be_visible()
        assert fits(page), f"{name} is wider than the window"
        assert_no_serious_axe_findings(page)
        shoot(page, f"{name}-{size}-{scheme}")
        if name == "article" and size != "desktop":
            page.get_by_role("button", name="Write").click()
            shoot(page, f"{name}-write-{size}-{scheme}")
        page.close()


def test_an_article_is_written_published_changed_compared_and_restored(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/knowledge/", agent=SUPERVISOR)
    page.keyboard.press("n")
    dialog = page.locator("#dialog")
    dialog.get_by_label("Store").select_option("demo")
    dialog.get_by_label("Language").select_option("en")
    dialog.get_by_label("Title").fill("May I send a gift?")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/knowledge/articles/.+locale=en"))
    # Written with the keyboard: a word in bold, a list that goes on by itself.
    type_in(page, "You may send a ")
    page.keyboard.press("Control+b")
    page.keyboard.type("gift")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.type(".\n\n- with a card\nwithout a bill\n\nThat is all.")
    expect(page.locator("#body")).to_have_value(
        "You may send a **gift**.\n\n- with a card\n- without a bill\n\nThat is all."
    )
    expect(page.locator("#preview strong")).to_have_text("gift")
    expect(page.locator("#preview li")).to_have_count(2)
    saved(page)
    page.get_by_role("button", name="Publish").click()
    dialog.get_by_label("What changed").fill("First words")
    dialog.get_by_role("button", name="Publish").click()
    expect(page.locator(".editor-locales [aria-current]")).to_contain_text("Published")
    # Changed: readers see the old one until it is published.
    type_in(page, " Gladly.")
    saved(page)
    expect(page.locator("#unpublished")).to_be_visible()
    page.get_by_role("button", name="Show the changes").click()
    expect(dialog.locator("ins")).to_contain_text("Gladly.")
    shoot(page, "changes")
    dialog.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Publish").click()
    expect(dialog.get_by_label("What changed")).to_be_visible()
    expect(dialog.locator("ins")).to_contain_text("Gladly.")
    shoot(page, "publish")
    dialog.get_by_role("button", name="Publish").click()
    expect(page.locator("#unpublished")).to_be_hidden()
    # And back, from the list of versions.
    page.get_by_role("button", name="More").click()
    page.get_by_role("link", name="Versions").click()
    expect(page.locator(".version-row")).to_have_count(4)
    page.get_by_role("link", name="Version 1").click()
    page.get_by_role("button", name="Restore").click()
    page.locator("#confirm").get_by_role("button", name="Restore").click()
    expect(page.locator("#body")).not_to_have_value(re.compile("Gladly"))
    expect(page.locator("#unpublished")).to_be_visible()


def test_what_two_people_write_at_once_is_shown_and_nothing_is_lost(desk: Desk, open_page: OpenPage):
    address, _title = make_article(desk, body="One line.\n")
    mine = open_page(address, agent=AGENT, forgive=("409",))
    theirs = open_page(address, agent=SUPERVISOR)
    type_in(theirs, "\nTheirs.")
    saved(theirs)
    type_in(mine, "\nMine.")
    conflict = mine.locator("#conflict")
    expect(conflict).to_contain_text("saved it", timeout=15_000)
    expect(conflict.locator(".conflict-diff ins")).to_contain_text("Mine.")
    expect(conflict.locator(".conflict-diff del")).to_contain_text("Theirs.")
    assert_no_serious_axe_findings(mine)
    shoot(mine, "conflict")
    conflict.get_by_role("button", name="Take theirs").click()
    expect(mine.locator("#body")).to_have_value(re.compile("Theirs"))
    mine.get_by_role("button", name="Bring it back").click()
    expect(mine.locator("#body")).to_have_value(re.compile("Mine"))
    saved(mine)
    mine.reload()
    expect(mine.locator("#body")).to_have_value(re.compile("Mine"))


def test_what_never_arrived_is_back_after_a_reload(desk: Desk, open_page: OpenPage):
    address, _title = make_article(desk, body="One line.\n")
    page = open_page(address, agent=AGENT, forgive=("Failed to load", "ERR_"))
    page.route("**/api/v1/articles/**", lambda route: route.abort())
    type_in(page, "\nTyped on a train.")
    expect(page.locator("#saving")).to_have_attribute("data-state", "kept", timeout=15_000)
    shoot(page, "offline")
    page.unroute("**/api/v1/articles/**")
    page.reload()
    expect(page.locator("#body")).to_have_value(re.compile("Typed on a train"))
    saved(page)
    with desk.agent(AGENT) as client:
        told = client.get(f"/api/v1/articles/{address.split('/')[5]}/texts/en/").json()
    assert told["body"] == "One line.\n\nTyped on a train.\n"


def test_a_picture_is_put_in_a_link_is_chosen_and_settings_save_themselves(
    desk: Desk, open_page: OpenPage, tmp_path: Path
):
    _address, other = make_article(desk, publish=True)
    address, _title = make_article(desk, body="One line.\n")
    picture = tmp_path / "map.png"
    Image.new("RGB", (320, 120), "teal").save(picture)
    page = open_page(address, agent=AGENT, forgive=("422",))
    type_in(page, "\n")
    page.locator("#file-choose").set_input_files(picture)
    expect(page.locator("#body")).to_have_value(re.compile(r"!\[map\.png\]\(file:[0-9a-f-]{36}\)"))
    expect(page.locator("#preview img")).to_be_visible()
    expect(page.locator(".file-row")).to_contain_text("map.png")
    type_in(page, "See ")
    page.keyboard.press("Control+k")
    page.keyboard.type(other[:-1])
    expect(page.locator("#link-found [data-slug]")).to_have_count(1)
    page.locator("#link-found [data-slug]").click()
    expect(page.locator("#preview a")).to_have_text(other)
    saved(page)
    settings = page.locator("#article-settings")
    settings.get_by_role("combobox", name="Products").fill("mug")
    expect(page.locator("#product-found [role=option]").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(settings.locator(".chip")).to_have_count(1)
    expect(settings.get_by_role("status")).to_contain_text("Saved")
    # Two changes in a row, the second before the first is answered; a date, key by key.
    settings.get_by_label("Topic").select_option("sizes")
    settings.get_by_text("Internal").click()
    settings.get_by_label("Review on").press_sequentially("03012027")
    settings.get_by_label("Review on").press("Tab")
    with desk.agent(AGENT) as client:
        api = f"/api/v1/articles/{address.split('/')[5]}/"
        wanted = ("sizes", "internal", "2027-03-01")
        expect_soon(
            page,
            lambda: tuple(client.get(api).json()[name] for name in ("topic", "audience", "review_on")),
            wanted,
        )
    settings.get_by_label("Address").fill("No Address")
    settings.get_by_label("Address").press("Tab")
    expect(settings.locator(".field-error")).to_be_visible()
    shoot(page, "settings")
    page.reload()
    expect(page.locator("#article-settings .chip")).to_have_count(1)


def test_categories_are_put_in_order(desk: Desk, open_page: OpenPage):
    page = open_page(f"{desk.url}/knowledge/categories/?store=demo", agent=SUPERVISOR)
    for name in ("Gifts", "Wrapping"):
        page.get_by_role("button", name="New category").click()
        page.locator("#dialog").get_by_label("Name (English)").fill(name)
        page.keyboard.press("Enter")
        expect(page.locator(".category-row").last).to_contain_text(name)
    page.get_by_role("button", name="Move Wrapping up").click()
    expect(page.locator(".category-row").last).to_contain_text("Gifts")
    expect(page.get_by_role("button", name="Move Wrapping up")).to_be_focused()
    page.reload()
    expect(page.locator(".category-row").last).to_contain_text("Gifts")
