"""Send lines of an order again for nothing, as a new order: the parcel was lost, or broken on its way."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.lib import money
from orders.actions.base import ActionKind, Row, Values
from orders.actions.params import check_ordered, names_of, products_of, read_lines, read_params
from orders.actions.picking import PickForm
from orders.actions.replacing import SENT, keep_replacement, not_sent
from orders.errors import InvalidParams
from orders.models import Order, OrderAction
from orders.stores.base import Result, StoreConnector


class ResendForm(PickForm):
    template = "orders/_pick_fields.html"
    picks_all = True

    def params(self) -> dict[str, Any]:
        return {"lines": self.picked()}


class Resend(ActionKind):
    kind = "resend"
    label = gettext_lazy("Send again")
    icon = "refresh"
    capability = "replace"
    form = ResendForm
    back = gettext_lazy("Afterwards, the new order can be cancelled until it is dispatched.")
    needs_reason = True
    reasons = (
        gettext_lazy("Lost parcel"),
        gettext_lazy("Damaged"),
        gettext_lazy("Wrong item"),
        gettext_lazy("Missing item"),
    )
    first_for = SENT

    def clean(self, order: Order, params: Any) -> dict[str, Any]:
        lines = read_lines(read_params(params, "lines").get("lines"))
        if not lines:
            raise InvalidParams(_("Say which items."), attr="lines")
        return {"lines": lines}

    def against(self, order: Order) -> str:
        return not_sent(order)

    def cost(self, order: Order, params: dict[str, Any]) -> int:
        prices = {line.sku: line.unit_price for line in order.lines.all()}
        return sum(prices.get(line["sku"], 0) * line["quantity"] for line in params["lines"])

    def check(self, order: Order, params: dict[str, Any]) -> None:
        super().check(order, params)
        check_ordered(order, params["lines"])
        check_in_stock(order, params["lines"])

    def snapshot(self, order: Order) -> Values:
        return {"currency": order.currency}

    def preview(self, order: Order, params: dict[str, Any]) -> tuple[Values, Values]:
        before = self.snapshot(order)
        worth = self.cost(order, params)
        return before, {**before, "items": names_of(order, params["lines"]), "worth": worth, "charge": 0}

    def execute(self, connector: StoreConnector, action: OrderAction) -> Result:
        return connector.replace(
            order_number=action.order.number,
            lines=action.params["lines"],
            charge=0,
            reason=action.reason,
            key=str(action.id),
        )

    def apply(self, order: Order, result: Result) -> list[str]:
        return []

    def outcome(self, order: Order, action: OrderAction, result: Result) -> Values:
        return {**action.after, "replacement": result["replacement"]["number"]}

    def finished(self, order: Order, action: OrderAction, result: Result) -> None:
        keep_replacement(order, result)

    def rows(self, before: Values, after: Values) -> list[Row]:
        currency = after["currency"]
        rows = [
            Row(_("Items"), "", after["items"]),
            Row(_("Worth"), "", money.display(after["worth"], currency)),
            Row(_("The buyer pays"), "", _("Nothing")),
        ]
        return rows + new_order_rows(after)

    def sentence(self, action: OrderAction) -> str:
        new = action.after.get("replacement")
        return f"Items of order {action.order.number} are sent again" + (f" as order {new}" if new else "")


def new_order_rows(after: Values) -> list[Row]:
    return [Row(_("New order"), "", after["replacement"])] if after.get("replacement") else []


def check_in_stock(order: Order, lines: list[dict[str, Any]]) -> None:
    """Raise InvalidParams where the shelf holds less than is to be sent."""
    products = products_of(order, lines)
    for line in lines:
        product = products.get(line["sku"])
        if product is not None and product.stock < line["quantity"]:
            words = _("Only %(left)s of %(name)s are in stock.")
            left = max(0, product.stock)
            raise InvalidParams(words % {"left": left, "name": product.name}, attr="lines")
