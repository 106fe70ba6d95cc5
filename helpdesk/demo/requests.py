"""What buyers of the demo ask for on their orders: the last thing said in some of the conversations that wait."""

import random
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from events import names
from events.record import Actor
from helpdesk.demo.rows import Rows, uid
from inbox.models import Conversation, Message, Tagging
from inbox.services.timeline import preview
from orders import actions
from orders.models import BuyerRequest, Order
from orders.requests_telling import card_data, card_text
from people.models import Buyer

MOST = 6  # of one shop in one block
SPARED = "100234"  # the order that everybody may rely on
AFTER = timedelta(seconds=45)
REASONS = {
    "change_address": {"en": "I have moved, sorry!", "zh-hans": "我搬家了，麻烦改一下。"},
    "cancel": {"en": "I ordered by mistake", "zh-hans": "拍错了，想重新下单。"},
    "refund": {
        "en": "It arrived damaged: one handle is broken off.",
        "zh-hans": "收到时已经破损，把手断了。",
    },
}


def add_requests(rows: Rows, orders: Iterable[Order], *, now: datetime, rng: random.Random) -> None:
    """Let some buyers who wait for an answer ask for a change of an order of theirs as well."""
    by_buyer: dict[Buyer, list[Order]] = {}
    for order in orders:
        by_buyer.setdefault(order.buyer, []).append(order)
    ends = {message.conversation_id: message.created_at for message in rows.tables[Message]}  # lines too
    waiting = [c for c in rows.tables[Conversation] if c.waiting_since and ends[c.id] + AFTER <= now]
    made = 0
    for conversation in sorted(waiting, key=lambda c: c.last_at):
        own = [order for order in by_buyer.get(conversation.buyer, []) if order.number != SPARED]
        asked = next(filter(None, (_wish(order, made) for order in own)), None)
        if asked is None or made >= MOST or not _in_the_shop(conversation):
            continue
        _ask(rows, conversation, *asked, ends[conversation.id] + AFTER, rng)
        made += 1


def _in_the_shop(c: Conversation) -> bool:
    """Return whether it goes on in the widget: that is where buyers ask."""
    return c.status == Conversation.Status.OPEN and c.channel.kind == "widget"


def _wish(order: Order, n: int) -> tuple[Order, str, dict[str, Any]] | None:
    """Return what the buyer of this order might ask for; None: nothing that is still possible."""
    if order.status in (Order.Status.UNPAID, Order.Status.PAID):
        if n % 2 or not order.address["phone"]:  # no courier without a number
            return order, "cancel", {"restock": True}
        moved = {**order.address, "line1": f"{order.address['line1']} b"}
        return order, "change_address", {"address": moved}
    if order.status == Order.Status.DELIVERED and order.refunded < order.paid:
        line = order.lines.all()[0]
        return order, "refund", {"lines": [{"sku": line.sku, "quantity": 1}]}
    return None


def _ask(
    rows: Rows,
    c: Conversation,
    order: Order,
    name: str,
    params: dict[str, Any],
    at: datetime,
    rng: random.Random,
) -> None:
    kind, buyer = actions.all_actions()[name], c.buyer
    request = BuyerRequest(
        id=uid(at, rng),
        order=order,
        buyer=buyer,
        kind=name,
        params=kind.clean(order, params),
        reason=REASONS[name][buyer.language or c.store.language],
        client_id=f"{rng.getrandbits(96):024x}",
        conversation_id=c.id,
        created_at=at,
    )
    request.before, request.after = kind.preview(order, request.params)
    data = card_data(request)
    message = Message(
        id=uid(at, rng),
        conversation=c,
        seq=c.last_seq + 1,
        client_id=f"request.{request.id.hex}",
        author_kind="buyer",
        author_id=buyer.id,
        author_name=buyer.display_name[:120],
        channel_kind=c.channel.kind,
        kind="card",
        body=card_text(data),
        data=data,
        indexed=True,
        created_at=at,
    )
    request.message_id = message.id
    rows.add(request, message)
    c.last_seq = c.last_public_seq = c.buyer_read_seq = message.seq
    c.last_at, c.preview = at, preview(message)
    c.inbound_count += 1
    for tagging in rows.tables[Tagging]:
        if tagging.conversation is c:
            tagging.last_at = at
    _events(rows, c, request, message, kind.wire)


def _events(
    rows: Rows, c: Conversation, request: BuyerRequest, message: Message, wire: Callable[[Any], Any]
) -> None:
    actor = Actor.buyer(c.buyer)
    said = {"message": str(message.id), "seq": message.seq, "author": "buyer", "private": False}
    rows.add_event(names.MESSAGE_CREATED, actor, message.created_at, c.store_id, c.id, None, said)
    asked = {
        "actor": actor.name,
        "request": str(request.id),
        "kind": request.kind,
        "order": request.order.number,
        "order_id": str(request.order_id),
        "before": wire(request.before),
        "after": wire(request.after),
        "reason": request.reason,
        "answer": "",
    }
    rows.add_event(names.REQUEST_MADE, actor, message.created_at, c.store_id, c.id, request.order_id, asked)
