"""The script a shop embeds, the launcher's colour, the panel page: what they say, to whom, what they weigh."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import translation

from inbox.widget_colors import DARK_PAGE, LIGHT_PAGE, contrast, palette
from inbox.widget_strings import launcher_strings, panel_strings
from people.models import Store
from tests.factories import World

pytestmark = pytest.mark.django_db

LOADER_LIMIT, PANEL_LIMIT = 10 * 1024, 60 * 1024


def get(path: str, **headers: str) -> Any:
    return Client().get(path, headers=headers)


def static(path: str) -> bytes:
    return Path(str(finders.find(path))).read_bytes()


def test_the_loader_is_a_script_with_its_strings_in_every_language(db: None) -> None:
    answer = get("/widget.js")
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    source = answer.content.decode()
    assert "__STRINGS__" not in source
    [line] = [line for line in source.splitlines() if "const STRINGS = " in line]
    strings, _ = json.JSONDecoder().raw_decode(line.partition(" = ")[2])
    assert set(strings) == {code for code, _ in settings.LANGUAGES}
    with translation.override("zh-hans"):
        assert strings["zh-hans"] == launcher_strings()


def test_the_loader_is_cached_for_a_short_time_and_then_only_asked_about() -> None:
    answer = get("/widget.js")
    assert "public" in answer["Cache-Control"]
    assert int(re.search(r"max-age=(\d+)", answer["Cache-Control"])[1]) <= 3600  # type: ignore[index]
    assert get("/widget.js", if_none_match=answer["ETag"]).status_code == 304
    assert get("/widget.js", if_none_match='"other"').status_code == 200


def test_the_loader_weighs_at_most_10_kb() -> None:
    answer = get("/widget.js", accept_encoding="gzip")
    assert answer["Content-Encoding"] == "gzip"
    assert len(answer.content) <= LOADER_LIMIT


def test_the_panel_weighs_at_most_60_kb_with_all_that_it_loads(world: World) -> None:
    page = get("/widget/shop/").content
    styles = re.findall(r'<link rel="stylesheet" href="/static/([^"]+)"', page.decode())
    assert styles
    scripts, waiting = set(), re.findall(r'<script type="module" src="/static/([^"]+)"', page.decode())
    while waiting:
        script = waiting.pop()
        if script not in scripts:
            scripts.add(script)
            imports = re.findall(r'^import .*?from "\./([^"]+)";', static(script).decode(), re.MULTILINE)
            waiting += [f"widget/{name}" for name in imports]
    assert len(scripts) > 10
    weight = sum(len(gzip.compress(static(path))) for path in [*styles, *scripts]) + len(gzip.compress(page))
    assert weight <= PANEL_LIMIT, weight
    # Every module is announced by the page, so that they load beside one another.
    for script in scripts:
        assert f"/static/{script}" in page.decode(), script


def test_neither_page_nor_script_sets_a_cookie_or_needs_one(world: World) -> None:
    for path in ("/widget.js", "/widget/shop/", "/widget/shop/launcher.json"):
        answer = get(path)
        assert answer.status_code == 200
        assert not answer.cookies, path


def test_the_launcher_asks_for_nothing_but_colours(world: World) -> None:
    Store.objects.update(color="#FFD400")
    answer = get("/widget/shop/launcher.json")
    assert answer.json() == {"accent": "#ffd400", "ink": "#000000"}
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer
    assert get("/widget/nowhere/launcher.json").status_code == 404


def test_the_api_is_not_opened_to_other_origins(world: World) -> None:
    answer = Client().post(
        "/api/widget/v1/sessions",
        {"store": "shop"},
        content_type="application/json",
        headers={"Origin": "https://elsewhere.test"},
    )
    assert "Access-Control-Allow-Origin" not in answer


@pytest.mark.parametrize(
    ("origins", "ancestors"),
    [
        ([], "*"),
        (["https://shop.test", "http://127.0.0.1:8001"], "https://shop.test http://127.0.0.1:8001 'self'"),
        (["https://shop.test; script-src *"], "'self'"),
        (["javascript:alert(1)", None], "'self'"),
    ],
)
def test_only_the_pages_that_the_store_names_may_hold_the_panel(
    world: World, origins: list[Any], ancestors: str
) -> None:
    Store.objects.filter(pk=world.store.pk).update(origins=origins)
    answer = get("/widget/shop/")
    policy = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";"))
    assert policy["frame-ancestors"] == ancestors
    assert policy["script-src"] == "'self'"
    assert "X-Frame-Options" not in answer


def test_other_pages_may_not_be_framed(world: World) -> None:
    assert get("/accounts/login/")["X-Frame-Options"] == "DENY"
    assert get("/widget/nowhere/").status_code == 404


@pytest.mark.parametrize(
    ("locale", "lang"),
    [("zh-CN", "zh-hans"), ("zh", "zh-hans"), ("en-GB", "en"), ("en_US", "en"), ("fi", "en"), ("../x", "en")],
)
def test_the_panel_speaks_the_language_of_the_page_else_of_the_store(
    world: World, locale: str, lang: str
) -> None:
    page = Client().get("/widget/shop/", {"locale": locale}, headers={"Accept-Language": "zh-CN"})
    assert f'<html lang="{lang}"' in page.content.decode()


def test_what_a_store_calls_itself_is_inert_in_the_page(world: World) -> None:
    Store.objects.filter(pk=world.store.pk).update(
        name='<script>x</script>"', greeting="</script><img src=x onerror=x>", color='#00"><b'
    )
    page = Client().get("/widget/shop/", {"locale": '"><script>x</script>'}).content.decode()
    assert "<script>x" not in page
    assert "<img src=x" not in page
    assert 'data-accent="#2f6fed"' in page


def test_the_page_holds_no_inline_script_and_no_inline_style(world: World) -> None:
    page = get("/widget/shop/").content.decode()
    assert not re.findall(r"\son\w+=|\sstyle=|<style|javascript:", page)
    for attributes in re.findall(r"<script([^>]*)>", page):
        assert "src=" in attributes or 'type="application/json"' in attributes


def test_the_scripts_ask_only_for_strings_that_there_are() -> None:
    known = set(panel_strings())
    for path in Path(str(finders.find("widget/panel.js"))).parent.glob("*.js"):
        if path.name != "loader.js":
            asked = set(re.findall(r'\bsay\("([\w.]+)"', path.read_text()))
            assert asked <= known, path.name
    asked = set(re.findall(r"\btext\.(\w+)\b", static("widget/loader.js").decode()))
    assert asked == set(launcher_strings())


@pytest.mark.parametrize(
    "color", ["#000000", "#ffffff", "#ffd400", "#2f6fed", "#777777", "#1f6f5c", "#ff0000", "red"]
)
def test_any_colour_of_a_store_is_readable(color: str) -> None:
    shades = palette(color)
    assert contrast(shades["ink"], shades["accent"]) >= 4.5
    assert contrast(shades["light"], LIGHT_PAGE) >= 4.5
    assert contrast(shades["dark"], DARK_PAGE) >= 4.5


def test_what_is_public_does_not_vary_by_cookie(world: World) -> None:
    for path in ("/widget.js", "/widget/shop/launcher.json"):
        assert "Cookie" not in get(path)["Vary"], path
