"""Pay back what was paid: all that is left, an amount, lines, or the shipping fee."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.lib import money
from orders.actions.base import ActionKind, Row, Values
from orders.actions.cancel import refunded_row, set_refunded
from orders.actions.goods_back import COMES_TRUE, await_return, gone, worth
from orders.actions.params import check_ordered, names_of, read_flag, read_lines, read_params
from orders.actions.picking import PickForm, amount_field, read_typed
from orders.actions.replacing import SENT
from orders.amounts import plain, read_amount
from orders.errors import InvalidParams
from orders.models import Order, OrderAction, OrderLine
from orders.stores.base import Result, StoreConnector

REASONS = (
    gettext_lazy("Damaged"),
    gettext_lazy("Wrong item"),
    gettext_lazy("Not received"),
    gettext_lazy("Late parcel"),
    gettext_lazy("Goodwill"),
)


class RefundForm(PickForm):
    template = "orders/_refund_fields.html"
    what = forms.ChoiceField(label=gettext_lazy("What is refunded"), widget=forms.RadioSelect)
    goods_back = forms.BooleanField(label=gettext_lazy("The buyer sends the items back"), required=False)
    restock = forms.BooleanField(label=gettext_lazy("Put the items back in stock"), required=False)
    with_shipping = forms.BooleanField(label=gettext_lazy("Also the shipping fee"), required=False)
    field_order = ["what", "amount", "with_shipping", "goods_back", "restock", "reason"]

    def __init__(self, data: Any = None, *, order: Order) -> None:
        self.taken = gone(order)
        self.left, self.fee_left = left_of(order), fee_left(order)
        self.is_sent = order.status in SENT
        super().__init__(data, order=order)
        self.fields["amount"] = amount_field(_("Amount"), order, required=False)
        self.fields["amount"].initial = plain(self.left, order.currency)
        what = [("all", _("All that is left")), ("amount", _("An amount")), ("lines", _("Items"))]
        if not self.picks:
            what.pop()
        if self.fee_left:
            what.append(("shipping", _("Shipping fee")))
        self.fields["what"].choices = what  # type: ignore[attr-defined]  # a ChoiceField's own
        self.fields["what"].initial = "all"
        if not self.is_sent:
            del self.fields["goods_back"]
        if not self.fee_left:
            del self.fields["with_shipping"]

    def most(self, line: OrderLine) -> int:
        return line.quantity - self.taken.get(line.sku, 0)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("what") == "amount":
            try:
                given["amount"] = read_typed(given.get("amount") or "", self.order.currency)
            except forms.ValidationError as error:
                self.add_error("amount", error)
        return given

    def params(self) -> dict[str, Any]:
        given = self.cleaned_data
        what = given["what"]
        if what == "all":
            return {"amount": self.left, "restock": False}
        if what == "amount":
            return {"amount": given["amount"]}
        if what == "shipping":
            return {"shipping": self.fee_left}
        back = bool(given.get("goods_back"))
        params = {"lines": self.picked(), "restock": given["restock"], "goods_back": back}
        if given.get("with_shipping"):
            params["shipping"] = self.fee_left
        return params


class Refund(ActionKind):
    kind = "refund"
    label = gettext_lazy("Refund")
    icon = "receipt-refund"
    capability = "refund"
    form = RefundForm
    final = gettext_lazy("A refund cannot be undone afterwards.")
    needs_reason = True
    reasons = REASONS
    buyer_may_ask = True
    first_for = frozenset({Order.Status.PAID, *SENT})

    def clean(self, order: Order, params: Any) -> dict[str, Any]:
        given = read_params(params, "amount", "lines", "shipping", "restock", "goods_back")
        lines = read_lines(given.get("lines", []))
        shipping = read_amount(given.get("shipping", 0), order.currency, "shipping")
        if "amount" in given:
            amount = read_amount(given["amount"], order.currency, "amount")
        elif lines or shipping:
            amount = worth(order, lines) + shipping
        else:
            raise InvalidParams(_("Say how much, or which items."), attr="amount")
        if amount == 0:
            raise InvalidParams(_("There is nothing to refund in that."), attr="amount")
        if shipping > amount:
            raise InvalidParams(_("That is more for shipping than is refunded."), attr="shipping")
        return {
            "amount": amount,
            "lines": lines,
            "shipping": shipping,
            "restock": read_flag(given, "restock", False),
            "goods_back": read_flag(given, "goods_back", False),
        }

    def against(self, order: Order) -> str:
        if not order.paid:
            return _("Nothing has been paid.")
        if order.refunded >= order.paid:
            return _("All that was paid has been refunded.")
        return ""

    def cost(self, order: Order, params: dict[str, Any]) -> int:
        return int(params["amount"])

    def check(self, order: Order, params: dict[str, Any]) -> None:
        super().check(order, params)
        if params["amount"] > left_of(order):
            left = money.display(left_of(order), order.currency)
            words = _("Only %(left)s of what was paid are left.") % {"left": left}
            raise InvalidParams(words, attr="amount")
        if params["shipping"] > fee_left(order):
            raise InvalidParams(_("That is more than the shipping fee."), attr="shipping")
        check_ordered(order, params["lines"], gone(order))
        if params["goods_back"] and (not params["lines"] or order.status not in SENT):
            words = _("Only items that were sent can come back: say which.")
            raise InvalidParams(words, attr="goods_back")

    def snapshot(self, order: Order) -> Values:
        return {"paid": order.paid, "refunded": order.refunded, "currency": order.currency}

    def preview(self, order: Order, params: dict[str, Any]) -> tuple[Values, Values]:
        before = self.snapshot(order)
        what = names_of(order, params["lines"])
        details = {name: params[name] for name in ("shipping", "restock", "goods_back")}
        after = {**before, "refunded": order.refunded + params["amount"], "items": what, **details}
        return before, after

    def execute(self, connector: StoreConnector, action: OrderAction) -> Result:
        params = action.params
        return connector.refund(
            order_number=action.order.number,
            amount=params["amount"],
            currency=action.before["currency"],
            lines=params["lines"],
            shipping=params["shipping"],
            # What comes back is put on the shelf when it is there.
            restock=params["restock"] and not params["goods_back"],
            reason=action.reason,
            key=str(action.id),
            expected=action.before["refunded"],
        )

    def apply(self, order: Order, result: Result) -> list[str]:
        return set_refunded(order, result)

    def outcome(self, order: Order, action: OrderAction, result: Result) -> Values:
        return {**action.after, **self.snapshot(order)}

    def finished(self, order: Order, action: OrderAction, result: Result) -> None:
        if action.params["goods_back"]:
            await_return(order, action, action.params["lines"], result, restock=action.params["restock"])

    def rows(self, before: Values, after: Values) -> list[Row]:
        shown = [refunded_row(before, after)]
        if after.get("items"):
            shown.append(Row(_("Items"), "", after["items"]))
        if after.get("shipping"):
            shown.append(Row(_("Shipping fee"), "", money.display(after["shipping"], after["currency"])))
        if after.get("goods_back"):
            shown.append(Row(_("Goods"), "", _("The buyer sends them back")))
        return shown

    def sentence(self, action: OrderAction) -> str:
        amount = money.display(action.params["amount"], action.before["currency"], "en")
        return f"Refund of {amount} for order {action.order.number}"


def left_of(order: Order) -> int:
    return max(0, order.paid - order.refunded)


def fee_left(order: Order) -> int:
    refunds = [one for one in order.actions.all() if one.kind == Refund.kind and one.state in COMES_TRUE]
    back = sum(action.params.get("shipping", 0) for action in refunds)
    return max(0, min(order.shipping_fee - back, left_of(order)))
