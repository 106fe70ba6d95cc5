"""What does not reach a buyer goes over the next channel that they agreed to: once, as one message."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from inbox import failover, inbound, outbox, tasks, ways
from inbox.errors import Conflict
from inbox.inbound import Receipt, Said
from inbox.models import Channel, Conversation, Delivery, Message
from inbox.services import consent, mark_by_buyer, timeline
from inbox.services.consent import Source
from inbox.transports.base import NoAnswer, OptedOut, Refused
from inbox.transports.signed_http import SignedHttp
from people.models import BuyerIdentity
from tests.factories import agent_says, buyer_says, make_buyer
from tests.inbox.channels.conftest import Line
from tests.orders.conftest import at_once

pytestmark = pytest.mark.django_db(transaction=True)

MINUTES = 10


@pytest.fixture
def pair(line: Line) -> Line:
    """The buyer came by the first of two channels, which hands over to the second after ten minutes."""
    Channel.objects.filter(pk=line.channel.pk).update(unread_after=MINUTES, name="First")
    line.channel.refresh_from_db()
    says(line, "in-1", "Hello")
    return line


@pytest.fixture
def second(line: Line) -> Channel:
    url = f"{line.provider.url}/second"
    fields: dict[str, Any] = {"config": {"url": url}, "secrets": line.channel.secrets, "takes_over": 1}
    return Channel.objects.create(store=line.world.store, kind="http", name="Second", **fields)


def says(line: Line, number: str, text: str = "Hello", **more: Any) -> None:
    inbound.take_in(line.channel, Said(external_id=number, sender="buyer-7", text=text, name="Lee", **more))


def after(minutes: float = MINUTES) -> datetime:
    return timezone.now() + timedelta(minutes=minutes, seconds=1)


def sweep(now: datetime | None = None) -> int:
    now = now or after()
    return sum(failover.move_on(pk, now=now) is not None for pk in failover.due(now=now))


def hand_over(channel: Channel) -> int:
    """Send what is due, as late as the latest sweep of these tests."""
    return outbox.send_due(channel.id, now=after(60))


def sent_by(line: Line) -> list[str]:
    """What the provider was given, on which of the two channels."""
    return ["second" if call.path == "/second" else "first" for call in line.provider.done]


def states(message: Message) -> list[str]:
    return list(Delivery.objects.filter(message=message).order_by("id").values_list("state", flat=True))


def receipt(line: Line, state: str, channel: Channel | None = None) -> None:
    channel = channel or line.channel
    external_id = Delivery.objects.get(channel=channel).external_id
    inbound.take_in(channel, Receipt(external_id, state))


def test_what_is_not_read_in_time_goes_over_the_next_channel_once(pair: Line, second: Channel) -> None:
    message = pair.answers("Your parcel left")
    outbox.send_due(pair.channel.id)
    assert sweep(after(MINUTES - 1)) == 0
    assert sweep() == 1
    assert sweep(after(100)) == 0
    hand_over(second)
    assert (states(message), sent_by(pair)) == (["sent", "sent"], ["first", "second"])
    assert Message.objects.filter(body="Your parcel left").count() == 1
    copy = Delivery.objects.get(channel=second)
    assert (copy.to, copy.instead, copy.conversation_id) == ("buyer-7", True, message.conversation_id)


def test_colleagues_read_in_the_timeline_why_and_where_it_went(pair: Line, second: Channel) -> None:
    message = pair.answers()
    outbox.send_due(pair.channel.id)
    Message.objects.filter(pk=message.pk).update(created_at=timezone.now() - timedelta(minutes=MINUTES))
    sweep()
    line = Message.objects.get(kind="system", data__event="delivery.moved_on")
    assert line.body == "Not read on First after 10 min: sent by Second to buyer-7"
    assert line.private, "the buyer is not told how they are looked after"


@pytest.mark.parametrize("state", ["read", "answered", "elsewhere"])
def test_what_the_buyer_has_seen_stays_where_it_is(pair: Line, second: Channel, state: str) -> None:
    message = pair.answers()
    outbox.send_due(pair.channel.id)
    if state == "read":
        receipt(pair, "read")
    elif state == "answered":
        says(pair, "in-2", "Thanks")
    else:
        mark_by_buyer(conversation_id=message.conversation_id, read=message.seq)
    assert sweep() == 0
    assert Delivery.objects.filter(check_at__isnull=False).count() == 0


def test_delivered_is_enough_where_nobody_can_tell_who_read_it(
    pair: Line, second: Channel, monkeypatch: Any
) -> None:
    pair.answers()
    outbox.send_due(pair.channel.id)
    monkeypatch.setattr(SignedHttp, "furthest", "delivered")
    receipt(pair, "delivered")
    assert sweep() == 0


def test_it_is_off_by_default(line: Line) -> None:
    says(line, "in-1")
    Channel.objects.create(store=line.world.store, kind="http", name="Second", takes_over=1)
    line.answers()
    outbox.send_due(line.channel.id)
    assert (Delivery.objects.get().check_at, sweep(after(1000))) == (None, 0)


def test_what_failed_goes_another_way_when_its_time_has_come(pair: Line, second: Channel) -> None:
    message = pair.answers()
    pair.provider.faults = [422]
    outbox.send_due(pair.channel.id)
    assert sweep(after(1)) == 0, "a person may have a better idea"
    assert sweep() == 1
    hand_over(second)
    assert states(message) == ["failed", "sent"]


@pytest.mark.parametrize("why", ["closed", "opted out"])
def test_where_waiting_changes_nothing_it_goes_another_way_at_once(
    pair: Line, second: Channel, monkeypatch: Any, why: str
) -> None:
    pair.answers()
    Message.objects.filter(author_kind="buyer").update(created_at=timezone.now() - timedelta(hours=25))
    refusal = Refused("Too late") if why == "closed" else OptedOut("They sent STOP")
    with monkeypatch.context() as patch:
        patch.setattr(SignedHttp, "window", timedelta(hours=24) if why == "closed" else None)
        patch.setattr(SignedHttp, "send", lambda *_: (_ for _ in ()).throw(refusal))
        outbox.send_due(pair.channel.id)
    moved = sweep(timezone.now())
    assert moved == (1 if why == "closed" else 0), "who sent STOP gets nothing by that kind of channel"


def test_what_seemed_to_have_arrived_and_comes_back_goes_another_way(
    pair: Line, second: Channel, monkeypatch: Any
) -> None:
    """A mail that bounces the day after."""
    message = pair.answers()
    outbox.send_due(pair.channel.id)
    with monkeypatch.context() as patch:
        patch.setattr(SignedHttp, "furthest", "sent")
        assert sweep() == 0
    receipt(pair, "failed")
    assert sweep(timezone.now()) == 1
    assert states(message) == ["failed", "queued"]


def test_what_went_another_way_already_does_not_go_a_third_when_it_comes_back(
    pair: Line, second: Channel
) -> None:
    Channel.objects.create(store=pair.world.store, kind="http", name="Third", takes_over=2)
    message = pair.answers()
    outbox.send_due(pair.channel.id)
    sweep()
    receipt(pair, "failed")
    assert (sweep(), states(message)) == (0, ["failed", "queued"])


def test_an_unknown_one_is_not_sent_again_on_its_own_channel(
    pair: Line, second: Channel, monkeypatch: Any
) -> None:
    message = pair.answers()
    monkeypatch.setattr(SignedHttp, "idempotent", False)
    pair.provider.faults = ["cut after"]
    outbox.send_due(pair.channel.id)
    assert states(message) == ["unknown"]
    assert sweep() == 1
    outbox.send_due(pair.channel.id)
    hand_over(second)
    assert sent_by(pair) == ["first", "second"]
    assert states(message) == ["unknown", "sent"]


def test_one_that_never_left_does_not_leave_later(pair: Line, second: Channel) -> None:
    message = pair.answers()
    pair.provider.faults = [503]
    outbox.send_due(pair.channel.id)
    assert states(message) == ["queued"]
    assert sweep() == 1
    Channel.objects.update(paused_until=None)
    for channel in (pair.channel, second):
        hand_over(channel)
    assert (states(message), sent_by(pair)) == (["cancelled", "sent"], ["second"])


def test_one_that_a_worker_has_in_its_hands_is_looked_at_later(pair: Line, second: Channel) -> None:
    pair.answers()
    Delivery.objects.update(state="sending", claimed_until=after(), attempts=1)
    assert sweep() == 0
    Delivery.objects.update(state="unknown")
    assert sweep(after(MINUTES + 2)) == 1


# -- The first one arrives late


@pytest.mark.parametrize("state", ["delivered", "read"])
def test_a_late_receipt_takes_back_what_was_not_handed_over(pair: Line, second: Channel, state: str) -> None:
    message = pair.answers()
    outbox.send_due(pair.channel.id)
    sweep()
    receipt(pair, state)
    hand_over(second)
    assert (states(message), sent_by(pair)) == ([state, "cancelled"], ["first"])


def test_when_both_arrived_it_is_one_message_that_went_two_ways(pair: Line, second: Channel) -> None:
    message = pair.answers()
    outbox.send_due(pair.channel.id)
    sweep()
    hand_over(second)
    receipt(pair, "delivered")
    receipt(pair, "read", second)
    assert states(message) == ["delivered", "read"]
    conversation = Conversation.objects.get(pk=message.conversation_id)
    assert conversation.buyer_read_seq == message.seq, "read on either way is read"
    assert Message.objects.filter(author_kind="agent", kind="text").count() == 1


def test_delivered_late_and_never_read_is_looked_at_once_more(pair: Line, second: Channel) -> None:
    message = pair.answers()
    outbox.send_due(pair.channel.id)
    sweep()
    receipt(pair, "delivered")
    assert states(message) == ["delivered", "cancelled"]
    assert sweep() == 1
    hand_over(second)
    assert (states(message), sent_by(pair)) == (["delivered", "sent"], ["first", "second"])


def test_reading_a_later_message_takes_back_what_goes_for_earlier_ones(pair: Line, second: Channel) -> None:
    first = pair.answers("one")
    pair.answers("two")
    outbox.send_due(pair.channel.id)
    sweep()
    newest = Delivery.objects.filter(channel=pair.channel).latest("seq")
    inbound.take_in(pair.channel, Receipt(newest.external_id, "read"))
    assert states(first) == ["sent", "cancelled"]
    assert hand_over(second) == 0


def test_looking_at_the_page_takes_it_back_too(pair: Line, second: Channel) -> None:
    message = pair.answers()
    outbox.send_due(pair.channel.id)
    sweep()
    mark_by_buyer(conversation_id=message.conversation_id, read=message.seq)
    assert states(message) == ["sent", "cancelled"]


# -- Many at once, and deaths


def test_many_workers_send_it_over_the_next_channel_once(pair: Line, second: Channel) -> None:
    messages = [pair.answers(f"{n}") for n in range(3)]
    outbox.send_due(pair.channel.id)
    found = at_once(6, lambda _: sweep())
    assert not [error for error in found if isinstance(error, Exception)]
    at_once(4, lambda _: hand_over(second))
    while hand_over(second):
        pass
    assert sum(found) == 3
    assert sent_by(pair) == ["first"] * 3 + ["second"] * 3
    assert [states(message) for message in messages] == [["sent", "sent"]] * 3
    assert Message.objects.filter(data__event="delivery.moved_on").count() == 3


@pytest.mark.parametrize("state", ["delivered", "read"])
def test_a_receipt_that_races_with_the_next_channel_leaves_no_third_way(
    pair: Line, second: Channel, state: str
) -> None:
    message = pair.answers()
    outbox.send_due(pair.channel.id)
    works = [sweep, lambda: receipt(pair, state), lambda: hand_over(second)]
    found = at_once(3, lambda index: works[index]())
    assert not [error for error in found if isinstance(error, Exception)]
    while hand_over(second):
        pass
    went = states(message)
    if "second" in sent_by(pair):
        assert went == [state, "sent"]
    else:
        assert went in ([state], [state, "cancelled"])


def test_a_worker_that_dies_over_it_leaves_nothing_half_done(
    pair: Line, second: Channel, monkeypatch: Any
) -> None:
    message = pair.answers()
    outbox.send_due(pair.channel.id)
    with monkeypatch.context() as patch:
        patch.setattr(timeline, "write", lambda _: (_ for _ in ()).throw(MemoryError))
        with pytest.raises(MemoryError):
            sweep()
    assert states(message) == ["sent"]
    assert sweep() == 1


def test_a_copy_whose_bell_was_lost_is_found_by_the_sweep(
    pair: Line, second: Channel, monkeypatch: Any
) -> None:
    pair.answers()
    outbox.send_due(pair.channel.id)
    monkeypatch.setattr("inbox.failover.ring", lambda _: None)
    sweep()
    assert outbox.due_channels(now=after(60)) == [second.id]


def test_the_periodic_job_does_it(pair: Line, second: Channel) -> None:
    pair.answers()
    outbox.send_due(pair.channel.id)
    Delivery.objects.update(check_at=timezone.now())
    assert (tasks.fail_over(), tasks.fail_over()) == (1, 0)


def test_one_that_breaks_does_not_hold_up_the_others(pair: Line, second: Channel, monkeypatch: Any) -> None:
    bad, good = pair.answers("bad"), pair.answers("good")
    outbox.send_due(pair.channel.id)
    Delivery.objects.update(check_at=timezone.now())
    real = failover.move_on

    def breaks(pk: int) -> Delivery | None:
        if Delivery.objects.get(pk=pk).message_id == bad.pk:
            raise ValueError("broken")
        return real(pk)

    monkeypatch.setattr("inbox.failover.move_on", breaks)
    assert tasks.fail_over() == 1
    assert (states(bad), states(good)) == (["sent"], ["sent", "queued"])


# -- A window that is closed


@pytest.fixture
def closed(pair: Line, monkeypatch: Any) -> Line:
    """The provider takes words for a day, and the buyer wrote before that."""
    monkeypatch.setattr(SignedHttp, "window", timedelta(hours=24))
    monkeypatch.setattr(SignedHttp, "send", lambda *_: (_ for _ in ()).throw(Refused("Too late")))
    Message.objects.filter(author_kind="buyer").update(created_at=timezone.now() - timedelta(hours=25))
    return pair


def agrees_to_sms(line: Line) -> Channel:
    sms = Channel.objects.create(store=line.world.store, kind="sms", name="SMS", takes_over=1)
    buyer = BuyerIdentity.objects.get(value="buyer-7").buyer
    fields: dict[str, Any] = {"kind": "phone", "value": "+442071838750"}
    BuyerIdentity.objects.create(store=line.world.store, buyer=buyer, **fields)
    consent.opt_in(sms, "+442071838750", Source.FORM)
    return sms


def test_an_answer_into_a_closed_window_goes_over_the_next_channel_at_once(closed: Line) -> None:
    sms = agrees_to_sms(closed)
    message = closed.answers("It left today")
    outbox.send_due(closed.channel.id)
    assert sweep(timezone.now()) == 1
    assert states(message) == ["failed", "queued"]
    assert Delivery.objects.get(channel=sms).to == "+442071838750"


def test_where_no_channel_takes_over_the_agent_is_told_that_the_window_is_closed(closed: Line) -> None:
    with pytest.raises(Conflict) as refused:
        closed.answers()
    assert refused.value.code == "window_closed"


def test_the_agent_sees_beforehand_who_takes_over_and_where_nothing_may_be_sent(closed: Line) -> None:
    sms = agrees_to_sms(closed)
    conversation = Conversation.objects.select_related("buyer__store", "store").get()
    found = {way.channel.id: way for way in ways.ways_to(conversation)}
    assert (found[closed.channel.id].state, found[closed.channel.id].instead) == ("open", "SMS")
    consent.opt_out(sms, "+442071838750", Source.WORD)
    found = {way.channel.id: way for way in ways.ways_to(conversation)}
    assert (found[sms.id].state, found[sms.id].reason) == ("unavailable", consent.STOPPED)
    assert (found[closed.channel.id].state, found[closed.channel.id].instead) == ("unavailable", "")


# -- Where it may go


def test_only_where_the_buyer_agreed_to_it(pair: Line) -> None:
    sms = Channel.objects.create(store=pair.world.store, kind="sms", name="SMS", takes_over=1)
    message = pair.answers()
    outbox.send_due(pair.channel.id)
    buyer = message.conversation.buyer
    buyer.phone, buyer.country = "020 7183 8750", "GB"
    buyer.save()
    assert sweep() == 0, "a number that the store knows is no consent"
    Delivery.objects.update(check_at=timezone.now())
    consent.opt_in(sms, "+442071838750", Source.FORM)
    assert sweep() == 1
    assert Delivery.objects.get(channel=sms).to == "+442071838750"


def test_a_number_that_agreed_is_written_to(pair: Line) -> None:
    sms = Channel.objects.create(store=pair.world.store, kind="sms", name="SMS", takes_over=1)
    identity = BuyerIdentity.objects.get(value="buyer-7")
    fields: dict[str, Any] = {"kind": "phone", "value": "+442071838750", "verified": True}
    BuyerIdentity.objects.create(store=pair.world.store, buyer=identity.buyer, **fields)
    consent.opt_in(sms, "+442071838750", Source.FORM)
    pair.answers()
    outbox.send_due(pair.channel.id)
    sweep()
    assert Delivery.objects.get(channel=sms).to == "+442071838750"
    consent.opt_out(sms, "+442071838750", Source.WORD)
    pair.answers("another")
    outbox.send_due(pair.channel.id)
    assert sweep() == 0, "who said stop is not written to, whatever failed elsewhere"


def test_channels_of_other_stores_and_those_that_are_off_take_nothing_over(
    pair: Line, second: Channel
) -> None:
    Channel.objects.filter(pk=second.pk).update(active=False)
    Channel.objects.create(store=pair.world.other_store, kind="http", name="Theirs", takes_over=1)
    pair.answers()
    outbox.send_due(pair.channel.id)
    assert sweep() == 0


def test_the_stores_order_is_kept_and_goes_on_to_its_end(pair: Line, second: Channel) -> None:
    third = Channel.objects.create(store=pair.world.store, kind="http", name="Third", takes_over=2)
    Channel.objects.filter(pk=second.pk).update(unread_after=30)
    message = pair.answers()
    outbox.send_due(pair.channel.id)
    sweep()
    hand_over(second)
    assert sweep(after(29)) == 0
    assert sweep(after(45)) == 1
    went = list(Delivery.objects.filter(message=message).order_by("id").values_list("channel", flat=True))
    assert went == [pair.channel.id, second.id, third.id]


def test_what_a_visitor_did_not_read_on_the_page_goes_to_the_address_they_gave(world: Any) -> None:
    Channel.objects.filter(pk=world.channel.pk).update(unread_after=MINUTES)
    sms = Channel.objects.create(store=world.store, kind="sms", name="SMS", takes_over=1)
    visitor = make_buyer(world.store, phone="+44 20 7183 8750")
    conversation = buyer_says(visitor, "Where is it?").conversation
    consent.answers_only(world.store.id, "sms", "+442071838750", Source.FORM)
    message = agent_says(world.ann, conversation, "It left today").message
    mark_by_buyer(conversation_id=conversation.id, received=message.seq)
    assert sweep() == 1
    assert Delivery.objects.get(channel=sms).to == "+442071838750"
    mark_by_buyer(conversation_id=conversation.id, read=message.seq)
    assert states(message) == ["read", "cancelled"]


def test_no_answer_means_unknown_and_goes_on_as_such(pair: Line, second: Channel, monkeypatch: Any) -> None:
    message = pair.answers()
    monkeypatch.setattr(SignedHttp, "idempotent", False)
    with monkeypatch.context() as patch:
        patch.setattr(SignedHttp, "send", lambda *_: (_ for _ in ()).throw(NoAnswer("Gone")))
        outbox.send_due(pair.channel.id)
    sweep()
    line = Message.objects.get(data__event="delivery.moved_on")
    assert (states(message), line.data and line.data["why"]) == (["unknown", "queued"], "unread")
