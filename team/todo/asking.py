"""What every page of the desk asks about tasks (settings.CONSOLE_ASKS)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils import timezone

from helpdesk.lib.times import iso
from people.middleware import zone_of
from people.models import Agent
from team.todo.listing import due_today


class TasksDue:
    """`tasks.due {}`: when my own tasks of today are due, late ones among them; at most a hundred."""

    what: ClassVar[str] = "tasks.due"
    scope: ClassVar[str] = "tasks:read"

    def answer(self, *, agent: Agent, given: Mapping[str, Any]) -> dict[str, Any]:
        with timezone.override(zone_of(agent)):
            return {"due": [iso(at) for at in due_today(agent)]}
