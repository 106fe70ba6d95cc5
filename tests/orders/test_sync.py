"""What a store tells us of its orders."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from events.models import Event
from orders.errors import InvalidParams
from orders.models import Order
from orders.sync import upsert_order
from tests.orders.conftest import World, at_once

pytestmark = pytest.mark.django_db

WHOLE = {
    "number": "200001",
    "status": "shipped",
    "currency": "USD",
    "buyer": {"external_id": "1002", "name": "Bo", "email": "bo@buyer.test"},
    "lines": [
        {"sku": "MUG-1", "name": "Mug", "quantity": 3, "unit_price": 2400},
        {"sku": "X", "name": "No longer sold", "variant": "Red", "quantity": 1, "unit_price": 100},
    ],
    "shipping_fee": {"amount": 500, "currency": "USD"},
    "tax": 10,
    "discount": 5,
    "paid": 7805,
    "address": {"name": "Bo", "line1": "2 Side Street", "city": "Turku", "country": "FI"},
    "payments": [{"amount": 7805, "method": "Visa", "paid_at": "2026-11-01T10:00:00Z"}],
    "shipments": [
        {
            "carrier": "Posti",
            "tracking_number": "JJFI1",
            "shipped_at": "2026-11-02T10:00:00+02:00",
            "events": [{"at": "2026-11-02T10:00:00Z", "text": "Picked up", "place": "Turku"}],
        }
    ],
    "placed_at": "2026-11-01T09:59:00Z",
}


def test_a_new_order_is_created_with_its_buyer_and_parts(world: World) -> None:
    order = upsert_order(store=world.store, payload=WHOLE)
    order.refresh_from_db()
    assert (order.items_total, order.total, order.version, order.status) == (7300, 7805, 1, "shipped")
    assert order.buyer.external_id == "1002"
    assert [line.product for line in order.lines.order_by("id")] == [world.product, None]
    assert order.shipments.get().events[0]["text"] == "Picked up"
    assert Event.objects.get(name="order.synced").data["after"]["paid"] == {"amount": 7805, "currency": "USD"}


def test_the_same_again_changes_nothing(world: World) -> None:
    first = upsert_order(store=world.store, payload=WHOLE)
    upsert_order(store=world.store, payload=WHOLE)
    assert Order.objects.get(pk=first.pk).version == 1
    assert Event.objects.filter(name="order.synced").count() == 1


def test_what_is_left_out_stays(world: World) -> None:
    upsert_order(store=world.store, payload=WHOLE)
    order = upsert_order(store=world.store, payload={"number": "200001", "status": "delivered"})
    assert (order.status, order.shipping_fee, order.lines.count(), order.version) == ("delivered", 500, 2, 2)
    assert Event.objects.filter(name="order.synced").latest("id").data["before"] == {"status": "shipped"}


def test_what_is_older_than_what_we_know_is_ignored(world: World) -> None:
    now = timezone.now()
    newer = {
        "number": "100234",
        "status": "paid",
        "paid": 5490,
        "updated_at": (now + timedelta(1)).isoformat(),
    }
    older = {"number": "100234", "shipping_fee": 1, "updated_at": now.isoformat()}
    upsert_order(store=world.store, payload=newer)
    for _ in range(2):
        order = upsert_order(store=world.store, payload=older)
        assert (order.status, order.shipping_fee, order.version) == ("paid", 690, 2)


@pytest.mark.django_db(transaction=True)
def test_told_twice_at_once_it_is_one_order(world: World) -> None:
    results = at_once(8, lambda _: upsert_order(store=world.store, payload=WHOLE))
    assert {getattr(order, "id", order) for order in results} == {Order.objects.get(number="200001").id}


@pytest.mark.django_db(transaction=True)
def test_screens_hear_of_it_and_the_buyer_of_their_part(world: World, frames: list[Any]) -> None:
    upsert_order(store=world.store, payload={"number": "100234", "shipping_fee": 100})
    heard = {topics: json.loads(frame)["order"] for topics, frame, *_ in frames}
    agents = heard[(f"store.{world.store.id}", f"conversation.{world.conversation.id}")]
    public = heard[(f"public.{world.conversation.id}",)]
    assert agents["shipping_fee"] == public["shipping_fee"] == {"amount": 100, "currency": "USD"}
    assert "address" in agents
    assert "address" not in public


@pytest.mark.parametrize(
    ("attr", "change"),
    [
        ("number", {"number": ""}),
        ("number", {"number": 5}),
        ("number", {"number": "x" * 41}),
        ("status", {"status": "stolen"}),
        ("currency", {"currency": "usd"}),
        ("currency", {"currency": 7}),
        ("shipping_fee", {"shipping_fee": -1}),
        ("shipping_fee", {"shipping_fee": 1.5}),
        ("shipping_fee", {"shipping_fee": {"amount": 1, "currency": "EUR"}}),
        ("paid", {"paid": True}),
        ("refunded", {"refunded": 9999}),
        ("buyer", {"buyer": None}),
        ("buyer", {"buyer": {"name": "Nobody"}}),
        ("address", {"address": {"street": "x"}}),
        ("address", {"address": "x"}),
        ("pay_url", {"pay_url": "javascript:alert(1)"}),
        ("placed_at", {"placed_at": "2026-11-01T09:59:00"}),
        ("placed_at", {"placed_at": "2026-13-01T09:59:00Z"}),
        ("lines", {"lines": "x"}),
        ("lines", {"lines": [{"sku": "a", "name": "b", "quantity": 0, "unit_price": 1}]}),
        ("lines", {"lines": [{"sku": "a", "name": "b", "quantity": 1, "unit_price": 0.1}]}),
        ("payments", {"payments": [{"amount": 1}]}),
        ("shipments", {"shipments": [{"carrier": "x", "tracking_number": "\x00"}]}),
        ("version", {"version": 7}),
    ],
)
def test_what_is_not_exactly_right_is_refused_and_nothing_is_kept(
    world: World, attr: str, change: dict[str, Any]
) -> None:
    with pytest.raises(InvalidParams) as refusal:
        upsert_order(store=world.store, payload={**WHOLE, **change})
    assert refusal.value.attr == attr
    assert Order.objects.count() == 1


def test_a_new_order_needs_its_buyer(world: World) -> None:
    with pytest.raises(InvalidParams):
        upsert_order(store=world.store, payload={"number": "200001"})


def test_the_currency_of_an_order_does_not_change(world: World) -> None:
    with pytest.raises(InvalidParams):
        upsert_order(store=world.store, payload={"number": "100234", "currency": "EUR"})
