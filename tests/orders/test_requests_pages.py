"""Requests of buyers on pages: the list of all, the block at the order, the rules in settings."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from orders.models import BuyerRequest, OrderAction, RequestRule
from people.models import Agent
from tests import factories
from tests.orders.conftest import World
from tests.orders.test_requests import ask, photo

pytestmark = pytest.mark.django_db

PAGE = "/orders/requests/"


def at(agent: Agent) -> Client:
    client = Client()
    client.cookies["sessionid"] = factories.log_in(agent)
    return client


def test_the_page_lists_open_requests_of_ones_own_stores(world: World) -> None:
    ask(world, reason="<script>alert(1)</script>", photos=[photo(world.buyer).id])
    page = at(world.agent).get(PAGE).content.decode()
    assert "100234" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page
    assert "100234" not in at(world.stranger).get(PAGE).content.decode()
    assert "100234" not in at(world.agent).get(f"{PAGE}?state=declined").content.decode()
    assert "100234" not in at(world.agent).get(f"{PAGE}?kind=refund&store=shop").content.decode()
    assert at(world.agent).get(f"{PAGE}?cursor=nonsense").status_code == 404
    assert at(world.agent).get(f"{PAGE}?state=nonsense").status_code == 200


def test_a_long_page_costs_as_many_queries_as_a_short_one(world: World) -> None:
    client = at(world.agent)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(PAGE).status_code == 200
        return len(seen)

    ask(world)
    queries()  # the first one also begins the log-in
    one = queries()
    for n in range(5):
        ask(world, order=world.new_order(f"2{n}"), key=f"more-{n}")
    assert queries() == one


def test_a_row_is_accepted_and_declined_in_place(world: World) -> None:
    first, second = ask(world), ask(world, order=world.new_order("7"), key="r2")
    client = at(world.agent)
    answer = client.post(f"{PAGE}{first.id}/accept/", {"key": "k1"})
    assert (answer.status_code, "Accepted by Agent" in answer.content.decode()) == (200, True)
    assert OrderAction.objects.get().request_id == first.id

    refused = client.post(f"{PAGE}{second.id}/decline/", {"answer": ""})
    assert (refused.status_code, "Tell the buyer why." in refused.content.decode()) == (422, True)
    assert client.post(f"{PAGE}{second.id}/decline/", {"answer": "No"}).status_code == 200
    second.refresh_from_db()
    assert second.state == "declined"
    assert at(world.stranger).post(f"{PAGE}{second.id}/accept/", {"key": "k1"}).status_code == 404


def test_at_the_order_it_is_a_block_of_its_own(world: World) -> None:
    request = ask(world)
    client = at(world.agent)
    page = client.get(f"/orders/{world.order.id}/").content.decode()
    assert "The buyer asks: Cancel order" in page
    answer = client.post(f"{PAGE}{request.id}/accept/", {"key": "k1", "place": "order"})
    assert f'id="act-{world.order.id}"' in answer.content.decode()
    assert "The buyer asks" not in answer.content.decode()
    trail = client.get(f"/orders/{world.order.id}/").content.decode()
    assert "the buyer asks for it" in trail
    assert "accepted the request" in trail


@pytest.mark.parametrize("name", ["supervisor", "admin"])
def test_supervisors_and_admins_set_rules(world: World, name: str) -> None:
    client = at(getattr(world, name))
    assert client.get("/settings/request-rules/").status_code == 200
    address = f"/settings/request-rules/{world.store.id}/refund/"
    saved: dict[str, Any] = {"active": "on", "up_to": "12.50", "within_hours": "48"}
    assert client.post(address, saved | {"up_to": "12.505"}).status_code == 422
    assert client.post(address, saved | {"up_to": "-1"}).status_code == 422
    assert not RequestRule.objects.exists()
    assert client.post(address, saved).status_code == 200
    rule = RequestRule.objects.get()
    assert (rule.kind, rule.up_to, rule.within_hours, rule.active) == ("refund", 1250, 48, True)
    assert "up to $12.50" in client.get("/settings/request-rules/").content.decode()


def test_for_others_there_are_no_rules(world: World) -> None:
    address = f"/settings/request-rules/{world.store.id}/refund/"
    assert at(world.agent).get("/settings/request-rules/").status_code == 404
    assert at(world.agent).post(address, {"up_to": "1"}).status_code == 404
    world.stranger.role = "supervisor"
    world.stranger.save()
    assert at(world.stranger).post(address, {"up_to": "1"}).status_code == 404
    assert at(world.admin).get(address.replace("refund", "change_shipping_fee")).status_code == 404
    assert not RequestRule.objects.exists()
    assert not BuyerRequest.objects.exists()
