"""Two rows of one person become one, and two again: what moved is written down, so that it can go back.

Never two buyers whom the store vouches for. And a browser that nobody vouched for gets nothing of a buyer
somebody did: its session ends instead of moving along.
"""

from collections.abc import Iterable
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from events import names, topics
from events.record import SYSTEM, Actor, Happening, record
from inbox.access import check_may, with_summary_relations
from inbox.errors import Conflict, Invalid, NotFound
from inbox.models import Attachment, Conversation, Message, SearchEntry
from inbox.search import index_buyer
from inbox.services import timeline
from inbox.services.buyers import pushes_of
from inbox.services.joining import refuse_parting
from inbox.services.profile import move_blocks
from inbox.services.timeline import Batch
from people.access import buyers_for
from people.models import Agent, Buyer, BuyerIdentity, BuyerMerge, VisitorSession
from people.sessions import SAY_HELLO_AGAIN, end_sockets

Moved = dict[str, list[str]]  # ids of rows, by the kind of them


class Holder(Protocol):
    """What else belongs to buyers, in a room above this one (settings.BUYER_HOLDERS)."""

    def move(self, kept: Buyer, merged: Buyer) -> Moved: ...

    def move_back(self, kept: Buyer, merged: Buyer, moved: Moved) -> None: ...


def holders() -> list[Holder]:
    return [import_string(path)() for path in settings.BUYER_HOLDERS]


def merge_buyers(*, agent: Agent | None, buyer_id: UUID, other_id: UUID, reason: str = "") -> BuyerMerge:
    """Make two buyers of one store one; the one that the store vouches for stays, else `buyer_id`.

    `agent` None: by the desk itself, for a `reason`. Raises NotFound, Forbidden, Invalid, or Conflict where both are
    vouched for.
    """
    with transaction.atomic():
        rows = buyers_for(agent) if agent else Buyer.objects.filter(merged_into__isnull=True)
        rows = rows.select_related("store").select_for_update(of=("self",))
        found = {row.id: row for row in rows.filter(pk__in=[buyer_id, other_id]).order_by("id")}
        if len({buyer_id, other_id}) < 2:
            raise Invalid(_("That is the same buyer."), attr="other")
        if len(found) < 2:
            raise NotFound("No such buyer.")
        if agent is not None:
            check_may(agent, "buyers.merge")
        kept, merged = found[buyer_id], found[other_id]
        if merged.is_verified:
            kept, merged = merged, kept
        if kept.store_id != merged.store_id:
            raise Invalid(_("They are buyers of different stores."), attr="other")
        if merged.is_verified:
            raise Conflict(_("The store says that these are two people."), code="both_verified")
        moved = _move(kept, merged)
        for holder in holders():
            moved |= holder.move(kept, merged)
        merged.merged_into = kept
        merged.save(update_fields=["merged_into"])
        SearchEntry.objects.filter(buyer=merged).delete()
        merge = BuyerMerge.objects.create(
            kept=kept, merged=merged, agent=agent, reason=reason[:200], moved=moved
        )
        _tell(names.BUYER_MERGED, merge, kept, agent)
    return merge


def split_buyer(*, agent: Agent, merge_id: UUID) -> BuyerMerge:
    """Take a merge back: what moved, and still is where it moved, returns.

    Raises NotFound, Forbidden or Conflict.

    What came since stays with the one who was kept: nobody can tell whose it would have been.
    """
    with transaction.atomic():
        merges = BuyerMerge.objects.select_for_update(of=("self",))
        merge = merges.filter(pk=merge_id, kept__in=buyers_for(agent)).first()
        if merge is None:
            raise NotFound("No such merge.")
        check_may(agent, "buyers.merge")
        rows = Buyer.objects.select_related("store").select_for_update(of=("self",))
        found = {r.id: r for r in rows.filter(pk__in=[merge.kept_id, merge.merged_id]).order_by("id")}
        kept, merged = found[merge.kept_id], found[merge.merged_id]
        if merge.undone_at is not None:
            return merge
        if merged.merged_into_id != kept.id:
            raise Conflict(_("They are not one any more."))
        merged.merged_into = None
        merged.save(update_fields=["merged_into"])
        _move_back(kept, merged, merge.moved)
        for holder in holders():
            holder.move_back(kept, merged, merge.moved)
        index_buyer(merged)
        merge.undone_at, merge.undone_by = timezone.now(), agent
        merge.save(update_fields=["undone_at", "undone_by"])
        _tell(names.BUYER_SPLIT, merge, kept, agent)
    return merge


def _move(kept: Buyer, merged: Buyer) -> Moved:
    rows = with_summary_relations(Conversation.objects.filter(buyer__in=[kept, merged]))
    locked = list(rows.select_for_update(of=("self",)).order_by("id"))
    live = sorted((c for c in locked if c.status != "resolved"), key=lambda c: c.last_at)
    closed = live[:-1]
    for conversation in closed:  # a buyer has one that is live: the one in which something was said last
        _close(conversation, kept)
    moving = [c.id for c in locked if c.buyer_id == merged.id]
    Conversation.objects.filter(pk__in=moving).update(buyer=kept)
    _written(moving, merged).update(author_id=kept.id)
    sessions = VisitorSession.objects.filter(buyer=merged)
    end_sockets(
        [topics.session(pk.hex) for pk in sessions.values_list("id", flat=True)], code=SAY_HELLO_AGAIN
    )
    moved_sessions = _ids(sessions)
    if kept.is_verified:
        sessions.update(revoked_at=timezone.now())
        moved_sessions = []
    else:
        sessions.update(buyer=kept)
    identities = BuyerIdentity.objects.filter(buyer=merged)
    moved = {
        "conversations": [str(pk) for pk in moving],
        "closed": [str(c.id) for c in closed],
        "sessions": moved_sessions,
        "identities": _ids(identities),
    }
    identities.update(buyer=kept)
    Attachment.objects.filter(uploader=f"buyer:{merged.id}").update(uploader=f"buyer:{kept.id}")
    new_tags = merged.tags.exclude(pk__in=kept.tags.all())
    moved |= {"tags": _ids(new_tags), "blocks": move_blocks(merged, kept)}
    kept.tags.add(*new_tags)
    return moved


def _move_back(kept: Buyer, merged: Buyer, moved: Moved) -> None:
    conversations = Conversation.objects.filter(pk__in=moved["conversations"], buyer=kept)
    ids = list(conversations.values_list("id", flat=True))
    refuse_parting(ids)
    conversations.update(buyer=merged)
    _written(ids, kept).update(author_id=merged.id)
    sessions = VisitorSession.objects.filter(pk__in=moved["sessions"], buyer=kept)
    end_sockets(
        [topics.session(pk.hex) for pk in sessions.values_list("id", flat=True)], code=SAY_HELLO_AGAIN
    )
    sessions.update(buyer=merged)
    BuyerIdentity.objects.filter(pk__in=moved["identities"], buyer=kept).update(buyer=merged)
    kept.tags.remove(*kept.tags.filter(pk__in=moved.get("tags", [])))
    move_blocks(kept, merged, moved.get("blocks", []))


def _written(conversations: Iterable[UUID], buyer: Buyer) -> Any:
    """What a buyer wrote there: a message that is sent again by who they are now has to be known again."""
    return Message.objects.filter(
        conversation__in=list(conversations), author_kind="buyer", author_id=buyer.id
    )


def _close(conversation: Conversation, kept: Buyer) -> None:
    batch = Batch()
    conversation.status, conversation.snoozed_until = Conversation.Status.RESOLVED, None
    conversation.resolved_at = timezone.now()
    timeline.end_wait(conversation, batch, conversation.resolved_at)
    params = {"actor": "", "buyer": kept.display_name}
    words = f"Goes on in the other conversation with {kept.display_name}"
    timeline.add_line(conversation, batch, SYSTEM, names.BUYER_MERGED, params, words)
    timeline.write(batch)


def _ids(rows: Any) -> list[str]:
    return [str(pk) for pk in rows.values_list("id", flat=True)]


def _tell(name: str, merge: BuyerMerge, kept: Buyer, agent: Agent | None) -> None:
    data = {"buyer": str(merge.kept_id), "other": str(merge.merged_id), "merge": str(merge.id)}
    happening = Happening(name, Actor.agent(agent) if agent else SYSTEM, store_id=kept.store_id, data=data)
    both = [kept, merge.merged]
    happening.pushes = [push for buyer in both for push in pushes_of(buyer, named=True)]
    record(happening)
