"""What pages show of coupons: shaped here, so that templates decide nothing."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.lib.ids import new_id
from helpdesk.lib.money import display
from inbox.models import Conversation
from orders.coupons import limits
from orders.coupons.access import codes_for, coupons_for, with_code_relations
from orders.coupons.issuing import HELD, why_not
from orders.coupons.terms import Terms, conditions, gives, terms_of, until, worst_case
from orders.models import Coupon, CouponCode
from people.models import Agent

State = CouponCode.State
SHOWN = 30  # codes of a buyer
COLORS = {
    State.WAITING: "amber",
    State.CREATING: "blue",
    State.ACTIVE: "green",
    State.REVOKING: "amber",
    State.REDEEMED: "violet",
    State.EXPIRED: "slate",
    State.REVOKED: "slate",
    State.REJECTED: "red",
    State.FAILED: "red",
}


@dataclass(frozen=True)
class Offer:
    """An offer as one buyer and one agent see it."""

    coupon: Coupon
    gives: str
    conditions: list[str]
    why: str  # why this buyer gets none, in words
    over: list[str]  # the agent's limits that a code is above, in words
    needs_reason: bool
    left: str  # of its budget
    key: str
    error: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Given:
    """A code of the buyer, and what this agent may do to it."""

    code: CouponCode
    gives: str
    color: str
    until: str
    error: str
    may_revoke: bool
    may_decide: bool
    over: list[str] = field(default_factory=list)


def present_panel(
    agent: Agent, conversation: Conversation, *, failed: UUID | None = None, error: str = "", reason: str = ""
) -> dict[str, Any]:
    """Return what the tab shows. `failed`: the offer that could not be given, with the words why."""
    now, buyer, store = timezone.now(), conversation.buyer, conversation.store
    left = limits.lefts(store, agent, buyer, now=now)
    wants_reason = limits.needs_reason(store, agent)
    held = codes_for(agent).filter(buyer=buyer, state__in=HELD).order_by()
    had = dict(held.values_list("coupon").annotate(Count("id")))
    rows = coupons_for(agent).filter(store=store, active=True).select_related("store__connection")
    offers = [
        _offer(coupon, had.get(coupon.id, 0), left, wants_reason, now)
        for coupon in rows.prefetch_related("products")
    ]
    if failed is not None:
        offers = [
            Offer(**{**vars(offer), "error": error, "reason": reason}) if offer.coupon.id == failed else offer
            for offer in offers
        ]
    codes = with_code_relations(codes_for(agent)).filter(buyer=buyer).order_by("-created_at", "-id")
    return {
        "conversation": conversation,
        "offers": sorted(offers, key=lambda offer: (bool(offer.why), bool(offer.over))),
        "codes": [present_code(code, agent) for code in codes[:SHOWN]],
        "lefts": _lefts(left, store.currency),
        "error": "" if any(offer.error for offer in offers) else error,
    }


def present_code(code: CouponCode, agent: Agent) -> Given:
    is_own = code.agent_id == agent.id
    return Given(
        code=code,
        gives=gives(code.terms),
        color=COLORS[State(code.state)],
        until=until(code.expires_at),
        error=_(code.error) if code.error else "",
        may_revoke=code.state in (State.ACTIVE, State.WAITING) and (is_own or agent.may("codes.revoke")),
        may_decide=code.state == State.WAITING and agent.may("approvals.decide") and not is_own,
        over=limits.words(code.over),
    )


def _offer(coupon: Coupon, had: int, left: limits.Lefts, wants_reason: bool, now: datetime) -> Offer:
    terms: Terms = terms_of(coupon)
    over = limits.over(worst_case(coupon), left)
    return Offer(
        coupon=coupon,
        gives=gives(terms),
        conditions=conditions(terms)[:-1],  # that it is used once goes without saying here
        why=why_not(coupon, had, now),
        over=limits.words(over),
        needs_reason=wants_reason,
        left="" if coupon.budget is None else display(coupon.budget - coupon.committed, coupon.currency),
        key=new_id().hex,
    )


def _lefts(left: limits.Lefts, currency: str) -> list[tuple[str, str]]:
    """Return how much of the agent's limits is left, as labels and amounts."""
    labels = {"buyer": _("for this buyer"), "day": _("today")}
    return [
        (label, display(amount, currency))
        for name, label in labels.items()
        if (amount := left[name]) is not None
    ]
