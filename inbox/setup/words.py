"""Settings: tags and canned replies. Everybody uses them; who writes them is a matter of roles."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from helpdesk.lib.dialogs import form_dialog
from inbox.canned import all_variables, canned_for
from inbox.models import CannedReply, Tag
from inbox.setup.forms import CannedReplyForm, TagForm
from people.views.roles import AgentRequest, for_agents, who_may


@who_may("tags.write")
def tags(request: AgentRequest) -> HttpResponse:
    return render(
        request, "inbox/setup/tags.html", {"tags": Tag.objects.annotate(uses=Count("conversations"))}
    )


@who_may("tags.write")
def new_tag(request: AgentRequest) -> HttpResponse:
    return _tag_dialog(request, Tag(), title=_("New tag"))


@who_may("tags.write")
def edit_tag(request: AgentRequest, tag_id: UUID) -> HttpResponse:
    tag = get_object_or_404(Tag, pk=tag_id)
    return _tag_dialog(
        request,
        tag,
        title=tag.name,
        delete_url=reverse("setup:tag-delete", args=[tag.pk]),
        delete_question=_("Delete the tag %(name)s?") % {"name": tag.name},
        delete_detail=_("It disappears from every conversation that has it."),
    )


def _tag_dialog(request: AgentRequest, tag: Tag, *, title: str, **context: str) -> HttpResponse:
    form = TagForm(request.POST or None, instance=tag)
    return form_dialog(
        request,
        form,
        title=title,
        submit=_("Save"),
        save=form.save,
        done=_("The tag is saved."),
        template="inbox/setup/_tag_dialog.html",
        **context,
    )


@who_may("tags.write")
@require_POST
def delete_tag(request: AgentRequest, tag_id: UUID) -> HttpResponse:
    get_object_or_404(Tag, pk=tag_id).delete()
    messages.success(request, _("The tag is deleted."))
    return redirect("setup:tags")


@for_agents
def canned(request: AgentRequest) -> HttpResponse:
    rows = canned_for(request.user).select_related("store")
    return render(request, "inbox/setup/canned.html", {"replies": rows, "variables": all_variables()})


@who_may("canned.write")
def new_canned(request: AgentRequest) -> HttpResponse:
    return _canned_dialog(request, CannedReply(language=request.user.language), title=_("New canned reply"))


@who_may("canned.write")
def edit_canned(request: AgentRequest, reply_id: UUID) -> HttpResponse:
    reply = get_object_or_404(canned_for(request.user), pk=reply_id)
    return _canned_dialog(
        request,
        reply,
        title=reply.title,
        delete_url=reverse("setup:canned-delete", args=[reply.pk]),
        delete_question=_("Delete the canned reply %(title)s?") % {"title": reply.title},
        delete_detail=_("What was sent with it stays."),
    )


def _canned_dialog(request: AgentRequest, reply: CannedReply, *, title: str, **context: str) -> HttpResponse:
    form = CannedReplyForm(request.POST or None, instance=reply, agent=request.user)
    return form_dialog(
        request,
        form,
        title=title,
        submit=_("Save"),
        save=form.save,
        done=_("The canned reply is saved."),
        template="inbox/setup/_canned_dialog.html",
        variables=all_variables(),
        **context,
    )


@who_may("canned.write")
@require_POST
def delete_canned(request: AgentRequest, reply_id: UUID) -> HttpResponse:
    get_object_or_404(canned_for(request.user), pk=reply_id).delete()
    messages.success(request, _("The canned reply is deleted."))
    return redirect("setup:canned")
