"""The django-oscar connector with the real django-oscar: see live_oscar.py, which installs it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from orders import taking_in
from orders.models import Connection, Order, Product
from orders.stores.base import StoreRefused
from orders.stores.oscar import ADMIN_IS_OFF, OscarStore
from people.models import Store
from tests.orders.stores import live_oscar
from tests.orders.stores.contract import ADDRESS, FEE, ITEMS, LINES, StoreContract
from tests.orders.stores.live_oscar import PASSWORD, USER, Site

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(
        not live_oscar.is_ready(),
        reason="no django-oscar in var/oscar: .venv/bin/python -m tests.orders.stores.live_oscar installs it",
    ),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("oscar"), LINES)
    yield site
    site.close()


class LiveShop:
    server = None

    def __init__(self, site: Site, store: Store) -> None:
        self.site = site
        self.connection = Connection.objects.create(
            store=store, kind="oscar", config={"url": site.url, "user": USER}, secrets={"password": PASSWORD}
        )
        site.ask(do="forget")

    def new_order(
        self, number: str, *, paid: bool = False, dispatched: bool = False, updated_at: datetime | None = None
    ) -> None:
        when = (updated_at or datetime.now(UTC)).isoformat()
        self.site.ask(do="order", number=number, placed_at=when, fee=FEE, lines=LINES, address=ADDRESS)

    def seen(self, number: str) -> dict[str, Any]:
        return {}

    def coupons(self) -> dict[str, dict[str, Any]]:
        return {}

    def redeem(self, code: str) -> None:
        raise NotImplementedError

    def take_in_all(self, mark: str = "") -> str:
        for page in OscarStore(self.connection).changes(mark):
            assert taking_in.take_in_each(self.connection.store, page) == []
            mark = page.mark
        return mark


class TestLiveOscar(StoreContract):
    path = "orders.stores.oscar.OscarStore"

    @pytest.fixture(autouse=True)
    def _reach_this_machine(self, settings: Any) -> None:
        settings.OUTGOING_TO_PRIVATE = True

    @pytest.fixture
    def shop(self, site: Site, store: Store) -> LiveShop:
        return LiveShop(site, store)

    def test_what_a_buyer_orders_by_the_shops_own_checkout_arrives(self, shop: LiveShop, site: Site) -> None:
        ada = ("ada@buyer.test", "buyer-password")
        with httpx.Client(base_url=site.url, auth=ada, timeout=30, trust_env=False) as buyer:
            product = buyer.get("/products/").json()[0]["url"]
            added = buyer.post("/basket/add-product/", json={"url": product, "quantity": 3})
            assert added.status_code == 200, added.text
            first, _space, last = ADDRESS["name"].partition(" ")
            placed = buyer.post(
                "/checkout/",
                json={
                    "basket": added.json()["url"],
                    "shipping_address": {
                        "country": f"{site.url}/countries/DE/",
                        "first_name": first,
                        "last_name": last,
                        "line1": ADDRESS["line1"],
                        "line4": ADDRESS["city"],
                        "postcode": ADDRESS["postcode"],
                        "phone_number": ADDRESS["phone"],
                        "notes": "Ring twice",
                    },
                },
            )
            assert placed.status_code == 200, placed.text
        mark = shop.take_in_all()
        order = Order.objects.get(number=placed.json()["number"])
        line = order.lines.get()
        assert (line.quantity, line.product) == (3, Product.objects.get(sku=line.sku))
        assert order.total == 3 * line.unit_price
        assert (order.status, order.buyer_note, order.address["city"]) == ("unpaid", "Ring twice", "Berlin")
        assert order.buyer.email == "ada@buyer.test"

        site.ask(do="status", number=order.number, status="Being processed")
        shop.take_in_all(mark)
        order.refresh_from_db()
        assert (order.status, order.paid, order.lines.count()) == ("paid", order.total, 1)

    def test_who_is_no_staff_is_told_so(self, shop: LiveShop) -> None:
        OscarStore(shop.connection).check()
        for user, password in [(USER, "wrong"), ("nobody@shop.test", "nobody-password")]:
            shop.connection.config["user"] = user
            shop.connection.secrets = {"password": password}
            with pytest.raises(StoreRefused):
                OscarStore(shop.connection).check()


@pytest.mark.django_db
def test_a_shop_in_pages_and_one_whose_admin_api_is_off(tmp_path: Any, settings: Any) -> None:
    settings.OUTGOING_TO_PRIVATE = True
    store = Store.objects.create(key="shop", name="Shop", currency="USD")
    site = Site(tmp_path, LINES, page_size=2)
    try:
        shop = LiveShop(site, store)
        for index in range(5):
            shop.new_order(f"B{index}", updated_at=datetime(2026, 11, 1, 8, index, tzinfo=UTC))
        shop.take_in_all()
        assert Order.objects.filter(items_total=ITEMS).count() == 5
    finally:
        site.close()
    site = Site(tmp_path, LINES, admin_api=False)
    try:
        shop.connection.config["url"] = site.url
        with pytest.raises(StoreRefused, match="OSCARAPI_BLOCK_ADMIN_API_ACCESS") as caught:
            OscarStore(shop.connection).check()
        assert str(caught.value) == ADMIN_IS_OFF
    finally:
        site.close()
