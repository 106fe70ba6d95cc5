"""Making the whole: stores and people first, then block after block of buyers, orders and conversations."""

import gc
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from events import names
from events.record import SYSTEM
from helpdesk.demo import people
from helpdesk.demo.announcements import announce
from helpdesk.demo.approvals import add_waiting
from helpdesk.demo.bell import add_notices
from helpdesk.demo.cast import Block, Person, cast
from helpdesk.demo.checks import fill_checks
from helpdesk.demo.coupons import ASKERS, add_codes, make_offers
from helpdesk.demo.deeds import add_deeds
from helpdesk.demo.drama import Drama, House
from helpdesk.demo.knowing import fill_shelves
from helpdesk.demo.notes import add_notes
from helpdesk.demo.phone.channels import make_channels
from helpdesk.demo.photos import Photo, store_photos
from helpdesk.demo.ratings import add_ratings, set_rules
from helpdesk.demo.reception import open_shop
from helpdesk.demo.reminders import add_reminders
from helpdesk.demo.requests import add_requests
from helpdesk.demo.reviews import add_reviews
from helpdesk.demo.rows import Rows
from helpdesk.demo.sales import GIVEN_UP_AFTER, Sale
from helpdesk.demo.scripts import phrases
from helpdesk.demo.shipments import parcel
from helpdesk.demo.shops import IDENTITY_SECRET, SHOPS, Shop
from helpdesk.demo.targets import add_promises, set_targets
from helpdesk.demo.tasks import add_tasks, mark_ratings, rate_one_badly
from helpdesk.demo.ways import Ways, know_hero
from helpdesk.lib.money import money
from helpdesk.lib.times import iso
from inbox.models import CannedReply, Channel, SearchEntry, Tag
from inbox.search import buyer_terms
from orders.models import (
    Connection,
    Coupon,
    DemoShopOrder,
    Order,
    OrderLine,
    Payment,
    Product,
    Shipment,
)
from orders.payloads import public_order_data
from people.models import Agent, BuyerIdentity, Store, Team
from team.performance.rollup import count_on


def make_world(*, seed: int, scale: int, now: datetime, tell: Callable[[str], None]) -> None:
    """Fill an empty database. One transaction a block, so that a large world needs no large memory."""
    with transaction.atomic():
        stores = {shop.key: _store(shop) for shop in SHOPS}
        for shop in SHOPS:
            open_shop(shop, stores[shop.key], now)
            set_targets(shop, stores[shop.key], now)
        teams = _teams(stores)
        agents = _agents(teams)
        fill_shelves(stores, agents, now)
        announce(agents, teams, now)
        tags = {
            name: Tag.objects.create(name=name, color=tag["color"])
            for shop in SHOPS
            for name, tag in people.names(shop.language).tags.items()
        }
        products = {shop.key: _products(shop, stores[shop.key]) for shop in SHOPS}
        first = Block(seed, 0, scale, now)
        offers = {
            shop.key: make_offers(
                shop, stores[shop.key], products[shop.key].values(), now, scale, first.rng(shop.key, "offers")
            )
            for shop in SHOPS
        }
        ways = {shop.key: _ways(stores[shop.key], first.rng(shop.key, "ways")) for shop in SHOPS}
        _canned(stores)
        set_rules(stores)
    photos = store_photos()
    with _in_bulk():
        for index in range(scale):
            block = Block(seed, index, scale, now)
            with transaction.atomic():
                for shop in SHOPS:
                    sold, given = products[shop.key], offers[shop.key]
                    _block(block, shop, ways[shop.key], agents, teams, tags, sold, given, photos)
            gc.collect()
            if scale > 1:
                tell(f"{index + 1} of {scale}")
        mark_ratings()
        count_on()


@contextmanager
def _in_bulk() -> Iterator[None]:
    """Do without what makes millions of rows twice as slow: collecting garbage, and debug mode's log of queries."""
    debug, settings.DEBUG = settings.DEBUG, False
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        settings.DEBUG = debug


def _store(shop: Shop) -> Store:
    store = Store.objects.create(
        key=shop.key,
        name=shop.name,
        currency=shop.currency,
        language=shop.store_language,
        time_zone=shop.zone,
        country=shop.country,
        color=shop.color,
        greeting=shop.greeting,
        identity_secret=IDENTITY_SECRET,
    )
    Channel.objects.create(store=store, kind="widget", name=shop.channel)
    methods = [{"name": name, "fee": fee} for name, fee in zip(shop.methods, shop.fees, strict=True)]
    Connection.objects.create(store=store, kind="demo", config={"shipping_methods": methods})
    return store


def _ways(store: Store, rng: Random) -> Ways:
    make_channels(store)
    return Ways(store, rng, {channel.kind: channel for channel in store.channels.all()})


def _teams(stores: dict[str, Store]) -> dict[str, Team]:
    teams = {}
    for name, keys in people.TEAMS.items():
        teams[name] = Team.objects.create(name=name)
        teams[name].stores.set([stores[key] for key in keys])
    return teams


def _agents(teams: dict[str, Team]) -> dict[str, Agent]:
    password = make_password(people.PASSWORD)  # once: a hash takes as long as it is good
    agents = {}
    for c in people.COLLEAGUES:
        agent = Agent.objects.create(
            email=c.email,
            name=c.name,
            role=c.role,
            language=c.language,
            time_zone=c.time_zone,
            password=password,
            is_superuser=c.role == Agent.Role.ADMIN,
        )
        agent.teams.set([teams[name] for name in c.teams])
        agents[c.email] = agent
    return agents


def _products(shop: Shop, store: Store) -> dict[str, Product]:
    rows = [
        Product(
            store=store,
            sku=item.sku,
            name=item.name,
            category=item.category,
            price=item.price,
            currency=shop.currency,
            stock=item.stock,
            url=f"{settings.PUBLIC_URL}/demo-shop/?store={shop.key}&product={item.sku}",
            image=item.drawing,
            color=item.color,
        )
        for item in shop.items
    ]
    return {product.sku: product for product in Product.objects.bulk_create(rows)}


def _canned(stores: dict[str, Store]) -> None:
    text = (Path(__file__).parent / "canned.toml").read_text(encoding="utf-8")
    for place, replies in tomllib.loads(text).items():
        store = stores.get(place)
        language = store.language if store else place
        CannedReply.objects.bulk_create(
            CannedReply(store=store, shortcut=shortcut, language=language, **reply)
            for shortcut, reply in replies.items()
        )


def _block(
    block: Block,
    shop: Shop,
    ways: Ways,
    agents: dict[str, Agent],
    teams: dict[str, Team],
    tags: dict[str, Tag],
    products: dict[str, Product],
    offers: list[Coupon],
    photos: dict[str, Photo],
) -> None:
    rows, store = Rows(), ways.store
    persons = cast(block, shop, store)
    serving = [team for name, team in teams.items() if shop.key in people.TEAMS[name]]
    house = House(shop, store, ways, agents, serving, tags, photos, rows)
    if block.index == 0:
        know_hero(ways, persons[0], rows)
    Drama(block, house, persons).run()
    if block.index == 0:
        rate_one_badly(rows, shop, block.now, block.rng(shop.key, "badly rated"))
    # Orders last: what was said has changed some of them.
    kept: dict[Sale, Order] = {}
    for person in persons:
        _buyer(person, rows)
        for sale in person.sales:
            kept[sale] = _order(sale, person, store, products, rows)
            add_notes(rows, sale, kept[sale], house.colleagues)
            _tell(sale, kept[sale], rows)
    add_deeds(rows, kept.values(), house.colleagues, now=block.now, rng=block.rng(shop.key, "deeds"))
    add_reminders(rows, kept)
    add_waiting(rows, kept.values(), house.colleagues, now=block.now, rng=block.rng(shop.key, "waiting"))
    add_reviews(rows, kept.values(), house.colleagues, now=block.now, rng=block.rng(shop.key, "reviews"))
    asker = agents[ASKERS[shop.key]] if block.index == 0 else None
    rng = block.rng(shop.key, "coupons")
    add_codes(rows, offers, kept, asker=asker, now=block.now, rng=rng)
    for message, sale in rows.cards:
        message.data["order"] = public_order_data(kept[sale])  # type: ignore[index]  # a card has data
    fill_checks([(message, kept[sale]) for message, sale in rows.cards], rows)
    add_requests(rows, kept.values(), now=block.now, rng=block.rng(shop.key, "requests"))
    rng = block.rng(shop.key, "tasks")
    add_tasks(
        rows, shop, store, kept.values(), agents, serving, first=block.index == 0, now=block.now, rng=rng
    )
    add_promises(rows, store)
    shops_own = {row.number: row for row in rows.tables[DemoShopOrder]}
    for sale, command in rows.commands:
        command.order = shops_own[sale.number]
        rows.add(command)
    rng = block.rng(shop.key, "ratings")
    add_ratings(rows, ways, phrases(shop.language), now=block.now, rng=rng, is_first=block.index == 0)
    add_notices(rows, now=block.now)
    rows.write()


def _buyer(person: Person, rows: Rows) -> None:
    row = person.row
    seen = [sale.placed_at + timedelta(minutes=3) for sale in person.sales]
    if row.last_seen_at is not None:
        seen.append(row.last_seen_at)
    row.last_seen_at = max(seen, default=row.created_at)
    row.created_at = min(row.created_at, *seen, row.last_seen_at)
    rows.add(row)
    if row.external_id is not None:
        rows.add(
            BuyerIdentity(store=row.store, buyer=row, kind="store", value=row.external_id, verified=True)
        )
    if terms := buyer_terms(row):
        rows.add(SearchEntry(store_id=row.store_id, buyer=row, terms=terms))


def _order(sale: Sale, person: Person, store: Store, products: dict[str, Product], rows: Rows) -> Order:
    country = sale.city.country
    order = Order(
        id=sale.id,
        store=store,
        number=sale.number,
        buyer=person.row,
        status=sale.status,
        currency=sale.shop.currency,
        items_total=sale.items_total,
        shipping_fee=sale.fee,
        discount=sale.discount,
        tax=sale.tax,
        paid=sale.paid,
        refunded=sale.refunded,
        address={
            "name": person.row.name,
            "phone": person.row.phone,
            "line1": sale.street,
            "line2": sale.line2,
            "city": sale.city.name,
            "region": sale.city.region,
            "postcode": sale.city.postcode,
            "country": country,
        },
        shipping_method=sale.method,
        pay_url=_pay_url(sale, person) if sale.status == Order.Status.UNPAID else "",
        pay_by=sale.placed_at + GIVEN_UP_AFTER if sale.status == Order.Status.UNPAID else None,
        placed_at=sale.placed_at,
        version=sale.version,
        synced_at=max(
            filter(None, (sale.placed_at, sale.paid_at, sale.shipped_at, sale.delivered_at, sale.ends_at))
        ),
    )
    rows.add(order)
    lines = [
        OrderLine(
            order=order,
            product=products[line.item.sku],
            sku=line.item.sku,
            name=line.item.name,
            variant=line.variant,
            quantity=line.quantity,
            unit_price=line.item.price,
        )
        for line in sale.lines
    ]
    rows.add(*lines)
    parcels: list[Shipment] = []
    shown = {"lines": lines, "shipments": parcels}
    order._prefetched_objects_cache = shown  # type: ignore[attr-defined]  # for the cards that show it
    if sale.paid_at is not None:
        method = sale.rng.choice(sale.shop.pays)
        reference = f"PAY-{sale.rng.getrandbits(40):010X}"
        rows.add(
            Payment(order=order, amount=sale.paid, method=method, reference=reference, paid_at=sale.paid_at)
        )
    if (shipped_at := sale.shipped_at) is not None:
        parcels.append(parcel(sale, order, shipped_at))
        rows.add(*parcels)
    rows.add(
        DemoShopOrder(
            store=store,
            number=sale.number,
            shipping_fee=sale.fee,
            dispatched=sale.shipped_at is not None,
            paid=sale.paid_at is not None,
            cancelled=sale.status == Order.Status.CANCELLED,
            refunded=sale.refunded,
        )
    )
    return order


def _tell(sale: Sale, order: Order, rows: Rows) -> None:
    """Record what the store told of the order: that it was placed, and that it was paid (orders/sync/orders.py)."""
    if sale.placed_at > sale.now:
        return
    currency, where = order.currency, (order.store_id, None, order.id)
    amounts = {"items_total": order.items_total, "shipping_fee": order.shipping_fee, "discount": order.discount,
               "tax": order.tax, "paid": 0}  # fmt: skip
    told: dict[str, Any] = {
        "order": order.number,
        "before": {},
        "after": {"status": "unpaid", **{name: money(amount, currency) for name, amount in amounts.items()}},
        "parts": [],
        "buyer": str(order.buyer_id),
        "placed_at": iso(sale.placed_at),
        "paid_at": iso(sale.placed_at),
    }
    rows.add_event(names.ORDER_SYNCED, SYSTEM, sale.placed_at, *where, told)
    if sale.paid_at is not None:
        paid = {"status": "paid", "paid": money(order.paid, currency)}
        before = {"status": "unpaid", "paid": money(0, currency)}
        told = {**told, "before": before, "after": paid, "paid_at": iso(sale.paid_at)}
        rows.add_event(names.ORDER_SYNCED, SYSTEM, sale.paid_at, *where, told)


def _pay_url(sale: Sale, person: Person) -> str:
    return f"{settings.PUBLIC_URL}/demo-shop/?store={sale.shop.key}&buyer={person.row.external_id}#orders"
