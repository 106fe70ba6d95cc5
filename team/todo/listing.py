"""Lists of tasks: what is open by when it is due, what is over by when it ended; keyset pages of both."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from helpdesk.lib.ids import parse_id
from helpdesk.lib.keyset import Keyset, cut
from people.models import Agent
from team.todo.access import tasks_for, with_task_relations
from team.todo.models import Task

PAGE = 50
SHOWN_BESIDE = 20  # tasks of one conversation or order
NOBODY = "none"
BY_DUE = Keyset("tasks", "sort_at", newest_first=False)
BY_END = Keyset("ended-tasks", "done_at")
Status = Task.Status


@dataclass(frozen=True)
class Filters:
    """What of the tasks is wanted. `assignee`: an id, or NOBODY; `store` is a key; None and "" are whatever it is."""

    status: str = Status.OPEN
    store: str = ""
    assignee: UUID | str | None = None
    creator: UUID | None = None
    team: UUID | None = None
    conversation: UUID | None = None
    order: UUID | None = None
    due_before: datetime | None = None
    due_after: datetime | None = None

    def applied(self, rows: QuerySet[Task]) -> QuerySet[Task]:
        given: dict[str, Any] = {
            "store__key": self.store,
            "created_by": self.creator,
            "team": self.team,
            "conversation": self.conversation,
            "order": self.order,
            "due_at__lt": self.due_before,
            "due_at__gte": self.due_after,
        }
        rows = rows.filter(**{name: value for name, value in given.items() if value})
        if self.assignee == NOBODY:
            rows = rows.filter(assignee=None)
        elif isinstance(self.assignee, UUID):
            rows = rows.filter(assignee=self.assignee)
        if self.status == Status.OPEN:
            return rows.filter(status=Status.OPEN)
        ended = rows.filter(~Q(status=Status.OPEN))
        return ended.filter(status=self.status) if self.status in Status.values else ended


def list_tasks(agent: Agent, filters: Filters, cursor: str | None = None) -> tuple[list[Task], str | None]:
    """Return a page of the tasks that the agent sees and that fit, and the cursor of the next. Raises BadCursor."""
    key = BY_DUE if filters.status == Status.OPEN else BY_END
    rows = filters.applied(tasks_for(agent))
    if cursor:
        rows = rows.filter(key.beyond(key.place(cursor)))
    found = list(with_task_relations(rows).order_by(*key.ordering())[: PAGE + 1])
    return cut(found, key, PAGE)


def open_tasks(agent: Agent, **about: Any) -> list[Task]:
    """Return the open tasks of a conversation or an order that the agent sees, what is due first at the top."""
    rows = tasks_for(agent).filter(status=Status.OPEN, **about).order_by("sort_at", "id")
    return list(with_task_relations(rows)[:SHOWN_BESIDE])


def open_tasks_of_orders(agent: Agent, order_ids: Collection[UUID]) -> dict[UUID, list[Task]]:
    """Return the open tasks of each of a few orders: one query."""
    found: dict[UUID, list[Task]] = {pk: [] for pk in order_ids}
    rows = tasks_for(agent).filter(status=Status.OPEN, order__in=found).order_by("sort_at", "id")
    for task in with_task_relations(rows)[: SHOWN_BESIDE * max(len(found), 1)]:
        if task.order_id in found:
            found[task.order_id].append(task)
    return found


def end_of_today() -> datetime:
    """Return when tomorrow begins in the active time zone."""
    return _midnight(timezone.localdate() + timedelta(days=1))


def due_today(agent: Agent, limit: int = 100) -> list[datetime]:
    """Return when the agent's own tasks of today are due, and those that are late, what is most so first."""
    rows = tasks_for(agent).filter(status=Status.OPEN, assignee=agent, sort_at__lt=end_of_today())
    return list(rows.order_by("sort_at", "id").values_list("sort_at", flat=True)[:limit])


# -- As a page shows them


def grouped(tasks: list[Task]) -> list[tuple[str, list[Task]]]:
    """Return open tasks in order, by how soon they are due: late, today, tomorrow, week, later, never."""
    groups: dict[str, list[Task]] = {}
    now, today = timezone.now(), timezone.localdate()
    for task in tasks:
        groups.setdefault(_soon(task, now, today), []).append(task)
    return list(groups.items())


def _soon(task: Task, now: datetime, today: date) -> str:
    if task.due_at is None:
        return "never"
    if task.due_at <= now:
        return "late"
    days = (timezone.localtime(task.due_at).date() - today).days
    return "today" if days < 1 else "tomorrow" if days == 1 else "week" if days < 7 else "later"


def due_before(name: str) -> datetime | None:
    """Return the end of one of the choices of the page: late, today (and late), week; None for any other."""
    today = timezone.localdate()
    ends = {
        "late": timezone.now(),
        "today": _midnight(today + timedelta(days=1)),
        "week": _midnight(today + timedelta(days=7)),
    }
    return ends.get(name)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def assignee_of(text: str) -> UUID | str | None:
    """Read whose tasks are wanted out of an address; what makes no sense there is no wish."""
    return NOBODY if text == NOBODY else parse_id(text)
