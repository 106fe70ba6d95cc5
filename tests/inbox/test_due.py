"""By when a buyer is to be answered: through every way in which a wait begins, moves or ends."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events.models import Event
from inbox import due
from inbox.errors import Invalid
from inbox.models import Conversation, ReplyTarget, ReplyTargets, SpecialDay, StoreHours
from inbox.payloads import summary_data
from inbox.services import (
    assign,
    merge_buyers,
    post_message,
    post_messages,
    reopen,
    resolve,
    set_priority,
    snooze,
    split_conversation,
    start_session,
    wake_due,
)
from inbox.services.hours import save_hours
from inbox.services.overdue import tell_due
from inbox.services.splitting import join_back
from inbox.services.targets import SETTLED_AFTER, Target, save_targets, settle_targets
from inbox.services.waiting import answered
from people.models import Store
from tests.factories import (
    World,
    agent_draft,
    agent_says,
    buyer_draft,
    buyer_says,
    identity,
    make_buyer,
    visit,
)

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)  # a Wednesday
OFFICE = [[[540, 1080]]] * 5 + [[], []]
MINUTE = timedelta(minutes=1)
NORMAL, HIGH, URGENT = 0, 1, 2


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def targets(world: World, clock: Any) -> None:
    """Normal: a first reply within an hour, the next within two. Urgent: within ten minutes, the next within 20."""
    give(world.store, {NORMAL: Target(60, 120), URGENT: Target(10, 20)}, world)


def give(store: Store, targets: dict[int, Target], world: World, warn_percent: int = 75) -> None:
    save_targets(actor=world.eve, store=store, warn_percent=warn_percent, targets=targets)
    due.forget(store.pk)  # as after the commit


def now(conversation: Conversation) -> tuple[str, Any, Any]:
    """Return of which kind the answer is, and in how many minutes it is due soon and due."""
    c = Conversation.objects.get(pk=conversation.pk)
    minutes = [
        moment and round((moment - timezone.now()).total_seconds() / 60, 2)
        for moment in (c.reply_warn_at, c.reply_due_at)
    ]
    return (c.reply_kind, *minutes)


def check(conversation: Conversation) -> Any:
    return Conversation.objects.values_list("reply_check_at", flat=True).get(pk=conversation.pk)


# -- It begins, and ends


@pytest.mark.usefixtures("targets")
def test_a_wait_has_a_first_target_and_then_the_next(world: World, clock: Any) -> None:
    talk = buyer_says(world.kim).conversation
    assert now(talk) == ("first", 45, 60)
    assert check(talk) == NOON + 45 * MINUTE
    clock.shift(10 * MINUTE)
    buyer_says(world.kim, "Hello?")
    assert now(talk) == ("first", 35, 50), "they wait since their first unanswered message"
    agent_says(world.ann, talk)
    assert now(talk) == ("", None, None)
    clock.shift(MINUTE)
    buyer_says(world.kim, "And then?")
    assert now(talk) == ("next", 90, 120)


@pytest.mark.usefixtures("targets")
def test_a_note_and_a_line_end_no_wait(world: World) -> None:
    talk = buyer_says(world.kim).conversation
    agent_says(world.ann, talk, "Who knows this?", private=True)
    assign(agent=world.sue, conversation_id=talk.id, to_agent=world.ann.id)
    assert now(talk) == ("first", 45, 60)


@pytest.mark.usefixtures("targets")
def test_what_was_resolved_and_begins_anew_has_a_first_reply_again(world: World, clock: Any) -> None:
    talk = buyer_says(world.kim).conversation
    agent_says(world.ann, talk)
    resolve(agent=world.ann, conversation_id=talk.id)
    clock.shift(60 * MINUTE)
    assert buyer_says(world.kim, "One more thing").conversation.id == talk.id
    assert now(talk) == ("first", 45, 60)
    agent_says(world.ann, talk)
    buyer_says(world.kim, "Thanks")
    assert now(talk)[0] == "next"


@pytest.mark.usefixtures("targets")
def test_who_is_answered_and_asks_in_one_batch_waits_for_the_next(world: World) -> None:
    talk = buyer_says(world.kim).conversation
    drafts = [buyer_draft(world.kim, "Hm"), agent_draft(world.ann, talk), buyer_draft(world.kim, "Why?")]
    post_messages(drafts)
    assert now(talk) == ("next", 90, 120)


@pytest.mark.usefixtures("targets")
def test_resolving_ends_it_and_reopening_by_an_agent_begins_nothing(world: World) -> None:
    talk = buyer_says(world.kim).conversation
    resolve(agent=world.ann, conversation_id=talk.id)
    assert now(talk) == ("", None, None)
    assert check(talk) is None
    reopen(agent=world.ann, conversation_id=talk.id)
    assert now(talk) == ("", None, None)


@pytest.mark.usefixtures("targets")
def test_who_is_put_aside_is_promised_as_much(world: World, clock: Any) -> None:
    talk = buyer_says(world.kim).conversation
    snooze(agent=world.ann, conversation_id=talk.id, until=NOON + 30 * MINUTE)
    assert now(talk) == ("first", 45, 60)
    clock.shift(31 * MINUTE)
    assert wake_due() == 1
    assert now(talk) == ("first", 14, 29)


@pytest.mark.usefixtures("targets")
def test_an_answering_machine_waits_for_nothing(world: World) -> None:
    talk = buyer_says(world.kim).conversation
    agent_says(world.ann, talk)
    post_message(buyer_draft(world.kim, "I am on holiday", quiet=True))
    assert now(talk) == ("", None, None)


@pytest.mark.usefixtures("targets")
def test_what_was_done_about_a_message_is_an_answer_to_it(world: World, clock: Any) -> None:
    asked = buyer_says(world.kim)
    clock.shift(10 * MINUTE)
    buyer_says(world.kim, "And this?")
    answered(message_id=asked.message.id)
    assert now(asked.conversation) == ("first", 45, 60), "from the second message on"
    answered(message_id=asked.conversation.messages.latest("seq").id)
    assert now(asked.conversation) == ("", None, None)


def test_a_store_without_targets_promises_nothing(world: World) -> None:
    talk = buyer_says(world.kim).conversation
    assert now(talk) == ("first", None, None)
    row = summary_data(Conversation.objects.get(pk=talk.pk))
    assert (row["reply_kind"], row["reply_due_at"], row["reply_warn_at"]) == (None, None, None)


@pytest.mark.usefixtures("targets")
def test_a_priority_without_a_target_promises_nothing(world: World) -> None:
    talk = buyer_says(world.kim).conversation
    set_priority(agent=world.ann, conversation_id=talk.id, priority=HIGH)
    assert now(talk) == ("first", None, None)
    set_priority(agent=world.ann, conversation_id=talk.id, priority=NORMAL)
    assert now(talk) == ("first", 45, 60)


@pytest.mark.usefixtures("targets")
def test_a_priority_counts_from_the_beginning_of_the_wait(world: World, clock: Any) -> None:
    talk = buyer_says(world.kim).conversation
    clock.shift(4 * MINUTE)
    set_priority(agent=world.ann, conversation_id=talk.id, priority=URGENT)
    assert now(talk) == ("first", 3.5, 6)


# -- It moves


@pytest.mark.usefixtures("targets")
def test_what_is_split_off_waits_by_its_own_messages(world: World, clock: Any) -> None:
    talk = buyer_says(world.kim).conversation
    agent_says(world.ann, talk)
    clock.shift(MINUTE)
    asked = buyer_says(world.kim, "Something else")
    clock.shift(MINUTE)
    made = split_conversation(agent=world.ann, conversation_id=talk.id, seq=asked.message.seq)
    assert now(talk) == ("", None, None)
    assert now(made) == ("first", 44, 59)
    join_back(agent=world.ann, conversation_id=made.id)
    assert now(made) == ("", None, None)
    assert now(talk) == ("next", 89, 119)


@pytest.mark.usefixtures("targets")
def test_two_buyers_who_are_one_wait_in_one_conversation(world: World, clock: Any) -> None:
    other = make_buyer(world.store)
    first = buyer_says(other).conversation
    clock.shift(MINUTE)
    second = buyer_says(world.kim).conversation
    merge_buyers(agent=world.sue, buyer_id=world.kim.id, other_id=other.id)
    assert now(first) == ("", None, None)
    assert now(second) == ("first", 45, 60)


@pytest.mark.usefixtures("targets")
def test_a_visitor_who_is_identified_takes_their_wait_along(world: World, clock: Any) -> None:
    visitor = make_buyer(world.store)
    theirs = buyer_says(visitor).conversation
    clock.shift(30 * MINUTE)
    mine = buyer_says(world.kim).conversation
    start_session(store=world.store, visitor_token=visit(visitor), identity_token=identity(world.store))
    assert not Conversation.objects.filter(pk=theirs.pk).exists()
    assert now(mine) == ("first", 15, 30)


# -- Hours


def test_targets_run_while_the_store_is_open(world: World, clock: Any) -> None:
    Store.objects.filter(pk=world.store.pk).update(time_zone="Asia/Shanghai")
    StoreHours.objects.create(store=world.store, weekly=OFFICE)
    SpecialDay.objects.create(store=world.store, date="2026-11-19", intervals=[])
    give(world.store, {NORMAL: Target(60, None)}, world, warn_percent=50)
    clock.move_to(datetime(2026, 11, 18, 17, 45, tzinfo=ZoneInfo("Asia/Shanghai")))
    talk = buyer_says(world.kim).conversation
    c = Conversation.objects.get(pk=talk.pk)
    # 15 minutes until six; the Thursday is a holiday.
    assert c.reply_warn_at == datetime(2026, 11, 20, 9, 15, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert c.reply_due_at == datetime(2026, 11, 20, 9, 45, tzinfo=ZoneInfo("Asia/Shanghai"))


def test_a_target_runs_on_by_the_clock_of_the_wall_where_it_changes(world: World, clock: Any) -> None:
    Store.objects.filter(pk=world.store.pk).update(time_zone="Europe/Berlin")
    StoreHours.objects.create(store=world.store, weekly=[[[0, 1440]]] * 7)
    give(world.store, {NORMAL: Target(240, None)}, world)
    clock.move_to(datetime(2026, 10, 24, 23, tzinfo=ZoneInfo("Europe/Berlin")))
    talk = buyer_says(world.kim).conversation
    c = Conversation.objects.get(pk=talk.pk)
    assert c.reply_due_at is not None
    assert c.reply_due_at.astimezone(ZoneInfo("Europe/Berlin")).hour == 2, "two o'clock came twice"


# -- The rules change


@pytest.mark.usefixtures("targets")
def test_changed_targets_are_those_of_everybody_who_waits(world: World, clock: Any) -> None:
    talks = [buyer_says(make_buyer(world.store)).conversation for _ in range(3)]
    aside, done = talks[1:]
    snooze(agent=world.ann, conversation_id=aside.id, until=NOON + timedelta(days=1))
    agent_says(world.ann, done)
    settle_targets()
    give(world.store, {NORMAL: Target(30, None)}, world, warn_percent=50)
    assert settle_targets() == 2
    assert settle_targets() == 0
    assert now(talks[0]) == now(aside) == ("first", 15, 30)
    assert now(done) == ("", None, None)
    give(world.store, {}, world)
    assert settle_targets() == 2
    assert now(talks[0]) == ("first", None, None)
    assert check(talks[0]) is None


@pytest.mark.usefixtures("targets")
def test_changed_hours_are_those_of_everybody_who_waits(world: World) -> None:
    talk = buyer_says(world.kim).conversation
    settle_targets()
    closed = {NOON.date(): ("Inventory", [[0, 721]])}  # until a minute past noon
    save_hours(actor=world.eve, store=world.store, weekly=None, special=closed, away={})
    assert settle_targets() == 1
    assert now(talk)[2] > 60 * 11


@pytest.mark.usefixtures("targets")
def test_a_process_that_still_had_the_old_rules_is_put_right(world: World, clock: Any) -> None:
    """It writes by what it remembers after everybody was given the new moment; the second time finds it."""
    due.rules_of([world.store.pk])
    old = due._rules[world.store.pk]
    give(world.store, {NORMAL: Target(30, 30)}, world)
    settle_targets()
    due._rules[world.store.pk] = old
    talk = buyer_says(world.kim).conversation
    assert now(talk)[2] == 60, "the old rule"
    clock.shift(SETTLED_AFTER)
    assert settle_targets() == 1
    assert now(talk)[2] == round(30 - SETTLED_AFTER.total_seconds() / 60, 2)
    assert ReplyTargets.objects.get().unsettled_since is None
    assert settle_targets() == 0


@pytest.mark.usefixtures("targets")
def test_nobody_is_told_of_what_only_a_new_rule_made_overdue(world: World, clock: Any) -> None:
    talk = buyer_says(world.kim).conversation
    clock.shift(20 * MINUTE)
    give(world.store, {NORMAL: Target(15, None)}, world)
    settle_targets()
    assert now(talk)[2] == -5
    assert check(talk) is None
    agent_says(world.ann, talk)
    assert not Event.objects.filter(name="conversation.reply_overdue").exists()


@pytest.mark.usefixtures("targets")
def test_a_moment_that_lies_ahead_again_is_told_again(world: World, clock: Any) -> None:
    talk = buyer_says(world.kim).conversation
    set_priority(agent=world.ann, conversation_id=talk.id, priority=URGENT)
    clock.shift(11 * MINUTE)
    assert tell_due() == 1
    assert check(talk) is None
    set_priority(agent=world.ann, conversation_id=talk.id, priority=NORMAL)
    assert check(talk) == NOON + 45 * MINUTE
    set_priority(agent=world.ann, conversation_id=talk.id, priority=URGENT)
    assert check(talk) is not None, "it had not been told by its new moment"


# -- What it costs


def costs(draft: Any) -> int:
    with CaptureQueriesContext(connection) as queries:
        post_message(draft)
    return len(queries)


@pytest.mark.parametrize("has_hours", [False, True])
def test_a_target_costs_a_message_no_statement(world: World, clock: Any, has_hours: bool) -> None:
    """The rules come from memory; what follows from them goes with the update that there is anyway."""
    talk, other = buyer_says(world.kim).conversation, buyer_says(make_buyer(world.other_store))
    agent_says(world.ann, talk), agent_says(world.zoe, other.conversation)
    drafts = [
        lambda: buyer_draft(world.kim),
        lambda: buyer_draft(world.kim),
        lambda: agent_draft(world.ann, talk),
    ]
    costs(drafts[0]()), costs(drafts[2]())  # what is kept in memory is read
    without = [costs(draft()) for draft in drafts]
    if has_hours:
        StoreHours.objects.create(store=world.store, weekly=OFFICE)
    give(world.store, {NORMAL: Target(60, 120)}, world)
    due.rules_of([world.store.pk])
    assert [costs(draft()) for draft in drafts] == without
    buyer_says(world.kim)
    assert Conversation.objects.get(pk=talk.pk).reply_due_at is not None


def test_rules_of_many_stores_are_two_queries(world: World, django_assert_num_queries: Any) -> None:
    for store in (world.store, world.other_store):
        give(store, {NORMAL: Target(60, 120)}, world)
    with django_assert_num_queries(2):
        assert all(due.rules_of([world.store.pk, world.other_store.pk]).values())
    with django_assert_num_queries(0):
        due.rules_of([world.store.pk])


# -- Setting them


def test_a_change_is_written_down_once_with_before_and_after(world: World) -> None:
    for _time in range(2):
        give(world.store, {URGENT: Target(5, None)}, world, warn_percent=80)
    event = Event.objects.get(name="targets.changed")
    assert event.store_id == world.store.id
    assert event.data["before"]["warn_percent"] == 75
    assert event.data["after"]["targets"][0] == {"priority": 2, "first_minutes": 5, "next_minutes": None}
    assert ReplyTarget.objects.count() == 1


@pytest.mark.parametrize(
    ("percent", "targets"),
    [
        (100, {}),
        (0, {}),
        (75, {3: Target(5, 5)}),
        (75, {0: Target(0, 5)}),
        (75, {0: Target(5, 43_201)}),
    ],
)
def test_what_is_no_target_changes_nothing(world: World, percent: int, targets: dict[int, Target]) -> None:
    with pytest.raises(Invalid):
        save_targets(actor=world.eve, store=world.store, warn_percent=percent, targets=targets)
    assert not ReplyTargets.objects.exists()
