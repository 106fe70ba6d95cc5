"""A shop of one's own making keeps the promises of every store; and what it is sent can be checked."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from orders.models import Connection
from orders.stores.base import StoreRefused, StoreUnreachable
from orders.stores.push import COMMANDS, PushForm, signature
from people.models import Store
from tests.orders.stores.contract import ADDRESS, FEE, LINES, StoreContract
from tests.orders.stores.fake import Asked, FakeShop, Told

SECRET = "sign_test"


class OwnShop(FakeShop):
    """As docs/stores-push-api.md tells its developers to build it."""

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.codes: dict[str, dict[str, Any]] = {}
        self.done: dict[str, dict[str, Any]] = {}
        super().__init__()

    def changes(self, asked: Asked) -> bool:
        return asked.data["command"] not in ("lookup", "ping")

    def answer(self, asked: Asked) -> Told:
        right = signature(SECRET, asked.headers.get("x-helpdesk-timestamp", ""), asked.body)
        if asked.headers.get("x-helpdesk-signature") != right:
            return Told({"error": "wrong signature"}, 401)
        said = asked.data
        command, key = said["command"], said["key"]
        if command == "ping":
            return Told({"result": {}})
        if command == "lookup":
            return Told({"result": self.done.get(key)})
        assert asked.headers["idempotency-key"] == key
        if key not in self.done:
            try:
                result = getattr(self, command)(said["order"], **said["params"])
            except LookupError as error:
                return Told({"error": str(error.args[0])}, 422)
            self.done[key] = {**result, "updated_at": datetime.now(UTC).isoformat()}
        return Told({"result": self.done[key]})

    def order(self, number: str, *, unpaid: bool = False, moving: bool = True) -> dict[str, Any]:
        order = self.orders.get(number)
        if order is None:
            raise LookupError("We know no such order.")
        if moving and order["dispatched"]:
            raise LookupError("It is on its way.")
        if unpaid and order["paid"]:
            raise LookupError("It is paid.")
        return order

    def change(self, order: dict[str, Any], name: str, value: Any, expected: Any) -> dict[str, Any]:
        if order[name] != expected:
            raise LookupError("It is another by now.")
        order[name] = value
        return {name: value}

    def change_shipping_fee(self, number: str, shipping_fee: int, currency: str, expected: int) -> Any:
        return self.change(self.order(number, unpaid=True), "shipping_fee", shipping_fee, expected)

    def change_carrier(self, number: str, shipping_method: str) -> Any:
        order = self.order(number)
        return self.change(order, "shipping_method", shipping_method, order["shipping_method"])

    def change_address(self, number: str, address: Any, expected: Any) -> Any:
        return self.change(self.order(number), "address", address, expected)

    def discount(self, number: str, discount: int, currency: str, expected: int) -> Any:
        return self.change(self.order(number, unpaid=True), "discount", discount, expected)

    def refund(self, number: str, amount: int, expected: int, **rest: Any) -> Any:
        order = self.order(number, moving=False)
        return self.change(order, "refunded", order["refunded"] + amount, expected)

    def cancel(self, number: str, reason: str, restock: bool) -> Any:
        self.order(number)["cancelled"] = True
        return {"status": "cancelled", "refunded": 0}

    def edit_lines(self, number: str, lines: Any, expected: Any) -> Any:
        return self.change(self.order(number), "lines", lines, expected)

    def hold(self, number: str, on_hold: bool) -> Any:
        self.order(number)["on_hold"] = on_hold
        return {"on_hold": on_hold}

    def create_coupon(self, number: str, code: str, terms: dict[str, Any]) -> Any:
        if self.codes.setdefault(code, terms) != terms:
            raise LookupError("This code is taken.")
        return {"code": code}

    def revoke_coupon(self, number: str, code: str) -> Any:
        if self.codes.get(code, {}).get("redeemed"):
            raise LookupError("It was redeemed.")
        self.codes.pop(code, None)
        return {"code": code}


class PushShop:
    def __init__(self, store: Store, server: OwnShop) -> None:
        self.server = server
        self.connection = Connection.objects.create(
            store=store,
            kind="push",
            config={"url": f"{server.url}/commands", "capabilities": sorted(COMMANDS)},
            secrets={"signing_secret": SECRET},
        )

    def new_order(
        self, number: str, *, paid: bool = False, dispatched: bool = False, updated_at: datetime | None = None
    ) -> None:
        self.server.orders[number] = {
            "paid": paid,
            "dispatched": dispatched,
            "shipping_fee": FEE,
            "shipping_method": "Post",
            "address": dict(ADDRESS),
            "discount": 0,
            "refunded": 0,
            "on_hold": False,
            "cancelled": False,
            "lines": [{"sku": line["sku"], "quantity": line["quantity"]} for line in LINES],
        }

    def seen(self, number: str) -> dict[str, Any]:
        return deepcopy(self.server.orders[number])

    def coupons(self) -> dict[str, dict[str, Any]]:
        return self.server.codes

    def redeem(self, code: str) -> None:
        self.server.codes[code]["redeemed"] = True


class TestPushStore(StoreContract):
    path = "orders.stores.push.PushStore"

    @pytest.fixture
    def shop(self, store: Store) -> Iterator[PushShop]:
        server = OwnShop()
        yield PushShop(store, server)
        server.close()

    # -- what is its own

    def test_a_shop_without_an_address_is_told_nothing(self, shop: PushShop) -> None:
        shop.connection.config = {"url": "", "capabilities": ["cancel"]}
        shop.connection.save()
        connector = self.connector(shop)
        assert connector.capabilities == frozenset()
        connector.check()

    def test_what_is_not_ticked_is_not_offered(self, shop: PushShop) -> None:
        shop.connection.config |= {"capabilities": ["cancel", "no such thing"]}
        shop.connection.save()
        assert self.connector(shop).capabilities == {"cancel"}

    def test_without_a_signing_secret_nothing_is_sent(self, shop: PushShop) -> None:
        shop.connection.secrets = {}
        shop.connection.save()
        with pytest.raises(StoreRefused, match="signing secret"):
            self.connector(shop).check()
        assert shop.server.requests == []

    def test_the_address_is_called_exactly_as_it_stands(self, shop: PushShop) -> None:
        self.connector(shop).check()
        (asked,) = shop.server.requests
        assert asked.path == "/commands"
        assert asked.data["store"] == "shop"

    @pytest.mark.parametrize(
        "result",
        [
            None,
            [],
            {},
            {"shipping_fee": "0", "updated_at": "2026-11-22T00:00:00Z"},
            {"shipping_fee": 0},
            {"shipping_fee": 0, "updated_at": "yesterday"},
            {"shipping_fee": 0, "updated_at": "2026-11-22T00:00:00"},
        ],
    )
    def test_a_result_that_does_not_say_what_it_has_to_is_none(self, shop: PushShop, result: Any) -> None:
        shop.server.answer = lambda asked: Told({"result": result})  # type: ignore[method-assign]
        with pytest.raises(StoreUnreachable):
            self.connector(shop).change_shipping_fee(
                order_number="A1", fee=0, currency="USD", key="key-1", expected=FEE
            )

    def test_a_refusal_is_told_in_the_words_of_the_shop(self, shop: PushShop) -> None:
        with pytest.raises(StoreRefused, match="We know no such order"):
            self.connector(shop).cancel(order_number="A9", reason="", restock=True, key="key-1")

    def test_the_signature_is_that_of_the_documentation(self) -> None:
        signed = signature("sign_test", "1700000000", b'{"command": "ping"}')
        assert signed == "v1=7edf08a343bcf545c768ab0979c690180bd2dc9aa22cf8f6b56fbfbbc60036ac"

    def test_commands_need_an_address(self, settings: Any) -> None:
        form = PushForm({"url": "", "capabilities": ["cancel"]})
        assert not form.is_valid()
        assert "url" in form.errors
