"""Two daphnes and a Redis between them, which go away in every way there is while people talk."""

import asyncio
import json
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.live import Agent, Buyer, Desk, Redis, connect, needs_redis

pytestmark = needs_redis

RECOVERED_S = 30


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    redis = Redis(tmp_path_factory.mktemp("redis"))
    yield redis
    redis.kill()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, redis: Redis) -> Iterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("desk"), redis)
    try:
        desk.serve(2)
        yield desk
    finally:
        desk.end()


async def talk(side: Agent | Buyer, times: int, pause: float) -> None:
    for n in range(times):
        await side.say(f"{type(side).__name__} {n}")
        await asyncio.sleep(pause)


async def everybody_has_everything(desk: Desk, agent: Agent, *buyers: Buyer) -> None:
    """What was acknowledged is in the rows once; each side saw the rows in order, without a gap, to the end."""
    rows = desk.said(agent.conversation)
    assert [seq for seq, _ in rows] == list(range(1, len(rows) + 1))
    written = Counter(client_id for _, client_id in rows)
    sides = (agent, *buyers)
    for side in sides:
        assert {written[client_id] for client_id in side.acknowledged} == {1}
    said = [client_id for side in sides for client_id in side.acknowledged]
    for side in sides:
        await side.has(said, RECOVERED_S)
    assert agent.view == rows[: len(agent.view)]
    public = desk.said(agent.conversation, public=True)
    for buyer in buyers:
        assert buyer.view == public[: len(buyer.view)]


async def test_a_server_killed_while_people_talk_loses_nothing_and_doubles_nothing(desk: Desk) -> None:
    first, second = desk.servers
    conversation = desk.world["visitors"][0]["conversation"]

    async def kill_one() -> None:
        await asyncio.sleep(0.7)
        first.kill()

    try:
        async with (
            Agent(desk, [first, second], conversation=conversation) as agent,
            Buyer(desk, [first, second], 0) as phone,
            Buyer(desk, [second, first], 0) as laptop,
        ):
            await asyncio.gather(
                talk(agent, 40, 0.05), talk(phone, 40, 0.05), talk(laptop, 40, 0.05), kill_one()
            )
            await everybody_has_everything(desk, agent, phone, laptop)
            assert len(agent.acknowledged) == len(phone.acknowledged) == len(laptop.acknowledged) == 40
            assert agent.connections + phone.connections + laptop.connections > 3
    finally:  # also for the tests that follow
        await asyncio.to_thread(first.start)


def empty(redis: Redis) -> None:
    assert redis.command_line("FLUSHALL") == "+OK"


def cut_listeners_off(redis: Redis) -> None:
    assert int(redis.command_line("CLIENT KILL TYPE pubsub").removeprefix(":")) >= 2


def cut_everybody_off(redis: Redis) -> None:
    redis.command_line("CLIENT KILL TYPE pubsub")
    redis.command_line("CLIENT KILL TYPE normal SKIPME yes")


def kill(redis: Redis) -> None:
    redis.kill()
    time.sleep(2)
    redis.start()


def hang(redis: Redis) -> None:
    redis.signal(signal.SIGSTOP)
    time.sleep(6)
    redis.signal(signal.SIGCONT)


TROUBLES: list[Callable[[Redis], None]] = [empty, cut_listeners_off, cut_everybody_off, kill, hang]


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_trouble_with_redis_loses_nothing_and_is_over_soon(
    desk: Desk, redis: Redis, trouble: Callable[[Redis], None]
) -> None:
    number = TROUBLES.index(trouble) + 1
    conversation = desk.world["visitors"][number]["conversation"]
    here, there = desk.servers
    async with (
        Agent(desk, [here], conversation=conversation) as agent,
        Buyer(desk, [there], number) as buyer,
        Agent(desk, [here], "bob") as onlooker,  # has nothing open: sees the list alone
    ):

        async def trouble_in_the_middle() -> None:
            await asyncio.sleep(0.4)
            await asyncio.to_thread(trouble, redis)

        await asyncio.gather(talk(agent, 12, 0.08), talk(buyer, 12, 0.08), trouble_in_the_middle())
        await everybody_has_everything(desk, agent, buyer)
        # The line to a client is not the line to Redis: nobody had to connect again.
        assert agent.connections == buyer.connections == onlooker.connections == 1

        last = desk.said(conversation)[-1][0]

        def list_is_true() -> bool:
            """The onlooker was shown the last message in the list, or told afterwards to read the list again."""
            shown = [
                f["summary"]["last_seq"] if f["type"] == "conversation.updated" else 0
                for f in onlooker.frames
            ]
            told = [f["type"] == "resync" for f in onlooker.frames]
            return max(shown) == last or any(told[shown.index(max(shown)) :])

        await onlooker.until(list_is_true, "the list", RECOVERED_S)
        if trouble is not empty:  # which pub/sub does not even notice
            await onlooker.until(
                lambda: any(f["type"] == "resync" for f in onlooker.frames), "a call to read again"
            )
        # And it works again: what is said on one server is heard on the other at once.
        await asyncio.sleep(0.2)
        await buyer.say("Is everything well?")
        await agent.has(buyer.acknowledged, 12)


async def test_first_messages_of_one_buyer_on_both_servers_are_one_conversation(desk: Desk) -> None:
    async def say(n: int) -> tuple[str, int]:
        url = f"ws://127.0.0.1:{desk.servers[n % 2].port}/ws/widget/"
        async with await connect(url) as line:
            await line.send(json.dumps({"type": "hello", "token": desk.world["kim"]["token"]}))
            await line.send(json.dumps({"type": "message.send", "client_id": f"first-{n}", "body": "Hello"}))
            async for text in line:
                frame = json.loads(text)
                assert frame["type"] != "error", frame
                if frame["type"] == "ack":
                    return frame["conversation"], frame["seq"]
        raise AssertionError("closed")

    acknowledged = await asyncio.gather(*(say(n) for n in range(12)))
    assert len({conversation for conversation, _ in acknowledged}) == 1
    assert sorted(seq for _, seq in acknowledged) == list(range(1, 13))


async def test_what_ends_a_session_on_one_server_closes_its_socket_on_the_other(desk: Desk) -> None:
    here, there = (f"http://127.0.0.1:{server.port}" for server in desk.servers)

    def begin(**given: Any) -> dict[str, Any]:
        answer = httpx.post(f"{here}/api/widget/v1/sessions", json={"store": "shop", **given})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    for end in ("identify", "log out"):
        token = (await asyncio.to_thread(begin))["visitor_token"]
        line = await connect(f"{there.replace('http', 'ws')}/ws/widget/")
        await line.send(json.dumps({"type": "hello", "token": token}))
        assert json.loads(await line.recv())["type"] == "welcome"
        if end == "identify":
            given = {"visitor_token": token, "identity_token": desk.world["kim"]["identity"]}
            await asyncio.to_thread(begin, **given)
        else:
            address, headers = f"{here}/api/widget/v1/logout", {"Authorization": f"Bearer {token}"}
            assert (await asyncio.to_thread(httpx.post, address, headers=headers)).status_code == 204
        async with asyncio.timeout(5):
            await line.wait_closed()
        assert line.close_code == {"identify": 4012, "log out": 4401}[end]


async def test_pages_and_the_way_without_sockets_work_while_redis_is_away(desk: Desk, redis: Redis) -> None:
    """Counters of requests live in Redis: not to be able to count is no reason to refuse."""
    visitor = desk.world["visitors"][11]
    headers = {"Authorization": f"Bearer {visitor['token']}"}

    def use() -> list[int]:
        with httpx.Client(base_url=f"http://127.0.0.1:{desk.servers[0].port}", timeout=20) as page:
            message = {"client_id": f"http-{time.monotonic_ns()}", "body": "Hello?"}
            answers = [
                page.get("/accounts/login/"),
                page.post("/api/widget/v1/sessions", json={"store": "shop"}),
                page.post("/api/widget/v1/messages", json=message, headers=headers),
                page.get("/api/widget/v1/messages?after=0", headers=headers),
                page.get("/api/v1/me/", headers={"Cookie": f"sessionid={desk.world['cookies']['zoe']}"}),
                page.get("/readyz"),
            ]
        return [answer.status_code for answer in answers]

    redis.kill()
    try:
        assert await asyncio.to_thread(use) == [200, 200, 201, 200, 200, 503]
    finally:
        await asyncio.to_thread(redis.start)
    assert await asyncio.to_thread(use) == [200, 200, 201, 200, 200, 200]
