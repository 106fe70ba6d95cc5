"""/team/announcements/: what everybody reads, confirms and looks up."""

import json
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST, require_safe

from helpdesk.lib.keyset import BadCursor
from inbox.errors import InboxError
from people.models import Agent
from people.views.roles import AgentRequest, for_agents
from team.announcing import listing
from team.announcing.access import announcements_for, written_for
from team.announcing.receipts import confirm, mark_read, readers
from team.announcing.rendering import html_for

SHOW = ("live", "drafts", "over")


@for_agents
@require_safe
def announcements(request: AgentRequest) -> HttpResponse:
    """Show what stands; with `?show=over` what is over, and for those who write, `drafts`."""
    agent, show = request.user, request.GET.get("show", "")
    if show not in SHOW or (show == "drafts" and not agent.may("announcements.write")):
        show = "live"
    try:
        rows, following = _rows(agent, show, request.GET.get("cursor", ""))
    except BadCursor:
        raise Http404 from None
    context = {"rows": rows, "show": show, "next": following}
    return render(request, "team/announcements/page.html", context)


def _rows(agent: Agent, show: str, cursor: str) -> tuple[list[Any], str | None]:
    if show == "over":
        return listing.over(agent, cursor)
    if show == "drafts":
        return listing.drafts(agent, cursor)
    return listing.standing(agent), None


def found(request: AgentRequest, announcement_id: UUID) -> Any:
    rows = listing.known_to(announcements_for(request.user), request.user)
    one = rows.filter(pk=announcement_id).first()
    if one is None:
        raise Http404
    return one


def shown(request: AgentRequest, one: Any) -> dict[str, Any]:
    """Return what a page or a dialog needs to have it read."""
    agent = request.user
    return {
        "one": one,
        "state": one.state(),
        "html": html_for(agent, one.body),
        "is_waiting": one.is_mine and one.state() == "live" and not one.is_settled,
        "receipt": one.receipts.filter(agent=agent, version=one.version).first(),
        "may_write": written_for(agent).filter(pk=one.pk).exists(),
    }


@for_agents
@require_safe
def announcement(request: AgentRequest, announcement_id: UUID) -> HttpResponse:
    context = shown(request, found(request, announcement_id))
    if context["may_write"] and context["one"].published_at:
        context["readers"] = readers(context["one"])
    return render(request, "team/announcements/one.html", context)


@for_agents
@require_GET
def reading(request: AgentRequest, announcement_id: UUID) -> HttpResponse:
    """Show it in a dialog, over whatever somebody is at."""
    context = shown(request, found(request, announcement_id))
    return render(request, "team/announcements/_reading.html", context)


@for_agents
@require_POST
def seen(request: AgentRequest, announcement_id: UUID) -> JsonResponse:
    """Take down that the text was on the screen, as the page that showed it says."""
    return _answer(
        lambda: mark_read(agent=request.user, announcement_id=announcement_id, version=_version(request))
    )


@for_agents
@require_POST
def confirmed(request: AgentRequest, announcement_id: UUID) -> JsonResponse:
    return _answer(
        lambda: confirm(agent=request.user, announcement_id=announcement_id, version=_version(request))
    )


def _version(request: AgentRequest) -> int:
    try:
        given = json.loads(request.body).get("version")
    except (ValueError, AttributeError, RecursionError):
        given = None
    return given if isinstance(given, int) and not isinstance(given, bool) and 0 < given < 2**31 else 0


def _answer(do: Any) -> JsonResponse:
    try:
        do()
    except InboxError as refusal:
        errors = [{"code": refusal.code, "detail": refusal.detail, "attr": refusal.attr}]
        return JsonResponse({"type": "client_error", "errors": errors}, status=refusal.status)
    return JsonResponse({})
