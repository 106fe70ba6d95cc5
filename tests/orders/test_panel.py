"""The orders beside a conversation: whose they are, filters, pages, and looking up any other."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox.models import Message
from inbox.search import index_buyer
from orders.listing import same_person
from orders.models import Order, OrderNote, Shipment
from people.models import Agent, Buyer, Store, Team
from tests.orders.conftest import World, new_store

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
Login = Callable[[Agent], Client]


@pytest.fixture
def login() -> Login:
    def log_in(agent: Agent) -> Client:
        client = Client()
        client.force_login(agent, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return log_in


@pytest.fixture
def client(world: World, login: Login) -> Client:
    return login(world.agent)


def panel(world: World, tab: str = "orders/") -> str:
    return f"/inbox/{world.conversation.id}/panel/{tab}"


def read(client: Client, path: str, **query: str) -> str:
    response = client.get(path, query, headers=HTMX)
    assert response.status_code == 200, response.content[:500]
    return response.content.decode()


def numbers(html: str) -> list[str]:
    return re.findall(r'<summary>.*?<span class="strong num">([^<]+)</span>', html, re.S)


def second_store(world: World) -> Store:
    """Another store that the same team serves."""
    store = new_store("second")
    Team.objects.get(name="Desk").stores.add(store)
    return store


def test_a_filter_shows_one_status_and_each_says_how_many(world: World, client: Client) -> None:
    for n in range(3):
        world.new_order(f"2{n}", status="paid")
    html = read(client, panel(world))
    assert len(numbers(html)) == 4
    counts = re.findall(r'panel-filter-(\w+)".*?panel-filter-count">(\d+)<', html, re.S)
    assert counts == [("all", "4"), ("unpaid", "1"), ("paid", "3")]
    assert numbers(read(client, panel(world), status="unpaid")) == ["100234"]
    assert len(numbers(read(client, panel(world), status="nonsense"))) == 4


def test_one_status_alone_needs_no_filter(world: World, client: Client) -> None:
    assert "panel-filter-count" not in read(client, panel(world))


def test_older_orders_come_page_by_page(world: World, client: Client) -> None:
    now = timezone.now()
    for n in range(44):
        world.new_order(f"3{n:03}", placed_at=now - timedelta(minutes=n // 9))
    html = read(client, panel(world))
    seen = numbers(html)
    assert len(seen) == 20
    while found := re.search(r'hx-get="(/inbox/[^"]*cursor=[^"]+)"', html):
        html = read(client, found.group(1).replace("&amp;", "&"))
        seen += numbers(html)
    assert seen == list(Order.objects.order_by("-placed_at", "-id").values_list("number", flat=True))


# -- The same person at other stores


@pytest.mark.parametrize(
    ("here", "there", "same"),
    [
        ({"email": "ada@a.test"}, {"email": "ADA@a.test"}, True),
        ({"phone": "+1 555 0100"}, {"phone": "+1 555 0100"}, True),
        ({"email": "", "phone": ""}, {"email": "", "phone": ""}, False),
        ({"email": "ada@a.test"}, {"email": "ada@b.test"}, False),
        ({"email": "ada@a.test"}, {"email": "ada@a.test", "external_id": None}, False),
        ({"email": "ada@a.test", "external_id": None}, {"email": "ada@a.test"}, False),
    ],
)
def test_a_person_is_the_same_where_both_stores_vouch_for_it(
    world: World, client: Client, here: dict[str, Any], there: dict[str, Any], same: bool
) -> None:
    Buyer.objects.filter(pk=world.buyer.pk).update(**{"email": "", "phone": "", **here})
    store = second_store(world)
    other = Buyer.objects.create(**{"store": store, "external_id": "77", **there})
    world.new_order("900900", store=store, buyer=other)
    html = read(client, panel(world))
    assert ("900900" in numbers(html)) is same
    if same:
        assert "Second" in html
        # It can be seen here, and has no way into this chat.
        element = html[html.index("900900") - 600 : html.index("900900") + 6000]
        assert f"{other.id}" in html
        assert element


def test_stores_that_the_agent_does_not_serve_stay_unknown(
    world: World, client: Client, login: Login
) -> None:
    Buyer.objects.update(email="ada@a.test")
    store = Store.objects.get(key="other")
    other = Buyer.objects.create(store=store, external_id="77", email="ada@a.test")
    world.new_order("900900", store=store, buyer=other)
    assert numbers(read(client, panel(world))) == ["100234"]
    assert set(numbers(read(login(world.admin), panel(world)))) == {"100234", "900900"}


def test_an_order_of_another_store_is_not_sent_into_this_chat(world: World, client: Client) -> None:
    Buyer.objects.update(email="ada@a.test")
    store = second_store(world)
    other = Buyer.objects.create(store=store, external_id="77", email="ada@a.test")
    order = world.new_order("900900", store=store, buyer=other)
    html = read(client, panel(world, f"orders/{order.id}/"))
    assert "/card/" not in html
    assert "/cards/" not in html
    refused = client.post(panel(world, f"orders/{order.id}/card/"), {"client_id": "c1"}, headers=HTMX)
    assert refused.status_code == 422
    assert "no such order" in refused.content.decode()
    for kind in ("payment", "tracking"):
        said = {"client_id": "c1", "ref": str(order.id)}
        assert client.post(panel(world, f"cards/{kind}/"), said, headers=HTMX).status_code == 404
    assert not Message.objects.exists()


def test_the_person_is_found_by_indexes(world: World) -> None:
    Buyer.objects.update(email="ada@a.test")
    world.buyer.refresh_from_db()
    second_store(world)
    with CaptureQueriesContext(connection) as queries:
        same_person(None, world.buyer)
    assert len(queries) == 3  # which stores there are, by address, by number
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for query in queries.captured_queries[1:]:
                cursor.execute("EXPLAIN QUERY PLAN " + query["sql"])
                assert any("buyer_by_" in str(row) for row in cursor.fetchall()), query["sql"]


def test_a_parcel_that_is_late_is_flagged_and_one_on_its_way_is_not(world: World, client: Client) -> None:
    Order.objects.update(status="shipped")
    fine = {
        "carrier": "UPS",
        "tracking_number": "1Z9",
        "events": [{"at": "2026-01-01T08:00:00Z", "text": "Left"}],
    }
    Shipment.objects.create(order=world.order, **fine)
    html = read(client, panel(world))
    assert "https://www.ups.com/track?tracknum=1Z9" in html
    assert "Late" not in html
    assert "Stuck" not in html
    Shipment.objects.update(expected_at=timezone.now() - timedelta(minutes=1))
    html = read(client, panel(world))
    assert html.count("Late") == 2  # at the order, and at the parcel


# -- Any order


@pytest.mark.parametrize("q", ["900", "#900900", "Eve", "0177", "mug-1"])
def test_any_order_can_be_looked_up(world: World, client: Client, q: str) -> None:
    eve = Buyer.objects.create(store=world.store, external_id="666", name="Eve Else", phone="+1 555 0177")
    index_buyer(eve)
    world.new_order("900900", buyer=eve)
    html = read(client, panel(world), q=q)
    assert "900900" in numbers(html)
    assert "Eve Else" in html


def test_an_order_is_looked_up_for_a_visitor_whom_nobody_knows(
    world: World, client: Client, login: Login
) -> None:
    visitor = Buyer.objects.create(store=world.store)
    type(world.conversation).objects.update(buyer=visitor)
    assert "look it up above" in read(client, panel(world))
    assert numbers(read(client, panel(world), q="100234")) == ["100234"]
    assert numbers(read(client, panel(world), q="nothing-fits")) == []
    other = new_store("third")
    world.new_order("800800", store=other, buyer=Buyer.objects.create(store=other, external_id="5"))
    assert numbers(read(client, panel(world), q="800800")) == []


@pytest.mark.parametrize("q", ["%", "'; DROP TABLE orders_order; --", "x" * 5000, "y\x00", "<script>"])
def test_whatever_is_typed_is_only_looked_for(world: World, client: Client, q: str) -> None:
    html = read(client, panel(world), q=q)
    assert numbers(html) == []
    assert "<script>" not in html


def test_only_the_list_comes_while_one_types(world: World, client: Client) -> None:
    whole = read(client, panel(world))
    assert 'id="panel-q"' in whole
    part = client.get(
        panel(world), {"q": "1"}, headers={**HTMX, "HX-Target": "panel-orders"}
    ).content.decode()
    assert part.strip().startswith('<div class="panel-orders"')
    filters = read(client, panel(world), part="filters")
    assert filters.strip().startswith("<nav")


@pytest.mark.parametrize("q", ["", "1"])
def test_the_number_of_queries_stays_whatever_is_shown(world: World, client: Client, q: str) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            read(client, panel(world), **({"q": q} if q else {}))
        return len(queries)

    Order.objects.update(pay_url="https://shop.test/pay")
    read(client, panel(world))
    OrderNote.objects.create(order=world.order, agent=world.agent, text="x", color="red")
    Shipment.objects.create(order=world.order, carrier="UPS", tracking_number="1")
    one = count()
    for n in range(15):
        order = world.new_order(f"1{n:03}", pay_url="https://shop.test/pay")
        OrderNote.objects.create(order=order, agent=world.agent, text="x", color="red")
        Shipment.objects.create(order=order, carrier="UPS", tracking_number="1")
    assert count() == one


def test_strangers_see_no_panel(world: World, login: Login) -> None:
    stranger = login(world.stranger)
    assert stranger.get(panel(world), headers=HTMX).status_code == 404
    assert stranger.get(panel(world), {"q": "100234"}, headers=HTMX).status_code == 404
    said = {"client_id": "c1", "ref": str(world.order.id)}
    assert stranger.post(panel(world, "cards/payment/"), said).status_code == 404


def test_a_card_of_no_kind_is_not_found(world: World, client: Client) -> None:
    assert client.post(panel(world, "cards/order/"), {}).status_code == 404
    assert client.post(panel(world, "cards/x/"), {}).status_code == 404
    assert client.post(panel(world, "cards/tracking/"), {"ref": str(uuid4())}).status_code == 404
    assert client.post(panel(world, "cards/payment/"), {"ref": str(world.order.id)}).status_code == 422
