"""What every store connector promises (orders/stores/base.py). A new connector adds a `Shop` to SHOPS.

A shop says how its connector is connected, and gives orders in the states that matter.
"""

from collections.abc import Callable
from typing import Any, Protocol

import pytest
from django.conf import settings
from django.utils.dateparse import parse_datetime
from django.utils.module_loading import import_string

from orders.models import Connection, DemoShopOrder
from orders.stores.base import StoreConnector, StoreRefused
from people.models import Store
from tests.orders.conftest import at_once

pytestmark = pytest.mark.django_db(transaction=True)


class Shop(Protocol):
    """The other side of a connector, as a test needs it."""

    def __init__(self, store: Store) -> None: ...
    def connector(self) -> StoreConnector: ...
    def new_order(self, number: str, *, fee: int, paid: bool = False, dispatched: bool = False) -> None: ...
    def fee_of(self, number: str) -> int: ...


class DemoShop:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.connection = Connection.objects.create(store=store, kind="demo")

    def connector(self) -> StoreConnector:
        found: type[StoreConnector] = import_string("orders.stores.demo.DemoStore")
        return found(self.connection)

    def new_order(self, number: str, *, fee: int, paid: bool = False, dispatched: bool = False) -> None:
        DemoShopOrder.objects.create(
            store=self.store, number=number, shipping_fee=fee, paid=paid, dispatched=dispatched
        )

    def fee_of(self, number: str) -> int:
        return DemoShopOrder.objects.get(store=self.store, number=number).shipping_fee


SHOPS: dict[str, Callable[[Store], Shop]] = {"orders.stores.demo.DemoStore": DemoShop}


@pytest.fixture(params=sorted(SHOPS))
def shop(request: pytest.FixtureRequest) -> Shop:
    shop = SHOPS[request.param](Store.objects.create(key="shop", name="Shop"))
    shop.new_order("A1", fee=690)
    return shop


def change(shop: Shop, fee: int = 0, *, key: str = "key-1", expected: int = 690, number: str = "A1") -> Any:
    return shop.connector().change_shipping_fee(
        order_number=number, fee=fee, currency="USD", key=key, expected=expected
    )


def test_every_connector_of_the_settings_is_tested_here() -> None:
    assert set(settings.STORE_CONNECTORS) == set(SHOPS)


@pytest.mark.parametrize("path", settings.STORE_CONNECTORS)
def test_a_connector_says_what_it_is_and_can_do(path: str) -> None:
    connector = import_string(path)
    assert connector.kind
    assert connector.label
    for capability in connector.capabilities:
        assert getattr(connector, capability) is not getattr(StoreConnector, capability)


def test_a_command_changes_the_store_and_says_so(shop: Shop) -> None:
    result = change(shop)
    assert result["shipping_fee"] == shop.fee_of("A1") == 0
    moment = parse_datetime(result["updated_at"])
    assert moment is not None
    assert moment.tzinfo is not None


def test_the_same_key_again_is_the_same_result_and_no_second_change(shop: Shop) -> None:
    first = change(shop)
    change(shop, 500, key="key-2", expected=0)
    assert change(shop) == first
    assert shop.fee_of("A1") == 500


def test_the_same_key_many_times_at_once_is_one_change(shop: Shop) -> None:
    results = at_once(8, lambda _: change(shop))
    assert [r["shipping_fee"] for r in results] == [0] * 8


def test_a_lookup_knows_what_was_carried_out_and_nothing_else(shop: Shop) -> None:
    assert shop.connector().lookup("key-1") is None
    result = change(shop)
    assert shop.connector().lookup("key-1") == result
    with pytest.raises(StoreRefused):
        change(shop, key="key-2", expected=690)
    assert shop.connector().lookup("key-2") is None


def test_a_fee_that_is_not_what_was_expected_is_refused(shop: Shop) -> None:
    with pytest.raises(StoreRefused):
        change(shop, expected=500)
    assert shop.fee_of("A1") == 690


@pytest.mark.parametrize("state", [{"paid": True}, {"dispatched": True}])
def test_an_order_that_is_paid_or_on_its_way_is_refused(shop: Shop, state: dict[str, bool]) -> None:
    shop.new_order("A2", fee=690, **state)
    with pytest.raises(StoreRefused):
        change(shop, number="A2")
    assert shop.fee_of("A2") == 690


def test_an_order_that_the_store_does_not_know_is_refused(shop: Shop) -> None:
    with pytest.raises(StoreRefused):
        change(shop, number="nowhere")
