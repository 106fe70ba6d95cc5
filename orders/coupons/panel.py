"""The tab beside a conversation: what this buyer can be given, and what they have."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from helpdesk.lib.dialogs import UNPROCESSABLE
from inbox.errors import InboxError
from inbox.models import Conversation
from orders.coupons import issuing
from orders.coupons.presenting import present_panel
from orders.panel_orders import open_conversation
from people.views.roles import AgentRequest, for_agents


@for_agents
@require_GET
def coupons(request: AgentRequest, conversation_id: UUID) -> HttpResponse:
    return _panel(request, open_conversation(request, conversation_id))


@for_agents
@require_POST
def give(request: AgentRequest, conversation_id: UUID, coupon_id: UUID) -> HttpResponse:
    """One click sends. Above the agent's limits a reason is asked for, and somebody else decides."""
    conversation, reason = open_conversation(request, conversation_id), request.POST.get("reason", "")
    try:
        issuing.issue_code(
            agent=request.user,
            coupon_id=coupon_id,
            conversation_id=conversation.id,
            reason=reason,
            idempotency_key=request.POST.get("key", ""),
        )
    except InboxError as refusal:
        return _panel(request, conversation, failed=coupon_id, error=refusal.detail, reason=reason)
    return _panel(request, conversation)


@for_agents
@require_POST
def revoke(request: AgentRequest, conversation_id: UUID, code_id: UUID) -> HttpResponse:
    return _on_code(request, conversation_id, lambda: issuing.revoke(agent=request.user, code_id=code_id))


@for_agents
@require_POST
def approve(request: AgentRequest, conversation_id: UUID, code_id: UUID) -> HttpResponse:
    comment = request.POST.get("comment", "")
    return _on_code(
        request,
        conversation_id,
        lambda: issuing.approve(agent=request.user, code_id=code_id, comment=comment),
    )


@for_agents
@require_POST
def reject(request: AgentRequest, conversation_id: UUID, code_id: UUID) -> HttpResponse:
    comment = request.POST.get("comment", "")
    return _on_code(
        request,
        conversation_id,
        lambda: issuing.reject(agent=request.user, code_id=code_id, comment=comment),
    )


def _on_code(request: AgentRequest, conversation_id: UUID, do: Callable[[], Any]) -> HttpResponse:
    conversation, error = open_conversation(request, conversation_id), ""
    try:
        do()
    except InboxError as refusal:
        error = refusal.detail
    return _panel(request, conversation, error=error)


def _panel(
    request: AgentRequest, conversation: Conversation, *, error: str = "", **more: Any
) -> HttpResponse:
    context = present_panel(request.user, conversation, error=error, **more)
    return render(request, "coupons/_panel.html", context, status=UNPROCESSABLE if error else 200)
