"""What buyers ask for on their own orders."""

from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from events.models import Event
from inbox.access import attachments_for
from inbox.errors import InboxError
from inbox.files import store_upload
from inbox.models import Attachment, Conversation, Message
from orders import requests, running, services
from orders.errors import (
    Forbidden,
    IdempotencyConflict,
    InvalidParams,
    NotAllowed,
    NotFound,
    OrderChanged,
    TooLate,
)
from orders.models import BuyerRequest, Order, OrderAction
from people.models import Agent, Buyer
from tests.orders.conftest import World, after_the_hold, at_once

pytestmark = pytest.mark.django_db

ADDRESS = {
    "name": "Ada Buyer",
    "phone": "",
    "line1": "2 New Street",
    "line2": "",
    "city": "Springfield",
    "region": "IL",
    "postcode": "62701",
    "country": "US",
}


def ask(
    world: World, kind: str = "cancel", params: Any = None, *, key: str = "r1", **more: Any
) -> BuyerRequest:
    given: dict[str, Any] = {"buyer": world.buyer, "order": world.order, "reason": "I ordered the wrong size"}
    if params is None:
        params = {"address": ADDRESS} if kind == "change_address" else {}
    return requests.ask(kind=kind, params=params, client_id=key, **(given | more))


def accept(
    world: World, request: BuyerRequest, agent: Agent | None = None, key: str = "k1", **more: Any
) -> BuyerRequest:
    return requests.accept(agent=agent or world.agent, request_id=request.id, idempotency_key=key, **more)


def card_of(request: BuyerRequest) -> dict[str, Any]:
    return Message.objects.get(pk=request.message_id).data or {}


def photo(buyer: Buyer, name: str = "broken.png") -> Attachment:
    picture = BytesIO()
    Image.new("RGB", (8, 8), "red").save(picture, "PNG")
    file = SimpleUploadedFile(name, picture.getvalue())
    return store_upload(file, uploader=f"buyer:{buyer.id}")


# -- Asking


def test_a_request_is_a_card_in_the_live_conversation_and_changes_nothing(world: World) -> None:
    request = ask(world, "change_address")
    assert (request.state, request.conversation_id) == ("open", world.conversation.id)
    message = Message.objects.get(pk=request.message_id)
    assert (message.author_kind, message.kind) == ("buyer", "card")
    card = message.data or {}
    assert (card["kind"], card["request"]["status"]) == ("request", "open")
    assert card["request"]["reason"] == "I ordered the wrong size"
    [row] = card["request"]["rows"]["en"]
    assert row["before"] == "1 Secret Street"
    assert "2 New Street" in row["after"]
    assert set(card["request"]["rows"]) == {"en", "zh-hans"}
    world.order.refresh_from_db()
    assert world.order.address == {"line1": "1 Secret Street"}
    assert not OrderAction.objects.exists()
    event = Event.objects.get(name="order.request.made")
    assert (event.actor_kind, event.order_id) == ("buyer", world.order.id)


def test_a_buyer_without_a_conversation_gets_one(world: World) -> None:
    Conversation.objects.all().delete()
    request = ask(world)
    conversation = Conversation.objects.get(pk=request.conversation_id)
    assert (conversation.buyer_id, conversation.inbound_count) == (world.buyer.id, 1)
    assert conversation.waiting_since is not None


def test_a_visitor_nobody_vouches_for_asks_for_nothing(world: World) -> None:
    Buyer.objects.update(external_id=None)
    world.buyer.refresh_from_db()
    with pytest.raises(Forbidden):
        ask(world)


def test_another_buyers_order_is_not_found(world: World) -> None:
    eve = Buyer.objects.create(store=world.store, external_id="666")
    with pytest.raises(NotFound):
        ask(world, buyer=eve)
    other = Conversation.objects.create(store=world.store, buyer=eve, channel=world.conversation.channel)
    with pytest.raises(NotFound):
        ask(world, conversation_id=other.id)


@pytest.mark.parametrize("kind", ["change_shipping_fee", "hold_parcel", "nothing", ""])
def test_only_what_buyers_may_ask_for_can_be_asked(world: World, kind: str) -> None:
    with pytest.raises(InvalidParams) as refusal:
        ask(world, kind)
    assert refusal.value.attr == "kind"


def test_what_the_order_does_not_allow_cannot_be_asked(world: World) -> None:
    Order.objects.update(status="shipped")
    with pytest.raises(NotAllowed):
        ask(world)
    assert not Message.objects.exists()


@pytest.mark.parametrize("params", [None, [], {"address": "x"}, {"address": {"line1": "x"}}, {"more": 1}])
def test_params_are_what_the_kind_takes(world: World, params: Any) -> None:
    with pytest.raises(InvalidParams):
        requests.ask(
            buyer=world.buyer, order=world.order, kind="change_address", params=params, client_id="r1"
        )
    assert not BuyerRequest.objects.exists()


@pytest.mark.parametrize(
    "given",
    [
        {"reason": "x" * 501},
        {"reason": "a\x00b"},
        {"reason": "\ud800"},
        {"reason": 7},
        {"key": ""},
        {"key": "two words"},
        {"key": "x" * 65},
        {"photos": [uuid4() for _ in range(7)]},
        {"photos": [uuid4()]},
    ],
)
def test_bad_input_is_refused_and_nothing_is_written(world: World, given: dict[str, Any]) -> None:
    with pytest.raises(InvalidParams):
        ask(world, **given)
    assert not BuyerRequest.objects.exists()
    assert not Message.objects.exists()


def test_photos_are_the_buyers_own_pictures_and_agents_of_the_store_may_open_them(world: World) -> None:
    mine = photo(world.buyer)
    request = ask(world, photos=[mine.id, mine.id])
    mine.refresh_from_db()
    assert request.photos == [str(mine.id)]
    assert mine.message_id == request.message_id
    assert attachments_for(world.agent).filter(pk=mine.id).exists()
    assert not attachments_for(world.stranger).filter(pk=mine.id).exists()


def test_a_photo_of_somebody_else_or_no_picture_is_refused(world: World) -> None:
    eve = Buyer.objects.create(store=world.store, external_id="666")
    text = store_upload(SimpleUploadedFile("a.txt", b"words"), uploader=f"buyer:{world.buyer.id}")
    sent = photo(world.buyer)
    ask(world, photos=[sent.id])
    for n, file in enumerate([photo(eve), text, sent]):
        with pytest.raises(InvalidParams) as refusal:
            ask(world, "change_address", photos=[file.id], key=f"r{n + 2}")
        assert refusal.value.attr == "photos"


def test_the_same_client_id_is_the_same_request(world: World) -> None:
    mine = photo(world.buyer)
    first = ask(world, photos=[mine.id])
    assert ask(world, photos=[mine.id]).id == first.id
    assert Message.objects.count() == 1
    for other in (
        {"reason": "Other"},
        {"params": {"restock": False}},
        {"photos": []},
        {"kind": "change_address"},
    ):
        with pytest.raises(IdempotencyConflict):
            ask(world, **({"photos": [mine.id]} | other))
    with pytest.raises(IdempotencyConflict):
        ask(world, photos=[mine.id], order=world.new_order("7"))


def test_a_repeat_is_answered_also_when_the_order_has_moved_on(world: World) -> None:
    first = ask(world)
    Order.objects.update(status="shipped")
    assert ask(world).id == first.id


def test_asking_again_replaces_what_was_asked_before(world: World) -> None:
    first, other = ask(world, "change_address"), ask(world, "cancel", key="r2")
    second = ask(world, "change_address", {"address": {**ADDRESS, "line1": "3 Newer Street"}}, key="r3")
    states = dict(BuyerRequest.objects.values_list("id", "state"))
    assert states == {first.id: "withdrawn", other.id: "open", second.id: "open"}
    assert card_of(first)["request"]["status"] == "withdrawn"


def test_markup_in_a_reason_is_text(world: World) -> None:
    reason = "<script>alert(1)</script>"
    assert card_of(ask(world, reason=reason))["request"]["reason"] == reason


# -- Withdrawing


def test_an_open_request_can_be_withdrawn(world: World) -> None:
    request = ask(world)
    requests.withdraw(buyer=world.buyer, request_id=request.id)
    requests.withdraw(buyer=world.buyer, request_id=request.id)
    assert card_of(request)["request"]["status"] == "withdrawn"
    assert Event.objects.filter(name="order.request.withdrawn").count() == 1
    with pytest.raises(TooLate):
        accept(world, request)


def test_a_strangers_request_is_not_found(world: World) -> None:
    request = ask(world)
    eve = Buyer.objects.create(store=world.store, external_id="666")
    with pytest.raises(NotFound):
        requests.withdraw(buyer=eve, request_id=request.id)
    with pytest.raises(NotFound):
        accept(world, request, world.stranger)
    with pytest.raises(NotFound):
        requests.decline(agent=world.stranger, request_id=request.id, answer="No")


# -- Accepting


def test_accepting_makes_an_action_of_it_and_the_buyer_sees_what_becomes_of_it(world: World) -> None:
    request = accept(world, ask(world, "change_address"))
    action = OrderAction.objects.get()
    assert (action.state, action.agent, action.request_id) == ("held", world.agent, request.id)
    assert action.reason == "I ordered the wrong size"
    assert (request.state, request.decided_by) == ("accepted", world.agent)
    assert card_of(request)["request"]["status"] == "accepted"


@pytest.mark.django_db(transaction=True)
def test_when_it_is_done_the_card_says_so(world: World) -> None:
    request = accept(world, ask(world, "change_address"))
    action = OrderAction.objects.get()
    running.run_action(action.id, now=after_the_hold(action))
    world.order.refresh_from_db()
    assert world.order.address == ADDRESS
    assert card_of(request)["request"]["status"] == "done"


def test_the_same_key_accepts_once(world: World) -> None:
    request = ask(world)
    accept(world, request)
    assert accept(world, request).state == "accepted"
    assert OrderAction.objects.count() == 1
    with pytest.raises(TooLate):
        accept(world, request, key="k2")
    with pytest.raises(TooLate):
        accept(world, request, world.colleague)


def test_above_the_agents_limits_it_waits_and_the_buyer_is_promised_nothing(
    world: World, settings: Any
) -> None:
    settings.ORDER_LIMITS = {"agent": {"*": {"per_order": 100}}, "supervisor": {}, "admin": {}}
    Order.objects.update(status="paid", paid=5490)
    request = accept(world, ask(world))
    action = OrderAction.objects.get()
    assert (action.state, request.state) == ("waiting", "accepted")
    assert card_of(request)["request"]["status"] == "checking"
    services.approve(agent=world.supervisor, action_id=action.id)
    assert card_of(request)["request"]["status"] == "accepted"


def test_an_agent_may_accept_a_little_differently(world: World) -> None:
    accept(world, ask(world), params={"restock": False})
    assert OrderAction.objects.get().params == {"restock": False}


def test_an_order_that_was_shipped_meanwhile_is_a_clear_conflict(world: World) -> None:
    request = ask(world)
    Order.objects.update(status="shipped")
    with pytest.raises(NotAllowed) as refusal:
        accept(world, request)
    assert refusal.value.status == 409
    request.refresh_from_db()
    assert request.state == "open"


def test_an_order_that_is_another_by_now_is_shown_before_it_is_agreed_to(world: World) -> None:
    request = ask(world)
    Order.objects.update(status="paid", paid=5490)
    with pytest.raises(OrderChanged):
        accept(world, request)
    rows = card_of(request)["request"]["rows"]["en"]
    assert rows[0]["before"] == "Paid"
    assert not OrderAction.objects.exists()
    assert accept(world, request).state == "accepted"


# -- When it comes to nothing


def ended(world: World, request: BuyerRequest) -> None:
    request.refresh_from_db()
    assert (request.state, request.decided_by, request.decided_at) == ("open", None, None)
    assert card_of(request)["request"]["status"] == "open"
    assert Event.objects.filter(name="order.request.reopened").count() == 1


def test_what_is_taken_back_opens_the_request_again(world: World) -> None:
    request = accept(world, ask(world))
    services.take_back(agent=world.agent, action_id=OrderAction.objects.get().id)
    ended(world, request)
    with pytest.raises(IdempotencyConflict):
        accept(world, request)
    assert accept(world, request, key="k2").state == "accepted"


def test_what_is_rejected_opens_the_request_again(world: World, settings: Any) -> None:
    settings.ORDER_LIMITS = {"agent": {"*": {"per_order": 0}}, "supervisor": {}, "admin": {}}
    Order.objects.update(status="paid", paid=5490)
    request = accept(world, ask(world))
    services.reject(agent=world.supervisor, action_id=OrderAction.objects.get().id, comment="No")
    ended(world, request)


@pytest.mark.django_db(transaction=True)
def test_what_the_store_refuses_opens_the_request_again(world: World) -> None:
    request = accept(world, ask(world))
    shop = world.shop_order()
    shop.dispatched = True
    shop.save()
    action = OrderAction.objects.get()
    running.run_action(action.id, now=after_the_hold(action))
    action.refresh_from_db()
    assert action.state == "failed"
    ended(world, request)


def test_while_it_is_being_done_it_cannot_be_asked_for_again(world: World) -> None:
    accept(world, ask(world))
    with pytest.raises(NotAllowed):
        ask(world, key="r2")


# -- Declining


def test_declining_needs_words_and_they_reach_the_buyer(world: World) -> None:
    request = ask(world)
    for answer in ("", "  "):
        with pytest.raises(InvalidParams):
            requests.decline(agent=world.agent, request_id=request.id, answer=answer)
    requests.decline(agent=world.agent, request_id=request.id, answer="It is packed already.")
    requests.decline(agent=world.agent, request_id=request.id, answer="It is packed already.")
    card = card_of(request)["request"]
    assert (card["status"], card["answer"]) == ("declined", "It is packed already.")
    [said] = Message.objects.filter(author_kind="agent", kind="text")
    assert (said.body, said.private) == ("It is packed already.", False)
    with pytest.raises(TooLate):
        requests.decline(agent=world.colleague, request_id=request.id, answer="No")
    with pytest.raises(TooLate):
        requests.withdraw(buyer=world.buyer, request_id=request.id)


def test_after_a_no_the_buyer_may_ask_again(world: World) -> None:
    requests.decline(agent=world.agent, request_id=ask(world).id, answer="No")
    assert ask(world, key="r2").state == "open"


# -- At once


@pytest.mark.django_db(transaction=True)
def test_asked_twenty_times_at_once_it_is_one_request(world: World) -> None:
    results = at_once(20, lambda n: ask(world).id)
    assert len(set(results)) == 1, results
    assert (BuyerRequest.objects.count(), Message.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_of_many_different_ones_at_once_one_is_open(world: World) -> None:
    results = at_once(6, lambda n: ask(world, key=f"r{n}").state)
    assert not [r for r in results if isinstance(r, Exception)]
    assert BuyerRequest.objects.filter(state="open").count() == 1


@pytest.mark.django_db(transaction=True)
def test_accepted_declined_and_withdrawn_at_once_has_one_outcome(world: World) -> None:
    request = ask(world)

    def decide(n: int) -> str:
        if n % 3 == 0:
            return accept(world, request, key=f"k{n}").state
        if n % 3 == 1:
            return requests.decline(agent=world.colleague, request_id=request.id, answer="No").state
        return requests.withdraw(buyer=world.buyer, request_id=request.id).state

    results = at_once(9, decide)
    said = {r for r in results if isinstance(r, str)}
    assert len(said) == 1, results
    assert all(isinstance(r, InboxError) for r in results if not isinstance(r, str))
    request.refresh_from_db()
    assert {request.state} == said
    assert OrderAction.objects.count() == (1 if request.state == "accepted" else 0)
