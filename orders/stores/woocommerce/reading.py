"""What WooCommerce says (REST v3), as orders.sync takes it.

Its amounts are decimals in texts, without tax: totals of lines and shipping, and the tax of all of them in one.
Its times end in `_gmt` and name no offset.
"""

import hashlib
import html
import re
from typing import Any

from orders.stores.base import StoreRefused
from orders.stores.values import cut, minor, moment

# Core's own, and what the common plugins for parcels add. Any other: by whether it was paid.
STATUSES = {
    "pending": "unpaid",
    "failed": "unpaid",
    "on-hold": "unpaid",  # a transfer is awaited
    "processing": "paid",
    "shipped": "shipped",
    "partial-shipped": "shipped",
    "delivered": "delivered",
    "completed": "completed",
    "cancelled": "cancelled",
    "refunded": "cancelled",
    "trash": "cancelled",
}
DRAFTS = {"auto-draft", "checkout-draft", "draft", "new"}
UNCOUNTED = 999  # in stock, of a product whose pieces the shop does not count
TRACKING = "_wc_shipment_tracking_items"  # of the Shipment Tracking extension


def order_payload(data: Any) -> dict[str, Any] | None:
    """Return an order's payload; None for a draft, or what is left of one that was deleted.

    Raises StoreRefused where it is no order.
    """
    try:
        return _order(data)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise StoreRefused(f"This is no order of WooCommerce: {type(error).__name__} {error}"[:200]) from None


def _order(data: dict[str, Any]) -> dict[str, Any] | None:
    if data.keys() == {"id"} or data["status"] in DRAFTS:
        return None
    currency = data["currency"]
    paid_at = moment(data.get("date_paid_gmt"))
    total, refunded = minor(data["total"], currency), refunded_sum(data)
    tax = minor(data.get("total_tax"), currency)
    off, fee = discount(data), minor(data.get("shipping_total"), currency)
    shipments = _shipments(data)
    status = STATUSES.get(data["status"]) or ("paid" if paid_at else "unpaid")
    if shipments and status == "paid":
        status = "shipped"
    paid = max(total if paid_at else 0, refunded)
    pay_url = data.get("payment_url") or "" if status == "unpaid" else ""
    codes = [line.get("code", "") for line in data.get("coupon_lines") or []]
    payload: dict[str, Any] = {
        "number": cut(data["number"], 40),
        "status": status,
        "currency": currency,
        "buyer": _buyer(data),
        "lines": [_line(line, currency) for line in data["line_items"] if line["quantity"] > 0],
        "items_total": max(total - fee - tax + off, 0),
        "shipping_fee": fee,
        "discount": off,
        "tax": tax,
        "paid": paid,
        "refunded": refunded,
        "address": address(data),
        "shipping_method": cut(", ".join(x.get("method_title") or "" for x in data["shipping_lines"]), 60),
        "buyer_note": cut(data.get("customer_note"), 300),
        "pay_url": pay_url if len(pay_url) <= 300 else "",
        "coupon_code": cut(codes[0], 40) if codes else "",
        "payments": _payments(data, total, paid_at),
        "shipments": shipments,
        "updated_at": moment(data["date_modified_gmt"]),
    }
    if placed_at := moment(data.get("date_created_gmt")):
        payload["placed_at"] = placed_at
    return payload


def refunded_sum(data: dict[str, Any]) -> int:
    return sum(abs(minor(refund["total"], data["currency"])) for refund in data.get("refunds") or [])


def discount(data: dict[str, Any]) -> int:
    """Coupons, and fees below zero: that is how a discount by hand is written down."""
    by_hand = sum(min(minor(fee["total"], data["currency"]), 0) for fee in data.get("fee_lines") or [])
    return minor(data.get("discount_total"), data["currency"]) - by_hand


def sku_of(thing: dict[str, Any]) -> str:
    """Return the SKU of a product or of a line; many shops give none, so it is the product's number then."""
    number = thing.get("variation_id") or thing.get("product_id") or thing.get("id")
    return cut(thing.get("sku"), 40) or f"#{number}"


def _line(line: dict[str, Any], currency: str) -> dict[str, Any]:
    quantity = int(line["quantity"])
    options = [
        f"{meta.get('display_key')}: {meta.get('display_value')}"
        for meta in line.get("meta_data") or []
        if not str(meta.get("key", "_")).startswith("_") and isinstance(meta.get("display_value"), str)
    ]
    return {
        "sku": sku_of(line),
        "name": cut(line.get("parent_name") or line["name"], 160) or sku_of(line),
        "variant": cut(re.sub(r"<[^>]*>", "", ", ".join(options)), 80),
        "quantity": quantity,
        # Before discounts, which the order has as one sum.
        "unit_price": minor(float(line.get("subtotal") or 0) / quantity, currency),
    }


def _buyer(data: dict[str, Any]) -> dict[str, str]:
    billing = data.get("billing") or {}
    email = cut(billing.get("email"), 254).lower()
    if customer := data.get("customer_id"):
        external_id = str(customer)
    else:  # a guest is known by their address alone
        guest = f"guest:{email or data['number']}"
        external_id = guest if len(guest) <= 80 else "guest:" + hashlib.sha256(email.encode()).hexdigest()
    return {
        "external_id": external_id,
        "name": cut(_name(billing), 120),
        "email": email,
        "phone": cut(billing.get("phone"), 32),
    }


def _name(person: dict[str, Any]) -> str:
    return f"{person.get('first_name') or ''} {person.get('last_name') or ''}".strip()


def address(data: dict[str, Any]) -> dict[str, str]:
    """Return where it is sent: the billing address where there is no other."""
    billing, shipping = data.get("billing") or {}, data.get("shipping") or {}
    place = shipping if any(v for k, v in shipping.items() if k != "phone") else billing
    found = {
        "name": _name(place),
        "phone": place.get("phone") or billing.get("phone"),
        "line1": place.get("address_1"),
        "line2": place.get("address_2"),
        "city": place.get("city"),
        "region": place.get("state"),
        "postcode": place.get("postcode"),
        "country": place.get("country"),
    }
    return {name: cut(value, 160) for name, value in found.items()}


def shipping(place: dict[str, str]) -> dict[str, str]:
    """Return an address of ours as WooCommerce takes it."""
    first, _space, last = place.get("name", "").rpartition(" ")
    return {
        "first_name": first or last,
        "last_name": last if first else "",
        "phone": place.get("phone", ""),
        "address_1": place.get("line1", ""),
        "address_2": place.get("line2", ""),
        "city": place.get("city", ""),
        "state": place.get("region", ""),
        "postcode": place.get("postcode", ""),
        "country": place.get("country", ""),
    }


def _payments(data: dict[str, Any], total: int, paid_at: str) -> list[dict[str, Any]]:
    if not paid_at:
        return []
    method = cut(data.get("payment_method_title") or data.get("payment_method"), 40) or "WooCommerce"
    reference = cut(data.get("transaction_id"), 80)
    return [{"amount": total, "method": method, "reference": reference, "paid_at": paid_at}]


def _shipments(data: dict[str, Any]) -> list[dict[str, Any]]:
    found = [meta.get("value") for meta in data.get("meta_data") or [] if meta.get("key") == TRACKING]
    parcels = found[0] if found and isinstance(found[0], list) else []
    return [
        {
            "carrier": cut(parcel.get("custom_tracking_provider") or parcel.get("tracking_provider"), 40)
            or "–",
            "tracking_number": cut(parcel["tracking_number"], 60),
            "shipped_at": moment(data["date_modified_gmt"]),
        }
        for parcel in parcels
        if isinstance(parcel, dict) and parcel.get("tracking_number")
    ]


def product_payload(data: Any, currency: str) -> dict[str, Any] | None:
    """Return a product's payload, None for what is left of one that was deleted. Raises StoreRefused."""
    try:
        if data.keys() == {"id"}:
            return None
        count = data.get("stock_quantity")
        gone = data.get("stock_status") == "outofstock"
        images = data.get("images") or []
        categories = data.get("categories") or []
        urls = [data.get("permalink") or "", images[0].get("src") or "" if images else ""]
        url, image = ("" if len(x) > 300 else x for x in urls)
        return {
            "sku": sku_of(data),
            "name": cut(data["name"], 160) or sku_of(data),
            "category": cut(categories[0].get("name"), 60) if categories else "",
            "price": max(minor(data.get("price"), currency), 0),
            "currency": currency,
            "stock": int(count) if count is not None else 0 if gone else UNCOUNTED,
            "url": url,
            "image": image,
            "active": data.get("status") == "publish",
            "updated_at": moment(data["date_modified_gmt"]),
        }
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise StoreRefused(
            f"This is no product of WooCommerce: {type(error).__name__} {error}"[:200]
        ) from None


def review_payload(data: dict[str, Any], skus: dict[int, str]) -> dict[str, Any] | None:
    """Return a review's payload; None for one without stars, of a product that is gone, or in the bin."""
    sku, rating = skus.get(data.get("product_id", 0)), data.get("rating")
    if sku is None or not isinstance(rating, int) or not 1 <= rating <= 5:
        return None
    if data.get("status") in ("spam", "trash"):
        return None
    payload = {
        "external_id": str(data["id"]),
        "sku": sku,
        "rating": rating,
        "body": cut(html.unescape(re.sub(r"<[^>]*>", "", str(data.get("review") or ""))), 5000),
        "author": cut(data.get("reviewer"), 120),
        "hidden": data.get("status") != "approved",
    }
    if written_at := moment(data.get("date_created_gmt")):
        payload["written_at"] = written_at
    return payload
