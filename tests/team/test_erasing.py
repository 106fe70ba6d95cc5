"""Somebody is erased: nowhere is a trace of them, whatever dies in between, and nothing brings them back."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from events import names
from events.models import Event
from events.redacting import MARK
from inbox.errors import InboxError
from inbox.inbound import take_in
from inbox.models import Attachment, Channel, Conversation, Delivery, Message, Payload, Received
from inbox.search import buyers_named, find_messages
from inbox.services import tag_buyer, update_buyer
from inbox.transports.base import Said
from orders.errors import Forbidden, InvalidParams, NotAllowed, NotFound
from orders.models import Order, OrderAction, Review, StoreHook
from orders.presenting import audit_trail
from orders.reviews.taking import upsert_review
from orders.sync.orders import upsert_order
from people.models import Buyer, BuyerIdentity
from people.visitors import authenticate
from team import audit, erasing, tasks
from team.models import BuyerExport, Erasure
from tests import factories
from tests.team import somebody
from tests.team.somebody import EMAIL, NAME, PHONE, Somebody, told, traces

AT_ONCE = timedelta(0)


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


@pytest.fixture
def kim(world: Any) -> Somebody:
    return somebody.make(world)


def ask(world: Any, buyer: Buyer, **given: Any) -> Erasure:
    asked = {"name": buyer.display_name, "reason": "Asked for it by mail", "hold": AT_ONCE} | given
    return erasing.ask_for_erasure(agent=world.eve, buyer_id=buyer.pk, **asked)


def later(erasure: Erasure) -> None:
    """Let the time come at which it is looked at again."""
    Erasure.objects.filter(pk=erasure.pk).update(run_at=timezone.now())


def erase(world: Any, buyer: Buyer) -> Erasure:
    erasure = ask(world, buyer)
    for _ in range(2):
        erasing.run(erasure.pk)
        later(erasure)
    erasure.refresh_from_db()
    assert erasure.state == Erasure.State.DONE, erasure.waits_for
    return erasure


# -- Nothing is left


def test_nothing_of_somebody_who_was_erased_is_left_anywhere(world, kim, media):
    before = traces(kim.words)
    assert {word for _, word in before} == set(kim.words), "the test holds what it looks for"
    assert all((media / name).exists() for name in kim.files)
    amounts = Order.objects.values_list("items_total", "shipping_fee", "paid").get(pk=world.order.pk)

    erasure = erase(world, kim.buyer)

    assert traces(kim.words) == set()
    assert somebody.on_disk(media) == []
    assert not buyers_named(NAME, None)
    assert not find_messages("xylophone", None)
    assert authenticate(kim.token) is None
    assert (erasure.files, erasure.events > 10) == ([], True)
    # What the desk has to account for stays.
    order = Order.objects.get(pk=world.order.pk)
    assert (order.number, order.buyer_id) == ("100234", kim.buyer.pk)
    assert (order.items_total, order.shipping_fee, order.paid) == amounts
    action = OrderAction.objects.get(order=order)
    assert (action.state, action.cost, action.agent_id) == ("done", 690, world.ann.id)
    assert Review.objects.get(external_id="r-1").rating == 4


def test_what_is_somebody_else_s_stays(world, kim):
    other = factories.make_buyer(world.store, name="Lee Other", email="lee@buyers.test")
    said = factories.buyer_says(other, "Keep what I said")
    file = Attachment.objects.create(
        conversation=said.conversation, message=said.message, uploader=f"buyer:{other.pk}", name="lee.txt",
        file=default_storage.save("attachments/lee", ContentFile(b"Lee")), media_type="text/plain", size=3,
    )  # fmt: skip
    events = list(Event.objects.filter(conversation_id=said.conversation.id).order_by("id").values())

    erase(world, kim.buyer)

    assert Message.objects.get(pk=said.message.pk).body == "Keep what I said"
    assert Buyer.objects.get(pk=other.pk).name == "Lee Other"
    assert default_storage.exists(str(file.file.name))
    assert list(Event.objects.filter(conversation_id=said.conversation.id).order_by("id").values()) == events
    assert Payload.objects.filter(body=b"somebody else, long ago").exists()
    assert bytes(StoreHook.objects.get(delivery="d-2").body) == b'{"email": "else@x.test"}'


@pytest.mark.skipif(connection.vendor != "sqlite", reason="elsewhere the server's files are not ours to read")
@pytest.mark.django_db(transaction=True)
def test_not_even_the_file_of_the_database_holds_what_was_said(media):
    world = factories.make_world()
    kim = somebody.make(world)
    erase(world, kim.buyer)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file = Path(str(connection.settings_dict["NAME"]))
    content = file.read_bytes().lower()
    assert b"mug-1" in content
    assert [word for word in kim.words if word.lower().encode() in content] == []


def test_the_trail_says_what_was_done_and_that_it_was_redacted(world, kim):
    erasure = erase(world, kim.buyer)

    events = list(Event.objects.order_by("id"))
    done = next(event for event in events if event.name == names.BUYER_ERASED)
    assert done.actor_id == world.eve.id
    assert done.data["events"] == erasure.events
    asked = next(event for event in events if event.name == names.BUYER_ERASURE_ASKED)
    assert asked.data["reason"] == "Asked for it by mail"
    changed = next(event for event in events if event.name == names.BUYER_UPDATED)
    assert (changed.actor_name, changed.data["after"]["note"]) == ("Ann", MARK)
    assert changed.data["erased"] == str(erasure.pk)
    assigned = next(event for event in events if event.name == names.CONVERSATION_ASSIGNED)
    assert assigned.data["assignee"] == "Ann"
    # Whatever lists events can still show them.
    assert all(line.told.text for line in audit.lines(world.eve, events))
    assert audit_trail([event for event in events if event.order_id])


def test_a_reason_that_names_the_buyer_is_not_kept(world, kim):
    ask(world, kim.buyer, reason="Kimberlina rang up")
    erasing.run(Erasure.objects.get().pk)
    assert Erasure.objects.get().reason == MARK
    assert traces(["kimberlina"]) == set()


def test_screens_let_go_of_what_they_show(world, kim, pushed):
    ask(world, kim.buyer)
    erasing.run(Erasure.objects.get().pk)

    anew = [f for f in pushed.of("error") if f["code"] == "too_far"]
    assert str(kim.conversation.id) in {frame["conversation"] for frame in anew}
    (session,) = [topics for topics, frame in pushed if frame["type"] == "_close"]
    assert session[0].startswith("session.")
    shown = [f["summary"]["buyer"]["name"] for f in pushed.of("conversation.updated")]
    assert set(shown) == {"Erased buyer"}
    assert NAME not in str(list(pushed))


# -- Held, taken back, refused


def test_it_can_be_taken_back_until_its_time_has_come(world, kim):
    erasure = ask(world, kim.buyer, hold=None)
    assert erasure.run_at - timezone.now() > timedelta(hours=23)
    erasing.run(erasure.pk)  # a bell that rings too early
    tasks.sweep_personal_data()
    assert Buyer.objects.get(pk=kim.buyer.pk).name == NAME

    erasing.take_back(agent=world.eve, erasure_id=erasure.pk)
    later(erasure)
    erasing.run(erasure.pk)

    assert Buyer.objects.get(pk=kim.buyer.pk).name == NAME
    assert Event.objects.filter(name=names.BUYER_ERASURE_STOPPED).count() == 1
    again = ask(world, kim.buyer)
    erasing.run(again.pk)
    with pytest.raises(NotAllowed):
        erasing.take_back(agent=world.eve, erasure_id=again.pk)


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"name": "Kim"}, InvalidParams), ({"reason": " "}, InvalidParams), ({"reason": "x" * 201}, InvalidParams),
        ({"hold": timedelta(days=31)}, InvalidParams), ({"hold": timedelta(seconds=-1)}, InvalidParams),
        ({"reason": "a\x00b"}, InvalidParams),
    ],
)  # fmt: skip
def test_a_mistake_erases_nobody(world, given, refusal):
    with pytest.raises(refusal):
        ask(world, world.kim, **given)
    assert not Erasure.objects.exists()


def test_admins_alone_erase_and_nobody_twice(world):
    for agent in (world.ann, world.sue):
        with pytest.raises(Forbidden):
            erasing.ask_for_erasure(agent=agent, buyer_id=world.kim.pk, name="Kim Buyer", reason="No")
    first = ask(world, world.kim)
    with pytest.raises(NotAllowed):
        ask(world, world.kim)
    erasing.run(first.pk)
    with pytest.raises(NotAllowed):
        ask(world, Buyer.objects.get(pk=world.kim.pk))
    with pytest.raises(NotFound):
        erasing.ask_for_erasure(agent=world.eve, buyer_id=world.store.pk, name="x", reason="x")


def test_what_is_under_way_at_the_store_ends_first(world, kim):
    OrderAction.objects.update(state="unknown")
    erasure = ask(world, kim.buyer)
    erasing.run(erasure.pk)
    erasure.refresh_from_db()
    assert (erasure.state, erasure.claimed_until) == ("held", None)
    assert "100234" in erasure.waits_for
    assert Buyer.objects.get(pk=kim.buyer.pk).name == NAME

    OrderAction.objects.update(state="done")
    later(erasure)
    tasks.sweep_personal_data()
    erasing.run(erasure.pk)
    assert traces([NAME]) == set()


def test_one_who_became_part_of_another_is_not_erased_unasked(world, kim):
    alias = factories.make_buyer(world.store, name="Alias")
    erasure = ask(world, alias)
    Buyer.objects.filter(pk=alias.pk).update(merged_into=kim.buyer)
    erasing.run(erasure.pk)
    erasure.refresh_from_db()
    assert erasure.state == Erasure.State.STOPPED
    assert Buyer.objects.get(pk=kim.buyer.pk).name == NAME


# -- Killed at any moment


class Killed(BaseException):
    """No `except Exception` gets hold of it, as of a process that is gone."""


@pytest.mark.parametrize(
    "where",
    [
        "orders.holding.OrdersHeld.erase", "inbox.holding.InboxOfBuyers.erase", "people.holding._empty",
        "events.redacting.redact", "team.erasing.tell_screens", "team.erasing._delete_files",
    ],
)  # fmt: skip
def test_whoever_is_killed_leaves_it_to_be_finished(world, kim, media, monkeypatch, where):
    erasure = ask(world, kim.buyer)

    def killed(*args: Any, **kwargs: Any) -> Any:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(where, killed)
        with pytest.raises(Killed):
            erasing.run(erasure.pk)
    assert erasing.due_erasures(now=timezone.now() + timedelta(minutes=1)) == []  # it may still be alive
    Erasure.objects.update(claimed_until=timezone.now() - timedelta(seconds=1), run_at=timezone.now())
    assert erasing.due_erasures() == [erasure.pk]

    for _ in range(2):
        erasing.run(erasure.pk)
        later(erasure)
    tasks.sweep_personal_data()

    assert traces(kim.words) == set()
    assert somebody.on_disk(media) == []
    assert Event.objects.filter(name=names.BUYER_ERASED).count() == 1


def test_files_go_after_the_commit_and_are_found_again(world, kim, media, monkeypatch):
    erasure = ask(world, kim.buyer)
    with monkeypatch.context() as patch:
        patch.setattr("team.erasing._delete_files", lambda erasure_id: None)  # killed before, both times
        for _ in range(2):
            erasing.run(erasure.pk)
            later(erasure)
    assert somebody.on_disk(media) != []
    tasks.sweep_personal_data()
    assert somebody.on_disk(media) == []
    assert Erasure.objects.get().files == []


def test_what_was_on_its_way_while_it_ran_goes_as_well(world, kim, media):
    erasure = ask(world, kim.buyer)
    erasing.run(erasure.pk)
    # A message that was being posted, and the answer of a provider.
    late = Conversation.objects.create(
        store=world.store, buyer=kim.buyer, channel=world.channel, preview="latecomer"
    )
    Message.objects.create(
        conversation=late, seq=1, client_id="late", author_kind="buyer", author_name=NAME, channel_kind="widget",
        body="latecomer",
    )  # fmt: skip
    Delivery.objects.filter(conversation=kim.conversation).update(detail=f"sent to {EMAIL}")
    later(erasure)
    erasing.run(erasure.pk)
    assert traces([*kim.words, "latecomer"]) == set()


# -- Nothing brings them back


def test_catching_up_with_the_store_does_not_bring_the_name_back(world, kim):
    placed = (timezone.now() - timedelta(days=3)).isoformat()
    erase(world, kim.buyer)
    count = Buyer.objects.count()

    upsert_order(store=world.store, payload=told(paid=5490, status="paid", placed_at=placed))
    upsert_order(store=world.store, payload=told("99001", placed_at=placed))  # one that we never had
    review = {
        "external_id": "r-1",
        "title": "splendiferous",
        "author": NAME,
        "rating": 2,
        "buyer": "ext-1001",
    }
    later_on = (timezone.now() + timedelta(minutes=1)).isoformat()
    upsert_review(store=world.store, payload=review | {"updated_at": later_on, "order": "100234"})
    unknown = {"external_id": "r-2", "sku": "MUG-1", "body": "gobbledygook", "author": NAME, "rating": 1}
    upsert_review(store=world.store, payload=unknown | {"buyer": "ext-1001", "written_at": placed})
    upsert_review(store=world.store, payload=unknown | {"external_id": "r-3", "order": "100234"})

    assert traces(kim.words) == set()
    assert Buyer.objects.count() == count
    assert (
        Order.objects.get(pk=world.order.pk).status == "paid"
    )  # amounts and states are followed all the same
    assert Order.objects.get(number="99001").buyer_id == kim.buyer.pk
    assert Review.objects.get(external_id="r-1").rating == 2


def test_a_provider_that_repeats_itself_brings_nothing_back(world, kim):
    mail = Channel.objects.get(kind="email")
    known = Received.objects.get(message__isnull=False, channel=mail).external_id
    erase(world, kim.buyer)
    said = Said(external_id=known, sender=EMAIL, text="I live at the xylophone", name=NAME)
    assert take_in(mail, said) is None
    assert traces(kim.words) == set()


def test_who_writes_again_is_somebody_new(world, kim):
    erase(world, kim.buyer)
    mail = Channel.objects.get(kind="email")
    message = take_in(mail, Said(external_id="new-1", sender=EMAIL, text="Hello again", name="Kim"))
    assert message is not None
    assert message.conversation.buyer_id != kim.buyer.pk
    assert BuyerIdentity.objects.get(kind="email", value=EMAIL).buyer_id == message.conversation.buyer_id
    # The same with an order that they place from now on.
    order = upsert_order(
        store=world.store, payload=told("200001", placed_at=(timezone.now() + timedelta(hours=1)).isoformat())
    )
    assert order.buyer.name == NAME
    assert order.buyer_id != kim.buyer.pk
    assert PHONE in order.buyer.phone


def test_exports_that_were_made_before_go_too(world, kim, media):
    export = BuyerExport.objects.create(buyer=kim.buyer, agent=world.sue)
    tasks.gather_export(str(export.pk))
    export.refresh_from_db()
    assert (media / str(export.file.name)).exists()
    erase(world, kim.buyer)
    export.refresh_from_db()
    assert (export.state, str(export.file)) == ("expired", "")
    assert somebody.on_disk(media) == []


def test_nothing_is_written_down_of_somebody_who_was_erased(world, kim):
    erase(world, kim.buyer)
    for write in (
        lambda: factories.agent_says(world.ann, kim.conversation, "Are you there?"),
        lambda: factories.agent_says(world.ann, kim.conversation, "It was Kimberlina", private=True),
        lambda: update_buyer(agent=world.ann, buyer_id=kim.buyer.pk, changes={"name": NAME}),
        lambda: tag_buyer(agent=world.ann, buyer_id=kim.buyer.pk, tags=["zwetschge"]),
        lambda: factories.buyer_says(Buyer.objects.get(pk=kim.buyer.pk), "Still at the old socket"),
    ):
        with pytest.raises(InboxError) as refused:
            write()
        assert refused.value.code in ("erased", "blocked")
    assert traces(kim.words) == set()
