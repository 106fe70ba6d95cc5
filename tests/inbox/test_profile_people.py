"""Beside the chat: who might be the same person, and where the buyer may be written to."""

from typing import Any

import pytest
from django.test import Client

from inbox import inbound
from inbox.inbound import Said
from inbox.models import Channel, Consent, Conversation, Message
from inbox.services import join_proven, same_person
from people.models import Agent, Buyer, BuyerIdentity, BuyerMerge, NotSame
from tests.factories import World, log_in, make_buyer

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(world: World) -> Conversation:
    """Kim writes by SMS, with a number that the store knows as Kim's too; nothing is proven."""
    channel = Channel.objects.create(store=world.store, kind="sms", name="SMS")
    inbound.take_in(channel, Said(external_id="1", sender="+442071838750", text="Hi", name="K."))
    return Conversation.objects.select_related("buyer").get()


def ask(agent: Agent, conversation: Conversation, what: str = "", **data: Any) -> Any:
    client = Client()
    client.cookies["sessionid"] = log_in(agent)
    address = f"/inbox/{conversation.id}/panel/profile/{what}"
    return client.post(address, data) if what else client.get(address)


def test_a_suggestion_shows_what_both_have_and_is_merged_or_refused(
    world: World, conversation: Conversation
) -> None:
    other = make_buyer(world.store, name="Kim?", phone="+44 20 7183 8750")
    page = ask(world.ann, conversation).content.decode()
    assert "Might be the same person" in page
    assert "both: +442071838750" in page
    page = ask(world.ann, conversation, "not-same/", other=other.id).content.decode()
    assert "Might be the same person" not in page
    assert NotSame.objects.get().agent == world.ann
    assert same_person(world.bob, other) == []


def test_a_stranger_to_the_store_tells_nobody_apart(world: World, conversation: Conversation) -> None:
    other = make_buyer(world.store, phone="+44 20 7183 8750")
    assert ask(world.zoe, conversation, "not-same/", other=other.id).status_code == 404
    theirs = make_buyer(world.other_store, phone="+44 20 7183 8750")
    assert ask(world.ann, conversation, "not-same/", other=theirs.id).status_code == 422
    assert ask(world.ann, conversation, "not-same/", other="x").status_code == 422
    assert not NotSame.objects.exists()


def test_a_merge_that_happened_by_itself_says_why(world: World, conversation: Conversation) -> None:
    fields: dict[str, Any] = {"kind": "store_phone", "value": "+442071838750", "verified": True}
    BuyerIdentity.objects.create(store=world.store, buyer=world.kim, **fields)
    join_proven(conversation.buyer_id)
    assert BuyerMerge.objects.get().kept == world.kim
    assert "By itself: +442071838750 is proven on both sides" in ask(world.ann, conversation).content.decode()


def test_agents_see_where_the_buyer_may_be_written_to_and_note_what_they_say(
    world: World, conversation: Conversation
) -> None:
    page = ask(world.ann, conversation).content.decode()
    assert "May be written to" in page
    assert "They wrote to us from there." in page
    said = {"kind": "sms", "state": "all", "reason": "On the telephone"}
    page = ask(world.ann, conversation, "consent/", **said).content.decode()
    assert "“On the telephone”" in page
    row = Consent.objects.get()
    assert (row.state, row.source, row.agent, row.address) == ("all", "agent", world.ann, "+442071838750")
    line = Message.objects.get(kind="system", data__event="consent.changed")
    assert (line.conversation, line.author_name, line.private) == (conversation, "Ann", True)


@pytest.mark.parametrize("wrong", [{"reason": ""}, {"state": "x"}, {"kind": "telegram"}, {"kind": "x"}])
def test_what_cannot_be_noted_is_refused_in_words(
    world: World, conversation: Conversation, wrong: dict[str, str]
) -> None:
    said = {"kind": "sms", "state": "all", "reason": "On the telephone", **wrong}
    answer = ask(world.ann, conversation, "consent/", **said)
    assert (answer.status_code, "alert" in answer.content.decode()) == (422, True)
    assert not Consent.objects.exists()


def test_a_stranger_to_the_store_notes_nothing(world: World, conversation: Conversation) -> None:
    said = {"kind": "sms", "state": "all", "reason": "x"}
    assert ask(world.zoe, conversation, "consent/", **said).status_code == 404
    assert not Consent.objects.exists()


def test_a_buyer_of_the_page_alone_has_nothing_to_say_about_it(world: World) -> None:
    conversation = Conversation.objects.create(
        store=world.store, buyer=Buyer.objects.create(store=world.store), channel=world.channel
    )
    assert "May be written to" not in ask(world.ann, conversation).content.decode()
