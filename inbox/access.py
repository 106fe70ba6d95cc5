"""Which conversations, messages and files somebody may see, as querysets."""

from uuid import UUID

from django.db.models import Q, QuerySet

from inbox.models import Attachment, Conversation, Message
from people.access import stores_for
from people.models import Agent, Store


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
