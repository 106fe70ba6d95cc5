"""An earlier conversation becomes part of another one, and one of its own again."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import ForeignKey, UUIDField
from django.forms.models import model_to_dict

from events.models import Event
from inbox.errors import Conflict, Invalid, NotFound
from inbox.lists import Filters, list_conversations
from inbox.live import conversation_of
from inbox.models import (
    Attachment,
    Conversation,
    ConversationMerge,
    Delivery,
    Draft,
    Mention,
    Message,
    RatingAsk,
    RatingRule,
    ReadMark,
    Tag,
)
from inbox.search import index_buyer, index_pending
from inbox.services import (
    assign,
    join_back,
    mark_read,
    merge_buyers,
    merge_conversations,
    post_message,
    rate,
    rating_asks,
    reopen,
    resolve,
    save_draft,
    separate,
    set_tags,
    split_buyer,
    split_conversation,
)
from orders.models import OrderAction, PaymentReminder
from tests import factories
from tests.factories import World
from tests.inbox.test_splitting import bodies, has_no_gaps, said
from tests.orders.conftest import at_once

pytestmark = pytest.mark.django_db


def ended(world: World, *words: str) -> Conversation:
    """A conversation that is over, and too long ago to be opened again by what the buyer writes next."""
    conversation = said(world, words[0]).conversation
    for number, body in enumerate(words[1:]):
        by = world.ann if number % 2 == 0 else world.kim
        said(world, body, by=by, conversation=conversation)
    resolve(agent=world.ann, conversation_id=conversation.id)
    ago = timedelta(days=30)
    rows = Conversation.objects.filter(pk=conversation.id)
    conversation.refresh_from_db()
    rows.update(
        created_at=conversation.created_at - ago,
        last_at=conversation.last_at - ago,
        resolved_at=(conversation.resolved_at or conversation.last_at) - ago,
        first_reply_at=conversation.first_reply_at - ago if conversation.first_reply_at else None,
    )
    for message in Message.objects.filter(conversation=conversation):
        Message.objects.filter(pk=message.pk).update(created_at=message.created_at - ago)
    conversation.refresh_from_db()
    return conversation


@pytest.fixture
def mug(world: World) -> Conversation:
    """What was said of a mug, a month ago."""
    return ended(world, "My mug is broken", "We send another", "Thanks!")


@pytest.fixture
def hat(world: World, mug: Conversation) -> Conversation:
    """What is said of a hat, now."""
    conversation = said(world, "Where is my hat?").conversation
    said(world, "On its way", by=world.ann, conversation=conversation)
    said(world, "And my mug?")
    conversation.refresh_from_db()
    assert conversation.id != mug.id
    return conversation


def merged(world: World, kept: Conversation, other: Conversation) -> ConversationMerge:
    merge = merge_conversations(agent=world.ann, conversation_id=kept.id, other_id=other.id)
    kept.refresh_from_db()
    other.refresh_from_db()
    return merge


def parted(world: World, merge: ConversationMerge, *conversations: Conversation) -> None:
    separate(agent=world.bob, merge_id=merge.id)
    for conversation in conversations:
        conversation.refresh_from_db()


def test_both_are_one_timeline_by_time(world: World, hat: Conversation, mug: Conversation) -> None:
    merged(world, hat, mug)
    assert bodies(hat) == [
        "My mug is broken",
        "We send another",
        "Thanks!",
        "Where is my hat?",
        "On its way",
        "And my mug?",
    ]
    assert bodies(mug) == []
    assert has_no_gaps(hat)
    assert has_no_gaps(mug)


def test_what_was_said_in_between_stands_in_between(
    world: World, hat: Conversation, mug: Conversation
) -> None:
    first, _reply, last = Message.objects.filter(conversation=mug).exclude(kind="system").order_by("seq")
    question = Message.objects.get(body="Where is my hat?")
    Message.objects.filter(pk=last.pk).update(created_at=question.created_at + timedelta(microseconds=1))
    Message.objects.filter(body="On its way").update(created_at=last.created_at + timedelta(days=31))
    merge = merged(world, hat, mug)
    said_then = bodies(hat)
    assert said_then.index("Where is my hat?") == said_then.index("Thanks!") - 1
    assert said_then.index(first.body) == 0
    assert has_no_gaps(hat)
    parted(world, merge, hat, mug)
    assert bodies(mug) == ["My mug is broken", "We send another", "Thanks!"]
    assert bodies(hat) == ["Where is my hat?", "On its way", "And my mug?"]
    assert has_no_gaps(hat)
    assert has_no_gaps(mug)


def test_it_goes_on_as_it_stood(world: World, hat: Conversation, mug: Conversation) -> None:
    waited, first = hat.waiting_since, mug.first_reply_at
    assert waited is not None
    merged(world, hat, mug)
    assert (hat.status, hat.waiting_since, hat.preview) == ("open", waited, "And my mug?")
    assert (hat.inbound_count, hat.first_reply_at) == (4, first)
    assert (mug.status, mug.merged_into_id, mug.inbound_count) == ("resolved", hat.id, 0)


def test_what_hangs_on_messages_goes_along_and_comes_back(
    world: World, hat: Conversation, mug: Conversation
) -> None:
    note = said(world, f"@{world.bob.name} look", by=world.ann, conversation=mug, private=True)
    delivery = Delivery.objects.get(message__body="We send another")
    late = Delivery.objects.get(message__body="On its way")
    file = Attachment.objects.create(
        conversation=mug,
        message=delivery.message,
        uploader="x",
        file="x",
        name="a.pdf",
        media_type="x",
        size=1,
    )
    mug.refresh_from_db()
    merge = merged(world, hat, mug)
    for one in (delivery, late, file, note):
        one.refresh_from_db()
    assert {delivery.conversation, late.conversation, file.conversation} == {hat}
    assert (delivery.seq, late.seq) == (delivery.message.seq, Message.objects.get(body="On its way").seq)
    assert Mention.objects.get().conversation == hat
    parted(world, merge, hat, mug)
    for one in (delivery, late, file, note):
        one.refresh_from_db()
    assert (delivery.conversation, late.conversation, file.conversation) == (mug, hat, mug)
    assert (delivery.seq, late.seq) == (delivery.message.seq, Message.objects.get(body="On its way").seq)
    assert Mention.objects.get().conversation == mug


def standing(*conversations: Conversation) -> list[Any]:
    """All that is known of conversations, but for the lines that tell of merging."""
    found: list[Any] = []
    for conversation in conversations:
        conversation.refresh_from_db()
        lines = Message.objects.filter(
            conversation=conversation, data__event__in=["conversation.merged", "conversation.separated"]
        )
        row = model_to_dict(conversation, exclude=["tags", "put_back_by"]) | {
            "last_seq": conversation.last_seq - lines.count(),
            "created_at": conversation.created_at,
        }
        messages = Message.objects.filter(conversation=conversation).exclude(pk__in=lines).order_by("seq")
        found.append(row)
        found.append(sorted(tag.name for tag in conversation.tags.all()))
        found.append(list(messages.values_list("id", "seq", "client_id", "created_at")))
        marks = ReadMark.objects.filter(conversation=conversation).order_by("agent")
        found.append(list(marks.values_list("agent", "seq", "inbound_seen")))
        found.append(list(Delivery.objects.filter(conversation=conversation).order_by("id").values()))
        found.append(list(Draft.objects.filter(conversation=conversation).order_by("id").values()))
        found.append(list(Mention.objects.filter(conversation=conversation).order_by("id").values()))
    return found


def test_taken_back_everything_is_as_it_was(world: World, hat: Conversation, mug: Conversation) -> None:
    vip, late = Tag.objects.create(name="vip"), Tag.objects.create(name="late")
    set_tags(agent=world.ann, conversation_id=mug.id, add=[vip.id, late.id])
    set_tags(agent=world.ann, conversation_id=hat.id, add=[late.id])
    mark_read(agent=world.ann, conversation_id=hat.id, seq=2)
    mark_read(agent=world.bob, conversation_id=mug.id, seq=3)
    mark_read(agent=world.sue, conversation_id=mug.id, seq=1)
    mark_read(agent=world.sue, conversation_id=hat.id, seq=99)
    save_draft(agent=world.bob, conversation_id=mug.id, body="I was going to say")
    save_draft(agent=world.ann, conversation_id=mug.id, body="old")
    save_draft(agent=world.ann, conversation_id=hat.id, body="new")
    before = standing(hat, mug)
    merge = merged(world, hat, mug)
    assert standing(hat, mug) != before
    assert {tag.name for tag in hat.tags.all()} == {"vip", "late"}
    assert not mug.tags.exists()
    assert Draft.objects.get(agent=world.bob).conversation == hat
    parted(world, merge)
    assert standing(hat, mug) == before


def test_what_was_said_since_stays_where_it_was_said(
    world: World, hat: Conversation, mug: Conversation
) -> None:
    merge = merged(world, hat, mug)
    said(world, "Hello again")
    said(world, "Hello!", by=world.bob, conversation=hat)
    parted(world, merge, hat, mug)
    assert bodies(mug) == ["My mug is broken", "We send another", "Thanks!"]
    assert bodies(hat) == ["Where is my hat?", "On its way", "And my mug?", "Hello again", "Hello!"]
    assert (hat.inbound_count, mug.inbound_count, hat.preview) == (3, 2, "Hello!")
    assert has_no_gaps(hat)
    said(world, "Still there?")
    assert bodies(hat)[-1] == "Still there?"


def test_nobody_is_told_of_what_was_over_as_if_it_were_new(
    world: World, hat: Conversation, mug: Conversation
) -> None:
    mark_read(agent=world.ann, conversation_id=hat.id, seq=1)
    mark_read(agent=world.bob, conversation_id=mug.id, seq=3)
    merged(world, hat, mug)

    def unread(agent: Any) -> int:
        return hat.inbound_count - ReadMark.objects.get(agent=agent, conversation=hat).inbound_seen

    assert unread(world.ann) == 1
    assert unread(world.bob) == 2
    question = Message.objects.get(body="Where is my hat?")
    assert ReadMark.objects.get(agent=world.ann, conversation=hat).seq == question.seq
    assert ReadMark.objects.get(agent=world.bob, conversation=hat).seq < question.seq


def test_an_answer_that_bears_the_same_id_is_no_repeat(
    world: World, hat: Conversation, mug: Conversation
) -> None:
    theirs = Message.objects.get(body="Thanks!")
    Message.objects.filter(body="And my mug?").update(client_id=theirs.client_id)
    merge = merged(world, hat, mug)
    assert Message.objects.filter(conversation=hat, client_id=theirs.client_id).count() == 1
    parted(world, merge)
    assert Message.objects.filter(client_id=theirs.client_id).count() == 2


def test_what_names_the_conversation_names_the_one_that_is_kept(
    world: World, hat: Conversation, mug: Conversation
) -> None:
    reminder = PaymentReminder.objects.create(
        order=world.order,
        buyer=world.kim,
        agent=world.ann,
        conversation_id=mug.id,
        message_id=mug.id,
        currency="USD",
    )
    merge = merged(world, hat, mug)
    reminder.refresh_from_db()
    assert reminder.conversation_id == hat.id
    parted(world, merge)
    reminder.refresh_from_db()
    assert reminder.conversation_id == mug.id


def test_every_column_that_names_a_conversation_is_thought_of() -> None:
    """A new one goes along with its message (services/places.py), or belongs into a holder of
    settings.CONVERSATION_HOLDERS; else say here why it stays."""
    of_the_row_itself = {"inbox.Conversation.merged_into", "inbox.Tagging.conversation"}
    by_message = {f"inbox.{name}.conversation" for name in ("Message", "Attachment", "Delivery", "Mention")}
    by_joining = {"inbox.Draft.conversation", "inbox.ReadMark.conversation"}
    what_was_joined = {"inbox.ConversationMerge.kept", "inbox.ConversationMerge.other"}
    happened_there = {"events.Event.conversation_id"}
    rated_as_it_was_resolved = {"inbox.Rating.conversation", "inbox.RatingAsk.conversation"}
    by_holders = {
        "orders.BuyerRequest.conversation_id",
        "orders.CouponCode.conversation_id",
        "orders.OrderAction.conversation_id",
        "orders.PaymentReminder.conversation_id",
        "orders.Review.conversation_id",
        "team.Task.conversation",
    }
    known = (
        of_the_row_itself
        | by_message
        | by_joining
        | what_was_joined
        | happened_there
        | by_holders
        | rated_as_it_was_resolved
    )
    named = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if (isinstance(field, ForeignKey) and field.related_model is Conversation)
        or (isinstance(field, UUIDField) and field.name.startswith("conversation"))
    }
    assert named - known == set()
    assert OrderAction._meta.label in {name.rpartition(".")[0] for name in by_holders}
    assert settings.CONVERSATION_HOLDERS


# -- The emptied one


def test_the_emptied_one_is_in_no_list(world: World, hat: Conversation, mug: Conversation) -> None:
    tag = Tag.objects.create(name="vip")
    set_tags(agent=world.ann, conversation_id=mug.id, add=[tag.id])
    index_pending()
    index_buyer(world.kim)

    def listed(view: str | None = None, **filters: Any) -> set[UUID]:
        rows, _next = list_conversations(world.ann, view, Filters(**filters))
        return {UUID(row["id"]) for row in rows}

    assert mug.id in listed("resolved")
    merge = merged(world, hat, mug)
    assert listed() == {hat.id}
    assert listed("resolved") == set()
    assert listed(buyer=world.kim.id) == {hat.id}
    assert listed(tag=tag.id) == {hat.id}
    assert listed(text="broken") == {hat.id}
    assert listed(text="Kim") == {hat.id}
    parted(world, merge)
    assert listed("resolved") == {mug.id}
    assert listed(text="broken") == {mug.id}


def test_what_is_said_to_the_emptied_one_is_said_in_the_other(
    world: World, hat: Conversation, mug: Conversation
) -> None:
    merged(world, hat, mug)
    posted = post_message(factories.agent_draft(world.ann, mug, "One more thing", client_id="once"))
    again = post_message(factories.agent_draft(world.ann, mug, "One more thing", client_id="once"))
    assert posted.conversation.id == hat.id
    assert (again.message.id, again.created) == (posted.message.id, False)
    assert bodies(mug) == []


def test_nothing_else_is_done_to_the_emptied_one(world: World, hat: Conversation, mug: Conversation) -> None:
    merged(world, hat, mug)
    given = {"agent": world.ann, "conversation_id": mug.id}
    tag = Tag.objects.create(name="vip")
    for refused in (
        lambda: reopen(**given),  # type: ignore[arg-type]
        lambda: assign(**given, to_agent=world.bob.id),  # type: ignore[arg-type]
        lambda: set_tags(**given, add=[tag.id]),  # type: ignore[arg-type]
        lambda: merge_conversations(**given, other_id=hat.id),  # type: ignore[arg-type]
        lambda: split_conversation(**given, seq=2),  # type: ignore[arg-type]
    ):
        with pytest.raises(Conflict) as error:
            refused()
        assert error.value.code == "merged"
    with pytest.raises(NotFound):
        rate(buyer_id=world.kim.id, conversation_id=mug.id, rating=5)


def test_a_buyer_goes_on_with_the_one_that_is_kept(
    world: World, hat: Conversation, mug: Conversation
) -> None:
    resolve(agent=world.ann, conversation_id=hat.id)
    merge = merged(world, mug, hat)  # the later one becomes part of the earlier one
    assert conversation_of(world.kim.id) == mug
    Conversation.objects.filter(pk=mug.id).update(resolved_at=hat.resolved_at)
    assert said(world, "Hello again").conversation.id == mug.id
    parted(world, merge, hat, mug)
    assert bodies(mug)[-1] == "Hello again"
    assert bodies(hat) == ["Where is my hat?", "On its way", "And my mug?"]
    assert (hat.preview, hat.last_public_seq) == ("And my mug?", 5)


def test_last_words_are_those_of_the_later_one_until_it_leaves(
    world: World, hat: Conversation, mug: Conversation
) -> None:
    resolve(agent=world.ann, conversation_id=hat.id)
    before = mug.preview, mug.last_at, mug.first_reply_at
    merge = merged(world, mug, hat)
    assert (mug.preview, mug.last_at) == (hat.preview, hat.last_at)
    parted(world, merge, mug)
    assert (mug.preview, mug.last_at, mug.first_reply_at) == before


def test_nobody_is_asked_how_the_emptied_one_was(world: World, hat: Conversation, mug: Conversation) -> None:
    RatingRule.objects.create(store=world.store, active=True)
    assert mug.resolved_at is not None
    ask = RatingAsk.objects.create(conversation=mug, round=mug.resolved_at, due_at=mug.resolved_at)
    mine = RatingAsk.objects.create(
        conversation=hat, round=mug.resolved_at, due_at=mug.resolved_at, state="asked", answer_seq=1
    )
    merge = merged(world, hat, mug)
    resolve(agent=world.ann, conversation_id=hat.id)
    mine.refresh_from_db()
    assert mine.answer_seq == Message.objects.get(body="Where is my hat?").seq
    assert rating_asks.ask(ask.id) is None
    ask.refresh_from_db()
    assert ask.state == "dropped"
    assert has_no_gaps(mug)
    parted(world, merge)
    mine.refresh_from_db()
    assert mine.answer_seq == 1


# -- What cannot be


def test_only_what_is_over_becomes_part_of_another(
    world: World, hat: Conversation, mug: Conversation
) -> None:
    with pytest.raises(Conflict) as error:
        merged(world, mug, hat)
    assert error.value.code == "not_resolved"


def test_only_conversations_of_one_buyer_are_merged(world: World, mug: Conversation) -> None:
    lee = factories.make_buyer(world.store, name="Lee")
    other = factories.buyer_says(lee).conversation
    with pytest.raises(Invalid):
        merged(world, other, mug)
    with pytest.raises(Invalid):
        merged(world, mug, mug)


def test_a_stranger_merges_and_separates_nothing(world: World, hat: Conversation, mug: Conversation) -> None:
    with pytest.raises(NotFound):
        merge_conversations(agent=world.zoe, conversation_id=hat.id, other_id=mug.id)
    merge = merged(world, hat, mug)
    with pytest.raises(NotFound):
        separate(agent=world.zoe, merge_id=merge.id)


def test_what_was_emptied_by_splitting_has_nothing_to_give(world: World, hat: Conversation) -> None:
    seq = Message.objects.get(body="And my mug?").seq
    made = split_conversation(agent=world.ann, conversation_id=hat.id, seq=seq)
    Message.objects.filter(conversation=made).delete()
    Conversation.objects.filter(pk=made.id).update(last_seq=0, status="resolved")
    with pytest.raises(Conflict) as error:
        merged(world, hat, made)
    assert error.value.code == "nothing_to_move"


def test_one_that_was_split_since_is_put_together_first(
    world: World, hat: Conversation, mug: Conversation
) -> None:
    before = standing(hat, mug)
    merge = merged(world, hat, mug)
    made = split_conversation(
        agent=world.ann, conversation_id=hat.id, seq=Message.objects.get(body="Thanks!").seq
    )
    with pytest.raises(Conflict) as error:
        separate(agent=world.ann, merge_id=merge.id)
    assert error.value.code == "split_since"
    join_back(agent=world.ann, conversation_id=made.id)
    parted(world, merge, hat, mug)
    assert bodies(mug) == ["My mug is broken", "We send another", "Thanks!"]
    assert standing(mug)[2] == before[9]


def test_many_are_merged_and_leave_in_any_order(world: World, mug: Conversation) -> None:
    coat = ended(world, "A coat", "Blue or red?")
    hat = said(world, "A hat").conversation
    before = standing(mug, coat, hat)
    first, second = merged(world, hat, mug), merged(world, hat, coat)
    assert has_no_gaps(hat)
    parted(world, first)
    assert bodies(mug) == ["My mug is broken", "We send another", "Thanks!"]
    assert bodies(hat) == ["A coat", "Blue or red?", "A hat"]
    parted(world, second)
    assert standing(mug, coat, hat) == before


def test_what_is_part_of_another_leaves_from_the_outside_in(world: World, mug: Conversation) -> None:
    coat = ended(world, "A coat", "Blue or red?")
    hat = said(world, "A hat").conversation
    inner = merged(world, coat, mug)
    outer = merged(world, hat, coat)
    assert bodies(hat)[0] == "My mug is broken"
    assert post_message(factories.agent_draft(world.ann, mug, "To the first")).conversation.id == hat.id
    with pytest.raises(Conflict) as error:
        separate(agent=world.ann, merge_id=inner.id)
    assert error.value.code == "merged"
    parted(world, outer)
    parted(world, inner, mug, coat, hat)
    assert bodies(mug) == ["My mug is broken", "We send another", "Thanks!"]
    assert bodies(coat) == ["A coat", "Blue or red?"]
    assert bodies(hat) == ["A hat", "To the first"]


def test_taken_back_twice_is_taken_back_once(world: World, hat: Conversation, mug: Conversation) -> None:
    merge = merged(world, hat, mug)
    parted(world, merge)
    at = ConversationMerge.objects.get().undone_at
    parted(world, merge)
    assert ConversationMerge.objects.get().undone_at == at
    again = merged(world, hat, mug)
    parted(world, merge, mug)  # one of before does not undo the one of now
    assert (again.undone_at, mug.merged_into_id) == (None, hat.id)


def test_two_buyers_are_not_parted_while_their_conversations_are_one(world: World) -> None:
    lee = factories.make_buyer(world.store, name="Lee")
    coat = factories.buyer_says(lee, "A coat").conversation
    resolve(agent=world.ann, conversation_id=coat.id)
    hat = said(world, "A hat").conversation
    buyers = merge_buyers(agent=world.ann, buyer_id=world.kim.id, other_id=lee.id)
    merge = merged(world, hat, coat)
    with pytest.raises(Conflict) as error:
        split_buyer(agent=world.ann, merge_id=buyers.id)
    assert error.value.code == "conversations_merged"
    parted(world, merge)
    split_buyer(agent=world.ann, merge_id=buyers.id)
    coat.refresh_from_db()
    assert coat.buyer == lee


# -- What is told


def test_a_line_says_so_to_agents_and_an_event_of_each(
    world: World, hat: Conversation, mug: Conversation
) -> None:
    merge = merged(world, hat, mug)
    line = Message.objects.get(data__event="conversation.merged")
    assert (line.conversation, line.private) == (hat, True)
    assert line.data is not None
    assert (line.data["merge"], line.data["messages"]) == (str(merge.id), 5)
    told = Event.objects.filter(name="conversation.merged")
    assert set(told.values_list("conversation_id", flat=True)) == {hat.id, mug.id}
    parted(world, merge)
    told = Event.objects.filter(name="conversation.separated")
    assert set(told.values_list("conversation_id", flat=True)) == {hat.id, mug.id}


# -- At the same moment


@pytest.mark.django_db(transaction=True)
def test_the_buyer_writes_while_it_is_merged_and_separated(world: World) -> None:
    mug = ended(world, "My mug is broken", "We send another")
    hat = said(world, "Where is my hat?").conversation

    def act(n: int) -> Any:
        if n == 0:
            return merge_conversations(agent=world.ann, conversation_id=hat.id, other_id=mug.id)
        if n % 3 == 0:
            return post_message(factories.agent_draft(world.bob, mug, f"agent {n}"))
        return factories.buyer_says(world.kim, f"buyer {n}")

    [merge, *_posted] = at_once(8, act)
    assert has_no_gaps(hat)
    assert has_no_gaps(mug)
    assert Message.objects.filter(body__startswith="buyer", conversation=hat).count() == 5
    assert Message.objects.filter(body__startswith="agent", conversation=hat).count() == 2

    def leave(n: int) -> Any:
        if n == 0:
            return separate(agent=world.ann, merge_id=merge.id)
        return factories.buyer_says(world.kim, f"later {n}")

    at_once(6, leave)
    assert has_no_gaps(hat)
    assert has_no_gaps(mug)
    assert Message.objects.filter(body__startswith="later", conversation=hat).count() == 5
    assert bodies(mug)[:2] == ["My mug is broken", "We send another"]


@pytest.mark.django_db(transaction=True)
def test_many_who_merge_and_separate_at_once_do_it_once(world: World) -> None:
    mug = ended(world, "My mug is broken", "We send another")
    hat = said(world, "Where is my hat?").conversation

    def merge(_n: int) -> Any:
        try:
            return merge_conversations(agent=world.ann, conversation_id=hat.id, other_id=mug.id)
        except Conflict:
            return None

    made = [one for one in at_once(4, merge) if one is not None]
    assert len(made) == 1
    at_once(4, lambda _n: separate(agent=world.ann, merge_id=made[0].id))
    assert Event.objects.filter(name="conversation.separated", conversation_id=hat.id).count() == 1
    assert bodies(mug) == ["My mug is broken", "We send another"]
    assert has_no_gaps(hat)
