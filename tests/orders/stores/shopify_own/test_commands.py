"""What is Shopify's own when it is told something: costs, marks, edits, currencies."""

import threading
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from orders.stores.base import StoreBusy, StoreError, StoreRefused, StoreUnreachable
from orders.stores.shopify import ShopifyStore, marks
from orders.stores.shopify.api import pause
from tests.orders.stores.contract import ADDRESS, ELSEWHERE, FEE, HELD, TERMS
from tests.orders.stores.fake_shopify import FakeShopify

pytestmark = pytest.mark.django_db(transaction=True)


def waive(connector: ShopifyStore, key: str = "key-1", expected: int = FEE) -> dict[str, Any]:
    return connector.change_shipping_fee(order_number="A1", fee=0, currency="USD", key=key, expected=expected)


# -- Costs and errors


@pytest.mark.parametrize(
    ("asked", "there", "rate", "seconds"),
    [(420, 20, 100, 4.0), (420, 420, 100, 1.0), (10**9, 0, 1, 300.0), ("x", 0, 1, 5.0), (1, 0, 0, 5.0)],
)
def test_a_throttled_call_says_when_the_bucket_is_full_enough(
    asked: Any, there: Any, rate: Any, seconds: float
) -> None:
    status = {"currentlyAvailable": there, "restoreRate": rate}
    assert pause({"cost": {"requestedQueryCost": asked, "throttleStatus": status}}) == seconds


@pytest.mark.parametrize("extensions", [None, [], {}, {"cost": 1}, {"cost": {"throttleStatus": None}}])
def test_a_throttled_call_without_figures_waits_a_little(extensions: Any) -> None:
    assert pause(extensions) == 5


def test_the_pause_of_a_throttled_command_is_the_computed_one(
    connector: ShopifyStore, server: FakeShopify
) -> None:
    server.always = "busy"
    with pytest.raises(StoreBusy) as caught:
        waive(connector)
    assert caught.value.retry_after == 4.0


@pytest.mark.parametrize(
    ("wrong", "raised"),
    [
        ({"message": "Throttled", "extensions": {"code": "THROTTLED"}}, StoreBusy),
        ({"message": "Access denied for orders", "extensions": {"code": "ACCESS_DENIED"}}, StoreRefused),
        ({"message": "Oh", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}, StoreUnreachable),
        ({"message": "Field 'x' doesn't exist"}, StoreRefused),
        ("what", StoreRefused),
        (None, StoreRefused),
    ],
)
def test_errors_of_an_answer_mean_what_they_say(
    connector: ShopifyStore, server: FakeShopify, wrong: Any, raised: type[StoreError]
) -> None:
    server.wrong_errors = [{"errors": [wrong], "data": None}]
    with pytest.raises(raised):
        connector.check()


@pytest.mark.parametrize("said", [[], None, 7, {}, {"data": None}, {"data": []}, {"data": {"orders": 3}}])
def test_an_answer_that_is_not_as_documented_is_no_answer(
    connector: ShopifyStore, server: FakeShopify, said: Any
) -> None:
    server.wrong_errors = [said]
    with pytest.raises(StoreUnreachable):
        waive(connector)


def test_the_shops_own_words_tell_why_it_refused(connector: ShopifyStore, server: FakeShopify) -> None:
    server.new_order("A1")
    nowhere = {**ELSEWHERE, "region": "Nowhere"}
    with pytest.raises(StoreRefused, match="Province is not a valid province in Germany"):
        connector.change_address(order_number="A1", address=nowhere, key="key-1", expected=ADDRESS)
    assert connector.lookup("key-1", command="change_address", order_number="A1") is None


def test_rights_that_the_app_lacks_are_named(connector: ShopifyStore, server: FakeShopify) -> None:
    connector.check()
    server.scopes = server.scopes.replace("write_order_edits", "").replace("read_products", "write_products")
    with pytest.raises(StoreRefused, match="write_order_edits"):
        connector.check()


# -- Edits and marks


def test_a_mark_whose_answer_was_lost_is_no_command(
    connector: ShopifyStore, server: FakeShopify, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.new_order("A1")
    monkeypatch.setattr(server, "changes", lambda asked: b"metafieldsSet" in asked.body)
    server.faults = ["cut"]
    with pytest.raises(StoreUnreachable):
        waive(connector)
    assert connector.lookup("key-1", command="change_shipping_fee", order_number="A1") is None
    assert waive(connector)["shipping_fee"] == 0


def test_what_was_done_is_found_though_its_result_could_not_be_written_down(
    connector: ShopifyStore, server: FakeShopify, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.new_order("A1")
    monkeypatch.setattr(server, "changes", lambda asked: b"metafieldsSet" in asked.body)
    server.faults = ["", "error before"]  # the second mark is the one with the result
    assert waive(connector)["shipping_fee"] == 0
    found = connector.lookup("key-1", command="change_shipping_fee", order_number="A1")
    assert found is not None
    assert found["shipping_fee"] == 0


def test_an_edit_of_somebody_else_meanwhile_is_not_overwritten(
    connector: ShopifyStore, server: FakeShopify
) -> None:
    order = server.new_order("A1")

    def another(_order: dict[str, Any]) -> None:
        server.on_commit = None
        order["shipping"][0]["price"] = 999
        server.touch(order)

    server.on_commit = another
    with pytest.raises(StoreRefused):
        waive(connector)
    assert order["shipping"][0]["price"] == 999


def test_what_another_process_has_begun_is_waited_for(
    connector: ShopifyStore, server: FakeShopify, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = server.new_order("A1")
    begun = {"wanted": {"shipping_fee": 0}, "result": None, "by": "another process", "at": time.time()}
    fields = order["metafields"]
    fields["helpdesk", "key-1"] = {"jsonValue": begun, "compareDigest": "1", "updatedAt": order["updatedAt"]}
    monkeypatch.setattr(marks, "_WAIT_S", 5.0)

    def finish() -> None:
        time.sleep(0.5)
        order["shipping"][0]["price"] = 0

    thread = threading.Thread(target=finish)
    thread.start()
    assert waive(connector)["shipping_fee"] == 0
    thread.join()
    assert not any(b"orderEditBegin" in asked.body for asked in server.requests)


def test_what_a_dead_process_has_begun_is_done_by_the_next(
    connector: ShopifyStore, server: FakeShopify
) -> None:
    order = server.new_order("A1")
    begun = {"wanted": {"shipping_fee": 0}, "result": None, "by": "a dead process", "at": time.time() - 90}
    fields = order["metafields"]
    fields["helpdesk", "key-1"] = {"jsonValue": begun, "compareDigest": "1", "updatedAt": order["updatedAt"]}
    assert waive(connector)["shipping_fee"] == 0


def test_goods_are_added_and_taken_off_a_paid_order_and_the_rest_is_paid_back(
    connector: ShopifyStore, server: FakeShopify
) -> None:
    order = server.new_order("A1", paid=True)
    server.new_product("CAP-1", price=1000, updated_at=datetime.now(UTC))
    wanted = [{"sku": "MUG-1", "quantity": 1}, {"sku": "CAP-1", "quantity": 2}]
    result = connector.edit_lines(order_number="A1", lines=wanted, key="key-1", expected=HELD)
    assert [(line["sku"], line["quantity"]) for line in result["lines"]] == [("MUG-1", 1), ("CAP-1", 2)]
    assert (result["items_total"], result["refunded"]) == (4400, 2400)
    assert [row["amount"] for row in order["transactions"]] == [7490, 2400]


def test_an_edit_that_was_cut_off_before_the_money_went_back_is_finished(
    connector: ShopifyStore, server: FakeShopify
) -> None:
    order = server.new_order("A1", paid=True)
    server.faults = ["", "error before"]  # the commit; the refund
    wanted = [{"sku": "MUG-1", "quantity": 1}]
    with pytest.raises(StoreUnreachable):
        connector.edit_lines(order_number="A1", lines=wanted, key="key-1", expected=HELD)
    assert connector.lookup("key-1", command="edit_lines", order_number="A1") is None
    result = connector.edit_lines(order_number="A1", lines=wanted, key="key-1", expected=HELD)
    assert result["refunded"] == 4400
    assert [row["amount"] for row in order["transactions"]] == [7490, 4400]


def test_an_edit_whose_money_shopify_does_not_pay_back_is_an_edit_all_the_same(
    connector: ShopifyStore, server: FakeShopify
) -> None:
    server.new_order("A1", paid=True)
    server.refund_refused = True
    wanted = [{"sku": "MUG-1", "quantity": 1}]
    with pytest.raises(StoreUnreachable):  # something was done
        connector.edit_lines(order_number="A1", lines=wanted, key="key-1", expected=HELD)
    result = connector.edit_lines(order_number="A1", lines=wanted, key="key-1", expected=HELD)
    assert result["refunded"] == 0
    assert [line["quantity"] for line in result["lines"]] == [1]


def test_a_product_that_the_shop_does_not_sell_cannot_be_added(
    connector: ShopifyStore, server: FakeShopify
) -> None:
    server.new_order("A1")
    wanted = [*HELD, {"sku": "NONE-1", "quantity": 1}]
    with pytest.raises(StoreRefused):
        connector.edit_lines(order_number="A1", lines=wanted, key="key-1", expected=HELD)


def test_a_hold_is_let_go_again_but_not_one_of_somebody_else(
    connector: ShopifyStore, server: FakeShopify
) -> None:
    order = server.new_order("A1", paid=True)
    order["holds"].append(
        {"id": "gid://shopify/FulfillmentHold/1", "handle": "x", "heldByRequestingApp": False}
    )
    connector.hold(order_number="A1", on_hold=True, key="key-1")
    assert len(order["holds"]) == 2
    assert connector.hold(order_number="A1", on_hold=False, key="key-2")["on_hold"] is False
    assert [hold["handle"] for hold in order["holds"]] == ["x"]


# -- Money


def test_a_refund_asks_for_no_more_than_each_payment_has_left(
    connector: ShopifyStore, server: FakeShopify
) -> None:
    order = server.new_order("A1", paid=True)
    order["transactions"] = [
        server.transaction("SALE", 5000, order["createdAt"]),
        server.transaction("SALE", 2490, order["createdAt"]),
    ]
    server.refund(order, 4000, "by hand")
    connector.refund(
        order_number="A1", amount=2000, currency="USD", lines=[], shipping=500, restock=False, reason="Late",
        key="key-1", expected=4000,
    )  # fmt: skip
    asked = next(asked.data for asked in server.requests if b"refundCreate" in asked.body)
    rows = asked["variables"]["input"]
    assert [row["amount"] for row in rows["transactions"]] == ["10.00", "10.00"]
    assert rows["shipping"] == {"amount": "5.00"}
    assert asked["variables"]["key"] == "key-1"
    with pytest.raises(StoreRefused):
        connector.refund(
            order_number="A1", amount=2000, currency="USD", lines=[], shipping=0, restock=False, reason="",
            key="key-2", expected=6000,
        )  # fmt: skip


def test_returned_goods_go_back_to_the_shelf_they_came_from(
    connector: ShopifyStore, server: FakeShopify
) -> None:
    server.new_order("A1", paid=True, dispatched=True)
    lines = [{"sku": "MUG-1", "quantity": 2}]
    asked = {"amount": 4800, "currency": "USD", "shipping": 0, "restock": True, "reason": "Broken"}
    connector.refund(order_number="A1", lines=lines, key="key-1", expected=0, **asked)  # type: ignore[arg-type]
    rows = next(a.data for a in server.requests if b"refundCreate" in a.body)["variables"]["input"]
    (row,) = rows["refundLineItems"]
    assert (row["quantity"], row["restockType"]) == (2, "RETURN")
    assert row["locationId"] == "gid://shopify/Location/1"
    with pytest.raises(StoreRefused):  # there are none left
        connector.refund(order_number="A1", lines=lines, key="key-2", expected=4800, **asked)  # type: ignore[arg-type]


def test_an_order_paid_in_another_currency_is_left_to_shopify(
    connector: ShopifyStore, server: FakeShopify
) -> None:
    server.new_order("A1")["presentmentCurrencyCode"] = "EUR"
    with pytest.raises(StoreRefused):
        waive(connector)


@pytest.mark.parametrize("terms", [{"kind": "percent", "value": 10, "most": 500}, {"email": "x@y.test"}])
def test_terms_that_shopify_cannot_keep_are_refused(
    connector: ShopifyStore, server: FakeShopify, terms: dict[str, Any]
) -> None:
    with pytest.raises(StoreRefused):
        connector.create_coupon(code="TEN", terms={**TERMS, **terms}, key="TEN")
    assert server.discounts == {}


def test_a_code_is_for_one_buyer_once_above_a_sum(connector: ShopifyStore, server: FakeShopify) -> None:
    server.new_product("MUG-1", updated_at=datetime.now(UTC))
    terms = {**TERMS, "kind": "percent", "value": 15, "skus": ["MUG-1"]}
    connector.create_coupon(code="SORRY", terms=terms, key="SORRY")
    asked = server.discounts["SORRY"]["codeDiscount"]["asked"]
    assert asked["usageLimit"] == 1
    assert asked["context"] == {"customers": {"add": ["gid://shopify/Customer/1001"]}}
    assert asked["minimumRequirement"]["subtotal"] == {"greaterThanOrEqualToSubtotal": "20.00"}
    assert asked["customerGets"]["value"] == {"percentage": 0.15}
    assert len(asked["customerGets"]["items"]["products"]["productVariantsToAdd"]) == 1
    assert connector.lookup("SORRY", command="create_coupon", order_number="") is not None
    assert connector.lookup("revoke.SORRY", command="revoke_coupon", order_number="") is None
    connector.revoke_coupon(code="SORRY", key="revoke.SORRY")
    assert connector.lookup("revoke.SORRY", command="revoke_coupon", order_number="") is not None
