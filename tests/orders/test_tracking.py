"""Parcels: late, stuck, where their carriers tell of them, and the card that follows one."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox.access import store_ids_for
from inbox.cards import send_card
from inbox.errors import NotFound
from inbox.services import Posted
from orders import tracking
from orders.access import orders_for
from orders.errors import InvalidParams
from orders.listing import list_orders
from orders.models import Order, Shipment
from orders.sync import upsert_order
from people.models import Buyer
from tests.orders.conftest import World

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def tell(world: World, order: Order | None = None, *, status: str = "shipped", **parcel: Any) -> Order:
    """Let the store say of a parcel; its last scan was `heard` ago."""
    heard = parcel.pop("heard", timedelta(days=1))
    shipment = {
        "carrier": "UPS",
        "tracking_number": "1Z999",
        "shipped_at": ago(days=9).isoformat(),
        "events": [
            {"at": ago(days=9).isoformat(), "text": "Picked up", "place": "Portland, OR"},
            {"at": (NOW - heard).isoformat(), "text": "Departed facility", "place": "Chicago, IL"},
        ],
        **parcel,
    }
    number = (order or world.order).number
    return upsert_order(
        store=world.store,
        payload={
            "number": number,
            "status": status,
            "shipments": [shipment],
            "updated_at": timezone.now().isoformat(),
        },
    )


def glance_of(order: Order) -> tracking.Glance:
    [found] = tracking.glances(Order.objects.get(pk=order.pk), NOW)
    return found


def troubled(world: World) -> list[str]:
    return [order.number for order in list_orders(world.agent, trouble=True).orders]


def test_a_parcel_whose_promised_day_has_passed_is_late(world: World) -> None:
    glance = glance_of(tell(world, expected_at=ago(hours=1).isoformat()))
    assert (glance.is_late, glance.is_stuck) == (True, False)
    assert troubled(world) == ["100234"]


def test_a_parcel_that_nothing_is_heard_of_for_five_days_is_stuck(world: World) -> None:
    glance = glance_of(tell(world, heard=timedelta(days=5, minutes=1)))
    assert (glance.is_late, glance.is_stuck, glance.silent_days) == (False, True, 5)
    assert troubled(world) == ["100234"]


def test_a_parcel_on_its_way_is_neither(world: World) -> None:
    glance = glance_of(tell(world, heard=timedelta(days=4, hours=23), expected_at=ago(days=-1).isoformat()))
    assert not glance.is_in_trouble
    assert troubled(world) == []


@pytest.mark.parametrize("status", ["delivered", "completed", "cancelled"])
def test_of_an_order_that_is_over_nobody_awaits_a_parcel(world: World, status: str) -> None:
    assert not glance_of(tell(world, status=status, heard=timedelta(days=30))).is_in_trouble
    assert troubled(world) == []


def test_a_parcel_that_has_arrived_is_in_no_trouble(world: World) -> None:
    order = tell(world, expected_at=ago(days=3).isoformat(), delivered_at=ago(days=1).isoformat())
    assert not glance_of(order).is_in_trouble
    assert Shipment.objects.get().trouble_at is None


def test_a_new_scan_takes_a_stuck_parcel_out_of_trouble(world: World) -> None:
    tell(world, heard=timedelta(days=8))
    assert troubled(world) == ["100234"]
    tell(world, heard=timedelta(hours=1))
    assert troubled(world) == []


def test_a_parcel_without_scans_counts_from_when_it_was_handed_over(world: World) -> None:
    glance = glance_of(tell(world, events=[], shipped_at=ago(days=6).isoformat()))
    assert (glance.last, glance.is_stuck) == (None, True)


def test_the_late_and_stuck_are_found_by_their_index_and_in_pages(world: World) -> None:
    for n in range(7):
        late = world.new_order(f"2{n:03}", placed_at=ago(days=10 + n))
        tell(world, late, expected_at=ago(days=1).isoformat())
        fine = world.new_order(f"3{n:03}", placed_at=ago(days=10 + n))
        tell(world, fine)
    seen: list[str] = []
    cursor = ""
    while True:
        page = list_orders(world.agent, trouble=True, cursor=cursor, size=3)
        seen += [order.number for order in page.orders]
        if not (cursor := page.next):
            break
    assert seen == [f"2{n:03}" for n in range(7)]
    plan = tracking.in_trouble(orders_for(world.agent)).order_by("-placed_at", "-id").explain()
    assert connection.vendor != "sqlite" or "shipment_in_trouble" in plan
    with CaptureQueriesContext(connection) as queries:
        list_orders(world.agent, trouble=True)
    assert len(queries) <= 14


@pytest.mark.parametrize("value", ["yesterday", 5, "2026-01-01", "2026-01-01T00:00:00"])
def test_a_promise_that_is_no_time_is_refused(world: World, value: Any) -> None:
    with pytest.raises(InvalidParams):
        tell(world, expected_at=value)
    assert not Shipment.objects.exists()


@pytest.mark.parametrize(
    ("carrier", "number", "address"),
    [
        ("UPS", "1Z 9/9", "https://www.ups.com/track?tracknum=1Z%209%2F9"),
        ("DHL Express", "JD01", "https://www.dhl.com/en/express/tracking.html?AWB=JD01"),
        ("顺丰速运", "SF1", "https://www.sf-express.com/chn/sc/waybill/waybill-detail/SF1"),
        ("圆通速递", "YT1", "https://www.yto.net.cn/track/?no=YT1"),
        ("中通快递", "7", "https://www.zto.com/express/expressCheck.html?txtBill=7"),
        ("韵达", "4", "https://www.yundaex.com/cn/track.php?no=4"),
        ("Posti", "JJFI1", "https://www.posti.fi/en/tracking#/lahetys/JJFI1"),
        ("Uncle Bob's van", "1", ""),
        ("", "1", ""),
        ("UPS", " ", ""),
    ],
)
def test_the_link_of_a_parcel_leads_to_its_carrier(carrier: str, number: str, address: str) -> None:
    assert tracking.tracking_url(carrier, number) == address


# -- The card


def send(world: World, ref: str, key: str = "t1") -> Posted:
    return send_card(
        agent=world.agent,
        stores=store_ids_for(world.agent),
        conversation_id=world.conversation.id,
        kind="tracking",
        ref=ref,
        client_id=key,
    )


def test_a_tracking_card_shows_the_parcel_and_says_it_in_words(world: World) -> None:
    tell(world, expected_at=ago(days=-2).isoformat())
    posted = send(world, str(world.order.id))
    card = posted.payload["card"]
    [parcel] = card["order"]["shipments"]
    assert (card["kind"], card["tracking_number"], parcel["carrier"]) == ("tracking", "1Z999", "UPS")
    assert parcel["events"][-1]["text"] == "Departed facility"
    for words in ("100234", "UPS 1Z999", "Departed facility, Chicago, IL", "https://www.ups.com/"):
        assert words in posted.payload["body"]


def test_a_tracking_card_follows_its_parcel(world: World, frames: list[tuple[tuple[str, ...], str]]) -> None:
    tell(world)
    card = send(world, f"{world.order.id}:1Z999").message
    tell(world, status="delivered", delivered_at=ago(hours=1).isoformat())
    card.refresh_from_db()
    [parcel] = (card.data or {})["order"]["shipments"]
    assert parcel["delivered_at"]
    assert "Departed facility" in (card.data or {})["intro"]


def test_when_a_parcel_was_seen_is_told_by_the_buyers_clock(world: World) -> None:
    seen = {"at": "2026-01-10T03:30:00Z", "text": "Arrived", "place": "Oulu"}
    tell(world, events=[seen])
    Buyer.objects.update(time_zone="Europe/Helsinki")
    assert "05:30" in send(world, str(world.order.id), "t1").payload["body"]
    Buyer.objects.update(time_zone="America/New_York")
    assert "22:30" in send(world, str(world.order.id), "t2").payload["body"]


def test_only_a_parcel_of_this_buyer_is_sent(world: World) -> None:
    tell(world)
    theirs = world.new_order("666", buyer=Buyer.objects.create(store=world.store, external_id="666"))
    tell(world, theirs)
    nothing_sent = world.new_order("777")
    for ref in (str(theirs.id), str(nothing_sent.id), f"{world.order.id}:nope", "x", ":", ""):
        with pytest.raises(NotFound):
            send(world, ref)
