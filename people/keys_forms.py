"""What a new key is asked for: what it is called, how far it goes, and until when."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from helpdesk.lib.scopes import AREAS, EVERYTHING, WRITE

NONE, NEVER = "", "never"
WAYS = {
    NONE: pgettext_lazy("access", "None"),
    "read": pgettext_lazy("access", "Read"),
    "write": pgettext_lazy("access", "Read and change"),
}


class KeyForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        help_text=_("What will use it, so that it is known again: the warehouse, a report."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-1p-ignore": ""}),
    )
    access = forms.ChoiceField(
        label=_("What it may do"),
        choices=[("some", _("Only what is chosen here")), ("everything", _("Everything that I may do"))],
        initial="some",
        widget=forms.RadioSelect,
    )
    days = forms.ChoiceField(
        label=_("It expires"),
        choices=[
            ("30", _("In 30 days")),
            ("90", _("In 90 days")),
            ("365", _("In a year")),
            (NEVER, pgettext_lazy("it expires", "Never")),
        ],
        initial="90",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, area in AREAS.items():
            choices = [(way, label) for way, label in WAYS.items() if way == NONE or way in area.ways]
            self.fields[f"area-{name}"] = forms.ChoiceField(
                label=area.label, help_text=area.about, choices=choices, required=False
            )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("access") == "some" and not self.errors and not self.scopes():
            self.add_error("access", _("Choose at least one thing."))
        return given

    def areas(self) -> list[forms.BoundField]:
        return [self[f"area-{name}"] for name in AREAS]

    def scopes(self) -> list[str]:
        if self.cleaned_data["access"] == "everything":
            return [EVERYTHING]
        chosen = {name: self.cleaned_data.get(f"area-{name}", NONE) for name in AREAS}
        return [f"{name}:{way}" for name, way in chosen.items() if way]

    def expires_at(self) -> datetime | None:
        days = self.cleaned_data["days"]
        return None if days == NEVER else timezone.now() + timedelta(days=int(days))


def in_words(scopes: list[str]) -> list[tuple[str, bool]]:
    """Return the areas of a key as (label, whether it may change them), empty where it may do everything."""
    if EVERYTHING in scopes:
        return []
    ways = {name: {way for way in area.ways if f"{name}:{way}" in scopes} for name, area in AREAS.items()}
    return [(str(AREAS[name].label), WRITE in found) for name, found in ways.items() if found]
