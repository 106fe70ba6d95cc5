"""Order edits: what Shopify lets be changed of an order that was placed. Nothing is done before the commit."""

from contextlib import suppress
from typing import Any

from django.utils.translation import gettext_noop

from orders.amounts import plain
from orders.stores.base import Result, StoreRefused, StoreUnreachable
from orders.stores.http import NO_ANSWER
from orders.stores.shopify import documents
from orders.stores.shopify.api import Api
from orders.stores.shopify.finding import again, nodes, one_currency, payload_of, quoted, undispatched
from orders.stores.shopify.reading import Node, sku_of_line
from orders.stores.shopify.sums import pay_back

_OTHER_CURRENCY = gettext_noop("The order is in another currency at the store.")
_PAID = gettext_noop("The buyer has just paid for this order.")
_OTHER_FEE = gettext_noop("The shipping fee is another by now at the store.")
_OTHER_LINES = gettext_noop("The order holds something else by now at the store.")
_NO_PRODUCT = gettext_noop("The store has no such product, or does not sell it.")
Lines = list[dict[str, Any]]


def change_shipping_fee(
    api: Api, order: Node, payload: dict[str, Any], fee: int, currency: str, key: str
) -> Result:
    """Take the shipping off and put it on again with the new price: Shopify has no other way."""
    edit = _begin(api, order)
    title = payload["shipping_method"] or "Shipping"
    for line in edit.get("shippingLines") or []:
        if line.get("stagedStatus") != "REMOVED":
            api.prepare(documents.EDIT_DROP_SHIPPING, id=edit["id"], line=line["id"])
    price = {"amount": plain(fee, currency), "currencyCode": currency}
    api.prepare(documents.EDIT_ADD_SHIPPING, id=edit["id"], shipping={"title": title, "price": price})
    _commit(api, edit, key)
    after = payload_of(api, again(api, order))
    return {"shipping_fee": after["shipping_fee"], "updated_at": after["updated_at"]}


def may_change_fee(order: Node, payload: dict[str, Any], currency: str, expected: int) -> None:
    undispatched(payload)
    if payload["status"] != "unpaid" or payload["paid"]:
        raise StoreRefused(_PAID)
    one_currency(order)
    if payload["currency"] != currency:
        raise StoreRefused(_OTHER_CURRENCY)
    if payload["shipping_fee"] != expected:
        raise StoreRefused(_OTHER_FEE)


def may_edit_lines(order: Node, payload: dict[str, Any], expected: Lines) -> None:
    undispatched(payload)
    one_currency(order)
    if counts(payload["lines"]) != counts(expected):
        raise StoreRefused(_OTHER_LINES)


def edit_lines(api: Api, order: Node, payload: dict[str, Any], wanted: Lines, key: str) -> Result:
    """Set what the order holds, and pay back what was paid too much.

    Where Shopify does not pay that back, the lines are changed all the same, and `refunded` stays what it was.
    """
    if counts(payload["lines"]) != counts(wanted):
        _edit_lines(api, order, counts(wanted), key)
        order = again(api, order)
        payload = payload_of(api, order)
    if (too_much := overpaid(payload)) > 0:
        with suppress(StoreRefused):
            pay_back(api, order, {}, too_much, key)
        payload = payload_of(api, again(api, order))
    names = ("lines", "items_total", "refunded", "updated_at")
    return {name: payload[name] for name in names}


def _edit_lines(api: Api, order: Node, wanted: dict[str, int], key: str) -> None:
    edit = _begin(api, order)
    left = dict(wanted)
    for line in nodes(edit.get("lineItems")):
        quantity = left.pop(sku_of_line(line), 0)
        if quantity != line.get("quantity"):
            api.prepare(documents.EDIT_QUANTITY, id=edit["id"], line=line["id"], quantity=quantity)
    for sku, quantity in left.items():
        variant = variant_of(api, sku)
        api.prepare(documents.EDIT_ADD_VARIANT, id=edit["id"], variant=variant, quantity=quantity)
    _commit(api, edit, key)


def counts(lines: Lines) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in lines:
        found[line["sku"]] = found.get(line["sku"], 0) + line["quantity"]
    return {sku: quantity for sku, quantity in found.items() if quantity}


def overpaid(payload: dict[str, Any]) -> int:
    total = payload["items_total"] + payload["shipping_fee"] + payload["tax"] - payload["discount"]
    return int(payload["paid"] - payload["refunded"] - total)


def variant_of(api: Api, sku: str) -> str:
    """Return Shopify's id of what has this SKU. Raises StoreRefused."""
    number = sku.removeprefix("variant-")
    if number != sku and number.isdigit():
        return f"gid://shopify/ProductVariant/{number}"
    data = api.ask(documents.VARIANT_BY_SKU, query=f"sku:{quoted(sku)}")
    for variant in nodes(data.get("productVariants")):
        if variant.get("sku") == sku and (variant.get("product") or {}).get("status") == "ACTIVE":
            return str(variant["id"])
    raise StoreRefused(_NO_PRODUCT)


def _begin(api: Api, order: Node) -> Node:
    edit = api.prepare(documents.EDIT_BEGIN, id=order["id"]).get("calculatedOrder")
    if not isinstance(edit, dict):
        raise StoreUnreachable(NO_ANSWER)
    return edit


def _commit(api: Api, edit: Node, key: str) -> None:
    api.tell(documents.EDIT_COMMIT, id=edit["id"], note=f"Help desk {key}")
