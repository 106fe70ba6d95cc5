"""/api/v1/articles/: who may what, and what is refused."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from knowledge.models import Article, Text
from people.models import Agent
from tests.knowledge.conftest import Shelf

NEW = {"store": "shop", "locale": "en", "title": "Delivery", "body": "Two days.", "audience": "public"}


def call(agent: Agent | None, method: str, path: str, data: Any = None) -> Any:
    client = Client()
    if agent is not None:
        client.force_login(agent)
    body = () if data is None else (json.dumps(data), "application/json")
    return client.generic(method, f"/api/v1/articles/{path}", *body)


def test_an_article_is_begun_written_published_and_withdrawn(shelf: Shelf) -> None:
    begun = call(shelf.agent, "POST", "", {**NEW, "category": "delivery", "products": ["MUG-1"]})
    assert begun.status_code == 201
    article = begun.json()
    assert (article["slug"], article["category"]["key"], article["products"]) == (
        "delivery",
        "delivery",
        ["MUG-1"],
    )
    words = f"{article['id']}/texts/en/"
    text = call(shelf.agent, "PUT", words, {"title": "Delivery", "body": "Three days.", "revision": 1}).json()
    assert (text["revision"], text["version"], text["has_changes"]) == (2, None, True)
    assert call(shelf.agent, "POST", words + "publish/", {"revision": 2}).status_code == 403
    live = call(shelf.supervisor, "POST", words + "publish/", {"revision": 2, "note": "First"}).json()
    assert (live["version"], live["live"]["body"], live["live"]["note"]) == (1, "Three days.\n", "First")
    (version,) = call(shelf.agent, "GET", words + "versions/").json()
    call(shelf.agent, "PUT", words, {"title": "Delivery", "body": "Four days.", "revision": 2})
    back = call(shelf.agent, "POST", words + "restore/", {"version": version["id"], "revision": 3}).json()
    assert (back["body"], back["revision"], back["has_changes"]) == ("Three days.\n", 4, False)
    assert call(shelf.supervisor, "POST", words + "withdraw/").json()["live"] is None
    assert call(shelf.supervisor, "POST", f"{article['id']}/archive/").json()["archived_at"]
    assert call(shelf.agent, "GET", "").json()["results"] == []
    assert len(call(shelf.agent, "GET", "?state=archived").json()["results"]) == 1
    assert call(shelf.supervisor, "POST", f"{article['id']}/unarchive/").json()["archived_at"] is None


def test_who_saves_over_a_colleague_is_told(shelf: Shelf) -> None:
    text = shelf.draft()
    path = f"{text.article_id}/texts/en/"
    assert call(shelf.agent, "PUT", path, {"title": "A", "body": "a", "revision": 1}).status_code == 200
    answer = call(shelf.supervisor, "PUT", path, {"title": "B", "body": "b", "revision": 1})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "stale")
    assert Text.objects.get().title == "A"


def test_strangers_find_nothing(shelf: Shelf) -> None:
    text = shelf.live()
    assert call(None, "GET", "").status_code == 401
    assert call(shelf.stranger, "GET", "").json()["results"] == []
    for method, path, data in [
        ("GET", "", None),
        ("PATCH", "", {"topic": "care"}),
        ("POST", "archive/", {}),
        ("GET", "texts/en/", None),
        ("PUT", "texts/en/", {"title": "x", "revision": 1}),
        ("POST", "texts/en/publish/", {"revision": 1}),
        ("GET", "texts/en/versions/", None),
        ("POST", "texts/en/reports/", {"words": "x"}),
    ]:
        assert call(shelf.stranger, method, f"{text.article_id}/{path}", data).status_code == 404, path
    assert call(shelf.stranger, "POST", "", NEW).status_code == 404


def test_lists_are_narrowed_and_paged(shelf: Shelf) -> None:
    care = shelf.live("Care", topic="care", products=["MUG-1"])
    shelf.live("Fees", audience="internal", category=shelf.category)
    shelf.draft("Hoito", locale="fi")
    found = {
        query: [row["slug"] for row in call(shelf.agent, "GET", f"?{query}").json()["results"]]
        for query in ("", "topic=care", "sku=MUG-1", "audience=internal", "category=delivery", "locale=fi-FI",
                      "state=draft", "state=live", "state=changed", "store=other")
    }  # fmt: skip
    assert found == {
        "": ["hoito", "fees", "care"],
        "topic=care": ["care"],
        "sku=MUG-1": ["care"],
        "audience=internal": ["fees"],
        "category=delivery": ["fees"],
        "locale=fi-FI": ["hoito"],
        "state=draft": ["hoito"],
        "state=live": ["fees", "care"],
        "state=changed": [],
        "store=other": [],
    }
    Article.objects.bulk_create(Article(store=shelf.store, slug=f"a-{n}") for n in range(60))
    first = call(shelf.agent, "GET", "").json()
    second = call(shelf.agent, "GET", first["next"].removeprefix("/api/v1/articles/")).json()
    slugs = [row["slug"] for row in first["results"] + second["results"]]
    assert (len(first["results"]), len(slugs), len(set(slugs)), second["next"]) == (50, 63, 63, None)
    assert slugs[-1] == care.article.slug


def test_words_are_looked_for_among_what_is_wanted(shelf: Shelf) -> None:
    shelf.live("Delivery times", "Two days by post.", products=["MUG-1"])
    shelf.live("Delivery by hand", "Only <b>agents</b> know of post.", audience="internal")
    shelf.draft("Delivery drafts", "By post.")

    def found(query: str, agent: Agent = shelf.agent) -> list[str]:
        return [row["slug"] for row in call(agent, "GET", f"?{query}").json()["results"]]

    assert set(found("q=post")) == {"delivery-times", "delivery-by-hand"}
    assert found("q=post&audience=public") == ["delivery-times"]
    assert found("q=post&sku=MUG-1") == ["delivery-times"]
    assert found("q=post&store=other") == []
    assert found("q=post", shelf.stranger) == []
    hit = call(shelf.agent, "GET", "?q=agents").json()["results"][0]["hit"]
    assert hit["title"] == "Delivery by hand"
    assert "<mark>agents</mark>" in hit["snippet"]
    assert "<b>" not in hit["snippet"]


@pytest.mark.parametrize(
    "q", ["%22%20OR%20*", "a%20AND%20(", ".*", "%F0%9F%98%80", "%00", "x" * 10_000, "%27%3B--", "NEAR(a b)"]
)
def test_no_question_is_an_error(shelf: Shelf, q: str) -> None:
    shelf.live()
    assert call(shelf.agent, "GET", f"?q={q}").status_code in (200, 400)


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"title": ""}, 400),
        ({"title": 5}, 400),
        ({"title": "a\x00"}, 400),
        ({"body": "\ud800"}, 400),
        ({"body": "x" * 200_001}, 400),
        ({"body": "|" * 20_001}, 400),
        ({"body": "x" * 5_000_000}, 413),
        ({"locale": "tlh"}, 400),
        ({"slug": "No Slug"}, 400),
        ({"category": "nowhere"}, 404),
        ({"topic": "gossip"}, 400),
        ({"products": "MUG-1"}, 400),
        ({"products": ["x" * 41]}, 400),
        ({"keywords": [["x"]]}, 400),
        ({"review_on": "soon"}, 400),
        ({"store": "other"}, 404),
    ],
)
def test_bad_articles_are_refused(shelf: Shelf, wrong: dict[str, Any], status: int) -> None:
    answer = call(shelf.agent, "POST", "", {**NEW, **wrong})
    assert answer.status_code == status
    assert answer.json()["errors"][0]["detail"]
    assert not Article.objects.exists()


def test_what_is_not_there_is_not_found(shelf: Shelf) -> None:
    text = shelf.live()
    assert call(shelf.agent, "GET", f"{uuid4()}/").status_code == 404
    assert call(shelf.agent, "GET", f"{text.article_id}/texts/fi/").status_code == 404
    assert call(shelf.agent, "GET", "?cursor=x").status_code == 400
    assert call(shelf.agent, "GET", "?state=lost").status_code == 400
    assert call(shelf.agent, "GET", "?locale=..").status_code == 400
