"""What providers bring is written down, and taken in once."""

import json
import time
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext

from inbox import inbound
from inbox.models import Attachment, Channel, Conversation, Delivery, Message, Payload, Received
from inbox.services import block_buyer, resolve
from people.models import Buyer, BuyerIdentity
from tests.inbox.channels.conftest import Line
from tests.orders.conftest import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def read_all() -> None:
    for payload in Payload.objects.filter(state="new").order_by("id"):
        inbound.read_payload(payload.pk)


def test_a_message_is_written_down_before_it_is_answered_and_then_posted(line: Line) -> None:
    assert line.hook(line.says("Where is it?")) == 200
    payload = Payload.objects.get()
    assert (payload.state, json.loads(bytes(payload.body))["text"]) == ("new", "Where is it?")
    read_all()
    message = Message.objects.get(kind="text")
    assert (message.body, message.channel_kind, message.author_name) == ("Where is it?", "http", "Lee")
    assert Payload.objects.get().state == "done"
    assert line.conversation.buyer == BuyerIdentity.objects.get(kind="http", value="buyer-7").buyer


def test_the_same_message_five_times_is_one(line: Line) -> None:
    for _ in range(5):
        assert line.hook(line.says()) == 200
    read_all()
    assert Message.objects.filter(kind="text").count() == 1


def test_the_same_payload_read_by_many_workers_is_one(line: Line) -> None:
    line.hook(line.says(number="1"), line.says("and this", number="2"))
    pk = Payload.objects.get().pk
    at_once(6, lambda _: inbound.read_payload(pk))
    inbound.read_payload(pk)
    assert sorted(Message.objects.filter(kind="text").values_list("body", flat=True)) == ["Hello", "and this"]
    assert Buyer.objects.filter(name="Lee").count() == 1


def test_first_messages_of_one_sender_at_once_are_one_conversation(line: Line) -> None:
    for n in range(6):
        line.hook(line.says(f"{n}", number=str(n)))
    pks = list(Payload.objects.values_list("pk", flat=True))
    at_once(6, lambda n: inbound.read_payload(pks[n]))
    read_all()
    assert Conversation.objects.filter(channel=line.channel).count() == 1
    assert Message.objects.filter(kind="text").count() == 6


def test_what_is_not_signed_by_its_provider_is_not_even_kept(line: Line) -> None:
    other = Channel.objects.create(
        store=line.world.store, kind="http", name="B", secrets={"secret": "another-secret-01"}
    )
    assert line.hook(line.says(), secret="wrong") == 401
    assert line.hook(line.says(), secret=other.secrets["secret"]) == 401
    assert line.hook(line.says(), stamp=int(time.time()) - 3600) == 401
    assert line.hook(line.says(), stamp=int(time.time()) + 3600) == 401
    url = f"/hooks/channels/{line.channel.hook_key}/"
    assert Client().post(url, b"{}", content_type="application/json").status_code == 401
    assert Client().get(url).status_code == 401
    assert Client().put(url).status_code == 405
    assert (
        Client().post("/hooks/channels/unknown/", b"{}", content_type="application/json").status_code == 404
    )
    assert not Payload.objects.exists()


def test_one_byte_changed_is_a_forgery(line: Line) -> None:
    from inbox.transports.signed_http import sign

    body, at = json.dumps(line.says()).encode(), str(int(time.time()))
    headers = {"X-Helpdesk-Timestamp": at, "X-Helpdesk-Signature": sign(line.channel, at, body)}
    url = f"/hooks/channels/{line.channel.hook_key}/"
    changed = body.replace(b"Hello", b"Hellp")
    assert Client().post(url, changed, content_type="application/json", headers=headers).status_code == 401
    assert Client().post(url, body, content_type="application/json", headers=headers).status_code == 200


def test_a_body_that_is_too_large_is_refused(line: Line) -> None:
    assert line.hook(body=b"[" + b" " * 5_000_000 + b"]") == 413
    assert not Payload.objects.exists()


def test_a_channel_that_is_switched_off_has_no_address(line: Line) -> None:
    Channel.objects.filter(pk=line.channel.pk).update(active=False)
    assert line.hook(line.says()) == 404


@pytest.mark.parametrize(
    "item",
    [
        b"not json",
        b"5",
        b'{"type": "message"}',
        b'{"type": "message", "id": 5, "from": "x"}',
        b'{"type": "message", "id": "1", "from": ""}',
        b'{"type": "message", "id": "1", "from": "x", "text": ["a"]}',
        b'{"type": "message", "id": "1", "from": "x", "files": "no"}',
        b'{"type": "receipt", "id": "1", "state": "eaten"}',
        b"[" * 900 + b"]" * 900,
        json.dumps([{"type": "message", "id": str(n), "from": "x"} for n in range(101)]).encode(),
    ],
)
def test_what_is_not_as_documented_is_kept_and_does_nothing(line: Line, item: bytes) -> None:
    assert line.hook(body=item) == 200
    read_all()
    payload = Payload.objects.get()
    assert payload.state == "failed"
    assert payload.error
    assert bytes(payload.body) == item
    assert not Message.objects.exists()


def test_a_payload_whose_job_was_lost_is_found_again(line: Line) -> None:
    line.hook(line.says())
    assert inbound.new_payloads() == []
    Payload.objects.update(run_at=Payload.objects.get().received_at)
    assert inbound.new_payloads() == [Payload.objects.get().pk]


def test_a_file_that_cannot_be_had_now_is_fetched_later(line: Line) -> None:
    line.provider.answer = lambda call: (200, {"Content-Type": "text/plain"}, b"a file")
    line.provider.faults = [503]
    line.hook(line.says(files=[{"url": f"{line.provider.url}/f.txt", "name": "f.txt"}]))
    read_all()
    payload = Payload.objects.get()
    assert (payload.state, payload.attempts) == ("new", 1)
    assert not Message.objects.exists()
    read_all()
    attachment = Attachment.objects.get()
    assert (attachment.name, attachment.file.read()) == ("f.txt", b"a file")
    assert Payload.objects.get().state == "done"


def test_a_file_that_is_not_there_or_not_taken_is_said_so(line: Line) -> None:
    line.provider.answer = lambda call: (200, {}, b"<html><script>alert(1)</script>")
    line.provider.faults = [404]
    files = [{"url": f"{line.provider.url}/{name}", "name": name} for name in ("gone.png", "page.html")]
    line.hook(line.says("See", files=files))
    read_all()
    body = Message.objects.get(kind="text").body
    assert body.startswith("See\n[gone.png: ")
    assert "[page.html: " in body
    assert not Attachment.objects.exists()


def test_a_private_address_is_not_fetched(line: Line, settings: Any) -> None:
    settings.OUTGOING_TO_PRIVATE = False
    line.hook(line.says("See", files=[{"url": f"{line.provider.url}/f", "name": "f"}]))
    read_all()
    assert line.provider.calls == []
    assert Message.objects.get(kind="text").body == "See\n[f: its address is not on the open internet]"


def test_a_blocked_buyer_is_heard_no_more_and_the_provider_is_not_told(line: Line) -> None:
    line.hook(line.says())
    read_all()
    block_buyer(agent=line.world.ann, buyer_id=line.conversation.buyer_id, reason="Threats")
    assert line.hook(line.says("Again", number="2")) == 200
    read_all()
    assert Message.objects.filter(kind="text").count() == 1
    assert Payload.objects.filter(state="done").count() == 2


def test_the_answer_goes_back_the_way_the_buyer_came(line: Line) -> None:
    line.hook(line.says())
    read_all()
    other = Channel.objects.create(
        store=line.world.store,
        kind="http",
        name="B",
        config={"url": line.provider.url},
        secrets=line.channel.secrets,
    )
    conversation = line.conversation
    BuyerIdentity.objects.filter(kind="http").update(value="buyer-7")
    inbound.take_in(other, inbound.Said(external_id="x", sender="buyer-7", text="From here now"))
    conversation.refresh_from_db()
    assert conversation.channel == other
    assert Delivery.objects.filter(message=line.answers(conversation=conversation)).get().channel == other


def test_receipts_move_a_delivery_forwards_only(line: Line) -> None:
    line.hook(line.says())
    read_all()
    message = line.answers()
    Delivery.objects.update(state="sent", external_id="out-1")
    for state, expected in (
        ("delivered", "delivered"),
        ("read", "read"),
        ("delivered", "read"),
        ("failed", "read"),
    ):
        line.hook({"type": "receipt", "id": "out-1", "state": state})
        read_all()
        assert Delivery.objects.get(message=message).state == expected
    line.conversation.refresh_from_db()
    assert line.conversation.buyer_read_seq == message.seq


def test_a_receipt_that_is_faster_than_the_answer_waits_for_it(line: Line) -> None:
    line.hook(line.says())
    read_all()
    message = line.answers()
    Delivery.objects.update(state="sending")
    line.hook({"type": "receipt", "id": "out-1", "state": "delivered"})
    read_all()
    assert Payload.objects.filter(state="new").count() == 1
    Delivery.objects.update(state="sent", external_id="out-1")
    read_all()
    assert Delivery.objects.get(message=message).state == "delivered"


def test_a_receipt_for_what_nobody_sent_does_nothing(line: Line) -> None:
    line.hook({"type": "receipt", "id": "never", "state": "read"})
    read_all()
    assert Payload.objects.get().state == "done"


def test_an_answering_machine_opens_and_reopens_nothing(line: Line) -> None:
    robot = inbound.Said(external_id="r1", sender="buyer-7", text="I am away", automatic=True)
    assert inbound.take_in(line.channel, robot) is None
    assert not Conversation.objects.exists()
    line.hook(line.says())
    read_all()
    conversation = line.conversation
    line.answers()
    inbound.take_in(
        line.channel, inbound.Said(external_id="r2", sender="buyer-7", text="Still", automatic=True)
    )
    conversation.refresh_from_db()
    assert conversation.waiting_since is None
    resolve(agent=line.world.ann, conversation_id=conversation.id)
    inbound.take_in(
        line.channel, inbound.Said(external_id="r3", sender="buyer-7", text="Ever", automatic=True)
    )
    conversation.refresh_from_db()
    assert conversation.status == "resolved"


def test_an_ended_conversation_is_taken_up_by_who_took_part_in_it_alone(line: Line) -> None:
    line.hook(line.says())
    read_all()
    conversation = line.conversation
    resolve(agent=line.world.ann, conversation_id=conversation.id)
    Conversation.objects.update(resolved_at=conversation.created_at.replace(year=2020))
    stranger = inbound.Said(
        external_id="s",
        sender="stranger",
        text="Me too",
        answers=("in-1",),
        conversation=str(conversation.id),
    )
    inbound.take_in(line.channel, stranger)
    assert Conversation.objects.filter(channel=line.channel).count() == 2
    inbound.take_in(
        line.channel, inbound.Said(external_id="b", sender="buyer-7", text="One more", answers=("in-1",))
    )
    conversation.refresh_from_db()
    assert conversation.status == "open"
    assert Received.objects.get(external_id="b").message.conversation == conversation  # type: ignore[union-attr]


def test_what_stands_in_for_a_file_is_in_the_stores_language(line: Line) -> None:
    line.world.store.language = "zh-hans"
    line.world.store.save()
    with translation.override("zh-hans"):
        too_many = gettext("too many files")
    line.provider.answer = lambda call: (200, {"Content-Type": "text/plain"}, b"a file")
    files = [{"url": f"{line.provider.url}/{n}", "name": f"{n}.txt"} for n in range(11)]
    line.hook(line.says("See", files=files))
    read_all()
    assert Message.objects.get(kind="text").body == f"See\n[10.txt: {too_many}]"
    assert translation.get_language() == "en"
