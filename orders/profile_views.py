"""The buyer's profile beside the chat: tags, friendliness, who may not write, and who is the same person."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from helpdesk.lib.dialogs import UNPROCESSABLE
from helpdesk.lib.ids import parse_id
from inbox import services, transports
from inbox.errors import InboxError, Invalid
from inbox.models import Consent, Conversation
from inbox.services.consent import change_consent, standings
from inbox.services.profile import FOR_GOOD, MAX_TAG
from orders.access import orders_for
from orders.panel_orders import open_conversation
from people.models import BuyerTag
from people.views.roles import AgentRequest, for_agents

OFFERED_TAGS = 100
MOODS = [
    (1, "mood-sad", gettext_lazy("Hard")),
    (2, "mood-neutral", gettext_lazy("Cool")),
    (3, "mood-neutral", gettext_lazy("Neutral")),
    (4, "mood-smile", gettext_lazy("Friendly")),
    (5, "mood-smile", gettext_lazy("A pleasure")),
]
BLOCKS = [  # hours; 0: for good
    (24, gettext_lazy("1 day")),
    (24 * 7, gettext_lazy("1 week")),
    (24 * 30, gettext_lazy("1 month")),
    (0, gettext_lazy("For good")),
]


@for_agents
@require_GET
def profile(request: AgentRequest, conversation_id: UUID) -> HttpResponse:
    return _show(request, open_conversation(request, conversation_id))


@for_agents
@require_POST
def tags(request: AgentRequest, conversation_id: UUID) -> HttpResponse:
    """Add a tag, or take one off."""

    def change(conversation: Conversation) -> None:
        kept = [tag.name for tag in conversation.buyer.tags.all() if tag.name != request.POST.get("remove")]
        added = [request.POST["add"]] if request.POST.get("add") else []
        services.tag_buyer(agent=request.user, buyer_id=conversation.buyer_id, tags=kept + added)

    return _change(request, conversation_id, change)


@for_agents
@require_POST
def mood(request: AgentRequest, conversation_id: UUID) -> HttpResponse:
    """Set how it is to talk with them; the one that is set already is taken back."""

    def change(conversation: Conversation) -> None:
        said = request.POST.get("mood", "")
        if not said.isascii() or not said.isdigit():
            raise Invalid(_("Friendliness is 1 to 5."), attr="mood")
        wanted = None if conversation.buyer.mood == int(said) else int(said)
        services.set_mood(agent=request.user, buyer_id=conversation.buyer_id, mood=wanted)

    return _change(request, conversation_id, change)


@for_agents
@require_POST
def block(request: AgentRequest, conversation_id: UUID) -> HttpResponse:
    def change(conversation: Conversation) -> None:
        hours = request.POST.get("hours", "")
        if hours not in [str(value) for value, _label in BLOCKS]:
            raise Invalid(_("Say until when."), attr="hours")
        until = timezone.now() + timedelta(hours=int(hours)) if int(hours) else None
        reason = request.POST.get("reason", "")
        services.block_buyer(agent=request.user, buyer_id=conversation.buyer_id, reason=reason, until=until)

    return _change(request, conversation_id, change)


@for_agents
@require_POST
def unblock(request: AgentRequest, conversation_id: UUID) -> HttpResponse:
    return _change(
        request,
        conversation_id,
        lambda c: services.unblock_buyer(agent=request.user, buyer_id=c.buyer_id),
    )


@for_agents
@require_POST
def merge(request: AgentRequest, conversation_id: UUID) -> HttpResponse:
    def change(conversation: Conversation) -> None:
        other = _other(request.POST.get("other"))
        services.merge_buyers(agent=request.user, buyer_id=conversation.buyer_id, other_id=other)

    return _change(request, conversation_id, change)


@for_agents
@require_POST
def not_same(request: AgentRequest, conversation_id: UUID) -> HttpResponse:
    """Remember that somebody who was suggested is another person."""

    def change(conversation: Conversation) -> None:
        services.tell_apart(
            agent=request.user, buyer_id=conversation.buyer_id, other_id=_other(request.POST.get("other"))
        )

    return _change(request, conversation_id, change)


@for_agents
@require_POST
def consent(request: AgentRequest, conversation_id: UUID) -> HttpResponse:
    """Note what the buyer said about being written to on one kind of channel."""

    def change(conversation: Conversation) -> None:
        change_consent(
            agent=request.user,
            buyer_id=conversation.buyer_id,
            kind=request.POST.get("kind", ""),
            state=request.POST.get("state", ""),
            reason=request.POST.get("reason", ""),
            source=Consent.Source.AGENT,
        )

    return _change(request, conversation_id, change)


@for_agents
@require_POST
def split(request: AgentRequest, conversation_id: UUID, merge_id: UUID) -> HttpResponse:
    return _change(
        request, conversation_id, lambda c: services.split_buyer(agent=request.user, merge_id=merge_id)
    )


def _other(said: str | None) -> UUID:
    other = parse_id(said)
    if other is None:
        raise Invalid(_("There is no such buyer."), attr="other")
    return other


def _change(
    request: AgentRequest, conversation_id: UUID, change: Callable[[Conversation], Any]
) -> HttpResponse:
    """Do it, and show the profile as it is then; a refusal is said there."""
    error = ""
    try:
        change(open_conversation(request, conversation_id))
    except InboxError as refusal:
        error = refusal.detail
    return _show(request, open_conversation(request, conversation_id), error)


def _show(request: AgentRequest, conversation: Conversation, error: str = "") -> HttpResponse:
    context = {**profile_context(request, conversation), "error": error}
    status = UNPROCESSABLE if error else 200
    return render(request, "orders/_panel_profile.html", context, status=status)


def profile_context(request: AgentRequest, conversation: Conversation) -> dict[str, Any]:
    """Return what orders/_panel_profile.html shows."""
    buyer = conversation.buyer
    own = orders_for(request.user).filter(buyer=buyer)
    counted = own.aggregate(all=Count("id"), refunded=Count("id", filter=Q(refunded__gt=0)))
    said = list(buyer.tags.all())
    blocks = buyer.blocks.select_related("agent").filter(lifted_at__isnull=True)
    return {
        "conversation": conversation,
        "buyer": buyer,
        "tags": said,
        "offered_tags": BuyerTag.objects.exclude(pk__in=[tag.pk for tag in said])[:OFFERED_TAGS],
        "max_tag": MAX_TAG,
        "moods": MOODS,
        "block": blocks.first() if buyer.is_blocked() else None,
        "for_good": FOR_GOOD,
        "blocks": BLOCKS,
        "refund_rate": round(100 * counted["refunded"] / counted["all"]) if counted["all"] else None,
        "refunded_orders": counted["refunded"],
        "suggested": services.suggestions(request.user, buyer),
        "consents": [(one, transports.get(one.kind)) for one in standings(buyer)],
        "consent_states": Consent.State.choices,
        "merges": buyer.merges.select_related("merged", "agent").filter(undone_at__isnull=True),
    }
