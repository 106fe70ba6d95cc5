"""What a conversation is about, for rooms that know nothing of orders (settings.KNOWLEDGE_CONTEXT)."""

from inbox.access import store_ids_for
from inbox.models import Conversation, Message
from orders.access import orders_of
from orders.models import OrderLine
from people.models import Agent

ORDERS, CARDS = 6, 10  # the latest ones


def products_in(agent: Agent, conversation: Conversation) -> dict[str, str]:
    """Return SKUs with their products' names: of cards sent here, then of the buyer's latest orders at the store."""
    cards = Message.objects.filter(conversation=conversation, kind=Message.Kind.CARD, data__kind="product")
    sent = cards.order_by("-seq").values_list("data", flat=True)[:CARDS]
    found = {card["product"]["sku"]: card["product"]["name"] for card in sent if card}
    orders = orders_of(store_ids_for(agent)).filter(buyer=conversation.buyer_id, store=conversation.store_id)
    latest = list(orders.order_by("-placed_at", "-id").values_list("id", flat=True)[:ORDERS])
    lines = OrderLine.objects.filter(order__in=latest).order_by("id").values_list("order_id", "sku", "name")
    for _order, sku, name in sorted(lines, key=lambda line: latest.index(line[0])):
        if sku:
            found.setdefault(sku, name)
    return found
