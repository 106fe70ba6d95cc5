"""Is this what you ordered? The order with its lines and totals, which the buyer confirms or corrects in words."""

from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import names
from events.record import Actor, Happening, record
from helpdesk.lib.money import display
from inbox.cards import Answer, Choice, language_of
from inbox.errors import Conflict
from inbox.models import Conversation, Message
from orders.announce import live_conversations, order_pushes
from orders.cards.asked import locked_order, order_of, order_to_ask_about, too_late
from orders.cards.checks import OPEN_TO_CHANGE, ORDER, order_mark
from orders.models import Order
from orders.payloads import public_order_data
from people.models import Agent

MAX_WORDS = 1000


class CheckOrderCard:
    kind = ORDER
    label = gettext_lazy("Check order")

    def build(self, *, agent: Agent, conversation: Conversation, ref: str) -> dict[str, Any]:
        """`ref` is the order's id. Only the buyer of the order is ever asked."""
        order = order_to_ask_about(agent, conversation, ref)
        with translation.override(language_of(conversation)):
            if why := too_late(order):
                raise Conflict(why, code="closed")
            return check_data(order, language_of(conversation))

    def text(self, data: dict[str, Any]) -> str:
        return f"{data['title']} {data['intro']}\n{data['words']}"

    def refresh(self, card: dict[str, Any], order: Order) -> dict[str, Any]:
        with translation.override(card["language"]):
            return {**card, **_shown(order), "closed": too_late(order)}

    def lock(self, data: dict[str, Any]) -> None:
        locked_order(data)

    def may_change(self, message: Message) -> bool:
        return order_of(message).status in OPEN_TO_CHANGE

    def answer(self, *, message: Message, choice: str, data: dict[str, str], by: Actor) -> Answer:
        order = order_of(message)
        is_right, text = choice == "yes", data.get("text", "")
        record_check(order, message, by, {"check": ORDER, "choice": choice, "text": text})
        params = {"order": order.number, "order_id": str(order.id), "text": text}
        line = f"{by.name} confirmed order {order.number}"
        if not is_right:
            line = f"{by.name} says that something is wrong with order {order.number}: {text}"
        right = {"right": order_mark(order) if is_right else ""}
        return Answer(line, params, right, needs_somebody=not is_right)


def check_data(order: Order, language: str) -> dict[str, Any]:
    """Return the data of a card that asks about an order, in a buyer's language."""
    with translation.override(language):
        return {
            "language": language,
            "title": _("Is order %(number)s right?") % {"number": order.number},
            "intro": _("Please look it over before we send it."),
            **_shown(order),
            "choices": _choices(),
        }


def record_check(order: Order, message: Message, by: Actor, data: dict[str, Any]) -> None:
    """Write into the order's history what its buyer said, and let the screens that show the order follow."""
    happening = Happening(
        names.ORDER_CHECKED,
        by,
        store_id=order.store_id,
        conversation_id=message.conversation_id,
        order_id=order.id,
        data={**data, "order": order.number, "message": str(message.id)},
        pushes=order_pushes(order, live_conversations(order)),
    )
    record(happening)


def _choices() -> list[Choice]:
    words = _("What is wrong?")
    return [
        {"id": "yes", "label": _("All correct"), "style": "primary"},
        {
            "id": "wrong",
            "label": _("Something is wrong"),
            "fields": [
                {
                    "name": "text",
                    "label": words,
                    "type": "textarea",
                    "required": True,
                    "max_length": MAX_WORDS,
                }
            ],
        },
    ]


def _shown(order: Order) -> dict[str, Any]:
    """Return the order for the card, and in words, in the active language."""
    lines = [
        " ".join(filter(None, [f"{line.quantity} ×", line.name, line.variant]))
        + f"  {display(line.total, order.currency)}"
        for line in order.lines.all()
    ]
    sums = {_("Shipping"): order.shipping_fee, _("Tax"): order.tax, _("Discount"): -order.discount}
    lines += [f"{name}: {display(amount, order.currency)}" for name, amount in sums.items() if amount]
    lines.append(f"{_('Total')}: {display(order.total, order.currency)}")
    return {"order": public_order_data(order), "words": "\n".join(lines)}
