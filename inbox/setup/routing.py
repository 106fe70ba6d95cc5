"""Settings, for admins: who gets new conversations, and how many."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from inbox.models import RoutingRule
from inbox.services.routing import open_counts
from inbox.services.routing_rules import (
    MOST_OPEN,
    StoreRule,
    TeamRule,
    agents_of,
    routing_data,
    save_routing,
    teams_of,
)
from inbox.setup.choosing import store_of
from people.models import Store
from people.views.roles import AgentRequest, for_admins

GRACES = (30, 60, 120, 300, 600, 900, 1800, 3600)
Method = RoutingRule.Method
METHODS = [
    (Method.MANUAL, gettext_lazy("By hand"), gettext_lazy("New conversations wait until somebody takes them.")),
    (Method.ROUND_ROBIN, gettext_lazy("In turn"), gettext_lazy("Everybody who is online gets one after the other.")),
    (
        Method.LEAST_BUSY,
        gettext_lazy("Least busy first"),
        gettext_lazy("Whoever is online and has the fewest open conversations gets the next one."),
    ),
]  # fmt: skip


class RoutingForm(forms.Form):
    """The rules of one store, with a row for each of its teams and agents."""

    method = forms.ChoiceField(
        label=gettext_lazy("Who gets new conversations"),
        choices=[(value, label) for value, label, _text in METHODS],
        widget=forms.RadioSelect,
    )
    last_agent_first = forms.BooleanField(
        label=gettext_lazy("The last agent of a buyer first"),
        help_text=gettext_lazy(
            "Who had the buyer's last conversation gets this one too, where they have a place."
        ),
        required=False,
    )
    capacity = forms.IntegerField(
        label=gettext_lazy("Open conversations of one agent"),
        help_text=gettext_lazy("Nobody is given more than this. By hand they may take more."),
        min_value=0,
        max_value=MOST_OPEN,
    )

    def __init__(self, store: Store, data: Any = None) -> None:
        self.now = routing_data(store)
        super().__init__(data, initial=self.now, auto_id="routing-%s")
        self.teams, self.agents = teams_of(store), agents_of(store)
        for name, label in (
            ("left_grace", _("After an agent has left")),
            ("away_grace", _("After an agent is away")),
        ):
            self.fields[name] = _seconds(label, self.now[f"{name}_s"])
        for team, given in zip(self.teams, self.now["teams"], strict=True):
            self.fields[f"method-{team.pk}"] = forms.ChoiceField(
                label=_("%(name)s: who gets its conversations") % {"name": team.name},
                choices=[("", _("As the store")), *Method.choices],
                required=False,
                initial=given["method"],
                widget=forms.Select({"class": "select"}),
            )
            self.fields[f"team-{team.pk}"] = _places(team.name, given["capacity"])
        for agent in self.agents:
            self.fields[f"agent-{agent.pk}"] = _places(agent.name, agent.capacity)

    def rule(self) -> StoreRule:
        given = self.cleaned_data
        return StoreRule(
            method=given["method"],
            last_agent_first=given["last_agent_first"],
            capacity=given["capacity"],
            left_grace=given["left_grace"],
            away_grace=given["away_grace"],
            teams={
                team.pk: TeamRule(given[f"method-{team.pk}"], given[f"team-{team.pk}"]) for team in self.teams
            },
            agents={agent.pk: given[f"agent-{agent.pk}"] for agent in self.agents},
        )

    def methods(self) -> list[dict[str, Any]]:
        """Return the choices with what each means."""
        chosen = self["method"].value()
        return [
            {"value": value, "label": label, "text": text, "checked": value == chosen}
            for value, label, text in METHODS
        ]

    def team_rows(self) -> list[dict[str, Any]]:
        return [
            {"team": team, "method": self[f"method-{team.pk}"], "capacity": self[f"team-{team.pk}"]}
            for team in self.teams
        ]

    def agent_rows(self) -> list[dict[str, Any]]:
        counts = open_counts(agent.pk for agent in self.agents)
        return [
            {"agent": agent, "open": counts.get(agent.pk, 0), "capacity": self[f"agent-{agent.pk}"]}
            for agent in self.agents
        ]


def _places(name: str, now: int | None) -> forms.IntegerField:
    return forms.IntegerField(
        label=_("%(name)s: open conversations at most") % {"name": name},
        min_value=0,
        max_value=MOST_OPEN,
        required=False,
        initial=now,
        widget=forms.NumberInput({"placeholder": _("As the store")}),
    )


def _seconds(label: str, now: int) -> forms.TypedChoiceField:
    choices = [(seconds, _in_words(seconds)) for seconds in sorted({*GRACES, now})]
    return forms.TypedChoiceField(label=label, choices=choices, coerce=int, initial=now)


def _in_words(seconds: int) -> str:
    if seconds % 60:
        return ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}
    return ngettext("%(n)s minute", "%(n)s minutes", seconds // 60) % {"n": seconds // 60}


@for_admins
def routing(request: AgentRequest) -> HttpResponse:
    stores, store = store_of(request)
    if store is None:
        return render(request, "inbox/setup/routing.html", {"stores": stores})
    form = RoutingForm(store, request.POST if request.method == "POST" else None)
    if form.is_valid():
        save_routing(actor=request.user, store=store, rule=form.rule())
        messages.success(request, _("The rules are saved."))
        return redirect(f"{reverse('setup:routing')}?store={store.key}")
    context = {"stores": stores, "store": store, "form": form, "page": reverse("setup:routing")}
    return render(request, "inbox/setup/routing.html", context)
