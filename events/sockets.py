"""The base of our two sockets: framing, limits, the queue out, and database work off the loop.

`channels.AsyncConsumer` is used for what it is, the ASGI shape, with two departures that were measured: no
channel of the layer for each socket (the process hub has one for all), and no thread hop per frame
(`dispatch` closes old connections only where a handler touches the database).
"""

import asyncio
import json
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ClassVar, ParamSpec, TypeVar

from channels.consumer import AsyncConsumer, get_handler_name
from channels.exceptions import StopConsumer
from django.db import Error as AnyDatabaseError
from django.db import close_old_connections

from events.hub import encode, hub

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

MAX_FRAME = 64 * 1024  # characters
MAX_DEPTH = 20
HELLO_WITHIN_S = 10.0
BURST, PER_SECOND = 60.0, 20.0  # frames a client may send at once, and for long
MAX_BACKLOG = 1024 * 1024  # bytes that the other side has not read yet
REPLAY_STALLS_S = 20.0  # how long a client may read nothing of what it had missed
FRAME_OVERHEAD = 100  # bytes that a queued frame takes besides its text
THREADS = 4
IDLE_S = 5.0  # after which a database connection may have died unnoticed

# Close codes: 4000-4999 are the application's own (RFC 6455, 7.4.2), and of those below daphne sends 1000 alone.
TOO_MANY, TOO_LARGE, SLOW = 4429, 4413, 4008
UNAUTHENTICATED, FORBIDDEN = 4401, 4403

_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="socket-db")


async def db(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run `work` on a thread of the bounded pool, whose database connections are kept."""
    return await asyncio.get_running_loop().run_in_executor(
        _pool, partial(with_connection, work, *args, **kwargs)
    )


_used = threading.local()


def with_connection(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run `work` on this thread with a connection that is good.

    What was used a moment ago is taken to be; what failed, or lay idle, is looked at (a round trip) or closed.
    """
    if time.monotonic() - getattr(_used, "at", 0.0) > IDLE_S:
        close_old_connections()
    try:
        result = work(*args, **kwargs)
    except AnyDatabaseError:
        _used.at = 0.0
        close_old_connections()
        raise
    _used.at = time.monotonic()
    return result


class Refused(Exception):
    """A frame that cannot be done: told to the client as `error`, with the socket left open."""

    def __init__(self, code: str, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.frame = {"type": "error", "code": code, "detail": detail, **extra}


class Socket(AsyncConsumer):
    """One client. Subclasses give `frames` (frame type to handler), `hello` and `pulse`."""

    frames: ClassVar[dict[str, Callable[[Any, dict[str, Any]], Coroutine[Any, Any, None]]]] = {}

    def __init__(self) -> None:
        self.topics: set[str] = set()
        self.ready = False
        self._out: deque[str] = deque()
        self._out_size = 0  # characters in it
        self._draining = False
        self._closing = False
        self._allowance, self._allowed_at = BURST, time.monotonic()
        self._hello_timer: asyncio.TimerHandle | None = None
        self._hello_by = 0.0

    # -- ASGI

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope, self.base_send = scope, send
        try:
            while True:
                await self.dispatch(await receive())
        except StopConsumer:
            pass
        finally:
            if self._hello_timer:
                self._hello_timer.cancel()
            hub.remove(self)

    async def dispatch(self, message: dict[str, Any]) -> None:
        handler = getattr(self, get_handler_name(message), None)
        if handler is None:
            raise ValueError(f"no handler for {message['type']}")
        await handler(message)

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        await self.base_send({"type": "websocket.accept"})
        self._hello_by = asyncio.get_running_loop().time() + HELLO_WITHIN_S
        self._expect_hello()

    def _expect_hello(self) -> None:
        loop = asyncio.get_running_loop()
        self._hello_timer = loop.call_at(self._hello_by, self.close, UNAUTHENTICATED)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        hub.remove(self)
        try:
            await self.gone()
        finally:
            raise StopConsumer

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        if self._closing:
            return
        if not self._within_rate():
            self.offer(encode({"type": "error", "code": "rate_limited", "detail": "Too many frames."}))
            self.close(TOO_MANY)
            return
        try:
            frame = self._parse(message)
        except Refused as refusal:
            self.send_frame(refusal.frame)
            if refusal.frame["code"] == "too_large":
                self.close(TOO_LARGE)
            return
        await self.guarded(frame, self._handle)

    async def guarded(
        self, frame: dict[str, Any], handle: Callable[[dict[str, Any]], Coroutine[Any, Any, None]]
    ) -> None:
        """Handle a frame, and tell the client where that fails: one bad frame ends no socket."""
        try:
            await handle(frame)
        except Refused as refusal:
            self.send_frame(_about(frame, refusal.frame))
        except Exception:
            log.exception("a frame failed")
            answer = {"type": "error", "code": "internal", "detail": "Something went wrong; try again."}
            self.send_frame(_about(frame, answer))

    def _within_rate(self) -> bool:
        now = time.monotonic()
        self._allowance = min(BURST, self._allowance + (now - self._allowed_at) * PER_SECOND)
        self._allowed_at = now
        if self._allowance < 1:
            return False
        self._allowance -= 1
        return True

    def _parse(self, message: dict[str, Any]) -> dict[str, Any]:
        text = message.get("text")
        if text is None:
            raise Refused("invalid", "Frames are JSON text.")
        if len(text) > MAX_FRAME:
            raise Refused("too_large", f"A frame has at most {MAX_FRAME} characters.")
        try:
            frame = json.loads(text)
        except (ValueError, RecursionError):
            raise Refused("invalid", "That is not JSON.") from None
        if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
            raise Refused("invalid", "A frame is an object with a type.")
        if not _shallow(frame, MAX_DEPTH):
            raise Refused("invalid", "That is nested too deeply.")
        if "\\u" in text and not _is_text(frame):
            raise Refused("invalid", "That is not valid Unicode.")
        return frame

    async def _handle(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "ping":
            self.send_frame({"type": "pong"})
        elif frame["type"] == "hello":
            if self.ready:
                raise Refused("invalid", "Hello was said already.")
            if self._hello_timer:  # it has been said; how long we take to answer is not the client's fault
                self._hello_timer.cancel()
            try:
                await self.hello(frame)
            finally:
                if not self.ready:  # it was no good: the time for a better one runs on
                    self._expect_hello()
        elif not self.ready:
            raise Refused("unauthenticated", "Say hello first.")
        elif handler := self.frames.get(frame["type"]):
            await handler(self, frame)
        else:
            raise Refused("unknown_type", "Frames of that type are not known.")

    def obey(self, order: dict[str, Any]) -> None:
        """Do what a frame says that is meant for the socket and not for its client."""
        if order["type"] == "_close":
            self.close(order["code"])

    # -- for subclasses

    async def hello(self, frame: dict[str, Any]) -> None:
        raise NotImplementedError

    async def gone(self) -> None:
        """Called once when the client has left, where the server lives to see it."""

    @classmethod
    async def pulse(cls, sockets: list[Any]) -> None:
        """Called every heartbeat with all sockets of this class in the process."""

    def welcome(self, frame: dict[str, Any]) -> None:
        """Enrol in the hub and greet. Listening starts before what was missed is read: nothing falls between."""
        self.ready = True
        hub.add(self)
        self.send_frame(frame)

    def send_frame(self, frame: dict[str, Any]) -> None:
        self.offer(encode(frame))

    # -- the queue out

    def offer(self, frame: str) -> None:
        """Queue an encoded frame; a client that does not keep up is let go, and catches up later."""
        if self._closing:
            return
        if self._unread() > MAX_BACKLOG:
            log.info("closing a socket that does not read")
            self.close(SLOW)
            return
        if self._out or self._draining or not self._send_at_once(frame):
            self._out.append(frame)
            self._out_size += len(frame)
        if self._out and not self._draining:
            self._draining = True
            _spawn(self._drain())

    async def replay(self, frames: Iterable[dict[str, Any]]) -> None:
        """Send what was missed, as fast as the client reads: much at once is no sign that it does not."""
        for frame in frames:
            for _ in range(int(REPLAY_STALLS_S / 0.02)):
                if self._closing or self._unread() < MAX_BACKLOG // 4:
                    break
                await asyncio.sleep(0.02)
            else:
                self.close(SLOW)
            self.send_frame(frame)

    def _unread(self) -> int:
        """Return about how many bytes wait for the client, here and in the server."""
        return self._out_size + len(self._out) * FRAME_OVERHEAD + _backlog(self.base_send)

    def _send_at_once(self, frame: str) -> bool:
        """Hand a frame to daphne here and now; False on other servers, where sending may have to wait.

        Daphne's `send` only writes to the transport, so its coroutine ends at the first step: a task for each
        socket and frame would cost more than the write.
        """
        if _transport(self.base_send) is None:
            return False
        try:
            self.base_send({"type": "websocket.send", "text": frame}).send(None)
        except StopIteration:
            return True
        except Exception:
            return True  # the transport is gone; the disconnect message is on its way
        raise RuntimeError("daphne's send is expected not to wait")

    async def _drain(self) -> None:
        try:
            while self._out:
                frame = self._out.popleft()
                await self.base_send({"type": "websocket.send", "text": frame})
                self._out_size -= len(frame)
        except Exception:  # the transport is gone; the disconnect message is on its way
            self._out.clear()
        finally:
            self._out_size = sum(map(len, self._out))
            self._draining = False

    def close(self, code: int) -> None:
        """End this socket once what is queued has been handed over (at once for one that does not read)."""
        if self._closing:
            return
        self._closing = True
        hub.remove(self)
        _spawn(self._close(code))

    async def _close(self, code: int) -> None:
        if code == SLOW:
            self._out.clear()
        for _ in range(50):
            if not self._draining:
                break
            await asyncio.sleep(0.01)
        transport = _transport(self.base_send)
        try:
            await self.base_send({"type": "websocket.close", "code": code})
        except Exception:
            log.warning("a socket could not be closed with %d", code, exc_info=True)
            code = SLOW  # it has to end all the same
        if code == SLOW and transport is not None:
            transport.abortConnection()  # a close frame would wait behind what is not being read


def _about(frame: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """Say in the answer which message it is about, where the frame was one."""
    client_id = frame.get("client_id")
    return {**answer, "client_id": client_id[:64]} if isinstance(client_id, str) else answer


_tasks: set[asyncio.Task[Any]] = set()


def _spawn(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(work)
    _tasks.add(task)  # the loop keeps only weak references
    task.add_done_callback(_tasks.discard)


def _transport(send: Any) -> Any:
    """Return daphne's transport behind an ASGI `send` (a partial over the protocol), None on other servers."""
    arguments = getattr(send, "args", ())
    return getattr(arguments[0], "transport", None) if arguments else None


def _backlog(send: Any) -> int:
    """Return the bytes that wait in daphne's transport. Its `send` never waits for the client; others' do."""
    transport = _transport(send)
    if transport is None:
        return 0
    return len(getattr(transport, "dataBuffer", b"")) + getattr(transport, "_tempDataLen", 0)


def _is_text(frame: dict[str, Any]) -> bool:
    """False where an escape spells half a character (a lone surrogate): nothing can store or send that."""
    try:
        json.dumps(frame, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _shallow(value: Any, depth: int) -> bool:
    if isinstance(value, dict):
        return depth > 0 and all(_shallow(v, depth - 1) for v in value.values())
    if isinstance(value, list):
        return depth > 0 and all(_shallow(v, depth - 1) for v in value)
    return True
