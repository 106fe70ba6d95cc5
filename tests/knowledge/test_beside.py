"""Articles beside a conversation: searched over the socket, read, said, sent as a card; what is known of a product."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import translation

from events.sockets import db
from inbox.asking import answer_to
from inbox.cards import send_card
from inbox.cards_links import plain_text
from inbox.errors import InboxError, NotFound
from inbox.models import Message
from knowledge.models import Report
from knowledge.plain import cut, to_message
from knowledge.reading import lead, marked
from knowledge.services import archive_article, publish, save_text, withdraw
from tests.factories import World, buyer_says, make_buyer
from tests.knowledge.beside import HTMX, asks, live, logged_in
from tests.sockets import Connect


def asked(world: World, what: str, agent: Any = None, **given: Any) -> dict[str, Any]:
    given = {
        name: str(value) if name in ("conversation", "article") else value for name, value in given.items()
    }
    return answer_to(agent=agent or world.ann, may=lambda scope: True, given={"what": what, **given})


def titles(answer: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(group["title"], [row["title"] for row in group["results"]]) for group in answer["groups"]]


# -- Asked


@pytest.mark.django_db
def test_a_search_says_what_a_row_shows(world: World) -> None:
    text = live(world, "Washing wool", "Wash it **cold**, never <hot>.\n", products=["MUG-1"], topic="care")
    conversation, _message = asks(world, "Hello")
    [group] = asked(world, "articles", q="wash wool", conversation=conversation.id)["groups"]
    [row] = group["results"]
    assert row["article"] == str(text.article_id)
    assert (row["public"], row["topic"], row["locale"], row["language"]) == (True, "Care", "en", "English")
    assert row["published_at"].endswith("Z")
    assert row["link"].endswith(f"/help/shop/en/articles/{text.article.slug}/")
    words = "".join(part for part, _is_marked in row["snippet"])
    assert words.startswith("Wash it cold, never <hot>")
    assert any(is_marked for _part, is_marked in row["snippet"])


@pytest.mark.django_db
def test_a_conversation_finds_its_stores_articles_and_nobody_anothers(world: World) -> None:
    live(world, "Gift wrapping")
    live(world, "Gift wrapping elsewhere", store=world.other_store)
    live(world, "Gift wrapping for colleagues", audience="internal")
    conversation, _message = asks(world, "Hello")
    [(_, found)] = titles(
        asked(world, "articles", q="gift wrapping", conversation=conversation.id, agent=world.eve)
    )
    assert sorted(found) == ["Gift wrapping", "Gift wrapping for colleagues"]
    [(_, everywhere)] = titles(asked(world, "articles", q="gift wrapping", agent=world.eve))
    assert len(everywhere) == 3
    [(_, theirs)] = titles(asked(world, "articles", q="gift wrapping", agent=world.zoe))
    assert theirs == ["Gift wrapping elsewhere"]
    with pytest.raises(NotFound):
        asked(world, "articles", q="gift", conversation=conversation.id, agent=world.zoe)


@pytest.mark.django_db
def test_without_words_what_fits_stands_there_in_the_buyers_language(world: World) -> None:
    live(world, "Mug: care", products=["MUG-1"], topic="care")
    sizes = live(world, "Mug: sizes", products=["MUG-1"], topic="sizes")
    live(world, "Something else")
    save_text(
        agent=world.eve,
        article_id=sizes.article_id,
        locale="zh-hans",
        title="杯子尺寸",
        body="大。",
        revision=0,
    )
    publish(agent=world.eve, article_id=sizes.article_id, locale="zh-hans", revision=1)
    conversation, _message = asks(world, "Hello")
    assert titles(asked(world, "articles", conversation=conversation.id)) == [
        ("Mug", ["Mug: sizes", "Mug: care"])
    ]
    world.kim.language = "zh-hans"
    world.kim.save()
    assert titles(asked(world, "articles", conversation=conversation.id)) == [
        ("Mug", ["杯子尺寸", "Mug: care"])
    ]
    assert asked(world, "articles")["groups"] == []


@pytest.mark.django_db
@pytest.mark.parametrize("q", ["x" * 10_000, "的" * 9_999, '"', "* AND (", "\x00", "🙂", " ", "a\nb"])
def test_anything_can_be_searched_for(world: World, q: str) -> None:
    live(world, "Gift wrapping")
    conversation, _message = asks(world, "Hello")
    assert isinstance(asked(world, "articles", q=q, conversation=conversation.id)["groups"], list)


@pytest.mark.django_db
def test_the_words_of_an_article_can_be_said(world: World) -> None:
    body = "Hello {{buyer.name}}:\n\n- one\n- **two**\n\n1. first\n2. [second](https://shop.test/x)\n"
    text = live(world, "List", body)
    said = asked(world, "article.text", article=text.article_id, locale="fi")
    assert said["words"] == (
        "Hello {{buyer.name}}:\n\n• one\n• two\n\n1. first\n2. second (https://shop.test/x)"
    )
    assert (said["locale"], said["shortened"]) == ("en", False)
    long = live(world, "Long", "word " * 5_000)
    said = asked(world, "article.text", article=long.article_id)
    assert (len(said["words"]) <= 10_000, said["shortened"]) == (True, True)
    for wrong in (text.article_id, uuid4()):
        with pytest.raises(NotFound):
            asked(world, "article.text", article=wrong, agent=world.zoe)
    withdraw(agent=world.eve, article_id=text.article_id, locale="en")
    with pytest.raises(NotFound):
        asked(world, "article.text", article=text.article_id)


@pytest.mark.django_db
def test_lists_know_of_which_products_something_is_known(world: World) -> None:
    live(world, "Mug: care", products=["MUG-1"], topic="care")
    live(world, "Other mug", products=["MUG-1"], store=world.other_store)
    here, there = str(world.store.id), str(world.other_store.id)
    pairs = [[here, "MUG-1"], [here, "CUP-1"], [there, "MUG-1"]]
    counted = asked(world, "products.known", products=pairs)["known"]
    assert counted == [[here, "MUG-1", 1], [here, "CUP-1", 0], [there, "MUG-1", 0]]
    for wrong in (None, "x", [["x", "y"]], [[here]], [[here, 5]], [[here, "a\x00"]], [[here, "a"]] * 201):
        with pytest.raises(InboxError):
            asked(world, "products.known", products=wrong)


@pytest.mark.django_db(transaction=True)
async def test_suggestions_and_searches_come_over_the_socket(connect: Connect, world: World) -> None:
    await db(live, world, "Gift wrapping")
    await db(world.order.__class__.objects.update, status="paid")
    conversation, message = await db(asks, world, "Where is my parcel?")
    ann, zoe = await asyncio.gather(connect.console(world.ann), connect.console(world.zoe))
    of = {"conversation": str(conversation.id), "message": str(message.id)}
    answer = await ann.ask(type="ask", id="1", what="suggestions", **of)
    assert [one["card"] for one in answer["suggestions"]] == [{"kind": "order", "ref": str(world.order.id)}]
    found = await ann.ask(type="ask", id="2", what="articles", q="gift", conversation=of["conversation"])
    assert titles(found) == [("", ["Gift wrapping"])]
    for what in ("suggestions", "articles"):
        assert (await zoe.ask(type="ask", id=what, what=what, **of))["code"] == "not_found"
    for frame in (
        {},
        {"conversation": of["conversation"]},
        {**of, "message": 5},
        {**of, "message": str(uuid4())},
    ):
        refused = await ann.ask(type="ask", id="3", what="suggestions", **frame)
        assert refused["code"] in ("required", "invalid", "not_found")
        ann.frames.clear()


# -- Read


@pytest.mark.django_db
def test_an_article_is_read_in_the_language_asked_for(world: World) -> None:
    live(world, "Mug: care", products=["MUG-1"], topic="care")
    text = live(
        world, "Mug: sizes", "It is **large** <script>x</script>.\n", products=["MUG-1"], topic="sizes"
    )
    conversation, _message = asks(world, "Hello")
    client = logged_in(world.ann)
    page = client.get(
        f"/knowledge/read/{text.article_id}/?conversation={conversation.id}&locale=zh-hans", headers=HTMX
    )
    words = page.content.decode()
    assert "<strong>large</strong> &lt;script&gt;" in words
    assert "Mug: care" in words
    assert all(f'data-know="{what}"' in words for what in ("insert", "card"))
    assert "data-know=" not in client.get(f"/knowledge/read/{text.article_id}/").content.decode()
    for agent, address in [
        (world.zoe, f"/knowledge/read/{text.article_id}/"),
        (world.ann, f"/knowledge/read/{uuid4()}/"),
        (world.ann, f"/knowledge/read/{text.article_id}/?conversation={uuid4()}"),
        (world.zoe, f"/inbox/{conversation.id}/panel/knowledge/"),
    ]:
        assert logged_in(agent).get(address).status_code == 404
    assert client.get(f"/inbox/{conversation.id}/panel/knowledge/").status_code == 200
    assert Client().get(f"/knowledge/read/{text.article_id}/", headers=HTMX).status_code == 401


@pytest.mark.django_db
def test_what_is_out_of_date_is_reported_from_there(world: World) -> None:
    text = live(world, "Fees")
    address = f"/knowledge/texts/{text.id}/report/"
    client = logged_in(world.ann)
    assert client.post(address, {"words": ""}).status_code == 422
    assert client.post(address, {"words": "x" * 1001}).status_code == 422
    assert client.post(address, {"words": "The fee is 5 now"}).status_code == 200
    assert Report.objects.get().words == "The fee is 5 now"
    assert logged_in(world.zoe).post(address, {"words": "x"}).status_code == 404


@pytest.mark.django_db
def test_what_is_known_of_a_product_by_topic(world: World) -> None:
    live(world, "Mug: care", products=["MUG-1"], topic="care")
    live(world, "Mug: points", products=["MUG-1"], topic="selling_points", audience="internal")
    live(world, "Mug: story", products=["MUG-1"])
    address = f"/knowledge/products/{world.store.id}/MUG-1/"
    words = logged_in(world.ann).get(f"{address}?name=The+<mug>").content.decode()
    assert [words.index(f"Mug: {part}") for part in ("points", "care", "story")] == sorted(
        words.index(f"Mug: {part}") for part in ("points", "care", "story")
    )
    assert "The &lt;mug&gt;" in words
    assert "Selling points" in words
    assert (
        "dialog-title" in logged_in(world.ann).get(address, headers={"HX-Target": "dialog"}).content.decode()
    )
    nothing = (
        logged_in(world.ann).get(f"/knowledge/products/{world.store.id}/A/B%20%2F%3F1/").content.decode()
    )
    assert "Nothing is written about it yet" in nothing
    assert "sku=A%2FB%20%2F%3F1" in nothing
    assert logged_in(world.zoe).get(address).status_code == 404
    assert logged_in(world.ann).get(f"/knowledge/products/{uuid4()}/MUG-1/").status_code == 404


# -- Sent


def card(world: World, ref: str) -> Message:
    conversation = buyer_says(world.kim).conversation
    return send_card(
        agent=world.ann,
        stores=None,
        conversation_id=conversation.id,
        kind="article",
        ref=ref,
        client_id=uuid4().hex,
    ).message


@pytest.mark.django_db
def test_a_card_has_what_the_public_reads_and_is_words_elsewhere(world: World) -> None:
    text = live(world, "Returns", "Within **30 days**.\n\n- a\n- b\n", products=["MUG-1"])
    message = card(world, str(text.article_id))
    data = message.data or {}
    assert (data["title"], data["lead"], data["article"]["locale"]) == ("Returns", "Within 30 days.", "en")
    assert message.body.startswith("Returns\nWithin 30 days.")
    sent = Message.objects.select_related("conversation__buyer", "conversation__store").get(pk=message.pk)
    assert "/c/" in plain_text(sent)
    assert (card(world, f"{text.article_id}:fi").data or {})["article"]["locale"] == "en"


@pytest.mark.django_db
def test_nothing_internal_foreign_or_withdrawn_is_ever_a_card(world: World) -> None:
    internal = live(world, "Ladder", audience="internal")
    foreign = live(world, "Elsewhere", store=world.other_store)
    old, away = live(world, "Old"), live(world, "Away")
    withdraw(agent=world.eve, article_id=old.article_id, locale="en")
    archive_article(agent=world.eve, article_id=away.article_id)
    for ref in (
        *(str(text.article_id) for text in (internal, foreign, old, away)),
        str(uuid4()),
        "",
        "x:y",
        ":",
    ):
        with pytest.raises(NotFound):
            card(world, ref)
    assert not Message.objects.filter(kind="card").exists()
    answer = logged_in(world.ann).post(
        f"/api/v1/conversations/{buyer_says(world.kim).conversation.id}/cards/",
        {"kind": "article", "ref": str(internal.article_id), "client_id": "x"},
        content_type="application/json",
    )
    assert answer.status_code == 404


@pytest.mark.django_db
def test_an_internal_article_has_no_way_to_the_buyer_on_the_page_either(world: World) -> None:
    internal = live(world, "Ladder", audience="internal")
    foreign = live(world, "Elsewhere", store=world.other_store)
    conversation = buyer_says(world.kim).conversation
    client = logged_in(world.eve)
    words = client.get(
        f"/knowledge/read/{internal.article_id}/?conversation={conversation.id}"
    ).content.decode()
    assert 'data-know="card"' not in words
    assert 'data-know="link"' not in words
    words = client.get(
        f"/knowledge/read/{foreign.article_id}/?conversation={conversation.id}"
    ).content.decode()
    assert "data-know=" not in words
    [group] = asked(world, "articles", q="ladder", conversation=conversation.id)["groups"]
    assert (group["results"][0]["public"], group["results"][0]["link"]) == (False, "")


# -- Words


def test_markdown_becomes_words_that_can_be_said() -> None:
    body = "# Title\n\nOne *two*\nthree\n\n> quote\n\n- a\n  - b\n- c\n\n3. x\n\n"
    body += "| A | B |\n|---|---|\n| 1 | 2 |\n\n`code`\n"
    assert to_message(body) == (
        "Title\n\nOne two three\n\nquote\n\n• a\n  • b\n• c\n\n3. x\n\nA | B\n1 | 2\n\ncode"
    )
    assert to_message("") == ""
    assert to_message("[mail us](mailto:a@b.test) <https://x.test>") == "mail us https://x.test"
    assert to_message("![a cup](file:1)") == "a cup"
    assert cut("one two three", 10) == "one two…"
    assert cut("x" * 20, 10) == "x" * 9 + "…"
    assert lead("First.\n\n- a\n") == "First."
    assert marked("a &lt;b&gt; <mark>c &amp; d</mark>") == [["a <b> ", False], ["c & d", True]]
    with translation.override("zh-hans"):
        assert lead("一。\n\n二。\n") == "一。 二。"


@pytest.mark.django_db
def test_a_buyer_of_another_store_is_nobody_to_suggest_for(world: World) -> None:
    conversation = buyer_says(make_buyer(world.other_store)).conversation
    with pytest.raises(NotFound):
        asked(world, "articles", conversation=conversation.id)
