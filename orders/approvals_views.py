"""The queue of what waits for approval, as a page: decided on in place, and live (static/js/approvals.js)."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from helpdesk.lib.dialogs import UNPROCESSABLE
from helpdesk.lib.keyset import BadCursor
from inbox.errors import InboxError
from orders import approvals
from orders.approvals import Source
from orders.errors import TooLate
from people.views.roles import AgentRequest, for_agents


@for_agents
@require_GET
def queue(request: AgentRequest) -> HttpResponse:
    """Show the queue. Asked by htmx with a cursor: the rows that follow; without one: the queue alone."""
    cursor = request.GET.get("cursor", "")
    try:
        found, more = approvals.queue(request.user, cursor=cursor)
    except BadCursor:
        cursor = ""
        found, more = approvals.queue(request.user)
    context = {"waiting": found, "next": more}
    if "HX-Request" not in request.headers:
        template = "orders/approvals/page.html"
    else:
        template = "orders/approvals/_rows.html" if cursor else "orders/approvals/_queue.html"
    return render(request, template, context)


@for_agents
@require_GET
def counted(request: AgentRequest) -> HttpResponse:
    """Return the ids that badges count: read once a page has its socket, then kept up by the frames it hears."""
    answer = JsonResponse({"ids": approvals.counted(request.user)})
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@for_agents
@require_POST
def approve(request: AgentRequest, sort: str, pk: UUID) -> HttpResponse:
    comment = request.POST.get("comment", "")
    return _decide(
        request,
        sort,
        pk,
        lambda source: source.approve(agent=request.user, pk=pk, comment=comment),
        _("Approved."),
    )


@for_agents
@require_POST
def reject(request: AgentRequest, sort: str, pk: UUID) -> HttpResponse:
    comment = request.POST.get("comment", "")
    return _decide(
        request,
        sort,
        pk,
        lambda source: source.reject(agent=request.user, pk=pk, comment=comment),
        _("Rejected."),
    )


@for_agents
@require_POST
def take_back(request: AgentRequest, sort: str, pk: UUID) -> HttpResponse:
    return _decide(
        request, sort, pk, lambda source: source.take_back(agent=request.user, pk=pk), _("Taken back.")
    )


def _decide(
    request: AgentRequest, sort: str, pk: UUID, do: Callable[[Source], Any], done: str
) -> HttpResponse:
    """Do it; the row leaves. What cannot be is said in the row, which keeps what was typed."""
    source = approvals.sources().get(sort)
    if source is None:
        raise Http404
    try:
        do(source)
    except TooLate as late:
        messages.info(request, late.detail)
    except InboxError as refusal:
        if refusal.status == 404:
            raise Http404 from None
        row = approvals.one(request.user, sort, pk)
        if row is None:
            messages.error(request, refusal.detail)
        else:
            context = {"one": row, "error": refusal.detail, "comment": request.POST.get("comment", "")}
            return render(request, "orders/approvals/_row.html", context, status=UNPROCESSABLE)
    else:
        messages.success(request, done)
    return render(request, "orders/approvals/_gone.html")
