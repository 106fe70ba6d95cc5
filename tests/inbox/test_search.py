"""Finding what was said and who said it, in English and in Chinese, whatever is typed into the box."""

import random
import threading
from typing import Any

import pytest
from django.db import connection

from helpdesk.lib import text
from helpdesk.lib.text import index_terms, query_terms
from inbox.models import Message, SearchEntry
from inbox.search import buyers_named, find_messages, index_buyer, index_pending, matching, snippet
from inbox.services import add_system_line, start_session
from inbox.tasks import index_messages
from people.models import Buyer
from tests.factories import World, agent_says, buyer_says, identity, make_buyer, make_world
from tests.parallel import at_once

pytestmark = pytest.mark.django_db

SAID = [
    "Where is my order 100234? It was shipped on Monday.",
    "I would like a refund for the broken lamp, please",
    "你好，我想申请退款，灯泡坏了",
    "请问什么时候发货？订单号 A-77-12",
    "Das Paket wurde nicht geliefert – Größe XL",
    "📦🚚 quickly",
    "ＦＵＬＬ ｗｉｄｔｈ letters and ﬁne ligatures",
]


@pytest.fixture
def said(world: World) -> World:
    for body in SAID:
        buyer_says(make_buyer(world.store), body)
    index_pending()
    return world


def found(words: str, **limits: Any) -> list[str]:
    rows = matching(words, limits.get("stores")).select_related("message")
    return [entry.message.body for entry in rows if entry.message]


@pytest.mark.parametrize(
    ("words", "hits"),
    [
        ("refund", [1]),
        ("REFUND", [1]),
        ("refunds", [1]),
        ("ref", [1]),  # while somebody types
        ("lamp broken", [1]),
        ("ship", [0]),
        ("shipping", [0]),
        ("100234", [0]),
        ("1002", [0]),
        ("退款", [2]),
        ("灯泡", [2]),
        ("发货", [3]),
        ("退", [2]),
        ("申请退款", [2]),
        ("我想退款", []),  # each pair has to stand there
        ("款退", []),
        ("A-77-12", [3]),
        ("订单 77", [3]),
        ("größe", [4]),
        ("GRÖSSE", [4]),
        ("full width", [6]),
        ("fine", [6]),
        ("quickly 📦", [5]),
        ("nothing like it", []),
    ],
)
def test_words_are_found_wherever_they_stand(said: World, words: str, hits: list[int]) -> None:
    assert sorted(found(words)) == sorted(SAID[n] for n in hits)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "   ",
        "📦",
        "'",
        '"',
        "\\",
        "*",
        ":*",
        "-",
        "()",
        "' OR 1=1 --",
        "\x00",
        "\ud800",
        "%",
        "_",
        "{refund}",
        "\u202e",
        "﷽",
        "𠮷",
        "𞤀𞤣𞤤𞤢𞤥",  # newer than the engine's Unicode
        "½ ² ①",
        "a" * 10_000,
        "refund " * 2_000,
        "退" * 10_000,
        "x" * 9_999 + "'",
    ],
)
def test_nothing_that_is_typed_is_an_error(said: World, words: str) -> None:
    for entry in matching(words, None)[:5]:
        assert entry.message is not None
    assert find_messages(words, None) is not None
    assert buyers_named(words, None) == []
    snippet(SAID[1], words)


@pytest.mark.parametrize(
    "words",
    [
        "refund OR order",
        "refund AND NOT lamp",
        "NOT refund",
        "refund NEAR lamp",
        "refund | order",
        "refund & order",
        "!refund order",
        "terms:refund order",
        "rowid",
        '"refund" ^order',
        "refund<->order",
    ],
)
def test_nothing_that_is_typed_is_an_operator(said: World, words: str) -> None:
    assert found(words) == []


def test_a_store_is_a_limit(said: World) -> None:
    theirs = make_buyer(said.other_store)
    buyer_says(theirs, "refund me too")
    index_pending()
    assert len(found("refund")) == 2
    assert found("refund", stores=frozenset({said.other_store.id})) == ["refund me too"]
    assert found("refund", stores=frozenset()) == []


def test_the_newest_message_of_each_conversation_is_found(world: World) -> None:
    conversation = buyer_says(world.kim, "the first lamp").conversation
    newest = agent_says(world.ann, conversation, "a note about the lamp", private=True).message
    other = buyer_says(make_buyer(world.store), "another lamp").message
    index_pending()
    assert find_messages("lamp", None) == {conversation.id: newest, other.conversation_id: other}


def test_each_message_is_indexed_once_and_lines_of_the_system_are_not(world: World) -> None:
    conversation = buyer_says(world.kim, "hello there").conversation
    agent_says(world.ann, conversation, "a reply")  # with the line that she took it
    assert index_messages() == 2
    assert index_messages() == 0
    assert SearchEntry.objects.count() == 2
    assert not Message.objects.filter(indexed=False).exists()
    assert found("took") == []
    assert add_system_line is not None


def test_a_message_without_words_is_done_with(world: World) -> None:
    buyer_says(world.kim, "📦")
    assert [index_messages(), index_messages()] == [1, 0]


def test_many_are_indexed_in_batches(world: World) -> None:
    conversation = buyer_says(world.kim).conversation
    Message.objects.bulk_create(
        Message(conversation=conversation, seq=n, client_id=str(n), body=f"word{n}", author_kind="buyer")
        for n in range(2, 1_203)
    )
    assert index_messages() == 1_202
    assert found("word777") == ["word777"]


@pytest.mark.django_db(transaction=True)
def test_workers_that_index_at_once_do_not_hinder_each_other(transactional_db: None) -> None:
    world = make_world()
    conversation = buyer_says(world.kim).conversation
    Message.objects.bulk_create(
        Message(conversation=conversation, seq=n, client_id=str(n), body=f"word{n}", author_kind="buyer")
        for n in range(2, 302)
    )
    results = at_once(4, lambda _: index_pending(100))
    assert not [r for r in results if isinstance(r, Exception)], results
    while index_pending():
        pass
    assert SearchEntry.objects.exclude(message=None).count() == 301


# -- Buyers


@pytest.mark.parametrize("words", ["lee", "Lee Bu", "lee@buyers.test", "5550199", "2002", "buyer lee"])
def test_a_buyer_is_found_by_everything_the_store_said_of_them(world: World, words: str) -> None:
    signed = identity(world.store, "2002", name="Lee Buyer", email="lee@buyers.test", phone="+15550199")
    _, session = start_session(store=world.store, identity_token=signed)
    index_buyer(world.kim)
    if words == "5550199":
        words = "15550199"
    assert buyers_named(words, None) == [session.buyer_id]
    assert buyers_named(words, frozenset({world.other_store.id})) == []


def test_a_buyer_who_is_renamed_is_found_by_the_new_name_alone(world: World) -> None:
    index_buyer(world.kim)
    Buyer.objects.filter(pk=world.kim.pk).update(name="Robin", email="robin@buyers.test")
    index_buyer(Buyer.objects.get(pk=world.kim.pk))
    assert buyers_named("robin", None) == [world.kim.pk]
    assert buyers_named("kim", None) == []
    assert SearchEntry.objects.filter(buyer=world.kim).count() == 1


def test_a_chinese_name_is_found_by_two_of_its_characters(world: World) -> None:
    buyer = make_buyer(world.store, name="欧阳小明")
    index_buyer(buyer)
    for words in ("小明", "欧阳", "欧阳小明", "明"):
        assert buyers_named(words, None) == [buyer.pk]


def test_a_buyer_who_is_gone_is_not_found(world: World) -> None:
    buyer = make_buyer(world.store, name="Gone")
    index_buyer(buyer)
    buyer.delete()
    assert buyers_named("gone", None) == []
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO inbox_search_fts(inbox_search_fts) VALUES ('integrity-check')")


# -- The analyser


def test_every_pair_of_a_long_chinese_text_is_in_the_index() -> None:
    """Written without a stop, as many do: characters alone would find anything and nothing."""
    body = "".join(chr(0x4E00 + n) for n in range(2_400))
    terms = set(index_terms(body).split())
    assert all(body[n : n + 2] in terms for n in range(2_399))


def test_a_text_has_a_bounded_number_of_terms() -> None:
    assert (
        len(index_terms("".join(chr(0x4E00 + n % 20_000) for n in range(10_000))).split()) <= text.MAX_TERMS
    )
    assert len(index_terms(" ".join(f"w{n}" for n in range(10_000))).split()) <= text.MAX_TERMS
    assert index_terms("word " * 10_000) == "word"


def test_what_is_asked_for_is_a_part_of_what_is_indexed() -> None:
    for body in SAID:
        assert set(query_terms(body)) <= set(index_terms(body).split())


def test_words_have_the_same_stem_on_every_thread() -> None:
    """The stemmer keeps its word in itself: two threads in it at once would get each other's letters."""
    random.seed(7)
    words = [
        "".join(random.choices("abcdeilnorstuy", k=8)) + ending
        for ending in ("ing", "ies", "ational", "fulness", "ed", "ization")
        for _ in range(400)
    ]
    alone = [query_terms(word) for word in words]
    text._stem.cache_clear()
    wrong: list[Any] = []

    def stem(offset: int) -> None:
        for n in range(len(words)):
            word = words[(n + offset) % len(words)]
            try:
                if query_terms(word) != alone[(n + offset) % len(words)]:
                    wrong.append(word)
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=stem, args=(n * 300,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


# -- What is shown of a hit


def test_a_snippet_shows_the_words_in_their_place() -> None:
    body = "x " * 200 + "the broken lamp" + " y" * 200
    shown = snippet(body, "broken lamp")
    assert "broken lamp" in shown
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert len(shown) <= 122
    assert snippet("short words", "lamp") == "short words"
    assert "退款" in snippet("你好" * 300 + "我想退款" + "谢谢" * 300, "退款")
