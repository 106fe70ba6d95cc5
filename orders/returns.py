"""Goods that come back: marked as received when they are there."""

from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from events import names
from events.record import Actor, Happening, record
from inbox.services import add_system_line
from orders.access import orders_for, with_order_relations
from orders.announce import live_conversations, order_pushes
from orders.errors import NotAllowed, NotFound
from orders.models import Order, OrderReturn, Product
from people.models import Agent

State = OrderReturn.State


def receive_return(*, agent: Agent, return_id: UUID) -> OrderReturn:
    """Write down that the goods have arrived; what is to be restocked is on the shelf again. Once, however often.

    Raises NotFound, or NotAllowed where nobody waits for them any more.
    """
    with transaction.atomic():
        orders = orders_for(agent).filter(returns=return_id)
        order = orders.select_for_update(of=("self",)).first()
        if order is None:
            raise NotFound(_("There is no such return."))
        back = OrderReturn.objects.get(pk=return_id)
        if back.state == State.RECEIVED:
            return back
        if back.state != State.AWAITED:
            raise NotAllowed(_("Nobody waits for these goods any more."))
        back.state, back.received_at = State.RECEIVED, timezone.now()
        back.save(update_fields=["state", "received_at"])
        if back.restock:
            _restock(order, back)
        _announce(agent, order.id, back)
    return back


def _restock(order: Order, back: OrderReturn) -> None:
    for line in back.lines:
        product = Product.objects.filter(store=order.store_id, sku=line["sku"])
        product.update(stock=F("stock") + line["quantity"])


def _announce(agent: Agent, order_id: UUID, back: OrderReturn) -> None:
    order = with_order_relations(Order.objects.filter(pk=order_id)).get()
    conversations = live_conversations(order)
    actor = Actor.agent(agent)
    items = ", ".join(f"{line['quantity']} × {line['name']}" for line in back.lines)
    params = {"actor": agent.name, "order": order.number, "order_id": str(order.id), "items": items}
    record(
        Happening(
            names.RETURN_RECEIVED,
            actor,
            store_id=order.store_id,
            conversation_id=conversations[0] if conversations else None,
            order_id=order.id,
            data={**params, "return": str(back.id), "lines": back.lines, "restock": back.restock},
            pushes=order_pushes(order, conversations),
        )
    )
    if conversations:
        add_system_line(
            conversation_id=conversations[0],
            event=names.RETURN_RECEIVED,
            params=params,
            body=f"The return of order {order.number} has arrived: {items}",
            public=True,
            actor=actor,
        )
