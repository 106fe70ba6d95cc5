"""The fields of the played Shopify shop's GraphQL API: what they read, and what they do."""

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from graphql import GraphQLError

from tests.orders.stores.shopify_rows import (
    Row,
    cents,
    errors,
    money,
    page,
    received,
    refunded,
    stamp,
    total,
)

if TYPE_CHECKING:
    from tests.orders.stores.fake_shopify import FakeShopify


class Root:
    """The fields of QueryRoot and Mutation, by their names; what they return is read by theirs."""

    FULFILLED: ClassVar[str] = "FULFILLED"

    def __init__(self, shop: "FakeShopify") -> None:
        self._shop = shop

    # -- reading

    def _order(self, order: Row) -> Row:
        back, paid = refunded(order), received(order)
        state = "PENDING"
        if paid:
            state = "PAID" if not back else "REFUNDED" if back >= paid else "PARTIALLY_REFUNDED"
        return {
            **order,
            "displayFinancialStatus": state,
            "displayFulfillmentStatus": "FULFILLED"
            if order["parcels"]
            else "ON_HOLD"
            if order["holds"]
            else "UNFULFILLED",
            "currentTotalPriceSet": money(total(order)),
            "currentTotalTaxSet": money(0),
            "currentShippingPriceSet": money(sum(line["price"] for line in order["shipping"])),
            "totalReceivedSet": money(paid),
            "totalRefundedSet": money(back),
            "shippingAddress": {
                **order["address"],
                "name": " ".join(filter(None, [order["address"]["firstName"], order["address"]["lastName"]])),
            },
            "shippingLine": order["shipping"][0] if order["shipping"] else None,
            "paymentCollectionDetails": {
                "additionalPaymentCollectionUrl": None if paid else "https://shop.test/pay/1?secret=abc"
            },
            "lineItems": page([self._line(order, line) for line in order["lines"]]),
            "transactions": lambda _info, first=None, **_rest: order["transactions"][:first],
            "refunds": lambda _info, first=None: order["refunds"][:first],
            "fulfillments": lambda _info, first=None: order["parcels"][:first],
            "fulfillmentOrders": page([self._fulfilment(order)]),
            "metafield": lambda _info, namespace, key: order["metafields"].get((namespace, key)),
        }

    def _line(self, order: Row, line: Row) -> Row:
        left = 0 if order["parcels"] else line["quantity"]
        return {
            **line,
            "currentQuantity": line["quantity"],
            "unfulfilledQuantity": left,
            "originalUnitPriceSet": money(line["price"]),
        }

    def _fulfilment(self, order: Row) -> Row:
        status = (
            "CLOSED" if order["parcels"] or order["cancelledAt"] else "ON_HOLD" if order["holds"] else "OPEN"
        )
        return {
            "id": order["fulfilment"],
            "status": status,
            "assignedLocation": {"location": {"id": "gid://shopify/Location/1"}},
            "fulfillmentHolds": order["holds"],
        }

    def shop(self, _info: Any) -> Row:
        return {"name": "Shop", "currencyCode": "USD"}

    def currentAppInstallation(self, _info: Any) -> Row:  # noqa: N802
        return {"accessScopes": [{"handle": scope} for scope in self._shop.scopes.split()]}

    def order(self, _info: Any, id: str) -> Row | None:
        found = self._shop.orders.get(id)
        return self._order(found) if found else None

    def orders(self, info: Any, query: str | None = None, **how: Any) -> Row:
        rows = sorted(self._shop.orders.values(), key=lambda row: row["updatedAt"])
        if named := re.fullmatch(r"name:'(.*)'", query or ""):
            words = named.group(1).casefold()
            rows = [row for row in rows if words in re.split(r"[^\w]+", row["name"].casefold())]
        elif since := re.fullmatch(r"updated_at:>='(.*)'", query or ""):
            rows = [row for row in rows if row["updatedAt"] >= since.group(1)]
        elif query:
            raise GraphQLError(f"no such query: {query}")
        return page([self._order(row) for row in rows])(info, **how)

    def product(self, _info: Any, id: str) -> Row | None:
        return next((row for row in self._shop.products if row["id"] == id), None)

    def products(self, info: Any, query: str | None = None, **how: Any) -> Row:
        rows = sorted(self._shop.products, key=lambda row: row["updatedAt"])
        if since := re.fullmatch(r"updated_at:>='(.*)'", query or ""):
            rows = [row for row in rows if row["updatedAt"] >= since.group(1)]
        return page(rows)(info, **how)

    def productVariants(self, info: Any, query: str, first: int) -> Row:  # noqa: N802
        sku = re.fullmatch(r"sku:'(.*)'", query)
        assert sku
        rows = [
            row for product in self._shop.products for row in product["rows"] if row["sku"] == sku.group(1)
        ]
        return page(rows)(info, first=first)

    def job(self, _info: Any, id: str) -> Row:
        self._shop.jobs[id] -= 1
        return {"id": id, "done": self._shop.jobs[id] <= 0}

    def customerByIdentifier(self, _info: Any, identifier: Row) -> Row | None:  # noqa: N802
        known = identifier.get("emailAddress") == "ada@buyer.test"
        return {"id": "gid://shopify/Customer/1001"} if known else None

    def codeDiscountNodeByCode(self, _info: Any, code: str) -> Row | None:  # noqa: N802
        return self._shop.discounts.get(code.upper())

    # -- changing

    def metafieldsSet(self, _info: Any, metafields: list[Row]) -> Row:  # noqa: N802
        (row,) = metafields
        fields = self._shop.orders[row["ownerId"]]["metafields"]
        before = fields.get((row["namespace"], row["key"]))
        if "compareDigest" in row and row["compareDigest"] != (before["compareDigest"] if before else None):
            return errors("The metafield was modified", code="STALE_OBJECT")
        return {"metafields": [self._metafield(self._shop.orders[row["ownerId"]], row)], "userErrors": []}

    def _metafield(self, order: Row, row: Row) -> Row:
        digest = hashlib.sha256(row["value"].encode()).hexdigest()
        said = {
            "jsonValue": json.loads(row["value"]),
            "compareDigest": digest,
            "updatedAt": stamp(datetime.now(UTC)),
        }
        order["metafields"][row["namespace"], row["key"]] = said
        return said

    def orderUpdate(self, _info: Any, input: Row) -> Row:  # noqa: N802
        order = self._shop.orders[input["id"]]
        address = input["shippingAddress"]
        if address.get("provinceCode") == "Nowhere":
            return {"order": None, **errors("Province is not a valid province in Germany")}
        code = address.pop("countryCode")
        order["address"] = {**order["address"], "province": None, **address, "countryCodeV2": code}
        for row in input.get("metafields") or []:
            self._metafield(order, row)
        self._shop.touch(order)
        return {"order": self._order(order), "userErrors": []}

    def refundCreate(self, info: Any, input: Row) -> Row:  # noqa: N802
        directives = {node.name.value: node for node in info.field_nodes[0].directives}
        if "idempotent" not in directives:
            raise GraphQLError("The @idempotent directive is required", extensions={"code": "BAD_REQUEST"})
        key = info.variable_values.coerced["key"]
        if key in self._shop.keys:
            return {"refund": self._shop.keys[key], "userErrors": []}
        order = self._shop.orders[input["orderId"]]
        amount = sum(cents(row["amount"]) for row in input["transactions"])
        if self._shop.refund_refused or amount > received(order) - refunded(order):
            return {"refund": None, **errors("Refund amount is more than what is left")}
        for row in input.get("refundLineItems") or []:
            line = next(line for line in order["lines"] if line["id"] == row["lineItemId"])
            line["quantity"] -= row["quantity"]
        self._shop.keys[key] = self._shop.refund(order, amount, input.get("note") or "")
        return {"refund": self._shop.keys[key], "userErrors": []}

    def orderCancel(self, _info: Any, orderId: str, staffNote: str, **_how: Any) -> Row:  # noqa: N802, N803
        order = self._shop.orders[orderId]
        if order["cancelledAt"] or order["parcels"]:
            wrong = [{"message": "Cannot cancel this order", "code": "INVALID"}]
            return {"job": None, "orderCancelUserErrors": wrong}
        left = received(order) - refunded(order)
        if left:
            self._shop.refund(order, left, "")
        order["cancelledAt"] = stamp(datetime.now(UTC))
        order["cancellation"] = {"staffNote": staffNote}
        self._shop.touch(order)
        job = self._shop.gid("Job")
        self._shop.jobs[job] = 2
        return {"job": {"id": job, "done": False}, "orderCancelUserErrors": []}

    def orderEditBegin(self, _info: Any, id: str) -> Row:  # noqa: N802
        order = self._shop.orders[id]
        if order["cancelledAt"]:
            return {"calculatedOrder": None, **errors("The order cannot be edited.")}
        edit = {
            "id": self._shop.gid("CalculatedOrder"),
            "order": id,
            "version": order["version"],
            "shippingLines": [{**line, "stagedStatus": "NONE"} for line in order["shipping"]],
            "rows": [
                {
                    **line,
                    "id": line["id"].replace("LineItem", "CalculatedLineItem"),
                    "editableQuantity": line["quantity"],
                }
                for line in order["lines"]
            ],
        }
        edit["lineItems"] = page(edit["rows"])
        self._shop.edits[edit["id"]] = edit
        return {"calculatedOrder": edit, "userErrors": []}

    def orderEditRemoveShippingLine(self, _info: Any, id: str, shippingLineId: str) -> Row:  # noqa: N802, N803
        for line in self._shop.edits[id]["shippingLines"]:
            if line["id"] == shippingLineId:
                line["stagedStatus"] = "REMOVED"
                return errors()
        return errors("Shipping line does not exist")

    def orderEditAddShippingLine(self, _info: Any, id: str, shippingLine: Row) -> Row:  # noqa: N802, N803
        line = {"id": self._shop.gid("ShippingLine"), "title": shippingLine["title"], "stagedStatus": "ADDED"}
        line["price"] = cents(shippingLine["price"]["amount"])
        self._shop.edits[id]["shippingLines"].append(line)
        return errors()

    def orderEditSetQuantity(self, _info: Any, id: str, lineItemId: str, quantity: int, **_how: Any) -> Row:  # noqa: N802, N803
        line = next(line for line in self._shop.edits[id]["rows"] if line["id"] == lineItemId)
        line["quantity"] = quantity
        return errors()

    def orderEditAddVariant(self, _info: Any, id: str, variantId: str, quantity: int, **_how: Any) -> Row:  # noqa: N802, N803
        for product in self._shop.products:
            for variant in product["rows"]:
                if variant["id"] == variantId:
                    row = {"sku": variant["sku"], "name": product["title"], "quantity": quantity}
                    line = self._shop.line({**row, "unit_price": cents(variant["price"])})
                    self._shop.edits[id]["rows"].append(line)
                    return errors()
        return errors("Variant does not exist")

    def orderEditCommit(self, _info: Any, id: str, **_how: Any) -> Row:  # noqa: N802
        edit = self._shop.edits.pop(id)
        order = self._shop.orders[edit["order"]]
        if self._shop.on_commit:
            self._shop.on_commit(order)
        if order["version"] != edit["version"]:
            return {"order": None, **errors("The order has been changed since this edit began")}
        kept = [line for line in edit["shippingLines"] if line["stagedStatus"] != "REMOVED"]
        order["shipping"] = [{name: line[name] for name in ("id", "title", "price")} for line in kept]
        order["lines"] = [
            {**line, "id": line["id"].replace("CalculatedLineItem", "LineItem")} for line in edit["rows"]
        ]
        self._shop.touch(order)
        return {"order": self._order(order), "userErrors": []}

    def fulfillmentOrderHold(self, _info: Any, id: str, fulfillmentHold: Row) -> Row:  # noqa: N802, N803
        order = next(order for order in self._shop.orders.values() if order["fulfilment"] == id)
        if any(hold["handle"] == fulfillmentHold["handle"] for hold in order["holds"]):
            return errors("The handle is taken", code="DUPLICATE_FULFILLMENT_HOLD_HANDLE")
        hold = {"id": self._shop.gid("FulfillmentHold"), "heldByRequestingApp": True}
        order["holds"].append({**hold, "handle": fulfillmentHold["handle"]})
        self._shop.touch(order)
        return errors()

    def fulfillmentOrderReleaseHold(self, _info: Any, id: str, holdIds: list[str]) -> Row:  # noqa: N802, N803
        order = next(order for order in self._shop.orders.values() if order["fulfilment"] == id)
        order["holds"] = [hold for hold in order["holds"] if hold["id"] not in holdIds]
        self._shop.touch(order)
        return errors()

    def discountCodeBasicCreate(self, _info: Any, basicCodeDiscount: Row) -> Row:  # noqa: N802, N803
        code = basicCodeDiscount["code"].upper()
        if code in self._shop.discounts:
            return {"codeDiscountNode": None, **errors("Code must be unique", code="TAKEN")}
        value = basicCodeDiscount["customerGets"]["value"]
        gets: Row = {"__typename": "DiscountPercentage", "percentage": value.get("percentage")}
        if amount := value.get("discountAmount"):
            gets = {
                "__typename": "DiscountAmount",
                "amount": {"amount": amount["amount"], "currencyCode": "USD"},
            }
        ends = (
            datetime.fromisoformat(basicCodeDiscount["endsAt"]) if basicCodeDiscount.get("endsAt") else None
        )
        discount = {
            "__typename": "DiscountCodeBasic",
            "title": basicCodeDiscount["title"],
            "status": "ACTIVE",
            "usageLimit": basicCodeDiscount["usageLimit"],
            "asyncUsageCount": 0,
            "endsAt": stamp(ends) if ends else None,
            "updatedAt": stamp(datetime.now(UTC)),
            "customerGets": {"value": gets},
            "asked": basicCodeDiscount,
        }
        self._shop.discounts[code] = {"id": self._shop.gid("DiscountCodeNode"), "codeDiscount": discount}
        return {"codeDiscountNode": self._shop.discounts[code], "userErrors": []}

    def discountCodeDeactivate(self, _info: Any, id: str) -> Row:  # noqa: N802
        node = next(node for node in self._shop.discounts.values() if node["id"] == id)
        node["codeDiscount"]["status"] = "EXPIRED"
        return {"codeDiscountNode": node, "userErrors": []}
