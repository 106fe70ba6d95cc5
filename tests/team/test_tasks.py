"""Tasks: who sees them, what is done to them once, and what is told of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from events.models import Event
from helpdesk.lib.ids import new_id
from inbox.errors import InboxError
from inbox.models import Message
from people.models import Notice
from team.models import Task
from team.todo import services
from team.todo.access import caretakers, tasks_for
from tests import factories

HOUR = timedelta(hours=1)


def make(agent, title="Call the buyer back", **given):
    return services.create_task(agent=agent, title=title, **given)


def events(name=""):
    found = Event.objects.filter(name__startswith=f"task.{name}").order_by("id")
    return [(event.name, event.actor_name) for event in found]


def lines(conversation):
    found = Message.objects.filter(conversation=conversation, kind="system").order_by("seq")
    return [message.body for message in found if message.data["event"].startswith("task.")]


def refused(work, **given):
    with pytest.raises(InboxError) as refusal:
        work(**given)
    return refusal.value.code, refusal.value.attr


# -- Who sees what


def test_who_sees_a_task(world, pushed):
    said = factories.buyer_says(world.kim)
    second = factories.make_team("Second", world.store)
    tasks = {
        "anns": make(world.ann, assignee_id=world.ann.id),
        "for bob": make(world.ann, assignee_id=world.bob.id),
        "between others": make(world.sue, assignee_id=world.eve.id),
        "nobody's": make(world.sue),
        "of her team": make(world.sue, team_id=world.team.id),
        "of another team": make(world.sue, team_id=second.id),
        "on a conversation": make(world.sue, assignee_id=world.eve.id, conversation_id=said.conversation.id),
        "on an order": make(world.sue, assignee_id=world.eve.id, order_id=world.order.id),
        "of another store": make(world.zoe, assignee_id=world.zoe.id),
    }
    for agent, unseen in {
        world.ann: {"between others", "of another team", "of another store"},
        world.bob: {"anns", "between others", "of another team", "of another store"},
        world.sue: {"of another store"},
        world.eve: set(),
        world.zoe: set(tasks) - {"of another store"},
    }.items():
        ids = set(tasks_for(agent).values_list("id", flat=True))
        assert {name for name, task in tasks.items() if task.pk not in ids} == unseen, agent.name


def test_who_no_longer_serves_the_store_sees_nothing_of_it_and_is_told_nothing(world, pushed):
    task = make(world.sue, assignee_id=world.ann.id)
    world.ann.teams.set([world.other_team])
    assert not tasks_for(world.ann).exists()
    assert refused(services.complete_task, agent=world.ann, task_id=task.pk)[0] == "not_found"
    assert caretakers(task) == [world.sue.pk]
    world.ann.teams.set([world.team])
    world.ann.is_active = False
    world.ann.save()
    assert not tasks_for(world.ann).exists()


def test_a_task_concerns_its_assignee_else_its_team_else_the_supervisors(world, pushed):
    assert caretakers(make(world.sue, assignee_id=world.ann.id)) == [world.ann.pk]
    assert caretakers(make(world.sue, team_id=world.team.id)) == sorted(
        [world.ann.pk, world.bob.pk, world.sue.pk]
    )
    assert caretakers(make(world.ann)) == [world.sue.pk]
    assert caretakers(make(world.zoe)) == [world.eve.pk]  # nobody supervises there


# -- Making


def test_a_task_is_told_on_its_conversation_and_to_whom_it_is_given(world, pushed):
    said = factories.buyer_says(world.kim)
    task = make(world.ann, assignee_id=world.bob.id, conversation_id=said.conversation.id)
    assert task.store == world.store
    assert events() == [("task.created", "Ann")]
    [line] = Message.objects.filter(conversation=said.conversation, kind="system", data__event="task.created")
    assert line.private
    assert line.data["task"] == str(task.pk)
    assert line.data["assignee"] == "Bob"
    [notice] = Notice.objects.filter(kind="task.given")
    assert (notice.agent_id, notice.href, notice.params["title"]) == (
        world.bob.pk,
        f"/team/tasks/{task.pk}/",
        "Call the buyer back",
    )
    [frame] = pushed.of("task.updated")
    assert (frame["task"], frame["conversation"]) == (str(task.pk), str(said.conversation.id))
    assert "Call the buyer" not in str(frame)
    public = [one for topics, one in pushed if any(topic.startswith("public.") for topic in topics)]
    assert "task" not in str([one for one in public if one["type"] == "message.created"])


def test_who_takes_a_task_is_not_told(world, pushed):
    make(world.ann, assignee_id=world.ann.id)
    assert not Notice.objects.exists()


def test_the_same_id_is_the_same_task(world, pushed):
    task_id = new_id()
    first = make(world.ann, task_id=task_id)
    again = make(world.ann, task_id=task_id)
    assert first == again
    assert Task.objects.count() == 1
    assert events() == [("task.created", "Ann")]
    assert refused(make, agent=world.bob, task_id=task_id) == ("idempotency_conflict", "id")


@pytest.mark.parametrize(
    ("given", "attr"),
    [
        ({"title": "  "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"note": "x" * 2001}, "note"),
        ({"priority": 3}, "priority"),
        ({"priority": True}, "priority"),
        ({"store": "other"}, "store"),
        ({"remind_at": timezone.now() - HOUR}, "remind_at"),
        ({"due_at": timezone.now().replace(year=9500)}, "due_at"),
    ],
)
def test_what_makes_no_task(world, pushed, given, attr):
    assert refused(make, agent=world.ann, **given)[1] == attr
    assert not Task.objects.exists()


def test_a_task_stays_within_its_store(world, pushed):
    zoes = factories.make_order(factories.make_buyer(world.other_store, name="Lu"), "7")
    said = factories.buyer_says(world.kim)
    assert refused(make, agent=world.ann, order_id=zoes.id) == ("not_found", "order")
    assert refused(make, agent=world.ann, assignee_id=world.zoe.id)[1] == "assignee"
    assert refused(make, agent=world.ann, team_id=world.other_team.id)[1] == "team"
    assert refused(make, agent=world.eve)[1] == "store"  # she serves two: which?
    assert (
        refused(make, agent=world.eve, order_id=zoes.id, conversation_id=said.conversation.id)[1] == "order"
    )
    assert make(world.eve, store="other").store == world.other_store
    assert make(world.ann, order_id=world.order.id).store == world.store


# -- Changing


def test_a_reminder_moves_with_what_is_due(world, pushed):
    due = timezone.now() + 5 * HOUR
    task = make(world.ann, due_at=due, remind_at=due - HOUR)
    moved = services.change_task(agent=world.ann, task_id=task.pk, due_at=due + 24 * HOUR)
    assert abs(moved.remind_at - (due + 23 * HOUR)) < timedelta(seconds=1)
    sooner = services.change_task(agent=world.ann, task_id=task.pk, due_at=timezone.now() + HOUR / 2)
    assert sooner.remind_at is None  # it would have rung already
    assert services.change_task(agent=world.ann, task_id=task.pk, due_at=None).sort_at == services.NEVER


def test_what_changed_is_told_with_what_it_was(world, pushed):
    task = make(world.ann)
    services.change_task(agent=world.ann, task_id=task.pk, assignee=world.bob.id, priority=2)
    services.change_task(agent=world.ann, task_id=task.pk, assignee=world.bob.id)  # nothing new
    [event] = Event.objects.filter(name="task.changed")
    assert event.data["before"] == {"assignee": None, "priority": 0}
    assert event.data["after"] == {"assignee": str(world.bob.pk), "priority": 2}
    assert pushed.of("task.updated")[-1]["agents"] == sorted([str(world.ann.pk), str(world.bob.pk)])


def test_only_whom_it_concerns_changes_or_cancels_a_task_and_everybody_who_sees_it_does_it(world, pushed):
    task = make(world.sue, assignee_id=world.bob.id, order_id=world.order.id)
    change = {"agent": world.ann, "task_id": task.pk}
    assert refused(services.change_task, **change, title="Other")[0] == "forbidden"
    assert refused(services.cancel_task, **change)[0] == "forbidden"
    assert services.complete_task(**change).done_by == world.ann
    assert refused(services.change_task, agent=world.sue, task_id=task.pk, title="Other")[0] == "not_allowed"


# -- Ending


def test_done_is_said_once_and_told_to_who_wanted_it(world, pushed):
    said = factories.buyer_says(world.kim)
    task = make(world.sue, assignee_id=world.bob.id, conversation_id=said.conversation.id)
    for agent in (world.bob, world.ann):
        done = services.complete_task(agent=agent, task_id=task.pk)
        assert (done.status, done.done_by) == ("done", world.bob)
    assert events("done") == [("task.done", "Bob")]
    assert lines(said.conversation) == [
        "Sue made a task: Call the buyer back",
        "Bob did the task: Call the buyer back",
    ]
    # What told Bob to do it is over; Sue hears that it is done.
    assert [(n.kind, n.agent_id) for n in Notice.objects.all()] == [("task.done", world.sue.pk)]


def test_what_is_over_can_be_opened_again_and_not_ended_the_other_way(world, pushed):
    task = make(world.ann, due_at=timezone.now() + HOUR, remind_at=timezone.now() + HOUR / 2)
    services.cancel_task(agent=world.ann, task_id=task.pk)
    assert refused(services.complete_task, agent=world.ann, task_id=task.pk)[0] == "not_allowed"
    opened = services.reopen_task(agent=world.ann, task_id=task.pk)
    assert (opened.status, opened.done_at, opened.done_by, opened.remind_at) == ("open", None, None, None)
    services.reopen_task(agent=world.ann, task_id=task.pk)
    assert [name for name, _ in events()] == ["task.created", "task.cancelled", "task.reopened"]
