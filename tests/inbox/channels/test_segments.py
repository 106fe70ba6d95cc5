"""How many SMS a text is, after 3GPP TS 23.038 and 23.040."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.transports.segments import GSM, UCS2, segments

# Samples of the default alphabet's table, by the code that the standard gives them.
BASIC = {
    0x00: "@",
    0x02: "$",
    0x09: "Ç",
    0x0A: "\n",
    0x10: "Δ",
    0x11: "_",
    0x1A: "Ξ",
    0x1F: "É",
    0x24: "¤",
    0x40: "¡",
    0x5F: "§",
    0x60: "¿",
    0x7F: "à",
}
EXTENSION = {0x0A: "\f", 0x14: "^", 0x28: "{", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x40: "|", 0x65: "€"}


@pytest.mark.parametrize("character", [*BASIC.values(), *"azAZ09 ÄÖÑÜäöñüàèéùìòøØåÅæÆß"])
def test_a_character_of_the_default_alphabet_is_one_unit(character: str) -> None:
    assert segments(character) == (GSM, 1, 1)


@pytest.mark.parametrize("character", [*EXTENSION.values(), "}", "]"])
def test_a_character_of_the_extension_table_is_two_units(character: str) -> None:
    assert segments(character) == (GSM, 2, 1)


@pytest.mark.parametrize("character", ["ç", "á", "`", "“", "–", "\t", "你", "\u00a0", "\x1b"])
def test_one_character_outside_of_both_tables_makes_the_whole_text_ucs2(character: str) -> None:
    assert segments("x" * 60 + character) == (UCS2, 61, 1)


def test_the_default_alphabet_has_127_characters_and_the_extension_table_ten() -> None:
    of_size = dict.fromkeys((1, 2), 0)
    for code in range(0x2100):
        encoding, units, _ = segments(chr(code))
        if encoding == GSM:
            of_size[units] += 1
    assert of_size == {1: 127, 2: 10}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", (GSM, 0, 0)),
        ("a" * 160, (GSM, 160, 1)),
        ("a" * 161, (GSM, 161, 2)),
        ("a" * 306, (GSM, 306, 2)),
        ("a" * 307, (GSM, 307, 3)),
        ("你" * 70, (UCS2, 70, 1)),
        ("你" * 71, (UCS2, 71, 2)),
        ("你" * 134, (UCS2, 134, 2)),
        ("你" * 135, (UCS2, 135, 3)),
        ("€" * 80, (GSM, 160, 1)),
        ("😀" * 35, (UCS2, 70, 1)),
    ],
)
def test_where_one_message_more_begins(text: str, expected: tuple[str, int, int]) -> None:
    assert segments(text) == expected


def test_an_escape_and_its_code_stay_in_one_message() -> None:
    # 306 units would fit into two messages; the euro sign at the 153rd and 154th unit begins the second.
    assert segments("a" * 152 + "€" + "a" * 152) == (GSM, 306, 3)
    assert segments("a" * 151 + "€" + "a" * 153) == (GSM, 306, 2)


def test_a_surrogate_pair_stays_in_one_message() -> None:
    # 67 is odd: a chain of emoji alone leaves a unit of each message empty.
    assert segments("😀" * 66) == (UCS2, 132, 2)
    assert segments("😀" * 67) == (UCS2, 134, 3)
    assert segments("你" * 66 + "😀" + "你" * 66) == (UCS2, 134, 3)


@given(st.text(max_size=700))
def test_a_text_never_takes_fewer_messages_than_its_units_need(text: str) -> None:
    encoding, units, count = segments(text)
    alone, chained = (160, 153) if encoding == GSM else (70, 67)
    if units <= alone:
        assert count == (1 if text else 0)
    else:
        assert units / chained <= count <= units / (chained - 1) + 1
    if encoding == UCS2:
        assert units == len(text.encode("utf-16-le", "surrogatepass")) // 2
