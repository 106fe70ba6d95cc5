"""An article in one language: the working copy, what is live, and every version in between."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events import names
from events.record import Actor, Happening, record
from inbox.errors import Conflict, Invalid, NotFound
from knowledge import checks, indexing, locales
from knowledge.access import versions_for
from knowledge.models import Article, Text, Version
from knowledge.services.articles import locked, needs
from people.models import Agent


class StaleText(Conflict):
    """Somebody saved the working copy since the author read it; `text` is how it is now."""

    code = "stale"

    def __init__(self, detail: str, text: Text) -> None:
        super().__init__(detail)
        self.text = text


@transaction.atomic
def save_text(
    *,
    agent: Agent,
    article_id: UUID,
    locale: str,
    title: str,
    body: str,
    keywords: Iterable[str] = (),
    revision: int,
) -> Text:
    """Save the working copy. `revision` is the one the author read; 0 begins the language.

    Saving the same words again is no new revision. Raises Invalid, NotFound, StaleText.
    """
    article = locked(agent, article_id)
    said = {
        "title": checks.title(title),
        "body": checks.body(body),
        "keywords": checks.keywords(keywords),
    }
    text = Text.objects.select_related("live").filter(article=article, locale=locales.checked(locale)).first()
    if text is None:
        if revision:
            raise NotFound(_("The article is not written in this language."))
        text = Text(article=article, locale=locales.checked(locale), revision=0)
    elif all(getattr(text, name) == value for name, value in said.items()):
        return text
    _check_revision(text, revision)
    for name, value in said.items():
        setattr(text, name, value)
    _save_edit(text, agent)
    return text


@transaction.atomic
def publish(*, agent: Agent, article_id: UUID, locale: str, revision: int, note: str = "") -> Text:
    """Make the working copy what is read. Published twice without a change, it is one version.

    Raises Invalid, NotFound, StaleText, and Conflict for an article that is put away.
    """
    article = locked(agent, article_id)
    needs(agent, "articles.publish")
    if article.archived_at:
        raise Conflict(_("The article is archived. Take it back first."), code="archived")
    text = _text(article, locale)
    _check_revision(text, revision)
    if not text.body:
        raise Invalid(_("There is nothing in it yet."), code="empty", attr="body")
    if not text.has_changes:
        return text
    last = text.versions.order_by("-number").values_list("number", flat=True).first()
    text.live = Version.objects.create(
        text=text,
        number=(last or 0) + 1,
        title=text.title,
        body=text.body,
        keywords=text.keywords,
        author=agent,
        note=checks.note(note),
    )
    text.save(update_fields=["live"])
    _record(names.ARTICLE_PUBLISHED, article, text, agent, version=text.live.number, note=text.live.note)
    indexing.index_article(article)
    return text


@transaction.atomic
def withdraw(*, agent: Agent, article_id: UUID, locale: str) -> Text:
    """Take a text out of what is read. The working copy and its versions stay."""
    article = locked(agent, article_id)
    needs(agent, "articles.publish")
    text = _text(article, locale)
    if text.live is not None:
        was, text.live = text.live.number, None
        text.save(update_fields=["live"])
        _record(names.ARTICLE_WITHDRAWN, article, text, agent, version=was)
        indexing.index_article(article)
    return text


@transaction.atomic
def restore(*, agent: Agent, version_id: UUID, revision: int) -> Text:
    """Make the working copy say again what a version said. What is live stays until it is published.

    Raises NotFound, StaleText.
    """
    version = versions_for(agent).select_related("text").filter(pk=version_id).first()
    if version is None:
        raise NotFound(_("No such version."))
    article = locked(agent, version.text.article_id)
    text = _text(article, version.text.locale)
    _check_revision(text, revision)
    if (text.title, text.body, text.keywords) == (version.title, version.body, version.keywords):
        return text
    text.title, text.body, text.keywords = version.title, version.body, version.keywords
    _save_edit(text, agent)
    _record(names.ARTICLE_RESTORED, article, text, agent, version=version.number)
    return text


def _text(article: Article, locale: str) -> Text:
    text = article.texts.select_related("live").filter(locale=locales.normal(locale)).first()
    if text is None:
        raise NotFound(_("The article is not written in this language."))
    return text


def _check_revision(text: Text, revision: int) -> None:
    if text.revision != revision:
        raise StaleText(_("Somebody has changed this text meanwhile."), text)


def _save_edit(text: Text, agent: Agent) -> None:
    text.revision += 1
    text.edited_by, text.edited_at = agent, timezone.now()
    text.save()


def _record(name: str, article: Article, text: Text, agent: Agent, **data: Any) -> None:
    data = {
        "article": str(article.id),
        "slug": article.slug,
        "locale": text.locale,
        "title": text.title,
        **data,
    }
    record(Happening(name, Actor.agent(agent), store_id=article.store_id, data=data))
