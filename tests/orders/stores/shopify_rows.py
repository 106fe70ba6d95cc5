"""The rows of the played Shopify shop, and what is worked out from them."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Row = dict[str, Any]


def money(minor: int) -> Row:
    value = {"amount": str(Decimal(minor) / 100), "currencyCode": "USD"}
    return {"shopMoney": value, "presentmentMoney": value}


def cents(text: Any) -> int:
    return int((Decimal(str(text)) * 100).to_integral_value())


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def errors(*messages: str, code: str | None = None) -> Row:
    return {"userErrors": [{"message": message, "code": code} for message in messages]}


def page(rows: list[Row]) -> Callable[..., Row]:
    """Return a connection: what `first` and `after` leave of it."""

    def resolve(_info: Any, first: int = 50, after: str | None = None, **_rest: Any) -> Row:
        start = int(after) if after else 0
        more = len(rows) > start + first
        info = {"hasNextPage": more, "endCursor": str(start + first) if rows else None}
        return {"nodes": rows[start : start + first], "pageInfo": info}

    return resolve


def theirs(address: dict[str, str]) -> Row:
    first, _space, last = address["name"].rpartition(" ")
    return {
        "firstName": first,
        "lastName": last,
        "company": None,
        "phone": address["phone"],
        "address1": address["line1"],
        "address2": address["line2"],
        "city": address["city"],
        "zip": address["postcode"],
        "provinceCode": address["region"] or None,
        "province": None,
        "countryCodeV2": address["country"],
    }


def items(order: Row) -> int:
    return sum(int(line["quantity"] * line["price"]) for line in order["lines"])


def total(order: Row) -> int:
    return items(order) + sum(int(line["price"]) for line in order["shipping"])


def refunded(order: Row) -> int:
    return sum(row["amount"] for row in order["transactions"] if row["kind"] == "REFUND")


def received(order: Row) -> int:
    return sum(row["amount"] for row in order["transactions"] if row["kind"] == "SALE")


def on_hold(order: Row) -> bool:
    return bool(order["holds"])
