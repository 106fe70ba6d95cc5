"""Finds articles. Anything that can be typed may be asked: it is never an error, and nothing in it is an operator."""

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from django.db.models import QuerySet

from knowledge import locales
from knowledge.finding.asked import Asked
from knowledge.finding.candidates import find
from knowledge.finding.lexemes import squashed
from knowledge.finding.parsing import parse
from knowledge.finding.ranking import FIELDS, Candidate, Ranked, Ranking
from knowledge.finding.snippets import Marker
from knowledge.finding.vocabulary import Vocabulary
from knowledge.models import Article, ArticleEntry
from people.models import Store

MOST_SKUS = 50
AS_GOOD = 0.4  # of the best text of an article: so well must the one in the reader's language answer, too
# What a suggestion must have in common with a message: a share of it, by weight, and in its head words of this weight,
# which is that of a word in every tenth article; where there are few articles, less.
ENOUGH_MATCHED, ENOUGH_SAID, SAYING = 0.25, 2.2, 0.45


@dataclass(frozen=True)
class Hit:
    article_id: UUID
    text_id: UUID
    store_id: UUID
    slug: str
    locale: str
    title: str
    snippet: str  # HTML: escaped, with <mark>
    is_public: bool
    topic: str
    score: float


def search(
    *,
    text: str,
    store: Store | None = None,
    stores: list[UUID],
    locale: str,
    skus: Collection[str] = (),
    public: bool = False,
    limit: int = 10,
) -> list[Hit]:
    """Return the articles of `stores` that answer `text`, the best first, each once.

    `store` is the one in question: its articles go before equals of the others, and a reader whose `locale` is not
    written gets its language. `skus` are products that the talk is about; `public`: only what buyers may read. The
    last word may be unfinished.
    """
    return _Search(store=store, stores=stores, locale=locale, skus=skus, public=public).hits(text, limit)


def suggest_for(
    *,
    text: str,
    store: Store,
    locale: str,
    stores: list[UUID] | None = None,
    skus: Collection[str] = (),
    public: bool = False,
    limit: int = 3,
) -> list[Hit]:
    """Return articles that answer what a buyer wrote, and nothing for what is no question ("hello", "谢谢")."""
    stores = [store.pk] if stores is None else stores
    # What was sent is complete: no word of it goes on.
    return _Search(store=store, stores=stores, locale=locale, skus=skus, public=public).hits(
        text + "\n", limit, only_good=True
    )


@dataclass
class _Search:
    store: Store | None
    stores: list[UUID]
    locale: str
    skus: Collection[str]
    public: bool

    def hits(self, text: str, limit: int, *, only_good: bool = False) -> list[Hit]:
        if not self.stores or limit <= 0:
            return []
        asked = parse(
            text,
            locale=locales.normal(self.locale),
            vocabulary=Vocabulary(stores=tuple(set(self.stores)), public=self.public),
        )
        if only_good and asked.is_small_talk:
            return []
        ranked = self._ranked(asked)
        if only_good:
            ranked = [one for one in ranked if _is_good(one, asked)]
        best = list(islice(self._one_an_article(ranked), limit))
        return self._shown(best, asked)

    def _ranked(self, asked: Asked) -> list[Ranked]:
        skus = {code for code in map(squashed, list(self.skus)[:MOST_SKUS]) if code}
        found = find(asked, stores=self.stores, public=self.public, skus=skus)
        ranking = Ranking(asked, skus=skus, store_id=self.store.pk if self.store else None)
        rows = map(Candidate._make, self._readable().filter(pk__in=found).values_list(*FIELDS))
        ranked = [ranking.rank(row, is_whole=found[row.pk]) for row in rows]
        ranked = [one for one in ranked if one.score > 0]
        ranked.sort(key=lambda one: (-one.score, one.entry.slug, one.entry.locale))
        return ranked

    def _readable(self) -> QuerySet[ArticleEntry]:
        entries = ArticleEntry.objects.filter(store__in=self.stores, article__archived_at__isnull=True)
        if self.public:
            entries = entries.filter(is_public=True, article__audience=Article.Audience.PUBLIC)
        return entries

    def _one_an_article(self, ranked: list[Ranked]) -> Iterator[Ranked]:
        """Return for each article the text that its reader reads best, in the order of the best text of each."""
        texts: dict[UUID, list[Ranked]] = {}
        for one in ranked:
            texts.setdefault(one.entry.article_id, []).append(one)
        default = self.store.language if self.store else ""
        for several in texts.values():
            there = {one.entry.locale: one for one in several if one.words >= AS_GOOD * several[0].words}
            yield there[locales.best(self.locale, there, default)]

    def _shown(self, best: list[Ranked], asked: Asked) -> list[Hit]:
        ids = [one.entry.pk for one in best]
        read = self._readable().filter(pk__in=ids, text__live__isnull=False)
        shown = {row[0]: row[1:] for row in read.values_list("pk", "plain", "text__live__title")}
        marker = Marker(asked)
        return [
            Hit(
                article_id=one.entry.article_id,
                text_id=one.entry.text_id,
                store_id=one.entry.store_id,
                slug=one.entry.slug,
                locale=one.entry.locale,
                title=shown[one.entry.pk][1],
                snippet=marker.snippet(shown[one.entry.pk][0], one.entry.locale),
                is_public=one.entry.is_public,
                topic=one.entry.topic,
                score=round(one.score, 4),
            )
            for one in best
            if one.entry.pk in shown
        ]


def _is_good(one: Ranked, asked: Asked) -> bool:
    """Whether a message is about this: what stands in its head says enough, and is no small part of the message."""
    return one.matched >= ENOUGH_MATCHED and one.in_head >= min(
        ENOUGH_SAID, SAYING * math.log(1 + asked.entries)
    )
