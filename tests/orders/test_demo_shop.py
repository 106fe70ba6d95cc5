"""The demo shop: there in the demo, and nowhere else."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from orders.models import DemoShopOrder, Order
from people.models import Store
from people.visitors import verify_identity
from tests.orders.acting import act, paid_order, run
from tests.orders.conftest import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def demo(settings: Any, world: World) -> World:
    settings.DEMO = True
    Store.objects.filter(pk=world.store.pk).update(key="demo")
    world.store.refresh_from_db()
    return world


def identity(html: str) -> dict[str, str]:
    found = re.search(r'<script id="identity" type="application/json">(.*?)</script>', html)
    assert found
    said: dict[str, str] = json.loads(found.group(1))
    return said


def test_there_is_no_shop_outside_the_demo(world: World, client: Client, settings: Any) -> None:
    settings.DEMO = False
    for path in ("/demo-shop/", "/demo-shop/orders/", "/demo-shop/?buyer=1001"):
        assert client.get(path).status_code == 404
    assert client.post("/demo-shop/pay/", {"number": "100234", "buyer": "1001"}).status_code == 404


def test_an_anonymous_visitor_gets_no_token_and_no_orders(demo: World, client: Client) -> None:
    html = client.get("/demo-shop/").content.decode()
    assert identity(html)["token"] == ""
    assert "100234" not in html
    assert "Mug" in html


def test_a_buyer_gets_a_token_that_the_desk_believes_and_only_for_this_store(
    demo: World, client: Client
) -> None:
    html = client.get("/demo-shop/?buyer=1001").content.decode()
    said = verify_identity(demo.store, identity(html)["token"])
    assert (said.external_id, said.name) == ("1001", "Ada Buyer")
    assert "100234" in html
    with pytest.raises(ValueError, match="ignature"):
        verify_identity(Store.objects.get(key="other"), identity(html)["token"])


def test_my_orders_show_the_shops_own_fee(demo: World, client: Client) -> None:
    DemoShopOrder.objects.update(shipping_fee=123)
    assert "$1.23" in client.get("/demo-shop/orders/?buyer=1001").content.decode()


def test_paying_at_the_shop_tells_the_desk(demo: World, client: Client) -> None:
    answer = client.post("/demo-shop/pay/", {"store": "demo", "buyer": "1001", "number": "100234"})
    assert answer.status_code == 302
    order = Order.objects.get(number="100234")
    assert (order.status, order.paid, order.payments.count()) == ("paid", order.total, 1)
    client.post("/demo-shop/pay/", {"store": "demo", "buyer": "1001", "number": "100234"})
    assert order.payments.count() == 1


def test_nobody_pays_for_another(demo: World, client: Client) -> None:
    for buyer in ("", "9"):
        said = {"store": "demo", "buyer": buyer, "number": "100234"}
        assert client.post("/demo-shop/pay/", said).status_code == 404
    assert Order.objects.get(number="100234").status == "unpaid"


def test_an_unknown_store_is_not_found(demo: World, client: Client) -> None:
    assert client.get("/demo-shop/?store=nowhere").status_code == 404


def test_nothing_on_the_page_is_written_inline(demo: World, client: Client) -> None:
    response = client.get("/demo-shop/?buyer=1001")
    html = response.content.decode()
    assert not re.search(r"\sstyle=|\son\w+=|<style", html)
    for script in re.findall(r"<script[^>]*>", html):
        assert "src=" in script or "application/json" in script
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]


def test_my_orders_are_what_the_shop_has(demo: World, client: Client) -> None:
    shop = demo.shop_order()
    shop.address = {"name": "Ada Buyer", "line1": "99 Oak Avenue", "city": "Salem", "country": "US"}
    shop.lines = [{"sku": "CUP-1", "name": "Cup", "variant": "", "quantity": 3, "unit_price": 900}]
    shop.refunded, shop.on_hold = 250, True
    shop.save()
    html = client.get("/demo-shop/orders/?buyer=1001").content.decode()
    for words in ("99 Oak Avenue", "3 × Cup", "$2.50", "On hold"):
        assert words in html


def test_a_label_is_there_for_goods_that_are_awaited_and_for_nothing_else(
    demo: World, client: Client, settings: Any
) -> None:
    order = paid_order(demo, status="delivered")
    asked = {"store": "demo", "number": order.number}
    assert client.get("/demo-shop/return/", asked).status_code == 404
    params = {"lines": [{"sku": "MUG-1", "quantity": 1}], "goods_back": True}
    run(act(demo, "refund", params, order=order))
    assert order.returns.get().label_url.endswith(f"/demo-shop/return/?store=demo&number={order.number}")
    answer = client.get("/demo-shop/return/", asked)
    assert "1 × Mug" in answer.content.decode()
    settings.DEMO = False
    assert client.get("/demo-shop/return/", asked).status_code == 404
