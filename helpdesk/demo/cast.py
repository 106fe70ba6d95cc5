"""The people of one block of the world: buyers with their orders, and strangers who only ask."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from helpdesk.demo import people, places
from helpdesk.demo.places import City
from helpdesk.demo.rows import uid
from helpdesk.demo.sales import NEVER, Line, Sale, make_sale
from helpdesk.demo.shops import Shop
from people.models import Buyer, Store

_STRIDE = 0.6180339887  # the golden section: whoever takes every so-many-th order has them spread over time


@dataclass(slots=True)
class Person:
    row: Buyer
    city: City
    rng: random.Random
    first: str  # what agents call them; "" for a stranger
    sales: list[Sale] = field(default_factory=list)
    free_from: datetime | None = None  # when a next conversation would be a new one
    is_live: bool = False
    live_topic: str = ""
    is_hero: bool = False


@dataclass(frozen=True)
class Block:
    """One part of a world of `scale` parts; each has as much as the whole world has at scale 1."""

    seed: int
    index: int
    scale: int
    now: datetime

    def rng(self, *of: object) -> random.Random:
        return random.Random(":".join(map(str, (self.seed, self.index, *of))))

    def share(self, place: int, count: int) -> tuple[int, float]:
        """Return which of the whole world this block's `place` of `count` is, and how far along that is."""
        whole = place * self.scale + (self.scale - 1 - self.index)
        return whole, (whole + 0.5) / (count * self.scale)


def cast(block: Block, shop: Shop, store: Store) -> list[Person]:
    """Return everybody of a shop in this block, with their orders, the hero first."""
    persons = [_buyer(block, shop, store, i) for i in range(shop.buyers)]
    if block.index == 0:
        _make_hero(block, shop, persons[0])
    _deal_orders(block, shop, persons)
    for person in persons:
        first = person.sales[0].placed_at if person.sales else block.now - timedelta(days=40)
        person.row.created_at = first - timedelta(minutes=person.rng.uniform(2, 400_000))
    return persons + [_stranger(block, shop, store, i) for i in range(shop.strangers)]


def _buyer(block: Block, shop: Shop, store: Store, i: int) -> Person:
    rng = block.rng(shop.key, "buyer", i)
    names = people.names(shop.language)
    city = rng.choices(
        places.CITIES[shop.language], [3 if c.country == shop.country else 1 for c in _cities(shop)]
    )[0]
    external_id = int(shop.hero.external_id) + block.index * shop.buyers + i
    if shop.language == "zh":
        (surname, family), (given, own) = rng.choice(names.last), rng.choice(names.first)
        name, first, address = surname + given, surname + given, f"{family}.{own}"
    else:
        given, surname = rng.choice(names.first)[0], rng.choice(names.last)[0]
        name, first, address = f"{given} {surname}", given, f"{given}.{surname}".lower()
    row = Buyer(
        id=uid(block.now - timedelta(days=100), rng),
        store=store,
        external_id=str(external_id),
        name=name,
        email=f"{address}{external_id % 1000}@example.com",
        phone=places.phone(city.country, rng) if rng.random() < 0.8 else "",
        language=shop.store_language,
        time_zone=shop.zone if city.country == shop.country else "",
        country=city.country,
        note=rng.choice(names.notes) if rng.random() < 0.06 else "",
    )
    return Person(row, city, rng, first)


def _cities(shop: Shop) -> tuple[City, ...]:
    return places.CITIES[shop.language]


def _stranger(block: Block, shop: Shop, store: Store, i: int) -> Person:
    """A visitor whom nobody vouched for; some have typed a name and an address."""
    person = _buyer(block, shop, store, 10_000_000 + i)
    row = person.row
    row.external_id, row.phone, row.note = None, "", ""
    if person.rng.random() < 0.6:
        row.name = row.email = ""
        person.first = ""
    return person


def _make_hero(block: Block, shop: Shop, person: Person) -> None:
    hero = shop.hero
    person.is_hero = True
    person.first = hero.name.split()[0]
    person.city = _cities(shop)[0]
    person.row.name, person.row.external_id = hero.name, hero.external_id
    person.row.email = "emma.larsen@example.com" if shop.language == "en" else "lin.ruoxi@example.com"
    person.row.phone, person.row.country = places.phone(shop.country, person.rng), shop.country
    person.row.note = ""
    # Fixed for everybody: unpaid, with a shipping fee (CONTRACT: order 100234 of buyer 1001).
    index = shop.orders * block.scale - 1 - (shop.last_number - hero.order)
    placed = shop.clock(block.now).moment((index + 0.5) / (shop.orders * block.scale))
    sale = _sale(block, shop, person, hero.order, placed)
    sale.lines = [
        Line(item, item.variants[0], 1) for item in shop.items if item.drawing in ("tent", "teaset")
    ]
    sale.lines += [
        Line(item, item.variants[0], 2) for item in shop.items if item.drawing in ("mug", "pitcher")
    ]
    sale.fee, sale.method, sale.discount = hero.fee, shop.methods[1], 0
    sale.tax = round(sale.items_total * shop.tax.get(person.city.country, 0))
    sale.pays_after, sale.cancelled_at, sale.talked = NEVER, None, True
    person.sales.append(sale)


def _sale(block: Block, shop: Shop, person: Person, number: int, placed: datetime) -> Sale:
    return make_sale(
        id=uid(placed, person.rng),
        number=number,
        shop=shop,
        city=person.city,
        placed_at=placed,
        now=block.now,
        rng=person.rng,
    )


# How far back, as shares of the remembered time, the hero's other orders lie: one of them is on its way.
_HERO_SHARES = (0.965, 0.90, 0.76, 0.55, 0.31)


def _deal_orders(block: Block, shop: Shop, persons: list[Person]) -> None:
    clock = shop.clock(block.now)
    first_number = shop.last_number - shop.orders * block.scale + 1
    step = next(s for s in range(int(shop.orders * _STRIDE), shop.orders) if _coprime(s, shop.orders))
    dealt = [place * step % shop.orders for place in range(shop.orders)]
    counts = [p.rng.choices((1, 2, 3, 4, 5, 6, 8, 11), (20, 22, 20, 14, 10, 7, 5, 2))[0] for p in persons]
    if block.index == 0:
        own = [int(share * shop.orders) for share in _HERO_SHARES]
        dealt = own + [place for place in dealt if place not in own]
        counts[0] = len(own)
    owners = [person for person, count in zip(persons, counts, strict=True) for _ in range(count)]
    rest = persons[1:]
    owners += [rest[i % len(rest)] for i in range(shop.orders - len(owners))]
    for place, person in zip(dealt, owners, strict=False):
        whole, share = block.share(place, shop.orders)
        number = first_number + whole
        if number == shop.hero.order:
            continue
        placed = clock.moment(share + person.rng.uniform(-0.5, 0.5) / (shop.orders * block.scale))
        sale = _sale(block, shop, person, number, placed)
        person.sales.append(sale)
    for person in persons:
        person.sales.sort(key=lambda sale: sale.placed_at)
        if person.is_hero:
            on_its_way = person.sales[-2]
            on_its_way.pays_after, on_its_way.cancelled_at = timedelta(minutes=4), None
            on_its_way.ships_after, on_its_way.days = timedelta(hours=20), 5.5
            on_its_way.plan()


def _coprime(a: int, b: int) -> bool:
    while b:
        a, b = b, a % b
    return a == 1
