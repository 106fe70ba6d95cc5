"""Notes and flags at an order: whose they are, what the trail keeps, and that no buyer ever sees them."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from events.models import Event
from inbox.access import store_ids_for
from inbox.cards import send_card
from orders import notes
from orders.access import with_order_relations
from orders.announce import order_pushes
from orders.errors import Forbidden, IdempotencyConflict, InvalidParams, NotAllowed, NotFound
from orders.models import Order, OrderNote
from orders.payloads import public_order_data
from orders.sync import upsert_order
from people.models import Agent
from tests.orders.conftest import World, at_once

pytestmark = pytest.mark.django_db

SECRET = "Wants a refund each time"


def add(world: World, text: str = SECRET, *, agent: Agent | None = None, **fields: Any) -> OrderNote:
    return notes.add_note(agent=agent or world.agent, order_id=world.order.id, text=text, **fields)


@pytest.fixture
def login() -> Callable[[Agent], Client]:
    def log_in(agent: Agent) -> Client:
        client = Client()
        client.force_login(agent, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return log_in


def test_an_order_has_several_notes_and_a_colour_makes_a_flag(
    world: World, frames: list[tuple[tuple[str, ...], str]]
) -> None:
    add(world, "  Gift: no invoice  ", color="amber")
    add(world, "Called, no answer", agent=world.colleague)
    assert [(n.text, n.color) for n in world.order.notes.all()] == [
        ("Gift: no invoice", "amber"),
        ("Called, no answer", ""),
    ]
    [first, _second] = Event.objects.filter(name="order.noted").order_by("id")
    assert (first.data["what"], first.data["text"], first.actor_name) == (
        "added",
        "Gift: no invoice",
        "Agent",
    )


def test_a_note_that_was_sent_again_is_the_same_note(world: World) -> None:
    key = uuid4()
    assert add(world, note_id=key).id == add(world, note_id=key).id == key
    assert Event.objects.filter(name="order.noted").count() == 1
    with pytest.raises(IdempotencyConflict):
        add(world, note_id=key, agent=world.colleague)


@pytest.mark.django_db(transaction=True)
def test_a_note_that_is_sent_twenty_times_at_once_is_one(world: World) -> None:
    key = uuid4()
    results = at_once(20, lambda n: add(world, note_id=key))
    assert {getattr(r, "id", r) for r in results} == {key}
    assert OrderNote.objects.count() == 1


def test_who_wrote_a_note_changes_it_and_so_does_a_supervisor(world: World) -> None:
    note = add(world)
    ids = {"order_id": world.order.id, "note_id": note.id}
    with pytest.raises(Forbidden):
        notes.edit_note(agent=world.colleague, text="Nice", **ids)
    with pytest.raises(Forbidden):
        notes.delete_note(agent=world.colleague, **ids)
    notes.edit_note(agent=world.agent, text="Asked for a refund twice", **ids)
    notes.edit_note(agent=world.supervisor, color="red", **ids)
    note.refresh_from_db()
    assert (note.text, note.color, note.agent) == ("Asked for a refund twice", "red", world.agent)
    assert note.edited_at is not None
    notes.delete_note(agent=world.supervisor, **ids)
    assert not OrderNote.objects.exists()


def test_the_trail_keeps_what_a_note_said(world: World, login: Callable[[Agent], Client]) -> None:
    note = add(world, "First words")
    ids = {"agent": world.agent, "order_id": world.order.id, "note_id": note.id}
    notes.edit_note(text="Second words", **ids)
    notes.delete_note(**ids)
    html = login(world.agent).get(f"/orders/{world.order.id}/").content.decode()
    trail = html[html.index('class="trail"') :]
    assert "First words" in trail
    assert "Second words" in trail
    assert "deleted a note" in trail


def test_a_note_that_changes_nothing_is_no_event(world: World) -> None:
    note = add(world)
    notes.edit_note(agent=world.agent, order_id=world.order.id, note_id=note.id, text=SECRET)
    note.refresh_from_db()
    assert note.edited_at is None
    assert Event.objects.filter(name="order.noted").count() == 1


@pytest.mark.parametrize(
    ("text", "color"),
    [
        ("", ""),
        ("   ", ""),
        ("x" * 501, ""),
        ("a\x00b", ""),
        ("\ud800", ""),
        (5, ""),
        ("ok", "plaid"),
        ("ok", None),
    ],
)
def test_a_note_that_is_none_is_refused(world: World, text: Any, color: Any) -> None:
    with pytest.raises(InvalidParams):
        add(world, text, color=color)
    assert not OrderNote.objects.exists()


def test_an_order_has_at_most_fifty(world: World) -> None:
    for n in range(notes.MAX_NOTES):
        OrderNote.objects.create(order=world.order, agent=world.agent, text=str(n))
    with pytest.raises(NotAllowed):
        add(world)


def test_who_does_not_serve_the_store_notes_and_reads_nothing(world: World) -> None:
    note = add(world)
    with pytest.raises(NotFound):
        add(world, agent=world.stranger)
    with pytest.raises(NotFound):
        notes.delete_note(agent=world.stranger, order_id=world.order.id, note_id=note.id)
    with pytest.raises(NotFound):  # a note of another order
        notes.delete_note(agent=world.agent, order_id=world.new_order("2").id, note_id=note.id)


# -- What a buyer gets


@pytest.mark.django_db(transaction=True)
def test_no_buyer_ever_sees_a_note(world: World, frames: list[tuple[tuple[str, ...], str]]) -> None:
    card = send_card(
        agent=world.agent,
        stores=store_ids_for(world.agent),
        conversation_id=world.conversation.id,
        kind="order",
        ref=str(world.order.id),
        client_id="c1",
    ).message
    add(world, color="red")
    upsert_order(store=world.store, payload={"number": "100234", "shipping_fee": 100})
    order = with_order_relations(Order.objects.all()).get()
    to_buyers = [
        push for push in order_pushes(order, [world.conversation.id]) if push.topics[0].startswith("public.")
    ]
    assert to_buyers
    assert SECRET not in json.dumps([push.frame for push in to_buyers])
    assert "notes" not in public_order_data(order)
    card.refresh_from_db()
    assert SECRET not in json.dumps(card.data)
    for listeners, frame in frames:
        if any(name.startswith(("public.", "buyer.", "widgets.")) for name in listeners):
            assert SECRET not in frame
    assert any(SECRET in frame for _listeners, frame in frames)


# -- Pages and API


def test_notes_are_written_beside_the_chat(world: World, login: Callable[[Agent], Client]) -> None:
    client, path = login(world.agent), f"/orders/{world.order.id}/notes/"
    html = client.post(
        path + "add/", {"text": "<b>Gift</b>", "color": "pink", "note": str(uuid4())}
    ).content.decode()
    assert "&lt;b&gt;Gift" in html
    note = OrderNote.objects.get()
    assert "Gift" in client.get(path, {"edit": str(note.id)}).content.decode()
    assert client.post(f"{path}{note.id}/", {"text": "", "color": ""}).status_code == 422
    assert client.post(f"{path}{note.id}/", {"text": "Not a gift", "color": ""}).status_code == 200
    colleague = login(world.colleague)
    refused = colleague.post(f"{path}{note.id}/delete/")
    assert refused.status_code == 422
    assert "supervisor" in refused.content.decode()
    stranger = login(world.stranger)
    assert stranger.get(path).status_code == 404
    assert stranger.post(path + "add/", {"text": "x"}).status_code == 404
    assert client.post(f"{path}{note.id}/delete/").status_code == 200
    assert not OrderNote.objects.exists()


def test_flags_show_in_lists(world: World, login: Callable[[Agent], Client]) -> None:
    add(world, "Fragile", color="red")
    client = login(world.agent)
    for path in ("/orders/", f"/inbox/{world.conversation.id}/panel/orders/"):
        html = client.get(path).content.decode()
        assert 'class="flag" data-color="red" title="Fragile"' in html


def test_notes_over_the_api(world: World, login: Callable[[Agent], Client]) -> None:
    client, path = login(world.agent), f"/api/v1/orders/{world.order.id}/notes/"

    def call(method: str, path: str, body: Any = None) -> Any:
        return getattr(client, method)(path, body, content_type="application/json")

    key = str(uuid4())
    for _ in range(2):
        made = call("post", path, {"id": key, "text": "Gift", "color": "amber"})
        assert (made.status_code, made.json()["id"]) == (201, key)
    assert [note["text"] for note in client.get(path).json()] == ["Gift"]
    assert client.get(f"/api/v1/orders/{world.order.id}/").json()["notes"][0]["color"] == "amber"
    changed = call("patch", f"{path}{key}/", {"color": ""})
    assert (changed.status_code, changed.json()["color"], changed.json()["text"]) == (200, "", "Gift")
    for bad in ({}, {"text": ""}, {"text": 5}, {"text": "x", "color": "plaid"}, {"text": "x", "id": "1"}, []):
        assert call("post", path, bad).status_code == 400
    assert call("delete", f"{path}{key}/").status_code == 204
    assert call("delete", f"{path}{key}/").status_code == 404
    assert login(world.stranger).get(path).status_code == 404
