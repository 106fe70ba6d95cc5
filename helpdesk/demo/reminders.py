"""Payments that buyers of the demo were reminded of, and what came of it."""

from django.utils import translation
from django.utils.translation import gettext

from events import names
from events.record import SYSTEM, Actor
from helpdesk.demo.chat import Chat
from helpdesk.demo.rows import Rows
from helpdesk.demo.sales import Sale
from helpdesk.lib.money import display, money
from helpdesk.lib.times import iso
from orders.cards.payment import PaymentCard
from orders.models import Order, PaymentReminder
from orders.reminders import RECOVERS_FOR


def remind(rows: Rows, chat: Chat, sale: Sale) -> None:
    """Send the payment card of an order; its rows are written once it is known when."""
    with translation.override(sale.shop.store_language):
        title = gettext("Order %(number)s waits for your payment") % {"number": sale.number}
        text = f"{title}: {display(sale.total, sale.shop.currency)}"
    message = chat.agent_says(
        text, data={"kind": "payment", "title": title, "text": text, "order": None, "choices": []}
    )
    agent = chat.agent
    assert agent is not None

    def keep() -> None:
        rows.cards.append((message, sale))
        rows.reminders.append((message, sale, agent))

    chat.effects.append(lambda shift: keep())


def add_reminders(rows: Rows, kept: dict[Sale, Order]) -> None:
    """Write down every reminder that was sent, and credit those whose orders were paid then."""
    credited: set[Sale] = set()
    newest_first = sorted(rows.reminders, key=lambda found: found[0].created_at, reverse=True)
    for message, sale, agent in newest_first:
        order, sent_at = kept[sale], message.created_at
        message.data = PaymentCard().refresh(message.data or {}, order)
        reminder = PaymentReminder(
            order=order,
            buyer=order.buyer,
            agent=agent,
            conversation_id=message.conversation_id,
            message_id=message.id,
            sent_at=sent_at,
            currency=order.currency,
        )
        amount = money(sale.total, order.currency)
        where = (order.store_id, message.conversation_id, order.id)
        said = {"order": order.number, "amount": amount, "message": str(message.id)}
        rows.add_event(names.PAYMENT_REMINDED, Actor.agent(agent), sent_at, *where, said)
        paid_at = sale.paid_at
        if paid_at and sent_at <= paid_at <= sent_at + RECOVERS_FOR and sale not in credited:
            credited.add(sale)
            reminder.recovered_at, reminder.recovered = paid_at, order.paid
            merit = {
                "order": order.number,
                "order_id": str(order.id),
                "agent": agent.name,
                "agent_id": str(agent.id),
                "amount": money(order.paid, order.currency),
                "reminded_at": iso(sent_at),
            }
            rows.add_event(names.PAYMENT_RECOVERED, SYSTEM, paid_at, *where, merit)
        rows.add(reminder)
