"""The one door through which orders are changed."""

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
from helpdesk.lib.money import display
from inbox.access import conversations_for
from orders import actions, limits, tasks
from orders.access import actions_for, orders_for
from orders.actions.base import ActionKind
from orders.announce import actor_of, announce_action, push_action
from orders.errors import (
    ActionUnderWay,
    Forbidden,
    IdempotencyConflict,
    InvalidParams,
    LimitExceeded,
    NotAllowed,
    NotFound,
    OrderChanged,
    TooLate,
)
from orders.given import check_second_person, clean_key, clean_reason
from orders.models import BuyerRequest, Order, OrderAction
from orders.payloads import UNDER_WAY
from people.models import Agent

State = OrderAction.State
ENDED_UNDONE = (State.FAILED, State.TAKEN_BACK, State.REJECTED)  # it never came to be


def request_action(
    *,
    agent: Agent,
    order_id: UUID,
    kind: str,
    params: Any,
    reason: str = "",
    conversation_id: UUID | None = None,
    idempotency_key: str,
    version: int | None = None,
    request: BuyerRequest | None = None,
    now: datetime | None = None,
) -> OrderAction:
    """Ask for a change of an order. It is on hold first, then told to the store (orders.running).

    What is above the agent's limits waits for a second person's approval instead, and needs a reason.
    `version` is the order's as it was when this was decided on; `request` what of the buyer's it answers.
    The same key with the same body is the same action, however often. Raises NotFound, InvalidParams,
    NotAllowed, OrderChanged, ActionUnderWay or IdempotencyConflict; then nothing has changed.
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
            reason=clean_reason(reason),
            conversation_id=_clean_conversation(agent, order, conversation_id),
            idempotency_key=clean_key(idempotency_key),
            request=request,
        )
        if found.needs_reason and not wanted.reason:
            raise InvalidParams(_("Say why."), attr="reason")
        check = partial(_check_version, order, version)
        return _request(found, wanted, now or timezone.now(), last_check=check)


def request_by_rule(*, request: BuyerRequest, now: datetime | None = None) -> OrderAction:
    """Do what a buyer asked for because a rule of the store says yes: without an agent, its limits, or a hold.

    In the caller's transaction, with the order locked. Raises NotAllowed, InvalidParams or ActionUnderWay.
    """
    return act_by_rule(
        order=request.order,
        kind=request.kind,
        params=request.params,
        reason=request.reason[:200],
        conversation_id=request.conversation_id,
        idempotency_key=f"request.{request.id}",
        request=request,
        now=now,
    )


def act_by_rule(
    *,
    order: Order,
    kind: str,
    params: dict[str, Any],
    reason: str = "",
    conversation_id: UUID | None,
    idempotency_key: str,
    request: BuyerRequest | None = None,
    now: datetime | None = None,
) -> OrderAction:
    """Ask for a change that no agent asks for: with params as the action keeps them, and without a hold.

    In the caller's transaction, with the order locked. The same key is the same action. Raises as above.
    """
    wanted = OrderAction(
        order=order,
        kind=kind,
        params=params,
        reason=reason,
        conversation_id=conversation_id,
        idempotency_key=idempotency_key,
        request=request,
    )
    return _request(actions.all_actions()[kind], wanted, now or timezone.now(), hold_s=0)


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
            reason=clean_reason(reason),
            conversation_id=done.conversation_id,
            idempotency_key=clean_key(idempotency_key),
            undoes=done,
        )
        check = partial(_check_undo, found, done, order)
        return _request(found, wanted, now or timezone.now(), last_check=check)


def take_back(*, agent: Agent, action_id: UUID) -> OrderAction:
    """Cancel an action whose hold is not over; whoever serves the store may. Raises NotFound or TooLate."""
    with transaction.atomic():
        action = _action(agent, action_id)
        left = OrderAction.objects.filter(pk=action.pk, state__in=[State.WAITING, State.HELD]).update(
            state=State.TAKEN_BACK, finished_at=timezone.now()
        )
        action = _action(agent, action_id)
        if left:
            announce_action(names.ACTION_TAKEN_BACK, action, actor=Actor.agent(agent))
        elif action.state != State.TAKEN_BACK:
            raise TooLate(_("It is too late to take this back."))
    return action


def run_now(*, agent: Agent, action_id: UUID, now: datetime | None = None) -> OrderAction:
    """End the hold: for who asked for it, and whose role may. Raises NotFound, Forbidden or TooLate."""
    now = now or timezone.now()
    with transaction.atomic():
        action = _action(agent, action_id)
        if action.agent_id != agent.id and not agent.may("actions.hurry"):
            raise Forbidden(_("Your role may not end a hold of somebody else."))
        held = OrderAction.objects.filter(pk=action.pk, state=State.HELD)
        if held.filter(run_at__gt=now).update(run_at=now):
            action = _action(agent, action_id)
            push_action(action)
            enqueue(tasks.run_action, str(action.id))
        elif action.state in (State.WAITING, State.REJECTED):
            raise TooLate(_("This is not on hold."))
        elif action.state in (State.TAKEN_BACK, State.FAILED):
            raise TooLate(_("There is nothing left to do: this has ended."))
    return action


def approve(*, agent: Agent, action_id: UUID, comment: str = "", now: datetime | None = None) -> OrderAction:
    """Let an action that waits go on, as a second person within whose own limits it is. It is on hold then.

    Raises NotFound, Forbidden (one's own, or not for their role), LimitExceeded, TooLate, and what `request_action`
    raises where the order allows it no longer, OrderChanged among it.
    """
    now = now or timezone.now()
    with transaction.atomic():
        action, order, kind = _to_decide(agent, action_id)
        if action.state == State.HELD and action.approver_id == agent.id:
            return action
        _still_waiting(action)
        if any(other.state in UNDER_WAY for other in order.actions.all()):
            raise ActionUnderWay
        kind.check(order, action.params)
        if kind.preview(order, action.params) != (action.before, action.after):
            raise OrderChanged(_("The order has changed since this was asked for."))
        lefts = limits.lefts(order, agent, action.kind, but=action)
        if over := limits.over(action.cost, lefts):
            left = limits.least(lefts) or 0
            words = _("This is above your own limit, too: %(left)s are left of it.")
            raise LimitExceeded(words % {"left": display(left, order.currency)}, left=left, attr=over[0])
        run_at = now + timedelta(seconds=kind.hold_s)
        _decide(action, State.HELD, agent, comment, run_at=run_at)
        announce_action(names.ACTION_APPROVED, action, actor=Actor.agent(agent))
        enqueue(tasks.run_action, str(action.id), eta=run_at)
    return action


def reject(*, agent: Agent, action_id: UUID, comment: str) -> OrderAction:
    """Refuse an action that waits, and say why. Raises NotFound, Forbidden, InvalidParams or TooLate."""
    with transaction.atomic():
        action, _order, _found = _to_decide(agent, action_id)
        if action.state == State.REJECTED and action.approver_id == agent.id:
            return action
        _still_waiting(action)
        if not clean_reason(comment):
            raise InvalidParams(_("Say why."), attr="comment")
        _decide(action, State.REJECTED, agent, comment, finished_at=timezone.now())
        announce_action(names.ACTION_REJECTED, action, actor=Actor.agent(agent))
    return action


def _to_decide(agent: Agent, action_id: UUID) -> tuple[OrderAction, Order, ActionKind]:
    order_id = _action(agent, action_id).order_id
    order = _locked(agent, order_id)
    action = _action(agent, action_id)  # as it is under the lock
    check_second_person(agent, action.agent_id)
    kind = actions.get(action.kind)
    if kind is None:
        raise NotAllowed(_("There is no such action."))
    return action, order, kind


def _still_waiting(action: OrderAction) -> None:
    if action.state != State.WAITING:
        raise TooLate(_("This was decided already."))


def _decide(action: OrderAction, state: str, agent: Agent, comment: str, **fields: Any) -> None:
    fields |= {
        "state": state,
        "approver": agent,
        "decided_at": timezone.now(),
        "decision": clean_reason(comment),
    }
    # Taking it back needs no lock of the order: whoever comes first is heard.
    if not OrderAction.objects.filter(pk=action.pk, state=State.WAITING).update(**fields):
        raise TooLate(_("This was taken back."))
    for name, value in fields.items():
        setattr(action, name, value)


def _action(agent: Agent, action_id: UUID) -> OrderAction:
    rows = actions_for(agent).select_related("agent", "approver", "order")
    action = rows.filter(pk=action_id).first()
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
    kind: ActionKind,
    wanted: OrderAction,
    now: datetime,
    last_check: Callable[[], None] = lambda: None,
    hold_s: int | None = None,
) -> OrderAction:
    """Write the action down under the order's lock, or return the one that its key asked for before."""
    if (known := _known(wanted)) is not None:
        return known
    order = wanted.order
    if any(action.state in UNDER_WAY for action in order.actions.all()):
        raise ActionUnderWay
    last_check()
    kind.check(order, wanted.params)
    wanted.before, wanted.after = kind.preview(order, wanted.params)
    wanted.cost = kind.cost(order, wanted.params)
    if wanted.agent is not None:
        _limit(kind, wanted, wanted.agent)
    wanted.run_at = now + timedelta(seconds=kind.hold_s if hold_s is None else hold_s)
    try:
        with transaction.atomic():
            wanted.save(force_insert=True)
    except IntegrityError:
        # The lock keeps this order's requests apart; only the same key for another order comes here.
        if _known(wanted) is None:
            raise ActionUnderWay from None
    if wanted.state == State.WAITING:
        announce_action(names.ACTION_WAITING, wanted, actor=actor_of(wanted))
        return wanted
    announce_action(names.ACTION_REQUESTED, wanted, actor=actor_of(wanted))
    enqueue(tasks.run_action, str(wanted.id), eta=wanted.run_at)
    return wanted


def _limit(found: ActionKind, wanted: OrderAction, agent: Agent) -> None:
    """Let an action that is above the agent's limits wait. Raises InvalidParams where it lacks its reason."""
    order, kind = wanted.order, wanted.kind
    if wanted.cost > 0:
        limits.one_at_a_time(agent)
    lefts = limits.lefts(order, agent, kind)
    wanted.over = limits.over(wanted.cost, lefts) + found.beyond(order, agent, wanted.params)
    if wanted.over:
        wanted.state = State.WAITING
    needs = wanted.over or (wanted.cost > 0 and limits.allowance(order.store, agent.role, kind).needs_reason)
    if needs and not wanted.reason:
        words = _("Say why: this needs somebody's approval.") if wanted.over else _("Say why.")
        raise InvalidParams(words, attr="reason")


def _check_version(order: Order, version: int | None) -> None:
    if version is not None and version != order.version:
        raise OrderChanged(_("The order has changed meanwhile. Please look again."))


def _known(wanted: OrderAction) -> OrderAction | None:
    """Return the action of this agent and key. Raises IdempotencyConflict where it was something else."""
    rows = OrderAction.objects.select_related("agent", "approver", "order")
    known = rows.filter(agent=wanted.agent, idempotency_key=wanted.idempotency_key).first()
    if known is None:
        return None
    body = ("order_id", "kind", "params", "reason", "conversation_id", "undoes_id", "request_id")
    if any(getattr(known, name) != getattr(wanted, name) for name in body):
        raise IdempotencyConflict(_("This key was used before, for something else."))
    return known


def _check_undo(kind: ActionKind, done: OrderAction, order: Order) -> None:
    if done.state != State.DONE:
        raise NotAllowed(_("Only what was done can be undone."))
    if done.undos.exclude(state__in=ENDED_UNDONE).exists():
        raise NotAllowed(_("This was undone already."))
    if kind.snapshot(order) != done.after:
        raise OrderChanged(_("The order has changed since, so this cannot be undone."))


def _clean_conversation(agent: Agent, order: Order, conversation_id: UUID | None) -> UUID | None:
    """The buyer reads there what was done, so it must be a conversation with the buyer of this very order."""
    if conversation_id is None:
        return None
    if not conversations_for(agent).filter(pk=conversation_id, buyer=order.buyer_id).exists():
        raise InvalidParams(_("That is no conversation with the buyer of this order."), attr="conversation")
    return conversation_id
