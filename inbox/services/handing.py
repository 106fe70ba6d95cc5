"""Handing a conversation over with a note: what the next one has to know, and who could be the next one."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q

from events import topics
from events.record import Actor, Push, push
from inbox.access import conversations_for, store_ids_for
from inbox.assigning import Rules
from inbox.errors import NotFound
from inbox.models import Conversation, Mention, Message, RoutingRule
from inbox.services import telling
from inbox.services.conversations import assign
from inbox.services.messages import Draft, post_message
from inbox.services.routing import open_counts
from people.access import agents_for
from people.models import Agent, Team


@dataclass(frozen=True, slots=True)
class Receiver:
    """A colleague who could have it: how many open conversations they have, and how many they are given at most."""

    agent: Agent
    has_open: int
    limit: int


@dataclass(frozen=True, slots=True)
class ReceivingTeam:
    team: Team
    online: int


def hand_over(
    *,
    agent: Agent,
    conversation_id: UUID,
    note: str,
    to_agent: UUID | None = None,
    to_team: UUID | None = None,
    keep_agent: bool = False,
    client_id: str | None = None,
) -> Conversation:
    """Write a note down for whoever gets the conversation, and give it to them, both or neither; as `assign` else.

    A repeated `client_id` changes nothing more, whatever became of it meanwhile. Raises what posting and assigning do.
    """
    with transaction.atomic():
        draft = Draft(
            actor=Actor.agent(agent),
            client_id=client_id or uuid4().hex,
            body=note,
            conversation_id=conversation_id,
            stores=store_ids_for(agent),
            private=True,
        )
        posted = post_message(draft)
        if not posted.created:
            return posted.conversation
        conversation = assign(
            agent=agent,
            conversation_id=conversation_id,
            to_agent=to_agent,
            to_team=to_team,
            keep_agent=keep_agent,
            note=posted.message,
        )
        if keep_agent and conversation.team_id is not None:
            telling.tell_team(conversation, by=agent, note=posted.message)
        elif not keep_agent and conversation.assignee is not None and conversation.assignee != agent:
            _mention(conversation.assignee, posted.message)
    return conversation


def _mention(receiver: Agent, message: Message) -> None:
    """Let the note stand among their mentions; their bell says it by what they were given."""
    _row, is_new = Mention.objects.get_or_create(
        agent=receiver, message=message, defaults={"conversation": message.conversation}
    )
    if is_new:
        ids = {"conversation": str(message.conversation_id), "message": str(message.id)}
        push([Push((topics.agent(receiver.id),), {"type": "mention", **ids})])


def receivers(agent: Agent, conversation_id: UUID) -> tuple[list[Receiver], list[ReceivingTeam]]:
    """Return who could be given a conversation, by name; eight queries, however many there are. Raises NotFound."""
    conversation = conversations_for(agent).filter(pk=conversation_id).first()
    if conversation is None:
        raise NotFound("No such conversation.")
    store_id = conversation.store_id
    serves = Q(teams__stores=store_id) | Q(role=Agent.Role.ADMIN)
    rows = agents_for(agent).filter(pk__in=Agent.objects.filter(serves).values("pk"))
    agents = list(rows.exclude(pk=agent.pk).order_by("name", "id").prefetch_related("teams"))
    teams = list(Team.objects.filter(stores=store_id).order_by("name", "id"))
    of_store = {team.id for team in teams}
    rules = Rules.of(RoutingRule.objects.filter(store=store_id))
    counts = open_counts([one.id for one in agents])
    found = []
    online: dict[UUID, int] = {}
    for one in agents:
        mine = [team.id for team in one.teams.all() if team.id in of_store]
        found.append(Receiver(one, counts.get(one.id, 0), rules.limit(one, store_id, mine)))
        if one.presence_now() == Agent.Presence.ONLINE:
            for team_id in mine:
                online[team_id] = online.get(team_id, 0) + 1
    return found, [ReceivingTeam(team, online.get(team.id, 0)) for team in teams]
