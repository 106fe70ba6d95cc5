"""Asking for a change of an order."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError

from events.models import Event
from inbox.models import Message
from orders import services
from orders.errors import (
    ActionUnderWay,
    Forbidden,
    IdempotencyConflict,
    InvalidParams,
    NotAllowed,
    NotFound,
    TooLate,
)
from orders.models import Connection, Order, OrderAction
from people.models import Agent
from tests.orders.conftest import World, at_once

pytestmark = pytest.mark.django_db


def ask(
    world: World, fee: Any = 0, *, key: str = "k1", agent: Agent | None = None, **fields: Any
) -> OrderAction:
    return services.request_action(
        **{
            "agent": agent or world.agent,
            "order_id": world.order.id,
            "kind": "change_shipping_fee",
            "params": {"shipping_fee": fee},
            "conversation_id": world.conversation.id,
            "idempotency_key": key,
            **fields,
        }
    )


def limits_of(**by_role: dict[str, int]) -> dict[str, dict[str, dict[str, int]]]:
    return {role: {"change_shipping_fee": limits} for role, limits in by_role.items()}


def test_a_request_is_written_down_before_the_store_hears_of_it(world: World) -> None:
    action = ask(world, 100, reason="Late parcel")
    assert action.state == "held"
    assert action.before == {"shipping_fee": 690, "total": 5490, "currency": "USD"}
    assert action.after == {"shipping_fee": 100, "total": 4900, "currency": "USD"}
    assert world.shop_order().shipping_fee == 690
    world.order.refresh_from_db()
    assert (world.order.shipping_fee, world.order.version) == (690, 1)


def test_the_event_says_who_what_before_and_after(world: World) -> None:
    action = ask(world, 100, reason="Late parcel")
    event = Event.objects.get(name="order.action.requested")
    assert (event.actor_kind, event.actor_id, event.actor_name) == ("agent", world.agent.id, "Agent")
    assert (event.order_id, event.store_id, event.conversation_id) == (
        world.order.id,
        world.store.id,
        world.conversation.id,
    )
    assert event.data["before"]["shipping_fee"] == {"amount": 690, "currency": "USD"}
    assert event.data["after"]["shipping_fee"] == {"amount": 100, "currency": "USD"}
    assert event.data["reason"] == "Late parcel"
    assert event.data["action"] == str(action.id)


def test_events_are_never_changed_or_deleted(world: World) -> None:
    ask(world)
    event = Event.objects.get(name="order.action.requested")
    event.actor_name = "Somebody else"
    with pytest.raises(TypeError):
        event.save()
    with pytest.raises(TypeError):
        event.delete()


def test_agents_read_of_a_request_in_the_timeline_and_the_buyer_does_not(world: World) -> None:
    ask(world, reason="A secret reason")
    line = Message.objects.get(conversation=world.conversation, kind="system")
    assert line.private
    data = line.data or {}
    assert (data["event"], data["order"]) == ("order.action.requested", "100234")
    assert "secret" not in json.dumps(line.data)


@pytest.mark.django_db(transaction=True)
def test_screens_hear_of_a_request_and_the_buyer_does_not(world: World, frames: list[Any]) -> None:
    ask(world)
    types = [(topics, json.loads(frame)["type"]) for topics, frame, *_ in frames]
    to = (f"store.{world.store.id}", f"conversation.{world.conversation.id}")
    assert (to, "order.action") in types
    assert not any(topic.startswith(("public.", "buyer.")) for topics, _ in types for topic in topics)


@pytest.mark.django_db(transaction=True)
def test_the_same_key_twenty_times_at_once_is_one_action(world: World) -> None:
    results = at_once(20, lambda _: ask(world))
    assert {getattr(r, "id", r) for r in results} == {OrderAction.objects.get().id}
    assert Event.objects.filter(name="order.action.requested").count() == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_different_requests_at_once_are_one_action_and_nineteen_refusals(world: World) -> None:
    results = at_once(20, lambda n: ask(world, n, key=f"k{n}"))
    assert sorted(type(r).__name__ for r in results) == ["ActionUnderWay"] * 19 + ["OrderAction"]


@pytest.mark.django_db(transaction=True)
def test_one_key_for_two_orders_at_once_is_one_action_and_one_conflict(world: World) -> None:
    other = world.new_order("100235")
    orders = [world.order, other]
    results = at_once(2, lambda n: ask(world, order_id=orders[n].id))
    assert sorted(type(r).__name__ for r in results) == ["IdempotencyConflict", "OrderAction"]


def test_the_same_key_with_another_body_is_a_conflict(world: World) -> None:
    ask(world, 100)
    changes: list[dict[str, Any]] = [
        {"params": {"shipping_fee": 101}},
        {"reason": "Other"},
        {"conversation_id": None},
        {"order_id": world.new_order("100235").id},
    ]
    for change in changes:
        with pytest.raises(IdempotencyConflict):
            ask(world, **{"params": {"shipping_fee": 100}, **change})
    assert OrderAction.objects.count() == 1


def test_the_same_key_of_another_agent_is_another_request(world: World) -> None:
    ask(world, 100)
    with pytest.raises(ActionUnderWay):
        ask(world, 100, agent=world.colleague)


def test_a_repeated_request_is_answered_after_the_order_was_paid(world: World) -> None:
    action = ask(world)
    Order.objects.update(status="paid")
    assert ask(world) == action


def test_an_order_has_one_action_under_way(world: World) -> None:
    ask(world, 100)
    with pytest.raises(ActionUnderWay):
        ask(world, 200, key="k2")


def test_the_database_itself_allows_one_action_under_way(world: World) -> None:
    action = ask(world)
    action.pk, action.idempotency_key = uuid4(), "k2"
    with pytest.raises(IntegrityError):
        action.save(force_insert=True)


@pytest.mark.parametrize(
    "fee",
    [
        -1,
        1.0,
        0.1,
        float("nan"),
        float("inf"),
        True,
        False,
        None,
        "0",
        "",
        [],
        {},
        10**30,
        1_000_001,
        {"amount": 0},
        {"amount": 0, "currency": "EUR"},
        {"amount": 0, "currency": None},
        {"amount": 0.0, "currency": "USD"},
        {"amount": True, "currency": "USD"},
        {"amount": 0, "currency": "USD", "more": 1},
    ],
)
def test_an_amount_that_is_not_exactly_right_is_refused(world: World, fee: Any) -> None:
    with pytest.raises(InvalidParams) as refusal:
        ask(world, fee)
    assert refusal.value.attr == "shipping_fee"
    assert not OrderAction.objects.exists()


@pytest.mark.parametrize("params", [None, [], "x", 5, {}, {"shipping_fee": 0, "status": "paid"}, {"fee": 0}])
def test_params_that_are_not_exactly_right_are_refused(world: World, params: Any) -> None:
    with pytest.raises(InvalidParams):
        ask(world, params=params)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "give_everything_away"),
        ("reason", "x" * 201),
        ("reason", None),
        ("idempotency_key", ""),
        ("idempotency_key", "x" * 65),
        ("idempotency_key", "a b"),
        ("idempotency_key", "é"),
        ("idempotency_key", None),
        ("conversation_id", uuid4()),
    ],
)
def test_whatever_else_is_not_right_is_refused(world: World, field: str, value: Any) -> None:
    with pytest.raises(InvalidParams):
        ask(world, **{field: value})
    assert not OrderAction.objects.exists()


def test_money_with_its_currency_is_taken_too(world: World) -> None:
    assert ask(world, {"amount": 0, "currency": "USD"}).params == {"shipping_fee": 0}


def test_the_fee_it_has_already_is_refused(world: World) -> None:
    with pytest.raises(InvalidParams):
        ask(world, 690)


def test_a_limit_holds_for_each_role(world: World, settings: Any) -> None:
    settings.ORDER_LIMITS = limits_of(agent={"per_order": 500}, supervisor={"per_order": 600}, admin={})
    for number, (agent, lowest) in enumerate([(world.agent, 190), (world.supervisor, 90), (world.admin, 0)]):
        order = world.new_order(f"20000{number}")
        if lowest:
            above = ask(world, lowest - 1, key=f"a{number}", reason="Late", agent=agent, order_id=order.id)
            assert (above.state, above.over) == ("waiting", ["order"])
            services.take_back(agent=agent, action_id=above.id)
        assert ask(world, lowest, agent=agent, order_id=order.id).state == "held"


def test_a_role_without_a_limit_in_the_settings_may_lower_nothing(world: World, settings: Any) -> None:
    settings.ORDER_LIMITS = {}
    assert ask(world, 689, reason="Late").state == "waiting"


def test_many_small_steps_do_not_get_past_the_limit(world: World, settings: Any) -> None:
    settings.ORDER_LIMITS = limits_of(agent={"per_order": 500})
    action = ask(world, 390)
    OrderAction.objects.filter(pk=action.pk).update(state="done")
    Order.objects.update(shipping_fee=390)
    above = ask(world, 189, key="k2", reason="Late")
    assert above.state == "waiting"
    services.take_back(agent=world.agent, action_id=above.id)
    assert ask(world, 190, key="k3").state == "held"


def test_a_raise_has_no_limit_but_sense(world: World, settings: Any) -> None:
    settings.ORDER_LIMITS = limits_of(agent={"per_order": 0})
    assert ask(world, 990).after["total"] == 5790


@pytest.mark.parametrize("status", ["paid", "shipped", "delivered", "completed", "cancelled"])
def test_an_order_past_payment_is_refused(world: World, status: str) -> None:
    Order.objects.update(status=status)
    with pytest.raises(NotAllowed):
        ask(world)


def test_a_store_that_cannot_do_it_is_not_asked(world: World) -> None:
    Connection.objects.update(kind="gone")
    with pytest.raises(NotAllowed):
        ask(world)
    Connection.objects.all().delete()
    with pytest.raises(NotAllowed):
        ask(world)


def test_an_order_of_another_store_is_not_found(world: World) -> None:
    action = ask(world)
    for call in (
        lambda: ask(world, agent=world.stranger),
        lambda: services.take_back(agent=world.stranger, action_id=action.id),
        lambda: services.run_now(agent=world.stranger, action_id=action.id),
        lambda: services.undo(agent=world.stranger, action_id=action.id, idempotency_key="k"),
    ):
        with pytest.raises(NotFound):
            call()


def test_a_disabled_agent_finds_nothing(world: World) -> None:
    world.agent.is_active = False
    with pytest.raises(NotFound):
        ask(world)


def test_a_conversation_with_another_buyer_is_refused(world: World) -> None:
    other = world.buyer.__class__.objects.create(store=world.store, name="Eve")
    conversation = world.conversation.__class__.objects.create(
        store=world.store, buyer=other, channel=world.conversation.channel
    )
    with pytest.raises(InvalidParams):
        ask(world, conversation_id=conversation.id)


def test_it_can_be_taken_back_while_it_is_held(world: World) -> None:
    action = services.take_back(agent=world.colleague, action_id=ask(world).id)
    assert action.state == "taken_back"
    assert services.take_back(agent=world.agent, action_id=action.id).state == "taken_back"
    assert Event.objects.filter(name="order.action.taken_back").count() == 1
    assert ask(world, key="k2").state == "held"


def test_it_cannot_be_taken_back_once_the_store_may_have_heard(world: World) -> None:
    action = ask(world)
    for state in ("running", "unknown", "done", "failed"):
        OrderAction.objects.update(state=state)
        with pytest.raises(TooLate):
            services.take_back(agent=world.agent, action_id=action.id)


def test_the_hold_can_be_ended_by_who_asked_and_by_supervisors(world: World) -> None:
    action = ask(world)
    with pytest.raises(Forbidden):
        services.run_now(agent=world.colleague, action_id=action.id)
    assert services.run_now(agent=world.supervisor, action_id=action.id).run_at < action.run_at
    services.take_back(agent=world.agent, action_id=action.id)
    with pytest.raises(TooLate):
        services.run_now(agent=world.agent, action_id=action.id)
