"""Reviews: what stores tell is taken in forwards only; what is decided here reaches the store once."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events.models import Event
from inbox.models import Conversation, Message
from orders import reviews
from orders.errors import InvalidParams, NotAllowed, NotFound
from orders.models import Connection, DemoShopCommand, Product, Review
from orders.reviews import telling, upsert_review
from orders.reviews.answering import again
from orders.stores.base import StoreBusy, StoreRefused, StoreUnreachable
from people.models import Buyer
from tests.orders.conftest import Login, World, at_once, long_after
from tests.orders.faulty import FaultyStore, Killed, fails_with

pytestmark = pytest.mark.django_db

NOW = "2026-11-20T10:00:00Z"
PAGE, API = "/orders/reviews/", "/api/v1/reviews/"
HTMX = {"HX-Request": "true"}


def told(world: World, **payload: Any) -> Review:
    said = {
        "external_id": "r1",
        "sku": "MUG-1",
        "rating": 5,
        "title": "Lovely",
        "body": "Warm",
        "updated_at": NOW,
    }
    return upsert_review(store=world.store, payload={**said, **payload})


def later(minutes: int) -> str:
    return f"2026-11-20T10:{minutes:02}:00Z"


# -- Taking in


def test_a_review_finds_its_product_order_and_buyer(world: World) -> None:
    review = told(world, order="100234", author="Ada B.", written_at="2026-11-19T08:00:00Z")
    assert (review.product, review.order, review.buyer) == (world.product, world.order, world.buyer)
    assert told(world, external_id="r2", buyer={"external_id": "1001"}).buyer == world.buyer
    assert told(world, external_id="r3", order="none", buyer="nobody").buyer is None
    assert Event.objects.filter(name="review.received").count() == 3


def test_what_is_told_twice_is_taken_in_once(world: World) -> None:
    for _ in range(3):
        told(world)
    assert Review.objects.count() == Event.objects.filter(name="review.received").count() == 1


def test_it_only_goes_forwards_and_what_is_left_out_stays(world: World) -> None:
    told(world, updated_at=later(5))
    told(world, rating=1, updated_at=later(4))
    review = upsert_review(
        store=world.store, payload={"external_id": "r1", "body": "Hot", "updated_at": later(6)}
    )
    assert (review.rating, review.title, review.body) == (5, "Lovely", "Hot")
    event = Event.objects.filter(name="review.received").latest("id")
    assert (event.data["before"], event.data["after"]) == ({"body": "Warm"}, {"body": "Hot"})


@pytest.mark.parametrize(
    ("wrong", "attr"),
    [
        ({"rating": 0}, "rating"), ({"rating": 6}, "rating"), ({"rating": "5"}, "rating"), ({"rating": True}, "rating"),
        ({"sku": "NONE"}, "sku"), ({"external_id": ""}, "external_id"), ({"stars": 5}, "stars"),
        ({"body": "x" * 5001}, "body"), ({"body": 7}, "body"), ({"buyer": {}}, "buyer"),
        ({"written_at": "yesterday"}, "written_at"), ({"hidden": "no"}, "hidden"),
    ],
)  # fmt: skip
def test_what_is_not_right_is_refused_by_name_and_nothing_is_kept(
    world: World, wrong: dict[str, Any], attr: str
) -> None:
    with pytest.raises(InvalidParams) as refusal:
        told(world, **wrong)
    assert refusal.value.attr == attr
    assert not Review.objects.exists()


def test_a_new_review_names_product_and_rating(world: World) -> None:
    with pytest.raises(InvalidParams) as refusal:
        upsert_review(store=world.store, payload={"external_id": "r1", "rating": 3})
    assert refusal.value.attr == "sku"


def test_the_same_id_at_two_stores_is_two_reviews(world: World) -> None:
    other = type(world.store).objects.get(key="other")
    Product.objects.create(store=other, sku="MUG-1", name="Mug", price=1, currency="USD")
    told(world)
    upsert_review(store=other, payload={"external_id": "r1", "sku": "MUG-1", "rating": 4})
    assert Review.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_told_many_times_at_once_it_is_one(world: World) -> None:
    at_once(6, lambda n: told(world, rating=1, order="100234"))
    assert Review.objects.count() == 1
    assert Message.objects.filter(body__contains="Lovely").count() == 1


# -- A bad one


def test_a_bad_review_opens_its_buyers_conversation_once(world: World) -> None:
    Conversation.objects.update(status="resolved", resolved_at=timezone.now())
    review = told(world, rating=2, order="100234")
    told(world, rating=1, updated_at=later(9))
    note = Message.objects.get(body__contains="Lovely")
    assert (note.private, note.author_kind) == (True, "system")
    assert "2 of 5" in note.body
    assert Conversation.objects.get(messages=note).status == "open"
    assert review.conversation_id == note.conversation_id


@pytest.mark.parametrize("more", [{"rating": 3, "order": "100234"}, {"rating": 1}])
def test_others_open_none(world: World, more: dict[str, Any]) -> None:
    assert told(world, **more).conversation_id is None
    assert not Message.objects.exists()


def test_one_that_gets_worse_opens_it_then(world: World) -> None:
    told(world, order="100234")
    assert told(world, rating=1, updated_at=later(1)).conversation_id == world.conversation.id


def test_a_blocked_buyers_review_is_taken_in_without_a_conversation(world: World) -> None:
    Buyer.objects.update(blocked_until=timezone.now() + timedelta(days=1))
    assert told(world, rating=1, order="100234").conversation_id is None
    assert Review.objects.count() == 1


# -- Answering, hiding


def test_an_answer_is_kept_recorded_and_on_its_way(world: World) -> None:
    review = reviews.reply(agent=world.agent, review_id=told(world).id, text=" Thank you! ")
    assert (review.reply, review.replied_by, review.sync) == ("Thank you!", world.agent, "queued")
    event = Event.objects.get(name="review.replied")
    assert (event.data["before"], event.data["after"]) == ({"reply": ""}, {"reply": "Thank you!"})
    reviews.reply(agent=world.agent, review_id=review.id, text="Thank you!")
    assert Event.objects.filter(name="review.replied").count() == 1


def test_hiding_needs_a_reason_and_can_be_taken_back(world: World) -> None:
    review = told(world)
    with pytest.raises(InvalidParams):
        reviews.hide(agent=world.agent, review_id=review.id, reason=" ")
    hidden = reviews.hide(agent=world.agent, review_id=review.id, reason="Names a person")
    assert (hidden.hidden, hidden.hidden_reason, hidden.hidden_by) == (True, "Names a person", world.agent)
    shown = reviews.show(agent=world.colleague, review_id=review.id)
    assert (shown.hidden, shown.hidden_reason, shown.hidden_by) == (False, "", None)
    for name in ("review.hidden", "review.shown"):
        assert Event.objects.filter(name=name).count() == 1


@pytest.mark.parametrize("text", [None, 7, "x" * 2001, "a\x00b", "\ud800"])
def test_what_is_no_answer_is_refused(world: World, text: Any) -> None:
    review = told(world)
    with pytest.raises(InvalidParams):
        reviews.reply(agent=world.agent, review_id=review.id, text=text)
    review.refresh_from_db()
    assert (review.reply, review.sync) == ("", "done")


def test_a_strangers_answer_finds_nothing(world: World) -> None:
    review = told(world)
    for call in (
        lambda: reviews.reply(agent=world.stranger, review_id=review.id, text="x"),
        lambda: reviews.hide(agent=world.stranger, review_id=review.id, reason="x"),
        lambda: reviews.show(agent=world.stranger, review_id=review.id),
    ):
        with pytest.raises(NotFound):
            call()


def test_a_store_that_takes_no_answers_gets_none(world: World) -> None:
    review = told(world)
    Connection.objects.filter(store=world.store).delete()
    with pytest.raises(NotAllowed):
        reviews.reply(agent=world.agent, review_id=review.id, text="x")


def test_what_the_store_says_meanwhile_does_not_overwrite_an_answer_on_its_way(world: World) -> None:
    review = reviews.reply(agent=world.agent, review_id=told(world).id, text="Ours")
    told(world, reply="Theirs", hidden=True, rating=4, updated_at=later(9))
    review.refresh_from_db()
    assert (review.reply, review.hidden, review.rating) == ("Ours", False, 4)


# -- Telling the store


@pytest.fixture
def answered(world: World, faulty: type[FaultyStore]) -> Review:
    return reviews.reply(agent=world.agent, review_id=told(world).id, text="Thank you!")


def tell(review: Review, **when: Any) -> Review:
    telling.tell_store(review.id, **when)
    review.refresh_from_db()
    return review


@pytest.mark.django_db(transaction=True)
def test_the_store_is_told_once(answered: Review, faulty: type[FaultyStore]) -> None:
    for _ in range(3):
        tell(answered, now=long_after())
    assert (answered.sync, answered.error) == ("done", "")
    assert len(faulty.keys) == 1
    assert DemoShopCommand.objects.get(pk=faulty.keys[0]).result["reply"] == "Thank you!"


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_got_lost_is_asked_for_and_not_told_again(
    answered: Review, faulty: type[FaultyStore]
) -> None:
    faulty.after.append(fails_with(StoreUnreachable("gone")))
    assert tell(answered).sync == "unknown"
    assert tell(answered).sync == "unknown"  # not due yet
    assert tell(answered, now=long_after()).sync == "done"
    assert (len(faulty.keys), len(faulty.lookups)) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_a_request_that_got_lost_is_told_again_under_the_same_key(
    answered: Review, faulty: type[FaultyStore]
) -> None:
    faulty.before.append(fails_with(StoreUnreachable("gone")))
    assert tell(answered).sync == "unknown"
    assert tell(answered, now=long_after()).sync == "done"
    assert len(faulty.keys) == 2
    assert len(set(faulty.keys)) == 1


@pytest.mark.django_db(transaction=True)
def test_a_refusal_is_shown_and_can_be_tried_again(
    world: World, answered: Review, faulty: type[FaultyStore]
) -> None:
    faulty.before.append(fails_with(StoreRefused("Reviews are closed.")))
    assert (tell(answered).sync, answered.error) == ("failed", "Reviews are closed.")
    assert telling.due_reviews(now=long_after()) == []
    assert again(agent=world.agent, review_id=answered.id).sync == "queued"
    assert tell(answered).sync == "done"


@pytest.mark.django_db(transaction=True)
def test_a_busy_store_is_told_later(answered: Review, faulty: type[FaultyStore]) -> None:
    faulty.before.append(fails_with(StoreBusy(retry_after=30)))
    assert tell(answered).sync == "queued"
    assert len(faulty.keys) == 1
    assert tell(answered, now=long_after()).sync == "done"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_that_dies_takes_nothing_along(
    answered: Review, faulty: type[FaultyStore], when: str
) -> None:
    getattr(faulty, when).append(fails_with(Killed()))
    with pytest.raises(Killed):
        telling.tell_store(answered.id)
    assert telling.due_reviews() == []
    assert telling.due_reviews(now=long_after()) == [answered.id]
    assert tell(answered, now=long_after()).sync == "done"
    assert len(faulty.keys) == (1 if when == "after" else 2)


@pytest.mark.django_db(transaction=True)
def test_what_is_changed_while_the_store_is_told_is_told_after_it(
    world: World, answered: Review, faulty: type[FaultyStore]
) -> None:

    def meanwhile() -> None:
        reviews.reply(agent=world.agent, review_id=answered.id, text="Better")

    faulty.after.append(meanwhile)
    assert (tell(answered).sync, answered.reply) == ("queued", "Better")
    assert tell(answered, now=long_after()).sync == "done"
    results = [DemoShopCommand.objects.get(pk=key).result["reply"] for key in faulty.keys]
    assert results == ["Thank you!", "Better"]


def test_a_lost_bell_is_found_by_its_row(world: World) -> None:
    review = reviews.reply(agent=world.agent, review_id=told(world).id, text="x")
    assert telling.due_reviews(now=timezone.now() + timedelta(minutes=1)) == [review.id]


def test_a_store_is_never_called_inside_a_transaction(world: World) -> None:
    review = told(world)
    with pytest.raises(RuntimeError):
        telling.tell_store(review.id)


# -- The page


def many(world: World, count: int = 3) -> None:
    for n in range(count):
        told(world, external_id=f"m{n}", rating=n % 5 + 1, title=f"Title {n}")


def shown(html: str) -> int:
    return len(re.findall(r'<li class="card review', html))


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 5), ({"rating": "1"}, 1), ({"rating": "9"}, 5), ({"show": "unanswered"}, 4), ({"show": "hidden"}, 1),
        ({"store": "shop"}, 5), ({"store": "other"}, 0), ({"product": "x"}, 5), ({"cursor": "x"}, 5),
        ({"product": "00000000-0000-0000-0000-000000000001"}, 0),
    ],
)  # fmt: skip
def test_the_list_can_be_narrowed(world: World, login: Login, query: dict[str, str], count: int) -> None:
    many(world, 5)
    first, second = Review.objects.order_by("external_id")[:2]
    reviews.reply(agent=world.agent, review_id=first.id, text="x")
    reviews.hide(agent=world.agent, review_id=second.id, reason="x")
    assert shown(login(world.agent).get(PAGE, query, headers=HTMX).content.decode()) == count


def test_agents_see_the_reviews_of_their_own_stores(world: World, login: Login) -> None:
    review = told(world)
    client = login(world.stranger)
    assert shown(client.get(PAGE).content.decode()) == 0
    assert client.get(f"{PAGE}{review.id}/").status_code == 404
    assert client.post(f"{PAGE}{review.id}/reply/", {"reply": "x"}).status_code == 404
    assert client.get(f"{API}{review.id}/").status_code == 404
    assert client.get(API).json()["results"] == []


def test_pages_lose_and_repeat_none(world: World, login: Login) -> None:
    at = timezone.now()
    for n in range(70):
        told(world, external_id=f"p{n}", written_at=at - timedelta(minutes=n // 20))
    client, seen, path = login(world.agent), [], API
    while path:
        answer = client.get(path).json()
        seen += [one["id"] for one in answer["results"]]
        path = answer["next"]
    assert seen == [
        str(pk) for pk in Review.objects.order_by("-written_at", "-id").values_list("id", flat=True)
    ]


def test_the_number_of_queries_does_not_grow(world: World, login: Login) -> None:
    client = login(world.agent)
    many(world, 1)
    for path in (PAGE, API):
        client.get(path, headers=HTMX)
        with CaptureQueriesContext(connection) as one:
            client.get(path, headers=HTMX)
        many(world, 12)
        with CaptureQueriesContext(connection) as more:
            client.get(path, headers=HTMX)
        assert len(more) == len(one) <= 10


def test_a_review_is_answered_and_hidden_in_place(world: World, login: Login) -> None:
    review, client = told(world), login(world.agent)
    row = f"{PAGE}{review.id}/"
    assert "<textarea" in client.get(row, {"form": "reply"}).content.decode()
    answer = client.post(row + "reply/", {"reply": "Thank <b>you</b>"}).content.decode()
    assert "Thank &lt;b&gt;you&lt;/b&gt;" in answer
    assert "On its way to the store" in answer
    refused = client.post(row + "hide/", {"reason": ""})
    assert refused.status_code == 422
    assert "Say why." in refused.content.decode()
    assert "Hidden by Agent: Spam" in client.post(row + "hide/", {"reason": "Spam"}).content.decode()
    assert "Hidden by" not in client.post(row + "show/").content.decode()


def test_what_people_typed_is_shown_and_never_run(world: World, login: Login) -> None:
    evil = "<script>alert(1)</script>"
    told(world, title=evil, body=evil, author=evil, reply=evil)
    html = login(world.agent).get(PAGE).content.decode()
    assert "<script>alert" not in html
    assert html.count("&lt;script&gt;") >= 4


# -- The API


def post(client: Any, path: str, body: dict[str, Any]) -> Any:
    return client.post(path, body, content_type="application/json")


def test_the_api_lists_reads_answers_and_hides(world: World, login: Login) -> None:
    review, client = told(world, order="100234"), login(world.agent)
    (one,) = client.get(API, {"rating": "5", "unanswered": "true", "hidden": "false"}).json()["results"]
    assert (one["id"], one["product"]["sku"], one["order"]["number"]) == (str(review.id), "MUG-1", "100234")
    path = f"{API}{review.id}/"
    assert post(client, path + "reply/", {"reply": "Thanks"}).json()["reply"] == "Thanks"
    assert post(client, path + "hide/", {"reason": "Spam"}).json()["hidden"] is True
    assert post(client, path + "show/", {}).json()["hidden"] is False
    assert client.get(path).json()["sync"] == "queued"


@pytest.mark.parametrize(
    ("verb", "body"),
    [("reply", {}), ("reply", {"reply": 7}), ("reply", {"reply": "x" * 2001}), ("hide", {"reason": ""})],
)
def test_the_api_refuses_what_is_wrong(world: World, login: Login, verb: str, body: dict[str, Any]) -> None:
    assert post(login(world.agent), f"{API}{told(world).id}/{verb}/", body).status_code == 400


@pytest.mark.parametrize(
    "query", [{"rating": "6"}, {"rating": "x"}, {"product": "x"}, {"cursor": "x"}, {"hidden": "x"}]
)
def test_the_api_refuses_filters_that_are_none(world: World, login: Login, query: dict[str, str]) -> None:
    assert login(world.agent).get(API, query).status_code == 400
