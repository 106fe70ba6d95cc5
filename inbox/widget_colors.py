"""A store's colour, made readable (WCAG 2.2, 1.4.3): which text goes on it, which shade of it can be text."""

import re

ENOUGH = 4.5
LIGHT_PAGE, DARK_PAGE = "#f1f3f6", "#262d37"  # the bubbles of static/widget/panel.css
FALLBACK = "#2f6fed"


def palette(color: str) -> dict[str, str]:
    """Return `accent`, `ink` (text on it), and the accent as text on a `light` and on a `dark` page."""
    accent = color.lower() if re.fullmatch(r"#[0-9a-fA-F]{6}", color) else FALLBACK
    return {
        "accent": accent,
        "ink": ink_on(accent),
        "light": _shifted(accent, "#000000", LIGHT_PAGE),
        "dark": _shifted(accent, "#ffffff", DARK_PAGE),
    }


def ink_on(color: str) -> str:
    """Return white where it is readable on `color`, else black: one of the two always is."""
    return "#ffffff" if contrast("#ffffff", color) >= ENOUGH else "#000000"


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    channels = [value / 255 for value in _rgb(color)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _rgb(color: str) -> list[int]:
    return [int(color[i : i + 2], 16) for i in (1, 3, 5)]


def _shifted(color: str, towards: str, page: str) -> str:
    """Return `color`, mixed with as little of `towards` as makes it readable on `page`."""
    for percent in range(0, 101, 5):
        mixed = [a + (b - a) * percent // 100 for a, b in zip(_rgb(color), _rgb(towards), strict=True)]
        shade = "#" + "".join(f"{value:02x}" for value in mixed)
        if contrast(shade, page) >= ENOUGH:
            return shade
    return towards
