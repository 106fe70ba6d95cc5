"""Shopify, by its GraphQL Admin API.

What a person needs: an app of the shop's own, with the scopes of SCOPES; its Admin API access token, and its client
secret for webhooks. documents.py has all that is asked for; marks.py says where the keys of commands are kept.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from orders.stores.base import Changes, Delivery, Result, StoreConnector, StoreRefused, StoreUnreachable
from orders.stores.http import NO_ANSWER, ShopURLField
from orders.stores.shopify import coupons, delivery, documents, edits, marks, sums, telling
from orders.stores.shopify.api import Api
from orders.stores.shopify.finding import find, mark_key, payload_of, undispatched
from orders.stores.shopify.reading import Node, number_of

SCOPES = (
    "write_orders", "write_order_edits", "read_products", "read_customers", "read_locations", "write_discounts",
    "write_merchant_managed_fulfillment_orders",
)  # fmt: skip
_MISSING_SCOPES = gettext_noop("The app lacks these rights at Shopify: %s")
_ADDRESS = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")


class ShopifyForm(forms.Form):
    url = ShopURLField(
        label=gettext_lazy("Address of the shop"),
        help_text=gettext_lazy("The one that ends in .myshopify.com, as in Settings → Domains."),
    )
    token = forms.CharField(
        label=gettext_lazy("Admin API access token"),
        max_length=200,
        help_text=gettext_lazy(
            "Of an app of your own, in Settings → Apps → Develop apps. It begins with shpat_."
        ),
    )
    client_secret = forms.CharField(
        label=gettext_lazy("Client secret of the app"),
        max_length=200,
        help_text=gettext_lazy("By it the desk knows that a webhook is Shopify's. It may begin with shpss_."),
    )

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        host = url.rpartition("//")[2].lower()
        if not _ADDRESS.fullmatch(host) and not settings.OUTGOING_TO_PRIVATE:
            raise forms.ValidationError(_("That address has to end in .myshopify.com."))
        return url


class ShopifyStore(StoreConnector):
    kind = "shopify"
    label = gettext_lazy("Shopify")
    about = gettext_lazy("A shop on Shopify: by its Admin API and webhooks.")
    settles_in_s = 30  # an edit whose answer was given up may still be committed
    capabilities = frozenset(
        {
            "change_shipping_fee", "change_address", "refund", "cancel", "edit_lines", "hold", "create_coupon",
            "revoke_coupon",
        }
    )  # fmt: skip
    form = ShopifyForm
    secret_fields: ClassVar[frozenset[str]] = frozenset({"token", "client_secret"})
    hook_help = gettext_lazy(
        "In the app's configuration, or by the Admin API, subscribe to these topics with this address, in JSON."
    )
    hook_topics = (
        "orders/create", "orders/updated", "orders/cancelled", "refunds/create", "fulfillments/create",
        "fulfillments/update", "products/create", "products/update",
    )  # fmt: skip

    def _secret(self, name: str) -> str:
        return str(self.connection.secrets.get(name, ""))

    def _api(self) -> Api:
        return Api(self.connection.config.get("url", ""), self._secret("token"))

    def shop_url(self, buyer: str = "") -> str:
        return str(self.connection.config.get("url", ""))

    # -- what it tells us

    def check(self) -> None:
        said = self._api().ask(documents.CHECK)
        installation = said.get("currentAppInstallation")
        if not isinstance(said.get("shop"), dict) or not isinstance(installation, dict):
            raise StoreUnreachable(NO_ANSWER)
        given = {str(scope.get("handle")) for scope in installation.get("accessScopes") or []}
        # Who may write may read, and is told of one of them.
        given |= {f"read_{scope.removeprefix('write_')}" for scope in given if scope.startswith("write_")}
        if missing := [scope for scope in SCOPES if scope not in given]:
            raise StoreRefused(_(_MISSING_SCOPES) % ", ".join(missing))

    def changes(self, mark: str) -> Iterator[Changes]:
        return telling.changes(self._api(), mark)

    def verify(self, headers: Mapping[str, str], body: bytes) -> Delivery | None:
        secret = self._secret("client_secret")
        try:
            given = base64.b64decode(headers.get("x-shopify-hmac-sha256", ""), validate=True)
        except (binascii.Error, ValueError):
            return None
        if not secret or not hmac.compare_digest(
            hmac.new(secret.encode(), body, hashlib.sha256).digest(), given
        ):
            return None
        # Its headers are not signed: an id that somebody makes up must not stand for another body.
        said = headers.get("x-shopify-webhook-id", "")[:60]
        return Delivery(
            f"{said} {hashlib.sha256(body).hexdigest()[:32]}".strip(), headers.get("x-shopify-topic", "")[:60]
        )

    def parse(self, topic: str, body: bytes) -> Changes:
        return telling.told(self._api(), topic, body)

    # -- what we tell it

    def lookup(self, key: str, *, command: str, order_number: str) -> Result | None:
        api = self._api()
        if command in ("create_coupon", "revoke_coupon"):
            return coupons.result_of(api, key, command)
        try:
            order = find(api, order_number, key)
        except StoreRefused as refusal:
            raise StoreUnreachable(str(refusal)) from refusal
        return self._result(api, order, key, command)

    def _result(self, api: Api, order: Node, key: str, command: str) -> Result | None:
        """Return what came of the command with this key, by an order that was read with the key's mark."""
        if command == "refund":
            return sums.refund_result(api, order, key)
        if command == "cancel":
            return sums.cancel_result(api, order, key)
        mark = marks.mark_of(order)
        if mark is None:
            return None
        if isinstance(result := mark.get("result"), dict):
            return {"updated_at": api.version_of(order["mark"]["updatedAt"]), **result}
        return _reached(payload_of(api, order), mark.get("wanted") or {}, command)

    def change_shipping_fee(
        self, *, order_number: str, fee: int, currency: str, key: str, expected: int
    ) -> Result:
        def change(api: Api, order: Node) -> Result:
            payload = payload_of(api, order)
            edits.may_change_fee(order, payload, currency, expected)
            do = partial(edits.change_shipping_fee, api, order, payload, fee, currency, key)
            return self._marked(api, order, key, {"shipping_fee": fee}, "change_shipping_fee", do)

        return self._once("change_shipping_fee", order_number, key, change)

    def change_address(
        self, *, order_number: str, address: dict[str, str], key: str, expected: dict[str, str]
    ) -> Result:
        change = partial(delivery.change_address, address=address, key=key, expected=expected)
        return self._once("change_address", order_number, key, change)

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
        asked = {
            "amount": amount,
            "currency": currency,
            "lines": lines,
            "shipping": shipping,
            "restock": restock,
            "reason": reason,
        }
        change = partial(sums.refund, asked=asked, key=key, expected=expected)
        return self._once("refund", order_number, key, change)

    def cancel(self, *, order_number: str, reason: str, restock: bool, key: str) -> Result:
        change = partial(sums.cancel, reason=reason, restock=restock, key=key)
        return self._once("cancel", order_number, key, change)

    def edit_lines(
        self, *, order_number: str, lines: list[dict[str, Any]], key: str, expected: list[dict[str, Any]]
    ) -> Result:
        def change(api: Api, order: Node) -> Result:
            payload = payload_of(api, order)
            wanted = edits.counts(lines)
            # One that was cut off between the edit and what is paid back has only that left to do.
            if marks.mark_of(order) is None or edits.counts(payload["lines"]) != wanted:
                edits.may_edit_lines(order, payload, expected)
            do = partial(edits.edit_lines, api, order, payload, lines, key)
            return self._marked(api, order, key, {"lines": wanted}, "edit_lines", do)

        return self._once("edit_lines", order_number, key, change)

    def hold(self, *, order_number: str, on_hold: bool, key: str) -> Result:
        def change(api: Api, order: Node) -> Result:
            undispatched(payload_of(api, order))
            do = partial(delivery.hold, api, order, on_hold, key)
            return self._marked(api, order, key, {"on_hold": on_hold}, "hold", do)

        return self._once("hold", order_number, key, change)

    def create_coupon(self, *, code: str, terms: dict[str, Any], key: str) -> Result:
        return coupons.create(self._api(), code, terms)

    def revoke_coupon(self, *, code: str, key: str) -> Result:
        return coupons.revoke(self._api(), code)

    def _once(self, command: str, number: str, key: str, change: Callable[[Api, Node], Result]) -> Result:
        """Do it, where it was not done before with this key."""
        with marks.alone(f"{self.connection.pk} {key}"):
            api = self._api()
            order = find(api, number, key)
            return self._result(api, order, key, command) or change(api, order)

    def _marked(
        self, api: Api, order: Node, key: str, wanted: dict[str, Any], command: str, do: Callable[[], Result]
    ) -> Result:
        def look_again() -> Result | None:
            fresh = self._api()
            return self._result(fresh, find(fresh, number_of(order), key), key, command)

        return marks.carry_out(api, order, mark_key(key), wanted, do=do, look_again=look_again)


def _reached(payload: dict[str, Any], wanted: dict[str, Any], command: str) -> Result | None:
    """Return the result of a command that was begun, where the order is as it was to be; None where it is not."""
    if command == "edit_lines":
        done = edits.counts(payload["lines"]) == wanted.get("lines") and edits.overpaid(payload) <= 0
        names = ["lines", "items_total", "refunded"]
    else:
        done = bool(wanted) and all(payload.get(name) == value for name, value in wanted.items())
        names = list(wanted)
    return {name: payload[name] for name in [*names, "updated_at"]} if done else None
