"""Questions at a socket (inbox/asking.py): answered beside its other frames, one after another, newest first.

Nobody's message waits for a search: questions have threads of their own, few of them, and of a burst of one kind (one
that is asked as somebody types) only the newest is answered.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from events.sockets import Refused, with_connection
from inbox.asking import answer_to, known_ask
from inbox.errors import InboxError
from people.models import Agent

log = logging.getLogger(__name__)

THREADS = 2
LONGEST_ID = 64
_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="socket-asks")


class Questions:
    """What one client has asked and was not answered yet: at most one of each kind waits, one is worked on."""

    def __init__(self, send: Callable[[dict[str, Any]], None]) -> None:
        self._send = send
        self._waiting: dict[str, dict[str, Any]] = {}  # by kind, the oldest first
        self._work: asyncio.Task[None] | None = None

    def take(self, frame: dict[str, Any], *, agent: Agent, may: Callable[[str], bool]) -> None:
        """Take a frame in; the answer follows. Raises Refused for one that cannot be answered at all."""
        name = frame.get("id")
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST_ID:
            raise Refused("invalid", f"id is a text of 1 to {LONGEST_ID} characters.")
        try:
            what = known_ask(frame.get("what")).what
        except InboxError as error:
            raise Refused(error.code, error.detail, id=name) from None
        if older := self._waiting.pop(what, None):
            told = {"type": "error", "code": "superseded", "detail": "Another question came after this one."}
            self._send({**told, "id": older["id"]})
        self._waiting[what] = frame
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._answer_all(agent, may))

    async def _answer_all(self, agent: Agent, may: Callable[[str], bool]) -> None:
        while self._waiting:
            frame = self._waiting.pop(next(iter(self._waiting)))
            self._send({**await self._answer(frame, agent, may), "id": frame["id"]})

    async def _answer(
        self, frame: dict[str, Any], agent: Agent, may: Callable[[str], bool]
    ) -> dict[str, Any]:
        work = partial(with_connection, answer_to, agent=agent, may=may, given=frame)
        try:
            return {"type": "answer", **await asyncio.get_running_loop().run_in_executor(_pool, work)}
        except InboxError as error:
            return error.frame()
        except Exception:
            log.exception("a question failed")
            return {"type": "error", "code": "internal", "detail": "Something went wrong; try again."}
