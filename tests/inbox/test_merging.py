"""Two rows of one person become one, and two again."""

from typing import Any

import pytest
from django.db.models import Q

from inbox.errors import Conflict, Invalid, NotFound
from inbox.models import Conversation, Message
from inbox.search import find_buyers, index_buyer
from inbox.services import merge_buyers, same_person, split_buyer, start_session
from orders.models import Order
from people.models import Buyer, BuyerIdentity, VisitorSession
from people.visitors import authenticate
from tests.factories import World, make_buyer
from tests.inbox.test_buyer_profile import says
from tests.orders.conftest import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor(world: World) -> Buyer:
    """A visitor who says they are Kim, and has written."""
    buyer = make_buyer(world.store, name="Kim?", email="KIM@buyers.test")
    BuyerIdentity.objects.create(store=world.store, buyer=buyer, kind="email", value="kim@buyers.test")
    index_buyer(buyer)
    index_buyer(world.kim)
    says(world, buyer)
    return buyer


def test_who_shares_an_address_is_suggested(world: World, visitor: Buyer) -> None:
    assert same_person(world.ann, world.kim) == [visitor]
    assert same_person(world.ann, visitor) == [world.kim]
    assert same_person(world.zoe, world.kim) == []


def test_the_one_whom_the_store_vouches_for_stays(world: World, visitor: Buyer) -> None:
    for first, second in ((world.kim, visitor), (visitor, world.kim)):
        merge = merge_buyers(agent=world.ann, buyer_id=first.id, other_id=second.id)
        assert (merge.kept_id, merge.merged_id) == (world.kim.id, visitor.id)
        split_buyer(agent=world.ann, merge_id=merge.id)


def test_what_was_the_others_moves_and_goes_back(world: World, visitor: Buyer) -> None:
    merge = merge_buyers(agent=world.ann, buyer_id=world.kim.id, other_id=visitor.id)
    conversation = Conversation.objects.get()
    assert conversation.buyer == world.kim
    assert Message.objects.get(seq=1).author_id == world.kim.id
    assert BuyerIdentity.objects.get(kind="email").buyer == world.kim
    assert find_buyers("Kim", None, limit=9) == [world.kim]
    split_buyer(agent=world.bob, merge_id=merge.id)
    conversation.refresh_from_db()
    assert conversation.buyer == visitor
    assert Message.objects.get(seq=1).author_id == visitor.id
    assert BuyerIdentity.objects.get(kind="email").buyer == visitor
    assert set(find_buyers("Kim", None, limit=9)) == {world.kim, visitor}


def test_of_two_live_conversations_the_later_one_goes_on(world: World, visitor: Buyer) -> None:
    says(world)
    merge_buyers(agent=world.ann, buyer_id=world.kim.id, other_id=visitor.id)
    live = Conversation.objects.get(~Q(status="resolved"))
    closed = Conversation.objects.get(status="resolved")
    assert {live.buyer_id, closed.buyer_id} == {world.kim.id}
    assert live.last_at > closed.messages.get(seq=1).created_at
    assert closed.messages.filter(kind="system", private=True).count() == 1


def test_a_browser_nobody_vouched_for_sees_nothing_of_a_verified_buyer(world: World) -> None:
    token, session = start_session(store=world.store)
    says(world, session.buyer)
    merge_buyers(agent=world.ann, buyer_id=world.kim.id, other_id=session.buyer_id)
    assert authenticate(token) is None
    assert not VisitorSession.objects.filter(buyer=world.kim, revoked_at__isnull=True).exists()


def test_browsers_of_two_unknown_visitors_go_on_as_one(world: World) -> None:
    token, session = start_session(store=world.store)
    other = make_buyer(world.store, name="Same")
    merge = merge_buyers(agent=world.ann, buyer_id=other.id, other_id=session.buyer_id)
    found = authenticate(token)
    assert found is not None
    assert found.buyer == other
    split_buyer(agent=world.ann, merge_id=merge.id)
    found = authenticate(token)
    assert found is not None
    assert found.buyer_id == session.buyer_id


def test_two_whom_the_store_vouches_for_are_never_one(world: World) -> None:
    other = make_buyer(world.store, external_id="2", name="Lee")
    with pytest.raises(Conflict):
        merge_buyers(agent=world.ann, buyer_id=world.kim.id, other_id=other.id)


def test_orders_move_along(world: World) -> None:
    a, b = make_buyer(world.store, name="A"), make_buyer(world.store, name="B")
    Order.objects.create(store=world.store, buyer=b, number="7", currency="USD")
    merge = merge_buyers(agent=world.ann, buyer_id=a.id, other_id=b.id)
    assert Order.objects.get(number="7").buyer == a
    split_buyer(agent=world.ann, merge_id=merge.id)
    assert Order.objects.get(number="7").buyer == b


def test_what_cannot_be_merged(world: World, visitor: Buyer) -> None:
    elsewhere = make_buyer(world.other_store, name="Kim")
    cases: list[tuple[Any, Any, type[Exception]]] = [
        (world.ann, visitor, NotFound),
        (world.eve, elsewhere, Invalid),
        (world.ann, elsewhere, NotFound),
        (world.ann, world.kim, Invalid),
    ]
    for agent, other, error in cases[1:]:
        with pytest.raises(error):
            merge_buyers(agent=agent, buyer_id=world.kim.id, other_id=other.id)
    with pytest.raises(NotFound):
        merge_buyers(agent=world.zoe, buyer_id=world.kim.id, other_id=visitor.id)


def test_what_is_merged_is_not_merged_again_and_a_split_is_one(world: World, visitor: Buyer) -> None:
    merge = merge_buyers(agent=world.ann, buyer_id=world.kim.id, other_id=visitor.id)
    with pytest.raises(NotFound):
        merge_buyers(agent=world.ann, buyer_id=world.kim.id, other_id=visitor.id)
    with pytest.raises(NotFound):
        split_buyer(agent=world.zoe, merge_id=merge.id)
    first = split_buyer(agent=world.ann, merge_id=merge.id)
    assert split_buyer(agent=world.bob, merge_id=merge.id).undone_by == first.undone_by == world.ann


@pytest.mark.django_db(transaction=True)
def test_many_merges_at_once_are_one(world: World, visitor: Buyer) -> None:
    pairs = [(world.kim, visitor), (visitor, world.kim)]
    results = at_once(
        6,
        lambda n: merge_buyers(agent=world.ann, buyer_id=pairs[n % 2][0].id, other_id=pairs[n % 2][1].id),
    )
    assert sorted(type(r).__name__ for r in results) == ["BuyerMerge"] + ["NotFound"] * 5
    assert Conversation.objects.get().buyer == world.kim
