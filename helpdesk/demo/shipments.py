"""Parcels of the demo: what their carriers promise, and the few that go astray for a while."""

import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from helpdesk.demo.clock import within
from helpdesk.lib.times import iso
from orders.models import Order, Shipment
from orders.tracking import trouble_at

if TYPE_CHECKING:
    from helpdesk.demo.sales import Sale

ASTRAY = 0.03  # of all parcels
# They name no day; so their parcels can be stuck, and never late.
PROMISE_NOTHING = {"USPS", "Canada Post", "An Post", "Australia Post", "京东物流"}


def days_astray(number: str) -> float:
    """Return how many days longer than usual the parcel of an order takes; nearly always 0."""
    rng = random.Random(f"astray {number}")  # of its own: whatever else is dealt stays as it was
    return rng.uniform(16, 26) if rng.random() < ASTRAY else 0


def expected_at(sale: "Sale") -> datetime | None:
    if sale.carrier.name in PROMISE_NOTHING:
        return None
    return within(sale.due_at + timedelta(days=sale.carrier.days[1] + 1), sale.shop.zone_info, 20, 21)


def parcel(sale: "Sale", order: Order, shipped_at: datetime) -> Shipment:
    scans = sale.scans_until(sale.now)
    shipment = Shipment(
        order=order,
        carrier=sale.carrier.name,
        tracking_number=sale.tracking,
        shipped_at=shipped_at,
        expected_at=expected_at(sale),
        delivered_at=sale.delivered_at,
        events=[{"at": iso(at), "text": text, "place": place} for at, text, place in scans],
    )
    shipment.trouble_at = trouble_at(shipment)
    return shipment
