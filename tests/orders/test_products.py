"""What a store sells, beside a conversation: found, shown and sent."""

import json
import re
from collections.abc import Callable

import pytest
from django.test import Client

from inbox.access import store_ids_for
from inbox.cards import send_card
from inbox.errors import NotFound
from inbox.models import Message
from inbox.services import Posted
from orders.models import OrderLine, Product
from people.models import Agent, Store
from tests.orders.conftest import World

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def client(world: World) -> Client:
    client = Client()
    client.force_login(world.agent, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def add(world: World) -> Callable[..., Product]:
    def add(name: str, **fields: object) -> Product:
        fields = {
            "store": world.store,
            "sku": name[:40],
            "price": 1000,
            "currency": "USD",
            "stock": 9,
            **fields,
        }
        return Product.objects.create(name=name, **fields)

    return add


def found(client: Client, world: World, q: str | None = None) -> list[str]:
    path = f"/inbox/{world.conversation.id}/panel/products/"
    html = client.get(path, {} if q is None else {"q": q}, headers=HTMX).content.decode()
    return re.findall(r'<div class="order-line-name">([^<]+)</div>', html)


def send(world: World, ref: object, agent: Agent | None = None) -> Posted:
    agent = agent or world.agent
    return send_card(
        agent=agent,
        stores=store_ids_for(agent),
        conversation_id=world.conversation.id,
        kind="product",
        ref=str(ref),
        client_id=f"p-{ref}",
    )


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("紫砂", ["紫砂壶套装"]),
        ("套装", ["紫砂壶套装", "茶杯套装"]),
        ("套装 紫砂", ["紫砂壶套装"]),
        ("kettle", ["Iron kettle"]),
        ("KET", ["Iron kettle"]),
        ("k-77", ["Iron kettle"]),
        ("kitchen", ["Iron kettle"]),
        ("nothing", []),
        ("%", []),
    ],
)
def test_products_are_found_by_name_sku_and_category(
    world: World, client: Client, add: Callable[..., Product], q: str, names: list[str]
) -> None:
    add("紫砂壶套装")
    add("茶杯套装")
    add("Iron kettle", sku="K-77", category="Kitchen")
    add("Secret kettle", active=False)
    add("Their kettle", store=Store.objects.get(key="other"))
    assert sorted(found(client, world, q)) == sorted(names)


def test_what_the_buyer_ordered_stands_first_where_nothing_is_typed(
    world: World, client: Client, add: Callable[..., Product]
) -> None:
    add("A cup")
    zen = add("Zen stone")
    order = world.new_order("777")
    OrderLine.objects.create(order=order, product=zen, sku="Z", name="Zen stone", quantity=1, unit_price=1)
    shown = found(client, world)
    assert shown[:2] in (["Mug", "Zen stone"], ["Zen stone", "Mug"])
    assert shown[2:] == ["A cup"]
    assert found(client, world, "cup") == ["A cup"]


def test_sold_out_is_said(world: World, client: Client, add: Callable[..., Product]) -> None:
    add("Rare cup", stock=0)
    path = f"/inbox/{world.conversation.id}/panel/products/"
    html = client.get(path, {"q": "rare"}, headers=HTMX).content.decode()
    assert "Sold out" in html
    assert "data-sold-out" in html


@pytest.mark.parametrize(
    ("stock", "state"), [(0, "sold_out"), (-3, "sold_out"), (2, "few"), (50, "in_stock")]
)
def test_a_product_card_says_whether_there_are_any_and_not_how_many(
    world: World, stock: int, state: str
) -> None:
    Product.objects.update(stock=stock, url="https://shop.test/mug", image="https://cdn.test/mug.jpg")
    posted = send(world, world.product.id)
    product = posted.payload["card"]["product"]
    assert product["stock"] == state
    assert product["image"] == "https://cdn.test/mug.jpg"
    assert product["price"] == {"amount": 2400, "currency": "USD"}
    assert posted.payload["body"].startswith("Mug · $24.00")
    assert posted.payload["body"].endswith("https://shop.test/mug")
    assert str(stock) not in json.dumps({k: v for k, v in product.items() if k in ("name", "stock", "sku")})


@pytest.mark.parametrize(
    "image", ["http://cdn.test/x.jpg", "//cdn.test/x.jpg", "javascript:alert(1)//", "data:image/x"]
)
def test_a_picture_that_is_not_safe_to_load_is_left_out(world: World, image: str) -> None:
    Product.objects.update(image=image)
    assert send(world, world.product.id).payload["card"]["product"]["image"] == ""


def test_only_what_this_store_sells_is_sent(world: World, add: Callable[..., Product]) -> None:
    theirs = add("Their cup", store=Store.objects.get(key="other"))
    gone = add("Gone cup", active=False)
    for ref in (theirs.id, gone.id, "MUG-1", ""):
        with pytest.raises(NotFound):
            send(world, ref)
        with pytest.raises(NotFound):
            send(world, ref, world.admin)
    assert not Message.objects.exists()


def test_one_click_sends_it_once(world: World, client: Client) -> None:
    path = f"/inbox/{world.conversation.id}/panel/cards/product/"
    said = {"client_id": "c1", "ref": str(world.product.id), "small": "1"}
    for _ in range(2):
        html = client.post(path, said, headers=HTMX).content.decode()
        assert "Sent to the chat" in html
    assert Message.objects.filter(kind="card").count() == 1


def test_pictures_may_come_from_shops_on_the_pages_that_show_them_alone(world: World, client: Client) -> None:
    def policy(path: str) -> str:
        rules = client.get(path).headers["Content-Security-Policy"].split(";")
        return next(rule.strip() for rule in rules if rule.strip().startswith("img-src"))

    for path in ("/inbox/", "/orders/", f"/orders/{world.order.id}/", f"/widget/{world.store.key}/"):
        assert policy(path).endswith(" https:"), path
    assert "https:" not in policy("/settings/profile/")
