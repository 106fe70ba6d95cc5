"""/ws/widget/. It parses, checks access, calls a service, and answers."""

from typing import Any, ClassVar
from uuid import UUID

from events import topics
from events.hub import encode, hub
from events.record import Actor
from events.sockets import UNAUTHENTICATED, Refused, db
from inbox import live
from inbox.frames import HEARTBEAT_S, InboxSocket, files_of, number_of, post, resume_of, text_of
from inbox.services import Draft, mark_by_buyer, public_data
from people import sessions, visitors


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
        if after:
            await self.replay(await db(live.as_they_are, conversation_id, after, public=True))
        await self.replay({"type": "message.created", "message": message} for message in found[0])

    def obey(self, order: dict[str, Any]) -> None:
        if order["type"] == "_watch":  # it was opened in another tab, say
            self._watch(UUID(order["conversation"]))
        elif order["type"] == "_queue":
            place = order["places"].get(str(self.conversation_id))
            if place is not None:
                wait = order["expected_wait_s"]
                self.send_frame({"type": "queue", "position": place, "expected_wait_s": wait})
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
