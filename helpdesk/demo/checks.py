"""Orders that buyers were asked to look over, in conversations that go on now; every other one has an answer."""

from datetime import timedelta

from events import names
from events.record import Actor
from helpdesk.demo.chat import Chat
from helpdesk.demo.rows import Rows
from helpdesk.demo.sales import Sale
from inbox.cards_answers import answer_data
from inbox.models import Message
from inbox.services.timeline import preview
from orders.cards.check_order import CheckOrderCard, check_data
from orders.cards.checks import OPEN_TO_CHANGE, ORDER, order_mark
from orders.models import Order

ANSWER_AFTER = timedelta(seconds=50)
CHOICES = ("yes", "", "wrong", "")  # in turn; empty: no answer yet
WRONG = {"en": "Please make it two instead of one.", "zh-hans": "数量不对，我要两件，麻烦改一下。"}


def play_check(chat: Chat, sales: list[Sale], rows: Rows) -> None:
    """Let the agent ask about an order that has not left; what is on the card is known when the order is."""
    sale = next((sale for sale in sales if sale.status in OPEN_TO_CHANGE), None)
    if sale is not None:
        chat.at += timedelta(seconds=40)
        message = chat.agent_says(sale.number, data={"kind": ORDER, "order": None})
        chat.effects.append(lambda shift: rows.cards.append((message, sale)))


def fill_checks(cards: list[tuple[Message, Order]], rows: Rows) -> None:
    """Fill in the cards that ask; what their buyers said stands in the history of the orders."""
    asked = [(message, order) for message, order in cards if (message.data or {})["kind"] == ORDER]
    for n, (message, order) in enumerate(asked):
        conversation = message.conversation
        buyer = conversation.buyer
        language = buyer.language or conversation.store.language
        message.data = {"kind": ORDER, **check_data(order, language)}
        message.body = CheckOrderCard().text(message.data)
        if conversation.last_public_seq == message.seq:
            conversation.preview = preview(message)
        first = 0 if language == "en" else 2  # so that a small world has one of each
        if choice := CHOICES[(n + first) % len(CHOICES)]:
            _answer(message, order, choice, WRONG[language] if choice == "wrong" else "", rows)


def _answer(message: Message, order: Order, choice_id: str, text: str, rows: Rows) -> None:
    buyer, at = message.conversation.buyer, message.created_at + ANSWER_AFTER
    data = message.data or {}
    choice = next(choice for choice in data["choices"] if choice["id"] == choice_id)
    said = answer_data(choice, {"text": text} if text else {}, buyer.display_name, at)
    message.data = {**data, "answer": said, "right": "" if text else order_mark(order)}
    told = {"check": ORDER, "choice": choice_id, "text": text, "order": order.number}
    rows.add_event(
        names.ORDER_CHECKED,
        Actor.buyer(buyer),
        at,
        order.store_id,
        message.conversation_id,
        order.id,
        {**told, "message": str(message.id)},
    )
