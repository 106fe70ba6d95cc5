"""Every address of the API, walked: nobody gets past the door, and strangers find nothing behind it."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern
from django.utils import timezone

from helpdesk import api_urls
from helpdesk.lib import scopes
from helpdesk.lib.api import Guarded
from inbox.models import BulkAction, CannedReply
from inbox.search import index_buyer, index_pending
from inbox.services import merge_buyers
from knowledge.services import create_article
from orders import requests
from orders.models import Coupon, CouponCode, OrderAction, OrderReturn, Product, Review
from orders.notes import add_note
from orders.services import request_action
from people.keys import create_key
from team.announcing import services as announcing
from team.todo.services import create_task
from tests import factories
from tests.api.conftest import BASE, Api, schema
from tests.factories import World

SAFE = ("get", "head", "options")
OF_NO_STORE = {"roles/<str:role>/"}


def routes() -> Iterator[tuple[str, URLPattern]]:
    for pattern in api_urls.urlpatterns:
        if str(pattern.pattern):  # the last one catches what has no address
            yield str(pattern.pattern), pattern


def operations() -> list[tuple[str, str]]:
    """Every (method, route) of the API but its schema and its reference."""
    return [
        (method, route)
        for route, pattern in routes()
        if hasattr(pattern.callback, "cls") and route != "schema/"
        for method in ("get", "post", "put", "patch", "delete")
        if hasattr(pattern.callback.cls, method)
    ]


@pytest.fixture
def ids(world) -> dict[str, str]:
    """Something of the shop for each kind of id in an address, with words and numbers to be found by."""
    posted = factories.buyer_says(world.kim, "Where is my order 100234?")
    factories.agent_says(world.ann, posted.conversation, "A note for @Bob", private=True)
    action = request_action(
        agent=world.ann,
        order_id=world.order.id,
        kind="change_shipping_fee",
        params={"shipping_fee": 0},
        idempotency_key="first",
    )
    note = add_note(agent=world.ann, order_id=world.order.id, text="Fragile")
    asked = requests.ask(buyer=world.kim, order=world.order, kind="cancel", params={}, client_id="first")
    CannedReply.objects.create(store=world.store, shortcut="hi", title="Hi", body="Hello")
    index_pending()
    index_buyer(world.kim)
    return {
        "conversation_id": str(posted.conversation.id),
        "store_id": str(world.store.id),
        "buyer_id": str(world.kim.id),
        "order_id": str(world.order.id),
        "action_id": str(action.id),
        "note_id": str(note.id),
        "request_id": str(asked.id),
        "channel_id": str(world.channel.id),
        "message_id": str(posted.message.id),
        **more_ids(world, action),
    }


def more_ids(world: World, action: OrderAction) -> dict[str, str]:
    """A merge, a return, a review, a coupon code and an article of the shop."""
    store, kim = world.store, world.kim
    merge = merge_buyers(
        agent=world.ann, buyer_id=kim.id, other_id=factories.make_buyer(store, name="Kim?").id
    )
    back = OrderReturn.objects.create(order=world.order, action=action)
    product = Product.objects.create(store=store, sku="R-1", name="Mug", price=1, currency="USD")
    review = Review.objects.create(store=store, product=product, external_id="1", rating=5, buyer=kim)
    coupon = Coupon.objects.create(store=store, name="5 off", value=500, currency="USD")
    code = CouponCode.objects.create(
        coupon=coupon,
        store=store,
        code="ABCD-2345",
        buyer=kim,
        agent=world.ann,
        idempotency_key="c",
        value=500,
        currency="USD",
        expires_at=timezone.now() + timedelta(days=1),
    )
    article = create_article(
        agent=world.ann, store=store, locale="en", audience="public", title="Delivery", body="Two days.\n"
    )
    told = announcing.draft(
        agent=world.sue, wording=announcing.Wording("Closed on Friday", teams=frozenset({world.team.pk}))
    )
    return {
        "announcement_id": str(announcing.publish(agent=world.sue, announcement_id=told.pk).pk),
        "article_id": str(article.article_id),
        "locale": "en",
        "role": "agent",
        "merge_id": str(merge.id),
        "bulk_id": str(BulkAction.objects.create(agent=world.ann, idempotency_key="b", action="resolve").id),
        "return_id": str(back.id),
        "review_id": str(review.id),
        "coupon_id": str(coupon.id),
        "code_id": str(code.id),
        "code": code.code,
        "task_id": str(create_task(agent=world.ann, title="Call back", order_id=world.order.id).id),
    }


def filled(route: str, ids: dict[str, str]) -> str:
    return re.sub(r"<(?:uuid|str):(\w+)>", lambda found: ids[found[1]], route)


BODIES: dict[str, Any] = {
    "messages/": {"client_id": "x", "body": "hello"},
    "cards/": {"kind": "order", "ref": "00000000-0000-7000-8000-000000000000", "client_id": "x"},
    "assign/": {"agent": "me"},
    "snooze/": {"until": "2040-01-01T00:00:00Z"},
    "split-off/": {"seq": 2},
    "priority/": {"priority": 1},
    "tags/": {"add": [], "remove": []},
    "read/": {"seq": 1},
    "draft/": {"body": "hello"},
    "notes/": {"text": "hello"},
    "decline/": {"answer": "No"},
    "block/": {"reason": "Threats"},
    "settle/": {"done": True, "comment": "Seen"},
    "not-same/": {"other": "00000000-0000-7000-8000-000000000000"},
    "consents/": {"kind": "sms", "state": "all", "reason": "Said so"},
    "separate/": {"merge": "00000000-0000-7000-8000-000000000000"},
    "merge/": {"other": "00000000-0000-7000-8000-000000000000"},
    "reply/": {"reply": "Thank you"},
    "hide/": {"reason": "Rude"},
    "publish/": {"revision": 1},
    "restore/": {"version": "00000000-0000-7000-8000-000000000000", "revision": 1},
    "reports/": {"words": "It is three days by now"},
    "<str:locale>/": {"title": "Delivery", "revision": 0},
    "redeem/": {"order": "100234", "store": "shop"},
    "actions/": {"kind": "change_shipping_fee", "params": {"shipping_fee": 100}},
}


def body_for(route: str) -> Any:
    return BODIES.get(route.rsplit("/", 2)[-2] + "/", {})


def test_the_walk_is_not_empty():
    assert len(operations()) > 30


@pytest.mark.parametrize(("method", "route"), operations())
def test_a_stranger_to_the_desk_is_turned_away(ids, method, route):
    answer = Api(None).call(method.upper(), filled(route, ids), body_for(route))

    assert (answer.status, answer.code) == (401, "not_authenticated")


@pytest.mark.parametrize("path", ["schema/", "nothing/", "conversations/nothing/", ""])
def test_a_stranger_learns_nothing_of_other_addresses(db, path):
    answer = Client().get(BASE + path)

    assert answer.status_code == 401
    assert b"not_authenticated" in answer.content  # the schema tells it in YAML


def test_the_reference_leads_a_stranger_to_the_log_in(db):
    answer = Client().get(BASE + "docs/")

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(
    ("method", "route"),
    [(method, route) for method, route in operations() if "<" in route and route not in OF_NO_STORE],
)
def test_an_agent_of_another_store_finds_nothing_there(world, ids, method, route):
    before = OrderAction.objects.count()

    answer = Api(world.zoe).call(
        method.upper(), filled(route, ids), body_for(route), Idempotency_Key="strangers"
    )

    assert (answer.status, answer.code) == (404, "not_found")
    assert OrderAction.objects.count() == before


LISTS = {
    "conversations/": [],
    "conversations/?q=order": [],
    "conversations/?view=all&store=shop": [],
    "conversations/?buyer={buyer_id}": [],
    "buyers/": [],
    "buyers/?q=kim": [],
    "orders/": [],
    "orders/?q=100234": [],
    "orders/?store=shop": [],
    "products/": [],
    "products/?store=shop": [],
    "canned/": [],
    "tasks/": [],
    "tasks/?store=shop": [],
}


@pytest.mark.parametrize("path", LISTS)
def test_an_agent_of_another_store_sees_empty_lists(world, ids, path):
    assert Api(world.zoe).get(path.format(**ids)).ids == []
    assert Api(world.bob).get(path.format(**ids)).ids != [], "a colleague sees the same as the owner"


def test_an_agent_of_another_store_finds_nothing_by_searching(world, ids):
    for q in ("order", "kim", "100234", "note"):
        assert Api(world.zoe).get(f"search/?q={q}").data == {"conversations": [], "buyers": [], "orders": []}
    assert Api(world.bob).get("search/?q=order").data["conversations"]


def test_lists_of_people_and_shops_are_one_s_own(world, ids):
    zoe = Api(world.zoe)

    assert zoe.get("stores/").ids == [str(world.other_store.id)]
    assert zoe.get("channels/").ids == [str(world.other_channel.id)]
    assert zoe.get("teams/").ids == [str(world.other_team.id)]
    assert {colleague["name"] for colleague in zoe.get("agents/").data} == {"Zoe", "Eve"}
    assert [row["count"] for row in zoe.get("conversations/counts/").data.values()] == [0] * 6


def views() -> list[tuple[str, str, Any]]:
    return [
        (method.upper(), str(pattern.pattern), pattern.callback.cls)
        for pattern in api_urls.urlpatterns
        if hasattr(pattern.callback, "cls")
        for method in ("get", "post", "put", "patch", "delete")
        if hasattr(pattern.callback.cls, method) or not str(pattern.pattern)
    ]


def test_every_view_stands_behind_the_door_and_says_what_a_key_needs() -> None:
    for method, route, view in views():
        assert issubclass(view, Guarded), route
        needs = scopes.needed(view, method)
        assert needs is not None, f"{method} {route} says no scope (helpdesk/lib/scopes.py): shut to keys"
        assert set(needs) <= set(scopes.SCOPES), (method, route, needs)


def test_a_key_that_lacks_the_scope_is_refused_everywhere(world: World) -> None:
    for method, route, view in views():
        needs = set(scopes.needed(view, method) or ())
        others = [scope for scope in scopes.SCOPES if not scopes.granted([scope]) & needs]
        key = create_key(agent=world.eve, name="For other things", scopes=others)[1]
        path = re.sub(r"<uuid:\w+>", str(world.order.id), re.sub(r"<str:\w+>", "x", route))
        client = Client(headers={"Authorization": f"Bearer {key}"})
        answer = client.generic(method, BASE + path, "{}", content_type="application/json")
        refused = answer.status_code == 403 and b"missing_scope" in answer.content
        assert refused == bool(needs), (method, route, answer.content)


def test_who_is_disabled_is_a_stranger(world):
    ann = Api(world.ann)
    assert ann.get("me/").data["name"] == "Ann"

    world.ann.is_active = False
    world.ann.save()

    assert ann.get("me/").status == 401


@pytest.mark.parametrize(
    ("method", "route"), [(method, route) for method, route in operations() if method not in SAFE]
)
def test_a_change_without_the_csrf_header_is_refused(world, ids, method, route):
    ann = Api(world.ann, csrf=True)

    answer = ann.call(method.upper(), filled(route, ids), body_for(route), Idempotency_Key="forged")

    assert answer.status == 403
    assert "CSRF" in answer.data["errors"][0]["detail"]


def test_a_change_with_the_csrf_header_is_done(world, ids):
    ann = Api(world.ann, csrf=True)
    ann.client.get("/api/v1/docs/")
    token = ann.client.cookies["csrftoken"].value

    answer = ann.post(f"conversations/{ids['conversation_id']}/resolve/", X_CSRFToken=token)

    assert answer.data["status"] == "resolved"


@pytest.mark.parametrize(
    "path", ["nothing/", "conversations/x/", "orders/1/", "conversations/1/messages/", ""]
)
def test_an_address_that_is_none_is_told_in_json(world, path):
    client = Api(world.ann).client

    answer = client.get(BASE + path)

    assert answer.status_code == 404
    assert json.loads(answer.content)["errors"][0]["code"] == "not_found"


def test_every_route_is_in_the_schema_and_nothing_else_is():
    inside = {
        (method, re.sub(r"<(?:uuid|str):(\w+)>", r"{\1}", f"{BASE}{route}")) for method, route in operations()
    }
    described = {
        (method, path) for path, item in schema()["paths"].items() for method in item if path.startswith(BASE)
    }

    assert inside == described
