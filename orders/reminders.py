"""Reminding a buyer of an order that is not paid: when one may be sent, and what came of it.

A reminder is a card of kind "payment" (orders/cards/payment.py); every way of sending it comes through `remind`,
which holds the rules. Whatever the reason that one is refused, nothing has been sent.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events import names
from events.record import SYSTEM, Actor, Happening, record
from helpdesk.lib.money import display, money
from helpdesk.lib.times import iso
from inbox.models import Conversation, Message
from inbox.quiet import buyers_time, writing_now
from inbox.services import Posted, add_system_line
from orders.errors import NotAllowed, NotFound
from orders.models import Order, PaymentReminder
from orders.telling import agents_push
from people.models import Agent

# Who has not paid after three of them does not want to, and every further one costs the store a customer.
PER_ORDER = 3
PER_BUYER_AND_DAY = 2
BETWEEN = timedelta(hours=4)  # long enough to have found one's card
# What is paid later than that has other causes.
RECOVERS_FOR = timedelta(hours=72)


@dataclass(frozen=True)
class Standing:
    """How it stands with reminding of one order. `why`: what is in the way, in words; empty where nothing is."""

    why: str
    count: int
    last_at: datetime | None


def standings(orders: Iterable[Order], now: datetime | None = None) -> dict[UUID, Standing]:
    """Return how it stands with each of `orders` (loaded with buyer and store) that is unpaid: two queries for all."""
    now = now or timezone.now()
    unpaid = [order for order in orders if order.status == Order.Status.UNPAID]
    if not unpaid:
        return {}
    rows = PaymentReminder.objects.filter(buyer__in={order.buyer_id for order in unpaid})
    sent = list(rows.order_by("sent_at").values_list("buyer_id", "order_id", "sent_at"))
    live = writing_now({order.buyer_id for order in unpaid}, now)
    return {order.id: _standing(order, sent, now, is_live=order.buyer_id in live) for order in unpaid}


def _standing(
    order: Order, sent: list[tuple[UUID, UUID, datetime]], now: datetime, *, is_live: bool
) -> Standing:
    own = [at for _buyer, order_id, at in sent if order_id == order.id]
    theirs = [at for buyer_id, _order, at in sent if buyer_id == order.buyer_id]
    return Standing(_why_not(order, own, theirs, now, is_live=is_live), len(own), own[-1] if own else None)


def _why_not(
    order: Order, own: list[datetime], theirs: list[datetime], now: datetime, *, is_live: bool
) -> str:
    if order.status == Order.Status.CANCELLED:
        return _("This order was called off.")
    if order.status != Order.Status.UNPAID:
        return _("This order is paid.")
    if not order.pay_url:
        return _("The store has given no payment link for this order.")
    if order.pay_by is not None and order.pay_by <= now:
        return _("The time to pay for this order is over.")
    if len(own) >= PER_ORDER:
        return _("The buyer was reminded of this order %(n)s times already.") % {"n": len(own)}
    here = buyers_time(order.buyer, order.store, now)
    if own and now - own[-1] < BETWEEN:
        again = (own[-1] + BETWEEN).astimezone(here.now.tzinfo)
        words = _("The buyer was reminded of this order lately. Again from %(clock)s of their time.")
        return words % {"clock": f"{again:%H:%M}"}
    midnight = here.now.replace(hour=0, minute=0, second=0, microsecond=0)
    if sum(at >= midnight for at in theirs) >= PER_BUYER_AND_DAY:
        return _("The buyer was reminded %(n)s times today. That is enough for a day.") % {
            "n": PER_BUYER_AND_DAY
        }
    if here.is_night and not is_live:  # who writes at night is awake
        words = _("It is %(clock)s where the buyer is. Reminders go out from 8:00 to 22:00.")
        return words % {"clock": here.clock}
    return ""


def remind(
    *,
    agent: Agent,
    conversation: Conversation,
    order_id: UUID,
    client_id: str,
    post: Callable[[Order], Posted],
    now: datetime | None = None,
) -> Posted:
    """Send a reminder by `post`, which puts the card of the order into the conversation, if the rules let it go.

    The same `client_id` is the same reminder, however often and whatever happened since. Raises NotFound,
    NotAllowed, and what `post` raises.
    """
    now = now or timezone.now()
    with transaction.atomic():
        # All that this buyer has not paid, in one order for everybody: what a day takes is counted over all of them.
        owed = Order.objects.filter(buyer=conversation.buyer_id, status=Order.Status.UNPAID)
        list(owed.select_for_update().order_by("id").values_list("id"))
        rows = Order.objects.select_related("buyer", "store").prefetch_related("lines", "shipments")
        order = rows.filter(pk=order_id, buyer=conversation.buyer_id).first()
        if order is None:
            raise NotFound(_("This buyer has no such order."))
        if Message.objects.filter(conversation=conversation, client_id=client_id).exists():
            return post(order)
        is_live = bool(writing_now([order.buyer_id], now))
        why = _why_not(order, *_sent(order), now, is_live=is_live)
        if why:
            raise NotAllowed(why)
        posted = post(order)
        PaymentReminder.objects.create(
            order=order,
            buyer_id=order.buyer_id,
            agent=agent,
            conversation_id=conversation.id,
            message_id=posted.message.id,
            currency=order.currency,
            sent_at=now,
        )
        record(
            Happening(
                names.PAYMENT_REMINDED,
                Actor.agent(agent),
                store_id=order.store_id,
                conversation_id=conversation.id,
                order_id=order.id,
                data={
                    "order": order.number,
                    "amount": money(order.due, order.currency),
                    "message": str(posted.message.id),
                },
                pushes=[agents_push(order.id)],
            )
        )
    return posted


def _sent(order: Order) -> tuple[list[datetime], list[datetime]]:
    """Return when the buyer was reminded of this order, and of any."""
    rows = PaymentReminder.objects.filter(buyer=order.buyer_id).order_by("sent_at")
    sent = list(rows.values_list("order_id", "sent_at"))
    return [at for order_id, at in sent if order_id == order.id], [at for _order, at in sent]


def credit_recovery(order: Order, paid_before: int, said_at: datetime) -> None:
    """Credit the newest reminder with what was paid since `paid_before`, once for an order that has just been paid.

    Runs in the transaction of the change, with the order locked. `said_at` is when the store said so, for an order
    whose payments it does not tell.
    """
    amount = order.paid - paid_before
    if order.status in (Order.Status.UNPAID, Order.Status.CANCELLED) or amount <= 0:
        return
    rows = order.reminders.select_related("agent").order_by("-sent_at")
    # What was reminded of before an earlier payment has had its merit.
    sent = list(takewhile(lambda reminder: reminder.recovered_at is None, rows))
    paid_at = max(order.payments.values_list("paid_at", flat=True), default=said_at)
    newest = next((r for r in sent if r.sent_at <= paid_at <= r.sent_at + RECOVERS_FOR), None)
    if newest is None:
        return
    newest.recovered_at, newest.recovered = paid_at, amount
    newest.save(update_fields=["recovered_at", "recovered"])
    params = {
        "order": order.number,
        "order_id": str(order.id),
        "agent": newest.agent.name,
        "amount": money(amount, order.currency),
    }
    record(
        Happening(
            names.PAYMENT_RECOVERED,
            SYSTEM,
            store_id=order.store_id,
            conversation_id=newest.conversation_id,
            order_id=order.id,
            data={**params, "agent_id": str(newest.agent_id), "reminded_at": iso(newest.sent_at)},
        )
    )
    # A conversation may be another buyer's by now (they were told apart), and this is about this one's money.
    if Conversation.objects.filter(pk=newest.conversation_id, buyer=order.buyer_id).exists():
        add_system_line(
            conversation_id=newest.conversation_id,
            event=names.PAYMENT_RECOVERED,
            params=params,
            body=f"Order {order.number} was paid after {newest.agent.name}'s reminder: "
            + display(amount, order.currency, "en"),
            public=False,
            actor=SYSTEM,
        )
