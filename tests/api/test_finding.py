"""The search over everything, buyers, and canned replies."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.models import Event
from inbox.models import CannedReply
from inbox.search import index_buyer, index_pending, matching
from tests import factories
from tests.api.conftest import Api


@pytest.fixture
def said(world):
    posted = factories.buyer_says(world.kim, "我的订单 100234 还没有收到，可以退款吗？")
    factories.buyer_says(world.kim, "The parcel is missing")
    index_pending()
    index_buyer(world.kim)
    return posted.conversation


def test_conversations_are_found_by_what_was_said_once_each(world, said):
    factories.agent_says(world.ann, said, "A missing parcel? I look.")
    index_pending()
    ann = Api(world.ann)

    [hit] = ann.get("search/?q=missing parcels").data["conversations"]

    assert hit["summary"]["id"] == str(said.id)
    assert (hit["snippet"], hit["seq"]) == ("A missing parcel? I look.", 3), "the newest of them"
    assert ann.get("search/?q=退款").data["conversations"][0]["seq"] == 1
    assert ann.get("search/?q=par").data["conversations"], "the last word is a beginning"
    assert ann.get("search/?q=teapot").data["conversations"] == []


def test_buyers_and_orders_are_found(world, said):
    found = Api(world.ann).get("search/?q=kim").data
    assert [buyer["name"] for buyer in found["buyers"]] == ["Kim Buyer"]
    assert [order["number"] for order in Api(world.ann).get("search/?q=%231002").data["orders"]] == ["100234"]
    assert Api(world.ann).get("search/?q=kim@buyers.test").data["buyers"]
    assert Api(world.ann).get("search/?q=1001").data["buyers"], "by the id at the store"


@pytest.mark.parametrize(
    "q", ["%27", "%25", "_", "%5C", "%22", "a%27 OR 1=1", "%3A*", "%26 %7C !", "*", "NEAR(", "-x", "(", "🙂"]
)
def test_signs_find_nothing_and_break_nothing(world, said, q):
    found = Api(world.ann).get(f"search/?q={q}").data

    assert found["orders"] == []
    assert Api(world.ann).get(f"conversations/?q={q}").status == 200


def test_searching_costs_the_same_however_much_is_found(world, said):
    ann = Api(world.ann)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            ann.get("search/?q=parcel")
        return len(queries)

    def add(count: int) -> None:
        for n in range(count):
            buyer = factories.make_buyer(world.store, name=f"Parcel {n}")
            factories.buyer_says(buyer, "parcel")
            index_buyer(buyer)
        index_pending()

    add(3)
    ann.get("me/")
    few = cost()
    add(20)
    assert cost() <= few
    assert len(ann.get("search/?q=parcel").data["conversations"]) == 20
    assert len(ann.get("search/?q=parcel").data["buyers"]) == 10


def test_what_is_said_often_and_what_is_not_are_both_found(world, monkeypatch):
    monkeypatch.setattr("inbox.search.LATEST", 3)
    rare = factories.buyer_says(world.kim, "zebra").conversation
    for n in range(6):
        factories.buyer_says(factories.make_buyer(world.store, name=f"B{n}"), "parcel")
    index_pending()
    ann = Api(world.ann)

    assert [hit["summary"]["id"] for hit in ann.get("search/?q=zebra").data["conversations"]] == [
        str(rare.id)
    ]
    assert len(ann.get("search/?q=parcel").data["conversations"]) == 6


# -- Buyers


def test_buyers_are_listed_newest_first(world):
    made = [world.kim, *(factories.make_buyer(world.store, name=f"B{n}") for n in range(60))]

    assert Api(world.ann).pages("buyers/") == sorted((str(b.id) for b in made), reverse=True)


def test_a_buyer_is_written_down_and_told(world, said, pushed):
    ann = Api(world.ann)

    buyer = ann.patch(f"buyers/{world.kim.id}/", {"name": "Kim Larsen", "note": "Prefers e-mail"}).data

    assert (buyer["name"], buyer["note"], buyer["verified"]) == ("Kim Larsen", "Prefers e-mail", True)
    [event] = Event.objects.filter(name="buyer.updated")
    assert event.data["before"] == {"name": "Kim Buyer", "note": ""}
    assert [f["summary"]["buyer"]["name"] for f in pushed.of("conversation.updated")] == ["Kim Larsen"]
    assert pushed.of("buyer.updated")
    assert matching("larsen", None).filter(buyer=world.kim).exists()
    assert ann.patch(f"buyers/{world.kim.id}/", {"note": "Prefers e-mail"}).status == 200
    assert Event.objects.filter(name="buyer.updated").count() == 1, "what changes nothing is no event"


def test_what_the_store_vouches_for_cannot_be_written(world):
    changed = Api(world.ann).patch(
        f"buyers/{world.kim.id}/", {"external_id": "1", "store": "x", "verified": False}
    )

    assert (changed.status, changed.data["external_id"], changed.data["verified"]) == (200, "1001", True)


# -- Canned replies


def reply(**fields) -> CannedReply:
    given = {"shortcut": "hello", "title": "Greeting", "body": "Hi"} | fields
    return CannedReply.objects.create(**given)


def test_variables_are_filled_in_for_a_conversation(world, said):
    reply(
        body="Hi {{buyer.first_name}} ({{ buyer.name }}), {{agent.name}} of {{store.name}}: "
        "{{order.number}}, {{order.total}} {{x.y}}"
    )

    [row] = Api(world.ann).get(f"canned/?conversation={said.id}").data

    assert row["rendered"] == "Hi Kim (Kim Buyer), Ann of Shop: 100234, $54.90 {{x.y}}"
    assert row["missing"] == ["x.y"]


def test_a_variable_without_a_value_stays_to_be_seen(world):
    lou = factories.make_buyer(world.store, name="")
    said = factories.buyer_says(lou).conversation
    reply(body="Hi {{buyer.first_name}}, {{order.number}} {{order.number}}")

    [row] = Api(world.ann).get(f"canned/?conversation={said.id}").data
    assert (row["rendered"], row["missing"]) == (
        "Hi there, {{order.number}} {{order.number}}",
        ["order.number"],
    )

    [row] = Api(world.ann).get("canned/").data
    assert row["missing"] == ["buyer.first_name", "order.number"], "for nobody yet"


def test_values_are_in_the_language_of_the_reply(world, said):
    world.order.currency = "CNY"
    world.order.save()
    reply(body="{{order.total}}", language="zh-hans")

    [row] = Api(world.ann).get(f"canned/?conversation={said.id}").data

    assert row["rendered"] == "¥54.90"


def test_what_a_value_holds_is_not_filled_in_again(world):
    lou = factories.make_buyer(world.store, name="{{agent.name}} {% now %}")
    said = factories.buyer_says(lou).conversation
    reply(body="Hi {{buyer.name}}")

    [row] = Api(world.ann).get(f"canned/?conversation={said.id}").data

    assert row["rendered"] == "Hi {{agent.name}} {% now %}"


def test_replies_of_the_store_and_the_buyer_s_language_come_first(world, said):
    world.kim.language = "zh-hans"
    world.kim.save()
    reply(shortcut="refund", title="Refund", store=world.store)
    reply(shortcut="refund", title="退款", language="zh-hans")
    reply(shortcut="thanks", title="About a refund")
    reply(shortcut="refund-other", store=world.other_store)

    def titles(query: str) -> list[str]:
        return [row["title"] for row in Api(world.ann).get(f"canned/?conversation={said.id}{query}").data]

    assert titles("&q=ref") == ["退款", "Refund", "About a refund"]
    assert titles("&q=nothing") == []
    assert "Greeting" not in titles("")


def test_filling_in_costs_the_same_however_many_replies(world, said):
    ann = Api(world.ann)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            ann.get(f"canned/?conversation={said.id}")
        return len(queries)

    reply(body="{{order.number}}")
    ann.get("me/")
    few = cost()
    for n in range(20):
        reply(shortcut=f"s{n}", body="{{order.total}} {{buyer.name}}")
    assert cost() == few
