"""What sockets read from the database: one function a question, run off the loop with `events.sockets.db`."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils.crypto import constant_time_compare
from django.utils.module_loading import import_string

from inbox.access import conversations_for, public_messages, store_ids_for, with_message_relations
from inbox.models import Channel, Conversation, Message
from inbox.payloads import message_data
from people import presence, sessions, visitors
from people.models import Agent, Store, VisitorSession

MOST_MISSED = 200


@dataclass(frozen=True, slots=True)
class Console:
    """An agent at a socket: who, which log-in, and the stores they see (None: all)."""

    agent: Agent
    session_digest: str
    stores: frozenset[UUID] | None
    store_topics: tuple[UUID, ...]


def console_of(session_key: str) -> Console | None:
    """Return who a session cookie belongs to, or None where it is no good (any more)."""
    engine = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
    data = engine(session_key).load() if session_key else {}
    if not data.get(SESSION_KEY) or not data.get(BACKEND_SESSION_KEY):
        return None
    agent = Agent.objects.filter(pk=data[SESSION_KEY], is_active=True).first()
    if agent is None or not constant_time_compare(data.get(HASH_SESSION_KEY, ""), agent.get_session_auth_hash()):
        return None
    stores = store_ids_for(agent)
    every = Store.objects.values_list("id", flat=True) if stores is None else stores
    return Console(agent, sessions.digest(session_key), stores, tuple(every))


def still_good(session_keys: list[str]) -> dict[str, tuple[str, frozenset[UUID] | None]]:
    """Return, for each session key that is still logged in, the agent's id and the stores they see now."""
    alive = set(Session.objects.filter(session_key__in=session_keys).values_list("session_key", flat=True))
    found = {}
    for key in alive:
        console = console_of(key)
        if console is not None:
            found[key] = (str(console.agent.id), console.stores)
    return found


def visitor_of(token: str) -> tuple[VisitorSession, Conversation | None, int] | None:
    """Return a visitor's session, their live (else last) conversation, and how many agents are there."""
    session = visitors.authenticate(token)
    if session is None:
        return None
    return session, conversation_of(session.buyer_id), presence.online_count(session.buyer.store_id)


def conversation_of(buyer_id: UUID) -> Conversation | None:
    """Return the conversation that a buyer's widget shows: the live one, else the latest."""
    rows = Conversation.objects.filter(buyer_id=buyer_id).select_related("assignee")
    live = rows.exclude(status="resolved").first()
    return live or rows.order_by("-created_at").first()


def missed(conversation_id: UUID, after: int, *, public: bool) -> tuple[list[dict[str, Any]], int] | None:
    """Return the messages after `after` in order and the last seq; None where they are too many to send one by one.

    For a buyer only what is public. The caller has checked that the conversation is theirs to see.
    """
    rows = public_messages(conversation_id) if public else Message.objects.filter(conversation_id=conversation_id)
    found = list(with_message_relations(rows.filter(seq__gt=after).order_by("seq"))[: MOST_MISSED + 1])
    if len(found) > MOST_MISSED:
        return None
    last = Conversation.objects.filter(pk=conversation_id).values_list("last_seq", flat=True).first() or 0
    return [message_data(row) for row in found], last


def visible(agent: Agent, conversation_id: UUID) -> bool:
    return conversations_for(agent).filter(pk=conversation_id).exists()


def last_seqs(ids: set[UUID], *, public: bool) -> dict[str, int]:
    """Return the last seq of each conversation, from the rows: what a heartbeat says."""
    field = "last_public_seq" if public else "last_seq"
    rows = Conversation.objects.filter(pk__in=ids).values_list("id", field) if ids else []
    return {str(pk): seq for pk, seq in rows}


def widget_channel(store_id: UUID) -> UUID | None:
    """Return the store's active widget channel."""
    rows = Channel.objects.filter(store_id=store_id, kind="widget", active=True)
    return rows.values_list("id", flat=True).first()
