"""What the store never answered for is settled by somebody who looked."""

import pytest
from django.test import Client

from events.models import Event
from orders import running, services
from orders.errors import Forbidden, InvalidParams, NotFound, TooLate
from orders.models import OrderAction
from orders.settling import settle
from tests.orders.conftest import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def unknown(world: World) -> OrderAction:
    action = services.request_action(
        agent=world.agent,
        order_id=world.order.id,
        kind="change_shipping_fee",
        params={"shipping_fee": 0},
        idempotency_key="k1",
    )
    OrderAction.objects.update(state="unknown")
    return action


@pytest.mark.parametrize(("done", "state"), [(True, "done"), (False, "failed")])
def test_a_supervisor_says_what_became_of_it(
    world: World, unknown: OrderAction, done: bool, state: str
) -> None:
    action = settle(agent=world.supervisor, action_id=unknown.id, done=done, comment="Seen in the admin")
    assert (action.state, action.approver, action.decision) == (state, world.supervisor, "Seen in the admin")
    event = Event.objects.get(name=f"order.action.{state}")
    assert (event.actor_id, event.data["decision"]) == (world.supervisor.id, "Seen in the admin")
    with pytest.raises(TooLate):
        settle(agent=world.supervisor, action_id=unknown.id, done=not done, comment="No, wait")


def test_the_order_is_free_again(world: World, unknown: OrderAction) -> None:
    settle(agent=world.admin, action_id=unknown.id, done=False, comment="Not there")
    assert (
        services.request_action(
            agent=world.agent,
            order_id=world.order.id,
            kind="change_shipping_fee",
            params={"shipping_fee": 100},
            idempotency_key="k2",
        ).state
        == "held"
    )


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_asks_at_that_moment_changes_nothing_any_more(
    world: World, unknown: OrderAction
) -> None:
    OrderAction.objects.update(run_at=unknown.created_at)
    settle(agent=world.admin, action_id=unknown.id, done=False, comment="Not there")
    running.run_action(unknown.id)
    assert OrderAction.objects.get().state == "failed"


def test_who_may_not_and_what_is_missing(world: World, unknown: OrderAction) -> None:
    with pytest.raises(Forbidden):
        settle(agent=world.agent, action_id=unknown.id, done=True, comment="Seen")
    with pytest.raises(NotFound):
        settle(agent=world.stranger, action_id=unknown.id, done=True, comment="Seen")
    with pytest.raises(InvalidParams):
        settle(agent=world.supervisor, action_id=unknown.id, done=True, comment=" ")
    OrderAction.objects.update(state="held")
    with pytest.raises(TooLate):
        settle(agent=world.supervisor, action_id=unknown.id, done=True, comment="Seen")


def test_supervisors_settle_it_where_it_stands_and_agents_do_not(
    world: World, unknown: OrderAction, client: Client
) -> None:
    url = f"/orders/actions/{unknown.id}/settle/"
    client.force_login(world.agent, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = f"/orders/{world.order.id}/"
    assert "I have looked" not in client.get(page).content.decode()
    client.force_login(world.supervisor, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert "I have looked" in client.get(page).content.decode()
    refused = client.post(url, {"done": "yes", "comment": ""})
    assert refused.status_code == 422
    assert "Say how you know" in refused.content.decode()
    assert client.post(url, {"done": "yes", "comment": "Seen"}).status_code == 200
    assert OrderAction.objects.get().state == "done"
