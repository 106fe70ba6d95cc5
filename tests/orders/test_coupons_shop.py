"""The till of the demo shop: a code of the desk is taken there once, and the desk hears of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orders.coupons import issuing
from orders.models import DemoShopCoupon, Order
from people.models import Buyer, Store
from tests.orders.conftest import World
from tests.orders.coupons import made, new_offer, run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def demo(settings: Any, world: World) -> World:
    settings.DEMO = True
    Store.objects.filter(pk=world.store.pk).update(key="demo")
    world.store.refresh_from_db()
    return world


def pay(client: Client, code: str, number: str = "100234") -> Any:
    said = {"store": "demo", "buyer": "1001", "number": number, "coupon": code}
    return client.post("/demo-shop/pay/", said)


def test_a_code_lowers_what_is_paid_and_the_desk_sees_it_used(demo: World, client: Client) -> None:
    code = made(demo, new_offer(demo))
    assert pay(client, code.code.lower().replace("-", "")).status_code == 302
    order = Order.objects.get(number="100234")
    assert (order.status, order.coupon_code, order.discount, order.paid) == ("paid", code.code, 500, 4990)
    code.refresh_from_db()
    assert (code.state, code.order) == ("redeemed", order)
    demo.new_order("2")
    again = pay(client, code.code, "2")
    assert again.status_code == 422
    assert "This code was used already." in again.content.decode()
    assert Order.objects.get(number="2").status == "unpaid"


def test_a_percentage_comes_to_no_more_than_its_most(demo: World, client: Client) -> None:
    code = made(demo, new_offer(demo, kind="percent", value=50, most=1_000))
    pay(client, code.code)
    assert Order.objects.get(number="100234").discount == 1_000


@pytest.mark.parametrize(
    ("offer", "words"),
    [
        ({"min_spend": 4_801}, "too small"),
        ({"kind": "percent", "value": 10, "most": 100, "min_spend": 9_000}, "too small"),
    ],
)
def test_what_the_terms_do_not_allow_is_refused_and_uses_nothing_up(
    demo: World, client: Client, offer: dict[str, Any], words: str
) -> None:
    code = made(demo, new_offer(demo, **offer))
    answer = pay(client, code.code)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert DemoShopCoupon.objects.get().redeemed_by == ""
    assert Order.objects.get(number="100234").status == "unpaid"


def test_an_unknown_a_void_an_expired_and_anothers_code_are_refused(demo: World, client: Client) -> None:
    assert "This code is not valid." in pay(client, "NOTHING").content.decode()
    code = made(demo, new_offer(demo, per_buyer=3))
    DemoShopCoupon.objects.update(terms={**DemoShopCoupon.objects.get().terms, "email": "x@y.test"})
    assert "belongs to somebody else" in pay(client, code.code).content.decode()
    past = (timezone.now() - timedelta(days=1)).isoformat()
    DemoShopCoupon.objects.update(terms={**DemoShopCoupon.objects.get().terms, "expires_at": past})
    assert "This code has expired." in pay(client, code.code).content.decode()
    issuing.revoke(agent=demo.agent, code_id=code.id)
    run(code)
    assert "This code is not valid." in pay(client, code.code).content.decode()
    assert Order.objects.get(number="100234").status == "unpaid"


def test_an_order_that_cannot_be_paid_uses_no_code_up(demo: World, client: Client) -> None:
    code = made(demo, new_offer(demo))
    paid = demo.new_order("2", status="paid", paid=5490)
    pay(client, code.code, "2")
    assert DemoShopCoupon.objects.get().redeemed_by == ""
    assert demo.shop_order(paid).discount in (None, 0)


def test_nobody_pays_anothers_order_with_a_code(demo: World, client: Client) -> None:
    Buyer.objects.create(store=demo.store, external_id="7")
    said = {"store": "demo", "buyer": "7", "number": "100234", "coupon": "X"}
    assert client.post("/demo-shop/pay/", said).status_code == 404
