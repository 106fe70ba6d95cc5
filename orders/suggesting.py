"""Cards of the buyer's orders that answer what they ask (settings.SUGGESTERS), where the order allows it."""

from django.utils.translation import gettext as _

from inbox.models import Conversation, Message
from inbox.suggesting import Offer
from orders.access import orders_for, with_order_relations
from orders.addresses import address_lines
from orders.cards.asked import too_late
from orders.cards.checks import ADDRESS as CHECK_ADDRESS
from orders.cards.checks import checks_of
from orders.intents import ADDRESS, PAY, WHERE, intents_of
from orders.models import Order
from orders.reminders import standings
from people.models import Agent

LATEST = 10  # orders that are looked at
ASKED = {"waiting", "confirmed"}


class OrderFacts:
    """Where the parcel is, whether the address is right, what is to be paid: the card that says or asks it."""

    kind = "order"

    def offers(self, *, agent: Agent, conversation: Conversation, message: Message) -> list[Offer]:
        intents = intents_of(message.body)
        if not intents:
            return []
        own = orders_for(agent).filter(buyer=conversation.buyer_id, store=conversation.store_id)
        latest = list(with_order_relations(own.order_by("-placed_at", "-id"))[:LATEST])
        named = [order for order in latest if order.number in message.body]
        makers = {WHERE: _where, ADDRESS: _address, PAY: _pay}
        found = []
        for place, intent in enumerate(intents):
            if offer := makers[intent](named or latest):
                kind, label, icon, order = offer
                found.append(_offer(kind, label, icon, order, fit=1 - place / 10))
        return found


Found = tuple[str, str, str, Order] | None  # the card's kind, what stands on it, its icon, its order


def _where(orders: list[Order]) -> Found:
    sent = next((order for order in orders if order.shipments.all()), None)
    if sent:
        return "tracking", _("Send tracking"), "truck-delivery", sent
    waits = next((order for order in orders if order.status == Order.Status.PAID), None)
    return ("order", _("Send the order"), "package", waits) if waits else None


def _address(orders: list[Order]) -> Found:
    may = [order for order in orders if not too_late(order) and address_lines(order.address)]
    known = checks_of(may)
    asked = next((o for o in may if known[o.id][CHECK_ADDRESS].state not in ASKED), None)
    return (CHECK_ADDRESS, _("Check address"), "map-pin", asked) if asked else None


def _pay(orders: list[Order]) -> Found:
    unpaid = [order for order in orders if order.status == Order.Status.UNPAID]
    standing = standings(unpaid)
    free = next((order for order in unpaid if not standing[order.id].why), None)
    if free:
        return "payment", _("Remind of payment"), "bell", free
    return ("order", _("Send the order"), "package", unpaid[0]) if unpaid else None


def _offer(kind: str, label: str, icon: str, order: Order, *, fit: float) -> Offer:
    return Offer(
        kind=OrderFacts.kind,
        ref=f"{kind}:{order.id}",
        about=kind,
        fit=fit,
        label=label,
        icon=icon,
        detail=order.number,
        card=(kind, str(order.id)),
    )
