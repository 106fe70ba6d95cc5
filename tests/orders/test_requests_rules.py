"""Rules by which a store says yes by itself: exactly as far as they go."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from events.models import Event
from orders import requests, running
from orders.errors import Forbidden, InvalidParams, NotFound
from orders.models import BuyerRequest, Order, OrderAction, RequestRule
from orders.requests_rules import save_rule
from people.models import Agent
from tests.orders.conftest import World, at_once, new_store
from tests.orders.test_requests import ask, card_of

pytestmark = pytest.mark.django_db


def rule(world: World, kind: str = "refund", up_to: int = 1000, **more: Any) -> RequestRule:
    return RequestRule.objects.create(store=world.store, kind=kind, up_to=up_to, **more)


def refund(world: World, amount: int, key: str = "r1") -> BuyerRequest:
    Order.objects.filter(status="unpaid").update(status="delivered", paid=5490)
    return ask(world, "refund", {"amount": amount}, key=key)


@pytest.mark.django_db(transaction=True)
def test_the_stores_rule_says_yes_at_once_and_is_named_for_it(world: World) -> None:
    rule(world)
    request = refund(world, 1000)
    action = OrderAction.objects.get()
    assert (request.state, request.decided_by) == ("accepted", None)
    assert (action.state, action.agent, action.request_id) == ("held", None, request.id)
    assert action.run_at <= timezone.now()
    running.run_action(action.id)
    assert card_of(request)["request"]["status"] == "done"
    world.order.refresh_from_db()
    assert world.order.refunded == 1000
    accepted = Event.objects.get(name="order.request.accepted")
    assert accepted.actor_kind == "system"


def test_above_its_amount_an_agent_decides(world: World) -> None:
    rule(world)
    assert refund(world, 1001).state == "open"
    assert not OrderAction.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_small_ones_do_not_add_up_to_more(world: World) -> None:
    rule(world)
    for n, (amount, state) in enumerate([(600, "accepted"), (500, "open"), (400, "accepted"), (1, "open")]):
        assert refund(world, amount, f"r{n}").state == state, amount
        for action in OrderAction.objects.filter(state="held"):
            running.run_action(action.id)


def test_only_within_its_hours(world: World) -> None:
    rule(world, within_hours=24)
    Order.objects.update(placed_at=timezone.now() - timedelta(hours=24, seconds=5))
    assert refund(world, 10).state == "open"
    Order.objects.update(placed_at=timezone.now() - timedelta(hours=23))
    assert refund(world, 10, "r2").state == "accepted"


def test_not_when_it_is_off_or_for_another_kind_store_or_currency(world: World) -> None:
    rule(world, active=False)
    rule(world, "cancel", 10_000)
    RequestRule.objects.create(store=new_store("third"), kind="refund", up_to=10_000)
    assert refund(world, 10).state == "open"
    RequestRule.objects.filter(kind="refund").update(active=True)
    Order.objects.update(currency="EUR")
    assert refund(world, 10, "r2").state == "open"


def test_what_costs_nothing_is_covered_by_a_rule_of_nothing(world: World) -> None:
    rule(world, "cancel", 0)
    assert ask(world).state == "accepted"


def test_where_a_change_is_under_way_an_agent_sees_to_it(world: World) -> None:
    rule(world, "cancel", 0)
    requests.accept(agent=world.agent, request_id=ask(world, "change_address").id, idempotency_key="k")
    request = ask(world, key="r2")
    assert request.state == "open"
    assert card_of(request)["request"]["status"] == "open"


@pytest.mark.django_db(transaction=True)
def test_what_the_store_refuses_is_left_to_an_agent(world: World) -> None:
    rule(world, "cancel", 0)
    request = ask(world)
    shop = world.shop_order()
    shop.dispatched = True
    shop.save()
    running.run_action(OrderAction.objects.get().id)
    request.refresh_from_db()
    assert request.state == "open"


@pytest.mark.django_db(transaction=True)
def test_many_at_once_never_get_more_than_it_allows(world: World) -> None:
    rule(world)
    Order.objects.update(status="delivered", paid=5490)
    at_once(8, lambda n: ask(world, "refund", {"amount": 900}, key=f"r{n}").state)
    assert OrderAction.objects.filter(kind="refund").count() == 1


# -- Setting them


def set_rule(world: World, agent: Agent | None = None, **more: Any) -> RequestRule:
    given = {"kind": "refund", "up_to": 1000, "within_hours": 24, "active": True, "store_id": world.store.id}
    return save_rule(agent=agent or world.supervisor, **(given | more))


def test_a_supervisor_sets_a_rule_of_their_store_and_it_is_written_down(world: World) -> None:
    saved = set_rule(world)
    set_rule(world)
    assert set_rule(world, up_to=2000, within_hours=None).id == saved.id
    first, second = Event.objects.filter(name="rule.changed").order_by("id")
    assert (first.data["before"], first.actor_id) == (None, world.supervisor.id)
    assert second.data["after"] == {
        "active": True,
        "up_to": {"amount": 2000, "currency": "USD"},
        "within_hours": None,
    }


def test_who_may_not_set_a_rule_does_not(world: World) -> None:
    with pytest.raises(Forbidden):
        set_rule(world, world.agent)
    other = new_store("third")
    with pytest.raises(NotFound):
        set_rule(world, store_id=other.id)
    assert set_rule(world, world.admin, store_id=other.id).up_to == 1000


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "change_shipping_fee"},
        {"kind": ""},
        {"up_to": -1},
        {"up_to": 1.5},
        {"up_to": True},
        {"within_hours": 0},
        {"within_hours": 100_000},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(world: World, given: dict[str, Any]) -> None:
    with pytest.raises(InvalidParams):
        set_rule(world, **given)
    assert not RequestRule.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_saved_at_once_it_is_one_rule(world: World) -> None:
    results = at_once(6, lambda n: set_rule(world, up_to=n).kind)
    assert set(results) == {"refund"}, results
    assert RequestRule.objects.count() == 1
