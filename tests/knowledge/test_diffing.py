"""What changed between two texts: by lines, inside of them by words and Chinese characters, and always in time."""

import random
import time

import pytest

from knowledge.diffing import MAX_LINES, Comparison, compare, compare_line


def told(comparison: Comparison) -> list[tuple[str, list[tuple[str, str]]]]:
    return [
        (line.kind, list(line.parts)) for line in comparison.lines if line.kind not in ("same", "skipped")
    ]


def test_a_word_is_told_apart_from_its_sentence() -> None:
    assert told(compare("Two days.\nBye.\n", "Three days.\nBye.\n")) == [
        ("changed", [("gone", "Two "), ("new", "Three "), ("same", "days.")])
    ]


def test_chinese_is_told_by_characters() -> None:
    assert told(compare("发货时间是两天。", "发货时间是三天。")) == [
        ("changed", [("same", "发货时间是"), ("gone", "两"), ("new", "三"), ("same", "天。")])
    ]


def test_a_line_that_is_another_is_gone_and_new() -> None:
    assert told(compare("Wholly of its own", "不一样的一句话")) == [
        ("gone", [("gone", "Wholly of its own")]),
        ("new", [("new", "不一样的一句话")]),
    ]


def test_long_stretches_of_the_same_are_put_away() -> None:
    old = [f"line {n}" for n in range(40)]
    new = [*old[:20], "inserted", *old[20:]]
    lines = compare("\n".join(old), "\n".join(new)).lines
    assert [(line.kind, line.count) for line in lines if line.kind != "same"] == [
        ("skipped", 18),
        ("new", 0),
        ("skipped", 18),
    ]


def test_titles_are_one_line() -> None:
    assert compare_line("Same", "Same").kind == "same"
    assert compare_line("", "New").parts == (("new", "New"),)


def test_both_texts_can_be_read_out_of_what_is_told() -> None:
    chance = random.Random(7)
    for _ in range(300):
        old, new = (
            "\n".join(
                "".join(chance.choices("ab字 ", k=chance.randint(0, 6))).strip()
                for _ in range(chance.randint(0, 9))
            )
            for _ in range(2)
        )
        found = compare(old, new)
        if any(line.kind == "skipped" for line in found.lines):
            continue
        for text, without in ((old, "new"), (new, "gone")):
            lines = [
                "".join(words for kind, words in line.parts if kind != without)
                for line in found.lines
                if line.kind != without
            ]
            assert ["".join(line.split()) for line in lines] == [
                "".join(line.split()) for line in text.splitlines()
            ]


LETTERS = random.Random(3).choices("的一是不了abcdef", k=400_000)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("".join(LETTERS[:200_000]), "".join(LETTERS[200_000:])),
        ("\n" * 200_000, "a\n" * 100_000),
        (("x\n" * 99 + "u\n") * 1000, ("x\n" * 97 + "v\n") * 1010),
    ],
    ids=["one line", "no lines", "hardly different"],
)
def test_texts_that_are_made_to_be_slow_take_seconds_at_most(old: str, new: str) -> None:
    begun = time.monotonic()
    found = compare(old, new)
    assert time.monotonic() - begun < 20  # a machine that is busy; about one when it is not
    assert len(found.lines) <= MAX_LINES
