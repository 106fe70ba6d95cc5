"""The one door through which orders are changed."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events import names
from events.record import Actor
from helpdesk.lib.jobs import enqueue
from inbox.access import conversations_for
from orders import actions, tasks
from orders.access import actions_for, orders_for
from orders.actions.base import ActionKind
from orders.announce import announce_action, push_action
from orders.errors import (
    ActionUnderWay,
    Forbidden,
    IdempotencyConflict,
    InvalidParams,
    NotAllowed,
    NotFound,
    OrderChanged,
    TooLate,
)
from orders.models import Order, OrderAction
from orders.payloads import UNDER_WAY
from people.models import Agent

State = OrderAction.State
_KEY = re.compile(r"[\x21-\x7e]{1,64}\Z")


def request_action(
    *,
    agent: Agent,
    order_id: UUID,
    kind: str,
    params: Any,
    reason: str = "",
    conversation_id: UUID | None = None,
    idempotency_key: str,
    now: datetime | None = None,
) -> OrderAction:
    """Ask for a change of an order. It is on hold first, then told to the store (orders.running).

    The same key with the same body is the same action, however often. Raises NotFound, InvalidParams,
    LimitExceeded, NotAllowed, ActionUnderWay or IdempotencyConflict; then nothing has changed.
    """
    found = actions.get(kind)
    if found is None:
        raise InvalidParams(_("There is no such action."), attr="kind")
    with transaction.atomic():
        order = _locked(agent, order_id)
        wanted = OrderAction(
            order=order,
            agent=agent,
            kind=kind,
            params=found.clean(order, params),
            reason=_clean_reason(reason),
            conversation_id=_clean_conversation(agent, order, conversation_id),
            idempotency_key=_clean_key(idempotency_key),
        )
        return _request(found, wanted, now or timezone.now())


def undo(
    *, agent: Agent, action_id: UUID, idempotency_key: str, reason: str = "", now: datetime | None = None
) -> OrderAction:
    """Ask for the opposite of an action that was done. Raises like `request_action`, and OrderChanged.

    Only while the order still is as that action left it: what came after must not be undone along with it.
    """
    with transaction.atomic():
        done = actions_for(agent).filter(pk=action_id).first()
        if done is None:
            raise NotFound(_("There is no such action."))
        order = _locked(agent, done.order_id)
        found = actions.get(done.kind)
        params = found.inverse(done) if found else None
        if found is None or params is None:
            raise NotAllowed(_("This cannot be undone."))
        wanted = OrderAction(
            order=order,
            agent=agent,
            kind=done.kind,
            params=params,
            reason=_clean_reason(reason),
            conversation_id=done.conversation_id,
            idempotency_key=_clean_key(idempotency_key),
            undoes=done,
        )
        check = partial(_check_undo, found, done, order)
        return _request(found, wanted, now or timezone.now(), last_check=check)


def take_back(*, agent: Agent, action_id: UUID) -> OrderAction:
    """Cancel an action whose hold is not over; whoever serves the store may. Raises NotFound or TooLate."""
    with transaction.atomic():
        action = _action(agent, action_id)
        left = OrderAction.objects.filter(pk=action.pk, state=State.HELD).update(
            state=State.TAKEN_BACK, finished_at=timezone.now()
        )
        action = _action(agent, action_id)
        if left:
            announce_action(names.ACTION_TAKEN_BACK, action, actor=Actor.agent(agent))
        elif action.state != State.TAKEN_BACK:
            raise TooLate(_("It is too late to take this back."))
    return action


def run_now(*, agent: Agent, action_id: UUID, now: datetime | None = None) -> OrderAction:
    """End the hold: for who asked for it, and for supervisors. Raises NotFound, Forbidden or TooLate."""
    now = now or timezone.now()
    with transaction.atomic():
        action = _action(agent, action_id)
        if action.agent_id != agent.id and not agent.is_supervisor:
            words = _("Only %(name)s or a supervisor can end this hold.")
            raise Forbidden(words % {"name": action.agent.name})
        held = OrderAction.objects.filter(pk=action.pk, state=State.HELD)
        if held.filter(run_at__gt=now).update(run_at=now):
            action = _action(agent, action_id)
            push_action(action)
            enqueue(tasks.run_action, str(action.id))
        elif action.state in (State.TAKEN_BACK, State.FAILED):
            raise TooLate(_("There is nothing left to do: this has ended."))
    return action


def _action(agent: Agent, action_id: UUID) -> OrderAction:
    action = actions_for(agent).select_related("agent", "order").filter(pk=action_id).first()
    if action is None:
        raise NotFound(_("There is no such action."))
    return action


def _locked(agent: Agent, order_id: UUID) -> Order:
    """Return an order that the agent may see, locked, with what the checks read of it."""
    rows = orders_for(agent).select_related("store__connection").select_for_update(of=("self",))
    order = rows.filter(pk=order_id).prefetch_related("actions").first()
    if order is None:
        raise NotFound(_("There is no such order."))
    return order


def _request(
    kind: ActionKind, wanted: OrderAction, now: datetime, last_check: Callable[[], None] = lambda: None
) -> OrderAction:
    """Write the action down under the order's lock, or return the one that its key asked for before."""
    if (known := _known(wanted)) is not None:
        return known
    order = wanted.order
    if any(action.state in UNDER_WAY for action in order.actions.all()):
        raise ActionUnderWay
    last_check()
    kind.check(order, wanted.params, wanted.agent)
    wanted.before, wanted.after = kind.preview(order, wanted.params)
    wanted.run_at = now + timedelta(seconds=kind.hold_s)
    try:
        with transaction.atomic():
            wanted.save(force_insert=True)
    except IntegrityError:
        # The lock keeps this order's requests apart; only the same key for another order comes here.
        if _known(wanted) is None:
            raise ActionUnderWay from None
    announce_action(names.ACTION_REQUESTED, wanted, actor=Actor.agent(wanted.agent))
    enqueue(tasks.run_action, str(wanted.id), eta=wanted.run_at)
    return wanted


def _known(wanted: OrderAction) -> OrderAction | None:
    """Return the action of this agent and key. Raises IdempotencyConflict where it was something else."""
    rows = OrderAction.objects.select_related("agent", "order")
    known = rows.filter(agent=wanted.agent, idempotency_key=wanted.idempotency_key).first()
    if known is None:
        return None
    body = ("order_id", "kind", "params", "reason", "conversation_id", "undoes_id")
    if any(getattr(known, name) != getattr(wanted, name) for name in body):
        raise IdempotencyConflict(_("This key was used before, for something else."))
    return known


def _check_undo(kind: ActionKind, done: OrderAction, order: Order) -> None:
    if done.state != State.DONE:
        raise NotAllowed(_("Only what was done can be undone."))
    if done.undos.exclude(state__in=[State.FAILED, State.TAKEN_BACK]).exists():
        raise NotAllowed(_("This was undone already."))
    if kind.snapshot(order) != done.after:
        raise OrderChanged(_("The order has changed since, so this cannot be undone."))


def _clean_reason(reason: Any) -> str:
    if not isinstance(reason, str) or len(reason) > 200 or "\x00" in reason:
        raise InvalidParams(_("A reason has at most 200 characters."), attr="reason")
    return reason.strip()


def _clean_key(key: Any) -> str:
    if not isinstance(key, str) or not _KEY.match(key):
        words = _("An idempotency key is 1 to 64 visible ASCII characters.")
        raise InvalidParams(words, attr="Idempotency-Key")
    return key


def _clean_conversation(agent: Agent, order: Order, conversation_id: UUID | None) -> UUID | None:
    """The buyer reads there what was done, so it must be a conversation with the buyer of this very order."""
    if conversation_id is None:
        return None
    if not conversations_for(agent).filter(pk=conversation_id, buyer=order.buyer_id).exists():
        raise InvalidParams(_("That is no conversation with the buyer of this order."), attr="conversation")
    return conversation_id
