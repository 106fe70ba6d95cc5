"""What a coupon gives, on which terms, and what that may come to: as values, in words, and for the store."""

from datetime import datetime
from typing import Any

from babel.dates import format_date
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from helpdesk.lib.money import display
from orders.models import Coupon, CouponCode, Order

Terms = dict[str, Any]  # name, kind, value, currency, most, min_spend, products [{"sku", "name"}]


def terms_of(coupon: Coupon) -> Terms:
    """Return what a code of the offer promises from now on. (Load the coupon with its products.)"""
    return {
        "name": coupon.name,
        "kind": coupon.kind,
        "value": coupon.value,
        "currency": coupon.currency,
        "most": coupon.most,
        "min_spend": coupon.min_spend,
        "products": [{"sku": product.sku, "name": product.name} for product in coupon.products.all()],
    }


def worst_case(coupon: Coupon) -> int:
    """Return the most that one code may come to, in minor units."""
    return coupon.value if coupon.kind == Coupon.Kind.AMOUNT else coupon.most or 0


def for_store(code: CouponCode) -> dict[str, Any]:
    """Return the terms as `StoreConnector.create_coupon` takes them."""
    terms = code.terms
    return {
        **{name: terms[name] for name in ("kind", "value", "currency", "most", "min_spend")},
        "skus": [product["sku"] for product in terms["products"]],
        "expires_at": code.expires_at.isoformat(),
        "email": code.buyer.email,
    }


def came_to(code: CouponCode, order: Order) -> int:
    """Return what the code took off this order, as its terms say. (Load the order with its lines.)"""
    terms = code.terms
    if terms["kind"] == Coupon.Kind.AMOUNT:
        return min(code.value, order.items_total)
    skus = {product["sku"] for product in terms["products"]}
    base = sum(line.total for line in order.lines.all() if line.sku in skus) if skus else order.items_total
    return min(code.value, base * int(terms["value"]) // 100)


# -- In words, of the active language


def gives(terms: Terms) -> str:
    """Return what it gives, short: "$5.00 off", "10% off, at most $15.00"."""
    currency = terms["currency"]
    if terms["kind"] == Coupon.Kind.AMOUNT:
        return _("%(amount)s off") % {"amount": display(terms["value"], currency)}
    off = _("%(percent)s%% off") % {"percent": terms["value"]}
    if terms["most"] is None:
        return off
    return _("%(off)s, at most %(amount)s") % {"off": off, "amount": display(terms["most"], currency)}


def conditions(terms: Terms) -> list[str]:
    """Return what else is to be known before it is used."""
    said = []
    if terms["min_spend"]:
        said.append(_("From %(amount)s spent") % {"amount": display(terms["min_spend"], terms["currency"])})
    if terms["products"]:
        names = ", ".join(product["name"] for product in terms["products"][:3])
        if more := len(terms["products"]) - 3 if len(terms["products"]) > 3 else 0:
            names = _("%(names)s and %(more)s more") % {"names": names, "more": more}
        said.append(_("For %(names)s") % {"names": names})
    said.append(_("Can be used once"))
    return said


def until(moment: datetime) -> str:
    """Return the day up to which a code is valid."""
    locale = translation.to_locale(translation.get_language() or "en")
    return _("Valid until %(day)s") % {
        "day": format_date(timezone.localtime(moment).date(), format="medium", locale=locale)
    }
