"""What buyers of the demo's shops say of what they got, and what the shops answered."""

import random
import tomllib
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from helpdesk.demo.rows import Rows, uid
from inbox.models import Conversation
from orders.models import Order, Review
from people.models import Agent

ONE_IN = 5  # of the orders that have arrived
WEIGHTS = {5: 46, 4: 24, 3: 12, 2: 9, 1: 9}
HIDDEN_REASONS = {"en": "Names our courier in full", "zh": "评价中出现了快递员全名"}


@cache
def said() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads((Path(__file__).parent / "reviews.toml").read_text(encoding="utf-8"))


def add_reviews(
    rows: Rows, orders: Iterable[Order], colleagues: list[Agent], *, now: datetime, rng: random.Random
) -> None:
    talks = {c.buyer_id: c for c in rows.tables[Conversation]}
    arrived = [o for o in orders if o.status in (Order.Status.DELIVERED, Order.Status.COMPLETED)]
    for order in sorted(arrived, key=lambda o: (o.placed_at, o.id)):
        at = order.synced_at + timedelta(days=rng.uniform(0.3, 6))
        if rng.randrange(ONE_IN) == 0 and at < now:
            rows.add(_review(order, at, colleagues, talks, now, rng))


def _review(
    order: Order,
    at: datetime,
    colleagues: list[Agent],
    talks: dict[Any, Conversation],
    now: datetime,
    rng: random.Random,
) -> Review:
    language = "zh" if order.store.language.startswith("zh") else "en"
    stars = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    words = rng.choice([one for one in said()[language] if one["stars"] == stars])
    line = rng.choice(list(order.lines.all()))
    review = Review(
        id=uid(at, rng),
        store=order.store,
        external_id=f"R{order.number}",
        product=line.product,
        buyer=order.buyer,
        order=order,
        author=order.buyer.name,
        rating=stars,
        title=words["title"],
        body=words["body"],
        written_at=at,
        synced_at=at,
    )
    if stars <= 2 and order.buyer_id in talks:
        review.conversation_id = talks[order.buyer_id].id
    replied_at = at + timedelta(hours=rng.uniform(1, 30))
    if words.get("reply") and replied_at < now and rng.random() < 0.7:
        review.reply, review.replied_by, review.replied_at = (
            words["reply"],
            rng.choice(colleagues),
            replied_at,
        )
        review.version += 1
    elif stars == 1 and rng.random() < 0.2:
        review.hidden, review.hidden_reason = True, HIDDEN_REASONS[language]
        review.hidden_by, review.hidden_at = rng.choice(colleagues), min(replied_at, now)
        review.version += 1
    return review
