"""A card on a page of its own, behind a signed link; and the answers of the widget."""

import re
from html import unescape
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.core import signing
from django.core.cache import cache
from django.test import Client
from django.utils import translation

from inbox.access import store_ids_for
from inbox.cards import send_card
from inbox.cards_links import card_link, message_of, plain_text, token_of
from inbox.models import Message
from orders.models import Order, OrderNote
from people.models import Buyer, Store
from tests.factories import World, agent_says, buyer_says, identity, visit
from tests.inbox.widget import Widget, error_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _calm() -> None:
    cache.clear()


@pytest.fixture
def card(world: World) -> Message:
    conversation = buyer_says(world.kim).conversation
    return send_card(
        agent=world.ann,
        stores=store_ids_for(world.ann),
        conversation_id=conversation.id,
        kind="check_order",
        ref=str(world.order.id),
        client_id="check-1",
    ).message


def path(message: Message) -> str:
    return "/" + card_link(message).split("/", 3)[3]


def page(client: Client, message: Message) -> str:
    answer = client.get(path(message))
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def as_kim() -> Widget:
    widget = Widget()
    widget.token = visit(Buyer.objects.get(external_id="1001"))
    return widget


# -- The page


def test_the_page_shows_the_card_and_takes_its_answer(card: Message) -> None:
    client = Client()
    shown = page(client, card)
    for words in ("Is order 100234 right?", "Mug", "$48.00", "$54.90", "All correct", "Something is wrong"):
        assert words in shown
    answer = client.post(path(card), {"choice": "yes"})
    assert (answer.status_code, answer["Location"]) == (303, path(card))
    shown = page(client, card)
    assert "Thank you, we have your answer." in shown
    card.refresh_from_db()
    assert (card.data or {})["answer"]["by"] == "Kim Buyer"


def test_a_form_that_is_wrong_comes_back_with_what_was_written(card: Message) -> None:
    answer = Client().post(path(card), {"choice": "wrong", "text": "x" * 1001})
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "That is too long." in shown
    assert "x" * 1001 in shown
    assert 'aria-invalid="true"' in shown
    card.refresh_from_db()
    assert not (card.data or {}).get("answer")


def test_looking_changes_nothing(card: Message) -> None:
    client = Client()
    for _ in range(3):
        page(client, card)
    assert client.head(path(card)).status_code == 200
    card.refresh_from_db()
    assert not (card.data or {}).get("answer")
    assert client.put(path(card)).status_code == 405


def test_the_page_tells_nobody_of_its_address_and_keeps_no_cookie(card: Message) -> None:
    client = Client(enforce_csrf_checks=True)
    for answer in (client.get(path(card)), client.post(path(card), {"choice": "yes"})):
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "no-store" in answer["Cache-Control"]
        assert "noindex" in answer["X-Robots-Tag"]
        assert answer["X-Frame-Options"] == "DENY"
        assert not answer.cookies
    shown = client.get(path(card)).content.decode()
    assert "<script" not in shown
    assert " style=" not in shown
    assert not re.search(r'(?:src|href)="(?:https?:)?//', shown)


def test_the_page_shows_no_more_than_the_card(world: World, card: Message) -> None:
    OrderNote.objects.create(order=world.order, agent=world.ann, text="A difficult one")
    Order.objects.update(buyer_note="Leave it at the door", address={"line1": "1 Secret Street"})
    agent_says(world.ann, card.conversation_id, "Something else")
    shown = page(Client(), card)
    for words in (
        "Something else",
        "difficult",
        "Secret",
        "door",
        "Ann",
        "kim@buyers.test",
        str(world.order.id),
    ):
        assert words not in shown


def test_it_speaks_the_buyers_language_and_has_the_stores_colour(world: World) -> None:
    Buyer.objects.filter(pk=world.kim.pk).update(language="zh-hans")
    Store.objects.filter(pk=world.store.pk).update(color="#ffd400")
    conversation = buyer_says(world.kim).conversation
    card = send_card(
        agent=world.ann, stores=None, conversation_id=conversation.id, kind="check_order",
        ref=str(world.order.id), client_id="zh",
    ).message  # fmt: skip
    with translation.override("en"):
        shown = page(Client(), card)
    assert '<html lang="zh-hans">' in shown
    assert f'href="/c/{world.store.key}.css"' in shown
    colors = Client().get(f"/c/{world.store.key}.css")
    assert colors["Content-Type"].startswith("text/css")
    assert "--accent:#ffd400;--ink:#000000" in colors.content.decode()


@pytest.mark.parametrize(
    "forge", ["turned", "other salt", "no signature", "cut", "nonsense", "of nothing", "of no uuid"]
)
def test_a_forged_link_opens_nothing(card: Message, forge: str) -> None:
    token = token_of(card.id)
    tokens = {
        "turned": token_of(uuid4()).split(".")[0] + "." + token.split(".", 1)[1],
        "other salt": signing.TimestampSigner(salt="other", sep=".").sign(token.split(".")[0]),
        "no signature": token.split(".")[0],
        "cut": token[:-3],
        "nonsense": "%00%F0%9F..",
        "of nothing": token_of(uuid4()),
        "of no uuid": signing.TimestampSigner(salt="inbox.card", sep=".").sign("abc"),
    }
    for method in ("get", "post"):
        answer = getattr(Client(), method)(f"/c/{tokens[forge]}/", {"choice": "yes"})
        assert answer.status_code == 404
        assert "This link does not work" in answer.content.decode()
        assert "no-store" in answer["Cache-Control"]
    card.refresh_from_db()
    assert not (card.data or {}).get("answer")


def test_a_link_ends_after_14_days(card: Message) -> None:
    with patch("django.core.signing.time.time", return_value=card.created_at.timestamp() - 15 * 86_400):
        old = token_of(card.id)
    for method in ("get", "post"):
        answer = getattr(Client(), method)(f"/c/{old}/", {"choice": "yes"})
        assert answer.status_code == 410
        assert "This link has expired" in answer.content.decode()
    with patch("django.core.signing.time.time", return_value=card.created_at.timestamp() - 13 * 86_400):
        fresh = token_of(card.id)
    assert Client().get(f"/c/{fresh}/").status_code == 200


def test_a_note_and_a_plain_message_have_no_page(world: World, card: Message) -> None:
    said = agent_says(world.ann, card.conversation_id, "Hello").message
    Message.objects.filter(pk=card.pk).update(private=True)
    for message in (said, card):
        assert Client().get(path(message)).status_code == 404


def test_whoever_tries_too_often_waits(card: Message) -> None:
    client = Client()
    statuses = [client.post(path(card), {"choice": "wrong", "text": ""}).status_code for _ in range(17)]
    assert statuses[0] == 422
    assert statuses[-1] == 429
    assert {client.get("/c/forged/").status_code for _ in range(60)} == {404, 429}


def test_another_answer_after_the_parcel_has_left_is_refused_with_words(world: World, card: Message) -> None:
    client = Client()
    client.post(path(card), {"choice": "yes"})
    Order.objects.update(status="shipped", paid=5490)
    answer = client.post(path(card), {"choice": "wrong", "text": "No!"})
    assert answer.status_code == 409
    assert "This was answered already." in answer.content.decode()


def test_in_words_a_card_has_its_lines_and_its_link(card: Message) -> None:
    words = plain_text(card)
    assert words.startswith("Is order 100234 right? Please look it over before we send it.\n2 × Mug  $48.00")
    link = words.rsplit(" ", 1)[1]
    assert words.endswith(f"Please answer here: {link}")
    assert message_of(link.rstrip("/").rsplit("/", 1)[1]) == card.id
    Client().post("/" + link.split("/", 3)[3], {"choice": "yes"})
    card.refresh_from_db()
    assert "See it here:" in plain_text(card)


# -- The widget


def test_a_visitor_answers_a_card_once(card: Message) -> None:
    widget = as_kim()
    first = widget.post(f"cards/{card.id}/wrong", {"data": {"text": "The blue one"}})
    again = widget.post(f"cards/{card.id}/wrong", {"data": {"text": "The blue one"}})
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json() == widget.get(f"cards/{card.id}").json()
    assert first.json()["card"]["answer"]["words"] == "The blue one"
    assert Message.objects.filter(data__event="card.answered").count() == 1


def test_what_is_wrong_with_an_answer_is_said_by_field(card: Message) -> None:
    answer = as_kim().post(f"cards/{card.id}/wrong", {"data": {"text": ""}})
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["attr"], error["code"]) == (400, "text", "required")


@pytest.mark.parametrize(
    "body", [{"data": []}, {"data": "x"}, {"data": {"text": {"a": 1}}}, {"data": {"x": "y"}}]
)
def test_no_body_is_a_server_error(card: Message, body: dict[str, Any]) -> None:
    assert as_kim().post(f"cards/{card.id}/wrong", body).status_code == 400


def test_strangers_find_no_card(world: World, card: Message) -> None:
    eve, nobody, forged = Widget(), Widget(), Widget()
    eve.start(identity_token=identity(world.store, "666"))
    forged.token = "forged"
    for choice in ("yes", "wrong", "other"):
        assert error_of(eve.post(f"cards/{card.id}/{choice}", {}))[0] == 404
        assert nobody.post(f"cards/{card.id}/{choice}", {}).status_code == 401
        assert forged.post(f"cards/{card.id}/{choice}", {}).status_code == 401
    assert eve.get(f"cards/{card.id}").status_code == 404
    assert as_kim().post(f"cards/{uuid4()}/yes", {}).status_code == 404
    assert as_kim().post(f"cards/{card.id}/maybe", {}).status_code == 404
