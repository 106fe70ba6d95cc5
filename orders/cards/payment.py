"""The payment card: an order that waits to be paid."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.lib.money import display
from inbox.models import Conversation
from inbox.services import Posted
from orders import reminders
from orders.cards.buyers import own_order, speaking_to
from orders.models import Order
from orders.payloads import public_order_data
from people.models import Agent


class PaymentCard:
    """An order that waits to be paid: what, how much, until when, and where. It follows its order."""

    kind = "payment"
    unasked = True
    label = gettext_lazy("Payment reminder")

    def build(self, *, agent: Agent, conversation: Conversation, ref: str) -> dict[str, Any]:
        return _payment_data(own_order(agent, conversation, ref))

    def send(
        self,
        *,
        agent: Agent,
        conversation: Conversation,
        ref: str,
        client_id: str,
        post: Callable[[dict[str, Any]], Posted],
    ) -> Posted:
        """Every way of sending it goes by the rules of orders/reminders.py, which write it down as well."""
        order = own_order(agent, conversation, ref)
        return reminders.remind(
            agent=agent,
            conversation=conversation,
            order_id=order.id,
            client_id=client_id,
            post=lambda locked: post(_payment_data(locked)),
        )

    def refresh(self, card: dict[str, Any], order: Order) -> dict[str, Any]:
        return {**card, **_words(order), "order": public_order_data(order)}

    def text(self, data: dict[str, Any]) -> str:
        return str(data["text"])


def _payment_data(order: Order) -> dict[str, Any]:
    return {**_words(order), "order": public_order_data(order), "choices": []}


def _words(order: Order) -> dict[str, str]:
    """Return what the card says where it is not drawn: on its page, and in channels that carry only text."""
    number = {"number": order.number}
    with speaking_to(order.buyer, order.store):
        if order.status == Order.Status.CANCELLED:
            title = _("Order %(number)s was called off") % number
        elif order.status != Order.Status.UNPAID:
            title = _("Order %(number)s is paid") % number
        else:
            title = _("Order %(number)s waits for your payment") % number
            text = f"{title}: {display(order.due, order.currency)} {order.pay_url}"
            return {"title": title, "text": text.strip()}
    return {"title": title, "text": title}
