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
from helpdesk.lib.dialogs import UNPROCESSABLE
from helpdesk.lib.ids import new_id, parse_id
from helpdesk.lib.money import display
from helpdesk.lib.pictures import shows_pictures
from inbox.contacts import contacts_of
from inbox.errors import InboxError
from orders import actions, limits, services, settling
from orders.access import actions_for, orders_for, with_order_relations
from orders.actions.base import ActionForm, ActionKind, Preset, Row
from orders.announce import live_conversations
from orders.cards.checks import checks_of
from orders.checks_views import present_checks
from orders.listing import list_orders
from orders.models import Order
from orders.notes_views import note_context
from orders.panel_orders import parcels, reminder
from orders.parts import parts_of
from orders.presenting import audit_trail, present_actions
from orders.reminders import standings
from orders.tracking import trouble
from people.access import stores_for
from people.models import Agent
from people.views.roles import AgentRequest, for_agents

TROUBLE = "trouble"  # a tab beside the statuses: a parcel that is late or stuck


@for_agents
@require_GET
@shows_pictures
def order_list(request: AgentRequest) -> HttpResponse:
    asked = {name: request.GET.get(name, "") for name in ("q", "status", "store")}
    q, status, store = asked.values()
    cursor = request.GET.get("cursor", "")
    troubled = status == TROUBLE
    page = list_orders(
        request.user, q=q, status="" if troubled else status, store=store, trouble=troubled, cursor=cursor
    )
    kept = {name: value for name, value in asked.items() if value}
    context = {
        "orders": [present_row(order) for order in page.orders],
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


def present_row(order: Order) -> dict[str, Any]:
    """Return a row of the list: the order, the flags that agents put on it, and a parcel that is in trouble."""
    flags = [note for note in order.notes.all() if note.color]
    return {"order": order, "flags": flags, "trouble": trouble(order)}


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
        for value, label in [("", ""), *Order.Status.choices, (TROUBLE, _("Late or stuck"))]
    ]


@for_agents
@require_GET
@shows_pictures
def order_page(request: AgentRequest, order_id: UUID) -> HttpResponse:
    order = _open(request, order_id)
    events = Event.objects.filter(order_id=order.id).order_by("-id")[:100]
    live = next(iter(live_conversations(order)), None)
    context = {
        **act_context(request, order),
        **note_context(order, request.user),
        "contacts": contacts_of(order.buyer) if order.buyer else [],
        "checks": present_checks(order, checks_of([order])[order.id], live),
        "trail": audit_trail(list(events)),
        "beside": parts_of(request.user, [order])[order.id],
        "live": live,
        "parcels": parcels(order, live),
        "reminder": reminder(order, standings([order]).get(order.id), live),
    }
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
        form = action_kind.form(_start(action_kind, order, preset, request.GET), order=order)
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
def approve(request: AgentRequest, action_id: UUID) -> HttpResponse:
    comment = request.POST.get("comment", "")
    return _on_action(
        request,
        action_id,
        lambda: services.approve(agent=request.user, action_id=action_id, comment=comment),
    )


@for_agents
@require_POST
def reject(request: AgentRequest, action_id: UUID) -> HttpResponse:
    comment = request.POST.get("comment", "")
    return _on_action(
        request,
        action_id,
        lambda: services.reject(agent=request.user, action_id=action_id, comment=comment),
    )


@for_agents
@require_POST
def settle(request: AgentRequest, action_id: UUID) -> HttpResponse:
    comment, done = request.POST.get("comment", ""), request.POST.get("done") == "yes"
    return _on_action(
        request,
        action_id,
        lambda: settling.settle(agent=request.user, action_id=action_id, done=done, comment=comment),
    )


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


def _start(kind: ActionKind, order: Order, preset: Preset | None, given: Any) -> dict[str, Any]:
    """Return what a form begins with: a bound form, so that its preview is there at once.

    What is `given` in the address goes before: a form that asks for itself again keeps what is typed in it.
    """
    blank = kind.form(order=order)
    initial = {name: blank.get_initial_for_field(field, name) for name, field in blank.fields.items()}
    typed = {name: given[name] for name in blank.fields if name in given}
    return {**initial, **(preset.initial if preset else {}), **typed}


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
    lefts = limits.lefts(order, request.user, kind.kind)
    rows, found, over = _preview(order, kind, form, request.user, lefts)
    left = limits.least(lefts)
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
        "over": over,
    }
    return render(request, template, context, status=status)


def _preview(
    order: Order, kind: ActionKind, form: ActionForm, agent: Agent, lefts: limits.Lefts
) -> tuple[list[Row], str, list[str]]:
    """Return before and after, what stands in the way, and the agent's limits that it is above."""
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        return [], _of_field(form, name, str(errors[0])), []
    try:
        params = kind.clean(order, form.params())
        kind.check(order, params)
    except InboxError as error:
        return [], _of_field(form, error.attr or "", error.detail), []
    rows = kind.rows(*kind.preview(order, params))
    over = limits.over(kind.cost(order, params), lefts)
    return rows, "", over + kind.beyond(order, agent, params)


def _of_field(form: ActionForm, name: str, words: str) -> str:
    """Return what is wrong with the name of its field before it, where the form has one of that name."""
    return f"{form.fields[name].label}: {words}" if name in form.fields else words
