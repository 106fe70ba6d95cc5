"""Telling the store of codes, sending them, and what becomes of them: once, whatever breaks on the way."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from events.models import Event
from inbox.models import Conversation, Message
from orders.coupons import issuing, running, tasks
from orders.coupons.redeeming import redeem
from orders.errors import Forbidden, NotAllowed, NotFound, TooLate
from orders.models import Connection, Coupon, CouponCode, DemoShopCoupon, Order
from orders.stores.base import StoreBusy, StoreRefused, StoreUnreachable
from orders.sync import upsert_order
from people.models import Buyer, Store
from tests.orders.conftest import World, at_once, long_after
from tests.orders.coupons import FaultyShop, give, made, new_offer, run
from tests.orders.faulty import Killed, fails_with

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(world: World, settings: Any) -> Iterator[type[FaultyShop]]:
    settings.STORE_CONNECTORS = [*settings.STORE_CONNECTORS, "tests.orders.coupons.FaultyShop"]
    Connection.objects.filter(store=world.store).update(kind="faulty-coupons")
    FaultyShop.reset()
    yield FaultyShop
    FaultyShop.reset()


@pytest.fixture
def offer(world: World) -> Coupon:
    return new_offer(world, budget=10_000)


def committed(offer: Coupon) -> int:
    offer.refresh_from_db()
    return offer.committed


def is_made_once(code: CouponCode) -> bool:
    code.refresh_from_db()
    assert code.state == "active"
    assert DemoShopCoupon.objects.filter(code=code.code).count() == 1
    assert Event.objects.filter(name="coupon.sent").count() == 1
    card = Message.objects.get(kind="card")
    assert card.id == code.message_id
    assert card.data is not None
    assert card.data["coupon"]["code"] == code.code
    return True


# -- Made and sent


def test_a_code_is_made_at_the_store_and_sent_once(world: World, offer: Coupon) -> None:
    code = made(world, offer)
    assert is_made_once(code)
    run(code, long_after())
    assert is_made_once(code)
    terms = DemoShopCoupon.objects.get().terms
    assert (terms["kind"], terms["value"], terms["currency"], terms["skus"]) == ("amount", 500, "USD", [])


def test_what_waits_is_neither_made_nor_sent(world: World, settings: Any) -> None:
    settings.ORDER_LIMITS = {"agent": {"coupon": {"per_order": 0}}, "supervisor": {}}
    code = made(world, new_offer(world), reason="Please")
    assert code.state == "waiting"
    assert not DemoShopCoupon.objects.exists()
    assert not Message.objects.filter(kind="card").exists()
    issuing.approve(agent=world.supervisor, code_id=code.id)
    assert is_made_once(run(code))


def test_the_card_tells_the_buyer_all_they_need_and_nothing_of_ours(world: World, frames: list[Any]) -> None:
    offer = new_offer(world, kind="percent", value=10, most=1_500, min_spend=5_000)
    offer.products.add(world.product)
    code = made(world, offer, reason="A secret reason")
    public = [f for topics, f in frames if f"public.{world.conversation.id}" in topics]
    assert not any("secret" in frame for frame in public)
    [frame] = [json.loads(f) for f in public if json.loads(f)["type"] == "message.created"]
    card = frame["message"]["card"]
    assert card["title"] == "Sorry"
    assert card["coupon"]["gives"] == "10% off, at most $15.00"
    assert card["coupon"]["terms"][:3] == ["From $50.00 spent", "For Mug", "Can be used once"]
    assert card["coupon"]["terms"][3].startswith("Valid until ")
    assert "/demo-shop/" in card["coupon"]["url"]
    assert code.code in frame["message"]["body"]


def test_the_card_speaks_the_buyers_language(world: World, offer: Coupon) -> None:
    Buyer.objects.filter(pk=world.buyer.pk).update(language="zh-hans")
    made(world, offer)
    assert Message.objects.get(kind="card").data["coupon"]["gives"] != ""


def test_the_store_is_never_called_inside_a_transaction(world: World, offer: Coupon) -> None:
    code = give(world, offer)
    with transaction.atomic(), pytest.raises(RuntimeError):
        running.run_code(code.id)


def test_a_code_without_a_conversation_is_made_and_not_sent(world: World, offer: Coupon) -> None:
    code = made(world, offer, conversation_id=None, buyer_id=world.buyer.id)
    assert (code.state, code.message_id) == ("active", None)
    assert not Message.objects.filter(kind="card").exists()


def test_a_conversation_that_became_another_buyers_is_not_sent_the_code(world: World, offer: Coupon) -> None:
    code = give(world, offer)
    Conversation.objects.update(buyer=Buyer.objects.create(store=world.store, external_id="666"))
    assert run(code).state == "active"
    assert not Message.objects.filter(kind="card").exists()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_no_answer_is_looked_up_and_never_blindly_repeated(
    world: World, offer: Coupon, shop: type[FaultyShop], moment: str
) -> None:
    getattr(shop, moment).append(fails_with(StoreUnreachable("timeout")))
    code = made(world, offer)
    assert code.state == "creating"
    assert not Message.objects.filter(kind="card").exists()
    assert run(code).state == "creating"  # not due yet
    run(code, long_after())
    assert is_made_once(code)
    assert shop.told == [code.code] * (2 if moment == "before" else 1)


def test_an_unanswered_code_is_asked_for_ever_less_often(
    world: World, offer: Coupon, shop: type[FaultyShop]
) -> None:
    shop.after.append(fails_with(StoreUnreachable("timeout")))
    shop.on_lookup.extend([fails_with(StoreUnreachable("down"))] * 3)
    code = made(world, offer)
    pauses = []
    for _ in range(3):
        run(code, long_after())
        pauses.append((code.run_at - timezone.now()).total_seconds())
    assert pauses == sorted(pauses)
    assert code.id in running.due_codes(now=long_after())
    run(code, long_after())
    assert is_made_once(code)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_worker_killed_around_the_call_leaves_it_made_once(
    world: World, offer: Coupon, shop: type[FaultyShop], moment: str
) -> None:
    getattr(shop, moment).append(fails_with(Killed()))
    code = give(world, offer)
    with pytest.raises(Killed):
        run(code)
    code.refresh_from_db()
    assert code.claimed_until is not None
    assert run(code, code.claimed_until - timedelta(seconds=1)).state == "creating"
    assert code.id in running.due_codes(now=long_after())
    run(code, long_after())
    assert is_made_once(code)


def test_a_worker_killed_while_it_sends_leaves_it_sent_once(
    world: World, offer: Coupon, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = give(world, offer)
    with monkeypatch.context() as patch:
        patch.setattr(running, "announce_code", lambda *a, **k: fails_with(Killed())())
        with pytest.raises(Killed):
            run(code)
    code.refresh_from_db()
    assert code.state == "creating"  # all of it, or nothing
    assert not Message.objects.filter(kind="card").exists()
    run(code, long_after())
    assert is_made_once(code)


def test_many_workers_at_once_make_it_once(world: World, offer: Coupon, shop: type[FaultyShop]) -> None:
    code = give(world, offer)
    at_once(10, lambda _: running.run_code(code.id))
    assert is_made_once(code)
    assert shop.told == [code.code]


def test_a_refusal_fails_the_code_and_gives_the_budget_back(
    world: World, offer: Coupon, shop: type[FaultyShop]
) -> None:
    shop.before.append(fails_with(StoreRefused("no " * 500)))
    code = made(world, offer)
    assert (code.state, len(code.error)) == ("failed", 300)
    assert committed(offer) == 0
    assert Event.objects.filter(name="coupon.failed").count() == 1
    line = Message.objects.get(data__event="coupon.failed")
    assert line.private


def test_a_busy_store_is_asked_again_and_in_the_end_given_up(
    world: World, offer: Coupon, shop: type[FaultyShop]
) -> None:
    shop.before.extend([fails_with(StoreBusy(retry_after=7))] * running.BUSY_TRIES)
    code = made(world, offer)
    assert 5 < (code.run_at - timezone.now()).total_seconds() < 8
    for _ in range(running.BUSY_TRIES):
        run(code, long_after())
    assert code.state == "failed"
    assert committed(offer) == 0


def test_a_store_that_was_disconnected_fails_what_it_never_heard(world: World, offer: Coupon) -> None:
    code = give(world, offer)
    Connection.objects.all().delete()
    assert run(code).state == "failed"


def test_the_sweeper_finds_what_a_lost_job_left(
    world: World, offer: Coupon, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = give(world, offer)
    assert running.due_codes() == []
    CouponCode.objects.update(run_at=timezone.now() - timedelta(seconds=10))
    monkeypatch.setattr(tasks, "enqueue", lambda task, *args: task(*args))
    tasks.run_due_codes()
    assert is_made_once(code)


# -- Redeemed


def test_a_code_is_redeemed_once_however_often_it_is_told(world: World, offer: Coupon) -> None:
    code = made(world, offer)
    results = at_once(20, lambda _: redeem(store=world.store, code=code.code, order_number="7").state)
    assert results == ["redeemed"] * 20
    assert Event.objects.filter(name="coupon.redeemed").count() == 1


def test_twenty_orders_at_once_redeem_it_once(world: World, offer: Coupon) -> None:
    code = made(world, offer)
    results = at_once(20, lambda n: redeem(store=world.store, code=code.code, order_number=str(n)))
    assert sorted(type(r).__name__ for r in results) == ["CouponCode"] + ["NotAllowed"] * 19
    assert Event.objects.filter(name="coupon.redeemed").count() == 1


def test_an_order_that_comes_with_a_code_redeems_it_and_it_shows(
    world: World, offer: Coupon, frames: list[Any]
) -> None:
    code = made(world, offer)
    frames.clear()
    order = upsert_order(store=world.store, payload={"number": "100234", "coupon_code": code.code.lower()})
    code.refresh_from_db()
    assert (code.state, code.order, code.order_number) == ("redeemed", order, "100234")
    card = Message.objects.get(kind="card")
    assert card.data is not None
    assert (card.data["coupon"]["state"], card.data["coupon"]["order"]) == ("redeemed", "100234")
    event = Event.objects.get(name="coupon.redeemed")
    assert (event.order_id, event.conversation_id) == (order.id, world.conversation.id)
    heard = {json.loads(f)["type"] for topics, f in frames if f"public.{world.conversation.id}" in topics}
    assert "card.updated" in heard
    assert [f for _, f in frames if json.loads(f)["type"] == "coupon.code"]
    upsert_order(store=world.store, payload={"number": "100234", "status": "paid"})
    assert Event.objects.filter(name="coupon.redeemed").count() == 1


def test_a_code_of_the_stores_own_hinders_no_order(world: World) -> None:
    order = upsert_order(store=world.store, payload={"number": "100234", "coupon_code": "SUMMER"})
    assert order.coupon_code == "SUMMER"


def test_a_code_that_was_used_before_hinders_no_order(world: World, offer: Coupon) -> None:
    code = made(world, offer)
    redeem(store=world.store, code=code.code, order_number="1")
    assert (
        upsert_order(store=world.store, payload={"number": "100234", "coupon_code": code.code}).version == 2
    )
    code.refresh_from_db()
    assert code.order_number == "1"


def test_an_order_that_comes_after_its_code_is_tied_to_it(world: World, offer: Coupon) -> None:
    code = made(world, offer)
    redeem(store=world.store, code=code.code, order_number="99")
    payload = {
        "number": "99",
        "coupon_code": code.code,
        "buyer": {"external_id": "1001"},
        "items_total": 300,
        "placed_at": timezone.now().isoformat(),
    }
    order = upsert_order(store=world.store, payload=payload)
    code.refresh_from_db()
    assert (code.order, code.value) == (order, 300)
    assert committed(offer) == 300  # what it came to, not what it might have come to


@pytest.mark.parametrize("fields", [{"items_total": 2_000}, {"items_total": 90_000}])
def test_a_percentage_costs_what_it_came_to(world: World, fields: dict[str, Any]) -> None:
    offer = new_offer(world, kind="percent", value=10, most=1_000, budget=5_000)
    code = made(world, offer)
    upsert_order(store=world.store, payload={"number": "100234", "coupon_code": code.code, **fields})
    code.refresh_from_db()
    assert code.value == min(1_000, fields["items_total"] // 10) == committed(offer)


def test_another_stores_code_is_not_found(world: World, offer: Coupon) -> None:
    code = made(world, offer)
    with pytest.raises(NotFound):
        redeem(store=Store.objects.get(key="other"), code=code.code, order_number="1")


def test_another_buyers_code_and_an_expired_one_are_refused(world: World, offer: Coupon) -> None:
    code = made(world, offer)
    other = Buyer.objects.create(store=world.store)
    with pytest.raises(NotAllowed):
        redeem(store=world.store, code=code.code, order_number="1", buyer_id=other.id)
    with pytest.raises(NotAllowed) as refusal:
        redeem(store=world.store, code=code.code, order_number="1", at=code.expires_at)
    assert (refusal.value.status, refusal.value.code) == (409, "expired")
    code.refresh_from_db()
    assert code.state == "active"


def test_a_code_that_is_not_made_yet_is_not_valid(world: World, offer: Coupon) -> None:
    with pytest.raises(NotAllowed):
        redeem(store=world.store, code=give(world, offer).code, order_number="1")


# -- Expired


def test_the_sweeper_ends_codes_and_gives_their_budget_back(world: World, offer: Coupon) -> None:
    code = made(world, offer)
    assert running.expire_codes() == 0
    assert running.expire_codes(now=code.expires_at) == 1
    assert running.expire_codes(now=code.expires_at) == 0
    code.refresh_from_db()
    assert (code.state, committed(offer)) == ("expired", 0)
    assert Message.objects.get(kind="card").data["coupon"]["state"] == "expired"
    assert Event.objects.filter(name="coupon.expired").count() == 1


def test_an_order_that_was_placed_in_time_and_is_told_late_counts(world: World, offer: Coupon) -> None:
    code = made(world, offer)
    CouponCode.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    running.expire_codes()
    Coupon.objects.update(budget=200)  # others have it by now
    CouponCode.objects.update(created_at=timezone.now() - timedelta(days=2))
    Order.objects.update(placed_at=timezone.now() - timedelta(hours=1))
    upsert_order(store=world.store, payload={"number": "100234", "coupon_code": code.code})
    code.refresh_from_db()
    assert code.state == "redeemed"
    assert committed(offer) == 200


def test_expiring_and_redeeming_at_once_agree(world: World, offer: Coupon) -> None:
    code = made(world, offer)
    at = code.expires_at
    works = [
        lambda: running.expire_codes(now=at),
        lambda: redeem(store=world.store, code=code.code, order_number="1", at=at - timedelta(seconds=1)),
    ]
    at_once(2, lambda n: works[n]())
    code.refresh_from_db()
    assert code.state == "redeemed"
    assert committed(offer) == 500


# -- Revoked


def test_a_revoked_code_is_void_at_the_store_and_gives_its_budget_back(world: World, offer: Coupon) -> None:
    code = made(world, offer)
    assert issuing.revoke(agent=world.agent, code_id=code.id).state == "revoking"
    assert Message.objects.get(kind="card").data["coupon"]["state"] == "active"
    assert run(code).state == "revoked"
    assert committed(offer) == 0
    assert DemoShopCoupon.objects.get().terms["revoked"] is True
    assert Message.objects.get(kind="card").data["coupon"]["state"] == "revoked"
    assert issuing.revoke(agent=world.agent, code_id=code.id).state == "revoked"
    with pytest.raises(NotAllowed):
        redeem(store=world.store, code=code.code, order_number="1")


def test_only_who_gave_it_or_a_supervisor_revokes_a_code(world: World, offer: Coupon) -> None:
    code = made(world, offer)
    with pytest.raises(Forbidden):
        issuing.revoke(agent=world.colleague, code_id=code.id)
    with pytest.raises(NotFound):
        issuing.revoke(agent=world.stranger, code_id=code.id)
    assert issuing.revoke(agent=world.supervisor, code_id=code.id).state == "revoking"


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_revocation_without_an_answer_is_looked_up(
    world: World, offer: Coupon, shop: type[FaultyShop], moment: str
) -> None:
    code = made(world, offer)
    getattr(shop, moment).append(fails_with(StoreUnreachable("timeout")))
    issuing.revoke(agent=world.agent, code_id=code.id)
    assert run(code).state == "revoking"
    assert run(code, long_after()).state == "revoked"
    assert Event.objects.filter(name="coupon.revoked").count() == 1
    assert shop.told.count(f"revoke.{code.code}") == (2 if moment == "before" else 1)


def test_a_code_that_was_used_at_the_store_is_not_revoked(world: World, offer: Coupon) -> None:
    code = made(world, offer)
    DemoShopCoupon.objects.update(redeemed_by="7")
    issuing.revoke(agent=world.agent, code_id=code.id)
    assert run(code).state == "active"
    assert code.error == "The buyer has used this code already."
    assert committed(offer) == 500
    assert redeem(store=world.store, code=code.code, order_number="7").state == "redeemed"
    with pytest.raises(TooLate):
        issuing.revoke(agent=world.agent, code_id=code.id)


def test_a_code_used_while_it_is_being_revoked_is_used(
    world: World, offer: Coupon, shop: type[FaultyShop]
) -> None:
    code = made(world, offer)
    issuing.revoke(agent=world.agent, code_id=code.id)
    shop.after.append(lambda: redeem(store=world.store, code=code.code, order_number="7"))
    assert run(code).state == "redeemed"
    assert committed(offer) == 500
