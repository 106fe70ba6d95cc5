"""Making the whole: stores and people first, then block after block of buyers, orders and conversations."""

import gc
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from helpdesk.demo import people
from helpdesk.demo.cast import Block, Person, cast
from helpdesk.demo.drama import Drama, House
from helpdesk.demo.photos import Photo, store_photos
from helpdesk.demo.rows import Rows
from helpdesk.demo.sales import Sale
from helpdesk.demo.shops import IDENTITY_SECRET, SHOPS, Shop
from inbox.models import CannedReply, Channel, SearchEntry, Tag
from inbox.payloads import iso
from inbox.search import buyer_terms
from orders.models import (
    Connection,
    DemoShopOrder,
    Order,
    OrderLine,
    Payment,
    Product,
    Shipment,
)
from orders.payloads import public_order_data
from people.models import Agent, BuyerIdentity, Store, Team


def make_world(*, seed: int, scale: int, now: datetime, tell: Callable[[str], None]) -> None:
    """Fill an empty database. One transaction a block, so that a large world needs no large memory."""
    with transaction.atomic():
        stores = {shop.key: _store(shop) for shop in SHOPS}
        teams = _teams(stores)
        agents = _agents(teams)
        tags = {
            name: Tag.objects.create(name=name, color=tag["color"])
            for shop in SHOPS
            for name, tag in people.names(shop.language).tags.items()
        }
        products = {shop.key: _products(shop, stores[shop.key]) for shop in SHOPS}
        _canned(stores)
    photos = store_photos()
    with _in_bulk():
        for index in range(scale):
            block = Block(seed, index, scale, now)
            with transaction.atomic():
                for shop in SHOPS:
                    _block(block, shop, stores[shop.key], agents, teams, tags, products[shop.key], photos)
            gc.collect()
            if scale > 1:
                tell(f"{index + 1} of {scale}")


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
    Connection.objects.create(store=store, kind="demo")
    return store


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
    store: Store,
    agents: dict[str, Agent],
    teams: dict[str, Team],
    tags: dict[str, Tag],
    products: dict[str, Product],
    photos: dict[str, Photo],
) -> None:
    rows = Rows()
    persons = cast(block, shop, store)
    serving = [team for name, team in teams.items() if shop.key in people.TEAMS[name]]
    house = House(shop, store, store.channels.get(), agents, serving, tags, photos, rows)
    Drama(block, house, persons).run()
    # Orders last: what was said has changed some of them.
    kept: dict[Sale, Order] = {}
    for person in persons:
        _buyer(person, rows)
        for sale in person.sales:
            kept[sale] = _order(sale, person, store, products, rows)
    for message, sale in rows.cards:
        message.data["order"] = public_order_data(kept[sale])  # type: ignore[index]  # a card has data
    shops_own = {row.number: row for row in rows.tables[DemoShopOrder]}
    for sale, command in rows.commands:
        command.order = shops_own[sale.number]
        rows.add(command)
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
    order._prefetched_objects_cache = {"lines": lines}  # type: ignore[attr-defined]  # for the cards that show it
    if sale.paid_at is not None:
        method = sale.rng.choice(sale.shop.pays)
        reference = f"PAY-{sale.rng.getrandbits(40):010X}"
        rows.add(
            Payment(order=order, amount=sale.paid, method=method, reference=reference, paid_at=sale.paid_at)
        )
    if (shipped_at := sale.shipped_at) is not None:
        rows.add(_shipment(sale, order, shipped_at))
    rows.add(
        DemoShopOrder(
            store=store,
            number=sale.number,
            shipping_fee=sale.fee,
            dispatched=sale.shipped_at is not None,
            paid=sale.paid_at is not None,
        )
    )
    return order


def _pay_url(sale: Sale, person: Person) -> str:
    return f"{settings.PUBLIC_URL}/demo-shop/?store={sale.shop.key}&buyer={person.row.external_id}#orders"


def _shipment(sale: Sale, order: Order, shipped_at: datetime) -> Shipment:
    scans = sale.scans_until(sale.now)
    return Shipment(
        order=order,
        carrier=sale.carrier.name,
        tracking_number=sale.tracking,
        shipped_at=shipped_at,
        delivered_at=sale.delivered_at,
        events=[{"at": iso(at), "text": text, "place": place} for at, text, place in scans],
    )
