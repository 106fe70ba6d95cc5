"""A shop of one's own making: it tells us by our API, and is told by signed requests to an address it names.

docs/stores-push-api.md is what its developers read. Which commands it understands is what the admin ticks.
"""

import hashlib
import hmac
import json
import secrets
import time
from typing import Any

from django import forms
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from orders.models import Connection
from orders.stores.base import Issued, Result, StoreConnector, StoreRefused, StoreUnreachable
from orders.stores.fields import ShippingMethodsField
from orders.stores.http import NO_ANSWER, ShopURLField, StoreHttp, read_json

# The commands, with what their result has to say at least.
COMMANDS: dict[str, tuple[Any, type, tuple[str, ...]]] = {
    "change_shipping_fee": (_("Change the shipping fee"), int, ("shipping_fee",)),
    "change_carrier": (_("Change the way of shipping"), str, ("shipping_method",)),
    "change_address": (_("Change the address"), dict, ("address",)),
    "discount": (_("Give a discount"), int, ("discount",)),
    "refund": (_("Refund"), int, ("refunded",)),
    "cancel": (_("Cancel"), str, ("status",)),
    "edit_lines": (_("Change what is ordered"), list, ("lines",)),
    "replace": (_("Send again or exchange"), dict, ("replacement",)),
    "hold": (_("Hold the parcel back"), bool, ("on_hold",)),
    "create_coupon": (_("Make a coupon code"), object, ()),
    "revoke_coupon": (_("Revoke a coupon code"), object, ()),
    "answer_review": (_("Answer and hide reviews"), object, ()),
}


class PushForm(forms.Form):
    url = ShopURLField(
        label=_("Address for commands"),
        help_text=_(
            "Where your shop takes our signed requests. Left empty, it only tells and is told nothing."
        ),
        required=False,
        exact=True,
    )
    capabilities = forms.MultipleChoiceField(
        label=_("What your shop understands"),
        choices=[(name, words) for name, (words, _kind, _fields) in COMMANDS.items()],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    shipping_methods = ShippingMethodsField()

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if found.get("capabilities") and not found.get("url") and "url" not in self.errors:
            self.add_error("url", _("Commands need an address to go to."))
        return found


def new_push_key(connection: Connection) -> tuple[str, str]:
    """Return the key to be shown once, and what is kept of it. It names its store, to be found by."""
    token = secrets.token_urlsafe(32)
    return f"push_{connection.store_id.hex}_{token}", digest(token)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def new_signing_secret(connection: Connection) -> tuple[str, str]:
    secret = "sign_" + secrets.token_urlsafe(32)
    return secret, secret


class PushStore(StoreConnector):
    kind = "push"
    label = _("Your own shop (API)")
    about = _("Any system: it sends orders to our API, and takes commands at an address of its own.")
    icon = "code"
    form = PushForm
    issued = {
        "push_key": Issued(
            _("Push key"), _("With it your shop sends us orders, products and reviews."), new_push_key
        ),
        "signing_secret": Issued(
            _("Signing secret"),
            _("With it your shop checks that a command comes from us."),
            new_signing_secret,
        ),
    }

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        config = connection.config
        ticked = config.get("capabilities", []) if config.get("url") else []
        self.capabilities = frozenset(ticked) & COMMANDS.keys()

    # -- the line

    def _ask(self, command: str, key: str, order: str, params: dict[str, Any], *, reads: bool = False) -> Any:
        secret: str = self.connection.secrets.get("signing_secret", "")
        if not secret:
            raise StoreRefused(gettext_noop("Make a signing secret first, so that your shop can believe us."))
        body = {
            "command": command,
            "key": key,
            "store": self.connection.store.key,
            "order": order,
            "params": params,
        }
        raw = json.dumps(body, separators=(",", ":")).encode()
        at = str(int(time.time()))
        # By its parts, so that nothing is written differently between signing and sending.
        answer = StoreHttp(self.connection.config.get("url", ""), words=lambda data: data["error"]).call(
            "POST",
            "",
            body=raw,
            headers={
                "X-Helpdesk-Timestamp": at,
                "X-Helpdesk-Signature": signature(secret, at, raw),
                "Idempotency-Key": key,
            },
            reads=reads,
        )
        said = read_json(answer)
        if not isinstance(said, dict) or "result" not in said:
            raise StoreUnreachable(NO_ANSWER)
        return said["result"]

    def _command(self, command: str, key: str, order: str, **params: Any) -> Result:
        return _checked(command, self._ask(command, key, order, params))

    def check(self) -> None:
        if self.connection.config.get("url"):
            self._ask("ping", "ping", "", {}, reads=True)

    # -- what we tell it

    def lookup(self, key: str, *, command: str, order_number: str) -> Result | None:
        found = self._ask("lookup", key, order_number, {"command": command}, reads=True)
        return None if found is None else _checked(command, found)

    def change_shipping_fee(
        self, *, order_number: str, fee: int, currency: str, key: str, expected: int
    ) -> Result:
        params = {"shipping_fee": fee, "currency": currency, "expected": expected}
        return self._command("change_shipping_fee", key, order_number, **params)

    def change_carrier(self, *, order_number: str, shipping_method: str, key: str) -> Result:
        return self._command("change_carrier", key, order_number, shipping_method=shipping_method)

    def change_address(
        self, *, order_number: str, address: dict[str, str], key: str, expected: dict[str, str]
    ) -> Result:
        return self._command("change_address", key, order_number, address=address, expected=expected)

    def discount(self, *, order_number: str, discount: int, currency: str, key: str, expected: int) -> Result:
        params = {"discount": discount, "currency": currency, "expected": expected}
        return self._command("discount", key, order_number, **params)

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
        return self._command(
            "refund",
            key,
            order_number,
            amount=amount,
            currency=currency,
            lines=lines,
            shipping=shipping,
            restock=restock,
            reason=reason,
            expected=expected,
        )

    def cancel(self, *, order_number: str, reason: str, restock: bool, key: str) -> Result:
        return self._command("cancel", key, order_number, reason=reason, restock=restock)

    def edit_lines(
        self, *, order_number: str, lines: list[dict[str, Any]], key: str, expected: list[dict[str, Any]]
    ) -> Result:
        return self._command("edit_lines", key, order_number, lines=lines, expected=expected)

    def replace(
        self, *, order_number: str, lines: list[dict[str, Any]], charge: int, reason: str, key: str
    ) -> Result:
        return self._command("replace", key, order_number, lines=lines, charge=charge, reason=reason)

    def hold(self, *, order_number: str, on_hold: bool, key: str) -> Result:
        return self._command("hold", key, order_number, on_hold=on_hold)

    def create_coupon(self, *, code: str, terms: dict[str, Any], key: str) -> Result:
        return self._command("create_coupon", key, "", code=code, terms=terms)

    def revoke_coupon(self, *, code: str, key: str) -> Result:
        return self._command("revoke_coupon", key, "", code=code)

    def answer_review(
        self, *, external_id: str, product_sku: str, reply: str, hidden: bool, key: str
    ) -> Result:
        params = {"review": external_id, "sku": product_sku, "reply": reply, "hidden": hidden}
        return self._command("answer_review", key, "", **params)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    return "v1=" + hmac.digest(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hex()


def _checked(command: str, result: Any) -> Result:
    """Return a result that says what it has to. Any other is as good as none: a lookup will find out."""
    _words, kind, names = COMMANDS[command]
    if not isinstance(result, dict) or not all(isinstance(result.get(name), kind) for name in names):
        raise StoreUnreachable(NO_ANSWER)
    try:
        at = parse_datetime(str(result.get("updated_at", "")))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise StoreUnreachable(NO_ANSWER)
    return {**result, "updated_at": at.isoformat()}
