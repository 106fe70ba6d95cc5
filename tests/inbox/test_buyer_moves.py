"""What a visitor has, and what was decided about them, goes along when it turns out who they are."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from inbox.services import block_buyer, merge_buyers, set_mood, split_buyer, start_session, tag_buyer
from orders.models import Coupon, CouponCode
from people.models import Buyer
from tests.factories import World, identity, make_buyer
from tests.inbox.test_buyer_profile import says

pytestmark = pytest.mark.django_db


def give_code(world: World, buyer: Buyer) -> CouponCode:
    coupon = Coupon.objects.create(store=world.store, name="5 off", value=500, currency="USD")
    fields: dict[str, Any] = {"coupon": coupon, "store": world.store, "buyer": buyer, "agent": world.ann}
    end = timezone.now() + timedelta(days=1)
    return CouponCode.objects.create(
        **fields, code="ABCD", idempotency_key="k", value=500, currency="USD", expires_at=end
    )


def test_a_coupon_code_goes_along_when_a_visitor_logs_in_at_the_store(world: World) -> None:
    token, session = start_session(store=world.store)
    says(world, session.buyer)
    code = give_code(world, session.buyer)
    start_session(store=world.store, visitor_token=token, identity_token=identity(world.store, "1001"))
    code.refresh_from_db()
    assert code.buyer == world.kim
    assert not Buyer.objects.filter(pk=session.buyer_id).exists()


def test_a_visitor_with_whom_another_was_merged_can_log_in(world: World) -> None:
    token, session = start_session(store=world.store)
    other = make_buyer(world.store, name="Same")
    merge = merge_buyers(agent=world.ann, buyer_id=session.buyer_id, other_id=other.id)
    start_session(store=world.store, visitor_token=token, identity_token=identity(world.store, "1001"))
    merge.refresh_from_db()
    other.refresh_from_db()
    assert (merge.kept, other.merged_into) == (world.kim, world.kim)


def test_who_is_blocked_does_not_get_out_of_it_by_logging_in(world: World) -> None:
    token, session = start_session(store=world.store)
    block_buyer(agent=world.ann, buyer_id=session.buyer_id, reason="Threats")
    start_session(store=world.store, visitor_token=token, identity_token=identity(world.store, "1001"))
    world.kim.refresh_from_db()
    assert world.kim.is_blocked()
    assert world.kim.blocks.get().reason == "Threats"


def test_a_block_goes_along_with_a_merge_and_back_with_a_split(world: World) -> None:
    other = make_buyer(world.store, name="Kim?")
    block_buyer(agent=world.ann, buyer_id=other.id, reason="Threats")
    merge = merge_buyers(agent=world.ann, buyer_id=world.kim.id, other_id=other.id)
    world.kim.refresh_from_db()
    assert world.kim.is_blocked()
    split_buyer(agent=world.ann, merge_id=merge.id)
    world.kim.refresh_from_db()
    other.refresh_from_db()
    assert (world.kim.is_blocked(), other.is_blocked()) == (False, True)


def test_tags_go_along_with_a_merge_and_only_those_that_were_new_go_back(world: World) -> None:
    other = make_buyer(world.store, name="Kim?")
    tag_buyer(agent=world.ann, buyer_id=world.kim.id, tags=["VIP"])
    tag_buyer(agent=world.ann, buyer_id=other.id, tags=["VIP", "Wholesale"])
    merge = merge_buyers(agent=world.ann, buyer_id=world.kim.id, other_id=other.id)
    assert {tag.name for tag in world.kim.tags.all()} == {"VIP", "Wholesale"}
    split_buyer(agent=world.ann, merge_id=merge.id)
    assert {tag.name for tag in world.kim.tags.all()} == {"VIP"}
    assert {tag.name for tag in other.tags.all()} == {"VIP", "Wholesale"}


def test_what_agents_noted_of_a_visitor_is_known_of_the_buyer(world: World) -> None:
    token, session = start_session(store=world.store)
    tag_buyer(agent=world.ann, buyer_id=session.buyer_id, tags=["Wholesale"])
    set_mood(agent=world.ann, buyer_id=session.buyer_id, mood=2)
    start_session(store=world.store, visitor_token=token, identity_token=identity(world.store, "1001"))
    world.kim.refresh_from_db()
    assert ([tag.name for tag in world.kim.tags.all()], world.kim.mood) == (["Wholesale"], 2)
