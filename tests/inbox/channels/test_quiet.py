"""What is no answer waits for the buyer's day, by the buyer's own clock, also where clocks change."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from inbox import failover, inbound, outbox, quiet
from inbox.cards import send_card
from inbox.inbound import Said
from inbox.models import Channel, Delivery, Message
from inbox.payloads import delivery_data
from inbox.services import consent
from inbox.services.consent import Source
from orders.errors import NotAllowed
from orders.models import Order
from people.models import Buyer, Store
from tests.factories import buyer_says
from tests.inbox.channels.conftest import Line
from tests.orders.test_reminders import zone_where_it_is

pytestmark = pytest.mark.django_db(transaction=True)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "now", "morning"),
    [
        ("Europe/Helsinki", "2026-01-10T20:30", "2026-01-11T06:00"),  # 22:30 there
        ("Europe/Helsinki", "2026-01-11T03:00", "2026-01-11T06:00"),  # 5:00: the same morning
        # The night in which clocks go forward (29 March 2026, 3:00 becomes 4:00) is an hour shorter.
        ("Europe/Helsinki", "2026-03-28T20:30", "2026-03-29T05:00"),
        # And in which they go back (25 October, 4:00 becomes 3:00) an hour longer.
        ("Europe/Helsinki", "2026-10-24T20:30", "2026-10-25T06:00"),
        ("Europe/Helsinki", "2026-10-25T00:30", "2026-10-25T06:00"),  # 3:30, for the first time
        ("Europe/Helsinki", "2026-10-25T01:30", "2026-10-25T06:00"),  # 3:30, for the second
        ("America/New_York", "2026-03-08T05:00", "2026-03-08T12:00"),  # midnight before 2:00 becomes 3:00
        ("America/New_York", "2026-11-01T05:30", "2026-11-01T13:00"),  # 1:30, for the first time
        ("Australia/Lord_Howe", "2026-04-04T14:00", "2026-04-04T21:30"),  # back by half an hour
        ("Asia/Shanghai", "2026-06-01T14:00", "2026-06-02T00:00"),  # 22:00: the day is over
    ],
)
def test_the_night_ends_at_eight_by_the_buyers_clock(zone: str, now: str, morning: str) -> None:
    buyer, store = Buyer(time_zone=zone), Store(time_zone="UTC")
    assert quiet.held_until(buyer, store, at(now)) == at(morning)


@pytest.mark.parametrize(
    "now", ["2026-03-29T05:00", "2026-03-29T18:59", "2026-10-25T06:00", "2026-10-25T19:59"]
)
def test_by_day_nothing_is_held_also_on_the_days_on_which_clocks_change(now: str) -> None:
    assert quiet.held_until(Buyer(time_zone="Europe/Helsinki"), Store(time_zone="UTC"), at(now)) is None


def test_where_nobody_knows_the_buyers_zone_the_stores_counts() -> None:
    store = Store(time_zone="Asia/Shanghai")
    for zone in ("", "Mars/Base"):
        assert quiet.held_until(Buyer(time_zone=zone), store, at("2026-06-01T15:00")) == at(
            "2026-06-02T00:00"
        )


# -- With messages


@pytest.fixture
def night(line: Line) -> Line:
    """The buyer wrote an hour ago, and it is about 23 o'clock where they are."""
    inbound.take_in(line.channel, Said(external_id="in-1", sender="buyer-7", text="Hello", name="Lee"))
    Buyer.objects.update(time_zone=zone_where_it_is(23))
    wrote(line, minutes_ago=60)
    buyer = line.conversation.buyer
    Order.objects.update(buyer=buyer, pay_url="https://shop.test/pay")
    return line


def wrote(line: Line, *, minutes_ago: float) -> None:
    Message.objects.filter(author_kind="buyer").update(
        created_at=timezone.now() - timedelta(minutes=minutes_ago)
    )


def remind(line: Line) -> Any:
    return send_card(
        agent=line.world.ann,
        stores=None,
        conversation_id=line.conversation.id,
        kind="payment",
        ref=str(line.world.order.id),
        client_id="reminder",
    )


class Notice:
    """A kind of card that nobody asked for."""

    kind = "notice"
    unasked = True

    def build(self, **_: Any) -> dict[str, Any]:
        return {"title": "News", "text": "News"}

    def text(self, data: dict[str, Any]) -> str:
        return str(data["text"])


def notice(line: Line, monkeypatch: Any, key: str = "n") -> Delivery:
    monkeypatch.setattr("inbox.cards.all_cards", lambda: {"notice": Notice()})
    posted = send_card(
        agent=line.world.ann,
        stores=None,
        conversation_id=line.conversation.id,
        kind="notice",
        ref="",
        client_id=key,
    )
    return Delivery.objects.get(message=posted.message)


def test_what_nobody_asked_for_waits_for_the_buyers_morning(night: Line, monkeypatch: Any) -> None:
    delivery = notice(night, monkeypatch)
    here = quiet.buyers_time(night.conversation.buyer, night.world.store)
    assert delivery.held_until == here.morning == delivery.run_at
    assert outbox.send_due(night.channel.id) == 0
    assert outbox.send_due(night.channel.id, now=here.morning) == 1
    assert len(night.provider.done) == 1


def test_agents_see_until_when_it_waits(night: Line, monkeypatch: Any) -> None:
    delivery = notice(night, monkeypatch)
    assert delivery.held_until is not None
    assert delivery_data(delivery)["held_until"] == delivery.held_until.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def test_an_answer_goes_at_any_hour_and_waits_for_nothing_that_is_held(night: Line, monkeypatch: Any) -> None:
    notice(night, monkeypatch)
    night.answers("Yes, it left today")
    assert outbox.send_due(night.channel.id) == 1
    assert [call.json["text"] for call in night.provider.done] == ["Yes, it left today"]


def test_to_a_buyer_who_is_writing_now_everything_is_an_answer(night: Line, monkeypatch: Any) -> None:
    wrote(night, minutes_ago=14)
    assert notice(night, monkeypatch).held_until is None
    wrote(night, minutes_ago=16)
    assert notice(night, monkeypatch, "later").held_until is not None


def test_a_reminder_at_night_is_refused_but_not_in_a_live_chat(night: Line) -> None:
    with pytest.raises(NotAllowed):
        remind(night)
    wrote(night, minutes_ago=5)
    delivery = Delivery.objects.get(message=remind(night).message)
    assert (delivery.held_until, outbox.send_due(night.channel.id)) == (None, 1)


def test_by_day_it_goes_at_once(night: Line, monkeypatch: Any) -> None:
    Buyer.objects.update(time_zone=zone_where_it_is(13))
    assert notice(night, monkeypatch).held_until is None


def test_a_copy_of_what_nobody_asked_for_waits_and_needs_an_agreement(night: Line, monkeypatch: Any) -> None:
    Channel.objects.filter(pk=night.channel.pk).update(unread_after=10)
    other = Channel.objects.create(store=night.world.store, kind="http", name="Second", takes_over=1)
    Buyer.objects.update(time_zone=zone_where_it_is(13))
    delivery = notice(night, monkeypatch)
    outbox.send_due(night.channel.id)
    Buyer.objects.update(time_zone=zone_where_it_is(23))
    later = timezone.now() + timedelta(minutes=11)
    assert failover.move_on(delivery.pk, now=later) is None, "to have written from there allows answers"
    Delivery.objects.filter(pk=delivery.pk).update(check_at=timezone.now())
    consent.opt_in(other, "buyer-7", Source.FORM)
    copy = failover.move_on(delivery.pk, now=later)
    assert copy is not None
    assert copy.held_until is not None
    assert copy.held_until > later


def test_a_copy_of_an_answer_goes_at_night_too(night: Line) -> None:
    Channel.objects.filter(pk=night.channel.pk).update(unread_after=10)
    Channel.objects.create(store=night.world.store, kind="http", name="Second", takes_over=1)
    message = night.answers("Yes")
    outbox.send_due(night.channel.id)
    first = Delivery.objects.get(message=message)
    copy = failover.move_on(first.pk, now=timezone.now() + timedelta(minutes=11))
    assert copy is not None
    assert copy.held_until is None


def test_the_page_of_the_shop_wakes_nobody(world: Any, monkeypatch: Any) -> None:
    """A message in the widget is seen by who looks at it: there is nothing to hold."""
    Buyer.objects.update(time_zone=zone_where_it_is(23))
    conversation = buyer_says(world.kim).conversation
    monkeypatch.setattr("inbox.cards.all_cards", lambda: {"notice": Notice()})
    Message.objects.update(created_at=timezone.now() - timedelta(hours=1))
    posted = send_card(
        agent=world.ann, stores=None, conversation_id=conversation.id, kind="notice", ref="", client_id="n"
    )
    delivery = Delivery.objects.get(message=posted.message)
    assert (delivery.state, delivery.held_until) == ("sent", None)
