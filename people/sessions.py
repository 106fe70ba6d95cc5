"""An agent's log-ins: which there are, and how one ends, with the sockets that it opened."""

from collections.abc import Iterable

from allauth.usersessions.models import UserSession
from django.utils.crypto import salted_hmac

from events import topics
from events.record import Push, push
from people.models import Agent

LOGGED_OUT = 4401  # the close code that sends a console to the log-in
SAY_HELLO_AGAIN = 4012  # as 1012, "service restart": the page connects again, and hears what it may see now


def digest(session_key: str) -> str:
    """Name a log-in without naming its key, which is a secret."""
    return salted_hmac("helpdesk.session", session_key).hexdigest()[:32]


def end_sockets(topics_: Iterable[str], *, code: int = LOGGED_OUT) -> None:
    """Close what listens to one of the topics, after the commit. (The heartbeat would, but later.)"""
    push([Push((topic,), {"type": "_close", "code": code}) for topic in topics_])


def sessions_of(agent: Agent) -> list[UserSession]:
    """Return the log-ins of `agent` that are still good, the latest seen first."""
    alive = UserSession.objects.purge_and_list(agent)
    return sorted(alive, key=lambda session: session.last_seen_at, reverse=True)


def end(sessions: Iterable[UserSession]) -> None:
    """End log-ins at once: the next request is a stranger's, and open sockets close."""
    for session in sessions:
        end_sockets([topics.session(digest(session.session_key))])
        session.end()


def end_all(agent: Agent, *, but: str | None = None) -> None:
    """End every log-in of `agent`, or all but the one with the key `but`."""
    rows = UserSession.objects.filter(user=agent)
    end(rows.exclude(session_key=but) if but else rows)
    if but is None:
        end_sockets([topics.agent(agent.id)])
