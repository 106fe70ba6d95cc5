"""/team/announcements/ as people use it: reading, writing, and who may not."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from knowledge.services import create_article
from people.models import Agent
from team.announcing import services
from team.announcing.models import Announcement, AnnouncementReceipt
from team.announcing.receipts import mark_read
from team.announcing.services import Wording
from tests import factories
from tests.factories import World
from tests.team.test_announcements import published, to_team
from tests.team.test_audit import browser

pytestmark = pytest.mark.django_db
HERE = "/team/announcements/"


def typed(world: World, **more: Any) -> dict[str, Any]:
    given = {"title": "Warehouse closed", "body": "Until *Friday*.", "teams": [str(world.team.pk)]}
    return given | {"importance": "normal", "do": "publish"} | more


def page(agent: Agent, path: str = "") -> str:
    answer = browser(agent).get(HERE + path)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def of(one: Announcement, what: str = "") -> str:
    return f"{HERE}{one.pk}/{what}"


# -- Reading


def test_what_waits_stands_on_every_page_until_it_is_read(world: World) -> None:
    one = published(world.sue, to_team(world))
    ann = browser(world.ann)
    for path in ("/inbox/", "/orders/", "/knowledge/", "/team/performance/me/", "/settings/"):
        html = ann.get(path).content.decode()
        assert f'data-id="{one.pk}"' in html, path
        assert "Warehouse closed" in html, path
    assert f'data-id="{one.pk}"' not in browser(world.zoe).get("/inbox/").content.decode()
    answer = ann.post(of(one, "seen/"), {"version": 1}, content_type="application/json")
    assert answer.status_code == 200
    assert f'data-id="{one.pk}"' not in ann.get("/orders/").content.decode()


def test_the_banner_costs_every_page_one_query(world: World) -> None:
    published(world.sue, to_team(world))
    ann = browser(world.ann)
    ann.get(HERE)
    with CaptureQueriesContext(connection) as queries:
        ann.get("/settings/")
    about = [query["sql"] for query in queries if "team_announcement" in query["sql"]]
    assert len(about) == 1, about


def test_opening_a_page_alone_reads_nothing(world: World) -> None:
    """What was on the screen is said by the page that showed it, not by a request that fetched it."""
    one = published(world.sue, to_team(world))
    ann = browser(world.ann)
    for what in ("", "reading/"):
        assert "Until Friday." in ann.get(of(one, what)).content.decode()
    assert ann.get(of(one, "seen/")).status_code == 405
    assert not AnnouncementReceipt.objects.exists()


@pytest.mark.parametrize("version", [0, 2, -1, "1", True, None, 1.5, 10**40])
def test_a_version_that_there_is_not_is_refused(world: World, version: Any) -> None:
    one = published(world.sue, to_team(world, importance="confirm"))
    for what in ("seen/", "confirm/"):
        answer = browser(world.ann).post(of(one, what), {"version": version}, content_type="application/json")
        assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, "version")
    assert not AnnouncementReceipt.objects.exists()


def test_what_is_written_can_run_nothing(world: World) -> None:
    one = published(
        world.sue,
        to_team(world, title="<b>x</b></script>", body="<script>alert(1)</script>\n[a](javascript:b)"),
    )
    for path in (of(one), of(one, "reading/"), HERE):
        html = browser(world.ann).get(path).content.decode()
        assert "<script>alert" not in html, path
        assert "javascript:" not in html, path
        assert "<b>x" not in html, path
        assert "x</b></script>" not in html, path


def test_links_lead_to_articles_that_the_reader_may_open(world: World) -> None:
    text = create_article(agent=world.sue, store=world.store, locale="en", title="Late", slug="late")
    one = published(world.eve, Wording("Read on", "See [it](article:late).", everybody=True))
    address = f"/knowledge/articles/{text.article_id}/"
    assert address in page(world.ann, f"{one.pk}/")
    assert address not in page(world.zoe, f"{one.pk}/")


def test_agents_see_no_drafts_and_nothing_to_write_with(world: World) -> None:
    made = services.draft(agent=world.sue, wording=to_team(world, title="Secret plan"))
    ann = browser(world.ann)
    for path in (HERE, HERE + "?show=drafts", HERE + "?show=over", HERE + "?show=nonsense"):
        html = ann.get(path).content.decode()
        assert "Secret plan" not in html
        assert "New announcement" not in html
    assert ann.get(of(made)).status_code == 404
    assert ann.get(HERE + "?show=over&cursor=x").status_code == 404
    assert "Secret plan" in page(world.sue, "?show=drafts")


def test_nobody_but_supervisors_comes_to_what_changes_something(world: World) -> None:
    one = published(world.sue, to_team(world))
    zack = factories.make_agent("Zack", world.other_team, role="supervisor")
    for agent in (world.ann, zack):
        there = browser(agent)
        for what in ("edit/", "readers/", "readers/export/"):
            assert there.get(of(one, what)).status_code == 404, what
        for what in ("publish/", "unschedule/", "discard/", "end/", "remind/"):
            assert there.post(of(one, what)).status_code in (302, 404), what
    for what in ("new/", "people/"):
        assert browser(world.ann).get(HERE + what).status_code == 404
    one.refresh_from_db()
    assert one.state() == "live"


# -- Writing


def test_it_is_published_in_one_step(world: World) -> None:
    answer = browser(world.sue).post(HERE + "new/", typed(world))
    one = Announcement.objects.get()
    assert (answer.status_code, answer.headers["Location"], one.state()) == (302, of(one), "live")
    assert "Until <em>Friday</em>." in page(world.ann, f"{one.pk}/")


def test_it_is_scheduled_by_the_clock_of_who_writes(world: World) -> None:
    Agent.objects.filter(pk=world.sue.pk).update(time_zone="Asia/Shanghai")
    day = (timezone.now() + timedelta(days=3)).date()
    browser(world.sue).post(HERE + "new/", typed(world, publish_at=f"{day}T09:30"))
    one = Announcement.objects.get()
    assert one.publish_at is not None
    assert (one.state(), f"{one.publish_at:%H:%M}") == ("scheduled", "01:30")
    html = page(world.sue, f"{one.pk}/edit/")
    assert f'value="{day}T09:30"' in html


def test_what_cannot_be_published_leaves_no_draft_behind(world: World) -> None:
    for more, words in (
        ({"teams": []}, "Say whom it is for."),
        ({"teams": [str(world.other_team.pk)]}, "Select a valid choice"),
        ({"title": ""}, "This field is required."),
        ({"everybody": "yes", "expires_at": "2020-01-01T00:00"}, "That is over already."),
    ):
        agent = world.eve if "everybody" in more else world.sue
        answer = browser(agent).post(HERE + "new/", typed(world, **more))
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert not Announcement.objects.exists()


def test_a_draft_is_kept_changed_and_thrown_away(world: World) -> None:
    sue = browser(world.sue)
    sue.post(HERE + "new/", typed(world, do="draft", teams=[]))
    one = Announcement.objects.get()
    assert one.state() == "draft"
    sue.post(of(one, "edit/"), typed(world, do="draft", revision=1, title="Other words"))
    one.refresh_from_db()
    assert (one.title, one.state()) == ("Other words", "draft")
    stale = sue.post(of(one, "edit/"), typed(world, do="publish", revision=1))
    assert (stale.status_code, Announcement.objects.get().state()) == (422, "draft")
    sue.post(of(one, "discard/"))
    assert not Announcement.objects.exists()


def test_a_change_of_what_is_out_may_be_read_anew(world: World) -> None:
    one = published(world.sue, to_team(world))
    form = typed(world, do="save", revision=one.revision, body="Until Monday.", read_anew="on")
    browser(world.sue).post(of(one, "edit/"), form)
    one.refresh_from_db()
    assert (one.version, one.body, one.state()) == (2, "Until Monday.", "live")
    services.end(agent=world.sue, announcement_id=one.pk)
    assert browser(world.sue).get(of(one, "edit/")).status_code == 302


def test_the_preview_is_what_will_be_read_and_its_reach_is_counted(world: World) -> None:
    sue = browser(world.sue)
    shown = sue.post(HERE + "preview/", {"title": "T", "body": "**b** <i>"}).content.decode()
    assert "<strong>b</strong> &lt;i&gt;" in shown
    assert sue.post(HERE + "preview/", {"title": "T", "body": "x" * 8_001}).status_code == 422
    factories.make_agent("Both", world.team, world.other_team)
    reach = {
        who.name: browser(who).get(HERE + "people/", {"teams": [world.team.pk, world.other_team.pk, "x"]})
        for who in (world.sue, world.eve)
    }
    assert "It reaches 3 people" in reach["Sue"].content.decode()  # hers alone, and not herself
    assert "It reaches 5 people" in reach["Eve"].content.decode()
    everybody = {"everybody": "yes"}
    assert "It reaches 5 people" in browser(world.eve).get(HERE + "people/", everybody).content.decode()
    assert "Choose whom" in sue.get(HERE + "people/", everybody).content.decode()


# -- Who has read it


def test_its_readers_are_a_file_in_which_nothing_runs(world: World) -> None:
    Agent.objects.filter(pk=world.bob.pk).update(name="=HYPERLINK(1)")
    one = published(world.sue, to_team(world))
    mark_read(agent=world.ann, announcement_id=one.pk, version=1)
    answer = browser(world.sue).get(of(one, "readers/export/"))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.reader(io.StringIO(text)))
    assert [row[0] for row in rows] == ["Agent", "Ann", "'=HYPERLINK(1)"]
    assert [row[2] for row in rows[1:]] == ["Read", "Not read"]


def test_the_page_says_who_has_read_it_to_those_who_wrote_it(world: World) -> None:
    one = published(world.sue, to_team(world))
    mark_read(agent=world.ann, announcement_id=one.pk, version=1)
    assert "Read by 1 of 2" in page(world.sue, f"{one.pk}/")
    assert "Read by 1 of 2" in page(world.sue, f"{one.pk}/readers/")
    assert "Read by" not in page(world.ann, f"{one.pk}/")
    answer = browser(world.sue).post(of(one, "remind/"), follow=True)
    assert "1 person is reminded." in answer.content.decode()
