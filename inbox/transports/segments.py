"""What a text is as SMS: in which alphabet, of how many units, and how many messages a carrier counts and charges.

3GPP TS 23.038 (GSM 03.38) has the alphabets and TS 23.040 the chain: 140 bytes carry 160 septets or 70 UTF-16
units; the header that chains messages takes six of them, which leaves 153 or 67.
"""

from collections.abc import Iterable
from typing import NamedTuple

GSM = "GSM-7"
UCS2 = "UCS-2"
# By code, 0x00 to 0x7F; 0x1B leads to the second table and is no character.
_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = "\f^{}\\[~]|€"  # each takes two units: 0x1B, and its code
_UNITS = dict.fromkeys(_BASIC.replace("\x1b", ""), 1) | dict.fromkeys(_EXTENSION, 2)


class Segments(NamedTuple):
    encoding: str  # GSM or UCS2
    units: int  # septets, or UTF-16 units
    segments: int  # 0 for no text


def segments(text: str) -> Segments:
    """Return how a text goes out. One character outside of GSM-7 makes the whole text UCS-2.

    What takes two units (an escape and its code, a surrogate pair) is never torn apart: where it does not fit
    any more, it begins the next message, and a unit stays empty.
    """
    sizes = [_UNITS.get(character, 0) for character in text]
    if all(sizes):
        return Segments(GSM, sum(sizes), _count(sizes, alone=160, chained=153))
    sizes = [2 if ord(character) > 0xFFFF else 1 for character in text]
    return Segments(UCS2, sum(sizes), _count(sizes, alone=70, chained=67))


def _count(sizes: list[int], *, alone: int, chained: int) -> int:
    if sum(sizes) <= alone:
        return 1 if sizes else 0
    return 1 + sum(1 for _ in _breaks(sizes, chained))


def _breaks(sizes: Iterable[int], room: int) -> Iterable[None]:
    left = room
    for size in sizes:
        if size > left:
            yield None
            left = room
        left -= size
