"""The design system keeps its promises: colours can be read, icons exist, pages obey the content policy."""

import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string

from helpdesk.lib.palette import COLORS, color_for, initials

ROOT = Path(__file__).resolve().parents[2]
CSS = (ROOT / "static/css/desk.css").read_text()
TOKENS = {
    name: {"light": light, "dark": dark}
    for name, light, dark in re.findall(r"--desk-([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", CSS)
} | {"on-accent": {"light": "#ffffff", "dark": "#ffffff"}}
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))

GROUNDS = ["bg", "surface", "raised", "sunken", "hover"]
TEXTS = ["text", "muted", "faint", "accent-text", "good", "warn", "bad"]
PAIRS = [
    *((text, ground) for text in TEXTS for ground in GROUNDS),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("on-accent", "bad-solid"),
    ("accent-text", "accent-soft"),
    *((name, f"{name}-soft") for name in ("good", "warn", "bad")),
    *((text, "note") for text in ("text", "muted", "faint")),
]


def luminance(color: str) -> float:
    """WCAG 2, relative luminance."""
    channels = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_what_is_written_can_be_read(text, ground, theme):
    assert contrast(TOKENS[text][theme], TOKENS[ground][theme]) >= 4.5


@pytest.mark.parametrize("color", COLORS)
def test_a_named_colour_can_be_read_on_itself(color):
    selector = r"\[data-color\]" if color == "slate" else rf'\[data-color="{color}"\]'
    rule = re.search(
        selector + r" \{ --c-bg: light-dark\((.+?), (.+?)\); --c-fg: light-dark\((.+?), (.+?)\)", CSS
    )
    assert rule, f"no rule for {color}"
    light_ground, dark_ground, light_text, dark_text = rule.groups()
    assert contrast(light_ground, light_text) >= 4.5
    assert contrast(dark_ground, dark_text) >= 4.5


def test_scripts_and_templates_agree_on_the_palette():
    script = (ROOT / "static/js/base.js").read_text()

    [line] = re.findall(r"COLORS = \[(.+?)\]", script)
    assert re.findall(r'"(\w+)"', line) == COLORS


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Mia Wallin", "MW"),
        ("Tom O'Connor", "TO"),
        ("Anna Maria van Dijk", "AD"),
        ("李小明", "小明"),
        ("王丽", "王丽"),
        ("mia@example.test", "MT"),
        ("Åsa", "Å"),
        ("  ", "?"),
        ("", "?"),
    ],
)
def test_initials_are_those_one_would_write(name, expected):
    assert initials(name) == expected


def test_a_person_keeps_their_colour():
    assert color_for("a") == color_for("a")
    assert {color_for(str(number)) for number in range(100)} == set(COLORS)


def test_every_icon_is_in_the_sprite():
    lines = (ROOT / "tools/icons.txt").read_text().splitlines()
    listed = {re.sub(r"^filled/(.+)", r"\1-filled", line.strip()) for line in lines}
    used = {name for page in TEMPLATES for name in re.findall(r'{% icon "([\w-]+)"', page.read_text())}

    assert used - listed == set()


@pytest.mark.parametrize("page", TEMPLATES, ids=lambda page: str(page.relative_to(ROOT / "templates")))
def test_no_page_needs_what_the_content_policy_forbids(page):
    text = page.read_text()

    assert not re.search(r"<style|\sstyle=|\son\w+=", text)
    assert all("src=" in tag or "json" in tag for tag in re.findall(r"<script[^>]*>", text))


@pytest.mark.django_db
def test_a_page_that_is_not_there_says_so_in_the_desk_s_own_words(client):
    answer = client.get("/nothing/at/all/")

    assert answer.status_code == 404
    assert b"There is nothing here" in answer.content


def test_the_page_of_last_resort_needs_nothing():
    source = (ROOT / "templates/500.html").read_text()

    assert "{" not in source
    assert render_to_string("500.html") == source
    for address in re.findall(r'href="/static/(.+?)"', source):
        assert (ROOT / "static" / address).is_file()
