"""WooCommerce, by its REST API v3 and its webhooks.

reading.py has what it says, commands.py and coupons.py what it is told. Not here, because the API cannot do it:
answering reviews, holding parcels, percentages with an upper bound.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from orders.stores.base import Changes, Delivery, Result, StoreConnector, StoreRefused
from orders.stores.fields import ShippingMethodsField
from orders.stores.http import Denied, ShopURLField, StoreHttp, read_json
from orders.stores.values import moment
from orders.stores.woocommerce import commands, coupons, reading
from orders.stores.woocommerce.commands import WooOrder

PER_PAGE = 100  # the most there is
NEW_REVIEWS = timedelta(days=30)
REFUSED_AS_500 = {
    "woocommerce_rest_cannot_create_order_refund"
}  # by the payment provider, or more than is left


class WooCommerceForm(forms.Form):
    url = ShopURLField(label=_("Address of the shop"), help_text=_("Such as https://shop.example.com."))
    consumer_key = forms.CharField(
        label=_("Consumer key"),
        max_length=100,
        help_text=_(
            "WooCommerce → Settings → Advanced → REST API → Add key, with permission to read and to write."
        ),
    )
    consumer_secret = forms.CharField(label=_("Consumer secret"), max_length=100)
    webhook_secret = forms.CharField(
        label=_("Webhook secret"),
        max_length=200,
        required=False,
        help_text=_("The secret that you enter for the webhooks there. Without it, none is believed."),
    )
    refund_by_provider = forms.BooleanField(
        label=_("Refunds go through the payment provider"),
        help_text=_("Otherwise WooCommerce only writes them down, and you pay the money back by hand."),
        required=False,
        initial=True,
    )
    shipping_methods = ShippingMethodsField()


class WooCommerceStore(StoreConnector):
    kind = "woocommerce"
    label = "WooCommerce"
    about = _("A shop on WordPress: by its REST API and webhooks.")
    capabilities = frozenset(
        {
            "change_shipping_fee",
            "change_carrier",
            "change_address",
            "discount",
            "refund",
            "cancel",
            "create_coupon",
            "revoke_coupon",
        }
    )
    settles_in_s = 90  # PHP goes on with what it was asked when nobody waits for it any more
    form = WooCommerceForm
    secret_fields = frozenset({"consumer_key", "consumer_secret", "webhook_secret"})
    hook_help = _(
        "WooCommerce → Settings → Advanced → Webhooks → Add webhook, one for each of these events: active, with API "
        "version WP REST API Integration v3, and with the same secret as here."
    )
    hook_topics = ("order.created", "order.updated", "order.restored", "product.created", "product.updated")

    # -- the line

    def _http(self, *, budget_s: float | None = StoreConnector.TIMEOUT_S) -> StoreHttp:
        config, secrets = self.connection.config, self.connection.secrets
        login = f"{secrets.get('consumer_key', '')}:{secrets.get('consumer_secret', '')}"
        return StoreHttp(
            f"{config.get('url', '')}/wp-json/wc/v3",
            headers={"Authorization": "Basic " + base64.b64encode(login.encode()).decode()},
            words=lambda data: re.sub(r"<[^>]*>", "", data["message"]),
            says_no=lambda data: isinstance(data, dict) and data.get("code") in REFUSED_AS_500,
            budget_s=budget_s,
        )

    def check(self) -> None:
        try:
            found = read_json(self._http().get("orders", per_page="1"))
        except Denied as denied:
            if denied.status == 404 or 300 <= denied.status < 400:
                raise StoreRefused(gettext_noop("There is no WooCommerce at this address.")) from None
            raise
        if not isinstance(found, list):
            raise StoreRefused(gettext_noop("There is no WooCommerce at this address."))

    # -- what it tells us

    def changes(self, mark: str) -> Iterator[Changes]:
        """The mark is up to when products and orders are known, by the shop's clock."""
        since: dict[str, str] = json.loads(mark) if mark else {}
        currency = self.connection.store.currency
        for what in ("products", "orders"):
            for rows, modified in self._pages(what, since.get(what, "")):
                since[what] = modified
                if what == "orders":
                    page = Changes(orders=[x for row in rows if (x := reading.order_payload(row))])
                else:
                    page = Changes(
                        products=[x for row in rows if (x := reading.product_payload(row, currency))]
                    )
                yield Changes(page.orders, page.products, mark=json.dumps(since))
        for reviews, written in self._reviews(since.get("reviews", "")):
            since["reviews"] = written
            yield Changes(reviews=reviews, mark=json.dumps(since))

    def _pages(self, what: str, since: str) -> Iterator[tuple[list[Any], str]]:
        """Yield rows in the order in which they changed, and the time of the last.

        Not by the number of the page: what changes meanwhile moves to the end and lets others slip to a page that
        was read before. Each page starts where the last ended; only within one second pages are counted.
        """
        http, page = self._http(budget_s=None), 1
        while True:
            asked = {"per_page": str(PER_PAGE), "page": str(page), "orderby": "modified", "order": "asc"}
            if since:
                before = datetime.fromisoformat(since) - timedelta(
                    seconds=1
                )  # "after" leaves its own second out
                asked |= {"modified_after": before.isoformat(), "dates_are_gmt": "true"}
            rows = read_json(http.get(what, **asked))
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise StoreRefused(gettext_noop("There is no WooCommerce at this address."))
            times = [moment(row.get("date_modified_gmt")).partition("+")[0] for row in rows]
            last = max(filter(None, times), default=since)
            yield rows, last
            if len(rows) < PER_PAGE:
                return
            page = 1 if last > since else page + 1
            since = last

    def _reviews(self, since: str) -> Iterator[tuple[list[dict[str, Any]], str]]:
        """Yield reviews by when they were written, the only order that they are listed in.

        The list is cut by the shop's local time, so it begins a day too early: to take one in twice is harmless.
        A shop that is new here is asked for those of the last weeks alone. Who may not read reviews has none.
        """
        http, page = self._http(budget_s=None), 1
        if not since:
            since = (timezone.now() - NEW_REVIEWS).strftime("%Y-%m-%dT%H:%M:%S")
        start = (datetime.fromisoformat(since) - timedelta(hours=26)).isoformat()
        asked = {"per_page": str(PER_PAGE), "orderby": "date_gmt", "order": "asc", "after": start}
        while True:
            try:
                rows = read_json(http.get("products/reviews", page=str(page), status="all", **asked))
            except Denied as denied:
                if denied.status in (401, 403, 404) and page == 1:
                    return
                raise
            skus = self._skus(http, {str(row["product_id"]) for row in rows})
            found = [reading.review_payload(row, skus) for row in rows]
            times = [moment(row.get("date_created_gmt")).partition("+")[0] for row in rows]
            since = max([since, *filter(None, times)])
            yield [review for review in found if review], since
            if len(rows) < PER_PAGE:
                return
            page += 1

    def _skus(self, http: StoreHttp, ids: set[str]) -> dict[int, str]:
        if not ids:
            return {}
        rows = read_json(http.get("products", include=",".join(sorted(ids)), per_page=str(PER_PAGE)))
        return {int(row["id"]): reading.sku_of(row) for row in rows}

    def verify(self, headers: Mapping[str, str], body: bytes) -> Delivery | None:
        secret: str = self.connection.secrets.get("webhook_secret", "")
        if not secret:
            return None
        right = base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256))
        if not hmac.compare_digest(right, headers.get("x-wc-webhook-signature", "").encode()):
            return None
        # Its delivery id is made of the second alone: two changes of one second have the same.
        digest = hashlib.sha256(body).hexdigest()[:32]
        topic = headers.get("x-wc-webhook-topic", "")[:60]
        return Delivery(f"{headers.get('x-wc-webhook-delivery-id', '')[:40]}.{topic}.{digest}"[-100:], topic)

    def greets(self, headers: Mapping[str, str], body: bytes) -> bool:
        """A new webhook is tried with its number alone, unsigned, and has to be answered to become active."""
        return re.fullmatch(rb"webhook_id=\d{1,20}", body) is not None

    def parse(self, topic: str, body: bytes) -> Changes:
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            raise StoreRefused(gettext_noop("The store sent something that is no JSON.")) from None
        if topic.startswith("order."):
            order = reading.order_payload(data)
            return Changes(orders=[order] if order else [])
        if topic.startswith("product."):
            product = reading.product_payload(data, self.connection.store.currency)
            return Changes(products=[product] if product else [])
        return Changes()

    # -- what we tell it

    def lookup(self, key: str, *, command: str, order_number: str) -> Result | None:
        http = self._http()
        if command == "create_coupon":
            found = coupons.find(http, key)
            return coupons.result(key) if found and coupons.made_by(found, key) else None
        if command == "revoke_coupon":
            code = key.removeprefix("revoke.")
            return None if coupons.find(http, code) else coupons.result(code)
        order = WooOrder(http, order_number)
        if command == "refund":
            return order.refund_done(key)
        if (done := order.done(key)) is not None or command != "cancel":
            return done
        refunded = order.refund_done(key)
        return {**refunded, "status": "cancelled"} if refunded else None

    def change_shipping_fee(
        self, *, order_number: str, fee: int, currency: str, key: str, expected: int
    ) -> Result:
        order = WooOrder(self._http(), order_number)
        return order.done(key) or commands.change_shipping_fee(order, key, fee, expected)

    def change_carrier(self, *, order_number: str, shipping_method: str, key: str) -> Result:
        order = WooOrder(self._http(), order_number)
        return order.done(key) or commands.change_carrier(order, key, shipping_method)

    def change_address(
        self, *, order_number: str, address: dict[str, str], key: str, expected: dict[str, str]
    ) -> Result:
        order = WooOrder(self._http(), order_number)
        return order.done(key) or commands.change_address(order, key, address, expected)

    def discount(self, *, order_number: str, discount: int, currency: str, key: str, expected: int) -> Result:
        order = WooOrder(self._http(), order_number)
        return order.done(key) or commands.discount(order, key, discount, expected)

    def refund(
        self,
        *,
        order_number: str,
        amount: int,
        currency: str,
        lines: list[dict[str, Any]],
        shipping: int,
        restock: bool,
        reason: str,
        key: str,
        expected: int,
    ) -> Result:
        order = WooOrder(self._http(), order_number)
        if (before := order.refund_done(key)) is not None:
            return before
        order.still(reading.refunded_sum(order.data), expected)
        goods = order.lines_of(lines, shipping, amount)
        return order.refund(
            key, amount, lines=goods, reason=reason, restock=restock, by_provider=self._by_provider
        )

    def cancel(self, *, order_number: str, reason: str, restock: bool, key: str) -> Result:
        order = WooOrder(self._http(), order_number)
        if (before := order.done(key)) is not None:
            return before
        if order.data.get("refunds") and (refunded := order.refund_done(key)):
            return {**refunded, "status": "cancelled"}
        return commands.cancel(order, key, reason, restock, self._by_provider)

    @property
    def _by_provider(self) -> bool:
        return bool(self.connection.config.get("refund_by_provider", True))

    def create_coupon(self, *, code: str, terms: dict[str, Any], key: str) -> Result:
        return coupons.create(self._http(), code, terms, key)

    def revoke_coupon(self, *, code: str, key: str) -> Result:
        return coupons.revoke(self._http(), code)
