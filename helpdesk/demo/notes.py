"""What the agents of the demo noted at orders, and the flags they put on them."""

import random
from datetime import timedelta

from events import names
from events.record import Actor
from helpdesk.demo.rows import Rows, uid
from helpdesk.demo.sales import Sale
from orders.models import Order, OrderNote
from people.models import Agent

SHARE = 0.05  # of the orders that are not over
# The colour of the flag (none: a note alone), and what it says.
WORDS = {
    "en": (
        ("amber", "Gift: no invoice in the parcel, please."),
        ("red", "Fragile. The last one arrived broken, pack it twice."),
        ("blue", "Regular customer. Be generous if something goes wrong."),
        ("violet", "Birthday on the weekend, must not be late."),
        ("green", "Address confirmed by phone."),
        ("", "Called, nobody there. Try again in the afternoon."),
        ("", "Asked whether we deliver to a neighbour: number 12, Miller."),
        ("pink", "Wants the green one swapped if we get it back in stock."),
    ),
    "zh": (
        ("amber", "送礼用，包裹里不要放价格单。"),
        ("red", "易碎，上次收到有破损，这次请双层包装。"),
        ("blue", "老顾客，有问题优先处理。"),
        ("violet", "周末生日要用，不能晚到。"),
        ("green", "地址已电话核对。"),
        ("", "打过电话没人接，下午再联系。"),
        ("", "家里没人的话放菜鸟驿站。"),
        ("pink", "想换另一个花色，等到货再联系。"),
    ),
}
HERO = {
    "en": (
        ("blue", "Regular customer since spring. Asked about shipping before."),
        ("", "Prefers mail to phone."),
    ),
    "zh": (("blue", "老顾客，喜欢紫砂，之前问过运费。"), ("", "不方便接电话，发消息即可。")),
}


def add_notes(rows: Rows, sale: Sale, order: Order, colleagues: list[Agent]) -> None:
    """Put notes at some of the orders that somebody may still look at, and at those that everybody knows."""
    rng = random.Random(f"notes {sale.number}")  # of its own: whatever else is dealt stays as it was
    language = sale.shop.language
    if sale.number == str(sale.shop.hero.order):
        found = list(HERO[language])
    elif order.status in (Order.Status.COMPLETED, Order.Status.CANCELLED) or rng.random() > SHARE:
        return
    else:
        found = rng.sample(WORDS[language], rng.choice((1, 1, 2)))
    at = sale.placed_at
    for color, text in found:
        at = min(at + timedelta(hours=rng.uniform(0.3, 9)), sale.now)
        agent = rng.choice(colleagues)
        note = OrderNote(id=uid(at, rng), order=order, agent=agent, text=text, color=color, created_at=at)
        rows.add(note)
        said = {
            "order": order.number,
            "note": str(note.id),
            "what": "added",
            "author": agent.name,
            "text": text,
            "color": color,
            "before": None,
        }
        rows.add_event(names.ORDER_NOTED, Actor.agent(agent), at, order.store_id, None, order.id, said)
