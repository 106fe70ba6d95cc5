"""Showing agents an order where something changed that no buyer sees: a note, a reminder."""

from uuid import UUID

from events import topics
from events.record import Push
from inbox.models import Conversation
from orders.access import with_order_relations
from orders.models import Order
from orders.payloads import order_data


def agents_push(order_id: UUID) -> Push:
    """Return the frame that shows the order as it is now, for agents' screens alone."""
    order = with_order_relations(Order.objects.filter(pk=order_id)).get()
    live = Conversation.objects.filter(buyer=order.buyer_id).exclude(status=Conversation.Status.RESOLVED)
    listeners = (topics.conversation(pk) for pk in live.values_list("id", flat=True))
    return Push(
        (topics.store(order.store_id), *listeners), {"type": "order.updated", "order": order_data(order)}
    )
