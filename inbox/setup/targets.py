"""Settings, for admins: within which time a store's buyers are answered."""

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inbox import due
from inbox.errors import InboxError
from inbox.models import Conversation, StoreHours
from inbox.reception import schedule_of
from inbox.services.targets import PRIORITIES, Target, save_targets, targets_data
from inbox.setup.choosing import store_of
from people.models import Store
from people.views.roles import AgentRequest, for_admins

PERCENTS = (50, 60, 75, 80, 90)
_HOURS = r"(?:h|hr|hrs|hours?|小时|时)"
_MINUTES = r"(?:m|min|mins|minutes?|分钟|分)"
_TIME = re.compile(rf"(?:(\d{{1,3}})\s*{_HOURS})?\s*(?:(\d{{1,5}})\s*{_MINUTES}?)?", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,3})[:：](\d{2})")


def minutes_of(text: str) -> int | None:
    """Return how many minutes are written as 30, 30 min, 2 h, 1 h 30 min or 1:30; None where nothing is. Raises
    ValidationError."""
    text = text.strip()
    if not text:
        return None
    match = _CLOCK.fullmatch(text) or _TIME.fullmatch(text)
    if match is None or not any(match.groups()):
        raise forms.ValidationError(
            _("“%(text)s” is no length of time. Write it as 30 min, or 1 h 30 min."),
            params={"text": text[:40]},
        )
    hours, minutes = (int(part or 0) for part in match.groups())
    return hours * 60 + minutes


def minutes_text(minutes: int | None) -> str:
    """Return minutes as they may be written again."""
    if minutes is None:
        return ""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return _("%(m)s min") % {"m": rest}
    return _("%(h)s h %(m)s min") % {"h": hours, "m": rest} if rest else _("%(h)s h") % {"h": hours}


def _when(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Return a moment by the store's clock: its time, and its date where that is not today's."""
    local = at.astimezone(zone)
    is_today = local.date() == now.astimezone(zone).date()
    return date_format(local, "TIME_FORMAT" if is_today else "SHORT_DATETIME_FORMAT")


class MinutesField(forms.CharField):
    def clean(self, value: Any) -> Any:
        return minutes_of(super().clean(value))


class TargetsForm(forms.Form):
    """A first and a next reply for each priority, and how early somebody is warned."""

    warn_percent = forms.TypedChoiceField(
        label=gettext_lazy("Warn when so much of the time has passed"), coerce=int
    )

    def __init__(self, store: Store, data: Any = None) -> None:
        super().__init__(data, auto_id="targets-%s")
        self.store, self.now = store, targets_data(store)
        warn: Any = self.fields["warn_percent"]
        warn.choices = [(n, f"{n}%") for n in sorted({*PERCENTS, self.now["warn_percent"]})]
        warn.initial = self.now["warn_percent"]
        for given in self.now["targets"]:
            name = Conversation.Priority(given["priority"]).label
            for kind, label in (("first", _("%(name)s: first reply")), ("next", _("%(name)s: next reply"))):
                self.fields[f"{kind}-{given['priority']}"] = MinutesField(
                    label=label % {"name": name},
                    required=False,
                    max_length=40,
                    initial=minutes_text(given[f"{kind}_minutes"]),
                    widget=forms.TextInput(
                        {"class": "num", "placeholder": _("No target"), "autocomplete": "off"}
                    ),
                )

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each priority, with when an answer to a message of this moment would be due."""
        rules, now = due.rules_of([self.store.pk])[self.store.pk], timezone.now()
        rows = []
        for priority in PRIORITIES:
            moments = rules.moments(now, priority, due.FIRST) if rules else None
            rows.append(
                {
                    "priority": priority,
                    "name": Conversation.Priority(priority).label,
                    "first": self[f"first-{priority}"],
                    "next": self[f"next-{priority}"],
                    "by": _when(moments[1], now, rules.schedule.zone) if rules and moments else "",
                }
            )
        return rows

    def save(self, actor: Any) -> None:
        given = self.cleaned_data
        save_targets(
            actor=actor,
            store=self.store,
            warn_percent=given["warn_percent"],
            targets={n: Target(given[f"first-{n}"], given[f"next-{n}"]) for n in PRIORITIES},
        )


@for_admins
def targets(request: AgentRequest) -> HttpResponse:
    stores, store = store_of(request)
    if store is None:
        return render(request, "inbox/setup/targets.html", {"stores": stores})
    form = TargetsForm(store, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            form.save(request.user)
        except InboxError as refusal:
            form.add_error(None, refusal.detail)
        else:
            messages.success(request, _("The targets are saved. Those who wait have them in a moment."))
            return redirect(f"{reverse('setup:targets')}?store={store.key}")
    due.forget(store.pk)  # what was just saved elsewhere is shown
    hours = StoreHours.objects.filter(store=store).first()
    context = {
        "stores": stores,
        "store": store,
        "form": form,
        "page": reverse("setup:targets"),
        "has_hours": hours is not None and hours.weekly is not None,
        "now": timezone.now().astimezone(schedule_of(store).zone),
    }
    return render(request, "inbox/setup/targets.html", context)
