"""The bell of every page, and the settings of how one is told."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from helpdesk.lib.ids import parse_id
from people import notices, telling
from people.models import Notice
from people.notice_forms import NoticesForm
from people.notice_words import TEST
from people.views.roles import AgentRequest, for_agents

SHOWN = 30
COUNTED = 100  # a badge tells no more apart: above it says "99+"
MOST_NAMED = 200


@for_agents
@never_cache
@require_GET
def bell(request: AgentRequest) -> HttpResponse:
    """What a bell shows: read when a page opens and whenever its socket was away; frames keep it until then."""
    me = request.user
    unread = Notice.objects.filter(agent=me, read_at=None).order_by("-at", "-id")
    answer = {
        "notices": [notices.notice_data(row) for row in notices.newest(me, SHOWN)],
        "unread": [
            {"id": str(pk), "at": telling.iso(at), "about": str(about) if about else None}
            for pk, at, about in unread.values_list("id", "at", "about")[:COUNTED]
        ],
        "preferences": telling.preferences_data(telling.preferences_of(me)),
    }
    return JsonResponse(answer)


@for_agents
@require_POST
def read(request: AgentRequest) -> HttpResponse:
    """Mark read what the page has shown: `{until, ids?, about?}`."""
    body = _body(request)
    until = _moment(body.get("until"))
    ids, about = body.get("ids"), body.get("about")
    named = None if ids is None else _ids(ids)
    subject = parse_id(about)
    if until is None or (about is not None and subject is None) or (ids is not None and named is None):
        return HttpResponseBadRequest()
    notices.mark_read(agent=request.user, until=until, ids=named, about=subject)
    return HttpResponse(status=204)


def _moment(given: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(given))
    except ValueError:
        return None
    return found if timezone.is_aware(found) else None


def _ids(given: Any) -> list[UUID] | None:
    if not isinstance(given, list) or len(given) > MOST_NAMED:
        return None
    found = [parse_id(one) for one in given]
    return [one for one in found if one] if all(found) else None


@for_agents
@require_POST
def quiet(request: AgentRequest) -> HttpResponse:
    """Turn "do not disturb" on or off: `{how}`."""
    try:
        mine = telling.be_quiet(agent=request.user, how=str(_body(request).get("how", "")))
    except ValueError:
        return HttpResponseBadRequest()
    return JsonResponse(telling.preferences_data(mine))


@for_agents
@require_POST
def test(request: AgentRequest) -> HttpResponse:
    """Send whoever asks a notice, the way of every other one: `{nonce}` comes back as what it is about."""
    nonce = parse_id(_body(request).get("nonce"))
    if nonce is None:
        return HttpResponseBadRequest()
    me = request.user
    with transaction.atomic():
        notices.notify([me.id], kind=TEST, key=TEST, params={}, href=f"/settings/notices/?test={nonce}")
    return HttpResponse(status=204)


def _body(request: AgentRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


@for_agents
def settings(request: AgentRequest) -> HttpResponse:
    me = request.user
    form = NoticesForm(telling.preferences_of(me), request.POST if request.method == "POST" else None)
    if form.is_valid():
        telling.save_preferences(agent=me, **form.chosen())
        messages.success(request, _("That is how you will be told."))
        return redirect("settings:notices")
    zone = telling.zone_of(me)
    now = timezone.now()
    context = {"form": form, "zone": zone.key, "now": now.astimezone(zone)}
    return render(request, "people/notices.html", context, status=422 if form.errors else 200)
