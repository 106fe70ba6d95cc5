"""Check address: confirmed, or corrected in a form of the country; and the parcel that waits for it."""

from typing import Any

import pytest

from events.models import Event
from inbox.errors import Conflict, InboxError, Invalid
from inbox.models import Message
from orders import requests, running
from orders.cards import parcels
from orders.cards.checks import checks_of
from orders.checks_views import present_checks
from orders.models import BuyerRequest, Connection, DemoShopOrder, Order, OrderAction
from people.models import Buyer
from tests.orders.conftest import World, after_the_hold
from tests.orders.test_check_order import answer, send

pytestmark = pytest.mark.django_db
HOME = {
    "name": "Ada Buyer",
    "phone": "+1 503 555 0142",
    "line1": "1 Secret Street",
    "line2": "",
    "city": "Albany",
    "region": "NY",
    "postcode": "12207",
    "country": "US",
}
MOVED = {name: value for name, value in HOME.items() if name != "country"} | {"line1": "22 New Street"}


@pytest.fixture
def home(world: World) -> World:
    Order.objects.filter(pk=world.order.pk).update(address=HOME)
    DemoShopOrder.objects.filter(number=world.order.number).update(address=HOME)
    world.order.refresh_from_db()
    return world


def check(world: World, **more: str) -> Message:
    return send(world, kind="check_address", **more)


def held(world: World, client_id: str = "held-1") -> Message:
    return check(world, ref=f"{world.order.id} hold", client_id=client_id)


def state(world: World) -> str:
    return checks_of([Order.objects.get(pk=world.order.id)])[world.order.id]["check_address"].state


def run_all() -> None:
    for action in OrderAction.objects.filter(state__in=["held", "unknown"]).order_by("created_at"):
        running.run_action(action.id, now=after_the_hold(action))


def on_hold(world: World) -> bool:
    return Order.objects.get(pk=world.order.id).on_hold


def test_the_card_shows_the_address_and_a_form_of_its_country(home: World) -> None:
    card = check(home).data or {}
    assert card["lines"] == ["Ada Buyer", "1 Secret Street", "Albany, NY 12207", "US", "+1 503 555 0142"]
    yes, correct = card["choices"]
    assert yes["style"] == "primary"
    fields = {field["name"]: field for field in correct["fields"]}
    assert list(fields) == ["name", "phone", "line1", "line2", "city", "region", "postcode"]
    assert (fields["region"]["type"], fields["region"]["value"]) == ("select", "NY")
    assert fields["postcode"]["label"] == "ZIP code"


def test_an_order_without_an_address_is_not_asked_about(world: World) -> None:
    Order.objects.update(address={})
    with pytest.raises(Invalid):
        check(world)


def test_a_confirmation_is_kept_with_the_order_until_its_address_is_another(home: World) -> None:
    card = check(home)
    assert state(home) == "waiting"
    answer(home, card)
    assert state(home) == "confirmed"
    assert Event.objects.get(name="order.checked").data["check"] == "check_address"
    Order.objects.update(address=HOME | {"line1": "9 Other Street"})
    assert state(home) == "changed"


def test_a_correction_is_a_request_with_before_and_after(home: World) -> None:
    card = check(home)
    kept = answer(home, card, "correct", MOVED)

    assert "22 New Street" in kept["corrected"]
    request = BuyerRequest.objects.get()
    assert (request.kind, request.state) == ("change_address", "open")
    assert request.before["address"]["line1"] == "1 Secret Street"
    assert request.after["address"]["line1"] == "22 New Street"
    assert Order.objects.get(pk=home.order.pk).address == HOME
    assert state(home) == "wrong"
    home.conversation.refresh_from_db()
    assert home.conversation.waiting_since


def test_the_same_correction_again_asks_once(home: World) -> None:
    card = check(home)
    for _ in range(3):
        answer(home, card, "correct", MOVED)
    assert BuyerRequest.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_accepted_correction_confirms_the_address(home: World) -> None:
    card = check(home)
    answer(home, card, "correct", MOVED)
    request = BuyerRequest.objects.get()
    requests.accept(agent=home.agent, request_id=request.id, idempotency_key="k1")
    with pytest.raises(Conflict) as refused:
        answer(home, card)
    assert refused.value.code == "answered"
    run_all()
    assert Order.objects.get(pk=home.order.pk).address["line1"] == "22 New Street"
    assert state(home) == "confirmed"


def test_who_corrects_and_then_confirms_has_taken_the_correction_back(home: World) -> None:
    card = check(home)
    answer(home, card, "correct", MOVED)
    kept = answer(home, card)
    assert BuyerRequest.objects.get().state == "withdrawn"
    assert kept["corrected"] == []
    assert state(home) == "confirmed"


def test_who_corrects_nothing_has_confirmed(home: World) -> None:
    answer(home, check(home), "correct", MOVED | {"line1": "1 Secret Street"})
    assert not BuyerRequest.objects.exists()
    assert state(home) == "confirmed"


@pytest.mark.parametrize(
    ("change", "attr"),
    [
        ({"name": ""}, "name"),
        ({"line1": " "}, "line1"),
        ({"city": ""}, "city"),
        ({"region": "Ontario"}, "region"),
        ({"postcode": "94107"}, "postcode"),
        ({"postcode": ""}, "postcode"),
        ({"phone": "call me"}, "phone"),
        ({"line1": "x" * 161}, "line1"),
        ({"country": "DE"}, "country"),
        ({"line1": 5}, "line1"),
    ],
)
def test_what_cannot_be_right_is_refused_by_the_name_of_its_field(
    home: World, change: dict[str, Any], attr: str
) -> None:
    card = check(home)
    with pytest.raises(InboxError) as refused:
        answer(home, card, "correct", MOVED | change)
    assert (refused.value.status, refused.value.attr) == (400, attr)
    assert not BuyerRequest.objects.exists()
    assert not Event.objects.filter(name__in=["order.checked", "card.answered"]).exists()
    assert state(home) == "waiting"


def test_what_nobody_vouches_for_becomes_no_request_but_reaches_an_agent(home: World) -> None:
    Buyer.objects.filter(pk=home.buyer.pk).update(external_id=None)
    kept = answer(home, check(home), "correct", MOVED)
    assert not BuyerRequest.objects.exists()
    assert "22 New Street" in kept["corrected"]
    home.conversation.refresh_from_db()
    assert home.conversation.waiting_since


def test_an_open_card_shows_the_address_of_now_and_confirms_no_other(home: World) -> None:
    from orders.cards import refresh_cards

    card = check(home)
    Order.objects.update(address=HOME | {"line1": "9 Other Street"})
    with pytest.raises(Conflict) as refused:
        answer(home, card)  # what was on the screen is not what would be confirmed
    assert refused.value.code == "changed"
    refresh_cards(Order.objects.get(pk=home.order.pk))
    card.refresh_from_db()
    assert "9 Other Street" in (card.data or {})["lines"]
    answer(home, card)
    assert state(home) == "confirmed"


# -- The parcel that waits


@pytest.mark.django_db(transaction=True)
def test_a_parcel_waits_until_its_buyer_has_confirmed(home: World) -> None:
    card = held(home)
    assert (card.data or {})["waits"]
    run_all()
    assert on_hold(home)
    answer(home, card)
    release = OrderAction.objects.get(idempotency_key=f"release.{card.id.hex}")
    assert (release.agent, release.params) == (None, {"on_hold": False})
    run_all()
    assert not on_hold(home)


@pytest.mark.django_db(transaction=True)
def test_who_answers_before_the_store_was_told_has_nothing_held(home: World) -> None:
    card = held(home)
    answer(home, card)
    assert OrderAction.objects.get().state == "taken_back"
    run_all()
    assert not on_hold(home)


@pytest.mark.django_db(transaction=True)
def test_an_answer_while_the_store_is_being_told_releases_later_and_once(home: World) -> None:
    card = held(home)
    OrderAction.objects.update(state="running")
    answer(home, card)
    OrderAction.objects.update(state="held")
    run_all()
    assert on_hold(home)
    for _ in range(3):
        parcels.release_due()
    assert OrderAction.objects.filter(idempotency_key__startswith="release.").count() == 1
    run_all()
    assert not on_hold(home)


@pytest.mark.django_db(transaction=True)
def test_what_an_agent_holds_afterwards_stays(home: World) -> None:
    from orders import services

    card = held(home)
    run_all()
    answer(home, card)
    run_all()
    services.request_action(
        agent=home.agent,
        order_id=home.order.id,
        kind="hold_parcel",
        params={"on_hold": True},
        idempotency_key="by-hand",
    )
    run_all()
    assert parcels.release_due() == 0
    assert on_hold(home)


@pytest.mark.django_db(transaction=True)
def test_a_correction_keeps_the_parcel_until_it_is_done(home: World) -> None:
    card = held(home)
    run_all()
    answer(home, card, "correct", MOVED)
    assert parcels.release_due() == 0
    assert on_hold(home)
    request = BuyerRequest.objects.get()
    requests.accept(agent=home.agent, request_id=request.id, idempotency_key="k1")
    run_all()
    assert parcels.release_due() == 1
    run_all()
    assert not on_hold(home)


def test_sent_twice_under_one_id_it_holds_once(home: World) -> None:
    assert held(home).id == held(home).id
    assert OrderAction.objects.count() == 1


def test_where_the_store_cannot_hold_nothing_is_sent(home: World) -> None:
    Order.objects.update(status="shipped")
    with pytest.raises(InboxError):
        held(home)
    assert not Message.objects.filter(kind="card").exists()
    assert not OrderAction.objects.exists()


def test_holding_is_offered_where_the_store_can_hold_and_does_not_yet(home: World) -> None:
    def offered() -> list[bool]:
        order = Order.objects.select_related("store__connection").get(pk=home.order.pk)
        found = checks_of([order])[order.id]
        return [row["may_hold"] for row in present_checks(order, found, home.conversation.id)["rows"]]

    assert offered() == [False, True]
    Order.objects.update(on_hold=True)
    assert offered() == [False, False]
    Order.objects.update(on_hold=False)
    Connection.objects.all().delete()
    assert offered() == [False, False]
