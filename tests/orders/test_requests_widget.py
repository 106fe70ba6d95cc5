"""Requests of buyers by the widget's API: their own orders, vouched for, once."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.models import BuyerRequest, Order, OrderNote
from people.models import VisitorSession
from tests.factories import identity, make_buyer, make_order
from tests.inbox.widget import Widget, error_of
from tests.orders.conftest import World
from tests.orders.test_requests import ADDRESS, photo

pytestmark = pytest.mark.django_db


@pytest.fixture
def kim(world: World) -> Widget:
    cache.clear()
    Order.objects.update(
        address={"name": "Kim Buyer", "line1": "1 Home Street", "city": "Town", "country": "US"}
    )
    widget = Widget()
    widget.start(identity_token=identity(world.store))
    return widget


def ask(widget: Widget, order: Order, kind: str = "cancel", params: Any = None, **more: Any) -> Any:
    body = {"kind": kind, "params": params or {}, "reason": "Too late", "client_id": "r1"} | more
    return widget.post(f"orders/{order.id}/requests", body)


def test_a_buyer_reads_all_of_their_own_order(world: World, kim: Widget) -> None:
    OrderNote.objects.create(order=world.order, agent=world.agent, text="between-us")
    answer = kim.get(f"orders/{world.order.id}")
    order = answer.json()["order"]
    assert order["address_lines"][:2] == ["Kim Buyer", "1 Home Street"]
    assert order["lines"][0]["quantity"] == 2
    assert order["can"]["cancel"] == {
        "allowed": True,
        "label": "Cancel order",
        "why": "",
        "final": "A cancelled order cannot be opened again.",
    }
    assert order["can"]["refund"]["allowed"] is False
    assert order["can"]["refund"]["why"] == "Nothing has been paid."
    assert not {"change_shipping_fee", "hold_parcel"} & order["can"].keys()
    assert order["requests"] == []
    assert "between-us" not in answer.content.decode()


def test_an_order_costs_as_many_queries_with_many_requests_as_with_one(world: World, kim: Widget) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert kim.get(f"orders/{world.order.id}").status_code == 200
        return len(seen)

    ask(kim, world.order, photos=[str(photo(world.buyer).id)])
    one = queries()
    for n in range(8):
        ask(kim, world.order, client_id=f"more-{n}")
    assert queries() == one


def test_another_buyers_order_is_not_there(world: World, kim: Widget) -> None:
    theirs = make_order(make_buyer(world.store, external_id="666"), "100300")
    assert kim.get(f"orders/{theirs.id}").status_code == 404
    assert error_of(ask(kim, theirs))[0] == 404
    assert not BuyerRequest.objects.exists()


def test_somebody_nobody_vouches_for_is_refused(world: World) -> None:
    visitor = Widget()
    visitor.start()
    assert error_of(visitor.get(f"orders/{world.order.id}")) == (403, "client_error", "not_verified")
    assert ask(visitor, world.order).status_code == 403


def test_what_a_signature_vouched_for_ends_with_it(world: World, kim: Widget) -> None:
    VisitorSession.objects.update(verified_until=timezone.now() - timedelta(seconds=1))
    assert ask(kim, world.order).status_code == 401
    assert kim.get(f"orders/{world.order.id}").status_code == 401
    assert not BuyerRequest.objects.exists()


def test_asking_is_answered_the_same_however_often(world: World, kim: Widget) -> None:
    answers = [ask(kim, world.order) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.json()["request"]["id"] for answer in answers}) == 1
    assert error_of(ask(kim, world.order, reason="Other"))[::2] == (409, "idempotency_conflict")


def test_a_request_shows_on_the_order_with_its_photos_until_it_is_withdrawn(
    world: World, kim: Widget
) -> None:
    picture = photo(world.buyer)
    made = ask(kim, world.order, photos=[str(picture.id)]).json()["request"]
    [shown] = kim.get(f"orders/{world.order.id}").json()["order"]["requests"]
    assert {**shown, "as_of": ""} == {**made, "as_of": ""}
    assert (shown["status"], shown["photos"][0]["url"]) == ("open", f"/files/{picture.id}/")
    assert kim.client.get(shown["photos"][0]["url"], headers=kim.headers).status_code == 200

    for _ in range(2):
        withdrawn = kim.post(f"requests/{made['id']}/withdraw").json()["request"]
        assert withdrawn["status"] == "withdrawn"


def test_a_strangers_request_cannot_be_withdrawn(world: World, kim: Widget) -> None:
    made = ask(kim, world.order).json()["request"]
    make_buyer(world.store, external_id="666")
    eve = Widget()
    eve.start(identity_token=identity(world.store, "666"))
    assert eve.post(f"requests/{made['id']}/withdraw").status_code == 404


def test_an_order_that_left_meanwhile_says_so(world: World, kim: Widget) -> None:
    Order.objects.update(status="shipped")
    answer = ask(kim, world.order)
    assert error_of(answer)[::2] == (409, "not_allowed")
    assert answer.json()["errors"][0]["detail"] == "This order is on its way already."


def test_no_more_is_asked_back_than_was_paid(world: World, kim: Widget) -> None:
    Order.objects.update(status="delivered", paid=5490)
    for amount in (
        5491,
        -1,
        0,
        True,
        "10",
        1.5,
        {"amount": 5491, "currency": "USD"},
        {"amount": 1, "currency": "EUR"},
    ):
        assert ask(kim, world.order, "refund", {"amount": amount}).status_code == 400, amount
    assert ask(kim, world.order, "refund", {"lines": [{"sku": "MUG-1", "quantity": 3}]}).status_code == 400
    assert not BuyerRequest.objects.exists()
    assert ask(kim, world.order, "refund", {"amount": {"amount": 5490, "currency": "USD"}}).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": 7},
        {"params": []},
        {"params": "x"},
        {"photos": "x"},
        {"photos": ["not-an-id"]},
        {"reason": ["x"]},
        {"client_id": 3},
        {"client_id": "a b"},
        {"reason": "x" * 501},
    ],
)
def test_bad_input_is_a_clear_refusal(world: World, kim: Widget, body: dict[str, Any]) -> None:
    given = {"kind": "change_address", "params": {"address": ADDRESS}, "client_id": "r1"} | body
    answer = kim.post(f"orders/{world.order.id}/requests", given if body else {})
    assert answer.status_code == 400
    assert not BuyerRequest.objects.exists()


def test_words_are_in_the_visitors_language(world: World, kim: Widget) -> None:
    VisitorSession.objects.update(language="zh-hans")
    with_status = kim.get(f"orders/{world.order.id}").json()["order"]
    assert with_status["can"]["cancel"]["label"]
    VisitorSession.objects.update(language="en")
    assert kim.get(f"orders/{world.order.id}").json()["order"]["can"]["cancel"]["label"] == "Cancel order"
