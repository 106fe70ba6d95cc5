"""The named colours of tags and avatars, and which of them a person gets. static/js/base.js does the same."""

import re
from uuid import UUID

# Each has its pair in static/css/desk.css ([data-color=...]).
COLORS = ["slate", "blue", "green", "amber", "red", "violet", "pink", "teal"]

_HAN = re.compile(r"[\u3400-\u9fff]")


def color_for(key: UUID | str) -> str:
    """Return the colour that always goes with `key`."""
    return COLORS[sum(map(ord, str(key))) % len(COLORS)]


def initials(name: str) -> str:
    """Return what stands in an avatar: the end of a Chinese name, else the first and the last initial."""
    name = name.strip()
    if _HAN.search(name):
        return "".join(_HAN.findall(name))[-2:]
    words = [word for word in re.split(r"[\s.@_-]+", name) if word]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()
