"""Order pages and what is done on them. A view opens an order among the agent's own: else 404."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from events.models import Event
from helpdesk.lib.ids import new_id, parse_id
from helpdesk.lib.money import display
from inbox.errors import InboxError
from orders import actions, services
from orders.access import actions_for, orders_for, with_order_relations
from orders.actions.base import ActionForm, ActionKind, Preset, Row
from orders.announce import live_conversations
from orders.listing import list_orders
from orders.models import Order
from orders.presenting import audit_trail, present_actions
from people.access import stores_for
from people.models import Agent
from people.views.roles import AgentRequest, for_agents

UNPROCESSABLE = 422  # what htmx shows in the page instead of complaining


@for_agents
@require_GET
def order_list(request: AgentRequest) -> HttpResponse:
    asked = {name: request.GET.get(name, "") for name in ("q", "status", "store")}
    q, status, store = asked.values()
    cursor = request.GET.get("cursor", "")
    page = list_orders(request.user, q=q, status=status, store=store, cursor=cursor)
    kept = {name: value for name, value in asked.items() if value}
    context = {
        "orders": page.orders,
        "next": urlencode({**kept, "cursor": page.next}) if page.next else "",
        "asked": asked,
        "tabs": _tabs(kept),
    }
    is_fragment = "HX-Request" in request.headers
    if is_fragment and cursor:
        return render(request, "orders/_rows.html", context)
    if is_fragment:
        return render(request, "orders/_list.html", context)
    return render(request, "orders/list.html", {**context, "stores": stores_for(request.user)})


def _tabs(kept: dict[str, str]) -> list[dict[str, Any]]:
    """Return the tabs: every status, each keeping the rest of what was asked."""
    rest = {name: value for name, value in kept.items() if name != "status"}
    return [
        {
            "value": value,
            "label": label,
            "query": urlencode({**rest, "status": value} if value else rest),
            "here": value == kept.get("status", ""),
        }
        for value, label in [("", ""), *Order.Status.choices]
    ]


@for_agents
@require_GET
def order_page(request: AgentRequest, order_id: UUID) -> HttpResponse:
    order = _open(request, order_id)
    events = Event.objects.filter(order_id=order.id).order_by("-id")[:100]
    live = next(iter(live_conversations(order)), None)
    context = {**act_context(request, order), "trail": audit_trail(list(events)), "live": live}
    return render(request, "orders/page.html", context)


# -- Actions: a block of buttons, a form in their place, and what is under way


@for_agents
@require_GET
def act(request: AgentRequest, order_id: UUID) -> HttpResponse:
    return render(request, "orders/_act.html", act_context(request, _open(request, order_id)))


@for_agents
@require_http_methods(["GET", "POST"])
def action_form(request: AgentRequest, order_id: UUID, kind: str) -> HttpResponse:
    """Show the form; when it was sent, ask for the action. What cannot be is said in the form."""
    order, action_kind = _open(request, order_id), _kind(kind)
    if request.method == "GET":
        preset = next((p for p in action_kind.presets if p.slug == request.GET.get("preset")), None)
        form = action_kind.form(_start(action_kind, order, preset), order=order)
        problem = None if preset else ""  # a form that was just opened has nothing wrong in it
        return _render_form(request, order, action_kind, form, problem=problem)
    form = action_kind.form(request.POST, order=order)
    if not form.is_valid():
        return _render_form(request, order, action_kind, form, status=UNPROCESSABLE)
    if request.POST.get("seen") != str(order.version):
        # What was agreed to on the screen is not what would be done now: show it again, as it is.
        problem = _("The order has changed meanwhile. Please look again.")
        return _render_form(request, order, action_kind, form, problem=problem, status=UNPROCESSABLE)
    try:
        services.request_action(
            agent=request.user,
            order_id=order.id,
            kind=kind,
            params=form.params(),
            reason=form.cleaned_data["reason"],
            conversation_id=_conversation(request),
            idempotency_key=request.POST.get("key", ""),
        )
    except InboxError as error:
        return _render_form(request, order, action_kind, form, problem=error.detail, status=UNPROCESSABLE)
    return render(request, "orders/_act.html", act_context(request, _open(request, order_id)))


@for_agents
@require_GET
def action_preview(request: AgentRequest, order_id: UUID, kind: str) -> HttpResponse:
    """Show before and after for what is typed so far. It is no error to have typed half of it."""
    order, action_kind = _open(request, order_id), _kind(kind)
    form = action_kind.form(request.GET, order=order)
    return _render_form(request, order, action_kind, form, template="orders/_preview.html")


@for_agents
@require_POST
def take_back(request: AgentRequest, action_id: UUID) -> HttpResponse:
    return _on_action(request, action_id, lambda: services.take_back(agent=request.user, action_id=action_id))


@for_agents
@require_POST
def run_now(request: AgentRequest, action_id: UUID) -> HttpResponse:
    return _on_action(request, action_id, lambda: services.run_now(agent=request.user, action_id=action_id))


@for_agents
@require_POST
def undo(request: AgentRequest, action_id: UUID) -> HttpResponse:
    key = request.POST.get("key", "")
    return _on_action(
        request,
        action_id,
        lambda: services.undo(agent=request.user, action_id=action_id, idempotency_key=key),
    )


def _on_action(request: AgentRequest, action_id: UUID, do: Callable[[], Any]) -> HttpResponse:
    """Do it, and show what the order's actions look like now; a refusal is said there."""
    order_id = actions_for(request.user).filter(pk=action_id).values_list("order", flat=True).first()
    if order_id is None:
        raise Http404
    error = ""
    try:
        do()
    except InboxError as refusal:
        error = refusal.detail
    context = {**act_context(request, _open(request, order_id)), "error": error}
    return render(request, "orders/_act.html", context, status=UNPROCESSABLE if error else 200)


# -- Helpers


def _open(request: AgentRequest, order_id: UUID) -> Order:
    order = with_order_relations(orders_for(request.user)).filter(pk=order_id).first()
    if order is None:
        raise Http404
    return order


def _kind(kind: str) -> ActionKind:
    found = actions.get(kind)
    if found is None:
        raise Http404
    return found


def _conversation(request: AgentRequest) -> UUID | None:
    return parse_id(request.GET.get("conversation") or request.POST.get("conversation") or "")


def act_context(request: AgentRequest, order: Order) -> dict[str, Any]:
    """Return what orders/_act.html shows: buttons, and the last or the present action."""
    return {
        "order": order,
        "conversation_id": _conversation(request),
        "client_id": new_id().hex,
        **present_actions(order, request.user),
    }


def _start(kind: ActionKind, order: Order, preset: Preset | None) -> dict[str, Any]:
    """Return what a form begins with: a bound form, so that its preview is there at once."""
    blank = kind.form(order=order)
    initial = {name: blank.get_initial_for_field(field, name) for name, field in blank.fields.items()}
    return {**initial, **(preset.initial if preset else {})}


def _render_form(
    request: AgentRequest,
    order: Order,
    kind: ActionKind,
    form: ActionForm,
    *,
    template: str = "orders/_form.html",
    problem: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show the form with before and after. `problem`: what is wrong with it; None: to be found out."""
    rows, found = _preview(order, kind, form, request.user)
    left = kind.left(order, request.user)
    context = {
        "order": order,
        "kind": kind,
        "form": form,
        "key": request.POST.get("key") or new_id().hex,
        "conversation_id": _conversation(request),
        "rows": rows,
        "problem": found if problem is None else problem,
        "may_send": bool(rows) and not found,
        "left": None if left is None else display(left, order.currency),
    }
    return render(request, template, context, status=status)


def _preview(order: Order, kind: ActionKind, form: ActionForm, agent: Agent) -> tuple[list[Row], str]:
    """Return before and after, and what stands in the way."""
    if not form.is_valid():
        return [], str(next(iter(form.errors.values()))[0])
    try:
        params = kind.clean(order, form.params())
    except InboxError as error:
        return [], error.detail
    rows = kind.rows(*kind.preview(order, params))
    try:
        kind.check(order, params, agent)
    except InboxError as error:
        return rows, error.detail
    return rows, ""
