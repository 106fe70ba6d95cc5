"""Who might be the same person is suggested; who certainly is becomes one, and can be two again."""

from typing import Any

import pytest

from events.models import Event
from inbox import inbound
from inbox.errors import Invalid, NotFound
from inbox.inbound import Said
from inbox.models import Channel, Message
from inbox.services import join_proven, merge_buyers, same_person, split_buyer, start_session, tell_apart
from inbox.services.identity import suggestions
from people.models import Buyer, BuyerIdentity, BuyerMerge
from tests.factories import World, identity, make_buyer
from tests.orders.conftest import at_once

pytestmark = pytest.mark.django_db

NUMBER = "+442071838750"


@pytest.fixture
def whatsapp(world: World) -> Channel:
    return Channel.objects.create(store=world.store, kind="whatsapp", name="WhatsApp")


def writes(channel: Channel, number: str = "1", *, sender: str = NUMBER, proven: bool = True) -> Buyer:
    message = inbound.take_in(channel, Said(external_id=number, sender=sender, text="Hi", proven=proven))
    assert message is not None
    return Buyer.objects.select_related("store").get(conversations=message.conversation_id)


def logs_in(world: World, sub: str = "1001", **claims: Any) -> Buyer:
    _token, session = start_session(store=world.store, identity_token=identity(world.store, sub, **claims))
    return Buyer.objects.select_related("store").get(pk=session.buyer_id)


PROVEN = {"phone": "020 7183 8750", "phone_number_verified": True}


# -- Suggested


@pytest.mark.parametrize("written", ["+442071838750", "020 7183 8750", "+44 20 7183 8750", "0044 2071838750"])
def test_a_number_is_the_same_however_it_is_written(world: World, whatsapp: Channel, written: str) -> None:
    world.kim.phone, world.kim.country = written.replace("0044 ", "0044"), "GB"
    world.kim.save()
    visitor = writes(whatsapp)
    assert same_person(world.ann, world.kim) == [visitor]
    assert same_person(world.ann, visitor) == [world.kim]


def test_a_suggestion_says_what_both_have(world: World) -> None:
    other = make_buyer(world.store, name="Kim?")
    BuyerIdentity.objects.create(store=world.store, buyer=other, kind="email", value="kim@buyers.test")
    [found] = suggestions(world.ann, world.kim)
    assert (found.other, found.shared) == (other, "kim@buyers.test")


def test_nobody_of_another_store_is_suggested(world: World) -> None:
    make_buyer(world.other_store, email=world.kim.email)
    assert same_person(world.ann, world.kim) == []


def test_two_whom_the_store_vouches_for_are_not_suggested(world: World) -> None:
    make_buyer(world.store, external_id="1002", email=world.kim.email)
    assert same_person(world.ann, world.kim) == []


def test_who_was_told_apart_is_not_suggested_again(world: World) -> None:
    other = make_buyer(world.store, email=world.kim.email)
    tell_apart(agent=world.ann, buyer_id=world.kim.id, other_id=other.id)
    tell_apart(agent=world.bob, buyer_id=other.id, other_id=world.kim.id)
    assert same_person(world.ann, world.kim) == same_person(world.ann, other) == []
    assert Event.objects.filter(name="buyer.told_apart").count() == 1
    third = make_buyer(world.store, email=world.kim.email)
    assert same_person(world.ann, world.kim) == [third]


def test_only_who_serves_them_tells_them_apart(world: World) -> None:
    other = make_buyer(world.store, email=world.kim.email)
    with pytest.raises(NotFound):
        tell_apart(agent=world.zoe, buyer_id=world.kim.id, other_id=other.id)
    with pytest.raises(Invalid):
        tell_apart(agent=world.ann, buyer_id=world.kim.id, other_id=world.kim.id)


# -- By itself


def test_a_number_that_both_sides_have_proven_makes_them_one(world: World, whatsapp: Channel) -> None:
    world.store.country = "GB"
    world.store.save()
    visitor = writes(whatsapp)
    kim = logs_in(world, **PROVEN)
    merge = BuyerMerge.objects.get()
    assert (merge.kept, merge.merged, merge.agent, merge.reason) == (kim, visitor, None, NUMBER)
    assert Message.objects.get(author_kind="buyer").conversation.buyer == kim
    assert Event.objects.filter(name="buyer.merged").count() == 1
    assert writes(whatsapp, "2") == kim, "what comes next is theirs at once"


def test_it_is_found_out_also_when_they_write_later(world: World, whatsapp: Channel) -> None:
    world.store.country = "GB"
    world.store.save()
    kim = logs_in(world, **PROVEN)
    assert writes(whatsapp) == kim
    assert BuyerMerge.objects.get().kept == kim


def test_an_unproven_sender_is_only_suggested(world: World, whatsapp: Channel) -> None:
    kim = logs_in(world, email="kim@buyers.test", email_verified=True)
    other = make_buyer(world.store, name="Kim?")
    fields: dict[str, Any] = {"kind": "email", "value": "kim@buyers.test", "verified": False}
    BuyerIdentity.objects.create(store=world.store, buyer=other, **fields)
    assert join_proven(other.id) == join_proven(kim.id) == []
    assert same_person(world.ann, kim) == [other]


@pytest.mark.parametrize("claims", [{}, {"phone_number_verified": "true"}, {"phone_number_verified": 1}])
def test_a_number_that_the_store_has_not_proven_is_only_suggested(
    world: World, whatsapp: Channel, claims: dict[str, Any]
) -> None:
    visitor = writes(whatsapp)
    kim = logs_in(world, phone=NUMBER, **claims)
    assert not BuyerMerge.objects.exists()
    assert same_person(world.ann, kim) == [visitor]


def test_two_of_the_stores_own_buyers_are_never_made_one(world: World, whatsapp: Channel) -> None:
    first = logs_in(world, "1001", phone=NUMBER, phone_number_verified=True)
    second = logs_in(world, "1002", phone=NUMBER, phone_number_verified=True)
    assert first != second
    assert not BuyerMerge.objects.exists()
    assert BuyerIdentity.objects.get(kind="store_phone").buyer == second, "the store said so last"


def test_who_shares_with_two_of_them_is_for_a_person_to_judge(world: World, whatsapp: Channel) -> None:
    visitor = writes(whatsapp)
    fields: dict[str, Any] = {"kind": "email", "value": "both@buyers.test", "verified": True}
    BuyerIdentity.objects.create(store=world.store, buyer=visitor, **fields)
    other = make_buyer(world.store, external_id="1002")
    fields = {"kind": "store_email", "value": "both@buyers.test", "verified": True}
    BuyerIdentity.objects.create(store=world.store, buyer=other, **fields)
    logs_in(world, phone=NUMBER, phone_number_verified=True)
    assert join_proven(visitor.id) == join_proven(other.id) == []
    assert not BuyerMerge.objects.exists()


def test_all_of_one_buyers_addresses_lead_to_them(world: World, whatsapp: Channel) -> None:
    writes(whatsapp)
    other = make_buyer(world.store, name="Kim by mail")
    fields: dict[str, Any] = {"kind": "email", "value": "kim@buyers.test", "verified": True}
    BuyerIdentity.objects.create(store=world.store, buyer=other, **fields)
    kim = logs_in(
        world, phone=NUMBER, phone_number_verified=True, email="Kim@buyers.test", email_verified=True
    )
    assert [merge.kept for merge in BuyerMerge.objects.all()] == [kim, kim]


def test_what_a_person_split_is_not_merged_again(world: World, whatsapp: Channel) -> None:
    visitor = writes(whatsapp)
    kim = logs_in(world, phone=NUMBER, phone_number_verified=True)
    split_buyer(agent=world.ann, merge_id=BuyerMerge.objects.get().id)
    assert writes(whatsapp, "2") == visitor
    logs_in(world, phone=NUMBER, phone_number_verified=True)
    assert BuyerMerge.objects.filter(undone_at__isnull=True).count() == 0
    assert same_person(world.ann, kim) == [visitor], "a person may still do it"


def test_who_was_told_apart_is_not_merged_either(world: World, whatsapp: Channel) -> None:
    visitor = writes(whatsapp)
    tell_apart(agent=world.ann, buyer_id=world.kim.id, other_id=visitor.id)
    logs_in(world, phone=NUMBER, phone_number_verified=True)
    assert not BuyerMerge.objects.exists()


def test_the_same_number_at_another_store_is_another_matter(world: World, whatsapp: Channel) -> None:
    theirs = Channel.objects.create(store=world.other_store, kind="whatsapp", name="WhatsApp")
    writes(theirs)
    logs_in(world, phone=NUMBER, phone_number_verified=True)
    assert not BuyerMerge.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_proofs_at_once_are_one_merge(world: World, whatsapp: Channel) -> None:
    visitor = writes(whatsapp)
    fields: dict[str, Any] = {"kind": "store_phone", "value": NUMBER, "verified": True}
    BuyerIdentity.objects.create(store=world.store, buyer=world.kim, **fields)
    found = at_once(5, lambda n: join_proven(visitor.id if n % 2 else world.kim.id))
    assert not [error for error in found if isinstance(error, Exception)]
    assert BuyerMerge.objects.count() == 1


def test_a_person_may_still_merge_what_is_not_proven(world: World) -> None:
    other = make_buyer(world.store, email=world.kim.email)
    merge = merge_buyers(agent=world.ann, buyer_id=world.kim.id, other_id=other.id)
    assert (merge.agent, merge.reason) == (world.ann, "")
