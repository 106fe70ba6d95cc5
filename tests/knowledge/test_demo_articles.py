"""What the demo's shops know: whether the files say what they are about, and the search's questions have answers."""

import re
import tomllib
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest
from django.utils.translation import override

from helpdesk.demo.catalogue import catalogue
from helpdesk.demo.knowing import FOLDER
from helpdesk.demo.shops import SHOPS
from knowledge.exchange.documents import Document
from knowledge.exchange.folders import Bundle, read_folder
from knowledge.models import Article

SOLD = {shop.key: {item.sku for item in catalogue(shop.language)} for shop in SHOPS}
OWN = {shop.key: shop.store_language for shop in SHOPS}
JUDGED = tomllib.loads((Path(__file__).parent / "judged.toml").read_text(encoding="utf-8"))["query"]
_LINK = re.compile(r"\]\(article:([^)]*)\)")
both = pytest.mark.parametrize("store", sorted(OWN))


@cache
def bundle(store: str) -> Bundle:
    with override("en"):
        return read_folder(FOLDER / store)


def documents(store: str, locale: str) -> dict[str, Document]:
    return {found.slug: found for found in bundle(store).documents if found.locale == locale}


def own(store: str) -> dict[str, Document]:
    return documents(store, OWN[store])


def length(found: Document) -> int:
    """Return how long a text is: words, or signs of Chinese."""
    return len(
        re.findall(r"[\u4e00-\u9fff]", found.body) if found.locale == "zh-hans" else found.body.split()
    )


@both
def test_every_file_can_be_read(store):
    assert bundle(store).faults == []


@both
def test_a_slug_is_one_article(store):
    seen = Counter((found.slug, found.locale) for found in bundle(store).documents)
    assert [name for name, times in seen.items() if times > 1] == []
    places = defaultdict(set)
    for found in bundle(store).documents:
        places[found.slug].add(found.category)
    assert [slug for slug, categories in places.items() if len(categories) > 1] == []


@both
def test_every_category_is_listed_named_and_used(store):
    shelves = bundle(store).shelves
    assert {found.category for found in bundle(store).documents} == {shelf.key for shelf in shelves}
    for shelf in shelves:
        assert set(shelf.names) == set(shelf.abouts) == {"en", "zh-hans", "fi"}


@both
def test_a_translation_has_an_article_and_says_nothing_of_its_settings(store):
    for found in bundle(store).documents:
        assert found.slug in own(store)
        if found.locale != OWN[store]:
            assert (found.audience, found.topic, found.products, found.review) == (None, None, None, None)


@both
def test_links_lead_to_articles_their_readers_may_see(store):
    for found in bundle(store).documents:
        for slug in _LINK.findall(found.body):
            assert slug in own(store), f"{found.where}: {slug}"
            assert slug != found.slug, found.where
            if own(store)[found.slug].audience == Article.Audience.PUBLIC:
                assert own(store)[slug].audience == Article.Audience.PUBLIC, f"{found.where}: {slug}"


@both
def test_products_are_those_of_the_shop_and_each_is_known(store):
    topics = defaultdict(set)
    for found in own(store).values():
        assert set(found.products or []) <= SOLD[store], found.where
        assert not found.topic or found.products, f"{found.where}: knowledge of no product"
        for sku in found.products or []:
            topics[sku] |= {found.topic} - {None}
    assert {sku for sku in SOLD[store] if len(topics[sku]) < 2} == set()


@both
def test_articles_are_neither_stubs_nor_books(store):
    for found in bundle(store).documents:
        assert 60 <= length(found) <= 500, f"{found.where}: {length(found)}"
        assert found.keywords, found.where


def test_there_is_as_much_as_a_shop_would_have():
    en, zh = own("demo").values(), own("demo-cn").values()
    assert len(en) >= 85
    assert len(zh) >= 75
    assert sum(found.audience == Article.Audience.INTERNAL for found in en) >= 20
    assert sum(found.audience == Article.Audience.INTERNAL for found in zh) >= 15
    assert sum(bool(found.topic) for found in en) >= 40
    assert {found.topic for found in zh if found.topic} == set(Article.Topic.values)
    assert len(documents("demo", "zh-hans")) >= 25
    assert len(documents("demo", "fi")) >= 25
    assert len(documents("demo-cn", "en")) >= 15


@both
def test_a_word_has_one_group_of_synonyms(store):
    words = Counter(word.casefold() for group in bundle(store).synonyms for word in group)
    assert [word for word, times in words.items() if times > 1] == []
    assert all(len(group) > 1 for group in bundle(store).synonyms)


def test_a_hundred_queries_are_judged():
    assert Counter(asked["locale"] for asked in JUDGED) == {"en": 40, "zh-hans": 40, "fi": 20}
    assert len({(asked["store"], asked["locale"], asked["query"]) for asked in JUDGED}) == len(JUDGED)


def test_what_answers_a_query_is_there_in_its_language():
    for asked in JUDGED:
        there = documents(asked["store"], asked["locale"])
        assert 1 <= len(set(asked["relevant"])) == len(asked["relevant"]) <= 5, asked
        assert set(asked["relevant"]) <= there.keys(), asked
