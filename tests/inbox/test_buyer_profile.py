"""What agents write down about a buyer, and whom they keep from writing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from events.models import Event
from events.record import Actor
from inbox.errors import Invalid, NotFound
from inbox.models import Message
from inbox.services import (
    Blocked,
    Draft,
    block_buyer,
    post_message,
    set_mood,
    tag_buyer,
    unblock_buyer,
)
from people.models import Buyer, BuyerTag
from tests.factories import World

pytestmark = pytest.mark.django_db


def says(world: World, buyer: Buyer | None = None, body: str = "Hello") -> Message:
    buyer = buyer or Buyer.objects.get(pk=world.kim.pk)
    draft = Draft(
        actor=Actor.buyer(buyer),
        client_id=f"c{Message.objects.count()}",
        body=body,
        buyer_id=buyer.id,
        channel_id=world.channel.id,
    )
    return post_message(draft).message


def test_tags_are_found_whatever_their_capitals_and_made_where_they_are_new(world: World) -> None:
    BuyerTag.objects.create(name="VIP", color="amber")
    buyer = tag_buyer(agent=world.ann, buyer_id=world.kim.id, tags=["vip", " returns  a lot ", "vip"])
    assert [tag.name for tag in buyer.tags.all()] == ["VIP", "returns a lot"]
    assert Event.objects.get(name="buyer.tagged").data["after"] == ["vip", "returns a lot"]
    tag_buyer(agent=world.ann, buyer_id=world.kim.id, tags=["returns a lot", "vip"])
    assert Event.objects.filter(name="buyer.tagged").count() in (1, 2)


@pytest.mark.parametrize("tags", [[""], ["x" * 41], [str(n) for n in range(13)], ["\x00"]])
def test_tags_that_cannot_be_are_refused(world: World, tags: list[str]) -> None:
    with pytest.raises(Invalid):
        tag_buyer(agent=world.ann, buyer_id=world.kim.id, tags=tags)
    assert not BuyerTag.objects.exists()


def test_friendliness_is_one_to_five_or_unknown(world: World) -> None:
    assert set_mood(agent=world.ann, buyer_id=world.kim.id, mood=2).mood == 2
    assert set_mood(agent=world.ann, buyer_id=world.kim.id, mood=None).mood is None
    for mood in (0, 6):
        with pytest.raises(Invalid):
            set_mood(agent=world.ann, buyer_id=world.kim.id, mood=mood)


def test_a_blocked_buyer_writes_nothing_until_the_end_of_it(world: World) -> None:
    says(world)
    end = timezone.now() + timedelta(hours=1)
    block_buyer(agent=world.ann, buyer_id=world.kim.id, reason="Threats", until=end)
    with pytest.raises(Blocked) as refusal:
        says(world)
    assert (refusal.value.status, refusal.value.code) == (403, "blocked")
    assert "Threats" not in refusal.value.detail
    Buyer.objects.update(blocked_until=timezone.now() - timedelta(seconds=1))
    assert says(world).seq == 2


def test_a_blocked_buyer_opens_no_conversation(world: World) -> None:
    block_buyer(agent=world.ann, buyer_id=world.kim.id, reason="Spam")
    with pytest.raises(Blocked):
        says(world)
    assert not Message.objects.exists()


def test_one_who_is_blocked_does_not_hinder_others(world: World) -> None:
    from inbox.services import post_messages

    other = Buyer.objects.create(store=world.store, name="Lee")
    block_buyer(agent=world.ann, buyer_id=world.kim.id, reason="Spam")
    drafts = [
        Draft(actor=Actor.buyer(b), client_id="c", body="Hi", buyer_id=b.id, channel_id=world.channel.id)
        for b in (world.kim, other)
    ]
    first, second = post_messages(drafts)
    assert isinstance(first, Blocked)
    assert not isinstance(second, Exception)


def test_lifting_a_block_says_who_did_it(world: World) -> None:
    block_buyer(agent=world.ann, buyer_id=world.kim.id, reason="Spam")
    unblock_buyer(agent=world.bob, buyer_id=world.kim.id)
    block = world.kim.blocks.get()
    assert (block.agent, block.lifted_by, block.reason) == (world.ann, world.bob, "Spam")
    assert says(world).seq == 1
    names = list(Event.objects.order_by("id").values_list("name", "actor_name"))
    assert ("buyer.blocked", "Ann") in names
    assert ("buyer.unblocked", "Bob") in names


def test_a_block_needs_a_reason_and_an_end_that_is_to_come(world: World) -> None:
    for reason, until in (("", None), ("x" * 201, None), ("Spam", timezone.now() - timedelta(1))):
        with pytest.raises(Invalid):
            block_buyer(agent=world.ann, buyer_id=world.kim.id, reason=reason, until=until)


def test_another_teams_buyer_is_not_found(world: World) -> None:
    for call in (
        lambda: tag_buyer(agent=world.zoe, buyer_id=world.kim.id, tags=["x"]),
        lambda: set_mood(agent=world.zoe, buyer_id=world.kim.id, mood=1),
        lambda: block_buyer(agent=world.zoe, buyer_id=world.kim.id, reason="x"),
        lambda: unblock_buyer(agent=world.zoe, buyer_id=world.kim.id),
    ):
        with pytest.raises(NotFound):
            call()
