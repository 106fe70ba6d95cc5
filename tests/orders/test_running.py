"""Carrying an action out: once, and truly, whatever breaks on the way."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from events.models import Event
from inbox.models import Conversation, Message
from orders import running, services, tasks
from orders.errors import NotAllowed, OrderChanged
from orders.models import Connection, DemoShopCommand, DemoShopOrder, Order, OrderAction
from orders.stores.base import StoreBusy, StoreRefused, StoreUnreachable
from people.models import Buyer
from tests.orders.conftest import World, after_the_hold, at_once, long_after
from tests.orders.faulty import FaultyStore, Killed, fails_with
from tests.orders.test_request import ask

pytestmark = pytest.mark.django_db(transaction=True)


def run(action: OrderAction, when: Any = None) -> OrderAction:
    running.run_action(action.id, now=when or after_the_hold(action))
    action.refresh_from_db()
    return action


def is_done_once(world: World, action: OrderAction) -> bool:
    action.refresh_from_db()
    world.order.refresh_from_db()
    assert action.state == "done"
    assert world.order.shipping_fee == world.shop_order().shipping_fee == action.after["shipping_fee"]
    assert DemoShopCommand.objects.count() == 1
    assert Event.objects.filter(name="order.action.done").count() == 1
    return True


def test_it_changes_the_fee_at_the_store_then_here(world: World) -> None:
    action = run(ask(world))
    assert is_done_once(world, action)
    assert world.order.version == 2
    assert action.finished_at is not None


def test_nothing_happens_before_the_hold_is_over(world: World) -> None:
    action = ask(world)
    running.run_action(action.id, now=action.run_at - timedelta(seconds=1))
    action.refresh_from_db()
    assert action.state == "held"
    assert world.shop_order().shipping_fee == 690


def test_ending_the_hold_makes_it_due(world: World) -> None:
    action = services.run_now(agent=world.agent, action_id=ask(world).id)
    assert run(action, timezone.now()).state == "done"


def test_what_was_taken_back_never_reaches_the_store(world: World, faulty: type[FaultyStore]) -> None:
    action = services.take_back(agent=world.agent, action_id=ask(world).id)
    assert run(action, long_after()).state == "taken_back"
    assert faulty.keys == []


def test_the_store_is_never_called_inside_a_transaction(world: World) -> None:
    action = ask(world)
    with transaction.atomic(), pytest.raises(RuntimeError):
        running.run_action(action.id)


def test_everybody_hears_that_it_was_done(world: World, frames: list[Any]) -> None:
    action = ask(world, reason="A secret reason")
    frames.clear()
    run(action)
    heard = [(topics, json.loads(frame)) for topics, frame, *_ in frames]
    agents = (f"store.{world.store.id}", f"conversation.{world.conversation.id}")
    [changed] = [f for topics, f in heard if f["type"] == "order.updated" and topics == agents]
    assert changed["order"]["shipping_fee"] == {"amount": 0, "currency": "USD"}
    assert changed["order"]["address"] == {"line1": "1 Secret Street"}
    [public] = [
        f for t, f in heard if f["type"] == "order.updated" and t == (f"public.{world.conversation.id}",)
    ]
    assert set(public["order"]) == {
        "id", "number", "status", "currency", "items_total", "discount", "tax", "total", "shipping_fee", "items",
        "placed_at", "pay_url", "pay_by", "shipments", "due",
    }  # fmt: skip
    told = [json.dumps(f) for topics, f in heard if any(t.startswith("public.") for t in topics)]
    assert told
    assert not any(word in text for text in told for word in ("Secret", "secret"))
    line = Message.objects.get(conversation=world.conversation, data__event="order.action.done")
    assert not line.private
    assert line.body == "Shipping fee of order 100234: $6.90 → $0.00"


def test_the_buyer_reads_it_where_they_are_now(world: World) -> None:
    action = ask(world)
    Conversation.objects.update(status="resolved")
    again = Conversation.objects.create(
        store=world.store, buyer=world.buyer, channel=world.conversation.channel
    )
    run(action)
    assert Message.objects.get(data__event="order.action.done").conversation_id == world.conversation.id
    other = services.request_action(
        agent=world.agent,
        order_id=world.order.id,
        kind="change_shipping_fee",
        params={"shipping_fee": 500},
        idempotency_key="k2",
    )
    run(other)
    assert Message.objects.filter(conversation=again, data__event="order.action.done").count() == 1


def test_a_conversation_that_became_another_buyers_hears_nothing(world: World) -> None:
    action = ask(world)
    eve = Buyer.objects.create(store=world.store, external_id="666", name="Eve")
    Conversation.objects.update(buyer=eve)
    assert run(action).state == "done"
    assert not Message.objects.filter(data__event="order.action.done").exists()


def test_a_conversation_that_is_gone_hinders_nothing(world: World) -> None:
    action = ask(world)
    Conversation.objects.all().delete()
    assert run(action).state == "done"


def test_a_refusal_leaves_the_order_as_it_was(world: World) -> None:
    action = ask(world)
    DemoShopOrder.objects.update(paid=True)
    assert run(action).state == "failed"
    world.order.refresh_from_db()
    assert (world.order.shipping_fee, world.order.version) == (690, 1)
    event = Event.objects.get(name="order.action.failed")
    assert event.data["error"] == "The buyer has just paid for this order."
    assert Message.objects.get(data__event="order.action.failed").private
    assert run(action, long_after()).state == "failed"


def test_a_fee_that_changed_at_the_store_meanwhile_is_not_overwritten(world: World) -> None:
    action = ask(world)
    DemoShopOrder.objects.update(shipping_fee=990)
    assert run(action).state == "failed"
    assert world.shop_order().shipping_fee == 990


def test_no_answer_after_it_was_done_is_unknown_then_found_done(
    world: World, faulty: type[FaultyStore]
) -> None:
    faulty.after.append(fails_with(StoreUnreachable("timeout")))
    action = run(ask(world))
    assert action.state == "unknown"
    assert world.shop_order().shipping_fee == 0
    world.order.refresh_from_db()
    assert world.order.shipping_fee == 690  # we do not know yet
    assert Event.objects.filter(name="order.action.unknown").count() == 1
    run(action, long_after())
    assert is_done_once(world, action)
    assert faulty.keys == [str(action.id)]  # asked, not repeated
    assert faulty.lookups == [str(action.id)]


def test_no_answer_before_it_was_done_is_unknown_then_done_with_the_same_key(
    world: World, faulty: type[FaultyStore]
) -> None:
    faulty.before.append(fails_with(StoreUnreachable("timeout")))
    action = run(ask(world))
    assert action.state == "unknown"
    run(action, long_after())
    assert is_done_once(world, action)
    assert faulty.keys == [str(action.id)] * 2


def test_an_error_of_our_own_while_calling_is_unknown_too(world: World, faulty: type[FaultyStore]) -> None:
    faulty.after.append(fails_with(KeyError("total")))
    action = run(ask(world))
    assert action.state == "unknown"
    run(action, long_after())
    assert is_done_once(world, action)


def test_an_unknown_result_is_asked_for_ever_less_often_and_told_once(
    world: World, faulty: type[FaultyStore]
) -> None:
    faulty.after.append(fails_with(StoreUnreachable("timeout")))
    faulty.on_lookup.extend([fails_with(StoreUnreachable("down"))] * 4)
    action = run(ask(world))
    pauses = []
    for _ in range(4):
        run(action, long_after())
        assert action.state == "unknown"
        pauses.append((action.run_at - timezone.now()).total_seconds())
    assert pauses == sorted(pauses)
    assert pauses[-1] > 3 * pauses[0]
    assert Event.objects.filter(name="order.action.unknown").count() == 1
    assert action.id not in running.due_actions()
    assert action.id in running.due_actions(now=long_after())
    run(action, long_after())
    assert is_done_once(world, action)


def test_an_unknown_action_of_a_store_that_was_disconnected_stays_unknown(
    world: World, faulty: type[FaultyStore]
) -> None:
    faulty.after.append(fails_with(StoreUnreachable("timeout")))
    action = run(ask(world))
    Connection.objects.all().delete()
    assert run(action, long_after()).state == "unknown"


def test_a_store_that_was_disconnected_fails_what_it_never_heard(world: World) -> None:
    action = ask(world)
    Connection.objects.all().delete()
    assert run(action).state == "failed"


def test_an_action_that_is_not_installed_any_more_fails_if_it_was_never_told(
    world: World, settings: Any
) -> None:
    action = ask(world)
    settings.ORDER_ACTIONS = []
    assert run(action).state == "failed"
    assert Event.objects.get(name="order.action.failed").data["before"]["shipping_fee"] == 690


def test_a_busy_store_is_asked_again_and_it_can_still_be_taken_back(
    world: World, faulty: type[FaultyStore]
) -> None:
    faulty.before.extend([fails_with(StoreBusy(retry_after=7))] * 2)
    action = run(ask(world))
    assert action.state == "held"
    assert 5 < (action.run_at - timezone.now()).total_seconds() < 8
    assert run(action).state == "held"
    run(action)
    assert is_done_once(world, action)


def test_a_store_that_stays_busy_fails_in_the_end(world: World, faulty: type[FaultyStore]) -> None:
    faulty.before.extend([fails_with(StoreBusy())] * running.BUSY_TRIES)
    action = ask(world)
    for _ in range(running.BUSY_TRIES):
        run(action)
    assert action.state == "failed"


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_worker_killed_around_the_call_leaves_it_done_once(
    world: World, faulty: type[FaultyStore], moment: str
) -> None:
    getattr(faulty, moment).append(fails_with(Killed()))
    action = ask(world)
    with pytest.raises(Killed):
        run(action)
    action.refresh_from_db()
    lease = action.claimed_until
    assert lease is not None
    assert run(action, lease - timedelta(seconds=1)).state == "running"
    run(action, lease + timedelta(seconds=1))
    assert is_done_once(world, action)
    assert faulty.lookups == [str(action.id)]
    assert len(faulty.keys) == (2 if moment == "before" else 1)


def test_a_worker_killed_while_it_writes_the_result_leaves_it_done_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    action = ask(world)
    with monkeypatch.context() as patch:
        patch.setattr(running, "announce_action", lambda *a, **k: fails_with(Killed())())
        with pytest.raises(Killed):
            run(action)
    action.refresh_from_db()
    world.order.refresh_from_db()
    assert (action.state, world.order.shipping_fee) == ("running", 690)  # all of it, or nothing
    run(action, long_after())
    assert is_done_once(world, action)


def test_a_worker_that_comes_back_late_changes_nothing(world: World, faulty: type[FaultyStore]) -> None:
    action = ask(world)

    def meanwhile() -> None:
        running.run_action(action.id, now=long_after())  # the lease has lapsed: another one finds it done

    faulty.after.append(meanwhile)
    run(action)
    assert is_done_once(world, action)
    assert world.order.version == 2


def test_many_workers_at_once_do_it_once(world: World, faulty: type[FaultyStore]) -> None:
    action = ask(world)
    at_once(10, lambda _: running.run_action(action.id, now=after_the_hold(action)))
    assert is_done_once(world, action)
    assert faulty.keys == [str(action.id)]


def test_taking_back_and_running_at_once_agree(world: World) -> None:
    action = ask(world)
    works: list[Callable[[], Any]] = [
        lambda: running.run_action(action.id, now=after_the_hold(action)),
        lambda: services.take_back(agent=world.agent, action_id=action.id),
    ]
    at_once(2, lambda n: works[n]())
    action.refresh_from_db()
    assert action.state in ("done", "taken_back")
    assert world.shop_order().shipping_fee == (0 if action.state == "done" else 690)
    assert Event.objects.filter(name__in=["order.action.done", "order.action.taken_back"]).count() == 1


def test_the_sweeper_finds_what_a_lost_job_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    action = ask(world)
    assert running.due_actions() == []
    OrderAction.objects.update(run_at=timezone.now() - timedelta(seconds=10))
    monkeypatch.setattr(tasks, "enqueue", lambda task, *args: task(*args))
    tasks.run_due_actions()
    assert is_done_once(world, action)
    assert running.due_actions(now=long_after()) == []


def test_the_sweeper_leaves_a_job_that_is_on_its_way(world: World) -> None:
    action = ask(world)
    assert action.id not in running.due_actions(now=action.run_at + timedelta(seconds=1))
    assert action.id in running.due_actions(now=action.run_at + timedelta(seconds=4))


def undo(world: World, action: OrderAction, key: str = "u1") -> OrderAction:
    return services.undo(agent=world.agent, action_id=action.id, idempotency_key=key)


def test_an_undo_puts_the_fee_back(world: World) -> None:
    action = run(ask(world))
    back = undo(world, action)
    assert (back.undoes_id, back.state, back.params) == (action.id, "held", {"shipping_fee": 690})
    assert undo(world, action) == back
    run(back)
    world.order.refresh_from_db()
    assert world.order.shipping_fee == world.shop_order().shipping_fee == 690
    with pytest.raises(NotAllowed):
        undo(world, action, "u2")


def test_an_undo_that_was_taken_back_may_be_asked_for_again(world: World) -> None:
    action = run(ask(world))
    services.take_back(agent=world.agent, action_id=undo(world, action).id)
    assert run(undo(world, action, "u2")).state == "done"


def test_an_undo_of_an_undo_does_it_again(world: World) -> None:
    action = run(undo(world, run(ask(world))))
    run(undo(world, action, "u2"))
    assert world.shop_order().shipping_fee == 0


def test_only_what_was_done_is_undone(world: World) -> None:
    action = services.take_back(agent=world.agent, action_id=ask(world).id)
    with pytest.raises(NotAllowed):
        undo(world, action)


def test_an_undo_is_refused_after_another_change(world: World) -> None:
    action = run(ask(world, 300))
    run(ask(world, 100, key="k2"))
    with pytest.raises(OrderChanged):
        undo(world, action)


def test_an_undo_is_refused_after_payment(world: World) -> None:
    action = run(ask(world))
    Order.objects.update(status="paid")
    with pytest.raises(NotAllowed):
        undo(world, action)


def test_an_undo_gives_the_limit_back(world: World, settings: Any) -> None:
    settings.ORDER_LIMITS = {"agent": {"change_shipping_fee": {"per_order": 690}}}
    run(undo(world, run(ask(world))))
    assert run(ask(world, key="k2")).state == "done"


def test_a_refusal_in_words_of_the_store_is_kept_short(world: World, faulty: type[FaultyStore]) -> None:
    faulty.before.append(fails_with(StoreRefused("no " * 500)))
    action = run(ask(world))
    assert action.state == "failed"
    assert len(action.error) == 300
