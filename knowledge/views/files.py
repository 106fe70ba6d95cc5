"""Pictures and attachments of an article."""

from uuid import UUID

from django.http import Http404, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from inbox.errors import InboxError
from inbox.files import give, refuse_large
from knowledge import services
from knowledge.access import files_for
from knowledge.services.files import markdown_of
from knowledge.views.editor import file_context
from knowledge.views.opening import open_article
from people.views.roles import AgentRequest, for_agents


@for_agents
@require_GET
def file(request: AgentRequest, file_id: UUID) -> HttpResponseBase:
    found = files_for(request.user).filter(pk=file_id).first()
    if found is None:
        raise Http404
    try:
        return give(found.file, name=found.name, media_type=found.content_type)
    except FileNotFoundError:  # the row was restored from a backup that the file was not in, say
        raise Http404 from None


@for_agents
@require_http_methods(["GET", "POST"])
def files(request: AgentRequest, article_id: UUID) -> HttpResponse:
    """Show the files of an article; keep one more, and say how its Markdown names it."""
    article = open_article(request, article_id)
    if request.method == "GET":
        return render(request, "knowledge/_files.html", file_context(article))
    try:
        refuse_large(request)
        upload = request.FILES.get("file")
        if upload is None or isinstance(upload, list):
            return _refused("required", _("Send a file."), 400)
        kept = services.add_file(agent=request.user, article_id=article.pk, upload=upload)
    except InboxError as refusal:
        return _refused(refusal.code, refusal.detail, refusal.status)
    return JsonResponse({"id": str(kept.pk), "markdown": markdown_of(kept)}, status=201)


def _refused(code: str, detail: str, status: int) -> JsonResponse:
    error = {"code": code, "detail": detail, "attr": "file"}
    return JsonResponse({"type": "client_error", "errors": [error]}, status=status)


@for_agents
@require_POST
def delete(request: AgentRequest, file_id: UUID) -> HttpResponse:
    found = files_for(request.user).select_related("article").filter(pk=file_id).first()
    if found is None:
        raise Http404
    problem = ""
    try:
        services.delete_file(agent=request.user, file_id=found.pk)
    except InboxError as refusal:
        problem = refusal.detail
    return render(request, "knowledge/_files.html", {**file_context(found.article), "problem": problem})
