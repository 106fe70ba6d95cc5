"""One's own account: profile, language, presence, security."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from people import presence as lease
from people import services, sessions
from people.browsers import describe
from people.forms import ProfileForm
from people.models import LANGUAGES
from people.views.roles import AgentRequest, for_agents


@for_agents
def profile(request: AgentRequest) -> HttpResponse:
    form = ProfileForm(request.POST or None, instance=request.user)
    if form.is_valid():
        services.update_profile(agent=request.user, **form.cleaned_data)
        translation.activate(request.user.language)  # what we say now is in the language just chosen
        messages.success(request, _("Your profile is saved."))
        return redirect("settings:profile")
    return render(request, "people/profile.html", {"form": form})


@for_agents
@require_POST
def language(request: AgentRequest) -> HttpResponse:
    """Change the language, and come back to the page one was on."""
    wanted = request.POST.get("language", "")
    if wanted not in dict(LANGUAGES):
        return HttpResponseBadRequest()
    me = request.user
    services.update_profile(agent=me, name=me.name, language=wanted, time_zone=me.time_zone)
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if safe else "settings:profile")


@for_agents
@require_POST
def presence(request: AgentRequest) -> HttpResponse:
    try:
        lease.choose(agent=request.user, state=request.POST.get("state", ""))
    except ValueError:
        return HttpResponseBadRequest()
    return HttpResponse(status=204)


@for_agents
def security(request: AgentRequest) -> HttpResponse:
    factors = {factor.type: factor.wrap() for factor in Authenticator.objects.filter(user=request.user)}
    codes = factors.get(Authenticator.Type.RECOVERY_CODES)
    context = {
        "totp": factors.get(Authenticator.Type.TOTP),
        "has_codes": codes is not None,
        "codes_left": len(codes.get_unused_codes()) if codes else 0,
        "sessions": [
            {"row": session, "client": describe(session.user_agent), "current": session.is_current()}
            for session in sessions.sessions_of(request.user)
        ],
    }
    return render(request, "people/security.html", context)


@for_agents
@require_POST
def end_session(request: AgentRequest, session_id: int) -> HttpResponse:
    mine = UserSession.objects.filter(user=request.user).exclude(session_key=request.session.session_key)
    sessions.end([get_object_or_404(mine, pk=session_id)])
    messages.success(request, _("That device is logged out."))
    return redirect("settings:security")


@for_agents
@require_POST
def end_other_sessions(request: AgentRequest) -> HttpResponse:
    services.end_sessions(actor=request.user, agent=request.user, keep=request.session.session_key)
    messages.success(request, _("All your other devices are logged out."))
    return redirect("settings:security")
