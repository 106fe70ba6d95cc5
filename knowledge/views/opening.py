"""What the pages of articles have in common."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from inbox.errors import InboxError, NotFound
from knowledge import locales
from knowledge.access import articles_for
from knowledge.models import Article, Text
from people.access import stores_for
from people.models import Store
from people.views.roles import AgentRequest


def open_article(request: AgentRequest, article_id: UUID) -> Article:
    rows = articles_for(request.user).select_related("store", "category__store", "owner")
    found = rows.filter(pk=article_id).first()
    if found is None:
        raise Http404
    return found


def open_text(article: Article, locale: str) -> Text:
    rows = article.texts.select_related("live__author", "edited_by")
    found = rows.filter(locale=locales.normal(locale)).first()
    if found is None:
        raise Http404
    return found


def chosen_store(request: AgentRequest) -> tuple[list[Store], Store | None]:
    """Return the agent's stores, and the one that `?store=` names: else the first."""
    stores = list(stores_for(request.user).order_by("name", "id"))
    key = request.GET.get("store", "")
    return stores, next((store for store in stores if store.key == key), stores[0] if stores else None)


def state_of(text: Text, *, is_changed: bool) -> str:
    if text.live_id is None:
        return "draft"
    return "changed" if is_changed else "live"


def article_url(article_id: UUID, locale: str) -> str:
    return f"{reverse('knowledge:article', args=[article_id])}?locale={locale}"


def do_and_return(request: AgentRequest, url: str, do: Callable[[], Any], done: str) -> HttpResponse:
    """Do it, say `done` or why not, and show the page at `url`, which a script asked from."""
    try:
        do()
    except NotFound:
        raise Http404 from None
    except InboxError as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, done)
    return HttpResponseClientRedirect(url)
