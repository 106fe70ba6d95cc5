"""What cards of an order share: whose order it is, and in whose language they speak."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from helpdesk.lib.ids import parse_id
from inbox.errors import NotFound
from inbox.models import Conversation
from inbox.quiet import buyers_time
from orders.access import orders_for
from orders.models import Order
from people.models import Agent, Buyer, Store


def own_order(agent: Agent, conversation: Conversation, ref: str) -> Order:
    """Only the buyer of an order is ever sent something of it, whatever else the agent may see."""
    own = orders_for(agent).filter(buyer=conversation.buyer_id)
    order_id = parse_id(ref)
    rows = own.select_related("buyer", "store").prefetch_related("lines", "shipments")
    order = rows.filter(pk=order_id).first() if order_id else None
    if order is None:
        raise NotFound(_("This buyer has no such order."))
    return order


@contextmanager
def speaking_to(buyer: Buyer, store: Store) -> Iterator[None]:
    """Speak as the buyer reads: their language, and the time where they are."""
    zone = buyers_time(buyer, store).zone
    with translation.override(buyer.language or store.language), timezone.override(zone):
        yield
