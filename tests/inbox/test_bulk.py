"""One thing done to many conversations: each by itself, all of it once, and taken back where it is as it was left."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from events.models import Event
from helpdesk.lib.times import iso
from inbox.errors import Conflict, Invalid, NotFound
from inbox.models import BulkAction, Conversation, ReadMark, Tag
from inbox.services import assign, bulk, merge_conversations, resolve, set_priority, set_tags, snooze
from tests import factories
from tests.factories import World
from tests.orders.conftest import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def talks(world: World) -> list[Conversation]:
    buyers = [factories.make_buyer(world.store, name=f"Buyer {n}") for n in range(3)]
    return [factories.buyer_says(buyer).conversation for buyer in buyers]


def run(world: World, talks: list[Conversation], action: str, key: str = "key", **params: Any) -> BulkAction:
    ids = [talk.id for talk in talks]
    return bulk.run(agent=world.ann, idempotency_key=key, action=action, params=params, ids=ids)


def states(results: dict[str, Any]) -> list[str]:
    return sorted(result["state"] for result in results.values())


def each(talks: list[Conversation], name: str) -> list[Any]:
    return [getattr(Conversation.objects.get(pk=talk.pk), name) for talk in talks]


def test_each_is_done_by_itself(world: World, talks: list[Conversation]) -> None:
    resolve(agent=world.ann, conversation_id=talks[0].id)
    foreign = factories.buyer_says(factories.make_buyer(world.other_store, name="Far")).conversation
    row = run(world, [*talks, foreign], "resolve")
    assert states(row.results) == ["done", "done", "failed", "unchanged"]
    assert row.results[str(foreign.id)]["code"] == "not_found"
    assert each(talks, "status") == ["resolved"] * 3
    foreign.refresh_from_db()
    assert foreign.status == "open"


def test_what_cannot_be_done_to_one_says_why(world: World, talks: list[Conversation]) -> None:
    resolve(agent=world.ann, conversation_id=talks[0].id)
    row = run(world, talks, "snooze", until=iso(timezone.now() + timedelta(hours=1)))
    assert row.results[str(talks[0].id)]["state"] == "failed"
    assert each(talks, "status") == ["resolved", "snoozed", "snoozed"]
    stranger = run(world, talks, "assign", key="other", agent=str(world.zoe.id))
    assert {result["code"] for result in stranger.results.values()} == {"unknown_agent"}


def test_the_same_key_does_nothing_twice(world: World, talks: list[Conversation]) -> None:
    first = run(world, talks, "resolve")
    Conversation.objects.filter(pk=talks[0].id).update(status="open")
    again = run(world, talks, "resolve")
    assert (again.pk, again.results) == (first.pk, first.results)
    assert each(talks, "status")[0] == "open"
    with pytest.raises(Conflict):
        run(world, talks[:1], "resolve")
    with pytest.raises(Conflict):
        run(world, talks, "reopen")


def test_what_was_cut_off_goes_on_where_it_stopped(world: World, talks: list[Conversation]) -> None:
    row = run(world, talks, "resolve")
    del row.results[str(talks[2].id)]  # as if the process had died before it
    row.save()
    Conversation.objects.filter(pk=talks[0].id).update(status="open")
    Conversation.objects.filter(pk=talks[2].id).update(status="open")
    run(world, talks, "resolve")
    assert each(talks, "status") == ["open", "resolved", "resolved"]


def test_what_is_no_request_is_refused(world: World, talks: list[Conversation]) -> None:
    with pytest.raises(Invalid):
        run(world, talks, "resolve", key="")
    with pytest.raises(Invalid):
        run(world, talks, "delete")
    with pytest.raises(Invalid):
        run(world, [], "resolve")
    ids = [uuid4() for _ in range(101)]
    with pytest.raises(Invalid):
        bulk.run(agent=world.ann, idempotency_key="k", action="resolve", params={}, ids=ids)
    assert not BulkAction.objects.exists()


def test_a_merged_one_is_left_alone(world: World, talks: list[Conversation]) -> None:
    resolve(agent=world.ann, conversation_id=talks[0].id)
    Conversation.objects.filter(pk=talks[0].id).update(resolved_at=timezone.now() - timedelta(days=30))
    kept = factories.buyer_says(talks[0].buyer, "Again").conversation
    merge_conversations(agent=world.ann, conversation_id=kept.id, other_id=talks[0].id)
    row = run(world, talks, "reopen")
    assert row.results[str(talks[0].id)]["code"] == "merged"


# -- Back


def back(world: World, row: BulkAction) -> list[str]:
    return states(bulk.take_back(agent=world.ann, bulk_id=row.id).undone)


def test_what_was_resolved_is_as_it_was(world: World, talks: list[Conversation]) -> None:
    until = timezone.now() + timedelta(hours=3)
    snooze(agent=world.ann, conversation_id=talks[1].id, until=until)
    row = run(world, talks, "resolve")
    assert back(world, row) == ["done"] * 3
    assert each(talks, "status") == ["open", "snoozed", "open"]
    assert iso(each(talks, "snoozed_until")[1]) == iso(until)
    assert back(world, row) == ["done"] * 3  # repeated, it is answered the same
    assert Event.objects.filter(name="conversation.reopened").count() == 3


def test_assignees_teams_priorities_and_tags_are_as_they_were(
    world: World, talks: list[Conversation]
) -> None:
    vip, late = Tag.objects.create(name="vip"), Tag.objects.create(name="late")
    assign(agent=world.ann, conversation_id=talks[0].id, to_agent=world.sue.id)
    set_priority(agent=world.ann, conversation_id=talks[1].id, priority=2)
    set_tags(agent=world.ann, conversation_id=talks[2].id, add=[vip.id])
    to_bob = run(world, talks, "assign", key="a", agent=str(world.bob.id))
    to_team = run(world, talks, "assign", key="t", team=str(world.team.id))
    high = run(world, talks, "priority", key="p", priority=1)
    tagged = run(world, talks, "tag", key="g", add=[str(vip.id), str(late.id)], remove=[])
    assert states(tagged.results) == ["done"] * 3
    assert each(talks, "assignee") == [world.bob] * 3
    assert each(talks, "team") == [world.team] * 3
    for row in (tagged, high, to_team, to_bob):
        assert back(world, row) == ["done"] * 3
    assert each(talks, "assignee") == [world.sue, None, None]
    assert each(talks, "team") == [None] * 3
    assert each(talks, "priority") == [0, 2, 0]
    assert [sorted(tag.name for tag in talk.tags.all()) for talk in talks] == [[], [], ["vip"]]


def test_what_somebody_changed_since_stays(world: World, talks: list[Conversation]) -> None:
    row = run(world, talks, "resolve")
    factories.buyer_says(talks[0].buyer, "One more thing")  # opens it again
    resolve(agent=world.bob, conversation_id=talks[0].id)
    undone = bulk.take_back(agent=world.ann, bulk_id=row.id).undone
    assert undone[str(talks[0].id)]["code"] == "changed_since"
    assert each(talks, "status") == ["resolved", "open", "open"]


def test_marked_read_is_read_and_is_not_taken_back(world: World, talks: list[Conversation]) -> None:
    row = run(world, talks, "read")
    assert states(row.results) == ["done"] * 3
    assert ReadMark.objects.filter(agent=world.ann).count() == 3
    assert states(run(world, talks, "read", key="again").results) == ["unchanged"] * 3
    with pytest.raises(Conflict):
        bulk.take_back(agent=world.ann, bulk_id=row.id)
    with pytest.raises(NotFound):
        bulk.take_back(agent=world.bob, bulk_id=row.id)


def test_what_is_old_is_forgotten(world: World, talks: list[Conversation]) -> None:
    old, fresh = run(world, talks, "read"), run(world, talks, "resolve", key="fresh")
    BulkAction.objects.filter(pk=old.pk).update(created_at=timezone.now() - bulk.KEPT - timedelta(minutes=1))
    assert bulk.discard_old() == 1
    assert list(BulkAction.objects.values_list("pk", flat=True)) == [fresh.pk]


# -- At the same moment


@pytest.mark.django_db(transaction=True)
def test_sent_twice_at_once_it_is_done_once(world: World, talks: list[Conversation]) -> None:
    rows = at_once(4, lambda _n: run(world, talks, "resolve"))
    assert {row.pk for row in rows} == {BulkAction.objects.get().pk}
    assert all(states(row.results) == ["done"] * 3 for row in rows)
    assert Event.objects.filter(name="conversation.resolved").count() == 3
    at_once(4, lambda _n: bulk.take_back(agent=world.ann, bulk_id=rows[0].id))
    assert Event.objects.filter(name="conversation.reopened").count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_who_change_the_same_ones_do_not_wait_for_each_other_for_ever(
    world: World, talks: list[Conversation]
) -> None:
    def change(n: int) -> BulkAction:
        ids: list[UUID] = [talk.id for talk in (talks if n % 2 else talks[::-1])]
        return bulk.run(
            agent=world.ann, idempotency_key=f"k{n}", action="priority", params={"priority": n % 3}, ids=ids
        )

    for row in at_once(6, change):
        assert set(states(row.results)) <= {"done", "unchanged"}
