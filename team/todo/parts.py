"""Tasks where orders are shown (settings.ORDER_PARTS)."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from people.models import Agent
from team.todo.listing import open_tasks_of_orders


class OrderTasks:
    template: ClassVar[str] = "team/tasks/_of_order.html"

    def of(self, agent: Agent, order_ids: Sequence[UUID]) -> dict[UUID, Any]:
        found = open_tasks_of_orders(agent, order_ids)
        return {pk: {"order_id": pk, "tasks": tasks} for pk, tasks in found.items()}
