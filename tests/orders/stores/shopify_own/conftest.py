"""The played Shopify shop, and a connector to it."""

from collections.abc import Iterator
from typing import Any

import pytest

from orders.stores.shopify import ShopifyStore
from people.models import Store
from tests.orders.stores.fake_shopify import FakeShopify
from tests.orders.stores.test_shopify import ShopifyShop


@pytest.fixture(autouse=True)
def _reach_this_machine(settings: Any) -> None:
    settings.OUTGOING_TO_PRIVATE = True


@pytest.fixture
def shop() -> Iterator[ShopifyShop]:
    shop = ShopifyShop(Store.objects.create(key="shop", name="Shop", currency="USD"))
    yield shop
    shop.server.close()


@pytest.fixture
def server(shop: ShopifyShop) -> FakeShopify:
    return shop.server


@pytest.fixture
def connector(shop: ShopifyShop) -> ShopifyStore:
    return ShopifyStore(shop.connection)
