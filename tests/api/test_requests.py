"""Buyers' requests by the API: reading them, saying yes and no."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders import requests
from orders.models import BuyerRequest, Order, OrderAction
from tests import factories
from tests.api.conftest import Api

pytestmark = pytest.mark.django_db


def asked(order: Order, kind: str = "cancel", *, minutes: int = 0, params: Any = None) -> BuyerRequest:
    made = requests.ask(
        buyer=order.buyer,
        order=order,
        kind=kind,
        params=params or {},
        reason="Wrong size",
        client_id=f"r-{order.number}",
    )
    made.created_at -= timedelta(minutes=minutes)
    made.save(update_fields=["created_at"])
    return made


def test_open_requests_are_listed_for_those_who_serve_the_store(world):
    newer = asked(world.order)
    older = asked(factories.make_order(world.kim, "100300"), minutes=5)
    assert Api(world.ann).get("requests/").ids == [str(older.id), str(newer.id)]
    assert Api(world.zoe).get("requests/").ids == []
    assert Api(world.eve).get("requests/?store=shop").ids == [str(older.id), str(newer.id)]
    assert Api(world.ann).get("requests/?kind=refund").ids == []
    assert Api(world.ann).get(f"requests/?order={world.order.id}").ids == [str(newer.id)]
    requests.withdraw(buyer=world.kim, request_id=older.id)
    assert Api(world.ann).get("requests/?state=withdrawn").ids == [str(older.id)]
    assert Api(world.ann).get("requests/?state=all").ids == [str(newer.id), str(older.id)]


def test_pages_hold_everything_once_and_cost_the_same(world):
    at = timezone.now()
    made = []
    for n in range(60):
        order = factories.make_order(world.kim, f"3{n:04}")
        made.append(
            BuyerRequest(
                order=order,
                buyer=world.kim,
                kind="cancel",
                params={"restock": True},
                client_id=f"r{n}",
                before={"status": "unpaid", "refunded": 0, "currency": "USD"},
                after={"status": "cancelled", "refunded": 0, "currency": "USD"},
                created_at=at - timedelta(minutes=n // 2),
            )
        )
    BuyerRequest.objects.bulk_create(made[:1])
    ann = Api(world.ann)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert ann.get("requests/").status == 200
        return len(seen)

    queries()  # the first one also begins the log-in
    one = queries()
    BuyerRequest.objects.bulk_create(made[1:])
    assert queries() == one
    expected = [str(r.id) for r in sorted(made, key=lambda r: (r.created_at, r.id))]
    assert ann.pages("requests/") == expected
    assert ann.get("requests/?cursor=nonsense").status == 400


def test_one_request_says_what_it_is_about(world):
    request = asked(world.order)
    told = Api(world.ann).get(f"requests/{request.id}/").data
    assert (told["state"], told["label"], told["reason"]) == ("open", "Cancel order", "Wrong size")
    assert told["after"]["status"] == "cancelled"
    assert told["action"] is None
    assert Api(world.zoe).get(f"requests/{request.id}/").status == 404


def test_accepting_by_one_key_is_once(world):
    request = asked(world.order)
    ann, path = Api(world.ann), f"requests/{request.id}/accept/"
    answers = [ann.post(path, {}, Idempotency_Key="k-1") for _ in range(3)]
    assert [a.status for a in answers] == [200] * 3
    assert {a.data["action"]["state"] for a in answers} == {"held"}
    assert OrderAction.objects.count() == 1
    again = ann.post(path, {}, Idempotency_Key="k-2")
    assert (again.status, again.code) == (409, "too_late")


@pytest.mark.parametrize("key", ["", "two words", "x" * 65])
def test_accepting_needs_a_key(world, key):
    request = asked(world.order)
    assert Api(world.ann).post(f"requests/{request.id}/accept/", {}, Idempotency_Key=key).status == 400
    assert not OrderAction.objects.exists()


def test_what_was_shipped_meanwhile_is_a_conflict(world):
    request = asked(world.order)
    Order.objects.update(status="shipped")
    answer = Api(world.ann).post(f"requests/{request.id}/accept/", {}, Idempotency_Key="k-1")
    assert (answer.status, answer.code) == (409, "not_allowed")


def test_declining_needs_words(world):
    request = asked(world.order)
    ann, path = Api(world.ann), f"requests/{request.id}/decline/"
    assert ann.post(path, {}).status == 400
    assert ann.post(path, {"answer": " "}).status == 400
    assert ann.post(path, {"answer": 7}).status == 400
    for _ in range(2):
        answer = ann.post(path, {"answer": "It is packed already."})
        assert (answer.status, answer.data["state"]) == (200, "declined")
    assert answer.data["decided_by"]["name"] == world.ann.name
    assert ann.post(path, {"answer": "Other words"}).code == "too_late"
    assert Api(world.zoe).post(path, {"answer": "No"}).status == 404
