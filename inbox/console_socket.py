"""/ws/console/. It parses, checks access, calls a service, and answers."""

from http.cookies import SimpleCookie
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings

from events import topics
from events.hub import encode, hub
from events.record import Actor
from events.sockets import TOO_MANY, UNAUTHENTICATED, Refused, db
from helpdesk.lib.addresses import socket_ip
from helpdesk.lib.ids import parse_id
from helpdesk.lib.scopes import EVERYTHING
from inbox import live
from inbox.asking_socket import Questions
from inbox.frames import (
    HEARTBEAT_S,
    MOST_SUBSCRIBED,
    InboxSocket,
    files_of,
    id_of,
    number_of,
    post,
    resume_of,
    text_of,
)
from inbox.services import Draft, mark_read
from people import presence, sessions
from people.keys import KeyRefused, TooManyGuesses

READ, WRITE = "conversations:read", "conversations:write"
# What a key of the API needs to say something here ("": nothing, or `ask` looks itself; what is not named: everything),
# and to hear of something: the first words of frames' types.
SCOPES = {
    **dict.fromkeys(("hello", "ping", "unsubscribe", "ask"), ""),
    "subscribe": READ,
    **dict.fromkeys(("message.send", "typing", "read", "viewing", "presence"), WRITE),
}
HEARD = {
    "": (
        "ack",
        "answer",
        "error",
        "heartbeat",
        "pong",
        "presence",
        "resync",
        "role",
        "subscribed",
        "welcome",
    ),
    READ: ("card", "conversation", "delivery", "mention", "message", "read", "typing", "viewing"),
    "buyers:read": ("buyer",),
    "orders:read": ("order", "review"),
    "coupons:read": ("coupon",),
    "tasks:read": ("task",),
    "team:read": ("announcement",),
    EVERYTHING: ("notice",),  # an agent's own, of every room
}


def _heard_by(scopes: frozenset[str]) -> tuple[str, ...]:
    """Return the beginnings of the encoded frames that these scopes let through; what is in no list is not heard."""
    kinds = [kind for scope, kinds in HEARD.items() if not scope or scope in scopes for kind in kinds]
    return tuple(f'{{"type":"{kind}{end}' for kind in kinds for end in ('"', "."))


class ConsoleSocket(InboxSocket):
    """/ws/console/: one agent's browser tab, or a program with a key of theirs."""

    def __init__(self) -> None:
        super().__init__()
        self.me: live.Console | None = None
        self.ticket: live.Ticket = ""
        self.hears: tuple[str, ...] | None = None  # the beginnings of frames that a key's scopes let through
        self.questions = Questions(self.send_frame)
        self.open: set[UUID] = set()  # conversations subscribed to
        self.looking: dict[UUID, bool] = {}  # the conversation in view: is the agent composing?

    @property
    def console(self) -> live.Console:
        assert self.me is not None
        return self.me

    async def hello(self, frame: dict[str, Any]) -> None:
        resume = resume_of(frame)
        me = await self._let_in(frame)
        if me is None:
            return
        self.me = me
        if me.scopes is not None and EVERYTHING not in me.scopes:
            self.hears = _heard_by(me.scopes)
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
        for topic in (topics.AGENTS, topics.agent(agent.id), me.ends_with):
            hub.listen(self, topic)
        for store_id in me.store_ids:
            hub.listen(self, topics.store(store_id))
        if me.may(WRITE):  # who could not answer is not there
            await db(presence.renew, [agent.id])
        for conversation_id, after in resume.items():
            try:
                await self._subscribe(conversation_id, after)
            except Refused as refusal:
                self.send_frame({**refusal.frame, "conversation": str(conversation_id)})

    async def _let_in(self, frame: dict[str, Any]) -> live.Console | None:
        """Return who says hello, by a key (`token`) or else by the cookie; tell and close where that is nobody."""
        token = text_of(frame, "token", longest=200)
        try:
            if token:
                self.ticket = await db(live.ticket_of_key, token, socket_ip(self.scope))
            else:
                self.ticket = _session_cookie(self.scope)
        except KeyRefused as refused:
            many = isinstance(refused, TooManyGuesses)
            code = refused.code if many else "unauthenticated"
            self.send_frame({"type": "error", "code": code, "detail": refused.detail})
            self.close(TOO_MANY if many else UNAUTHENTICATED)
            return None
        me = await db(live.console_of, self.ticket)
        if me is None:
            self.send_frame({"type": "error", "code": "unauthenticated", "detail": "Log in first."})
            self.close(UNAUTHENTICATED)
        return me

    async def _answer(self, frame: dict[str, Any]) -> None:
        self._need(SCOPES.get(frame["type"], EVERYTHING))
        await super()._answer(frame)

    def _need(self, scope: str) -> None:
        if scope and self.me is not None and not self.me.may(scope):
            raise Refused("missing_scope", f"This key lacks the scope {scope}.")

    def offer(self, frame: str) -> None:
        if self.hears is None or frame.startswith(self.hears):
            super().offer(frame)

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
        self._need(READ)
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
        if after:
            await self.replay(await db(live.as_they_are, conversation_id, after, public=False))
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
                via=id_of(frame, "via"),
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

    async def ask(self, frame: dict[str, Any]) -> None:
        self.questions.take(frame, agent=self.console.agent, may=self.console.may)

    frames: ClassVar = {
        "ask": ask,
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
        good = await db(live.consoles_of, {socket.ticket for socket in sockets})
        staying = []
        for socket in sockets:
            now = good.get(socket.ticket)
            if now is None:
                socket.close(UNAUTHENTICATED)
            elif now.stores != socket.console.stores:
                socket.close(sessions.SAY_HELLO_AGAIN)  # other stores than at hello
            else:
                for store_id in now.store_ids - socket.console.store_ids:
                    hub.listen(socket, topics.store(store_id))  # a new store, and an agent who sees them all
                socket.me = now
                staying.append(socket)
        await db(presence.renew, {socket.console.agent.id for socket in staying if socket.console.may(WRITE)})
        await db(presence.expire)
        seqs = await db(live.last_seqs, {c for socket in staying for c in socket.open}, public=False)
        for socket in staying:
            mine = {str(c): seqs[str(c)] for c in socket.open if str(c) in seqs}
            socket.send_frame({"type": "heartbeat", "conversations": mine})
            for conversation_id, composing in socket.looking.items():
                socket._say_viewing(conversation_id, composing=composing)


def _session_cookie(scope: dict[str, Any]) -> str:
    header = dict(scope["headers"]).get(b"cookie", b"").decode("latin1")
    morsel = SimpleCookie(header).get(settings.SESSION_COOKIE_NAME)
    return morsel.value if morsel else ""
