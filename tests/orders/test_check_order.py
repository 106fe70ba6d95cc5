"""Check order: what a buyer is asked, what they may answer, and where that shows."""

import json
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from events.models import Event
from inbox.access import store_ids_for
from inbox.cards import send_card
from inbox.cards_answers import answer_card
from inbox.errors import Conflict, Invalid, NotFound
from inbox.models import Conversation, Message
from inbox.services import Blocked, block_buyer, mark_read, resolve, snooze
from orders import running
from orders.cards.checks import checks_of
from orders.models import Order, OrderNote
from orders.sync import upsert_order
from people.models import Agent, Buyer
from tests.orders.conftest import World, after_the_hold, at_once
from tests.orders.test_request import ask

pytestmark = pytest.mark.django_db
WRONG = {"text": "I ordered three mugs"}


def send(
    world: World,
    order: Order | None = None,
    *,
    kind: str = "check_order",
    agent: Agent | None = None,
    **more: str,
) -> Message:
    agent = agent or world.agent
    order = order or world.order
    given = {"ref": str(order.id), "client_id": f"check-{order.number}"} | more
    posted = send_card(
        agent=agent,
        stores=store_ids_for(agent),
        conversation_id=world.conversation.id,
        kind=kind,
        **given,
    )
    return posted.message


def answer(
    world: World, card: Message, choice: str = "yes", data: Any = None, buyer: Buyer | None = None
) -> dict:
    buyer = buyer or world.buyer
    return (
        answer_card(
            buyer_id=buyer.id, message_id=card.id, choice=choice, data={} if data is None else data
        ).data
        or {}
    )


def state(world: World) -> str:
    return checks_of([Order.objects.get(pk=world.order.id)])[world.order.id]["check_order"].state


def test_the_card_shows_lines_and_totals_and_no_secret_of_the_desk(world: World) -> None:
    OrderNote.objects.create(order=world.order, agent=world.agent, text="A difficult one")
    card = send(world).data or {}

    assert card["order"]["items"][0]["quantity"] == 2
    assert card["order"]["total"] == {"amount": 5490, "currency": "USD"}
    assert [choice["label"] for choice in card["choices"]] == ["All correct", "Something is wrong"]
    assert "2 × Mug  $48.00" in card["words"]
    assert "Total: $54.90" in card["words"]
    told = json.dumps(card)
    assert not any(word in told for word in ("difficult", "Secret", world.agent.name, "version"))


def test_only_the_buyer_of_the_order_is_asked(world: World) -> None:
    theirs = world.new_order("100300", buyer=Buyer.objects.create(store=world.store, external_id="666"))
    for order in (theirs, world.order):
        with pytest.raises(NotFound):
            send(world, order, agent=world.agent if order is theirs else world.stranger)


def test_all_correct_is_kept_with_the_order_and_nobody_waits(world: World) -> None:
    card = send(world)
    assert state(world) == "waiting"

    kept = answer(world, card)["answer"]

    assert (kept["choice"], kept["label"], kept["by"]) == ("yes", "All correct", "Ada Buyer")
    assert state(world) == "confirmed"
    event = Event.objects.get(name="order.checked")
    assert (event.order_id, event.actor_kind, event.data["choice"]) == (world.order.id, "buyer", "yes")
    world.conversation.refresh_from_db()
    assert world.conversation.waiting_since is None
    assert world.conversation.inbound_count == 1
    assert world.conversation.preview == "All correct"
    line = Message.objects.get(kind="system", data__event="card.answered")
    assert line.private
    assert line.body == "Ada Buyer confirmed order 100234"


def test_something_is_wrong_needs_words_and_lets_the_buyer_wait_for_an_agent(world: World) -> None:
    card = send(world)
    for data in (
        {},
        {"text": "  "},
        {"text": 5},
        {"text": "x" * 1001},
        {"txt": "x"},
        "text",
        {"text": "\ud800"},
    ):
        with pytest.raises(Invalid):
            answer(world, card, "wrong", data)
    assert not Event.objects.filter(name="order.checked").exists()

    answer(world, card, "wrong", WRONG)

    world.conversation.refresh_from_db()
    assert world.conversation.waiting_since
    assert world.conversation.preview == "Something is wrong: I ordered three mugs"
    assert state(world) == "wrong"
    assert checks_of([world.order])[world.order.id]["check_order"].text == WRONG["text"]


def test_the_same_answer_again_is_the_same_answer(world: World) -> None:
    card = send(world)
    first = answer(world, card, "wrong", WRONG)
    assert answer(world, card, "wrong", {"text": " I ordered three mugs "}) == first
    assert Event.objects.filter(name="order.checked").count() == 1
    assert Message.objects.filter(kind="system").exclude(data__event="conversation.assigned").count() == 1


def test_an_answer_can_be_another_until_the_parcel_has_left(world: World) -> None:
    card = send(world)
    answer(world, card)
    answer(world, card, "wrong", WRONG)
    assert state(world) == "wrong"

    Order.objects.update(status="shipped", paid=5490)
    with pytest.raises(Conflict) as refused:
        answer(world, card)
    assert refused.value.code == "answered"
    assert state(world) == "wrong"


def test_what_has_left_is_asked_about_no_more(world: World) -> None:
    card = send(world)
    upsert_order(
        store=world.store,
        payload={
            "number": "100234", "status": "shipped", "paid": 5490, "updated_at": timezone.now().isoformat()
        },
    )  # fmt: skip
    card.refresh_from_db()
    assert (card.data or {})["closed"]
    with pytest.raises(Conflict) as refused:
        answer(world, card)
    assert refused.value.code == "closed"
    with pytest.raises(Conflict):
        send(world, client_id="once-more")


def test_somebody_elses_card_and_what_is_none_are_not_there(world: World) -> None:
    card, eve = send(world), Buyer.objects.create(store=world.store, external_id="666")
    note = Message.objects.create(
        conversation=world.conversation, seq=99, client_id="n", author_kind="agent", author_name="A",
        channel_kind="widget", private=True, kind="card", data=card.data,
    )  # fmt: skip
    tries: list[tuple[Buyer, Any, str]] = [
        (eve, card.id, "yes"),
        (world.buyer, uuid4(), "yes"),
        (world.buyer, note.id, "yes"),
        (world.buyer, card.id, "maybe"),
    ]
    for buyer, message_id, choice in tries:
        with pytest.raises(NotFound):
            answer_card(buyer_id=buyer.id, message_id=message_id, choice=choice, data={})
    assert state(world) == "waiting"


def test_a_confirmed_order_that_changes_is_confirmed_no_more(world: World) -> None:
    answer(world, send(world))
    Order.objects.update(shipping_fee=100)
    assert state(world) == "changed"


@pytest.mark.django_db(transaction=True)
def test_a_card_follows_its_order(world: World) -> None:
    card = send(world)
    action = ask(world)
    running.run_action(action.id, now=after_the_hold(action))
    card.refresh_from_db()
    assert (card.data or {})["order"]["shipping_fee"]["amount"] == 0
    assert "Total: $48.00" in (card.data or {})["words"]


def test_a_complaint_opens_what_was_resolved_and_a_confirmation_does_not(world: World) -> None:
    card = send(world)
    resolve(agent=world.agent, conversation_id=world.conversation.id)
    answer(world, card)
    world.conversation.refresh_from_db()
    assert world.conversation.status == "resolved"
    answer(world, card, "wrong", WRONG)
    world.conversation.refresh_from_db()
    assert world.conversation.status == "open"


def test_an_answer_ends_a_snooze(world: World) -> None:
    card = send(world)
    until = timezone.now() + timedelta(days=1)
    snooze(agent=world.agent, conversation_id=world.conversation.id, until=until)
    answer(world, card)
    world.conversation.refresh_from_db()
    assert world.conversation.status == "open"


def test_agents_hear_of_it_where_the_buyer_goes_on(world: World) -> None:
    card = send(world)
    resolve(agent=world.agent, conversation_id=world.conversation.id)
    live = Conversation.objects.create(
        store=world.store, buyer=world.buyer, channel=world.conversation.channel
    )
    answer(world, card, "wrong", WRONG)
    live.refresh_from_db()
    assert live.waiting_since
    assert Message.objects.get(data__event="card.answered").conversation_id == live.id


def test_a_blocked_buyer_answers_nothing(world: World) -> None:
    card = send(world)
    block_buyer(agent=world.supervisor, buyer_id=world.buyer.id, reason="spam")
    with pytest.raises(Blocked):
        answer(world, card)


def test_each_side_hears_only_what_is_theirs(world: World, pushed: Any) -> None:
    card = send(world)
    pushed.clear()
    answer(world, card, "wrong", WRONG)
    buyers = [frame["type"] for frame in pushed.to(f"public.{world.conversation.id}")]
    agents = [frame["type"] for frame in pushed.to(f"conversation.{world.conversation.id}")]
    assert sorted(set(buyers)) == ["card.updated", "order.updated"]
    assert {"card.updated", "message.created", "order.updated"} <= set(agents)
    [updated] = pushed.of("card.updated")
    assert updated["message"] == str(card.id)
    assert updated["card"]["answer"]["words"] == WRONG["text"]
    [summary] = [f for f in pushed.to(f"store.{world.store.id}") if f["type"] == "conversation.updated"]
    assert (summary["cause"], summary["author_kind"]) == ("card.answered", "buyer")


@pytest.mark.django_db(transaction=True)
def test_of_two_answers_at_once_each_is_kept_once(world: World) -> None:
    card = send(world)

    def click(index: int) -> Any:
        return answer(world, card, *(("yes", {}) if index % 2 else ("wrong", WRONG)))

    results = at_once(6, click)
    assert not [r for r in results if isinstance(r, Exception) and not isinstance(r, OperationalError)]
    card.refresh_from_db()
    lines = Message.objects.filter(data__event="card.answered").order_by("seq")
    last = list(lines)[-1].data or {}
    assert (card.data or {})["answer"]["choice"] == last["choice"]
    assert Event.objects.filter(name="order.checked").count() == lines.count()
    choices = [(line.data or {})["choice"] for line in lines]
    assert all(one != other for one, other in pairwise(choices))


def test_many_orders_cost_one_query(world: World, django_assert_num_queries: Any) -> None:
    orders = [world.order, *(world.new_order(f"1003{n:02}") for n in range(5))]
    for order in orders:
        send(world, order)
    orders = list(Order.objects.prefetch_related("lines", "shipments"))
    with django_assert_num_queries(1):
        assert {found["check_order"].state for found in checks_of(orders).values()} == {"waiting"}


# -- The panel


def click(world: World, slug: str, agent: Agent | None = None, **form: str) -> Any:
    client = Client()
    client.force_login(agent or world.agent, backend="allauth.account.auth_backends.AuthenticationBackend")
    path = f"/inbox/{world.conversation.id}/panel/orders/{world.order.id}/check/{slug}/"
    return client.post(path, {"client_id": "click-1"} | form)


def test_one_click_asks_and_a_double_click_asks_once(world: World) -> None:
    for _ in range(2):
        shown = click(world, "order").content.decode()
        assert "Waiting for an answer" in shown
    card = Message.objects.get(kind="card")
    answer(world, card, "wrong", WRONG)
    shown = click(world, "address", client_id="click-2").content.decode()
    assert "Something is wrong" in shown
    assert WRONG["text"] in shown


def test_who_does_not_serve_the_store_asks_nobody(world: World) -> None:
    assert click(world, "order", world.stranger).status_code == 404
    assert click(world, "weather").status_code == 404
    theirs = world.new_order("100300", buyer=Buyer.objects.create(store=world.store, external_id="666"))
    world.order = theirs
    assert click(world, "order").status_code == 404
    assert not Message.objects.exists()


def test_what_is_refused_is_said_in_the_panel(world: World) -> None:
    Order.objects.update(address={})
    refused = click(world, "address")
    assert refused.status_code == 422
    assert "This order has no address." in refused.content.decode()


def test_the_panel_and_the_page_show_what_the_buyer_said(world: World) -> None:
    answer(world, send(world), "wrong", WRONG)
    client = Client()
    client.force_login(world.agent, backend="allauth.account.auth_backends.AuthenticationBackend")
    for path in (f"/inbox/{world.conversation.id}/panel/orders/", f"/orders/{world.order.id}/"):
        shown = client.get(path).content.decode()
        assert "Something is wrong" in shown
        assert WRONG["text"] in shown
    assert "says that something is wrong with the order" in shown


def test_the_api_tells_what_the_buyer_said(world: World) -> None:
    answer(world, send(world), "wrong", WRONG)
    client = Client()
    client.force_login(world.agent, backend="allauth.account.auth_backends.AuthenticationBackend")
    checks = client.get(f"/api/v1/orders/{world.order.id}/").json()["checks"]
    assert checks["check_address"]["state"] == "none"
    assert (checks["check_order"]["state"], checks["check_order"]["text"]) == ("wrong", WRONG["text"])


def test_an_answer_is_unread_until_its_line_is_read(world: World) -> None:
    card = send(world)
    answer(world, card)
    answer(world, card, "wrong", WRONG)
    *_, first, last = Message.objects.filter(data__event="card.answered").order_by("seq")
    seen = [
        mark_read(agent=world.colleague, conversation_id=world.conversation.id, seq=seq).inbound_seen
        for seq in (card.seq, first.seq, last.seq)
    ]
    world.conversation.refresh_from_db()
    assert (seen, world.conversation.inbound_count) == ([0, 1, 2], 2)
