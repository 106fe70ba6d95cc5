"""Money that goes back: refunds and cancellations. Both carry the desk's key in a note that can be read again."""

import time
from typing import Any

from django.utils.translation import gettext_noop

from orders.amounts import plain
from orders.stores.base import Result, StoreRefused, StoreUnreachable
from orders.stores.http import NO_ANSWER
from orders.stores.shopify import documents
from orders.stores.shopify.api import Api
from orders.stores.shopify.delivery import fulfilment_orders
from orders.stores.shopify.finding import again, lines_of, one_currency, payload_of, undispatched
from orders.stores.shopify.reading import Node, amount, sku_of_line

_OTHER_CURRENCY = gettext_noop("The order is in another currency at the store.")
_OTHER_SUM = gettext_noop("The store has paid back another sum by now.")
_TOO_MUCH = gettext_noop("The store cannot pay back that much of this order.")
_TOO_MANY = gettext_noop("The order does not hold that many of it at the store.")
_MOST_NOTE = 250
_JOB_PAUSE_S = 0.3


def refund(api: Api, order: Node, asked: dict[str, Any], key: str, expected: int) -> Result:
    """`asked` has amount, currency, lines, shipping, restock and reason, as StoreConnector.refund takes them."""
    payload = payload_of(api, order)
    one_currency(order)
    if payload["currency"] != asked["currency"]:
        raise StoreRefused(_OTHER_CURRENCY)
    if payload["refunded"] != expected:
        raise StoreRefused(_OTHER_SUM)
    pay_back(api, order, asked, asked["amount"], key)
    result = refund_result(api, again(api, order), key)
    if result is None:
        raise StoreUnreachable(NO_ANSWER)
    return result


def pay_back(api: Api, order: Node, asked: dict[str, Any], sum_: int, key: str) -> None:
    currency = order["currencyCode"]
    rows: dict[str, Any] = {
        "orderId": order["id"],
        "note": f"{asked.get('reason', '')[:_MOST_NOTE]} [{key}]".strip(),
        "notify": False,
        "transactions": _transactions(order, sum_),
        "refundLineItems": _returned(api, order, asked),
    }
    if asked.get("shipping"):
        rows["shipping"] = {"amount": plain(asked["shipping"], currency)}
    api.tell(documents.REFUND, input=rows, key=key)


def _transactions(order: Node, sum_: int) -> list[dict[str, Any]]:
    """Return what each payment gives back: from the first on, as far as something of it is left."""
    currency = order["currencyCode"]
    good = [row for row in order.get("transactions") or [] if row.get("status") in ("SUCCESS", "PENDING")]
    back: dict[str, int] = {}
    for row in good:
        if row["kind"] == "REFUND" and row.get("parentTransaction"):
            parent = row["parentTransaction"]["id"]
            back[parent] = back.get(parent, 0) + amount(row["amountSet"], currency)
    rows = []
    for row in good:
        if row["kind"] not in ("SALE", "CAPTURE") or row["status"] != "SUCCESS":
            continue
        part = min(sum_, amount(row["amountSet"], currency) - back.get(row["id"], 0))
        if part <= 0:
            continue
        rows.append(
            {
                "orderId": order["id"],
                "parentId": row["id"],
                "gateway": row.get("gateway") or "",
                "kind": "REFUND",
                "amount": plain(part, currency),
            }
        )
        sum_ -= part
    if sum_ > 0:
        raise StoreRefused(_TOO_MUCH)
    return rows


def _returned(api: Api, order: Node, asked: dict[str, Any]) -> list[dict[str, Any]]:
    wanted = {line["sku"]: line["quantity"] for line in asked.get("lines") or []}
    if not wanted:
        return []
    place = _location(api, order) if asked.get("restock") else None
    rows = []
    for line in lines_of(api, order):
        sku = sku_of_line(line)
        quantity = min(wanted.get(sku, 0), int(line["currentQuantity"]))
        if quantity <= 0:
            continue
        wanted[sku] -= quantity
        row = {"lineItemId": line["id"], "quantity": quantity, "restockType": "NO_RESTOCK"}
        if place is not None:
            # What has not left goes back to the shelf it was taken from; what has, comes back as a return.
            kind = "CANCEL" if int(line.get("unfulfilledQuantity") or 0) >= quantity else "RETURN"
            row |= {"restockType": kind, "locationId": place}
        rows.append(row)
    if any(wanted.values()):
        raise StoreRefused(_TOO_MANY)
    return rows


def _location(api: Api, order: Node) -> str | None:
    for row in fulfilment_orders(api, order):
        location = (row.get("assignedLocation") or {}).get("location")
        if location:
            return str(location["id"])
    return None


def refund_result(api: Api, order: Node, key: str) -> Result | None:
    """Return what came of the refund with this key: the sum up to it, whatever was refunded since."""
    currency, sum_ = order["currencyCode"], 0
    for row in sorted(order.get("refunds") or [], key=lambda row: str(row.get("createdAt"))):
        sum_ += amount(row["totalRefundedSet"], currency)
        if f"[{key}]" in (row.get("note") or ""):
            return {"refunded": sum_, "updated_at": api.version_of(row["createdAt"])}
    return None


def cancel(api: Api, order: Node, reason: str, restock: bool, key: str) -> Result:
    """Cancel and pay back. Shopify does it in a job, which is waited for as long as a command may take."""
    undispatched(payload_of(api, order))
    note = f"{reason[:_MOST_NOTE]} [{key}]".strip()
    told = api.tell(documents.CANCEL, id=order["id"], reason="CUSTOMER", restock=restock, note=note)
    job = told.get("job") or {}
    while not job.get("done"):
        if not job.get("id"):
            raise StoreUnreachable(NO_ANSWER)
        time.sleep(_JOB_PAUSE_S)
        job = {"id": job["id"], **(api.ask(documents.JOB, id=job["id"]).get("job") or {})}
    result = cancel_result(api, again(api, order), key)
    if result is None:
        raise StoreUnreachable(NO_ANSWER)
    return result


def cancel_result(api: Api, order: Node, key: str) -> Result | None:
    note = (order.get("cancellation") or {}).get("staffNote") or ""
    if not order.get("cancelledAt") or f"[{key}]" not in note:
        return None
    refunded = amount(order["totalRefundedSet"], order["currencyCode"])
    return {"status": "cancelled", "refunded": refunded, "updated_at": api.version_of(order["cancelledAt"])}
