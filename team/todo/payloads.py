"""The shape of a task as the API gives it."""

from typing import Any

from helpdesk.lib.times import iso
from people.models import Agent, Team
from people.payloads import store_ref
from team.todo.models import Task
from team.todo.words import remark, title_of


def task_data(task: Task) -> dict[str, Any]:
    """Return a task, in the active language. (Load it with `with_task_relations`.)"""
    return {
        "id": str(task.pk),
        "store": store_ref(task.store),
        "kind": task.kind,
        "title": title_of(task),
        "remark": remark(task),
        "note": task.note,
        "priority": task.priority,
        "status": task.status,
        "assignee": _named(task.assignee),
        "team": _named(task.team),
        "due_at": iso(task.due_at),
        "remind_at": iso(task.remind_at),
        "conversation": _conversation(task),
        "order": {"id": str(task.order_id), "number": task.order.number} if task.order else None,
        "created_by": _named(task.created_by),
        "created_at": iso(task.created_at),
        "done_by": _named(task.done_by),
        "done_at": iso(task.done_at),
    }


def _named(one: Agent | Team | None) -> dict[str, str] | None:
    return {"id": str(one.pk), "name": one.name} if one else None


def _conversation(task: Task) -> dict[str, Any] | None:
    if task.conversation is None:
        return None
    buyer = task.conversation.buyer
    return {
        "id": str(task.conversation_id),
        "buyer": {"id": str(buyer.pk), "name": buyer.display_name},
    }
