"""Tasks in a dialog, or as a page of their own: made, looked at, changed, put off, cancelled."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect, reswap, trigger_client_event

from helpdesk.lib.dialogs import UNPROCESSABLE
from helpdesk.lib.ids import new_id, parse_id
from inbox.access import conversations_for
from inbox.errors import InboxError, NotFound
from orders.access import orders_for
from people.views.roles import AgentRequest, for_agents
from team.todo import services
from team.todo.access import may_change, tasks_for, with_task_relations
from team.todo.forms import MORNING, TaskForm, at_hour
from team.todo.models import Task

FIELDS = {"assignee": "who", "team": "who", "due_at": "due_on", "remind_at": "remind"}


@for_agents
@require_http_methods(["GET", "POST"])
def new(request: AgentRequest) -> HttpResponse:
    """Show the form of a new task, about a conversation or an order where the address names one; make it."""
    about = _about(request)
    one = about["conversation"] or about["order"]
    store = one.store if one else None
    if request.method == "GET":
        form = TaskForm(agent=request.user, store=store)
        return _show(request, "team/tasks/_new.html", form, task_id=new_id(), **about)
    form = TaskForm(request.POST, agent=request.user, store=store)
    task_id = parse_id(request.POST.get("id", "")) or new_id()

    def make() -> None:
        given = form.given()
        services.create_task(
            agent=request.user,
            task_id=task_id,
            store=form.cleaned_data["store"] if form.asks_for_store else "",
            conversation_id=about["conversation"] and about["conversation"].pk,
            order_id=about["order"] and about["order"].pk,
            assignee_id=given.pop("assignee"),
            team_id=given.pop("team"),
            **given,
        )

    if _do(form, make):
        return _done(request, _("Task made"))
    return _show(request, "team/tasks/_new.html", form, status=UNPROCESSABLE, task_id=task_id, **about)


def _about(request: AgentRequest) -> dict[str, Any]:
    """Return the conversation and the order that the address names. Raises Http404 where the agent sees no such one."""
    found: dict[str, Any] = {}
    for name, rows in (
        ("conversation", conversations_for(request.user)),
        ("order", orders_for(request.user)),
    ):
        wanted = request.GET.get(name, "")
        pk = parse_id(wanted)
        found[name] = rows.select_related("store", "buyer").filter(pk=pk).first() if pk else None
        if wanted and found[name] is None:
            raise Http404
    return found


@for_agents
@require_http_methods(["GET", "POST"])
def one(request: AgentRequest, task_id: UUID) -> HttpResponse:
    """Show a task, in the dialog or as a page; take over what was changed of it."""
    task = _task(request, task_id)
    if request.method == "GET":
        return _show_task(request, task, TaskForm(agent=request.user, store=task.store, task=task))
    form = TaskForm(request.POST, agent=request.user, store=task.store, task=task)

    def change() -> None:
        given = form.given()
        if given["remind_at"] == task.remind_at and not _was_moved(task, given["due_at"]):
            del given["remind_at"]
        services.change_task(agent=request.user, task_id=task_id, **given)

    if _do(form, change):
        return _done(request, _("Task changed"))
    return _show_task(request, task, form, status=UNPROCESSABLE)


def _was_moved(task: Task, due_at: datetime | None) -> bool:
    return task.due_at != due_at


@for_agents
@require_POST
def cancel(request: AgentRequest, task_id: UUID) -> HttpResponse:
    return _act(
        request, lambda: services.cancel_task(agent=request.user, task_id=task_id), _("Task cancelled")
    )


@for_agents
@require_POST
def snooze(request: AgentRequest, task_id: UUID) -> HttpResponse:
    """Have the reminder ring again after so many minutes (`minutes`), or tomorrow morning."""
    minutes = request.POST.get("minutes", "")
    at = timezone.now() + timedelta(minutes=int(minutes)) if minutes in ("15", "60") else None
    at = at or at_hour(timezone.localtime(), 1, MORNING)
    return _act(
        request,
        lambda: services.change_task(agent=request.user, task_id=task_id, remind_at=at),
        _("You will be reminded again"),
    )


def _act(request: AgentRequest, work: Callable[[], Any], done: str) -> HttpResponse:
    try:
        work()
    except NotFound as refusal:
        raise Http404 from refusal
    except InboxError as refusal:
        messages.error(request, refusal.detail)
        return _close(request)
    return _done(request, done)


def _do(form: TaskForm, work: Callable[[], None]) -> bool:
    """Do it where the form is right; what cannot be is said at the field that is to blame."""
    if not form.is_valid():
        return False
    try:
        work()
    except NotFound as refusal:
        raise Http404 from refusal
    except InboxError as refusal:
        name = FIELDS.get(refusal.attr or "", refusal.attr)
        form.add_error(name if name in form.fields else None, refusal.detail)
        return False
    return True


def _done(request: AgentRequest, words: str) -> HttpResponse:
    messages.success(request, words)
    return _close(request)


def _close(request: AgentRequest) -> HttpResponse:
    """Shut the dialog, and have lists read anew; a task's own page leads back to the list."""
    if _is_page(request):
        return HttpResponseClientRedirect(reverse("team-room:tasks"))
    response = render(request, "_messages.html", {"oob": True})
    for name in ("desk:close", "desk:tasks"):
        response = trigger_client_event(response, name, after="settle")  # what is swapped in opens the dialog
    return reswap(response, "none")


def _task(request: AgentRequest, task_id: UUID) -> Task:
    task = with_task_relations(tasks_for(request.user)).filter(pk=task_id).first()
    if task is None:
        raise Http404
    return task


def _show_task(request: AgentRequest, task: Task, form: TaskForm, *, status: int = 200) -> HttpResponse:
    is_fragment = "HX-Request" in request.headers
    shown = {
        "is_page": not is_fragment or _is_page(request),
        "task": task,
        "may_change": task.status == Task.Status.OPEN and may_change(request.user, task),
        "conversation": task.conversation,
        "order": task.order,
    }
    template = "one.html" if not is_fragment else "_body.html" if shown["is_page"] else "_one.html"
    return _show(request, f"team/tasks/{template}", form, status=status, **shown)


def _is_page(request: AgentRequest) -> bool:
    """Whether a fragment is asked for by a task's page, not by a dialog over another page."""
    path = request.headers.get("HX-Current-URL", "")
    try:
        return resolve(urlsplit(path).path).view_name == "team-room:task"
    except Resolver404:
        return False


def _show(
    request: AgentRequest, template: str, form: TaskForm, *, status: int = 200, **context: Any
) -> HttpResponse:
    return render(request, template, {"form": form, **context}, status=status)
