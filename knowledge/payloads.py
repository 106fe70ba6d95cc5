"""Articles as the API gives them."""

from typing import Any

from helpdesk.lib.times import iso
from knowledge.models import Article, Category, Text, Version
from people.models import Agent
from people.payloads import store_ref


def article_data(article: Article) -> dict[str, Any]:
    """Return an article without its words. (Load it by access.with_texts.)"""
    return {
        "id": str(article.id),
        "store": store_ref(article.store),
        "slug": article.slug,
        "category": category_ref(article.category),
        "audience": article.audience,
        "topic": article.topic,
        "products": [product.sku for product in article.products.all()],
        "owner": _named(article.owner),
        "review_on": article.review_on.isoformat() if article.review_on else None,
        "archived_at": iso(article.archived_at),
        "created_at": iso(article.created_at),
        "solved": article.solved_count,
        "missed": article.missed_count,
        "texts": [text_ref(text) for text in article.texts.all()],
    }


def text_ref(text: Text) -> dict[str, Any]:
    """Return what lists say of an article's language; the words come with `text_data`."""
    return {
        "locale": text.locale,
        "title": text.title,
        "revision": text.revision,
        "edited_at": iso(text.edited_at),
        "edited_by": _named(text.edited_by),
        "version": text.live.number if text.live else None,
        "published_at": iso(text.live.published_at) if text.live else None,
    }


def text_data(text: Text) -> dict[str, Any]:
    """Return the working copy, and what is live."""
    return {
        **text_ref(text),
        "body": text.body,
        "keywords": text.keywords,
        "has_changes": text.has_changes,
        "live": version_data(text.live) if text.live else None,
    }


def version_data(version: Version) -> dict[str, Any]:
    return {
        "id": str(version.id),
        "number": version.number,
        "title": version.title,
        "body": version.body,
        "keywords": version.keywords,
        "author": _named(version.author),
        "note": version.note,
        "published_at": iso(version.published_at),
    }


def category_ref(category: Category | None) -> dict[str, Any] | None:
    if category is None:
        return None
    return {"id": str(category.id), "key": category.key, "names": category.names}


def category_data(category: Category) -> dict[str, Any]:
    return {
        "id": str(category.id),
        "key": category.key,
        "names": category.names,
        "store": store_ref(category.store),
        "abouts": category.abouts,
    }


def _named(agent: Agent | None) -> dict[str, str] | None:
    return {"id": str(agent.id), "name": agent.name} if agent else None
