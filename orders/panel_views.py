"""Who the buyer of a conversation is, beside it."""

from uuid import UUID

from babel import Locale
from django.db.models import Count, Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, get_language_info, to_locale
from django.views.decorators.http import require_GET, require_POST

from helpdesk.lib.dialogs import UNPROCESSABLE
from helpdesk.lib.money import display
from inbox.access import conversations_for
from inbox.contacts import contacts_of
from inbox.errors import Invalid
from inbox.quiet import buyers_time
from inbox.services import update_buyer
from orders.access import orders_for
from orders.panel_orders import open_conversation
from orders.reviews.listing import reviews_for
from people.models import Buyer
from people.views.roles import AgentRequest, for_agents

PAST = 10  # conversations
REVIEWS = 5


@for_agents
@require_GET
def buyer(request: AgentRequest, conversation_id: UUID) -> HttpResponse:
    conversation = open_conversation(request, conversation_id)
    past = conversations_for(request.user).filter(buyer=conversation.buyer_id, merged_into=None)
    past = past.exclude(pk=conversation.pk)
    reviews = reviews_for(request.user).filter(buyer=conversation.buyer_id)
    own = orders_for(request.user).filter(buyer=conversation.buyer_id)
    spent = own.values("currency").annotate(paid=Sum("paid"), refunded=Sum("refunded"), number=Count("id"))
    totals = list(spent.order_by("-paid"))
    context = {
        "conversation": conversation,
        "buyer": conversation.buyer,
        "contacts": contacts_of(conversation.buyer),
        "language_name": language_name(conversation.buyer.language),
        "country_name": country_name(conversation.buyer.country),
        "now": buyers_time(conversation.buyer, conversation.store),
        "past": past.select_related("channel", "assignee").order_by("-last_at")[:PAST],
        "order_count": sum(row["number"] for row in totals),
        "reviews": reviews.select_related("product").order_by("-written_at", "-id")[:REVIEWS],
        "spent": [display(row["paid"] - row["refunded"], row["currency"]) for row in totals if row["paid"]],
    }
    return render(request, "orders/_panel_buyer.html", context)


@for_agents
@require_POST
def buyer_note(request: AgentRequest, conversation_id: UUID) -> HttpResponse:
    conversation = open_conversation(request, conversation_id)
    note, error = request.POST.get("note", ""), ""
    found: Buyer = conversation.buyer
    try:
        found = update_buyer(agent=request.user, buyer_id=conversation.buyer_id, changes={"note": note})
    except Invalid as refusal:
        found.note, error = note, refusal.detail
    context = {"conversation": conversation, "buyer": found, "error": error, "is_saved": not error}
    return render(request, "orders/_panel_note.html", context, status=UNPROCESSABLE if error else 200)


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
