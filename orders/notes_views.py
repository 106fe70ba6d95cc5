"""Notes at an order, as a fragment: the same beside a conversation and on the order's page."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from helpdesk.lib.dialogs import UNPROCESSABLE
from helpdesk.lib.ids import new_id, parse_id
from inbox.errors import InboxError, NotFound
from orders import notes
from orders.access import orders_for, with_order_relations
from orders.models import Order
from people.models import Agent
from people.views.roles import AgentRequest, for_agents

# helpdesk/lib/palette.py, by their names.
COLORS: dict[str, str | Promise] = {
    "": gettext_lazy("No flag"),
    "red": gettext_lazy("Red"),
    "amber": gettext_lazy("Amber"),
    "green": gettext_lazy("Green"),
    "teal": gettext_lazy("Teal"),
    "blue": gettext_lazy("Blue"),
    "violet": gettext_lazy("Violet"),
    "pink": gettext_lazy("Pink"),
    "slate": gettext_lazy("Slate"),
}


def note_context(order: Order, agent: Agent, **state: Any) -> dict[str, Any]:
    """Return what orders/_notes.html shows of an order that is loaded with its notes."""
    shown: list[dict[str, Any]] = [
        {"note": note, "may_change": notes.may_change(agent, note)} for note in order.notes.all()
    ]
    return {
        "order": order,
        "notes": shown,
        "flags": [item["note"] for item in shown if item["note"].color],
        "colors": COLORS.items(),
        "note_id": new_id(),
        "draft": {"text": "", "color": ""},
        **state,
    }


@for_agents
@require_GET
def show(request: AgentRequest, order_id: UUID) -> HttpResponse:
    """Show the notes; with `edit`, the form of one of them in its place."""
    order = _open(request, order_id)
    edited = parse_id(request.GET.get("edit", ""))
    note = next((n for n in order.notes.all() if n.id == edited and notes.may_change(request.user, n)), None)
    state = {"edited": note.id, "draft": {"text": note.text, "color": note.color}} if note else {}
    return render(request, "orders/_notes.html", note_context(order, request.user, **state))


@for_agents
@require_POST
def add(request: AgentRequest, order_id: UUID) -> HttpResponse:
    text, color = request.POST.get("text", ""), request.POST.get("color", "")
    note_id = parse_id(request.POST.get("note", ""))
    return _do(
        request,
        order_id,
        lambda: notes.add_note(
            agent=request.user, order_id=order_id, text=text, color=color, note_id=note_id
        ),
    )


@for_agents
@require_POST
def edit(request: AgentRequest, order_id: UUID, note_id: UUID) -> HttpResponse:
    text, color = request.POST.get("text", ""), request.POST.get("color", "")
    return _do(
        request,
        order_id,
        lambda: notes.edit_note(
            agent=request.user, order_id=order_id, note_id=note_id, text=text, color=color
        ),
        edited=note_id,
    )


@for_agents
@require_POST
def delete(request: AgentRequest, order_id: UUID, note_id: UUID) -> HttpResponse:
    return _do(
        request,
        order_id,
        lambda: notes.delete_note(agent=request.user, order_id=order_id, note_id=note_id),
    )


def _do(
    request: AgentRequest, order_id: UUID, work: Callable[[], Any], *, edited: UUID | None = None
) -> HttpResponse:
    """Do it and show the notes as they are now; what was typed stays where it was refused."""
    state: dict[str, Any] = {}
    try:
        work()
    except NotFound as refusal:
        raise Http404 from refusal
    except InboxError as refusal:
        draft = {"text": request.POST.get("text", ""), "color": request.POST.get("color", "")}
        state = {"error": refusal.detail, "draft": draft, "edited": edited}
    context = note_context(_open(request, order_id), request.user, **state)
    return render(request, "orders/_notes.html", context, status=UNPROCESSABLE if state else 200)


def _open(request: AgentRequest, order_id: UUID) -> Order:
    order = with_order_relations(orders_for(request.user)).filter(pk=order_id).first()
    if order is None:
        raise Http404
    return order
