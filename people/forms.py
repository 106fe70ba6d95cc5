"""Forms of the settings pages. They check what was typed; services do what is asked."""

import zoneinfo
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.models import LANGUAGES, Agent, Store, Team


def time_zones() -> list[tuple[str, str]]:
    """Return the zones of the world as choices, by region, UTC first."""
    named = sorted(
        zone for zone in zoneinfo.available_timezones() if "/" in zone and not zone.startswith("Etc/")
    )
    return [("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in named)]


class ProfileForm(forms.ModelForm):
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zones)

    class Meta:
        model = Agent
        fields = ["name", "language", "time_zone"]
        labels = {"name": pgettext_lazy("of a person", "Name"), "language": _("Language")}
        help_texts = {"name": _("Buyers see this name beside your replies.")}


class AgentForm(forms.ModelForm):
    """What an admin sets. The address is the log-in: it is given once, when the agent is invited."""

    class Meta:
        model = Agent
        fields = ["name", "role", "teams"]
        labels = {"name": pgettext_lazy("of a person", "Name"), "role": _("Role"), "teams": _("Teams")}
        widgets = {"teams": forms.CheckboxSelectMultiple}
        help_texts = {"teams": _("An agent sees the conversations of the stores that their teams serve.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["teams"].queryset = Team.objects.all()  # type: ignore[attr-defined]


class NewAgentForm(AgentForm):
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)

    class Meta(AgentForm.Meta):
        fields = ["name", "email", "role", "language", "teams"]
        labels = {**AgentForm.Meta.labels, "email": _("E-mail")}
        help_texts = {
            **AgentForm.Meta.help_texts,
            "email": _("We send a link there that sets the password."),
        }

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        if Agent.objects.filter(email__iexact=email).exists():
            raise forms.ValidationError(_("There is an account with this address already."))
        return email


class TeamForm(forms.ModelForm):
    agents = forms.ModelMultipleChoiceField(
        label=_("Members"),
        queryset=Agent.objects.filter(is_active=True),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    class Meta:
        model = Team
        fields = ["name", "agents", "stores"]
        labels = {"name": _("Name"), "stores": _("Stores")}
        help_texts = {"stores": _("Members see the conversations and orders of these stores.")}
        widgets = {"stores": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stores"].queryset = Store.objects.all()  # type: ignore[attr-defined]
        self.fields["stores"].required = False
        if not self.instance._state.adding:
            self.fields["agents"].initial = self.instance.agents.all()
