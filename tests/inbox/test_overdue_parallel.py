"""Due answers while everything happens at once, each on a thread and a connection of its own."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from events.models import Event
from inbox import due
from inbox.models import Conversation, Message
from inbox.services import post_message, set_priority
from inbox.services.overdue import tell_due
from inbox.services.targets import Target, save_targets, settle_targets
from people.models import Notice
from tests.factories import World, agent_draft, buyer_says, make_buyer, make_world
from tests.parallel import at_once

pytestmark = pytest.mark.django_db(transaction=True)

# SQLite has one writer: there it only takes longer.
WAITING = 24 if connection.vendor == "postgresql" else 6
SWEEPS = 8 if connection.vendor == "postgresql" else 3
LATE = "conversation.reply_overdue"


@pytest.fixture
def world(transactional_db: None) -> World:
    world = make_world()
    save_targets(actor=world.eve, store=world.store, warn_percent=50, targets={0: Target(60, 60)})
    due.forget(world.store.pk)
    settle_targets()
    return world


def overdue(world: World) -> list[Conversation]:
    """Buyers who were to be answered a minute ago, and nobody has been told."""
    talks = [buyer_says(make_buyer(world.store)).conversation for _ in range(WAITING)]
    ago = timezone.now() - timedelta(minutes=61)
    for talk in talks:
        Conversation.objects.filter(pk=talk.pk).update(
            waiting_since=ago,
            reply_warn_at=ago + timedelta(minutes=30),
            reply_due_at=ago + timedelta(minutes=60),
            reply_check_at=ago + timedelta(minutes=30),
        )
    return talks


def failures(results: list[Any]) -> list[Any]:
    return [result for result in results if isinstance(result, Exception)]


def assert_told_once(talks: list[Conversation]) -> None:
    told = list(Event.objects.filter(name=LATE).values_list("conversation_id", flat=True))
    assert sorted(told) == sorted(talk.pk for talk in talks)
    lines = Message.objects.filter(kind="system", data__event=LATE)
    assert lines.count() == len(talks)
    for talk in talks:
        seqs = list(talk.messages.order_by("seq").values_list("seq", flat=True))
        assert seqs == list(range(1, len(seqs) + 1))


def test_many_sweeps_at_once_tell_everything_once(world: World) -> None:
    talks = overdue(world)
    results = at_once(SWEEPS, lambda n: tell_due())
    assert not failures(results)
    tell_due()  # what one sweep had in hand another left out
    assert_told_once(talks)
    assert Notice.objects.filter(kind="reply_overdue", agent=world.sue).count() == len(talks)


def test_who_answers_while_it_is_told_is_counted_once(world: World) -> None:
    talks = overdue(world)
    drafts = [agent_draft(world.ann, talk) for talk in talks]

    def work(n: int) -> Any:
        return tell_due() if n % 3 == 0 else post_message(drafts[n])

    results = at_once(len(drafts), work)
    assert not [one for one in failures(results) if not isinstance(one, OperationalError)]
    tell_due()
    assert_told_once(talks)


def test_targets_that_change_while_people_write_leave_everybody_with_the_last_ones(world: World) -> None:
    talks = [buyer_says(make_buyer(world.store)).conversation for _ in range(WAITING)]

    def work(n: int) -> Any:
        if n % 4 == 0:
            save_targets(
                actor=world.eve, store=world.store, warn_percent=50, targets={0: Target(100 + n, None)}
            )
            return settle_targets()
        if n % 4 == 1:
            return set_priority(agent=world.ann, conversation_id=talks[n].pk, priority=0)
        return buyer_says(talks[n].buyer, "Hello?")

    results = at_once(WAITING, work)
    assert not [one for one in failures(results) if not isinstance(one, OperationalError)]
    save_targets(actor=world.eve, store=world.store, warn_percent=50, targets={0: Target(30, None)})
    settle_targets()
    for c in Conversation.objects.filter(pk__in=[talk.pk for talk in talks]):
        assert c.waiting_since is not None
        assert c.reply_due_at == c.waiting_since + timedelta(minutes=30)
        assert c.reply_check_at == c.reply_warn_at
