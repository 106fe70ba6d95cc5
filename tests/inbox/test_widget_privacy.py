"""What agents say among themselves never reaches a widget: every address of its API is walked."""

from typing import Any

import pytest
from django.core.cache import cache
from django.urls import get_resolver

from inbox import live
from inbox.cards import send_card
from inbox.models import Attachment, Conversation
from inbox.services import assign, resolve, set_priority
from orders.notes import add_note
from tests.conftest import Frames
from tests.factories import World, agent_says, client_id, identity
from tests.inbox.widget import API, Widget

pytestmark = pytest.mark.django_db

SECRET = "between-us-9c1f"


@pytest.fixture
def kim(world: World, pushed: Frames) -> Widget:
    """A verified buyer in whose conversation agents have left notes, a file with a note, and inner events."""
    cache.clear()
    widget = Widget()
    widget.start(identity_token=identity(world.store))
    widget.say("Hello")
    conversation = Conversation.objects.get()
    cid = conversation.id
    agent_says(world.ann, conversation, f"note {SECRET}", private=True)
    agent_says(world.ann, conversation, "Public answer")
    file = Attachment.objects.create(
        uploader=f"agent:{world.ann.id}", name=f"{SECRET}.txt", media_type="text/plain", size=1, file="x"
    )
    agent_says(world.ann, conversation, f"with a file {SECRET}", private=True, attachments=(file.id,))
    assign(agent=world.sue, conversation_id=cid, to_agent=world.bob.id)
    set_priority(agent=world.sue, conversation_id=cid, priority=2)
    send_card(
        agent=world.ann,
        stores=None,
        conversation_id=cid,
        kind="order",
        ref=str(world.order.id),
        client_id=client_id(),
    )
    add_note(agent=world.ann, order_id=world.order.id, text=f"at the order {SECRET}", color="red")
    agent_says(world.bob, conversation, f"@Sue last {SECRET}", private=True)
    resolve(agent=world.ann, conversation_id=cid)
    return widget


def addresses() -> list[str]:
    found = [str(pattern.pattern) for pattern in walk(get_resolver().url_patterns)]
    return sorted(address for address in found if address.startswith(API.lstrip("/")))


def walk(patterns):
    for pattern in patterns:
        yield from walk(pattern.url_patterns) if hasattr(pattern, "url_patterns") else [pattern]


def test_no_address_of_the_api_tells_a_note(world: World, kim: Widget) -> None:
    bodies: dict[str, Any] = {
        "sessions": {"store": "shop", "visitor_token": kim.token},
        "messages": {"client_id": "walk", "body": "Walking"},
        "read": {"read": 99, "received": 99},
        "rating": {"rating": 5},
    }
    found = [address.removeprefix(API.lstrip("/")) for address in addresses()]
    assert {"sessions", "messages", "orders", "attachments", "read"} <= set(found)
    found.remove("logout")
    for address in found:
        queries = ["", "?after=0", "?before=999"] if address == "messages" else [""]
        answers = [kim.get(address + query) for query in queries]
        answers.append(kim.post(address, bodies.get(address)))
        for answer in answers:
            assert answer.status_code < 500, address
            assert SECRET not in answer.content.decode(), address
            assert '"private": true' not in answer.content.decode().replace('":', '": '), address


def test_the_buyer_sees_all_that_is_public_and_only_that(kim: Widget) -> None:
    messages = kim.get("messages?after=0").json()["messages"]
    kinds = [(m["author"]["kind"], m["kind"]) for m in messages]
    assert kinds == [("buyer", "text"), ("agent", "text"), ("agent", "card"), ("agent", "system")]
    assert messages[-1]["event"]["event"] == "conversation.resolved"
    assert not any(message["private"] for message in messages)


def test_neither_do_the_last_seq_the_preview_nor_a_heartbeat_tell_that_there_was_a_note(
    world: World, kim: Widget
) -> None:
    conversation = Conversation.objects.get()
    answer = kim.get("messages?after=0").json()
    assert answer["conversation"]["last_seq"] == answer["messages"][-1]["seq"]
    agent_says(world.ann, conversation, f"one more {SECRET}", private=True)
    assert kim.get("messages?after=0").json() == answer
    assert live.last_seqs({conversation.id}, public=True) == {
        str(conversation.id): answer["conversation"]["last_seq"]
    }


def test_a_file_of_a_note_is_not_given_to_the_buyer(kim: Widget) -> None:
    file = Attachment.objects.get()
    answer = kim.client.get(f"/files/{file.id}/", headers=kim.headers)
    assert answer.status_code == 404


def test_no_frame_that_a_widget_hears_tells_a_note(world: World, kim: Widget, pushed: Frames) -> None:
    prefixes = ("public.", "buyer.", "widgets.")
    heard = [frame for topics, frame in pushed if any(topic.startswith(prefixes) for topic in topics)]
    assert heard
    assert SECRET not in str(heard)
    assert not [frame for frame in heard if frame.get("message", {}).get("private")]
