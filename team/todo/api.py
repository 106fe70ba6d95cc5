"""/api/v1/tasks/: what agents give each other to do."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.lib.api import ApiView, next_page, read
from helpdesk.lib.openapi import ErrorsSerializer
from orders.errors import NotFound
from people.api import agent_of
from team.todo import services, shapes
from team.todo.access import tasks_for, with_task_relations
from team.todo.listing import Filters, list_tasks
from team.todo.models import Task
from team.todo.payloads import task_data

TAGS = ["Tasks"]
REFUSED = {403: ErrorsSerializer, 409: ErrorsSerializer}


class Tasks(ApiView):
    scope = "tasks"

    @extend_schema(
        tags=TAGS,
        summary="List tasks",
        description="Those that I see, in pages of 50: open ones by when they are due, what is late first; others by "
        "when they ended, the latest first.",
        parameters=[shapes.TaskQuery],
        responses=shapes.TaskPageSerializer,
    )
    def get(self, request: Request) -> Response:
        agent, given = agent_of(request), read(shapes.TaskQuery, request.query_params)
        cursor = given.pop("cursor", None)
        for name in ("assignee", "creator"):
            if given.get(name) == "me":
                given[name] = agent.pk
        tasks, following = list_tasks(agent, Filters(**given), cursor)
        return Response(
            {"results": [task_data(task) for task in tasks], "next": next_page(request, following)}
        )

    @extend_schema(
        tags=TAGS,
        summary="Make a task",
        description="With an `id` of your own it can be sent again. 409 `idempotency_conflict`: the id is another's.",
        request=shapes.TaskInput,
        responses={201: shapes.TaskSerializer, 404: ErrorsSerializer, 409: ErrorsSerializer},
    )
    def post(self, request: Request) -> Response:
        given = read(shapes.TaskInput, request.data)
        ids = {f"{name}_id": given.pop(name, None) for name in ("assignee", "team", "conversation", "order")}
        agent = agent_of(request)
        task = services.create_task(agent=agent, task_id=given.pop("id", None), **ids, **given)
        return Response(_data(task), status=201)


class TaskDetail(ApiView):
    scope = "tasks"

    @extend_schema(tags=TAGS, summary="One task", responses=shapes.TaskSerializer)
    def get(self, request: Request, task_id: UUID) -> Response:
        agent = agent_of(request)
        task = with_task_relations(tasks_for(agent)).filter(pk=task_id).first()
        if task is None:
            raise NotFound("There is no such task.")
        return Response(task_data(task))

    @extend_schema(
        tags=TAGS,
        summary="Change a task",
        description="Whose it is, who made it, or a supervisor; anybody where it is nobody's. What is left out stays; "
        "a reminder that is still to ring moves along with `due_at`, unless it is given too. 409 `not_allowed`: the "
        "task is not open any more.",
        request=shapes.TaskChange,
        responses={200: shapes.TaskSerializer, **REFUSED},
    )
    def patch(self, request: Request, task_id: UUID) -> Response:
        given = read(shapes.TaskChange, request.data)
        agent = agent_of(request)
        return Response(_data(services.change_task(agent=agent, task_id=task_id, **given)))


class CompleteTask(ApiView):
    scope = "tasks"

    @extend_schema(
        tags=TAGS,
        summary="Say that a task is done",
        description="Whoever sees it may. Said again, by whomever, it stays as it was said first. 409 `not_allowed`: "
        "it was cancelled.",
        request=None,
        responses={200: shapes.TaskSerializer, **REFUSED},
    )
    def post(self, request: Request, task_id: UUID) -> Response:
        agent = agent_of(request)
        return Response(_data(services.complete_task(agent=agent, task_id=task_id)))


class ReopenTask(ApiView):
    scope = "tasks"

    @extend_schema(
        tags=TAGS,
        summary="Open a task again",
        description="One that was done or cancelled. Its reminder is not set again.",
        request=None,
        responses={200: shapes.TaskSerializer, **REFUSED},
    )
    def post(self, request: Request, task_id: UUID) -> Response:
        agent = agent_of(request)
        return Response(_data(services.reopen_task(agent=agent, task_id=task_id)))


class CancelTask(ApiView):
    scope = "tasks"

    @extend_schema(
        tags=TAGS,
        summary="Cancel a task",
        description="It need not be done. Whose it is, who made it, or a supervisor. 409 `not_allowed`: it was done.",
        request=None,
        responses={200: shapes.TaskSerializer, **REFUSED},
    )
    def post(self, request: Request, task_id: UUID) -> Response:
        agent = agent_of(request)
        return Response(_data(services.cancel_task(agent=agent, task_id=task_id)))


def _data(task: Task) -> dict[str, Any]:
    """Return a task as it is now. (Who gave it away may not see it any more, and is told what they did.)"""
    return task_data(with_task_relations(Task.objects.all()).get(pk=task.pk))
