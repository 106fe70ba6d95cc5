"""What canned replies can say of the buyer's latest order (settings.CANNED_VARIABLES)."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from helpdesk.lib.money import display
from inbox.models import Conversation
from orders.access import orders_for
from people.models import Agent


class OrderVariables:
    labels: Mapping[str, str | Promise] = {
        "order.number": gettext_lazy("The number of the buyer's latest order"),
        "order.total": gettext_lazy("What that order costs"),
    }

    def values(self, conversation: Conversation, agent: Agent) -> dict[str, str]:
        own = orders_for(agent).filter(buyer=conversation.buyer_id)
        order = own.order_by("-placed_at", "-id").first()
        if order is None:
            return {}
        return {"order.number": order.number, "order.total": display(order.total, order.currency)}
