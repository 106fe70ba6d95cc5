"""What the two sockets promise: hello, live messages, what was missed, receipts, who is there."""

import asyncio
from typing import Any

import pytest

from events.hub import hub
from events.sockets import db
from inbox.models import Channel, Conversation, Delivery, Message
from inbox.services import start_session
from tests.factories import World, agent_says, buyer_says, identity, make_buyer
from tests.sockets import Connect

pytestmark = pytest.mark.django_db(transaction=True)


async def opened(world: World) -> Conversation:
    return (await db(buyer_says, world.kim, "Where is my order?")).conversation


async def test_a_console_is_greeted_by_name(connect: Connect, world: World) -> None:
    line = await connect.console(world.ann)
    assert line.of("welcome") == [
        {
            "type": "welcome",
            "agent": {
                "id": str(world.ann.id),
                "name": "Ann",
                "role": "agent",
                "language": "en",
                "presence": "online",
            },
            "heartbeat_s": 10,
        }
    ]


async def test_a_message_reaches_both_sides_and_is_acknowledged(connect: Connect, world: World) -> None:
    widget, console = await connect.widget(world.kim), await connect.console(world.ann)
    ack = await widget.ask(type="message.send", client_id="w1", body="Where is my order?")
    assert (ack["type"], ack["client_id"], ack["seq"]) == ("ack", "w1", 1)
    row = await console.hear("conversation.updated", lambda f: f["cause"] == "message.created")
    assert row["summary"]["id"] == ack["conversation"]
    await console.ask(type="subscribe", conversation=ack["conversation"], after=0)
    reply = await console.ask(
        type="message.send",
        conversation=ack["conversation"],
        client_id="c1",
        body="On its way",
        reply_after=1,
    )
    assert (reply["type"], reply["seq"]) == ("ack", 2)
    for line in (widget, console):
        heard = await line.hear("message.created", lambda f: f["message"]["seq"] == 2)
        assert heard["message"]["body"] == "On its way"
    assert await db(Message.objects.filter(kind="text").count) == 2


async def test_a_subscriber_gets_what_was_missed_in_order_and_then_the_mark(
    connect: Connect, world: World
) -> None:
    conversation = await opened(world)
    for n in range(5):
        await db(buyer_says, world.kim, str(n))
    line = await connect.console(world.ann)
    await line.ask(type="subscribe", conversation=str(conversation.id), after=2)
    assert line.seqs == [3, 4, 5, 6]
    assert line.frames[-1] == {"type": "subscribed", "conversation": str(conversation.id), "seq": 6}


async def test_hello_resumes_where_a_line_broke(connect: Connect, world: World) -> None:
    conversation = await opened(world)
    await db(agent_says, world.ann, conversation, "a reply")
    console = await connect.console(world.ann, resume={str(conversation.id): 1})
    await console.hear("subscribed")
    assert console.seqs == [2, 3]  # and the line that she took it
    widget = await connect.widget(world.kim, resume={str(conversation.id): 1})
    assert widget.seqs == [2]


async def test_who_comes_back_sees_cards_and_deliveries_as_they_are_now(
    connect: Connect, world: World
) -> None:
    conversation = await opened(world)
    card, note, text = await db(said_and_changed, world, conversation)
    console = await connect.console(world.ann, resume={str(conversation.id): text.seq})
    await console.hear("subscribed")
    assert [(f["message"], f["card"]["title"]) for f in console.of("card.updated")] == [
        (str(card.id), "Paid"),
        (str(note.id), "Between us"),
    ]
    [told] = console.of("delivery.updated")
    assert (told["message"], told["deliveries"][0]["state"]) == (str(text.id), "failed")
    widget = await connect.widget(world.kim, resume={str(conversation.id): text.seq})
    heard = await widget.hear("card.updated")
    assert heard["message"] == str(card.id)
    assert [f["message"] for f in widget.of("card.updated")] == [str(card.id)]
    assert not widget.of("delivery.updated")


def said_and_changed(world: World, conversation: Conversation) -> tuple[Message, Message, Message]:
    """Return a card, a private one, and a text that went out by another way; all another by now than when sent."""
    card, note, text = (
        agent_says(world.ann, conversation, words).message for words in ("Card", "Note", "Text")
    )
    Message.objects.filter(pk=card.pk).update(kind="card", data={"kind": "payment", "title": "Paid"})
    private = {"kind": "card", "private": True, "data": {"kind": "payment", "title": "Between us"}}
    Message.objects.filter(pk=note.pk).update(**private)
    channel = Channel.objects.create(store=world.store, kind="http", name="App")
    Delivery.objects.filter(message=text).update(channel=channel, state="failed", detail="No such address.")
    return card, note, text


async def test_too_much_that_was_missed_is_to_be_loaded_anew(connect: Connect, world: World) -> None:
    conversation = await opened(world)
    rows = [
        Message(
            conversation=conversation, seq=n, client_id=str(n), author_kind="buyer", channel_kind="widget"
        )
        for n in range(2, 300)
    ]
    await db(Message.objects.bulk_create, rows)
    await db(Conversation.objects.update, last_seq=299)
    console = await connect.console(world.ann)
    answer = await console.ask(type="subscribe", conversation=str(conversation.id), after=0)
    assert (answer["code"], answer["conversation"]) == ("too_far", str(conversation.id))
    # It is subscribed all the same: what comes now is heard while the rest is loaded.
    await db(agent_says, world.bob, conversation, "now")
    await console.hear("message.created")


async def test_a_widget_that_saw_a_gap_asks_for_what_is_missing(connect: Connect, world: World) -> None:
    conversation = await opened(world)
    await db(agent_says, world.ann, conversation, "one")
    widget = await connect.widget(world.kim, resume={str(conversation.id): 4})
    await widget.send(type="resume", after=1)
    await widget.settled()
    assert widget.seqs == [2]


async def test_every_tab_of_a_buyer_hears_a_conversation_that_one_of_them_opened(
    connect: Connect, world: World
) -> None:
    first, second = await connect.widget(world.kim), await connect.widget(world.kim)
    ack = await first.ask(type="message.send", client_id="w1", body="Hello")
    await second.hear("conversation.opened", lambda f: f["conversation"]["id"] == ack["conversation"])
    await db(agent_says, world.ann, (await db(Conversation.objects.get)).id, "Hello Kim")
    await second.hear("message.created", lambda f: f["message"]["body"] == "Hello Kim")


async def test_a_device_of_the_buyer_hears_what_they_said_before_they_were_known(
    connect: Connect, world: World
) -> None:
    phone = await connect.widget(world.kim)
    token, _ = await db(start_session, store=world.store)
    laptop = await connect.widget(token=token)
    await laptop.ask(type="message.send", client_id="w1", body="Hello")
    await db(start_session, store=world.store, visitor_token=token, identity_token=identity(world.store))
    assert await laptop.closed() == 4012
    await phone.hear("conversation.opened")
    conversation = await db(Conversation.objects.get)
    await db(agent_says, world.ann, conversation, "Hello Kim")
    await phone.hear("message.created", lambda f: f["message"]["body"] == "Hello Kim")
    assert not [f for f in laptop.frames if "Hello Kim" in str(f)]


async def test_typing_is_seen_by_the_other_side(connect: Connect, world: World) -> None:
    conversation = await opened(world)
    widget, console = await connect.widget(world.kim), await connect.console(world.ann)
    await console.ask(type="subscribe", conversation=str(conversation.id), after=9)
    await widget.send(type="typing")
    heard = await console.hear("typing")
    assert (heard["author"]["kind"], heard["on"]) == ("buyer", True)
    await console.send(type="typing", conversation=str(conversation.id), on=False)
    heard = await widget.hear("typing", lambda f: f["author"]["kind"] == "agent")
    assert (heard["author"]["name"], heard["on"]) == ("Ann", False)


async def test_receipts_reach_the_agents(connect: Connect, world: World) -> None:
    conversation = await opened(world)
    console = await connect.console(world.ann)
    await console.ask(type="subscribe", conversation=str(conversation.id), after=0)
    reply = await console.ask(
        type="message.send", conversation=str(conversation.id), client_id="c1", body="Hi"
    )
    widget = await connect.widget(world.kim)
    await widget.send(type="received", seq=reply["seq"])
    heard = await console.hear("delivery.upto", lambda f: f["state"] == "delivered")
    assert heard["seq"] >= reply["seq"]
    await widget.send(type="read", seq=reply["seq"])
    await console.hear("delivery.upto", lambda f: f["state"] == "read")
    await console.hear("read", lambda f: f["by"] == "buyer" and f["seq"] >= reply["seq"])


async def test_reading_is_seen_by_the_buyer_and_on_the_agents_other_screens(
    connect: Connect, world: World
) -> None:
    conversation = await opened(world)
    widget = await connect.widget(world.kim)
    here, there = await connect.console(world.ann), await connect.console(world.ann)
    await here.send(type="read", conversation=str(conversation.id), seq=1)
    assert (await widget.hear("read"))["seq"] == 1
    mine = await there.hear("read")
    assert (mine["agent"], mine["inbound_seen"]) == (str(world.ann.id), 1)


async def test_colleagues_see_who_is_looking_and_who_has_left(connect: Connect, world: World) -> None:
    conversation = await opened(world)
    ann, bob = await connect.console(world.ann), await connect.console(world.bob)
    for line in (ann, bob):
        await line.ask(type="subscribe", conversation=str(conversation.id), after=9)
    await ann.send(type="viewing", conversation=str(conversation.id), composing=True)
    heard = await bob.hear("viewing")
    assert (heard["agent"]["name"], heard["composing"], heard["gone"]) == ("Ann", True, False)
    await ann.cut()
    await bob.hear("viewing", lambda f: f["gone"])


async def test_presence_is_seen_by_agents_and_as_a_number_by_widgets(connect: Connect, world: World) -> None:
    bob = await connect.console(world.bob)
    widget = await connect.widget(world.kim)
    assert widget.of("welcome")[0]["agents_online"] == 1
    ann = await connect.console(world.ann)
    await bob.hear("presence", lambda f: f["agent"]["name"] == "Ann" and f["state"] == "online")
    await widget.hear("presence", lambda f: f["agents_online"] == 2)
    await ann.send(type="presence", state="away")
    await bob.hear("presence", lambda f: f["agent"]["name"] == "Ann" and f["state"] == "away")
    await widget.hear("presence", lambda f: f["agents_online"] == 1)


async def test_the_same_message_from_two_tabs_twenty_times_is_one_message(
    connect: Connect, world: World
) -> None:
    tabs = [await connect.widget(world.kim) for _ in range(2)]
    frame: dict[str, Any] = {"type": "message.send", "client_id": "same", "body": "Hello"}
    await asyncio.gather(*(tabs[n % 2].send(**frame) for n in range(20)))
    for tab in tabs:
        await tab.until(lambda tab=tab: len(tab.of("ack")) == 10, "ten acknowledgements")
    acks = {(ack["id"], ack["seq"]) for tab in tabs for ack in tab.of("ack")}
    assert len(acks) == 1
    assert await db(Message.objects.count) == 1


async def test_twenty_visitors_at_once_each_have_their_conversation(connect: Connect, world: World) -> None:
    buyers = [await db(make_buyer, world.store) for _ in range(20)]
    lines = await asyncio.gather(*(connect.widget(buyer) for buyer in buyers))
    answers = await asyncio.gather(
        *(line.ask(type="message.send", client_id="1", body=f"I am {n}") for n, line in enumerate(lines))
    )
    assert {answer["type"] for answer in answers} == {"ack"}
    assert len({answer["conversation"] for answer in answers}) == 20
    for n, line in enumerate(lines):
        await line.settled()
        assert {f["message"]["body"] for f in line.of("message.created")} == {f"I am {n}"}


async def test_sockets_that_ended_leave_nothing_behind(connect: Connect, world: World) -> None:
    buyers = [await db(make_buyer, world.store) for _ in range(5)]
    for buyer in buyers:
        widget, console = await connect.widget(buyer), await connect.console(world.ann)
        # Gone before the answer: the message opens a conversation that nobody is there to follow.
        await widget.send(type="message.send", client_id="1", body="Hello")
        await widget.cut()
        await console.cut()
    for _ in range(100):
        if await db(Conversation.objects.count) == len(buyers):
            break
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.1)
    assert not hub.sockets
    assert not hub.topics


async def test_a_reply_that_is_stale_comes_back_with_what_was_said(connect: Connect, world: World) -> None:
    conversation = await opened(world)
    console = await connect.console(world.ann)
    await db(agent_says, world.bob, conversation, "Bob was quicker")
    frame = {"type": "message.send", "conversation": str(conversation.id), "client_id": "c1", "body": "Hi"}
    answer = await console.ask(**frame, reply_after=1)
    assert (answer["code"], answer["client_id"]) == ("stale", "c1")
    assert [message["body"] for message in answer["messages"]] == ["Bob was quicker"]
    assert (await console.ask(**frame, reply_after=1, force=True))["type"] == "ack"
