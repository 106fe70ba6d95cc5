"""Reminders, and word of what is late: found in the rows by a sweep, and told once.

Who tells takes the row by a conditional update, and writes the notice in the same transaction. Two sweeps at once:
one of them finds nothing to update. One that is killed: neither the mark nor the notice is there, and the next sweep
does it. What was changed meanwhile (put off, done, given another time) is no longer what the condition says.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from team.todo.access import with_task_relations
from team.todo.models import Task
from team.todo.telling import tell_late, tell_reminder

AT_A_TIME = 200
Status = Task.Status


def remind_due(*, now: datetime | None = None, limit: int = AT_A_TIME) -> int:
    """Remind of tasks whose reminder is due. Returns how many; may run any number of times at once."""
    now = now or timezone.now()
    due = Task.objects.filter(status=Status.OPEN, remind_at__lte=now).order_by("remind_at")
    told = 0
    for pk, at in list(due.values_list("pk", "remind_at")[:limit]):
        with transaction.atomic():
            mine = Task.objects.filter(pk=pk, status=Status.OPEN, remind_at=at)
            if not mine.update(remind_at=None):
                continue
            tell_reminder(with_task_relations(Task.objects.all()).get(pk=pk))
            told += 1
    return told


def tell_of_late(*, now: datetime | None = None, limit: int = AT_A_TIME) -> int:
    """Tell of open tasks that are late: once for each time they were due. Returns how many."""
    now = now or timezone.now()
    late = Task.objects.filter(status=Status.OPEN, overdue_at=None, due_at__lte=now).order_by("due_at")
    told = 0
    for pk, at in list(late.values_list("pk", "due_at")[:limit]):
        with transaction.atomic():
            mine = Task.objects.filter(pk=pk, status=Status.OPEN, overdue_at=None, due_at=at)
            if not mine.update(overdue_at=now):
                continue
            tell_late(with_task_relations(Task.objects.all()).get(pk=pk))
            told += 1
    return told
