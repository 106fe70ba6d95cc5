"""The order card: an order in a conversation, as its buyer may see it (docs/adding-a-card.md)."""

from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.lib.ids import parse_id
from inbox.errors import NotFound
from inbox.models import Conversation
from orders.access import orders_for
from orders.payloads import public_order_data
from people.models import Agent


class OrderCard:
    kind = "order"
    label = gettext_lazy("Order")

    def build(self, *, agent: Agent, conversation: Conversation, ref: str) -> dict[str, Any]:
        """Only the buyer of the order is ever sent it, whatever else the agent may see."""
        own = orders_for(agent).filter(buyer=conversation.buyer_id)
        order_id = parse_id(ref)
        order = own.filter(pk=order_id).prefetch_related("lines", "shipments").first() if order_id else None
        if order is None:
            raise NotFound(_("This buyer has no such order."))
        with translation.override(conversation.buyer.language or conversation.store.language):
            title = _("Order %(number)s") % {"number": order.number}
        return {"title": title, "order": public_order_data(order), "choices": []}

    def text(self, data: dict[str, Any]) -> str:
        items = ", ".join(f"{item['quantity']} × {item['name']}" for item in data["order"]["items"])
        return f"{data['title']}: {items}"
