"""One writer for each process: what sockets send while a commit is under way shares the next one.

A transaction for each message would spend most of its time on what surrounds the message. Nothing waits
on purpose here: the first message goes at once, and those that come meanwhile go together.
"""

import asyncio
import contextlib
from collections import deque
from concurrent.futures import ThreadPoolExecutor

from django.db import Error as DatabaseError
from django.db import close_old_connections, connections

from inbox.errors import InboxError
from inbox.services import Draft, Posted, post_messages

MOST = 64  # drafts in one transaction: bounds how long their conversations stay locked


class Writer:
    """Collects drafts on one event loop and posts them on one thread."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Draft, asyncio.Future[Posted | InboxError]]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._running: asyncio.Task[None] | None = None

    async def post(self, draft: Draft) -> Posted:
        """Post a draft; return once it is committed. Raises InboxError, or what the database raised."""
        future: asyncio.Future[Posted | InboxError] = asyncio.get_running_loop().create_future()
        self._waiting.append((draft, future))
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        outcome = await future
        if isinstance(outcome, InboxError):
            raise outcome
        return outcome

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
            try:
                outcomes = await loop.run_in_executor(self._thread, _post, [draft for draft, _ in batch])
            except BaseException as error:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                if not isinstance(error, Exception):
                    raise
                continue
            for (_, future), outcome in zip(batch, outcomes, strict=True):
                if future.done():  # its socket has gone; the message is posted all the same
                    continue
                if isinstance(outcome, Exception) and not isinstance(outcome, InboxError):
                    future.set_exception(outcome)
                else:
                    future.set_result(outcome)


def _post(drafts: list[Draft]) -> list[Posted | InboxError | Exception]:
    close_old_connections()
    try:
        return list(post_messages(drafts))
    except DatabaseError:
        # One draft that the database will not have must not take the others with it.
        with contextlib.suppress(DatabaseError):
            connections["default"].close_if_unusable_or_obsolete()
        return [_post_alone(draft) for draft in drafts]


def _post_alone(draft: Draft) -> Posted | InboxError | Exception:
    try:
        return post_messages([draft])[0]
    except Exception as error:
        return error


writer = Writer()
