"""Takes a question apart, with what the stores' vocabulary knows of its words."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from helpdesk.lib.text import fold, words
from knowledge.finding import lexemes as marks
from knowledge.finding import stopwords
from knowledge.finding.asked import BEGUN, CHARACTER, COMPOUND, SPLIT, SYNONYM, TYPO, Asked, Group, Variant
from knowledge.finding.lexemes import forms, normal, squashed
from knowledge.finding.synonyms import Said, meant
from knowledge.finding.vocabulary import Vocabulary
from knowledge.indexing import BACKWARDS

LONGEST = 2_000  # characters that are looked at
MOST_WORDS, MOST_PAIRS = 60, 150  # of them
MOST_GROUPS = 14  # the rarest ones
MOST_ENDINGS = 16
MOST_TYPOS = 3
LOOSE = 0.3  # of its weight keeps a pair of Han that is no word
COMPOUNDING = ("fi", "sv", "de", "nl")  # languages that write several words as one
SHORTEST_PART = 4
Pieces = Callable[[str], list[str]]


def parse(text: str, *, locale: str, vocabulary: Vocabulary) -> Asked:
    """Return what `text` asks for; without groups and codes, nothing."""
    text = normal(text[:LONGEST])
    return _Parser(text, locale, vocabulary).asked()


@dataclass
class _Parser:
    text: str
    locale: str
    vocabulary: Vocabulary
    counts: dict[str, int] = field(default_factory=dict)
    runs: list[str] = field(default_factory=list)
    by_place: dict[int, list[Group]] = field(default_factory=dict)  # of the word in the question
    pairs: list[tuple[Group, Group]] = field(default_factory=list)

    def asked(self) -> Asked:
        self.words = words(self.text)[:MOST_WORDS]
        is_small_talk = not self._find_groups(stopwords.WORDS, stopwords.pieces)
        if is_small_talk:
            self._find_groups(frozenset(), lambda run: [run])
        codes = self._codes()
        self._add_synonyms()
        groups = [group for groups in self.by_place.values() for group in groups]
        wanted = [term for group in groups for variant in group.variants for term in variant.lexemes]
        halves = [half for group in groups if group.is_run for half in group.said]
        self.counts = self.vocabulary.counts([marks.STORE, *wanted, *halves, *codes])
        for group in groups:
            self._keep_known(group)
        self._add_beginnings(groups)
        groups += self._halves(groups)
        self._add_compounds(groups)
        self._forgive(groups)
        groups = self._weigh([group for group in groups if group.variants])
        return Asked(
            locale=self.locale,
            groups=groups,
            runs=[run for run in self.runs if len(run) > 2],
            pairs=[pair for pair in self.pairs if all(group in groups for group in pair)],
            whole=squashed(self.text) if len(self.words) < MOST_WORDS else "",
            codes=[code for code in codes if code in self.counts],
            entries=self.counts.get(marks.STORE, 0),
            is_small_talk=is_small_talk,
        )

    # -- Words

    def _find_groups(self, stops: frozenset[str], pieces: Pieces) -> bool:
        seen: dict[str, Group] = {}
        for place, word in enumerate(self.words):
            if word.is_run:
                found = list(self._of_run(word.text, seen, pieces))
            elif word.text in stops:
                found = []
            else:
                found = [seen.setdefault(word.text, self._of_word(word.text))]
            if found:
                self.by_place[place] = found
        for place in self.by_place:
            if (
                place + 1 in self.by_place
                and not self.words[place].is_run
                and not self.words[place + 1].is_run
            ):
                self.pairs.append((self.by_place[place][0], self.by_place[place + 1][0]))
        return bool(self.by_place)

    def _of_word(self, word: str) -> Group:
        group = Group(word, is_run=False)
        for locale in dict.fromkeys([self.locale, "en", "fi"]):
            group.add(*(Variant(word, (form,)) for form in forms(word, locale)))
        return group

    def _of_run(self, run: str, seen: dict[str, Group], pieces: Pieces) -> Iterator[Group]:
        for piece in pieces(run):
            self.runs.append(piece)
            for said in _pairs(piece):
                if said not in seen and len(seen) < MOST_PAIRS:
                    seen[said] = Group(said, is_run=True)
                    seen[said].add(Variant(said, (said,), is_run=True))
                    yield seen[said]

    def _codes(self) -> list[str]:
        """Return terms of the SKUs that may be meant, however they are written: "MUG-1", "mug1", "mug 1"."""
        found: dict[str, None] = {}
        for first in range(len(self.words)):
            parts = []
            for word in self.words[first : first + 4]:
                if word.is_run:
                    break
                parts.append(word.text)
                code = "".join(parts)[: marks.MAX_TERM]
                if any(sign.isdecimal() for sign in code) or len(parts) == len(self.words):
                    found[marks.SKU + code] = None
                    if len(parts) > 1:
                        for place in range(first, first + len(parts)):
                            for group in self.by_place.get(place, ()):
                                group.add(Variant(code, (code,)))
        return list(found)[:MOST_WORDS]

    def _add_synonyms(self) -> None:
        question = [Said.of(word, self.locale) for word in self.words]
        for also in meant(question, self.vocabulary.stores, self.locale):
            groups = [
                group
                for place in range(also.first, also.last)
                for group in self.by_place.get(place, ())
                if not also.run or group.said in also.run
            ]
            if not groups:  # nothing but stop words say it
                groups = [Group(also.run or self.words[also.first].text, is_run=bool(also.run))]
                self.by_place.setdefault(also.first, []).extend(groups)
            for other in also.others:
                variants = list(self._ways_to_say(other))
                for group in groups:
                    group.add(*variants)

    def _ways_to_say(self, phrase: str) -> Iterator[Variant]:
        parts = words(normal(phrase))
        said = " ".join(part.text for part in parts)
        is_run = all(part.is_run for part in parts) and len(parts) == 1
        for locale in dict.fromkeys([self.locale, "en", "fi"]):
            options = [_pairs(part.text) if part.is_run else list(forms(part.text, locale)) for part in parts]
            if len(parts) == 1 and not is_run:
                yield from (Variant(said, (form,), SYNONYM) for form in options[0])
            elif parts:
                # As it is written, and every word by its stem.
                for pick in (0, 1):
                    terms = (
                        term
                        for part, terms in zip(parts, options, strict=True)
                        for term in (terms if part.is_run else terms[min(pick, len(terms) - 1) :][:1])
                    )
                    yield Variant(said, tuple(dict.fromkeys(terms)), SYNONYM, is_run=is_run)

    # -- What the vocabulary says

    def _keep_known(self, group: Group) -> None:
        group.variants = [
            variant for variant in group.variants if all(term in self.counts for term in variant.lexemes)
        ]
        group.entries = max(map(self._entries, group.variants), default=0)

    def _entries(self, variant: Variant) -> int:
        return min((self.counts.get(term, 0) for term in variant.lexemes), default=0)

    def _add_beginnings(self, groups: list[Group]) -> None:
        """The last word may be on its way."""
        last = self.words[-1] if self.words else None
        if last is None or last.is_run or last.end != len(self.text):
            return
        typed = next((group for group in groups if group.said == last.text and not group.is_run), None)
        if typed is None:
            return
        if len(last.text) <= 2:
            # As many go on from so little, titles have been asked before: marked terms say how their words begin.
            typed.add(Variant(" " + last.text, (marks.BEGINS + last.text,), BEGUN, is_run=True))
            typed.entries = max(typed.entries, self.counts.get(marks.STORE, 0) // 4)
            return
        found = self.vocabulary.going_on([last.text], MOST_ENDINGS)[last.text]
        self._take(typed, found, BEGUN)
        # A code is named by its beginning only where it looks like one.
        if any(sign.isdecimal() or sign in "-_" for sign in self.text):
            code = marks.SKU + squashed(self.text)
            for term in self.vocabulary.going_on([code], MOST_ENDINGS)[code]:
                typed.add(Variant(term[len(marks.SKU) :], (term,), BEGUN))

    def _take(self, group: Group, found: dict[str, int], quality: float) -> None:
        """Take other terms for a word. What was written itself says how rare it is, if anybody wrote it."""
        self.counts |= found
        if not group.entries:
            group.entries = sum(found.values())
        group.add(*(Variant(term, (term,), quality) for term in found))

    def _halves(self, groups: list[Group]) -> list[Group]:
        """Return groups for the characters of pairs that nobody wrote."""
        found = {}
        for group in groups:
            if group.is_run and not group.variants and len(group.said) == 2:
                for half in group.said:
                    if half in self.counts and half not in found:
                        found[half] = Group(half, is_run=True, share=CHARACTER, entries=self.counts[half])
                        found[half].add(Variant(half, (half,), is_run=True))
        return list(found.values())

    def _add_compounds(self, groups: list[Group]) -> None:
        """Find words in longer ones, and what a longer one is made of, where people write so."""
        if not self.locale.startswith(COMPOUNDING):
            return
        parts: dict[str, Group] = {}
        for group in groups:
            if not group.is_run and len(parts) < MOST_GROUPS:
                for term in forms(group.said, self.locale):
                    if len(term) >= SHORTEST_PART and term.isalpha():
                        parts[term] = parts[BACKWARDS + term[::-1]] = group
        for part, found in self.vocabulary.going_on(list(parts), MOST_ENDINGS).items():
            if part.startswith(BACKWARDS):
                found = {term[:0:-1]: count for term, count in found.items()}
            self._take(parts[part], found, COMPOUND)
        for group in groups:
            if not group.is_run and len(group.said) >= 2 * SHORTEST_PART:
                self._split(group)

    def _split(self, group: Group) -> None:
        """Add the two words that a compound is made of: either says half of it."""
        word = group.said
        halves = [(word[:at], word[at:]) for at in range(SHORTEST_PART, len(word) - SHORTEST_PART + 1)]
        known = {half: list(forms(half, self.locale)) for pair in halves for half in pair}
        counts = self.vocabulary.counts(term for terms in known.values() for term in terms)
        for pair in halves:
            if all(any(term in counts for term in known[half]) for half in pair):
                for half in pair:
                    self._take(group, {t: counts[t] for t in known[half] if t in counts}, SPLIT)
                return

    def _forgive(self, groups: list[Group]) -> None:
        """Take the nearest words for those that nobody wrote."""
        unknown = [group for group in groups if not group.variants and not group.is_run]
        for group in unknown[:MOST_TYPOS]:
            plain = fold(group.said)
            found = self.vocabulary.nearest(group.said)
            if not found and plain != group.said:
                found = self.vocabulary.nearest(plain)
            self._take(group, found, TYPO)
            if not found and self.locale.startswith(COMPOUNDING) and len(group.said) >= 2 * SHORTEST_PART:
                self._take(group, self._kin(group.said), COMPOUND)

    def _kin(self, word: str) -> dict[str, int]:
        """Return terms that begin as a word does, but for its ending: stemmers do not know every inflection."""
        begins = word[: -max(3, len(word) // 4)]
        return self.vocabulary.going_on([begins], MOST_ENDINGS)[begins]

    def _weigh(self, groups: list[Group]) -> list[Group]:
        """Give each group its weight, and return the ones that say most, in their order."""
        there = max(self.counts.get(marks.STORE, 0), 1)
        for group in groups:
            entries = min(group.entries, there)
            share = group.share * (self._cohesion(group.said) if group.is_run else 1.0)
            group.weight = share * math.log(1 + (there - entries + 0.5) / (entries + 0.5))
        kept = sorted(groups, key=lambda group: -group.weight)[:MOST_GROUPS]
        return [group for group in groups if any(group is one for one in kept)]

    def _cohesion(self, said: str) -> float:
        """Return how much of a word a pair of Han is. Rare pairs are often the end of one and the beginning of another.

        The characters of a word keep company: where one stands, the other often does.
        """
        rarer = min((self.counts.get(half, 0) for half in said), default=0)
        if len(said) < 2 or not rarer:
            return 1.0
        return min(1.0, LOOSE + (1 - LOOSE) * 1.5 * self.counts.get(said, 0) / rarer)


def _pairs(run: str) -> list[str]:
    return [run] if len(run) == 1 else [run[i : i + 2] for i in range(len(run) - 1)]
