"""Announcements: who writes them for whom, when they are out, what is asked to be read anew, and when they are over."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from events.models import Event
from inbox.errors import Conflict, Invalid, NotFound
from orders.errors import Forbidden
from people.models import Agent
from team.announcing import services
from team.announcing.access import announcements_for, audience, teams_for, unread_by, written_for
from team.announcing.models import Announcement
from team.announcing.receipts import mark_read
from team.announcing.services import Wording
from tests import factories
from tests.conftest import Frames
from tests.factories import World

pytestmark = pytest.mark.django_db


def to_team(world: World, **more: Any) -> Wording:
    given = {"title": "Warehouse closed", "body": "Until Friday.", "teams": frozenset({world.team.pk})}
    return Wording(**(given | more))


def published(agent: Agent, wording: Wording) -> Announcement:
    made = services.draft(agent=agent, wording=wording)
    return services.publish(agent=agent, announcement_id=made.pk)


def titles(agent: Agent) -> list[str]:
    return [one.title for one in unread_by(agent)]


def happened(name: str) -> list[dict[str, Any]]:
    return [event.data for event in Event.objects.filter(name=name).order_by("id")]


# -- Who tells whom


def test_it_reaches_the_team_and_nobody_else(world: World, pushed: Frames) -> None:
    one = published(world.sue, to_team(world))
    assert [agent.name for agent in audience(one).order_by("name")] == ["Ann", "Bob"]
    assert {agent.name: titles(agent) for agent in (world.ann, world.bob, world.sue, world.zoe, world.eve)} == {
        "Ann": ["Warehouse closed"], "Bob": ["Warehouse closed"], "Sue": [], "Zoe": [], "Eve": [],
    }  # fmt: skip
    ((topics, frame),) = [(topics, frame) for topics, frame in pushed if frame["type"] == "announcement"]
    assert set(topics) == {f"agent.{world.ann.pk}", f"agent.{world.bob.pk}"}
    assert (frame["announcement"]["title"], frame["announcement"]["whole"]) == ("Warehouse closed", True)


def test_supervisors_address_teams_that_serve_their_stores_and_admins_everybody(world: World) -> None:
    assert [team.name for team in teams_for(world.sue)] == ["Desk"]
    with pytest.raises(Invalid) as refused:
        services.draft(agent=world.sue, wording=to_team(world, teams=frozenset({world.other_team.pk})))
    assert refused.value.attr == "teams"
    with pytest.raises(Forbidden):
        services.draft(agent=world.sue, wording=Wording("To all", everybody=True))
    with pytest.raises(Forbidden):
        services.draft(agent=world.ann, wording=to_team(world))
    published(world.eve, Wording("To all", everybody=True))
    assert [titles(agent) for agent in (world.ann, world.sue, world.zoe, world.eve)] == [["To all"]] * 3 + [
        []
    ]


def test_whoever_comes_sees_what_stands_and_whoever_leaves_counts_no_more(world: World) -> None:
    one = published(world.sue, to_team(world))
    factories.make_agent("Max", world.team)
    Agent.objects.filter(pk=world.bob.pk).update(is_active=False)
    assert [agent.name for agent in audience(one).order_by("name")] == ["Ann", "Max"]
    world.bob.refresh_from_db()
    assert titles(world.bob) == []


def test_a_team_that_is_deleted_makes_it_nobodys_and_not_everybodys(world: World) -> None:
    one = published(world.eve, to_team(world, teams=frozenset({world.other_team.pk})))
    world.other_team.delete()
    assert (list(audience(one)), titles(world.ann), titles(world.zoe)) == ([], [], [])


def test_drafts_are_seen_by_those_who_may_write_them(world: World) -> None:
    made = services.draft(agent=world.sue, wording=to_team(world))
    zack = factories.make_agent("Zack", world.other_team, role="supervisor")
    see = {agent.name: announcements_for(agent).filter(pk=made.pk).exists() for agent in
           (world.ann, world.sue, zack, world.eve)}  # fmt: skip
    assert see == {"Ann": False, "Sue": True, "Zack": False, "Eve": True}
    for agent, error in ((world.ann, NotFound), (zack, NotFound)):
        with pytest.raises(error):
            services.publish(agent=agent, announcement_id=made.pk)


def test_a_supervisor_does_not_touch_what_also_goes_to_others(world: World) -> None:
    wide = services.draft(
        agent=world.eve, wording=to_team(world, teams=frozenset({world.team.pk, world.other_team.pk}))
    )
    services.publish(agent=world.eve, announcement_id=wide.pk)
    everybody = published(world.eve, Wording("To all", everybody=True))
    assert list(written_for(world.sue)) == []
    for one in (wide, everybody):
        with pytest.raises(Forbidden):
            services.end(agent=world.sue, announcement_id=one.pk)


@pytest.mark.parametrize(
    ("more", "attr"),
    [
        ({"title": "  "}, "title"),
        ({"title": "x" * 121}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"body": "\ud800"}, "body"),
        ({"body": "x" * 8_001}, "body"),
        ({"importance": "huge"}, "importance"),
        ({"expires_at": timezone.now() - timedelta(hours=1)}, "expires_at"),
    ],
)
def test_what_cannot_be_said_is_refused(world: World, more: dict[str, Any], attr: str) -> None:
    with pytest.raises(Invalid) as refused:
        services.draft(agent=world.sue, wording=to_team(world, **more))
    assert refused.value.attr == attr
    assert not Announcement.objects.exists()


def test_nothing_is_published_to_nobody(world: World) -> None:
    made = services.draft(agent=world.sue, wording=Wording("A thought"))
    with pytest.raises(Invalid) as refused:
        services.publish(agent=world.sue, announcement_id=made.pk)
    assert refused.value.attr == "teams"


# -- When it is out


def test_what_is_scheduled_goes_out_when_its_time_has_come(world: World, pushed: Frames) -> None:
    made = services.draft(agent=world.sue, wording=to_team(world))
    soon = timezone.now() + timedelta(hours=1)
    services.publish(agent=world.sue, announcement_id=made.pk, at=soon)
    assert (services.publish_due(), titles(world.ann), pushed.of("announcement")) == (0, [], [])
    Announcement.objects.update(publish_at=timezone.now() - timedelta(seconds=1))
    assert (services.publish_due(), titles(world.ann)) == (1, ["Warehouse closed"])
    assert services.publish_due() == 0
    assert len(pushed.of("announcement")) == 1
    assert len(happened("announcement.scheduled")) == 1
    assert [data["people"] for data in happened("announcement.published")] == [2]


def test_what_is_scheduled_can_be_a_draft_again(world: World) -> None:
    made = services.draft(agent=world.sue, wording=to_team(world))
    services.publish(agent=world.sue, announcement_id=made.pk, at=timezone.now() + timedelta(hours=1))
    services.unschedule(agent=world.sue, announcement_id=made.pk)
    Announcement.objects.filter(publish_at__isnull=False).update(publish_at=timezone.now())
    assert (services.publish_due(), Announcement.objects.get().state()) == (0, "draft")
    services.discard(agent=world.sue, announcement_id=made.pk)
    assert not Announcement.objects.exists()


def test_a_desk_that_was_away_for_all_of_its_time_says_nothing_late(world: World, pushed: Frames) -> None:
    made = services.draft(
        agent=world.sue, wording=to_team(world, expires_at=timezone.now() + timedelta(hours=2))
    )
    services.publish(agent=world.sue, announcement_id=made.pk, at=timezone.now() + timedelta(hours=1))
    past = timezone.now() - timedelta(hours=1)
    Announcement.objects.update(publish_at=past, expires_at=past + timedelta(minutes=5))
    assert services.publish_due() == 0
    assert (Announcement.objects.get().state(), pushed.of("announcement")) == ("over", [])
    assert len(happened("announcement.ended")) == 1


def test_it_is_over_when_its_time_is_or_somebody_says_so(world: World, pushed: Frames) -> None:
    timed = published(
        world.sue, to_team(world, title="Timed", expires_at=timezone.now() + timedelta(hours=1))
    )
    ended = published(world.sue, to_team(world, title="Ended"))
    Announcement.objects.filter(pk=timed.pk).update(expires_at=timezone.now())
    services.end(agent=world.sue, announcement_id=ended.pk)
    services.end(agent=world.sue, announcement_id=ended.pk)
    assert titles(world.ann) == []
    assert (len(pushed.of("announcement.gone")), len(happened("announcement.ended"))) == (1, 1)
    with pytest.raises(Conflict):
        services.change(agent=world.sue, announcement_id=ended.pk, revision=3, wording=to_team(world))
    assert announcements_for(world.ann).count() == 2  # it can still be looked up


# -- Changing it


def test_a_change_tells_those_who_have_not_read_it_and_leaves_the_others_alone(
    world: World, pushed: Frames
) -> None:
    one = published(world.sue, to_team(world))
    mark_read(agent=world.ann, announcement_id=one.pk, version=1)
    pushed.clear()
    services.change(
        agent=world.sue,
        announcement_id=one.pk,
        revision=one.revision,
        wording=to_team(world, body="Until Monday."),
    )
    ((topics, _frame),) = [(topics, frame) for topics, frame in pushed if frame["type"] == "announcement"]
    assert (topics, titles(world.ann)) == ((f"agent.{world.bob.pk}",), [])
    (data,) = happened("announcement.changed")
    assert (data["before"], data["after"]) == ({"body": "Until Friday."}, {"body": "Until Monday."})
    assert Announcement.objects.get().edited_at is not None


def test_an_important_change_is_read_anew_and_the_old_receipts_stay(world: World, pushed: Frames) -> None:
    one = published(world.sue, to_team(world))
    mark_read(agent=world.ann, announcement_id=one.pk, version=1)
    services.change(
        agent=world.sue, announcement_id=one.pk, revision=one.revision, wording=to_team(world, body="Burnt down."),
        read_anew=True,
    )  # fmt: skip
    assert titles(world.ann) == ["Warehouse closed"]
    # Somebody whose page still shows the old text has read that one.
    mark_read(agent=world.bob, announcement_id=one.pk, version=1)
    assert titles(world.bob) == ["Warehouse closed"]
    mark_read(agent=world.ann, announcement_id=one.pk, version=2)
    assert titles(world.ann) == []
    rows = one.receipts.order_by("agent__name", "version").values_list("agent__name", "version")
    assert list(rows) == [("Ann", 1), ("Ann", 2), ("Bob", 1)]


def test_two_who_change_it_do_not_undo_each_other(world: World) -> None:
    one = published(world.sue, to_team(world))
    seen = one.revision
    services.change(agent=world.eve, announcement_id=one.pk, revision=seen, wording=to_team(world, body="A"))
    with pytest.raises(Conflict) as refused:
        services.change(
            agent=world.sue, announcement_id=one.pk, revision=seen, wording=to_team(world, body="B")
        )
    assert (refused.value.code, Announcement.objects.get().body) == ("stale", "A")


def test_who_is_no_longer_meant_loses_it_at_once(world: World, pushed: Frames) -> None:
    both = frozenset({world.team.pk, world.other_team.pk})
    one = published(world.eve, to_team(world, teams=both))
    pushed.clear()
    services.change(agent=world.eve, announcement_id=one.pk, revision=one.revision, wording=to_team(world))
    ((topics, _frame),) = [
        (topics, frame) for topics, frame in pushed if frame["type"] == "announcement.gone"
    ]
    assert (topics, titles(world.zoe)) == ((f"agent.{world.zoe.pk}",), [])
