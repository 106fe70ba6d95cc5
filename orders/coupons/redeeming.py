"""A code is used: once, however often and however late the store tells of it."""

import logging
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from events import names
from events.record import SYSTEM, Actor
from inbox.errors import InboxError
from orders.coupons.announce import announce_code, push_code
from orders.coupons.codes import read_code
from orders.coupons.terms import came_to
from orders.errors import InvalidParams, NotAllowed, NotFound
from orders.models import Coupon, CouponCode, Order
from people.models import Store

log = logging.getLogger(__name__)

State = CouponCode.State
USABLE = (State.ACTIVE, State.REVOKING)  # until the store has said that it is void, it may be used there


def redeem(
    *,
    store: Store,
    code: str,
    order_number: str,
    order: Order | None = None,
    buyer_id: UUID | None = None,
    at: datetime | None = None,
    actor: Actor = SYSTEM,
) -> CouponCode:
    """Write down that the code was used for an order, `at` that moment. Told again, it is the same.

    `buyer_id`: for nobody but them. Raises NotFound, InvalidParams or NotAllowed (used before, over, another's).
    """
    if (
        not isinstance(order_number, str)
        or not 0 < len(number := order_number.strip()) <= 40
        or "\x00" in number
    ):
        raise InvalidParams(
            _("That is a text of at most %(limit)s characters.") % {"limit": 40}, attr="order"
        )
    at = at or timezone.now()
    with transaction.atomic():
        found = CouponCode.objects.filter(store=store, code=read_code(code)).first()
        if found is None:
            raise NotFound(_("There is no such code."))
        if buyer_id is not None and found.buyer_id != buyer_id:
            raise NotAllowed(_("This code is another buyer's."))
        if at < found.created_at:  # an order that was there before its code was: it was put on it since
            at = timezone.now()
        order = order or Order.objects.filter(store=store, number=number).first()
        used: dict[str, Any] = {
            "state": State.REDEEMED,
            "order_number": number,
            "order": order,
            "redeemed_at": at,
            "claimed_until": None,
        }
        rows = CouponCode.objects.filter(pk=found.pk, expires_at__gt=at)
        if rows.filter(state__in=USABLE).update(**used):
            _settle(found.pk, order, was_given_back=False)
        elif rows.filter(state=State.EXPIRED).update(**used):  # in time, but we heard of it late
            _settle(found.pk, order, was_given_back=True)
        else:
            return _told_again(found.pk, number, order)
        redeemed = CouponCode.objects.get(pk=found.pk)
        announce_code(names.COUPON_REDEEMED, redeemed, actor=actor, line="coupon.redeemed")
    return redeemed


def redeem_for(order: Order) -> None:
    """Take in that an order came with a code. Stores have codes of their own, which are none of ours."""
    try:
        with transaction.atomic():
            redeem(
                store=order.store,
                code=order.coupon_code,
                order_number=order.number,
                order=order,
                at=min(order.placed_at, timezone.now()),
            )
    except InboxError as refusal:
        log.info("order %s has a coupon code that is not redeemed: %s", order.number, refusal.code)


def _told_again(code_id: UUID, number: str, order: Order | None) -> CouponCode:
    code = CouponCode.objects.get(pk=code_id)
    if code.state == State.REDEEMED and code.order_number == number:
        if order is not None and code.order_id is None:  # the order came after its code
            CouponCode.objects.filter(pk=code.pk).update(order=order)
            _settle(code.pk, order, was_given_back=False)
            code.refresh_from_db()
            push_code(code)
        return code
    if code.state == State.REDEEMED:
        raise NotAllowed(_("This code was used before."), code="redeemed")
    if code.state in (State.WAITING, State.CREATING):
        raise NotAllowed(_("This code is not valid yet."))
    if code.state in (*USABLE, State.EXPIRED):
        raise NotAllowed(_("This code has expired."), code="expired")
    raise NotAllowed(_("This code is not valid."))


def _settle(code_id: UUID, order: Order | None, *, was_given_back: bool) -> None:
    """Let the budget know what it came to, where the order says, instead of what it might have come to."""
    code = CouponCode.objects.get(pk=code_id)
    coupon = Coupon.objects.select_for_update().get(pk=code.coupon_id)
    value = came_to(code, order) if order is not None else code.value
    change = value if was_given_back else value - code.value
    if coupon.budget is not None:
        # What was used is used: an offer that has given the money to others meanwhile is spent up.
        change = min(change, coupon.budget - coupon.committed)
    if change:
        Coupon.objects.filter(pk=coupon.pk).update(committed=F("committed") + change)
    if value != code.value:
        CouponCode.objects.filter(pk=code.pk).update(value=value)
