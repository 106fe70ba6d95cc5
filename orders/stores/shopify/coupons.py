"""Single-use codes: at Shopify, a discount with one code that may be used once."""

from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_noop

from orders.amounts import plain
from orders.stores.base import Result, StoreRefused
from orders.stores.shopify import documents
from orders.stores.shopify.api import Api, Refused
from orders.stores.shopify.edits import variant_of
from orders.stores.shopify.reading import Node
from orders.stores.values import minor, now

_NO_CAP = gettext_noop("Shopify cannot limit what a percentage comes to.")
_TAKEN = gettext_noop("The store has another code of this name.")
_REDEEMED = gettext_noop("This code was redeemed.")
_NO_BUYER = gettext_noop("The store does not know this buyer's email address.")
_NO_CODE = gettext_noop("The store does not know this code.")


def create(api: Api, code: str, terms: dict[str, Any]) -> Result:
    if terms.get("most") and terms["kind"] == "percent":
        raise StoreRefused(_NO_CAP)
    found = _found(api, code)
    if found is None:
        try:
            api.tell(documents.CREATE_COUPON, input=_input(api, code, terms))
        except Refused as refusal:
            # Made by one that came at the same time, it may be ours all the same.
            if not refusal.codes & {"TAKEN", "DUPLICATE"} or (found := _found(api, code)) is None:
                raise
    if found is not None and not _same(found["codeDiscount"], code, terms):
        raise StoreRefused(_TAKEN)
    return {"code": code, "updated_at": now()}


def result_of(api: Api, key: str, command: str) -> Result | None:
    """Return what came of making a code (its key is the code) or of ending one (the code after a prefix)."""
    code = key.removeprefix("revoke.")
    found = _found(api, code)
    if found is None or (command == "revoke_coupon" and found["codeDiscount"].get("status") != "EXPIRED"):
        return None
    return {"code": code, "updated_at": now()} if found["codeDiscount"].get("title") == _title(code) else None


def _title(code: str) -> str:
    """Return by what a code of ours is known from others of that name."""
    return f"Help desk {code}"


def revoke(api: Api, code: str) -> Result:
    found = _found(api, code)
    if found is None:
        raise StoreRefused(_NO_CODE)
    discount = found["codeDiscount"]
    if discount.get("asyncUsageCount"):
        raise StoreRefused(_REDEEMED)
    if discount.get("status") != "EXPIRED":
        api.tell(documents.END_COUPON, id=found["id"])
    return {"code": code, "updated_at": now()}


def _found(api: Api, code: str) -> Node | None:
    found = api.ask(documents.COUPON_BY_CODE, code=code).get("codeDiscountNodeByCode")
    return found if isinstance(found, dict) and isinstance(found.get("codeDiscount"), dict) else None


def _input(api: Api, code: str, terms: dict[str, Any]) -> dict[str, Any]:
    currency = terms["currency"]
    value: dict[str, Any] = {"percentage": terms["value"] / 100}
    if terms["kind"] == "amount":
        amount = plain(terms["value"], currency)
        value = {"discountAmount": {"amount": amount, "appliesOnEachItem": False}}
    skus = terms.get("skus") or []
    products = {"productVariantsToAdd": [variant_of(api, sku) for sku in skus]}
    wanted: dict[str, Any] = {
        "title": _title(code),
        "code": code,
        "startsAt": now(),
        "endsAt": terms.get("expires_at"),
        "usageLimit": 1,
        "appliesOncePerCustomer": True,
        "context": _context(api, terms.get("email") or ""),
        "customerGets": {"value": value, "items": {"products": products} if skus else {"all": True}},
    }
    if terms.get("min_spend"):
        least = plain(terms["min_spend"], currency)
        wanted["minimumRequirement"] = {"subtotal": {"greaterThanOrEqualToSubtotal": least}}
    return wanted


def _context(api: Api, email: str) -> dict[str, Any]:
    """Return for whom the code is: for the one buyer where an address is named."""
    if not email:
        return {"all": "ALL"}
    customer = api.ask(documents.CUSTOMER_BY_EMAIL, email=email).get("customerByIdentifier")
    if not isinstance(customer, dict):
        raise StoreRefused(_NO_BUYER)
    return {"customers": {"add": [customer["id"]]}}


def _same(discount: Node, code: str, terms: dict[str, Any]) -> bool:
    """Return whether a code that is there was made for these terms: by us, with this value, to this day."""
    value = ((discount.get("customerGets") or {}).get("value")) or {}
    if terms["kind"] == "amount":
        said = (value.get("amount") or {}).get("amount")
        same = said is not None and minor(said, terms["currency"]) == terms["value"]
    else:
        same = round(float(value.get("percentage") or 0) * 100, 4) == terms["value"]
    return (
        same
        and discount.get("title") == _title(code)
        and discount.get("usageLimit") == 1
        and _moment(discount.get("endsAt")) == _moment(terms.get("expires_at"))
    )


def _moment(text: Any) -> int | None:
    """Return a time in whole seconds, as Shopify keeps it."""
    moment = parse_datetime(text) if isinstance(text, str) else None
    return int(moment.timestamp()) if moment else None
