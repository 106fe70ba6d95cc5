"""Finding articles: in every language, while typing, with typos, by codes, and only what the reader may see."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge import indexing
from knowledge.finding.distance import within
from knowledge.models import Article, ArticleEntry, ArticleTerm, SynonymGroup
from knowledge.search import Hit, search, suggest_for
from knowledge.services import archive_article, change_article, save_text, unarchive_article, withdraw
from tests.knowledge.conftest import Shelf
from tests.parallel import at_once

pytestmark = pytest.mark.django_db


def find(shelf: Shelf, text: str, **options: Any) -> list[Hit]:
    given = {"store": shelf.store, "stores": [shelf.store.pk], "locale": "en"} | options
    return search(text=text, **given)


def found(shelf: Shelf, text: str, **options: Any) -> list[str]:
    return [hit.title for hit in find(shelf, text, **options)]


TEAPOT = "Returning a broken teapot"
DELIVERY = "How long does delivery take?"
CARE = "Enamel mugs: dishwasher and microwave"
CHINESE = "七天无理由退货"
KETTLE = "铸铁壶生锈怎么办"
FINNISH = "Palautusoikeus ja hyvitykset"
TABLE = "Pöytä ja tuolit"


@pytest.fixture
def full(shelf: Shelf) -> Shelf:
    """A shelf with articles in three languages."""
    shelf.live(
        TEAPOT, "Send us a photo. We replace it or refund your money.\n", keywords=["chipped", "cracked"]
    )
    shelf.live(DELIVERY, "Orders usually arrive within three working days.\n")
    shelf.live(CARE, "The dishwasher is fine, the microwave is not.\n", products=["MUG-1"])
    shelf.live(CHINESE, "签收后七天内，没用过的都可以申请退款，运费由我们出。\n", locale="zh-hans")
    shelf.live(KETTLE, "用茶水煮二十分钟，晾干即可。\n", locale="zh-hans", products=["KTL_20A"])
    shelf.live(FINNISH, "Rahat palautetaan viidessä päivässä.\n", locale="fi")
    shelf.live(TABLE, "Pöydän voi öljytä.\n", locale="fi")
    return shelf


@pytest.mark.parametrize(
    ("text", "locale", "title"),
    [
        ("teapot", "en", TEAPOT),
        ("TEAPOTS", "en", TEAPOT),
        ("how do I return a broken teapot", "en", TEAPOT),
        ("my teapot arrived cracked, what can I do?", "en", TEAPOT),
        ("returns", "zh-hans", TEAPOT),  # English words have English stems for whoever reads Chinese
        ("deliveries", "en", DELIVERY),
        ("deliv", "en", DELIVERY),  # while somebody types
        ("how long does deli", "en", DELIVERY),
        ("delivrey", "en", DELIVERY),  # two letters that changed places
        ("delivry", "en", DELIVERY),
        ("dellivery", "en", DELIVERY),
        ("micorwvae", "en", CARE),  # twice, in a long word
        ("nicrawave", "en", CARE),
        ("MUG-1", "en", CARE),
        ("mug1", "en", CARE),
        ("mug 1", "en", CARE),
        ("Is the mug 1 fit for a campfire", "en", CARE),
        ("ktl20a", "zh-hans", KETTLE),
        ("KTL-20A", "en", KETTLE),
        ("退货", "zh-hans", CHINESE),
        ("退", "zh-hans", CHINESE),
        ("怎么申请退款？", "zh-hans", CHINESE),
        ("你好，请问退货的运费谁出呢", "zh-hans", CHINESE),
        ("铁壶生锈了", "zh-hans", KETTLE),
        ("palautusoikeuden", "fi", FINNISH),
        ("palautus", "fi", FINNISH),  # a part of the word
        ("oikeus", "fi", FINNISH),
        ("rahaa", "fi", FINNISH),
        ("pöydät", "fi", TABLE),
        ("poyta", "fi", TABLE),  # typed without the dots
        ("pöytä", "en", TABLE),
        ("PO\u0308YTA\u0308", "fi", TABLE),  # dots that are characters of their own
        ("ｔｅａｐｏｔ", "en", TEAPOT),
    ],
)
def test_the_article_that_answers_comes_first(full: Shelf, text: str, locale: str, title: str) -> None:
    assert found(full, text, locale=locale)[:1] == [title]


@pytest.mark.parametrize("text", ["", " ", "?!", "📦", "xqzzv", "Wolkenkratzer", "鱺鱻"])
def test_what_nobody_wrote_is_not_found(full: Shelf, text: str) -> None:
    assert find(full, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "teapot OR delivery",
        "NOT teapot",
        '"teapot" ^delivery',
        "teapot & !broken",
        "head:teapot",
        "(teapot",
        "teapot*",
    ],
)
def test_nothing_that_is_typed_is_an_operator(full: Shelf, text: str) -> None:
    assert TEAPOT in found(full, text)


HARD = [
    "\x00",
    "\ud800",
    "'",
    '"',
    "\\",
    "%",
    "_",
    "*",
    "()",
    ":*",
    "' OR 1=1 --",
    "﷽",
    "½",
    "İ",
    "ﬁ",
    "𠮷",
    "退" * 10_000,
]


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    text=st.lists(st.text(max_size=12) | st.sampled_from([*HARD, "teapot", "退货", "MUG-1"]), max_size=8).map(
        "".join
    ),
    locale=st.sampled_from(["en", "zh-hans", "fi", "", "xx-\x00"]),
    public=st.booleans(),
)
def test_nothing_that_is_typed_is_an_error(full: Shelf, text: str, locale: str, public: bool) -> None:
    hits = find(full, text, locale=locale, public=public, skus=[text[:20], "MUG-1"])
    assert len({hit.article_id for hit in hits}) == len(hits) <= 10
    suggest_for(text=text, store=full.store, locale=locale)


@pytest.mark.parametrize(
    "text", ["x" * 10_000, "word " * 2_000, "退货" * 5_000, "a-1_" * 2_500, "'\"\\" * 3_000]
)
def test_a_book_is_no_error_either(full: Shelf, text: str) -> None:
    find(full, text)


# -- Who finds what


def test_buyers_find_only_what_is_public(full: Shelf) -> None:
    secret = full.live("Goodwill for teapots", "Give a zirkonium voucher.\n", audience="internal")
    assert "Goodwill for teapots" in found(full, "teapots")
    for text in ("teapots", "goodwill", "zirkonium", "zirkonuim", "zirk", "g", "Goodwill for teapots"):
        assert "Goodwill for teapots" not in found(full, text, public=True)
    # Nor does it say which words it has: a typo of one that no public article has is no typo.
    assert found(full, "zirkonuim") == ["Goodwill for teapots"]
    assert find(full, "zirkonuim", public=True) == []
    change_article(agent=full.admin, article_id=secret.article_id, audience="public")
    assert found(full, "zirkonuim", public=True) == ["Goodwill for teapots"]
    change_article(agent=full.admin, article_id=secret.article_id, audience="internal")
    assert find(full, "zirkonuim", public=True) == []


def test_stores_are_a_limit(full: Shelf) -> None:
    theirs = full.live("Their teapots", "Teapots of theirs.\n", store=full.other_store, agent=full.admin)
    assert "Their teapots" not in found(full, "teapots")
    assert find(full, "teapots", stores=[]) == []
    both = [full.store.pk, full.other_store.pk]
    assert {hit.store_id for hit in find(full, "teapots", stores=both)} == set(both)
    assert find(full, "theirs teapots", stores=both, store=full.other_store)[0].text_id == theirs.pk


def test_what_is_published_is_found_at_once_and_what_is_withdrawn_is_not(full: Shelf) -> None:
    text = full.draft("Umbrellas", "They keep rain away.\n")
    assert find(full, "umbrella") == []
    full.publish(text.article)
    assert found(full, "umbrella") == ["Umbrellas"]
    save_text(
        agent=full.agent, article_id=text.article_id, locale="en", title="Parasols", body="Sun.\n", revision=1
    )
    assert found(full, "parasol") == []
    full.publish(text.article)
    assert (found(full, "parasol"), find(full, "umbrella")) == (["Parasols"], [])
    archive_article(agent=full.admin, article_id=text.article_id)
    assert find(full, "parasol") == []
    unarchive_article(agent=full.admin, article_id=text.article_id)
    assert found(full, "parasol") == ["Parasols"]
    withdraw(agent=full.admin, article_id=text.article_id, locale="en")
    assert find(full, "parasol") == []


def test_what_was_rolled_back_was_never_there(full: Shelf) -> None:
    terms = ArticleTerm.objects.count()
    with transaction.atomic():
        full.live("Umbrellas", "They keep rain away.\n")
        transaction.set_rollback(True)
    assert find(full, "umbrella") == []
    assert ArticleTerm.objects.count() == terms


# -- What is better


def test_an_article_is_shown_once_in_its_readers_language(full: Shelf) -> None:
    text = full.live("Gift cards", "A gift card GC-77 is valid for a year.\n")
    for locale, title in (("zh-hans", "礼品卡"), ("fi", "Lahjakortti")):
        save_text(
            agent=full.agent,
            article_id=text.article_id,
            locale=locale,
            title=title,
            body="GC-77\n",
            revision=0,
        )
        full.publish(text.article, locale)
    for locale, title in (
        ("zh-hans", "礼品卡"),
        ("fi", "Lahjakortti"),
        ("en", "Gift cards"),
        ("sv", "Gift cards"),
    ):
        assert found(full, "gc77", locale=locale) == [title]
    # What is not written in a reader's language is found in the one that they asked in.
    assert found(full, "礼品卡", locale="en") == ["礼品卡"]


def test_a_title_goes_before_a_body_and_an_exact_title_before_all(full: Shelf) -> None:
    full.live("Umbrellas and returning them when they are broken", "All about it.\n")
    full.live("Rain", "An umbrella, and an umbrella, and returning umbrellas.\n")
    full.live("Umbrella", "Short.\n")
    assert found(full, "umbrella")[:2] == ["Umbrella", "Umbrellas and returning them when they are broken"]


def test_a_rare_word_says_more_than_a_common_one(full: Shelf) -> None:
    for n in range(12):
        full.live(f"Order number {n}", "About an order and another order.\n")
    full.live("Engraving", "We engrave what you order.\n")
    assert found(full, "order engraving")[0] == "Engraving"


def test_words_that_stand_together_go_before_words_that_do_not(full: Shelf) -> None:
    full.live("运到之后", "费用说明：货运公司按重量收。\n", locale="zh-hans")
    full.live("邮寄", "国际运费说明：按重量收。\n", locale="zh-hans")
    assert found(full, "国际运费", locale="zh-hans")[0] == "邮寄"


def test_the_product_of_the_talk_comes_first(full: Shelf) -> None:
    full.live("Washing plates", "By hand.\n", products=["PLATE-9"])
    full.live("Washing pans", "By hand.\n", products=["PAN-3"])
    assert found(full, "washing", skus=["pan 3"])[0] == "Washing pans"
    assert found(full, "washing", skus=["PLATE-9"])[0] == "Washing plates"


def test_what_has_helped_goes_before_its_equals(full: Shelf) -> None:
    one = full.live("Washing plates", "By hand.\n").article
    full.live("Washing bowls", "By hand.\n")
    assert Article.objects.filter(pk=one.pk).update(solved_count=0, missed_count=40)
    assert found(full, "washing") == ["Washing bowls", "Washing plates"]
    assert Article.objects.filter(pk=one.pk).update(solved_count=40, missed_count=0)
    assert found(full, "washing") == ["Washing plates", "Washing bowls"]


@pytest.mark.parametrize(
    ("words", "text", "locale"),
    [
        (["teapot", "brewer"], "brewers", "en"),
        (["refund your money", "cash back"], "how does cash back work", "en"),
        (["teapot", "茶壶"], "茶壶", "en"),
        (["退货", "寄回去"], "可以寄回去吗", "zh-hans"),
        (["palautusoikeus", "katumusoikeus"], "katumusoikeus", "fi"),
    ],
)
def test_synonyms_of_the_store_find_each_other(full: Shelf, words: list[str], text: str, locale: str) -> None:
    before = found(full, text, locale=locale)[:1]
    group = SynonymGroup.objects.create(store=full.store, words=words)
    after = found(full, text, locale=locale)[:1]
    assert after in ([TEAPOT], [CHINESE], [FINNISH])
    assert before != after or text == "katumusoikeus"
    SynonymGroup.objects.filter(pk=group.pk).update(store=full.other_store)
    assert found(full, text, locale=locale)[:1] == before


# -- What is shown


def test_a_snippet_marks_what_was_looked_for_and_shows_nothing_else_as_html(full: Shelf) -> None:
    full.live("Cups", "Before. " * 60 + "Write <b>&amp;</b> to broken-cups. " + "After it. " * 60 + "\n")
    (hit,) = find(full, "cups")
    assert "<mark>cups</mark>" in hit.snippet
    assert "Write &lt;b&gt;" in hit.snippet
    assert (hit.snippet[0], hit.snippet[-1]) == ("…", "…")
    assert 120 < len(hit.snippet.replace("<mark>", "").replace("</mark>", "")) < 200


@pytest.mark.parametrize(
    ("text", "locale", "marked"),
    [
        ("returned refunds", "en", "<mark>refund</mark>"),
        ("mircowave", "en", "<mark>microwave</mark>"),
        ("arri", "en", "<mark>arrive</mark>"),
        ("运费退款", "zh-hans", "<mark>退款</mark>，<mark>运费</mark>"),
        ("poydan", "fi", "<mark>Pöydän</mark>"),
    ],
)
def test_a_snippet_marks_stems_and_typos_too(full: Shelf, text: str, locale: str, marked: str) -> None:
    assert marked in find(full, text, locale=locale)[0].snippet


# -- Suggestions


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "Hi there!",
        "thanks a lot 🙏",
        "ok",
        "",
        "你好",
        "谢谢！",
        "在吗",
        "好的好的",
        "moi",
        "Kiitos paljon!",
        "How are you?",
    ],
)
def test_small_talk_suggests_nothing(full: Shelf, text: str) -> None:
    assert suggest_for(text=text, store=full.store, locale="en") == []


@pytest.mark.parametrize(
    ("text", "locale", "title"),
    [
        ("Hello, I got my parcel yesterday but the teapot is broken. Can I return it?", "en", TEAPOT),
        ("Hi! How long will the delivery take, please?", "en", DELIVERY),
        ("亲，在吗？我想退货，麻烦帮我看看", "zh-hans", CHINESE),
        ("Hei, milloin saan hyvityksen?", "fi", FINNISH),
    ],
)
def test_a_message_that_asks_something_suggests_its_answer(
    full: Shelf, text: str, locale: str, title: str
) -> None:
    hits = suggest_for(text=text, store=full.store, locale=locale)
    assert [hit.title for hit in hits][:1] == [title]


# -- The index


def index_of(*, pks: bool = False) -> list[tuple[Any, ...]]:
    entries = ArticleEntry.objects.order_by("text_id").values_list(
        "text_id",
        "article_id",
        "store_id",
        "locale",
        "is_public",
        "terms",
        "title",
        "head",
        "body",
        "plain",
        "length",
    )
    terms = ArticleTerm.objects.order_by("store_id", "is_public", "term")
    ids = list(ArticleEntry.objects.order_by("id").values_list("id")) if pks else []
    return [*entries, *terms.values_list("store_id", "is_public", "term", "entries"), *ids]


def test_indexing_again_changes_nothing(full: Shelf) -> None:
    before = index_of(pks=True)
    for article in Article.objects.order_by("id"):
        indexing.index_article(article)
    assert index_of(pks=True) == before


def test_an_index_made_anew_is_the_one_that_grew(full: Shelf) -> None:
    gone, changed = full.live("Gone", "Away.\n"), full.live("Changed", "Once and twice.\n")
    withdraw(agent=full.admin, article_id=gone.article_id, locale="en")
    change_article(agent=full.admin, article_id=changed.article_id, audience="internal", products=["NEW-1"])
    grown = index_of()
    call_command("index_articles", batch=2, verbosity=0)
    assert index_of() == grown
    ArticleEntry.objects.order_by("id").delete()
    ArticleTerm.objects.order_by("id").delete()
    call_command("index_articles", batch=3, verbosity=0)
    assert index_of() == grown
    assert found(full, "teapot") == [TEAPOT]


def test_an_index_that_was_stopped_half_way_is_finished_from_there(full: Shelf) -> None:
    grown = index_of()
    ids = list(Article.objects.order_by("id").values_list("pk", flat=True))
    ArticleEntry.objects.order_by("id").delete()
    indexing.index_articles(ids[:3])
    call_command("index_articles", after=ids[2], verbosity=0)
    assert index_of() == grown


def test_the_engines_own_index_is_whole_after_all_kinds_of_changes(full: Shelf) -> None:
    text = full.live("Umbrellas", "They keep rain away.\n")
    change_article(agent=full.admin, article_id=text.article_id, products=["UMB-1"])
    Article.objects.get(slug="how-long-does-delivery-take").delete()
    assert found(full, "umb1") == ["Umbrellas"]
    assert DELIVERY not in found(full, "delivery")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO knowledge_search_fts(knowledge_search_fts) VALUES ('integrity-check')"
            )


@pytest.mark.django_db(transaction=True)
def test_those_who_publish_at_once_lose_no_count(shelf: Shelf) -> None:
    texts = [shelf.draft(f"Umbrella {n}", "They keep rain away.\n") for n in range(6)]
    results = at_once(6, lambda n: shelf.publish(texts[n].article))
    assert not [result for result in results if isinstance(result, Exception)], results
    counts = ArticleTerm.objects.filter(term__in=["umbrella", "rain"]).order_by("term")
    assert list(counts.values_list("term", "entries")) == [("rain", 6), ("umbrella", 6)]
    assert len(find(shelf, "umbrella")) == 6


def test_a_text_of_any_size_can_be_indexed(full: Shelf) -> None:
    """Engines bound what a row may hold; a text in letters of four bytes reaches it first."""
    full.live("Books", " ".join(f"{chr(0x1E900 + n % 30) * 60}{n}" for n in range(2_500)) + "\n")
    assert found(full, "books")[:1] == ["Books"]


def test_typos_are_counted_as_people_make_them() -> None:
    assert within("guarantee", "garantee", 1)
    assert within("recieve", "receive", 1)
    assert within("garentee", "guarantee", 2)
    assert not within("teapot", "carpet", 2)
    assert not within("ab", "abcd", 1)
