"""Settings: keys of the API. One makes one's own; an admin sees and revokes everybody's."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from helpdesk.lib.dialogs import UNPROCESSABLE
from people.keys import create_key, keys_for, revoke_key
from people.keys_forms import KeyForm, in_words
from people.models import ApiKey
from people.views.roles import AgentRequest, for_agents


def _row(key: ApiKey) -> dict[str, Any]:
    return {"key": key, "areas": in_words(key.scopes)}


@for_agents
def keys(request: AgentRequest) -> HttpResponse:
    me = request.user
    rows = keys_for(me)
    context = {
        "mine": [_row(key) for key in rows.filter(agent=me)],
        "others": [_row(key) for key in rows.exclude(agent=me).order_by("agent__name", "-id")],
    }
    return render(request, "settings/keys.html", context)


@for_agents
@never_cache
def new_key(request: AgentRequest) -> HttpResponse:
    form = KeyForm(request.POST or None)
    if not form.is_valid():
        status = UNPROCESSABLE if form.errors else 200
        return render(request, "settings/keys_form.html", {"form": form}, status=status)
    key, shown = create_key(
        agent=request.user,
        name=form.cleaned_data["name"],
        scopes=form.scopes(),
        expires_at=form.expires_at(),
    )
    return render(request, "settings/keys_made.html", {"key": key, "shown": shown})


@for_agents
@require_POST
def revoke(request: AgentRequest, key_id: UUID) -> HttpResponse:
    key = get_object_or_404(keys_for(request.user), pk=key_id)
    revoke_key(actor=request.user, key=key)
    messages.success(request, _("The key %(name)s is revoked.") % {"name": key.name})
    return redirect("settings:keys")
