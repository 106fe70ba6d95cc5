"""What pages show of buyers' requests: shaped here, so that templates decide nothing."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import names
from events.models import Event
from helpdesk.lib.ids import new_id
from orders import actions
from orders.actions.base import Row
from orders.models import BuyerRequest, Order, OrderAction
from orders.requests_telling import label_of, last_action

State = BuyerRequest.State
ICONS = {
    names.REQUEST_MADE: "message-question",
    names.REQUEST_ACCEPTED: "circle-check",
    names.REQUEST_DECLINED: "ban",
    names.REQUEST_WITHDRAWN: "arrow-back-up",
    names.REQUEST_REOPENED: "refresh",
}
_TITLES = {
    names.REQUEST_MADE: gettext_lazy("the buyer asks for it"),
    names.REQUEST_ACCEPTED: gettext_lazy("accepted the request"),
    names.REQUEST_DECLINED: gettext_lazy("declined the request"),
    names.REQUEST_WITHDRAWN: gettext_lazy("the buyer withdrew it"),
    names.REQUEST_REOPENED: gettext_lazy("the request is open again"),
}
COLORS = {
    State.OPEN: "amber",
    State.ACCEPTED: "green",
    State.DECLINED: "red",
    State.WITHDRAWN: "slate",
}


def present_requests(order: Order) -> list[dict[str, Any]]:
    """Return the open requests of an order that was loaded by `with_order_relations`."""
    return [present(request) for request in getattr(order, "open_requests", [])]


def present(request: BuyerRequest) -> dict[str, Any]:
    kind = actions.get(request.kind)
    return {
        "request": request,
        "label": label_of(request.kind),
        "icon": kind.icon if kind else "message-question",
        "final": str(kind.final) if kind else "",
        "rows": request_rows(request),
        "color": COLORS[State(request.state)],
        "key": new_id().hex,
    }


def present_decided(request: BuyerRequest) -> dict[str, Any]:
    """Return also who decided, and what came of it: for lists, loaded by `with_request_relations`."""
    action = last_action(request)
    return {**present(request), "who": _who(request), "action": action if _is_to_tell(action) else None}


def _is_to_tell(action: OrderAction | None) -> bool:
    return action is not None and action.state != OrderAction.State.DONE


def _who(request: BuyerRequest) -> str:
    if request.state in (State.OPEN, State.WITHDRAWN):
        return ""
    return request.decided_by.name if request.decided_by else _("The store's rule")


def request_rows(request: BuyerRequest) -> list[Row]:
    """Return before and after; nothing where its kind is gone, or tells by now of what it had not got then."""
    kind = actions.get(request.kind)
    try:
        return kind.rows(request.before, request.after) if kind else []
    except (KeyError, TypeError, ValueError):
        return []


# -- The audit trail


def tell(event: Event) -> dict[str, Any]:
    """Return a line of an order's trail."""
    data = event.data
    return {
        "title": f"{label_of(data['kind'])} · {_TITLES[event.name]}",
        "rows": [],
        "reason": data["answer"] if event.name == names.REQUEST_DECLINED else data["reason"],
    }


TELLERS = dict.fromkeys(_TITLES, tell)
