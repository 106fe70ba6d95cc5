"""Who is asked how it was, when, and by which way: at most once for each time that a conversation was resolved."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from events.models import Event
from inbox import failover, inbound, outbox, tasks
from inbox.models import Channel, Conversation, Delivery, Message, RatingAsk, RatingRule
from inbox.rating_links import rating_link
from inbox.services import block_buyer, consent, mark_by_buyer, rate, rating_asks, reopen, resolve
from inbox.services.consent import Source
from inbox.transports.base import Receipt, Said
from people.models import Buyer, BuyerIdentity
from tests.factories import agent_says, buyer_says
from tests.inbox.channels.conftest import Line
from tests.orders.conftest import at_once

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime.fromisoformat("2026-06-10T12:00:00+00:00")


@pytest.fixture
def rule(line: Line) -> RatingRule:
    made = RatingRule.objects.create(store=line.world.store, active=True, delay=30)
    made.channels.add(line.channel)
    return made


@pytest.fixture
def over(line: Line, rule: RatingRule) -> Line:
    """A buyer wrote by the channel, was answered, and it was resolved."""
    says(line, "in-1", "Where is my parcel?")
    line.answers("It comes today")
    resolve(agent=line.world.ann, conversation_id=line.conversation.id)
    outbox.send_due(line.channel.id)
    Buyer.objects.update(time_zone=by_day())
    return line


def says(line: Line, number: str, text: str = "Hello", **more: Any) -> Message | None:
    return inbound.take_in(
        line.channel, Said(external_id=number, sender="buyer-7", text=text, name="Lee", **more)
    )


def by_day(now: datetime | None = None) -> str:
    """Return a zone in which it is the middle of the day."""
    hour = (now or timezone.now()).hour
    return f"Etc/GMT{hour - 13:+d}" if hour != 13 else "Etc/GMT"


def later(minutes: float = 31) -> datetime:
    return timezone.now() + timedelta(minutes=minutes)


def row() -> RatingAsk:
    return RatingAsk.objects.get()


def question() -> Message | None:
    return Message.objects.filter(kind="card", data__kind="rating").first()


# -- When


def test_who_was_helped_is_asked_once_after_the_time_that_the_store_set(over: Line) -> None:
    assert rating_asks.ask_due(now=later(29)) == 0
    assert rating_asks.ask_due(now=later()) == 1
    assert rating_asks.ask_due(now=later(60 * 24)) == 0
    outbox.send_due(over.channel.id)
    asked = over.provider.done[-1].json
    assert asked["to"] == "buyer-7"
    assert asked["text"].startswith("Thank you for writing to Shop.\n\nHow was the help that Ann gave you?")
    assert rating_link(row().id).rsplit(".", 2)[0] in asked["text"]
    message = question()
    assert message is not None
    assert (row().state, row().message) == ("asked", message)
    assert [d.state for d in message.deliveries.all()] == ["sent"]


def test_the_job_asks(over: Line) -> None:
    RatingAsk.objects.update(due_at=timezone.now())
    assert tasks.ask_for_ratings() == 1
    assert question() is not None


def test_the_question_is_nobodys_work_and_wakes_nothing(over: Line) -> None:
    before = Conversation.objects.values().get()
    rating_asks.ask_due(now=later())
    after = Conversation.objects.values().get()
    moved = {name for name in before if before[name] != after[name]}
    assert moved == {"last_seq", "last_public_seq"}
    said = Event.objects.filter(name="message.created").latest("id")
    assert (said.actor_kind, said.data["quiet"]) == ("bot", True)


def test_agents_see_the_question_and_not_its_link(over: Line) -> None:
    rating_asks.ask_due(now=later())
    message = question()
    assert message is not None
    assert "/rate/" not in f"{message.body}{message.data}"
    assert not Event.objects.filter(data__icontains="/rate/").exists()


def test_each_time_it_is_resolved_is_a_round_of_its_own(over: Line, rule: RatingRule) -> None:
    RatingRule.objects.update(every_days=0)
    rating_asks.ask_due(now=later())
    says(over, "in-2", "It did not come")
    over.answers("Tomorrow then")
    resolve(agent=over.world.ann, conversation_id=over.conversation.id)
    assert rating_asks.ask_due(now=later()) == 1
    assert RatingAsk.objects.filter(state="asked").count() == 2


# -- Why not


def dropped(why: str, now: datetime | None = None) -> None:
    assert rating_asks.ask_due(now=now or later()) == 0
    assert (question(), row().state, row().why) == (None, "dropped", why)


def test_nobody_is_asked_where_the_store_wants_it_not(line: Line, over: Line) -> None:
    RatingRule.objects.update(active=False)
    dropped("off")
    reopen(agent=line.world.ann, conversation_id=line.conversation.id)
    resolve(agent=line.world.ann, conversation_id=line.conversation.id)
    assert RatingAsk.objects.count() == 1, "nor is it planned"


def test_who_wrote_again_is_not_asked(over: Line) -> None:
    says(over, "in-2", "One more thing")
    dropped("reopened")


def test_what_was_opened_and_closed_again_waits_anew(over: Line) -> None:
    reopen(agent=over.world.ann, conversation_id=over.conversation.id)
    resolve(agent=over.world.ann, conversation_id=over.conversation.id)
    first, second = RatingAsk.objects.order_by("round")
    assert rating_asks.ask_due(now=second.due_at - timedelta(microseconds=1)) == 0
    first.refresh_from_db()
    assert (first.state, first.why) == ("dropped", "reopened")
    assert rating_asks.ask_due(now=second.due_at) == 1


def test_who_has_rated_is_not_asked(over: Line) -> None:
    c = over.conversation
    rate(buyer_id=c.buyer_id, conversation_id=c.id, rating=4)
    dropped("rated")


def test_who_got_no_answer_is_not_asked_how_it_was(line: Line, rule: RatingRule) -> None:
    says(line, "in-1")
    resolve(agent=line.world.ann, conversation_id=line.conversation.id)
    dropped("never_answered")


def test_who_is_blocked_is_not_asked(over: Line) -> None:
    block_buyer(agent=over.world.sue, buyer_id=over.conversation.buyer_id, reason="Rude")
    dropped("blocked")


def test_days_later_nobody_is_asked_any_more(over: Line) -> None:
    dropped("too_late", later(30 + 73 * 60))


def test_a_buyer_is_asked_no_more_often_than_the_store_said(over: Line) -> None:
    rating_asks.ask_due(now=later())
    says(over, "in-2", "Again me")
    over.answers("Hello again")
    resolve(agent=over.world.ann, conversation_id=over.conversation.id)
    second = RatingAsk.objects.exclude(state="asked").get()
    assert rating_asks.ask_due(now=later(40)) == 0
    second.refresh_from_db()
    assert second.why == "asked_lately"
    RatingAsk.objects.filter(state="asked").update(asked_at=timezone.now() - timedelta(days=31))
    RatingAsk.objects.filter(pk=second.pk).update(state="waiting", why="")
    assert rating_asks.ask_due(now=later(40)) == 1


def test_only_channels_that_the_store_picked_ask(over: Line, rule: RatingRule) -> None:
    rule.channels.clear()
    dropped("no_way")


def test_a_channel_that_is_off_asks_nobody(over: Line) -> None:
    Channel.objects.filter(pk=over.channel.pk).update(active=False)
    dropped("no_way")


@pytest.mark.parametrize("said", ["stopped", "answers only"])
def test_who_wants_answers_alone_or_nothing_is_not_asked(over: Line, said: str) -> None:
    if said == "stopped":
        consent.opt_out(over.channel, "buyer-7", Source.WORD)
    else:
        consent.answers_only(over.world.store.id, "http", "buyer-7", Source.LINK)
    dropped("no_way")


def test_who_says_so_while_it_waits_to_go_out_is_not_asked(over: Line) -> None:
    rating_asks.ask_due(now=later())
    consent.opt_out(over.channel, "buyer-7", Source.WORD)
    calls = len(over.provider.calls)
    outbox.send_due(over.channel.id)
    assert len(over.provider.calls) == calls
    assert Delivery.objects.latest("id").state == "failed"


def test_where_the_window_is_closed_nobody_is_asked(over: Line, monkeypatch: Any) -> None:
    monkeypatch.setattr("inbox.transports.signed_http.SignedHttp.window", timedelta(hours=24))
    dropped("no_way", later(25 * 60))


# -- The buyer's night


def test_the_night_is_waited_for_and_what_happens_in_it_counts(over: Line) -> None:
    Buyer.objects.update(time_zone="UTC")
    at = RatingAsk.objects.get().due_at.replace(hour=23, minute=10)
    RatingAsk.objects.update(due_at=at)
    assert rating_asks.ask_due(now=at) == 0
    assert (question(), row().state) == (None, "waiting")
    assert row().due_at == (at + timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)
    says(over, "in-2", "It never came")
    assert rating_asks.ask_due(now=row().due_at) == 0
    assert row().why == "reopened"


# -- On its way


@pytest.mark.parametrize("what", ["reopened", "rated", "erased"])
def test_what_waits_for_a_provider_is_not_sent_when_it_is_out_of_date(over: Line, what: str) -> None:
    rating_asks.ask_due(now=later())
    c = over.conversation
    if what == "reopened":
        reopen(agent=over.world.ann, conversation_id=c.id)
    elif what == "rated":
        rate(buyer_id=c.buyer_id, conversation_id=c.id, rating=5)
    else:
        RatingAsk.objects.all().delete()
    calls = len(over.provider.calls)
    outbox.send_due(over.channel.id)
    delivery = Delivery.objects.latest("id")
    assert (delivery.state, len(over.provider.calls)) == ("cancelled", calls)
    assert "Not needed any more" in delivery.detail


def test_it_runs_after_nobody_over_another_channel(over: Line) -> None:
    fields: dict[str, Any] = {"config": over.channel.config, "secrets": over.channel.secrets}
    Channel.objects.create(store=over.world.store, kind="http", name="Second", takes_over=1, **fields)
    Channel.objects.filter(pk=over.channel.pk).update(unread_after=5)
    rating_asks.ask_due(now=later())
    outbox.send_due(over.channel.id)
    delivery = Delivery.objects.latest("id")
    assert delivery.check_at is None
    inbound.take_in(over.channel, Receipt(delivery.external_id, "failed", detail="Gone"))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.check_at) == ("failed", None)
    assert failover.due(now=later(60 * 24)) == []


# -- Who came by the page


@pytest.fixture
def visitor(line: Line, rule: RatingRule) -> Conversation:
    c = buyer_says(line.world.kim, "Hello").conversation
    agent_says(line.world.ann, c, "Hi")
    resolve(agent=line.world.ann, conversation_id=c.id)
    Buyer.objects.update(time_zone=by_day())
    return c


def test_who_came_by_the_page_is_asked_there_and_not_written_to(visitor: Conversation) -> None:
    dropped("no_way")


@pytest.fixture
def mailbox(visitor: Conversation, rule: RatingRule) -> Channel:
    made = Channel.objects.create(
        store=visitor.store, kind="email", name="Mail", config={"address": "help@shop.test"}
    )
    rule.channels.add(made)
    RatingRule.objects.update(mails_visitors=True)
    return made


def mails_of(visitor: Conversation, *, proven: bool = True) -> None:
    """Kim once wrote from a mailbox."""
    fields: dict[str, Any] = {"kind": "email", "value": "kim@buyers.test", "verified": proven}
    BuyerIdentity.objects.create(store=visitor.store, buyer=visitor.buyer, **fields)
    Message.objects.filter(author_kind="buyer").update(channel_kind="email")


def test_who_left_the_page_is_mailed_where_the_store_wants_it_and_the_address_is_proven(
    visitor: Conversation, mailbox: Channel
) -> None:
    mails_of(visitor)
    assert rating_asks.ask_due(now=later()) == 1
    delivery = Delivery.objects.latest("id")
    assert (delivery.channel, delivery.to, delivery.unasked) == (mailbox, "kim@buyers.test", True)


@pytest.mark.parametrize("why", ["not wanted", "not proven", "no word from there", "answers", "has seen it"])
def test_nobody_else_who_left_the_page_is_mailed(visitor: Conversation, mailbox: Channel, why: str) -> None:
    mails_of(visitor, proven=why != "not proven")
    if why == "not wanted":
        RatingRule.objects.update(mails_visitors=False)
    elif why == "no word from there":
        Message.objects.update(channel_kind="widget")
    elif why == "answers":
        consent.answers_only(visitor.store_id, "email", "kim@buyers.test", Source.LINK)
    elif why == "has seen it":
        visitor.refresh_from_db()
        mark_by_buyer(conversation_id=visitor.id, read=visitor.last_public_seq)
    dropped("no_way")


# -- Races


def test_two_who_sweep_at_once_ask_once(over: Line) -> None:
    now = later()
    done = at_once(4, lambda n: rating_asks.ask(row().id, now=now) is not None)
    assert sorted(done) == [False, False, False, True]
    assert Message.objects.filter(data__kind="rating").count() == 1
    assert Delivery.objects.filter(message=question()).count() == 1


def test_of_who_asks_and_who_writes_at_the_same_time_one_comes_first(over: Line) -> None:
    now, ask_id = later(), row().id
    work = [lambda: rating_asks.ask(ask_id, now=now), lambda: says(over, "in-2", "One more thing")]
    done = at_once(2, lambda n: work[n]())
    assert not [one for one in done if isinstance(one, Exception)]
    c = over.conversation
    assert c.status == "open", "whoever was first: the buyer's words open it"
    outbox.send_due(over.channel.id)
    told = [call.json["text"] for call in over.provider.done]
    assert not any("How was the help" in text for text in told)
