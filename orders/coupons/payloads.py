"""The shapes of coupons: frames, API answers and cards are made here, so they cannot differ."""

from typing import Any

from helpdesk.lib.money import money
from helpdesk.lib.times import iso
from orders.models import Coupon, CouponCode


def coupon_data(coupon: Coupon) -> dict[str, Any]:
    """Return an offer. (Load it with its store and products.)"""
    c = coupon.currency
    return {
        "id": str(coupon.id),
        "store": {"id": str(coupon.store_id), "key": coupon.store.key, "name": coupon.store.name},
        "name": coupon.name,
        "kind": coupon.kind,
        "value": money(coupon.value, c) if coupon.kind == Coupon.Kind.AMOUNT else None,
        "percent": coupon.value if coupon.kind == Coupon.Kind.PERCENT else None,
        "most": None if coupon.most is None else money(coupon.most, c),
        "min_spend": money(coupon.min_spend, c),
        "skus": [product.sku for product in coupon.products.all()],
        "budget": None if coupon.budget is None else money(coupon.budget, c),
        "committed": money(coupon.committed, c),
        "valid_days": coupon.valid_days,
        "ends_at": iso(coupon.ends_at),
        "per_buyer": coupon.per_buyer,
        "active": coupon.active,
        "created_at": iso(coupon.created_at),
    }


def code_data(code: CouponCode) -> dict[str, Any]:
    """Return one code, for agents. (Load it with `with_code_relations`.)"""
    return {
        "id": str(code.id),
        "coupon": {"id": str(code.coupon_id), "name": code.coupon.name},
        "code": code.code,
        "state": code.state,
        "buyer": {"id": str(code.buyer_id), "name": code.buyer.display_name},
        "agent": {"id": str(code.agent_id), "name": code.agent.name},
        "conversation": str(code.conversation_id) if code.conversation_id else None,
        "message": str(code.message_id) if code.message_id else None,
        "value": money(code.value, code.currency),
        "reason": code.reason,
        "over": code.over,
        "approver": {"id": str(code.approver_id), "name": code.approver.name} if code.approver else None,
        "decision": code.decision,
        "order": code.order_number or None,
        "redeemed_at": iso(code.redeemed_at),
        "expires_at": iso(code.expires_at),
        "created_at": iso(code.created_at),
        "error": code.error,
    }
