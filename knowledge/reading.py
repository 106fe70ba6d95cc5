"""What agents read and say of what is published: texts by product and language, and how a list shows them."""

import html
import re
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse

from helpdesk.lib.times import iso
from knowledge import locales
from knowledge.models import Article, Text
from knowledge.plain import cut, to_message
from people.access import stores_for
from people.models import Agent, Store

LEAD = 280  # characters of an article's beginning
_LISTED = re.compile(r"•|\d+\. |[^\n]* \| ")  # how a list or a table begins (plain.py)


def readable_texts(agent: Agent) -> QuerySet[Text]:
    """Return what is published at the agent's stores, internal or not; with all that a list shows."""
    rows = Text.objects.filter(
        article__store__in=stores_for(agent), article__archived_at__isnull=True, live__isnull=False
    )
    return rows.select_related("live", "article__store", "article__category")


def by_article(texts: Iterable[Text], wanted: str) -> list[Text]:
    """Return one text of each article, in the language that a reader of `wanted` gets, in the order they came."""
    of: dict[UUID, dict[str, Text]] = {}
    for text in texts:
        of.setdefault(text.article_id, {})[text.locale] = text
    return [
        there[locales.best(wanted, there, next(iter(there.values())).article.store.language)]
        for there in of.values()
    ]


def about_products(texts: QuerySet[Text], skus: Collection[str], wanted: str) -> dict[str, list[Text]]:
    """Return for each SKU what is known of it, topic by topic; SKUs of which nothing is known are missing."""
    rows = texts.filter(article__products__sku__in=skus).order_by("article__slug", "locale").distinct()
    found = by_article(rows.prefetch_related("article__products"), wanted)
    topics = list(Article.Topic.values)
    found.sort(key=lambda text: topics.index(text.article.topic) if text.article.topic else len(topics))
    known: dict[str, list[Text]] = {}
    for sku in skus:
        if its := [text for text in found if sku in {row.sku for row in text.article.products.all()}]:
            known[sku] = its
    return known


def public_address(text: Text) -> str:
    """Return where the public reads a text, "" where it does not. (Load it with article, its store, and live.)"""
    article = text.article
    if article.audience != Article.Audience.PUBLIC or article.archived_at or text.live_id is None:
        return ""
    path = address("help:article", article.store.key, text.locale, article.slug)
    return settings.PUBLIC_URL + path if path else ""


def address(name: str, *args: Any) -> str:
    """Return the address of a page, "" where this desk has none of that name."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def lead(body: str) -> str:
    """Return the first words of an article: as many paragraphs as there are before something else begins."""
    said = ""
    for block in to_message(body[:4000]).split("\n\n"):
        if said and (len(said) > LEAD // 2 or _LISTED.match(block)):
            break
        said = " ".join([said, *block.split()]).strip()
    return cut(said, LEAD)


def row_data(text: Text, *, snippet: str = "", suggestion: UUID | None = None) -> dict[str, Any]:
    """Return an article as lists beside a conversation show it. `snippet` is HTML with <mark>, as search makes it."""
    article, live = text.article, text.live
    assert live is not None
    return {
        "article": str(article.id),
        "text": str(text.id),
        "title": live.title,
        "snippet": marked(snippet) if snippet else [[lead(live.body), False]],
        "locale": text.locale,
        "language": locales.NAMES.get(text.locale, text.locale),
        "public": article.audience == Article.Audience.PUBLIC,
        "topic": article.get_topic_display() if article.topic else "",
        "store": article.store.name,
        "published_at": iso(live.published_at),
        "link": public_address(text),
        "suggestion": str(suggestion) if suggestion else None,
    }


_MARK = re.compile(r"<mark>(.*?)</mark>", re.DOTALL)


def marked(snippet: str) -> list[list[Any]]:
    """Return a snippet as parts, each with whether it stands out: pages make text of them, never HTML."""
    parts = _MARK.split(snippet)
    return [[html.unescape(part), bool(n % 2)] for n, part in enumerate(parts) if part]


def store_of(agent: Agent, store_id: UUID) -> Store | None:
    return stores_for(agent).filter(pk=store_id).first()
