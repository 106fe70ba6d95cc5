"""What the demo's buyers thought of it: in the widget by themselves, elsewhere when they were asked by a message.

It comes after all that was said, with a chance of its own, so that nothing else in the world is another for it. One
question of each shop still waits: it goes out when the desk runs, to be seen on the phone.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from django.utils import translation

from events import names
from events.record import SYSTEM, Actor
from helpdesk.demo.rows import Rows, uid
from helpdesk.demo.ways import Ways
from inbox.models import Conversation, Message, Rating, RatingAsk, RatingRule
from inbox.quiet import held_until
from inbox.rating_links import rating_link
from inbox.rating_words import by_text, card_of, labels, language_for, stars
from inbox.services.rating_rules import channels_that_ask
from people.models import Agent, Store

DELAY = timedelta(minutes=30)
EVERY = timedelta(days=30)
STARS = (5, 4, 3, 2, 1)
# Some agents are liked better than others.
TEMPERS = ((74, 18, 5, 2, 1), (64, 22, 7, 4, 3), (46, 29, 13, 7, 5))
# Where no window can have closed.
WAITS_ON = ("telegram", "sms", "http", "email")


def weights_of(agent: Agent | None) -> tuple[int, ...]:
    assert agent is not None, "somebody resolved it"
    return TEMPERS[sum(agent.email.encode()) % len(TEMPERS)]


def set_rules(stores: Mapping[str, Store]) -> None:
    """Let both shops ask, over all of their channels."""
    for store in stores.values():
        rule = RatingRule.objects.create(store=store, active=True, delay=DELAY // timedelta(minutes=1))
        rule.channels.set(channels_that_ask(store))


def add_ratings(
    rows: Rows, ways: Ways, said: Mapping[str, list[str]], *, now: datetime, rng: Random, is_first: bool
) -> None:
    """Write down the ratings of a block, and ask those who came by other ways than the widget."""
    rated_at = {
        message.conversation_id: message.created_at
        for message in rows.tables[Message]
        if message.kind == "system" and (message.data or {}).get("event") == names.CONVERSATION_RATED
    }
    comments = {name: [text for text in texts if text and "{" not in text] for name, texts in said.items()}
    asked: dict[UUID, datetime] = {}
    resolved = [c for c in rows.tables[Conversation] if c.status == Conversation.Status.RESOLVED]
    resolved.sort(key=lambda c: c.resolved_at)
    waits = _last_of(resolved) if is_first else None
    for c in resolved:
        if c.rating:
            rows.add(_rating(c, rated_at[c.id], Rating.Way.WIDGET, rng))
        elif c.channel.kind != "widget" and (waits is None or c.buyer_id != waits.buyer_id):
            at = c.resolved_at + DELAY + timedelta(seconds=rng.randrange(15))
            lately = c.buyer_id in asked and at - asked[c.buyer_id] < EVERY
            if lately or at > now - timedelta(hours=2) or held_until(c.buyer, c.store, at):
                continue
            asked[c.buyer_id] = at
            ask = _ask(rows, ways, c, at, rng)
            if rng.random() < 0.42:
                _answer(rows, c, ask, comments, at + timedelta(minutes=rng.uniform(1, 90)), rng)
    if waits is not None and waits.resolved_at:
        rows.add(RatingAsk(id=uid(now, rng), conversation=waits, round=waits.resolved_at, due_at=now))


def _last_of(resolved: list[Conversation]) -> Conversation | None:
    """Return the last one whose buyer can be asked when the desk runs."""
    fitting = [c for c in resolved if c.channel.kind in WAITS_ON and c.first_reply_at and not c.rating]
    return fitting[-1] if fitting else None


def _ask(rows: Rows, ways: Ways, c: Conversation, at: datetime, rng: Random) -> RatingAsk:
    assert c.resolved_at is not None
    card, said_by = card_of(c, RatingRule(store=c.store)), Actor("bot", None, c.store.name)
    message = _message(c, said_by, card["text"], at, rng, kind="card", data=card)
    c.last_public_seq = c.last_seq
    rows.add(message)
    ask = RatingAsk(id=uid(at, rng), conversation=c, round=c.resolved_at, due_at=at)
    ask.state, ask.asked_at, ask.message = RatingAsk.State.ASKED, at, message
    rows.add(ask)
    delivery = ways.deliver(message, "delivered", "", card["subject"], rows)
    delivery.unasked = delivery.stays = True
    delivery.updated_at = at + timedelta(seconds=2)
    rows.add(delivery)
    shown, _message_of_it = rows.on_phones.pop()
    with translation.override(language_for(c)):
        if c.channel.kind == "email":
            links = [f"{stars(n)} {label}: {rating_link(ask.id, n, at=at)}" for n, label in labels().items()]
            shown.text = "\n".join([card["text"], "", *links])
        else:
            shown.text = by_text(card, rating_link(ask.id, at=at))
    said = {"message": str(message.id), "seq": message.seq, "author": "bot", "private": False}
    where = (c.store_id, c.id, None)
    more: dict[str, Any] = {"channel": c.channel.kind, "quiet": True}
    rows.add_event(names.MESSAGE_CREATED, said_by, at, *where, said | more)
    told = {"ask": str(ask.id), "message": str(message.id), "channel": c.channel.kind}
    rows.add_event(names.RATING_ASKED, SYSTEM, at, *where, told | {"agent": str(c.resolved_by_id)})
    return ask


def _answer(
    rows: Rows, c: Conversation, ask: RatingAsk, comments: Mapping[str, list[str]], at: datetime, rng: Random
) -> None:
    c.rating = rng.choices(STARS, weights_of(c.resolved_by))[0]
    if rng.random() < 0.5:
        c.rating_comment = rng.choice(comments["comment_good" if c.rating > 3 else "comment_bad"])
    buyer = Actor.buyer(c.buyer)
    told = {"rating": c.rating, "comment": c.rating_comment}
    data = {"event": names.CONVERSATION_RATED, **told}
    line = _message(c, buyer, f"Rated {c.rating} of 5", at, rng, kind="system", data=data, private=True)
    rows.add(line, _rating(c, at, Rating.Way.LINK, rng))
    more = {"way": Rating.Way.LINK, "agent": str(c.resolved_by_id), "seq": line.seq}
    rows.add_event(names.CONVERSATION_RATED, buyer, at, c.store_id, c.id, None, told | more)


def _message(
    c: Conversation, actor: Actor, body: str, at: datetime, rng: Random, *, private: bool = False, **more: Any
) -> Message:
    c.last_seq += 1
    return Message(
        id=uid(at, rng),
        conversation=c,
        seq=c.last_seq,
        client_id=f"rating.{rng.getrandbits(96):024x}",
        author_kind=actor.kind,
        author_id=actor.id,
        author_name=actor.name[:120],
        channel_kind=c.channel.kind,
        private=private,
        body=body,
        indexed=True,
        created_at=at,
        **more,
    )


def _rating(c: Conversation, at: datetime, way: str, rng: Random) -> Rating:
    assert c.resolved_at is not None
    assert c.rating is not None
    return Rating(
        id=uid(at, rng),
        conversation=c,
        round=c.resolved_at,
        store=c.store,
        channel=c.channel,
        agent=c.resolved_by,
        value=c.rating,
        comment=c.rating_comment,
        way=way,
        created_at=at,
        changed_at=at,
    )
