"""Settings, for admins: when buyers are asked how it was, and whom a bad rating concerns."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from inbox import transports
from inbox.errors import InboxError
from inbox.models import RatingRule
from inbox.rating_words import greeting_of, subject_of
from inbox.services.rating_rules import (
    MAX_GREETING,
    MAX_SUBJECT,
    Rule,
    channels_that_ask,
    save_rule,
)
from inbox.setup.choosing import store_of
from people.models import LANGUAGES, Store
from people.views.roles import AgentRequest, for_admins

DELAYS = (0, 5, 15, 30, 60, 120, 240, 720, 1440)
DAYS = (0, 7, 14, 30, 90)


class RatingsForm(forms.Form):
    """The rule of one store."""

    active = forms.BooleanField(
        label=gettext_lazy("Ask buyers how it was"),
        help_text=gettext_lazy("Once after a conversation is resolved, over the channel they used."),
        required=False,
    )
    mails_visitors = forms.BooleanField(
        label=gettext_lazy("By e-mail too, who has left the page"),
        help_text=gettext_lazy(
            "Only to an address that is proven, and that they have written from or agreed to."
        ),
        required=False,
    )
    tells_agent = forms.BooleanField(label=gettext_lazy("Tell the agent"), required=False)
    tells_supervisors = forms.BooleanField(
        label=gettext_lazy("Tell the supervisors of the store"), required=False
    )

    def __init__(self, store: Store, data: Any = None) -> None:
        row = RatingRule.objects.filter(store=store).first()
        now = row or RatingRule(store=store)
        names = ("active", "mails_visitors", "tells_agent", "tells_supervisors")
        super().__init__(data, initial={name: getattr(now, name) for name in names}, auto_id="ratings-%s")
        self.store, self.channels = store, channels_that_ask(store)
        # Nobody has chosen yet: all of them.
        chosen = set(row.channels.values_list("pk", flat=True)) if row else {c.pk for c in self.channels}
        self.fields["delay"] = _choice(_("How long after it is resolved"), DELAYS, now.delay, minutes)
        self.fields["every_days"] = _choice(_("The same buyer"), DAYS, now.every_days, days)
        self.fields["low"] = _choice(_("Bad is"), range(4), now.low, low_words)
        for channel in self.channels:
            self.fields[f"channel-{channel.pk}"] = forms.BooleanField(
                label=channel.name, required=False, initial=channel.pk in chosen
            )
        for code, _name in LANGUAGES:
            said = now.words.get(code, {})
            with translation.override(code):
                subject, greeting = subject_of(store.name), greeting_of(store.name)
            self.fields[f"subject-{code}"] = forms.CharField(
                label=_("Subject of the e-mail"),
                required=False,
                max_length=MAX_SUBJECT,
                initial=said.get("subject", ""),
                widget=forms.TextInput({"lang": code, "placeholder": subject, "autocomplete": "off"}),
            )
            self.fields[f"greeting-{code}"] = forms.CharField(
                label=_("First sentence"),
                required=False,
                max_length=MAX_GREETING,
                initial=said.get("greeting", ""),
                widget=forms.Textarea({"lang": code, "rows": 2, "placeholder": greeting}),
            )

    def save(self, actor: Any) -> None:
        given = self.cleaned_data
        rule = Rule(
            active=given["active"],
            delay=given["delay"],
            channels=[c.pk for c in self.channels if given[f"channel-{c.pk}"]],
            mails_visitors=given["mails_visitors"],
            every_days=given["every_days"],
            words={
                code: {name: given[f"{name}-{code}"] for name in ("subject", "greeting")}
                for code, _name in LANGUAGES
            },
            low=given["low"],
            tells_agent=given["tells_agent"],
            tells_supervisors=given["tells_supervisors"],
        )
        save_rule(actor=actor, store=self.store, rule=rule)

    def ways(self) -> list[dict[str, Any]]:
        """Return the channels to choose from, as the page shows them."""
        return [
            {
                "channel": channel,
                "label": transports.get(channel.kind).label,
                "icon": transports.get(channel.kind).icon,
                "field": self[f"channel-{channel.pk}"],
            }
            for channel in self.channels
        ]

    def has_mailbox(self) -> bool:
        return any(transports.get(channel.kind).is_letter for channel in self.channels)

    def texts(self) -> list[dict[str, Any]]:
        return [
            {"language": language, "subject": self[f"subject-{code}"], "greeting": self[f"greeting-{code}"]}
            for code, language in LANGUAGES
        ]


def _choice(label: str, values: Any, now: int, words: Any) -> forms.TypedChoiceField:
    choices = [(value, words(value)) for value in sorted({*values, now})]
    return forms.TypedChoiceField(label=label, choices=choices, coerce=int, initial=now)


def minutes(count: int) -> str:
    if not count:
        return _("At once")
    if count % 60:
        return ngettext("After %(n)s minute", "After %(n)s minutes", count) % {"n": count}
    hours = count // 60
    return ngettext("After %(n)s hour", "After %(n)s hours", hours) % {"n": hours}


def days(count: int) -> str:
    if not count:
        return _("Each time")
    return ngettext("At most once in %(n)s day", "At most once in %(n)s days", count) % {"n": count}


def low_words(count: int) -> str:
    if not count:
        return _("No rating")
    return ngettext("Only %(n)s star", "%(n)s stars or fewer", count) % {"n": count}


@for_admins
def ratings(request: AgentRequest) -> HttpResponse:
    stores, store = store_of(request)
    if store is None:
        return render(request, "inbox/setup/ratings.html", {"stores": stores})
    form = RatingsForm(store, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            form.save(request.user)
        except InboxError as refusal:
            form.add_error(None, refusal.detail)
        else:
            messages.success(request, _("The rules are saved."))
            return redirect(f"{reverse('setup:ratings')}?store={store.key}")
    context = {"stores": stores, "store": store, "form": form, "page": reverse("setup:ratings")}
    return render(request, "inbox/setup/ratings.html", context)
