"""Where a parcel goes, and whether it may leave."""

from typing import Any

from django.utils.translation import gettext_noop

from orders.stores.base import Result, StoreRefused
from orders.stores.shopify import documents
from orders.stores.shopify.api import Api, Refused
from orders.stores.shopify.finding import again, mark_key, nodes, payload_of, undispatched
from orders.stores.shopify.marks import field_of
from orders.stores.shopify.reading import Node, address_of, areas

_ANOTHER = gettext_noop("The address is another by now at the store.")
_NOTHING_TO_HOLD = gettext_noop("The store has no parcel of this order that waits.")


def change_address(
    api: Api, order: Node, address: dict[str, str], key: str, expected: dict[str, str]
) -> Result:
    """Set address and mark in one mutation, so that one is never there without the other."""
    undispatched(payload_of(api, order))
    if address_of(order.get("shippingAddress")) != _filled(expected):
        raise StoreRefused(_ANOTHER)
    mark = {"wanted": {}, "result": {"address": address}}
    api.tell(
        documents.SET_ADDRESS,
        input={
            "id": order["id"],
            "shippingAddress": _mailing_address(address, order.get("shippingAddress") or {}),
            "metafields": [field_of(mark_key(key), mark)],
        },
    )
    return {"address": address, "updated_at": api.version_of(again(api, order)["updatedAt"])}


def _filled(address: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in address.items() if value}


def _mailing_address(address: dict[str, str], now: Node) -> dict[str, Any]:
    first, _space, last = address.get("name", "").rpartition(" ")
    country = address.get("country", "").upper()
    return {
        "firstName": first,
        "lastName": last,
        "phone": address.get("phone") or None,
        "address1": address.get("line1", ""),
        "address2": address.get("line2", ""),
        "city": address.get("city", ""),
        "zip": address.get("postcode", ""),
        "countryCode": country or None,
        "provinceCode": _province_code(country, address.get("region", ""), now),
    }


def _province_code(country: str, region: str, now: Node) -> str | None:
    """Return Shopify's code of a region, which may be known by its name: that of the address now, or a common one."""
    if not region:
        return None
    if country == now.get("countryCodeV2") and region in (now.get("province"), now.get("provinceCode")):
        return now.get("provinceCode") or region
    by_name = {name.casefold(): code for code, name in areas(country).items() if len(code) <= 3}
    return by_name.get(region.casefold(), region)


def hold(api: Api, order: Node, on_hold: bool, key: str) -> Result:
    """Hold what of the order still waits, or release the holds that are the desk's own."""
    parcels = fulfilment_orders(api, order)
    if on_hold:
        waiting = [row for row in parcels if row.get("status") in ("OPEN", "SCHEDULED", "ON_HOLD")]
        if not waiting:
            raise StoreRefused(_NOTHING_TO_HOLD)
        for row in waiting:
            _hold(api, row["id"], mark_key(key))
    else:
        for row in parcels:
            ours = [h["id"] for h in row.get("fulfillmentHolds") or [] if h.get("heldByRequestingApp")]
            if ours:
                api.tell(documents.RELEASE, id=row["id"], holds=ours)
    return {"on_hold": on_hold, "updated_at": api.version_of(again(api, order)["updatedAt"])}


def _hold(api: Api, fulfilment_order: str, handle: str) -> None:
    wanted = {"reason": "OTHER", "reasonNotes": "Held from the help desk", "handle": handle}
    try:
        api.tell(documents.HOLD, id=fulfilment_order, hold=wanted)
    except Refused as refusal:
        if "DUPLICATE_FULFILLMENT_HOLD_HANDLE" in refusal.codes:  # this very hold is there
            return
        raise


def fulfilment_orders(api: Api, order: Node) -> list[Node]:
    data = api.ask(documents.FULFILMENT_ORDERS, id=order["id"])
    return nodes((data.get("order") or {}).get("fulfillmentOrders"))
