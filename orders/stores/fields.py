"""Fields that the forms of several connectors have."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MOST_METHODS = 20
LONGEST_METHOD = 80


class ShippingMethodsField(forms.CharField):
    """The ways in which a store sends, one in a line, as [{"name"}] (StoreConnector.shipping_methods).

    For stores whose methods cannot be asked for as they stand on an order: what is typed here is what agents choose.
    """

    def __init__(self) -> None:
        super().__init__(
            label=gettext_lazy("Ways of shipping"),
            help_text=gettext_lazy(
                "One in a line, such as Express. Agents choose from these when an order is to be sent another way."
            ),
            widget=forms.Textarea(attrs={"rows": 4}),
            required=False,
            max_length=(LONGEST_METHOD + 2) * MOST_METHODS,
        )

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(one["name"] for one in value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[dict[str, str]]:
        lines = [" ".join(line.split()) for line in super().clean(value).splitlines()]
        names = list(dict.fromkeys(filter(None, lines)))
        if len(names) > MOST_METHODS:
            raise forms.ValidationError(_("At most %(most)d.") % {"most": MOST_METHODS})
        if any(len(name) > LONGEST_METHOD for name in names):
            raise forms.ValidationError(
                _("At most %(most)d characters in a line.") % {"most": LONGEST_METHOD}
            )
        return [{"name": name} for name in names]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)
