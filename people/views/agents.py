"""Settings, for admins: who works here."""

from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from helpdesk.lib.dialogs import form_dialog
from people import services
from people.forms import AgentForm, NewAgentForm
from people.models import Agent
from people.views.roles import AgentRequest, for_admins


@for_admins
def agents(request: AgentRequest) -> HttpResponse:
    factors = Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)
    rows = Agent.objects.prefetch_related("teams").annotate(second_factor=Exists(factors))
    role = request.GET.get("role", "")
    if role in Agent.Role.values:
        rows = rows.filter(role=role)
    context = {"agents": rows.order_by("-is_active", "name"), "roles": Agent.Role.choices, "role": role}
    return render(request, "people/agents.html", context)


@for_admins
def new_agent(request: AgentRequest) -> HttpResponse:
    form = NewAgentForm(request.POST or None, initial={"language": request.user.language})

    def save() -> None:
        services.create_agent(actor=request.user, **form.cleaned_data)

    return form_dialog(
        request,
        form,
        title=_("Invite an agent"),
        submit=_("Send the invitation"),
        save=save,
        done=_("The invitation is on its way to %(email)s.") % {"email": form.data.get("email", "")},
    )


@for_admins
def edit_agent(request: AgentRequest, agent_id: UUID) -> HttpResponse:
    agent = get_object_or_404(Agent, pk=agent_id)
    form = AgentForm(request.POST or None, instance=agent)

    def save() -> None:
        try:
            services.update_agent(actor=request.user, agent=agent, **form.cleaned_data)
        except ValidationError as error:
            form.add_error("role", error)

    return form_dialog(
        request,
        form,
        title=agent.email,
        submit=_("Save"),
        save=save,
        done=_("%(name)s is saved.") % {"name": agent},
    )


@for_admins
@require_POST
def change_agent(request: AgentRequest, agent_id: UUID, what: str) -> HttpResponse:
    """Do one of the things in an agent's menu."""
    agent = get_object_or_404(Agent, pk=agent_id)
    me = request.user
    try:
        if what == "disable":
            services.disable_agent(actor=me, agent=agent)
            said = _("%(name)s can no longer log in.")
        elif what == "enable":
            services.enable_agent(actor=me, agent=agent)
            said = _("%(name)s can log in again.")
        elif what == "invite":
            services.invite_again(agent=agent)
            said = _("The link is on its way to %(name)s.")
        elif what == "end-sessions":
            services.end_sessions(actor=me, agent=agent)
            said = _("%(name)s is logged out everywhere.")
        else:
            services.remove_second_factor(actor=me, agent=agent)
            said = _("%(name)s logs in with the password alone until they set up the second step again.")
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, said % {"name": agent.name})
    return redirect("settings:agents")
