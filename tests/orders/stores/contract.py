"""What every store connector promises (orders/stores/base.py), as one suite.

A connector's test file has one subclass of `StoreContract` with the dotted path of its connector and a fixture
`shop` that yields a `Shop`: the other side, which can be looked at. Then it is asked for all that its
connector says it can do. What the shop cannot be asked for at all (a fault, a page) is skipped by name.

Every order `new_order` makes is the same but for what it is told: two mugs and a shirt, to Ada in Berlin.
"""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Protocol

import pytest
from django.utils.dateparse import parse_datetime
from django.utils.module_loading import import_string

from orders import stores, taking_in
from orders.models import Connection, Order
from orders.stores.base import Result, StoreBusy, StoreConnector, StoreError, StoreRefused, StoreUnreachable
from people.models import Store
from tests.orders.conftest import at_once
from tests.orders.stores.commands import (
    ADDRESS,
    COMMANDS,
    ELSEWHERE,
    FEE,
    HELD,
    ITEMS,
    LINES,
    OTHERS,
    TERMS,
    Command,
    fee,
)
from tests.orders.stores.fake import FakeShop

__all__ = ["ADDRESS", "ELSEWHERE", "FEE", "HELD", "ITEMS", "LINES", "TERMS", "StoreContract"]


class Shop(Protocol):
    """The other side of a connector, as the tests need it."""

    connection: Connection
    server: FakeShop | None  # None: no HTTP is spoken with it, so nothing of that can go wrong

    def new_order(
        self, number: str, *, paid: bool = False, dispatched: bool = False, updated_at: datetime | None = None
    ) -> None:
        """Make the order at the shop; one of that number is replaced."""
        ...

    def seen(self, number: str) -> dict[str, Any]:
        """What the shop itself says of an order, in the names of orders.sync: of those that its connector can
        change: shipping_fee, shipping_method, address, discount, refunded, on_hold, cancelled (a boolean) and
        lines ([{"sku", "quantity"}])."""
        ...

    def coupons(self) -> dict[str, dict[str, Any]]:
        """The codes that may be redeemed, with {"kind", "value"} at least."""
        ...

    def redeem(self, code: str) -> None: ...


@pytest.mark.django_db(transaction=True)
class StoreContract:
    path: ClassVar[str]  # of the connector, as in settings.STORE_CONNECTORS

    # -- what subclasses give

    @pytest.fixture
    def store(self) -> Store:
        return Store.objects.create(key="shop", name="Shop", currency="USD")

    @pytest.fixture
    def shop(self) -> Shop:
        raise NotImplementedError

    # -- helpers

    @pytest.fixture(autouse=True)
    def _reach_this_machine(
        self, request: pytest.FixtureRequest, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Fakes are on 127.0.0.1, and where an answer is to be late it is after a second."""
        settings.OUTGOING_TO_PRIVATE = True
        if hasattr(request.node, "callspec") and "late" in request.node.callspec.params.values():
            monkeypatch.setattr("helpdesk.lib.http.TOTAL_S", 1.0)

    def connector(self, shop: Shop) -> StoreConnector:
        found: type[StoreConnector] = import_string(self.path)
        return found(Connection.objects.select_related("store").get(pk=shop.connection.pk))

    def ready(self, shop: Shop, name: str) -> Command:
        """Skip what the connector does not say it can do; else make the order that the command is given on."""
        if name not in self.connector(shop).capabilities:
            pytest.skip(f"no {name} at this shop")
        command = COMMANDS[name]
        shop.new_order("A1", paid=command.paid)
        return command

    def fake(self, shop: Shop) -> FakeShop:
        if shop.server is None:
            pytest.skip("no HTTP is spoken with this shop")
        return shop.server

    def assert_seen(self, shop: Shop, expected: dict[str, Any]) -> None:
        seen = shop.seen("A1")
        assert {name: seen[name] for name in expected} == expected

    # -- what it says of itself

    def test_it_says_what_it_is_and_can_do(self, shop: Shop) -> None:
        connector = self.connector(shop)
        assert connector.kind == shop.connection.kind
        assert connector.label
        assert connector.capabilities <= COMMANDS.keys() | OTHERS
        for capability in connector.capabilities:
            assert getattr(type(connector), capability) is not getattr(StoreConnector, capability)
        assert connector.secret_fields <= set(connector.form.base_fields)

    def test_what_it_cannot_do_is_not_offered(self, shop: Shop) -> None:
        store = Store.objects.select_related("connection").get(pk=shop.connection.pk)
        capabilities = self.connector(shop).capabilities
        assert {name for name in COMMANDS.keys() | OTHERS if stores.can(store, name)} == capabilities

    # -- commands

    @pytest.mark.parametrize("name", COMMANDS)
    def test_a_command_is_done_and_says_so(self, shop: Shop, name: str) -> None:
        command = self.ready(shop, name)
        result = command.call(self.connector(shop), "key-1")
        self.assert_seen(shop, command.seen)
        for field_name, value in command.seen.items():
            if field_name in (
                "shipping_fee",
                "shipping_method",
                "address",
                "discount",
                "refunded",
                "on_hold",
            ):
                assert result[field_name] == value
        moment = parse_datetime(result["updated_at"])
        assert moment is not None
        assert moment.tzinfo is not None

    @pytest.mark.parametrize("name", COMMANDS)
    def test_the_same_key_again_is_the_same_result_and_done_once(self, shop: Shop, name: str) -> None:
        command = self.ready(shop, name)
        first = command.call(self.connector(shop), "key-1")
        assert _told(command.call(self.connector(shop), "key-1")) == _told(first)
        self.assert_seen(shop, command.seen)

    @pytest.mark.parametrize("name", COMMANDS)
    def test_a_lookup_finds_what_was_done_and_nothing_else(self, shop: Shop, name: str) -> None:
        command, connector = self.ready(shop, name), self.connector(shop)
        assert connector.lookup("key-1", command=name, order_number="A1") is None
        result = command.call(connector, "key-1")
        found = self.connector(shop).lookup("key-1", command=name, order_number="A1")
        assert found is not None
        assert _told(found) == _told(result)
        assert connector.lookup("key-2", command=name, order_number="A1") is None

    def test_a_later_command_does_not_hide_an_earlier_one(self, shop: Shop) -> None:
        self.ready(shop, "change_shipping_fee")
        first = fee(FEE)(self.connector(shop), "key-1")
        fee(0, 500)(self.connector(shop), "key-2")
        assert _told(fee(FEE)(self.connector(shop), "key-1")) == _told(first)
        self.assert_seen(shop, {"shipping_fee": 500})

    @pytest.mark.parametrize("name", [name for name in COMMANDS if COMMANDS[name].outdated])
    def test_what_was_decided_on_something_else_is_refused(self, shop: Shop, name: str) -> None:
        command = self.ready(shop, name)
        before = deepcopy(shop.seen("A1"))
        assert command.outdated is not None
        with pytest.raises(StoreRefused):
            command.outdated(self.connector(shop), "key-1")
        assert shop.seen("A1") == before
        assert self.connector(shop).lookup("key-1", command=name, order_number="A1") is None

    @pytest.mark.parametrize("name", [name for name in COMMANDS if not COMMANDS[name].after_dispatch])
    def test_an_order_on_its_way_is_left_alone(self, shop: Shop, name: str) -> None:
        command = self.ready(shop, name)
        shop.new_order("A1", paid=True, dispatched=True)
        before = deepcopy(shop.seen("A1"))
        with pytest.raises(StoreRefused):
            command.call(self.connector(shop), "key-1")
        assert shop.seen("A1") == before

    @pytest.mark.parametrize("name", ["change_shipping_fee", "discount"])
    def test_the_sum_of_a_paid_order_is_left_alone(self, shop: Shop, name: str) -> None:
        command = self.ready(shop, name)
        shop.new_order("A1", paid=True)
        with pytest.raises(StoreRefused):
            command.call(self.connector(shop), "key-1")

    @pytest.mark.parametrize("name", COMMANDS)
    def test_an_order_that_the_store_does_not_know_is_refused(self, shop: Shop, name: str) -> None:
        if name not in self.connector(shop).capabilities:
            pytest.skip(f"no {name} at this shop")
        with pytest.raises(StoreRefused):
            COMMANDS[name].call(self.connector(shop), "key-1")

    def test_the_same_key_many_times_at_once_is_done_once(self, shop: Shop) -> None:
        command = self.ready(shop, "change_shipping_fee")
        results = at_once(4, lambda _: command.call(self.connector(shop), "key-1"))
        assert [result["shipping_fee"] for result in results] == [0] * 4
        self.assert_seen(shop, command.seen)

    # -- what goes wrong on the way

    @pytest.mark.parametrize("fault", ["cut", "late", "error after", "broken"])
    @pytest.mark.parametrize("name", COMMANDS)
    def test_an_answer_that_was_lost_is_found_by_the_lookup(self, shop: Shop, name: str, fault: str) -> None:
        fake, command = self.fake(shop), self.ready(shop, name)
        fake.faults.append(fault)
        with pytest.raises(StoreUnreachable):
            command.call(self.connector(shop), "key-1")
        assert self.connector(shop).lookup("key-1", command=name, order_number="A1") is not None
        command.call(self.connector(shop), "key-1")  # and to repeat it does nothing more
        self.assert_seen(shop, command.seen)

    @pytest.mark.parametrize("fault", ["cut before", "error before"])
    @pytest.mark.parametrize("name", COMMANDS)
    def test_what_was_not_done_is_not_found_and_can_be_repeated(
        self, shop: Shop, name: str, fault: str
    ) -> None:
        fake, command = self.fake(shop), self.ready(shop, name)
        fake.faults.append(fault)
        with pytest.raises(StoreUnreachable):
            command.call(self.connector(shop), "key-1")
        assert self.connector(shop).lookup("key-1", command=name, order_number="A1") is None
        command.call(self.connector(shop), "key-1")
        self.assert_seen(shop, command.seen)

    @pytest.mark.parametrize("name", COMMANDS)
    def test_a_busy_store_has_done_nothing_and_says_when_to_come_back(self, shop: Shop, name: str) -> None:
        fake, command = self.fake(shop), self.ready(shop, name)
        before = deepcopy(shop.seen("A1"))
        fake.faults.append("busy")
        with pytest.raises(StoreBusy) as caught:
            command.call(self.connector(shop), "key-1")
        assert 0 < caught.value.retry_after <= 300
        assert shop.seen("A1") == before

    def test_a_store_that_is_not_there_has_done_nothing(self, shop: Shop) -> None:
        fake, command = self.fake(shop), self.ready(shop, "change_shipping_fee")
        fake.close()
        with pytest.raises(StoreBusy):
            command.call(self.connector(shop), "key-1")

    def test_wrong_credentials_are_told_and_nothing_is_done(self, shop: Shop) -> None:
        fake, command = self.fake(shop), self.ready(shop, "change_shipping_fee")
        self.connector(shop).check()
        fake.always = "locked out"
        with pytest.raises(StoreRefused):
            self.connector(shop).check()
        with pytest.raises(StoreRefused):
            command.call(self.connector(shop), "key-1")
        fake.always = ""
        self.assert_seen(shop, {"shipping_fee": FEE})

    @pytest.mark.parametrize("trouble", ["busy", "error before", "broken"])
    def test_a_check_says_what_is_wrong_instead_of_failing(self, shop: Shop, trouble: str) -> None:
        fake = self.fake(shop)
        fake.always = trouble
        with pytest.raises(StoreError) as caught:
            self.connector(shop).check()
        assert str(caught.value)

    # -- coupons

    def test_a_coupon_is_made_once_and_may_be_revoked(self, shop: Shop) -> None:
        connector = self.connector(shop)
        if "create_coupon" not in connector.capabilities:
            pytest.skip("no coupons at this shop")
        connector.create_coupon(code="SORRY-7Q2M", terms=TERMS, key="key-1")
        self.connector(shop).create_coupon(code="SORRY-7Q2M", terms=TERMS, key="key-1")
        assert {code.upper() for code in shop.coupons()} == {"SORRY-7Q2M"}
        (coupon,) = shop.coupons().values()
        assert (coupon["kind"], coupon["value"]) == ("amount", 500)
        with pytest.raises(StoreRefused):  # a code of the same name with other terms is somebody else's
            connector.create_coupon(code="SORRY-7Q2M", terms={**TERMS, "value": 900}, key="key-2")
        connector.revoke_coupon(code="SORRY-7Q2M", key="key-3")
        assert shop.coupons() == {}
        self.connector(shop).revoke_coupon(code="SORRY-7Q2M", key="key-3")

    def test_a_coupon_that_was_redeemed_cannot_be_revoked(self, shop: Shop) -> None:
        connector = self.connector(shop)
        if "revoke_coupon" not in connector.capabilities:
            pytest.skip("no coupons at this shop")
        connector.create_coupon(code="SORRY-7Q2M", terms=TERMS, key="key-1")
        shop.redeem("SORRY-7Q2M")
        with pytest.raises(StoreRefused):
            connector.revoke_coupon(code="SORRY-7Q2M", key="key-2")

    # -- what it tells

    def test_what_changed_comes_page_by_page_and_then_only_what_is_new(self, shop: Shop) -> None:
        connector = self.connector(shop)
        if type(connector).changes is StoreConnector.changes:
            pytest.skip("this shop tells by itself")
        start = datetime(2026, 11, 1, 8, tzinfo=UTC)
        for index in range(7):
            shop.new_order(f"B{index}", updated_at=start + timedelta(minutes=index))
        mark = self._take_in_all(shop, "")
        assert set(Order.objects.values_list("number", flat=True)) == {f"B{index}" for index in range(7)}
        order = Order.objects.get(number="B3")
        assert (order.items_total, order.shipping_fee, order.currency) == (ITEMS, FEE, "USD")
        assert order.address == {name: value for name, value in ADDRESS.items() if name in order.address}
        assert [(line.sku, line.quantity) for line in order.lines.all()] == [("MUG-1", 2), ("TEE-1", 1)]

        versions = dict(Order.objects.values_list("number", "version"))
        mark = self._take_in_all(shop, mark)
        assert dict(Order.objects.values_list("number", "version")) == versions

        shop.new_order("B9", updated_at=start + timedelta(hours=1))
        self._take_in_all(shop, mark)
        assert Order.objects.filter(number="B9").exists()

    def _take_in_all(self, shop: Shop, mark: str) -> str:
        for page in self.connector(shop).changes(mark):
            assert taking_in.take_in_each(shop.connection.store, page) == []
            assert len(page.mark) <= 200
            mark = page.mark
        return mark

    def test_a_store_that_fails_while_it_tells_is_told_apart(self, shop: Shop) -> None:
        fake, connector = self.fake(shop), self.connector(shop)
        if type(connector).changes is StoreConnector.changes:
            pytest.skip("this shop tells by itself")
        shop.new_order("B1")
        for trouble in ("error before", "broken", "busy", "locked out"):
            fake.always = trouble
            with pytest.raises(StoreError):
                list(self.connector(shop).changes(""))

    def test_webhooks_that_are_not_signed_by_the_shop_are_none(self, shop: Shop) -> None:
        connector = self.connector(shop)
        for body in (b"", b"{}", b"\xff\xfe", b"x" * 5000):
            assert connector.verify({}, body) is None
            assert (
                connector.verify({"x-wc-webhook-signature": "x", "x-shopify-hmac-sha256": "é"}, body) is None
            )


def _told(result: Result) -> dict[str, Any]:
    """A result but for its time: a shop may have been changed by others since."""
    return {name: value for name, value in result.items() if name != "updated_at"}
