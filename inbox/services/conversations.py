"""What agents do with a conversation: assign, resolve, reopen, snooze, prioritise, tag."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events import names
from events.record import SYSTEM, Actor
from inbox.access import conversations_for, with_summary_relations
from inbox.errors import Conflict, Invalid, NotFound
from inbox.models import Conversation, Message, Tag
from inbox.payloads import iso
from inbox.services import rating_asks, routing, telling, timeline
from inbox.services.timeline import Batch
from people.access import agents_for
from people.models import Agent, Team


def locked(agent: Agent, conversation_id: UUID) -> Conversation:
    """Return a conversation that the agent may see, locked. Raises NotFound, or Conflict where it was merged."""
    [conversation] = locked_together(agent, conversation_id)
    if conversation.merged_into_id is not None:
        raise Conflict(_("It was merged into another conversation."), code="merged")
    return conversation


def locked_together(agent: Agent, *ids: UUID) -> list[Conversation]:
    """Return conversations that the agent may see, locked in one order for all. Raises NotFound."""
    rows = with_summary_relations(conversations_for(agent)).select_for_update(of=("self",))
    found = {row.id: row for row in rows.filter(pk__in=ids).order_by("id")}
    if len(found) < len(ids):
        raise NotFound("No such conversation.")
    return [found[pk] for pk in ids]


def _change(
    agent: Agent, conversation_id: UUID, change: Callable[[Conversation, Batch, Actor], list[str] | None]
) -> Conversation:
    """Run `change` on the locked conversation.

    It returns the fields that it set besides those every batch keeps, or None where there was nothing to change.
    """
    with transaction.atomic():
        conversation = locked(agent, conversation_id)
        batch = Batch()
        fields = change(conversation, batch, Actor.agent(agent))
        if fields is not None:
            if fields:
                conversation.save(update_fields=fields)
            timeline.write(batch)
    return conversation


def assign(
    *,
    agent: Agent,
    conversation_id: UUID,
    to_agent: UUID | None = None,
    to_team: UUID | None = None,
    keep_agent: bool = False,
    note: Message | None = None,
) -> Conversation:
    """Give a conversation to a colleague and/or a team, or to nobody.

    `keep_agent` changes only the team; `note` is what was written down for whoever gets it (services/handing.py).
    Raises Invalid for somebody who does not serve the store.
    """

    def change(c: Conversation, batch: Batch, actor: Actor) -> list[str] | None:
        assignee = c.assignee if keep_agent else _colleague(agent, c, to_agent)
        team = c.team
        if to_team is not None or keep_agent:
            team = _team(c, to_team)
        is_given = assignee is not None and assignee != agent and (assignee != c.assignee or note is not None)
        if assignee == c.assignee and team == c.team:
            if is_given:
                telling.tell_assigned(c, by=agent, note=note)
            return None
        # Given away again, but not to the one who says that it is not for them.
        c.put_back_by = agent if assignee is None and c.assignee == agent else None
        c.assignee, c.team = assignee, team
        routing.ring()
        params = {
            "actor": actor.name,
            "assignee": assignee.name if assignee else None,
            "team": team.name if team else None,
        }
        to = (assignee.name if assignee else None) or (team.name if team else None)
        body = f"{actor.name} assigned this to {to}" if to else f"{actor.name} unassigned this"
        if note is not None:
            params["note"] = str(note.id)
        more = {"agent": str(assignee.id) if assignee else None}
        timeline.add_line(c, batch, actor, names.CONVERSATION_ASSIGNED, params, body, more=more)
        if is_given:
            telling.tell_assigned(c, by=agent, note=note)
        return ["assignee", "team", "put_back_by"]

    return _change(agent, conversation_id, change)


def _colleague(agent: Agent, conversation: Conversation, agent_id: UUID | None) -> Agent | None:
    if agent_id is None:
        return None
    colleague = agents_for(agent).filter(pk=agent_id).first() or (agent if agent.id == agent_id else None)
    if colleague is None or not conversations_for(colleague).filter(pk=conversation.pk).exists():
        raise Invalid("That colleague does not serve this store.", code="unknown_agent", attr="agent")
    return colleague


def _team(conversation: Conversation, team_id: UUID | None) -> Team | None:
    if team_id is None:
        return None
    team = Team.objects.filter(pk=team_id, stores=conversation.store_id).first()
    if team is None:
        raise Invalid("That team does not serve this store.", code="unknown_team", attr="team")
    return team


def resolve(*, agent: Agent, conversation_id: UUID) -> Conversation:
    def change(c: Conversation, batch: Batch, actor: Actor) -> list[str] | None:
        if c.status == "resolved":
            return None
        c.status, c.snoozed_until = Conversation.Status.RESOLVED, None
        c.resolved_at = timezone.now()
        timeline.end_wait(c, batch, c.resolved_at)
        routing.ring()  # there is a place again
        params = {"actor": actor.name}
        timeline.add_line(
            c, batch, actor, names.CONVERSATION_RESOLVED, params, f"{actor.name} resolved this", public=True
        )
        c.resolved_by = agent
        rating_asks.plan(c)
        return ["resolved_by"]

    return _change(agent, conversation_id, change)


def reopen(*, agent: Agent, conversation_id: UUID) -> Conversation:
    """Open a resolved or snoozed conversation. Raises Conflict where the buyer has a newer one that is live."""

    def change(c: Conversation, batch: Batch, actor: Actor) -> list[str] | None:
        if c.status == "open":
            return None
        timeline.reopen(c, actor, batch)
        routing.ring()
        return []

    try:
        return _change(agent, conversation_id, change)
    except IntegrityError:
        raise Conflict("This buyer has another conversation that is open.", code="other_is_open") from None


def snooze(*, agent: Agent, conversation_id: UUID, until: datetime) -> Conversation:
    """Put a conversation aside until `until` (aware UTC); the buyer's next message wakes it earlier."""
    if until <= timezone.now():
        raise Invalid("Snooze until a time that is still to come.", attr="until")

    def change(c: Conversation, batch: Batch, actor: Actor) -> list[str] | None:
        if c.status == "resolved":
            raise Conflict("A resolved conversation cannot be snoozed; reopen it first.")
        c.status, c.snoozed_until = Conversation.Status.SNOOZED, until
        routing.ring()
        params = {"actor": actor.name, "until": iso(until)}
        timeline.add_line(c, batch, actor, names.CONVERSATION_SNOOZED, params, f"{actor.name} snoozed this")
        return []

    return _change(agent, conversation_id, change)


def wake_due(limit: int = 200) -> int:
    """Open conversations whose snooze has ended. Returns how many; called by the sweep, safe to run twice."""
    woken = 0
    due = Conversation.objects.filter(status="snoozed", snoozed_until__lte=timezone.now()).values_list(
        "id", flat=True
    )
    for conversation_id in list(due[:limit]):
        with transaction.atomic():
            rows = with_summary_relations(Conversation.objects.filter(pk=conversation_id, status="snoozed"))
            c = rows.select_for_update(of=("self",)).first()
            if c is None or c.snoozed_until is None or c.snoozed_until > timezone.now():
                continue
            c.status, c.snoozed_until = Conversation.Status.OPEN, None
            batch = Batch()
            timeline.add_line(c, batch, SYSTEM, names.CONVERSATION_WOKEN, {}, "Snooze ended")
            timeline.write(batch)
            woken += 1
    return woken


def set_priority(*, agent: Agent, conversation_id: UUID, priority: int) -> Conversation:
    if priority not in Conversation.Priority.values:
        raise Invalid("Priority is -1, 0, 1 or 2.", attr="priority")

    def change(c: Conversation, batch: Batch, actor: Actor) -> list[str] | None:
        if c.priority == priority:
            return None
        c.priority = priority
        label = Conversation.Priority(priority).name.lower()
        params = {"actor": actor.name, "priority": priority}
        timeline.add_line(
            c, batch, actor, names.CONVERSATION_PRIORITY, params, f"{actor.name} set priority {label}"
        )
        return ["priority"]

    return _change(agent, conversation_id, change)


def set_tags(
    *, agent: Agent, conversation_id: UUID, add: Iterable[UUID] = (), remove: Iterable[UUID] = ()
) -> Conversation:
    def change(c: Conversation, batch: Batch, actor: Actor) -> list[str] | None:
        present = {tag.id for tag in c.tags.all()}
        adding = [tag for tag in _tags(add) if tag.id not in present]
        removing = [tag for tag in _tags(remove) if tag.id in present]
        if not adding and not removing:
            return None
        c.tags.add(*adding)
        c.tags.remove(*removing)
        c._prefetched_objects_cache.clear()  # type: ignore[attr-defined]  # the summary shows the new ones
        params: dict[str, Any] = {
            "actor": actor.name,
            "added": [tag.name for tag in adding],
            "removed": [tag.name for tag in removing],
        }
        said = [f"+{tag.name}" for tag in adding] + [f"-{tag.name}" for tag in removing]
        timeline.add_line(
            c, batch, actor, names.CONVERSATION_TAGGED, params, f"{actor.name} {' '.join(said)}"
        )
        return []

    return _change(agent, conversation_id, change)


def _tags(ids: Iterable[UUID]) -> list[Tag]:
    wanted = set(ids)
    found = list(Tag.objects.filter(pk__in=wanted)) if wanted else []
    if len(found) != len(wanted):
        raise Invalid("There is no such tag.", code="unknown_tag", attr="tags")
    return found
