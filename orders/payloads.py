"""The shapes of orders: frames, API answers and cards are all made here, so they cannot differ.

Money is `{"amount", "currency"}`. Nothing here runs a query per row: callers load what is needed with
`with_order_relations` in orders/access.py.
"""

from typing import Any

from helpdesk.lib.money import money
from inbox.payloads import iso
from orders import actions, limits
from orders.actions.base import ActionKind
from orders.errors import ActionUnderWay
from orders.models import Order, OrderAction, OrderLine, OrderNote, OrderReturn, Payment, Product, Shipment
from orders.tracking import public_shipment_data, tracking_url
from people.models import Agent

UNDER_WAY = (OrderAction.State.HELD, OrderAction.State.RUNNING, OrderAction.State.UNKNOWN)


def product_data(product: Product) -> dict[str, Any]:
    return {
        "id": str(product.id),
        "store": str(product.store_id),
        "sku": product.sku,
        "name": product.name,
        "category": product.category,
        "price": money(product.price, product.currency),
        "stock": product.stock,
        "url": product.url,
        "image": product.image,
    }


def public_order_data(order: Order) -> dict[str, Any]:
    """What a buyer sees of their order: no address, no notes, no agents."""
    c = order.currency
    return {
        "id": str(order.id),
        "number": order.number,
        "status": order.status,
        "currency": c,
        "items_total": money(order.items_total, c),
        "shipping_fee": money(order.shipping_fee, c),
        "discount": money(order.discount, c),
        "tax": money(order.tax, c),
        "total": money(order.total, c),
        "due": money(order.due, c),
        "items": [
            {
                "name": line.name,
                "variant": line.variant,
                "quantity": line.quantity,
                "total": money(line.total, c),
            }
            for line in order.lines.all()
        ],
        "pay_url": order.pay_url if order.status == Order.Status.UNPAID else "",
        "pay_by": iso(order.pay_by),
        "shipments": [public_shipment_data(shipment) for shipment in order.shipments.all()],
        "placed_at": iso(order.placed_at),
    }


def order_data(order: Order, agent: Agent | None = None) -> dict[str, Any]:
    """Return the whole order. With `agent` also `can`: what they may do to it."""
    c = order.currency
    pending = pending_action(order)
    data = {
        "id": str(order.id),
        "number": order.number,
        "store": {"id": str(order.store_id), "key": order.store.key, "name": order.store.name},
        "buyer": {"id": str(order.buyer_id), "name": order.buyer.display_name},
        "status": order.status,
        "currency": c,
        "items_total": money(order.items_total, c),
        "shipping_fee": money(order.shipping_fee, c),
        "discount": money(order.discount, c),
        "tax": money(order.tax, c),
        "total": money(order.total, c),
        "paid": money(order.paid, c),
        "refunded": money(order.refunded, c),
        "due": money(order.due, c),
        "address": order.address,
        "shipping_method": order.shipping_method,
        "buyer_note": order.buyer_note,
        "pay_url": order.pay_url,
        "coupon_code": order.coupon_code,
        "pay_by": iso(order.pay_by),
        "lines": [_line_data(line, c) for line in order.lines.all()],
        "payments": [_payment_data(payment, c) for payment in order.payments.all()],
        "shipments": [_shipment_data(shipment) for shipment in order.shipments.all()],
        "notes": [note_data(note) for note in order.notes.all()],
        "on_hold": order.on_hold,
        "replaces": _related(order.replaces) if order.replaces else None,
        "replaced_by": [_related(other) for other in order.replacements.all()],
        "returns": [return_data(back) for back in order.returns.all()],
        "placed_at": iso(order.placed_at),
        "version": order.version,
        "pending": action_data(pending, order) if pending else None,
    }
    if agent is not None:
        kinds = actions.all_actions()
        lefts = limits.lefts_by_kind(order, agent, kinds)
        data["can"] = {name: _can(kind, order, limits.least(lefts[name])) for name, kind in kinds.items()}
    return data


def pending_action(order: Order) -> OrderAction | None:
    """Return the action under way, of which an order has one at most."""
    return next((action for action in order.actions.all() if action.state in UNDER_WAY), None)


def why_not(kind: ActionKind, order: Order) -> str:
    """Return why nobody can do this to the order now, in words; empty where somebody can."""
    if pending_action(order):
        return str(ActionUnderWay.words)
    return kind.why_not(order)


def _can(kind: ActionKind, order: Order, left: int | None) -> dict[str, Any]:
    why = why_not(kind, order)
    return {
        "allowed": not why,
        "why": why,
        "limit": None if left is None else money(left, order.currency),
        "hold_s": kind.hold_s,
        "final": str(kind.final),
        "back": str(kind.back),
    }


def action_data(action: OrderAction, order: Order | None = None) -> dict[str, Any]:
    """Return an action of the ledger. `order` saves the query for it where it is at hand."""
    order = order or action.order
    kind = actions.get(action.kind)
    wire = kind.wire if kind else dict
    return {
        "id": str(action.id),
        "order": str(action.order_id),
        "number": order.number,
        "conversation": str(action.conversation_id) if action.conversation_id else None,
        "kind": action.kind,
        "state": action.state,
        "agent": {"id": str(action.agent_id), "name": action.agent.name} if action.agent else None,
        "reason": action.reason,
        "request": str(action.request_id) if action.request_id else None,
        "cost": money(action.cost, order.currency),
        "over": action.over,
        "approver": {"id": str(action.approver_id), "name": action.approver.name}
        if action.approver
        else None,
        "decision": action.decision,
        "before": wire(action.before),
        "after": wire(action.after),
        "undoes": str(action.undoes_id) if action.undoes_id else None,
        "run_at": iso(action.run_at),
        "created_at": iso(action.created_at),
        "finished_at": iso(action.finished_at),
        "error": action.error,
    }


def note_data(note: OrderNote) -> dict[str, Any]:
    """Return what an agent noted at an order: between agents, never for a buyer."""
    return {
        "id": str(note.id),
        "order": str(note.order_id),
        "agent": {"id": str(note.agent_id), "name": note.agent.name},
        "text": note.text,
        "color": note.color,
        "created_at": iso(note.created_at),
        "edited_at": iso(note.edited_at),
    }


def _related(order: Order) -> dict[str, Any]:
    return {"id": str(order.id), "number": order.number}


def return_data(back: OrderReturn) -> dict[str, Any]:
    return {
        "id": str(back.id),
        "action": str(back.action_id),
        "state": back.state,
        "lines": back.lines,
        "instructions": back.instructions,
        "label_url": back.label_url,
        "restock": back.restock,
        "created_at": iso(back.created_at),
        "received_at": iso(back.received_at),
    }


def _line_data(line: OrderLine, currency: str) -> dict[str, Any]:
    product = line.product
    return {
        "id": str(line.id),
        "sku": line.sku,
        "name": line.name,
        "variant": line.variant,
        "quantity": line.quantity,
        "unit_price": money(line.unit_price, currency),
        "total": money(line.total, currency),
        "product": {"id": str(product.id), "image": product.image, "url": product.url} if product else None,
    }


def _payment_data(payment: Payment, currency: str) -> dict[str, Any]:
    return {
        "id": str(payment.id),
        "amount": money(payment.amount, currency),
        "method": payment.method,
        "reference": payment.reference,
        "paid_at": iso(payment.paid_at),
    }


def _shipment_data(shipment: Shipment) -> dict[str, Any]:
    return {
        "id": str(shipment.id),
        "carrier": shipment.carrier,
        "tracking_number": shipment.tracking_number,
        "url": tracking_url(shipment.carrier, shipment.tracking_number),
        "shipped_at": iso(shipment.shipped_at),
        "expected_at": iso(shipment.expected_at),
        "delivered_at": iso(shipment.delivered_at),
        "events": shipment.events,
    }
