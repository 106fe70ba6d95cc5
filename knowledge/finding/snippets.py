"""The passage of a text that answers best, with what was looked for marked in it."""

from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from helpdesk.lib.text import Word, fold, stem, words
from knowledge.finding.asked import Asked

WIDTH = 160  # characters
_LEAD = 40  # of what stands before the first match
_LOOKED_AT = 20_000  # characters of a text
_ENDS = " \n\t,.;:!?，。；：！？、（）()"


class Match(NamedTuple):
    start: int
    end: int
    group: int
    weight: float


class Marker:
    """Marks what one question looks for, in any number of texts."""

    def __init__(self, asked: Asked) -> None:
        self.weights = [max(group.weight, 0.1) for group in asked.groups]
        self.words: dict[str, int] = {}
        self.runs: dict[str, int] = {}
        self.beginnings: dict[str, int] = {}
        for number, group in enumerate(asked.groups):
            for variant in group.variants:
                if variant.is_run and variant.said.startswith(" "):
                    self.beginnings.setdefault(variant.said.strip(), number)
                elif variant.is_run:
                    self.runs.setdefault(variant.said, number)
                else:
                    for word in (*variant.said.split(), *variant.lexemes):
                        self.words.setdefault(word, number)
        # Most words of a text are looked at no further.
        self.initials = {fold(word)[:1] for word in (*self.words, *self.beginnings)}

    def snippet(self, plain: str, locale: str) -> str:
        """Return about WIDTH characters of `plain` as HTML: escaped, and what matches in <mark>."""
        plain = plain[:_LOOKED_AT]
        matches = list(self._matches(plain, locale))
        start, end = _passage(plain, matches)
        parts, at = ["…" if start else ""], start
        for first, last in _joined(matches):
            if first >= start and last <= end:
                parts += [escape(plain[at:first]), "<mark>", escape(plain[first:last]), "</mark>"]
                at = last
        parts += [escape(plain[at:end]), "…" if end < len(plain.rstrip()) else ""]
        return " ".join("".join(parts).split())

    def _matches(self, plain: str, locale: str) -> Iterator[Match]:
        for word in words(plain):
            if word.is_run:
                yield from self._in_run(word)
            elif (number := self._group(word.text, locale)) is not None:
                yield Match(word.start, word.end, number, self.weights[number])

    def _group(self, word: str, locale: str) -> int | None:
        folded = fold(word)
        if folded[:1] not in self.initials:
            return None
        for form in (word, stem(word, locale), folded):
            if form in self.words:
                return self.words[form]
        for beginning in self.beginnings:
            if word.startswith(beginning):
                return self.beginnings[beginning]
        return None

    def _in_run(self, word: Word) -> Iterator[Match]:
        whole = len(word.text) == word.end - word.start  # each character is where it was
        for said, number in self.runs.items():
            at = word.text.find(said)
            while at >= 0:
                if not whole:
                    yield Match(word.start, word.end, number, self.weights[number])
                    break
                yield Match(word.start + at, word.start + at + len(said), number, self.weights[number])
                at = word.text.find(said, at + 1)


def _passage(plain: str, matches: list[Match]) -> tuple[int, int]:
    """Return where the passage with the most of the question begins and ends, between words."""
    if len(plain) <= WIDTH:
        return 0, len(plain)
    matches.sort()
    best, place = 0.0, 0
    for number, match in enumerate(matches):
        seen: set[int] = set()
        worth = 0.0
        for other in matches[number:]:
            if other.end > match.start + WIDTH - _LEAD:
                break
            worth += other.weight * (0.1 if other.group in seen else 1.0)
            seen.add(other.group)
        if worth > best:
            best, place = worth, match.start
    start = _between_words(plain, max(0, place - _LEAD), place)
    end = min(len(plain), start + WIDTH)
    if end < len(plain):
        cut = max((plain.rfind(sign, start + WIDTH - 30, end) for sign in _ENDS), default=-1)
        end = cut + (plain[cut] not in " \n\t") if cut > start else end
    return start, end


def _between_words(plain: str, start: int, latest: int) -> int:
    """Return the beginning of a line, or else of a word, from `start` on."""
    if not start:
        return 0
    if (line := plain.rfind("\n", start, latest)) >= 0:
        return line + 1
    places = [at for at in (plain.find(sign, start, latest) for sign in _ENDS) if at >= 0]
    return min(places) + 1 if places else start


def _joined(matches: list[Match]) -> list[tuple[int, int]]:
    """Return matches in their order, those that touch as one."""
    spans: list[tuple[int, int]] = []
    for match in sorted(matches):
        if spans and match.start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], match.end))
        else:
            spans.append((match.start, match.end))
    return spans
