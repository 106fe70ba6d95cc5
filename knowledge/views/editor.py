"""An article being written: its words, how they will look, what is said about it, and making it public.

The words themselves are saved by the page's script over the API (PUT articles/<id>/texts/<locale>/).
"""

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from helpdesk.lib.dialogs import UNPROCESSABLE, form_dialog
from inbox.errors import InboxError
from knowledge import checks, diffing, locales, services
from knowledge.access import articles_for, texts_for, with_texts
from knowledge.models import MAX_BODY, Article, Text
from knowledge.rendering import html_for_agents
from knowledge.services.files import markdown_of, used_files
from knowledge.views.opening import article_url, do_and_return, open_article, open_text, state_of
from knowledge.views.settings import settings_form
from people.views.roles import AgentRequest, for_agents, who_may

LINKS = 10


@for_agents
@require_GET
def article(request: AgentRequest, article_id: UUID) -> HttpResponse:
    """Show the editor in the language that `?locale=` names; else in the reader's, or what there is."""
    found = open_article(request, article_id)
    texts = list(found.texts.select_related("live__author", "edited_by"))
    there = {text.locale: text for text in texts}
    wanted = request.GET.get("locale", "")
    asked = locales.normal(wanted)
    if wanted and not asked:
        return redirect("knowledge:article", article_id=found.pk)
    default = locales.best(translation.get_language() or "", there, found.store.language)
    locale = asked or default or locales.normal(found.store.language)
    text = there.get(locale)
    shown = {
        "article": found,
        "locale": locale,
        "text": text or Text(article=found, locale=locale, revision=0),
        "is_new": text is None,
        "state": state_of(text, is_changed=text.has_changes) if text else "new",
        "tabs": [_tab(one, locale) for one in texts],
        "more_locales": [(code, name) for code, name in locales.NAMES.items() if code not in there],
        "reports": text.reports.filter(closed_at__isnull=True).select_related("agent") if text else [],
        "form": settings_form(request, found),
        "max_body": MAX_BODY,
        **file_context(found),
    }
    return render(request, "knowledge/article.html", shown)


def _tab(text: Text, here: str) -> dict[str, Any]:
    state = state_of(text, is_changed=text.has_changes)
    return {"locale": text.locale, "state": state, "here": text.locale == here}


def file_context(article: Article) -> dict[str, Any]:
    used = used_files(article)
    files = [
        {"file": file, "is_used": str(file.pk) in used, "markdown": markdown_of(file)}
        for file in article.files.all()
    ]
    return {"article": article, "files": files}


@for_agents
@require_POST
def preview(request: AgentRequest, article_id: UUID) -> HttpResponse:
    """Show what is typed as it will be read."""
    found = open_article(request, article_id)
    try:
        title, body = request.POST.get("title", ""), checks.body(request.POST.get("body", ""))
    except RequestDataTooBig:
        problem = _("At most %(n)s characters: make several articles of it.") % {"n": f"{MAX_BODY:,}"}
        return render(request, "knowledge/_preview.html", {"problem": problem}, status=UNPROCESSABLE)
    except InboxError as refusal:
        return render(request, "knowledge/_preview.html", {"problem": refusal.detail}, status=UNPROCESSABLE)
    shown = {"title": title[: checks.MAX_TITLE], "html": html_for_agents(found, body)}
    return render(request, "knowledge/_preview.html", shown)


@for_agents
@require_GET
def links(request: AgentRequest, article_id: UUID) -> HttpResponse:
    """Show articles of the same store whose title has the words, to link to."""
    found = open_article(request, article_id)
    rows = with_texts(
        articles_for(request.user).filter(store=found.store, archived_at__isnull=True).exclude(pk=found.pk)
    )
    for word in request.GET.get("q", "").replace("\x00", "")[:100].split()[:8]:
        rows = rows.filter(pk__in=Text.objects.filter(title__icontains=word).values("article"))
    wanted = request.GET.get("locale", "")
    rows = rows.order_by("-created_at", "-id")[:LINKS]
    return render(request, "knowledge/_links.html", {"found": [_link(row, wanted) for row in rows]})


def _link(article: Article, wanted: str) -> dict[str, Any]:
    there = {text.locale: text for text in article.texts.all()}
    text = there.get(locales.best(wanted, there, article.store.language))
    return {
        "article": article,
        "title": text.title if text else article.slug,
        "is_live": bool(text and text.live_id),
    }


# -- What others read: supervisors decide


class PublishForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("What changed"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("For colleagues, in the list of versions."),
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )


@who_may("articles.publish")
@require_http_methods(["GET", "POST"])
def publish(request: AgentRequest, article_id: UUID, locale: str) -> HttpResponse:
    """Show what would become public, and make it so: that of the `revision` that was shown, no other."""
    found = open_article(request, article_id)
    text = open_text(found, locale)
    form = PublishForm(request.POST or None)
    revision = _number(request.POST.get("revision", "")) if request.method == "POST" else text.revision

    def save() -> None:
        try:
            services.publish(
                agent=request.user,
                article_id=found.pk,
                locale=text.locale,
                revision=revision,
                note=form.cleaned_data["note"],
            )
        except InboxError as refusal:
            form.add_error("note" if refusal.attr == "note" else None, refusal.detail)

    return form_dialog(
        request,
        form,
        title=_("Publish"),
        submit=_("Publish"),
        save=save,
        done=_("Published."),
        template="knowledge/_publish.html",
        article=found,
        text=text,
        revision=revision,
        comparison=_changes(text),
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _changes(text: Text) -> dict[str, Any] | None:
    """Return how the working copy differs from what is live; None where nothing is."""
    if text.live is None:
        return None
    return compared(text.live, text)


def compared(old: Any, new: Any) -> dict[str, Any]:
    """Compare what two versions say, or a version and a working copy."""
    return {
        "title": diffing.compare_line(old.title, new.title),
        "keywords": diffing.compare_line(", ".join(old.keywords), ", ".join(new.keywords)),
        "body": diffing.compare(old.body, new.body),
        "is_same": (old.title, old.body, old.keywords) == (new.title, new.body, new.keywords),
    }


@for_agents
@require_GET
def changes(request: AgentRequest, article_id: UUID, locale: str) -> HttpResponse:
    """Show, in a dialog, what is written but not published."""
    text = open_text(open_article(request, article_id), locale)
    return render(request, "knowledge/_changes.html", {"text": text, "comparison": _changes(text)})


@for_agents
@require_POST
def conflict(request: AgentRequest, article_id: UUID, locale: str) -> HttpResponse:
    """Show what somebody saved meanwhile beside what is typed here."""
    text = open_text(open_article(request, article_id), locale)
    try:
        title, body = request.POST.get("title", ""), request.POST.get("body", "")
    except RequestDataTooBig:
        title, body = "", ""
    mine = Text(title=title[: checks.MAX_TITLE], body=body[:MAX_BODY])
    shown = {
        "text": text,
        "title": diffing.compare_line(text.title, mine.title),
        "body": diffing.compare(text.body, mine.body),
    }
    return render(request, "knowledge/_conflict.html", shown)


@who_may("articles.publish")
@require_POST
def withdraw(request: AgentRequest, article_id: UUID, locale: str) -> HttpResponse:
    text = open_text(open_article(request, article_id), locale)
    return do_and_return(
        request,
        article_url(article_id, text.locale),
        lambda: services.withdraw(agent=request.user, article_id=article_id, locale=text.locale),
        _("Withdrawn: nobody reads it any more."),
    )


@who_may("articles.publish")
@require_POST
def archive(request: AgentRequest, article_id: UUID) -> HttpResponse:
    found = open_article(request, article_id)
    back = request.POST.get("back") == "yes"
    do = services.unarchive_article if back else services.archive_article
    return do_and_return(
        request,
        article_url(found.pk, ""),
        lambda: do(agent=request.user, article_id=found.pk),
        _("The article is back.") if back else _("The article is archived."),
    )


# -- Out of date


class ReportForm(forms.Form):
    words = forms.CharField(
        label=gettext_lazy("What is wrong"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4, "autofocus": True}),
    )


@for_agents
@require_http_methods(["GET", "POST"])
def report(request: AgentRequest, article_id: UUID, locale: str) -> HttpResponse:
    """Say that an article is out of date."""
    text = open_text(open_article(request, article_id), locale)
    form = ReportForm(request.POST or None)

    def save() -> None:
        try:
            services.report(agent=request.user, text_id=text.pk, words=form.cleaned_data["words"])
        except InboxError as refusal:
            form.add_error("words", refusal.detail)

    return form_dialog(
        request, form, title=_("Out of date?"), submit=_("Report"), save=save, done=_("Reported. Thank you.")
    )


@for_agents
@require_POST
def looked_after(request: AgentRequest, text_id: UUID) -> HttpResponse:
    text = texts_for(request.user).filter(pk=text_id).first()
    if text is None:
        raise Http404
    return do_and_return(
        request,
        article_url(text.article_id, text.locale),
        lambda: services.close_reports(agent=request.user, text_id=text.pk),
        _("Looked after."),
    )
