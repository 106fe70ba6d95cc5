"""Choosing lines of an order in a form: a box to tick and how many."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _

from helpdesk.lib import money
from orders.actions.base import ActionForm
from orders.amounts import plain
from orders.models import Order, OrderLine


@dataclass(frozen=True)
class Pick:
    """A line as the form shows it."""

    line: OrderLine
    most: int
    take: BoundField
    quantity: BoundField


class PickForm(ActionForm):
    """A form with the order's lines. `most` is overridden where not all of a line can be taken."""

    picks_all = False  # every line is ticked to begin with

    def __init__(self, data: Any = None, *, order: Order) -> None:
        super().__init__(data, order=order)
        self._lines = [(line, most) for line in order.lines.all() if (most := self.most(line)) > 0]
        for n, (line, most) in enumerate(self._lines):
            take = forms.BooleanField(label=line.name, required=False, initial=self.picks_all)
            quantity = forms.IntegerField(
                label=_("Quantity of %(name)s") % {"name": line.name},
                min_value=1,
                max_value=most,
                initial=most,
                required=False,
            )
            named = {"aria-label": str(quantity.label)}
            quantity.widget.attrs.update(inputmode="numeric", autocomplete="off", **named)
            self.fields[f"take_{n}"], self.fields[f"quantity_{n}"] = take, quantity

    def most(self, line: OrderLine) -> int:
        return line.quantity

    @property
    def picks(self) -> list[Pick]:
        return [
            Pick(line, most, self[f"take_{n}"], self[f"quantity_{n}"])
            for n, (line, most) in enumerate(self._lines)
        ]

    def picked(self) -> list[dict[str, Any]]:
        """Return the lines that are ticked, as params take them."""
        return [
            {"sku": line.sku, "quantity": self.cleaned_data.get(f"quantity_{n}") or most}
            for n, (line, most) in enumerate(self._lines)
            if self.cleaned_data.get(f"take_{n}")
        ]


def amount_field(label: Any, order: Order, **fields: Any) -> forms.CharField:
    """Return a field for money as people write it; `read_typed` reads it."""
    field = forms.CharField(label=label, max_length=20, **fields)
    field.widget.attrs.update(inputmode="decimal", autocomplete="off")
    field.unit = order.currency  # type: ignore[attr-defined]  # shown before the amount
    return field


def read_typed(text: str, currency: str) -> int:
    """Return the minor units that somebody typed. Raises ValidationError."""
    try:
        return money.parse(text, currency)
    except ValueError:
        words = _("Write an amount such as %(example)s.") % {"example": plain(500, currency)}
        raise forms.ValidationError(words) from None
