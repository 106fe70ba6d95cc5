"""Codes at WooCommerce. The code is the key; ours stands in the description, so that no other's is taken for it."""

from typing import Any

from django.utils.translation import gettext_noop

from orders.amounts import plain
from orders.stores.base import Result, StoreRefused
from orders.stores.http import StoreHttp, read_json
from orders.stores.values import minor, moment, now

TAKEN = gettext_noop("The store has another coupon with this code.")


def find(http: StoreHttp, code: str) -> dict[str, Any] | None:
    """Codes are lower case at the shop, and mean the same in any case."""
    for coupon in read_json(http.get("coupons", code=code)):
        if str(coupon.get("code", "")).lower() == code.lower():
            return dict(coupon)
    return None


def made_by(coupon: dict[str, Any], key: str) -> bool:
    return f"[{key}]" in (coupon.get("description") or "")


def create(http: StoreHttp, code: str, terms: dict[str, Any], key: str) -> Result:
    wanted = _as_coupon(http, code, terms)
    if (there := find(http, code)) is not None:
        if not _same(there, wanted, terms["currency"]):
            raise StoreRefused(TAKEN)
        return result(code)
    http.send("POST", "coupons", {**wanted, "description": f"Helpdesk [{key}]"})
    return result(code)


def revoke(http: StoreHttp, code: str) -> Result:
    there = find(http, code)
    if there is not None:
        if there.get("usage_count"):
            raise StoreRefused(gettext_noop("This code has been redeemed."))
        http.call("DELETE", f"coupons/{there['id']}", params={"force": "true"})
    return result(code)


def result(code: str) -> Result:
    return {"code": code, "updated_at": now()}


def _as_coupon(http: StoreHttp, code: str, terms: dict[str, Any]) -> dict[str, Any]:
    percent, currency = terms["kind"] == "percent", terms["currency"]
    if percent and terms["most"]:
        raise StoreRefused(gettext_noop("WooCommerce has no percentage with an upper bound."))
    whole = not terms["skus"]
    return {
        "code": code,
        "discount_type": "percent" if percent else "fixed_cart" if whole else "fixed_product",
        "amount": f"{terms['value']}" if percent else plain(terms["value"], currency),
        "individual_use": True,
        "usage_limit": 1,
        "limit_usage_to_x_items": None if whole or percent else 1,
        "minimum_amount": plain(terms["min_spend"] or 0, currency),
        "date_expires_gmt": moment(terms["expires_at"]).partition("+")[0] if terms["expires_at"] else None,
        "email_restrictions": [terms["email"]] if terms["email"] else [],
        "product_ids": [] if whole else _products(http, terms["skus"]),
    }


def _products(http: StoreHttp, skus: list[str]) -> list[int]:
    """Return the ids of products; "#12" is one that has no SKU."""
    ids = [int(sku[1:]) for sku in skus if sku.startswith("#") and sku[1:].isdigit()]
    named = [sku for sku in skus if not sku.startswith("#")]
    found = read_json(http.get("products", sku=",".join(named), per_page="100")) if named else []
    ids += [int(product["id"]) for product in found if product.get("sku") in named]
    if len(ids) < len(skus):
        raise StoreRefused(gettext_noop("The store does not know one of the products."))
    return ids


def _same(there: dict[str, Any], wanted: dict[str, Any], currency: str) -> bool:
    names = ("discount_type", "usage_limit", "email_restrictions")
    sums = ("amount", "minimum_amount")
    return (
        all(there.get(name) == wanted[name] for name in names)
        and all(minor(there.get(name), currency) == minor(wanted[name], currency) for name in sums)
        and set(there.get("product_ids") or []) == set(wanted["product_ids"])
    )
