"""Which conversations, messages and files somebody may see, as querysets."""

from collections.abc import Collection
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet, prefetch_related_objects
from django.utils.translation import gettext as _

from helpdesk.lib import rows
from helpdesk.lib.kept import Kept
from inbox.errors import Forbidden
from inbox.models import Attachment, Channel, Conversation, Message, Original, Tag, Tagging
from people.access import stores_for
from people.models import Agent, Buyer, Store, Team


def store_ids_for(agent: Agent) -> frozenset[UUID] | None:
    """Return the ids of the stores whose conversations `agent` sees; None where that is every store there is.

    None rather than all ids, because a filter that excludes nothing still costs a list its index.
    """
    if agent.is_active and agent.role == Agent.Role.ADMIN:
        return None
    mine = Exists(stores_for(agent).filter(pk=OuterRef("pk")))
    stores = dict(Store.objects.order_by().values_list("id").annotate(mine=mine))
    if stores and all(stores.values()):
        return None
    return frozenset(pk for pk, is_mine in stores.items() if is_mine)


def check_may(agent: Agent, ability: str) -> None:
    """Raise Forbidden for whose role lacks an ability (people/abilities.py)."""
    if not agent.may(ability):
        raise Forbidden(_("Your role may not do this."))


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


def locked_for_summary(
    ids: Collection[UUID], live_of: Collection[UUID] = (), *, skip_locked: bool = False
) -> list[Conversation]:
    """Lock the conversations `ids` and the live ones of the buyers `live_of`; return them in the order of their
    ids with what `summary_data` reads of them.

    Every message begins here, so it is one statement, with its text made once. What does not change from one
    message to the next (names of stores, channels, agents, teams) comes from memory.
    """
    clauses, values = [], []
    if ids:
        clauses.append(f"c.id IN ({', '.join(['%s'] * len(ids))})")
        values += rows.prepared(Conversation, "id", list(ids))
    if live_of:
        clauses.append(f"(c.buyer_id IN ({', '.join(['%s'] * len(live_of))}) AND c.status <> 'resolved')")
        values += rows.prepared(Buyer, "id", list(live_of))
    if not clauses:
        return []
    lock = " FOR UPDATE OF c" if connection.features.has_select_for_update else ""
    if skip_locked and connection.features.has_select_for_update_skip_locked:
        lock += " SKIP LOCKED"
    with connection.cursor() as cursor:
        cursor.execute(f"{_summary_statement()}{' OR '.join(clauses)} ORDER BY c.id{lock}", values)
        found = [_summary_row(row) for row in cursor.fetchall()]
    with_kept(found)
    if tagged := [c for c in found if c.tagged]:
        prefetch_related_objects(tagged, "tags")
    return found


def with_kept(found: Collection[Any]) -> None:
    """Give conversations (with their buyers) from memory what else `summary_data` reads; none of them has tags, where
    they are not said to be `tagged`."""
    stores, channels = _STORES.get(c.store_id for c in found), _CHANNELS.get(c.channel_id for c in found)
    agents, teams = _AGENTS.get(c.assignee_id for c in found), _TEAMS.get(c.team_id for c in found)
    for c in found:
        c.store, c.channel = stores[c.store_id], channels[c.channel_id]
        c.assignee = agents[c.assignee_id] if c.assignee_id else None
        c.team = teams.get(c.team_id) if c.team_id else None
        if not getattr(c, "tagged", False):
            c._prefetched_objects_cache = {"tags": _no_tags()}


def channel_of(channel_id: UUID) -> Channel | None:
    """Return a channel from memory: a few seconds old at most."""
    return _CHANNELS.get([channel_id]).get(channel_id)


def _no_tags() -> QuerySet[Tag]:
    """What prefetching nothing leaves: an empty result that needs no query to be looked at."""
    nothing: Any = Tag.objects.none()
    nothing._result_cache = []
    return nothing


@cache
def _summary_statement() -> str:
    return (
        f"SELECT {rows.columns(Conversation, 'c')}, {rows.columns(Buyer, 'b')},"
        f" EXISTS (SELECT 1 FROM {Tagging._meta.db_table} t WHERE t.conversation_id = c.id)"
        f" FROM {Conversation._meta.db_table} c JOIN {Buyer._meta.db_table} b ON b.id = c.buyer_id WHERE "
    )


def _summary_row(row: tuple[Any, ...]) -> Any:
    (own, conversation), (_, buyer) = rows.reader(Conversation), rows.reader(Buyer)
    found: Any = conversation(row[:own])
    found.buyer, found.tagged = buyer(row[own:-1]), row[-1]
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


def originals_for(agent: Agent) -> QuerySet[Original]:
    """Mails as they came, of conversations the agent sees."""
    return Original.objects.filter(message__conversation__in=conversations_for(agent))


def attachments_for_buyer(buyer_id: UUID) -> QuerySet[Attachment]:
    return Attachment.objects.filter(
        Q(message__conversation__buyer_id=buyer_id, message__private=False) | Q(uploader=f"buyer:{buyer_id}")
    )
