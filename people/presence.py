"""Presence is a lease: a process renews it for the agents whose sockets it holds, and time takes it away.

A server that is killed runs no goodbye, so nothing here relies on one.
"""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from events import names, topics
from events.record import Actor, Happening, Push, push, record
from helpdesk.lib.jobs import enqueue
from people.models import Agent, Store

LEASE = timedelta(seconds=35)  # three heartbeats and a little


def _presence_pushes(agent: Agent, state: str) -> list[Push]:
    frame = {"type": "presence", "agent": {"id": str(agent.id), "name": agent.name}, "state": state}
    return [Push((topics.AGENTS,), frame)]


def renew(agent_ids: Iterable[UUID]) -> None:
    """Extend the leases of agents who are connected; say so for those who were away."""
    now = timezone.now()
    ids = list(agent_ids)
    back = list(Agent.objects.filter(pk__in=ids).exclude(lease_until__gt=now)) if ids else []
    if ids:
        still_away = When(presence=Agent.Presence.AWAY, then=F("gone_since"))
        Agent.objects.filter(pk__in=ids).update(
            lease_until=now + LEASE, gone_since=Case(still_away, default=None)
        )
    with transaction.atomic():
        for agent in back:
            push(_presence_pushes(agent, agent.presence))
        if back:
            push(_widget_pushes(back))
            enqueue(settings.PRESENCE_JOB)


def expire() -> list[Agent]:
    """Take away leases that ran out, each by exactly one process; return the agents who are gone now."""
    gone = []
    for agent in Agent.objects.filter(lease_until__lte=timezone.now()):
        mine = Agent.objects.filter(pk=agent.pk, lease_until=agent.lease_until)
        if mine.update(lease_until=None, gone_since=Coalesce("gone_since", "lease_until")):
            gone.append(agent)
    with transaction.atomic():
        for agent in gone:
            push(_presence_pushes(agent, "offline"))
        if gone:
            push(_widget_pushes(gone))
    return gone


def choose(*, agent: Agent, state: str) -> Agent:
    """Set what the agent wants to be seen as. Raises ValueError for an unknown state."""
    if state not in Agent.Presence.values:
        raise ValueError("presence is online, busy or away")
    with transaction.atomic():
        locked = Agent.objects.select_for_update().get(pk=agent.pk)
        if locked.presence == state:
            return locked
        before, locked.presence = locked.presence, state
        if state == Agent.Presence.AWAY:
            locked.gone_since = locked.gone_since or timezone.now()
        elif locked.presence_now() == state:
            locked.gone_since = None
        locked.save(update_fields=["presence", "gone_since"])
        record(
            Happening(
                names.AGENT_PRESENCE,
                Actor.agent(agent),
                data={"before": before, "after": state},
                pushes=_presence_pushes(locked, locked.presence_now()) + _widget_pushes([locked]),
            )
        )
        enqueue(settings.PRESENCE_JOB)
    return locked


def online_count(store_id: UUID) -> int:
    """Return how many agents of a store's teams are there and take conversations now."""
    return (
        Agent.objects.filter(
            is_active=True, presence="online", lease_until__gt=timezone.now(), teams__stores=store_id
        )
        .distinct()
        .count()
    )


def _widget_pushes(agents: list[Agent]) -> list[Push]:
    """Tell the widgets of every store these agents serve how many are there now."""
    stores = Store.objects.filter(teams__agents__in=agents).distinct()
    return [
        Push((topics.widgets(store.id),), {"type": "presence", "agents_online": online_count(store.id)})
        for store in stores
    ]
