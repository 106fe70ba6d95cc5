"""Cards that one click sends from the buyer's side of a conversation: a reminder, a parcel, a product."""

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
from inbox.access import store_ids_for
from inbox.cards import send_card
from inbox.errors import InboxError, NotFound
from people.views.roles import AgentRequest, for_agents


@dataclass(frozen=True)
class Button:
    """What stands on a button that sends a card of a kind, and what once it has."""

    icon: str
    label: str | Promise
    done: str | Promise


BUTTONS = {
    "payment": Button("bell", gettext_lazy("Remind of payment"), gettext_lazy("Reminder sent")),
    "tracking": Button("send", gettext_lazy("Send tracking"), gettext_lazy("Tracking sent")),
    "product": Button("send", gettext_lazy("Send to the chat"), gettext_lazy("Sent to the chat")),
}


def send_button(kind: str, ref: str, conversation_id: UUID, **state: Any) -> dict[str, Any]:
    """Return what orders/_panel_send.html shows. Every drawing of it has an id of its own, so that a double
    click is one card, and the next click another."""
    button = BUTTONS[kind]
    return {
        "kind": kind,
        "ref": ref,
        "conversation_id": conversation_id,
        "client_id": new_id().hex,
        "button": button,
        **state,
    }


@for_agents
@require_POST
def send(request: AgentRequest, conversation_id: UUID, kind: str) -> HttpResponse:
    """Put a card into the conversation, and show its button again; what is refused is said beside it."""
    if kind not in BUTTONS:
        raise Http404
    ref, error = request.POST.get("ref", "")[:200], ""
    try:
        send_card(
            agent=request.user,
            stores=store_ids_for(request.user),
            conversation_id=conversation_id,
            kind=kind,
            ref=ref,
            client_id=request.POST.get("client_id", ""),
            via=parse_id(request.POST.get("via")),
        )
    except NotFound as refusal:
        raise Http404 from refusal
    except InboxError as refusal:
        error = refusal.detail
    send = send_button(kind, ref, conversation_id, is_sent=not error, error=error)
    context = {"send": send, "is_small": request.POST.get("small") == "1"}
    return render(request, "orders/_panel_send.html", context, status=UNPROCESSABLE if error else 200)
