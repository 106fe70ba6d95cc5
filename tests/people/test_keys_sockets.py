"""A console opened with a key of the API: what it may say and hear, and when it ends."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from events.sockets import db
from inbox.console_socket import ConsoleSocket
from people import keys, services
from people.models import Agent, ApiKey
from people.notices import notify
from tests.factories import World, buyer_says
from tests.sockets import Connect, Line

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE_S = 3  # a heartbeat is ten


def make(agent: Agent, scopes: list[str]) -> tuple[ApiKey, str]:
    return keys.create_key(agent=agent, name="Bridge", scopes=scopes)


async def opened(connect: Connect, agent: Agent, *scopes: str) -> tuple[Line, ApiKey]:
    key, shown = await db(make, agent, list(scopes) or ["*"])
    line = await connect.line("/ws/console/", origin=None)
    await line.send(type="hello", token=shown)
    await line.hear("welcome")
    await line.handled()
    return line, key


async def test_a_key_opens_a_console_of_its_agent_without_an_origin(connect: Connect, world: World) -> None:
    said = await db(buyer_says, world.kim, "Hello?")
    line, key = await opened(connect, world.ann)

    assert line.of("welcome")[0]["agent"]["name"] == "Ann"
    assert (await line.ask(type="subscribe", conversation=str(said.conversation.id), after=0))["seq"] == 1
    frame = {
        "type": "message.send",
        "conversation": str(said.conversation.id),
        "client_id": "1",
        "body": "Hi",
    }
    assert (await line.ask(**frame))["type"] == "ack"
    await db(key.refresh_from_db)
    await db(world.ann.refresh_from_db)
    assert key.last_used_at is not None
    assert world.ann.presence_now() == "online"


async def test_a_key_that_may_read_hears_and_says_nothing(connect: Connect, world: World) -> None:
    said = await db(buyer_says, world.kim)
    one = str(said.conversation.id)
    line, _key = await opened(connect, world.ann, "conversations:read")
    await line.ask(type="subscribe", conversation=one, after=0)

    for frame in (
        {"type": "message.send", "client_id": "1", "body": "Hi"},
        {"type": "typing"},
        {"type": "read", "seq": 1},
        {"type": "viewing", "composing": True},
        {"type": "presence", "state": "busy"},
    ):
        assert (await line.ask(conversation=one, **frame))["code"] == "missing_scope"
    await db(buyer_says, world.kim, "Anybody?")
    await line.hear("message.created", lambda f: f["message"]["body"] == "Anybody?")
    await db(world.ann.refresh_from_db)
    assert world.ann.presence_now() == "offline", "who cannot answer is not there"


async def test_a_key_for_orders_hears_nothing_of_conversations(connect: Connect, world: World) -> None:
    said = await db(buyer_says, world.kim)
    line, _key = await opened(connect, world.ann, "orders:read")

    asked = await line.ask(type="subscribe", conversation=str(said.conversation.id), after=0)
    assert asked["code"] == "missing_scope"
    await db(buyer_says, world.kim, "Secret")
    await line.settled()
    assert {frame["type"] for frame in line.frames} <= {"welcome", "pong", "error", "presence", "heartbeat"}


async def test_revoking_closes_what_was_opened_with_the_key_and_nothing_else(
    connect: Connect, world: World
) -> None:
    (first, key), (second, _other) = await opened(connect, world.ann), await opened(connect, world.ann)
    tab = await connect.console(world.ann)

    await db(keys.revoke_key, actor=world.eve, key=key)

    assert await first.closed(AT_ONCE_S) == 4401
    await second.settled()
    assert (second.code, tab.code) == (None, None)


async def test_disabling_the_agent_closes_it(connect: Connect, world: World) -> None:
    line, _key = await opened(connect, world.ann)
    await db(services.disable_agent, actor=world.eve, agent=world.ann)
    assert await line.closed(AT_ONCE_S) == 4401


async def test_an_expired_key_is_found_out_by_the_next_heartbeat(connect: Connect, world: World) -> None:
    line, key = await opened(connect, world.ann)
    past = timezone.now() - timedelta(seconds=1)
    await db(ApiKey.objects.filter(pk=key.pk).update, expires_at=past)
    [socket] = [s for s in _consoles() if s.ticket == key.pk]
    await ConsoleSocket.pulse([socket])
    assert await line.closed(AT_ONCE_S) == 4401


def _consoles() -> list[Any]:
    from events.hub import hub

    return [socket for socket in hub.sockets if isinstance(socket, ConsoleSocket)]


async def test_guesses_are_counted_here_as_everywhere(connect: Connect, world: World, settings: Any) -> None:
    settings.KEY_GUESSES_PER_MINUTE = 2
    codes = []
    for _ in range(3):
        line = await connect.line("/ws/console/", origin=None)
        codes.append(((await line.ask(type="hello", token="desk_guess"))["code"], await line.closed()))
    assert codes == [("unauthenticated", 4401)] * 2 + [("throttled", 4429)]


def _tell(agent: Agent) -> None:
    with transaction.atomic():
        notify([agent.id], kind="test", key="test", params={}, href="/orders/")


async def test_what_an_agent_is_told_is_not_for_a_key_that_may_not_do_everything(
    connect: Connect, world: World
) -> None:
    (narrow, _one), (wide, _other) = (
        await opened(connect, world.ann, "conversations:write", "orders:read"),
        await opened(connect, world.ann),
    )
    colleague = await connect.console(world.bob)
    await db(_tell, world.ann)
    assert (await wide.hear("notice"))["kind"] == "test"
    for line in (narrow, colleague):
        await line.settled()
        assert line.of("notice") == []
