"""A small believable world, built by plain functions; `world` in conftest.py is one of it for each test.

Two stores with a team each. Ann and Bob serve the first one, Sue supervises it, Zoe serves the second, Eve
administers everything. Kim, whom the first store vouches for, has an unpaid order and no conversation yet.
"""

import time
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

import jwt
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from events.record import Actor
from inbox.models import Channel, Conversation
from inbox.services import Draft, Posted, post_message
from orders.models import Connection, Order, OrderLine, Product
from people.models import Agent, Buyer, Store, Team, VisitorSession
from people.visitors import VOUCHED_FOR, new_token

_numbers = count(1)


@dataclass
class World:
    store: Store
    other_store: Store
    team: Team
    other_team: Team
    channel: Channel
    other_channel: Channel
    ann: Agent  # serves the store
    bob: Agent  # her colleague
    sue: Agent  # supervises the same team
    zoe: Agent  # a stranger: serves the other store only
    eve: Agent  # the admin, in no team
    kim: Buyer  # verified, at the store
    order: Order


def make_world() -> World:
    store, other_store = make_store("shop"), make_store("other")
    team, other_team = make_team("Desk", store), make_team("Other desk", other_store)
    kim = make_buyer(store, external_id="1001", name="Kim Buyer", email="kim@buyers.test")
    return World(
        store=store,
        other_store=other_store,
        team=team,
        other_team=other_team,
        channel=Channel.objects.get(store=store),
        other_channel=Channel.objects.get(store=other_store),
        ann=make_agent("Ann", team),
        bob=make_agent("Bob", team),
        sue=make_agent("Sue", team, role="supervisor"),
        zoe=make_agent("Zoe", other_team),
        eve=make_agent("Eve", role="admin"),
        kim=kim,
        order=make_order(kim, "100234"),
    )


def make_store(key: str, **fields: Any) -> Store:
    """A store with a widget and with the demo's connector."""
    store = Store.objects.create(key=key, name=key.title(), **{"currency": "USD"} | fields)
    Channel.objects.create(store=store, kind="widget", name="Web")
    Connection.objects.create(store=store, kind="demo")
    return store


def make_team(name: str, *stores: Store) -> Team:
    team = Team.objects.create(name=name)
    team.stores.set(stores)
    return team


def make_agent(name: str, *teams: Team, **fields: Any) -> Agent:
    agent = Agent.objects.create_user(f"{name.lower()}@desk.test", None, name=name, **fields)
    agent.teams.set(teams)
    return agent


def make_buyer(store: Store, **fields: Any) -> Buyer:
    return Buyer.objects.create(store=store, **fields)


def make_order(buyer: Buyer, number: str, **fields: Any) -> Order:
    """An unpaid order: two mugs, 48.00 and 6.90 for shipping."""
    given = {"currency": "USD", "items_total": 4800, "shipping_fee": 690} | fields
    order = Order.objects.create(store=buyer.store, buyer=buyer, number=number, **given)
    product, _ = Product.objects.get_or_create(
        store=buyer.store,
        sku="MUG-1",
        defaults={"name": "Mug", "price": 2400, "currency": "USD", "stock": 12},
    )
    OrderLine.objects.create(
        order=order, product=product, sku="MUG-1", name="Mug", quantity=2, unit_price=2400
    )
    return order


# -- Saying something


def client_id() -> str:
    return f"test-{next(_numbers)}"


def buyer_draft(buyer: Buyer, body: str = "Hello", **fields: Any) -> Draft:
    channel = Channel.objects.get(store=buyer.store_id, kind="widget")
    given = {"client_id": client_id(), "body": body, "buyer_id": buyer.id, "channel_id": channel.id}
    return Draft(actor=Actor.buyer(buyer), **given | fields)


def agent_draft(agent: Agent, conversation: Conversation | UUID, body: str = "Hello", **fields: Any) -> Draft:
    conversation_id = conversation if isinstance(conversation, UUID) else conversation.id
    given = {"client_id": client_id(), "body": body, "conversation_id": conversation_id}
    return Draft(actor=Actor.agent(agent), **given | fields)


def buyer_says(buyer: Buyer, body: str = "Hello", **fields: Any) -> Posted:
    return post_message(buyer_draft(buyer, body, **fields))


def agent_says(agent: Agent, conversation: Conversation | UUID, body: str = "Hello", **fields: Any) -> Posted:
    return post_message(agent_draft(agent, conversation, body, **fields))


# -- Being let in


def log_in(agent: Agent) -> str:
    """Log an agent in without the log-in page; return the session's key, which is the cookie's value."""
    session = SessionStore()
    session[SESSION_KEY] = str(agent.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = agent.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def visit(buyer: Buyer) -> str:
    """Open the widget as a buyer; return the visitor's token."""
    token = new_token()
    VisitorSession.objects.create(
        token_digest=VisitorSession.digest(token),
        buyer=buyer,
        verified_until=timezone.now() + VOUCHED_FOR if buyer.is_verified else None,
    )
    return token


def identity(
    store: Store, sub: Any = "1001", *, secret: str = "", algorithm: str = "HS256", **claims: Any
) -> str:
    """Return what a shop signs for its buyer. `secret` and `algorithm` are for forgeries."""
    payload = {"sub": sub, "exp": int(time.time()) + 300} | claims
    said = {name: value for name, value in payload.items() if value is not None}
    key = None if algorithm == "none" else secret or store.identity_secret
    return jwt.encode(said, key, algorithm)  # type: ignore[arg-type]  # no key is what "none" means
