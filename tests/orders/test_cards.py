"""The order card."""

import json
from uuid import uuid4

import pytest

from inbox.access import store_ids_for
from inbox.cards import send_card
from inbox.errors import NotFound
from inbox.models import Message
from inbox.services import Posted
from orders import running
from orders.models import Order
from people.models import Agent, Buyer
from tests.orders.conftest import World, after_the_hold
from tests.orders.test_request import ask

pytestmark = pytest.mark.django_db


def send(world: World, ref: object, agent: Agent | None = None) -> Posted:
    agent = agent or world.agent
    return send_card(
        agent=agent,
        stores=store_ids_for(agent),
        conversation_id=world.conversation.id,
        kind="order",
        ref=str(ref),
        client_id=f"card-{ref}",
    )


def test_an_order_card_shows_the_order_as_its_buyer_may_see_it(world: World) -> None:
    Order.objects.update(buyer_note="Leave it at the door", address={"line1": "1 Secret Street"})
    posted = send(world, world.order.id)
    card = posted.payload["card"]
    assert card["kind"] == "order"
    assert card["title"] == "Order 100234"
    assert card["order"]["shipping_fee"] == {"amount": 690, "currency": "USD"}
    assert card["order"]["items"] == [
        {"name": "Mug", "variant": "", "quantity": 2, "total": {"amount": 4800, "currency": "USD"}}
    ]
    assert posted.payload["body"] == "Order 100234: 2 × Mug"
    assert not any(
        word in json.dumps(posted.payload) for word in ("Secret", "door", "Ada", "version", "pending")
    )


def test_sent_twice_under_one_id_it_is_one_card(world: World) -> None:
    assert send(world, world.order.id).message.id == send(world, world.order.id).message.id


def test_its_title_speaks_the_buyers_language(world: World) -> None:
    Buyer.objects.update(language="zh-hans")
    assert send(world, world.order.id).payload["card"]["title"]


def test_only_the_buyer_of_an_order_is_sent_it(world: World) -> None:
    eve = Buyer.objects.create(store=world.store, external_id="666")
    theirs = world.new_order("100300", buyer=eve)
    for ref in (theirs.id, uuid4(), "100234", "", "' OR 1=1"):
        with pytest.raises(NotFound):
            send(world, ref)
    with pytest.raises(NotFound):
        send(world, world.order.id, world.stranger)
    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_card_that_is_read_later_shows_the_fee_of_then(world: World) -> None:
    card = send(world, world.order.id).message
    action = ask(world)
    running.run_action(action.id, now=after_the_hold(action))
    card.refresh_from_db()
    data = card.data or {}
    assert data["order"]["shipping_fee"] == {"amount": 0, "currency": "USD"}
    assert data["title"] == "Order 100234"
