"""Several people at one article, or one shelf, in one moment."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from inbox.errors import Conflict, Invalid
from knowledge.models import ArticleFile, Category, SynonymGroup, Text
from knowledge.services import add_file, order_categories, publish, save_category, save_synonyms, save_text
from knowledge.services import files as kept_files
from knowledge.services.texts import StaleText
from tests.knowledge.conftest import Shelf
from tests.parallel import at_once

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 5


def of(results: list[Any], kind: type) -> int:
    return sum(isinstance(result, kind) for result in results)


def test_of_many_who_save_over_the_same_revision_one_does(shelf: Shelf) -> None:
    text = shelf.draft()
    results = at_once(
        MANY,
        lambda n: save_text(
            agent=shelf.agent,
            article_id=text.article_id,
            locale="en",
            title="T",
            body=f"By {n}\n",
            revision=1,
        ),
    )
    assert (of(results, Text), of(results, StaleText)) == (1, MANY - 1)
    text.refresh_from_db()
    assert text.revision == 2


def test_a_language_is_begun_once(shelf: Shelf) -> None:
    article = shelf.draft().article_id
    results = at_once(
        MANY,
        lambda n: save_text(
            agent=shelf.agent, article_id=article, locale="fi", title=f"T {n}", body="", revision=0
        ),
    )
    assert (of(results, Text), of(results, StaleText)) == (1, MANY - 1)


def test_published_at_once_it_is_one_version(shelf: Shelf) -> None:
    text = shelf.draft()
    results = at_once(
        MANY, lambda n: publish(agent=shelf.admin, article_id=text.article_id, locale="en", revision=1)
    )
    assert of(results, Text) == MANY
    assert text.versions.count() == 1


def test_categories_keep_their_places_whoever_adds_and_moves_them(shelf: Shelf) -> None:
    def work(n: int) -> Any:
        if n == 0:
            return order_categories(agent=shelf.admin, store=shelf.store, ids=[shelf.category.pk])
        return save_category(
            agent=shelf.admin, store=shelf.store, key=f"shelf-{n % 3}", names={"en": f"Shelf {n}"}, abouts={}
        )

    results = at_once(MANY, work)
    assert (of(results, Category), of(results, Conflict)) == (3, 1)  # keys 0, 1 and 2; one of them twice
    positions = Category.objects.filter(store=shelf.store).values_list("position", flat=True)
    assert sorted(positions) == [0, 1, 2, 3]


def test_of_many_who_save_synonyms_over_the_same_ones_one_does(shelf: Shelf) -> None:
    results = at_once(
        MANY,
        lambda n: save_synonyms(agent=shelf.admin, store=shelf.store, groups=[[f"a{n}", f"b{n}"]], seen=[]),
    )
    assert (of(results, list), of(results, Conflict)) == (1, MANY - 1)
    assert SynonymGroup.objects.filter(store=shelf.store).count() == 1


def test_an_article_has_no_more_files_than_it_may(
    shelf: Shelf, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    monkeypatch.setattr(kept_files, "MAX_FILES", 2)
    held = io.BytesIO()
    Image.new("L", (4, 4)).save(held, "PNG")
    text = shelf.draft()
    results = at_once(
        MANY,
        lambda n: add_file(
            agent=shelf.agent,
            article_id=text.article_id,
            upload=SimpleUploadedFile(f"{n}.png", held.getvalue()),
        ),
    )
    assert of(results, ArticleFile) == 2
    assert of(results, Invalid) == MANY - 2
