"""What the trail of an order tells of events that are no actions: notes, what buyers confirmed, reminders."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from events import names
from events.models import Event
from helpdesk.lib.money import display
from orders import requests_presenting
from orders.actions.base import Row
from orders.addresses import address_lines
from orders.cards.checks import ADDRESS, ORDER

ICONS = {
    names.ORDER_NOTED: "note",
    names.ORDER_CHECKED: "clipboard-list",
    names.PAYMENT_REMINDED: "bell",
    names.PAYMENT_RECOVERED: "coin",
    names.RETURN_RECEIVED: "truck-return",
} | requests_presenting.ICONS


def _noted(event: Event) -> dict[str, Any]:
    data = event.data
    titles = {"added": _("noted"), "edited": _("changed a note"), "deleted": _("deleted a note")}
    before = data.get("before") or {}
    changed = data["what"] == "edited" and before.get("text") != data["text"]
    return {
        "title": titles.get(data["what"], data["what"]),
        "rows": [Row(_("Note"), before["text"], data["text"])] if changed else [],
        "reason": "" if changed else data["text"],
    }


def _checked(event: Event) -> dict[str, Any]:
    data = event.data
    titles = {
        (ORDER, "yes"): _("confirmed the order"),
        (ORDER, "wrong"): _("says that something is wrong with the order"),
        (ADDRESS, "yes"): _("confirmed the address"),
        (ADDRESS, "correct"): _("corrected the address"),
    }
    said = data.get("text") or ", ".join(address_lines(data.get("address") or {}))
    return {"title": titles.get((data["check"], data["choice"]), data["choice"]), "rows": [], "reason": said}


def _reminded(event: Event) -> dict[str, Any]:
    return {"title": _("reminded the buyer to pay %(amount)s") % {"amount": _money(event)}, "rows": []}


def _recovered(event: Event) -> dict[str, Any]:
    words = _("%(amount)s recovered: paid after %(agent)s's reminder")
    return {"title": words % {"amount": _money(event), "agent": event.data["agent"]}, "rows": []}


def _received(event: Event) -> dict[str, Any]:
    return {"title": _("received the return"), "rows": [Row(_("Items"), "", event.data["items"])]}


def _money(event: Event) -> str:
    amount = event.data["amount"]
    return display(amount["amount"], amount["currency"])


TELLERS: dict[str, Callable[[Event], dict[str, Any]]] = {
    names.ORDER_NOTED: _noted,
    names.ORDER_CHECKED: _checked,
    names.PAYMENT_REMINDED: _reminded,
    names.PAYMENT_RECOVERED: _recovered,
    names.RETURN_RECEIVED: _received,
    **requests_presenting.TELLERS,
}
