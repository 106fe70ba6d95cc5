"""An agent picks by which channel a buyer is answered, and what cannot be sent there is refused before it is."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from events.record import Actor
from inbox import inbound, outbox
from inbox.access import channel_of, with_summary_relations
from inbox.errors import Conflict, Invalid
from inbox.models import Attachment, Channel, Conversation, Delivery, Message
from inbox.services import Draft, Posted, mark_by_buyer, post_message
from inbox.transports.signed_http import SignedHttp
from inbox.ways import ways_to
from people.models import BuyerIdentity, VisitorSession
from tests.api.conftest import Api
from tests.factories import World, buyer_says, make_buyer
from tests.inbox.channels.conftest import Line

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked(line: Line) -> Line:
    inbound.take_in(
        line.channel, inbound.Said(external_id="in-1", sender="buyer-7", text="Hello", name="Lee")
    )
    return line


def sibling(line: Line, name: str, **fields: Any) -> Channel:
    """Another channel of the same store to the same provider."""
    given = {"kind": "http", "config": line.channel.config, "secrets": line.channel.secrets} | fields
    return Channel.objects.create(store=line.world.store, name=name, **given)


def say(line: Line, **fields: Any) -> Posted:
    given = {"body": "Hi", "conversation_id": line.conversation.id} | fields
    return post_message(Draft(actor=Actor.agent(line.world.ann), client_id=uuid4().hex, **given))


def ways(line: Line) -> list[tuple[str, str, str]]:
    conversation = with_summary_relations(Conversation.objects.all()).get(pk=line.conversation.pk)
    return [(one.channel.name, one.state, one.address) for one in ways_to(conversation)]


def test_the_way_the_buyer_came_is_first_and_those_without_an_address_are_left_out(asked: Line) -> None:
    sibling(asked, "A second app")
    sibling(asked, "SMS", kind="sms")
    assert ways(asked) == [("App", "open", "buyer-7"), ("A second app", "open", "buyer-7")]
    BuyerIdentity.objects.create(
        store=asked.world.store, buyer=asked.conversation.buyer, kind="phone", value="+358401234567"
    )
    assert ("SMS", "open", "+358401234567") in ways(asked)


def test_a_way_that_is_switched_off_is_shown_as_such(asked: Line) -> None:
    Channel.objects.filter(pk=asked.channel.pk).update(active=False)
    assert ways(asked) == [("App", "unavailable", "buyer-7")]


def test_the_widget_is_a_way_to_who_has_it_open(asked: Line) -> None:
    from tests.factories import visit

    assert "Web" not in [name for name, _, _ in ways(asked)]
    visit(asked.conversation.buyer)
    assert ("Web", "open", "") in ways(asked)


def test_a_channel_that_was_switched_off_a_moment_ago_takes_nothing(asked: Line) -> None:
    other = sibling(asked, "B")
    assert channel_of(other.id).active  # type: ignore[union-attr]  # now it is in memory, and stays there
    assert channel_of(asked.channel.id).active  # type: ignore[union-attr]
    Channel.objects.update(active=False)
    assert channel_of(other.id).active  # type: ignore[union-attr]
    for via in (other.id, asked.channel.id, None):
        with pytest.raises(Conflict) as refusal:
            say(asked, via=via)
        assert refusal.value.code == "channel_off"
    assert not Delivery.objects.exists()


def test_what_waits_on_a_channel_that_is_switched_off_has_failed_and_says_why(asked: Line) -> None:
    message = say(asked).message
    Channel.objects.filter(pk=asked.channel.pk).update(active=False)
    outbox.send_due(asked.channel.id)
    delivery = Delivery.objects.get(message=message)
    assert (delivery.state, delivery.detail) == ("failed", "This channel is switched off.")
    assert asked.provider.calls == []


def test_a_note_goes_nowhere_whatever_is_picked(asked: Line) -> None:
    Channel.objects.update(active=False)
    say(asked, private=True, via=asked.channel.id)
    assert not Delivery.objects.exists()


def test_another_store_s_channel_is_no_way(asked: Line) -> None:
    with pytest.raises(Invalid) as refusal:
        say(asked, via=asked.world.other_channel.id)
    assert refusal.value.code == "unknown_channel"


# -- Windows


@pytest.fixture
def windowed(asked: Line, monkeypatch: pytest.MonkeyPatch) -> Line:
    monkeypatch.setattr(SignedHttp, "window", timedelta(hours=24))
    return asked


def wait(line: Line, hours: float) -> None:
    Message.objects.filter(author_kind="buyer").update(created_at=timezone.now() - timedelta(hours=hours))


def test_free_words_are_taken_until_the_window_closes(windowed: Line) -> None:
    wait(windowed, 23.9)
    assert ways(windowed)[0][1] == "open"
    assert say(windowed).created
    wait(windowed, 24.1)
    assert ways(windowed)[0][1] == "unavailable"
    with pytest.raises(Conflict) as refusal:
        say(windowed)
    assert (refusal.value.status, refusal.value.code) == (409, "window_closed")
    assert Message.objects.filter(author_kind="agent", kind="text").count() == 1


def test_who_never_wrote_there_has_opened_no_window(windowed: Line) -> None:
    other = sibling(windowed, "B")
    with pytest.raises(Conflict) as refusal:
        say(windowed, via=other.id)
    assert refusal.value.code == "window_closed"


def test_a_repeated_message_is_the_one_it_was_though_the_window_has_closed(windowed: Line) -> None:
    draft = Draft(
        actor=Actor.agent(windowed.world.ann),
        client_id="same",
        body="Hi",
        conversation_id=windowed.conversation.id,
    )
    first = post_message(draft)
    wait(windowed, 25)
    again = post_message(draft)
    assert (again.created, again.message.id) == (False, first.message.id)


# -- Over the API


def test_the_api_tells_the_ways_and_takes_one(asked: Line) -> None:
    other = sibling(asked, "B")
    ann, one = Api(asked.world.ann), f"conversations/{asked.conversation.id}/"
    listed = ann.get(one + "channels/").data
    assert [(way["name"], way["state"], way["address"]) for way in listed] == [
        ("App", "open", "buyer-7"),
        ("B", "open", "buyer-7"),
    ]
    answer = ann.post(one + "messages/", {"client_id": "c", "body": "Hi", "via": str(other.id)})
    assert answer.status == 201
    assert [delivery["channel"] for delivery in answer.data["deliveries"]] == [str(other.id)]
    assert Delivery.objects.get().channel == other


def test_a_stranger_learns_of_no_way(asked: Line) -> None:
    zoe, one = Api(asked.world.zoe), f"conversations/{asked.conversation.id}/"
    assert zoe.get(one + "channels/").status == 404
    assert zoe.get(f"{one}channels/{asked.channel.id}/templates/").status == 404


# -- What a channel can carry


def files_sent(line: Line) -> tuple[str, list[str]]:
    outbox.send_due(line.channel.id)
    data = line.provider.done[-1].json
    return data["text"], [file["name"] for file in data["files"]]


def file_of(line: Line, name: str, size: int) -> Attachment:
    agent = f"agent:{line.world.ann.id}"
    return Attachment.objects.create(uploader=agent, name=name, media_type="text/plain", size=size, file=name)


@pytest.mark.parametrize(
    ("takes", "limit", "goes"), [(True, None, True), (True, 10, False), (False, None, False)]
)
def test_a_file_that_a_channel_does_not_take_goes_as_a_link(
    asked: Line, monkeypatch: pytest.MonkeyPatch, takes: bool, limit: int | None, goes: bool
) -> None:
    monkeypatch.setattr(SignedHttp, "takes_files", takes)
    monkeypatch.setattr(SignedHttp, "max_file", limit)
    say(asked, body="See", attachments=(file_of(asked, "size.txt", 11).id,))
    text, files = files_sent(asked)
    assert files == (["size.txt"] if goes else [])
    assert ("/files/signed/" in text) is not goes
    assert text.startswith("See")


def test_a_card_goes_out_in_words_with_its_link(asked: Line) -> None:
    from inbox.access import store_ids_for
    from inbox.cards import send_card
    from inbox.cards_links import message_of

    ann, world = asked.world.ann, asked.world
    world.order.buyer = asked.conversation.buyer
    world.order.save()
    posted = send_card(
        agent=ann,
        stores=store_ids_for(ann),
        conversation_id=asked.conversation.id,
        kind="check_order",
        ref=str(world.order.id),
        client_id="card",
    )
    assert Delivery.objects.get(message=posted.message).to == "buyer-7"
    text, files = files_sent(asked)
    assert text.startswith(posted.message.body)
    assert "100234" in text
    token = text.split("http")[-1].strip().rstrip("/").rsplit("/", 1)[-1]
    assert message_of(token) == posted.message.id
    assert files == []


def test_a_card_goes_by_the_way_that_was_picked(asked: Line) -> None:
    from tests.orders.test_pages import HTMX

    other, world = sibling(asked, "B"), asked.world
    world.order.buyer = asked.conversation.buyer
    world.order.save()
    client = Api(world.ann).client
    one = f"conversations/{asked.conversation.id}/cards/"
    card = {"kind": "order", "ref": str(world.order.id), "client_id": "c1", "via": str(other.id)}
    assert Api(world.ann).post(one, card).status == 201
    path = f"/inbox/{asked.conversation.id}/panel/orders/{world.order.id}/card/"
    given = {"client_id": "c2", "via": str(other.id)}
    assert client.post(path, given, headers=HTMX).status_code == 200
    assert client.post(path, {"client_id": "c3"}, headers=HTMX).status_code == 200
    assert list(Delivery.objects.order_by("id").values_list("channel__name", flat=True)) == ["B", "B", "App"]


def test_who_wrote_by_the_widget_is_answered_there_though_no_browser_of_theirs_is_open(world: World) -> None:
    conversation = buyer_says(world.kim).conversation
    VisitorSession.objects.update(revoked_at=timezone.now())
    [own] = ways_to(Conversation.objects.select_related("channel", "buyer").get(pk=conversation.id))
    assert (own.channel.kind, own.reason, own.state) == ("widget", "", "open")


# -- What the widget has seen


def test_what_the_widget_has_seen_says_nothing_of_another_channel(asked: Line) -> None:
    message = say(asked).message
    mark_by_buyer(conversation_id=asked.conversation.id, received=message.seq, read=message.seq)
    assert Delivery.objects.get().state == "queued"
    outbox.send_due(asked.channel.id)
    assert Delivery.objects.get().state == "sent"
    assert len(asked.provider.done) == 1


def test_a_buyer_of_another_conversation_is_not_reached(asked: Line) -> None:
    other = make_buyer(asked.world.store, name="Other")
    BuyerIdentity.objects.create(store=asked.world.store, buyer=other, kind="phone", value="+1555")
    sibling(asked, "SMS", kind="sms")
    assert [name for name, _, _ in ways(asked)] == ["App"]
