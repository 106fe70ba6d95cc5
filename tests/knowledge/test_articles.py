"""Writing articles: who may, what is kept, and what two people do at once."""

from datetime import date
from typing import Any

import pytest

from events.models import Event
from inbox.errors import Conflict, Invalid, NotFound
from knowledge.access import articles_for, live_texts, public_texts
from knowledge.models import ArticleEntry, Version
from knowledge.services import (
    archive_article,
    change_article,
    close_reports,
    publish,
    report,
    restore,
    save_text,
    unarchive_article,
    vote,
    withdraw,
)
from knowledge.services.texts import StaleText
from tests.knowledge.conftest import Shelf


def events_of(name: str) -> list[dict[str, Any]]:
    return [event.data for event in Event.objects.filter(name=name).order_by("id")]


def test_a_draft_is_read_by_nobody_until_it_is_published(shelf: Shelf) -> None:
    text = shelf.draft()
    assert not live_texts(shelf.store).exists()
    assert not ArticleEntry.objects.exists()
    shelf.publish(text.article)
    assert public_texts(shelf.store).get() == text
    assert "delivery" in ArticleEntry.objects.get().terms.split()
    assert [data["version"] for data in events_of("article.published")] == [1]


def test_what_is_live_stays_while_the_working_copy_changes(shelf: Shelf) -> None:
    text = shelf.live()
    saved = save_text(
        agent=shelf.agent,
        article_id=text.article_id,
        locale="en",
        title="Delivery",
        body="Three days.",
        revision=text.revision,
    )
    assert (saved.revision, saved.has_changes) == (2, True)
    live = public_texts(shelf.store).get().live
    assert live is not None
    assert live.body == "Two days.\n"
    published = shelf.publish(text.article)
    assert published.live is not None
    assert (published.live.number, published.live.body, published.has_changes) == (2, "Three days.\n", False)
    assert Version.objects.get(number=1).body == "Two days.\n"


def test_two_who_edit_at_once_do_not_overwrite_each_other(shelf: Shelf) -> None:
    text = shelf.draft()
    said = {"article_id": text.article_id, "locale": "en", "title": "Delivery", "revision": 1}
    save_text(agent=shelf.agent, body="Mine.", **said)
    with pytest.raises(StaleText) as refused:
        save_text(agent=shelf.supervisor, body="Theirs.", **said)
    assert refused.value.text.body == "Mine.\n"
    # The same words again, after an answer that was lost, are no conflict and no revision.
    assert save_text(agent=shelf.agent, body="Mine.", **said).revision == 2
    with pytest.raises(StaleText):
        publish(agent=shelf.supervisor, article_id=text.article_id, locale="en", revision=1)


def test_published_twice_without_a_change_it_is_one_version(shelf: Shelf) -> None:
    text = shelf.live()
    shelf.publish(text.article)
    assert Version.objects.count() == 1
    assert len(events_of("article.published")) == 1


def test_an_old_version_comes_back_as_the_working_copy(shelf: Shelf) -> None:
    text = shelf.live()
    save_text(
        agent=shelf.agent, article_id=text.article_id, locale="en", title="Other", body="Else.", revision=1
    )
    shelf.publish(text.article)
    first = Version.objects.get(number=1)
    back = restore(agent=shelf.agent, version_id=first.id, revision=2)
    assert (back.title, back.body, back.revision) == (first.title, first.body, 3)
    assert back.live is not None
    assert back.live.number == 2
    with pytest.raises(NotFound):
        restore(agent=shelf.stranger, version_id=first.id, revision=3)


def test_agents_write_and_supervisors_publish(shelf: Shelf) -> None:
    text = shelf.draft()
    said = {"article_id": text.article_id, "locale": "en"}
    for refused in (
        lambda: publish(agent=shelf.agent, revision=1, **said),
        lambda: withdraw(agent=shelf.agent, **said),
        lambda: archive_article(agent=shelf.agent, article_id=text.article_id),
    ):
        with pytest.raises(Invalid) as refusal:
            refused()
        assert refusal.value.status == 403
    publish(agent=shelf.supervisor, revision=1, **said)
    change_article(agent=shelf.agent, article_id=text.article_id, audience="internal")
    with pytest.raises(Invalid):
        change_article(agent=shelf.agent, article_id=text.article_id, audience="public")


def test_articles_of_other_stores_are_not_there(shelf: Shelf) -> None:
    text = shelf.live()
    assert not articles_for(shelf.stranger).exists()
    with pytest.raises(NotFound):
        change_article(agent=shelf.stranger, article_id=text.article_id, topic="care")
    with pytest.raises(NotFound):
        shelf.draft(agent=shelf.stranger)


def test_an_internal_or_archived_article_is_never_public(shelf: Shelf) -> None:
    text = shelf.live()
    change_article(agent=shelf.admin, article_id=text.article_id, audience="internal")
    assert not public_texts(shelf.store).exists()
    assert not ArticleEntry.objects.get().is_public
    change_article(agent=shelf.admin, article_id=text.article_id, audience="public")
    archive_article(agent=shelf.admin, article_id=text.article_id)
    assert not public_texts(shelf.store).exists()
    assert not ArticleEntry.objects.exists()
    with pytest.raises(Conflict):
        shelf.publish(text.article)
    unarchive_article(agent=shelf.admin, article_id=text.article_id)
    assert public_texts(shelf.store).exists()
    withdraw(agent=shelf.admin, article_id=text.article_id, locale="en")
    assert not public_texts(shelf.store).exists()


def test_what_an_article_is_about_is_recorded_with_before_and_after(shelf: Shelf) -> None:
    text = shelf.draft()
    change_article(
        agent=shelf.agent,
        article_id=text.article_id,
        category=shelf.category,
        topic="care",
        review_on=date(2027, 3, 1),
        products=["MUG-2", " MUG-1 ", "MUG-1"],
    )
    (data,) = events_of("article.changed")
    assert data["after"] == {
        "category": "delivery",
        "topic": "care",
        "review_on": "2027-03-01",
        "products": ["MUG-1", "MUG-2"],
    }
    change_article(agent=shelf.agent, article_id=text.article_id, topic="care", products=["MUG-1", "MUG-2"])
    assert len(events_of("article.changed")) == 1


def test_an_address_is_taken_once_per_store(shelf: Shelf) -> None:
    one, two = shelf.draft(), shelf.draft()
    assert one.article.slug == "how-long-does-delivery-take"
    assert two.article.slug.startswith("how-long-does-delivery-take-")
    with pytest.raises(Conflict):
        change_article(agent=shelf.agent, article_id=two.article_id, slug=one.article.slug)
    assert shelf.draft("多久能送到？").article.slug.startswith("article-")


@pytest.mark.parametrize(
    ("wrong", "attr"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"body": "\ud800"}, "body"),
        ({"body": "x" * 200_001}, "body"),
        ({"body": "|" * 20_001}, "body"),
        ({"locale": "tlh"}, "locale"),
        ({"locale": "../en"}, "locale"),
        ({"slug": "Big Letters"}, "slug"),
        ({"topic": "gossip"}, "topic"),
        ({"audience": "everybody"}, "audience"),
        ({"keywords": ["x" * 61]}, "keywords"),
        ({"keywords": [str(n) for n in range(51)]}, "keywords"),
        ({"products": ["x" * 41]}, "products"),
    ],
)
def test_what_no_article_can_hold_is_refused_by_its_field(
    shelf: Shelf, wrong: dict[str, Any], attr: str
) -> None:
    with pytest.raises(Invalid) as refused:
        shelf.draft(**wrong)
    assert refused.value.attr == attr
    assert not articles_for(shelf.admin).exists()


def test_a_category_of_another_store_is_none(shelf: Shelf) -> None:
    with pytest.raises(NotFound):
        shelf.draft(agent=shelf.admin, store=shelf.other_store, category=shelf.category)


def test_agents_say_that_a_text_is_out_of_date_once_until_it_is_looked_after(shelf: Shelf) -> None:
    text = shelf.live()
    report(agent=shelf.agent, text_id=text.id, words="It is three days now.")
    report(agent=shelf.agent, text_id=text.id, words="It is four days now.")
    assert [r.words for r in text.reports.all()] == ["It is four days now."]
    with pytest.raises(NotFound):
        report(agent=shelf.stranger, text_id=text.id, words="Not mine")
    assert close_reports(agent=shelf.supervisor, text_id=text.id) == 1
    assert close_reports(agent=shelf.supervisor, text_id=text.id) == 0
    report(agent=shelf.agent, text_id=text.id, words="Still.")
    assert text.reports.count() == 2
    assert len(events_of("article.reported")) == 2


def test_a_reader_votes_once_and_may_change_their_mind(shelf: Shelf) -> None:
    text = shelf.live()
    for helped in (True, True, False):
        vote(text=text, voter="a" * 32, helped=helped)
    vote(text=text, voter="b" * 32, helped=False, words="Where to?")
    text.article.refresh_from_db()
    assert (text.article.solved_count, text.article.missed_count) == (0, 2)
    with pytest.raises(Invalid):
        vote(text=text, voter="short", helped=True)
