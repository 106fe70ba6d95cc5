"""The two sockets: agents' consoles and buyers' widgets. They parse, check access, call a service, and answer."""

import asyncio
from collections import deque
from http.cookies import SimpleCookie
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings

from events import topics
from events.hub import encode, hub
from events.record import Actor
from events.sockets import UNAUTHENTICATED, Refused, Socket, db
from helpdesk.lib.ids import parse_id
from inbox import live
from inbox.errors import InboxError
from inbox.services import Draft, Posted, mark_by_buyer, mark_read, public_data
from inbox.writer import writer
from people import presence, sessions, visitors

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


class ConsoleSocket(InboxSocket):
    """/ws/console/: one agent's browser tab."""

    def __init__(self) -> None:
        super().__init__()
        self.me: live.Console | None = None
        self.session_key = ""
        self.open: set[UUID] = set()  # conversations subscribed to
        self.looking: dict[UUID, bool] = {}  # the conversation in view: is the agent composing?

    @property
    def console(self) -> live.Console:
        assert self.me is not None
        return self.me

    async def hello(self, frame: dict[str, Any]) -> None:
        resume = resume_of(frame)
        self.session_key = _session_cookie(self.scope)
        me = await db(live.console_of, self.session_key)
        if me is None:
            self.send_frame({"type": "error", "code": "unauthenticated", "detail": "Log in first."})
            self.close(UNAUTHENTICATED)
            return
        self.me = me
        agent = me.agent
        self.welcome(
            {
                "type": "welcome",
                "agent": {
                    "id": str(agent.id),
                    "name": agent.name,
                    "role": agent.role,
                    "language": agent.language,
                    "presence": agent.presence,
                },
                "heartbeat_s": HEARTBEAT_S,
            }
        )
        for topic in (topics.AGENTS, topics.agent(agent.id), topics.session(me.session_digest)):
            hub.listen(self, topic)
        for store_id in me.store_ids:
            hub.listen(self, topics.store(store_id))
        await db(presence.renew, [agent.id])
        for conversation_id, after in resume.items():
            try:
                await self._subscribe(conversation_id, after)
            except Refused as refusal:
                self.send_frame({**refusal.frame, "conversation": str(conversation_id)})

    async def gone(self) -> None:
        for conversation_id in list(self.looking):
            self._say_viewing(conversation_id, composing=False, gone=True)

    # -- frames

    def _conversation(self, frame: dict[str, Any]) -> UUID:
        conversation_id = parse_id(frame.get("conversation"))
        if conversation_id is None:
            raise Refused("not_found", "No such conversation.")
        return conversation_id

    def _subscribed(self, frame: dict[str, Any]) -> UUID:
        conversation_id = self._conversation(frame)
        if conversation_id not in self.open:
            raise Refused("not_found", "Subscribe to the conversation first.")
        return conversation_id

    async def subscribe(self, frame: dict[str, Any]) -> None:
        await self._subscribe(self._conversation(frame), number_of(frame, "after", 0))

    async def _subscribe(self, conversation_id: UUID, after: int) -> None:
        if len(self.open) >= MOST_SUBSCRIBED and conversation_id not in self.open:
            raise Refused("invalid", f"At most {MOST_SUBSCRIBED} conversations at a time.")
        if not await db(live.visible, self.console.agent, conversation_id):
            raise Refused("not_found", "No such conversation.")
        # Listen first, read then: what comes in between arrives twice and is known by its seq, never not at all.
        hub.listen(self, topics.conversation(conversation_id))
        self.open.add(conversation_id)
        found = await db(live.missed, conversation_id, after, public=False)
        if found is None:
            raise Refused(
                "too_far",
                "Too much was missed; load the conversation anew.",
                conversation=str(conversation_id),
            )
        messages, last = found
        await self.replay({"type": "message.created", "message": message} for message in messages)
        self.send_frame({"type": "subscribed", "conversation": str(conversation_id), "seq": last})

    async def unsubscribe(self, frame: dict[str, Any]) -> None:
        conversation_id = self._conversation(frame)
        hub.unlisten(self, topics.conversation(conversation_id))
        self.open.discard(conversation_id)
        if conversation_id in self.looking:
            del self.looking[conversation_id]
            self._say_viewing(conversation_id, composing=False, gone=True)

    async def message_send(self, frame: dict[str, Any]) -> None:
        reply_after = frame.get("reply_after")
        await post(
            self,
            Draft(
                actor=Actor.agent(self.console.agent),
                client_id=text_of(frame, "client_id"),
                body=text_of(frame, "body"),
                conversation_id=self._conversation(frame),
                stores=self.console.stores,
                private=frame.get("private") is True,
                attachments=files_of(frame),
                reply_after=None if reply_after is None else number_of(frame, "reply_after"),
                force=frame.get("force") is True,
            ),
        )

    async def typing(self, frame: dict[str, Any]) -> None:
        conversation_id = self._subscribed(frame)
        agent = self.console.agent
        said = {
            "type": "typing",
            "conversation": str(conversation_id),
            "author": {"kind": "agent", "id": str(agent.id), "name": agent.name},
            "on": frame.get("on") is not False,
        }
        both = (topics.conversation(conversation_id), topics.visitor(conversation_id))
        # Typing a note is nobody's business but the team's.
        hub.publish([(both[:1] if frame.get("private") is True else both, encode(said))])

    async def read(self, frame: dict[str, Any]) -> None:
        seq = number_of(frame, "seq")
        await db(mark_read, agent=self.console.agent, conversation_id=self._conversation(frame), seq=seq)

    async def viewing(self, frame: dict[str, Any]) -> None:
        conversation_id = self._subscribed(frame)
        composing = frame.get("composing") is True
        for other in [c for c in self.looking if c != conversation_id]:
            del self.looking[other]
            self._say_viewing(other, composing=False, gone=True)
        self.looking[conversation_id] = composing
        self._say_viewing(conversation_id, composing=composing)

    def _say_viewing(self, conversation_id: UUID, *, composing: bool, gone: bool = False) -> None:
        if self.me is None:
            return
        said: dict[str, Any] = {
            "type": "viewing",
            "conversation": str(conversation_id),
            "agent": {"id": str(self.me.agent.id), "name": self.me.agent.name},
            "composing": composing,
            "gone": gone,
        }
        hub.publish([((topics.conversation(conversation_id),), encode(said))])

    async def choose_presence(self, frame: dict[str, Any]) -> None:
        try:
            await db(presence.choose, agent=self.console.agent, state=text_of(frame, "state"))
        except ValueError as error:
            raise Refused("invalid", str(error)) from None

    frames: ClassVar = {
        "subscribe": subscribe,
        "unsubscribe": unsubscribe,
        "message.send": message_send,
        "typing": typing,
        "read": read,
        "viewing": viewing,
        "presence": choose_presence,
    }

    # -- the heartbeat

    @classmethod
    async def pulse(cls, sockets: "list[ConsoleSocket]") -> None:
        """Once for all consoles of the process: end what is no longer allowed, renew leases, say where each stands."""
        good = await db(live.consoles_of, {socket.session_key for socket in sockets})
        staying = []
        for socket in sockets:
            now = good.get(socket.session_key)
            if now is None:
                socket.close(UNAUTHENTICATED)
            elif now.stores != socket.console.stores:
                socket.close(sessions.SAY_HELLO_AGAIN)  # other stores than at hello
            else:
                for store_id in now.store_ids - socket.console.store_ids:
                    hub.listen(socket, topics.store(store_id))  # a new store, and an agent who sees them all
                socket.me = now
                staying.append(socket)
        await db(presence.renew, {socket.console.agent.id for socket in staying})
        await db(presence.expire)
        seqs = await db(live.last_seqs, {c for socket in staying for c in socket.open}, public=False)
        for socket in staying:
            mine = {str(c): seqs[str(c)] for c in socket.open if str(c) in seqs}
            socket.send_frame({"type": "heartbeat", "conversations": mine})
            for conversation_id, composing in socket.looking.items():
                socket._say_viewing(conversation_id, composing=composing)


class WidgetSocket(InboxSocket):
    """/ws/widget/: one visitor's browser tab."""

    def __init__(self) -> None:
        super().__init__()
        self.visit: visitors.VisitorSession | None = None
        self.channel_id: UUID | None = None
        self.conversation_id: UUID | None = None

    @property
    def visitor(self) -> visitors.VisitorSession:
        assert self.visit is not None
        return self.visit

    async def hello(self, frame: dict[str, Any]) -> None:
        resume = resume_of(frame)
        found = await db(live.visitor_of, text_of(frame, "token", longest=200))
        if found is None:
            self.send_frame({"type": "error", "code": "unauthenticated", "detail": "The token is not valid."})
            self.close(UNAUTHENTICATED)
            return
        self.visit, conversation, online = found
        buyer = self.visit.buyer
        self.channel_id = await db(live.widget_channel, buyer.store_id)
        self.welcome(
            {
                "type": "welcome",
                "visitor": {"name": buyer.name, "verified": buyer.is_verified},
                "conversation": public_data(conversation) if conversation else None,
                "heartbeat_s": HEARTBEAT_S,
                "agents_online": online,
            }
        )
        for topic in (
            topics.buyer(buyer.id),
            topics.session(self.visit.id.hex),
            topics.widgets(buyer.store_id),
        ):
            hub.listen(self, topic)
        if conversation is not None:
            await self._follow(conversation.id, resume.get(conversation.id, 0))

    def _watch(self, conversation_id: UUID) -> None:
        """Hear what the buyer may hear of a conversation, and nothing more of the one before it."""
        if self.conversation_id is not None and self.conversation_id != conversation_id:
            hub.unlisten(self, topics.visitor(self.conversation_id))
        self.conversation_id = conversation_id
        hub.listen(self, topics.visitor(conversation_id))

    async def _follow(self, conversation_id: UUID, after: int) -> None:
        self._watch(conversation_id)
        found = await db(live.missed, conversation_id, after, public=True)
        if found is None:
            raise Refused("too_far", "Too much was missed; load the conversation anew.")
        await self.replay({"type": "message.created", "message": message} for message in found[0])

    def obey(self, order: dict[str, Any]) -> None:
        if order["type"] == "_watch":  # it was opened in another tab, say
            self._watch(UUID(order["conversation"]))
        else:
            super().obey(order)

    async def message_send(self, frame: dict[str, Any]) -> None:
        if self.channel_id is None:
            raise Refused("not_found", "This shop has no widget.")
        posted = await post(
            self,
            Draft(
                actor=Actor.buyer(self.visitor.buyer),
                client_id=text_of(frame, "client_id"),
                body=text_of(frame, "body"),
                buyer_id=self.visitor.buyer_id,
                channel_id=self.channel_id,
                attachments=files_of(frame),
            ),
        )
        if posted.conversation.id != self.conversation_id:
            self.send_frame({"type": "conversation.opened", "conversation": public_data(posted.conversation)})
            await self._follow(posted.conversation.id, 0)

    async def typing(self, frame: dict[str, Any]) -> None:
        if self.conversation_id is None:
            return
        buyer = self.visitor.buyer
        said = {
            "type": "typing",
            "conversation": str(self.conversation_id),
            "author": {"kind": "buyer", "id": str(buyer.id), "name": buyer.display_name},
            "on": frame.get("on") is not False,
        }
        hub.publish([((topics.conversation(self.conversation_id),), encode(said))])

    async def received(self, frame: dict[str, Any]) -> None:
        if self.conversation_id is not None:
            await db(mark_by_buyer, conversation_id=self.conversation_id, received=number_of(frame, "seq"))

    async def read(self, frame: dict[str, Any]) -> None:
        if self.conversation_id is not None:
            await db(mark_by_buyer, conversation_id=self.conversation_id, read=number_of(frame, "seq"))

    async def resume(self, frame: dict[str, Any]) -> None:
        """Send again what came after `after`: what a client asks that saw a gap."""
        conversation = await db(live.conversation_of, self.visitor.buyer_id)
        if conversation is not None:
            await self._follow(conversation.id, number_of(frame, "after", 0))

    frames: ClassVar = {
        "message.send": message_send,
        "typing": typing,
        "received": received,
        "read": read,
        "resume": resume,
    }

    @classmethod
    async def pulse(cls, sockets: "list[WidgetSocket]") -> None:
        """Once for all widgets of the process: end what is no longer good, and say where each stands."""
        good = await db(visitors.valid_sessions, [socket.visitor.id for socket in sockets])
        staying = []
        for socket in sockets:
            buyer_id = good.get(socket.visitor.id)
            if buyer_id is None:
                socket.close(UNAUTHENTICATED)
            elif buyer_id != socket.visitor.buyer_id:
                socket.close(sessions.SAY_HELLO_AGAIN)  # identified since
            else:
                staying.append(socket)
        current = await db(live.open_conversations, {socket.visitor.buyer_id for socket in staying})
        for socket in staying:
            if conversation_id := current.get(socket.visitor.buyer_id):
                socket._watch(conversation_id)
        seqs = await db(
            live.last_seqs, {s.conversation_id for s in staying if s.conversation_id}, public=True
        )
        for socket in staying:
            key = str(socket.conversation_id)
            socket.send_frame({"type": "heartbeat", "conversations": {key: seqs[key]} if key in seqs else {}})


def _session_cookie(scope: dict[str, Any]) -> str:
    header = dict(scope["headers"]).get(b"cookie", b"").decode("latin1")
    morsel = SimpleCookie(header).get(settings.SESSION_COOKIE_NAME)
    return morsel.value if morsel else ""
