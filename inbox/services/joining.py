"""An earlier conversation and another one of the same buyer become one timeline, and two again.

Messages stand by their time, in places without gaps, and all that names their conversation goes along. What moved is
written down by ids, so that it goes back whatever came in between: what was said since stays where it was said.
The emptied conversation stays as its own address, resolved and in no list, and says where its messages are.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from heapq import merge as by_time
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from events import names, topics
from events.record import Actor, Happening, Push, push
from inbox.access import check_may, conversations_for, with_summary_relations
from inbox.errors import Conflict, Invalid, NotFound
from inbox.models import Conversation, ConversationMerge, Draft, Message, RatingAsk, ReadMark, Tag
from inbox.payloads import iso
from inbox.services import timeline
from inbox.services.conversations import locked_together
from inbox.services.places import Move, take_places
from inbox.services.timeline import Batch
from people.models import Agent
from people.notice_models import Notice

MOST_MOVED = 2_000
_EMPTY = {"last_seq": 0, "last_public_seq": 0, "inbound_count": 0}

Moved = dict[str, Any]  # ids of rows, by the kind of them


class Holder(Protocol):
    """What else names conversations, in a room above this one (settings.CONVERSATION_HOLDERS)."""

    def move(self, kept: Conversation, other: Conversation) -> Moved: ...

    def move_back(self, kept: Conversation, other: Conversation, moved: Moved) -> None: ...


def holders() -> list[Holder]:
    return [import_string(path)() for path in settings.CONVERSATION_HOLDERS]


def merge_conversations(*, agent: Agent, conversation_id: UUID, other_id: UUID) -> ConversationMerge:
    """Make `other_id`, which is resolved, part of `conversation_id`; the one that is kept goes on as it stood.

    Raises NotFound, Forbidden, Invalid (of another buyer, too long), or Conflict (not resolved, or part of another
    already).
    """
    if conversation_id == other_id:
        raise Invalid(_("That is the same conversation."), attr="other")
    with transaction.atomic():
        kept, other = locked_together(agent, conversation_id, other_id)
        check_may(agent, "conversations.merge")
        _refuse(kept, other)
        merge = ConversationMerge(kept=kept, other=other, agent=agent)
        merge.stood = {name: getattr(other, name) for name in _EMPTY}
        merge.moved = {"messages": [], "client_ids": _free_client_ids(kept, other)}
        _interleave(kept, other, merge)
        merge.moved |= _move_tags(kept, other) | _move_drafts(kept, other)
        for holder in holders():
            merge.moved |= holder.move(kept, other)
        other.merged_into = kept
        other.save(update_fields=["merged_into"])
        kept.save(update_fields=["buyer_read_seq", "agent_read_seq"])
        merge.save(force_insert=True)
        _tell(names.CONVERSATION_MERGED, merge, kept, other, Actor.agent(agent))
    return merge


def separate(*, agent: Agent, merge_id: UUID) -> ConversationMerge:
    """Take a merge back: all that moved returns, each to its old place. Repeated, it changes nothing.

    Raises NotFound, Forbidden, or Conflict where what moved is not all there any more, or is part of yet another one.
    """
    with transaction.atomic():
        merge = ConversationMerge.objects.filter(
            pk=merge_id, kept__in=conversations_for(agent), other__in=conversations_for(agent)
        ).first()
        if merge is None:
            raise NotFound("No such merge.")
        check_may(agent, "conversations.merge")
        kept, other = locked_together(agent, merge.kept_id, merge.other_id)
        merge.refresh_from_db()
        if merge.undone_at is not None:
            return merge
        _refuse_separating(kept, other, merge)
        other.merged_into = None
        other.save(update_fields=["merged_into"])
        for name in _EMPTY:
            setattr(other, name, merge.stood[name])
        _take_apart(kept, other, merge)
        _move_tags_back(kept, other, merge.moved)
        _move_drafts_back(kept, other, merge.moved)
        for holder in holders():
            holder.move_back(kept, other, merge.moved)
        kept.save(update_fields=["buyer_read_seq", "agent_read_seq"])
        merge.undone_at, merge.undone_by = timezone.now(), agent
        merge.save(update_fields=["undone_at", "undone_by"])
        _tell(names.CONVERSATION_SEPARATED, merge, kept, other, Actor.agent(agent))
    return merge


def mergeable(agent: Agent, conversation: Conversation, limit: int = 20) -> list[Conversation]:
    """Return what can become part of a conversation: the buyer's resolved ones in which something was said."""
    rows = with_summary_relations(conversations_for(agent)).filter(
        buyer=conversation.buyer_id, status="resolved", merged_into=None, last_seq__gt=0
    )
    return list(rows.exclude(pk=conversation.pk).order_by("-last_at", "-id")[:limit])


def refuse_parting(conversations: Iterable[UUID]) -> None:
    """Raise Conflict where one of two that were merged is among these and the other is not."""
    ids = set(conversations)
    among = Q(kept__in=ids) & ~Q(other__in=ids) | Q(other__in=ids) & ~Q(kept__in=ids)
    if ConversationMerge.objects.filter(among, undone_at=None).exists():
        raise Conflict(
            _("Conversations of both were merged. Separate these first."), code="conversations_merged"
        )


def _refuse(kept: Conversation, other: Conversation) -> None:
    if kept.buyer_id != other.buyer_id:
        raise Invalid(_("These are conversations of different buyers."), code="other_buyer", attr="other")
    if other.merged_into_id or kept.merged_into_id:
        raise Conflict(_("It is part of another conversation already."), code="merged")
    if other.status != Conversation.Status.RESOLVED:
        raise Conflict(
            _("Only a conversation that is resolved becomes part of another."), code="not_resolved"
        )
    if not other.last_seq:
        raise Conflict(_("There is nothing in it."), code="nothing_to_move")
    if other.last_seq > MOST_MOVED:
        raise Invalid(_("That is too much to be moved."), code="too_long", attr="other")


def _refuse_separating(kept: Conversation, other: Conversation, merge: ConversationMerge) -> None:
    if kept.merged_into_id:
        raise Conflict(
            _("It is part of another conversation itself. Separate that one first."), code="merged"
        )
    if other.merged_into_id != kept.id:
        raise Conflict(_("They are not one conversation any more."), code="not_merged")
    there = Message.objects.filter(pk__in=merge.moved["messages"], conversation=kept)
    if there.count() < len(merge.moved["messages"]):
        raise Conflict(
            _("The conversation was split since. Undo that first, then it can be separated."),
            code="split_since",
        )


# -- Messages


def _free_client_ids(kept: Conversation, other: Conversation) -> dict[str, str]:
    """Give another client_id to what would be taken for a repeat; return the old ones by message."""
    here = Message.objects.filter(conversation=kept).values("client_id")
    taken = Message.objects.filter(conversation=other, client_id__in=here)
    found = dict(taken.values_list("id", "client_id"))
    for pk in found:
        Message.objects.filter(pk=pk).update(client_id=_moved_id(pk))
    return {str(pk): client_id for pk, client_id in found.items()}


def _moved_id(message_id: UUID) -> str:
    return f"moved.{message_id.hex}"


def _interleave(kept: Conversation, other: Conversation, merge: ConversationMerge) -> None:
    """Put the messages of both into one order, and count what the kept one says of them."""
    ours, theirs = _rows(kept), _rows(other)
    both = list(by_time(theirs, ours, key=lambda row: row["created_at"]))
    places = {row["id"]: number for number, row in enumerate(both, 1)}
    merge.moved["messages"] = [str(row["id"]) for row in theirs]
    take_places(Move(row["conversation"], row["seq"], kept.id, places[row["id"]]) for row in (*theirs, *ours))
    told = _Places([places[r["id"]] for r in ours], [places[r["id"]] for r in theirs])
    kept.buyer_read_seq = told.reached(kept.buyer_read_seq, other.buyer_read_seq)
    kept.agent_read_seq = told.reached(kept.agent_read_seq, other.agent_read_seq)
    _merge_marks(kept, other, told)
    _move_answers(kept, lambda seq: told.reached(seq, 0))
    kept.last_seq = len(both)
    kept.last_public_seq = max((places[r["id"]] for r in both if not r["private"]), default=0)
    kept.inbound_count += other.inbound_count
    if other.first_reply_at and (not kept.first_reply_at or other.first_reply_at < kept.first_reply_at):
        kept.first_reply_at = other.first_reply_at
    if other.last_at > kept.last_at or not kept.preview:
        kept.last_at, kept.preview = max(kept.last_at, other.last_at), other.preview or kept.preview
    for name, nothing in _EMPTY.items():
        setattr(other, name, nothing)


def _rows(conversation: Conversation) -> list[dict[str, Any]]:
    rows: Any = Message.objects.filter(conversation=conversation).order_by("seq")
    return list(rows.values("id", "seq", "created_at", "private", "conversation"))


class _Places:
    """Where the places of two timelines are in the one that they became."""

    def __init__(self, ours: Sequence[int], theirs: Sequence[int]) -> None:
        self.ours, self.theirs = ours, theirs

    def reached(self, ours: int, theirs: int) -> int:
        """Return how far somebody has read who had read so far in both. What is kept counts; of the earlier one
        what stands before it."""
        first = self.ours[0] if self.ours else len(self.theirs) + 1
        here = self.ours[min(ours, len(self.ours)) - 1] if ours and self.ours else 0
        there = self.theirs[min(theirs, len(self.theirs)) - 1] if theirs and self.theirs else 0
        return max(here, min(there, first - 1))


def _merge_marks(kept: Conversation, other: Conversation, told: _Places) -> None:
    """Who has read keeps that; nobody is told of what was over long ago as if it were new."""
    theirs = {mark.agent_id: mark for mark in ReadMark.objects.filter(conversation=other)}
    marks = {mark.agent_id: mark for mark in ReadMark.objects.filter(conversation=kept)}
    for agent_id in theirs.keys() | marks.keys():
        mark = marks.get(agent_id) or ReadMark(agent_id=agent_id, conversation=kept)
        mark.seq = told.reached(mark.seq, theirs[agent_id].seq if agent_id in theirs else 0)
        mark.inbound_seen += other.inbound_count
        mark.save()


def _move_answers(kept: Conversation, place: Callable[[int], int]) -> None:
    """What was taken for a rating stands elsewhere now: another digit right after it still is one."""
    for ask in RatingAsk.objects.filter(conversation=kept, answer_seq__isnull=False):
        ask.answer_seq = place(ask.answer_seq or 0)
        ask.save(update_fields=["answer_seq"])


def _take_apart(kept: Conversation, other: Conversation, merge: ConversationMerge) -> None:
    gone = {UUID(pk): number for number, pk in enumerate(merge.moved["messages"], 1)}
    rows = _rows(kept)
    stay = [row for row in rows if row["id"] not in gone]
    moves = [Move(kept.id, row["seq"], kept.id, number) for number, row in enumerate(stay, 1)]
    moves += [Move(kept.id, r["seq"], other.id, gone[r["id"]]) for r in rows if r["id"] in gone]
    take_places(moves)
    for pk, client_id in merge.moved["client_ids"].items():
        renamed = Message.objects.filter(pk=pk, conversation=other, client_id=_moved_id(UUID(pk)))
        renamed.update(client_id=client_id)
    seqs = [row["seq"] for row in stay]
    kept.buyer_read_seq = bisect_right(seqs, kept.buyer_read_seq)
    kept.agent_read_seq = bisect_right(seqs, kept.agent_read_seq)
    kept.last_seq = len(stay)
    kept.last_public_seq = max((n for n, row in enumerate(stay, 1) if not row["private"]), default=0)
    kept.inbound_count = max(kept.inbound_count - other.inbound_count, 0)
    _marks_apart(kept, other, seqs)
    _move_answers(kept, lambda seq: bisect_right(seqs, seq))
    _last_words(kept, other)


def _marks_apart(kept: Conversation, other: Conversation, seqs: Sequence[int]) -> None:
    for mark in ReadMark.objects.filter(conversation=kept):
        mark.seq = bisect_right(seqs, mark.seq)
        mark.inbound_seen = min(max(mark.inbound_seen - other.inbound_count, 0), kept.inbound_count)
        if mark.seq or mark.inbound_seen:
            mark.save(update_fields=["seq", "inbound_seen"])
        else:
            mark.delete()


def _last_words(kept: Conversation, other: Conversation) -> None:
    """Where what the kept one says of itself was the other's, say what it has of its own."""
    said = Message.objects.filter(conversation=kept).exclude(kind="system").order_by("seq")
    if kept.last_at == other.last_at and (last := said.last()):
        kept.last_at = last.created_at
        if public := said.filter(private=False).last():
            kept.preview = timeline.preview(public)
    if kept.first_reply_at and kept.first_reply_at == other.first_reply_at:
        asked = said.filter(private=False, author_kind="buyer").first()
        replies = said.filter(private=False, author_kind="agent", seq__gt=asked.seq) if asked else said.none()
        kept.first_reply_at = replies.values_list("created_at", flat=True).first()


# -- What else there is


def _move_tags(kept: Conversation, other: Conversation) -> Moved:
    theirs = list(other.tags.all())
    here = {tag.id for tag in kept.tags.all()}
    new = [tag for tag in theirs if tag.id not in here]
    kept.tags.add(*new)
    other.tags.clear()
    _forget_tags(kept, other)
    return {"tags": [str(tag.id) for tag in theirs], "new_tags": [str(tag.id) for tag in new]}


def _move_tags_back(kept: Conversation, other: Conversation, moved: Moved) -> None:
    kept.tags.remove(*kept.tags.filter(pk__in=moved["new_tags"]))
    other.tags.add(*Tag.objects.filter(pk__in=moved["tags"]))
    _forget_tags(kept, other)


def _forget_tags(*conversations: Conversation) -> None:
    """The summary shows the new ones."""
    for conversation in conversations:
        getattr(conversation, "_prefetched_objects_cache", {}).clear()


def _move_drafts(kept: Conversation, other: Conversation) -> Moved:
    """What somebody had typed there goes along, unless they have typed something here."""
    typing = Draft.objects.filter(conversation=kept).values("agent")
    drafts = list(Draft.objects.filter(conversation=other).exclude(agent__in=typing))
    Draft.objects.filter(pk__in=[draft.pk for draft in drafts]).update(conversation=kept)
    return {"drafts": {str(draft.pk): iso(draft.updated_at) for draft in drafts}}


def _move_drafts_back(kept: Conversation, other: Conversation, moved: Moved) -> None:
    for draft in Draft.objects.filter(pk__in=moved["drafts"], conversation=kept):
        if iso(draft.updated_at) == moved["drafts"][str(draft.pk)]:  # else it was typed on here
            Draft.objects.filter(pk=draft.pk).update(conversation=other)


# -- Telling


def _tell(name: str, merge: ConversationMerge, kept: Conversation, other: Conversation, actor: Actor) -> None:
    """Write a line into the one that is kept, an event for both, and let every screen read them anew."""
    batch = Batch(changed={other.id: other})
    Notice.objects.filter(about=other.id).update(about=kept.id)  # read when that one is opened
    params: dict[str, Any] = {"actor": actor.name, "merge": str(merge.id), "other": str(other.id)}
    params["messages"] = len(merge.moved["messages"])
    words = {
        names.CONVERSATION_MERGED: f"{actor.name} made an earlier conversation part of this one",
        names.CONVERSATION_SEPARATED: f"{actor.name} made it a conversation of its own again",
    }[name]
    timeline.add_line(kept, batch, actor, name, params, words)
    data = {"into": str(kept.id), **params}
    batch.happenings.append(
        Happening(name, actor, store_id=other.store_id, conversation_id=other.id, data=data)
    )
    _let_buyer_go_on(name, kept, other, batch)
    timeline.write(batch)
    if name == names.CONVERSATION_MERGED:
        gone = {"type": "conversation.gone", "conversation": str(other.id), "into": str(kept.id)}
        push([Push((topics.store(other.store_id), topics.conversation(other.id)), gone)])
    for conversation in (kept, other):
        anew = {"type": "error", "code": "too_far", "message": "Its places are others now."}
        listeners = (topics.conversation(conversation.id), topics.visitor(conversation.id))
        push([Push(listeners, {**anew, "conversation": str(conversation.id)})])


def _let_buyer_go_on(name: str, kept: Conversation, other: Conversation, batch: Batch) -> None:
    """A buyer's own screen shows the live conversation, else the latest: where that is another now, it is told."""
    if kept.status == Conversation.Status.RESOLVED and other.created_at > kept.created_at:
        batch.opened.append(kept if name == names.CONVERSATION_MERGED else other)
