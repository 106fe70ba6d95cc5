"""Telling what became of a code: the event, a line between agents, the card, and every open screen."""

from typing import Any
from uuid import UUID

from django.db.models import Q

from events import topics
from events.record import SYSTEM, Actor, Happening, Push, push, record
from inbox.models import Conversation
from inbox.services import add_system_line
from orders.coupons.access import with_code_relations
from orders.coupons.cards import refresh_coupon_cards
from orders.coupons.payloads import code_data
from orders.models import CouponCode

# The English fallback of the lines; what is sent needs none, its card is the line.
_LINES = {
    "coupon.waiting": "{actor} asks for approval of a coupon: {name}",
    "coupon.approved": "{actor} approved the coupon {name}",
    "coupon.rejected": "{actor} rejected the coupon {name}",
    "coupon.redeemed": "The buyer used the coupon {code} for order {order}",
    "coupon.revoked": "The coupon {code} is revoked",
    "coupon.failed": "The coupon {name} could not be made: {error}",
}


def announce_code(name: str, code: CouponCode, *, actor: Actor = SYSTEM, line: str = "") -> None:
    """Record `name` of the code, in the transaction of the change. `line`: the key of a line for agents."""
    code = with_code_relations(CouponCode.objects.all()).get(pk=code.pk)
    where = _conversations(code)
    record(
        Happening(
            name,
            actor,
            store_id=code.store_id,
            conversation_id=where[0] if where else None,
            order_id=code.order_id,
            data=code_data(code),
            pushes=[_code_push(code, where)],
        )
    )
    refresh_coupon_cards(code)
    if line and where:
        params: dict[str, Any] = {
            "actor": actor.name,
            "name": code.terms["name"],
            "code": code.code,
            "order": code.order_number,
            "order_id": code.order_id and str(code.order_id),
            "error": code.error,
        }
        add_system_line(
            conversation_id=where[0],
            event=line,
            params=params,
            body=_LINES[line].format(**params),
            public=False,
            actor=actor,
        )


def push_code(code: CouponCode) -> None:
    """Show screens a code that changed without a fact to record."""
    code = with_code_relations(CouponCode.objects.all()).get(pk=code.pk)
    push([_code_push(code, _conversations(code))])


def _code_push(code: CouponCode, where: list[UUID]) -> Push:
    frame = {"type": "coupon.code", "code": code_data(code)}
    return Push((topics.store(code.store_id), *(topics.conversation(c) for c in where)), frame)


def _conversations(code: CouponCode) -> list[UUID]:
    """Return where the buyer of the code is: first where it was asked for, then what is live. Asked anew each
    time, because a conversation may meanwhile be another buyer's."""
    live = ~Q(status=Conversation.Status.RESOLVED)
    rows = Conversation.objects.filter(Q(pk=code.conversation_id) | live, buyer_id=code.buyer_id)
    return sorted(rows.values_list("id", flat=True), key=lambda c: c != code.conversation_id)
