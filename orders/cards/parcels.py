"""Parcels that wait for an answer: kept back when a buyer is asked, let go when they have confirmed."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from events import names
from events.record import SYSTEM
from inbox.models import Conversation, Message
from orders import actions, services
from orders.access import with_order_relations
from orders.announce import announce_action
from orders.cards.checks import ADDRESS, OPEN_TO_CHANGE, address_mark
from orders.errors import ActionUnderWay, InvalidParams, NotAllowed
from orders.models import Order, OrderAction
from orders.payloads import UNDER_WAY, why_not
from people.models import Agent

KIND = "hold_parcel"
PREFIX = "check."
State = OrderAction.State


def can_keep_back(order: Order) -> bool:
    """Tell whether this order's store can be asked to keep its parcel, which is free to leave now."""
    kind = actions.get(KIND)
    return kind is not None and not order.on_hold and not why_not(kind, order)


def keep_back(agent: Agent, order: Order, conversation_id: UUID, name: str) -> str:
    """Ask the store to keep the parcel; return the key by which `release` finds that. Raises as `request_action`."""
    key = f"{PREFIX}{name}"
    services.request_action(
        agent=agent,
        order_id=order.id,
        kind=KIND,
        params={"on_hold": True},
        reason="",
        conversation_id=conversation_id,
        idempotency_key=key,
    )
    return key


def release(order: Order, message: Message) -> None:
    """Let the parcel go that was kept back for this card: nothing stands in its way any more.

    With the order locked. What cannot be done at this moment, because the store is being told something else, is
    found again by `release_due`.
    """
    key = (message.data or {}).get("hold")
    rows = OrderAction.objects.select_related("agent", "approver", "order")
    held = rows.filter(order=order, kind=KIND, idempotency_key=key).first() if key else None
    if held is None:
        return
    left = OrderAction.objects.filter(pk=held.pk, state__in=[State.WAITING, State.HELD])
    if left.update(state=State.TAKEN_BACK, finished_at=timezone.now()):
        held.state = State.TAKEN_BACK
        announce_action(names.ACTION_TAKEN_BACK, held, actor=SYSTEM)
        return
    if held.state != State.DONE or not _is_still_ours(order, held):
        return
    try:
        services.act_by_rule(
            order=order,
            kind=KIND,
            params={"on_hold": False},
            conversation_id=held.conversation_id,
            idempotency_key=_release_key(message),
        )
    except (ActionUnderWay, InvalidParams, NotAllowed):
        return  # later, or there is nothing left to release


def release_due(limit: int = 100) -> int:
    """Release what was confirmed while it could not be. Returns how many; safe to run twice."""
    kept = OrderAction.objects.filter(
        kind=KIND,
        state=State.DONE,
        idempotency_key__startswith=PREFIX,
        order__on_hold=True,
        order__status__in=OPEN_TO_CHANGE,
    )
    released = 0
    for held in kept.order_by("-created_at")[:limit]:
        with transaction.atomic():
            locked = Order.objects.select_for_update(of=("self",))
            order = with_order_relations(locked).get(pk=held.order_id)
            message = _card_of(held)
            if message is not None and _is_settled(order, message.data or {}):
                release(order, message)
                released += 1
    return released


def _card_of(held: OrderAction) -> Message | None:
    """Return the card that asked, where it has not been released before: what is held again is held by somebody."""
    theirs = Conversation.objects.filter(buyer__orders=held.order_id)
    cards = Message.objects.filter(
        conversation__in=theirs, data__kind=ADDRESS, data__hold=held.idempotency_key
    )
    message = cards.first()
    if message is None or OrderAction.objects.filter(idempotency_key=_release_key(message)).exists():
        return None
    return message


def _is_settled(order: Order, card: dict[str, Any]) -> bool:
    """True where the buyer has confirmed the address that the order has now, or it has become what they wrote."""
    return bool(card.get("answer")) and card.get("right") == address_mark(order.address)


def _is_still_ours(order: Order, held: OrderAction) -> bool:
    last = (
        OrderAction.objects.filter(order=order, kind=KIND, state=State.DONE).order_by("-finished_at").first()
    )
    busy = OrderAction.objects.filter(order=order, state__in=UNDER_WAY).exists()
    return order.on_hold and last == held and not busy


def _release_key(message: Message) -> str:
    return f"release.{message.id.hex}"
