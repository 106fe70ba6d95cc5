"""The tab beside a conversation, and the settings of coupons."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from orders.approvals import counted, queue
from orders.coupons import issuing
from orders.ladder import steps_of
from orders.models import Coupon, CouponCode
from people.models import Agent, Buyer
from tests.orders.conftest import World
from tests.orders.coupons import give, made, new_offer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def some_limits(settings: Any) -> None:
    settings.ORDER_LIMITS = {"agent": {"coupon": {"per_order": 1_000, "per_day": 5_000}}, "supervisor": {}}


def log_in(agent: Agent) -> Client:
    client = Client()
    client.force_login(agent)
    return client


def tab(world: World, path: str = "") -> str:
    return f"/inbox/{world.conversation.id}/panel/coupons/{path}"


def html(response: Any) -> str:
    return str(response.content.decode())


# -- Beside a conversation


def test_the_tab_says_what_can_be_given_why_not_and_what_is_left(world: World) -> None:
    new_offer(world, name="Small")
    new_offer(world, name="Large", value=2_000)
    new_offer(world, name="Spent", budget=100)
    new_offer(world, name="Hidden", active=False)
    page = html(log_in(world.agent).get(tab(world)))
    assert "$10.00</b> for this buyer" in page
    assert "$50.00</b> today" in page
    assert page.index("Small") < page.index("Large") < page.index("Spent")
    assert "Its budget is used up." in page
    assert "This is above the limit for one code. A supervisor decides." in page
    assert "Hidden" not in page


def test_one_click_gives_and_a_second_on_the_same_button_gives_nothing_more(world: World) -> None:
    offer, client = new_offer(world, per_buyer=5), log_in(world.agent)
    for _ in range(2):
        answer = client.post(tab(world, f"{offer.id}/give/"), {"key": "k1"})
        assert answer.status_code == 200
    assert "Being made" in html(answer)
    assert CouponCode.objects.count() == 1


def test_above_a_limit_the_reason_is_asked_for_in_place(world: World) -> None:
    offer, client = new_offer(world, value=2_000), log_in(world.agent)
    answer = client.post(tab(world, f"{offer.id}/give/"), {"key": "k1"})
    assert answer.status_code == 422
    assert "Say why: this needs somebody&#x27;s approval." in html(answer)
    assert '<details class="coupon-ask" open>' in html(answer)
    answer = client.post(tab(world, f"{offer.id}/give/"), {"key": "k1", "reason": "Lost <b>twice</b>"})
    assert "Waiting for approval" in html(answer)
    assert "&lt;b&gt;twice" in html(answer)


def test_a_supervisor_decides_in_the_tab(world: World) -> None:
    code = give(world, new_offer(world, value=2_000), reason="Please")
    client = log_in(world.supervisor)
    assert "Approve" in html(client.get(tab(world)))
    assert "Approve" not in html(log_in(world.colleague).get(tab(world)))
    refused = client.post(tab(world, f"{code.id}/reject/"), {"comment": ""})
    assert (refused.status_code, "Say why." in html(refused)) == (422, True)
    assert client.post(tab(world, f"{code.id}/approve/"), {"comment": "Fine"}).status_code == 200
    code.refresh_from_db()
    assert (code.state, code.decision) == ("creating", "Fine")


def test_strangers_find_neither_the_tab_nor_the_code(world: World) -> None:
    offer = new_offer(world)
    client = log_in(world.stranger)
    for path in ("", f"{offer.id}/give/"):
        assert client.post(tab(world, path)).status_code in (404, 405)
    assert client.get(tab(world)).status_code == 404
    assert Client().get(tab(world)).status_code == 302
    assert not CouponCode.objects.exists()


def test_only_this_buyers_codes_are_shown(world: World) -> None:
    offer = new_offer(world)
    other = Buyer.objects.create(store=world.store, external_id="2")
    give(world, offer, conversation_id=None, buyer_id=other.id)
    assert "None so far." in html(log_in(world.agent).get(tab(world)))


def test_the_tab_costs_the_same_however_much_is_in_it(world: World) -> None:
    client, n = log_in(world.agent), 0

    def fill(count: int) -> None:
        nonlocal n
        for _ in range(count):
            n += 1
            offer = new_offer(world, name=f"Offer {n}", value=1)
            offer.products.add(world.product)
            give(world, offer, f"k{n}")

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(tab(world))
        return len(queries)

    fill(1)
    cost()
    with_one = cost()
    fill(12)
    assert cost() == with_one


# -- In the queue of approvals


def test_what_waits_stands_in_the_queue_and_leaves_it(world: World) -> None:
    code = give(world, new_offer(world, value=2_000), reason="Please")
    [waiting], _cursor = queue(world.supervisor)
    assert (waiting.pk, waiting.sort, waiting.cost) == (code.pk, "coupon", "$20.00")
    assert waiting.over == ["the limit for one code"]
    assert counted(world.supervisor) == [str(code.pk)]
    assert counted(world.colleague) == []
    issuing.reject(agent=world.supervisor, code_id=code.id, comment="No")
    assert queue(world.supervisor)[0] == []


# -- Settings


def test_the_settings_are_for_supervisors(world: World) -> None:
    offer = new_offer(world)
    paths = ["", "new/", f"{offer.id}/"]
    for path in paths:
        assert log_in(world.agent).get(f"/settings/coupons/{path}").status_code == 404
        assert log_in(world.supervisor).get(f"/settings/coupons/{path}").status_code == 200
    assert log_in(world.agent).post(f"/settings/coupons/{offer.id}/switch/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_the_settings_say_what_came_of_an_offer(world: World) -> None:
    from orders.coupons.redeeming import redeem

    offer = new_offer(world, budget=10_000, per_buyer=3, value=100)
    for key in ("a", "b"):
        made(world, offer, key)
    redeem(store=world.store, code=CouponCode.objects.first().code, order_number="1")  # type: ignore[union-attr]
    page = html(log_in(world.supervisor).get("/settings/coupons/"))
    assert "$2.00 <span" in page
    assert "/ $100.00" in page
    assert ">2</td>" in page
    assert "$1.00" in page


FORM = {"name": "Sorry", "kind": "amount", "value": "5", "per_buyer": "1", "valid_days": "30"}


def test_an_offer_is_made_changed_and_switched_off_in_the_settings(world: World) -> None:
    client = log_in(world.supervisor)
    form = {**FORM, "store": str(world.store.id), "min_spend": "12.50", "budget": "100", "skus": "MUG-1"}
    assert client.post("/settings/coupons/new/", form).status_code == 200
    offer = Coupon.objects.get()
    assert (offer.value, offer.min_spend, offer.budget) == (500, 1_250, 10_000)
    assert [p.sku for p in offer.products.all()] == ["MUG-1"]
    shown = html(client.get(f"/settings/coupons/{offer.id}/"))
    assert 'value="12.50"' in shown
    percent = {**FORM, "kind": "percent", "value": "15%", "most": "20", "ends_on": "2099-12-31"}
    client.post(f"/settings/coupons/{offer.id}/", percent)
    offer.refresh_from_db()
    assert (offer.kind, offer.value, offer.most, offer.budget) == ("percent", 15, 2_000, None)
    assert offer.ends_at is not None
    client.post(f"/settings/coupons/{offer.id}/switch/", {"active": "0"})
    offer.refresh_from_db()
    assert not offer.active


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": ""},
        {"value": "five"},
        {"value": "-5"},
        {"value": "0"},
        {"value": "NaN"},
        {"value": "1.234"},
        {"kind": "percent", "value": "10"},
        {"kind": "percent", "value": "101", "most": "5"},
        {"kind": "percent", "value": "1.5", "most": "5"},
        {"budget": "x"},
        {"per_buyer": "0"},
        {"valid_days": "9999"},
        {"ends_on": "2001-01-01"},
        {"skus": "NONE"},
        {"name": ""},
        {"store": "nowhere"},
    ],
)
def test_what_is_no_offer_is_said_beside_its_field(world: World, wrong: dict[str, str]) -> None:
    form = {**FORM, "store": str(world.store.id), **wrong}
    answer = log_in(world.supervisor).post("/settings/coupons/new/", form)
    assert answer.status_code == 422
    assert "field-error" in html(answer)
    assert not Coupon.objects.exists()


def test_a_ladder_is_changed_in_the_settings(world: World) -> None:
    client, path = log_in(world.supervisor), f"/settings/bargaining/{world.store.id}/"
    assert client.post(path, {"steps": "2%, 4、6"}).status_code == 200
    assert steps_of(world.store) == [2, 4, 6]
    for wrong in ("", "6, 4", "x", "0", "100"):
        assert client.post(path, {"steps": wrong}).status_code == 422
    assert steps_of(world.store) == [2, 4, 6]
    assert log_in(world.agent).post(path, {"steps": "1"}).status_code == 404
