"""What a message about an order is after, in three languages, and which card answers it where the order allows."""

import pytest
from django.utils import timezone

from inbox.suggesting import Offer
from orders.intents import ADDRESS, PAY, WHERE, intents_of
from orders.knowing import products_in
from orders.models import Order, OrderLine, Shipment
from orders.suggesting import OrderFacts
from tests.factories import World, buyer_says, make_buyer, make_order, make_world


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Where is my parcel?", [WHERE]),
        ("hi, when will my ORDER arrive", [WHERE]),
        ("It hasn't arrived yet", [WHERE]),
        ("my tracking number does not work", [WHERE]),
        ("I gave you the wrong address", [ADDRESS]),
        ("how can I pay?", [PAY]),
        ("My payment failed, and where do you ship the order?", [PAY, WHERE]),
        ("Missä pakettini on?", [WHERE]),
        ("Milloin tilaus toimitetaan?", [WHERE]),
        ("Voinko vaihtaa osoitteen?", [ADDRESS]),
        ("En pysty maksamaan", [PAY]),
        ("我的快递到哪了？", [WHERE]),
        ("怎么还不发货", [WHERE]),
        ("地址写错了", [ADDRESS]),
        ("付款失败了", [PAY]),
        ("改一下地址，顺便问一下物流", [ADDRESS, WHERE]),
        ("Is the mug dishwasher safe?", []),
        ("Do you repay kindness?", []),
        ("Hello", []),
        ("你好", []),
        ("Kiitos!", []),
        ("", []),
        ("🙂" * 5_000, []),
    ],
)
def test_intents_are_recognised(text: str, wanted: list[str]) -> None:
    assert intents_of(text) == wanted


def offers(world: World, text: str) -> list[Offer]:
    posted = buyer_says(world.kim, text)
    conversation = posted.conversation
    conversation.buyer, conversation.store = world.kim, world.store
    return OrderFacts().offers(agent=world.ann, conversation=conversation, message=posted.message)


def cards(world: World, text: str) -> list[tuple[str, str] | None]:
    return [offer.card for offer in offers(world, text)]


def test_the_newest_order_that_allows_it_is_meant_unless_one_is_named(world: World) -> None:
    sent = make_order(world.kim, "300001", status=Order.Status.SHIPPED)
    Shipment.objects.create(order=sent, carrier="DHL", tracking_number="T1", shipped_at=timezone.now())
    paid = make_order(world.kim, "300002", status=Order.Status.PAID)
    assert cards(world, "Where is my parcel?") == [("tracking", str(sent.id))]
    assert cards(world, "Where is my order 300002?") == [("order", str(paid.id))]
    assert [offer.detail for offer in offers(world, "Where is my parcel?")] == ["300001"]


def test_an_address_is_asked_about_while_it_can_change_and_once(world: World) -> None:
    assert cards(world, "wrong address") == []  # it has none
    Order.objects.update(address={"line1": "1 Street", "city": "Town", "country": "US"})
    assert cards(world, "wrong address") == [("check_address", str(world.order.id))]
    Order.objects.update(status=Order.Status.SHIPPED)
    assert cards(world, "wrong address") == []


def test_who_may_not_be_reminded_gets_the_order(world: World) -> None:
    assert cards(world, "how do I pay") == [("order", str(world.order.id))]  # no link to pay at
    Order.objects.update(pay_url="https://shop.test/pay")
    assert cards(world, "how do I pay") == [("payment", str(world.order.id))]
    Order.objects.update(status=Order.Status.PAID)
    assert cards(world, "how do I pay") == []


def test_nobody_elses_order_is_offered(world: World) -> None:
    other = make_buyer(world.store, name="Else")
    theirs = make_order(other, "400001", status=Order.Status.PAID)
    assert cards(world, f"Where is order {theirs.number}?") == []


def test_a_conversation_is_about_what_was_bought_and_what_was_shown(world: World) -> None:
    OrderLine.objects.create(order=world.order, sku="", name="Fee", quantity=1, unit_price=1)
    newer = make_order(world.kim, "500001")
    OrderLine.objects.create(order=newer, sku="CUP-1", name="Cup", quantity=1, unit_price=1)
    conversation = buyer_says(world.kim).conversation
    assert products_in(world.ann, conversation) == {"MUG-1": "Mug", "CUP-1": "Cup"}
    assert products_in(world.zoe, conversation) == {}
