"""In which conversation a mail ends up, and what machines bring about."""

from pathlib import Path
from typing import Any

import pytest

from helpdesk.lib.ids import new_id
from inbox import inbound, outbox
from inbox.models import Channel, Conversation, Delivery, Message, Payload, Received
from inbox.services import resolve
from inbox.transports.base import Request
from inbox.transports.email import Email
from inbox.transports.mail import sending, threads
from people.models import Buyer, BuyerIdentity
from tests.factories import World

MAILS = Path(__file__).parent / "mails"


@pytest.fixture
def channel(world: World) -> Channel:
    config = {"address": "help@shop.test", "route": "smtp", "replies": "plus", "trusted": "mx.shop.test"}
    return Channel.objects.create(store=world.store, kind="email", name="Mail", config=config)


def mail(number: int = 1, words: str = "Where is it?", sender: str = "lee@buyers.test", **more: str) -> bytes:
    head = {
        "From": sender,
        "To": "help@shop.test",
        "Subject": "My order",
        "Message-ID": f"<m{number}@buyers.test>",
    }
    head |= {name.replace("_", "-"): value for name, value in more.items()}
    return ("".join(f"{name}: {value}\r\n" for name, value in head.items()) + f"\r\n{words}\r\n").encode()


def comes(channel: Channel, raw: bytes) -> Payload:
    payload = inbound.write_down(channel, Request("IMAP", {"content-type": "message/rfc822"}, {}, raw))
    inbound.read_payload(payload.pk)
    payload.refresh_from_db()
    return payload


def heard() -> list[Message]:
    return list(Message.objects.filter(kind="text", author_kind="buyer").order_by("id"))


def answered(channel: Channel, world: World, conversation: Conversation, external_id: str) -> Delivery:
    from events.record import Actor
    from inbox.services import Draft, post_message

    posted = post_message(
        Draft(
            actor=Actor.agent(world.ann),
            client_id=external_id[:60].replace("@", "."),
            body="Hi",
            conversation_id=conversation.id,
        )
    )
    Delivery.objects.filter(message=posted.message).update(state="sent", external_id=external_id)
    return Delivery.objects.get(message=posted.message)


def end(world: World, *conversations: Conversation) -> None:
    from datetime import timedelta

    from django.utils import timezone

    for conversation in conversations:
        resolve(agent=world.ann, conversation_id=conversation.id)
    # So long ago that nothing but its thread leads there.
    Conversation.objects.update(resolved_at=timezone.now() - timedelta(days=60))


@pytest.mark.django_db
def test_a_mail_becomes_a_conversation_with_who_wrote_it(channel: Channel) -> None:
    assert comes(channel, mail(From="Lee Chan <Lee@Buyers.Test>")).state == "done"
    [message] = heard()
    assert (message.body, message.author_name, message.channel_kind) == ("Where is it?", "Lee Chan", "email")
    identity = BuyerIdentity.objects.get(kind="email", value="lee@buyers.test")
    assert (identity.verified, identity.buyer.email) == (False, "lee@buyers.test")
    assert Received.objects.get().context["message_id"] == "m1@buyers.test"


@pytest.mark.django_db
def test_a_proven_sender_is_verified(channel: Channel) -> None:
    comes(channel, mail(Authentication_Results="mx.shop.test; dmarc=pass header.from=buyers.test"))
    assert BuyerIdentity.objects.get(kind="email", value="lee@buyers.test").verified


@pytest.mark.django_db
def test_the_same_mail_twice_is_one(channel: Channel) -> None:
    comes(channel, mail())
    comes(channel, b"Received: from elsewhere\r\n" + mail())
    assert len(heard()) == 1


@pytest.fixture
def two_ended(channel: Channel, world: World) -> tuple[Conversation, Conversation]:
    """Two conversations of one buyer, long ended; each holds a mail of theirs and an answer of ours."""
    comes(channel, mail(1, "About the mug"))
    first = heard()[-1].conversation
    answered(channel, world, first, "a1@shop.test")
    end(world, first)
    comes(channel, mail(2, "About the hat"))
    second = heard()[-1].conversation
    assert second.id != first.id
    answered(channel, world, second, "a2@shop.test")
    end(world, second)
    return first, second


@pytest.mark.django_db
@pytest.mark.parametrize("named", ["a1@shop.test", "m1@buyers.test"])
def test_an_answer_takes_its_own_conversation_up_again(
    channel: Channel, two_ended: tuple[Conversation, Conversation], named: str
) -> None:
    comes(channel, mail(3, "Still about the mug", In_Reply_To=f"<{named}>"))
    assert heard()[-1].conversation == two_ended[0]


@pytest.mark.django_db
def test_of_what_it_names_the_nearest_counts(
    channel: Channel, two_ended: tuple[Conversation, Conversation]
) -> None:
    comes(channel, mail(3, References="<a2@shop.test> <unknown@x> <a1@shop.test>"))
    assert heard()[-1].conversation == two_ended[0]


@pytest.mark.django_db
def test_a_reply_address_that_we_signed_counts_more_than_what_it_names(
    channel: Channel, two_ended: tuple[Conversation, Conversation]
) -> None:
    signed = threads.reply_address(channel, str(two_ended[0].id))
    comes(channel, mail(3, To=signed, In_Reply_To="<a2@shop.test>"))
    assert heard()[-1].conversation == two_ended[0]


@pytest.mark.django_db
def test_a_reply_address_that_somebody_made_up_counts_for_nothing(
    channel: Channel, two_ended: tuple[Conversation, Conversation]
) -> None:
    signed = threads.reply_address(channel, str(two_ended[0].id))
    forged = signed.replace(signed.partition(".")[2][:4], "aaaa")
    comes(channel, mail(3, To=forged))
    assert heard()[-1].conversation not in two_ended


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["named", "signed", "both"])
@pytest.mark.parametrize("is_ended", [False, True])
def test_a_stranger_who_answers_a_mail_that_was_passed_on_opens_a_conversation_of_their_own(
    channel: Channel, world: World, way: str, is_ended: bool
) -> None:
    comes(channel, mail(1, "My address is 1 Secret Street"))
    conversation = heard()[-1].conversation
    answered(channel, world, conversation, "a1@shop.test")
    if is_ended:
        end(world, conversation)
    more = {"To": threads.reply_address(channel, str(conversation.id))} if way != "named" else {}
    more |= (
        {"In_Reply_To": "<a1@shop.test>", "References": "<m1@buyers.test> <a1@shop.test>"}
        if way != "signed"
        else {}
    )
    comes(channel, mail(2, "Tell me more", sender="mallory@else.test", **more))
    theirs = heard()[-1].conversation
    assert theirs != conversation
    assert theirs.buyer != conversation.buyer
    conversation.refresh_from_db()
    assert conversation.status == ("resolved" if is_ended else "open")


@pytest.mark.django_db
def test_a_reply_address_of_another_store_leads_nowhere(channel: Channel, world: World) -> None:
    comes(channel, mail(1))
    conversation = heard()[-1].conversation
    other = Channel.objects.create(
        store=world.other_store, kind="email", name="Other", config=dict(channel.config)
    )
    comes(
        other,
        mail(2, To=threads.reply_address(channel, str(conversation.id)), In_Reply_To="<m1@buyers.test>"),
    )
    assert heard()[-1].conversation.store == world.other_store


# -- Machines


@pytest.mark.django_db
@pytest.mark.parametrize(
    "head",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"X_Auto_Response_Suppress": "All"},
        {"List_Id": "<x.y>"},
        {"Return_Path": "<>"},
        {"From": "noreply@else.test"},
        {"From": "MAILER-DAEMON@else.test"},
    ],
)
def test_a_machine_opens_nothing_and_nobody_is_made_of_it(channel: Channel, head: dict[str, str]) -> None:
    before = Buyer.objects.count()
    assert comes(channel, mail(**head)).state == "done"
    assert heard() == []
    assert (Conversation.objects.count(), Buyer.objects.count()) == (0, before)


@pytest.mark.django_db
def test_an_out_of_office_note_is_shown_where_its_buyer_writes_and_reopens_nothing(
    channel: Channel, world: World
) -> None:
    comes(channel, mail(1))
    conversation = heard()[-1].conversation
    answered(channel, world, conversation, "a1@shop.test")
    resolve(agent=world.ann, conversation_id=conversation.id)
    comes(channel, mail(2, "I am away", Auto_Submitted="auto-replied", In_Reply_To="<a1@shop.test>"))
    assert heard()[-1].body == "I am away"
    conversation.refresh_from_db()
    assert (conversation.status, conversation.waiting_since) == ("resolved", None)


@pytest.mark.django_db
def test_a_mail_that_came_back_shows_its_answer_as_failed(channel: Channel, world: World) -> None:
    comes(channel, mail(1))
    delivery = answered(channel, world, heard()[-1].conversation, "x")
    own = threads.message_id(channel, f"delivery-{delivery.pk}")
    Delivery.objects.update(external_id=own)
    comes(channel, (MAILS / "bounce.eml").read_bytes().replace(b"OUR-ID", own.encode()))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.detail) == ("failed", "smtp; 550 5.1.1 No such user")
    assert len(heard()) == 1


@pytest.mark.django_db
def test_a_bounce_of_what_we_never_sent_does_nothing(channel: Channel, world: World) -> None:
    comes(channel, mail(1))
    delivery = answered(channel, world, heard()[-1].conversation, "a1@shop.test")
    comes(channel, (MAILS / "bounce.eml").read_bytes().replace(b"OUR-ID", b"a1@shop.test"))
    delivery.refresh_from_db()
    assert delivery.state == "sent", "anybody can write such a mail; our own ids hold a signature"


@pytest.mark.django_db
def test_two_machines_that_answer_each_other_come_to_an_end(channel: Channel, monkeypatch: Any) -> None:
    monkeypatch.setattr(Email, "max_per_hour", 3)
    payloads = [comes(channel, mail(n)) for n in range(5)]
    assert [payload.state for payload in payloads] == ["done"] * 3 + ["failed"] * 2
    assert "within an hour" in payloads[-1].error
    assert len(heard()) == 3
    comes(channel, mail(9, sender="max@buyers.test"))
    assert len(heard()) == 4, "nobody else is kept out"


@pytest.mark.django_db
def test_nobody_may_bring_mails_to_the_address_of_a_mailbox_that_is_fetched(
    channel: Channel, client: Any
) -> None:
    url = f"/hooks/channels/{channel.hook_key}/"
    for content_type in ("message/rfc822", "application/json", "application/x-www-form-urlencoded"):
        assert client.post(url, mail(), content_type=content_type).status_code == 401
    assert not Payload.objects.exists()


# -- There and back


@pytest.mark.django_db(transaction=True)
def test_an_answer_goes_out_in_the_thread_and_its_answer_comes_back_to_it(
    channel: Channel, world: World, monkeypatch: Any
) -> None:
    letters: list[Any] = []
    monkeypatch.setattr("inbox.transports.email.send_letter", lambda server, letter: letters.append(letter))
    comes(channel, mail(1, "Where is my parcel?"))
    conversation = heard()[-1].conversation
    from events.record import Actor
    from inbox.services import Draft, post_message

    post_message(
        Draft(
            actor=Actor.agent(world.ann), client_id="a", body="On its way.", conversation_id=conversation.id
        )
    )
    assert outbox.send_due(channel.id) == 1
    [letter] = letters
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.external_id) == ("sent", letter.message_id)
    assert (letter.to, letter.subject, letter.in_reply_to) == (
        "lee@buyers.test",
        "Re: My order",
        "m1@buyers.test",
    )
    assert "> Where is my parcel?" in letter.text
    end(world, conversation)
    comes(channel, mail(2, "Thanks", To=letter.reply_to))
    assert heard()[-1].conversation == conversation
    assert outbox.LEASE.total_seconds() > sending.TOTAL_S, "a worker is not presumed dead while it sends"


@pytest.mark.django_db
def test_a_conversation_that_does_not_exist_gets_no_mail(world: World, channel: Channel) -> None:
    address = threads.reply_address(channel, str(new_id()))
    comes(channel, mail(1, To=address))
    assert len(heard()) == 1
