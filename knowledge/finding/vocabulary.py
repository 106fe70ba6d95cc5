"""The words of a store's articles: how many hold them, how a beginning goes on, what a typo was to be.

All of it is asked of the database, in the reader's transaction: what is published a moment ago is known to everybody.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Length

from knowledge.finding.distance import edited_once, within
from knowledge.indexing import BACKWARDS, LONG
from knowledge.models import ArticleTerm

_LAST = "\U0010ffff"
_FORGIVEN = 4  # letters of a word that may have a typo
_TWICE = 8  # letters of one that may have two
_LONGEST = 24
_AT_ONCE = 100  # terms: for more of them planners would rather read the whole table
_LOOKED_AT = 1_500  # words that begin, or end, as one with two typos


@dataclass(frozen=True)
class Vocabulary:
    stores: Collection[UUID]
    public: bool

    def counts(self, terms: Iterable[str]) -> dict[str, int]:
        """Return how many entries hold each of `terms`; those that none holds are left out."""
        wanted = sorted(set(terms))
        found: dict[str, int] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            found |= dict(self._sums(term__in=wanted[start : start + _AT_ONCE]))
        return found

    def going_on(self, beginnings: Collection[str], most: int) -> dict[str, dict[str, int]]:
        """Return the terms that go on from each beginning, with their counts, the most frequent first."""
        if not beginnings:
            return {}
        ranges = reduce(or_, (Q(term__gt=text, term__lt=text + _LAST) for text in beginnings))
        rows = self._sums(ranges).order_by("-entries_sum", "term")  # type: ignore[misc]  # it is annotated there
        found = list(rows[: 2 * most * len(beginnings)])
        return {
            text: dict([(term, count) for term, count in found if term.startswith(text)][:most])
            for text in beginnings
        }

    def nearest(self, word: str) -> dict[str, int]:
        """Return the terms that `word`, which is none, is a typo of, with their counts."""
        if not _FORGIVEN <= len(word) <= _LONGEST or not word.isalpha():
            return {}
        if found := self.counts(edited_once(word)):
            return _best(found)
        return _best(self._twice(word)) if len(word) >= _TWICE else {}

    def _twice(self, word: str) -> dict[str, int]:
        """Return terms two typos away that begin or end with the same three letters: few get both ends wrong."""
        found: dict[str, int] = {}
        for start in (word[:3], BACKWARDS + word[:-4:-1]):
            mark = len(BACKWARDS) if start.startswith(BACKWARDS) else 0
            lengths = (max(LONG, len(word) - 2) + mark, len(word) + 2 + mark)
            rows = self._sums(term__gt=start, term__lt=start + _LAST, letters__range=lengths)
            for term, count in rows[:_LOOKED_AT]:
                there = term[:0:-1] if mark else term
                if within(word, there, 2):
                    found[there] = count
        return found

    def _sums(self, *conditions: Q, **limits: object) -> QuerySet[ArticleTerm, tuple[str, int]]:
        audiences = [True] if self.public else [True, False]
        rows = ArticleTerm.objects.alias(letters=Length("term")).filter(
            *conditions, store__in=self.stores, is_public__in=audiences, **limits
        )
        return rows.values("term").annotate(entries_sum=Sum("entries")).values_list("term", "entries_sum")


def _best(found: dict[str, int]) -> dict[str, int]:
    """Return the three most frequent ones."""
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))[:3])
