"""Who may be written to, where: what buyers said about it, and that it is kept."""

from typing import Any

import pytest
from django.test import Client

from events.models import Event
from inbox import inbound, outbox
from inbox.errors import Invalid, NotFound
from inbox.inbound import Receipt, Said
from inbox.models import Channel, Consent, Delivery, Message
from inbox.services import block_buyer, consent, merge_buyers, start_session
from inbox.services.consent import Source, State
from inbox.transports.base import OptedOut
from inbox.transports.signed_http import SignedHttp
from people.models import Buyer, BuyerIdentity
from tests.api.conftest import Api
from tests.factories import make_buyer
from tests.inbox.channels.conftest import Line
from tests.orders.conftest import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def says(line: Line, number: str, text: str = "Hello", **more: Any) -> None:
    inbound.take_in(line.channel, Said(external_id=number, sender="buyer-7", text=text, name="Lee", **more))


@pytest.fixture
def asked(line: Line) -> Line:
    says(line, "in-1")
    return line


def buyer(line: Line) -> Buyer:
    return Buyer.objects.select_related("store").get(identities__value="buyer-7")


def state(line: Line) -> str:
    return consent.standing(buyer(line), "http").state


def test_who_wrote_from_there_may_be_answered_there_and_no_more(asked: Line) -> None:
    found = consent.standing(buyer(asked), "http")
    assert (found.state, found.wrote, found.address) == (State.ANSWERS, True, "buyer-7")
    assert found.allows(unasked=False)
    assert not found.allows(unasked=True)


def test_to_have_written_by_one_kind_of_channel_says_nothing_of_another(world: Any) -> None:
    """A number is one for WhatsApp and for SMS; to have agreed to one is not to have agreed to the other."""
    line = Channel.objects.create(store=world.store, kind="whatsapp", name="WhatsApp")
    inbound.take_in(line, Said(external_id="1", sender="+447911123456", text="Hi"))
    person = Buyer.objects.select_related("store").get(identities__value="+447911123456")
    assert consent.standing(person, "whatsapp").allows(unasked=False)
    assert not consent.standing(person, "sms").allows(unasked=False)
    consent.opt_in(Channel(store=world.store, kind="sms"), "+447911123456", Source.FORM)
    assert consent.standing(person, "sms").allows(unasked=True)


def test_stop_is_heard_and_kept_until_start(asked: Line) -> None:
    says(asked, "in-2", "STOP", opted_out=True)
    asked.answers("But …")
    assert outbox.send_due(asked.channel.id) == 1
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.detail, asked.provider.calls) == ("failed", consent.STOPPED, [])
    says(asked, "in-3", "Where is my parcel?")
    assert state(asked) == State.NONE, "another message takes no stop back"
    says(asked, "in-4", "START", opted_out=False)
    asked.answers("There it is")
    outbox.send_due(asked.channel.id)
    assert [call.json["text"] for call in asked.provider.done] == ["There it is"]


def test_a_yes_to_a_question_of_ours_agrees_to_nothing_else(asked: Line) -> None:
    """YES takes a stop back, as START does; where nothing was stopped it is an answer like any other."""
    says(asked, "in-2", "YES", opted_out=False)
    assert not Consent.objects.exists()


def test_what_was_said_is_written_down_with_time_and_source(asked: Line) -> None:
    says(asked, "in-2", "STOP", opted_out=True)
    row = Consent.objects.get()
    assert (row.state, row.source, row.reason) == (State.NONE, Source.WORD, "STOP")
    event = Event.objects.get(name="consent.changed")
    assert event.data["address"] == "buyer-7"
    assert (event.data["before"], event.data["reason"]) == ("", "STOP")
    line = Message.objects.get(kind="system", data__event="consent.changed")
    assert (line.private, line.data and line.data["state"]) == (True, "none")


def test_stop_that_comes_five_times_is_written_down_once(asked: Line) -> None:
    at_once(5, lambda n: says(asked, f"stop-{n}", "STOP", opted_out=True))
    assert Consent.objects.get().state == State.NONE
    assert Event.objects.filter(name="consent.changed").count() == 1


def test_a_blocked_buyer_is_heard_when_they_say_stop(asked: Line) -> None:
    block_buyer(agent=asked.world.ann, buyer_id=buyer(asked).id, reason="Threats")
    says(asked, "in-2", "STOP", opted_out=True)
    assert Consent.objects.get().state == State.NONE


def test_a_provider_that_knows_of_a_stop_tells_us(asked: Line, monkeypatch: Any) -> None:
    asked.answers()
    with monkeypatch.context() as patch:
        refusal = OptedOut("Attempt to send to unsubscribed recipient (21610)")
        patch.setattr(SignedHttp, "send", lambda *_: (_ for _ in ()).throw(refusal))
        outbox.send_due(asked.channel.id)
    assert (Delivery.objects.get().state, Consent.objects.get().source) == ("failed", Source.PROVIDER)
    asked.answers("again")
    outbox.send_due(asked.channel.id)
    assert asked.provider.calls == [], "they are not tried again"


def test_a_receipt_may_tell_it_too(asked: Line) -> None:
    asked.answers()
    outbox.send_due(asked.channel.id)
    inbound.take_in(asked.channel, Receipt("out-1", "failed", "21610", opted_out=True))
    assert state(asked) == State.NONE


def test_an_agent_notes_what_a_buyer_said_with_how_they_said_it(asked: Line) -> None:
    fields: dict[str, Any] = {"buyer_id": buyer(asked).id, "kind": "http", "source": Source.AGENT}
    said = consent.change_consent(agent=asked.world.ann, state=State.ALL, reason="On the telephone", **fields)
    assert (said.agent, said.reason, state(asked)) == (asked.world.ann, "On the telephone", State.ALL)
    for wrong in ({"reason": " "}, {"state": "maybe"}, {"kind": "whatsapp"}):
        with pytest.raises(Invalid):
            consent.change_consent(
                agent=asked.world.ann, **{**fields, "state": State.ALL, "reason": "x", **wrong}
            )
    with pytest.raises(NotFound):
        consent.change_consent(agent=asked.world.zoe, state=State.NONE, reason="x", **fields)


def test_a_form_takes_no_stop_back(asked: Line) -> None:
    """Anybody can type somebody's address into a form."""
    consent.opt_out(asked.channel, "buyer-7", Source.WORD)
    assert consent.answers_only(asked.world.store.id, "http", "buyer-7", Source.FORM) is None
    assert state(asked) == State.NONE


def test_a_stop_goes_along_with_a_merge_and_stays_after_a_new_row(asked: Line) -> None:
    consent.opt_out(asked.channel, "buyer-7", Source.WORD)
    old = buyer(asked)
    merge_buyers(agent=asked.world.ann, buyer_id=asked.world.kim.id, other_id=old.id)
    assert consent.standing(asked.world.kim, "http").state == State.NONE
    other = make_buyer(asked.world.store, name="Lee again")
    BuyerIdentity.objects.filter(value="buyer-7").update(buyer=other)
    assert consent.standing(other, "http").state == State.NONE


def test_what_was_said_to_one_store_counts_for_no_other(asked: Line) -> None:
    theirs = Channel.objects.create(store=asked.world.other_store, kind="http", name="Theirs")
    consent.opt_out(asked.channel, "buyer-7", Source.WORD)
    assert consent.refusal(theirs, "buyer-7") == ""


# -- By the widget and by the API


def test_a_visitor_who_leaves_an_address_in_the_widget_is_answered_there(world: Any) -> None:
    token, session = start_session(store=world.store)
    given = {"name": "Lee", "email": "Lee@buyers.test"}
    headers = {"Authorization": f"Bearer {token}"}
    answer = Client().post("/api/widget/v1/contact", given, content_type="application/json", headers=headers)
    assert answer.status_code == 204
    row = Consent.objects.get()
    assert (row.kind, row.address, row.state) == ("email", "lee@buyers.test", State.ANSWERS)
    found = consent.standing(Buyer.objects.select_related("store").get(pk=session.buyer_id), "email")
    assert (found.address, found.allows(unasked=False), found.allows(unasked=True)) == (
        "lee@buyers.test",
        True,
        False,
    )


def test_the_store_says_by_the_api_what_was_ticked_at_its_checkout(asked: Line) -> None:
    ann, person = Api(asked.world.ann), buyer(asked)
    address = f"buyers/{person.id}/consents/"
    [before] = ann.get(address).data
    assert (before["state"], before["source"], before["at"]) == ("answers", "", None)
    [after] = ann.post(address, {"kind": "http", "state": "all", "reason": "Ticked at checkout"}).data
    assert (after["state"], after["source"], after["reason"]) == ("all", "api", "Ticked at checkout")
    assert Api(asked.world.zoe).get(address).status == 404
    assert ann.post(address, {"kind": "http", "state": "all", "reason": ""}).status == 400
    assert ann.post(address, {"kind": "telegram", "state": "all", "reason": "x"}).status == 400
