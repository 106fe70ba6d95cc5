"""One order and its life: placed, paid, sent, delivered. Plain values until the world is written down."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from helpdesk.demo import places
from helpdesk.demo.catalogue import Item
from helpdesk.demo.clock import within
from helpdesk.demo.places import Carrier, City
from helpdesk.demo.shipments import days_astray
from helpdesk.demo.shops import Shop
from orders.models import Order

COMPLETED_AFTER = timedelta(days=14)
NEVER = timedelta(days=30)
GIVEN_UP_AFTER = timedelta(days=3)  # an order that nobody pays is cancelled
_BULKY = {"tent", "chair", "hammock", "sleepingbag", "ironpot", "teatray"}


@dataclass(slots=True)
class Line:
    item: Item
    variant: str
    quantity: int

    @property
    def total(self) -> int:
        return self.item.price * self.quantity


@dataclass(slots=True, eq=False)
class Sale:
    """`now` is when the world is made: what would come later has not happened."""

    id: UUID
    number: str
    shop: Shop
    city: City
    now: datetime
    placed_at: datetime
    lines: list[Line]
    method: str
    fee: int
    discount: int
    tax: int
    street: str
    line2: str
    carrier: Carrier
    tracking: str
    rng: random.Random
    pays_after: timedelta  # NEVER: nobody does
    ships_after: timedelta
    days: float
    due_at: datetime
    arrives_at: datetime
    refunded: int = 0
    cancelled_at: datetime | None = None
    version: int = 1
    talked: bool = False  # a conversation is about it

    # -- amounts

    @property
    def items_total(self) -> int:
        return sum(line.total for line in self.lines)

    @property
    def total(self) -> int:
        return self.items_total + self.fee + self.tax - self.discount

    @property
    def paid(self) -> int:
        return self.total if self.paid_at is not None else 0

    # -- life

    @property
    def paid_at(self) -> datetime | None:
        if self.pays_after >= NEVER:
            return None
        moment = self.placed_at + self.pays_after
        return moment if moment <= self.now and not self._ended_before(moment) else None

    def plan(self) -> None:
        """Say when it will leave and arrive, if all goes well: in the afternoon, and by day."""
        paid_at = self.placed_at + self.pays_after
        due = within(paid_at + self.ships_after, self.shop.zone_info, 13, 18)
        self.due_at = due if due > paid_at + timedelta(hours=2) else due + timedelta(days=1)
        days = self.days + days_astray(self.number)
        self.arrives_at = within(self.due_at + timedelta(days=days), self.shop.zone_info, 9, 19)

    @property
    def shipped_at(self) -> datetime | None:
        if self.paid_at is None or self.due_at > self.now or self.cancelled_at is not None:
            return None
        return self.due_at

    @property
    def delivered_at(self) -> datetime | None:
        return self.arrives_at if self.shipped_at is not None and self.arrives_at <= self.now else None

    @property
    def ends_at(self) -> datetime | None:
        """When it was cancelled, by somebody or because it was never paid."""
        if self.cancelled_at is None and self.paid_at is None and self.placed_at + GIVEN_UP_AFTER < self.now:
            return self.placed_at + GIVEN_UP_AFTER
        return self.cancelled_at

    def _ended_before(self, moment: datetime) -> bool:
        return self.cancelled_at is not None and self.cancelled_at <= moment

    @property
    def status(self) -> str:
        if self.ends_at is not None:
            return Order.Status.CANCELLED
        if self.paid_at is None:
            return Order.Status.UNPAID
        if self.shipped_at is None:
            return Order.Status.PAID
        if self.delivered_at is None:
            return Order.Status.SHIPPED
        if self.delivered_at + COMPLETED_AFTER > self.now:
            return Order.Status.DELIVERED
        return Order.Status.COMPLETED

    def pay_at(self, moment: datetime) -> None:
        self.pays_after = moment - self.placed_at
        self.plan()

    def hold_until(self, moment: datetime) -> None:
        """Keep it from leaving before `moment`: somebody has just been told that it is still here."""
        if self.due_at <= moment:
            self.ships_after += moment - self.due_at + timedelta(hours=3)
            self.plan()

    def cancel_at(self, moment: datetime) -> None:
        """Call it off; what was paid by then is given back."""
        if self.paid_at is not None and self.paid_at > moment:
            self.pays_after = NEVER
        self.cancelled_at = moment
        self.refunded = self.paid

    # -- the way of the parcel

    def scans_until(self, moment: datetime) -> list[tuple[datetime, str, str]]:
        """Return (when, what, where) of every scan until `moment`, oldest first."""
        picked, arrived, departed, out, delivered = places.SCANS[self.shop.language]
        local = self.city.name if self.city.country == "CN" else f"{self.city.name}, {self.city.region}"
        left, arrives = self.due_at, self.arrives_at
        road = arrives - timedelta(hours=11) - left  # until it is in the town
        found = [(left + timedelta(minutes=20), picked, self.city.via[0])]
        hubs = self.city.via[1:]
        for index, hub in enumerate(hubs):
            start = 0.2 + 0.75 * index / len(hubs)
            found += [
                (left + road * start, arrived, hub),
                (left + road * (start + 0.4 / len(hubs)), departed, hub),
            ]
        found += [
            (left + road, arrived, local),
            (arrives - timedelta(hours=3), out, local),
            (arrives, delivered, local),
        ]
        return [scan for scan in found if scan[0] <= moment]

    def place_at(self, moment: datetime) -> str:
        """Return the hub that knows of it last; once it is in the town nobody asks where it is."""
        known = [place for _, _, place in self.scans_until(moment) if place in self.city.via]
        return known[-1] if known else self.city.via[0]


def make_sale(
    *, id: UUID, number: int, shop: Shop, city: City, placed_at: datetime, now: datetime, rng: random.Random
) -> Sale:
    """Return an order as a shop gets them by the hundred."""
    lines = _lines(shop, rng)
    items_total = sum(line.total for line in lines)
    discount = items_total // 10 if rng.random() < 0.12 else 0
    usual, bulky, express = shop.fees
    if rng.random() < 0.1:
        method, fee = shop.methods[2], express
    elif city.country not in (shop.country, "CA") or any(line.item.drawing in _BULKY for line in lines):
        method, fee = shop.methods[1], bulky
    else:
        method, fee = shop.methods[0], usual
    if items_total - discount >= shop.free_from and method == shop.methods[0]:
        fee = 0
    carrier = rng.choice(places.CARRIERS[city.country])
    # What was ordered just now is often still in somebody's browser.
    unpaid = rng.random() < (0.3 if now - placed_at < timedelta(hours=30) else 0.035)
    slow = rng.random() < 0.15
    pays_after = timedelta(hours=rng.uniform(3, 30)) if slow else timedelta(minutes=rng.uniform(1, 20))
    sale = Sale(
        id=id,
        number=str(number),
        shop=shop,
        city=city,
        now=now,
        placed_at=placed_at,
        lines=lines,
        method=method,
        fee=fee,
        discount=discount,
        tax=round((items_total - discount) * shop.tax.get(city.country, 0)),
        street=places.street(shop.language, rng),
        line2=places.second_line(shop.language, rng),
        carrier=carrier,
        tracking=places.digits(carrier.number, rng),
        rng=rng,
        pays_after=NEVER if unpaid else pays_after,
        ships_after=timedelta(hours=rng.uniform(9, 46)),
        days=rng.uniform(*carrier.days) * (0.7 if method == shop.methods[2] else 1),
        due_at=placed_at,
        arrives_at=placed_at,
    )
    sale.plan()
    return sale


def _lines(shop: Shop, rng: random.Random) -> list[Line]:
    count = rng.choices((1, 2, 3, 4), (55, 28, 12, 5))[0]
    items = rng.sample(shop.items, count)
    return [_line(item, rng) for item in items]


def _line(item: Item, rng: random.Random) -> Line:
    quantity = 1 if item.price > 9000 else rng.choices((1, 2, 3), (75, 20, 5))[0]
    return Line(item, rng.choice(item.variants) if item.variants else "", quantity)
