"""Lower, waive or raise the shipping fee of an order that is not paid yet."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.lib import money
from orders.actions.base import ActionForm, ActionKind, Preset, Row, Values
from orders.amounts import plain, read_amount
from orders.errors import InvalidParams
from orders.models import Order, OrderAction
from orders.stores.base import Result, StoreConnector

MAX_FEE = 1_000_000  # minor units: what is above is a slip of the hand


class ShippingFeeForm(ActionForm):
    fee = forms.CharField(label=gettext_lazy("New shipping fee"), max_length=20)
    field_order = ["fee", "reason"]

    def __init__(self, data: Any = None, *, order: Order) -> None:
        super().__init__(data, order=order)
        self.fields["fee"].initial = plain(self.order.shipping_fee, self.order.currency)
        self.fields["fee"].widget.attrs.update(inputmode="decimal", autocomplete="off")
        self.fields["fee"].unit = self.order.currency  # type: ignore[attr-defined]  # shown before the amount

    def clean_fee(self) -> int:
        currency = self.order.currency
        try:
            return money.parse(self.cleaned_data["fee"], currency)
        except ValueError:
            words = _("Write an amount such as %(example)s.") % {"example": plain(500, currency)}
            raise forms.ValidationError(words) from None

    def params(self) -> dict[str, Any]:
        return {"shipping_fee": self.cleaned_data["fee"]}


class ChangeShippingFee(ActionKind):
    kind = "change_shipping_fee"
    label = gettext_lazy("Change shipping fee")
    icon = "truck"
    capability = "change_shipping_fee"
    form = ShippingFeeForm
    presets = (Preset("waive", gettext_lazy("Waive shipping fee"), {"fee": "0"}),)
    back = gettext_lazy("Undo puts the old fee back, until the order is paid.")
    reasons = (
        gettext_lazy("Late parcel"),
        gettext_lazy("Goodwill"),
        gettext_lazy("Price match"),
        gettext_lazy("Large order"),
    )
    first_for = frozenset({Order.Status.UNPAID})

    def offered(self, order: Order) -> tuple[Preset, ...]:
        return self.presets if order.shipping_fee else ()

    def clean(self, order: Order, params: Any) -> dict[str, Any]:
        if not isinstance(params, dict) or "shipping_fee" not in params:
            raise InvalidParams(_("The new shipping fee is missing."), attr="shipping_fee")
        if unknown := params.keys() - {"shipping_fee"}:
            raise InvalidParams(_("That is no part of this action."), attr=str(min(map(str, unknown)))[:40])
        return {"shipping_fee": read_amount(params["shipping_fee"], order.currency, "shipping_fee", MAX_FEE)}

    def against(self, order: Order) -> str:
        if order.status == Order.Status.CANCELLED:
            return _("This order is cancelled.")
        if order.status != Order.Status.UNPAID or order.paid:
            return _("This order is paid: its shipping fee cannot change any more.")
        return ""

    def cost(self, order: Order, params: dict[str, Any]) -> int:
        return order.shipping_fee - int(params["shipping_fee"])

    def check(self, order: Order, params: dict[str, Any]) -> None:
        super().check(order, params)
        if params["shipping_fee"] == order.shipping_fee:
            raise InvalidParams(_("That is the shipping fee already."), attr="shipping_fee")

    def snapshot(self, order: Order) -> Values:
        return {"shipping_fee": order.shipping_fee, "total": order.total, "currency": order.currency}

    def preview(self, order: Order, params: dict[str, Any]) -> tuple[Values, Values]:
        before = self.snapshot(order)
        fee = params["shipping_fee"]
        return before, {**before, "shipping_fee": fee, "total": order.total - order.shipping_fee + fee}

    def execute(self, connector: StoreConnector, action: OrderAction) -> Result:
        return connector.change_shipping_fee(
            order_number=action.order.number,
            fee=action.params["shipping_fee"],
            currency=action.before["currency"],
            key=str(action.id),
            expected=action.before["shipping_fee"],
        )

    def apply(self, order: Order, result: Result) -> list[str]:
        order.shipping_fee = result["shipping_fee"]
        return ["shipping_fee"]

    def inverse(self, action: OrderAction) -> dict[str, Any]:
        return {"shipping_fee": action.before["shipping_fee"]}

    def rows(self, before: Values, after: Values) -> list[Row]:
        def shown(values: Values, name: str) -> str:
            return money.display(values[name], values["currency"])

        names = {"shipping_fee": _("Shipping fee"), "total": _("Total")}
        return [Row(label, shown(before, name), shown(after, name)) for name, label in names.items()]

    def sentence(self, action: OrderAction) -> str:
        currency = action.before["currency"]
        before = money.display(action.before["shipping_fee"], currency, "en")
        after = money.display(action.after["shipping_fee"], currency, "en")
        return f"Shipping fee of order {action.order.number}: {before} → {after}"
