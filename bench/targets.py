"""What is measured: how to prepare a candidate, open its sockets and recognise its frames."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import ClassVar

import psycopg2

from bench import machine
from bench.wire import Socket, connect

BODY = "Hello, where is my order 100234? It should have been here on Tuesday."


def client_id(number: int) -> str:
    """A UUID that shows the number, so that a frame is matched without parsing it."""
    return f"be9c4a11-0000-4000-8000-{number:012x}"


class Target(ABC):
    """A candidate with its own database. Rooms are numbered from 0; agents too."""

    name: ClassVar[str]
    application: ClassVar[str]
    ack: ClassVar[bytes]
    """Bytes found in the frame that tells the sender that the message is stored."""
    delivery: ClassVar[bytes]
    """Bytes found in the frame that brings the message to an agent."""

    def __init__(self, database_url: str, redis_url: str) -> None:
        self.database_url = database_url
        self.redis_url = redis_url

    @property
    def env(self) -> dict[str, str]:
        return {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}

    @abstractmethod
    def prepare(self) -> None:
        """Create tables and data in the empty database."""

    @abstractmethod
    def message(self, room: int, number: int) -> bytes:
        """The frame with which a buyer sends message `number`."""

    @abstractmethod
    async def buyer(self, port: int, room: int) -> Socket:
        """A buyer's socket, ready to send. A room's buyer comes before its agents."""

    @abstractmethod
    async def agent(self, port: int, room: int, number: int) -> Socket:
        """The socket of agent `number`, ready to receive what is sent in the room."""

    @abstractmethod
    async def idle(self, port: int, number: int) -> Socket:
        """The socket of agent `number`, in no conversation."""


class Stock(Target):
    name = "stock"
    application = "bench.stock.asgi:application"
    # In a textbook chat the sender is in the room like everybody else; its own message coming
    # back is what tells it that the message was stored.
    ack = delivery = b'"chat.message"'

    @property
    def env(self) -> dict[str, str]:
        return super().env | {"DJANGO_SETTINGS_MODULE": "bench.stock.settings"}

    def prepare(self) -> None:
        machine.manage("-m", "django", "migrate", "--run-syncdb", env=self.env)

    def message(self, room: int, number: int) -> bytes:
        return json.dumps({"client_id": client_id(number), "body": BODY}).encode()

    async def buyer(self, port: int, room: int) -> Socket:
        return await connect(port, f"/ws/chat/{room}/", {"Origin": f"http://127.0.0.1:{port}"})

    async def agent(self, port: int, room: int, number: int) -> Socket:
        return await self.buyer(port, room)

    async def idle(self, port: int, number: int) -> Socket:
        return await self.buyer(port, number)


class StockKept(Stock):
    """Stock with the one setting that helps it most, to show how much of the distance that is."""

    name = "stock, connection kept"

    @property
    def env(self) -> dict[str, str]:
        return super().env | {"STOCK_CONN_MAX_AGE": "60"}


class Floor(Target):
    name = "floor"
    application = "bench.floor.asgi:application"
    ack = b'"ack"'
    delivery = b'"message"'

    @property
    def env(self) -> dict[str, str]:
        return super().env | {"FLOOR_PREFIX": f"bench-{machine.RUN}-"}

    def prepare(self) -> None:
        with psycopg2.connect(self.database_url) as connection:
            connection.cursor().execute(
                """
                CREATE TABLE message (
                    id bigserial PRIMARY KEY,
                    room varchar(50) NOT NULL,
                    client_id uuid NOT NULL UNIQUE,
                    body text NOT NULL,
                    created_at timestamptz NOT NULL DEFAULT now()
                );
                CREATE INDEX ON message (room);
                """
            )
        connection.close()

    def message(self, room: int, number: int) -> bytes:
        return json.dumps({"client_id": client_id(number), "body": BODY}).encode()

    async def buyer(self, port: int, room: int) -> Socket:
        return await connect(port, f"/buyer/{room}")

    async def agent(self, port: int, room: int, number: int) -> Socket:
        return await connect(port, f"/agent/{room}")

    async def idle(self, port: int, number: int) -> Socket:
        return await self.agent(port, number, number)


@contextmanager
def prepared(classes: list[type[Target]]) -> Iterator[list[Target]]:
    """The candidates with their databases made and filled; all removed at the end."""
    with ExitStack() as stack:
        targets = []
        for number, cls in enumerate(classes):
            url = stack.enter_context(machine.database(f"chat{number}"))
            target = cls(url, stack.enter_context(machine.redis_database()))
            target.prepare()
            targets.append(target)
        yield targets
