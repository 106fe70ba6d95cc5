"""Telling what became of an action: the event, the line in the timeline, the frames to every open screen."""

from typing import Any
from uuid import UUID

from django.db.models import Q

from events import names, topics
from events.record import SYSTEM, Actor, Happening, Push, push, record
from helpdesk.lib.money import money
from inbox.models import Conversation
from inbox.payloads import iso
from inbox.services import add_system_line
from orders import actions
from orders.access import with_order_relations
from orders.cards import refresh_cards
from orders.models import Order, OrderAction
from orders.payloads import action_data, order_data, public_order_data
from orders.requests_telling import follow

# What follows the sentence in the English fallback of a line.
_TAILS = {
    names.ACTION_REQUESTED: " (asked by {actor})",
    names.ACTION_DONE: "",
    names.ACTION_FAILED: " failed: {error}",
    names.ACTION_UNKNOWN: ": the store has not answered yet",
    names.ACTION_TAKEN_BACK: " (taken back by {actor})",
    names.ACTION_WAITING: " (asked by {actor}, waits for approval)",
    names.ACTION_APPROVED: " (approved by {actor})",
    names.ACTION_REJECTED: " (rejected by {actor})",
}


def announce_action(name: str, action: OrderAction, *, actor: Actor) -> None:
    """Record `name` of `action`, in the transaction of the change; the buyer hears only of what was done."""
    kind = actions.get(action.kind)  # None: one that is not installed any more has failed
    wire, public = (kind.wire, kind.public) if kind else (dict, dict)
    done = name == names.ACTION_DONE
    order = with_order_relations(Order.objects.filter(pk=action.order_id)).get()
    conversations = _conversations(action, order)
    # The reason is between agents: it stands in the event, never in a line that a buyer may read.
    params: dict[str, Any] = {
        "actor": actor.name,
        "kind": action.kind,
        "order": order.number,
        "order_id": str(order.id),
        "action": str(action.id),
        "before": wire(action.before),
        "after": wire(action.after),
        "run_at": iso(action.run_at),
    }
    if name == names.ACTION_FAILED:
        params["error"] = action.error
    line = {
        **params,
        "before": public(action.before),
        "after": public(action.after),
        "cost": money(action.cost, order.currency),
    }
    happening = Happening(
        name,
        actor,
        store_id=order.store_id,
        conversation_id=conversations[0] if conversations else None,
        order_id=order.id,
        data={
            **params,
            "reason": action.reason,
            "undoes": action.undoes_id and str(action.undoes_id),
            "request": action.request_id and str(action.request_id),
            "over": action.over,
            "approver": action.approver.name if action.approver else None,
            "decision": action.decision,
        },
        pushes=[_action_push(action, order, conversations)],
    )
    if done:
        refresh_cards(order)
        happening.pushes += order_pushes(order, conversations)
    record(happening)
    if conversations:
        tail = _TAILS[name].format(actor=actor.name, error=action.error)
        add_system_line(
            conversation_id=conversations[0],
            event=name,
            params=line,
            body=(kind.sentence(action) if kind else action.kind) + tail,
            public=done,
            actor=actor,
        )
    follow(name, action, order)


def actor_of(action: OrderAction) -> Actor:
    """Who is said to have done it: who asked; a rule of the store where nobody did."""
    return Actor.agent(action.agent) if action.agent else SYSTEM


def push_action(action: OrderAction) -> None:
    """Show screens an action that changed without a fact to record: its next try, an end of the hold."""
    order = with_order_relations(Order.objects.filter(pk=action.order_id)).get()
    push([_action_push(action, order, _conversations(action, order))])


def order_pushes(order: Order, conversations: list[UUID]) -> list[Push]:
    """Return the frames that show a changed order: all of it to agents, its public part to the buyer."""
    public = {"type": "order.updated", "order": public_order_data(order)}
    pushes = [Push(_agents(order, conversations), {"type": "order.updated", "order": order_data(order)})]
    if conversations:
        pushes.append(Push(tuple(topics.visitor(c) for c in conversations), public))
    return pushes


def live_conversations(order: Order) -> list[UUID]:
    rows = Conversation.objects.filter(buyer_id=order.buyer_id).exclude(status=Conversation.Status.RESOLVED)
    return list(rows.values_list("id", flat=True))


def _action_push(action: OrderAction, order: Order, conversations: list[UUID]) -> Push:
    frame = {"type": "order.action", "action": action_data(action, order), "order": order_data(order)}
    return Push(_agents(order, conversations), frame)


def _agents(order: Order, conversations: list[UUID]) -> tuple[str, ...]:
    return (topics.store(order.store_id), *(topics.conversation(c) for c in conversations))


def _conversations(action: OrderAction, order: Order) -> list[UUID]:
    """Return where the buyer of the order would read of it: first where it was asked for, then what is live.

    Asked anew each time, because a conversation may meanwhile be another buyer's, or part of another one.
    """
    live = ~Q(status=Conversation.Status.RESOLVED)
    rows = Conversation.objects.filter(Q(pk=action.conversation_id) | live, buyer_id=order.buyer_id)
    found = list(rows.values_list("id", flat=True))
    return sorted(found, key=lambda c: c != action.conversation_id)
