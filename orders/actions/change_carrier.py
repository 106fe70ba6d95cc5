"""Send an order another way: one of those that its store offers."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.lib import money
from orders import stores
from orders.actions.base import ActionForm, ActionKind, Row, Values
from orders.actions.change_address import too_late
from orders.actions.params import read_params
from orders.errors import InvalidParams
from orders.models import Order, OrderAction
from orders.stores.base import Result, ShippingMethod, StoreConnector
from people.models import Store


class CarrierForm(ActionForm):
    method = forms.ChoiceField(label=gettext_lazy("Shipping method"))
    field_order = ["method", "reason"]

    def __init__(self, data: Any = None, *, order: Order) -> None:
        super().__init__(data, order=order)
        choices = [(one.name, _label(one, order)) for one in offered(order.store)]
        self.fields["method"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField's own
        self.fields["method"].initial = order.shipping_method

    def params(self) -> dict[str, Any]:
        return {"shipping_method": self.cleaned_data["method"]}


def _label(method: ShippingMethod, order: Order) -> str:
    if method.fee is None or order.paid:
        return method.name
    return f"{method.name} · {money.display(method.fee, order.currency)}"


class ChangeCarrier(ActionKind):
    kind = "change_carrier"
    label = gettext_lazy("Change shipping method")
    icon = "truck-delivery"
    capability = "change_carrier"
    form = CarrierForm
    back = gettext_lazy("Undo puts the old method back, until the order is dispatched.")

    def clean(self, order: Order, params: Any) -> dict[str, Any]:
        name = read_params(params, "shipping_method").get("shipping_method")
        if name not in [one.name for one in offered(order.store)]:
            raise InvalidParams(_("The store does not send that way."), attr="shipping_method")
        return {"shipping_method": name}

    def against(self, order: Order) -> str:
        if not any(one.name != order.shipping_method for one in offered(order.store)):
            return _("This store has named no other way to send.")
        return too_late(order)

    def cost(self, order: Order, params: dict[str, Any]) -> int:
        return order.shipping_fee - self._fee(order, params)

    def check(self, order: Order, params: dict[str, Any]) -> None:
        super().check(order, params)
        if params["shipping_method"] == order.shipping_method:
            raise InvalidParams(_("It is sent that way already."), attr="shipping_method")

    def snapshot(self, order: Order) -> Values:
        return {
            "shipping_method": order.shipping_method,
            "shipping_fee": order.shipping_fee,
            "total": order.total,
            "currency": order.currency,
        }

    def preview(self, order: Order, params: dict[str, Any]) -> tuple[Values, Values]:
        before, fee = self.snapshot(order), self._fee(order, params)
        total = order.total - order.shipping_fee + fee
        return before, {**before, **params, "shipping_fee": fee, "total": total}

    def _fee(self, order: Order, params: dict[str, Any]) -> int:
        """Return the fee afterwards. What is paid is paid: then it stays."""
        chosen = next((one for one in offered(order.store) if one.name == params["shipping_method"]), None)
        if order.paid or order.status != Order.Status.UNPAID or chosen is None or chosen.fee is None:
            return order.shipping_fee
        return chosen.fee

    def execute(self, connector: StoreConnector, action: OrderAction) -> Result:
        return connector.change_carrier(
            order_number=action.order.number,
            shipping_method=action.params["shipping_method"],
            key=str(action.id),
        )

    def apply(self, order: Order, result: Result) -> list[str]:
        order.shipping_method = result["shipping_method"]
        order.shipping_fee = result.get("shipping_fee", order.shipping_fee)
        return ["shipping_method", "shipping_fee"]

    def inverse(self, action: OrderAction) -> dict[str, Any] | None:
        """Return the old method, where the store has it and would charge for it what was charged before."""
        before, after = action.before, action.after
        old = next((o for o in offered(action.order.store) if o.name == before["shipping_method"]), None)
        is_charged = before["shipping_fee"] != after["shipping_fee"]
        if old is None or (is_charged and old.fee != before["shipping_fee"]):
            return None
        return {"shipping_method": old.name}

    def rows(self, before: Values, after: Values) -> list[Row]:
        shown = [Row(_("Shipping method"), before["shipping_method"], after["shipping_method"])]
        for name, label in {"shipping_fee": _("Shipping fee"), "total": _("Total")}.items():
            if before[name] != after[name]:
                was, is_now = (money.display(values[name], values["currency"]) for values in (before, after))
                shown.append(Row(label, was, is_now))
        return shown

    def sentence(self, action: OrderAction) -> str:
        return f"Order {action.order.number} is sent by {action.params['shipping_method']}"


def offered(store: Store) -> list[ShippingMethod]:
    connector = stores.connector_for(store)
    return connector.shipping_methods() if connector else []
