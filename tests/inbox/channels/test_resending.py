"""What failed, or may not have arrived, is sent again when somebody says so: the same way, or another."""

from datetime import timedelta

import pytest
from django.utils import timezone

from inbox import inbound, outbox
from inbox.errors import Conflict, Invalid, NotFound
from inbox.models import Channel, Delivery, Message
from inbox.resending import resend
from inbox.transports.signed_http import SignedHttp
from people.models import BuyerIdentity
from tests.api.conftest import Api
from tests.inbox.channels.conftest import Line
from tests.inbox.channels.test_ways import say, sibling
from tests.orders.conftest import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def failed(line: Line) -> Line:
    """A line on which the first answer was refused."""
    said = inbound.Said(external_id="in-1", sender="buyer-7", text="Hello", name="Lee")
    inbound.take_in(line.channel, said)
    line.answers("Hi Lee")
    line.provider.faults = [422]
    outbox.send_due(line.channel.id)
    return line


def the_answer() -> Message:
    return Message.objects.get(author_kind="agent", kind="text")


def states() -> list[tuple[str, str]]:
    rows = Delivery.objects.order_by("id").select_related("channel")
    return [(delivery.channel.name, delivery.state) for delivery in rows]


def test_it_goes_out_again_the_same_way(failed: Line) -> None:
    assert states() == [("App", "failed")]
    resend(agent=failed.world.ann, message_id=the_answer().id)
    assert states() == [("App", "queued")]
    outbox.send_due(failed.channel.id)
    assert states() == [("App", "sent")]
    assert [call.json["text"] for call in failed.provider.done] == ["Hi Lee"]


def test_it_goes_out_by_another_way_and_shows_both(failed: Line) -> None:
    other = sibling(failed, "B")
    resend(agent=failed.world.ann, message_id=the_answer().id, channel_id=other.id)
    assert states() == [("App", "failed"), ("B", "queued")]
    outbox.send_due(other.id)
    assert states() == [("App", "failed"), ("B", "sent")]


def test_what_had_no_address_goes_out_once_there_is_one(failed: Line) -> None:
    store, buyer = failed.world.store, failed.conversation.buyer
    BuyerIdentity.objects.all().delete()
    message = failed.answers("To nobody")
    with pytest.raises(Conflict) as refusal:
        resend(agent=failed.world.ann, message_id=message.id)
    assert refusal.value.code == "no_address"
    BuyerIdentity.objects.create(store=store, buyer=buyer, kind="http", value="buyer-8")
    resend(agent=failed.world.ann, message_id=message.id)
    outbox.send_due(failed.channel.id)
    assert failed.provider.done[-1].json["to"] == "buyer-8"


def test_a_copy_that_was_taken_back_is_no_hindrance(failed: Line) -> None:
    other = sibling(failed, "B")
    message = the_answer()
    Delivery.objects.create(
        message=message, channel=other, conversation=failed.conversation, seq=message.seq, state="cancelled"
    )
    resend(agent=failed.world.ann, message_id=message.id)
    assert states() == [("App", "queued"), ("B", "cancelled")]


def test_what_is_on_its_way_or_has_arrived_is_not_sent_again(failed: Line) -> None:
    other = sibling(failed, "B")
    message = the_answer()
    for state in ("queued", "sending", "sent", "delivered", "read"):
        Delivery.objects.update(state=state)
        for channel_id in (None, failed.channel.id, other.id):
            with pytest.raises(Conflict) as refusal:
                resend(agent=failed.world.ann, message_id=message.id, channel_id=channel_id)
            assert refusal.value.code == "not_failed"
    assert Delivery.objects.count() == 1


def test_two_who_press_at_once_send_it_by_one_way(failed: Line) -> None:
    other = sibling(failed, "B")
    message = the_answer()
    refused: list[Conflict] = []

    def press(n: int) -> None:
        try:
            resend(agent=failed.world.ann, message_id=message.id, channel_id=[None, other.id][n % 2])
        except Conflict as refusal:
            refused.append(refusal)

    at_once(4, press)
    assert len(refused) == 3
    assert [state for _, state in states()].count("queued") == 1


def test_what_could_only_fail_again_is_refused(failed: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    message, ann = the_answer(), failed.world.ann
    sms = sibling(failed, "SMS", kind="sms")
    off = sibling(failed, "Off", active=False)
    elsewhere = Channel.objects.create(store=failed.world.other_store, kind="http", name="C")
    for channel, code in ((sms, "no_address"), (off, "channel_off")):
        with pytest.raises(Conflict) as refusal:
            resend(agent=ann, message_id=message.id, channel_id=channel.id)
        assert refusal.value.code == code
    with pytest.raises(Invalid):
        resend(agent=ann, message_id=message.id, channel_id=elsewhere.id)
    monkeypatch.setattr(SignedHttp, "window", timedelta(hours=24))
    Message.objects.filter(author_kind="buyer").update(created_at=timezone.now() - timedelta(hours=25))
    with pytest.raises(Conflict) as refusal:
        resend(agent=ann, message_id=message.id)
    assert refusal.value.code == "window_closed"
    assert states() == [("App", "failed")]


def test_nobody_sends_again_what_is_not_theirs_to_see(failed: Line) -> None:
    with pytest.raises(NotFound):
        resend(agent=failed.world.zoe, message_id=the_answer().id)
    said = Message.objects.get(author_kind="buyer")
    note = say(failed, private=True).message
    for message in (said, note):
        with pytest.raises(NotFound):
            resend(agent=failed.world.ann, message_id=message.id)


def test_the_api_sends_again_and_tells_why_not_in_the_reader_s_language(failed: Line) -> None:
    ann, message = failed.world.ann, the_answer()
    answer = Api(ann).post(f"messages/{message.id}/resend/", {})
    assert [delivery["state"] for delivery in answer.data["deliveries"]] == ["queued"]
    again = Api(ann).post(f"messages/{message.id}/resend/", {})
    assert (again.status, again.code) == (409, "not_failed")


def test_reasons_of_ours_are_told_in_the_reader_s_language_and_a_provider_s_as_they_came(
    failed: Line,
) -> None:
    BuyerIdentity.objects.all().delete()
    failed.answers("To nobody")
    ann = failed.world.ann
    ann.language = "zh-hans"
    ann.save()
    page = Api(ann).get(f"conversations/{failed.conversation.id}/messages/").data["results"]
    details = {one["body"]: one["deliveries"][0]["detail"] for one in page if one["deliveries"]}
    assert "told to fail" in details["Hi Lee"]
    assert details["To nobody"]
    stored = Delivery.objects.get(message__body="To nobody").detail
    assert stored == "The buyer has no address on this channel."
    assert details["To nobody"] != stored
