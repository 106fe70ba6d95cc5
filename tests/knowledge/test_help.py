"""The help centre: what is public, in which language, kept by which caches, and nothing else on any address."""

import json
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, reverse

from knowledge import help_urls, help_views
from knowledge.models import Vote
from knowledge.services import archive_article, change_article, save_text, withdraw
from knowledge.services.files import add_file
from tests.knowledge.conftest import Shelf

SECRET = "zebrafinch"
VOTER = "0123456789abcdef" * 2


def get(path: str, **headers: str) -> Any:
    return Client().get(path, headers=headers)


def page(path: str) -> str:
    answer = get(path)
    assert answer.status_code == 200, path
    return str(answer.content.decode())


def every_address(shelf: Shelf, slugs: list[str], ids: list[str]) -> list[str]:
    """Return each address of the help centre, with each of the things that might be looked for by it."""
    given = {
        "store_key": [shelf.store.key],
        "locale": ["en", "fi"],
        "key": [shelf.category.key, "more"],
        "slug": slugs,
        "file_id": ids,
    }
    addresses = []
    for pattern in help_urls.urlpatterns:
        assert isinstance(pattern, URLPattern)
        combined: list[dict[str, str]] = [{}]
        for name in pattern.pattern.converters:
            combined = [{**one, name: value} for one in combined for value in given[name]]
        addresses += [reverse(f"help:{pattern.name}", kwargs=kwargs) for kwargs in combined]
    return addresses


def test_drafts_and_internal_articles_are_on_no_address(shelf: Shelf) -> None:
    body = f"The word is {SECRET}.\n"
    titled = f"About {SECRET}"
    shelf.live("Known to all", "Nothing here.", category=shelf.category)
    draft = shelf.draft(titled, body, category=shelf.category, slug="draft")
    internal = shelf.live(titled, body, category=shelf.category, audience="internal", slug="internal")
    archived = shelf.live(titled, body, category=shelf.category, slug="archived")
    archive_article(agent=shelf.admin, article_id=archived.article_id)
    gone = shelf.live(titled, body, slug="gone")
    withdraw(agent=shelf.admin, article_id=gone.article_id, locale="en")
    edited = shelf.live("Edited", "Before.", slug="edited")
    save_text(
        agent=shelf.admin, article_id=edited.article_id, locale="en", title=titled, body=body, revision=1
    )
    elsewhere = shelf.live(titled, body, agent=shelf.admin, store=shelf.other_store, slug="elsewhere")
    files = []
    for text in (draft, internal, archived, gone, edited, elsewhere):
        upload = SimpleUploadedFile("a.txt", SECRET.encode())
        files.append(str(add_file(agent=shelf.admin, article_id=text.article_id, upload=upload).id))
    slugs = ["draft", "internal", "archived", "gone", "edited", "elsewhere", "known-to-all"]
    found = 0
    for address in every_address(shelf, slugs, files):
        queries = ["?store=shop"] if "/api/" in address else [""]
        if "search" in address or address.endswith("/help"):
            queries += [f"{queries[0] or '?'}&q={SECRET}", f"?q={SECRET}&part=1"]
        for query in queries:
            answer = get(address + query)
            found += answer.status_code == 200
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content
            # What was asked may be said again; what was found may not be there.
            words = content.decode().replace(f'value="{SECRET}"', "").replace(f"“{SECRET}”", "")
            words = words.replace(f"?q={SECRET}", "")
            assert SECRET not in words, address + query
    assert found > 8


def test_a_page_is_the_same_for_everybody_and_kept_for_a_minute(shelf: Shelf) -> None:
    text = shelf.live(category=shelf.category)
    for path in ("/help/shop/en/", "/help/shop/en/categories/delivery/",
                 f"/help/shop/en/articles/{text.article.slug}/"):  # fmt: skip
        client = Client()
        client.force_login(shelf.admin)
        answer, stranger = client.get(path), get(path)
        assert answer.content == stranger.content
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert not answer.cookies
        assert "public" in answer.headers["Cache-Control"]
        assert "max-age=60" in answer.headers["Cache-Control"]
        again = get(path, **{"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
    answer = get("/help/shop/en/search/?q=delivery")
    assert (answer.headers["Cache-Control"], answer.headers["X-Robots-Tag"]) == (
        "private, no-store",
        "noindex",
    )


def test_the_widget_finds_and_shows_what_is_public(shelf: Shelf) -> None:
    shelf.live("Delivery times", "Two days, see [fees](article:fees).", slug="times")
    shelf.live("Fees", slug="fees")
    shelf.live("Delivery scripts", slug="scripts", audience="internal")
    asked = get("/api/widget/v1/help?store=shop&locale=fi&q=delivery").json()["results"]
    assert [one["slug"] for one in asked] == ["times"]
    most = get("/api/widget/v1/help?store=shop").json()["results"]
    assert {one["slug"] for one in most} == {"times", "fees"}
    article = get("/api/widget/v1/help/times?store=shop&locale=zh").json()
    assert (article["title"], article["locale"]) == ("Delivery times", "en")
    assert 'href="/help/shop/en/articles/fees/"' in article["html"]
    assert article["url"] == "http://127.0.0.1:8000/help/shop/en/articles/times/"
    for path in (
        "help/scripts?store=shop",
        "help/times?store=other",
        "help?store=nowhere",
        "help/times?store=x",
    ):
        assert get(f"/api/widget/v1/{path}").status_code == 404, path
    for path in ("help", "help?store=shop&q=" + "x" * 1001, "help?store=a%00", "help/times"):
        assert get(f"/api/widget/v1/{path}").status_code == 400, path
    assert '"help": true' in page("/widget/shop/")
    assert '"help": false' in page("/widget/other/")


def test_the_entrance_leads_to_the_browsers_language(shelf: Shelf) -> None:
    text = shelf.live()
    save_text(
        agent=shelf.admin,
        article_id=text.article_id,
        locale="fi",
        title="Toimitus",
        body="Kaksi.",
        revision=0,
    )
    shelf.publish(text.article, "fi")
    for asked, gets in [
        ("fi-FI,fi;q=0.9", "fi"),
        ("sv,fi;q=0.5", "fi"),
        ("de", "en"),
        ("", "en"),
        ("*", "en"),
    ]:
        answer = get("/help/shop/", **{"Accept-Language": asked})
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/help/shop/{gets}/"), asked
        assert answer.headers["Vary"] == "Accept-Language"
    assert get("/help/shop/fi-FI/").headers["Location"] == "/help/shop/fi/"
    assert get("/help/shop/zh-CN/?x=1").headers["Location"] == "/help/shop/en/?x=1"
    assert get("/help/shop/..%2f/").status_code == 404
    assert get("/help/shop/tlh/").status_code == 404
    assert get("/help/nowhere/en/").status_code == 404
    assert 'lang="en"' in page("/help/shop/en/")


def test_an_article_that_is_not_translated_comes_in_the_stores_language(shelf: Shelf) -> None:
    text, other = shelf.live("Only English", "Words."), shelf.live("Both", "Words.")
    save_text(
        agent=shelf.admin, article_id=other.article_id, locale="fi", title="Molemmat", body="S.", revision=0
    )
    shelf.publish(other.article, "fi")
    html = page(f"/help/shop/fi/articles/{text.article.slug}/")
    assert '<article lang="en">' in html
    assert 'rel="canonical" href="http://127.0.0.1:8000/help/shop/en/articles/only-english/"' in html
    both = page(f"/help/shop/fi/articles/{other.article.slug}/")
    assert re.findall(r'hreflang="(\w+)" href="http[^"]+/articles/both/"', both) == ["en", "fi"]
    assert 'rel="canonical" href="http://127.0.0.1:8000/help/shop/fi/articles/both/"' in both


def test_links_and_pictures_lead_to_what_is_public(shelf: Shelf, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    shelf.live("Open", slug="open")
    shelf.live("Closed", slug="closed", audience="internal")
    text = shelf.draft("Both", "x", slug="both")
    shown, unused = (
        add_file(
            agent=shelf.admin, article_id=text.article_id, upload=SimpleUploadedFile(f"{name}.txt", b"words")
        )
        for name in ("shown", "unused")
    )
    body = f"[a](article:open) [b](article:closed) [c](file:{shown.id}) [d](file:{uuid4()}) <script>"
    save_text(agent=shelf.admin, article_id=text.article_id, locale="en", title="Both", body=body, revision=1)
    assert get(f"/help/shop/files/{shown.id}/").status_code == 404
    shelf.publish(text.article)
    html = page("/help/shop/en/articles/both/")
    assert 'href="/help/shop/en/articles/open/"' in html
    assert "closed" not in html
    assert "<script>" not in html.split("<article")[1].split("</article")[0]
    answer = get(f"/help/shop/files/{shown.id}/")
    assert b"".join(answer.streaming_content) == b"words"
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert get(f"/help/shop/files/{unused.id}/").status_code == 404
    assert get(f"/help/other/files/{shown.id}/").status_code == 404
    change_article(agent=shelf.admin, article_id=text.article_id, audience="internal")
    assert get(f"/help/shop/files/{shown.id}/").status_code == 404


def test_the_sitemap_lists_what_is_public(shelf: Shelf) -> None:
    shelf.live("Open", slug="open")
    shelf.live("Closed", slug="closed", audience="internal")
    shelf.draft("Draft", slug="draft")
    answer = get("/help/shop/sitemap.xml")
    assert re.findall(r"<loc>(.+?)</loc>", answer.content.decode()) == [
        "http://127.0.0.1:8000/help/shop/en/articles/open/"
    ]
    assert answer.headers["Content-Type"] == "application/xml"
    assert get("/help/shop/sitemap.xml?p=x").status_code == 404


def test_shelves_show_what_solved_most_and_say_how_much_there_is(
    shelf: Shelf, django_assert_max_num_queries: Any
) -> None:
    for number in range(7):
        text = shelf.live(f"Article {number}", category=shelf.category)
        type(text.article).objects.filter(pk=text.article_id).update(solved_count=number)
    shelf.live("On no shelf")
    with django_assert_max_num_queries(11):
        html = page("/help/shop/en/")
    assert "All 7 articles" in html
    shown = re.findall(r"Article \d", html.split('id="shelf-delivery"')[1].split("</section>")[0])
    assert shown == ["Article 6", "Article 5", "Article 4", "Article 3", "Article 2"]
    assert "On no shelf" in html
    assert page("/help/shop/en/categories/delivery/").count("Article ") >= 7
    for number in ("0", "2", "x", "99999999", "-1"):
        assert get(f"/help/shop/en/categories/delivery/?page={number}").status_code == 404
    assert get("/help/other/en/").status_code == 200


@pytest.mark.parametrize(
    "q", ["", " ", '" OR *', "(.*)+$", "😀", "a\x00b", "x" * 10_000, "'; DROP TABLE", "<script>"]
)
def test_no_search_is_an_error(shelf: Shelf, q: str) -> None:
    shelf.live()
    for part in ({}, {"part": "1"}):
        answer = Client().get("/help/shop/en/search/", {"q": q, **part})
        assert answer.status_code == 200
        assert b"<script>alert" not in answer.content
        assert b"DROP TABLE</" not in answer.content or b"&#x27;; DROP TABLE" in answer.content


def test_who_searches_too_often_waits(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(help_views, "SEARCHES", 2)
    with time_machine.travel("2026-05-01T10:00:00Z", tick=False):
        codes = [get("/help/shop/en/search/?q=x").status_code for _ in range(3)]
    assert codes == [200, 200, 429]


def cast(slug: str, data: Any, **headers: str) -> int:
    body = data if isinstance(data, str | bytes) else json.dumps(data)
    path = f"/help/shop/en/articles/{slug}/vote/"
    return int(Client().post(path, body, content_type="application/json", headers=headers).status_code)


def test_a_reader_says_whether_it_helped(shelf: Shelf) -> None:
    cache.clear()
    text = shelf.live(slug="open")
    assert cast("open", {"voter": VOTER, "helped": False}) == 204
    assert cast("open", {"voter": VOTER, "helped": False, "words": "Which carrier?"}) == 204
    assert [(v.helped, v.words) for v in Vote.objects.all()] == [(False, "Which carrier?")]
    text.article.refresh_from_db()
    assert (text.article.solved_count, text.article.missed_count) == (0, 1)
    assert cast("open", {"voter": VOTER, "helped": True}, **{"Sec-Fetch-Site": "cross-site"}) == 403
    shelf.live("Closed", slug="closed", audience="internal")
    assert cast("closed", {"voter": VOTER, "helped": True}) == 404


@pytest.mark.parametrize(
    "data",
    [
        "", "[]", "{", "null", b"\xff", "[" * 5000,
        {"voter": "short", "helped": True}, {"voter": VOTER, "helped": "yes"},
        {"voter": VOTER}, {"voter": 5, "helped": True}, {"voter": VOTER, "helped": True, "words": "x" * 1001},
        {"voter": VOTER, "helped": True, "words": "\x00"}, {"voter": "é" * 32, "helped": True},
    ],
)  # fmt: skip
def test_a_bad_vote_is_refused(shelf: Shelf, data: Any) -> None:
    cache.clear()
    shelf.live(slug="open")
    assert cast("open", data) == 400
    assert not Vote.objects.exists()
