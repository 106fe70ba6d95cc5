"""The widget's HTTP API: who one is, what one may see, and what becomes of what one sends."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from inbox.models import Conversation, Message
from inbox.reception import expected_wait_s
from inbox.services import assign, resolve
from people.models import Agent, Buyer, VisitorSession
from tests.conftest import Frames
from tests.factories import World, agent_says, buyer_says, identity, make_buyer
from tests.inbox.widget import Widget, error_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_counters() -> None:
    cache.clear()


@pytest.fixture
def visitor(world: World) -> Widget:
    widget = Widget()
    widget.start()
    return widget


@pytest.fixture
def kim(world: World) -> Widget:
    widget = Widget()
    widget.start(identity_token=identity(world.store))
    return widget


# -- Sessions


def test_a_new_visitor_gets_a_token_and_an_empty_desk(world: World) -> None:
    Agent.objects.filter(pk=world.ann.pk).update(lease_until=timezone.now() + timedelta(minutes=1))
    answer = Widget().start(locale="zh-CN", page={"url": "https://shop.test/lamp", "title": "Lamp"}).json()
    assert answer["visitor"]["verified"] is False
    assert answer["conversation"] is None
    assert answer["messages"] == []
    assert answer["agents_online"] == 1
    assert answer["agents"][0] == {"name": "Ann"}
    assert answer["store"]["name"] == world.store.name
    session = VisitorSession.objects.get(token_digest=VisitorSession.digest(answer["visitor_token"]))
    assert session.language == "zh-hans"
    assert session.page["url"] == "https://shop.test/lamp"


def test_the_same_token_is_the_same_visitor_and_brings_the_conversation_back(visitor: Widget) -> None:
    visitor.say("Hello")
    before = visitor.token
    answer = visitor.start().json()
    assert visitor.token == before
    assert [message["body"] for message in answer["messages"]] == ["Hello"]
    assert answer["conversation"]["buyer_read_seq"] == 0


@pytest.mark.parametrize("token", ["unknown", "x" * 100])
def test_a_token_nobody_knows_is_answered_with_a_new_one(world: World, token: str) -> None:
    widget = Widget()
    widget.token = token
    assert widget.start().status_code == 200
    assert widget.token != token


def test_a_token_of_another_store_is_a_stranger_here(world: World, visitor: Widget) -> None:
    visitor.say("For the first shop only")
    visitor.store = "other"
    assert visitor.start().json()["messages"] == []


def test_an_unknown_store_is_told_as_such(world: World) -> None:
    assert error_of(Widget("nowhere").start()) == (400, "validation_error", "unknown_store")


@pytest.mark.parametrize(
    "body",
    [
        {"store": ["shop"]},
        {"visitor_token": {"$gt": ""}},
        {"identity_token": 7, "page": []},
        {"page": {str(n): n for n in range(50)}},
        {"page": {"a\x00b": 1}},
        {"page": {"\ud800": 1}},
        {"locale": "x" * 100},
    ],
)
def test_nonsense_is_refused_and_starts_nothing(world: World, body: dict[str, Any]) -> None:
    before = VisitorSession.objects.count()
    assert Widget().start(**body).status_code == 400
    assert VisitorSession.objects.count() == before


def test_what_a_page_says_of_itself_is_kept_short(world: World) -> None:
    widget = Widget()
    widget.start(page={"url": "https://shop.test/", "cart": {"items": ["x" * 5000]}})
    assert len(VisitorSession.objects.get().page["cart"]) == 500


def test_what_no_database_can_store_of_a_page_is_left_out(world: World) -> None:
    Widget().start(page={"title": "L\x00amp \ud800", "sizes": {"a": ["\x00"]}})
    assert VisitorSession.objects.get().page["title"] == "Lamp "


@pytest.mark.parametrize("path", ["messages", "orders"])
@pytest.mark.parametrize("token", ["", "wrong"])
def test_nothing_is_read_without_a_valid_token(world: World, path: str, token: str) -> None:
    widget = Widget()
    widget.token = token
    answer = widget.get(path)
    assert answer.status_code == 401
    assert answer.json()["type"] == "client_error"


@pytest.mark.parametrize("path", ["messages", "attachments", "read", "typing", "rating", "contact", "logout"])
def test_nothing_is_written_without_a_valid_token(world: World, path: str) -> None:
    assert Widget().post(path).status_code == 401
    assert not Message.objects.exists()


def test_the_cookie_of_an_agent_is_no_way_in(world: World) -> None:
    widget = Widget()
    widget.client.force_login(world.ann)
    assert widget.get("messages").status_code == 401
    assert widget.say("hello").status_code == 401


def test_after_logging_out_the_token_is_worth_nothing(visitor: Widget) -> None:
    visitor.say("Mine")
    assert visitor.post("logout").status_code == 204
    assert visitor.get("messages").status_code == 401
    assert visitor.start().json()["messages"] == []


# -- Identity


def test_a_signed_identity_brings_the_history_along(world: World, visitor: Widget) -> None:
    buyer_says(world.kim, "From my other computer")
    before = visitor.token
    answer = visitor.start(identity_token=identity(world.store, name="Kim Renamed")).json()
    assert answer["visitor"] == {"id": str(world.kim.id), "name": "Kim Renamed", "verified": True}
    assert [message["body"] for message in answer["messages"]] == ["From my other computer"]
    assert visitor.token != before  # what was seen before the proof is worth nothing after it
    old = Widget()
    old.token = before
    assert old.get("messages").status_code == 401


def forgeries(world: World) -> dict[str, str]:
    return {
        "another key": identity(world.store, secret="not-the-secret-of-this-store-at-all"),
        "another store's": identity(world.other_store),
        "expired": identity(world.store, exp=int(timezone.now().timestamp()) - 120),
        "never expires": identity(world.store, exp=None),
        "valid for a year": identity(world.store, exp=int(timezone.now().timestamp()) + 365 * 86_400),
        "nobody": identity(world.store, sub=None),
        "empty": identity(world.store, sub=""),
        "unsigned": UNSIGNED,
        "another algorithm": identity(world.store, algorithm="HS512"),
        "garbage": "a.b.c",
    }


# {"alg":"none","typ":"JWT"} . {"sub":"1001","exp":4102444800} .
UNSIGNED = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiIxMDAxIiwiZXhwIjo0MTAyNDQ0ODAwfQ."


@pytest.mark.parametrize(
    "which",
    [
        "another key",
        "another store's",
        "expired",
        "never expires",
        "valid for a year",
        "nobody",
        "empty",
        "unsigned",
        "another algorithm",
        "garbage",
    ],
)
def test_a_bad_identity_token_is_refused_and_shows_no_history(
    world: World, visitor: Widget, which: str
) -> None:
    buyer_says(world.kim, "Kim's secret")
    answer = visitor.start(identity_token=forgeries(world)[which])
    assert error_of(answer) == (400, "validation_error", "invalid_token")
    assert answer.json()["errors"][0]["attr"] == "identity_token"
    assert "secret" not in answer.content.decode()
    assert visitor.start().json()["messages"] == []
    assert visitor.get("orders").status_code == 403


def test_unsigned_claims_prove_nothing(world: World, visitor: Widget) -> None:
    """Neither a typed e-mail address nor an id in the request makes a visitor the buyer."""
    buyer_says(world.kim, "Kim's secret")
    assert visitor.post("contact", {"name": "Kim Buyer", "email": world.kim.email}).status_code == 204
    answer = visitor.start(sub="1001", external_id="1001", email=world.kim.email).json()
    assert answer["visitor"]["verified"] is False
    assert answer["messages"] == []
    assert visitor.get("orders").status_code == 403
    visitor.say("Hello, I am Kim")
    assert Conversation.objects.filter(buyer=world.kim).count() == 1
    typed = Buyer.objects.get(pk=answer["visitor"]["id"])
    assert (typed.email, typed.external_id) == (world.kim.email, None)


def test_when_the_vouching_ends_history_and_orders_are_hidden_again(world: World, kim: Widget) -> None:
    kim.say("While I was known")
    VisitorSession.objects.update(verified_until=timezone.now() - timedelta(seconds=1))
    assert kim.get("messages").status_code == 401
    assert kim.get("orders").status_code == 401
    answer = kim.start().json()
    assert answer["visitor"]["verified"] is False
    assert answer["messages"] == []


def test_a_second_person_on_the_browser_of_the_first_starts_afresh(world: World, kim: Widget) -> None:
    kim.say("From Kim")
    answer = kim.start(identity_token=identity(world.store, "2002", name="Lee")).json()
    assert answer["visitor"]["name"] == "Lee"
    assert answer["messages"] == []
    assert Conversation.objects.get().buyer == world.kim


# -- Orders


def test_a_verified_buyer_sees_their_own_orders_and_nothing_internal(world: World, kim: Widget) -> None:
    [order] = kim.get("orders").json()["orders"]
    assert order["number"] == "100234"
    assert order["shipping_fee"] == {"amount": 690, "currency": "USD"}
    assert order["items"] == [
        {"name": "Mug", "variant": "", "quantity": 2, "total": {"amount": 4800, "currency": "USD"}},
    ]
    assert not {"address", "buyer_note", "can", "pending"} & set(order)


def test_an_anonymous_visitor_never_sees_orders(visitor: Widget) -> None:
    assert error_of(visitor.get("orders")) == (403, "client_error", "not_verified")


# -- Messages


def test_a_message_is_sent_once_however_often_it_is_sent(world: World, visitor: Widget) -> None:
    first = visitor.say("Hello", "one")
    again = visitor.say("Hello", "one")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["message"]["id"] == again.json()["message"]["id"]
    assert visitor.bodies() == ["Hello"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"client_id": "a", "body": ""}, "empty"),
        ({"client_id": "a", "body": " \n\t "}, "empty"),
        ({"client_id": "a", "body": "x" * 10_001}, "too_long"),
        ({"client_id": "a b", "body": "x"}, "invalid"),
        ({"client_id": "", "body": "x"}, "blank"),
        ({"body": "x"}, "required"),
        ({"client_id": "a", "body": {"$ne": 1}}, "invalid"),
        (
            {"client_id": "a", "body": "x", "attachments": ["01970000-0000-7000-8000-000000000000"]},
            "unknown_attachment",
        ),
        ({"client_id": "a", "body": "x", "attachments": ["../../etc/passwd"]}, "invalid"),
    ],
)
def test_what_cannot_be_a_message_is_refused(visitor: Widget, body: dict[str, Any], code: str) -> None:
    assert error_of(visitor.post("messages", body)) == (400, "validation_error", code)
    assert not Message.objects.exists()


def test_a_body_that_is_too_large_or_no_json_is_refused(visitor: Widget) -> None:
    def post(raw: str) -> Any:
        path, kind = "/api/widget/v1/messages", "application/json"
        return visitor.client.post(path, raw, content_type=kind, headers=visitor.headers)

    assert error_of(post('{"body": "' + "x" * 300_000 + '"}')) == (413, "client_error", "too_large")
    for raw in ("{", "[]", "[" * 100_000, "null", '"text"', '{"client_id": "a", "body": "\\ud800"}'):
        assert post(raw).status_code == 400, raw[:20]
    assert not Message.objects.exists()


def test_another_visitor_cannot_reach_the_conversation(world: World, visitor: Widget) -> None:
    visitor.say("Private to me")
    other = Widget()
    other.start()
    assert other.bodies() == []
    other.say("Mine")
    assert other.bodies() == ["Mine"]
    assert Conversation.objects.count() == 2


def test_messages_are_read_in_pages_and_caught_up_by_seq(world: World, visitor: Widget) -> None:
    for n in range(35):
        visitor.say(f"message {n}", f"c{n}")
    newest = visitor.get("messages").json()
    assert [m["body"] for m in newest["messages"]] == [f"message {n}" for n in range(5, 35)]
    assert newest["has_more"] is True
    older = visitor.get(f"messages?before={newest['messages'][0]['seq']}").json()
    assert [m["body"] for m in older["messages"]] == [f"message {n}" for n in range(5)]
    assert older["has_more"] is False
    assert [m["seq"] for m in visitor.get("messages?after=33").json()["messages"]] == [34, 35]
    for query in ("after=-1", "after=x", f"before={2**40}"):
        assert visitor.get("messages?" + query).status_code == 400


def test_writing_after_the_end_goes_on_with_the_conversation(world: World, visitor: Widget) -> None:
    visitor.say("Hello")
    conversation = Conversation.objects.get()
    resolve(agent=world.ann, conversation_id=conversation.id)
    visitor.say("One more thing")
    conversation.refresh_from_db()
    assert conversation.status == "open"


# -- Receipts, typing, rating, contact


def test_receipts_move_what_the_agent_sees(world: World, visitor: Widget) -> None:
    visitor.say("Hello")
    conversation = Conversation.objects.get()
    reply = agent_says(world.ann, conversation, "Hi").message
    assert visitor.post("read", {"received": reply.seq}).status_code == 204
    assert reply.deliveries.get().state == "delivered"
    assert visitor.post("read", {"read": reply.seq}).status_code == 204
    assert reply.deliveries.get().state == "read"
    assert visitor.start().json()["conversation"]["buyer_read_seq"] == reply.seq
    assert visitor.post("read", {"read": -1}).status_code == 400


def test_typing_reaches_the_agents_of_that_conversation_only(
    world: World, visitor: Widget, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.say("Hello")
    sent: list[Any] = []
    monkeypatch.setattr("inbox.widget_api.publish", sent.extend)
    assert visitor.post("typing", {"on": True}).status_code == 204
    [(topics, frame)] = sent
    assert topics == (f"conversation.{Conversation.objects.get().id}",)
    assert '"kind":"buyer"' in frame


def test_a_rating_is_taken_when_it_is_over_and_may_be_changed(world: World, visitor: Widget) -> None:
    assert visitor.post("rating", {"rating": 5}).status_code == 404
    visitor.say("Hello")
    conversation = Conversation.objects.get()
    assert error_of(visitor.post("rating", {"rating": 5})) == (409, "client_error", "not_resolved")
    resolve(agent=world.ann, conversation_id=conversation.id)
    assert visitor.post("rating", {"rating": 2, "comment": "Slow"}).status_code == 204
    assert visitor.post("rating", {"rating": 4, "comment": ""}).status_code == 204
    conversation.refresh_from_db()
    assert (conversation.rating, conversation.rating_comment) == (4, "")
    for rating in (0, 6, "good", None, 2.5):
        assert visitor.post("rating", {"rating": rating}).status_code == 400


def test_a_typed_contact_is_kept_but_a_vouched_one_is_not_overwritten(
    world: World, visitor: Widget, kim: Widget
) -> None:
    visitor.post("contact", {"name": "Lee", "email": "lee@example.test"})
    assert Buyer.objects.filter(name="Lee", email="lee@example.test", external_id=None).exists()
    kim.post("contact", {"name": "Mallory", "email": "mallory@example.test"})
    world.kim.refresh_from_db()
    assert world.kim.email == "kim@buyers.test"
    assert error_of(visitor.post("contact", {"email": "no address"})) == (400, "validation_error", "invalid")


def test_the_expected_wait_is_the_median_of_late(world: World) -> None:
    assert expected_wait_s(world.store.id) is None
    cache.clear()
    for seconds in (60, 120, 6000):
        conversation = buyer_says(make_buyer(world.store)).conversation
        Conversation.objects.filter(pk=conversation.pk).update(
            first_reply_at=conversation.created_at + timedelta(seconds=seconds)
        )
    assert expected_wait_s(world.store.id) == 120


def test_who_answers_is_known_to_the_buyer_by_name_only(world: World, visitor: Widget) -> None:
    visitor.say("Hello")
    conversation = Conversation.objects.get()
    assign(agent=world.sue, conversation_id=conversation.id, to_agent=world.bob.id)
    assert visitor.start().json()["conversation"]["assignee"] == {"name": "Bob"}


def test_too_many_requests_are_refused_for_that_visitor_only(world: World, visitor: Widget) -> None:
    other = Widget()
    other.start()
    answers = [visitor.post("typing", {"on": True}).status_code for _ in range(245)]
    assert answers[-1] == 429
    assert other.post("typing", {"on": True}).status_code == 204


def test_no_answer_sets_a_cookie_or_may_be_cached(visitor: Widget) -> None:
    for answer in (visitor.start(), visitor.say("x"), visitor.get("messages"), visitor.get("orders")):
        assert not answer.cookies
        assert answer["Cache-Control"] == "no-store"


def test_a_posted_message_is_pushed_to_both_sides(world: World, visitor: Widget, pushed: Frames) -> None:
    message = visitor.say("Hello").json()["message"]
    conversation = message["conversation"]
    assert pushed.to(f"conversation.{conversation}")
    assert pushed.to(f"public.{conversation}")
