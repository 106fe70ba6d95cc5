"""Parcels: where one is, whether it is late or stuck, and where its carrier tells about it.

What is in trouble is known by one indexed moment, `Shipment.trouble_at`: it is set when the store tells of a
parcel, and passes by itself. So nobody has to look through every parcel there ever was, and no job has to run.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from helpdesk.lib.times import iso
from orders.models import Order, Shipment

# Scans are a day or two apart; a weekend, or a border, makes that four. After five days without one somebody has
# to ask the carrier, and it is still early enough for the carrier to search.
STUCK_AFTER = timedelta(days=5)
# Of an order that was delivered, completed or called off nobody awaits a parcel, whatever its carrier says.
AWAITED = (Order.Status.PAID, Order.Status.SHIPPED)
SHOWN_EVENTS = 5  # to a buyer: what is older, the carrier's own page tells

# Where carriers show the way of a parcel to everybody. By what the name of the carrier begins with, in small letters.
_PAGES = {
    "dhl": "https://www.dhl.com/en/express/tracking.html?AWB={}",
    "ups": "https://www.ups.com/track?tracknum={}",
    "fedex": "https://www.fedex.com/fedextrack/?trknbr={}",
    "usps": "https://tools.usps.com/go/TrackConfirmAction?tLabels={}",
    "canada post": "https://www.canadapost-postescanada.ca/track-reperage/en#/search?searchFor={}",
    "royal mail": "https://www.royalmail.com/track-your-item#/tracking-results/{}",
    "an post": "https://www.anpost.com/Post-Parcels/Track/History?item={}",
    "australia post": "https://auspost.com.au/mypost/track/#/details/{}",
    "posti": "https://www.posti.fi/en/tracking#/lahetys/{}",
    "顺丰": "https://www.sf-express.com/chn/sc/waybill/waybill-detail/{}",
    "sf express": "https://www.sf-express.com/chn/sc/waybill/waybill-detail/{}",
    "圆通": "https://www.yto.net.cn/track/?no={}",
    "中通": "https://www.zto.com/express/expressCheck.html?txtBill={}",
    "韵达": "https://www.yundaex.com/cn/track.php?no={}",
    "京东": "https://www.jdl.com/orderSearch?waybillCodes={}",
}


@dataclass(frozen=True)
class Glance:
    """A parcel in one line. `last` is the newest event, or None; `silent_days` have passed since it."""

    shipment: Shipment
    last: dict[str, str] | None
    at: datetime
    silent_days: int
    is_late: bool
    is_stuck: bool
    url: str

    @property
    def is_in_trouble(self) -> bool:
        return self.is_late or self.is_stuck


def tracking_url(carrier: str, number: str) -> str:
    """Return the carrier's public page about a parcel; empty where we know of none."""
    name = carrier.strip().casefold()
    page = next((page for start, page in _PAGES.items() if name.startswith(start)), "")
    return page.format(quote(number.strip(), safe="")) if page and number.strip() else ""


def last_heard(shipment: Shipment) -> datetime:
    """Return when the carrier last said something: by its newest event, or when it was handed over."""
    moments = [parse_datetime(event.get("at", "")) for event in shipment.events[-1:]]
    return max([shipment.shipped_at, *filter(None, moments)])


def trouble_at(shipment: Shipment) -> datetime | None:
    """Return from when on a parcel is late or stuck, if nothing more is heard of it; None: it has arrived."""
    if shipment.delivered_at is not None:
        return None
    stuck_at = last_heard(shipment) + STUCK_AFTER
    return min(stuck_at, shipment.expected_at) if shipment.expected_at else stuck_at


def glance(shipment: Shipment, order: Order, now: datetime | None = None) -> Glance:
    now = now or timezone.now()
    heard = last_heard(shipment)
    awaited = shipment.delivered_at is None and order.status in AWAITED
    return Glance(
        shipment=shipment,
        last=shipment.events[-1] if shipment.events else None,
        at=heard,
        silent_days=max(0, (now - heard).days),
        is_late=awaited and shipment.expected_at is not None and shipment.expected_at <= now,
        is_stuck=awaited and heard + STUCK_AFTER <= now,
        url=tracking_url(shipment.carrier, shipment.tracking_number),
    )


def glances(order: Order, now: datetime | None = None) -> list[Glance]:
    """Return the order's parcels (loaded with it), as they stand now."""
    return [glance(shipment, order, now) for shipment in order.shipments.all()]


def trouble(order: Order, now: datetime | None = None) -> Glance | None:
    """Return the first of the order's parcels that is late or stuck."""
    return next((parcel for parcel in glances(order, now) if parcel.is_in_trouble), None)


def in_trouble(orders: QuerySet[Order], now: datetime | None = None) -> QuerySet[Order]:
    """Return those of `orders` that await a parcel which is late or stuck."""
    # From the few parcels to their orders, by the index of `trouble_at`; not from every order to its parcels.
    late = Shipment.objects.filter(trouble_at__lte=now or timezone.now()).order_by()
    return orders.filter(pk__in=late.values("order"), status__in=AWAITED)


def public_shipment_data(shipment: Shipment) -> dict[str, Any]:
    """What a buyer sees of their parcel: what its carrier says, the newest events last."""
    return {
        "carrier": shipment.carrier,
        "tracking_number": shipment.tracking_number,
        "url": tracking_url(shipment.carrier, shipment.tracking_number),
        "shipped_at": iso(shipment.shipped_at),
        "expected_at": iso(shipment.expected_at),
        "delivered_at": iso(shipment.delivered_at),
        "events": shipment.events[-SHOWN_EVENTS:],
    }
