"""What nobody asked for tells how to get no more of it."""

from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from inbox import outbox, transports
from inbox.consent_links import SALT, unsubscribe_link
from inbox.models import Channel, Consent, Delivery
from inbox.services import consent
from inbox.services.consent import Source, State
from inbox.transports.base import Outgoing
from inbox.transports.mail.letters import letter_of
from tests.factories import World, agent_says, buyer_says

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def delivery(world: World) -> Delivery:
    """A coupon, say, that went to Kim's address."""
    mail = Channel.objects.create(
        store=world.store, kind="email", name="Mail", config={"address": "shop@desk.test"}
    )
    message = agent_says(world.ann, buyer_says(world.kim).conversation, "5 off").message
    fields: dict[str, Any] = {"state": "sent", "to": "kim@buyers.test", "unasked": True}
    return Delivery.objects.create(
        message=message, channel=mail, conversation=message.conversation, seq=message.seq, **fields
    )


def path(delivery: Delivery) -> str:
    return "/unsubscribe/" + unsubscribe_link(delivery).split("/unsubscribe/")[1]


def test_the_page_asks_first_and_looking_at_it_changes_nothing(delivery: Delivery) -> None:
    for _time in range(2):  # a scanner of mails, and then the buyer
        page = Client().get(path(delivery)).content.decode()
        assert "No more messages like this?" in page
    assert "k…@buyers.test" in page
    assert "kim@buyers.test" not in page
    assert not Consent.objects.exists()


def test_who_says_so_gets_answers_and_nothing_else(delivery: Delivery) -> None:
    client = Client(enforce_csrf_checks=True)
    for _time in range(2):
        page = client.post(path(delivery), {"List-Unsubscribe": "One-Click"})
        assert (page.status_code, "You are unsubscribed" in page.content.decode()) == (200, True)
    row = Consent.objects.get()
    assert (row.kind, row.address, row.state, row.source) == (
        "email",
        "kim@buyers.test",
        State.ANSWERS,
        Source.LINK,
    )
    assert consent.refusal(delivery.channel, "kim@buyers.test") == "", "what they ask is answered"
    Delivery.objects.filter(pk=delivery.pk).update(state="queued", run_at=timezone.now())
    outbox.send_due(delivery.channel_id)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.detail) == ("failed", consent.ANSWERS_ONLY)


def test_it_takes_an_agreement_back_but_no_stop(delivery: Delivery) -> None:
    consent.opt_in(delivery.channel, "kim@buyers.test", Source.FORM)
    Client().post(path(delivery))
    assert Consent.objects.get().state == State.ANSWERS
    consent.opt_out(delivery.channel, "kim@buyers.test", Source.AGENT)
    Client().post(path(delivery))
    assert Consent.objects.get().state == State.NONE


@pytest.mark.parametrize("token", ["1", "1.x", "x", "%00", "99999999.abc"])
def test_a_link_that_nobody_signed_is_none(delivery: Delivery, token: str) -> None:
    for answer in (Client().get(f"/unsubscribe/{token}/"), Client().post(f"/unsubscribe/{token}/")):
        assert answer.status_code == 404
    assert not Consent.objects.exists()


def test_a_link_for_a_delivery_that_is_gone_is_none(delivery: Delivery) -> None:
    address = path(delivery)
    delivery.delete()
    assert Client().get(address).status_code == 404
    other = signing.Signer(salt="something else", sep=".").sign("1")
    assert Client().get(f"/unsubscribe/{other}/").status_code == 404
    assert SALT != "something else"


def test_only_what_nobody_asked_for_carries_it(delivery: Delivery) -> None:
    transport = transports.get("email")
    assert outbox.outgoing(delivery, transport).unsubscribe == unsubscribe_link(delivery)
    delivery.unasked = False
    assert outbox.outgoing(delivery, transport).unsubscribe == ""


def test_a_mail_offers_it_in_its_words_and_to_the_mail_program(delivery: Delivery) -> None:
    link = unsubscribe_link(delivery)
    given = Outgoing(key="delivery-1", to="kim@buyers.test", text="5 off", unsubscribe=link)
    letter = letter_of(delivery.channel, given)
    assert letter.headers["List-Unsubscribe"] == f"<{link}>"
    assert letter.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in letter.text
    plain = letter_of(delivery.channel, Outgoing(key="delivery-2", to="kim@buyers.test", text="Yes"))
    assert "List-Unsubscribe" not in plain.headers
    assert "unsubscribe" not in plain.text
