"""What somebody asks, as the search knows it: groups of terms that mean one thing each, and how much each says."""

from dataclasses import dataclass, field
from functools import cached_property

# How much of a word's weight each way to find it brings.
SYNONYM, TYPO, BEGUN, COMPOUND, SPLIT = 0.75, 0.85, 0.7, 0.45, 0.5
CHARACTER = 0.35  # of a pair of Han that nobody wrote, either half


@dataclass(eq=False)
class Variant:
    """A way to find what a group means: all of `lexemes` in the index; in a text `said`, a word, a phrase or Han."""

    said: str
    lexemes: tuple[str, ...]
    quality: float = 1.0
    is_run: bool = False  # looked for as it stands, whatever is around it


@dataclass(eq=False)
class Group:
    """A word of the question, or a pair of Han, with everything that is as good."""

    said: str
    is_run: bool
    share: float = 1.0  # of the weight that its rarity gives it
    variants: list[Variant] = field(default_factory=list)
    entries: int = 0  # that hold it, about
    weight: float = 0.0

    def add(self, *variants: Variant) -> None:
        for variant in variants:
            if all(variant.lexemes != other.lexemes for other in self.variants):
                self.variants.append(variant)


@dataclass(eq=False)
class Asked:
    locale: str
    groups: list[Group]
    runs: list[str]  # of Han, between stop words: best found as they stand
    pairs: list[tuple[Group, Group]]  # words that stood side by side
    whole: str  # all of it, squashed: perhaps it is a title
    codes: list[str]  # products that it names, as terms
    entries: int  # that are looked in
    is_small_talk: bool  # nothing but stop words

    @cached_property
    def total(self) -> float:
        return sum(group.weight for group in self.groups)
