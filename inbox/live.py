"""What sockets read from the database: one function a question, run off the loop with `events.sockets.db`."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from events import topics
from events.hub import hub
from helpdesk.lib.ids import parse_id
from inbox.access import conversations_for, public_messages, with_message_relations
from inbox.cards import card_frame
from inbox.models import Channel, Conversation, Message
from inbox.payloads import delivery_frame, message_data
from people import keys, presence, sessions, visitors
from people.models import Agent, Store, VisitorSession

MOST_MISSED = 200
BROUGHT_UP_TO_DATE = 50  # messages: about what a screen shows without scrolling far


@dataclass(frozen=True, slots=True)
class Console:
    """An agent at a socket: who, the topic that says when it ends, and the stores they see: as a limit (None: all), and
    by id. `scopes` is what a key of the API is narrowed to (None: a log-in, which is not)."""

    agent: Agent
    ends_with: str
    stores: frozenset[UUID] | None
    store_ids: frozenset[UUID]
    scopes: frozenset[str] | None = None

    def may(self, scope: str) -> bool:
        return self.scopes is None or scope in self.scopes


Ticket = str | UUID  # a session's key, or the id of a key of the API


def console_of(ticket: Ticket) -> Console | None:
    """Return whom a ticket lets in, or None where it is no good (any more)."""
    return consoles_of([ticket]).get(ticket)


def ticket_of_key(shown: str, address: str) -> UUID:
    """Return the ticket of who shows a key of the API. Raises keys.KeyRefused."""
    return keys.authenticate(shown, address=address).pk


def consoles_of(tickets: Iterable[Ticket]) -> dict[Ticket, Console]:
    """Return, for each ticket that lets somebody in, who it is and what they see now.

    Six queries for any number of them: this is asked of every console at every heartbeat.
    """
    tickets = set(tickets)
    agents = _by_session({t for t in tickets if isinstance(t, str)})
    shown = keys.usable([t for t in tickets if isinstance(t, UUID)])
    keys.note_use(shown.values())
    sees = _stores_seen(set(agents.values()) | {key.agent for key in shown.values()})
    found: dict[Ticket, Console] = {}
    for session_key, agent in agents.items():
        found[session_key] = Console(agent, topics.session(sessions.digest(session_key)), *sees[agent.id])
    for key in shown.values():
        found[key.pk] = Console(key.agent, topics.key(key.pk), *sees[key.agent_id], scopes=key.granted)
    return found


def _by_session(session_keys: Collection[str]) -> dict[str, Agent]:
    """Return who is logged in by each of the session keys."""
    rows = Session.objects.filter(session_key__in=session_keys, expire_date__gt=timezone.now())
    decoded = {row.session_key: row.get_decoded() for row in rows}
    logins = {key: data for key, data in decoded.items() if parse_id(data.get(SESSION_KEY))}
    agents = Agent.objects.filter(is_active=True).in_bulk([parse_id(d[SESSION_KEY]) for d in logins.values()])
    found = {}
    for key, data in logins.items():
        agent = agents.get(parse_id(data[SESSION_KEY]))
        known_hash = data.get(HASH_SESSION_KEY, "")
        if agent is not None and constant_time_compare(known_hash, agent.get_session_auth_hash()):
            found[key] = agent
    return found


def _stores_seen(agents: Collection[Agent]) -> dict[UUID, tuple[frozenset[UUID] | None, frozenset[UUID]]]:
    """Return for each agent what `store_ids_for` says, and the same spelled out."""
    every = frozenset(Store.objects.values_list("id", flat=True)) if agents else frozenset()
    served: defaultdict[UUID, set[UUID]] = defaultdict(set)
    memberships = Agent.teams.through.objects.filter(agent__in=agents)
    for agent_id, store_id in memberships.values_list("agent_id", "team__stores"):
        served[agent_id].add(store_id)
    found = {}
    for agent in agents:
        mine = every if agent.role == Agent.Role.ADMIN else every & served[agent.id]
        all_of_them = agent.role == Agent.Role.ADMIN or (mine and mine == every)
        found[agent.id] = (None if all_of_them else mine, mine)
    return found


def visitor_of(token: str) -> tuple[VisitorSession, Conversation | None, int] | None:
    """Return a visitor's session, their live (else last) conversation, and how many agents are there."""
    session = visitors.authenticate(token)
    if session is None:
        return None
    return session, conversation_of(session.buyer_id), presence.online_count(session.buyer.store_id)


def conversation_of(buyer_id: UUID) -> Conversation | None:
    """Return the conversation that a buyer's widget shows: the live one, else the latest."""
    rows = Conversation.objects.filter(buyer_id=buyer_id, merged_into=None).select_related("assignee")
    live = rows.exclude(status="resolved").first()
    return live or rows.order_by("-created_at").first()


def missed(conversation_id: UUID, after: int, *, public: bool) -> tuple[list[dict[str, Any]], int] | None:
    """Return the messages after `after` in order, and the last seq; None where that is too many for a socket.

    For a buyer only what is public. The caller has checked that the conversation is theirs to see.
    """
    rows = (
        public_messages(conversation_id)
        if public
        else Message.objects.filter(conversation_id=conversation_id)
    )
    found = list(with_message_relations(rows.filter(seq__gt=after).order_by("seq"))[: MOST_MISSED + 1])
    if len(found) > MOST_MISSED:
        return None
    last = Conversation.objects.filter(pk=conversation_id).values_list("last_seq", flat=True).first() or 0
    return [message_data(row) for row in found], last


def as_they_are(conversation_id: UUID, after: int, *, public: bool) -> list[dict[str, Any]]:
    """Return frames that bring the last messages up to `after` up to date, for whoever was away when they changed:
    cards, which have no seq of what happened to them, and for agents what became of deliveries."""
    seen = Message.objects.filter(
        conversation_id=conversation_id, seq__gt=after - BROUGHT_UP_TO_DATE, seq__lte=after
    ).order_by("seq")
    cards = seen.filter(kind=Message.Kind.CARD)
    frames = [card_frame(card) for card in (cards.filter(private=False) if public else cards)]
    if public:
        return frames
    sent = seen.filter(deliveries__isnull=False).exclude(deliveries__channel__kind="widget").distinct()
    return frames + [
        delivery_frame(message, list(message.deliveries.all()))
        for message in sent.prefetch_related("deliveries")
    ]


def visible(agent: Agent, conversation_id: UUID) -> bool:
    return conversations_for(agent).filter(pk=conversation_id).exists()


def last_seqs(ids: set[UUID], *, public: bool) -> dict[str, int]:
    """Return the last seq of each conversation, from the rows: what a heartbeat says."""
    field = "last_public_seq" if public else "last_seq"
    rows = Conversation.objects.filter(pk__in=ids).values_list("id", field) if ids else []
    return {str(pk): seq for pk, seq in rows}


def open_conversations(buyer_ids: set[UUID]) -> dict[UUID, UUID]:
    """Return the live conversation of each buyer who has one."""
    rows = Conversation.objects.exclude(status="resolved").filter(buyer__in=buyer_ids)
    return dict(rows.values_list("buyer_id", "id")) if buyer_ids else {}


def widget_channel(store_id: UUID) -> UUID | None:
    """Return the store's active widget channel."""
    rows = Channel.objects.filter(store_id=store_id, kind="widget", active=True)
    return rows.values_list("id", flat=True).first()


def viewers(conversation_id: UUID, *, but: UUID) -> list[dict[str, Any]]:
    """Return who looks at a conversation by a socket of this process; the others' heartbeats tell of the rest."""
    found: dict[UUID, dict[str, Any]] = {}
    for socket in list(hub.topics.get(topics.conversation(conversation_id), ())):
        me, looking = getattr(socket, "me", None), getattr(socket, "looking", {})
        if isinstance(me, Console) and me.agent.id != but and conversation_id in looking:
            agent = {"id": str(me.agent.id), "name": me.agent.name}
            found[me.agent.id] = {"agent": agent, "composing": bool(looking.get(conversation_id))}
    return list(found.values())
