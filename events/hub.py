"""The process hub: one subscription to the channel layer for each process, fanned out to its sockets here.

A frame is encoded once where it is published, crosses the layer once for each process, and is handed to
every local socket as the same string. The layer is at-most-once, so nothing here is the truth: a socket
hears `heartbeat` with the sequence numbers of its conversations, and `resync` after the hub was deaf.
"""

import asyncio
import contextlib
import json
import logging
import os
import threading
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from channels.layers import get_channel_layer
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.core.serializers.json import DjangoJSONEncoder

if TYPE_CHECKING:
    from events.sockets import Socket

log = logging.getLogger(__name__)

GROUP = "helpdesk"
HEARTBEAT_S = 10.0
DEAF_AFTER_S = 4.0  # an echo of our own that takes longer than this means that we hear nobody
ORDER = '{"type":"_'  # not for clients: an order to the sockets that listen to its topic
LATEST_EVERY_S = 0.2  # how often one `latest` is handed out: faster than anybody reads a list
MAX_WAITING = 20_000  # frames kept for a layer that does not answer; clients catch up from the rows anyway

# Topics, the encoded frame and, where only the newest of its kind matters, the name of that kind.
Frame = tuple[tuple[str, ...], str] | tuple[tuple[str, ...], str, str]
Frames = list[Frame]
_encoder = DjangoJSONEncoder(ensure_ascii=False, separators=(",", ":"))


def encode(frame: dict[str, Any]) -> str:
    return _encoder.encode(frame)


class Hub:
    """The sockets of this process by topic, and the loop on which they live."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.topics: defaultdict[str, set[Socket]] = defaultdict(set)
        self.sockets: set[Socket] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._name = uuid4().hex
        self._held: dict[str, tuple[tuple[str, ...], str] | None] = {}  # by `latest`, for its pause
        self._waiting: deque[Frame] = deque()
        self._sender: asyncio.Task[None] | None = None
        self._missed = False
        self._echo = ""
        self._echo_heard = asyncio.Event()
        self._reconnected = asyncio.Event()
        self.deaf = False  # True while something may have passed us by that our sockets have not been told of

    # -- sockets

    def add(self, socket: "Socket") -> None:
        """Enrol a socket; the first one of a process starts the hub."""
        self.start()
        self.sockets.add(socket)

    def listen(self, socket: "Socket", topic: str) -> None:
        if socket not in self.sockets:
            return  # it ended while something was still being done for it
        self.topics[topic].add(socket)
        socket.topics.add(topic)

    def unlisten(self, socket: "Socket", topic: str) -> None:
        socket.topics.discard(topic)
        listeners = self.topics.get(topic)
        if listeners is not None:
            listeners.discard(socket)
            if not listeners:
                del self.topics[topic]

    def remove(self, socket: "Socket") -> None:
        for topic in list(socket.topics):
            self.unlisten(socket, topic)
        self.sockets.discard(socket)

    def deliver(self, topics: tuple[str, ...], frame: str, latest: str = "") -> None:
        """Hand a frame to every local socket that listens to any of the topics, once each.

        The first of a `latest` goes at once; of those that follow within the pause, the last at its end.
        """
        if latest:
            if latest in self._held:
                self._held[latest] = (topics, frame)
                return
            self._held[latest] = None
            asyncio.get_running_loop().call_later(LATEST_EVERY_S, self._release, latest)
        found = [listeners for topic in topics if (listeners := self.topics.get(topic))]
        if not found:
            return
        listening = found[0].copy() if len(found) == 1 else set().union(*found)
        if frame.startswith(ORDER):
            order = json.loads(frame)
            for socket in listening:
                socket.obey(order)
            return
        for socket in listening:
            socket.offer(frame)

    def _release(self, latest: str) -> None:
        held = self._held.pop(latest, None)
        if held is not None:
            self.deliver(*held, latest)

    # -- the loop

    def start(self) -> None:
        """Begin to listen on the running loop. Cheap when it listens already."""
        loop = asyncio.get_running_loop()
        if self.loop is loop:
            return
        # Nothing of an earlier loop lives on: its sockets are gone, and so is whoever was sending.
        self.topics.clear()
        self.sockets.clear()
        self._held.clear()
        self._waiting.clear()
        self._sender = None
        self._missed = self.deaf = False
        self._reconnected = asyncio.Event()
        self.loop = loop
        self._tasks = [loop.create_task(self._listen()), loop.create_task(self._beat())]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        self.loop = None

    async def _listen(self) -> None:
        """Receive from the layer for ever; begin anew, with new connections, whenever that breaks."""
        while True:
            layer = get_channel_layer()
            try:
                async with asyncio.timeout(DEAF_AFTER_S):
                    channel = await layer.new_channel()
                    await layer.group_add(GROUP, channel)
                self._notice_reconnects(layer)
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._receive(layer, channel))
                    tasks.create_task(self._watch(layer))
            except Exception as error:
                if not self.deaf:
                    log.warning("the channel layer failed, subscribing again: %r", error)
            finally:
                # Also on the way out. What is half broken (a line nobody answers on) must not be used again.
                with contextlib.suppress(Exception):
                    async with asyncio.timeout(DEAF_AFTER_S):
                        await layer.flush()
            self.deaf = True
            await asyncio.sleep(0.5)

    async def _receive(self, layer: Any, channel: str) -> None:
        while True:
            self._heard(await layer.receive(channel))
            # A full queue is handed out without a pause; sockets need one to pass on what they were given.
            await asyncio.sleep(0)

    def _heard(self, message: dict[str, Any]) -> None:
        if message["type"] == "hub.echo":
            if message["echo"] == self._echo:
                self._echo_heard.set()
            return
        if message["from"] == self._name:
            return  # handed out when it was published
        for topics, frame, *latest in message["frames"]:
            if topics:
                self.deliver(tuple(topics), frame, *latest)
            else:
                self._everyone(frame)

    def _everyone(self, frame: str) -> None:
        for socket in list(self.sockets):
            socket.offer(frame)

    async def _watch(self, layer: Any) -> None:
        """Say something to ourselves now and then; not hearing it (TimeoutError) means that we hear nobody.

        A subscription that broke looks like a quiet one: this is the only way to tell.
        """
        while True:
            self._echo, self._echo_heard = uuid4().hex, asyncio.Event()
            async with asyncio.timeout(DEAF_AFTER_S):
                await layer.group_send(GROUP, {"type": "hub.echo", "echo": self._echo})
                await self._echo_heard.wait()
            if self.deaf:
                self.deaf = False
                self._everyone(encode({"type": "resync"}))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(DEAF_AFTER_S):
                    await self._reconnected.wait()
            self._reconnected.clear()

    def _notice_reconnects(self, layer: Any) -> None:
        """Have the Redis client tell when it has connected anew: what came in between is lost to us.

        It does that within milliseconds and without a word, between two echoes; channels_redis does not tell.
        """
        if isinstance(layer, RedisPubSubChannelLayer):
            for shard in layer._get_layer()._shards:
                shard._pubsub.connection.register_connect_callback(self._on_reconnect)

    async def _on_reconnect(self, connection: Any) -> None:
        self.deaf = True
        self._reconnected.set()

    async def _beat(self) -> None:
        """Every HEARTBEAT_S let each class of sockets look after its own, all of them in one go."""
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            kinds: defaultdict[type[Socket], list[Socket]] = defaultdict(list)
            for socket in self.sockets:
                kinds[type(socket)].append(socket)
            for kind, sockets in kinds.items():
                try:
                    await kind.pulse(sockets)
                except Exception:
                    log.exception("the heartbeat of %s failed", kind.__name__)

    # -- publishing

    def publish(self, frames: Frames) -> None:
        """Hand frames to our own sockets now, and queue them for the other processes. Called on the hub's loop."""
        for topics, frame, *latest in frames:
            self.deliver(topics, frame, *latest)
        if len(self._waiting) + len(frames) > MAX_WAITING:
            self._waiting.clear()
            self._missed = True
        self._waiting.extend(frames)
        if self._sender is None:
            assert self.loop is not None
            self._sender = self.loop.create_task(self._send_waiting())

    async def _send_waiting(self) -> None:
        """Send what is queued, all that is there in one message; go on trying while the layer is away."""
        pause = 0.1
        try:
            while self._waiting or self._missed:
                batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), 200))]
                if self._missed and not batch:
                    batch = [((), encode({"type": "resync"}))]
                try:
                    async with asyncio.timeout(DEAF_AFTER_S):
                        await get_channel_layer().group_send(
                            GROUP, {"type": "hub.frames", "from": self._name, "frames": batch}
                        )
                    if batch[-1][0] == ():
                        self._missed = False
                    pause = 0.1
                except Exception as error:
                    # Frames lost here are on disk; one `resync` when the layer is back makes clients re-read.
                    log.warning("could not publish: %s", error)
                    self._waiting.clear()
                    self._missed = True
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, 5)
        finally:
            self._sender = None

    async def sent(self) -> None:
        """Return when nothing waits to be sent."""
        while self._sender is not None:
            await asyncio.wait([self._sender])


hub = Hub()
_lock = threading.Lock()
_background: tuple[int, asyncio.AbstractEventLoop] | None = None


def _background_loop() -> asyncio.AbstractEventLoop:
    """Return the loop on which a process without sockets (a worker, a command) talks to the layer."""
    global _background
    with _lock:
        if _background is None or _background[0] != os.getpid():  # a forked worker needs a loop of its own
            loop = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="hub", daemon=True).start()
            _background = (os.getpid(), loop)
        return _background[1]


def publish(frames: Frames) -> None:
    """Send encoded frames to the listeners of their topics in every process. Any thread; never raises."""
    loop = hub.loop
    if loop is None or loop.is_closed():
        loop = _background_loop()
        sender = _senders.setdefault(os.getpid(), Hub())
        sender.loop = loop
    else:
        sender = hub
    with contextlib.suppress(RuntimeError):  # the loop ended between the look and the call: nobody listens
        loop.call_soon_threadsafe(sender.publish, frames)


_senders: dict[int, Hub] = {}


def flush(timeout_s: float = 2.0) -> None:
    """Wait until what this process published has left it: for a command that ends at once."""
    sender = _senders.get(os.getpid())
    if sender is not None and sender.loop is not None:
        # Behind what was handed over before it: the loop takes calls from other threads in their order.
        with contextlib.suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(sender.sent(), sender.loop).result(timeout_s)


async def ping(within_s: float) -> None:
    """Return when the layer has taken a message that is for nobody. Raises what it raises, or TimeoutError."""
    async with asyncio.timeout(within_s):
        await get_channel_layer().group_send(f"{GROUP}.ping", {"type": "hub.ping"})
