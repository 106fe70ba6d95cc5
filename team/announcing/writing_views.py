"""/team/announcements/: what those do who write them."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from helpdesk.lib.dialogs import UNPROCESSABLE
from helpdesk.lib.ids import parse_id
from helpdesk.lib.sheets import Cell, csv_response
from helpdesk.lib.text import is_storable
from inbox.errors import InboxError, NotFound
from people.views.roles import AgentRequest, who_may
from team.announcing import services
from team.announcing.access import may_tell_everybody, people_of, teams_for, written_for
from team.announcing.forms import AnnouncementForm, blamed
from team.announcing.models import MAX_BODY, MAX_TITLE, Announcement
from team.announcing.receipts import Reader, Readers, readers, remind
from team.announcing.rendering import html_for


@who_may("announcements.write")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: AgentRequest) -> HttpResponse:
    return _editor(request, None)


@who_may("announcements.write")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: AgentRequest, announcement_id: UUID) -> HttpResponse:
    one = _written(request, announcement_id)
    if one.state() == "over":
        return redirect("team-room:announcement", announcement_id=one.pk)
    return _editor(request, one)


def _written(request: AgentRequest, announcement_id: UUID) -> Announcement:
    one = written_for(request.user).select_related("author").filter(pk=announcement_id).first()
    if one is None:
        raise Http404
    return one


def _editor(request: AgentRequest, one: Announcement | None) -> HttpResponse:
    form = AnnouncementForm(request.POST or None, agent=request.user, one=one)
    if request.method == "POST" and form.is_valid():
        try:
            saved, done = _save(request, form, one)
        except NotFound:
            raise Http404 from None
        except InboxError as refusal:
            form.add_error(blamed(form, refusal.attr), refusal.detail)
        else:
            messages.success(request, done)
            return redirect("team-room:announcement", announcement_id=saved.pk)
    context = {"form": form, "one": one, "state": one.state() if one else "draft"}
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "team/announcements/editor.html", context, status=status)


def _save(
    request: AgentRequest, form: AnnouncementForm, one: Announcement | None
) -> tuple[Announcement, str]:
    """Do what the pressed button says; return what came of it, and the words for it."""
    was_out = one is not None and one.published_at is not None
    saved = services.write(
        agent=request.user,
        wording=form.wording(),
        announcement_id=one.pk if one else None,
        revision=form.cleaned_data["revision"] or 0,
        read_anew=form.cleaned_data.get("read_anew", False),
        out=not was_out and request.POST.get("do") == "publish",
        at=form.publish_time,
    )
    if was_out:
        return saved, _("The change is out.")
    if saved.published_at is not None:
        return saved, _("It is published.")
    if saved.publish_at is not None:
        return saved, _("It goes out at the time that you chose.")
    return saved, _("The draft is saved.")


# -- While it is written


@who_may("announcements.write")
@require_POST
def preview(request: AgentRequest) -> HttpResponse:
    """Show what is typed as it will be read."""
    try:
        title, body = request.POST.get("title", ""), request.POST.get("body", "").replace("\r\n", "\n")
    except RequestDataTooBig:
        title, body = "", "x" * (MAX_BODY + 1)
    if len(body) > MAX_BODY or not is_storable(title + body):
        problem = _("At most %(n)s characters: make an article of it.") % {"n": f"{MAX_BODY:,}"}
        return render(request, "team/announcements/_preview.html", {"problem": problem}, status=UNPROCESSABLE)
    context = {"title": title[:MAX_TITLE], "html": html_for(request.user, body)}
    return render(request, "team/announcements/_preview.html", context)


@who_may("announcements.write")
@require_GET
def people(request: AgentRequest) -> HttpResponse:
    """Say how many people are chosen: each once, in however many of the teams they are."""
    everybody = bool(request.GET.get("everybody")) and may_tell_everybody(request.user)
    asked = [pk for value in request.GET.getlist("teams") if (pk := parse_id(value))]
    teams = list(teams_for(request.user).filter(pk__in=asked).values_list("pk", flat=True))
    found = people_of(everybody=everybody, teams=teams, author=request.user.pk).order_by("name", "pk")
    context = {"count": found.count(), "some": found[:8], "chosen": everybody or bool(teams)}
    return render(request, "team/announcements/_people.html", context)


# -- What becomes of it


@who_may("announcements.write")
@require_POST
def publish(request: AgentRequest, announcement_id: UUID) -> HttpResponse:
    return _do(
        request,
        announcement_id,
        lambda: services.publish(agent=request.user, announcement_id=announcement_id),
        _("It is published."),
    )


@who_may("announcements.write")
@require_POST
def unschedule(request: AgentRequest, announcement_id: UUID) -> HttpResponse:
    return _do(
        request,
        announcement_id,
        lambda: services.unschedule(agent=request.user, announcement_id=announcement_id),
        _("It is a draft again."),
    )


@who_may("announcements.write")
@require_POST
def end(request: AgentRequest, announcement_id: UUID) -> HttpResponse:
    return _do(
        request,
        announcement_id,
        lambda: services.end(agent=request.user, announcement_id=announcement_id),
        _("It is over."),
    )


@who_may("announcements.write")
@require_POST
def discard(request: AgentRequest, announcement_id: UUID) -> HttpResponse:
    try:
        services.discard(agent=request.user, announcement_id=announcement_id)
    except NotFound:
        raise Http404 from None
    except InboxError as refusal:
        messages.error(request, refusal.detail)
        return redirect("team-room:announcement", announcement_id=announcement_id)
    messages.success(request, _("The draft is gone."))
    return redirect("team-room:announcements")


@who_may("announcements.write")
@require_POST
def remind_them(request: AgentRequest, announcement_id: UUID) -> HttpResponse:
    def do() -> str:
        count = remind(agent=request.user, announcement_id=announcement_id)
        if not count:
            return _("Everybody has read it.")
        return ngettext("%(n)s person is reminded.", "%(n)s people are reminded.", count) % {"n": count}

    return _do(request, announcement_id, do, "")


def _do(request: AgentRequest, announcement_id: UUID, do: Callable[[], Any], done: str) -> HttpResponse:
    """Do it, say `done` (or what it says itself) or why not, and show its page again."""
    try:
        said = do()
    except NotFound:
        raise Http404 from None
    except InboxError as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, done or said)
    return redirect("team-room:announcement", announcement_id=announcement_id)


# -- Who has read it


@who_may("announcements.write")
@require_safe
def readers_now(request: AgentRequest, announcement_id: UUID) -> HttpResponse:
    one = _written(request, announcement_id)
    context = {"one": one, "state": one.state(), "readers": readers(one)}
    return render(request, "team/announcements/_readers.html", context)


@who_may("announcements.write")
@require_GET
def export(request: AgentRequest, announcement_id: UUID) -> StreamingHttpResponse:
    one = _written(request, announcement_id)
    head = [_("Agent"), _("E-mail"), _("State"), _("Read at"), _("Confirmed at")]
    return csv_response(request, "announcement-readers", head, _file(readers(one)))


def _file(found: Readers) -> Iterator[list[list[Cell]]]:
    groups = [
        (found.settled, _("Read")),
        (found.waiting, _("Not read")),
        (found.left, _("Read, no longer among them")),
    ]
    yield [_cells(reader, said) for group, said in groups for reader in group]


def _cells(reader: Reader, said: str) -> list[Cell]:
    if reader.earlier and reader.read_at is None:
        said = _("Read before it was changed")
    return [reader.agent.name, reader.agent.email, said, _at(reader.read_at), _at(reader.confirmed_at)]


def _at(moment: Any) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S") if moment else ""
