"""Which conversations, messages and files somebody may see, as querysets."""

from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, prefetch_related_objects

from helpdesk.lib.kept import Kept
from inbox.models import Attachment, Channel, Conversation, Message, Tag, Tagging
from people.access import stores_for
from people.models import Agent, Store, Team


def store_ids_for(agent: Agent) -> frozenset[UUID] | None:
    """Return the ids of the stores whose conversations `agent` sees; None where that is every store there is.

    None rather than all ids, because a filter that excludes nothing still costs a list its index.
    """
    if agent.is_active and agent.role == Agent.Role.ADMIN:
        return None
    ids = frozenset(stores_for(agent).values_list("id", flat=True))
    if ids and not Store.objects.exclude(id__in=ids).exists():
        return None
    return ids


def conversations_for(agent: Agent) -> QuerySet[Conversation]:
    ids = store_ids_for(agent)
    return Conversation.objects.all() if ids is None else Conversation.objects.filter(store_id__in=ids)


def with_summary_relations(conversations: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Load what `summary_data` reads: two queries, however many rows."""
    return conversations.select_related("store", "buyer", "channel", "assignee", "team").prefetch_related(
        "tags"
    )


_STORES, _CHANNELS = Kept(Store), Kept(Channel)
_AGENTS, _TEAMS = Kept(Agent), Kept(Team)


def locked_for_summary(conversations: QuerySet[Conversation]) -> list[Conversation]:
    """Return the conversations in the order of their ids, locked, with what `summary_data` reads of them.

    What does not change from one message to the next (names of stores, channels, agents, teams) comes from
    memory: joined, it would cost more than all the rest of posting a message.
    """
    tagged = Exists(Tagging.objects.filter(conversation=OuterRef("pk")))
    rows = conversations.select_related("buyer").annotate(tagged=tagged)
    found: list[Any] = list(rows.select_for_update(of=("self",)).order_by("id"))
    stores, channels = _STORES.get(c.store_id for c in found), _CHANNELS.get(c.channel_id for c in found)
    agents, teams = _AGENTS.get(c.assignee_id for c in found), _TEAMS.get(c.team_id for c in found)
    for c in found:
        c.store, c.channel = stores[c.store_id], channels[c.channel_id]
        c.assignee = agents[c.assignee_id] if c.assignee_id else None
        c.team = teams.get(c.team_id) if c.team_id else None
        if not c.tagged:
            c._prefetched_objects_cache = {"tags": Tag.objects.none()}
    prefetch_related_objects([c for c in found if c.tagged], "tags")
    return found


def with_message_relations(messages: QuerySet[Message]) -> QuerySet[Message]:
    """Load what `message_data` reads: three queries, however many rows."""
    return messages.prefetch_related("attachments", "deliveries")


def public_messages(conversation_id: UUID) -> QuerySet[Message]:
    """What the buyer may see of a conversation. Every way to the buyer starts here."""
    return Message.objects.filter(conversation_id=conversation_id, private=False)


def attachments_for(agent: Agent) -> QuerySet[Attachment]:
    """Files of conversations the agent sees, and the agent's own that wait to be sent."""
    return Attachment.objects.filter(
        Q(conversation__in=conversations_for(agent), message__isnull=False) | Q(uploader=f"agent:{agent.id}")
    )


def attachments_for_buyer(buyer_id: UUID) -> QuerySet[Attachment]:
    return Attachment.objects.filter(
        Q(message__conversation__buyer_id=buyer_id, message__private=False) | Q(uploader=f"buyer:{buyer_id}")
    )
