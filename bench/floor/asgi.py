"""A bare ASGI application: one writer commits what came in meanwhile, one subscriber fans out.

No access control, no idempotency, no order, no timeline: it is a lower bound, not a chat.
"""

import asyncio
import json
import os
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg2
from psycopg2.extras import execute_values
from redis.asyncio import Redis

Scope = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Row = tuple[str, str, str]

PREFIX = os.environ["FLOOR_PREFIX"]


class Floor:
    def __init__(self) -> None:
        self.rooms: dict[str, set[Send]] = defaultdict(set)
        self.waiting: asyncio.Queue[tuple[Row, asyncio.Future[None]]] = asyncio.Queue()
        # Messages arrive in bursts; a default timeout would cut the idle subscription.
        self.redis = Redis.from_url(os.environ["REDIS_URL"], socket_timeout=None)
        self.database = psycopg2.connect(os.environ["DATABASE_URL"])
        self.tasks = [asyncio.create_task(self.write()), asyncio.create_task(self.listen())]

    def insert(self, rows: list[Row]) -> None:
        with self.database, self.database.cursor() as cursor:
            execute_values(
                cursor, "INSERT INTO message (room, client_id, body) VALUES %s", rows, page_size=500
            )

    async def write(self) -> None:
        while True:
            batch = [await self.waiting.get()]
            while not self.waiting.empty():
                batch.append(self.waiting.get_nowait())
            await asyncio.to_thread(self.insert, [row for row, _ in batch])
            for _, done in batch:
                done.set_result(None)

    async def listen(self) -> None:
        subscription = self.redis.pubsub()
        await subscription.psubscribe(f"{PREFIX}*")
        async for item in subscription.listen():
            if item["type"] != "pmessage":
                continue
            room = item["channel"].decode().removeprefix(PREFIX)
            frame = {"type": "websocket.send", "text": item["data"].decode()}
            for send in list(self.rooms[room]):
                await send(frame)

    async def store(self, row: Row) -> None:
        done = asyncio.get_running_loop().create_future()
        self.waiting.put_nowait((row, done))
        await done


floor: Floor | None = None


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    global floor
    if scope["type"] != "websocket":
        return
    if floor is None:
        floor = Floor()
    _, role, room = scope["path"].split("/")
    await receive()
    await send({"type": "websocket.accept"})
    if role == "agent":
        floor.rooms[room].add(send)
    while (event := await receive())["type"] != "websocket.disconnect":
        content = json.loads(event["text"])
        await floor.store((room, content["client_id"], content["body"]))
        ack = {"type": "ack", "client_id": content["client_id"]}
        await send({"type": "websocket.send", "text": json.dumps(ack)})
        message = {"type": "message", **content}
        await floor.redis.publish(PREFIX + room, json.dumps(message))
    floor.rooms[room].discard(send)
