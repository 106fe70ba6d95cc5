"""Keeping cards as their order is now: in what is kept, and on the screens that show them."""

from typing import Any, Protocol, runtime_checkable

from inbox.cards import all_cards, update_cards
from inbox.models import Message
from orders.models import Order
from orders.payloads import public_order_data


@runtime_checkable
class FollowsOrder(Protocol):
    """A kind of card that shows more of an order than its public part."""

    def refresh(self, card: dict[str, Any], order: Order) -> dict[str, Any]:
        """Return the card's data as the order makes it now. With the order locked."""
        ...


def refresh_cards(order: Order) -> None:
    """Bring the order's cards up to date, in the transaction that changed it and with it locked."""
    public = public_order_data(order)

    def change(card: dict[str, Any]) -> dict[str, Any]:
        kind = all_cards().get(card.get("kind", ""))
        if isinstance(kind, FollowsOrder):
            return kind.refresh(card, order)
        if "items" in card["order"]:  # a card may show no more of an order than its number
            card["order"] = public
        return card

    cards = Message.objects.filter(conversation__buyer=order.buyer_id, data__order__id=str(order.id))
    update_cards(cards, change)
