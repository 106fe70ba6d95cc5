"""What stands in the bells of the demo's agents: they were mentioned, and given tasks, and have read most of it."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from helpdesk.demo.rows import Rows, uid
from inbox.models import Mention
from inbox.notice_words import MENTION
from inbox.services.telling import address
from people.models import Notice
from people.notices import LONGEST_PARAM
from team.models import Task
from team.notice_words import TASK_GIVEN, TASK_LATE

LOOKED_BACK = timedelta(days=14)
UNREAD = timedelta(hours=20)  # what is older was read within the hour


def add_notices(rows: Rows, *, now: datetime) -> None:
    found: dict[tuple[UUID, str], Notice] = {}
    for notice in sorted((*_mentions(rows), *_tasks(rows)), key=lambda one: (one.at, one.key)):
        if now - LOOKED_BACK < notice.at <= now:
            found[notice.agent_id, notice.key] = notice  # the newest of those with the same key
    for (agent_id, key), notice in found.items():
        notice.id = uid(notice.at, random.Random(f"bell {agent_id} {key}"))
        notice.at = notice.at.replace(microsecond=notice.at.microsecond // 1000 * 1000)
        if notice.at < now - UNREAD:
            notice.read_at = notice.at + timedelta(minutes=40)
        notice.params = {name: text[:LONGEST_PARAM] for name, text in notice.params.items()}
        rows.add(notice)


def _mentions(rows: Rows) -> Iterator[Notice]:
    for mention in rows.tables[Mention]:
        c, message = mention.conversation, mention.message
        said = {"buyer": c.buyer.display_name, "said": " ".join(message.body.split())}
        yield Notice(
            agent=mention.agent,
            kind=MENTION,
            key=f"{MENTION}.{c.pk}",
            params={"by": message.author_name, **said},
            href=address(c),
            about=c.pk,
            at=mention.at,
        )


def _tasks(rows: Rows) -> Iterator[Notice]:
    for task in rows.tables[Task]:
        if task.assignee is None or task.created_by in (None, task.assignee) or task.status != "open":
            continue
        for kind, at in ((TASK_GIVEN, task.created_at), (TASK_LATE, task.overdue_at)):
            if at is None:
                continue
            yield Notice(
                agent=task.assignee,
                kind=kind,
                key=f"{kind}:{task.pk}",
                params={"by": task.created_by.name, "title": task.title, "about": _about(task)},
                href=f"/team/tasks/{task.pk}/",
                about=task.pk,
                at=at,
            )


def _about(task: Task) -> str:
    if task.conversation is not None:
        return task.conversation.buyer.display_name
    return f"#{task.order.number}" if task.order is not None else task.store.name
