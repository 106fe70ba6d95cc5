"""What the pages of orders show of actions and events: shaped here, so that templates decide nothing."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import names
from events.models import Event
from events.wording import icon_of, is_redacted, label_of
from events.wording import tell as told_elsewhere
from helpdesk.lib.ids import new_id
from helpdesk.lib.money import display
from orders import actions, stores, trail
from orders.actions.base import ActionKind, Preset, Row
from orders.addresses import address_lines
from orders.models import Order, OrderAction
from orders.payloads import UNDER_WAY, pending_action, why_not
from orders.requests_presenting import present_requests
from people.models import Agent

State = OrderAction.State
MOST_BUTTONS = 3
SHOWN_FOR = timedelta(hours=24)  # how long the block of buttons tells of what was done last

_TITLES = {
    names.ACTION_REQUESTED: gettext_lazy("asked for it"),
    names.ACTION_DONE: gettext_lazy("done"),
    names.ACTION_FAILED: gettext_lazy("failed"),
    names.ACTION_UNKNOWN: gettext_lazy("the store has not answered yet"),
    names.ACTION_TAKEN_BACK: gettext_lazy("taken back"),
    names.ACTION_WAITING: gettext_lazy("asked for approval"),
    names.ACTION_APPROVED: gettext_lazy("approved it"),
    names.ACTION_REJECTED: gettext_lazy("rejected it"),
}
_ICONS = {
    names.ACTION_REQUESTED: "clock",
    names.ACTION_DONE: "circle-check",
    names.ACTION_FAILED: "circle-x",
    names.ACTION_UNKNOWN: "help-circle",
    names.ACTION_TAKEN_BACK: "arrow-back-up",
    names.ACTION_WAITING: "hourglass",
    names.ACTION_APPROVED: "shield-check",
    names.ACTION_REJECTED: "ban",
    names.ORDER_SYNCED: "refresh",
}
_FIELDS = {
    "items_total": gettext_lazy("Items"),
    "shipping_fee": gettext_lazy("Shipping fee"),
    "discount": gettext_lazy("Discount"),
    "tax": gettext_lazy("Tax"),
    "paid": gettext_lazy("Paid"),
    "refunded": gettext_lazy("Refunded"),
    "status": gettext_lazy("Status"),
    "address": gettext_lazy("Address"),
    "shipping_method": gettext_lazy("Shipping method"),
    "buyer_note": gettext_lazy("Buyer's note"),
    "pay_url": gettext_lazy("Payment link"),
    "coupon_code": gettext_lazy("Coupon code"),
}
_PARTS = {
    "lines": gettext_lazy("Items"),
    "payments": gettext_lazy("Payments"),
    "shipments": gettext_lazy("Shipments"),
}


def present_actions(order: Order, agent: Agent) -> dict[str, Any]:
    """Return the buttons, the menu beside them, and the action that is under way or was the last one lately."""
    shown = pending_action(order) or _waiting(order) or _last(order)
    first, menu = _choices(order)
    return {
        "requests": present_requests(order),
        "buttons": first,
        "menu": menu,
        "shown": _present(shown, order, agent) if shown else None,
    }


def _choices(order: Order) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what matters for the order's status, and the rest: what cannot be now at its end, with why.

    What the store's system cannot do is in neither.
    """
    first: list[dict[str, Any]] = []
    possible: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    for kind in actions.all_actions().values():
        if not stores.can(order.store, kind.capability):
            continue
        if why := kind.against(order):
            others.append(_choice(kind, order, why=why))
            continue
        place = first if order.status in kind.first_for else possible
        place += [_choice(kind, order), *(_choice(kind, order, preset) for preset in kind.offered(order))]
    return first[:MOST_BUTTONS], first[MOST_BUTTONS:] + possible + others


def _choice(kind: ActionKind, order: Order, preset: Preset | None = None, *, why: str = "") -> dict[str, Any]:
    return {
        "kind": kind,
        "preset": preset.slug if preset else "",
        "label": str(preset.label) if preset else kind.named(order),
        "icon": "bolt" if preset else kind.icon,
        "why": why,
    }


def _waiting(order: Order) -> OrderAction | None:
    return next((action for action in order.actions.all() if action.state == State.WAITING), None)


def _last(order: Order) -> OrderAction | None:
    lately = [
        action
        for action in order.actions.all()
        if action.state in (State.DONE, State.FAILED, State.REJECTED)
        and action.finished_at
        and action.finished_at > timezone.now() - SHOWN_FOR
    ]
    return lately[-1] if lately else None


def _present(action: OrderAction, order: Order, agent: Agent) -> dict[str, Any] | None:
    kind = actions.get(action.kind)
    if kind is None:
        return None
    left = (action.run_at - timezone.now()).total_seconds()
    return {
        "action": action,
        "kind": kind,
        "who": action.agent.name if action.agent else _("The store's rule"),
        "may_settle": agent.may("actions.settle"),
        "may_decide": agent.may("approvals.decide") and action.agent_id != agent.id,
        "rows": kind.rows(action.before, action.after),
        "is_undo": action.undoes_id is not None,
        "left": max(0, round(left, 1)),
        "hold": kind.hold_s,
        "is_pending": action.state in UNDER_WAY,
        "may_run_now": left > 0 and (action.agent_id == agent.id or agent.may("actions.hurry")),
        "may_undo": may_undo(kind, action, order),
        "key": new_id().hex,
        "error": _(action.error) if action.error else "",
    }


def may_undo(kind: ActionKind, action: OrderAction, order: Order) -> bool:
    """Tell whether an undo would be taken, from what is loaded; orders.services.undo decides."""
    stands = any(
        other.undoes_id == action.id and other.state not in (State.FAILED, State.TAKEN_BACK, State.REJECTED)
        for other in order.actions.all()
    )
    return (
        action.state == State.DONE
        and not stands
        and kind.inverse(action) is not None
        and kind.snapshot(order) == action.after
        and not why_not(kind, order)
    )


# -- The audit trail: who, what, before, after, when


def audit_trail(events: list[Event]) -> list[dict[str, Any]]:
    return [
        {
            "event": event,
            "icon": {**_ICONS, **trail.ICONS}.get(event.name) or icon_of(event.name),
            "who": event.actor_name or _("The store"),
            **_tell(event),
        }
        for event in events
    ]


def _tell(event: Event) -> dict[str, Any]:
    if is_redacted(event):
        return {"title": label_of(event.name), "rows": [], "reason": ""}
    tellers = {names.ORDER_SYNCED: _synced, **trail.TELLERS}
    if teller := tellers.get(event.name):
        return teller(event)
    return _acted(event) if event.name.startswith("order.action.") else _told(event)


def _told(event: Event) -> dict[str, Any]:
    """What happened in another room, in its words."""
    told = told_elsewhere(event, {})
    return {"title": told.text, "rows": [], "reason": told.reason}


def _acted(event: Event) -> dict[str, Any]:
    data = event.data
    kind = actions.get(data.get("kind", ""))
    label = str(kind.label) if kind else data.get("kind", event.name)
    what = _TITLES.get(event.name)
    if data.get("undoes"):
        label = _("Undo: %(what)s") % {"what": label}
    return {
        "title": f"{label} · {what}" if what else label,
        "rows": kind.rows(_unwire(data["before"]), _unwire(data["after"])) if kind else [],
        "reason": data.get("reason", ""),
        "error": _(data["error"]) if data.get("error") else "",
    }


def _unwire(values: dict[str, Any]) -> dict[str, Any]:
    return {k: v["amount"] if isinstance(v, dict) and "amount" in v else v for k, v in values.items()}


def _synced(event: Event) -> dict[str, Any]:
    before, after = event.data["before"], event.data["after"]
    rows = [
        Row(str(_FIELDS[name]), _shown(name, before.get(name)), _shown(name, after[name]))
        for name in after
        if name in _FIELDS and (before or after[name])
    ]
    parts = ", ".join(str(_PARTS[part]) for part in event.data.get("parts", []) if part in _PARTS)
    title = _("Order received") if not before else _("Order updated")
    return {"title": f"{title} · {parts}" if parts else title, "rows": rows if before else [], "reason": ""}


def _shown(name: str, value: Any) -> str:
    if value in (None, "", {}):
        return "–"
    if name == "status":
        return str(Order.Status(value).label)
    if isinstance(value, dict) and "amount" in value:
        return display(value["amount"], value["currency"])
    if isinstance(value, dict):
        return ", ".join(address_lines(value))
    return str(value)
