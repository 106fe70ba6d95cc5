"""Markdown of articles: what comes out is harmless, whatever went in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.locales import best, normal
from knowledge.markdown import linked, to_html, to_text


def resolve(kind: str, ref: str) -> str | None:
    return f"/{kind}/{ref}" if ref.isalnum() else None


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](java\tscript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:x)",
        "![x](javascript:alert(1))",
        "[x]: javascript:alert(1)\n\n[x]",
        "<javascript:alert(1)>",
        '[x](https://a.b "onmouseover=alert(1)")',
        "`<script>`\n\n    <script>\n",
        "[x](article:../../admin)",
        "[x](file:../secret)",
    ],
)
def test_nothing_in_an_article_runs(body: str) -> None:
    html = to_html(body, resolve=resolve).lower()
    for running in (
        "<script",
        "<img src=x",
        ' onerror="',
        ' onmouseover="',
        'href="javascript',
        'src="javascript',
        'href="data',
        'href="vbscript',
        'secret"',
        'admin"',
    ):
        assert running not in html


def test_headings_tables_and_links_are_there() -> None:
    html = to_html(
        "# Sizes\n\n| EU | cm |\n|:-:|--:|\n| 38 | 24 |\n\nSee [care](article:care), [mail](mailto:a@b.test).",
        resolve=resolve,
    )
    assert "<h2>Sizes</h2>" in html
    assert '<th align="center">EU</th>' in html
    assert '<a href="/article/care"' in html
    assert '<a href="mailto:a@b.test"' in html


def test_a_picture_is_the_articles_own_or_its_words() -> None:
    html = to_html("![mug](file:12) ![spy](https://evil.test/x.png)", resolve=resolve)
    assert '<img src="/file/12" alt="mug" loading="lazy">' in html
    assert "evil.test" not in html
    assert "spy" in html


def test_words_come_out_without_marks() -> None:
    body = "# Care\n\nUse **soft** [soap](article:soap) and `water`.\n\n![a mug](file:1)\n\n| a | b |\n|-|-|\n| c | d |"
    assert to_text(body).split("\n") == ["Care", "Use soft soap and water.", "a mug", "a", "b", "c", "d"]
    assert linked(body, "file") == {"1"}
    assert linked(body, "article") == {"soap"}


@given(st.text(alphabet="[]()!*_`|<>#-\n a:/&\\\"'", max_size=300))
def test_any_marks_make_a_page(body: str) -> None:
    html = to_html(body, resolve=resolve)
    assert "<script" not in html
    to_text(body)
    linked(body, "file")


@pytest.mark.parametrize(
    ("wanted", "there", "gets"),
    [
        ("fi", ["en", "fi"], "fi"),
        ("fi-FI", ["en", "fi"], "fi"),
        ("zh-CN", ["en", "zh-hans"], "zh-hans"),
        ("zh-tw", ["en", "zh-hans"], "zh-hans"),
        ("sv", ["en", "fi"], "fi"),
        ("sv", ["de", "en"], "en"),
        ("sv", ["de", "fr"], "de"),
        ("", ["fi"], "fi"),
        ("x" * 500, ["en"], "en"),
        ("en", [], ""),
    ],
)
def test_a_reader_gets_the_nearest_language(wanted: str, there: list[str], gets: str) -> None:
    assert best(wanted, there, default="fi") == gets


def test_languages_are_written_one_way() -> None:
    assert [normal(tag) for tag in ("EN_us", "zh-Hans-CN", "zh", "tlh", "", "..")] == [
        "en", "zh-hans", "zh-hans", "", "", "",
    ]  # fmt: skip
