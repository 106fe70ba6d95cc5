"""What nobody has to remember: reminders, what is late, and low ratings; each once, whatever is lost or races."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from celery import current_app
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from kombu.exceptions import OperationalError

from events.models import Event
from helpdesk.lib import jobs
from helpdesk.lib.hours import Schedule
from helpdesk.lib.ids import new_id
from inbox.models import Message, RatingRule
from inbox.services import rate, resolve
from people.models import Notice
from team.models import Mark, Task
from team.todo import ratings, reminders, services, tasks
from tests import factories
from tests.parallel import at_once

HOUR = timedelta(hours=1)
AT_ONCE = 8 if connection.vendor == "postgresql" else 4
committed = pytest.mark.django_db(transaction=True)


@pytest.fixture
def there(transactional_db):
    return factories.make_world()


def make(agent, **given):
    return services.create_task(agent=agent, title="Call the buyer back", **given)


def told(kind):
    return sorted(Notice.objects.filter(kind=kind).values_list("agent__name", flat=True))


def rung(pushed, kind):
    return [frame for frame in pushed.of("notice") if frame["kind"] == kind]


def rated(world, rating, comment=""):
    said = factories.buyer_says(world.kim)
    resolve(agent=world.ann, conversation_id=said.conversation.id)
    return rate_again(world, said.conversation, rating, comment)


def rate_again(world, conversation, rating, comment=""):
    return rate(buyer_id=world.kim.id, conversation_id=conversation.id, rating=rating, comment=comment)


def failures(results):
    return [result for result in results if isinstance(result, Exception)]


# -- Reminders


def test_a_reminder_rings_once(world, pushed):
    now = timezone.now()
    task = make(world.sue, assignee_id=world.ann.id, due_at=now + 2 * HOUR, remind_at=now + HOUR)
    assert reminders.remind_due() == 0
    later = now + HOUR + timedelta(seconds=1)
    assert [reminders.remind_due(now=later) for _ in range(3)] == [1, 0, 0]
    assert told("task.due") == ["Ann"]
    assert len(rung(pushed, "task.due")) == 1
    task.refresh_from_db()
    assert task.remind_at is None
    assert task.status == "open"


def test_a_reminder_that_was_put_off_rings_again_when_it_should(world, pushed):
    now = timezone.now()
    task = make(world.ann, assignee_id=world.ann.id, remind_at=now + HOUR)
    reminders.remind_due(now=now + HOUR)
    services.change_task(agent=world.ann, task_id=task.pk, remind_at=now + 3 * HOUR)
    assert reminders.remind_due(now=now + 2 * HOUR) == 0
    assert reminders.remind_due(now=now + 3 * HOUR) == 1
    assert len(rung(pushed, "task.due")) == 2
    assert told("task.due") == ["Ann"]


@pytest.mark.parametrize("end", [services.complete_task, services.cancel_task])
def test_what_is_over_reminds_of_nothing_and_is_never_late(world, pushed, end):
    now = timezone.now()
    task = make(world.ann, due_at=now + HOUR, remind_at=now + HOUR / 2)
    end(agent=world.ann, task_id=task.pk)
    assert reminders.remind_due(now=now + 2 * HOUR) == reminders.tell_of_late(now=now + 2 * HOUR) == 0


def test_what_is_late_is_told_once_to_whom_it_concerns_and_who_wanted_it(world, pushed):
    now = timezone.now()
    task = make(world.sue, assignee_id=world.ann.id, due_at=now + HOUR)
    assert reminders.tell_of_late() == 0
    assert [reminders.tell_of_late(now=now + HOUR) for _ in range(3)] == [1, 0, 0]
    assert told("task.late") == ["Ann", "Sue"]
    assert len(rung(pushed, "task.late")) == 2
    # Due at another time, it can be late again.
    services.change_task(agent=world.ann, task_id=task.pk, due_at=now + 3 * HOUR)
    assert reminders.tell_of_late(now=now + 2 * HOUR) == 0
    assert reminders.tell_of_late(now=now + 3 * HOUR) == 1


def test_whoever_is_killed_between_the_mark_and_the_notice_has_done_neither(world, pushed, monkeypatch):
    now = timezone.now()
    make(world.ann, assignee_id=world.ann.id, due_at=now + HOUR, remind_at=now + HOUR)
    real = reminders.tell_reminder, reminders.tell_late

    def killed(task):
        raise KeyboardInterrupt

    for name in ("tell_reminder", "tell_late"):
        monkeypatch.setattr(reminders, name, killed)
    for sweep in (reminders.remind_due, reminders.tell_of_late):
        with pytest.raises(KeyboardInterrupt), transaction.atomic():
            sweep(now=now + HOUR)
    assert not Notice.objects.exists()
    monkeypatch.setattr(reminders, "tell_reminder", real[0])
    monkeypatch.setattr(reminders, "tell_late", real[1])
    assert (reminders.remind_due(now=now + HOUR), reminders.tell_of_late(now=now + HOUR)) == (1, 1)
    assert (told("task.due"), told("task.late")) == (["Ann"], ["Ann"])


@committed
def test_sweeps_at_once_tell_once(there):
    now = timezone.now()
    for _ in range(5):
        make(there.sue, assignee_id=there.ann.id, due_at=now + HOUR, remind_at=now + HOUR)

    def sweep(n):
        return reminders.remind_due(now=now + HOUR), reminders.tell_of_late(now=now + HOUR)

    results = at_once(AT_ONCE, sweep)
    assert not failures(results), results
    assert [sum(done) for done in zip(*results, strict=True)] == [5, 5]
    assert Notice.objects.filter(kind="task.due").count() == 5
    assert Notice.objects.filter(kind="task.late").count() == 10


@committed
def test_a_task_that_is_done_while_it_is_being_reminded_of_ends_up_silent(there):
    """Either the reminder came first, and falls silent with the task, or it never came."""
    now = timezone.now()
    made = [make(there.ann, assignee_id=there.ann.id, remind_at=now + HOUR) for _ in range(4)]

    def work(n):
        if n % 2:
            return reminders.remind_due(now=now + HOUR)
        return [services.complete_task(agent=there.bob, task_id=task.pk) for task in made if n == 0]

    # Bob may do it only where he sees it.
    Task.objects.update(assignee=None)
    results = at_once(4, work)
    assert not failures(results), results
    assert not Notice.objects.filter(kind="task.due").exists()
    assert Event.objects.filter(name="task.done").count() == 4


@committed
def test_two_who_do_a_task_at_once_are_one_event(there):
    said = factories.buyer_says(there.kim)
    task = make(there.sue, conversation_id=said.conversation.id)
    agents = [there.ann, there.bob, there.sue, there.eve] * 2
    results = at_once(
        AT_ONCE, lambda n: services.complete_task(agent=agents[n], task_id=task.pk).done_by.name
    )
    assert not failures(results), results
    assert len(set(results)) == 1
    assert Event.objects.filter(name="task.done").count() == 1
    assert Message.objects.filter(kind="system", data__event="task.done").count() == 1


@committed
def test_one_task_sent_many_times_at_once_is_one(there):
    task_id = new_id()
    said = factories.buyer_says(there.kim)
    for conversation_id in (None, said.conversation.id):
        Task.objects.all().delete()
        results = at_once(
            AT_ONCE,
            lambda n, about=conversation_id: make(there.ann, task_id=task_id, conversation_id=about).pk,
        )
        assert results == [task_id] * AT_ONCE
        assert Task.objects.count() == 1
    assert Event.objects.filter(name="task.created").count() == 2


@committed
def test_tasks_and_messages_of_a_conversation_do_not_stand_in_each_others_way(there):
    """A task's conversation is locked before the task, as everybody does: nobody waits for ever."""
    said = factories.buyer_says(there.kim)
    task = make(there.sue, conversation_id=said.conversation.id)

    def work(n):
        if n % 2:
            return factories.agent_says(there.ann, said.conversation.id)
        services.complete_task(agent=there.ann, task_id=task.pk)
        return services.reopen_task(agent=there.bob, task_id=task.pk)

    assert not failures(at_once(AT_ONCE, work))
    seqs = (
        Message.objects.filter(conversation=said.conversation).order_by("seq").values_list("seq", flat=True)
    )
    assert list(seqs) == list(range(1, len(seqs) + 1))


# -- Low ratings


def test_a_low_rating_makes_a_task_for_whoever_should_look(world, pushed):
    c = rated(world, 1, "Nobody answered")
    tasks.look_at_rating(str(c.pk))
    [task] = Task.objects.all()
    assert (task.kind, task.source, task.conversation_id) == ("low_rating", ratings.source_of(c), c.pk)
    assert (task.assignee, task.created_by, task.store, task.priority) == (None, None, world.store, 1)
    assert timedelta(hours=3.9) < task.due_at - timezone.now() < timedelta(hours=4.1)
    [event] = Event.objects.filter(name="task.created")
    assert event.actor_kind == "system"
    assert event.data["words"] == {"rating": 1}
    [line] = Message.objects.filter(kind="system", data__event="task.created")
    assert line.private
    assert line.body == "The desk made a task: Rated 1 of 5: look into it"


@pytest.mark.parametrize(("rating", "low", "made"), [(2, None, 1), (3, None, 0), (3, 3, 1), (1, 0, 0)])
def test_how_low_is_low_the_store_says(world, pushed, rating, low, made):
    if low is not None:
        RatingRule.objects.create(store=world.store, low=low)
    tasks.look_at_rating(str(rated(world, rating).pk))
    assert Task.objects.count() == made


def test_whatever_finds_a_low_rating_and_however_often_makes_one_task(world, pushed):
    c = rated(world, 2)
    for _ in range(2):
        tasks.look_at_rating(str(c.pk))
        Mark.objects.all().delete()
        assert tasks.sweep_ratings() == 1
    assert Task.objects.count() == Event.objects.filter(name="task.created").count() == 1


def test_a_rating_that_is_bettered_later_is_noted_and_deletes_nothing(world, pushed):
    c = rated(world, 1)
    tasks.look_at_rating(str(c.pk))
    rate_again(world, c, 4)
    for _ in range(2):
        tasks.look_at_rating(str(c.pk))
    [task] = Task.objects.all()
    assert (task.status, task.data) == ("open", {"rating": 1, "now": 4})
    [event] = Event.objects.filter(name="task.changed")
    assert (event.data["before"], event.data["after"]) == ({"rating": 1}, {"rating": 4})


def test_who_goes_on_and_rates_low_again_is_looked_into_again(world, pushed):
    c = rated(world, 2)
    tasks.look_at_rating(str(c.pk))
    rated(world, 1)
    tasks.look_at_rating(str(c.pk))
    [task] = Task.objects.all()  # the first is still open: the second is noted at it
    assert task.data == {"rating": 2, "now": 1}
    services.complete_task(agent=world.sue, task_id=task.pk)
    rated(world, 1)
    for _ in range(2):
        tasks.look_at_rating(str(c.pk))
    assert sorted(Task.objects.values_list("status", flat=True)) == ["done", "open"]


def test_a_rating_that_was_bettered_before_anybody_came_makes_no_task(world, pushed):
    c = rated(world, 1)
    rate_again(world, c, 5)
    assert tasks.sweep_ratings() == 1
    assert not Task.objects.exists()


def test_the_job_is_rung_when_somebody_rates(world, pushed, monkeypatch):
    jobs_sent = []
    monkeypatch.setattr(jobs.transaction, "on_commit", lambda work: work())
    monkeypatch.setattr(
        type(current_app.tasks["team.todo.tasks.look_at_rating"]),
        "apply_async",
        lambda self, args, **more: jobs_sent.append((self.name, args)),
    )
    c = rated(world, 1)
    assert ("team.todo.tasks.look_at_rating", (str(c.pk),)) in jobs_sent


def test_a_rating_whose_job_was_lost_is_found_by_the_sweep(world, pushed, monkeypatch):
    monkeypatch.setattr(jobs.transaction, "on_commit", lambda work: work())

    def away(self, *args, **more):
        raise OperationalError("no broker")

    monkeypatch.setattr("celery.app.task.Task.apply_async", away)
    has_swept(world)
    c = rated(world, 2)
    assert not Task.objects.exists()
    age_events()
    assert tasks.sweep_ratings() == 1
    assert Task.objects.get().source == ratings.source_of(c)
    assert tasks.sweep_ratings() == 0  # and does not read it again


def has_swept(world):
    """Have the sweep been here before: up to something that has just happened."""
    factories.buyer_says(world.kim)
    Mark.objects.create(key=ratings.KEY, event=Event.objects.latest("id").pk)


def age_events():
    """Let the events be as old as what is settled: a gap between their ids is one for good."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE events_event SET at = %s", [timezone.now() - timedelta(minutes=1)])


def test_a_sweep_that_is_cut_off_begins_again_where_it_was(world, pushed, monkeypatch):
    has_swept(world)
    c = rated(world, 1)
    age_events()
    real = ratings.look_at
    monkeypatch.setattr(ratings, "look_at", lambda pk: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        ratings.sweep()
    monkeypatch.setattr(ratings, "look_at", real)
    assert ratings.sweep() == 1
    assert Task.objects.get().conversation == c


def test_a_sweep_costs_what_has_happened_and_not_what_there_is(world, pushed):
    for _ in range(3):
        factories.buyer_says(world.kim)
    age_events()
    tasks.sweep_ratings()
    with CaptureQueriesContext(connection) as queries:
        assert tasks.sweep_ratings() == 0
    assert len(queries) <= 6, [query["sql"][:90] for query in queries]


@committed
def test_job_and_sweep_at_once_make_one_task(there):
    c = rated(there, 1)
    Mark.objects.create(key=ratings.KEY, event=0)

    def work(n):
        return tasks.look_at_rating(str(c.pk)) if n % 2 else ratings.sweep()

    assert not failures(at_once(AT_ONCE, work))
    assert Task.objects.count() == Event.objects.filter(name="task.created").count() == 1


# -- When somebody should have looked

ZONE = ZoneInfo("Asia/Shanghai")
WORKDAYS = (((9 * 60, 18 * 60),),) * 5 + ((),) * 2


@pytest.mark.parametrize(
    ("at", "due"),
    [
        ("2026-11-20 10:00", "2026-11-20 14:00"),  # a Friday morning
        ("2026-11-20 17:00", "2026-11-23 12:00"),  # an hour is left, the rest is Monday's
        ("2026-11-21 03:00", "2026-11-23 13:00"),  # at night, before a free day
    ],
)
def test_somebody_should_have_looked_when_the_desk_was_open_for_some_hours(at, due):
    def local(text):
        return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)

    assert ratings.due(Schedule(ZONE, WORKDAYS), local(at)) == local(due)
    assert ratings.due(Schedule(ZONE), local(at)) == local(at) + ratings.OPEN_HOURS
    closed = Schedule(ZONE, ((),) * 7)
    assert ratings.due(closed, local(at)) == local(at) + ratings.OPEN_HOURS
