"""What buyers ask for, for agents: the page of all that is open, and yes or no wherever a request is shown."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from helpdesk.lib.dialogs import UNPROCESSABLE
from helpdesk.lib.keyset import BadCursor
from inbox.errors import InboxError
from orders import requests
from orders.access import orders_for, with_order_relations
from orders.models import BuyerRequest, OrderAction
from orders.requests_listing import list_requests, requests_for, with_request_relations
from orders.requests_presenting import present_decided
from orders.requests_rules import askable_kinds
from orders.requests_telling import last_action
from orders.views import act_context
from people.access import stores_for
from people.views.roles import AgentRequest, for_agents

STATES = [
    ("open", pgettext_lazy("requests", "Waiting")),
    ("accepted", pgettext_lazy("requests", "Accepted")),
    ("declined", pgettext_lazy("requests", "Declined")),
    ("withdrawn", pgettext_lazy("requests", "Withdrawn")),
]


@for_agents
@require_GET
def page(request: AgentRequest) -> HttpResponse:
    """Show requests; asked by htmx with a cursor: the rows that follow, without one: the list alone."""
    asked = {name: request.GET.get(name, "") for name in ("state", "store", "kind")}
    asked["state"] = asked["state"] if asked["state"] in BuyerRequest.State.values else "open"
    cursor = request.GET.get("cursor", "")
    try:
        found = list_requests(
            request.user, state=asked["state"], store=asked["store"], kind=asked["kind"], cursor=cursor
        )
    except BadCursor:
        raise Http404 from None
    kept = {name: value for name, value in asked.items() if value}
    context = {
        "requests": [present_decided(one) for one in found.requests],
        "next": urlencode({**kept, "cursor": found.next}) if found.next else "",
        "asked": asked,
        "here": urlencode(kept),
        "is_filtered": bool(asked["store"] or asked["kind"]),
        "tabs": [
            {"label": label, "query": urlencode({**kept, "state": value}), "here": value == asked["state"]}
            for value, label in STATES
        ],
        "kinds": askable_kinds(),
    }
    if "HX-Request" in request.headers:
        name = "_rows" if cursor else "_list"
        return render(request, f"orders/requests/{name}.html", context)
    return render(request, "orders/requests/page.html", {**context, "stores": stores_for(request.user)})


@for_agents
@require_POST
def accept(request: AgentRequest, request_id: UUID) -> HttpResponse:
    key = request.POST.get("key", "")

    def do() -> str:
        accepted = requests.accept(agent=request.user, request_id=request_id, idempotency_key=key)
        action = last_action(accepted)
        if action and action.state == OrderAction.State.WAITING:
            return _("This is above your limits: it waits for a supervisor's approval.")
        return _("Accepted.")

    return _decide(request, request_id, do)


@for_agents
@require_POST
def decline(request: AgentRequest, request_id: UUID) -> HttpResponse:
    answer = request.POST.get("answer", "")

    def do() -> str:
        requests.decline(agent=request.user, request_id=request_id, answer=answer)
        return _("Declined. The buyer reads your answer in the conversation.")

    return _decide(request, request_id, do)


def _decide(request: AgentRequest, request_id: UUID, do: Callable[[], str]) -> HttpResponse:
    """Do it, and answer with what it was done from: the order's block of actions, or a row of the list."""
    mine = requests_for(request.user)
    if not mine.filter(pk=request_id).exists():
        raise Http404
    done, error = "", ""
    try:
        done = do()
    except InboxError as refusal:
        error = refusal.detail
    found = with_request_relations(mine).get(pk=request_id)
    status = UNPROCESSABLE if error else 200
    if request.POST.get("place") == "order":
        order = with_order_relations(orders_for(request.user)).get(pk=found.order_id)
        context: dict[str, Any] = {**act_context(request, order), "error": error}
        return render(request, "orders/_act.html", context, status=status)
    if done:
        messages.success(request, done)
    context = {"one": present_decided(found), "error": error, "answer": request.POST.get("answer", "")}
    return render(request, "orders/requests/_answered.html", context, status=status)
