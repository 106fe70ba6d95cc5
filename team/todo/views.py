"""/team/tasks/: what is to be done, and the fragments that show it beside conversations and orders."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from helpdesk.lib.keyset import BadCursor
from inbox.access import conversations_for
from orders.access import orders_for
from people.access import agents_for, stores_for
from people.models import Agent
from people.views.roles import AgentRequest, for_agents
from team.todo.listing import NOBODY, Filters, assignee_of, due_before, grouped, list_tasks, open_tasks

VIEWS = {
    "mine": gettext_lazy("Mine"),
    "created": gettext_lazy("Created by me"),
    "team": gettext_lazy("Everybody's"),
    "done": gettext_lazy("Done"),
}
DUE = {
    "late": gettext_lazy("Overdue"),
    "today": gettext_lazy("Until today"),
    "week": gettext_lazy("Within a week"),
}
GROUPS = {
    "late": gettext_lazy("Overdue"),
    "today": gettext_lazy("Today"),
    "tomorrow": gettext_lazy("Tomorrow"),
    "week": gettext_lazy("This week"),
    "later": gettext_lazy("Later"),
    "never": gettext_lazy("Without a date"),
}


@for_agents
@require_safe
def tasks(request: AgentRequest) -> HttpResponse:
    """Show the page; its list alone where the list asks for itself, rows alone where it goes on."""
    agent = request.user
    asked = {name: request.GET.get(name, "") for name in ("view", "store", "due", "assignee")}
    asked["view"] = asked["view"] if asked["view"] in VIEWS else "mine"
    kept = {name: value for name, value in asked.items() if value}
    cursor = request.GET.get("cursor", "")
    try:
        found, following = list_tasks(agent, _filters(agent, asked), cursor)
    except BadCursor:
        raise Http404 from None
    is_over = asked["view"] == "done"
    context: dict[str, Any] = {
        "asked": asked,
        "groups": [("", found)] if is_over else [(GROUPS[name], rows) for name, rows in grouped(found)],
        "is_over": is_over,
        "is_narrowed": any(asked[name] for name in ("store", "due", "assignee")),
        "next": urlencode({**kept, "cursor": following}) if following else "",
        "here": f"{request.path}?{urlencode(kept)}",
    }
    if "HX-Request" in request.headers:
        return render(request, "team/tasks/_rows.html" if cursor else "team/tasks/_list.html", context)
    context |= {
        "views": [
            {"value": v, "label": label, "query": urlencode({**kept, "view": v}), "here": v == asked["view"]}
            for v, label in VIEWS.items()
        ],
        "stores": stores_for(agent),
        "dues": DUE.items(),
        "colleagues": agents_for(agent).order_by("name", "id"),
        "nobody": NOBODY,
    }
    return render(request, "team/tasks/page.html", context)


def _filters(agent: Agent, asked: dict[str, str]) -> Filters:
    view = asked["view"]
    is_over = view == "done"
    return Filters(
        status="" if is_over else "open",
        store=asked["store"],
        assignee=agent.pk if view == "mine" else assignee_of(asked["assignee"]),
        creator=agent.pk if view == "created" else None,
        due_before=None if is_over else due_before(asked["due"]),
    )


@for_agents
@require_safe
def of_conversation(request: AgentRequest, conversation_id: UUID) -> HttpResponse:
    """Show the open tasks of a conversation, for the strip above its messages."""
    if not conversations_for(request.user).filter(pk=conversation_id).exists():
        raise Http404
    shown = {"tasks": open_tasks(request.user, conversation=conversation_id), "conversation": conversation_id}
    return render(request, "team/tasks/_strip.html", shown)


@for_agents
@require_safe
def of_order(request: AgentRequest, order_id: UUID) -> HttpResponse:
    """Show the open tasks of an order, as they stand in its page and panel."""
    if not orders_for(request.user).filter(pk=order_id).exists():
        raise Http404
    shown = {"order_id": order_id, "tasks": open_tasks(request.user, order=order_id)}
    context = {"shown": shown, "is_card": request.GET.get("card") == "1"}
    return render(request, "team/tasks/_of_order.html", context)
