"""Rooms full of people, and what happens to the messages they send."""

import asyncio
import itertools
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from bench.machine import BenchError
from bench.targets import Target
from bench.wire import Socket

NUMBER = re.compile(rb"be9c4a11-0000-4000-8000-([0-9a-f]{12})")
# Client ids must never repeat within a database, whichever scenario sends.
numbers = itertools.count(1)
LAST_ONES = 10.0
BURST = 5

Figures = dict[str, float]


@dataclass
class Log:
    """What was sent in one measurement and when it arrived."""

    agents: int = 1
    sent: dict[int, float] = field(default_factory=dict)
    acked: dict[int, float] = field(default_factory=dict)
    received: dict[int, float] = field(default_factory=dict)
    """When the last of the agents had it."""
    missing: dict[int, int] = field(default_factory=dict)
    surplus: int = 0

    @property
    def complete(self) -> bool:
        return not self.missing and len(self.acked) == len(self.sent)

    def latencies(self) -> Figures:
        figures: Figures = {
            "messages": len(self.sent),
            "lost": sum(self.missing.values()) + len(self.sent) - len(self.acked),
            "twice": self.surplus,
        }
        for name, arrived in (("", self.received), ("ack_", self.acked)):
            times = sorted((at - self.sent[number]) * 1000 for number, at in arrived.items())
            for percent in (50, 95, 99):
                figures[f"{name}p{percent}_ms"] = percentile(times, percent)
        return figures


def percentile(ordered: Sequence[float], percent: int) -> float:
    if not ordered:
        return float("nan")
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


class Rooms:
    """Buyers and agents of one target, connected; they stay so from round to round."""

    def __init__(self, target: Target, ports: list[int]) -> None:
        self.target = target
        self.ports = ports
        self.buyers: dict[int, Socket] = {}
        self.agents: list[Socket] = []
        self.agents_each = 1
        self.log = Log()
        self.after_ack: Callable[[int], None] = lambda room: None
        self.after_receipt: Callable[[], None] = lambda: None
        self._trouble = ""

    async def open(self, rooms: range, agents_each: int = 1) -> None:
        self.agents_each = agents_each
        for room in rooms:
            self.buyers[room] = await self.target.buyer(self._port(room), room)
            self.buyers[room].on_frame = partial(self._at_buyer, room)
        for number in range(len(rooms) * agents_each):
            room = rooms[number // agents_each]
            # With two processes, a room's only agent is on the other one than its buyer.
            port = self._port(room + 1 + number % agents_each)
            agent = await self.target.agent(port, room, number)
            agent.on_frame = self._at_agent
            self.agents.append(agent)
        # Some layers subscribe in the background.
        await asyncio.sleep(0.5)

    def _port(self, number: int) -> int:
        return self.ports[number % len(self.ports)]

    def close(self) -> None:
        for socket in [*self.buyers.values(), *self.agents]:
            socket.close()

    def frames(self) -> int:
        """How many frames all sockets have received so far, of whatever kind."""
        return sum(socket.frames for socket in [*self.buyers.values(), *self.agents])

    def begin(self) -> Log:
        self.log = Log(self.agents_each)
        return self.log

    def send(self, room: int) -> None:
        number = next(numbers)
        self.log.missing[number] = self.agents_each
        self.log.sent[number] = time.perf_counter()
        self.buyers[room].send(self.target.message(room, number))

    async def end(self) -> None:
        """Wait for what is still under way; what does not come counts as lost."""
        last = time.perf_counter() + LAST_ONES
        # An event to wait for would have to be set on the measured path.
        while not self.log.complete and time.perf_counter() < last:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        self.after_ack = lambda room: None
        self.after_receipt = lambda: None
        closed = [s.closed for s in [*self.buyers.values(), *self.agents] if s.closed]
        if self._trouble or closed:
            raise BenchError(f"{self.target.name}: {self._trouble or closed[0]}")

    def _at_buyer(self, room: int, frame: bytes) -> None:
        if self.target.ack in frame:
            number = _number(frame)
            if number in self.log.sent and number not in self.log.acked:
                self.log.acked[number] = time.perf_counter()
                self.after_ack(room)
        elif b'"error"' in frame:
            self._trouble = frame[:500].decode()

    def _at_agent(self, frame: bytes) -> None:
        if self.target.delivery not in frame:
            return
        number, log = _number(frame), self.log
        left = log.missing.get(number, 0)
        if left > 1:
            log.missing[number] = left - 1
        elif left == 1:
            del log.missing[number]
            log.received[number] = time.perf_counter()
            self.after_receipt()
        elif number in log.received:
            log.surplus += 1


def _number(frame: bytes) -> int:
    found = NUMBER.search(frame)
    return int(found[1], 16) if found else 0


async def busy(rooms: Rooms, seconds: float) -> Figures:
    """Every buyer sends the next message as soon as the last one is stored."""
    log = rooms.begin()
    stop = time.perf_counter() + seconds

    def again(room: int) -> None:
        if time.perf_counter() < stop:
            rooms.send(room)

    rooms.after_ack = again
    for room in rooms.buyers:
        rooms.send(room)
    await asyncio.sleep(seconds)
    await rooms.end()
    stored = sum(at < stop for at in log.acked.values())
    return {"messages_s": stored / seconds} | log.latencies()


async def calm(rooms: Rooms, seconds: float, rate: float = 50) -> Figures:
    """Messages at an even pace, whether or not the earlier ones have arrived."""
    log = rooms.begin()
    loop = asyncio.get_running_loop()
    order = itertools.cycle(rooms.buyers)
    start = loop.time()
    for place in range(int(seconds * rate)):
        await asyncio.sleep(start + place / rate - loop.time())
        rooms.send(next(order))
    await rooms.end()
    return {"messages_s": rate} | log.latencies()


async def fan_out(rooms: Rooms, seconds: float) -> Figures:
    """A burst of messages to all agents of the room; the next when the last agent has the last one."""
    log = rooms.begin()
    (room,) = rooms.buyers
    before = rooms.frames()
    start = time.perf_counter()

    def again(*_: int) -> None:
        if log.complete and time.perf_counter() < start + seconds:
            burst()

    def burst() -> None:
        for _ in range(BURST):
            rooms.send(room)

    rooms.after_ack = rooms.after_receipt = again
    burst()
    await asyncio.sleep(seconds)
    await rooms.end()
    took = max([*log.received.values(), start + seconds]) - start
    deliveries = len(log.sent) * rooms.agents_each - sum(log.missing.values())
    return {
        "deliveries_s": deliveries / took,
        "frames_s": (rooms.frames() - before) / took,
    } | log.latencies()
