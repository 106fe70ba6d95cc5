"""That somebody has read an announcement: what counts, whom it is told, and who is reminded."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from events.models import Event
from inbox.errors import Conflict, Invalid, NotFound
from orders.errors import Forbidden
from people.models import Agent, Notice
from team.announcing import services
from team.announcing.access import unread_by, waiting_for
from team.announcing.listing import drafts, over, standing, with_counts
from team.announcing.models import Announcement, AnnouncementReceipt
from team.announcing.payloads import banner_data
from team.announcing.receipts import confirm, mark_read, readers, remind
from tests import factories
from tests.conftest import Frames
from tests.factories import World
from tests.parallel import at_once
from tests.team.test_announcements import happened, published, titles, to_team

pytestmark = pytest.mark.django_db
MANY = 6


def names_of(rows: list[Any]) -> list[str]:
    return [reader.agent.name for reader in rows]


# -- Reading and confirming


def test_reading_is_written_down_once_at_the_first_time(world: World, pushed: Frames) -> None:
    one = published(world.sue, to_team(world))
    first = mark_read(agent=world.ann, announcement_id=one.pk, version=1)
    again = mark_read(agent=world.ann, announcement_id=one.pk, version=1)
    assert first is not None
    assert again is not None
    assert (first.pk, first.read_at) == (again.pk, again.read_at)
    assert [frame["settled"] for frame in pushed.to(f"agent.{world.ann.pk}")[1:]] == [True]
    assert [frame["type"] for frame in pushed.to(f"agent.{world.sue.pk}")] == ["announcement.counted"]
    # That somebody watches does not tell them who reads.
    assert "Ann" not in str(pushed.to(f"agent.{world.sue.pk}"))


def test_what_must_be_confirmed_waits_until_it_is(world: World) -> None:
    one = published(world.sue, to_team(world, importance="confirm"))
    mark_read(agent=world.ann, announcement_id=one.pk, version=1)
    assert titles(world.ann) == ["Warehouse closed"]
    confirm(agent=world.ann, announcement_id=one.pk, version=1)
    receipt = confirm(agent=world.ann, announcement_id=one.pk, version=1)
    assert titles(world.ann) == []
    assert receipt.confirmed_at is not None
    assert receipt.read_at < receipt.confirmed_at
    assert len(happened("announcement.confirmed")) == 1


def test_a_text_that_was_changed_meanwhile_is_not_confirmed_unseen(world: World) -> None:
    one = published(world.sue, to_team(world, importance="confirm"))
    services.change(
        agent=world.sue, announcement_id=one.pk, revision=one.revision, read_anew=True,
        wording=to_team(world, importance="confirm", body="Burnt down."),
    )  # fmt: skip
    with pytest.raises(Conflict) as refused:
        confirm(agent=world.ann, announcement_id=one.pk, version=1)
    assert (refused.value.code, titles(world.ann)) == ("changed", ["Warehouse closed"])


def test_nobody_reads_or_confirms_what_is_not_for_them(world: World) -> None:
    one = published(world.sue, to_team(world, importance="confirm"))
    for do in (mark_read, confirm):
        with pytest.raises(NotFound):
            do(agent=world.zoe, announcement_id=one.pk, version=1)
        for version in (0, 2):
            with pytest.raises(Invalid):
                do(agent=world.ann, announcement_id=one.pk, version=version)
    assert mark_read(agent=world.sue, announcement_id=one.pk, version=1) is None  # her own
    services.end(agent=world.sue, announcement_id=one.pk)
    assert mark_read(agent=world.ann, announcement_id=one.pk, version=1) is None
    with pytest.raises(Conflict):
        confirm(agent=world.ann, announcement_id=one.pk, version=1)
    assert not AnnouncementReceipt.objects.exists()


def test_what_became_more_important_is_to_be_confirmed_by_those_who_had_read_it(world: World) -> None:
    one = published(world.sue, to_team(world))
    mark_read(agent=world.ann, announcement_id=one.pk, version=1)
    services.change(
        agent=world.sue,
        announcement_id=one.pk,
        revision=one.revision,
        wording=to_team(world, importance="confirm"),
    )
    assert titles(world.ann) == ["Warehouse closed"]
    confirm(agent=world.ann, announcement_id=one.pk, version=1)
    assert titles(world.ann) == []


# -- Who has and who has not


def test_its_readers_are_counted_by_who_is_there_now(world: World) -> None:
    one = published(world.sue, to_team(world))
    cid = factories.make_agent("Cid", world.team)
    for agent in (world.ann, cid):
        mark_read(agent=agent, announcement_id=one.pk, version=1)
    Agent.objects.filter(pk=cid.pk).update(is_active=False)
    found = readers(one)
    assert (names_of(found.settled), names_of(found.waiting), names_of(found.left)) == (
        ["Ann"],
        ["Bob"],
        ["Cid"],
    )
    (row,) = standing(world.sue)
    assert (row.settled, row.people, row.may_write) == (1, 2, True)
    assert [agent.name for agent in waiting_for(one)] == ["Bob"]


def test_the_counts_of_a_list_are_those_of_the_page(world: World) -> None:
    both = frozenset({world.team.pk, world.other_team.pk})
    for title, more in {
        "all": {"everybody": True, "teams": frozenset()}, "both": {"teams": both}, "must": {"importance": "confirm"},
    }.items():  # fmt: skip
        published(world.eve, to_team(world, title=title, **more))
    factories.make_agent("Both", world.team, world.other_team)
    for one in Announcement.objects.all():
        mark_read(agent=world.ann, announcement_id=one.pk, version=1)
    must = Announcement.objects.get(title="must")
    confirm(agent=world.bob, announcement_id=must.pk, version=1)
    for one in with_counts(Announcement.objects.all()):
        found = readers(one)
        assert (one.settled, one.people) == (len(found.settled), found.total), one.title
    assert [(one.title, one.people) for one in with_counts(Announcement.objects.order_by("title"))] == [
        ("all", 5), ("both", 5), ("must", 4),
    ]  # fmt: skip


def test_what_waits_stands_first_and_lists_go_on_in_pages(world: World) -> None:
    read = published(world.sue, to_team(world, title="Read"))
    published(world.sue, to_team(world, title="Unread"))
    published(world.sue, to_team(world, title="Must", importance="confirm"))
    published(world.sue, to_team(world, title="Unread too"))
    mark_read(agent=world.ann, announcement_id=read.pk, version=1)
    assert [one.title for one in standing(world.ann)] == ["Must", "Unread too", "Unread", "Read"]
    assert [one.title for one in unread_by(world.ann)] == ["Must", "Unread too", "Unread"]
    for number in range(35):
        gone = published(world.sue, to_team(world, title=f"Over {number}"))
        services.end(agent=world.sue, announcement_id=gone.pk)
    first, cursor = over(world.ann)
    assert cursor is not None
    second, end = over(world.ann, cursor)
    assert [one.title for one in first + second] == [f"Over {number}" for number in reversed(range(35))]
    assert (end, drafts(world.sue)) == (None, ([], None))


@pytest.mark.parametrize(
    ("body", "whole"),
    [
        ("", True),
        ("Until Friday.", True),
        ("x" * 161, False),
        ("See [the article](article:late).", False),  # where it leads is not in the banner
        ("- one\n- two", False),
        ("**Nothing** leaves.", False),
    ],
)
def test_only_what_stands_whole_in_the_banner_can_be_put_away_there(
    world: World, body: str, whole: bool
) -> None:
    data = banner_data(published(world.sue, to_team(world, body=body)))
    assert data["whole"] is whole
    assert len(data["text"]) <= 160


# -- Reminding


def test_those_who_wait_are_reminded_and_not_again_at_once(world: World) -> None:
    one = published(world.sue, to_team(world))
    mark_read(agent=world.ann, announcement_id=one.pk, version=1)
    assert remind(agent=world.sue, announcement_id=one.pk) == 1
    (notice,) = Notice.objects.all()
    assert (notice.agent, notice.params["title"]) == (world.bob, "Warehouse closed")
    with pytest.raises(Conflict) as refused:
        remind(agent=world.sue, announcement_id=one.pk)
    assert refused.value.code == "too_soon"
    Announcement.objects.update(reminded_at=timezone.now() - timedelta(hours=1))
    assert remind(agent=world.sue, announcement_id=one.pk) == 1
    assert (Notice.objects.count(), len(happened("announcement.reminded"))) == (1, 2)
    mark_read(agent=world.bob, announcement_id=one.pk, version=1)
    assert Notice.objects.get().read_at is not None
    Announcement.objects.update(reminded_at=None)
    assert remind(agent=world.sue, announcement_id=one.pk) == 0


def test_a_reminder_goes_when_it_is_over_and_agents_remind_nobody(world: World) -> None:
    one = published(world.sue, to_team(world))
    with pytest.raises(Forbidden):
        remind(agent=world.ann, announcement_id=one.pk)
    remind(agent=world.sue, announcement_id=one.pk)
    services.end(agent=world.sue, announcement_id=one.pk)
    assert not Notice.objects.exists()
    with pytest.raises(Conflict):
        remind(agent=world.sue, announcement_id=one.pk)


# -- In one moment


@pytest.mark.django_db(transaction=True)
def test_of_many_confirmations_at_once_there_is_one_receipt_and_one_event(world: World) -> None:
    one = published(world.sue, to_team(world, importance="confirm"))
    results = at_once(MANY, lambda n: confirm(agent=world.ann, announcement_id=one.pk, version=1))
    assert {type(result) for result in results} == {AnnouncementReceipt}, results
    assert AnnouncementReceipt.objects.count() == 1
    assert len(happened("announcement.confirmed")) == 1


@pytest.mark.django_db(transaction=True)
def test_read_and_confirmed_in_one_moment_is_one_receipt(world: World) -> None:
    one = published(world.sue, to_team(world, importance="confirm"))
    given = {"agent": world.ann, "announcement_id": one.pk, "version": 1}
    results = at_once(MANY, lambda n: (confirm if n % 2 else mark_read)(**given))
    assert {type(result) for result in results} == {AnnouncementReceipt}, results
    receipt = AnnouncementReceipt.objects.get()
    assert receipt.confirmed_at is not None


@pytest.mark.django_db(transaction=True)
def test_sweeps_that_run_together_publish_it_once(world: World) -> None:
    soon = timezone.now() + timedelta(hours=1)
    for number in range(3):
        made = services.draft(agent=world.sue, wording=to_team(world, title=f"No {number}"))
        services.publish(agent=world.sue, announcement_id=made.pk, at=soon)
    Announcement.objects.update(publish_at=timezone.now() - timedelta(seconds=1))
    results = at_once(MANY, lambda n: services.publish_due())
    assert sum(results) == 3, results
    assert sorted(data["title"] for data in happened("announcement.published")) == ["No 0", "No 1", "No 2"]


@pytest.mark.django_db(transaction=True)
def test_published_by_hand_and_by_the_sweep_in_one_moment_it_is_out_once(world: World) -> None:
    made = services.draft(agent=world.sue, wording=to_team(world))
    Announcement.objects.update(publish_at=timezone.now() - timedelta(seconds=1))

    def do(n: int) -> object:
        if n % 2:
            return services.publish_due()
        return services.publish(agent=world.sue, announcement_id=made.pk)

    results = at_once(MANY, do)
    assert not [result for result in results if isinstance(result, Exception)]
    assert len(happened("announcement.published")) == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_remind_at_once_ring_once(world: World) -> None:
    one = published(world.sue, to_team(world))
    results = at_once(2, lambda n: remind(agent=(world.sue, world.eve)[n], announcement_id=one.pk))
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "int"]
    assert (Notice.objects.count(), len(happened("announcement.reminded"))) == (2, 1)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_change_it_at_once_one_is_told(world: World) -> None:
    one = published(world.sue, to_team(world))
    results = at_once(
        2,
        lambda n: services.change(
            agent=world.sue,
            announcement_id=one.pk,
            revision=one.revision,
            wording=to_team(world, body=f"By {n}"),
        ),
    )
    assert sorted(type(result).__name__ for result in results) == ["Announcement", "Conflict"]
    assert Event.objects.filter(name="announcement.changed").count() == 1
