"""The order that a card asks its buyer about."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from helpdesk.lib.ids import parse_id
from inbox.errors import NotFound
from inbox.models import Conversation, Message
from orders.access import orders_for, with_order_relations
from orders.cards.checks import OPEN_TO_CHANGE
from orders.models import Order
from people.models import Agent


def order_to_ask_about(agent: Agent, conversation: Conversation, ref: str) -> Order:
    """Return an order of the agent's stores and of this very buyer. Raises NotFound."""
    order_id = parse_id(ref)
    own = orders_for(agent).filter(buyer=conversation.buyer_id)
    order = with_order_relations(own).filter(pk=order_id).first() if order_id else None
    if order is None:
        raise NotFound(_("This buyer has no such order."))
    return order


def locked_order(data: dict[str, Any]) -> Order:
    """Lock the order of a card. Raises NotFound where it is gone."""
    rows = Order.objects.select_for_update(of=("self",))
    return _one(rows.filter(pk=data["order"]["id"]))


def order_of(message: Message) -> Order:
    """Return the order of a card as it is now, as long as it is this buyer's. Raises NotFound."""
    card = message.data or {}
    own = Order.objects.filter(pk=card["order"]["id"], buyer=message.conversation.buyer_id)
    return _one(with_order_relations(own))


def _one(orders: QuerySet[Order]) -> Order:
    order = orders.first()
    if order is None:
        raise NotFound(_("There is no such order."))
    return order


def too_late(order: Order) -> str:
    """Return why there is nothing to be asked any more, to the buyer; empty where there is."""
    if order.status == Order.Status.CANCELLED:
        return _("This order is cancelled.")
    if order.status not in OPEN_TO_CHANGE:
        return _("This order is on its way already.")
    return ""
