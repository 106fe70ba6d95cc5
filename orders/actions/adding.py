"""Adding products of the store in a form: a few places, each an SKU and how many, that a search fills."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from orders.actions.base import ActionForm
from orders.actions.params import products_of
from orders.models import Order

PLACES = range(5)


class AddForm(ActionForm):
    def __init__(self, data: Any = None, *, order: Order) -> None:
        super().__init__(data, order=order)
        for n in PLACES:
            sku = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)
            count = forms.IntegerField(label=_("Quantity"), min_value=1, max_value=999, required=False)
            count.initial = 1
            named = {"aria-label": str(count.label)}
            count.widget.attrs.update(inputmode="numeric", autocomplete="off", **named)
            self.fields[f"sku_{n}"], self.fields[f"number_{n}"] = sku, count

    @property
    def places(self) -> list[dict[str, Any]]:
        """Return the places for the template, with the products that are in them."""
        skus = [self[f"sku_{n}"].value() or "" for n in PLACES]
        products = products_of(self.order, [{"sku": sku} for sku in skus if sku]) if any(skus) else {}
        return [
            {
                "n": n,
                "sku": self[f"sku_{n}"],
                "number": self[f"number_{n}"],
                "value": skus[n],
                "product": products.get(skus[n]),
            }
            for n in PLACES
        ]

    def added(self) -> list[dict[str, Any]]:
        return [
            {"sku": sku, "quantity": self.cleaned_data.get(f"number_{n}") or 1}
            for n in PLACES
            if (sku := self.cleaned_data.get(f"sku_{n}"))
        ]
