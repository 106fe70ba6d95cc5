"""What a supervisor types. It checks the shape; team/announcing/services.py decides what may be said to whom."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from people.models import Agent, Team
from team.announcing.access import may_tell_everybody, teams_for
from team.announcing.models import MAX_BODY, MAX_TITLE, Announcement
from team.announcing.services import Wording

LOCAL = "%Y-%m-%dT%H:%M"


class _Teams(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        people = ngettext("%(n)s person", "%(n)s people", obj.people) % {"n": obj.people}
        return f"{obj.name} · {people}"


def _moment(label: Any, **more: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL)
    return forms.DateTimeField(label=label, required=False, widget=widget, input_formats=[LOCAL], **more)


class AnnouncementForm(forms.Form):
    """One announcement; what differs for what is live already is taken away by its absence."""

    title = forms.CharField(
        label=_("Title"),
        max_length=MAX_TITLE,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    body = forms.CharField(
        label=pgettext_lazy("announcement", "Text"),
        max_length=MAX_BODY,
        required=False,
        widget=forms.Textarea(attrs={"rows": 10, "maxlength": MAX_BODY}),
        help_text=_("Markdown: **bold**, lists, links. The preview shows how it will be read."),
    )
    everybody = forms.TypedChoiceField(
        label=_("Whom it is for"),
        choices=[("", _("Teams")), ("yes", _("Everybody"))],
        coerce=bool,
        required=False,
        widget=forms.RadioSelect,
    )
    teams = _Teams(
        label=_("Teams"), queryset=Team.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    importance = forms.ChoiceField(
        label=_("Importance"), choices=Announcement.Importance.choices, widget=forms.RadioSelect
    )
    publish_at = _moment(_("Publish at"), help_text=_("Empty: at once."))
    expires_at = _moment(_("Ends at"), help_text=_("Empty: when somebody ends it."))
    read_anew = forms.BooleanField(
        label=_("Ask everybody to read it anew"),
        required=False,
        help_text=_("Who has read the old text stays known."),
    )
    revision = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, agent: Agent, one: Announcement | None) -> None:
        super().__init__(data, initial=_initial(one, agent))
        self.agent = agent
        active = Count("agents", filter=Q(agents__is_active=True), distinct=True)
        had = one.teams.values("pk") if one else Team.objects.none().values("pk")
        may = Q(pk__in=teams_for(agent).values("pk")) | Q(pk__in=had)
        self.fields["teams"].queryset = Team.objects.filter(may).annotate(people=active).order_by("name")  # type: ignore[attr-defined]
        if not may_tell_everybody(agent) and not (one and one.everybody):
            del self.fields["everybody"]
        is_live = one is not None and one.published_at is not None
        del self.fields["publish_at" if is_live else "read_anew"]

    def wording(self) -> Wording:
        given = self.cleaned_data
        everybody = bool(given.get("everybody"))
        return Wording(
            title=given["title"],
            body=given["body"],
            everybody=everybody,
            teams=frozenset() if everybody else frozenset(team.pk for team in given["teams"]),
            importance=given["importance"],
            expires_at=given["expires_at"],
        )

    @property
    def publish_time(self) -> datetime | None:
        return self.cleaned_data.get("publish_at")


def _initial(one: Announcement | None, agent: Agent) -> dict[str, Any]:
    if one is None:
        return {"importance": "normal", "everybody": "", "teams": _only_team(agent)}
    return {
        "title": one.title,
        "body": one.body,
        "everybody": "yes" if one.everybody else "",
        "teams": list(one.teams.values_list("pk", flat=True)),
        "importance": one.importance,
        "publish_at": one.publish_at,
        "expires_at": one.expires_at,
        "revision": one.revision,
    }


def _only_team(agent: Agent) -> list[UUID]:
    """Return the team of who supervises one: there is nothing to choose."""
    teams = list(teams_for(agent).values_list("pk", flat=True)[:2])
    return teams if len(teams) == 1 else []


def blamed(form: AnnouncementForm, attr: str | None) -> str | None:
    """Return the field of the form that a refusal is about."""
    return attr if attr in form.fields else None
