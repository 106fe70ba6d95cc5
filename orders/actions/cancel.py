"""Cancel an order that has not left; what was paid goes back."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.lib import money
from orders.actions.base import ActionForm, ActionKind, Row, Values
from orders.actions.change_address import too_late
from orders.actions.params import read_flag, read_params
from orders.models import Order, OrderAction
from orders.stores.base import Result, StoreConnector


class CancelForm(ActionForm):
    restock = forms.BooleanField(
        label=gettext_lazy("Put the items back in stock"), required=False, initial=True
    )
    field_order = ["reason", "restock"]

    def params(self) -> dict[str, Any]:
        return {"restock": self.cleaned_data["restock"]}


class Cancel(ActionKind):
    kind = "cancel"
    label = gettext_lazy("Cancel order")
    icon = "circle-x"
    capability = "cancel"
    form = CancelForm
    final = gettext_lazy("A cancelled order cannot be opened again.")
    reasons = (
        gettext_lazy("Buyer changed their mind"),
        gettext_lazy("Ordered twice"),
        gettext_lazy("Out of stock"),
        gettext_lazy("Fraud"),
    )
    buyer_may_ask = True

    def clean(self, order: Order, params: Any) -> dict[str, Any]:
        return {"restock": read_flag(read_params(params, "restock"), "restock", True)}

    def against(self, order: Order) -> str:
        return too_late(order)

    def cost(self, order: Order, params: dict[str, Any]) -> int:
        return order.paid - order.refunded

    def snapshot(self, order: Order) -> Values:
        return {"status": str(order.status), "refunded": order.refunded, "currency": order.currency}

    def preview(self, order: Order, params: dict[str, Any]) -> tuple[Values, Values]:
        before = self.snapshot(order)
        return before, {**before, "status": Order.Status.CANCELLED.value, "refunded": order.paid}

    def execute(self, connector: StoreConnector, action: OrderAction) -> Result:
        return connector.cancel(
            order_number=action.order.number,
            reason=action.reason,
            restock=action.params["restock"],
            key=str(action.id),
        )

    def apply(self, order: Order, result: Result) -> list[str]:
        order.status = result["status"]
        order.on_hold = False
        return ["status", "on_hold", *set_refunded(order, result)]

    def rows(self, before: Values, after: Values) -> list[Row]:
        shown = [
            Row(
                _("Status"),
                str(Order.Status(before["status"]).label),
                str(Order.Status(after["status"]).label),
            )
        ]
        if after["refunded"] != before["refunded"]:
            shown.append(refunded_row(before, after))
        return shown

    def sentence(self, action: OrderAction) -> str:
        back = action.cost
        if not back:
            return f"Order {action.order.number} cancelled"
        amount = money.display(back, action.before["currency"], "en")
        return f"Order {action.order.number} cancelled, {amount} paid back"


def set_refunded(order: Order, result: Result) -> list[str]:
    """Set what the store says it has paid back in all. It only grows: an older word changes nothing."""
    order.refunded = max(order.refunded, result.get("refunded", 0))
    # What was paid back was paid: the store may have heard of a payment before we have.
    order.paid = max(order.paid, order.refunded)
    return ["refunded", "paid"]


def refunded_row(before: Values, after: Values) -> Row:
    was, is_now = (money.display(values["refunded"], values["currency"]) for values in (before, after))
    return Row(_("Refunded"), was, is_now)
