"""The pages of /knowledge/: who gets which, what they show, and what bad input comes to."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from knowledge.models import Article, Category, Text
from knowledge.services import archive_article, change_article, report, save_text
from people.models import Agent
from tests.knowledge.conftest import Shelf

HX: dict[str, Any] = {"headers": {"HX-Request": "true"}}


def log_in(agent: Agent) -> Client:
    client = Client()
    client.force_login(agent)
    return client


def html(response: Any) -> str:
    return str(response.content.decode())


def at(article: Article | UUID, path: str = "") -> str:
    return f"/knowledge/articles/{article.pk if isinstance(article, Article) else article}/{path}"


def edit(shelf: Shelf, text: Text, body: str, agent: Agent | None = None) -> Text:
    text.refresh_from_db()
    return save_text(
        agent=agent or shelf.agent,
        article_id=text.article_id,
        locale=text.locale,
        title=text.title,
        body=body,
        keywords=text.keywords,
        revision=text.revision,
    )


# -- Who


def addresses(shelf: Shelf, text: Text) -> list[tuple[str, str, str]]:
    """Return method, address and who may: agents, or supervisors."""
    text.refresh_from_db()
    article, text_path = at(text.article), at(text.article, "texts/en/")
    version = text.live_id
    return [
        ("get", article, "agent"),
        ("post", article + "settings/", "agent"),
        ("post", article + "preview/", "agent"),
        ("get", article + "links/", "agent"),
        ("get", article + "files/", "agent"),
        ("post", article + "files/", "agent"),
        ("get", text_path + "changes/", "agent"),
        ("post", text_path + "conflict/", "agent"),
        ("get", text_path + "report/", "agent"),
        ("get", text_path + "versions/", "agent"),
        ("post", f"/knowledge/texts/{text.pk}/looked-after/", "agent"),
        ("post", f"/knowledge/versions/{version}/restore/", "agent"),
        ("get", text_path + "publish/", "supervisor"),
        ("post", text_path + "publish/", "supervisor"),
        ("post", f"/knowledge/categories/order/{shelf.store.pk}/", "supervisor"),
        ("get", f"/knowledge/categories/new/{shelf.store.pk}/", "supervisor"),
        ("get", f"/knowledge/categories/{shelf.category.pk}/", "supervisor"),
        ("post", f"/knowledge/synonyms/{shelf.store.pk}/", "supervisor"),
        ("post", text_path + "withdraw/", "supervisor"),
        ("post", article + "archive/", "supervisor"),
        ("post", f"/knowledge/categories/{shelf.category.pk}/delete/", "supervisor"),
    ]


def test_strangers_find_nothing_and_agents_cannot_decide(shelf: Shelf) -> None:
    text = shelf.live()
    nobody, stranger, agent = Client(), log_in(shelf.stranger), log_in(shelf.agent)
    for method, address, who in addresses(shelf, text):
        assert getattr(nobody, method)(address).headers["Location"].startswith("/accounts/login/"), address
        assert getattr(stranger, method)(address).status_code == 404, address
        found = getattr(agent, method)(address).status_code
        assert (found == 404) == (who == "supervisor"), (address, found)
    text.refresh_from_db()
    assert text.live is not None
    assert Category.objects.filter(pk=shelf.category.pk).exists()


def test_every_page_answers_a_supervisor(shelf: Shelf) -> None:
    text, supervisor = shelf.live(), log_in(shelf.supervisor)
    for method, address, _who in addresses(shelf, text):
        assert getattr(supervisor, method)(address).status_code in (200, 302, 400, 422), address
    for page in ("", "categories/", "synonyms/", "articles/new/"):
        assert supervisor.get(f"/knowledge/{page}").status_code == 200, page
    assert log_in(shelf.agent).get("/knowledge/categories/").status_code == 404


def test_what_is_not_there_is_not_there(shelf: Shelf) -> None:
    text, admin = shelf.live(), log_in(shelf.admin)
    for path in (
        "texts/xx/versions/",
        "texts/fi/changes/",
        "texts/en/versions/?show=0",
        "texts/en/versions/?old=99&new=1",
    ):
        expected = 200 if "show=0" in path else 404  # what cannot be shown is compared
        assert admin.get(at(text.article, path)).status_code == expected, path
    assert admin.get(at(uuid4())).status_code == 404
    assert admin.get(at(text.article, "?locale=klingon")).status_code == 302


# -- The list


def test_the_list_says_what_is_live_and_what_awaits_somebody(shelf: Shelf) -> None:
    live, changed = shelf.live("Live one"), shelf.live("Changed one")
    shelf.draft("A draft")
    edit(shelf, changed, "Three days.\n")
    report(agent=shelf.agent, text_id=live.pk, words="It is four days now")
    yesterday = timezone.localdate() - timedelta(days=2)
    change_article(agent=shelf.agent, article_id=changed.article_id, review_on=yesterday)
    agent = log_in(shelf.agent)

    def titles(query: str) -> list[str]:
        rows = agent.get(f"/knowledge/?{query}").context["rows"]
        return sorted(row["text"].title for row in rows)

    assert titles("") == ["A draft", "Changed one", "Live one"]
    assert titles("state=draft") == ["A draft"]
    assert titles("state=live") == ["Changed one", "Live one"]
    assert titles("state=changed") == titles("state=review") == ["Changed one"]
    assert titles("state=reported") == titles("q=live") == ["Live one"]
    assert titles("owner=me&audience=public&store=shop") == ["A draft", "Changed one", "Live one"]
    assert titles(f"owner={shelf.admin.pk}") == titles("store=other") == titles("locale=fi") == []
    tabs = {tab["label"]: tab["count"] for tab in agent.get("/knowledge/").context["tabs"]}
    assert (tabs["Unpublished changes"], tabs["To review"], tabs["Reported"]) == (1, 1, 1)
    archive_article(agent=shelf.admin, article_id=live.article_id)
    assert titles("state=archived") == ["Live one"]
    assert titles("state=reported") == []


def test_a_changed_text_that_says_the_same_again_is_not_changed(shelf: Shelf) -> None:
    text = shelf.live()
    edit(shelf, text, "Three days.\n")
    edit(shelf, text, "Two days.\n")
    assert log_in(shelf.agent).get("/knowledge/?state=changed").context["rows"] == []


def test_the_list_of_a_sku_leads_to_an_article_about_it(shelf: Shelf) -> None:
    shelf.live("About mugs", products=["MUG-1"])
    agent = log_in(shelf.agent)
    assert "About mugs" in html(agent.get("/knowledge/?sku=MUG-1"))
    assert "Nothing is known about BOWL-1 yet" in html(agent.get("/knowledge/?sku=BOWL-1"))
    form = {"store": "shop", "locale": "en", "title": "About bowls"}
    answer = agent.post("/knowledge/articles/new/?store=shop&sku=BOWL-1", form, **HX)
    article = Article.objects.get(slug="about-bowls")
    assert answer.headers["HX-Redirect"] == at(article, "?locale=en")
    assert [product.sku for product in article.products.all()] == ["BOWL-1"]


def test_the_list_takes_as_many_queries_for_fifty_as_for_one(shelf: Shelf) -> None:
    agent = log_in(shelf.agent)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert agent.get("/knowledge/").status_code == 200
        return len(captured)

    shelf.live("One", products=["A"])
    queries()  # the first page of a session reads who it is
    first = queries()
    for n in range(12):
        shelf.live(f"Another {n}", products=["A", "B"])
    assert queries() == first


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "store=%00",
        "owner=me'",
        "cursor=xyz",
        "q=" + "x" * 5000,
        "sku=%ED%A0%80",
        "category=%00&topic=%00&locale=%00",
    ],
)
def test_filters_that_are_none_are_left_out(shelf: Shelf, query: str) -> None:
    shelf.live()
    assert log_in(shelf.agent).get(f"/knowledge/?{query}").status_code == 200


def test_older_articles_come_with_the_next_page(shelf: Shelf) -> None:
    for n in range(52):
        shelf.draft(f"Article {n}")
    agent = log_in(shelf.agent)
    first = agent.get("/knowledge/?store=shop")
    assert len(first.context["rows"]) == 50
    rest = agent.get(f"/knowledge/?{first.context['next']}", **HX)
    assert [row["text"].title for row in rest.context["rows"]] == ["Article 1", "Article 0"]
    assert not rest.context["next"]


# -- Writing


def test_a_script_in_the_preview_is_text(shelf: Shelf) -> None:
    text = shelf.draft()
    body = "<script>alert(1)</script>\n\n[x](javascript:alert(1)) ![y](https://evil.test/p.png)\n\n**bold**"
    page = html(log_in(shelf.agent).post(at(text.article, "preview/"), {"title": "<b>T</b>", "body": body}))
    assert "<script" not in page
    assert "javascript:" not in page
    assert "evil.test" not in page
    assert "&lt;b&gt;T&lt;/b&gt;" in page
    assert "<strong>bold</strong>" in page


def test_a_preview_links_to_articles_and_files_of_the_same_store_alone(shelf: Shelf) -> None:
    text, other = shelf.draft(), shelf.live("Returns")
    theirs = shelf.live("Theirs", store=shelf.other_store, agent=shelf.admin)
    body = f"[a](article:{other.article.slug}) [b](article:{theirs.article.slug}) [c](file:{uuid4()}) [d](file:no)"
    page = html(log_in(shelf.agent).post(at(text.article, "preview/"), {"body": body}))
    assert page.count("href=") == 1
    assert at(other.article) in page


@pytest.mark.parametrize("body", ["x" * 200_001, "|" * 30_000, "a\x00b", "x" * 5_000_000])
def test_what_is_no_article_is_said_so(shelf: Shelf, body: str) -> None:
    text = shelf.draft()
    answer = log_in(shelf.agent).post(at(text.article, "preview/"), {"body": body})
    assert answer.status_code == 422
    assert "alert" in html(answer)
    assert log_in(shelf.agent).post(at(text.article, "texts/en/conflict/"), {"body": body}).status_code == 200


def test_the_editor_shows_the_state_of_each_language_and_begins_another(shelf: Shelf) -> None:
    text = shelf.live()
    agent = log_in(shelf.agent)
    save_text(
        agent=shelf.agent,
        article_id=text.article_id,
        locale="fi",
        title="Toimitus",
        body="Kaksi.",
        revision=0,
    )
    tabs = agent.get(at(text.article)).context["tabs"]
    assert [(tab["locale"], tab["state"]) for tab in tabs] == [("en", "live"), ("fi", "draft")]
    page = agent.get(at(text.article, "?locale=zh-Hans"))
    assert page.context["is_new"]
    assert 'data-revision="0"' in html(page)
    assert not Text.objects.filter(locale="zh-hans").exists()


def test_what_is_published_is_what_was_shown(shelf: Shelf) -> None:
    text, supervisor = shelf.live(), log_in(shelf.supervisor)
    edit(shelf, text, "Three days.\n")
    dialog = html(supervisor.get(at(text.article, "texts/en/publish/"), **HX))
    assert "<del>Two</del><ins>Three</ins>" in dialog.replace("<del>Two </del>", "<del>Two</del>").replace(
        "<ins>Three </ins>", "<ins>Three</ins>"
    )
    edit(shelf, text, "Nine days.\n")
    late = supervisor.post(at(text.article, "texts/en/publish/"), {"revision": "2", "note": ""}, **HX)
    assert late.status_code == 422
    text.refresh_from_db()
    assert text.live
    assert text.live.body == "Two days.\n"
    done = supervisor.post(at(text.article, "texts/en/publish/"), {"revision": "3", "note": "Slower"}, **HX)
    assert done.status_code == 200
    text.refresh_from_db()
    assert text.live
    assert (text.live.body, text.live.note, text.live.number) == ("Nine days.\n", "Slower", 2)


def test_an_agent_cannot_make_public_what_is_live(shelf: Shelf) -> None:
    text = shelf.live(audience="internal")
    form = {"audience": "public", "slug": text.article.slug, "owner": str(shelf.agent.pk)}
    answer = log_in(shelf.agent).post(at(text.article, "settings/"), form)
    assert answer.status_code == 422
    assert "Your role may not do this." in html(answer)
    assert log_in(shelf.supervisor).post(at(text.article, "settings/"), form).status_code == 200
    text.article.refresh_from_db()
    assert text.article.audience == "public"


def test_settings_are_saved_and_what_cannot_be_is_said_at_its_field(shelf: Shelf) -> None:
    text, taken = shelf.draft(), shelf.draft("Taken")
    agent, address = log_in(shelf.agent), at(text.article, "settings/")
    form = {
        "audience": "internal",
        "category": str(shelf.category.pk),
        "topic": "sizes",
        "review_on": "2027-03-01",
        "slug": "delivery-time",
        "products": ["MUG-1", "MUG-2"],
    }
    assert agent.post(address, form).status_code == 200
    article = Article.objects.get(pk=text.article_id)
    assert (article.slug, article.topic, article.owner, str(article.review_on)) == (
        "delivery-time",
        "sizes",
        None,
        "2027-03-01",
    )
    assert sorted(product.sku for product in article.products.all()) == ["MUG-1", "MUG-2"]
    foreign = Category.objects.create(store=shelf.other_store, key="x", names={"en": "X"})
    for wrong in (
        {"slug": taken.article.slug},
        {"slug": "No Address"},
        {"category": str(foreign.pk)},
        {"owner": str(shelf.stranger.pk)},
        {"review_on": "tomorrow"},
        {"products": ["x" * 41]},
        {"products": ["a\x00"]},
    ):
        answer = agent.post(address, {**form, **wrong})
        assert answer.status_code == 422, wrong
        assert "field-error" in html(answer) or "alert" in html(answer), wrong
    assert Article.objects.get(pk=article.pk).slug == "delivery-time"


def test_the_link_picker_finds_titles_of_the_same_store(shelf: Shelf) -> None:
    text = shelf.draft()
    shelf.live("Returns and refunds")
    shelf.live("Returns elsewhere", store=shelf.other_store, agent=shelf.admin)
    agent = log_in(shelf.agent)
    found = html(agent.get(at(text.article, "links/?q=return&locale=en")))
    assert "Returns and refunds" in found
    assert "elsewhere" not in found
    assert agent.get(at(text.article, "links/"), {"q": "\x00%_"}).status_code == 200


def test_reports_stand_on_top_until_they_are_looked_after(shelf: Shelf) -> None:
    text, agent = shelf.live(), log_in(shelf.agent)
    assert agent.post(at(text.article, "texts/en/report/"), {"words": ""}).status_code == 422
    assert (
        agent.post(at(text.article, "texts/en/report/"), {"words": "<i>Wrong</i> price"}).status_code == 200
    )
    assert "&lt;i&gt;Wrong&lt;/i&gt; price" in html(agent.get(at(text.article)))
    agent.post(f"/knowledge/texts/{text.pk}/looked-after/")
    assert "price" not in html(agent.get(at(text.article)))


def test_withdrawn_and_archived_can_be_taken_back(shelf: Shelf) -> None:
    text, supervisor = shelf.live(), log_in(shelf.supervisor)
    supervisor.post(at(text.article, "texts/en/withdraw/"), **HX)
    text.refresh_from_db()
    assert text.live is None
    supervisor.post(at(text.article, "archive/"), **HX)
    assert "This article is archived" in html(supervisor.get(at(text.article)))
    supervisor.post(at(text.article, "archive/"), {"back": "yes"}, **HX)
    text.article.refresh_from_db()
    assert text.article.archived_at is None


# -- Versions


def test_any_two_versions_are_compared_and_one_is_restored(shelf: Shelf) -> None:
    text, agent = shelf.live(body="发货时间是两天。\n"), log_in(shelf.agent)
    first = text.live
    edit(shelf, text, "发货时间是三天。\n")
    shelf.publish(text.article)
    edit(shelf, text, "发货时间是四天。<script>\n")
    path = at(text.article, "texts/en/versions/")
    assert "<del>三</del><ins>四</ins>天。<ins>&lt;script&gt;</ins>" in html(agent.get(path))
    assert "<del>两</del><ins>三</ins>" in html(agent.get(path + "?old=1&new=2"))
    assert "<del>两</del><ins>四</ins>" in html(agent.get(path + "?old=1&new=now", **HX))
    assert "两天" in html(agent.get(path + "?show=1"))
    assert first is not None
    text.refresh_from_db()
    stale = agent.post(f"/knowledge/versions/{first.pk}/restore/", {"revision": "1"}, **HX)
    assert stale.status_code == 200
    text.refresh_from_db()
    assert text.body.startswith("发货时间是四天")
    agent.post(f"/knowledge/versions/{first.pk}/restore/", {"revision": str(text.revision)}, **HX)
    text.refresh_from_db()
    assert text.body == "发货时间是两天。\n"
    assert text.live
    assert text.live.body == "发货时间是三天。\n"
