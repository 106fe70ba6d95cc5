"""Asking a buyer whether their order and its address are right: one click each, and what they said beside it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from helpdesk.lib.dialogs import UNPROCESSABLE
from helpdesk.lib.ids import new_id, parse_id
from inbox.access import conversations_for, store_ids_for
from inbox.cards import send_card
from inbox.errors import InboxError
from orders.access import orders_for, with_order_relations
from orders.addresses import address_lines
from orders.cards.asked import too_late
from orders.cards.check_address import HOLD
from orders.cards.checks import ADDRESS, ORDER, Check, checks_of
from orders.cards.parcels import can_keep_back
from orders.models import Order
from people.views.roles import AgentRequest, for_agents


@dataclass(frozen=True)
class Question:
    slug: str
    kind: str
    icon: str
    label: str | Promise
    ask: str | Promise


QUESTIONS = (
    Question("order", ORDER, "clipboard-list", gettext_lazy("Order"), gettext_lazy("Check order")),
    Question("address", ADDRESS, "map-pin", gettext_lazy("Address"), gettext_lazy("Check address")),
)


def present_checks(order: Order, found: dict[str, Check], conversation_id: UUID | None) -> dict[str, Any]:
    """Return what orders/_checks.html shows; without a conversation with the order's buyer nothing is asked."""
    may_ask = conversation_id is not None and not too_late(order)
    rows = [
        {
            "question": question,
            "check": found[question.kind],
            "may_ask": may_ask and (question.kind != ADDRESS or bool(address_lines(order.address))),
            "may_hold": may_ask and question.kind == ADDRESS and can_keep_back(order),
            "client_id": new_id().hex,
        }
        for question in QUESTIONS
        if may_ask or found[question.kind].state != "none"
    ]
    return {"conversation_id": conversation_id, "rows": rows}


@for_agents
@require_POST
def send_check(request: AgentRequest, conversation_id: UUID, order_id: UUID, slug: str) -> HttpResponse:
    """Ask the buyer; a repeated click is the same card. The block comes back with what it is waiting for."""
    question = next((question for question in QUESTIONS if question.slug == slug), None)
    conversation = conversations_for(request.user).filter(pk=conversation_id).first()
    if question is None or conversation is None:
        raise Http404
    own = orders_for(request.user).filter(pk=order_id, buyer=conversation.buyer_id)
    if not own.exists():
        raise Http404
    wants_hold = question.kind == ADDRESS and request.POST.get("hold") == "1"
    error = ""
    try:
        send_card(
            agent=request.user,
            stores=store_ids_for(request.user),
            conversation_id=conversation_id,
            kind=question.kind,
            ref=f"{order_id}{HOLD}" if wants_hold else str(order_id),
            client_id=request.POST.get("client_id", ""),
            via=parse_id(request.POST.get("via")),
        )
    except InboxError as refusal:
        error = refusal.detail
    order = with_order_relations(own).get()
    checks = present_checks(order, checks_of([order])[order.id], conversation_id)
    context = {"order": order, "checks": checks, "error": error, "asked": "" if error else slug}
    return render(request, "orders/_checks.html", context, status=UNPROCESSABLE if error else 200)
