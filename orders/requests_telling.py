"""How a buyer's request is told: its card in the conversation, the frames, the event; and what becomes of it when
the action that was made of it ends.

The card is public as a whole: nothing of agents' own stands in it.
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from events import names, topics
from events.record import SYSTEM, Actor, Happening, Push, push, record
from inbox.cards import update_cards
from inbox.models import Attachment, Message
from inbox.payloads import attachment_data, iso
from inbox.services.waiting import answered
from orders import actions
from orders.models import BuyerRequest, Order, OrderAction
from people.models import Buyer

State = BuyerRequest.State
Done = OrderAction.State
ENDED_BADLY = (Done.FAILED, Done.TAKEN_BACK, Done.REJECTED)
# Told by whoever accepts the request, once it is accepted.
_TOLD_BY_OTHERS = (names.ACTION_REQUESTED, names.ACTION_WAITING)


def language_of(buyer: Buyer) -> str:
    return buyer.language or buyer.store.language


def last_action(request: BuyerRequest) -> OrderAction | None:
    """Return the action that answers the request: the last one, where earlier ones came to nothing."""
    return max(request.actions.all(), key=lambda action: action.created_at, default=None)


def status_of(request: BuyerRequest) -> str:
    """Return where the request is, for the buyer: open, checking, accepted, done, declined or withdrawn.

    What waits for a supervisor has been promised to nobody yet.
    """
    if request.state != State.ACCEPTED:
        return str(request.state)
    action = last_action(request)
    if action is None or action.state in ENDED_BADLY:
        return "accepted"
    return {Done.WAITING: "checking", Done.DONE: "done"}.get(Done(action.state), "accepted")


def rows_of(request: BuyerRequest) -> list[dict[str, str]]:
    """Return before and after as a person of the active language reads them."""
    kind = actions.get(request.kind)
    rows = kind.rows(request.before, request.after) if kind else []
    return [{"label": str(row.label), "before": row.before, "after": row.after} for row in rows]


def label_of(kind: str) -> str:
    found = actions.get(kind)
    return str(found.label) if found else kind


def photos_of(requests: Iterable[BuyerRequest]) -> dict[str, dict[str, Any]]:
    """Return the photos of all these requests by their ids, in one query."""
    ids = [photo for request in requests for photo in request.photos]
    return {str(a.id): attachment_data(a) for a in Attachment.objects.filter(pk__in=ids)} if ids else {}


def public_request(request: BuyerRequest) -> dict[str, Any]:
    """Return the request for its buyer and its card. What it is and changes is said in every language of the
    desk: buyer and agent read the same card, and may not read the same language."""
    label: dict[str, str] = {}
    rows: dict[str, list[dict[str, str]]] = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            label[language], rows[language] = label_of(request.kind), rows_of(request)
    return {
        "id": str(request.id),
        "order": {"id": str(request.order_id), "number": request.order.number},
        "kind": request.kind,
        "label": label,
        "rows": rows,
        "reason": request.reason,
        "status": status_of(request),
        "answer": request.answer,
        "created_at": iso(request.created_at),
        "decided_at": iso(request.decided_at),
        "as_of": iso(timezone.now()),  # by which a screen knows which of two is the newer
    }


def card_data(request: BuyerRequest) -> dict[str, Any]:
    with translation.override(language_of(request.buyer)):
        title = _("%(what)s · order %(number)s") % {
            "what": label_of(request.kind),
            "number": request.order.number,
        }
        fields = [
            {"label": row["label"], "value": f"{row['before']} → {row['after']}"} for row in rows_of(request)
        ]
    data = {"kind": "request", "title": title, "fields": fields, "choices": []}
    return {**data, "request": public_request(request)}


def card_text(data: dict[str, Any]) -> str:
    """Return the card in words: for search, previews and channels that carry only text."""
    reason = data["request"]["reason"]
    return f"{data['title']}: {reason}" if reason else str(data["title"])


def refresh_card(request: BuyerRequest) -> None:
    """Bring the card up to date, in what is kept and on every screen; in the caller's transaction."""
    conversation = None
    if request.message_id:
        cards = Message.objects.filter(pk=request.message_id)
        conversation = cards.values_list("conversation", flat=True).first()
        update_cards(cards, lambda data: {**data, **card_data(request)})
    frame = {
        "type": "order.request",
        "request": str(request.id),
        "state": request.state,
        "order": str(request.order_id),
    }
    listeners = [topics.store(request.order.store_id)]
    if conversation is not None:
        listeners.append(topics.conversation(conversation))
    push([Push(tuple(listeners), frame)])


def record_request(name: str, request: BuyerRequest, *, actor: Actor) -> None:
    """Record what became of a request, in the transaction of the change."""
    kind = actions.get(request.kind)
    wire = kind.wire if kind else dict
    data = {
        "actor": actor.name,
        "request": str(request.id),
        "kind": request.kind,
        "order": request.order.number,
        "order_id": str(request.order_id),
        "before": wire(request.before),
        "after": wire(request.after),
        "reason": request.reason,
        "answer": request.answer,
    }
    record(
        Happening(
            name,
            actor,
            store_id=request.order.store_id,
            conversation_id=request.conversation_id,
            order_id=request.order_id,
            data=data,
        )
    )


def follow(name: str, action: OrderAction, order: Order) -> None:
    """Take over to the request what became of the action that answers it, in that change's transaction.

    An action that failed, was taken back or rejected has not done what the buyer asked for: the request is
    open again, so that somebody else sees to it.
    """
    if action.request_id is None or name in _TOLD_BY_OTHERS:
        return
    rows = BuyerRequest.objects.select_related("buyer__store").select_for_update(of=("self",))
    request = rows.get(pk=action.request_id)
    request.order = order
    if action.state in ENDED_BADLY and request.state == State.ACCEPTED:
        request.state, request.decided_by, request.decided_at = State.OPEN, None, None
        request.save(update_fields=["state", "decided_by", "decided_at"])
        record_request(names.REQUEST_REOPENED, request, actor=SYSTEM)
    elif request.message_id and name == names.ACTION_APPROVED:
        answered(message_id=request.message_id)
    refresh_card(request)
