"""What buyers ask for on their own orders: asking, withdrawing, accepting, declining.

A request changes nothing by itself. Accepting it makes an action of it through `orders.services`, within the
limits of the agent who accepts; a rule of the store can do so at once.

Locks, in this order: the order, the request, the conversation.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events import names
from events.record import Actor
from inbox.access import conversations_for
from inbox.errors import InboxError
from inbox.live import widget_channel
from inbox.models import Conversation
from inbox.services import Draft, post_message
from inbox.services.waiting import answered
from orders import actions, services
from orders.access import orders_for
from orders.actions.base import ActionKind
from orders.errors import (
    Forbidden,
    IdempotencyConflict,
    InvalidParams,
    NotAllowed,
    NotFound,
    OrderChanged,
    TooLate,
)
from orders.models import BuyerRequest, Order, OrderAction
from orders.requests_given import (
    MAX_ANSWER,
    MAX_REASON,
    check_photos,
    clean_client_id,
    clean_photos,
    clean_words,
)
from orders.requests_rules import try_rule
from orders.requests_telling import ENDED_BADLY, card_data, card_text, record_request, refresh_card
from people.models import Agent, Buyer

State = BuyerRequest.State


# -- The buyer's side


def ask(
    *,
    buyer: Buyer,
    order: Order,
    kind: str,
    params: Any,
    reason: str = "",
    photos: Sequence[UUID] = (),
    conversation_id: UUID | None = None,
    client_id: str,
    now: datetime | None = None,
) -> BuyerRequest:
    """Ask for a change of an order: as a card in the buyer's live conversation, which is opened if there is none.

    To ask for the same kind again withdraws what was asked for before. The same `client_id` with the same
    content is the same request. Raises Forbidden (nobody vouches for who this is), NotFound, InvalidParams,
    NotAllowed or IdempotencyConflict; then nothing has changed.
    """
    now = now or timezone.now()
    if not buyer.is_verified:
        raise Forbidden(_("Only buyers whom the store vouches for can ask for this."))
    with transaction.atomic():
        order = _own_order(buyer, order.pk)
        wanted = BuyerRequest(
            order=order,
            buyer=buyer,
            kind=kind,
            reason=clean_words(reason, MAX_REASON, "reason"),
            photos=clean_photos(photos),
            client_id=clean_client_id(client_id),
        )
        if (known := _known(wanted, params)) is not None:
            return known
        found = _askable(kind)
        if conversation_id is not None:
            _check_conversation(buyer, conversation_id)
        wanted.params = found.clean(order, params)
        _check_open_to(wanted)
        found.check(order, wanted.params)
        wanted.before, wanted.after = found.preview(order, wanted.params)
        check_photos(buyer, wanted.photos)
        _replace(order, kind, buyer)
        if (known := _save(wanted, params)) is not None:
            return known
        _post_card(wanted)
        record_request(names.REQUEST_MADE, wanted, actor=Actor.buyer(buyer))
        try_rule(wanted, found, now)
        refresh_card(wanted)
    return wanted


def withdraw(*, buyer: Buyer, request_id: UUID) -> BuyerRequest:
    """Take a request back, while nobody has decided on it. Raises NotFound or TooLate."""
    with transaction.atomic():
        mine = BuyerRequest.objects.filter(buyer=buyer)
        request = _locked(mine, request_id)
        if request.state != State.WITHDRAWN:
            _still_open(request)
            _withdraw(request, buyer)
    return request


# -- The desk's side


def accept(
    *, agent: Agent, request_id: UUID, idempotency_key: str, params: Any = None, now: datetime | None = None
) -> BuyerRequest:
    """Do what the buyer asks for (`params`: something a little different), within the agent's own limits.

    Above them the action waits for approval. Where the order is no longer what the request was made on, the
    request is shown as it would be now, and OrderChanged is raised: what is agreed to is what was seen. Raises
    also NotFound, TooLate (it was decided already) and what `request_action` raises.
    """
    with transaction.atomic():
        request = _locked(_for(agent), request_id)
        mine = OrderAction.objects.filter(request=request, agent=agent, idempotency_key=idempotency_key)
        if request.state == State.ACCEPTED and mine.exists():
            return request
        _still_open(request)
        outdated = params is None and _follow_order(request)
        if not outdated:
            action = services.request_action(
                agent=agent,
                order_id=request.order_id,
                kind=request.kind,
                params=request.params if params is None else params,
                reason=request.reason[:200].strip() or _("The buyer asked for it."),
                conversation_id=_conversation(agent, request),
                idempotency_key=idempotency_key,
                request=request,
                now=now,
            )
            if action.state in ENDED_BADLY:  # the key of an earlier try, which came to nothing
                raise IdempotencyConflict(_("This key was used before, for something else."))
            _decide(request, State.ACCEPTED, agent)
            record_request(names.REQUEST_ACCEPTED, request, actor=Actor.agent(agent))
            if request.message_id and action.state != OrderAction.State.WAITING:
                answered(message_id=request.message_id)
        refresh_card(request)
    if outdated:
        raise OrderChanged(_("The order has changed since this was asked for. Please look again."))
    return request


def decline(*, agent: Agent, request_id: UUID, answer: str) -> BuyerRequest:
    """Say no, with words that the buyer reads in the conversation. Raises NotFound, InvalidParams or TooLate."""
    with transaction.atomic():
        request = _locked(_for(agent), request_id)
        answer = clean_words(answer, MAX_ANSWER, "answer")
        if (request.state, request.decided_by_id, request.answer) == (State.DECLINED, agent.id, answer):
            return request
        _still_open(request)
        if not answer:
            raise InvalidParams(_("Tell the buyer why."), attr="answer")
        request.answer = answer
        _decide(request, State.DECLINED, agent)
        record_request(names.REQUEST_DECLINED, request, actor=Actor.agent(agent))
        if conversation_id := _conversation(agent, request):
            post_message(
                Draft(
                    actor=Actor.agent(agent),
                    client_id=f"declined.{request.id.hex}",
                    body=answer,
                    conversation_id=conversation_id,
                )
            )
        refresh_card(request)
    return request


# -- What may be asked


def _askable(kind: str) -> ActionKind:
    found = actions.get(kind)
    if found is None or not found.buyer_may_ask:
        raise InvalidParams(_("This cannot be asked for."), attr="kind")
    return found


def _check_open_to(wanted: BuyerRequest) -> None:
    """Raise NotAllowed while what the buyer asked for before is being done: it may come back as open."""
    under_way = OrderAction.objects.filter(order=wanted.order, kind=wanted.kind, request__isnull=False)
    states = OrderAction.State
    if under_way.filter(state__in=[states.WAITING, states.HELD, states.RUNNING, states.UNKNOWN]).exists():
        raise NotAllowed(_("We are doing this already."))


def _check_conversation(buyer: Buyer, conversation_id: UUID) -> None:
    if not Conversation.objects.filter(pk=conversation_id, buyer=buyer).exists():
        raise NotFound(_("There is no such conversation."))


# -- Writing it down


def _own_order(buyer: Buyer, order_id: UUID) -> Order:
    rows = Order.objects.select_related("store__connection").select_for_update(of=("self",))
    order = rows.filter(pk=order_id, buyer=buyer).prefetch_related("actions").first()
    if order is None:
        raise NotFound(_("There is no such order."))
    return order


def _known(wanted: BuyerRequest, params: Any) -> BuyerRequest | None:
    """Return the request of this buyer and client_id. Raises IdempotencyConflict where it was another."""
    rows = BuyerRequest.objects.select_related("order", "buyer__store")
    known = rows.filter(buyer=wanted.buyer, client_id=wanted.client_id).first()
    if known is None:
        return None
    same = all(
        getattr(known, name) == getattr(wanted, name) for name in ("order_id", "kind", "reason", "photos")
    )
    if not same or not _same_params(known, params):
        raise IdempotencyConflict(_("This client_id was used before, for something else."))
    return known


def _same_params(known: BuyerRequest, params: Any) -> bool:
    kind = actions.get(known.kind)
    try:
        return kind is None or kind.clean(known.order, params) == known.params
    except InboxError:  # the order has moved on: what was asked for then cannot be read by it any more
        return True


def _save(wanted: BuyerRequest, params: Any) -> BuyerRequest | None:
    """Save it; return the one that was quicker with the same client_id, on another order."""
    try:
        with transaction.atomic():
            wanted.save(force_insert=True)
    except IntegrityError:
        known = _known(wanted, params)
        if known is None:
            raise
        return known
    return None


def _replace(order: Order, kind: str, buyer: Buyer) -> None:
    rows = BuyerRequest.objects.select_related("buyer__store").filter(
        order=order, kind=kind, state=State.OPEN
    )
    for old in rows.select_for_update(of=("self",)):
        old.order = order
        _withdraw(old, buyer)


def _withdraw(request: BuyerRequest, buyer: Buyer) -> None:
    request.state, request.decided_at = State.WITHDRAWN, timezone.now()
    request.save(update_fields=["state", "decided_at"])
    record_request(names.REQUEST_WITHDRAWN, request, actor=Actor.buyer(buyer))
    refresh_card(request)


def _post_card(request: BuyerRequest) -> None:
    channel_id = widget_channel(request.order.store_id)
    if channel_id is None:
        raise NotAllowed(_("This shop takes no requests from here."))
    data = card_data(request)
    posted = post_message(
        Draft(
            actor=Actor.buyer(request.buyer),
            client_id=f"request.{request.id.hex}",
            body=card_text(data),
            buyer_id=request.buyer_id,
            channel_id=channel_id,
            kind="card",
            data=data,
            attachments=tuple(UUID(photo) for photo in request.photos),
        )
    )
    request.conversation_id, request.message_id = posted.conversation.id, posted.message.id
    request.save(update_fields=["conversation_id", "message_id"])


# -- Deciding


def _for(agent: Agent) -> Any:
    return BuyerRequest.objects.filter(order__in=orders_for(agent))


def _locked(mine: Any, request_id: UUID) -> BuyerRequest:
    """Return the request, locked after its order, with what the checks read of it. Raises NotFound."""
    order_id = mine.filter(pk=request_id).values_list("order", flat=True).first()
    if order_id is None:
        raise NotFound(_("There is no such request."))
    orders = Order.objects.select_related("store__connection").select_for_update(of=("self",))
    order = orders.prefetch_related("actions").get(pk=order_id)
    rows = BuyerRequest.objects.select_related("buyer__store").select_for_update(of=("self",))
    request = rows.get(pk=request_id)
    request.order = order
    return request


def _still_open(request: BuyerRequest) -> None:
    if request.state == State.WITHDRAWN:
        raise TooLate(_("The buyer has withdrawn this."))
    if request.state != State.OPEN:
        raise TooLate(_("This was decided already."))


def _follow_order(request: BuyerRequest) -> bool:
    """Bring what the request would change up to date with its order; tell whether that is another change now."""
    kind, order = actions.get(request.kind), request.order
    if kind is None:
        raise NotAllowed(_("There is no such action."))
    try:
        kind.check(order, request.params)
    except InvalidParams as error:  # what could be asked for then is too much by now, say
        raise OrderChanged(error.detail) from None
    before, after = kind.preview(order, request.params)
    if (before, after) == (request.before, request.after):
        return False
    request.before, request.after = before, after
    request.save(update_fields=["before", "after"])
    return True


def _decide(request: BuyerRequest, state: str, agent: Agent) -> None:
    request.state, request.decided_by, request.decided_at = state, agent, timezone.now()
    request.save(update_fields=["state", "decided_by", "decided_at", "answer"])


def _conversation(agent: Agent, request: BuyerRequest) -> UUID | None:
    """Where the buyer asked, as long as it still is a conversation of theirs (it may have joined another one)."""
    if request.conversation_id is None:
        return None
    own = conversations_for(agent).filter(pk=request.conversation_id, buyer=request.order.buyer_id)
    return own.values_list("id", flat=True).first()
