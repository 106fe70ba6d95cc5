"""Goods that come back are received once, by who may see the order, and the buyer reads it."""

import pytest
from django.test import Client

from events.models import Event
from inbox.models import Message
from orders.errors import NotAllowed, NotFound
from orders.models import OrderReturn, Product
from orders.payloads import order_data
from orders.returns import receive_return
from tests.orders.acting import act, paid_order, run
from tests.orders.conftest import World, at_once

pytestmark = pytest.mark.django_db(transaction=True)


def awaited(world: World, *, restock: bool = True) -> OrderReturn:
    order = paid_order(world, status="delivered")
    params = {"lines": [{"sku": "MUG-1", "quantity": 2}], "goods_back": True, "restock": restock}
    run(act(world, "refund", params, order=order))
    return OrderReturn.objects.get(order=order)


def test_what_has_arrived_is_received_once_and_back_in_stock(world: World) -> None:
    back = awaited(world)
    at_once(5, lambda _: receive_return(agent=world.agent, return_id=back.id))
    back.refresh_from_db()
    assert back.state == "received"
    assert back.received_at is not None
    assert Product.objects.get(sku="MUG-1").stock == 14
    event = Event.objects.get(name="return.received")
    assert (event.order_id, event.actor_id) == (back.order_id, world.agent.id)
    line = Message.objects.get(data__event="return.received")
    assert not line.private
    assert "2 × Mug" in line.body


def test_what_is_not_to_be_restocked_is_not(world: World) -> None:
    receive_return(agent=world.agent, return_id=awaited(world, restock=False).id)
    assert Product.objects.get(sku="MUG-1").stock == 12


def test_a_return_that_was_called_off_is_not_received(world: World) -> None:
    back = awaited(world)
    OrderReturn.objects.update(state="cancelled")
    with pytest.raises(NotAllowed):
        receive_return(agent=world.agent, return_id=back.id)


def test_a_stranger_receives_nothing(world: World) -> None:
    back = awaited(world)
    with pytest.raises(NotFound):
        receive_return(agent=world.stranger, return_id=back.id)
    client = Client()
    client.force_login(world.stranger, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.post(f"/orders/returns/{back.id}/received/").status_code == 404
    path = f"/api/v1/orders/{back.order_id}/returns/{back.id}/received/"
    assert client.post(path).status_code == 404
    back.refresh_from_db()
    assert back.state == "awaited"


def test_by_page_and_by_api(world: World) -> None:
    back = awaited(world)
    client = Client()
    client.force_login(world.agent, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get(f"/orders/{back.order_id}/").content.decode()
    assert "Mark as received" in page
    assert back.label_url.replace("&", "&amp;") in page
    assert "Arrived" in client.post(f"/orders/returns/{back.id}/received/").content.decode()
    answer = client.post(f"/api/v1/orders/{back.order_id}/returns/{back.id}/received/")
    assert (answer.status_code, answer.json()["state"]) == (200, "received")
    [told] = order_data(back.order)["returns"]
    assert told["lines"] == [{"sku": "MUG-1", "name": "Mug", "quantity": 2}]
