"""Above the limits of who asks, a second person decides."""

from typing import Any

import pytest

from events.models import Event
from orders import services
from orders.errors import (
    ActionUnderWay,
    Forbidden,
    InvalidParams,
    LimitExceeded,
    NotAllowed,
    OrderChanged,
    TooLate,
)
from orders.models import Limit, Order, OrderAction
from people.models import Agent
from tests.orders.conftest import World, at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def limits(settings: Any) -> None:
    settings.ORDER_LIMITS = {
        "agent": {"change_shipping_fee": {"per_order": 100}},
        "supervisor": {"change_shipping_fee": {"per_order": 500}},
        "admin": {},
    }


def ask(world: World, fee: int, *, key: str = "k1", agent: Agent | None = None, **more: Any) -> OrderAction:
    given = {"reason": "Late parcel", "order_id": world.order.id, **more}
    return services.request_action(
        agent=agent or world.agent,
        kind="change_shipping_fee",
        params={"shipping_fee": fee},
        idempotency_key=key,
        **given,
    )


def test_what_is_above_a_limit_waits_and_the_store_hears_nothing(world: World) -> None:
    action = ask(world, 500)
    assert (action.state, action.over, action.cost) == ("waiting", ["order"], 190)
    assert Event.objects.filter(name="order.action.waiting", order_id=world.order.id).exists()


def test_it_needs_a_reason(world: World) -> None:
    with pytest.raises(InvalidParams) as refusal:
        ask(world, 500, reason=" ")
    assert refusal.value.attr == "reason"


def test_nobody_approves_what_they_asked_for(world: World) -> None:
    action = ask(world, 0, agent=world.supervisor)
    with pytest.raises(Forbidden):
        services.approve(agent=world.supervisor, action_id=action.id)


def test_agents_approve_nothing(world: World) -> None:
    with pytest.raises(Forbidden):
        services.approve(agent=world.colleague, action_id=ask(world, 500).id)


def test_an_approver_has_limits_too(world: World) -> None:
    action = ask(world, 100)
    with pytest.raises(LimitExceeded) as refusal:
        services.approve(agent=world.supervisor, action_id=action.id)
    assert (refusal.value.status, refusal.value.left) == (403, 500)
    assert services.approve(agent=world.admin, action_id=action.id).state == "held"


def test_what_was_approved_is_on_hold_and_says_by_whom(world: World) -> None:
    action = services.approve(agent=world.supervisor, action_id=ask(world, 500).id, comment="Fine")
    assert (action.state, action.approver, action.decision) == ("held", world.supervisor, "Fine")
    event = Event.objects.get(name="order.action.approved")
    assert (event.actor_id, event.data["approver"]) == (world.supervisor.id, world.supervisor.name)


def test_approving_twice_is_approving_once(world: World) -> None:
    action = ask(world, 500)
    services.approve(agent=world.supervisor, action_id=action.id)
    services.approve(agent=world.supervisor, action_id=action.id)
    assert Event.objects.filter(name="order.action.approved").count() == 1
    with pytest.raises(TooLate):
        services.reject(agent=world.admin, action_id=action.id, comment="No")


def test_a_rejection_says_why_and_is_the_end(world: World) -> None:
    action = ask(world, 500)
    with pytest.raises(InvalidParams):
        services.reject(agent=world.supervisor, action_id=action.id, comment="")
    assert (
        services.reject(agent=world.supervisor, action_id=action.id, comment="Too much").state == "rejected"
    )
    with pytest.raises(TooLate):
        services.approve(agent=world.admin, action_id=action.id)


def test_what_waits_can_be_taken_back_and_does_not_hinder_others(world: World) -> None:
    waiting = ask(world, 500)
    assert ask(world, 650, key="k2").state == "held"
    assert services.take_back(agent=world.agent, action_id=waiting.id).state == "taken_back"


def test_an_order_that_changed_meanwhile_is_not_changed_by_an_approval(world: World) -> None:
    action = ask(world, 500)
    Order.objects.update(shipping_fee=600)
    with pytest.raises(OrderChanged):
        services.approve(agent=world.admin, action_id=action.id)
    Order.objects.update(status="paid")
    with pytest.raises(NotAllowed):
        services.approve(agent=world.admin, action_id=action.id)


def test_an_approval_waits_for_what_is_under_way(world: World) -> None:
    action = ask(world, 500)
    ask(world, 650, key="k2")
    with pytest.raises(ActionUnderWay):
        services.approve(agent=world.admin, action_id=action.id)


def test_a_strangers_approval_is_not_found(world: World) -> None:
    from orders.errors import NotFound

    with pytest.raises(NotFound):
        services.approve(agent=world.stranger, action_id=ask(world, 500).id)


@pytest.mark.django_db(transaction=True)
def test_one_of_many_decisions_at_once_holds(world: World) -> None:
    action = ask(world, 500)

    def decide(n: int) -> str:
        if n % 2:
            return services.reject(agent=world.admin, action_id=action.id, comment="No").state
        return services.approve(agent=world.supervisor, action_id=action.id).state

    results = at_once(8, decide)
    said = {r for r in results if isinstance(r, str)}
    assert len(said) == 1
    assert {type(r).__name__ for r in results if not isinstance(r, str)} == {"TooLate"}


def test_a_store_may_set_its_own_limits(world: World) -> None:
    Limit.objects.create(
        store=world.store, role="agent", kind="change_shipping_fee", share=1, needs_reason=True
    )
    with pytest.raises(InvalidParams):
        ask(world, 680, reason="")
    assert ask(world, 680).state == "held"
    assert ask(world.__class__(**{**world.__dict__, "order": world.new_order("7")}), 600, key="k2").over == [
        "share"
    ]


def test_a_days_limit_counts_all_orders_of_the_day(world: World) -> None:
    Limit.objects.create(store=world.store, role="agent", kind="*", per_day=150)
    assert ask(world, 590).state == "held"
    assert ask(world, 590, key="k2", order_id=world.new_order("7").id).over == ["day"]
    assert ask(world, 590, key="k2", order_id=world.new_order("8").id, agent=world.colleague).state == "held"


def test_a_version_that_is_old_is_refused(world: World) -> None:
    with pytest.raises(OrderChanged) as refusal:
        ask(world, 650, version=7)
    assert refusal.value.status == 409
    assert ask(world, 650, version=1).state == "held"
