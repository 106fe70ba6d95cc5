"""The buyer's side of a conversation, as fragments: their orders, who they are, what the store sells."""

import zoneinfo
from datetime import datetime
from typing import Any
from uuid import UUID

from babel import Locale
from django.db.models import Count, Sum
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, get_language_info, to_locale
from django.views.decorators.http import require_GET, require_POST

from helpdesk.lib.ids import new_id
from helpdesk.lib.money import display
from inbox.access import conversations_for, store_ids_for
from inbox.cards import send_card
from inbox.errors import InboxError, Invalid
from inbox.models import Conversation
from inbox.services import update_buyer
from orders.access import orders_for, with_order_relations
from orders.listing import search_products
from orders.models import Order
from orders.presenting import present_actions
from people.models import Buyer
from people.views.roles import AgentRequest, for_agents

SHOWN = 20  # orders of a buyer
PAST = 10  # conversations
UNPROCESSABLE = 422


@for_agents
@require_GET
def orders(request: AgentRequest, conversation_id: UUID) -> HttpResponse:
    conversation = _open(request, conversation_id)
    rows = orders_for(request.user).filter(buyer=conversation.buyer_id).order_by("-placed_at", "-id")
    found = list(with_order_relations(rows)[: SHOWN + 1])
    context = {
        "conversation": conversation,
        "orders": [
            _order_context(request, conversation, order, is_open=not n)
            for n, order in enumerate(found[:SHOWN])
        ],
        "has_more": len(found) > SHOWN,
    }
    return render(request, "orders/_panel_orders.html", context)


@for_agents
@require_GET
def order(request: AgentRequest, conversation_id: UUID, order_id: UUID) -> HttpResponse:
    conversation = _open(request, conversation_id)
    found = _order_of(request, conversation, order_id)
    context = _order_context(request, conversation, found, is_open=request.GET.get("open") == "1")
    return render(request, "orders/_panel_order.html", context)


@for_agents
@require_POST
def send_order(request: AgentRequest, conversation_id: UUID, order_id: UUID) -> HttpResponse:
    """Put the order into the chat. The button comes back with a new id: the next click sends again."""
    conversation = _open(request, conversation_id)
    error = ""
    try:
        send_card(
            agent=request.user,
            stores=store_ids_for(request.user),
            conversation_id=conversation.id,
            kind="order",
            ref=str(order_id),
            client_id=request.POST.get("client_id", ""),
        )
    except InboxError as refusal:
        error = refusal.detail
    context = {
        "conversation_id": conversation.id,
        "order": _order_of(request, conversation, order_id),
        "client_id": new_id().hex,
        "is_sent": not error,
        "error": error,
    }
    return render(request, "orders/_send.html", context, status=UNPROCESSABLE if error else 200)


@for_agents
@require_GET
def buyer(request: AgentRequest, conversation_id: UUID) -> HttpResponse:
    conversation = _open(request, conversation_id)
    past = conversations_for(request.user).filter(buyer=conversation.buyer_id).exclude(pk=conversation.pk)
    own = orders_for(request.user).filter(buyer=conversation.buyer_id)
    spent = own.values("currency").annotate(paid=Sum("paid"), refunded=Sum("refunded"), number=Count("id"))
    totals = list(spent.order_by("-paid"))
    context = {
        "conversation": conversation,
        "buyer": conversation.buyer,
        "language_name": language_name(conversation.buyer.language),
        "country_name": country_name(conversation.buyer.country),
        "now": _local_time(conversation),
        "past": past.select_related("channel", "assignee").order_by("-last_at")[:PAST],
        "order_count": sum(row["number"] for row in totals),
        "spent": [display(row["paid"] - row["refunded"], row["currency"]) for row in totals if row["paid"]],
    }
    return render(request, "orders/_panel_buyer.html", context)


@for_agents
@require_POST
def buyer_note(request: AgentRequest, conversation_id: UUID) -> HttpResponse:
    conversation = _open(request, conversation_id)
    note, error = request.POST.get("note", ""), ""
    found: Buyer = conversation.buyer
    try:
        found = update_buyer(agent=request.user, buyer_id=conversation.buyer_id, changes={"note": note})
    except Invalid as refusal:
        found.note, error = note, refusal.detail
    context = {"conversation": conversation, "buyer": found, "error": error, "is_saved": not error}
    return render(request, "orders/_panel_note.html", context, status=UNPROCESSABLE if error else 200)


@for_agents
@require_GET
def products(request: AgentRequest, conversation_id: UUID) -> HttpResponse:
    conversation = _open(request, conversation_id)
    q = request.GET.get("q", "")
    context = {
        "conversation": conversation,
        "q": q,
        "products": search_products(request.user, store_id=conversation.store_id, q=q),
    }
    is_typing = "q" in request.GET
    return render(request, "orders/_products.html" if is_typing else "orders/_panel_products.html", context)


def _open(request: AgentRequest, conversation_id: UUID) -> Conversation:
    rows = conversations_for(request.user).select_related("buyer", "store")
    conversation = rows.filter(pk=conversation_id).first()
    if conversation is None:
        raise Http404
    return conversation


def _order_of(request: AgentRequest, conversation: Conversation, order_id: UUID) -> Order:
    own = orders_for(request.user).filter(buyer=conversation.buyer_id)
    found = with_order_relations(own).filter(pk=order_id).first()
    if found is None:
        raise Http404
    return found


def _order_context(
    request: AgentRequest, conversation: Conversation, order: Order, *, is_open: bool
) -> dict[str, Any]:
    return {
        "order": order,
        "conversation_id": conversation.id,
        "is_open": is_open,
        "client_id": new_id().hex,
        **present_actions(order, request.user),
    }


def _local_time(conversation: Conversation) -> dict[str, Any]:
    """Return what time it is where the buyer is: by their own zone, else by their store's."""
    for name in (conversation.buyer.time_zone, conversation.store.time_zone):
        try:
            zone = zoneinfo.ZoneInfo(name)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            continue
        now = datetime.now(tz=zone)
        is_own = name == conversation.buyer.time_zone
        is_night = not 8 <= now.hour < 22
        return {"clock": f"{now:%H:%M}", "zone": name, "is_guess": not is_own, "is_night": is_night}
    return {"clock": f"{timezone.now():%H:%M}", "zone": "UTC", "is_guess": True, "is_night": False}


def country_name(code: str) -> str:
    """Return what a country is called in the active language; the code itself where nobody knows."""
    locale = Locale.parse(to_locale(get_language() or "en"))
    return str(locale.territories.get(code.upper(), code))


def language_name(code: str) -> str:
    """Return what a language is called in the active one; the code itself where nobody knows."""
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return code
