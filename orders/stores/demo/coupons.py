"""The demo shop's own codes: made and voided for the desk, and taken once at the till."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode
from django.utils.translation import gettext_noop

from orders.models import DemoShopCoupon, DemoShopOrder
from orders.stores.base import Result, StoreRefused
from orders.stores.demo.shop import at_the_desk, items_total, locked
from people.models import Store


def create(store_id: UUID, *, code: str, terms: dict[str, Any]) -> Result:
    try:
        with transaction.atomic():
            DemoShopCoupon.objects.create(store_id=store_id, code=code, terms=terms)
    except IntegrityError:
        if not DemoShopCoupon.objects.filter(store=store_id, code=code, terms=terms).exists():
            raise StoreRefused(gettext_noop("The store has another coupon with this code.")) from None
    return _result(code)


def revoke(store_id: UUID, *, code: str) -> Result:
    with transaction.atomic():
        coupon = _locked(store_id, code)
        if coupon is None:
            raise StoreRefused(gettext_noop("The store does not know this code."))
        if coupon.redeemed_by:
            raise StoreRefused(gettext_noop("The buyer has used this code already."))
        coupon.terms = {**coupon.terms, "revoked": True}
        coupon.save(update_fields=["terms"])
    return _result(code)


def result_of(store_id: UUID, key: str, command: str) -> Result | None:
    """Return the result of a command by its key: the code that was made, "revoke." and the code that is void."""
    code = key.removeprefix("revoke.")
    coupon = DemoShopCoupon.objects.filter(store=store_id, code=code).first()
    if coupon is None or (command == "revoke_coupon" and not coupon.terms.get("revoked")):
        return None
    return _result(code)


def shop_url(store: Store, buyer: str) -> str:
    query = urlencode({"store": store.key, **({"buyer": buyer} if buyer else {})})
    return f"{settings.PUBLIC_URL}/demo-shop/?{query}"


def use(store: Store, number: str, code: str) -> None:
    """Take a code for an order that is about to be paid. Raises StoreRefused with what to tell the buyer.

    In the transaction of the payment: an order that is not paid uses no code up.
    """
    order, coupon = locked(store.id, number), _locked(store.id, code)
    if coupon is None or coupon.terms.get("revoked"):
        raise StoreRefused(gettext_noop("This code is not valid."))
    if coupon.redeemed_by:
        raise StoreRefused(gettext_noop("This code was used already."))
    terms = coupon.terms
    ends = parse_datetime(terms.get("expires_at") or "")
    if ends is not None and ends <= timezone.now():
        raise StoreRefused(gettext_noop("This code has expired."))
    ours = at_the_desk(order)
    if ours is None or (terms.get("email") and ours.buyer.email != terms["email"]):
        raise StoreRefused(gettext_noop("This code belongs to somebody else."))
    if items_total(order) < terms["min_spend"]:
        raise StoreRefused(gettext_noop("This order is too small for the code."))
    base = _base(order, terms)
    if base == 0:
        raise StoreRefused(gettext_noop("Nothing in this order goes with the code."))
    if terms["kind"] == "amount":
        off = min(terms["value"], base)
    else:
        off = base * terms["value"] // 100
        off = off if terms["most"] is None else min(off, terms["most"])
    order.discount = min((order.discount or 0) + off, items_total(order))
    order.save()
    coupon.redeemed_by = number
    coupon.save(update_fields=["redeemed_by"])


def _base(order: DemoShopOrder, terms: dict[str, Any]) -> int:
    lines = [line for line in order.lines or [] if not terms["skus"] or line["sku"] in terms["skus"]]
    return sum(line["quantity"] * line["unit_price"] for line in lines)


def _locked(store_id: UUID, code: str) -> DemoShopCoupon | None:
    return DemoShopCoupon.objects.select_for_update().filter(store=store_id, code=code).first()


def _result(code: str) -> Result:
    return {"code": code, "updated_at": timezone.now().isoformat()}
