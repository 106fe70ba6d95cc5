"""What an article said before: every version that was public, any two compared, and the way back to one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from inbox.errors import InboxError, NotFound
from knowledge import services
from knowledge.access import versions_for
from knowledge.models import Text, Version
from knowledge.rendering import html_for_agents
from knowledge.views.editor import compared
from knowledge.views.opening import article_url, open_article, open_text
from people.views.roles import AgentRequest, for_agents

MOST = 200  # versions that are listed
WORKING_COPY = "now"


@for_agents
@require_GET
def versions(request: AgentRequest, article_id: UUID, locale: str) -> HttpResponse:
    """List the versions; beside them two compared (`old`, `new`: a number or `now`), or one as it read (`show`)."""
    article = open_article(request, article_id)
    text = open_text(article, locale)
    listed = list(text.versions.select_related("author").defer("body").order_by("-number")[:MOST])
    context: dict[str, Any] = {"article": article, "text": text, "versions": listed}
    if show := _version(text, request.GET.get("show", "")):
        context |= {"shown": show, "html": html_for_agents(article, show.body)}
    elif listed:
        context |= _comparison(request, text, listed)
    template = "knowledge/_versions.html" if "HX-Request" in request.headers else "knowledge/versions.html"
    return render(request, template, context)


def _comparison(request: AgentRequest, text: Text, listed: list[Version]) -> dict[str, Any]:
    """Compare what is asked for; else the working copy with what is live, or the last two."""
    new = request.GET.get("new", "") or (WORKING_COPY if text.has_changes else str(listed[0].number))
    fallback = listed[0].number if new == WORKING_COPY else listed[min(1, len(listed) - 1)].number
    old = request.GET.get("old", "") or str(
        text.live.number if text.live and new == WORKING_COPY else fallback
    )
    sides = [text if which == WORKING_COPY else _version(text, which) for which in (old, new)]
    if None in sides:
        raise Http404
    return {"old": old, "new": new, "comparison": compared(*sides)}


def _version(text: Text, number: str) -> Version | None:
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return None
    return text.versions.select_related("author").filter(number=int(number)).first()


@for_agents
@require_POST
def restore(request: AgentRequest, version_id: UUID) -> HttpResponse:
    """Make the working copy say what the version said; what was read meanwhile is not overwritten unseen."""
    version = versions_for(request.user).select_related("text").filter(pk=version_id).first()
    if version is None:
        raise Http404
    revision = request.POST.get("revision", "")
    try:
        services.restore(
            agent=request.user,
            version_id=version.pk,
            revision=int(revision)
            if revision.isascii() and revision.isdigit() and len(revision) < 10
            else -1,
        )
    except NotFound:
        raise Http404 from None
    except InboxError as refusal:
        messages.error(request, refusal.detail)
    else:
        done = _("Version %(n)s is the working copy again. Readers see it once it is published.")
        messages.success(request, done % {"n": version.number})
    return HttpResponseClientRedirect(article_url(version.text.article_id, version.text.locale))
