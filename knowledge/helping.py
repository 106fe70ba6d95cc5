"""What the help centre shows: shelves, articles, neighbours. All of it starts from `public_texts`."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber
from django.urls import reverse

from knowledge import locales
from knowledge.access import public_texts
from knowledge.markdown import linked
from knowledge.models import Article, ArticleFile, Category, Text
from knowledge.rendering import html
from people.models import Store

ON_SHELF = 5  # articles that a shelf shows on the first page
POPULAR = 6
PAGE = 50
RELATED = 4


@dataclass(frozen=True, slots=True)
class Line:
    """An article in a list, in the language its reader gets."""

    slug: str
    locale: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Shelf:
    key: str
    name: str
    about: str
    count: int
    lines: list[Line]


def locales_of(store: Store) -> list[str]:
    """Return the languages in which the public can read a store's articles, its own first."""
    there = set(public_texts(store).order_by().values_list("locale", flat=True).distinct())
    own = locales.normal(store.language)
    return sorted(there | {own}, key=lambda locale: (locale != own, locale))


def shelves(store: Store, locale: str) -> list[Shelf]:
    """Return the categories that hold something public, each with the articles that solved most."""
    rows = public_texts(store).filter(article__category__isnull=False).order_by()
    counts = dict(
        rows.values("article__category")
        .annotate(n=Count("article", distinct=True))
        .values_list("article__category", "n")
    )
    best = _most_solved(store, per_category=True, limit=ON_SHELF)
    lines = dict(_lines(store, locale, [pk for pk, _ in best]).items())
    return [
        Shelf(
            key=category.key,
            name=said(category.names, store, locale) or category.key,
            about=said(category.abouts, store, locale),
            count=counts[category.pk],
            lines=[lines[pk] for pk, shelf in best if shelf == category.pk and pk in lines],
        )
        for category in Category.objects.filter(store=store, pk__in=counts).order_by("position", "key")
    ]


def popular(store: Store, locale: str) -> list[Line]:
    best = _most_solved(store, per_category=False, limit=POPULAR)
    return list(_lines(store, locale, [pk for pk, _ in best]).values())


def on_shelf(store: Store, category: Category | None, locale: str, *, page: int) -> tuple[list[Line], int]:
    """Return the articles of one page of a shelf (from 1; None: what stands on none), and how many pages there are."""
    ids = _public_ids(store).filter(category=category).order_by("-solved_count", "slug", "id")
    pages = max(1, -(-ids.count() // PAGE))
    first = (page - 1) * PAGE
    return list(
        _lines(store, locale, list(ids.values_list("pk", flat=True)[first : first + PAGE])).values()
    ), pages


def read(store: Store, slug: str, locale: str) -> tuple[Text, list[str]] | None:
    """Return a public article in the reader's language or the nearest, and all languages it is public in."""
    there = {text.locale: text for text in public_texts(store).filter(article__slug=slug)}
    if not there:
        return None
    return there[locales.best(locale, there, store.language)], sorted(there)


def related(store: Store, text: Text) -> list[Line]:
    """Return what stands beside an article: about the same products, then on the same shelf."""
    article = text.article
    public = _public_ids(store).exclude(pk=article.pk).order_by("-solved_count", "slug", "id")
    skus = [product.sku for product in article.products.all()]
    same = (
        list(public.filter(products__sku__in=skus).distinct().values_list("pk", flat=True)[:RELATED])
        if skus
        else []
    )
    if len(same) < RELATED and article.category_id:
        shelf = public.filter(category=article.category_id).exclude(pk__in=same)
        same += list(shelf.values_list("pk", flat=True)[: RELATED - len(same)])
    return list(_lines(store, text.locale, same).values())


def html_for_public(store: Store, text: Text) -> str:
    """Return what is live of an article as HTML; links lead to what is public, and nowhere else."""
    assert text.live is not None

    def addresses(slugs: Collection[str]) -> dict[str, str]:
        there: dict[str, set[str]] = {}
        known = public_texts(store).filter(article__slug__in=slugs)
        for slug, locale in known.values_list("article__slug", "locale"):
            there.setdefault(slug, set()).add(locale)
        nearest = {slug: locales.best(text.locale, found, store.language) for slug, found in there.items()}
        return {slug: article_path(store, locale, slug) for slug, locale in nearest.items()}

    return html(text.article_id, text.live.body, addresses, partial(_file_path, store))


def public_file(store: Store, file_id: UUID) -> ArticleFile | None:
    """Return a file that something live and public of its article refers to."""
    file = ArticleFile.objects.filter(pk=file_id, article__store=store).first()
    if file is None:
        return None
    texts = public_texts(store).filter(article=file.article_id)
    shown = any(str(file.pk) in linked(text.live.body, "file") for text in texts if text.live)
    return file if shown else None


def said(texts: dict[str, str], store: Store, locale: str) -> str:
    """Return a name of a category as a reader of `locale` gets it."""
    return texts.get(locales.best(locale, texts, store.language), "")


def article_path(store: Store, locale: str, slug: str) -> str:
    return reverse("help:article", args=[store.key, locale, slug])


def _file_path(store: Store, file_id: UUID) -> str:
    return reverse("help:file", args=[store.key, file_id])


def absolute(path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}"


def _public_ids(store: Store) -> Any:
    return Article.objects.filter(pk__in=public_texts(store).order_by().values("article"))


def _most_solved(store: Store, *, per_category: bool, limit: int) -> list[tuple[UUID, UUID | None]]:
    """Return the ids of the articles that solved most, of each category or of all, with their categories."""
    rows = _public_ids(store)
    order = [F("solved_count").desc(), F("slug").asc()]
    if not per_category:
        return list(rows.order_by(*order).values_list("pk", "category")[:limit])
    place = Window(RowNumber(), partition_by=[F("category")], order_by=order)
    best = rows.filter(category__isnull=False).annotate(place=place).filter(place__lte=limit)
    return list(best.order_by("place").values_list("pk", "category"))


def _lines(store: Store, locale: str, ids: Iterable[UUID]) -> dict[UUID, Line]:
    """Return articles as lines in the order of `ids`, each in the language its reader gets. One query."""
    ids = list(ids)
    rows = public_texts(store).filter(article__in=ids).order_by()
    found: dict[UUID, dict[str, tuple[str, str]]] = {}
    for pk, slug, text_locale, title in rows.values_list("article", "article__slug", "locale", "live__title"):
        found.setdefault(pk, {})[text_locale] = (slug, title)
    lines = {}
    for pk in ids:
        if there := found.get(pk):
            best = locales.best(locale, there, store.language)
            slug, title = there[best]
            lines[pk] = Line(slug, best, title, article_path(store, best, slug))
    return lines
