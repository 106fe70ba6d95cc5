"""The form of how one is told: sounds, kinds, and the quiet hours of a week."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from helpdesk.lib.hours import DAY
from people.models import NoticePreferences
from people.notice_words import TEST
from people.notices import NoticeWords, vocabulary
from people.telling import SOUNDS, TONES

TONE_NAMES = {
    "drop": pgettext_lazy("sound", "Drop"),
    "chime": pgettext_lazy("sound", "Chime"),
    "wood": pgettext_lazy("sound", "Wood"),
    "glass": pgettext_lazy("sound", "Glass"),
    "pulse": pgettext_lazy("sound", "Pulse"),
    "knock": pgettext_lazy("sound", "Knock"),
}
SOUND_NAMES = {
    "message": gettext_lazy("Messages of buyers"),
    "notice": gettext_lazy("What concerns you"),
    "urgent": gettext_lazy("What is urgent"),
}
DAYS = [
    gettext_lazy("Monday"),
    gettext_lazy("Tuesday"),
    gettext_lazy("Wednesday"),
    gettext_lazy("Thursday"),
    gettext_lazy("Friday"),
    gettext_lazy("Saturday"),
    gettext_lazy("Sunday"),
]
AT = {"from": gettext_lazy("%(day)s, from"), "until": gettext_lazy("%(day)s, until")}
EVENING, MORNING = 20 * 60, 8 * 60  # what a day begins from that is turned on


def offered() -> dict[str, NoticeWords]:
    """Return the kinds that can be turned off, as they are listed."""
    return {kind: words for kind, words in vocabulary().items() if kind != TEST}


class NoticesForm(forms.Form):
    """Fields by their names: `tone-message`, `sound-mention`, `desktop-mention`, `day-0`, `from-0`, `until-0`."""

    volume = forms.IntegerField(
        label=gettext_lazy("Volume"),
        min_value=0,
        max_value=100,
        widget=forms.NumberInput({"type": "range", "step": 5, "class": "range"}),
    )
    urgent_passes = forms.BooleanField(
        label=gettext_lazy("Let through what is urgent"),
        required=False,
        help_text=gettext_lazy("It is heard and shown all the same."),
    )

    def __init__(self, preferences: NoticePreferences, data: Any = None) -> None:
        super().__init__(
            data,
            auto_id="told-%s",
            initial={"volume": preferences.volume, "urgent_passes": preferences.urgent_passes},
        )
        for name, label in SOUND_NAMES.items():
            self.fields[f"tone-{name}"] = forms.ChoiceField(
                label=label,
                choices=[(tone, TONE_NAMES[tone]) for tone in TONES],
                initial=(SOUNDS | preferences.tones)[name],
                widget=forms.Select({"data-tone-for": name}),
            )
        for kind in offered():
            self._switch(f"sound-{kind}", kind not in preferences.silent)
            self._switch(f"desktop-{kind}", kind not in preferences.undisplayed)
        week = preferences.quiet_hours or [[]] * 7
        for number, (day, span) in enumerate(zip(DAYS, week, strict=True)):
            first, last = span or (EVENING, MORNING)
            self._switch(f"day-{number}", bool(span), label=day)
            for end, minute in (("from", first), ("until", last)):
                self.fields[f"{end}-{number}"] = forms.TimeField(
                    required=False,
                    initial=f"{minute % DAY // 60:02}:{minute % 60:02}",
                    widget=forms.TimeInput(
                        {"type": "time", "class": "input input-s num", "aria-label": AT[end] % {"day": day}}
                    ),
                )

    def _switch(self, name: str, on: bool, label: Any = "") -> None:
        self.fields[name] = forms.BooleanField(label=label, required=False, initial=on)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for number, name in enumerate(DAYS):
            times = data.get(f"from-{number}"), data.get(f"until-{number}")
            if data.get(f"day-{number}") and None in times and not self.errors.get(f"from-{number}"):
                self.add_error(f"from-{number}", _("%(day)s: say from when until when.") % {"day": name})
        return data

    def chosen(self) -> dict[str, Any]:
        """Return what was chosen, as `save_preferences` takes it."""
        data, kinds = self.cleaned_data, offered()
        days = [self._span(number) if data[f"day-{number}"] else [] for number in range(7)]
        return {
            "volume": data["volume"],
            "urgent_passes": data["urgent_passes"],
            "tones": {name: data[f"tone-{name}"] for name in SOUNDS},
            "silent": [kind for kind in kinds if not data[f"sound-{kind}"]],
            "undisplayed": [kind for kind in kinds if not data[f"desktop-{kind}"]],
            "quiet_hours": days if any(days) else [],
        }

    def _span(self, number: int) -> list[int]:
        """Return the minutes of a day; what ends no later than it begins ends on the next one."""
        first, last = (
            at.hour * 60 + at.minute
            for at in (self.cleaned_data[f"from-{number}"], self.cleaned_data[f"until-{number}"])
        )
        return [first, last if last > first else last + DAY]

    # -- For the page

    def sounds(self) -> list[forms.BoundField]:
        return [self[f"tone-{name}"] for name in SOUND_NAMES]

    def kinds(self) -> list[dict[str, Any]]:
        return [
            {"words": words, "sound": self[f"sound-{kind}"], "desktop": self[f"desktop-{kind}"]}
            for kind, words in offered().items()
        ]

    def week(self) -> list[dict[str, Any]]:
        return [
            {"day": self[f"day-{n}"], "first": self[f"from-{n}"], "last": self[f"until-{n}"]}
            for n in range(7)
        ]
