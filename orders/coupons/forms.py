"""Forms of the settings page of coupons: what a person writes, made into what orders.coupons.offers takes."""

import re
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.lib import money
from inbox.errors import InboxError
from orders.amounts import plain
from orders.models import Coupon
from people.access import stores_for
from people.models import Agent, Store


class OfferForm(forms.Form):
    store = forms.ModelChoiceField(
        label=gettext_lazy("Store"), queryset=Store.objects.none(), empty_label=None
    )
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, help_text=gettext_lazy("The buyer reads it, too.")
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What it gives"), choices=Coupon.Kind, widget=forms.RadioSelect
    )
    value = forms.CharField(label=gettext_lazy("Amount or percent"), max_length=20)
    most = forms.CharField(
        label=gettext_lazy("At most"),
        max_length=20,
        required=False,
        help_text=gettext_lazy("What a percentage may come to."),
    )
    min_spend = forms.CharField(label=gettext_lazy("From this much spent"), max_length=20, required=False)
    budget = forms.CharField(
        label=gettext_lazy("Budget"),
        max_length=20,
        required=False,
        help_text=gettext_lazy("What all codes together may come to. Left empty, there is no end to it."),
    )
    per_buyer = forms.IntegerField(
        label=gettext_lazy("Codes per buyer"), min_value=1, max_value=100, initial=1
    )
    valid_days = forms.IntegerField(
        label=gettext_lazy("Days a code is valid"), min_value=1, max_value=366, initial=30
    )
    ends_on = forms.DateField(
        label=gettext_lazy("Last day of the offer"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    skus = forms.CharField(
        label=gettext_lazy("Only for these products"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=gettext_lazy("Their SKUs. Left empty, it is for the whole store."),
    )

    def __init__(self, data: Any = None, *, agent: Agent, coupon: Coupon | None = None) -> None:
        super().__init__(data, initial=_initial(coupon) if coupon else {"kind": Coupon.Kind.AMOUNT})
        self.coupon = coupon
        stores: Any = self.fields["store"]
        stores.queryset = stores_for(agent)
        for name in ("value", "most", "min_spend", "budget"):
            self.fields[name].widget.attrs.update(inputmode="decimal", autocomplete="off")
        if coupon is not None:
            del self.fields["store"]

    @property
    def of_store(self) -> Store:
        found: Store = self.coupon.store if self.coupon else self.cleaned_data["store"]
        return found

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if self.coupon is None and "store" not in given:
            return given
        percent = given.get("kind") == Coupon.Kind.PERCENT
        for name in ("most", "min_spend", "budget", *(() if percent else ("value",))):
            if text := given.get(name):
                self._read(name, text)
        if percent and (text := given.get("value")):
            if re.fullmatch(r"\d{1,3}", text.strip().removesuffix("%").strip()):
                given["value"] = int(text.strip().removesuffix("%"))
            else:
                self.add_error("value", _("That is a whole number from 1 to %(most)s.") % {"most": 100})
        if percent and not given.get("most"):
            self.add_error("most", _("Say what a percentage may come to at most."))
        return given

    def _read(self, name: str, text: str) -> None:
        currency = self.of_store.currency
        try:
            self.cleaned_data[name] = money.parse(text, currency)
        except ValueError:
            example = plain(500, currency)
            self.add_error(name, _("Write an amount such as %(example)s.") % {"example": example})

    def values(self) -> dict[str, Any]:
        given = self.cleaned_data
        percent = given["kind"] == Coupon.Kind.PERCENT
        return {
            "name": given["name"],
            "kind": given["kind"],
            "value": None if percent else given["value"],
            "percent": given["value"] if percent else None,
            "most": given["most"] if percent else None,
            "min_spend": given["min_spend"] or 0,
            "budget": given["budget"] if given["budget"] != "" else None,
            "per_buyer": given["per_buyer"],
            "valid_days": given["valid_days"],
            "ends_at": self._ends_at(),
            "skus": list(dict.fromkeys(re.split(r"[\s,;]+", given["skus"].strip()))) if given["skus"] else [],
        }

    def _ends_at(self) -> datetime | None:
        """The offer ends when its last day is over at the store."""
        day = self.cleaned_data["ends_on"]
        return datetime.combine(day, time(23, 59, 59), _zone(self.of_store)) if day else None

    def refuse(self, refusal: InboxError) -> None:
        """Show what a service says against it beside the field that is to blame."""
        name = {"percent": "value", "ends_at": "ends_on"}.get(refusal.attr or "", refusal.attr)
        self.add_error(name if name in self.fields else None, refusal.detail)


class LadderForm(forms.Form):
    steps = forms.CharField(
        label=gettext_lazy("Steps"),
        max_length=60,
        help_text=gettext_lazy("Percents of the items, each above the one before, such as 3, 5, 8, 12."),
    )

    def clean_steps(self) -> list[int]:
        parts = [
            part.removesuffix("%") for part in re.split(r"[\s,;，、]+", self.cleaned_data["steps"].strip())
        ]
        if not all(re.fullmatch(r"\d{1,3}", part) for part in parts):
            raise forms.ValidationError(_("A step is a whole percent from 1 to 90."))
        return [int(part) for part in parts]


def _initial(coupon: Coupon) -> dict[str, Any]:
    def written(amount: int | None) -> str:
        return "" if amount is None else plain(amount, coupon.currency)

    is_amount = coupon.kind == Coupon.Kind.AMOUNT
    ends = coupon.ends_at and timezone.localtime(coupon.ends_at, _zone(coupon.store)).date()
    return {
        "name": coupon.name,
        "kind": coupon.kind,
        "value": written(coupon.value) if is_amount else str(coupon.value),
        "most": written(coupon.most),
        "min_spend": written(coupon.min_spend or None),
        "budget": written(coupon.budget),
        "per_buyer": coupon.per_buyer,
        "valid_days": coupon.valid_days,
        "ends_on": ends,
        "skus": ", ".join(product.sku for product in coupon.products.all()),
    }


def _zone(store: Store) -> ZoneInfo:
    try:
        return ZoneInfo(store.time_zone)
    except (KeyError, ValueError):
        return ZoneInfo("UTC")
