"""What agents are told of conversations, in the bell that follows them (people/notices.py).

Messages of buyers are not in here: the list shows them, and a row for each would be a second inbox.
"""

from collections.abc import Iterable
from itertools import groupby
from uuid import UUID

from django.utils import timezone

from inbox.models import Conversation, Mention, Message
from inbox.notice_words import ASSIGNED, DUE_SOON, MENTION, OVERDUE, TEAM_GIVEN
from people.models import Agent
from people.notices import notify


def tell_mentioned(mentions: Iterable[Mention]) -> None:
    """Tell the agents who are named in notes. Of one conversation the newest mention stands in their bell."""
    for message, named in groupby(mentions, lambda mention: mention.message):
        one = list(named)
        conversation = one[0].conversation
        notify(
            [mention.agent_id for mention in one],
            kind=MENTION,
            key=f"{MENTION}.{conversation.pk}",
            params={
                "by": message.author_name,
                "buyer": conversation.buyer.display_name,
                "said": " ".join(message.body.split()),
            },
            href=address(conversation),
        )


def tell_assigned(conversation: Conversation, *, by: Agent, note: Message | None = None) -> None:
    """Tell the agent who has a conversation now that a colleague gave it to them, and what they noted down for them."""
    assert conversation.assignee_id is not None
    notify(
        [conversation.assignee_id],
        kind=ASSIGNED,
        key=f"{ASSIGNED}.{conversation.pk}",
        params={
            "by": by.name,
            "buyer": conversation.buyer.display_name,
            "said": " ".join(note.body.split()) if note else conversation.preview,
        },
        href=address(conversation),
    )


def tell_team(conversation: Conversation, *, by: Agent, note: Message) -> None:
    """Tell those of a team who are there that it was given a conversation, and what was noted down for them."""
    assert conversation.team is not None
    there = Agent.objects.filter(
        teams=conversation.team_id, presence=Agent.Presence.ONLINE, lease_until__gt=timezone.now()
    )
    notify(
        there.exclude(pk=by.pk).values_list("pk", flat=True),
        kind=TEAM_GIVEN,
        key=f"{TEAM_GIVEN}.{conversation.pk}",
        params={
            "by": by.name,
            "team": conversation.team.name,
            "buyer": conversation.buyer.display_name,
            "said": " ".join(note.body.split()),
        },
        href=address(conversation),
    )


def address(conversation: Conversation) -> str:
    return f"/inbox/{conversation.pk}/"


def tell_due_soon(conversation: Conversation, agents: Iterable[UUID]) -> None:
    """Tell agents that a buyer is to have an answer soon. A wait is one notice, which becomes overdue."""
    _tell_due(DUE_SOON, conversation, agents)


def tell_overdue(conversation: Conversation, agents: Iterable[UUID]) -> None:
    _tell_due(OVERDUE, conversation, agents)


def _tell_due(kind: str, conversation: Conversation, agents: Iterable[UUID]) -> None:
    notify(
        agents,
        kind=kind,
        key=f"due.{conversation.pk}",
        params={
            "buyer": conversation.buyer.display_name,
            "store": conversation.store.name,
            "said": conversation.preview,
        },
        href=address(conversation),
    )
