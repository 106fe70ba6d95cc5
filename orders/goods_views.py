"""Fragments beside the forms of actions: products to add, and goods that have come back."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from helpdesk.lib.dialogs import UNPROCESSABLE
from inbox.errors import InboxError
from orders.access import orders_for, with_order_relations
from orders.listing import search_products
from orders.models import OrderReturn
from orders.returns import receive_return
from people.views.roles import AgentRequest, for_agents

HITS = 6


@for_agents
@require_GET
def find_products(request: AgentRequest, order_id: UUID) -> HttpResponse:
    """Show what the order's store sells, for a form that adds some of it."""
    store_id = orders_for(request.user).filter(pk=order_id).values_list("store", flat=True).first()
    if store_id is None:
        raise Http404
    q = request.GET.get("q", "").strip()
    found = search_products(request.user, store_id=store_id, q=q)[:HITS] if q else []
    return render(request, "orders/_found_products.html", {"products": found, "q": q})


@for_agents
@require_POST
def return_received(request: AgentRequest, return_id: UUID) -> HttpResponse:
    order_ids = OrderReturn.objects.filter(pk=return_id).values("order")
    orders = with_order_relations(orders_for(request.user)).filter(pk__in=order_ids)
    error = ""
    try:
        receive_return(agent=request.user, return_id=return_id)
    except InboxError as refusal:
        error = refusal.detail
    if (order := orders.first()) is None:
        raise Http404
    context = {"order": order, "error": error}
    return render(request, "orders/_returns.html", context, status=UNPROCESSABLE if error else 200)
