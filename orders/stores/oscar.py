"""django-oscar, by django-oscar-api.

Its API lets staff read orders and products, and lets nobody change an order: neither its status nor its address, and
there are no refunds, vouchers or webhooks in it (an order can be deleted, which is not what anybody means by
cancelling). So this connector has no commands; it asks what changed.

Nothing there says when an order was changed. So the orders of the weeks before the mark are read again each time; but
their lines, which do not change and cost a call each, only of those that the desk does not have.
"""

import base64
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy, gettext_noop

from orders.models import Order
from orders.stores.base import Changes, Result, StoreConnector, StoreRefused, StoreUnreachable
from orders.stores.http import NO_ANSWER, Denied, ShopURLField, StoreHttp, read_json
from orders.stores.values import cut, minor, moment

AGAIN = timedelta(days=45)  # what was placed longer ago is not looked at any more
ALL_PRODUCTS = timedelta(hours=1)  # stock changes without a date: now and then all of them are read
PAGE = 25
MOST_PAGES = 10_000
ADMIN_IS_OFF = gettext_noop(
    "The shop's admin API is off: OSCARAPI_BLOCK_ADMIN_API_ACCESS has to be False in its settings."
)
# What shops call the steps of an order is up to them; these are common.
NAMES = {
    "paid": "Being processed, Processing, Paid",
    "shipped": "Shipped, Dispatched",
    "completed": "Complete, Completed",
    "cancelled": "Cancelled, Canceled, Refunded",
}
_NUMBER = re.compile(r"/(\d+)/?$")
_COUNTRY = re.compile(r"/([A-Za-z]{2})/?$")
_WRONG = (AttributeError, KeyError, TypeError, ValueError, IndexError, OverflowError, StoreRefused)
Row = dict[str, Any]


class OscarForm(forms.Form):
    url = ShopURLField(
        label=gettext_lazy("Address of the API"),
        help_text=gettext_lazy("Where the shop has django-oscar-api, such as https://shop.example/api"),
    )
    user = forms.CharField(
        label=gettext_lazy("User"),
        max_length=150,
        required=False,
        help_text=gettext_lazy(
            "Of staff who may view orders, lines and products. Leave it empty where the shop gives out tokens."
        ),
    )
    password = forms.CharField(label=gettext_lazy("Password or token"), max_length=200)
    paid = forms.CharField(
        label=gettext_lazy("Statuses of paid orders"), max_length=300, required=False, initial=NAMES["paid"]
    )
    shipped = forms.CharField(
        label=gettext_lazy("Statuses of shipped orders"),
        max_length=300,
        required=False,
        initial=NAMES["shipped"],
    )
    completed = forms.CharField(
        label=gettext_lazy("Statuses of completed orders"),
        max_length=300,
        required=False,
        initial=NAMES["completed"],
    )
    cancelled = forms.CharField(
        label=gettext_lazy("Statuses of cancelled orders"),
        max_length=300,
        required=False,
        initial=NAMES["cancelled"],
    )


class OscarStore(StoreConnector):
    kind = "oscar"
    label = gettext_lazy("django-oscar")
    about = gettext_lazy("A shop on django-oscar: its orders and products are shown, changes are made there.")
    form = OscarForm
    secret_fields: ClassVar[frozenset[str]] = frozenset({"password"})

    def _http(self) -> StoreHttp:
        config = self.connection.config
        password = str(self.connection.secrets.get("password", ""))
        user = str(config.get("user", ""))
        basic = base64.b64encode(f"{user}:{password}".encode()).decode()
        given = f"Basic {basic}" if user else f"Token {password}"
        return StoreHttp(str(config.get("url", "")), headers={"Authorization": given}, words=_words)

    def check(self) -> None:
        http = self._http()
        for path in ("admin/orders/", "admin/products/"):
            try:
                _rows(read_json(http.get(path)))
            except Denied as denied:
                if denied.status == 404:
                    raise StoreRefused(ADMIN_IS_OFF) from denied
                raise

    def lookup(self, key: str, *, command: str, order_number: str) -> Result | None:
        return None  # it has no commands, so none was carried out

    def changes(self, mark: str) -> Iterator[Changes]:
        """A mark is three times: up to where orders and products are known, and when all products were last read."""
        orders_to, products_to, all_at = (_time(part) for part in f"{mark}||".split("|")[:3])
        http, now = self._http(), datetime.now(UTC)
        everything = all_at is None or now - all_at >= ALL_PRODUCTS
        rows = [row for page in _pages(http, "admin/products/") for row in page]
        titles = {str(row.get("id")): row.get("title") for row in rows}
        goods = {str(row.get("id")): _product(row, titles) for row in rows}
        # What has variants is sold as one of them.
        fresh = [row for row in rows if row.get("structure") != "parent"]
        if not everything:
            fresh = [row for row in fresh if _is_newer(row, products_to)]
        for start in range(0, len(fresh), PAGE):
            payloads = [goods[str(row.get("id"))] for row in fresh[start : start + PAGE]]
            yield Changes(products=payloads, mark=_mark(orders_to, products_to, all_at))
        products_to = max(filter(None, [products_to, *map(_changed_at, rows)]), default=None)
        all_at = now if everything else all_at
        yield from self._orders(http, orders_to, goods, lambda at: _mark(at, products_to, all_at))

    def _orders(
        self,
        http: StoreHttp,
        since: datetime | None,
        goods: dict[str, Row],
        mark: Callable[[datetime | None], str],
    ) -> Iterator[Changes]:
        rows = sorted(_placed_since(http, since and since - AGAIN), key=_placed_at)
        for start in range(0, len(rows), PAGE):
            page = rows[start : start + PAGE]
            numbers = [cut(row.get("number"), 40) for row in page]
            here = Order.objects.filter(store=self.connection.store_id, number__in=numbers)
            known = set(here.values_list("number", flat=True))
            payloads = [self._order(http, row, goods, cut(row.get("number"), 40) in known) for row in page]
            since = max(filter(None, [since, _placed_at(page[-1])]))
            yield Changes(orders=payloads, mark=mark(since))
        if not rows:
            yield Changes(mark=mark(since))

    def _order(self, http: StoreHttp, row: Row, goods: dict[str, Row], known: bool) -> Row:
        try:
            lines = None
            if not known:
                lines = _rows(read_json(http.get(f"admin/orders/{_number(row['url'])}/lines/")))
            return order_payload(row, lines, goods, self._status(str(row.get("status") or "")))
        except _WRONG as error:
            if isinstance(error, Denied):
                raise
            raise StoreUnreachable(NO_ANSWER) from error

    def _status(self, name: str) -> str:
        for ours, usual in NAMES.items():
            names = str(self.connection.config.get(ours, usual)).split(",")
            if name.strip().casefold() in {known.strip().casefold() for known in names}:
                return ours
        return Order.Status.UNPAID.value


def order_payload(row: Row, lines: list[Row] | None, goods: dict[str, Row], status: str) -> Row:
    """Return what orders.sync takes. Without `lines` it says nothing of them, nor of the sums that need them.

    What of the total is neither goods nor shipping is balanced: oscar's API tells of no tax by itself.
    """
    currency = str(row["currency"])
    total = minor(row["total_incl_tax"], currency)
    address = row.get("shipping_address") or {}
    payload: Row = {
        "number": cut(row["number"], 40),
        "status": status,
        "currency": currency,
        "buyer": _buyer(row, address),
        "address": _address(address),
        "shipping_method": cut(row.get("shipping_method"), 60),
        "buyer_note": cut(address.get("notes"), 300),
        "coupon_code": cut(_coupon(row), 40),
        "placed_at": moment(row["date_placed"]),
    }
    if status != Order.Status.CANCELLED:  # whether that was paid back is not told
        payload["paid"] = 0 if status == Order.Status.UNPAID else total
    if lines is None:
        return payload
    found = [_line(line, goods, currency) for line in lines]
    items = sum(line["unit_price"] * line["quantity"] for line in found)
    shipping = minor(row["shipping_incl_tax"], currency)
    discount = items + shipping - total
    return payload | {
        "lines": found,
        "items_total": items,
        "shipping_fee": shipping,
        "discount": max(discount, 0),
        "tax": max(-discount, 0),
    }


def _line(line: Row, goods: dict[str, Row], currency: str) -> Row:
    product = goods.get(_number(line.get("product") or ""), {})
    quantity = int(line["quantity"])
    return {
        "sku": product.get("sku") or f"line-{_number(line['url'])}",
        "name": product.get("name") or "—",
        "quantity": quantity,
        "unit_price": max(
            round(minor(line["price_incl_tax_excl_discounts"], currency) / max(quantity, 1)), 0
        ),
    }


def _buyer(row: Row, address: Row) -> Row:
    number, email = _number(row.get("owner") or ""), cut(row.get("email"), 254)
    name = " ".join(filter(None, [address.get("first_name"), address.get("last_name")]))
    known = number or (f"email:{email}" if email else f"order:{row['number']}")
    phone = cut(address.get("phone_number"), 32)
    return {"external_id": cut(known, 80), "name": cut(name, 120), "email": email, "phone": phone}


def _address(said: Row) -> Row:
    country = _COUNTRY.search(said.get("country") or "")
    parts = {
        "name": " ".join(filter(None, [said.get("first_name"), said.get("last_name")])),
        "phone": said.get("phone_number"),
        "line1": said.get("line1"),
        "line2": ", ".join(filter(None, [said.get("line2"), said.get("line3")])),
        "city": said.get("line4"),
        "region": said.get("state"),
        "postcode": said.get("postcode"),
        "country": country.group(1).upper() if country else "",
    }
    return {name: cut(value, 160) for name, value in parts.items() if value}


def _coupon(row: Row) -> Any:
    return next(((used.get("voucher") or {}).get("code") for used in row.get("voucher_discounts") or []), "")


def _product(row: Row, titles: dict[str, Any]) -> Row:
    try:
        records = row.get("stockrecords") or [{}]
        stock = sum(int(r.get("num_in_stock") or 0) - int(r.get("num_allocated") or 0) for r in records)
        currency = cut(records[0].get("price_currency"), 3)
        payload: Row = {
            "sku": cut(records[0].get("partner_sku") or row.get("upc") or f"product-{row['id']}", 40),
            "name": cut(row.get("title") or titles.get(str(row.get("parent"))), 160) or "—",
            "category": cut(str((row.get("categories") or [""])[0]).rpartition(">")[2], 60),
            "price": max(minor(records[0].get("price"), currency or "EUR"), 0),
            "stock": max(min(stock, 2**31 - 1), -(2**31 - 1)),
            "image": _image(row.get("images") or []),
            "active": bool(row.get("is_public", True)),
        }
        return payload | ({"currency": currency} if currency else {})
    except _WRONG as error:
        raise StoreUnreachable(NO_ANSWER) from error


def _changed_at(row: Row) -> datetime | None:
    return _time(str(row.get("date_updated") or ""))


def _is_newer(row: Row, known_to: datetime | None) -> bool:
    changed_at = _changed_at(row)
    return changed_at is None or known_to is None or changed_at > known_to


def _image(images: list[Row]) -> str:
    url = str(images[0].get("original") or "") if images else ""
    try:
        URLValidator(schemes=["http", "https"])(url)
    except ValidationError:
        return ""
    return url if len(url) <= 300 else ""


# -- Pages, of the shop's own size or none at all


def _pages(http: StoreHttp, path: str) -> Iterator[list[Row]]:
    params: dict[str, str] = {}
    for _page in range(MOST_PAGES):
        said = read_json(http.get(path, **params))
        yield _rows(said)
        following = said.get("next") if isinstance(said, dict) else None
        # Of the address only what asks for the page: the shop is where we were told it is.
        params = dict(parse_qsl(urlsplit(following).query)) if isinstance(following, str) else {}
        if not params:
            return


def _rows(said: Any) -> list[Row]:
    rows = said.get("results") if isinstance(said, dict) else said
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise StoreUnreachable(NO_ANSWER)
    return rows


def _placed_since(http: StoreHttp, since: datetime | None) -> list[Row]:
    """Return the orders placed since then. They come newest first, so older pages need not be asked for."""
    found: list[Row] = []
    for page in _pages(http, "admin/orders/"):
        fresh = [row for row in page if since is None or _placed_at(row) >= since]
        found += fresh
        if len(fresh) < len(page):
            break
    return found


def _placed_at(row: Row) -> datetime:
    found = _time(str(row.get("date_placed") or ""))
    if found is None:
        raise StoreUnreachable(NO_ANSWER)
    return found


def _number(address: Any) -> str:
    found = _NUMBER.search(urlsplit(str(address)).path)
    return found.group(1) if found else ""


def _time(text: str) -> datetime | None:
    try:
        found = parse_datetime(text) if text else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)


def _mark(*times: datetime | None) -> str:
    return "|".join(at.astimezone(UTC).isoformat() if at else "" for at in times)


def _words(data: Any) -> str:
    return str(data["detail"])
