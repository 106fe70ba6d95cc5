"""The real thing: daphne in processes of its own, on a database of its own, and clients that behave like our pages.

    desk = Desk(folder)                 # a database with the world of factories.py in it
    [server] = desk.serve()             # one daphne; `server.kill()` is kill -9
    async with Agent(desk, [server]) as agent, Buyer(desk, [server]) as buyer:
        await buyer.say("Hello")        # returns when it is acknowledged, whatever happens to the line
        await agent.has(buyer.acknowledged)

Without Redis a desk is one process with everything in memory; `Redis` starts one for a desk of several.
"""

import asyncio
import contextlib
import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID, uuid4

import httpx
import psycopg2
import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from tests import prepared

ROOT = Path(__file__).resolve().parents[1]
ORIGIN = "http://desk.test"
needs_redis = pytest.mark.skipif(
    shutil.which("redis-server") is None, reason="no redis-server on this machine"
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(done: Callable[[], Any], within: float, what: str) -> None:
    deadline = time.monotonic() + within
    while not done():
        assert time.monotonic() < deadline, f"waited {within:.0f} s for {what} in vain"
        time.sleep(0.05)


class Process:
    """A process that is started, and killed without a word."""

    def __init__(self, command: Sequence[str], env: dict[str, str], log: Path) -> None:
        self.command, self.env, self.log = command, env, log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait: bool = True) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self.command, cwd=ROOT, env=self.env, stdout=log, stderr=log)
        if wait:
            self.wait()

    def wait(self) -> None:
        wait_for(self._is_up, 90, f"{self.command[0]} ({self.log})")

    def _is_up(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"ended at once:\n{self.log.read_text()[-3000:]}"
        return self.answers()

    def answers(self) -> bool:
        raise NotImplementedError

    def kill(self) -> None:
        """kill -9"""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def ended(self, within: float) -> int:
        """Return how the process ended by itself."""
        assert self._process is not None
        return self._process.wait(within)

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid


class Redis(Process):
    """A Redis of our own, that may be emptied, stopped and killed."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder)]
        super().__init__(
            [*command, "--save", "", "--appendonly", "no"], dict(os.environ), folder / "redis.log"
        )
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def answers(self) -> bool:
        try:
            return self.command_line("PING") == "+PONG"
        except OSError:
            return False

    def command_line(self, text: str) -> str:
        """Say something in Redis' inline protocol; return the first line of its answer."""
        with socket.create_connection(("127.0.0.1", self.port), 2) as line:
            line.sendall(text.encode() + b"\r\n")
            return line.recv(4096).decode().splitlines()[0]


class Server(Process):
    """One daphne."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port)]
        super().__init__([*command, "helpdesk.asgi:application"], env, folder / f"daphne-{self.port}.log")

    def answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    @property
    def memory(self) -> int:
        """Resident bytes."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Desk:
    """A database with the world of factories.py, and the processes that serve it."""

    def __init__(self, folder: Path, redis: Redis | None = None) -> None:
        self.folder = folder
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        given = (
            os.environ.get("DATABASE_URL", "") if redis else ""
        )  # without Redis a desk is the embedded one
        self.postgres = given if given.startswith("postgres") else ""
        if self.postgres:
            self._name = f"live_{uuid4().hex[:12]}"
            self._administer(f'CREATE DATABASE "{self._name}" TEMPLATE "{prepared.template(given)}"')
            self.postgres = f"{given.rpartition('/')[0]}/{self._name}"
        self.env = {
            **kept,
            "DATABASE_URL": self.postgres or f"sqlite:///{folder / 'desk.sqlite3'}",
            "MEDIA_ROOT": str(folder / "media"),
            "STATIC_ROOT": str(folder / "static"),
            "PUBLIC_URL": ORIGIN,
            "SECRET_KEY": "only-for-tests-" * 5,
            "LOG_LEVEL": "WARNING",
        }
        if redis:
            self.env |= {"REDIS_URL": redis.url, "CELERY_BROKER_URL": "memory://"}
            if not self.postgres:
                self.env["DEBUG"] = "1"  # several processes on SQLite are for tests alone
        if self.postgres:  # as in production: pages name their files by digests
            self._run("manage.py", "collectstatic", "--noinput", "--verbosity", "0")
        else:
            prepared.copy_to(folder / "desk.sqlite3")
        self.world: dict[str, Any] = json.loads(self._run("-m", "tests.live").splitlines()[-1])
        self.servers: list[Server] = []

    def _run(self, *command: str) -> str:
        made = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=self.env, capture_output=True, text=True
        )
        assert made.returncode == 0, made.stderr
        return made.stdout

    def serve(self, count: int = 1) -> list[Server]:
        """Start so many daphnes."""
        self.servers = [Server(self.env, self.folder) for _ in range(count)]
        for server in self.servers:
            server.start(wait=False)
        for server in self.servers:
            server.wait()
        return self.servers

    def end(self) -> None:
        for server in self.servers:
            server.kill()
        if self.postgres:
            self._administer(f'DROP DATABASE "{self._name}" WITH (FORCE)')

    def _administer(self, statement: str) -> None:
        with contextlib.closing(
            psycopg2.connect(os.environ["DATABASE_URL"].rpartition("/")[0] + "/postgres")
        ) as c:
            c.autocommit = True
            c.cursor().execute(statement)

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement on the desk's database, with ? for values; return its rows."""
        if self.postgres:
            with contextlib.closing(psycopg2.connect(self.postgres)) as line, line:
                cursor: Any = line.cursor()
                cursor.execute(statement.replace("?", "%s"), values)
                return list(cursor.fetchall()) if cursor.description else []
        plain = [UUID(v).hex if isinstance(v, str) and len(v) == 36 else v for v in values]
        with contextlib.closing(sqlite3.connect(self.folder / "desk.sqlite3", timeout=20)) as file, file:
            return list(file.execute(statement, plain))

    def said(self, conversation: str, *, public: bool = False) -> list[tuple[int, str]]:
        """Return (seq, client_id) of each message of a conversation, as the rows have it."""
        where = "AND NOT private" if public else ""
        query = f"SELECT seq, client_id FROM inbox_message WHERE conversation_id = ? {where} ORDER BY seq"
        return [(row[0], row[1]) for row in self.sql(query, conversation)]


# -- Clients


async def connect(url: str, cookie: str = "", **options: Any) -> ClientConnection:
    """Open a socket as a page of the desk does."""
    headers = {"Cookie": f"sessionid={cookie}"} if cookie else {}
    given = {"origin": ORIGIN, "additional_headers": headers, "compression": None, "proxy": None} | options
    return await websockets.connect(url, **given)


class Talker:
    """A client that keeps its promises: it sends until it is acknowledged, and takes each message once, in order.

    `view` is what its user sees, as (seq, client_id); `acknowledged` the client_ids the desk has taken.
    """

    path = ""
    cookie = ""

    def __init__(self, desk: Desk, servers: Iterable[Server | int], *, conversation: str = "") -> None:
        self.desk, self.conversation = desk, conversation
        self.ports = [server if isinstance(server, int) else server.port for server in servers]
        self.view: list[tuple[int, str]] = []
        self.frames: list[dict[str, Any]] = []
        self.acknowledged: list[str] = []
        self.codes: list[int] = []
        self.connections = 0
        self._held: dict[int, dict[str, Any]] = {}
        self._unsent: dict[str, tuple[dict[str, Any], asyncio.Future[int]]] = {}
        self._line: ClientConnection | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        await self.until(lambda: self._line is not None, "a connection")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    @property
    def last(self) -> int:
        return self.view[-1][0] if self.view else 0

    async def say(self, body: str, **fields: Any) -> int:
        """Send a message; return its seq once it is acknowledged, over however many connections that takes."""
        client_id = f"{type(self).__name__.lower()}-{uuid4().hex[:12]}"
        frame = {"type": "message.send", "client_id": client_id, "body": body, **self._where(), **fields}
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._unsent[client_id] = frame, done
        await self._send(frame)
        return await asyncio.wait_for(done, 45)

    async def until(self, done: Callable[[], Any], what: str, within: float = 30) -> None:
        deadline = time.monotonic() + within
        while not done():
            assert time.monotonic() < deadline, (
                f"waited {within} s for {what} in vain; last {self.frames[-3:]}"
            )
            assert not (self._task and self._task.done()), self._task
            await asyncio.sleep(0.02)

    async def has(self, client_ids: Iterable[str], within: float = 30) -> None:
        """Wait until the user sees all these messages."""
        wanted = set(client_ids)
        await self.until(lambda: wanted <= {c for _, c in self.view}, f"{len(wanted)} messages", within)

    # -- What differs

    def _hello(self) -> dict[str, Any]:
        return {}

    def _where(self) -> dict[str, Any]:
        return {}

    async def _catch_up(self) -> None:
        raise NotImplementedError

    def _follows(self, frame: dict[str, Any]) -> bool:
        raise NotImplementedError

    # -- The line

    async def _run(self) -> None:
        for turn in count():  # the first server first: tests say who is on which when one of them dies
            url = f"ws://127.0.0.1:{self.ports[turn % len(self.ports)]}{self.path}"
            try:
                async with await connect(url, self.cookie, open_timeout=5) as line:
                    self.connections += 1
                    await line.send(json.dumps({"type": "hello", **self._hello()}))
                    async for text in line:
                        await self._hear(line, json.loads(text))
                self.codes.append(line.close_code or 1006)
            except (OSError, TimeoutError, websockets.WebSocketException) as error:
                self.codes.append(getattr(getattr(error, "rcvd", None), "code", 1006))
            finally:
                self._line = None
            await asyncio.sleep(random.uniform(0.1, 0.4))

    async def _send(self, frame: dict[str, Any]) -> None:
        if self._line is not None:
            with contextlib.suppress(websockets.ConnectionClosed):
                await self._line.send(json.dumps(frame))

    async def _hear(self, line: ClientConnection, frame: dict[str, Any]) -> None:
        self.frames.append(frame)
        del self.frames[:-500]
        match frame["type"]:
            case "welcome":
                self._line = line
                await self._catch_up()
                for waiting, _ in list(self._unsent.values()):
                    await self._send(waiting)
            case "message.created" if frame["message"]["conversation"] == self.conversation:
                await self._take(frame)
            case "ack":
                self._acknowledge(frame)
            case "heartbeat" if frame["conversations"].get(self.conversation, 0) > self.last:
                await self._catch_up()
            case "resync":
                await self._catch_up()
            case "error" if frame["code"] == "internal":
                if frame.get("client_id") in self._unsent:  # "try again"
                    await asyncio.sleep(0.1)
                    await self._send(self._unsent[frame["client_id"]][0])
            case "error":
                raise AssertionError(frame)

    def _acknowledge(self, frame: dict[str, Any]) -> None:
        self.conversation = self.conversation or frame["conversation"]
        if frame["client_id"] in self._unsent:
            _, done = self._unsent.pop(frame["client_id"])
            self.acknowledged.append(frame["client_id"])
            if not done.done():
                done.set_result(frame["seq"])

    async def _take(self, frame: dict[str, Any]) -> None:
        seq = frame["message"]["seq"]
        if seq <= self.last:
            return
        if not self._follows(frame):
            self._held[seq] = frame
            await self._catch_up()
            return
        self.view.append((seq, frame["message"]["client_id"]))
        for held in sorted(s for s in self._held if s <= self.last):
            del self._held[held]
        if self._held and self._follows(following := self._held[min(self._held)]):
            await self._take(following)


class Agent(Talker):
    """An agent with one conversation open."""

    path = "/ws/console/"

    def __init__(
        self, desk: Desk, servers: Iterable[Server | int], name: str = "ann", **options: Any
    ) -> None:
        super().__init__(desk, servers, **options)
        self.cookie = desk.world["cookies"][name]

    def _where(self) -> dict[str, Any]:
        return {"conversation": self.conversation}

    async def _catch_up(self) -> None:
        if self.conversation:
            await self._send({"type": "subscribe", "conversation": self.conversation, "after": self.last})

    def _follows(self, frame: dict[str, Any]) -> bool:
        return bool(frame["message"]["seq"] == self.last + 1)


class Buyer(Talker):
    """A visitor with the widget open."""

    path = "/ws/widget/"

    def __init__(self, desk: Desk, servers: Iterable[Server | int], number: int = 0, **options: Any) -> None:
        visitor = desk.world["visitors"][number]
        super().__init__(desk, servers, conversation=visitor["conversation"], **options)
        self.token = visitor["token"]

    def _hello(self) -> dict[str, Any]:
        return {"token": self.token, "resume": {self.conversation: self.last} if self.conversation else {}}

    async def _catch_up(self) -> None:
        await self._send({"type": "resume", "after": self.last})

    def _follows(self, frame: dict[str, Any]) -> bool:
        # A replayed message does not say what came before it: replays are in order and without gaps.
        return bool(frame.get("after", 0) <= self.last)


# -- The world of a desk


def make() -> None:
    """Fill the database of this environment; print what clients need to know."""
    import django

    django.setup()
    from tests import factories

    world = factories.make_world()
    visitors = []
    for number in range(12):
        buyer = factories.make_buyer(world.store, name=f"Visitor {number}")
        conversation = factories.buyer_says(buyer, "Hello").conversation
        visitors.append({"token": factories.visit(buyer), "conversation": str(conversation.id)})
    cookies = {name: factories.log_in(getattr(world, name)) for name in ("ann", "bob", "sue", "zoe", "eve")}
    kim = {"token": factories.visit(world.kim), "identity": factories.identity(world.store)}
    print(json.dumps({"cookies": cookies, "visitors": visitors, "kim": kim}))  # noqa: T201


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    make()
