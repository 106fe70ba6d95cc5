"""The orders beside a conversation: the buyer's own, at every store where they are known, and any other to look up."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from helpdesk.lib.dialogs import UNPROCESSABLE
from helpdesk.lib.ids import new_id, parse_id
from inbox.access import conversations_for, store_ids_for
from inbox.cards import send_card
from inbox.errors import InboxError
from inbox.models import Conversation
from orders.access import orders_for, with_order_relations
from orders.cards.checks import checks_of
from orders.checks_views import present_checks
from orders.listing import clean_query, count_by_status, list_orders, same_person
from orders.models import Order
from orders.notes_views import note_context
from orders.panel_cards import send_button
from orders.parts import parts_of
from orders.presenting import present_actions
from orders.reminders import Standing, standings
from orders.tracking import glances, trouble
from people.views.roles import AgentRequest, for_agents

SHOWN = 20


@for_agents
@require_GET
def orders(request: AgentRequest, conversation_id: UUID) -> HttpResponse:
    """Show the tab; its list alone where the list asks for itself, rows alone where it goes on."""
    conversation = open_conversation(request, conversation_id)
    asked = {"q": clean_query(request.GET.get("q", "")), "status": request.GET.get("status", "")}
    q, status = asked.values()
    cursor = request.GET.get("cursor", "")
    stores = store_ids_for(request.user)
    person = same_person(stores, conversation.buyer)
    if q:  # any order, whoever's: also for a visitor of whom nobody knows who they are
        page = list_orders(request.user, q=q, cursor=cursor, size=SHOWN)
    else:
        page = list_orders(request.user, buyers=person, status=status, cursor=cursor, size=SHOWN)
    kept = {name: value for name, value in asked.items() if value}
    context = {
        "conversation": conversation,
        "asked": asked,
        "query": urlencode(kept),
        "buyers": " ".join(map(str, person)),
        "orders": present_orders(request, conversation, page.orders, first_open=not (cursor or q)),
        "next": urlencode({**kept, "cursor": page.next}) if page.next else "",
    }
    if cursor:
        return render(request, "orders/_panel_rows.html", context)
    context["tabs"] = [] if q else _tabs(status, count_by_status(stores, person))
    if request.GET.get("part") == "filters":
        return render(request, "orders/_panel_filters.html", context)
    is_list = request.headers.get("HX-Target") == "panel-orders"
    return render(request, "orders/_panel_orders.html" if is_list else "orders/_panel_tab.html", context)


def _tabs(here: str, counts: dict[str, int]) -> list[dict[str, Any]]:
    """Return the statuses in which the buyer has orders, with how many; nothing where one would be all there is."""
    present = [(value, label) for value, label in Order.Status.choices if counts.get(value) or value == here]
    if len(present) < 2 and not here:
        return []
    every = {"value": "", "label": "", "number": sum(counts.values()), "here": not here}
    return [
        every,
        *(
            {"value": value, "label": label, "number": counts.get(value, 0), "here": value == here}
            for value, label in present
        ),
    ]


@for_agents
@require_GET
def order(request: AgentRequest, conversation_id: UUID, order_id: UUID) -> HttpResponse:
    conversation = open_conversation(request, conversation_id)
    found = _order(request, order_id)
    [item] = present_orders(request, conversation, [found])
    item["is_open"] = request.GET.get("open") == "1"
    return render(request, "orders/_panel_order.html", item)


@for_agents
@require_POST
def send_order(request: AgentRequest, conversation_id: UUID, order_id: UUID) -> HttpResponse:
    """Put the order into the chat. The button comes back with a new id: the next click sends again."""
    conversation = open_conversation(request, conversation_id)
    error = ""
    try:
        send_card(
            agent=request.user,
            stores=store_ids_for(request.user),
            conversation_id=conversation.id,
            kind="order",
            ref=str(order_id),
            client_id=request.POST.get("client_id", ""),
            via=parse_id(request.POST.get("via")),
        )
    except InboxError as refusal:
        error = refusal.detail
    context = {
        "conversation_id": conversation.id,
        "order": _order(request, order_id),
        "client_id": new_id().hex,
        "is_sent": not error,
        "error": error,
    }
    return render(request, "orders/_send.html", context, status=UNPROCESSABLE if error else 200)


def present_orders(
    request: AgentRequest, conversation: Conversation, found: list[Order], *, first_open: bool = False
) -> list[dict[str, Any]]:
    """Return what the panel shows of each order. An order of another buyer can be looked at, and not sent."""
    reminded, checked = standings(found), checks_of(found)
    beside = parts_of(request.user, found)
    items = []
    for n, one in enumerate(found):
        is_own = one.buyer_id == conversation.buyer_id
        item = {
            "order": one,
            "panel_id": conversation.id,
            # What is done to it is told in this conversation only if it is its buyer's.
            "conversation_id": conversation.id if is_own else None,
            "is_own": is_own,
            "is_elsewhere": one.store_id != conversation.store_id,
            "is_open": first_open and not n,
            "client_id": new_id().hex,
            "parcels": parcels(one, conversation.id if is_own else None),
            "reminder": reminder(one, reminded.get(one.id), conversation.id if is_own else None),
            "checks": present_checks(one, checked[one.id], conversation.id if is_own else None),
            **present_actions(one, request.user),
            **note_context(one, request.user),
            "beside": beside[one.id],
        }
        item["trouble"] = trouble(one)
        items.append(item)
    return items


def parcels(order: Order, conversation_id: UUID | None) -> list[dict[str, Any]]:
    """Return the order's parcels at a glance; with a conversation also the button that sends each there."""

    def send(number: str) -> dict[str, Any] | None:
        return send_button("tracking", f"{order.id}:{number}", conversation_id) if conversation_id else None

    return [{"glance": glance, "send": send(glance.shipment.tracking_number)} for glance in glances(order)]


def reminder(order: Order, standing: Standing | None, conversation_id: UUID | None) -> dict[str, Any] | None:
    """Return how it stands with reminding of the order; None for one that is not unpaid."""
    if standing is None:
        return None
    send = send_button("payment", str(order.id), conversation_id) if conversation_id else None
    return {"standing": standing, "send": send}


def open_conversation(request: AgentRequest, conversation_id: UUID) -> Conversation:
    rows = conversations_for(request.user).select_related("buyer", "store")
    conversation = rows.filter(pk=conversation_id).first()
    if conversation is None:
        raise Http404
    return conversation


def _order(request: AgentRequest, order_id: UUID) -> Order:
    found = with_order_relations(orders_for(request.user)).filter(pk=order_id).first()
    if found is None:
        raise Http404
    return found
