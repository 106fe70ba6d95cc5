"""How and where the demo shop sends an order."""

from django.utils.translation import gettext_noop

from orders.models import DemoShopOrder
from orders.stores.base import Result, ShippingMethod, StoreRefused
from orders.stores.demo.shop import undispatched


def change_fee(order: DemoShopOrder, *, fee: int, expected: int) -> Result:
    undispatched(order)
    if order.paid:
        raise StoreRefused(gettext_noop("The buyer has just paid for this order."))
    if order.shipping_fee != expected:
        raise StoreRefused(gettext_noop("The shipping fee is another by now at the store."))
    order.shipping_fee = fee
    return {"shipping_fee": fee}


def change_address(order: DemoShopOrder, *, address: dict[str, str], expected: dict[str, str]) -> Result:
    undispatched(order)
    if (order.address or {}) != expected:
        raise StoreRefused(gettext_noop("The address is another by now at the store."))
    order.address = address
    return {"address": address}


def change_carrier(order: DemoShopOrder, *, method: str, offered: list[ShippingMethod]) -> Result:
    undispatched(order)
    chosen = next((one for one in offered if one.name == method), None)
    if chosen is None:
        raise StoreRefused(gettext_noop("The store does not send that way."))
    order.shipping_method = method
    if not order.paid and chosen.fee is not None:
        order.shipping_fee = chosen.fee
    return {"shipping_method": method, "shipping_fee": order.shipping_fee}


def hold(order: DemoShopOrder, *, on_hold: bool) -> Result:
    undispatched(order)
    order.on_hold = on_hold
    return {"on_hold": on_hold}
