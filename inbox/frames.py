"""What both sockets share: frames read with care, messages posted and acknowledged, errors told as frames."""

import asyncio
from collections import deque
from typing import Any
from uuid import UUID

from events.sockets import Refused, Socket
from helpdesk.lib.ids import parse_id
from inbox.errors import InboxError
from inbox.services import Draft, Posted
from inbox.writer import writer

MOST_SUBSCRIBED = 50
MOST_POSTING = 32  # messages of one socket on their way to the disk
HEARTBEAT_S = 10


def text_of(frame: dict[str, Any], name: str, *, longest: int = 20_000) -> str:
    value = frame.get(name, "")
    if not isinstance(value, str) or len(value) > longest:
        raise Refused("invalid", f"{name} is a text of at most {longest} characters.")
    return value


def number_of(frame: dict[str, Any], name: str, default: int | None = None) -> int:
    value = frame.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise Refused("invalid", f"{name} is a whole number from 0.")
    return value


def id_of(frame: dict[str, Any], name: str) -> UUID | None:
    given = frame.get(name)
    found = parse_id(given)
    if found is None and given is not None:
        raise Refused("invalid", f"{name} is an id.")
    return found


def files_of(frame: dict[str, Any]) -> tuple[UUID, ...]:
    given = frame.get("attachments") or []
    if not isinstance(given, list) or len(given) > 20:
        raise Refused("invalid", "attachments is a list of ids.")
    ids = tuple(parse_id(item) for item in given)
    if None in ids:
        raise Refused("invalid", "attachments is a list of ids.")
    return ids  # type: ignore[return-value]  # none of them is None


def resume_of(frame: dict[str, Any]) -> dict[UUID, int]:
    given = frame.get("resume") or {}
    if not isinstance(given, dict) or len(given) > MOST_SUBSCRIBED:
        raise Refused("invalid", f"resume names at most {MOST_SUBSCRIBED} conversations.")
    found = {}
    for key in given:
        conversation_id = parse_id(key)
        if conversation_id is None:
            raise Refused("invalid", "resume names conversations by id.")
        found[conversation_id] = number_of(given, key)
    return found


async def post(socket: "InboxSocket", draft: Draft) -> Posted:
    """Post through the process's writer and acknowledge: what has been acknowledged is on disk."""
    try:
        posted = await writer.post(draft)
    except InboxError as error:
        socket.send_frame({**error.frame(), "client_id": draft.client_id})
        raise Answered from None
    socket.send_frame(
        {
            "type": "ack",
            "client_id": draft.client_id,
            "id": str(posted.message.id),
            "seq": posted.message.seq,
            "conversation": str(posted.conversation.id),
        }
    )
    return posted


class Answered(Exception):
    """The client has its answer already."""


class InboxSocket(Socket):
    """What both sockets share: errors of the inbox told as frames, and messages that do not wait for each other."""

    def __init__(self) -> None:
        super().__init__()
        self._posting: deque[asyncio.Task[None]] = deque()

    async def _handle(self, frame: dict[str, Any]) -> None:
        """Handle a frame. A message is handed to the writer and answered when it is on disk; those behind it
        need not wait for that, and get there in the order in which they came."""
        while self._posting and self._posting[0].done():
            self._posting.popleft()
        if frame["type"] != "message.send":
            # What is said after a message (that it was read, say) may be about it.
            await asyncio.gather(*self._posting)
            await self._answer(frame)
            return
        if len(self._posting) >= MOST_POSTING:
            await self._posting[0]
        self._posting.append(asyncio.create_task(self.guarded(frame, self._answer)))

    async def _answer(self, frame: dict[str, Any]) -> None:
        try:
            await super()._handle(frame)
        except Answered:
            pass
        except InboxError as error:
            raise Refused(error.code, error.detail) from None
