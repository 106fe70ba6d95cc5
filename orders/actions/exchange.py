"""Take lines back and send others for them, as a new order; the difference is charged or paid back."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.lib import money
from orders.actions.adding import AddForm
from orders.actions.base import ActionKind, Row, Values
from orders.actions.cancel import refunded_row, set_refunded
from orders.actions.edit_lines import check_on_sale
from orders.actions.goods_back import await_return, gone, worth
from orders.actions.params import check_ordered, names_of, products_of, read_flag, read_lines, read_params
from orders.actions.picking import PickForm
from orders.actions.replacing import keep_replacement, not_sent
from orders.actions.resend import new_order_rows
from orders.errors import InvalidParams
from orders.models import Order, OrderAction, OrderLine
from orders.stores.base import Result, StoreConnector


class ExchangeForm(PickForm, AddForm):
    template = "orders/_exchange_fields.html"
    restock = forms.BooleanField(
        label=gettext_lazy("Put them back in stock when they arrive"), required=False, initial=True
    )

    def __init__(self, data: Any = None, *, order: Order) -> None:
        self.taken = gone(order)
        super().__init__(data, order=order)

    def most(self, line: OrderLine) -> int:
        return line.quantity - self.taken.get(line.sku, 0)

    def params(self) -> dict[str, Any]:
        return {"back": self.picked(), "lines": self.added(), "restock": self.cleaned_data["restock"]}


class Exchange(ActionKind):
    kind = "exchange"
    label = gettext_lazy("Exchange")
    icon = "arrows-exchange"
    capability = "replace"
    form = ExchangeForm
    back = gettext_lazy("Afterwards, the new order can be cancelled until it is dispatched.")
    needs_reason = True
    reasons = (
        gettext_lazy("Wrong size"),
        gettext_lazy("Wrong item"),
        gettext_lazy("Damaged"),
        gettext_lazy("Buyer changed their mind"),
    )
    first_for = frozenset({Order.Status.DELIVERED, Order.Status.COMPLETED})

    def clean(self, order: Order, params: Any) -> dict[str, Any]:
        given = read_params(params, "back", "lines", "restock")
        back, lines = read_lines(given.get("back"), "back"), read_lines(given.get("lines"))
        if not back:
            raise InvalidParams(_("Say which items come back."), attr="back")
        if not lines:
            raise InvalidParams(_("Say what is sent for them."), attr="lines")
        return {"back": back, "lines": lines, "restock": read_flag(given, "restock", True)}

    def against(self, order: Order) -> str:
        return not_sent(order)

    def cost(self, order: Order, params: dict[str, Any]) -> int:
        return -min(0, self._charge(order, params))

    def check(self, order: Order, params: dict[str, Any]) -> None:
        super().check(order, params)
        check_ordered(order, params["back"], gone(order))
        products = products_of(order, params["lines"])
        for line in params["lines"]:
            check_on_sale(order, products.get(line["sku"]), line["sku"], line["quantity"])
        if -self._charge(order, params) > order.paid - order.refunded:
            raise InvalidParams(_("That pays back more than is left of what was paid."), attr="lines")

    def _charge(self, order: Order, params: dict[str, Any]) -> int:
        """Return what the buyer owes for it, tax as on the order; below zero, what they get back."""
        products = products_of(order, params["lines"])
        new = sum(products[line["sku"]].price * line["quantity"] for line in params["lines"])
        tax = new * order.tax // order.items_total if order.items_total else 0
        return new + tax - worth(order, params["back"])

    def snapshot(self, order: Order) -> Values:
        return {"refunded": order.refunded, "currency": order.currency}

    def preview(self, order: Order, params: dict[str, Any]) -> tuple[Values, Values]:
        before, charge = self.snapshot(order), self._charge(order, params)
        products = products_of(order, params["lines"])
        new = ", ".join(f"{line['quantity']} × {products[line['sku']].name}" for line in params["lines"])
        after = {**before, "back": names_of(order, params["back"]), "items": new, "charge": max(0, charge)}
        return before, {**after, "refunded": order.refunded - min(0, charge)}

    def execute(self, connector: StoreConnector, action: OrderAction) -> Result:
        back = action.after["refunded"] - action.before["refunded"]
        return connector.replace(
            order_number=action.order.number,
            lines=action.params["lines"],
            charge=action.after["charge"] - back,
            reason=action.reason,
            key=str(action.id),
        )

    def apply(self, order: Order, result: Result) -> list[str]:
        return set_refunded(order, result)

    def outcome(self, order: Order, action: OrderAction, result: Result) -> Values:
        return {**action.after, **self.snapshot(order), "replacement": result["replacement"]["number"]}

    def finished(self, order: Order, action: OrderAction, result: Result) -> None:
        await_return(order, action, action.params["back"], result, restock=action.params["restock"])
        keep_replacement(order, result)

    def rows(self, before: Values, after: Values) -> list[Row]:
        rows = [Row(_("Comes back"), "", after["back"]), Row(_("Is sent"), "", after["items"])]
        if after["charge"]:
            amount = money.display(after["charge"], after["currency"])
            rows.append(Row(_("The buyer pays"), "", amount))
        if after["refunded"] != before["refunded"]:
            rows.append(refunded_row(before, after))
        if not after["charge"] and after["refunded"] == before["refunded"]:
            rows.append(Row(_("The buyer pays"), "", _("Nothing")))
        return rows + new_order_rows(after)

    def sentence(self, action: OrderAction) -> str:
        new = action.after.get("replacement")
        return f"Items of order {action.order.number} are exchanged" + (f" with order {new}" if new else "")
