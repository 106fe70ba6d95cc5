"""Bargaining: one step of the store's ladder at a time, and who decides beyond it."""

from typing import Any

import pytest
from django.test import Client

from inbox.models import Message
from orders import ladder, running, services
from orders.errors import Forbidden, InvalidParams, NotAllowed, NotFound
from orders.models import Order, OrderAction
from people.models import Agent
from tests.orders.conftest import World, after_the_hold

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def a_ladder(settings: Any) -> None:
    settings.ORDER_LADDER = [5, 10, 20]
    settings.ORDER_LIMITS = {"agent": {}, "supervisor": {}}


def ask(
    world: World, discount: Any, key: str = "k1", *, agent: Agent | None = None, **more: Any
) -> OrderAction:
    return services.request_action(
        agent=agent or world.agent,
        order_id=more.pop("order_id", world.order.id),
        kind="discount",
        params={"discount": discount},
        idempotency_key=key,
        **more,
    )


def run(action: OrderAction) -> OrderAction:
    running.run_action(action.id, now=after_the_hold(action))
    action.refresh_from_db()
    assert action.state == "done"
    return action


def steps(world: World) -> list[tuple[int, int, bool]]:
    order = Order.objects.select_related("store").prefetch_related("actions").get(pk=world.order.pk)
    return [(step.percent, step.cost, step.is_next) for step in ladder.climb(order)]


def test_an_agent_climbs_one_step_at_a_time(world: World) -> None:
    assert steps(world) == [(5, 240, True), (10, 480, False), (20, 960, False)]
    action = ask(world, 240)
    assert (action.state, action.cost, action.over) == ("held", 240, [])
    run(action)
    world.order.refresh_from_db()
    assert (world.order.discount, world.order.total) == (240, 4800 + 690 - 240)
    assert world.shop_order().discount == 240
    assert steps(world) == [(5, 0, False), (10, 240, True), (20, 720, False)]
    run(ask(world, 480, "k2"))
    assert steps(world)[2] == (20, 480, True)


def test_skipping_a_step_needs_a_reason_and_an_approval(world: World) -> None:
    with pytest.raises(InvalidParams) as refusal:
        ask(world, 480)
    assert refusal.value.attr == "reason"
    action = ask(world, 480, reason="Buys for a school")
    assert (action.state, action.over) == ("waiting", ["step"])
    assert services.approve(agent=world.supervisor, action_id=action.id).state == "held"


def test_beyond_the_last_step_somebody_decides_too(world: World) -> None:
    for key, discount in (("a", 240), ("b", 480), ("c", 960)):
        run(ask(world, discount, key))
    assert not any(is_next for *_, is_next in steps(world))
    assert ask(world, 961, "k2", reason="Please").state == "waiting"


def test_an_amount_between_two_steps_is_within_them(world: World) -> None:
    assert ask(world, 100).state == "held"


def test_a_supervisor_may_skip_steps_within_their_limits(world: World, settings: Any) -> None:
    settings.ORDER_LIMITS = {"supervisor": {"discount": {"per_order": 500}}}
    assert ask(world, 501, "k2", agent=world.supervisor, reason="Large").over == ["order"]
    assert ask(world, 480, agent=world.supervisor).state == "held"


def test_above_ones_own_limit_it_waits_though_it_is_the_next_step(world: World, settings: Any) -> None:
    settings.ORDER_LIMITS = {"agent": {"discount": {"per_order": 200}}}
    assert ask(world, 240, reason="Please").over == ["order"]


def test_a_discount_that_the_order_had_before_is_none_of_the_steps(world: World) -> None:
    Order.objects.update(discount=1_000)
    world.shop_order().__class__.objects.update(discount=1_000)
    assert steps(world)[0] == (5, 240, True)
    run(ask(world, 1_240))
    assert steps(world)[1] == (10, 240, True)


def test_what_the_store_sets_itself_is_where_it_begins_anew(world: World) -> None:
    run(ask(world, 240))
    Order.objects.update(discount=700)
    assert steps(world)[0] == (5, 240, True)


def test_an_undo_goes_back_to_the_step_before(world: World) -> None:
    run(ask(world, 240))
    action = run(ask(world, 480, "k2"))
    run(services.undo(agent=world.agent, action_id=action.id, idempotency_key="u1"))
    world.order.refresh_from_db()
    assert world.order.discount == world.shop_order().discount == 240
    assert steps(world)[1] == (10, 240, True)


def test_a_paid_or_cancelled_order_has_its_price(world: World) -> None:
    paid, cancelled = world.new_order("1", status="paid", paid=5490), world.new_order("2", status="cancelled")
    for order in (paid, cancelled):
        with pytest.raises(NotAllowed):
            ask(world, 240, order_id=order.id)


@pytest.mark.parametrize(
    "discount",
    [
        -1,
        1.5,
        float("nan"),
        "240",
        True,
        None,
        4_801,
        0,
        {"amount": 240, "currency": "EUR"},
        {"amount": -240, "currency": "USD"},
    ],
)
def test_what_is_no_discount_is_refused(world: World, discount: Any) -> None:
    with pytest.raises(InvalidParams) as refusal:
        ask(world, discount, reason="Please")
    assert refusal.value.status == 400
    assert not OrderAction.objects.exists()


def test_params_are_exactly_one_discount(world: World) -> None:
    for params in ({}, {"discount": 240, "step": 1}, [240], None):
        with pytest.raises(InvalidParams):
            services.request_action(
                agent=world.agent,
                order_id=world.order.id,
                kind="discount",
                params=params,
                idempotency_key="k1",
            )


def test_the_buyer_reads_the_new_price(world: World) -> None:
    run(ask(world, 240, conversation_id=world.conversation.id))
    line = Message.objects.get(data__event="order.action.done")
    assert not line.private
    assert line.body == "Price of order 100234: $54.90 → $52.50"


# -- The form, and a store's own ladder


def test_the_form_shows_the_steps_and_begins_with_the_next(world: World, client: Client) -> None:
    client.force_login(world.agent)
    run(ask(world, 240))
    html = client.get(f"/orders/{world.order.id}/act/discount/").content.decode()
    assert html.count("ladder-step") >= 3
    assert 'value="480" checked' in html
    assert "$2.40" in html
    data = {"discount": "960", "seen": str(Order.objects.get(pk=world.order.pk).version), "key": "f1"}
    refused = client.post(f"/orders/{world.order.id}/act/discount/", data)
    assert refused.status_code == 422
    assert "Ask for approval" in refused.content.decode()
    assert (
        client.post(f"/orders/{world.order.id}/act/discount/", {**data, "reason": "Please"}).status_code
        == 200
    )
    assert OrderAction.objects.get(idempotency_key="f1").state == "waiting"


def test_a_store_may_have_a_ladder_of_its_own(world: World) -> None:
    ladder.set_steps(agent=world.supervisor, store_key="shop", steps=[50])
    assert steps(world) == [(50, 2_400, True)]
    with pytest.raises(Forbidden):
        ladder.set_steps(agent=world.agent, store_key="shop", steps=[1])
    with pytest.raises(NotFound):
        ladder.set_steps(agent=world.supervisor, store_key="other", steps=[1])


@pytest.mark.parametrize(
    "steps", [[], [0], [5, 5], [8, 3], [91], ["5"], [True], "5", None, [1.5], list(range(1, 11))]
)
def test_steps_that_are_none_are_refused(world: World, steps: Any) -> None:
    with pytest.raises(InvalidParams):
        ladder.set_steps(agent=world.supervisor, store_key="shop", steps=steps)
