"""Articles beside a conversation: the tab, an article to read, what is known of a product. Lists are asked for over the
page's socket (knowledge/asking.py)."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from helpdesk.lib.dialogs import UNPROCESSABLE
from helpdesk.lib.ids import parse_id
from inbox.access import conversations_for
from inbox.cards import language_of
from inbox.errors import Invalid, NotFound
from inbox.models import Conversation
from knowledge import locales
from knowledge.access import texts_for
from knowledge.models import Article, Text
from knowledge.reading import about_products, by_article, public_address, readable_texts, store_of
from knowledge.rendering import html_for_agents
from knowledge.services import report as report_text
from knowledge.services.suggestions import use
from people.views.roles import AgentRequest, for_agents

RELATED = 6


@for_agents
@require_GET
def panel(request: AgentRequest, conversation_id: UUID) -> HttpResponse:
    conversation = _conversation(request, conversation_id)
    return render(request, "knowledge/_panel.html", {"conversation": conversation})


@for_agents
@require_GET
def read(request: AgentRequest, article_id: UUID) -> HttpResponse:
    """Show what is live of an article, in the language asked for, else the buyer's, else the agent's."""
    conversation = _asked_conversation(request)
    there = {text.locale: text for text in readable_texts(request.user).filter(article=article_id)}
    if not there:
        raise Http404
    default = next(iter(there.values())).article.store.language
    wanted = request.GET.get("locale", "")[:20] or _language(request, conversation)
    text = there[locales.best(wanted, there, default)]
    context = {
        **_shown(text, conversation),
        "languages": [
            {"locale": locale, "name": locales.NAMES.get(locale, locale), "here": locale == text.locale}
            for locale in sorted(there)
        ],
        "related": _related(request, text, wanted),
        "conversation": conversation,
    }
    return render(request, "knowledge/_panel_read.html", context)


@for_agents
@require_POST
def report(request: AgentRequest, text_id: UUID) -> HttpResponse:
    """Say that a text is out of date. What is refused is said beside what was written."""
    words, error = request.POST.get("words", ""), ""
    try:
        report_text(agent=request.user, text_id=text_id, words=words)
    except NotFound as refusal:
        raise Http404 from refusal
    except Invalid as refusal:
        error = refusal.detail
    text = texts_for(request.user).get(pk=text_id)
    context = {"text": text, "words": words if error else "", "error": error, "is_told": not error}
    return render(request, "knowledge/_panel_report.html", context, status=UNPROCESSABLE if error else 200)


@for_agents
@require_GET
def product(request: AgentRequest, store_id: UUID, sku: str) -> HttpResponse:
    """Show what is known of a product, by topic: in the panel, or where htmx asks for it in a dialog."""
    store = store_of(request.user, store_id)
    if store is None or "\x00" in sku:
        raise Http404
    conversation = _asked_conversation(request)
    texts = readable_texts(request.user).filter(article__store=store)
    known = about_products(texts, [sku], _language(request, conversation)).get(sku, [])
    topics: dict[str, list[dict[str, Any]]] = {}
    for text in known:
        topics.setdefault(text.article.topic, []).append(_shown(text, conversation))
    context = {
        "store": store,
        "sku": sku,
        "name": request.GET.get("name", "")[:200].replace("\x00", "") or sku,
        "topics": [
            {"label": Article.Topic(topic).label if topic else "", "texts": shown}
            for topic, shown in topics.items()
        ],
        "is_short": len(known) <= 2,
        "conversation": conversation,
    }
    is_dialog = request.headers.get("HX-Target") == "dialog"
    return render(
        request, "knowledge/_dialog.html" if is_dialog else "knowledge/_panel_product.html", context
    )


@for_agents
@require_POST
def used(request: AgentRequest, suggestion_id: UUID) -> HttpResponse:
    try:
        use(agent=request.user, suggestion_id=suggestion_id)
    except NotFound as refusal:
        raise Http404 from refusal
    return HttpResponse(status=204)


def _conversation(request: AgentRequest, conversation_id: UUID) -> Conversation:
    rows = conversations_for(request.user).select_related("buyer", "store")
    conversation = rows.filter(pk=conversation_id).first()
    if conversation is None:
        raise Http404
    return conversation


def _asked_conversation(request: AgentRequest) -> Conversation | None:
    """Return the conversation beside which this is read; None where it is read elsewhere."""
    conversation_id = parse_id(request.GET.get("conversation"))
    return _conversation(request, conversation_id) if conversation_id else None


def _language(request: AgentRequest, conversation: Conversation | None) -> str:
    return language_of(conversation) if conversation else request.user.language


def _shown(text: Text, conversation: Conversation | None) -> dict[str, Any]:
    """Return what a template shows of a text. What is of another store is no buyer's of this one: not to be sent."""
    is_ours = conversation is not None and conversation.store_id == text.article.store_id
    assert text.live is not None
    is_public = text.article.audience == Article.Audience.PUBLIC
    return {
        "text": text,
        "live": text.live,
        "article": text.article,
        "html": html_for_agents(text.article, text.live.body),
        "language": locales.NAMES.get(text.locale, text.locale),
        "is_public": is_public,
        "may_insert": is_ours,
        "may_send": is_ours and is_public,
        "link": public_address(text) if is_ours else "",
    }


def _related(request: AgentRequest, text: Text, wanted: str) -> list[Text]:
    """Return what else is known of the products that an article is about."""
    skus = text.article.products.values("sku")
    rows = readable_texts(request.user).filter(article__store=text.article.store_id)
    rows = rows.filter(article__products__sku__in=skus).exclude(article=text.article_id).distinct()
    return by_article(rows.order_by("article__topic", "article__slug", "locale"), wanted)[:RELATED]
