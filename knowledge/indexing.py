"""What can be found: an entry for each text that is live, written in the transaction that made it so."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Prefetch, UUIDField

from knowledge.finding import lexemes
from knowledge.markdown import to_text
from knowledge.models import Article, ArticleEntry, ArticleTerm, Text
from people.models import Store

BACKWARDS = "<"  # before a word from its end to its beginning: so is found what begins with a typo
LONG = 7  # letters of a word that is kept backwards, too
_WRITTEN = [
    "article_id", "store_id", "locale", "is_public", "terms", "title", "head", "body", "plain", "length",
]  # fmt: skip
_ROWS = 400  # of one statement


def index_article(article: Article) -> None:
    """Bring the entries of an article up to what is live of it now. In the caller's transaction."""
    index_articles([article.pk])


def index_articles(ids: Sequence[UUID], *, counting: bool = True) -> None:
    """Bring the entries of articles, and the counts of their terms, up to what is live of them now.

    Doing it again changes nothing. In the caller's transaction; those of one store take turns. Without `counting` the
    caller counts anew afterwards.
    """
    live = Text.objects.select_related("live").filter(live__isnull=False)
    articles = list(
        Article.objects.filter(pk__in=ids).prefetch_related(
            "products", Prefetch("texts", live, to_attr="live_texts")
        )
    )
    _take_turns({article.store_id for article in articles})
    before = {entry.text_id: entry for entry in ArticleEntry.objects.filter(article__in=ids)}
    after = {entry.text_id: entry for article in articles for entry in _entries(article)}
    gone = [entry for pk, entry in before.items() if pk not in after]
    new = [entry for pk, entry in after.items() if pk not in before]
    changed = []
    for pk, entry in before.items():
        if pk in after and any(getattr(entry, name) != getattr(after[pk], name) for name in _WRITTEN):
            after[pk].pk = entry.pk
            changed.append((entry, after[pk]))
    ArticleEntry.objects.filter(pk__in=[entry.pk for entry in gone]).delete()
    ArticleEntry.objects.bulk_create(new, batch_size=_ROWS)
    ArticleEntry.objects.bulk_update([entry for _, entry in changed], _WRITTEN, batch_size=50)
    if counting:
        _count(
            added=[*new, *(entry for _, entry in changed)],
            removed=[*gone, *(entry for entry, _ in changed)],
        )


def _entries(article: Article) -> Iterator[ArticleEntry]:
    if article.archived_at is not None:
        return
    is_public = article.audience == Article.Audience.PUBLIC
    skus = [product.sku for product in article.products.all()]
    for text in article.live_texts:  # type: ignore[attr-defined]
        yield ArticleEntry(
            text=text,
            article_id=article.pk,
            store_id=article.store_id,
            locale=text.locale,
            is_public=is_public,
            **lexemes.entry(
                title=text.live.title,
                keywords=text.live.keywords,
                skus=skus,
                plain=to_text(text.live.body),
                locale=text.locale,
                store_id=article.store_id,
                is_public=is_public,
            ),
        )


# -- How many entries hold a term


def _terms(entry: ArticleEntry) -> list[str]:
    terms = lexemes.counted(entry.terms)
    return terms + [BACKWARDS + term[::-1] for term in terms if len(term) >= LONG and term.isalpha()]


def _count(*, added: Iterable[ArticleEntry], removed: Iterable[ArticleEntry]) -> None:
    counts: dict[tuple[UUID, bool], Counter[str]] = defaultdict(Counter)
    for entry in added:
        counts[entry.store_id, entry.is_public].update(_terms(entry))
    for entry in removed:
        counts[entry.store_id, entry.is_public].subtract(_terms(entry))
    with connection.cursor() as cursor:
        for (store, is_public), terms in sorted(counts.items()):
            _add(cursor, store, is_public, sorted((term, n) for term, n in terms.items() if n))


def _add(cursor: Any, store: UUID, is_public: bool, changes: list[tuple[str, int]]) -> None:
    as_stored = UUIDField().get_db_prep_value(store, connection)
    for start in range(0, len(changes), _ROWS):
        some = changes[start : start + _ROWS]
        cursor.execute(
            "INSERT INTO knowledge_articleterm (store_id, is_public, term, entries) VALUES "
            + ", ".join(["(%s, %s, %s, %s)"] * len(some))
            + " ON CONFLICT (store_id, is_public, term) DO UPDATE"
            " SET entries = knowledge_articleterm.entries + excluded.entries",
            [value for term, change in some for value in (as_stored, is_public, term, change)],
        )
    fewer = [term for term, change in changes if change < 0]
    for start in range(0, len(fewer), _ROWS):
        some_fewer = fewer[start : start + _ROWS]
        rows = ArticleTerm.objects.filter(store=store, is_public=is_public, term__in=some_fewer)
        rows.filter(entries__lte=0).delete()


def _take_turns(stores: Iterable[UUID]) -> None:
    """Wait until nobody else counts for these stores: terms are shared, and two would hold up each other.

    SQLite has one writer anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for store in sorted(stores):
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [store.int % 2**63])


@transaction.atomic
def recount(store: Store) -> None:
    """Count the terms of a store anew, from its entries."""
    _take_turns([store.pk])
    ArticleTerm.objects.filter(store=store).delete()
    entries = ArticleEntry.objects.filter(store=store).only("store_id", "is_public", "terms")
    _count(added=entries.iterator(chunk_size=2_000), removed=[])
