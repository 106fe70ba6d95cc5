"""Reminding of a payment: when it may be, once, and what came of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from events.models import Event
from inbox.access import store_ids_for
from inbox.cards import send_card
from inbox.cards_links import card_link
from inbox.errors import NotFound
from inbox.models import Message
from inbox.services import Posted
from orders import reminders
from orders.errors import NotAllowed
from orders.models import Order, PaymentReminder
from orders.sync import upsert_order
from people.models import Agent, Buyer
from tests.orders.conftest import World, at_once

pytestmark = pytest.mark.django_db


def zone_where_it_is(hour: int) -> str:
    """Return a time zone in which it is about `hour` o'clock now."""
    ahead = (hour - timezone.now().hour) % 24
    ahead = ahead - 24 if ahead > 12 else ahead
    return f"Etc/GMT{-ahead:+d}"  # the signs of these names are the other way round


@pytest.fixture(autouse=True)
def by_day(world: World) -> None:
    Buyer.objects.update(time_zone=zone_where_it_is(13))
    Order.objects.update(pay_url="https://shop.test/pay/100234")


def remind(
    world: World, order: Order | None = None, *, key: str = "r1", agent: Agent | None = None
) -> Posted:
    agent = agent or world.agent
    return send_card(
        agent=agent,
        stores=store_ids_for(agent),
        conversation_id=world.conversation.id,
        kind="payment",
        ref=str((order or world.order).id),
        client_id=key,
    )


def sent(world: World, order: Order | None = None, **before: float) -> PaymentReminder:
    """A reminder that was sent some time ago."""
    order = order or world.order
    return PaymentReminder.objects.create(
        order=order,
        buyer=order.buyer,
        agent=world.agent,
        conversation_id=world.conversation.id,
        message_id=world.conversation.id,
        currency="USD",
        sent_at=timezone.now() - timedelta(**before),
    )


def pay(world: World, at: datetime | None = None, **fields: Any) -> Order:
    at = at or timezone.now()
    payments = [{"amount": 5490, "method": "Visa", "paid_at": at.isoformat()}]
    payload = {"number": "100234", "status": "paid", "paid": 5490, "payments": payments, **fields}
    return upsert_order(store=world.store, payload=payload)


def refusal(world: World, **fields: Any) -> str:
    with pytest.raises(NotAllowed) as refused:
        remind(world, **{"key": "other", **fields})
    return refused.value.detail


def test_a_reminder_says_what_how_much_until_when_and_where(world: World) -> None:
    Order.objects.update(pay_by=timezone.now() + timedelta(hours=5))
    posted = remind(world)
    card = posted.payload["card"]
    assert card["order"]["total"] == {"amount": 5490, "currency": "USD"}
    assert card["order"]["pay_url"] == "https://shop.test/pay/100234"
    assert card["order"]["pay_by"]
    assert posted.payload["body"] == (
        "Order 100234 waits for your payment: $54.90 https://shop.test/pay/100234"
    )
    reminder = PaymentReminder.objects.get()
    assert (reminder.order, reminder.agent, reminder.message_id) == (
        world.order,
        world.agent,
        posted.message.id,
    )
    event = Event.objects.get(name="payment.reminded")
    assert (event.actor_name, event.data["amount"]) == ("Agent", {"amount": 5490, "currency": "USD"})


def test_it_speaks_the_buyers_language(world: World) -> None:
    Buyer.objects.update(language="zh-hans")
    assert "54.90" in remind(world).payload["body"]


@pytest.mark.parametrize(("hour", "is_night"), [(7, True), (9, False), (21, False), (23, True), (3, True)])
def test_buyers_are_left_alone_at_night(world: World, hour: int, is_night: bool) -> None:
    Buyer.objects.update(time_zone=zone_where_it_is(hour))
    if is_night:
        assert "where the buyer is" in refusal(world)
    else:
        remind(world)
    assert PaymentReminder.objects.exists() is not is_night


def test_the_stores_clock_counts_where_nobody_knows_the_buyers(world: World) -> None:
    Buyer.objects.update(time_zone="Mars/Base")
    world.store.time_zone = zone_where_it_is(2)
    world.store.save()
    assert "where the buyer is" in refusal(world)


def test_the_hours_are_the_buyers_own(world: World) -> None:
    late = datetime.fromisoformat("2026-06-01T20:30:00Z")
    world.buyer.time_zone = "Asia/Shanghai"
    assert reminders.buyers_time(world.buyer, world.store, late).is_night
    world.buyer.time_zone = "America/New_York"
    assert not reminders.buyers_time(world.buyer, world.store, late).is_night


def test_an_order_is_reminded_of_once_in_four_hours_and_three_times_in_all(world: World) -> None:
    remind(world)
    assert "lately" in refusal(world)
    PaymentReminder.objects.update(sent_at=timezone.now() - timedelta(days=3))
    sent(world, days=2)
    remind(world, key="r2")
    PaymentReminder.objects.update(sent_at=timezone.now() - timedelta(days=2))
    assert "3 times" in refusal(world)
    assert PaymentReminder.objects.count() == 3


def test_a_buyer_is_reminded_twice_a_day_whatever_they_owe(world: World) -> None:
    for number in ("2", "3"):
        other = world.new_order(number, pay_url="https://shop.test/pay")
        remind(world, other, key=number)
    assert "enough for a day" in refusal(world)
    PaymentReminder.objects.update(sent_at=timezone.now() - timedelta(days=1))
    remind(world)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": "paid"}, "is paid"),
        ({"status": "shipped"}, "is paid"),
        ({"status": "cancelled"}, "called off"),
        ({"pay_url": ""}, "no payment link"),
        ({"pay_by": timezone.now() - timedelta(minutes=1)}, "is over"),
    ],
)
def test_what_cannot_be_paid_is_not_reminded_of(world: World, fields: dict[str, Any], words: str) -> None:
    Order.objects.update(**fields)
    assert words in refusal(world)
    assert not Message.objects.exists()
    assert not Event.objects.filter(name="payment.reminded").exists()


def test_only_the_buyer_of_an_order_is_reminded_of_it(world: World) -> None:
    eve = Buyer.objects.create(store=world.store, external_id="666")
    theirs = world.new_order("666", buyer=eve, pay_url="https://shop.test/pay")
    with pytest.raises(NotFound):
        remind(world, theirs)
    with pytest.raises(NotFound):
        remind(world, agent=world.stranger)
    assert not PaymentReminder.objects.exists()


def test_the_same_click_is_one_reminder_also_after_the_order_was_paid(world: World) -> None:
    first = remind(world)
    assert remind(world).message.id == first.message.id
    pay(world)
    assert remind(world).message.id == first.message.id
    assert PaymentReminder.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same", [True, False])
def test_twenty_clicks_at_once_are_one_reminder(world: World, same: bool) -> None:
    results = at_once(20, lambda n: remind(world, key="r1" if same else f"r{n}"))
    assert PaymentReminder.objects.count() == 1
    assert Message.objects.filter(kind="card").count() == 1
    refused = [r for r in results if isinstance(r, Exception)]
    assert all(isinstance(r, NotAllowed) for r in refused)
    assert len(refused) == (0 if same else 19)


@pytest.mark.django_db(transaction=True)
def test_clicks_on_two_orders_at_once_keep_to_what_a_day_takes(world: World) -> None:
    orders = [world.new_order(str(n), pay_url="https://shop.test/pay") for n in range(8)]
    at_once(8, lambda n: remind(world, orders[n], key=f"r{n}"))
    assert PaymentReminder.objects.count() == reminders.PER_BUYER_AND_DAY


# -- What came of it


def test_the_card_turns_to_paid(world: World) -> None:
    card = remind(world).message
    pay(world)
    card.refresh_from_db()
    order = (card.data or {})["order"]
    assert (order["status"], order["pay_url"]) == ("paid", "")
    assert (card.data or {})["title"] == "Order 100234 is paid"


def test_whoever_has_no_widget_reads_and_pays_it_on_its_page(world: World) -> None:
    page = Client().get(card_link(remind(world).message).removeprefix(settings.PUBLIC_URL)).content.decode()
    assert "waits for your payment" in page
    assert 'href="https://shop.test/pay/100234"' in page


def test_what_is_paid_after_a_reminder_is_credited_to_the_newest_once(world: World) -> None:
    older, newer = sent(world, hours=30), sent(world, hours=5)
    pay(world)
    older.refresh_from_db()
    newer.refresh_from_db()
    assert (older.recovered, newer.recovered) == (0, 5490)
    event = Event.objects.get(name="payment.recovered")
    assert event.data["amount"] == {"amount": 5490, "currency": "USD"}
    assert event.data["agent"] == "Agent"
    line = Message.objects.get(kind="system")
    assert line.private
    assert "$54.90" in line.body
    upsert_order(store=world.store, payload={"number": "100234", "status": "unpaid", "paid": 0})
    pay(world)
    assert Event.objects.filter(name="payment.recovered").count() == 1


def test_of_an_order_that_was_paid_and_costs_more_now_the_rest_is_asked_for_and_credited(
    world: World,
) -> None:
    pay(world)
    upsert_order(
        store=world.store, payload={"number": "100234", "status": "unpaid", "shipping_fee": 990, "paid": 5490}
    )
    card = remind(world, Order.objects.get(pk=world.order.pk)).message
    assert "$3.00" in card.body
    assert (card.data or {})["order"]["due"] == {"amount": 300, "currency": "USD"}
    assert "Left to pay" in Client().get(card_link(card).removeprefix(settings.PUBLIC_URL)).content.decode()
    pay(world, paid=5790)
    assert PaymentReminder.objects.get().recovered == 300


@pytest.mark.parametrize("before", [{"hours": 73}, {"hours": -1}])
def test_what_is_paid_much_later_or_before_is_nobodys_merit(world: World, before: dict[str, Any]) -> None:
    sent(world, **before)
    pay(world)
    assert not Event.objects.filter(name="payment.recovered").exists()
    assert PaymentReminder.objects.get().recovered_at is None


def test_a_called_off_order_recovers_nothing(world: World) -> None:
    sent(world, hours=1)
    upsert_order(store=world.store, payload={"number": "100234", "status": "cancelled"})
    assert not Event.objects.filter(name="payment.recovered").exists()


@pytest.mark.django_db(transaction=True)
def test_the_buyer_hears_nothing_of_the_merit(
    world: World, frames: list[tuple[tuple[str, ...], str]]
) -> None:
    sent(world, hours=1)
    pay(world)
    told = [frame for listeners, frame in frames if any(name.startswith("public.") for name in listeners)]
    assert told
    assert not any("payment.recovered" in frame for frame in told)
