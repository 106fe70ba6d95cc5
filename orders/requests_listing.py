"""Buyers' requests for agents: whose stores' they see, page by page, and their shape."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from helpdesk.lib.keyset import Keyset, cut
from inbox.access import store_ids_for
from inbox.payloads import iso
from orders import actions
from orders.models import BuyerRequest, OrderAction
from orders.requests_telling import label_of, last_action, photos_of
from people.models import Agent

PAGE = 50
State = BuyerRequest.State
# Who has waited longest is first in line; what was decided is looked up from the newest on.
OPEN = Keyset("requests.open", "created_at", newest_first=False)
PAST = Keyset("requests", "created_at")


@dataclass(frozen=True)
class Page:
    requests: list[BuyerRequest]
    next: str | None  # the cursor of what follows


def requests_for(agent: Agent) -> QuerySet[BuyerRequest]:
    stores = store_ids_for(agent)
    rows = BuyerRequest.objects.all()
    return rows if stores is None else rows.filter(order__store_id__in=stores)


def with_request_relations(rows: QuerySet[BuyerRequest]) -> QuerySet[BuyerRequest]:
    """Load what `request_data` and the pages read: two queries, however many rows."""
    acted = OrderAction.objects.select_related("agent", "approver").order_by("created_at")
    return rows.select_related("order__store", "buyer__store", "decided_by").prefetch_related(
        Prefetch("actions", acted)
    )


def list_requests(
    agent: Agent,
    *,
    state: str = State.OPEN,
    store: str = "",
    kind: str = "",
    order: UUID | None = None,
    cursor: str = "",
    size: int = PAGE,
) -> Page:
    """Return requests in a state ("": in any) that the agent may see; `store` is a key. Raises BadCursor."""
    key = OPEN if state == State.OPEN else PAST
    rows = requests_for(agent)
    if state:
        rows = rows.filter(state=state)
    if store:
        rows = rows.filter(order__store__key=store)
    if kind:
        rows = rows.filter(kind=kind)
    if order:
        rows = rows.filter(order=order)
    if cursor:
        rows = rows.filter(key.beyond(key.place(cursor)))
    found = list(with_request_relations(rows).order_by(*key.ordering())[: size + 1])
    return Page(*cut(found, key, size))


def requests_data(found: list[BuyerRequest]) -> list[dict[str, Any]]:
    photos = photos_of(found)
    return [_request_data(request, photos) for request in found]


def _request_data(request: BuyerRequest, photos: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return a request for agents and the API. Loaded by `with_request_relations`."""
    kind = actions.get(request.kind)
    wire = kind.wire if kind else dict
    action, order = last_action(request), request.order
    return {
        "id": str(request.id),
        "order": {"id": str(order.id), "number": order.number, "version": order.version},
        "store": {"id": str(order.store_id), "key": order.store.key, "name": order.store.name},
        "buyer": {"id": str(request.buyer_id), "name": request.buyer.display_name},
        "conversation": str(request.conversation_id) if request.conversation_id else None,
        "message": str(request.message_id) if request.message_id else None,
        "kind": request.kind,
        "label": label_of(request.kind),
        "params": request.params,
        "before": wire(request.before),
        "after": wire(request.after),
        "reason": request.reason,
        "photos": [photos[photo] for photo in request.photos if photo in photos],
        "state": request.state,
        "action": {"id": str(action.id), "state": action.state} if action else None,
        "decided_by": {"id": str(request.decided_by_id), "name": request.decided_by.name}
        if request.decided_by
        else None,
        "decided_at": iso(request.decided_at),
        "answer": request.answer,
        "created_at": iso(request.created_at),
    }
