"""One desk in a process of its own, and lines that break, clients that do not read, frames without end."""

import asyncio
import contextlib
import json
import socket
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
import websockets

from tests.live import Agent, Buyer, Desk, Server, connect, free_port


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    desk.serve()
    yield desk
    desk.end()


@pytest.fixture
def server(desk: Desk) -> Server:
    [server] = desk.servers
    return server


def assert_whole(desk: Desk, agent: Agent, *buyers: Buyer) -> None:
    """What was acknowledged is in the rows once, and each side has seen the rows, in order and without a gap."""
    rows = desk.said(agent.conversation)
    assert [seq for seq, _ in rows] == list(range(1, len(rows) + 1))
    written = Counter(client_id for _, client_id in rows)
    for side in (agent, *buyers):
        assert {client_id: written[client_id] for client_id in side.acknowledged} == dict.fromkeys(
            side.acknowledged, 1
        )
    assert agent.view == rows[: len(agent.view)]
    public = desk.said(agent.conversation, public=True)
    for buyer in buyers:
        assert buyer.view == public[: len(buyer.view)]


# -- A line that breaks


class Wire:
    """A line that can be cut at a chosen byte: stands between a client and the server."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.port = free_port()
        self.on_request: Callable[[bytes], Awaitable[bool]] | None = None
        self.on_answer: Callable[[bytes], Awaitable[bool]] | None = None
        self._writers: list[asyncio.StreamWriter] = []

    @contextlib.asynccontextmanager
    async def stretched(self) -> AsyncIterator["Wire"]:
        server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        yield self
        server.close()
        self.cut()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
        self._writers += [writer, far_writer]
        await asyncio.gather(
            self._pass(reader, far_writer, lambda: self.on_request),
            self._pass(far_reader, writer, lambda: self.on_answer),
        )

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, watch: Any) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65_536):
                if watch() is not None and not await watch()(data):
                    self.cut()
                    return
                target.write(data)
        target.transport.abort()

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()


def written(desk: Desk, conversation: str) -> int:
    return len(desk.said(conversation))


async def cut_before_it_left(wire: Wire, desk: Desk, conversation: str) -> None:
    async def look(data: bytes) -> bool:
        wire.on_request = None
        return False

    wire.on_request = look


async def cut_when_it_was_written(wire: Wire, desk: Desk, conversation: str) -> None:
    before = written(desk, conversation)

    async def look(data: bytes) -> bool:
        # Whatever comes back is kept back until the message is in the rows; then the line is cut.
        for _ in range(200):
            if written(desk, conversation) > before:
                break
            await asyncio.sleep(0.02)
        wire.on_answer = None
        return False

    wire.on_answer = look


async def cut_when_it_was_acknowledged(wire: Wire, desk: Desk, conversation: str) -> None:
    async def look(data: bytes) -> bool:
        if b'"ack"' in data:
            asyncio.get_running_loop().call_later(0.001, wire.cut)
            wire.on_answer = None
        return True

    wire.on_answer = look


@pytest.mark.parametrize("who", ["buyer", "agent"])
async def test_a_line_cut_at_any_step_of_sending_loses_nothing_and_doubles_nothing(
    desk: Desk, who: str
) -> None:
    [server] = desk.servers
    wire = Wire(server.port)
    number = {"buyer": 0, "agent": 1}[who]
    conversation = desk.world["visitors"][number]["conversation"]
    ports: dict[str, list[Any]] = {"buyer": [server], "agent": [server], who: [wire.port]}
    async with (
        wire.stretched(),
        Agent(desk, ports["agent"], conversation=conversation) as agent,
        Buyer(desk, ports["buyer"], number) as buyer,
    ):
        speaker, connections = (buyer, agent)[who == "agent"], 1
        for step in (cut_before_it_left, cut_when_it_was_written, cut_when_it_was_acknowledged):
            await speaker.say(f"before: {step.__name__}")
            await step(wire, desk, conversation)
            seq = await speaker.say(step.__name__)
            connections += 1
            assert desk.said(conversation)[seq - 1] == (seq, speaker.acknowledged[-1])
            await speaker.until(
                lambda c=connections: speaker.connections >= c, f"a new line after {step.__name__}"
            )
        said = [*buyer.acknowledged, *agent.acknowledged]
        assert len(said) == 6
        await agent.has(said)
        await buyer.has(said)
        assert_whole(desk, agent, buyer)


async def test_the_same_message_on_twenty_lines_at_once_is_one_message(desk: Desk, server: Server) -> None:
    visitor = desk.world["visitors"][2]
    url = f"ws://127.0.0.1:{server.port}/ws/widget/"
    before = written(desk, visitor["conversation"])

    async def send() -> tuple[str, int]:
        async with await connect(url) as line:
            await line.send(json.dumps({"type": "hello", "token": visitor["token"]}))
            await line.send(json.dumps({"type": "message.send", "client_id": "same", "body": "Hello"}))
            async for text in line:
                if (frame := json.loads(text))["type"] == "ack":
                    return frame["id"], frame["seq"]
        raise AssertionError("closed")

    assert len(set(await asyncio.gather(*(send() for _ in range(20))))) == 1
    assert written(desk, visitor["conversation"]) == before + 1


# -- Clients that do harm


async def read_for_ever(line: Any) -> None:
    while True:
        await line.recv()


async def test_a_client_that_does_not_read_is_let_go_and_costs_little(desk: Desk, server: Server) -> None:
    """Twenty megabytes for a console that reads none of them; another one reads them all."""
    chosen = desk.world["visitors"][3:11]
    async with contextlib.AsyncExitStack() as stack:
        agents = [
            await stack.enter_async_context(Agent(desk, [server], "bob", conversation=v["conversation"]))
            for v in chosen
        ]
        buyers = [await stack.enter_async_context(Buyer(desk, [server], 3 + n)) for n in range(len(chosen))]
        slow = await connect(f"ws://127.0.0.1:{server.port}/ws/console/", desk.world["cookies"]["ann"])
        await slow.send(json.dumps({"type": "hello"}))
        for visitor in chosen:
            await slow.send(
                json.dumps({"type": "subscribe", "conversation": visitor["conversation"], "after": 1})
            )
        for _ in range(1 + len(chosen)):
            await slow.recv()
        network: Any = slow.transport
        network.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        network.pause_reading()
        before = server.memory

        async def talk(buyer: Buyer) -> None:
            for _ in range(90):
                await buyer.say("哈" * 10_000)  # 30 KB

        await asyncio.wait_for(asyncio.gather(*(talk(buyer) for buyer in buyers)), 120)
        grown = server.memory - before
        for agent, buyer in zip(agents, buyers, strict=True):
            await agent.has(buyer.acknowledged)
            assert agent.connections == buyer.connections == 1
        assert sum(len(buyer.acknowledged) for buyer in buyers) * 30_000 > 20 * 1024 * 1024
        assert grown < 15 * 1024 * 1024, f"the server grew by {grown // 1024 // 1024} MB"
        network.resume_reading()
        with pytest.raises(websockets.ConnectionClosed):
            await asyncio.wait_for(read_for_ever(slow), 20)


async def test_frames_too_large_too_many_or_none_end_their_own_line_only(desk: Desk, server: Server) -> None:
    url = f"ws://127.0.0.1:{server.port}/ws/widget/"
    hello = json.dumps({"type": "hello", "token": desk.world["visitors"][11]["token"]})

    async def ends(*frames: str | bytes, times: int = 1) -> int:
        line = await connect(url)
        await line.send(hello)
        with contextlib.suppress(websockets.ConnectionClosed, OSError):
            for _ in range(times):
                for frame in frames:
                    await line.send(frame)
            async for _ in line:
                pass
        await line.wait_closed()
        return line.close_code or 1006

    before = server.memory
    async with Buyer(desk, [server], 11) as bystander:
        assert await ends("x" * 70_000) == 4413
        assert await ends("x" * 2_000_000) in (1006, 1009)  # daphne takes at most a megabyte
        assert await ends(b"\x00" * 2_000_000) in (1006, 1009)
        assert await ends('{"type":"typing"}', times=10_000) == 4429
        assert await ends("x" * 60_000, times=1_000) in (1006, 4429)  # the end may be lost in the flood
        seq = await bystander.say("still here")
        await bystander.has(bystander.acknowledged)
        assert (bystander.connections, seq) == (1, bystander.last)
    assert server.memory - before < 60 * 1024 * 1024


async def test_who_names_no_origin_is_nobody_whatever_their_cookie_says(desk: Desk, server: Server) -> None:
    url = f"ws://127.0.0.1:{server.port}/ws/console/"
    async with await connect(url, desk.world["cookies"]["ann"], origin=None) as line:
        await line.send('{"type": "hello"}')
        with contextlib.suppress(websockets.ConnectionClosed):
            async for text in line:
                assert json.loads(text)["type"] == "error"
    assert line.close_code == 4401


@pytest.mark.parametrize("origin", ["https://evil.test", "http://desk.test:81", "http://desk.test.evil.test"])
async def test_a_page_of_another_origin_gets_no_socket(desk: Desk, server: Server, origin: str) -> None:
    for path in ("console", "widget"):
        with pytest.raises(websockets.InvalidStatus) as refused:
            await connect(
                f"ws://127.0.0.1:{server.port}/ws/{path}/", desk.world["cookies"]["ann"], origin=origin
            )
        assert refused.value.response.status_code == 403


async def test_a_log_in_that_ends_takes_its_socket_along_within_a_heartbeat(
    desk: Desk, server: Server
) -> None:
    line = await connect(f"ws://127.0.0.1:{server.port}/ws/console/", desk.world["cookies"]["sue"])
    await line.send(json.dumps({"type": "hello"}))
    assert json.loads(await line.recv())["type"] == "welcome"
    desk.sql("DELETE FROM django_session WHERE session_key = ?", desk.world["cookies"]["sue"])
    async with asyncio.timeout(15):
        await line.wait_closed()
    assert line.close_code == 4401
