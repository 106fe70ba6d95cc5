"""The process hub: what is published reaches who listens, and what cannot reach them is noticed."""

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer

from events import hub as module
from events import sockets
from events.hub import Hub, encode, flush, hub, publish
from events.sockets import Socket


class Ear(Socket):
    """A socket without a network: `heard` is what its client would get, `code` how it was closed."""

    def __init__(self, *topics: str) -> None:
        super().__init__()
        self.heard: list[dict[str, Any]] = []
        self.code: int | None = None
        self.reads = asyncio.Event()
        self.reads.set()
        self.base_send = self._client
        hub.add(self)
        for topic in topics:
            hub.listen(self, topic)

    async def _client(self, message: dict[str, Any]) -> None:
        await self.reads.wait()
        if message["type"] == "websocket.send":
            self.heard.append(json.loads(message["text"]))
        else:
            self.code = message["code"]

    async def hears(self, count: int, type_: str = "x", within: float = 5.0) -> list[dict[str, Any]]:
        await until(lambda: len(self.of(type_)) >= count, within)
        return self.of(type_)

    def of(self, type_: str) -> list[dict[str, Any]]:
        return [frame for frame in self.heard if frame["type"] == type_]


async def until(done: Callable[[], Any], within: float = 5.0) -> None:
    end = time.monotonic() + within
    while not done():
        assert time.monotonic() < end, "waited in vain"
        await asyncio.sleep(0.005)


def say(topics: str | tuple[str, ...], n: int = 0, **frame: Any) -> tuple[tuple[str, ...], str]:
    return (topics if isinstance(topics, tuple) else (topics,)), encode({"type": "x", "n": n, **frame})


class Layer(InMemoryChannelLayer):  # type: ignore[misc]  # channels is untyped
    """A layer that can be told to fail."""

    def __init__(self) -> None:
        super().__init__(capacity=10_000)
        self.down = False  # raises, as while Redis is gone
        self.hangs = False  # answers nothing, as while the network is
        self.deaf = False  # takes everything and passes on nothing
        self.done: Counter[str] = Counter()

    async def _try(self, name: str) -> None:
        self.done[name] += 1
        if self.hangs:
            await asyncio.sleep(3600)
        if self.down:
            raise ConnectionError("down")

    async def group_add(self, group: str, channel: str) -> None:
        await self._try("group_add")
        await super().group_add(group, channel)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        await self._try("group_send")
        if not self.deaf:
            await super().group_send(group, message)

    async def flush(self) -> None:
        await self._try("flush")
        await super().flush()


@pytest.fixture(autouse=True)
async def stopped() -> AsyncIterator[None]:
    yield
    await hub.stop()


@pytest.fixture
def layer(monkeypatch: pytest.MonkeyPatch) -> Layer:
    layer = Layer()
    monkeypatch.setattr(module, "get_channel_layer", lambda: layer)
    monkeypatch.setattr(module, "DEAF_AFTER_S", 0.15)
    return layer


async def joined(layer: Layer) -> None:
    await until(lambda: layer.done["group_send"])


# -- Passing on (over the layer that is configured: in memory, or Redis)


async def started(ear: Ear) -> None:
    """Wait until the hub hears itself."""
    deadline = time.monotonic() + 5
    while not ear.of("here"):
        publish([(tuple(ear.topics), encode({"type": "here"}))])
        await asyncio.sleep(0.05)
        assert time.monotonic() < deadline
    await asyncio.sleep(0.1)
    ear.heard.clear()


async def test_a_frame_reaches_those_who_listen_once_each() -> None:
    both, one, none = Ear("a", "b"), Ear("b"), Ear("c")
    await started(both)
    one.heard.clear()
    publish([say(("a", "b"), 1), say("b", 2)])
    assert [f["n"] for f in await both.hears(2)] == [1, 2]
    assert [f["n"] for f in await one.hears(2)] == [1, 2]
    assert not none.heard


async def test_who_has_left_hears_nothing_and_is_not_kept() -> None:
    gone, stays = Ear("a"), Ear("a")
    await started(stays)
    gone.heard.clear()
    hub.remove(gone)
    publish([say("a")])
    await stays.hears(1)
    assert not gone.heard
    hub.remove(stays)
    assert not hub.topics
    assert not hub.sockets


async def test_who_has_ended_does_not_listen_any_more() -> None:
    """A message that was on its way to the disk when its sender left, say."""
    gone = Ear("a")
    hub.remove(gone)
    hub.listen(gone, "b")
    assert not hub.topics
    assert not gone.topics


async def test_an_order_is_obeyed_and_not_passed_on() -> None:
    ear, other = Ear("a"), Ear("b")
    await started(ear)
    publish([(("a",), encode({"type": "_close", "code": 4401}))])
    await until(lambda: ear.code == 4401)
    assert not ear.heard
    assert ear not in hub.sockets
    assert other.code is None


async def test_frames_from_many_threads_all_arrive_and_each_threads_in_order() -> None:
    ear = Ear("a")
    await started(ear)

    def speak(who: int) -> None:
        for n in range(100):
            publish([say("a", n, who=who)])

    threads = [threading.Thread(target=speak, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    heard = await ear.hears(400)
    for who in range(4):
        assert [f["n"] for f in heard if f["who"] == who] == list(range(100))


async def test_pauses_of_any_length_between_frames_lose_none() -> None:
    """The sender stops when nothing waits: whoever comes in that moment has to find it stopped, or going on."""
    ear = Ear("a")
    await started(ear)
    for n in range(300):
        publish([say("a", n)])
        for _ in range(n % 7):
            await asyncio.sleep(0)
    assert [f["n"] for f in await ear.hears(300)] == list(range(300))


async def test_a_burst_does_not_make_a_healthy_client_look_slow() -> None:
    ear = Ear("a")
    await started(ear)
    publish([say("a", n) for n in range(5_000)])
    assert [f["n"] for f in await ear.hears(5_000, within=20)] == list(range(5_000))
    assert ear.code is None


async def test_of_many_that_tell_the_latest_the_first_and_the_last_arrive() -> None:
    ear = Ear("a")
    await started(ear)
    for n in range(50):
        publish([(*say("a", n), "kind"), (*say("a", -n), "other kind")])
        await asyncio.sleep(0.002)
    await until(lambda: {49, -49} <= {f["n"] for f in ear.of("x")})
    heard = [f["n"] for f in ear.of("x")]
    assert heard[:2] == [0, 0]
    assert len(heard) < 20
    for kind in ([n for n in heard if n > 0], [-n for n in heard if n < 0]):
        assert kind == sorted(kind)
    await until(lambda: not hub._held)


# -- Clients that do not read


@pytest.mark.parametrize(("count", "size"), [(12_000, 10), (200, 10_000)], ids=["many", "large"])
async def test_a_client_that_does_not_read_is_let_go_and_nobody_else(count: int, size: int) -> None:
    slow, healthy = Ear("a"), Ear("a")
    await started(healthy)
    slow.reads.clear()
    for n in range(count):
        publish([say("a", n, text="x" * size)])
        await asyncio.sleep(0)
    await healthy.hears(count, within=20)
    assert slow not in hub.sockets
    assert slow._out_size <= sockets.MAX_BACKLOG + 20_000
    slow.reads.set()
    await until(lambda: slow.code == sockets.SLOW)
    assert healthy.code is None


async def test_what_was_missed_may_be_much_and_is_sent_as_fast_as_it_is_read() -> None:
    ear = Ear("a")
    frames = [{"type": "x", "n": n, "text": "x" * 20_000} for n in range(200)]  # 4 MB

    async def dawdle(message: dict[str, Any], read: Any = ear.base_send) -> None:
        await asyncio.sleep(0.002)
        await read(message)

    ear.base_send = dawdle
    await ear.replay(frames)
    assert len(await ear.hears(200, within=20)) == 200
    assert ear.code is None


async def test_a_client_that_reads_nothing_of_what_it_missed_is_let_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sockets, "REPLAY_STALLS_S", 0.1)
    ear = Ear("a")
    ear.reads.clear()
    await ear.replay({"type": "x", "text": "x" * 20_000} for _ in range(200))
    ear.reads.set()
    await until(lambda: ear.code == sockets.SLOW)


# -- A layer that fails


async def test_frames_that_could_not_be_published_end_in_one_call_to_read_again(layer: Layer) -> None:
    ear = Ear("a")
    await joined(layer)
    layer.down = True
    for n in range(50):
        publish([say("a", n)])
        await asyncio.sleep(0.005)
    layer.down = False
    await ear.hears(1, "resync", within=10)
    # Our own sockets need no layer; those of other processes read again.
    assert [f["n"] for f in ear.of("x")] == list(range(50))
    await asyncio.sleep(0.5)
    assert len(ear.of("resync")) <= 3  # the publisher's, the subscriber's: not one for each frame


@pytest.mark.parametrize("how", ["down", "hangs", "deaf"])
async def test_a_layer_that_is_back_is_joined_again_and_screens_read_again(layer: Layer, how: str) -> None:
    ear = Ear("a")
    await joined(layer)
    setattr(layer, how, True)
    await asyncio.sleep(0.5)
    joins = layer.done["group_add"]
    setattr(layer, how, False)
    await ear.hears(1, "resync", within=10)
    assert layer.done["group_add"] > joins or how == "deaf"
    publish([say("a", 1)])
    await ear.hears(1, within=10)


async def test_a_subscription_that_was_forgotten_is_made_again(layer: Layer) -> None:
    """What FLUSHALL did to the core layer, and a day does to the one in memory."""
    ear = Ear("a")
    await joined(layer)
    layer.groups.clear()
    await ear.hears(1, "resync", within=10)
    publish([say("a", 1)])
    await ear.hears(1, within=10)


async def test_a_subscription_that_came_back_by_itself_counts_as_a_loss(layer: Layer) -> None:
    ear = Ear("a")
    await joined(layer)
    await asyncio.sleep(0.05)
    await hub._on_reconnect(None)  # what the Redis client calls
    await ear.hears(1, "resync", within=5)


async def test_more_frames_than_can_wait_end_in_a_call_to_read_again(
    layer: Layer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 100)
    ear = Ear("a")
    await joined(layer)
    other = await layer.new_channel()  # another process
    await layer.group_add(module.GROUP, other)
    publish([say("a", n) for n in range(90)])
    publish([say("a", n) for n in range(90, 180)])
    told: list[str] = []
    while not any("resync" in text for text in told):
        message = await asyncio.wait_for(layer.receive(other), 5)
        told += [text for _, text in message.get("frames", [])]
    assert len(await ear.hears(180)) == 180
    assert len(hub._waiting) == 0


async def test_a_frame_that_fails_in_one_socket_is_nothing_to_the_others(layer: Layer) -> None:
    broken, ear = Ear("a"), Ear("a")
    await joined(layer)

    async def fail(message: dict[str, Any]) -> None:
        raise RuntimeError("the transport is gone")

    broken.base_send = fail
    publish([say("a", 1), say("a", 2)])
    assert len(await ear.hears(2)) == 2
    assert not broken._out


# -- The heartbeat


async def test_a_heartbeat_that_fails_is_not_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    beats: list[str] = []

    class Broken(Ear):
        @classmethod
        async def pulse(cls, sockets: list[Any]) -> None:
            beats.append("broken")
            raise RuntimeError("the database is away")

    class Well(Ear):
        @classmethod
        async def pulse(cls, sockets: list[Any]) -> None:
            beats.append(f"well {len(sockets)}")

    monkeypatch.setattr(module, "HEARTBEAT_S", 0.05)
    ears = [Broken(), Well(), Well()]
    await until(lambda: beats.count("well 2") >= 3)
    assert beats.count("broken") >= 2
    assert len(ears) == 3


# -- Loops and processes


def test_a_hub_serves_a_new_loop_although_one_was_left_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DEAF_AFTER_S", 0.1)
    stuck = Layer()
    stuck.hangs = True

    async def leave() -> None:
        monkeypatch.setattr(module, "get_channel_layer", lambda: stuck)
        Ear("a")
        hub.publish([say("a")])
        await asyncio.sleep(0.01)

    async def begin() -> None:
        monkeypatch.setattr(module, "get_channel_layer", lambda: healthy)
        ear = Ear("a")
        await joined(healthy)
        publish([say("a", 1)])
        await ear.hears(1)
        assert hub.sockets == {ear}
        await hub.stop()

    healthy = Layer()
    loop = asyncio.new_event_loop()
    loop.run_until_complete(leave())  # neither stopped nor closed
    asyncio.run(begin())
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    loop.close()


async def test_a_hub_that_stopped_leaves_nothing_running(layer: Layer) -> None:
    before = asyncio.all_tasks()
    ear = Ear("a")
    await joined(layer)
    await hub.stop()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
    assert not layer.groups
    assert ear.code is None


def test_a_command_that_ends_at_once_has_published_what_it_said(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(Layer):
        async def group_send(self, group: str, message: dict[str, Any]) -> None:
            await asyncio.sleep(0.05)
            sent.extend(message["frames"])

    sent: list[Any] = []
    slow = Slow()
    monkeypatch.setattr(module, "get_channel_layer", lambda: slow)
    monkeypatch.setattr(module, "hub", Hub())  # no sockets in this process
    for n in range(10):
        publish([say("a", n)])
    flush()
    assert [json.loads(frame)["n"] for _, frame in sent] == list(range(10))
