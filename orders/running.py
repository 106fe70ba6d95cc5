"""Carrying an action out at the store: once, whoever dies on the way.

    held ──claim──▶ running ──▶ done | failed
      ▲                │  ▲
      └──store busy────┤  └──claim (ask first)──┐
                       └──no answer──▶ unknown ─┘

A claim is a conditional update, so one worker has it; it is a lease, so a dead worker's action is found
again. From then on the store may have heard of it: whoever claims it next asks the store before repeating
anything, and repeats with the same key. `attempts` grows with each claim, so that a late worker sees that its
own is lost.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from events import names
from orders import actions, stores
from orders.actions.base import ActionKind
from orders.announce import actor_of, announce_action, push_action
from orders.models import Order, OrderAction
from orders.stores.base import Result, StoreBusy, StoreConnector, StoreRefused

log = logging.getLogger(__name__)

State = OrderAction.State
LEASE = timedelta(seconds=60)  # well over what a connector may take
LOST_AFTER = timedelta(seconds=3)  # a job this late is taken for lost
BUSY_TRIES = 20
MAX_PAUSE_S = 300


def run_action(action_id: UUID, *, now: datetime | None = None) -> None:
    """Carry the action out, or find out what became of it. Nothing where it is not due, or is being done."""
    if transaction.get_connection().in_atomic_block:
        raise RuntimeError("a store is never called inside a transaction: what it does cannot be rolled back")
    now = now or timezone.now()
    claim = {"state": State.RUNNING, "claimed_until": now + LEASE, "attempts": F("attempts") + 1}
    mine = OrderAction.objects.filter(pk=action_id)
    if mine.filter(state=State.HELD, run_at__lte=now).update(**claim):
        _carry_out(_load(action_id))
    elif mine.filter(state=State.UNKNOWN, run_at__lte=now).update(**claim):
        _reconcile(_load(action_id), told=True)
    elif mine.filter(state=State.RUNNING, claimed_until__lt=now).update(**claim):
        _reconcile(_load(action_id), told=False)


def due_actions(*, now: datetime | None = None, limit: int = 100) -> list[UUID]:
    """Return the actions whose job was lost, whose worker died, or whose store is to be asked again."""
    now = now or timezone.now()
    rows = OrderAction.objects.filter(
        Q(state=State.HELD, run_at__lte=now - LOST_AFTER)
        | Q(state=State.UNKNOWN, run_at__lte=now)
        | Q(state=State.RUNNING, claimed_until__lt=now)
    )
    return list(rows.order_by("run_at").values_list("id", flat=True)[:limit])


def _load(action_id: UUID) -> OrderAction:
    return OrderAction.objects.select_related("order__store__connection", "agent", "approver").get(
        pk=action_id
    )


def _reconcile(action: OrderAction, *, told: bool) -> None:
    """Ask the store about an action that it may have heard of; repeat it only where it has done nothing."""
    connector, kind = stores.connector_for(action.order.store), actions.get(action.kind)
    if connector is None or kind is None:
        # It cannot be asked, and it may have been done: neither "done" nor "failed" would be true.
        _unknown(action, told=told)
        return
    try:
        result = connector.lookup(str(action.id), command=kind.capability, order_number=action.order.number)
    except Exception as error:
        _log("lookup", action, error)
        _unknown(action, told=told)
        return
    if result is not None:
        _finish(action, result)
    else:
        _carry_out(action, told=told)


def _carry_out(action: OrderAction, *, told: bool = False) -> None:
    kind = actions.get(action.kind)
    connector = stores.connector_for(action.order.store)
    if kind is None or connector is None or kind.capability not in connector.capabilities:
        _fail(action, gettext_noop("The store is not connected any more."))
        return
    _call(kind, connector, action, told=told)


def _call(kind: ActionKind, connector: StoreConnector, action: OrderAction, *, told: bool) -> None:
    try:
        result = kind.execute(connector, action)
    except StoreRefused as refusal:
        _fail(action, str(refusal))
    except StoreBusy as busy:
        if action.attempts >= BUSY_TRIES:
            _fail(action, gettext_noop("The store is too busy; try again later."))
        else:
            _hold_again(action, busy.retry_after)
    except Exception as error:
        # Not only StoreUnreachable: after an error of our own, too, the store may have done it.
        _log("call", action, error)
        _unknown(action, told=told, settles_in_s=connector.settles_in_s)
    else:
        _finish(action, result)


def _log(what: str, action: OrderAction, error: Exception) -> None:
    log.warning("%s of action %s got no answer: %s: %s", what, action.id, type(error).__name__, error)


def _leave(action: OrderAction, state: str, **fields: object) -> bool:
    """Move the action on from this worker's own claim. False where that is lost: another will finish it."""
    own = OrderAction.objects.filter(pk=action.pk, state=State.RUNNING, attempts=action.attempts)
    fields = {"state": state, "claimed_until": None, **fields}
    if not own.update(**fields):
        return False
    for name, value in fields.items():
        setattr(action, name, value)
    return True


def _finish(action: OrderAction, result: Result) -> None:
    kind = actions.all_actions()[action.kind]
    with transaction.atomic():
        order = Order.objects.select_for_update().get(pk=action.order_id)
        fields = kind.apply(order, result)
        after = kind.outcome(order, action, result)
        if not _leave(action, State.DONE, after=after, finished_at=timezone.now()):
            transaction.set_rollback(True)  # another worker has finished it, and its rows with it
            return
        kind.finished(order, action, result)
        order.version += 1
        order.synced_at = max(order.synced_at, datetime.fromisoformat(result["updated_at"]))
        order.save(update_fields=[*fields, "version", "synced_at"])
        announce_action(names.ACTION_DONE, action, actor=actor_of(action))


def _fail(action: OrderAction, error: str) -> None:
    with transaction.atomic():
        if _leave(action, State.FAILED, error=error[:300], finished_at=timezone.now()):
            announce_action(names.ACTION_FAILED, action, actor=actor_of(action))


def _unknown(action: OrderAction, *, told: bool, settles_in_s: float = 0) -> None:
    """Ask again later, ever less often. `told`: that it is unknown has been announced before.

    `settles_in_s`: before that the store may still be at it, and to find nothing done would prove nothing.
    """
    pause = max(min(2**action.attempts, MAX_PAUSE_S), settles_in_s)
    with transaction.atomic():
        if not _leave(action, State.UNKNOWN, run_at=timezone.now() + timedelta(seconds=pause)):
            return
        if told:
            push_action(action)
        else:
            announce_action(names.ACTION_UNKNOWN, action, actor=actor_of(action))


def _hold_again(action: OrderAction, retry_after: float) -> None:
    """Nothing has happened at the store, so the action is on hold again, and can be taken back."""
    pause = timedelta(seconds=min(max(retry_after, 1), MAX_PAUSE_S))
    with transaction.atomic():
        if _leave(action, State.HELD, run_at=timezone.now() + pause):
            push_action(action)
