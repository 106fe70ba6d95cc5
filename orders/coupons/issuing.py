"""Giving a code out: asked for, approved where it is above somebody's limits, taken back."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from events import names
from events.record import Actor
from helpdesk.lib.jobs import enqueue
from helpdesk.lib.money import display
from inbox.access import conversations_for
from orders import stores
from orders.coupons import limits, tasks
from orders.coupons.access import codes_for, coupons_for, with_code_relations
from orders.coupons.announce import announce_code, push_code
from orders.coupons.budget import give_back, take
from orders.coupons.codes import new_code
from orders.coupons.terms import terms_of, worst_case
from orders.errors import (
    Forbidden,
    IdempotencyConflict,
    InvalidParams,
    LimitExceeded,
    NotAllowed,
    NotFound,
    TooLate,
)
from orders.given import check_second_person, clean_key, clean_reason
from orders.limits import least, one_at_a_time
from orders.models import Coupon, CouponCode
from people.access import buyers_for
from people.models import Agent, Buyer

State = CouponCode.State
# A buyer who holds one of these has had one of the offer.
HELD = (State.WAITING, State.CREATING, State.ACTIVE, State.REVOKING, State.REDEEMED)


def issue_code(
    *,
    agent: Agent,
    coupon_id: UUID,
    idempotency_key: str,
    conversation_id: UUID | None = None,
    buyer_id: UUID | None = None,
    reason: str = "",
    now: datetime | None = None,
) -> CouponCode:
    """Give a buyer a code of an offer: the buyer of the conversation, who reads it there, or `buyer_id`.

    Above the agent's limits it waits for a second person's approval, and needs a reason. The same key with the
    same body is the same code, however often. Raises NotFound, InvalidParams, NotAllowed or IdempotencyConflict;
    then nothing has changed.
    """
    now = now or timezone.now()
    with transaction.atomic():
        # Before the offer: what one agent gives away at the same moment is counted one after the other.
        one_at_a_time(agent)
        coupon = _locked(agent, coupon_id)
        buyer = _buyer(agent, coupon, conversation_id, buyer_id)
        wanted = CouponCode(
            coupon=coupon,
            store=coupon.store,
            buyer=buyer,
            agent=agent,
            conversation_id=conversation_id,
            idempotency_key=clean_key(idempotency_key),
            reason=clean_reason(reason),
            value=worst_case(coupon),
            currency=coupon.currency,
            terms=terms_of(coupon),
            run_at=now,
            expires_at=_expiry(coupon, now),
        )
        if (known := _known(wanted)) is not None:
            return known
        had = CouponCode.objects.filter(coupon=coupon, buyer=buyer, state__in=HELD).count()
        if why := why_not(coupon, had, now):
            raise NotAllowed(why)
        _limit(wanted, now)
        _save(wanted)
        take(wanted)
        waits = wanted.state == State.WAITING
        announce_code(
            names.COUPON_ASKED, wanted, actor=Actor.agent(agent), line="coupon.waiting" if waits else ""
        )
        if not waits:
            enqueue(tasks.run_code, str(wanted.id))
    return wanted


def why_not(coupon: Coupon, had: int, now: datetime) -> str:
    """Return why a buyer who has `had` codes of the offer gets none now, in words; empty where they do."""
    if not stores.can(coupon.store, "create_coupon"):
        return _("This store's system makes no codes from here.")
    if not coupon.active:
        return _("This offer is switched off.")
    if coupon.ends_at is not None and coupon.ends_at <= now:
        return _("This offer is over.")
    if had >= coupon.per_buyer:
        return _("This buyer has it already.")
    if coupon.budget is not None and coupon.committed + worst_case(coupon) > coupon.budget:
        return _("Its budget is used up.")
    return ""


def waiting(agent: Agent) -> QuerySet[CouponCode]:
    """Return the codes that wait for approval at the agent's stores, the oldest first."""
    return with_code_relations(codes_for(agent)).filter(state=State.WAITING).order_by("created_at", "id")


def approve(*, agent: Agent, code_id: UUID, comment: str = "", now: datetime | None = None) -> CouponCode:
    """Let a code that waits be made, as a second person within whose own limits it is.

    Raises NotFound, Forbidden (one's own, or no supervisor), InvalidParams, LimitExceeded, NotAllowed or TooLate.
    """
    now = now or timezone.now()
    with transaction.atomic():
        one_at_a_time(agent)
        code = _to_decide(agent, code_id)
        if code.state in (State.CREATING, State.ACTIVE) and code.approver_id == agent.id:
            return code
        _still_waiting(code)
        coupon = code.coupon
        if not coupon.active or (coupon.ends_at is not None and coupon.ends_at <= now):
            raise NotAllowed(_("This offer is over."))
        left = limits.lefts(code.store, agent, code.buyer, but=code, now=now)
        if over := limits.over(code.value, left):
            words = _("This is above your own limit, too: %(left)s are left of it.")
            amount = least(left) or 0
            shown = display(amount, code.currency)
            raise LimitExceeded(words % {"left": shown}, left=amount, attr=over[0])
        _decide(code, State.CREATING, agent, comment, run_at=now, expires_at=_expiry(coupon, now))
        announce_code(names.COUPON_DECIDED, code, actor=Actor.agent(agent), line="coupon.approved")
        enqueue(tasks.run_code, str(code.id))
    return code


def reject(*, agent: Agent, code_id: UUID, comment: str) -> CouponCode:
    """Refuse a code that waits, and say why. Raises NotFound, Forbidden, InvalidParams or TooLate."""
    with transaction.atomic():
        code = _to_decide(agent, code_id)
        if code.state == State.REJECTED and code.approver_id == agent.id:
            return code
        _still_waiting(code)
        if not clean_reason(comment):
            raise InvalidParams(_("Say why."), attr="comment")
        _decide(code, State.REJECTED, agent, comment)
        give_back(code)
        announce_code(names.COUPON_DECIDED, code, actor=Actor.agent(agent), line="coupon.rejected")
    return code


def revoke(*, agent: Agent, code_id: UUID, now: datetime | None = None) -> CouponCode:
    """Make a code that was not used invalid: whoever gave it, or whose role may. The store is told (running.py).

    One that waits for approval is taken back at once. Raises NotFound, Forbidden, NotAllowed or TooLate.
    """
    now = now or timezone.now()
    with transaction.atomic():
        code = locked_code(agent, code_id)
        if code.agent_id != agent.id and not agent.may("codes.revoke"):
            raise Forbidden(_("Your role may not revoke what somebody else gave."))
        if code.state in (State.REVOKING, State.REVOKED):
            return code
        if code.state == State.WAITING:
            CouponCode.objects.filter(pk=code.pk).update(state=State.REVOKED)
            code.state = State.REVOKED
            give_back(code)
            announce_code(names.COUPON_REVOKED, code, actor=Actor.agent(agent))
            return code
        if code.state == State.CREATING:
            raise TooLate(_("This code is just being made. Try again in a moment."))
        if code.state != State.ACTIVE:
            raise TooLate(_("This code is over: %(state)s.") % {"state": code.get_state_display()})
        if not stores.can(code.store, "revoke_coupon"):
            raise NotAllowed(_("This store's system revokes no codes from here."))
        fields = {"state": State.REVOKING, "run_at": now, "claimed_until": None, "attempts": 0, "error": ""}
        CouponCode.objects.filter(pk=code.pk).update(**fields)
        for name, value in fields.items():
            setattr(code, name, value)
        push_code(code)
        enqueue(tasks.run_code, str(code.id))
    return code


def locked_code(agent: Agent, code_id: UUID) -> CouponCode:
    rows = with_code_relations(codes_for(agent)).select_for_update(of=("self",))
    code = rows.filter(pk=code_id).first()
    if code is None:
        raise NotFound(_("There is no such code."))
    return code


# -- Parts


def _locked(agent: Agent, coupon_id: UUID) -> Coupon:
    rows = coupons_for(agent).select_related("store__connection").select_for_update(of=("self",))
    coupon = rows.prefetch_related("products").filter(pk=coupon_id).first()
    if coupon is None:
        raise NotFound(_("There is no such offer."))
    return coupon


def _buyer(agent: Agent, coupon: Coupon, conversation_id: UUID | None, buyer_id: UUID | None) -> Buyer:
    """Return who gets it. A buyer of another store is as unknown here as one who does not exist."""
    if conversation_id is not None:
        rows = conversations_for(agent).filter(pk=conversation_id, store=coupon.store_id)
        conversation = rows.select_related("buyer").first()
        if conversation is None:
            raise NotFound(_("There is no such conversation at this store."))
        if buyer_id is not None and conversation.buyer_id != buyer_id:
            raise InvalidParams(_("That is no conversation with this buyer."), attr="conversation")
        return conversation.buyer
    if buyer_id is None:
        raise InvalidParams(_("Say who gets it."), attr="buyer")
    buyer = buyers_for(agent).filter(pk=buyer_id, store=coupon.store_id).first()
    if buyer is None:
        raise NotFound(_("There is no such buyer at this store."))
    return buyer


def _known(wanted: CouponCode) -> CouponCode | None:
    """Return the code of this agent and key. Raises IdempotencyConflict where it was something else."""
    rows = with_code_relations(CouponCode.objects.all())
    known = rows.filter(agent=wanted.agent, idempotency_key=wanted.idempotency_key).first()
    if known is None:
        return None
    body = ("coupon_id", "buyer_id", "conversation_id", "reason")
    if any(getattr(known, name) != getattr(wanted, name) for name in body):
        raise IdempotencyConflict(_("This key was used before, for something else."))
    return known


def _limit(wanted: CouponCode, now: datetime) -> None:
    """Let a code that is above the agent's limits wait. Raises InvalidParams where it lacks its reason."""
    store, agent = wanted.store, wanted.agent
    wanted.over = limits.over(wanted.value, limits.lefts(store, agent, wanted.buyer, now=now))
    if wanted.over:
        wanted.state = State.WAITING
    if not wanted.reason and (wanted.over or limits.needs_reason(store, agent)):
        words = _("Say why: this needs somebody's approval.") if wanted.over else _("Say why.")
        raise InvalidParams(words, attr="reason")


def _save(wanted: CouponCode) -> None:
    """Write the code down under one that the store has never had."""
    for _attempt in range(5):
        wanted.code = new_code()
        try:
            with transaction.atomic():
                wanted.save(force_insert=True)
        except IntegrityError:
            if not CouponCode.objects.filter(store=wanted.store, code=wanted.code).exists():
                raise
        else:
            return
    raise NotAllowed(_("No code could be made. Try again."))


def _expiry(coupon: Coupon, now: datetime) -> datetime:
    valid = now + timedelta(days=coupon.valid_days)
    return min(valid, coupon.ends_at) if coupon.ends_at is not None else valid


def _to_decide(agent: Agent, code_id: UUID) -> CouponCode:
    code = locked_code(agent, code_id)
    check_second_person(agent, code.agent_id)
    return code


def _still_waiting(code: CouponCode) -> None:
    if code.state != State.WAITING:
        raise TooLate(_("This was decided already."))


def _decide(code: CouponCode, state: str, agent: Agent, comment: str, **fields: Any) -> None:
    fields |= {
        "state": state,
        "approver": agent,
        "decided_at": timezone.now(),
        "decision": clean_reason(comment),
    }
    for name, value in fields.items():
        setattr(code, name, value)
    code.save(update_fields=list(fields))
