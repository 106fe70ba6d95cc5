"""Settings, for admins: teams, and whom they serve."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from helpdesk.lib.dialogs import form_dialog
from people import services
from people.forms import TeamForm
from people.models import Agent, Team
from people.views.roles import AgentRequest, for_admins


@for_admins
def teams(request: AgentRequest) -> HttpResponse:
    members = Prefetch("agents", Agent.objects.filter(is_active=True))
    return render(request, "people/teams.html", {"teams": Team.objects.prefetch_related(members, "stores")})


@for_admins
def new_team(request: AgentRequest) -> HttpResponse:
    return _team_dialog(request, Team(), title=_("New team"))


@for_admins
def edit_team(request: AgentRequest, team_id: UUID) -> HttpResponse:
    team = get_object_or_404(Team, pk=team_id)
    return _team_dialog(
        request,
        team,
        title=team.name,
        delete_url=reverse("settings:team-delete", args=[team.pk]),
        delete_question=_("Delete the team %(name)s?") % {"name": team.name},
        delete_detail=_("Its members stay, and its conversations belong to no team then."),
    )


def _team_dialog(request: AgentRequest, team: Team, *, title: str, **context: str) -> HttpResponse:
    form = TeamForm(request.POST or None, instance=team)

    def save() -> None:
        services.save_team(
            actor=request.user,
            team=form.instance,
            agents=form.cleaned_data["agents"],
            stores=form.cleaned_data["stores"],
        )

    return form_dialog(
        request, form, title=title, submit=_("Save"), save=save, done=_("The team is saved."), **context
    )


@for_admins
@require_POST
def delete_team(request: AgentRequest, team_id: UUID) -> HttpResponse:
    services.delete_team(actor=request.user, team=get_object_or_404(Team, pk=team_id))
    messages.success(request, _("The team is deleted."))
    return redirect("settings:teams")
