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
import time
from collections import defaultdict, deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from channels.layers import get_channel_layer
from django.core.serializers.json import DjangoJSONEncoder

if TYPE_CHECKING:
    from events.sockets import Socket

log = logging.getLogger(__name__)

GROUP = "helpdesk"
HEARTBEAT_S = 10.0
DEAF_AFTER_S = 4.0  # an echo of our own that takes longer than this means that we hear nobody
CLOSE = '{"type":"_close"'  # not for clients: it ends the sockets that listen to its topic
MAX_WAITING = 20_000  # frames kept for a layer that does not answer; clients catch up from the rows anyway

Frames = list[tuple[tuple[str, ...], str]]
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
        self._waiting: deque[tuple[tuple[str, ...], str]] = deque(maxlen=MAX_WAITING)
        self._sending = False
        self._missed = False
        self._echo = ""
        self._echo_heard = asyncio.Event()
        self.deaf = False

    # -- sockets

    def add(self, socket: "Socket") -> None:
        """Enrol a socket; the first one of a process starts the hub."""
        self.start()
        self.sockets.add(socket)

    def listen(self, socket: "Socket", topic: str) -> None:
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

    def deliver(self, topics: Iterable[str], frame: str) -> None:
        """Hand a frame to every local socket that listens to any of the topics, once each."""
        found = [listeners for topic in topics if (listeners := self.topics.get(topic))]
        if not found:
            return
        listening = found[0].copy() if len(found) == 1 else set().union(*found)
        if frame.startswith(CLOSE):
            code = json.loads(frame)["code"]
            for socket in listening:
                socket.close(code)
            return
        for socket in listening:
            socket.offer(frame)

    # -- the loop

    def start(self) -> None:
        """Begin to listen on the running loop. Cheap when it listens already."""
        loop = asyncio.get_running_loop()
        if self.loop is loop:
            return
        self.loop = loop
        self._tasks = [loop.create_task(self._listen()), loop.create_task(self._beat())]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        self.loop = None

    async def _listen(self) -> None:
        """Receive from the layer for ever; join again whenever it breaks."""
        while True:
            layer = get_channel_layer()
            try:
                channel = await layer.new_channel()
                await layer.group_add(GROUP, channel)
                watch = asyncio.create_task(self._watch(layer, channel))
                try:
                    while True:
                        self._heard(await layer.receive(channel))
                finally:
                    watch.cancel()
                    with contextlib.suppress(Exception):
                        await layer.group_discard(GROUP, channel)
            except Exception as error:
                log.warning("the channel layer failed: %s", error)
            self.deaf = True
            await asyncio.sleep(0.5)

    def _heard(self, message: dict[str, Any]) -> None:
        if message["type"] == "hub.echo":
            if message["echo"] == self._echo:
                self._echo_heard.set()
            return
        for topics, frame in message["frames"]:
            if topics:
                self.deliver(topics, frame)
            else:
                self._everyone(frame)

    def _everyone(self, frame: str) -> None:
        for socket in list(self.sockets):
            socket.offer(frame)

    async def _watch(self, layer: Any, channel: str) -> None:
        """Say something to ourselves now and then. Not hearing it means that we hear nobody else either.

        A broken subscription looks like a quiet one, and Redis closes nothing when it forgets us: this is
        the only way to tell.
        """
        listener = self._tasks[0]
        while True:
            self._echo, self._echo_heard = uuid4().hex, asyncio.Event()
            try:
                async with asyncio.timeout(DEAF_AFTER_S):
                    await layer.group_send(GROUP, {"type": "hub.echo", "echo": self._echo})
                    await self._echo_heard.wait()
            except Exception:
                if self._tasks and self._tasks[0] is listener:
                    await self._rejoin(layer, channel)
                continue
            if self.deaf:
                self.deaf = False
                self._everyone(encode({"type": "resync"}))
            await asyncio.sleep(DEAF_AFTER_S)

    async def _rejoin(self, layer: Any, channel: str) -> None:
        if not self.deaf:
            log.warning("the channel layer went silent; subscribing again")
        self.deaf = True
        with contextlib.suppress(Exception):
            async with asyncio.timeout(DEAF_AFTER_S):
                await layer.group_discard(GROUP, channel)
        with contextlib.suppress(Exception):
            async with asyncio.timeout(DEAF_AFTER_S):
                await layer.group_add(GROUP, channel)
        await asyncio.sleep(1)

    async def _beat(self) -> None:
        """Every HEARTBEAT_S let each class of sockets look after its own, all of them in one go."""
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            kinds: defaultdict[type, list[Socket]] = defaultdict(list)
            for socket in self.sockets:
                kinds[type(socket)].append(socket)
            for kind, sockets in kinds.items():
                try:
                    await kind.pulse(sockets)
                except Exception:
                    log.exception("the heartbeat of %s failed", kind.__name__)

    # -- publishing

    def publish(self, frames: Frames) -> None:
        """Queue frames on the hub's loop. Called on that loop."""
        self._waiting.extend(frames)
        if not self._sending:
            self._sending = True
            assert self.loop is not None
            task = self.loop.create_task(self._send_waiting())
            _keep.add(task)
            task.add_done_callback(_keep.discard)

    async def _send_waiting(self) -> None:
        """Send what is queued, everything that is there in one message; go on trying while the layer is away."""
        pause = 0.1
        try:
            while self._waiting or self._missed:
                batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), 200))]
                if self._missed and not batch:
                    batch = [((), encode({"type": "resync"}))]
                try:
                    async with asyncio.timeout(DEAF_AFTER_S):
                        await get_channel_layer().group_send(GROUP, {"type": "hub.frames", "frames": batch})
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
            self._sending = False


_keep: set[asyncio.Task[Any]] = set()
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
    """Send encoded frames to the listeners of their topics in every process. From any thread; never raises."""
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
    deadline = time.monotonic() + timeout_s
    sender = _senders.get(os.getpid())
    while sender and (sender._sending or sender._waiting) and time.monotonic() < deadline:
        time.sleep(0.01)
