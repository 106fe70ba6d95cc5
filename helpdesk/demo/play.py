"""Playing a script: who says what when, and what is done to the order on the way."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.conf import settings

from events import names
from events.record import Actor
from helpdesk.demo import coupons
from helpdesk.demo.chat import Chat, Entry, typing_time
from helpdesk.demo.clock import Clock
from helpdesk.demo.photos import Photo
from helpdesk.demo.reminders import remind
from helpdesk.demo.rows import Rows, uid
from helpdesk.demo.sales import Sale
from helpdesk.demo.scripts import Decks, Script, Turn
from helpdesk.demo.slots import Slots
from inbox.models import Attachment
from orders.actions.change_shipping_fee import ChangeShippingFee
from orders.models import DemoShopCommand, Order, OrderAction
from people.models import Agent

_SECOND = timedelta(seconds=1)


@dataclass
class Stage:
    """What a script is played with."""

    chat: Chat
    slots: Slots
    decks: Decks
    rng: random.Random
    clock: Clock
    rows: Rows
    colleagues: list[Agent]  # who serve the store, to mention and to hand over to
    calls: dict[Agent, tuple[str, float]]  # what they sign with, how long they take
    photo: Photo
    live: bool  # it goes on now: office hours have not interrupted it
    casual: bool = False
    cards: Callable[[Chat, Sale], None] | None = None


def play(stage: Stage, turns: tuple[Turn, ...]) -> None:
    for turn in turns:
        match turn.who:
            case "B":
                _buyer(stage, turn)
            case "A":
                _agent(stage, turn)
            case "N":
                _note(stage, turn)
            case word:
                _DOING[word](stage, turn)


# -- saying


def _buyer(stage: Stage, turn: Turn) -> None:
    chat, rng = stage.chat, stage.rng
    text = stage.slots.fill(stage.decks.text(turn)).strip()
    if stage.casual:
        text = casually(text)
    if chat.c.last_seq:
        again = chat.entries[-1].actor.kind == "buyer"
        chat.at += timedelta(seconds=rng.uniform(4, 25)) if again else typing_time(turn, text, rng)
        if not stage.live and chat.at - chat.entries[-1].at > timedelta(minutes=30):
            chat.at = stage.clock.awake(chat.at, rng)
    stage.slots.at(chat.at)
    chat.buyer_says(text)


def casually(text: str) -> str:
    """Write as people do on the phone."""
    if text[:2] not in ("I ", "I'"):
        text = text[0].lower() + text[1:]
    return text.removesuffix(".")


def _agent(stage: Stage, turn: Turn) -> None:
    chat, rng = stage.chat, stage.rng
    _, pace = stage.calls[chat.agent]  # type: ignore[index]  # whoever plays has cast somebody
    text = stage.slots.fill(stage.decks.text(turn)).strip()
    if chat.c.first_reply_at is None:
        minutes = min(rng.lognormvariate(1.1, 0.9), 90) * pace
    elif chat.entries[-1].actor.kind == "agent":
        minutes = rng.uniform(0.3, 1.2)
    else:
        minutes = rng.uniform(0.4, 1.6) * pace + len(text) / 240
    _work(stage, timedelta(minutes=minutes) + (turn.after or timedelta()))
    stage.slots.at(chat.at)
    chat.agent_says(text)


def _work(stage: Stage, effort: timedelta) -> None:
    chat = stage.chat
    chat.at = chat.at + effort if stage.live else stage.clock.worked(chat.at, effort)


def _note(stage: Stage, turn: Turn) -> None:
    note(stage, stage.decks.text(turn))


def note(stage: Stage, text: str, colleague: Agent | None = None) -> None:
    """Let the agent write a note; `colleague` (or anybody) is mentioned by a {colleague} in it."""
    chat = stage.chat
    others = [agent for agent in stage.colleagues if agent != chat.agent]
    colleague = colleague or stage.rng.choice(others)
    body = stage.slots.fill(text.replace("{colleague}", colleague.name))
    chat.at += timedelta(seconds=stage.rng.uniform(20, 75))
    chat.note(body, [colleague] if f"@{colleague.name}" in body else [])


# -- doing


def _card(stage: Stage, turn: Turn) -> None:
    sale = stage.slots.sale
    if sale is not None and stage.cards is not None:
        stage.chat.at += timedelta(seconds=stage.rng.uniform(8, 30))
        stage.cards(stage.chat, sale)


def _remind(stage: Stage, turn: Turn) -> None:
    sale = stage.slots.sale
    if sale is not None:
        stage.chat.at += timedelta(seconds=stage.rng.uniform(8, 30))
        remind(stage.rows, stage.chat, sale)


def _coupon(stage: Stage, turn: Turn) -> None:
    stage.chat.at += timedelta(seconds=stage.rng.uniform(8, 30))
    coupons.send(stage.rows, stage.chat)


def _fee(stage: Stage, turn: Turn) -> None:
    """Change the shipping fee through the ledger, as a click would have done."""
    chat, sale, slots, rng = stage.chat, stage.slots.sale, stage.slots, stage.rng
    assert sale is not None
    assert chat.agent is not None
    fee = 0 if turn.argument == "waive" or rng.random() < 0.6 else sale.fee // 2
    total = sale.total - sale.fee + fee
    before = {"shipping_fee": sale.fee, "total": sale.total, "currency": sale.shop.currency}
    after = {**before, "shipping_fee": fee, "total": total}
    slots["newfee"], slots["newtotal"] = slots.amount(fee), slots.amount(total)
    chat.at += timedelta(seconds=rng.uniform(15, 40))
    hold = timedelta(seconds=settings.ORDER_HOLD_SECONDS)
    order = Order(id=sale.id, number=sale.number, currency=sale.shop.currency)
    action = OrderAction(
        order=order,
        kind=ChangeShippingFee.kind,
        params={"shipping_fee": fee},
        reason=stage.decks.phrase(sale.shop.language, "reason"),
        agent=chat.agent,
        idempotency_key=f"{rng.getrandbits(128):032x}",
        state=OrderAction.State.DONE,
        before=before,
        after=after,
        attempts=1,
        created_at=chat.at,
        run_at=chat.at + hold,
    )
    action.id = uid(chat.at, rng)
    _tell(chat, action, names.ACTION_REQUESTED, f" (asked by {chat.agent.name})", public=False)
    done_at = chat.at = chat.at + hold + _SECOND
    _tell(chat, action, names.ACTION_DONE, "", public=True)

    def settle(shift: timedelta) -> None:
        sale.fee = fee
        sale.version += 1
        finished = done_at + shift
        action.created_at += shift
        action.run_at += shift
        action.finished_at = finished
        action.conversation_id = chat.c.id
        result = {"shipping_fee": fee, "updated_at": finished.isoformat()}
        stage.rows.add(action)
        stage.rows.commands.append((sale, DemoShopCommand(key=str(action.id), result=result)))

    chat.effects.append(settle)


def _tell(chat: Chat, action: OrderAction, event: str, tail: str, *, public: bool) -> None:
    """The line and the event of orders/announce.py."""
    assert chat.agent is not None
    kind = ChangeShippingFee()
    params = {
        "actor": chat.agent.name,
        "kind": action.kind,
        "order": action.order.number,
        "order_id": str(action.order_id),
        "action": str(action.id),
        "before": kind.wire(action.before),
        "after": kind.wire(action.after),
        "run_at": action.run_at,
    }
    event_data = {**params, "reason": action.reason, "undoes": None}
    chat.entries.append(
        Entry(chat.at, Actor.agent(chat.agent), None, event, event_data, order_id=action.order_id)
    )
    chat.line(event, params, kind.sentence(action) + tail, public=public, store=False)


def _paid(stage: Stage, turn: Turn) -> None:
    chat, sale = stage.chat, stage.slots.sale
    at = chat.at + timedelta(seconds=20)
    chat.effects.append(lambda shift: sale.pay_at(at + shift) if sale else None)


def _cancel(stage: Stage, turn: Turn) -> None:
    chat, sale = stage.chat, stage.slots.sale
    at = chat.at + timedelta(seconds=40)
    chat.effects.append(lambda shift: sale.cancel_at(at + shift) if sale else None)


def refund_of(sale: Sale, what: str) -> int:
    """Return what is given back: the fee, the first line, or a part of it for a lower price."""
    first = sale.lines[0].total - (sale.discount and sale.lines[0].total // 10)
    return {"fee": sale.fee, "line": first, "part": first * 15 // 100}[what]


def _refund(stage: Stage, turn: Turn) -> None:
    sale = stage.slots.sale
    assert sale is not None
    amount = refund_of(sale, turn.argument)

    def settle(shift: timedelta) -> None:
        sale.refunded = min(sale.refunded + amount, sale.paid)
        sale.version += 1

    stage.chat.effects.append(settle)


def _photo(stage: Stage, turn: Turn) -> None:
    chat = stage.chat
    photo = stage.photo
    chat.at += timedelta(seconds=stage.rng.uniform(60, 600))
    chat.buyer_says(
        "",
        attachment=Attachment(
            uploader=f"buyer:{chat.c.buyer_id}",
            file=photo.path,
            name=f"IMG_{stage.rng.randrange(1000, 9999)}.jpg",
            media_type="image/jpeg",
            size=photo.size,
            width=photo.width,
            height=photo.height,
        ),
    )


def _snooze(stage: Stage, turn: Turn) -> None:
    """Put it aside until the next morning; an agent comes back to it then."""
    chat, rng = stage.chat, stage.rng
    chat.at += timedelta(seconds=rng.uniform(10, 60))
    if stage.live:
        chat.snooze(chat.at + timedelta(hours=rng.uniform(14, 40)))
        return
    until = _next_morning(stage)
    chat.snooze(until)
    chat.at = until
    chat.wake()


def _next_morning(stage: Stage) -> datetime:
    local = stage.chat.at.astimezone(stage.clock.zone)
    morning = local.replace(hour=9, minute=30, second=0, microsecond=0) + timedelta(days=1)
    return stage.clock.worked(morning, timedelta())


def _resolve(stage: Stage, turn: Turn) -> None:
    stage.chat.at += timedelta(minutes=stage.rng.uniform(1, 9))
    stage.chat.resolve()


def _handoff(stage: Stage, turn: Turn) -> None:
    chat = stage.chat
    assert chat.agent is not None
    others = [agent for agent in stage.colleagues if agent != chat.agent]
    to = stage.rng.choice(others)
    chat.assign(chat.agent, to)
    chat.agent = to
    stage.slots["agent"] = stage.calls[to][0]
    chat.at += timedelta(minutes=stage.rng.uniform(2, 20))


def _priority(stage: Stage, turn: Turn) -> None:
    # Nobody has read it yet: whoever will answer sees how it sounds and lifts it first.
    _work(stage, timedelta(minutes=stage.rng.uniform(1, 6)))
    stage.chat.priority(int(turn.argument))


_DOING: dict[str, Callable[[Stage, Turn], None]] = {
    "card": _card,
    "remind": _remind,
    "coupon": _coupon,
    "fee": _fee,
    "paid": _paid,
    "cancel": _cancel,
    "refund": _refund,
    "photo": _photo,
    "snooze": _snooze,
    "resolve": _resolve,
    "handoff": _handoff,
    "priority": _priority,
}


def cut(script: Script, state: str, rng: random.Random) -> tuple[Turn, ...] | None:
    """Return the turns of a script until now: `new`, `asked` (the buyer again), `answered` or `snoozed`.

    None where the script knows no such moment. The end of a script is never now: that would be resolved.
    """
    turns = script.turns
    if state == "snoozed":
        places = [i for i, turn in enumerate(turns) if turn.who == "snooze"]
        return turns[: places[0] + 1] if places else None
    speakers = [(i, turn.who) for i, turn in enumerate(turns) if turn.who in "AB"]
    # Where one stops and the other has not begun.
    ends = [(i, who) for (i, who), (_, then) in pairwise(speakers) if who != then]
    if state == "answered":
        places = [i for i, who in ends if who == "A"]
    else:
        places = [i for i, who in ends if who == "B"]
        places = places[:1] if state == "new" else places[1:]
    places = [i for i in places if not any(turn.who in ("snooze", "resolve", "cancel") for turn in turns[:i])]
    return turns[: rng.choice(places) + 1] if places else None
