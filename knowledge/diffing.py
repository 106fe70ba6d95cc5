"""What changed between two texts, by lines and inside of them by words; Chinese by characters.

Myers' shortest edit, with a budget: two texts of any length that have nothing to do with each other take as long as
two that differ a lot, and then the rest is told as replaced.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

SAME, GONE, NEW = "same", "gone", "new"
BUDGET = 400_000  # steps of a comparison: a part of a second, and several hundred changes
CONTEXT = 2  # lines that stay visible around a change
MAX_LINES = 2_000  # of a comparison that are shown
MAX_COMPARED = 10_000  # lines that are looked at closely: what follows is counted
MAX_LINE = 20_000  # characters of a line whose words are compared
LIKE = 0.35  # of two lines' characters must be common for their words to be told apart

# A word takes the blanks behind it along: blanks alone would tie words together that have nothing in common.
_WORD = re.compile(
    r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\u3000-\u303f]|\w+\s*|\s+|[^\w\s]\s*"
)

Part = tuple[str, str]  # SAME, GONE or NEW, and the words


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a comparison. `kind`: same, changed, gone, new; skipped stands for `count` lines that are the same."""

    kind: str
    parts: tuple[Part, ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    lines: list[Line]
    more: int = 0  # lines that are not shown

    @property
    def is_same(self) -> bool:
        return not self.more and all(line.kind in (SAME, "skipped") for line in self.lines)


class _Budget:
    """How many steps may still be taken."""

    def __init__(self) -> None:
        self.left = BUDGET

    def take(self, steps: int) -> bool:
        self.left -= steps
        return self.left > 0


def compare(old: str, new: str) -> Comparison:
    """Compare two texts."""
    budget = _Budget()
    lines: list[Line] = []
    more = 0
    for kind, gone, come in _runs(old.splitlines(), new.splitlines(), budget):
        room = max(0, MAX_COMPARED - len(lines))
        more += max(len(gone[room:]), len(come[room:]))
        if kind == SAME:
            lines += [Line(SAME, ((SAME, line),)) for line in come[:room]]
        else:
            lines += _replaced(gone[:room], come[:room], budget)
    lines = _folded(lines)
    return Comparison(lines[:MAX_LINES], more + max(0, len(lines) - MAX_LINES))


def compare_line(old: str, new: str) -> Line:
    """Compare two titles, or what else is one line."""
    if old == new:
        return Line(SAME, ((SAME, old),))
    return Line("changed", tuple(_words(old, new, _Budget())))


def _replaced(old: Sequence[str], new: Sequence[str], budget: _Budget) -> list[Line]:
    """Return lines that were replaced by others: pairs that are alike as one line, the rest as gone and new."""
    lines = []
    for before, after in zip_longest(old, new):
        if before is not None and after is not None and max(len(before), len(after)) <= MAX_LINE:
            parts = _words(before, after, budget)
            common = sum(len(words) for kind, words in parts if kind == SAME)
            if common >= LIKE * max(len(before), len(after)):
                lines.append(Line("changed", tuple(parts)))
                continue
        if before is not None:
            lines.append(Line(GONE, ((GONE, before),)))
        if after is not None:
            lines.append(Line(NEW, ((NEW, after),)))
    return lines


def _words(old: str, new: str, budget: _Budget) -> list[Part]:
    parts: list[Part] = []
    for kind, gone, come in _runs(_WORD.findall(old), _WORD.findall(new), budget):
        if kind == SAME:
            parts.append((SAME, "".join(come)))
            continue
        parts += [(mark, "".join(some)) for mark, some in ((GONE, gone), (NEW, come)) if some]
    return parts


def _runs(
    old: Sequence[str], new: Sequence[str], budget: _Budget
) -> list[tuple[str, Sequence[str], Sequence[str]]]:
    """Return both cut into runs that are the same, but for blanks at their ends, and runs that were replaced."""
    keys_old, keys_new = ([item.rstrip() or item for item in items] for items in (old, new))
    start, end_old, end_new = 0, len(old), len(new)
    while start < min(end_old, end_new) and keys_old[start] == keys_new[start]:
        start += 1
    while end_old > start and end_new > start and keys_old[end_old - 1] == keys_new[end_new - 1]:
        end_old, end_new = end_old - 1, end_new - 1
    pairs = _matches(keys_old[start:end_old], keys_new[start:end_new], budget)
    at = [(-1, -1), *((n, n) for n in range(start))]
    at += [(start + i, start + j) for i, j in pairs]
    at += [(end_old + n, end_new + n) for n in range(len(old) - end_old + 1)]
    runs: list[tuple[str, Sequence[str], Sequence[str]]] = []
    begin = (0, 0)  # of the run of sames under way
    for (i, j), (next_i, next_j) in pairwise(at):
        if (next_i, next_j) == (i + 1, j + 1):
            continue
        if begin[0] < i + 1:
            runs.append((SAME, old[begin[0] : i + 1], new[begin[1] : j + 1]))
        runs.append(("replaced", old[i + 1 : next_i], new[j + 1 : next_j]))
        begin = (next_i, next_j)
    if begin[0] < len(old):
        runs.append((SAME, old[begin[0] :], new[begin[1] :]))
    return runs


def _matches(old: Sequence[str], new: Sequence[str], budget: _Budget) -> list[tuple[int, int]]:
    """Return the pairs of a longest common sequence (Myers, O(ND)); none of them where the budget is spent."""
    if not old or not new:
        return []
    furthest = {1: 0}
    trail: list[dict[int, int]] = []
    for depth in range(len(old) + len(new) + 1):
        trail.append(reached := {})
        for k in range(-depth, depth + 1, 2):
            down = k == -depth or (k != depth and furthest[k - 1] < furthest[k + 1])
            x = furthest[k + 1] if down else furthest[k - 1] + 1
            begun = x
            while x < len(old) and 0 <= x - k < len(new) and old[x] == new[x - k]:
                x += 1
            furthest[k] = reached[k] = x
            if x >= len(old) and x - k >= len(new):
                return _walk(trail, len(old), len(new))
            if not budget.take(1 + x - begun):
                return []
    return []


def _walk(trail: list[dict[int, int]], x: int, y: int) -> list[tuple[int, int]]:
    """Follow the trail back from the end; return the pairs that were the same on the way."""
    pairs: list[tuple[int, int]] = []
    for depth in range(len(trail) - 1, 0, -1):
        before, k = trail[depth - 1], x - y
        down = k == -depth or (k != depth and before.get(k - 1, -1) < before.get(k + 1, -1))
        came = k + 1 if down else k - 1
        from_x = before[came]
        from_y = from_x - came
        begin = from_x if down else from_x + 1
        pairs += [(i, i - k) for i in range(x - 1, begin - 1, -1)]
        x, y = from_x, from_y
    pairs += [(i, i) for i in range(x - 1, -1, -1)]
    return pairs[::-1]


def _folded(lines: list[Line]) -> list[Line]:
    """Put long stretches of the same lines away, but for those beside a change."""
    changed = [n for n, line in enumerate(lines) if line.kind != SAME]
    near = {n + d for n in changed for d in range(-CONTEXT, CONTEXT + 1)}
    folded: list[Line] = []
    for n, line in enumerate(lines):
        if line.kind != SAME or n in near:
            folded.append(line)
        elif folded and folded[-1].kind == "skipped":
            folded[-1] = Line("skipped", count=folded[-1].count + 1)
        else:
            folded.append(Line("skipped", count=1))
    return folded
