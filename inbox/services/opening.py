"""Which conversation a buyer who has no live one goes on with: their last one, or a new one.

Arrivals come all at once when they come. So what a batch of them needs is asked for together, by statements whose
text is made once, and a conversation that is opened is written with its first message in it.
"""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone

from events import names
from events.record import Actor, Happening
from helpdesk.lib import rows
from inbox.access import channel_of, locked_for_summary, with_kept
from inbox.errors import NotFound
from inbox.models import Conversation
from inbox.services.timeline import Batch
from people.models import Buyer

REOPEN_WITHIN = timedelta(days=7)  # a buyer who writes later than this begins a new conversation


def locked_buyers(ids: Collection[UUID]) -> dict[UUID, Buyer]:
    """Lock buyers in the order of their ids: two first messages of one queue up here."""
    if not ids:
        return {}
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    statement = (
        f"SELECT {rows.columns(Buyer, 'b')} FROM {Buyer._meta.db_table} b WHERE b.id IN ({_places(ids)})"
    )
    _count, build = rows.reader(Buyer)
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} ORDER BY b.id{lock}", rows.prepared(Buyer, "id", list(ids)))
        found = [build(row) for row in cursor.fetchall()]
    return {buyer.id: buyer for buyer in found}


def locked_last(buyers: Collection[UUID]) -> list[Conversation]:
    """Lock the conversations that buyers without a live one go on with; whose there is none begins a new one.

    It is asked when the buyers are locked, not with them: whoever was waited for may have opened one.
    """
    if not buyers:
        return []
    table = Conversation._meta.db_table
    statement = (
        f"SELECT c.id FROM {table} c WHERE c.buyer_id IN ({_places(buyers)}) AND c.merged_into_id IS NULL"
        " AND (c.status <> 'resolved' OR c.resolved_at > %s)"
        f" AND NOT EXISTS (SELECT 1 FROM {table} n WHERE n.buyer_id = c.buyer_id"
        " AND n.merged_into_id IS NULL AND n.created_at > c.created_at)"
    )
    oldest = rows.prepared(Conversation, "resolved_at", [timezone.now() - REOPEN_WITHIN])
    with connection.cursor() as cursor:
        cursor.execute(statement, rows.prepared(Buyer, "id", list(buyers)) + oldest)
        ids = [pk for (pk,) in cursor.fetchall()]
    return locked_for_summary(ids)


def open_conversation(buyer: Buyer, channel_id: UUID, actor: Actor, batch: Batch) -> Conversation:
    """Return a new conversation, which is written with the batch. Raises NotFound where the channel is gone.

    Where two open one at once on a database that has no locks of rows to queue at, the second is not written:
    `post_messages` then begins anew, and finds the first.
    """
    channel = channel_of(channel_id)
    if channel is None:
        raise NotFound("No such channel.")
    conversation = Conversation(store_id=channel.store_id, buyer=buyer, channel_id=channel_id)
    with_kept([conversation])
    batch.fresh.append(conversation)
    batch.opened.append(conversation)
    batch.happenings.append(
        Happening(
            names.CONVERSATION_OPENED,
            actor,
            store_id=conversation.store_id,
            conversation_id=conversation.id,
            data={"channel": channel.kind},
        )
    )
    return conversation


def _places(values: Collection[object]) -> str:
    return ", ".join(["%s"] * len(values))
