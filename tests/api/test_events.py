"""The feed of what happened: whose it is, and that nothing is left out of it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events import feed
from events.feed import read_feed
from events.models import Event
from tests import factories
from tests.api.conftest import Api


def test_it_is_for_supervisors(world):
    assert Api(world.ann).get("events/").status == 403
    assert Api(world.sue).get("events/").status == 200
    assert Api(world.eve).get("events/").status == 200


def test_it_tells_of_the_stores_one_sees(world):
    factories.buyer_says(world.kim)
    factories.buyer_says(factories.make_buyer(world.other_store))
    # Whatever belongs to no store (a log-in, say) is nobody's here.
    Event.objects.create(name="agent.logged_in", actor_kind="agent", actor_name="Ann")

    # One answer looks at so many ids only, and tests before this one have used some up.
    after = f"events/?after={Event.objects.earliest('id').pk - 1}"
    mine = Api(world.sue).get(after).data["results"]

    assert {event["store"] for event in mine} == {str(world.store.id)}
    assert [event["name"] for event in mine] == ["conversation.opened", "message.created"]
    everything = Api(world.eve).get(after).data["results"]
    assert {event["store"] for event in everything} == {str(world.store.id), str(world.other_store.id)}


def test_it_goes_on_where_one_stopped(world, monkeypatch):
    monkeypatch.setattr(feed, "PAGE", 3)
    for _ in range(4):
        factories.buyer_says(world.kim)
    sue, seen, after = Api(world.sue), [], 0
    while True:
        page = sue.get(f"events/?after={after}").data
        seen += page["results"]
        after = page["after"]
        if not page["has_more"]:
            break

    assert [event["id"] for event in seen] == list(Event.objects.order_by("id").values_list("id", flat=True))
    assert sue.get(f"events/?after={after}").data == {"results": [], "after": after, "has_more": False}
    factories.buyer_says(world.kim)
    assert len(sue.get(f"events/?after={after}").data["results"]) == 1


def test_what_is_not_one_s_own_is_passed_over_in_bounded_steps(world, monkeypatch):
    stranger = factories.make_buyer(world.other_store)
    for _ in range(5):
        factories.buyer_says(stranger)
    monkeypatch.setattr(feed, "WINDOW", 2)
    first = Event.objects.order_by("id").first()
    assert first is not None

    page = Api(world.sue).get(f"events/?after={first.id}").data

    assert page == {"results": [], "after": first.id + 2, "has_more": True}


def event(event_id: int, world, *, age: timedelta = timedelta(0)) -> None:
    Event.objects.bulk_create(
        [
            Event(
                id=event_id,
                name="message.created",
                actor_kind="system",
                store_id=world.store.id,
                at=timezone.now() - age,
            )
        ]
    )


def test_a_fresh_gap_is_waited_for(world):
    for event_id in (101, 102, 104):  # 103 has its number and is not committed yet
        event(event_id, world)

    events, after, has_more = read_feed(100, None)
    assert ([e.id for e in events], after, has_more) == ([101, 102], 102, False)

    event(103, world)
    events, after, _ = read_feed(after, None)
    assert ([e.id for e in events], after) == ([103, 104], 104)


def test_an_old_gap_is_one_for_good(world):
    for event_id in (101, 104, 105):
        event(event_id, world, age=timedelta(minutes=1))

    assert [e.id for e in read_feed(100, None)[0]] == [101, 104, 105]


def test_a_gap_right_behind_where_one_stopped_is_waited_for(world):
    event(101, world, age=timedelta(minutes=1))
    event(103, world)

    assert read_feed(101, None) == ([], 101, False)


def test_reading_costs_the_same_however_much_happened(world):
    sue = Api(world.sue)
    factories.buyer_says(world.kim)
    sue.get("me/")

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            sue.get("events/")
        return len(queries)

    few = cost()
    for _ in range(20):
        factories.buyer_says(world.kim)
    assert cost() == few


@pytest.mark.parametrize("after", [0, 10**12])
def test_an_empty_feed(world, after):
    assert Api(world.sue).get(f"events/?after={after}").data["results"] == []
