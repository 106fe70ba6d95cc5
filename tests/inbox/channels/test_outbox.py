"""What agents say leaves once, in its order, whatever the provider does."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from events.record import Actor
from inbox import inbound, outbox
from inbox.errors import Conflict, Invalid, NotFound
from inbox.models import Channel, Delivery, Message
from inbox.resending import resend
from inbox.services import Draft, post_message
from inbox.transports.signed_http import SignedHttp
from people.models import BuyerIdentity
from tests.inbox.channels.conftest import Line
from tests.orders.conftest import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked(line: Line) -> Line:
    inbound.take_in(
        line.channel, inbound.Said(external_id="in-1", sender="buyer-7", text="Hello", name="Lee")
    )
    return line


def later(seconds: float = 0) -> None:
    """Let whatever waits be due."""
    Delivery.objects.filter(state="queued").update(run_at=timezone.now() - timedelta(seconds=1))
    Channel.objects.update(paused_until=None)


def texts(line: Line) -> list[str]:
    return [call.json["text"] for call in line.provider.done]


def test_an_answer_reaches_the_provider_and_is_sent_only_then(asked: Line) -> None:
    message = asked.answers("Hi Lee")
    delivery = Delivery.objects.get(message=message)
    assert (delivery.state, delivery.to) == ("queued", "buyer-7")
    assert outbox.send_due(asked.channel.id) == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.external_id) == ("sent", "out-1")
    [call] = asked.provider.done
    assert (call.json["to"], call.json["text"], call.json["author"]) == ("buyer-7", "Hi Lee", "Ann")


def test_notes_and_lines_are_not_sent(asked: Line) -> None:
    conversation = asked.conversation
    post_message(
        Draft(
            actor=Actor.agent(asked.world.ann),
            client_id="n",
            body="Careful",
            conversation_id=conversation.id,
            private=True,
        )
    )
    assert not Delivery.objects.exists()


def test_many_workers_send_it_once(asked: Line) -> None:
    for n in range(5):
        asked.answers(f"{n}")
    at_once(5, lambda _: outbox.send_due(asked.channel.id))
    while outbox.send_due(asked.channel.id):
        pass
    assert texts(asked) == ["0", "1", "2", "3", "4"]
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


def test_the_order_of_a_conversation_is_kept_when_one_has_to_wait(asked: Line) -> None:
    asked.answers("first")
    asked.answers("second")
    asked.provider.faults = [(429, {"Retry-After": "1"}, b"")]
    outbox.send_due(asked.channel.id)
    assert texts(asked) == []
    later()
    outbox.send_due(asked.channel.id)
    assert texts(asked) == ["first", "second"]


def test_a_provider_that_asks_for_patience_gets_it(asked: Line) -> None:
    asked.answers()
    asked.provider.faults = [(429, {"Retry-After": "120"}, b"")]
    outbox.send_due(asked.channel.id)
    delivery = Delivery.objects.get()
    assert delivery.state == "queued"
    assert delivery.run_at is not None
    assert delivery.run_at > timezone.now() + timedelta(seconds=110)
    asked.channel.refresh_from_db()
    assert asked.channel.paused_until == delivery.run_at


def test_what_the_provider_refuses_has_failed_and_holds_up_nothing(asked: Line) -> None:
    bad, good = asked.answers("bad"), asked.answers("good")
    asked.provider.faults = [422]
    outbox.send_due(asked.channel.id)
    assert Delivery.objects.get(message=bad).state == "failed"
    assert "told to fail" in Delivery.objects.get(message=bad).detail
    assert Delivery.objects.get(message=good).state == "sent"


@pytest.mark.parametrize("fault", ["cut after", 500, "slow"])
def test_an_answer_that_is_lost_is_asked_for_again_where_keys_are_known(
    asked: Line, fault: Any, monkeypatch: Any
) -> None:
    if fault == "slow":  # on a busy machine nobody else is to be hurried
        monkeypatch.setattr("helpdesk.lib.http.TOTAL_S", 1.0)
    asked.provider.slow_s = 2.0
    asked.answers()
    asked.provider.faults = [fault]
    outbox.send_due(asked.channel.id)
    assert Delivery.objects.get().state == "queued"
    later()
    outbox.send_due(asked.channel.id)
    assert Delivery.objects.get().state == "sent"
    assert len({call.headers["idempotency-key"] for call in asked.provider.calls}) == 1


def test_an_answer_that_is_lost_is_unknown_where_keys_are_not_known(asked: Line, monkeypatch: Any) -> None:
    monkeypatch.setattr(SignedHttp, "idempotent", False)
    first, second = asked.answers("one"), asked.answers("two")
    asked.provider.faults = ["cut after"]
    outbox.send_due(asked.channel.id)
    assert Delivery.objects.get(message=first).state == "unknown"
    assert Delivery.objects.get(message=second).state == "sent"
    later()
    outbox.send_due(asked.channel.id)
    assert texts(asked) == ["one", "two"]


@pytest.mark.parametrize(("idempotent", "state", "sent"), [(True, "sent", 1), (False, "unknown", 0)])
def test_what_a_dead_worker_had_in_its_hands(
    asked: Line, monkeypatch: Any, idempotent: bool, state: str, sent: int
) -> None:
    monkeypatch.setattr(SignedHttp, "idempotent", idempotent)
    asked.answers()
    Delivery.objects.update(state="sending", attempts=1, claimed_until=timezone.now() - timedelta(seconds=1))
    assert outbox.due_channels() == [asked.channel.id]
    outbox.send_due(asked.channel.id)
    assert Delivery.objects.get().state == state
    assert len(asked.provider.done) == sent


def test_a_worker_whose_claim_was_lost_changes_nothing(asked: Line) -> None:
    asked.answers()
    delivery = Delivery.objects.select_related("message").get()
    Delivery.objects.update(state="sent", attempts=2)
    delivery.attempts = 1
    outbox._leave(delivery, "failed", detail="too late")
    assert Delivery.objects.get().state == "sent"


def test_what_cannot_be_sent_in_time_has_failed(asked: Line) -> None:
    asked.answers()
    Delivery.objects.update(deadline=timezone.now() - timedelta(seconds=1))
    outbox.send_due(asked.channel.id)
    delivery = Delivery.objects.get()
    assert (delivery.state, bool(delivery.detail)) == ("failed", True)
    assert asked.provider.calls == []


def test_a_person_may_send_again_what_failed(asked: Line) -> None:
    message = asked.answers()
    with pytest.raises(Conflict):
        resend(agent=asked.world.ann, message_id=message.id, channel_id=asked.channel.id)
    Delivery.objects.update(state="failed", detail="No")
    with pytest.raises(NotFound):
        resend(agent=asked.world.zoe, message_id=message.id, channel_id=asked.channel.id)
    resend(agent=asked.world.bob, message_id=message.id, channel_id=asked.channel.id)
    outbox.send_due(asked.channel.id)
    assert Delivery.objects.get().state == "sent"


def test_a_dead_provider_delays_no_other_channel(asked: Line) -> None:
    dead = Channel.objects.create(
        store=asked.world.store,
        kind="http",
        name="Dead",
        config={"url": "http://127.0.0.1:9"},
        secrets=asked.channel.secrets,
    )
    for n in range(30):
        inbound.take_in(dead, inbound.Said(external_id=f"d{n}", sender=f"dead-{n}", text="Hello?"))
    for message in Message.objects.filter(
        channel_kind="http", author_kind="buyer", conversation__channel=dead
    ):
        asked.answers(f"to {message.id}", conversation=message.conversation)
    asked.answers("for the living")
    assert outbox.send_due(dead.id) == 1, "one tells that nobody is there; the others wait for it"
    assert dead.id not in outbox.due_channels()
    assert outbox.send_due(asked.channel.id) == 1
    assert texts(asked) == ["for the living"]
    dead.refresh_from_db()
    assert dead.trouble


def test_an_agent_may_pick_the_way(asked: Line) -> None:
    other = Channel.objects.create(
        store=asked.world.store,
        kind="http",
        name="B",
        config={"url": asked.provider.url},
        secrets=asked.channel.secrets,
    )
    elsewhere = Channel.objects.create(store=asked.world.other_store, kind="http", name="C")
    draft = {"actor": Actor.agent(asked.world.ann), "body": "Hi", "conversation_id": asked.conversation.id}
    message = post_message(Draft(client_id="a", via=other.id, **draft)).message  # type: ignore[arg-type]
    assert Delivery.objects.get(message=message).channel == other
    with pytest.raises(Invalid):
        post_message(Draft(client_id="b", via=elsewhere.id, **draft))  # type: ignore[arg-type]
    assert Message.objects.filter(author_kind="agent", kind="text").count() == 1


def test_without_an_address_it_has_failed_at_once(asked: Line) -> None:
    BuyerIdentity.objects.filter(kind="http").delete()
    asked.answers()
    delivery = Delivery.objects.get()
    assert (delivery.state, outbox.send_due(asked.channel.id)) == ("failed", 0)
    assert delivery.detail
