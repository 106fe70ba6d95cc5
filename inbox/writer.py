"""One writer for each process: what sockets send while a commit is under way shares the next one.

A transaction for each message would spend most of its time on what surrounds the message. Nothing waits
on purpose here: the first message goes at once, and those that come meanwhile go together.
"""

import asyncio
import logging
from collections import deque
from concurrent.futures import ThreadPoolExecutor

from django.db import OperationalError

from events.sockets import with_connection
from inbox.errors import InboxError
from inbox.services import Draft, Posted, post_messages

log = logging.getLogger(__name__)

MOST = 64  # drafts in one transaction: bounds how long their conversations stay locked


class Writer:
    """Collects drafts on one event loop and posts them on one thread."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Draft, asyncio.Future[Posted | InboxError]]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._running: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def post(self, draft: Draft) -> Posted:
        """Post a draft; return once it is committed. Raises InboxError, or what the database raised."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:  # whoever waited on an earlier one has gone with it
            self._loop, self._waiting, self._running = loop, deque(), None
        future: asyncio.Future[Posted | InboxError] = loop.create_future()
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
    try:
        return list(with_connection(post_messages, drafts))
    except Exception:
        # One draft that cannot be written, for whatever reason, must not take the others with it.
        log.warning("a batch of %d failed, each goes alone", len(drafts), exc_info=True)
    outcomes: list[Posted | InboxError | Exception] = []
    failures = 0
    for draft in drafts:
        if failures == 2:  # a database that is down or locked is waited for twice, not once for each draft
            outcomes.append(outcomes[-1])
            continue
        try:
            outcomes.append(with_connection(post_messages, [draft])[0])
        except Exception as error:
            outcomes.append(error)
            failures += isinstance(error, OperationalError)
    return outcomes


writer = Writer()
