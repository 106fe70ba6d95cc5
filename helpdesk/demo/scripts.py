"""Reading the scripts of conversations, and dealing their words so that none comes again too soon."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "scripts"
_TURN = re.compile(r"([BAN])(=?)(?:\+(\d+)([mhd]))? (.+)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, eq=False)
class Turn:
    """One thing that is said (`who` is B, A or N) or done (`who` is the word for it)."""

    who: str
    texts: tuple[str, ...] = ()
    after: timedelta | None = None
    argument: str = ""
    paired: bool = False  # its alternatives go with those of the buyer's turn before, one each


@dataclass(frozen=True, eq=False)
class Script:
    topic: str
    needs: frozenset[str]
    turns: tuple[Turn, ...]

    @property
    def words(self) -> frozenset[str]:
        return frozenset(turn.who for turn in self.turns)


def _sections(path: Path) -> list[tuple[str, list[str]]]:
    sections: list[tuple[str, list[str]]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("=== "):
            sections.append((line[4:].strip(), []))
        elif sections and line.strip():
            sections[-1][1].append(line)
    return sections


@cache
def scripts(language: str) -> dict[str, list[Script]]:
    """Return the scripts of a language ("en", "zh") by topic."""
    found: dict[str, list[Script]] = {}
    for name in ("parcel", "change", "after", "before"):
        for heading, lines in _sections(FOLDER / f"{language}_{name}.txt"):
            topic, *needs = heading.split()
            found.setdefault(topic, []).append(Script(topic, frozenset(needs), tuple(_turns(lines))))
    return found


def _turns(lines: list[str]) -> list[Turn]:
    turns: list[Turn] = []
    for line in lines:
        if line.startswith("| "):
            last = turns[-1]
            turns[-1] = replace(last, texts=(*last.texts, line[2:]))
        elif match := _TURN.fullmatch(line):
            who, paired, count, unit, text = match.groups()
            after = timedelta(**{_UNITS[unit]: int(count)}) if count else None
            turns.append(Turn(who, (text,), after, paired=bool(paired)))
        else:
            word, _, argument = line.partition(" ")
            turns.append(Turn(word, argument=argument))
    return turns


@cache
def phrases(language: str) -> dict[str, list[str]]:
    """Return lists of ready phrases by name: how people greet, thank, comment."""
    return {
        name: ["" if line == "-" else line.removesuffix("~") + " " * line.endswith("~") for line in lines]
        for name, lines in _sections(FOLDER / f"{language}_phrases.txt")
    }


class Decks:
    """Cards dealt until all have been seen, then shuffled anew: what was just said is not said again."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self._left: dict[Any, list[Any]] = {}
        self._dealt: dict[Any, list[Any]] = {}  # the whole round, in the order of dealing
        self._last = 0  # which alternative of a buyer's turn was dealt last

    def deal(self, key: Any, cards: Sequence[Any]) -> Any:
        left = self._left.get(key)
        if not left:
            # What was dealt in the later half of the last round does not come in the earlier half of this one.
            last = self._dealt.get(key) or self.rng.sample(cards, len(cards))
            half = (len(last) + 1) // 2
            early, late = last[:half], last[half:]
            left = self._left[key] = self.rng.sample(late, len(late)) + self.rng.sample(early, len(early))
            self._dealt[key] = left[::-1]
        return left.pop()

    def script(self, language: str, topic: str, has: frozenset[str], word: str = "") -> Script | None:
        """Deal a script that needs no more than `has` (and does `word`); None where there is none."""
        fitting = [s for s in scripts(language)[topic] if s.needs <= has and (not word or word in s.words)]
        if not fitting:
            return None
        needs = frozenset[str]().union(*(s.needs for s in fitting))
        script: Script = self.deal((language, topic, needs, word), fitting)
        return script

    def text(self, turn: Turn) -> str:
        if turn.paired:
            return turn.texts[self._last]
        dealt: int = self.deal(turn, range(len(turn.texts)))
        if turn.who == "B":
            self._last = dealt
        return turn.texts[dealt]

    def phrase(self, language: str, name: str) -> str:
        text: str = self.deal((language, name), phrases(language)[name])
        return text
