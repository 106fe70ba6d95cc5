"""What the demo's shops offer, and the codes that their agents have given out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.db.models import F, prefetch_related_objects
from django.utils import timezone, translation

from events import names
from events.record import SYSTEM, Actor
from helpdesk.demo.chat import Chat
from helpdesk.demo.rows import Rows, uid
from helpdesk.demo.sales import Sale
from helpdesk.demo.shops import Shop
from helpdesk.lib.times import iso
from inbox.models import Conversation, Message
from inbox.services.timeline import preview
from orders.coupons import limits
from orders.coupons.cards import CouponCard
from orders.coupons.codes import ALPHABET, MIDDLE
from orders.coupons.payloads import code_data
from orders.coupons.terms import came_to, conditions, for_store, gives, terms_of, until, worst_case
from orders.models import Coupon, CouponCode, DemoShopCoupon, Order, Product
from orders.stores.demo.coupons import shop_url
from people.models import Agent, Store

State = CouponCode.State
REGRETS = (0, 0, 1, 2)  # which offers agents give with a word of regret, and how often
LARGE = 3  # and which is above what they may
ASKERS = {"demo": "agent@demo.test", "demo-cn": "lin@demo.test"}  # who has asked for one of those


@dataclass(frozen=True)
class Plan:
    """An offer in both shops: names and amounts in English and Chinese."""

    names: tuple[str, str]
    amounts: tuple[int, int]  # off, or the most that `percent` comes to
    percent: int = 0
    min_spend: tuple[int, int] = (0, 0)
    budgets: tuple[int, int] | None = None
    valid_days: int = 30
    products: int = 0
    active: bool = True
    ends_in: int = 0


PLANS = (
    Plan(("Sorry for the trouble", "服务致歉券"), (500, 1000), valid_days=60),
    Plan(("Welcome back", "老客回馈"), (1500, 3000), 10, min_spend=(6000, 15000), budgets=(150_000, 300_000)),
    Plan(
        ("Thank you for your patience", "久等补偿券"),
        (1000, 2000),
        min_spend=(4000, 9900),
        budgets=(60_000, 90_000),
    ),
    Plan(
        ("A larger gesture", "大额安抚券"), (4000, 8000), min_spend=(12000, 29900), budgets=(100_000, 200_000)
    ),
    Plan(
        ("Try something new", "新品尝鲜"), (2000, 4000), 20, products=3, budgets=(80_000, 120_000), ends_in=21
    ),
    Plan(("Spring clearance", "春季清仓"), (1000, 2000), 15, budgets=(50_000, 50_000), active=False),
)


def make_offers(
    shop: Shop, store: Store, products: Iterable[Product], now: datetime, scale: int, rng: Random
) -> list[Coupon]:
    """Make a shop's offers, with budgets for a world of `scale` parts; the codes follow block by block."""
    side, found, sold = (1 if shop.language == "zh" else 0), [], list(products)
    for plan in PLANS:
        made_at = now - timedelta(days=100, minutes=rng.randrange(9_000))
        coupon = Coupon.objects.create(
            id=uid(made_at, rng),
            store=store,
            name=plan.names[side],
            kind=Coupon.Kind.PERCENT if plan.percent else Coupon.Kind.AMOUNT,
            value=plan.percent or plan.amounts[side],
            currency=shop.currency,
            most=plan.amounts[side] if plan.percent else None,
            min_spend=plan.min_spend[side],
            budget=plan.budgets[side] * scale if plan.budgets else None,
            valid_days=plan.valid_days,
            active=plan.active,
            ends_at=now + timedelta(days=plan.ends_in) if plan.ends_in else None,
            created_at=made_at,
        )
        if plan.products:
            coupon.products.set(rng.sample(sold, plan.products))
        found.append(coupon)
    prefetch_related_objects(found, "products")
    return found


def send(rows: Rows, chat: Chat) -> None:
    """Give the buyer a code, as a click would have done; what becomes of it is known at the end."""
    message = chat.agent_says("", data={"kind": "coupon", "title": "", "coupon": {}, "choices": []})
    agent = chat.agent
    assert agent is not None
    chat.effects.append(lambda shift: rows.coupons.append((message, chat.c, agent)))


def add_codes(
    rows: Rows,
    offers: list[Coupon],
    kept: dict[Sale, Order],
    *,
    asker: Agent | None,
    now: datetime,
    rng: Random,
) -> None:
    """Write down every code that was sent, used for the buyer's next order where there was one; and, by `asker`,
    one that waits for approval."""
    had: set[Any] = set()
    spent: dict[Coupon, int] = {}
    for message, conversation, agent in sorted(rows.coupons, key=lambda found: found[0].created_at):
        offer = offers[rng.choice(REGRETS)]
        code = _code(offer, conversation, agent, message.created_at, rng)
        code.message_id = message.id
        if conversation.buyer_id not in had:
            had.add(conversation.buyer_id)
            _use(code, kept)
        if code.state == State.ACTIVE and code.expires_at <= now:
            code.state = State.EXPIRED
        _show(message, conversation, code)
        rows.add(code, _at_the_shop(code))
        _tell(rows, code)
        if code.state != State.EXPIRED:
            spent[offer] = spent.get(offer, 0) + code.value
    for offer, value in spent.items():
        Coupon.objects.filter(pk=offer.pk).update(committed=F("committed") + value)
    if asker is not None:
        _let_wait(rows, offers[LARGE], asker, now, rng)


def _code(offer: Coupon, conversation: Conversation, agent: Agent, at: datetime, rng: Random) -> CouponCode:
    signs = "".join(rng.choice(ALPHABET) for _ in range(2 * MIDDLE))
    return CouponCode(
        id=uid(at, rng),
        coupon=offer,
        store_id=offer.store_id,
        code=f"{signs[:MIDDLE]}-{signs[MIDDLE:]}",
        buyer=conversation.buyer,
        agent=agent,
        conversation_id=conversation.id,
        idempotency_key=f"demo-{signs}",
        value=worst_case(offer),
        currency=offer.currency,
        terms=terms_of(offer),
        state=State.ACTIVE,
        expires_at=at + timedelta(days=offer.valid_days),
        run_at=at,
        created_at=at,
    )


def _use(code: CouponCode, kept: dict[Sale, Order]) -> None:
    """Let the buyer's next order have been placed with it, where the shop took something off that order."""
    own = [
        o
        for o in kept.values()
        if o.buyer_id == code.buyer_id and code.created_at < o.placed_at < code.expires_at
    ]
    own = [o for o in own if o.discount and not o.coupon_code and o.items_total >= code.terms["min_spend"]]
    order = min(own, key=lambda o: o.placed_at, default=None)
    if order is not None:
        order.coupon_code = code.code
        code.state, code.order, code.order_number = State.REDEEMED, order, order.number
        code.redeemed_at, code.value = order.placed_at, min(order.discount, came_to(code, order))


def _show(message: Message, conversation: Conversation, code: CouponCode) -> None:
    """Fill the card in; where it was the last that was said, the list shows its words."""
    is_last, store = conversation.preview == preview(message), code.coupon.store
    with translation.override(store.language), timezone.override(store.time_zone):
        message.data = {
            "kind": "coupon",
            "title": code.terms["name"],
            "coupon": {
                "id": str(code.id),
                "code": code.code,
                "state": code.state,
                "gives": gives(code.terms),
                "terms": [*conditions(code.terms), until(code.expires_at)],
                "expires_at": iso(code.expires_at),
                "url": shop_url(store, code.buyer.external_id or ""),
                "order": code.order_number or None,
            },
            "choices": [],
        }
        message.body = CouponCard().text(message.data)
    if is_last:
        conversation.preview = preview(message)


def _at_the_shop(code: CouponCode) -> DemoShopCoupon:
    return DemoShopCoupon(
        store_id=code.store_id, code=code.code, terms=for_store(code), redeemed_by=code.order_number
    )


def _tell(rows: Rows, code: CouponCode) -> None:
    """Record what happened to it, as far as the trail of an order and the reports read it."""
    where = (code.store_id, code.conversation_id)
    said = code_data(code)
    by = Actor.agent(code.agent)
    rows.add_event(names.COUPON_ASKED, by, code.created_at, *where, None, {**said, "state": "creating"})
    rows.add_event(names.COUPON_SENT, by, code.created_at, *where, None, {**said, "state": "active"})
    if code.redeemed_at is not None:
        order = code.order_id
        rows.add_event(names.COUPON_REDEEMED, SYSTEM, code.redeemed_at, *where, order, said)


def _let_wait(rows: Rows, offer: Coupon, agent: Agent, now: datetime, rng: Random) -> None:
    live = [c for c in rows.tables[Conversation] if c.status == "open" and c.assignee_id == agent.id]
    known = [c for c in live if c.buyer.external_id]
    if not known:
        return
    conversation = max(known, key=lambda c: (c.last_at, c.id))
    code = _code(offer, conversation, agent, now - timedelta(minutes=7), rng)
    code.state = State.WAITING
    code.over = limits.over(code.value, limits.lefts(code.store, agent, conversation.buyer, now=now))
    code.reason = "Second time in a row" if offer.currency == "USD" else "连续两次出问题"
    rows.add(code)
    rows.add_event(
        names.COUPON_ASKED,
        Actor.agent(agent),
        code.created_at,
        offer.store_id,
        conversation.id,
        None,
        code_data(code),
    )
    Coupon.objects.filter(pk=offer.pk).update(committed=F("committed") + code.value)
