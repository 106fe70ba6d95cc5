"""Clients of our two sockets, over the real ASGI application in this process: everything but a network.

    async def test_something(connect, world):
        line = await connect.console(world.ann)
        await line.send(type="subscribe", conversation=str(conversation.id), after=0)
        frame = await line.hear("message.created", lambda f: f["message"]["seq"] == 3)

What an agent or a buyer does elsewhere is done with `await db(service, ...)`.
"""

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connections

from events import sockets
from events.hub import hub
from events.sockets import db
from inbox import asking_socket
from inbox.writer import writer
from people.models import Agent, Buyer
from tests.factories import log_in, visit

PATIENCE_S = 8.0


class Line:
    """One socket. `frames` is everything heard so far; `code` the close code, None while it is open."""

    def __init__(self, path: str, *, headers: list[tuple[bytes, bytes]], origin: str | None) -> None:
        from helpdesk.asgi import application

        if origin is not None:
            headers = [*headers, (b"origin", origin.encode())]
        scope = {
            "type": "websocket",
            "path": path,
            "headers": headers,
            "query_string": b"",
            "subprotocols": [],
        }
        self.frames: list[dict[str, Any]] = []
        self.code: int | None = None
        self.accepted = False
        self.reads = asyncio.Event()  # not set: like a client whose network stands still
        self.reads.set()
        self._changed = asyncio.Condition()
        self._in: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._app = asyncio.ensure_future(application(scope, self._in.get, self._from_app))

    async def _from_app(self, message: dict[str, Any]) -> None:
        await self.reads.wait()
        async with self._changed:
            if message["type"] == "websocket.accept":
                self.accepted = True
            elif message["type"] == "websocket.send":
                message["text"].encode()  # as any server does
                self.frames.append(json.loads(message["text"]))
            else:
                code = message.get("code", 1000)
                assert code == 1000 or 3000 <= code <= 4999, f"daphne sends no {code}"
                self.code = code if self.accepted else 403
            self._changed.notify_all()

    async def open(self) -> "Line":
        await self._in.put({"type": "websocket.connect"})
        await self.until(lambda: self.accepted or self.code is not None, "to be let in")
        return self

    async def send(self, text: str | bytes | None = None, **frame: Any) -> None:
        """Send a frame, or raw text or bytes."""
        if isinstance(text, bytes):
            await self._in.put({"type": "websocket.receive", "bytes": text})
        else:
            text = json.dumps(frame) if text is None else text
            await self._in.put({"type": "websocket.receive", "text": text})

    async def until(self, done: Callable[[], Any], what: str, within: float = PATIENCE_S) -> None:
        async with self._changed:
            try:
                await asyncio.wait_for(self._changed.wait_for(done), within)
            except TimeoutError:
                heard = [{k: v for k, v in f.items() if k != "summary"} for f in self.frames[-8:]]
                raise AssertionError(
                    f"waited for {what} in vain; closed: {self.code}; heard last: {heard}"
                ) from None

    async def hear(
        self, type_: str, which: Callable[[dict[str, Any]], Any] = bool, *, within: float = PATIENCE_S
    ) -> dict[str, Any]:
        """Return the first frame of a type (and one that fits), heard already or within a time."""
        found: list[dict[str, Any]] = []

        def look() -> bool:
            found[:] = [f for f in self.frames if f["type"] == type_ and which(f)][:1]
            return bool(found)

        await self.until(look, type_, within)
        return found[0]

    async def ask(self, **frame: Any) -> dict[str, Any]:
        """Send a frame and return the first frame that comes after it and is an answer."""
        before = len(self.frames)
        answers = ("ack", "answer", "error", "pong", "subscribed", "welcome")
        await self.send(**frame)
        await self.until(
            lambda: any(f["type"] in answers for f in self.frames[before:]), f"an answer to {frame}"
        )
        return next(f for f in self.frames[before:] if f["type"] in answers)

    async def handled(self) -> None:
        """Wait until everything sent so far was handled: frames are, one after the other."""
        before = len(self.of("pong"))
        await self.send(type="ping")
        await self.until(lambda: len(self.of("pong")) > before or self.code is not None, "pong")

    async def settled(self) -> None:
        """Wait until everything sent so far was handled, and what it published has had time to come round."""
        await self.handled()
        await asyncio.sleep(0.15)

    async def closed(self, within: float = PATIENCE_S) -> int:
        await self.until(lambda: self.code is not None, "the end", within)
        assert self.code is not None
        return self.code

    def of(self, *types: str) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame["type"] in types]

    @property
    def seqs(self) -> list[int]:
        """The places of the messages heard, in the order in which they came."""
        return [frame["message"]["seq"] for frame in self.of("message.created")]

    async def cut(self) -> None:
        """The line breaks: nobody says goodbye."""
        self.reads.set()
        await self._in.put({"type": "websocket.disconnect", "code": 1006})
        await asyncio.wait([self._app], timeout=PATIENCE_S)


class Connect:
    """Opens sockets for a test, and ends them with it."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    async def line(
        self, path: str, *, cookie: str = "", origin: str | None = settings.SOCKET_ORIGINS[0]
    ) -> Line:
        headers = [(b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie}".encode())] if cookie else []
        line = Line(path, headers=headers, origin=origin)
        self.lines.append(line)
        return await line.open()

    async def console(self, agent: Agent, *, cookie: str = "", **hello: Any) -> Line:
        """Connect as an agent and say hello."""
        line = await self.line("/ws/console/", cookie=cookie or await db(log_in, agent))
        await line.send(type="hello", **hello)
        await line.hear("welcome")
        await line.handled()
        return line

    async def widget(self, buyer: Buyer | None = None, *, token: str = "", **hello: Any) -> Line:
        """Connect as a buyer, or with a visitor's token, and say hello."""
        if buyer is not None:
            token = await db(visit, buyer)
        line = await self.line("/ws/widget/")
        await line.send(type="hello", token=token, **hello)
        await line.hear("welcome")
        await line.handled()
        return line

    async def end(self) -> None:
        for line in self.lines:
            await line.cut()
        await hub.stop()
        close_connections()


def close_connections() -> None:
    """Close what the threads of sockets and writer hold open: the test database is emptied, then dropped."""
    pools = (
        (sockets._pool, sockets.THREADS),
        (asking_socket._pool, asking_socket.THREADS),
        (writer._thread, 1),
    )
    for pool, threads in pools:
        together = threading.Barrier(threads)

        def close(together: threading.Barrier = together) -> None:
            together.wait(10)
            connections.close_all()

        for future in [pool.submit(close) for _ in range(threads)]:
            future.result(10)
