"""Settings, for admins: where a message goes that a buyer does not read."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inbox import transports
from inbox.models import Channel, Delivery
from inbox.services.failover_rules import MINUTES, Rule, can_take_over, save_rules
from people.access import stores_for
from people.views.roles import AgentRequest, for_admins


class RulesForm(forms.Form):
    """Two choices for each of a store's channels."""

    def __init__(self, channels: list[Channel], data: Any = None) -> None:
        super().__init__(data, auto_id="rule-%s")
        self.channels = channels
        takers = [channel for channel in channels if can_take_over(channel)]
        for channel in channels:
            after: dict[str, Any] = {"class": "select"}
            if transports.get(channel.kind).furthest != Delivery.State.READ:
                after["aria-describedby"] = f"tells-{channel.pk}"
            self.fields[f"after-{channel.pk}"] = forms.TypedChoiceField(
                label=_("%(channel)s: hand over") % {"channel": channel.name},
                widget=forms.Select(after),
                choices=_after(channel.unread_after),
                coerce=int,
                empty_value=None,
                required=False,
                initial=channel.unread_after,
            )
            if channel in takers:
                self.fields[f"place-{channel.pk}"] = forms.TypedChoiceField(
                    label=_("%(channel)s: takes over") % {"channel": channel.name},
                    widget=forms.Select({"class": "select"}),
                    choices=_places(len(takers)),
                    coerce=int,
                    empty_value=None,
                    required=False,
                    initial=channel.takes_over,
                )

    def rows(self) -> list[dict[str, Any]]:
        """Return what the page shows of each channel."""
        return [
            {
                "channel": channel,
                "kind": {"label": kind.label, "icon": kind.icon},
                "after": self[f"after-{channel.pk}"],
                "place": self[f"place-{channel.pk}"] if f"place-{channel.pk}" in self.fields else None,
                "tells": kind.furthest,
            }
            for channel in self.channels
            for kind in [transports.get(channel.kind)]
        ]

    def rules(self) -> dict[Any, Rule]:
        given = self.cleaned_data
        return {
            channel.pk: Rule(given[f"after-{channel.pk}"], given.get(f"place-{channel.pk}"))
            for channel in self.channels
        }


def _after(now: int | None) -> list[tuple[Any, str]]:
    minutes = sorted({*MINUTES, *([now] if now else [])})
    return [("", _("It stays")), *((count, after_words(count)) for count in minutes)]


def after_words(minutes: int) -> str:
    if minutes % 60:
        return ngettext("After %(n)s minute", "After %(n)s minutes", minutes) % {"n": minutes}
    return ngettext("After %(n)s hour", "After %(n)s hours", minutes // 60) % {"n": minutes // 60}


def _places(count: int) -> list[tuple[Any, str]]:
    return [
        ("", _("Does not take over")),
        *((place, _("As number %(n)s") % {"n": place}) for place in range(1, count + 1)),
    ]


@for_admins
def failover(request: AgentRequest) -> HttpResponse:
    stores = list(stores_for(request.user))
    key = request.GET.get("store", "")
    store = next((one for one in stores if one.key == key), stores[0] if stores else None)
    if store is None:
        return render(request, "inbox/setup/failover.html", {"stores": stores})
    known = transports.all_transports()
    channels = [c for c in store.channels.order_by("name", "id") if c.kind in known]
    form = RulesForm(channels, request.POST if request.method == "POST" else None)
    if form.is_valid():
        save_rules(actor=request.user, store=store, rules=form.rules())
        messages.success(request, _("The rules are saved."))
        return redirect(f"{reverse('setup:failover')}?store={store.key}")
    hands = any(channel.unread_after for channel in channels)
    takes = any(channel.takes_over for channel in channels)
    context = {
        "stores": stores,
        "store": store,
        "form": form,
        "rows": form.rows(),
        "is_off": not hands,
        "goes_nowhere": hands and not takes,
    }
    return render(request, "inbox/setup/failover.html", context)
