"""A small world: a store, a buyer with an unpaid order and a conversation; people who see it or do not."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from inbox.models import Channel, Conversation
from orders.models import Connection, DemoShopOrder, Order, OrderAction, OrderLine, Product
from people.models import Agent, Buyer, Store, Team
from tests.orders.faulty import FaultyStore


@dataclass
class World:
    store: Store
    agent: Agent
    colleague: Agent
    supervisor: Agent
    admin: Agent
    stranger: Agent
    buyer: Buyer
    conversation: Conversation
    order: Order
    product: Product

    def new_order(self, number: str, *, fee: int = 690, **fields: Any) -> Order:
        """Create an order of the buyer, here and at the shop."""
        fields = {"buyer": self.buyer, "store": self.store, "items_total": 4800, "currency": "USD"} | fields
        order = Order.objects.create(number=number, shipping_fee=fee, **fields)
        OrderLine.objects.create(
            order=order, product=self.product, sku="MUG-1", name="Mug", quantity=2, unit_price=2400
        )
        paid = order.status not in ("unpaid", "cancelled")
        DemoShopOrder.objects.create(store=order.store, number=number, shipping_fee=fee, paid=paid)
        return order

    def shop_order(self, order: Order | None = None) -> DemoShopOrder:
        order = order or self.order
        return DemoShopOrder.objects.get(store=order.store_id, number=order.number)


def new_store(key: str) -> Store:
    store = Store.objects.create(key=key, name=key.title(), currency="USD")
    Connection.objects.create(store=store, kind="demo")
    return store


def new_agent(name: str, team: Team | None, role: str = "agent") -> Agent:
    agent = Agent.objects.create_user(f"{name}@desk.test", None, name=name.title(), role=role)
    if team is not None:
        agent.teams.add(team)
    return agent


@pytest.fixture
def world(db: None) -> World:
    store = new_store("shop")
    team, other_team = Team.objects.create(name="Desk"), Team.objects.create(name="Other desk")
    team.stores.add(store)
    other_team.stores.add(new_store("other"))
    buyer = Buyer.objects.create(store=store, external_id="1001", name="Ada Buyer", phone="+1 555 0100")
    channel = Channel.objects.create(store=store, kind="widget", name="Web")
    product = Product.objects.create(
        store=store, sku="MUG-1", name="Mug", price=2400, currency="USD", stock=12
    )
    world = World(
        store=store,
        agent=new_agent("agent", team),
        colleague=new_agent("colleague", team),
        supervisor=new_agent("supervisor", team, "supervisor"),
        admin=new_agent("admin", None, "admin"),
        stranger=new_agent("stranger", other_team),
        buyer=buyer,
        conversation=Conversation.objects.create(store=store, buyer=buyer, channel=channel),
        order=None,  # type: ignore[arg-type]
        product=product,
    )
    world.order = world.new_order("100234", address={"line1": "1 Secret Street"})
    return world


@pytest.fixture
def frames(monkeypatch: pytest.MonkeyPatch) -> list[tuple[tuple[str, ...], str]]:
    """What was pushed, as (topics, encoded frame)."""
    sent: list[tuple[tuple[str, ...], str]] = []
    monkeypatch.setattr("events.hub.publish", lambda frames: sent.extend(frame[:2] for frame in frames))
    return sent


@pytest.fixture
def faulty(world: World, settings: Any) -> Iterator[type[FaultyStore]]:
    """Connect the world's store by a connector that can be told to fail; see tests/orders/faulty.py."""
    settings.STORE_CONNECTORS = [*settings.STORE_CONNECTORS, "tests.orders.faulty.FaultyStore"]
    Connection.objects.filter(store=world.store).update(kind="faulty")
    FaultyStore.reset()
    yield FaultyStore
    FaultyStore.reset()


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Run `work(0..count-1)` on threads that start together; return results, exceptions among them."""
    results: list[Any] = [None] * count
    start = threading.Barrier(count)

    def run(index: int) -> None:
        start.wait()
        try:
            results[index] = work(index)
        except Exception as error:
            results[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def after_the_hold(action: OrderAction) -> Any:
    return action.run_at + timedelta(milliseconds=1)


def long_after() -> Any:
    return timezone.now() + timedelta(hours=1)


Login = Callable[[Agent], Client]


@pytest.fixture
def login() -> Login:
    """Return a client that is logged in as the agent it is called with."""

    def log_in(agent: Agent) -> Client:
        client = Client()
        client.force_login(agent, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return log_in
