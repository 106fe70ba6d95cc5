"""How well an entry answers: BM25 over title, keywords and body, what stood together, and what is known of the article.

The same on every engine, because no engine does it.
"""

import math
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from helpdesk.lib.text import fold, stem
from knowledge.finding import lexemes as marks
from knowledge.finding.asked import Asked, Group

TITLE, HEAD, BODY = 4.0, 2.5, 1.0  # what a word weighs there
SATURATED = 1.4  # the second time a word stands there says less than the first, and so on
USUAL_LENGTH = 220  # words
FOLDED = 0.8  # found without its accents
PHRASE_IN_TITLE, PHRASE_IN_HEAD, PHRASE_IN_BODY = 0.5, 0.4, 0.25
EXACT_TITLE, NAMED_PRODUCT = 1.5, 1.0  # of all that can be had by words
OF_PRODUCT, OF_LOCALE, OF_STORE = 1.35, 1.25, 1.15
WITHOUT_LETTERS = ("zh", "ja", "ko")  # what else stands in such texts has no accents to speak of
HELPFUL, OFTEN_USED = 0.3, 0.02


class Candidate(NamedTuple):
    """What ranking reads of an entry and its article, in the order of `FIELDS`."""

    pk: int
    text_id: UUID
    article_id: UUID
    store_id: UUID
    locale: str
    is_public: bool
    title: str
    head: str
    body: str
    length: int
    slug: str
    topic: str
    solved_count: int
    missed_count: int


FIELDS = [
    *Candidate._fields[:-4],
    *(f"article__{name}" for name in Candidate._fields[-4:]),
]


@dataclass(frozen=True)
class Ranked:
    entry: Candidate
    score: float
    words: float  # what of it came from words
    matched: float  # share of the question that was found, by weight
    in_head: float  # weight of what stands in the head


@dataclass
class Field:
    """A sequence of stems, to count in."""

    text: str
    has_letters: bool  # ones that may have accents

    @cached_property
    def words(self) -> Counter[str]:
        return Counter(self.text.split())

    @cached_property
    def folded(self) -> Counter[str]:
        return Counter(fold(self.text).split())

    def count(self, needles: "Needles") -> float:
        words = self.words
        found = max(
            (q * min(words[word], 4) for word, q in needles.words.items() if word in words), default=0.0
        )
        for phrase, quality in needles.phrases.items():
            if phrase in self.text:
                found = max(found, quality * min(self.text.count(phrase), 4))
        if not found and self.has_letters and (needles.has_accents or not self.text.isascii()):
            words = self.folded
            found = max(
                (FOLDED * q * min(words[word], 4) for word, q in needles.folded.items() if word in words),
                default=0.0,
            )
        return found


@dataclass
class Needles:
    """What a group looks like in texts of one language."""

    words: dict[str, float] = field(default_factory=dict)
    phrases: dict[str, float] = field(default_factory=dict)
    folded: dict[str, float] = field(default_factory=dict)
    has_accents: bool = False

    @classmethod
    def of(cls, group: Group, locale: str) -> "Needles":
        needles = cls()
        for variant in group.variants:
            if variant.is_run:
                _most(needles.phrases, variant.said, variant.quality)
            elif " " in variant.said:
                phrase = " ".join(stem(word, locale) for word in variant.said.split())
                _most(needles.phrases, f" {phrase} ", variant.quality)
            else:
                for word in (variant.said, stem(variant.said, locale), *variant.lexemes):
                    _most(needles.words, word, variant.quality)
        for word, quality in needles.words.items():
            _most(needles.folded, fold(word), quality)
        needles.has_accents = any(not word.isascii() for word in needles.words)
        return needles


def _most(qualities: dict[str, float], said: str, quality: float) -> None:
    qualities[said] = max(quality, qualities.get(said, 0))


class Ranking:
    def __init__(self, asked: Asked, *, skus: Collection[str], store_id: UUID | None) -> None:
        self.asked, self.skus, self.store_id = asked, set(skus), store_id
        self._needles: dict[str, list[tuple[Group, Needles]]] = {}

    def rank(self, entry: Candidate, *, is_whole: bool) -> Ranked:
        """`is_whole`: the question is its title."""
        has_letters = not entry.locale.startswith(WITHOUT_LETTERS)
        title, head, body = (Field(text, has_letters) for text in (entry.title, entry.head, entry.body))
        by_title = 0.6 + 0.4 * max(1, len(title.text.split())) / 8
        by_length = 0.75 + 0.25 * entry.length / USUAL_LENGTH
        score = in_head = matched = 0.0
        for group, needles in self._of_locale(entry.locale):
            in_title, beside = title.count(needles), head.count(needles)
            inside = body.count(needles)
            found = TITLE * in_title / by_title + HEAD * min(beside, 2) + BODY * inside / by_length
            if found:
                score += group.weight * found / (found + SATURATED)
                matched += group.weight
                if in_title or beside:
                    in_head += group.weight
        share = matched / self.asked.total if self.asked.total else 0.0
        words = score * (0.4 + 0.6 * share) + self._together(entry)
        return Ranked(entry, self._known(entry, words, is_whole), words, share, in_head)

    def _of_locale(self, locale: str) -> list[tuple[Group, Needles]]:
        if locale not in self._needles:
            self._needles[locale] = [(group, Needles.of(group, locale)) for group in self.asked.groups]
        return self._needles[locale]

    def _together(self, entry: Candidate) -> float:
        """What stood together in the question stands together here."""
        score = 0.0
        for run in self.asked.runs:
            weight = sum(group.weight for group in self.asked.groups if group.is_run and group.said in run)
            score += weight * _where(entry, run)
        for one, other in self.asked.pairs:
            phrase = f" {stem(one.said, entry.locale)} {stem(other.said, entry.locale)} "
            score += (one.weight + other.weight) / 2 * _where(entry, phrase)
        return score

    def _known(self, entry: Candidate, words: float, is_whole: bool) -> float:
        """Add what does not hang on words: titles and products as a whole, the language, whether it helped."""
        asked, score = self.asked, words
        if is_whole:
            score += EXACT_TITLE * max(asked.total, 1.0)
        if any(f" {code.removeprefix(marks.SKU)} " in entry.head for code in asked.codes):
            score += NAMED_PRODUCT * max(asked.total, 1.0)
        if any(f" {sku} " in entry.head for sku in self.skus):
            score *= OF_PRODUCT
        if entry.locale == asked.locale:
            score *= OF_LOCALE
        elif entry.locale.partition("-")[0] == asked.locale.partition("-")[0]:
            score *= 1 + (OF_LOCALE - 1) / 2
        if self.store_id == entry.store_id:
            score *= OF_STORE
        solved, missed = entry.solved_count, entry.missed_count
        helpful = (solved + 2) / (solved + missed + 4) - 0.5
        return score * (1 + HELPFUL * helpful + OFTEN_USED * math.log1p(min(solved, 1_000)))


def _where(entry: Candidate, phrase: str) -> float:
    if phrase in entry.title:
        return PHRASE_IN_TITLE
    if phrase in entry.head:
        return PHRASE_IN_HEAD
    return PHRASE_IN_BODY if phrase in entry.body else 0.0
