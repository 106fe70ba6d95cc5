"""What a store offers: made and changed by supervisors; codes are given out of it by everybody."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from events import names, topics
from events.record import Actor, Happening, Push, record
from inbox.access import check_may
from orders.amounts import read_amount
from orders.coupons.access import coupons_for
from orders.coupons.payloads import coupon_data
from orders.coupons.terms import worst_case
from orders.errors import InvalidParams, NotFound
from orders.models import Coupon, CouponCode, Product
from people.access import stores_for
from people.models import Agent, Store

FIELDS = (
    "name", "kind", "value", "percent", "most", "min_spend", "skus", "budget", "valid_days", "ends_at", "per_buyer",
    "active",
)  # fmt: skip
MOST_DAYS = 366
MOST_CODES = 100  # for one buyer
MOST_PRODUCTS = 200
GIVEN = (
    CouponCode.State.CREATING,
    CouponCode.State.ACTIVE,
    CouponCode.State.REVOKING,
    CouponCode.State.REDEEMED,
    CouponCode.State.EXPIRED,
)


def create_offer(*, agent: Agent, store_key: str, values: dict[str, Any]) -> Coupon:
    """Make an offer of a store. `values` are FIELDS, amounts as money or minor units of the store's currency.

    Raises Forbidden, NotFound or InvalidParams.
    """
    check_may(agent, "offers.write")
    store = stores_for(agent).filter(key=store_key).first()
    if store is None:
        raise NotFound(_("There is no such store."))
    coupon = Coupon(store=store, currency=store.currency, value=0)
    with transaction.atomic():
        _set(coupon, store, {"kind": Coupon.Kind.AMOUNT.value, **values}, is_new=True)
        coupon.save(force_insert=True)
        _set_products(coupon, values)
        _announce(coupon, None, agent)
    return coupon


def change_offer(*, agent: Agent, coupon_id: UUID, values: dict[str, Any]) -> Coupon:
    """Change what `values` names; codes that were given out keep what they promised.

    Raises Forbidden, NotFound or InvalidParams.
    """
    with transaction.atomic():
        rows = coupons_for(agent).select_related("store").select_for_update(of=("self",))
        coupon = rows.filter(pk=coupon_id).first()
        if coupon is None:
            raise NotFound(_("There is no such offer."))
        check_may(agent, "offers.write")
        before = coupon_data(coupon)
        _set(coupon, coupon.store, values, is_new=False)
        # What codes have taken meanwhile is theirs: it is counted in the row, not in this copy of it.
        coupon.save(update_fields=[f.name for f in Coupon._meta.concrete_fields if f.name not in KEPT])
        _set_products(coupon, values)
        _announce(coupon, before, agent)
    return coupon


KEPT = ("id", "store", "currency", "committed", "created_at")


def with_usage(coupons: QuerySet[Coupon]) -> QuerySet[Coupon]:
    """Count what became of each offer's codes: `given`, `redeemed`, and what these came to, `spent`."""
    redeemed = Q(codes__state=CouponCode.State.REDEEMED)
    return coupons.annotate(
        given=Count("codes", filter=Q(codes__state__in=GIVEN)),
        redeemed=Count("codes", filter=redeemed),
        spent=Sum("codes__value", filter=redeemed, default=0),
    )


def _set(coupon: Coupon, store: Store, values: dict[str, Any], *, is_new: bool) -> None:
    if unknown := values.keys() - set(FIELDS):
        raise InvalidParams(_("An offer has no such field."), attr=str(min(unknown))[:40])
    if is_new or "name" in values:
        coupon.name = _text(values.get("name"), "name", 80)
    if "kind" in values:
        if values["kind"] not in Coupon.Kind.values:
            raise InvalidParams(_("An offer is an amount or a percentage."), attr="kind")
        coupon.kind = values["kind"]
    _set_value(coupon, store, values)
    for name in ("min_spend", "budget"):
        if name in values:
            given = values[name]
            optional = name == "budget" and given is None
            setattr(coupon, name, None if optional else _amount(given, store, name))
    if coupon.budget is not None and coupon.budget < coupon.committed:
        raise InvalidParams(_("More than that has been given out already."), attr="budget")
    if "valid_days" in values:
        coupon.valid_days = _number(values["valid_days"], "valid_days", MOST_DAYS)
    if "per_buyer" in values:
        coupon.per_buyer = _number(values["per_buyer"], "per_buyer", MOST_CODES)
    if "ends_at" in values:
        coupon.ends_at = _moment(values["ends_at"], is_new)
    if "active" in values:
        if not isinstance(values["active"], bool):
            raise InvalidParams(_("That is true or false."), attr="active")
        coupon.active = values["active"]


def _set_value(coupon: Coupon, store: Store, values: dict[str, Any]) -> None:
    """Read how much it gives: an amount, or a percentage that comes to no more than `most`."""
    if coupon.kind == Coupon.Kind.AMOUNT:
        if values.get("percent") is not None or values.get("most") is not None:
            raise InvalidParams(_("An amount has no percentage."), attr="percent")
        if "value" in values or "kind" in values:
            coupon.value = _amount(values.get("value"), store, "value")
        coupon.most = None
    else:
        if values.get("value") is not None:
            raise InvalidParams(_("A percentage is no amount."), attr="value")
        if "percent" in values or "kind" in values:
            coupon.value = _number(values.get("percent"), "percent", 100)
        if "most" in values or "kind" in values:
            # Without it nobody could say what a code may cost, and no limit or budget would hold.
            coupon.most = _amount(values.get("most"), store, "most")
    if worst_case(coupon) <= 0:
        field = "value" if coupon.kind == Coupon.Kind.AMOUNT else "most"
        raise InvalidParams(_("That must be more than nothing."), attr=field)


def _set_products(coupon: Coupon, values: dict[str, Any]) -> None:
    if "skus" not in values:
        return
    skus = values["skus"]
    if not isinstance(skus, list) or len(skus) > MOST_PRODUCTS or not all(isinstance(s, str) for s in skus):
        raise InvalidParams(_("That is a list of SKUs."), attr="skus")
    found = {p.sku: p for p in Product.objects.filter(store=coupon.store_id, sku__in=skus)}
    if missing := [sku for sku in skus if sku not in found]:
        words = _("The store has no product with the SKU %(sku)s.")
        raise InvalidParams(words % {"sku": missing[0][:40]}, attr="skus")
    coupon.products.set(found.values())


def _announce(coupon: Coupon, before: dict[str, Any] | None, agent: Agent) -> None:
    after = coupon_data(coupon)
    changed = [name for name in after if before is None or before[name] != after[name]]
    record(
        Happening(
            names.COUPON_CHANGED,
            Actor.agent(agent),
            store_id=coupon.store_id,
            data={
                "coupon": str(coupon.id),
                "before": {name: before[name] for name in changed} if before else {},
                "after": {name: after[name] for name in changed},
            },
            pushes=[
                Push((topics.store(coupon.store_id),), {"type": "coupon.offer", "coupon": str(coupon.id)})
            ],
        )
    )


# -- Values


def _text(value: Any, attr: str, limit: int) -> str:
    if not isinstance(value, str) or "\x00" in value or not 0 < len(value.strip()) <= limit:
        words = _("That is a text of at most %(limit)s characters.")
        raise InvalidParams(words % {"limit": limit}, attr=attr)
    return value.strip()


def _amount(value: Any, store: Store, attr: str) -> int:
    if isinstance(value, dict) and value.get("currency") != store.currency:
        words = _("This store's currency is %(currency)s.")
        raise InvalidParams(words % {"currency": store.currency}, attr=attr)
    return read_amount(value, store.currency, attr)


def _number(value: Any, attr: str, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= most:
        raise InvalidParams(_("That is a whole number from 1 to %(most)s.") % {"most": most}, attr=attr)
    return value


def _moment(value: Any, is_new: bool) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, datetime) or timezone.is_naive(value):
        raise InvalidParams(_("A time is ISO 8601 with its offset."), attr="ends_at")
    if is_new and value <= timezone.now():
        raise InvalidParams(_("That is over already."), attr="ends_at")
    return value
