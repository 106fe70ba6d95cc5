"""What lists that can be narrowed have in common: choices that begin with all of it, and a range of days."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# What makes sense as a day: beyond it databases, zones and people fail.
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)


def begin_of(day: date) -> datetime:
    """Return when a day begins in the active time zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


def wrong_days(since: date | None, until: date | None) -> dict[str, str]:
    """Return what is wrong with a range, in words, by `since` and `until`; None is no end."""
    days = {"since": since, "until": until}
    wrong = {
        name: _("Choose a day of this century or the next.")
        for name, day in days.items()
        if day and not FIRST_DAY <= day <= LAST_DAY
    }
    if not wrong and since and until and since > until:
        wrong["until"] = _("The range ends before it begins.")
    return wrong


class ListFilter(forms.Form):
    """What of a list is shown. `since` and `until` are the first and the last day, as a calendar asks for them."""

    since = forms.DateField(label=gettext_lazy("From date"), required=False)
    until = forms.DateField(label=gettext_lazy("To date"), required=False)

    def __init__(self, data: Any, *, auto_id: str) -> None:
        super().__init__(data, auto_id=auto_id)
        for name in ("since", "until"):
            widget = self.fields[name].widget
            widget.input_type = "date"
            widget.format = "%Y-%m-%d"
            widget.attrs.update(min=FIRST_DAY.isoformat(), max=LAST_DAY.isoformat())

    def choose(self, name: str, every: str, choices: list[Any]) -> None:
        """Set what can be chosen in a field, after `every`: not to choose."""
        self.fields[name].choices = [("", every), *choices]  # type: ignore[attr-defined]


class RangeFilter(ListFilter):
    """One that says at its fields what is wrong with the range."""

    def query(self) -> dict[str, str]:
        """Return what was asked, as it stands in an address."""
        return {name: value for name in self.fields if (value := self.data.get(name, ""))}

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for name, words in wrong_days(data.get("since"), data.get("until")).items():
            self.add_error(name, words)
        return data
