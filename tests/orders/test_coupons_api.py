"""/api/v1/coupons/: what stores offer, codes, and what is refused."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events.models import Event
from orders.models import Coupon, CouponCode
from people.models import Agent, Store
from tests.orders.conftest import World
from tests.orders.coupons import give, made, new_offer

pytestmark = pytest.mark.django_db

OFFER = {
    "store": "shop",
    "name": "Sorry",
    "kind": "amount",
    "value": {"amount": 500, "currency": "USD"},
    "budget": {"amount": 5000, "currency": "USD"},
}


def log_in(agent: Agent) -> Client:
    client = Client()
    client.force_login(agent)
    return client


def post(agent: Agent, path: str, data: Any = None, **headers: str) -> Any:
    return log_in(agent).post(
        f"/api/v1/coupons/{path}", data or {}, content_type="application/json", headers=headers
    )


def test_a_supervisor_makes_and_changes_an_offer(world: World) -> None:
    answer = post(world.supervisor, "", {**OFFER, "skus": ["MUG-1"]})
    assert answer.status_code == 201
    said = answer.json()
    assert (said["value"], said["skus"], said["committed"]["amount"]) == (OFFER["value"], ["MUG-1"], 0)
    client = log_in(world.supervisor)
    changed = client.patch(
        f"/api/v1/coupons/{said['id']}/", {"active": False, "skus": []}, content_type="application/json"
    )
    assert (changed.status_code, changed.json()["active"], changed.json()["skus"]) == (200, False, [])
    told = Event.objects.filter(name="coupon.changed").order_by("id")
    assert [event.data["after"].get("active") for event in told] == [True, False]


def test_agents_read_offers_and_make_none(world: World) -> None:
    offer = new_offer(world)
    assert post(world.agent, "", OFFER).status_code == 403
    client = log_in(world.agent)
    assert client.get(f"/api/v1/coupons/{offer.id}/").json()["name"] == "Sorry"
    patch = client.patch(f"/api/v1/coupons/{offer.id}/", {"active": False}, content_type="application/json")
    assert patch.status_code == 403
    assert Client().get("/api/v1/coupons/").status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": {"amount": -500, "currency": "USD"}},
        {"value": {"amount": 0, "currency": "USD"}},
        {"value": {"amount": 500, "currency": "EUR"}},
        {"value": {"amount": 5.5, "currency": "USD"}},
        {"value": {"amount": 500}},
        {"value": "500"},
        {"value": True},
        {"value": None},
        {"value": 10**13},
        {"name": ""},
        {"name": "x" * 81},
        {"name": "a\x00b"},
        {"kind": "gift"},
        {"kind": "percent"},
        {"kind": "percent", "value": None, "percent": 0, "most": 100},
        {"kind": "percent", "value": None, "percent": 101, "most": 100},
        {"kind": "percent", "value": None, "percent": 10},
        {"kind": "percent", "value": None, "percent": 10, "most": 0},
        {"percent": 10},
        {"budget": -1},
        {"budget": {"amount": 1, "currency": "CNY"}},
        {"min_spend": {"amount": -1, "currency": "USD"}},
        {"min_spend": None},
        {"valid_days": 0},
        {"valid_days": 1000},
        {"valid_days": "30"},
        {"per_buyer": 0},
        {"per_buyer": 1.5},
        {"ends_at": "yesterday"},
        {"ends_at": "2020-01-01T00:00:00Z"},
        {"skus": ["NONE"]},
        {"skus": "MUG-1"},
        {"active": "yes"},
    ],
)
def test_what_is_no_offer_is_refused_and_nothing_is_written(world: World, wrong: dict[str, Any]) -> None:
    answer = post(world.supervisor, "", {**OFFER, **wrong})
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["detail"]
    assert not Coupon.objects.exists()


def test_not_a_number_is_refused(world: World) -> None:
    client = log_in(world.supervisor)
    body = '{"store": "shop", "name": "x", "kind": "amount", "value": {"amount": NaN, "currency": "USD"}}'
    answer = client.post("/api/v1/coupons/", body, content_type="application/json")
    assert answer.status_code == 400
    assert not Coupon.objects.exists()


def test_a_budget_cannot_be_below_what_was_given_out(world: World) -> None:
    offer = new_offer(world, budget=5_000)
    give(world, offer)
    client = log_in(world.supervisor)
    answer = client.patch(f"/api/v1/coupons/{offer.id}/", {"budget": 499}, content_type="application/json")
    assert answer.status_code == 400
    answer = client.patch(f"/api/v1/coupons/{offer.id}/", {"budget": 500}, content_type="application/json")
    assert answer.status_code == 200


def test_another_stores_offers_are_not_found(world: World) -> None:
    elsewhere = new_offer(world, store=Store.objects.get(key="other"))
    client = log_in(world.supervisor)
    assert client.get("/api/v1/coupons/").json()["results"] == []
    assert client.get(f"/api/v1/coupons/{elsewhere.id}/").status_code == 404
    assert client.get(f"/api/v1/coupons/{elsewhere.id}/codes/").status_code == 404
    assert post(world.supervisor, f"{elsewhere.id}/codes/", {}, **{"Idempotency-Key": "k"}).status_code == 404
    assert post(world.supervisor, "", {**OFFER, "store": "other"}).status_code == 404
    assert post(world.supervisor, f"{uuid4()}/codes/", {}, **{"Idempotency-Key": "k"}).status_code == 404


def test_a_code_is_given_once_for_a_key(world: World) -> None:
    offer = new_offer(world)
    body = {"conversation": str(world.conversation.id)}
    first = post(world.agent, f"{offer.id}/codes/", body, **{"Idempotency-Key": "k1"})
    assert (first.status_code, first.json()["state"]) == (201, "creating")
    again = post(world.agent, f"{offer.id}/codes/", body, **{"Idempotency-Key": "k1"})
    assert again.json()["code"] == first.json()["code"]
    other = post(world.agent, f"{offer.id}/codes/", {**body, "reason": "x"}, **{"Idempotency-Key": "k1"})
    assert other.status_code == 409
    assert post(world.agent, f"{offer.id}/codes/", body).status_code == 400
    listed = log_in(world.agent).get(f"/api/v1/coupons/{offer.id}/codes/").json()["results"]
    assert [code["id"] for code in listed] == [first.json()["id"]]
    one = log_in(world.agent).get(f"/api/v1/coupons/codes/{first.json()['id']}/")
    assert one.json()["buyer"]["name"] == "Ada Buyer"
    assert log_in(world.stranger).get(f"/api/v1/coupons/codes/{first.json()['id']}/").status_code == 404


def test_a_code_above_a_limit_is_decided_by_the_api_too(world: World, settings: Any) -> None:
    settings.ORDER_LIMITS = {"agent": {"coupon": {"per_order": 1}}, "supervisor": {}}
    offer = new_offer(world, per_buyer=2)
    path = f"{offer.id}/codes/"
    body = {"conversation": str(world.conversation.id)}
    assert post(world.agent, path, body, **{"Idempotency-Key": "k"}).status_code == 400
    waiting = post(world.agent, path, {**body, "reason": "Please"}, **{"Idempotency-Key": "k1"}).json()
    assert (waiting["state"], waiting["over"]) == ("waiting", ["code"])
    assert post(world.agent, f"codes/{waiting['id']}/approve/").status_code == 403
    assert post(world.stranger, f"codes/{waiting['id']}/approve/").status_code == 404
    approved = post(world.supervisor, f"codes/{waiting['id']}/approve/", {"comment": "Fine"})
    assert (approved.status_code, approved.json()["state"]) == (200, "creating")
    other = post(world.agent, path, {**body, "reason": "Again"}, **{"Idempotency-Key": "k2"}).json()
    assert post(world.supervisor, f"codes/{other['id']}/reject/").status_code == 400
    rejected = post(world.supervisor, f"codes/{other['id']}/reject/", {"comment": "No"})
    assert rejected.json()["state"] == "rejected"
    assert post(world.supervisor, f"codes/{other['id']}/reject/", {"comment": "No"}).status_code == 200
    assert post(world.supervisor, f"codes/{other['id']}/approve/").status_code == 409


@pytest.mark.django_db(transaction=True)
def test_a_store_redeems_a_code_once(world: World) -> None:
    code = made(world, new_offer(world))
    path = f"{code.code.lower()}/redeem/"
    answer = post(world.agent, path, {"store": "shop", "order": "100234"})
    assert (answer.status_code, answer.json()["state"], answer.json()["order"]) == (200, "redeemed", "100234")
    assert post(world.agent, path, {"store": "shop", "order": "100234"}).status_code == 200
    again = post(world.agent, path, {"store": "shop", "order": "2"})
    assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "redeemed")
    assert post(world.stranger, path, {"store": "shop", "order": "1"}).status_code == 404
    assert post(world.stranger, path, {"store": "other", "order": "1"}).status_code == 404
    assert post(world.agent, "nothing/redeem/", {"store": "shop", "order": "1"}).status_code == 404
    for order in ("", " ", "x" * 41, "a\x00", 7, None):
        assert post(world.agent, path, {"store": "shop", "order": order}).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_an_expired_code_is_a_conflict(world: World) -> None:
    code = made(world, new_offer(world))
    CouponCode.objects.update(expires_at=code.created_at)
    answer = post(world.agent, f"{code.code}/redeem/", {"store": "shop", "order": "1"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "expired")


@pytest.mark.django_db(transaction=True)
def test_a_code_is_revoked_by_the_api(world: World) -> None:
    code = made(world, new_offer(world))
    assert post(world.colleague, f"codes/{code.id}/revoke/").status_code == 403
    assert post(world.agent, f"codes/{code.id}/revoke/").json()["state"] == "revoking"


def test_lists_cost_the_same_however_long(world: World) -> None:
    client = log_in(world.agent)
    many = new_offer(world, name="Many", value=1, per_buyer=20)
    paths = ["/api/v1/coupons/", f"/api/v1/coupons/{many.id}/codes/"]

    def fill(n: int) -> None:
        new_offer(world, name=f"Offer {n}").products.add(world.product)
        give(world, many, f"k{n}")

    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).json()["results"]
        return len(queries)

    fill(0)
    client.get("/api/v1/me/")  # the first request of a log-in writes down that it is there
    with_one = [cost(path) for path in paths]
    for n in range(1, 12):
        fill(n)
    assert [cost(path) for path in paths] == with_one


def test_pages_go_on_and_a_wrong_cursor_is_refused(world: World) -> None:
    for n in range(55):
        new_offer(world, name=f"Offer {n}")
    client = log_in(world.agent)
    first = client.get("/api/v1/coupons/?store=shop&active=true").json()
    second = client.get(first["next"]).json()
    assert (len(first["results"]), len(second["results"]), second["next"]) == (50, 5, None)
    assert client.get("/api/v1/coupons/?cursor=nonsense").status_code == 400
