"""Telling those who can still do something: an answer is due soon, or was due by now.

A sweep takes what there is to tell by its index. `reply_check_at` is moved on in the transaction that writes the event
and the notices, under the lock of the conversation: two sweeps tell it once, and one that is killed has told nothing.
Who ends a wait that was overdue before any sweep came writes that down themselves (`timeline.end_wait`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from events import names
from events.record import SYSTEM, Happening
from inbox.access import locked_for_summary
from inbox.models import Conversation
from inbox.payloads import iso
from inbox.services import telling, timeline
from inbox.services.timeline import Batch
from people.models import Agent

AT_ONCE = 50  # conversations in one transaction
MOST = 1_000  # of one sweep


def tell_due() -> int:
    """Warn where an answer is due soon, and tell where one is overdue. Returns how many were told; safe at once."""
    told = 0
    while told < MOST:
        rows = Conversation.objects.filter(reply_check_at__lte=timezone.now()).order_by("reply_check_at")
        ids = list(rows.values_list("id", flat=True)[:AT_ONCE])
        done = _tell(ids) if ids else 0
        told += done
        if done < AT_ONCE:  # that was all, or somebody has the others in hand: they are there the next time
            break
    return told


@transaction.atomic
def _tell(ids: Collection[UUID]) -> int:
    now, batch = timezone.now(), Batch()
    # What somebody is writing to at this moment is looked at again by the next sweep.
    found = locked_for_summary(ids, skip_locked=True)
    found = [c for c in found if c.reply_check_at is not None and c.reply_check_at <= now]
    soon = [c for c in found if c.reply_due_at is not None and c.reply_due_at > now]
    late = [c for c in found if c not in soon]
    for c in soon:
        _warn(c, batch)
    for c in late:
        timeline.add_overdue(c, batch)
    there, above = _there(c.store_id for c in soon), _supervisors(c.store_id for c in late)
    for c in soon:
        whom = [c.assignee_id] if c.assignee_id else there[c.store_id, c.team_id]
        telling.tell_due_soon(c, whom)
    for c in late:
        telling.tell_overdue(c, {*above[c.store_id], *([c.assignee_id] if c.assignee_id else [])})
    timeline.write(batch)
    return len(found)


def _warn(c: Conversation, batch: Batch) -> None:
    batch.happenings.append(
        Happening(
            names.REPLY_DUE_SOON,
            SYSTEM,
            store_id=c.store_id,
            conversation_id=c.id,
            data={
                "kind": c.reply_kind,
                "due": iso(c.reply_due_at),
                "agent": str(c.assignee_id) if c.assignee_id else None,
            },
        )
    )
    batch.changed[c.id] = c
    batch.causes[c.id] = {"cause": names.REPLY_DUE_SOON}
    c.reply_check_at = c.reply_due_at


def _there(store_ids: Iterable[UUID]) -> dict[tuple[UUID, UUID | None], set[UUID]]:
    """Return who is there for each store, and for each of its teams."""
    found: defaultdict[tuple[UUID, UUID | None], set[UUID]] = defaultdict(set)
    online = Q(
        agent__is_active=True, agent__presence=Agent.Presence.ONLINE, agent__lease_until__gt=timezone.now()
    )
    rows = _members(store_ids, online)
    for agent_id, team_id, store_id in rows:
        found[store_id, None].add(agent_id)
        found[store_id, team_id].add(agent_id)
    return found


def _supervisors(store_ids: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """Return who supervises each store."""
    found: defaultdict[UUID, set[UUID]] = defaultdict(set)
    supervises = Q(agent__is_active=True, agent__role__in=[Agent.Role.SUPERVISOR, Agent.Role.ADMIN])
    for agent_id, _team_id, store_id in _members(store_ids, supervises):
        found[store_id].add(agent_id)
    return found


def _members(store_ids: Iterable[UUID], who: Q) -> list[tuple[UUID, UUID, UUID]]:
    """Return who serves the stores in which team; no query where no store is given."""
    if not (wanted := set(store_ids)):
        return []
    rows = Agent.teams.through.objects.filter(who, team__stores__in=wanted)
    return [row for row in rows.values_list("agent_id", "team_id", "team__stores") if row[2] in wanted]
