"""Telling what became of a task: the event, the line in its conversation, the frame that rings every open screen."""

from typing import Any

from events import topics
from events.record import SYSTEM, Actor, Happening, Push, record
from helpdesk.lib.times import iso
from inbox.services import add_system_line
from people.models import Agent
from team.todo.models import Task
from team.todo.words import plain_title

# What stands in a conversation's timeline: that there is something to do, and that it is done.
LINES = {
    "task.created": "{actor} made a task: {title}",
    "task.done": "{actor} did the task: {title}",
}


def actor_of(agent: Agent | None) -> Actor:
    return Actor.agent(agent) if agent else SYSTEM


def announce(
    name: str,
    task: Task,
    *,
    actor: Actor,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Record `name` of a task, in the transaction of the change. The task's conversation is locked by the caller
    where a line is to stand in it."""
    data: dict[str, Any] = {
        "task": str(task.pk),
        "kind": task.kind,
        "title": task.title,
        "words": task.data,
        "assignee": task.assignee_id and str(task.assignee_id),
        "team": task.team_id and str(task.team_id),
        "due_at": iso(task.due_at),
    }
    if before is not None:
        data |= {"before": before, "after": after}
    record(
        Happening(
            name,
            actor,
            store_id=task.store_id,
            conversation_id=task.conversation_id,
            order_id=task.order_id,
            data=data,
            pushes=[_bell(name, task, before)],
        )
    )
    if task.conversation_id and name in LINES:
        params = {
            "actor": actor.name,
            "task": str(task.pk),
            "task_kind": task.kind,
            "title": task.title,
            "assignee": task.assignee.name if task.assignee else None,
            **task.data,
        }
        add_system_line(
            conversation_id=task.conversation_id,
            event=name,
            params=params,
            body=LINES[name].format(actor=actor.name or "The desk", title=plain_title(task)),
            public=False,
            actor=actor,
        )


def _bell(name: str, task: Task, before: dict[str, Any] | None) -> Push:
    """A frame that says which task changed and whom that concerns, and nothing of what it says: not everybody who
    serves the store may read it, so screens read anew what they show of it."""
    was = (before or {}).get("assignee")
    frame = {
        "type": "task.updated",
        "task": str(task.pk),
        "cause": name,
        "status": task.status,
        "store": str(task.store_id),
        "conversation": task.conversation_id and str(task.conversation_id),
        "order": task.order_id and str(task.order_id),
        "agents": sorted({str(one) for one in (task.assignee_id, task.created_by_id, was) if one}),
    }
    return Push((topics.store(task.store_id),), frame)
