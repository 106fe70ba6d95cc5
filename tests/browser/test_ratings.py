"""Asked how it was, as buyers and agents see it: the page behind the link, the list of ratings, and the settings."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.conftest import SIZES, Desk, OpenPage, assert_no_serious_axe_findings, shoot
from tests.browser.test_settings import ADMIN, fits

SUE = "supervisor@demo.test"
# A question that somebody was asked and has not answered yet; and what it is called.
ASKED = """
from django.utils import timezone
from inbox.models import Conversation, Rating, RatingAsk
from inbox.rating_links import rating_link
c = Conversation.objects.filter(store__key=%r, status="resolved", rating=None, resolved_by__isnull=False)
c = c.exclude(rating_asks__state="waiting").latest("resolved_at")
fields = {"due_at": timezone.now(), "state": "asked", "asked_at": timezone.now()}
ask, _ = RatingAsk.objects.update_or_create(conversation=c, round=c.resolved_at, defaults=fields)
print(rating_link(ask.id), c.id, c.resolved_by.name, sep="|")
"""
FORGET = """
from inbox.models import Conversation, Rating
Rating.objects.filter(conversation=%r).delete()
Conversation.objects.filter(pk=%r).update(rating=None, rating_comment="")
"""
STANDARD = """
from inbox.models import RatingRule
RatingRule.objects.filter(store__key="demo").update(delay=30, low=2, words={}, tells_agent=True)
"""


class Asked:
    def __init__(self, desk: Desk, store: str = "demo") -> None:
        self.link, self.conversation, self.agent = desk.run(ASKED % store).strip().split("|")


@pytest.fixture
def asked(desk: Desk) -> Iterator[Asked]:
    found = Asked(desk)
    yield found
    desk.run(FORGET % (found.conversation, found.conversation))


@pytest.fixture
def plain(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True
    )
    yield context
    context.close()


def test_stars_of_the_mail_are_one_click_and_work_without_scripts(
    desk: Desk, asked: Asked, plain: BrowserContext
) -> None:
    page = plain.new_page()
    page.goto(f"{asked.link}4/")
    expect(page.get_by_role("radio", name="Good", exact=True)).to_be_checked()
    expect(page.get_by_text("Good", exact=True).last).to_be_visible()
    page.get_by_role("button", name="Send rating").tap()
    expect(page.get_by_text("Thank you for your rating.")).to_be_visible()
    page.get_by_text("Change the rating").tap()
    page.get_by_role("radio", name="Bad", exact=True).check(force=True)
    page.get_by_label("Anything you want to add?").fill("On second thoughts")
    page.get_by_role("button", name="Send rating").tap()
    expect(page.get_by_text("On second thoughts").first).to_be_visible()
    expect(page.get_by_role("img", name="2 of 5 stars")).to_be_visible()


def test_who_chooses_nothing_is_told_and_keeps_their_words(asked: Asked, plain: BrowserContext) -> None:
    page = plain.new_page()
    page.goto(asked.link)
    page.get_by_label("Anything you want to add?").fill("Kind people")
    page.get_by_role("button", name="Send rating").tap()
    expect(page.get_by_role("alert")).to_have_text("Please choose 1 to 5 stars.")
    expect(page.get_by_label("Anything you want to add?")).to_have_value("Kind people")


def test_it_is_rated_with_the_keyboard_alone(asked: Asked, open_page: OpenPage) -> None:
    page = open_page(asked.link)
    page.get_by_role("radio", name="Very bad", exact=True).focus()
    for _step in range(4):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Very good", exact=True)).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("Quick")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Thank you for your rating.")).to_be_visible()


@pytest.mark.parametrize(("size", "scheme"), [*((size, "light") for size in SIZES), ("phone", "dark")])
def test_the_page_fits_and_is_readable(asked: Asked, open_page: OpenPage, size: str, scheme: str) -> None:
    page = open_page(f"{asked.link}3/", size=size, scheme=scheme)
    expect(page.get_by_role("heading", name=f"How was the help that {asked.agent} gave you?")).to_be_visible()
    assert fits(page)
    assert_no_serious_axe_findings(page)
    shoot(page, f"rating-page-{size}-{scheme}")
    page.get_by_role("button", name="Send rating").click()
    expect(page.get_by_text("Thank you for your rating.")).to_be_visible()
    assert_no_serious_axe_findings(page)
    shoot(page, f"rating-page-given-{size}-{scheme}")
    forged = open_page(f"{asked.link[:-4]}xxx/", size=size, scheme=scheme, forgive=("404",))
    expect(forged.get_by_role("heading", name="There is nothing here")).to_be_visible()
    assert_no_serious_axe_findings(forged)


def test_a_chinese_buyer_is_asked_in_chinese(desk: Desk, open_page: OpenPage) -> None:
    asked = Asked(desk, "demo-cn")
    page = open_page(asked.link, size="phone", locale="zh-CN")
    expect(page.get_by_role("heading", name=f"{asked.agent} 为您提供的服务怎么样？")).to_be_visible()
    expect(page.get_by_role("button", name="提交评价")).to_be_visible()
    assert fits(page)
    shoot(page, "rating-page-zh")


def test_an_agent_sees_it_at_once(
    desk: Desk, asked: Asked, open_page: OpenPage, plain: BrowserContext
) -> None:
    console = open_page(f"{desk.url}/inbox/{asked.conversation}/", agent=SUE)
    expect(console.locator(".conv-head, header").first).to_be_visible()
    page = plain.new_page()
    page.goto(f"{asked.link}2/")
    page.get_by_label("Anything you want to add?").fill("Slow today")
    page.get_by_role("button", name="Send rating").tap()
    expect(console.get_by_text("Slow today").first).to_be_visible()
    expect(console.get_by_title("Rated 2 of 5").first).to_be_visible()


# -- The list


@pytest.mark.parametrize(("size", "scheme"), [*((size, "light") for size in SIZES), ("desktop", "dark")])
def test_the_list_fits_and_is_readable(desk: Desk, open_page: OpenPage, size: str, scheme: str) -> None:
    page = open_page(f"{desk.url}/team/ratings/", agent=SUE, size=size, scheme=scheme)
    expect(page.locator(".rating-row").first).to_be_visible()
    assert fits(page)
    assert_no_serious_axe_findings(page)
    shoot(page, f"ratings-{size}-{scheme}")


def test_bad_ones_are_found_and_open_their_conversation(desk: Desk, open_page: OpenPage) -> None:
    page = open_page(f"{desk.url}/team/ratings/", agent=SUE)
    page.get_by_label("Stars").select_option("low")
    expect(page).to_have_url(f"{desk.url}/team/ratings/?stars=low&words=&store=&who=&channel=&since=&until=")
    expect(page.locator(".rating-row:not(.is-bad)")).to_have_count(0)
    page.locator(".rating-row").first.get_by_role("link", name="Conversation").click()
    expect(page.get_by_title("Rated", exact=False).first).to_be_visible()


# -- The settings


@pytest.mark.parametrize(("size", "scheme"), [*((size, "light") for size in SIZES), ("desktop", "dark")])
def test_the_settings_fit_and_are_readable(desk: Desk, open_page: OpenPage, size: str, scheme: str) -> None:
    page = open_page(f"{desk.url}/settings/ratings/?store=demo", agent=ADMIN, size=size, scheme=scheme)
    expect(page.get_by_label("Ask buyers how it was")).to_be_checked()
    assert fits(page)
    assert_no_serious_axe_findings(page)
    shoot(page, f"ratings-settings-{size}-{scheme}")


def test_an_admin_changes_when_buyers_are_asked(desk: Desk, open_page: OpenPage) -> None:
    page = open_page(f"{desk.url}/settings/ratings/?store=demo", agent=ADMIN)
    page.get_by_label("How long after it is resolved").select_option("120")
    page.get_by_label("First sentence").first.fill("Thanks!")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The rules are saved.")).to_be_visible()
    expect(page.get_by_label("How long after it is resolved")).to_have_value("120")
    expect(page.get_by_label("First sentence").first).to_have_value("Thanks!")
    desk.run(STANDARD)
