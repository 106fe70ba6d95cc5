"""Settings, for admins: when a store is open, and what its widget says while it is not."""

import re
from datetime import date
from itertools import pairwise
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.lib.hours import Interval
from inbox.errors import InboxError
from inbox.models import SpecialDay, StoreHours
from inbox.reception import schedule_of
from inbox.services.hours import MAX_AWAY, clock, minutes, save_hours
from inbox.setup.choosing import store_of
from people.models import LANGUAGES, Store
from people.views.roles import AgentRequest, for_admins

DAYS = [
    gettext_lazy("Monday"),
    gettext_lazy("Tuesday"),
    gettext_lazy("Wednesday"),
    gettext_lazy("Thursday"),
    gettext_lazy("Friday"),
    gettext_lazy("Saturday"),
    gettext_lazy("Sunday"),
]
ALWAYS, WEEKLY = "always", "weekly"
_SPAN = re.compile(r"(\d{1,2})(?:[:：.](\d{2}))?\s*[-–—~至]\s*(\d{1,2})(?:[:：.](\d{2}))?")


def spans_of(text: str) -> list[Interval]:
    """Return the intervals that are written as 9:00–12:00, 13:00–18:00. Raises ValidationError."""
    found = []
    for part in filter(None, (part.strip() for part in re.split(r"[,，;；、]", text))):
        match = _SPAN.fullmatch(part)
        try:
            if match is None:
                raise ValueError(part)
            start, end = (
                minutes(f"{int(h):02}:{m or '00'}") for h, m in (match.group(1, 2), match.group(3, 4))
            )
        except ValueError:
            raise forms.ValidationError(
                _("“%(text)s” is no time of day. Write it as 9:00–18:00."), params={"text": part[:40]}
            ) from None
        if start >= end:
            raise forms.ValidationError(
                _("“%(text)s” ends before it begins. Over midnight are two: until 24:00, and from 0:00."),
                params={"text": part[:40]},
            )
        found.append((start, end))
    found.sort()
    if any(one[1] > other[0] for one, other in pairwise(found)):
        raise forms.ValidationError(_("“%(text)s” overlaps."), params={"text": text[:40]})
    return found


def spans_text(spans: Any) -> str:
    return ", ".join(f"{clock(start)}–{clock(end)}" for start, end in spans)


class SpansField(forms.CharField):
    def clean(self, value: Any) -> Any:
        return spans_of(super().clean(value))


class HoursForm(forms.Form):
    """A week, dates that differ, and a text for each language."""

    when = forms.ChoiceField(
        label=gettext_lazy("When it is open"),
        choices=[(ALWAYS, gettext_lazy("Always")), (WEEKLY, gettext_lazy("At these hours"))],
        widget=forms.RadioSelect,
    )

    def __init__(self, store: Store, data: Any = None) -> None:
        super().__init__(data, auto_id="hours-%s")
        hours = StoreHours.objects.filter(store=store).first()
        weekly = hours.weekly if hours else None
        self.fields["when"].initial = ALWAYS if weekly is None else WEEKLY
        week = weekly or [[(9 * 60, 18 * 60)]] * 5 + [[], []]  # what is begun from
        for number, (name, spans) in enumerate(zip(DAYS, week, strict=True)):
            self.fields[f"day-{number}"] = SpansField(
                label=name,
                required=False,
                max_length=100,
                initial=spans_text(spans),
                widget=forms.TextInput({"class": "num", "placeholder": _("Closed"), "autocomplete": "off"}),
            )
        for code, language in LANGUAGES:
            self.fields[f"away-{code}"] = forms.CharField(
                label=language,
                required=False,
                max_length=MAX_AWAY,
                initial=(hours.away if hours else {}).get(code, ""),
                widget=forms.Textarea({"rows": 2, "lang": code}),
            )
        self.special = self._given(data) if data is not None else _stored(store)

    @staticmethod
    def _given(data: Any) -> list[dict[str, str]]:
        names = ("special-date", "special-name", "special-hours")
        rows = zip(*(data.getlist(name) for name in names), strict=False)
        return [
            {"date": on.strip(), "name": name.strip(), "hours": hours.strip()}
            for on, name, hours in rows
            if on.strip()
        ]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        data["special"] = {}
        for row in self.special:
            try:
                on = date.fromisoformat(row["date"])
            except ValueError:
                self.add_error(None, _("“%(text)s” is no date.") % {"text": row["date"][:40]})
                continue
            if on in data["special"]:
                self.add_error(None, _("%(date)s is there twice.") % {"date": row["date"]})
            try:
                data["special"][on] = row["name"], spans_of(row["hours"])
            except forms.ValidationError as error:
                row["error"] = " ".join(error.messages)
                self.add_error(None, f"{row['date']}: {row['error']}")
        return data

    def save(self, actor: Any, store: Store) -> None:
        given = self.cleaned_data
        save_hours(
            actor=actor,
            store=store,
            weekly=[given[f"day-{n}"] for n in range(7)] if given["when"] == WEEKLY else None,
            special=given["special"],
            away={code: given[f"away-{code}"] for code, _name in LANGUAGES},
        )

    def week(self) -> list[forms.BoundField]:
        return [self[f"day-{number}"] for number in range(7)]

    def texts(self) -> list[forms.BoundField]:
        return [self[f"away-{code}"] for code, _name in LANGUAGES]


def _stored(store: Store) -> list[dict[str, str]]:
    return [
        {"date": day.date.isoformat(), "name": day.name, "hours": spans_text(day.intervals)}
        for day in SpecialDay.objects.filter(store=store).order_by("date")
    ]


@for_admins
def hours(request: AgentRequest) -> HttpResponse:
    stores, store = store_of(request)
    if store is None:
        return render(request, "inbox/setup/hours.html", {"stores": stores})
    form = HoursForm(store, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            form.save(request.user, store)
        except InboxError as refusal:
            form.add_error(None, refusal.detail)
        else:
            messages.success(request, _("The hours are saved."))
            return redirect(f"{reverse('setup:hours')}?store={store.key}")
    schedule, now = schedule_of(store), timezone.now()
    is_open = schedule.is_open(now)
    changes = schedule.next_closing(now) if is_open else schedule.next_opening(now)
    context = {
        "stores": stores,
        "store": store,
        "form": form,
        "page": reverse("setup:hours"),
        "is_open": is_open,
        "changes": changes.astimezone(schedule.zone) if changes else None,
        "now": now.astimezone(schedule.zone),
    }
    return render(request, "inbox/setup/hours.html", context)
