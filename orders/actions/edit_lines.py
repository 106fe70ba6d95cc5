"""Change what an order holds before it leaves: other quantities, items off it, items of the store added to it."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.lib import money
from orders.actions.adding import AddForm
from orders.actions.base import ActionKind, Row, Values
from orders.actions.cancel import refunded_row, set_refunded
from orders.actions.change_address import too_late
from orders.actions.params import ordered, products_of, read_lines, read_params
from orders.errors import InvalidParams
from orders.models import Order, OrderAction, Product
from orders.stores.base import Result, StoreConnector
from orders.sync.parts import PARTS


class LinesForm(AddForm):
    template = "orders/_lines_fields.html"

    def __init__(self, data: Any = None, *, order: Order) -> None:
        super().__init__(data, order=order)
        self._lines = list(order.lines.all())
        for n, line in enumerate(self._lines):
            field = forms.IntegerField(label=_("Quantity of %(name)s") % {"name": line.name}, min_value=0)
            field.max_value, field.initial, field.required = 999, line.quantity, False
            named = {"aria-label": str(field.label)}
            field.widget.attrs.update(inputmode="numeric", autocomplete="off", max=999, **named)
            self.fields[f"quantity_{n}"] = field

    @property
    def quantities(self) -> list[dict[str, Any]]:
        return [{"line": line, "field": self[f"quantity_{n}"]} for n, line in enumerate(self._lines)]

    def params(self) -> dict[str, Any]:
        kept = [
            {"sku": line.sku, "quantity": quantity}
            for n, line in enumerate(self._lines)
            if (quantity := self.cleaned_data.get(f"quantity_{n}") or 0)
        ]
        return {"lines": kept + self.added()}


class EditLines(ActionKind):
    kind = "edit_lines"
    label = gettext_lazy("Edit items")
    icon = "edit"
    capability = "edit_lines"
    form = LinesForm
    back = gettext_lazy("It can be edited again until the order is dispatched.")
    reasons = (
        gettext_lazy("Buyer changed their mind"),
        gettext_lazy("Out of stock"),
        gettext_lazy("Wrong variant"),
    )

    def clean(self, order: Order, params: Any) -> dict[str, Any]:
        lines = read_lines(read_params(params, "lines").get("lines"))
        if not lines:
            raise InvalidParams(_("An order without items is a cancelled one: cancel it."), attr="lines")
        return {"lines": lines}

    def against(self, order: Order) -> str:
        return too_late(order)

    def cost(self, order: Order, params: dict[str, Any]) -> int:
        before, after = self.preview(order, params)
        return int(after["refunded"] - before["refunded"])

    def check(self, order: Order, params: dict[str, Any]) -> None:
        super().check(order, params)
        there = ordered(order)
        wanted = {line["sku"]: line["quantity"] for line in params["lines"]}
        if wanted == there:
            raise InvalidParams(_("That is what the order holds already."), attr="lines")
        products = products_of(order, params["lines"])
        for sku, quantity in wanted.items():
            more = quantity - there.get(sku, 0)
            if more > 0:
                check_on_sale(order, products.get(sku), sku, more)

    def snapshot(self, order: Order) -> Values:
        return {
            "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in sorted(ordered(order).items())],
            "items": ", ".join(f"{line.quantity} × {line.name}" for line in order.lines.all()),
            "items_total": order.items_total,
            "total": order.total,
            "paid": order.paid,
            "refunded": order.refunded,
            "currency": order.currency,
        }

    def preview(self, order: Order, params: dict[str, Any]) -> tuple[Values, Values]:
        before = self.snapshot(order)
        names, prices = _priced(order, params["lines"])
        goods = sum(prices[line["sku"]] * line["quantity"] for line in params["lines"])
        tax = order.tax * goods // order.items_total if order.items_total else order.tax
        total = goods + order.shipping_fee + tax - min(order.discount, goods)
        back = max(0, order.paid - order.refunded - total) if order.paid else 0
        return before, {
            **before,
            "lines": params["lines"],
            "items": ", ".join(f"{line['quantity']} × {names[line['sku']]}" for line in params["lines"]),
            "items_total": goods,
            "total": total,
            "refunded": order.refunded + back,
        }

    def execute(self, connector: StoreConnector, action: OrderAction) -> Result:
        return connector.edit_lines(
            order_number=action.order.number,
            lines=action.params["lines"],
            key=str(action.id),
            expected=action.before["lines"],
        )

    def apply(self, order: Order, result: Result) -> list[str]:
        PARTS["lines"](order, result["lines"])
        fields = ["items_total", *(name for name in ("tax", "discount", "status") if name in result)]
        for name in fields:
            setattr(order, name, result[name])
        return [*fields, *set_refunded(order, result)]

    def inverse(self, action: OrderAction) -> dict[str, Any] | None:
        """Return the items as they were, where no money has moved and none would have to."""
        return None if action.before["paid"] else {"lines": action.before["lines"]}

    def rows(self, before: Values, after: Values) -> list[Row]:
        def shown(values: Values, name: str) -> str:
            return money.display(values[name], values["currency"])

        rows = [Row(_("Items"), before["items"], after["items"])]
        if before["total"] != after["total"]:
            rows.append(Row(_("Total"), shown(before, "total"), shown(after, "total")))
        if before["refunded"] != after["refunded"]:
            rows.append(refunded_row(before, after))
        owed = after["total"] - (after["paid"] - after["refunded"])
        if after["paid"] and owed > 0:
            rows.append(Row(_("To be paid by the buyer"), "", money.display(owed, after["currency"])))
        return rows

    def sentence(self, action: OrderAction) -> str:
        return f"Items of order {action.order.number} changed"


def _priced(order: Order, lines: list[dict[str, Any]]) -> tuple[dict[str, str], dict[str, int]]:
    """Return names and prices: of what is in the order its own, of what is new the store's."""
    names = {line.sku: line.name for line in order.lines.all()}
    prices = {line.sku: line.unit_price for line in order.lines.all()}
    for sku, product in products_of(order, [line for line in lines if line["sku"] not in names]).items():
        names[sku], prices[sku] = product.name, product.price
    return names, prices


def check_on_sale(order: Order, product: Product | None, sku: str, quantity: int) -> None:
    """Raise InvalidParams where the store does not sell that much of it in the order's currency."""
    if product is None or not product.active or product.currency != order.currency:
        raise InvalidParams(_("The store does not sell %(sku)s.") % {"sku": sku}, attr="lines")
    if product.stock < quantity:
        words = _("Only %(left)s of %(name)s are in stock.")
        raise InvalidParams(words % {"left": max(0, product.stock), "name": product.name}, attr="lines")
