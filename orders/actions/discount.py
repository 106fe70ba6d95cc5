"""Lower the price of an order that is not paid yet, one step of the store's ladder at a time."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.lib import money
from orders.actions.base import ActionForm, ActionKind, Row, Values
from orders.actions.params import read_params
from orders.amounts import read_amount
from orders.errors import InvalidParams
from orders.ladder import Step, climb
from orders.models import Order, OrderAction
from orders.stores.base import Result, StoreConnector
from people.models import Agent

STEP = "step"  # the name of the rule that steps are not skipped, beside the names of limits


class DiscountForm(ActionForm):
    template = "orders/_discount_fields.html"
    discount = forms.ChoiceField(label=gettext_lazy("Step"), widget=forms.RadioSelect)
    field_order = ["discount", "reason"]

    def __init__(self, data: Any = None, *, order: Order) -> None:
        super().__init__(data, order=order)
        self.steps = climb(order)
        ahead = [step for step in self.steps if step.cost > 0]
        field: Any = self.fields["discount"]
        field.choices = [(str(step.discount), f"{step.percent}%") for step in ahead]
        field.initial = str(ahead[0].discount) if ahead else None
        last = _("Every step has been given: the store goes no further.")
        field.error_messages["required"] = _("Choose a step.") if ahead else last

    @property
    def drawn(self) -> list[dict[str, Any]]:
        """Return the steps with what is chosen among them."""
        return [
            {
                "step": step,
                "value": str(step.discount),
                "price": self.order.total - step.cost,
                "is_chosen": self["discount"].value() == str(step.discount),
            }
            for step in self.steps
        ]

    def params(self) -> dict[str, Any]:
        return {"discount": int(self.cleaned_data["discount"])}


class Discount(ActionKind):
    kind = "discount"
    label = gettext_lazy("Lower the price")
    icon = "discount"
    capability = "discount"
    form = DiscountForm
    back = gettext_lazy("It can be put back until the order is paid.")
    first_for = frozenset({Order.Status.UNPAID})

    def clean(self, order: Order, params: Any) -> dict[str, Any]:
        given = read_params(params, "discount")
        if "discount" not in given:
            raise InvalidParams(_("The new discount is missing."), attr="discount")
        return {"discount": read_amount(given["discount"], order.currency, "discount")}

    def against(self, order: Order) -> str:
        if order.status == Order.Status.CANCELLED:
            return _("This order is cancelled.")
        if order.status != Order.Status.UNPAID or order.paid:
            return _("This order is paid: its price cannot change any more.")
        return ""

    def cost(self, order: Order, params: dict[str, Any]) -> int:
        return int(params["discount"]) - order.discount

    def beyond(self, order: Order, agent: Agent, params: dict[str, Any]) -> list[str]:
        """Some roles may skip a step."""
        if agent.may("discounts.free") or self.cost(order, params) <= 0:
            return []
        ahead = _next(order)
        return [STEP] if ahead is None or params["discount"] > ahead.discount else []

    def check(self, order: Order, params: dict[str, Any]) -> None:
        super().check(order, params)
        if params["discount"] == order.discount:
            raise InvalidParams(_("That is the discount already."), attr="discount")
        if params["discount"] > order.items_total:
            raise InvalidParams(_("That is more than the items cost."), attr="discount")

    def snapshot(self, order: Order) -> Values:
        return {"discount": order.discount, "total": order.total, "currency": order.currency}

    def preview(self, order: Order, params: dict[str, Any]) -> tuple[Values, Values]:
        before = self.snapshot(order)
        discount = params["discount"]
        return before, {**before, "discount": discount, "total": order.total + order.discount - discount}

    def execute(self, connector: StoreConnector, action: OrderAction) -> Result:
        return connector.discount(
            order_number=action.order.number,
            discount=action.params["discount"],
            currency=action.before["currency"],
            key=str(action.id),
            expected=action.before["discount"],
        )

    def apply(self, order: Order, result: Result) -> list[str]:
        order.discount = result["discount"]
        return ["discount"]

    def inverse(self, action: OrderAction) -> dict[str, Any]:
        return {"discount": action.before["discount"]}

    def rows(self, before: Values, after: Values) -> list[Row]:
        def shown(values: Values, name: str) -> str:
            return money.display(values[name], values["currency"])

        names = {"discount": _("Discount"), "total": _("Total")}
        return [Row(label, shown(before, name), shown(after, name)) for name, label in names.items()]

    def sentence(self, action: OrderAction) -> str:
        currency = action.before["currency"]
        before = money.display(action.before["total"], currency, "en")
        after = money.display(action.after["total"], currency, "en")
        return f"Price of order {action.order.number}: {before} → {after}"


def _next(order: Order) -> Step | None:
    return next((step for step in climb(order) if step.is_next), None)
