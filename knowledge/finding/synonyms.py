"""Words of a store that mean one thing, where they stand in a question."""

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple
from uuid import UUID

from helpdesk.lib.text import Word, stem, words
from knowledge.finding.lexemes import normal
from knowledge.models import SynonymGroup

MOST = 2_000  # groups of all the stores in question


class Said(NamedTuple):
    """A word as it can be recognised: by itself or by its stem in any language; Han by itself."""

    text: str
    keys: frozenset[str]
    is_run: bool

    @classmethod
    def of(cls, word: Word, locale: str) -> "Said":
        if word.is_run:
            return cls(word.text, frozenset(), True)
        return cls(
            word.text, frozenset([word.text, *(stem(word.text, of) for of in (locale, "en", "fi"))]), False
        )


class Meant(NamedTuple):
    """Words `first` to `last` (excluded) of a question, or the Han `run` in one of them, are also said so."""

    first: int
    last: int
    run: str
    others: list[str]


def meant(question: Sequence[Said], stores: Collection[UUID], locale: str) -> Iterator[Meant]:
    """Find what of the question is also said otherwise in the stores."""
    there = frozenset().union(*(said.keys for said in question))
    runs = [(place, said.text) for place, said in enumerate(question) if said.is_run]
    groups = SynonymGroup.objects.filter(store__in=stores).order_by("id").values_list("words", flat=True)
    for group in islice(groups, MOST):
        for word in group:
            phrase = _phrase(word, locale)
            if not phrase:
                continue
            if phrase[0].is_run:
                places = (
                    [(at, at + 1) for at, run in runs if phrase[0].text in run] if len(phrase) == 1 else []
                )
            else:
                places = [] if there.isdisjoint(phrase[0].keys) else list(_places(question, phrase))
            for first, last in places:
                others = [other for other in group if other != word]
                yield Meant(first, last, phrase[0].text if phrase[0].is_run else "", others)


def _places(question: Sequence[Said], phrase: Sequence[Said]) -> Iterator[tuple[int, int]]:
    for first in range(len(question) - len(phrase) + 1):
        if all(question[first + n].keys & said.keys for n, said in enumerate(phrase)):
            yield first, first + len(phrase)


@lru_cache(maxsize=20_000)
def _phrase(word: str, locale: str) -> tuple[Said, ...]:
    return tuple(Said.of(part, locale) for part in words(normal(word)))
