"""Telling the store of a code, or that it is void: once, whoever dies on the way.

The key is the code itself. A claim is a conditional update and a lease; whoever claims a row that was claimed
before asks the store first, and repeats only what it has not done. `attempts` grows with each claim, so that a
late worker sees that its own is lost.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from events import names
from events.record import Actor
from inbox.access import store_ids_for
from inbox.cards import send_card
from inbox.errors import InboxError
from orders import stores
from orders.coupons.access import with_code_relations
from orders.coupons.announce import announce_code, push_code
from orders.coupons.budget import give_back
from orders.coupons.terms import for_store
from orders.models import CouponCode
from orders.running import BUSY_TRIES, LEASE, LOST_AFTER, MAX_PAUSE_S
from orders.stores.base import StoreBusy, StoreConnector, StoreRefused

log = logging.getLogger(__name__)

State = CouponCode.State
DUE = (State.CREATING, State.REVOKING)
ENDS = (State.WAITING, State.CREATING, State.ACTIVE)
_COMMANDS = {State.CREATING: "create_coupon", State.REVOKING: "revoke_coupon"}


def run_code(code_id: UUID, *, now: datetime | None = None) -> None:
    """Tell the store, or find out what it did. Nothing where that is not due, or is being done."""
    if transaction.get_connection().in_atomic_block:
        raise RuntimeError("a store is never called inside a transaction: what it does cannot be rolled back")
    now = now or timezone.now()
    mine = _free(now).filter(pk=code_id, run_at__lte=now)
    if mine.update(claimed_until=now + LEASE, attempts=F("attempts") + 1):
        code = with_code_relations(CouponCode.objects.all()).get(pk=code_id)
        if code.state in DUE:
            _tell(code)


def due_codes(*, now: datetime | None = None, limit: int = 100) -> list[UUID]:
    """Return the codes whose job was lost, whose worker died, or whose store is to be asked again."""
    now = now or timezone.now()
    rows = _free(now).filter(run_at__lte=now - LOST_AFTER).order_by("run_at")
    return list(rows.values_list("id", flat=True)[:limit])


def _free(now: datetime) -> QuerySet[CouponCode]:
    return CouponCode.objects.filter(_unclaimed(now), state__in=DUE)


def _unclaimed(now: datetime) -> Q:
    return Q(claimed_until=None) | Q(claimed_until__lt=now)


def expire_codes(*, now: datetime | None = None, limit: int = 500) -> int:
    """End the codes whose time is over, and return how many there were."""
    now = now or timezone.now()
    over = CouponCode.objects.filter(state__in=ENDS, expires_at__lte=now).order_by("expires_at")
    ended = 0
    for code_id in over.values_list("id", flat=True)[:limit]:
        with transaction.atomic():
            # One that a worker has just claimed is left to the next sweep.
            rows = CouponCode.objects.filter(_unclaimed(now), pk=code_id, state__in=ENDS)
            if rows.update(state=State.EXPIRED):
                code = CouponCode.objects.get(pk=code_id)
                give_back(code)
                announce_code(names.COUPON_EXPIRED, code)
                ended += 1
    return ended


def _tell(code: CouponCode) -> None:
    command = _COMMANDS[State(code.state)]
    connector = stores.connector_for(code.store)
    if connector is None or command not in connector.capabilities:
        if code.attempts > 1:
            _later(code)  # it may have been done, and cannot be asked: neither would be true
        else:
            _refused(code, gettext_noop("The store is not connected any more."))
        return
    try:
        done = code.attempts > 1 and _was_done(connector, code, command)
        if not done:
            _call(connector, code)
    except StoreRefused as refusal:
        _refused(code, str(refusal))
    except StoreBusy as busy:
        if code.attempts >= BUSY_TRIES and code.state == State.CREATING:
            _refused(code, gettext_noop("The store is too busy; try again later."))
        else:
            _later(code, pause_s=busy.retry_after)
    except Exception as error:
        # Not only StoreUnreachable: after an error of our own, too, the store may have done it.
        log.warning("%s of coupon code %s got no answer: %s", command, code.id, type(error).__name__)
        _later(code, settles_in_s=connector.settles_in_s)
    else:
        _finish(code)


def _was_done(connector: StoreConnector, code: CouponCode, command: str) -> bool:
    return connector.lookup(_key(code), command=command, order_number="") is not None


def _call(connector: StoreConnector, code: CouponCode) -> None:
    if code.state == State.CREATING:
        connector.create_coupon(code=code.code, terms=for_store(code), key=_key(code))
    else:
        connector.revoke_coupon(code=code.code, key=_key(code))


def _key(code: CouponCode) -> str:
    return code.code if code.state == State.CREATING else f"revoke.{code.code}"


def _finish(code: CouponCode) -> None:
    with transaction.atomic():
        if code.state == State.REVOKING:
            if _leave(code, State.REVOKED):
                give_back(code)
                announce_code(names.COUPON_REVOKED, code, line="coupon.revoked")
        elif _leave(code, State.ACTIVE):
            _send(code)
            announce_code(names.COUPON_SENT, code, actor=Actor.agent(code.agent))


def _send(code: CouponCode) -> None:
    """Put the code into the conversation that it was asked for in, in the same transaction: once, like its state.

    A conversation that is gone, or another buyer's by now, gets nothing; the code is valid all the same.
    """
    if code.conversation_id is None:
        return
    try:
        posted = send_card(
            agent=code.agent,
            stores=store_ids_for(code.agent),
            conversation_id=code.conversation_id,
            kind="coupon",
            ref=str(code.id),
            client_id=f"coupon-{code.id}",
        )
    except InboxError as refusal:
        log.info("coupon code %s was not sent: %s", code.id, refusal.code)
        return
    code.message_id = posted.message.id
    CouponCode.objects.filter(pk=code.pk).update(message_id=code.message_id)


def _refused(code: CouponCode, error: str) -> None:
    """The store has done nothing: a code that it does not make has failed; one that it keeps stays valid."""
    with transaction.atomic():
        if code.state == State.REVOKING:
            if _leave(code, State.ACTIVE, error=error[:300]):
                push_code(code)
        elif _leave(code, State.FAILED, error=error[:300]):
            give_back(code)
            announce_code(names.COUPON_FAILED, code, line="coupon.failed")


def _later(code: CouponCode, *, pause_s: float | None = None, settles_in_s: float = 0) -> None:
    """Ask again later, ever less often; not before the store can be through with what it was told."""
    pause = max(min(pause_s or 2.0**code.attempts, MAX_PAUSE_S), settles_in_s, 1)
    with transaction.atomic():
        if _leave(code, code.state, run_at=timezone.now() + timedelta(seconds=pause)):
            push_code(code)


def _leave(code: CouponCode, state: str, **fields: object) -> bool:
    """Move the code on from this worker's own claim. False where that is lost: another will finish it."""
    own = CouponCode.objects.filter(pk=code.pk, state=code.state, attempts=code.attempts)
    fields = {"state": state, "claimed_until": None, **fields}
    if not own.update(**fields):
        return False
    for name, value in fields.items():
        setattr(code, name, value)
    return True
