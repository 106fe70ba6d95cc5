"""One conversation as it is played: the rows and counters come out as the services would have left them.

It is played from its start and only then given its place in time (`finish`), because what is going on now is
known by its end. tests/helpdesk/test_demo_data.py recounts everything.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from events import names
from events.record import Actor
from helpdesk.demo.rows import Rows, uid
from helpdesk.demo.scripts import Turn
from helpdesk.demo.ways import Ways, least
from inbox.models import Attachment, Conversation, Mention, Message, ReadMark
from inbox.payloads import iso
from inbox.services.timeline import preview
from people.models import Agent

SYSTEM = Actor("system", None, "")
_REASONS = {"least_busy": "least busy", "round_robin": "next in turn"}


@dataclass
class Entry:
    """Something that happened: a message, an event, or (mostly) both."""

    at: datetime
    actor: Actor
    message: Message | None
    event: str
    data: dict[str, Any]  # moments in it are moved with the rest
    order_id: Any = None
    mentioned: list[Agent] = field(default_factory=list)
    attachment: Attachment | None = None
    more: dict[str, Any] = field(default_factory=dict)  # what no line shows


@dataclass
class Seen:
    """How far the buyer has read and been sent, and each agent has read."""

    read_to: int
    received_to: int
    readers: dict[Agent, int]


class Chat:
    def __init__(
        self, conversation: Conversation, rng: Any, start: datetime, ways: Ways, routing: str = "manual"
    ) -> None:
        self.c, self.rng, self.at, self.ways, self.routing = conversation, rng, start, ways, routing
        self.moves: list[Any] = []  # channels to which the buyer changes, one with each message of theirs
        self.goes_wrong = False  # with the last answer
        self.subject = ""  # where it goes on by e-mail
        self.entries: list[Entry] = []
        self.effects: list[Callable[[timedelta], None]] = []  # on orders, once it is known when
        self.agent: Agent | None = None  # who answers
        self.buyer = Actor.buyer(conversation.buyer)
        conversation.created_at = conversation.last_at = start
        opened = {"channel": conversation.channel.kind}
        self.entries.append(Entry(start, self.buyer, None, names.CONVERSATION_OPENED, opened))

    # -- saying

    def buyer_says(self, body: str, *, attachment: Attachment | None = None) -> None:
        c = self.c
        if self.moves and c.last_seq:
            c.channel = self.moves.pop(0)
        if c.status != Conversation.Status.OPEN:
            self._reopen(self.buyer)
        message = self._append(self.buyer, body, "file" if attachment else "text")
        c.inbound_count += 1
        c.waiting_since = c.waiting_since or self.at
        if attachment is not None:
            self.entries[-1].attachment = attachment
            attachment.message = message

    def agent_says(self, body: str, *, data: dict[str, Any] | None = None) -> Message:
        agent = self._agent()
        if self.c.assignee is None and self.routing != "manual":
            self._route(agent)
        message = self._append(Actor.agent(agent), body, "card" if data is not None else "text", data=data)
        self.c.waiting_since = None
        self.c.first_reply_at = self.c.first_reply_at or self.at
        if self.c.assignee is None:
            self.c.assignee = agent
            params = {"actor": agent.name, "assignee": agent.name, "team": None}
            text = f"{agent.name} took the conversation"
            self.line(names.CONVERSATION_ASSIGNED, params, text, more={"agent": str(agent.id)})
        return message

    def note(self, body: str, mentioned: list[Agent]) -> None:
        self._append(Actor.agent(self._agent()), body, "text", private=True)
        self.entries[-1].mentioned = mentioned

    def line(
        self,
        event: str,
        params: dict[str, Any],
        body: str,
        *,
        actor: Actor | None = None,
        public: bool = False,
        store: bool = True,
        more: dict[str, Any] | None = None,
    ) -> None:
        """Add a system line and the event that it tells of; not `store`: the event is somebody else's. `more` is
        what the event alone keeps."""
        actor = actor or Actor.agent(self._agent())
        message = self._message(actor, body, "system", private=not public)
        message.client_id = f"line.{self.rng.getrandbits(128):032x}"
        message.data = {"event": event, **params}
        data = {**params, "seq": message.seq}
        self.entries.append(Entry(self.at, actor, message, event if store else "", data, more=more or {}))

    # -- doing

    def assign(self, actor: Agent, agent: Agent | None, team: Any = None) -> None:
        self.c.assignee, self.c.team = agent, team or self.c.team
        to = agent or self.c.team
        params = {
            "actor": actor.name,
            "assignee": agent.name if agent else None,
            "team": self.c.team.name if self.c.team else None,
        }
        text = f"{actor.name} assigned this to {to}"
        more = {"agent": str(agent.id) if agent else None}
        self.line(names.CONVERSATION_ASSIGNED, params, text, actor=Actor.agent(actor), more=more)

    def _route(self, agent: Agent) -> None:
        """Let the desk have given it to the agent, as soon as it was there."""
        now, self.at = self.at, self.entries[-1].at
        self.c.assignee = agent
        team = self.c.team.name if self.c.team else None
        params = {"actor": "", "assignee": agent.name, "team": team, "reason": self.routing}
        self.line(
            names.CONVERSATION_ASSIGNED,
            params,
            f"Routed to {agent.name}: {_REASONS[self.routing]}",
            actor=SYSTEM,
            more={"agent": str(agent.id)},
        )
        self.at = now

    def tag(self, *tags: Any) -> None:
        said = " ".join(f"+{tag.name}" for tag in tags)
        params = {"actor": self._agent().name, "added": [tag.name for tag in tags], "removed": []}
        self.line(names.CONVERSATION_TAGGED, params, f"{self._agent().name} {said}")

    def priority(self, priority: int) -> None:
        self.c.priority = priority
        label = Conversation.Priority(priority).name.lower()
        params = {"actor": self._agent().name, "priority": priority}
        self.line(names.CONVERSATION_PRIORITY, params, f"{self._agent().name} set priority {label}")

    def snooze(self, until: datetime) -> None:
        self.c.status, self.c.snoozed_until = Conversation.Status.SNOOZED, until
        params = {"actor": self._agent().name, "until": until}
        self.line(names.CONVERSATION_SNOOZED, params, f"{self._agent().name} snoozed this")

    def wake(self) -> None:
        self.c.status, self.c.snoozed_until = Conversation.Status.OPEN, None
        self.line(names.CONVERSATION_WOKEN, {}, "Snooze ended", actor=SYSTEM)

    def resolve(self) -> None:
        c = self.c
        c.status, c.snoozed_until = Conversation.Status.RESOLVED, None
        c.resolved_at, c.waiting_since = self.at, None
        c.resolved_by = self._agent()
        name = self._agent().name
        self.line(names.CONVERSATION_RESOLVED, {"actor": name}, f"{name} resolved this", public=True)

    def rate(self, rating: int, comment: str) -> None:
        self.c.rating, self.c.rating_comment = rating, comment
        params = {"rating": rating, "comment": comment}
        more = {"way": "widget", "agent": str(self._agent().id)}
        self.line(names.CONVERSATION_RATED, params, f"Rated {rating} of 5", actor=self.buyer, more=more)

    def _reopen(self, actor: Actor) -> None:
        self.c.status, self.c.snoozed_until, self.c.resolved_at = Conversation.Status.OPEN, None, None
        params = {"actor": actor.name, "by": actor.kind}
        self.line(names.CONVERSATION_REOPENED, params, "Reopened", actor=actor, public=True)

    # -- rows

    def _agent(self) -> Agent:
        assert self.agent is not None, "somebody has to be there first"
        return self.agent

    def _message(self, actor: Actor, body: str, kind: str, *, private: bool, data: Any = None) -> Message:
        self.c.last_seq += 1
        if not private:
            self.c.last_public_seq = self.c.last_seq
        return Message(
            conversation=self.c,
            seq=self.c.last_seq,
            client_id=f"{self.rng.getrandbits(96):024x}",
            author_kind=actor.kind,
            author_id=actor.id,
            author_name=actor.name[:120],
            channel_kind=self.c.channel.kind,
            private=private,
            kind=kind,
            body=body,
            data=data,
            indexed=True,
            created_at=self.at,
        )

    def _append(
        self, actor: Actor, body: str, kind: str, *, private: bool = False, data: Any = None
    ) -> Message:
        message = self._message(actor, body, kind, private=private, data=data)
        self.c.last_at = self.at
        if not private:
            self.c.preview = preview(message)
        said = {"seq": message.seq, "author": actor.kind, "private": private, "channel": message.channel_kind}
        self.entries.append(Entry(self.at, actor, message, names.MESSAGE_CREATED, said))
        return message

    def finish(self, rows: Rows, *, now: datetime, shift: timedelta, seen: Seen) -> None:
        """Write everything down, `shift` later than it was played."""
        c = self.c
        for name in (
            "created_at",
            "last_at",
            "waiting_since",
            "first_reply_at",
            "snoozed_until",
            "resolved_at",
        ):
            if (moment := getattr(c, name)) is not None:
                setattr(c, name, moment + shift)
        c.id = uid(c.created_at, self.rng)
        for effect in self.effects:
            effect(shift)
        c.buyer_read_seq = self._read_to(seen)
        c.agent_read_seq = max(seen.readers.values(), default=0)
        rows.add(c)
        inbound = [e.message.seq for e in self.entries if e.message and e.event == names.MESSAGE_CREATED
                   and e.message.author_kind == "buyer"]  # fmt: skip
        for agent, seq in seen.readers.items():
            count = sum(1 for place in inbound if place <= seq)
            rows.add(ReadMark(agent=agent, conversation=c, seq=seq, inbound_seen=count))
        for entry in self.entries:
            self._write(entry, rows, shift)
            if entry.message is not None and entry.message.kind != "system":
                self._deliver(entry.message, rows, seen, now)

    def _write(self, entry: Entry, rows: Rows, shift: timedelta) -> None:
        c, message = self.c, entry.message
        at = entry.at + shift
        data = {k: iso(v + shift) if isinstance(v, datetime) else v for k, v in entry.data.items()}
        if message is not None:
            message.created_at = at
            message.id = uid(at, self.rng)
            if entry.event == names.MESSAGE_CREATED and message.author_kind == "buyer":
                subject = f"Re: {self.subject}" if message.seq > 1 else self.subject
                self.ways.receive(message, entry.attachment, subject, rows)
            message.conversation = c
            if message.kind == "system":
                told = message.data or {}
                shown = {k: v for k, v in data.items() if k != "seq"}
                message.data = {"event": told["event"], **shown}
            else:
                data = {"message": str(message.id), **data}
            rows.add(message)
        for agent in entry.mentioned:
            rows.add(Mention(agent=agent, message=message, conversation=c, at=at))
        if entry.attachment is not None:
            entry.attachment.conversation, entry.attachment.message = c, message
            entry.attachment.id = uid(at, self.rng)
            entry.attachment.created_at = at
            rows.add(entry.attachment)
        if entry.event:
            data |= entry.more
            rows.add_event(entry.event, entry.actor, at, c.store_id, c.id, entry.order_id, data)

    def _read_to(self, seen: Seen) -> int:
        """Return how far the desk knows that the buyer has read: providers that tell nothing leave it behind."""
        kinds = {e.message.channel_kind for e in self.entries if e.message}
        if all(least("read", kind) == "read" for kind in kinds):
            return seen.read_to
        told = [
            e.message.seq
            for e in self.entries
            if e.message and e.message.author_kind == "agent" and not e.message.private
            if e.message.seq <= seen.read_to and least("read", e.message.channel_kind) == "read"
        ]
        return max(told, default=0)

    def _deliver(self, message: Message, rows: Rows, seen: Seen, now: datetime) -> None:
        if message.author_kind != "agent" or message.private:
            return
        state, after = "sent", 0
        if message.seq <= seen.read_to:
            state, after = "read", self.rng.randrange(2, 90)
        elif message.seq <= seen.received_to:
            state, after = "delivered", 1
        is_last = message.seq == max(
            e.message.seq for e in self.entries if e.message and not e.message.private
        )
        trouble = self.ways.trouble_of(message.channel_kind) if self.goes_wrong and is_last else ""
        row = self.ways.deliver(message, state, trouble, f"Re: {self.subject}", rows)
        row.updated_at = min(message.created_at + timedelta(seconds=after), now)
        rows.add(row)


def typing_time(turn: Turn, text: str, rng: Any) -> timedelta:
    """Return how long a buyer takes to read and to answer."""
    if turn.after is not None:
        return turn.after * rng.uniform(0.9, 1.08)
    slow = rng.random() < 0.1
    return timedelta(seconds=rng.uniform(400, 2400) if slow else rng.uniform(15, 110) + len(text) * 0.3)
