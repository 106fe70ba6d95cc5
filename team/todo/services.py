"""Everything that is done to tasks. A task's conversation is always locked before the task itself."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events import names
from events.record import Actor
from helpdesk.lib.ids import new_id
from helpdesk.lib.text import is_storable
from helpdesk.lib.times import iso
from inbox.access import conversations_for
from inbox.models import Conversation
from orders.access import orders_for
from orders.errors import Forbidden, IdempotencyConflict, InvalidParams, NotAllowed, NotFound
from orders.models import Order
from people import notices
from people.access import stores_for
from people.models import Agent, Store, Team
from team.todo.access import may_change, servants, tasks_for, with_task_relations
from team.todo.announce import actor_of, announce
from team.todo.models import Task
from team.todo.telling import tell_done, tell_given

MAX_TITLE, MAX_NOTE = 200, 2_000
NEVER = datetime(9000, 1, 1, tzinfo=UTC)  # where tasks stand that are due at no time: behind all others
FIRST = datetime(2000, 1, 1, tzinfo=UTC)
Status = Task.Status


def create_task(
    *,
    agent: Agent,
    title: str,
    note: str = "",
    store: str = "",
    conversation_id: UUID | None = None,
    order_id: UUID | None = None,
    assignee_id: UUID | None = None,
    team_id: UUID | None = None,
    due_at: datetime | None = None,
    remind_at: datetime | None = None,
    priority: int = Task.Priority.NORMAL,
    task_id: UUID | None = None,
) -> Task:
    """Give somebody (or a team, or whoever of the store) something to do. The same `task_id` is the same task.

    The store is the one of the conversation or the order, else `store` (a key), else the only one that the agent
    serves. Raises NotFound, InvalidParams, or IdempotencyConflict (the id is another task's).
    """
    task_id = task_id or new_id()
    try:
        with transaction.atomic():
            conversation = _conversation(agent, conversation_id)
            if (known := _known(agent, task_id)) is not None:
                return known
            order = _order(agent, order_id)
            where = _store(agent, store, conversation, order)
            task = Task(
                id=task_id,
                store=where,
                title=_clean_title(title),
                note=_clean_note(note),
                conversation=conversation,
                order=order,
                assignee=_assignee(where, assignee_id),
                team=_team(where, team_id),
                priority=_clean_priority(priority),
                created_by=agent,
            )
            _set_due(task, due_at)
            task.remind_at = _clean_reminder(remind_at)
            task.save(force_insert=True)
            announce(names.TASK_CREATED, task, actor=Actor.agent(agent))
            tell_given(task, by=agent)
    except IntegrityError:  # sent twice at the same moment
        if (known := _known(agent, task_id)) is None:
            raise
        return known
    return task


def change_task(*, agent: Agent, task_id: UUID, **given: Any) -> Task:
    """Change what is `given` of an open task: title, note, assignee, team (ids), due_at, remind_at, priority.

    A reminder that is still to ring moves along with what is due, unless it is given itself. Raises NotFound,
    Forbidden, InvalidParams, or NotAllowed where the task is not open any more.
    """
    with transaction.atomic():
        task = _locked(agent, task_id)
        if not may_change(agent, task):
            raise Forbidden(_("Only whose task it is, who made it, or a supervisor changes it."))
        if task.status != Status.OPEN:
            raise NotAllowed(_("This task is not open any more."))
        before, was_due = _told(task), task.due_at
        for name, value in given.items():
            _CHANGES[name](task, value)
        if "due_at" in given and "remind_at" not in given:
            _shift_reminder(task, was_due)
        after = _told(task)
        if before == after:
            return task
        task.save()
        differs = [name for name in before if before[name] != after[name]]
        announce(
            names.TASK_CHANGED,
            task,
            actor=Actor.agent(agent),
            before={name: before[name] for name in differs},
            after={name: after[name] for name in differs},
        )
        if "assignee" in differs:
            tell_given(task, by=agent)
    return task


def complete_task(*, agent: Agent, task_id: UUID) -> Task:
    """Say that it is done: once, whoever says it first. Raises NotFound, or NotAllowed where it was cancelled."""
    return _end(agent, task_id, Status.DONE, names.TASK_DONE)


def cancel_task(*, agent: Agent, task_id: UUID) -> Task:
    """Say that it need not be done. Raises NotFound, Forbidden, or NotAllowed where it was done."""
    return _end(agent, task_id, Status.CANCELLED, names.TASK_CANCELLED)


def reopen_task(*, agent: Agent, task_id: UUID) -> Task:
    """Open a task that was done or cancelled. Raises NotFound."""
    with transaction.atomic():
        task = _locked(agent, task_id)
        if task.status == Status.OPEN:
            return task
        task.status, task.done_at, task.done_by = Status.OPEN, None, None
        task.save()
        announce(names.TASK_REOPENED, task, actor=Actor.agent(agent))
    return task


def _end(agent: Agent, task_id: UUID, status: Task.Status, name: str) -> Task:
    with transaction.atomic():
        task = _locked(agent, task_id)
        if task.status == status:
            return task
        if status == Status.CANCELLED and not may_change(agent, task):
            raise Forbidden(_("Only whose task it is, who made it, or a supervisor cancels it."))
        if task.status != Status.OPEN:
            raise NotAllowed(_("This task is not open any more."))
        task.status, task.done_at, task.done_by = status, timezone.now(), agent
        task.remind_at = None
        task.save()
        announce(name, task, actor=Actor.agent(agent))
        notices.forget([task.pk])  # what rang for it is over
        tell_done(task, by=agent)
    return task


def make_once(*, source: str, store: Store, kind: str, data: dict[str, Any], **given: Any) -> Task | None:
    """Make what a machine found somebody should do, in the caller's transaction, which has locked the `conversation`.

    Return None where `source` has made its task before.
    """
    task = Task(source=source, store=store, kind=kind, data=data, **given)
    _set_due(task, task.due_at)
    try:
        with transaction.atomic():
            task.save(force_insert=True)
    except IntegrityError:
        return None
    announce(names.TASK_CREATED, task, actor=actor_of(None))
    return task


# -- Rows


def _known(agent: Agent, task_id: UUID) -> Task | None:
    known = with_task_relations(Task.objects.all()).filter(pk=task_id).first()
    if known is not None and known.created_by_id != agent.pk:
        raise IdempotencyConflict(_("This id was used before, for something else."), attr="id")
    return known


def _locked(agent: Agent, task_id: UUID) -> Task:
    """Return a task that the agent may see, locked after its conversation, into which a line may be written."""
    rows = tasks_for(agent)
    found = rows.filter(pk=task_id).values_list("conversation_id", flat=True)[:1]
    for conversation_id in filter(None, found):
        Conversation.objects.select_for_update().filter(pk=conversation_id).first()
    task = with_task_relations(rows).select_for_update(of=("self",)).filter(pk=task_id).first()
    if task is None:
        raise NotFound(_("There is no such task."))
    return task


def _conversation(agent: Agent, conversation_id: UUID | None) -> Conversation | None:
    if conversation_id is None:
        return None
    rows = conversations_for(agent).select_related("store", "buyer").select_for_update(of=("self",))
    found = rows.filter(pk=conversation_id).first()
    if found is None:
        raise NotFound(_("No such conversation."), attr="conversation")
    return found


def _order(agent: Agent, order_id: UUID | None) -> Order | None:
    if order_id is None:
        return None
    found = orders_for(agent).select_related("store", "buyer").filter(pk=order_id).first()
    if found is None:
        raise NotFound(_("There is no such order."), attr="order")
    return found


def _store(agent: Agent, key: str, conversation: Conversation | None, order: Order | None) -> Store:
    about = {one.store_id: one.store for one in (conversation, order) if one is not None}
    if len(about) > 1:
        raise InvalidParams(_("The order is another store's than the conversation."), attr="order")
    [of] = about.values() or [None]
    if of is not None:
        if key and of.key != key:
            raise InvalidParams(_("The task is about another store."), attr="store")
        return of
    served = stores_for(agent)
    found = list(served.filter(key=key) if key else served[:2])
    if len(found) == 1:
        return found[0]
    raise InvalidParams(_("You serve no such store.") if key else _("Say for which store."), attr="store")


# -- Values


def _clean_title(title: Any) -> str:
    title = _clean_text(title, MAX_TITLE, "title")
    title = " ".join(title.split())
    if not title:
        raise InvalidParams(_("Say what is to be done."), attr="title")
    return title


def _clean_note(note: Any) -> str:
    return _clean_text(note, MAX_NOTE, "note")


def _clean_text(text: Any, longest: int, attr: str) -> str:
    if not isinstance(text, str) or not is_storable(text):
        raise InvalidParams(_("That cannot be read as text."), attr=attr)
    text = text.strip()
    if len(text) > longest:
        raise InvalidParams(_("At most %(n)s characters.") % {"n": longest}, attr=attr)
    return text


def _clean_priority(priority: Any) -> int:
    if isinstance(priority, bool) or priority not in Task.Priority.values:
        raise InvalidParams(_("Priority is -1, 0, 1 or 2."), attr="priority")
    return int(priority)


def _clean_reminder(at: datetime | None) -> datetime | None:
    if at is not None and not timezone.now() < at < NEVER:
        raise InvalidParams(_("Remind at a time that is still to come."), attr="remind_at")
    return at


def _assignee(store: Store, agent_id: UUID | None) -> Agent | None:
    if agent_id is None:
        return None
    found = servants(store.pk).filter(pk=agent_id).first()
    if found is None:
        raise InvalidParams(_("That colleague does not serve this store."), attr="assignee")
    return found


def _team(store: Store, team_id: UUID | None) -> Team | None:
    if team_id is None:
        return None
    found = Team.objects.filter(pk=team_id, stores=store).first()
    if found is None:
        raise InvalidParams(_("That team does not serve this store."), attr="team")
    return found


def _set_due(task: Task, due_at: datetime | None) -> None:
    if due_at is not None and not FIRST < due_at < NEVER:
        raise InvalidParams(_("That is no day on which somebody could do it."), attr="due_at")
    if due_at != task.due_at:
        task.overdue_at = None  # late for another time: to be told again
    task.due_at, task.sort_at = due_at, due_at or NEVER


def _shift_reminder(task: Task, was_due: datetime | None) -> None:
    """Keep the reminder as long before what is due as it was; one that would have rung already rings no more."""
    if task.remind_at is None or was_due is None or was_due == task.due_at:
        return
    if task.due_at is None:
        task.remind_at = None
        return
    at = task.remind_at + (task.due_at - was_due)
    task.remind_at = at if at > timezone.now() else None


def _set(name: str, clean: Callable[[Any], Any]) -> Callable[[Task, Any], None]:
    return lambda task, value: setattr(task, name, clean(value))


def _set_title(task: Task, title: Any) -> None:
    if title != "" or not task.kind:  # what a machine made may go by the words of its kind
        title = _clean_title(title)
    task.title = title


_CHANGES: dict[str, Callable[[Task, Any], None]] = {
    "title": _set_title,
    "note": _set("note", _clean_note),
    "assignee": lambda task, value: setattr(task, "assignee", _assignee(task.store, value)),
    "team": lambda task, value: setattr(task, "team", _team(task.store, value)),
    "due_at": _set_due,
    "remind_at": _set("remind_at", _clean_reminder),
    "priority": _set("priority", _clean_priority),
}


def _told(task: Task) -> dict[str, Any]:
    return {
        "title": task.title,
        "note": task.note,
        "assignee": task.assignee_id and str(task.assignee_id),
        "team": task.team_id and str(task.team_id),
        "due_at": iso(task.due_at),
        "remind_at": iso(task.remind_at),
        "priority": task.priority,
    }
