"""Keep a parcel from leaving, or let it go."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from orders.actions.base import ActionForm, ActionKind, Row, Values
from orders.actions.change_address import too_late
from orders.actions.params import read_flag, read_params
from orders.errors import InvalidParams
from orders.models import Order, OrderAction
from orders.stores.base import Result, StoreConnector


class HoldForm(ActionForm):
    """There is nothing to choose: it is the other way round than it is now."""

    def params(self) -> dict[str, Any]:
        return {"on_hold": not self.order.on_hold}


class HoldParcel(ActionKind):
    kind = "hold_parcel"
    label = gettext_lazy("Hold parcel")
    icon = "hand-stop"
    capability = "hold"
    form = HoldForm
    back = gettext_lazy("It can be changed back until the order is dispatched.")

    def named(self, order: Order) -> str:
        return _("Release parcel") if order.on_hold else _("Hold parcel")

    def clean(self, order: Order, params: Any) -> dict[str, Any]:
        return {"on_hold": read_flag(read_params(params, "on_hold"), "on_hold")}

    def against(self, order: Order) -> str:
        return too_late(order)

    def check(self, order: Order, params: dict[str, Any]) -> None:
        super().check(order, params)
        if params["on_hold"] == order.on_hold:
            words = _("The parcel is on hold already.") if order.on_hold else _("The parcel is not on hold.")
            raise InvalidParams(words, attr="on_hold")

    def snapshot(self, order: Order) -> Values:
        return {"on_hold": order.on_hold}

    def preview(self, order: Order, params: dict[str, Any]) -> tuple[Values, Values]:
        return self.snapshot(order), {"on_hold": params["on_hold"]}

    def execute(self, connector: StoreConnector, action: OrderAction) -> Result:
        return connector.hold(
            order_number=action.order.number, on_hold=action.params["on_hold"], key=str(action.id)
        )

    def apply(self, order: Order, result: Result) -> list[str]:
        order.on_hold = result["on_hold"]
        return ["on_hold"]

    def inverse(self, action: OrderAction) -> dict[str, Any]:
        return {"on_hold": action.before["on_hold"]}

    def rows(self, before: Values, after: Values) -> list[Row]:
        words = {True: pgettext("parcel", "On hold"), False: _("Leaves when it is ready")}
        return [Row(_("Parcel"), words[before["on_hold"]], words[after["on_hold"]])]

    def sentence(self, action: OrderAction) -> str:
        verb = "is on hold" if action.params["on_hold"] else "may leave again"
        return f"The parcel of order {action.order.number} {verb}"
