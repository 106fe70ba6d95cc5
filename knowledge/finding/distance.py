"""Typos: a letter too many, too few, another one, or two that changed places."""

from collections.abc import Iterator

_ENGLISH = "abcdefghijklmnopqrstuvwxyz"
_LATIN = _ENGLISH + "åäöéü"
_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюяё"


def edited_once(word: str) -> set[str]:
    """Return everything that is one typo away from `word`."""
    return set(_edits(word)) - {word}


def _edits(word: str) -> Iterator[str]:
    # Words are in the index without their accents, too: who typed none is compared with those.
    letters = _ENGLISH if word.isascii() else _CYRILLIC if any(c in _CYRILLIC for c in word) else _LATIN
    for i in range(len(word) + 1):
        before, after = word[:i], word[i:]
        for letter in letters:
            yield before + letter + after
            if after:
                yield before + letter + after[1:]
        if after:
            yield before + after[1:]
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]


def within(one: str, other: str, most: int) -> bool:
    """Whether at most `most` typos lie between two words."""
    if abs(len(one) - len(other)) > most or len(set(one) ^ set(other)) > 2 * most:
        return False
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        line = [i]
        for j, there in enumerate(other, 1):
            cost = min(line[j - 1] + 1, last[j] + 1, last[j - 1] + (letter != there))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == there:
                cost = min(cost, before[j - 2] + 1)
            line.append(cost)
        if min(line) > most:
            return False
        before, last = last, line
    return last[-1] <= most
