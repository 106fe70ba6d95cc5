"""Receipts: what the provider tells of a message that it took, mapped forwards only."""

import pytest

from inbox import inbound
from inbox.models import Delivery, Payload
from tests.inbox.channels.conformance.conftest import Line
from tests.inbox.channels.conformance.kinds import ALL

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sent(asked: Line) -> Line:
    asked.answers()
    asked.send()
    assert Delivery.objects.get().state == "sent"
    return asked


def told(line: Line, state: str) -> str:
    """Let the vendor tell a state of the one message; return what is shown of it then."""
    line.hear(line.receipt(line.seen[0].external_id, state))
    assert not Payload.objects.exclude(state="done").exists()
    return str(Delivery.objects.get().state)


def test_the_vendor_tells_the_receipts_that_it_documents_and_no_others(sent: Line) -> None:
    for state in ALL:
        hook = sent.receipt(sent.seen[0].external_id, state)
        assert (hook is not None) == (state in sent.kind.receipts), state


@pytest.mark.parametrize("state", ["sent", "delivered", "read", "failed"])
def test_a_receipt_moves_a_delivery(sent: Line, state: str) -> None:
    if state not in sent.kind.receipts:
        assert sent.receipt("1", state) is None
        return
    assert told(sent, state) == state
    if state == "failed":
        assert Delivery.objects.get().detail, "why it failed is shown"
    if state == "read":
        sent.conversation.refresh_from_db()
        assert sent.conversation.buyer_read_seq == Delivery.objects.get().seq


def test_receipts_out_of_order_move_it_forwards_only(sent: Line) -> None:
    known = [state for state in ("sent", "delivered", "read") if state in sent.kind.receipts]
    for state in reversed(known):
        assert told(sent, state) == known[-1]
    if "failed" in sent.kind.receipts and len(known) > 1:
        assert told(sent, "failed") == known[-1], "what has arrived has not failed"


def test_a_receipt_five_times_is_one(sent: Line) -> None:
    for state in sent.kind.receipts & {"delivered"}:
        for _ in range(5):
            assert told(sent, state) == state


def test_a_receipt_for_what_nobody_sent_does_nothing(sent: Line) -> None:
    for state in sorted(sent.kind.receipts):
        sent.hear(sent.receipt(f"{sent.seen[0].external_id}0", state))
    assert Delivery.objects.get().state == "sent"
    assert not Payload.objects.exclude(state="done").exists()


def test_a_receipt_for_another_channels_message_does_nothing(sent: Line) -> None:
    from inbox.models import Channel

    if not sent.kind.receipts:
        assert sent.receipt("1", "delivered") is None
        return
    other = Channel.objects.create(store=sent.world.store, kind=sent.name, name="B")
    Delivery.objects.update(channel=other)
    assert told(sent, sorted(sent.kind.receipts - {"sent"})[0]) == "sent"


def test_a_receipt_that_is_faster_than_the_answer_waits_for_it(sent: Line) -> None:
    for state in sent.kind.receipts & {"delivered"}:
        external_id = sent.seen[0].external_id
        Delivery.objects.update(state="sending", external_id="")
        sent.hear(sent.receipt(external_id, state))
        assert Payload.objects.filter(state="new").count() == 1
        Delivery.objects.update(state="sent", external_id=external_id)
        sent.read()
        assert Delivery.objects.get().state == state


def test_a_message_whose_answer_was_lost_is_known_again_by_its_receipt(asked: Line) -> None:
    """Where the vendor tells our own key back. Elsewhere it stays unknown: nobody can say which one it is."""
    for state in asked.kind.receipts & {"delivered"}:
        delivery = asked.answers()
        asked.provider.faults = ["cut after"]
        asked.send()
        before = "queued" if asked.transport.idempotent else "unknown"
        delivery.refresh_from_db()
        assert (delivery.state, delivery.external_id) == (before, "")
        asked.hear(asked.receipt(asked.seen[0].external_id, state))
        delivery.refresh_from_db()
        assert delivery.state == (state if asked.kind.tells_keys else before)
        assert delivery.external_id == (asked.seen[0].external_id if asked.kind.tells_keys else "")


def test_a_receipt_that_nobody_ever_explains_is_laid_aside(sent: Line) -> None:
    """Somebody else may use the same account: what is told of their messages is no trouble of ours."""
    for state in sent.kind.receipts & {"delivered"}:
        Delivery.objects.update(state="sending")
        sent.hear(sent.receipt(f"{sent.seen[0].external_id}0", state))
        for _ in inbound.PAUSES:
            sent.read()
        assert Payload.objects.order_by("id").last().state == "done"  # type: ignore[union-attr]
