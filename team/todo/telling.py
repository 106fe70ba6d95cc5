"""Whom tasks ring for. Called in the transaction of what they tell of."""

from collections.abc import Sequence
from uuid import UUID

from django.utils import translation

from people.models import Agent
from people.notices import notify
from team.notice_words import TASK_DONE, TASK_DUE, TASK_GIVEN, TASK_LATE
from team.todo.access import caretakers
from team.todo.models import Task
from team.todo.words import title_of


def tell_given(task: Task, *, by: Agent) -> None:
    """Tell whose task it is now, unless they took it themselves."""
    if task.assignee_id not in (None, by.pk):
        _notify([task.assignee_id], TASK_GIVEN, task, by=by.name)


def tell_done(task: Task, *, by: Agent) -> None:
    """Tell who wanted it done that it is, or that it need not be."""
    if task.status == Task.Status.DONE and task.created_by_id not in (None, by.pk):
        _notify([task.created_by_id], TASK_DONE, task, by=by.name)


def tell_reminder(task: Task) -> None:
    _notify(caretakers(task), TASK_DUE, task)


def tell_late(task: Task) -> None:
    """Tell whoever should have done it, and who wanted it."""
    _notify([*caretakers(task), task.created_by_id], TASK_LATE, task)


def _notify(agents: Sequence[UUID | None], kind: str, task: Task, **params: str) -> None:
    """Tell agents. What a machine named is told in the store's language: a notice is words, for whoever reads it."""
    with translation.override(task.store.language):
        title = title_of(task)
    about = task.conversation.buyer.display_name if task.conversation else ""
    if not about and task.order:
        about = f"#{task.order.number}"
    notify(
        [pk for pk in agents if pk is not None],
        kind=kind,
        key=f"{kind}:{task.pk}",
        params={"title": title, "about": about or task.store.name, **params},
        href=f"/team/tasks/{task.pk}/",
    )
