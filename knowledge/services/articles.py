"""Articles as a whole: making one, where it stands and who sees it, putting it away."""

import secrets
from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events import names
from events.record import Actor, Happening, record
from inbox.errors import Conflict, Invalid, NotFound
from knowledge import checks, indexing, locales
from knowledge.access import articles_for
from knowledge.models import Article, ArticleProduct, Category, Text
from people.access import stores_for
from people.models import Agent, Store

CHANGEABLE = ("slug", "category", "audience", "topic", "owner", "review_on")


@transaction.atomic
def create_article(
    *,
    agent: Agent,
    store: Store,
    locale: str,
    title: str,
    body: str = "",
    keywords: Iterable[str] = (),
    products: Iterable[str] = (),
    **fields: Any,
) -> Text:
    """Begin an article with a draft in one language; `fields` are of CHANGEABLE. Without a slug the title makes one.

    Raises Invalid, NotFound (the store is none of the agent's) and Conflict (the slug is taken).
    """
    if not stores_for(agent).filter(pk=store.pk).exists():
        raise NotFound(_("No such store."))
    title, locale = checks.title(title), locales.checked(locale)
    slug = fields.pop("slug", "") or _free_slug(store, title)
    article = Article(store=store, owner=agent)
    for name, value in {**fields, "slug": slug}.items():
        setattr(article, name, _checked(article, name, value))
    _save(article)
    _set_products(article, products)
    text = Text.objects.create(
        article=article,
        locale=locale,
        title=title,
        body=checks.body(body),
        keywords=checks.keywords(keywords),
        edited_by=agent,
    )
    _record(names.ARTICLE_CREATED, article, agent, title=title)
    return text


@transaction.atomic
def change_article(
    *, agent: Agent, article_id: UUID, products: Iterable[str] | None = None, **fields: Any
) -> Article:
    """Change what `fields` (of CHANGEABLE) and `products` name. What is live is made public by who may publish.

    Raises Invalid, NotFound, Conflict (the slug is taken).
    """
    article = locked(agent, article_id)
    before, after = {}, {}
    for name, value in fields.items():
        old, new = getattr(article, name), _checked(article, name, value)
        if old != new:
            if name == "audience" and new == Article.Audience.PUBLIC and _is_live(article):
                needs(agent, "articles.publish")
            before[name], after[name] = _plain(old), _plain(new)
            setattr(article, name, new)
    _save(article)
    if products is not None:
        old_skus = [product.sku for product in article.products.all()]
        new_skus = sorted(_set_products(article, products))
        if old_skus != new_skus:
            before["products"], after["products"] = old_skus, new_skus
    if after:
        _record(names.ARTICLE_CHANGED, article, agent, before=before, after=after)
        indexing.index_article(article)
    return article


@transaction.atomic
def archive_article(*, agent: Agent, article_id: UUID) -> Article:
    """Put an article away: nobody finds it any more, and its address is gone. Nothing happens twice."""
    return _set_archived(agent, article_id, away=True)


@transaction.atomic
def unarchive_article(*, agent: Agent, article_id: UUID) -> Article:
    return _set_archived(agent, article_id, away=False)


def _set_archived(agent: Agent, article_id: UUID, *, away: bool) -> Article:
    article = locked(agent, article_id)
    needs(agent, "articles.publish")
    if (article.archived_at is not None) == away:
        return article
    article.archived_at = timezone.now() if away else None
    article.save(update_fields=["archived_at"])
    _record(names.ARTICLE_ARCHIVED if away else names.ARTICLE_UNARCHIVED, article, agent)
    indexing.index_article(article)
    return article


def _is_live(article: Article) -> bool:
    return article.texts.filter(live__isnull=False).exists()


def locked(agent: Agent, article_id: UUID) -> Article:
    """Return an article that the agent may write, locked: every change of it and of its texts begins here."""
    article = articles_for(agent).filter(pk=article_id).values_list("pk", flat=True).first()
    if article is None:
        raise NotFound(_("No such article."))
    return Article.objects.select_for_update(of=("self",)).select_related("store").get(pk=article)


def needs(agent: Agent, ability: str) -> None:
    """Raise Invalid for whose role lacks an ability (people/abilities.py): they may write, and not decide."""
    if not agent.may(ability):
        refusal = Invalid(_("Your role may not do this."), code="not_allowed")
        refusal.status = 403
        raise refusal


def _checked(article: Article, name: str, value: Any) -> Any:
    match name:
        case "slug":
            return checks.slug(value)
        case "audience" if value not in Article.Audience.values:
            raise Invalid(_("The audience is internal or public."), attr=name)
        case "topic" if value not in ("", *Article.Topic.values):
            raise Invalid(_("There is no such topic."), attr=name)
        case "category" if value is not None and value.store_id != article.store_id:
            raise NotFound(_("This store has no such category."))
        case "review_on" if value is not None and not isinstance(value, date):
            raise Invalid(_("Say the day as in 2027-03-01."), attr=name)
    if name not in CHANGEABLE:
        raise TypeError(f"an article has no {name} to change")
    return value


def _save(article: Article) -> None:
    try:
        with transaction.atomic():
            article.save()
    except IntegrityError:
        raise Conflict(_("Another article has this address."), code="slug_taken", attr="slug") from None


def _set_products(article: Article, products: Iterable[str]) -> list[str]:
    wanted = checks.skus(products)
    article.products.exclude(sku__in=wanted).delete()
    rows = [ArticleProduct(article=article, sku=sku) for sku in wanted]
    ArticleProduct.objects.bulk_create(rows, ignore_conflicts=True)
    return wanted


def _free_slug(store: Store, title: str) -> str:
    """Return an address for a title; one that is taken, or has no Latin letter, gets a few random ones."""
    slug = checks.slug_of(title)
    if slug and not Article.objects.filter(store=store, slug=slug).exists():
        return slug
    return f"{slug[:90] or 'article'}-{secrets.token_hex(4)}"


def _plain(value: Any) -> Any:
    """Return a value as the record keeps it."""
    if isinstance(value, Category):
        return value.key
    if isinstance(value, Agent):
        return value.name
    return value.isoformat() if isinstance(value, date) else value


def _record(name: str, article: Article, agent: Agent, **data: Any) -> None:
    data = {"article": str(article.id), "slug": article.slug, **data}
    record(Happening(name, Actor.agent(agent), store_id=article.store_id, data=data))
