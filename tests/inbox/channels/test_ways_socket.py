"""The way of an answer over the console's socket: what the page itself uses."""

import pytest

from events.sockets import db
from inbox.models import Channel, Delivery
from people.models import BuyerIdentity
from tests.factories import World, buyer_says
from tests.sockets import Connect

pytestmark = pytest.mark.django_db(transaction=True)


def prepare(world: World) -> tuple[str, Channel]:
    channel = Channel.objects.create(store=world.store, kind="http", name="App", config={"url": ""})
    BuyerIdentity.objects.create(store=world.store, buyer=world.kim, kind="http", value="kim-7")
    return str(buyer_says(world.kim).conversation.id), channel


def sent_to() -> list[tuple[str, str]]:
    return list(Delivery.objects.order_by("id").values_list("channel__name", "to"))


async def test_an_answer_goes_by_the_channel_that_the_frame_names(connect: Connect, world: World) -> None:
    conversation, channel = await db(prepare, world)
    line = await connect.console(world.ann)
    frame = {"type": "message.send", "conversation": conversation, "client_id": "c", "body": "Hi"}
    await line.send(**frame, via=str(channel.id))
    await line.hear("ack")
    assert await db(sent_to) == [("App", "kim-7")]


async def test_a_way_that_is_none_is_refused_and_nothing_is_posted(connect: Connect, world: World) -> None:
    conversation, channel = await db(prepare, world)
    line = await connect.console(world.ann)
    frame = {"type": "message.send", "conversation": conversation, "body": "Hi"}
    for number, via in enumerate(["x", 5, {}, str(world.other_channel.id)]):
        await line.send(**frame, client_id=f"c{number}", via=via)
        assert (await line.hear("error"))["code"] in ("invalid", "unknown_channel")
        line.frames.clear()
    await db(Channel.objects.filter(pk=channel.pk).update, active=False)
    await line.send(**frame, client_id="off", via=str(channel.id))
    error = await line.hear("error")
    assert (error["code"], error["client_id"]) == ("channel_off", "off")
    assert await db(sent_to) == []
