"""Giving coupon codes: to whom, how many, how much, and who decides above the limits."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from events.models import Event
from inbox.models import Conversation
from orders.coupons import issuing, limits
from orders.coupons.codes import ALPHABET, new_code, read_code
from orders.errors import (
    Forbidden,
    IdempotencyConflict,
    InvalidParams,
    LimitExceeded,
    NotAllowed,
    NotFound,
    TooLate,
)
from orders.models import Connection, Coupon, CouponCode, Limit
from people.models import Buyer, Store
from tests.orders.conftest import World, at_once
from tests.orders.coupons import give, made, new_offer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def some_limits(settings: Any) -> None:
    settings.ORDER_LIMITS = {
        "agent": {"coupon": {"per_order": 1_000, "per_day": 1_500}},
        "supervisor": {"coupon": {"per_order": 2_000}},
        "admin": {},
    }


@pytest.fixture
def offer(world: World) -> Coupon:
    return new_offer(world)


def new_buyer(world: World, number: str) -> Conversation:
    buyer = Buyer.objects.create(store=world.store, external_id=number)
    return Conversation.objects.create(store=world.store, buyer=buyer, channel=world.conversation.channel)


def committed(offer: Coupon) -> int:
    offer.refresh_from_db()
    return offer.committed


def test_a_code_can_be_read_out_and_typed_and_is_never_the_same() -> None:
    codes = {new_code() for _ in range(500)}
    assert len(codes) == 500
    assert set("".join(codes)) <= {*ALPHABET, "-"}
    assert not {*"01OI"} & {*ALPHABET}
    code = codes.pop()
    assert read_code(code.lower().replace("-", " ")) == code
    assert read_code(" trail10 ") == "TRAIL10"


def test_a_code_is_written_down_and_taken_out_of_the_budget_before_the_store_hears_of_it(
    world: World, offer: Coupon
) -> None:
    code = give(world, offer)
    assert (code.state, code.value, code.buyer, code.agent) == ("creating", 500, world.buyer, world.agent)
    assert code.expires_at - code.created_at > timedelta(days=29)
    assert committed(offer) == 500
    event = Event.objects.get(name="coupon.asked")
    assert (event.data["id"], event.store_id, event.conversation_id) == (
        str(code.id),
        world.store.id,
        world.conversation.id,
    )


def test_a_percentage_is_counted_by_the_most_that_it_may_come_to(world: World) -> None:
    offer = new_offer(world, kind="percent", value=10, most=900, budget=1_000)
    assert give(world, offer).value == 900
    with pytest.raises(NotAllowed, match="budget"):
        give(world, offer, "k2", conversation_id=new_buyer(world, "2").id)


def test_a_code_ends_no_later_than_its_offer(world: World) -> None:
    ends = timezone.now() + timedelta(days=2)
    assert give(world, new_offer(world, ends_at=ends)).expires_at == ends


@pytest.mark.parametrize(
    "fields", [{"active": False}, {"ends_at": timezone.now() - timedelta(days=1)}, {"budget": 499}]
)
def test_an_offer_that_is_off_over_or_used_up_gives_no_code(world: World, fields: dict[str, Any]) -> None:
    with pytest.raises(NotAllowed):
        give(world, new_offer(world, **fields))
    assert not CouponCode.objects.exists()


def test_a_buyer_gets_as_many_as_the_offer_allows(world: World) -> None:
    offer = new_offer(world, per_buyer=2, value=100)
    give(world, offer)
    give(world, offer, "k2")
    with pytest.raises(NotAllowed, match="already"):
        give(world, offer, "k3")
    give(world, offer, "k4", conversation_id=new_buyer(world, "2").id)


def test_a_store_that_makes_no_codes_gets_none(world: World, offer: Coupon) -> None:
    Connection.objects.all().delete()
    with pytest.raises(NotAllowed):
        give(world, offer)


def test_the_same_key_is_the_same_code_and_another_body_a_conflict(world: World, offer: Coupon) -> None:
    code = give(world, offer)
    assert give(world, offer) == code
    assert committed(offer) == 500
    with pytest.raises(IdempotencyConflict):
        give(world, offer, reason="Another")
    assert Event.objects.filter(name="coupon.asked").count() == 1


def test_another_stores_offer_conversation_and_buyer_are_not_found(world: World, offer: Coupon) -> None:
    elsewhere = Store.objects.get(key="other")
    stranger = Buyer.objects.create(store=elsewhere, external_id="1")
    with pytest.raises(NotFound):
        give(world, offer, agent=world.stranger)
    with pytest.raises(NotFound):
        give(world, offer, agent=world.admin, conversation_id=None, buyer_id=stranger.id)
    with pytest.raises(NotFound):
        give(world, new_offer(world, store=elsewhere), agent=world.admin)
    with pytest.raises(NotFound):
        give(world, new_offer(world, store=elsewhere))
    with pytest.raises(InvalidParams):
        give(world, offer, buyer_id=Buyer.objects.create(store=world.store).id)
    with pytest.raises(InvalidParams):
        give(world, offer, conversation_id=None)
    assert not CouponCode.objects.exists()


@pytest.mark.parametrize("key", ["", "x" * 65, "a b", "é", None, 3])
def test_a_key_that_is_none_is_refused(world: World, offer: Coupon, key: Any) -> None:
    with pytest.raises(InvalidParams):
        give(world, offer, key)


# -- Limits


def test_above_the_limit_for_one_code_it_waits_with_a_reason(world: World) -> None:
    offer = new_offer(world, value=1_100, budget=1_100)
    with pytest.raises(InvalidParams) as refusal:
        give(world, offer)
    assert refusal.value.attr == "reason"
    code = give(world, offer, reason="Broken twice")
    assert (code.state, code.over) == ("waiting", ["code"])
    assert committed(offer) == 1_100  # nobody else gives it away meanwhile
    assert list(issuing.waiting(world.supervisor)) == [code]
    assert list(issuing.waiting(world.stranger)) == []


def test_a_large_one_is_not_given_in_slices(world: World) -> None:
    give(world, new_offer(world, value=700))
    code = give(world, new_offer(world, value=700), "k2", agent=world.colleague, reason="Another")
    assert (code.state, code.over) == ("waiting", ["buyer"])


def test_a_days_limit_counts_all_buyers(world: World) -> None:
    offer = new_offer(world, value=800)
    give(world, offer)
    other = new_buyer(world, "2").id
    assert give(world, offer, "k2", conversation_id=other, reason="Late").over == ["day"]
    assert (
        give(world, offer, "k3", conversation_id=new_buyer(world, "3").id, agent=world.colleague).over == []
    )
    assert limits.lefts(world.store, world.agent, world.buyer) == {"code": 1_000, "buyer": 200, "day": 700}


def test_a_store_may_want_a_reason_for_every_code(world: World, offer: Coupon) -> None:
    Limit.objects.create(store=world.store, role="agent", kind="coupon", needs_reason=True)
    with pytest.raises(InvalidParams):
        give(world, offer)
    assert give(world, offer, reason="Late").state == "creating"


def test_a_second_person_approves_within_their_own_limits(world: World) -> None:
    code = give(world, new_offer(world, value=1_500), reason="Broken")
    with pytest.raises(Forbidden):
        issuing.approve(agent=world.colleague, code_id=code.id)
    with pytest.raises(NotFound):
        issuing.approve(agent=world.stranger, code_id=code.id)
    approved = issuing.approve(agent=world.supervisor, code_id=code.id, comment="Fine")
    assert (approved.state, approved.approver, approved.decision) == ("creating", world.supervisor, "Fine")
    assert issuing.approve(agent=world.supervisor, code_id=code.id) == approved
    assert Event.objects.filter(name="coupon.decided").count() == 1
    with pytest.raises(TooLate):
        issuing.reject(agent=world.admin, code_id=code.id, comment="No")


def test_nobody_approves_their_own_and_nobody_above_their_limits(world: World) -> None:
    own = give(world, new_offer(world, value=2_500), agent=world.supervisor, reason="Large")
    with pytest.raises(Forbidden):
        issuing.approve(agent=world.supervisor, code_id=own.id)
    high = give(world, new_offer(world, value=2_600), "k2", reason="Large")
    with pytest.raises(LimitExceeded) as refusal:
        issuing.approve(agent=world.supervisor, code_id=high.id)
    assert refusal.value.left == 2_000
    assert issuing.approve(agent=world.admin, code_id=high.id).state == "creating"


def test_a_rejection_says_why_and_gives_the_budget_back(world: World) -> None:
    offer = new_offer(world, value=1_500)
    code = give(world, offer, reason="Broken")
    with pytest.raises(InvalidParams):
        issuing.reject(agent=world.supervisor, code_id=code.id, comment=" ")
    assert issuing.reject(agent=world.supervisor, code_id=code.id, comment="Too much").state == "rejected"
    assert committed(offer) == 0
    give(world, offer, "k2", reason="Please")  # the buyer has none


def test_an_offer_that_ended_while_a_code_waited_is_not_approved(world: World) -> None:
    code = give(world, new_offer(world, value=1_500), reason="Broken")
    Coupon.objects.update(active=False)
    with pytest.raises(NotAllowed):
        issuing.approve(agent=world.supervisor, code_id=code.id)


def test_what_waits_is_taken_back_by_who_asked(world: World) -> None:
    offer = new_offer(world, value=1_500)
    code = give(world, offer, reason="Broken")
    with pytest.raises(Forbidden):
        issuing.revoke(agent=world.colleague, code_id=code.id)
    assert issuing.revoke(agent=world.agent, code_id=code.id).state == "revoked"
    assert committed(offer) == 0


# -- At once


@pytest.mark.django_db(transaction=True)
def test_twenty_times_the_same_key_is_one_code(world: World) -> None:
    offer = new_offer(world)
    results = at_once(20, lambda _: give(world, offer).pk)
    assert len(set(results)) == 1
    assert CouponCode.objects.count() == 1
    assert committed(offer) == 500


@pytest.mark.django_db(transaction=True)
def test_twenty_keys_at_once_never_exceed_the_budget(world: World, settings: Any) -> None:
    settings.ORDER_LIMITS = {"agent": {}}
    offer = new_offer(world, budget=2_600)
    places = [new_buyer(world, str(n)).id for n in range(20)]
    results = at_once(20, lambda n: give(world, offer, f"k{n}", conversation_id=places[n]))
    assert sorted(type(r).__name__ for r in results) == ["CouponCode"] * 5 + ["NotAllowed"] * 15
    assert committed(offer) == 2_500


@pytest.mark.django_db(transaction=True)
def test_twenty_keys_at_once_never_exceed_the_days_limit(world: World) -> None:
    offers = [new_offer(world, value=400) for _ in range(20)]
    places = [new_buyer(world, str(n)).id for n in range(20)]
    results = at_once(20, lambda n: give(world, offers[n], f"k{n}", conversation_id=places[n], reason="Many"))
    assert sorted(code.state for code in results) == ["creating"] * 3 + ["waiting"] * 17


@pytest.mark.django_db(transaction=True)
def test_twenty_keys_for_one_buyer_are_one_code(world: World) -> None:
    offer = new_offer(world, value=10)
    results = at_once(20, lambda n: give(world, offer, f"k{n}"))
    assert [r for r in results if isinstance(r, CouponCode)] == list(CouponCode.objects.all())
    assert CouponCode.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_of_many_decisions_at_once_holds(world: World) -> None:
    code = give(world, new_offer(world, value=1_500), reason="Broken")

    def decide(n: int) -> str:
        if n % 2:
            return issuing.reject(agent=world.admin, code_id=code.id, comment="No").state
        return issuing.approve(agent=world.supervisor, code_id=code.id).state

    results = at_once(8, decide)
    assert len({r for r in results if isinstance(r, str)}) == 1
    assert {type(r).__name__ for r in results if not isinstance(r, str)} == {"TooLate"}


@pytest.mark.django_db(transaction=True)
def test_the_database_itself_holds_the_budget(world: World) -> None:
    from django.db import IntegrityError

    offer = new_offer(world, budget=100)
    with pytest.raises(IntegrityError):
        Coupon.objects.filter(pk=offer.pk).update(committed=101)


@pytest.mark.django_db(transaction=True)
def test_what_a_code_promises_stays_when_the_offer_changes(world: World, offer: Coupon) -> None:
    code = made(world, offer)
    Coupon.objects.update(name="Other", value=1)
    code.refresh_from_db()
    assert (code.terms["name"], code.terms["value"], code.value) == ("Sorry", 500, 500)
