"""Messages that change places: in one timeline, or from one into another, all at once.

The caller has locked the conversations. A place is unique in its conversation, so everything that moves is first put
where nobody stands.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, OuterRef, QuerySet, Subquery

from inbox.models import Attachment, Conversation, Delivery, Mention, Message

_ASIDE = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Move:
    """From which place of which conversation to which of which."""

    source: UUID
    seq: int
    target: UUID
    place: int


@dataclass(slots=True)
class _Run:
    """Neighbours that stay neighbours: one statement takes them all."""

    first: Move
    last: int  # the place of the last one, before

    def goes_on_with(self, move: Move) -> bool:
        first = self.first
        same = (move.source, move.target) == (first.source, first.target)
        return same and move.seq == self.last + 1 and move.place - move.seq == first.place - first.seq


def take_places(moves: Iterable[Move]) -> None:
    """Put messages where they belong, and what repeats their places (deliveries) or names their conversation."""
    runs = _runs(move for move in moves if (move.source, move.seq) != (move.target, move.place))
    for run in runs:
        _of(run.first.source, run.first.seq, run.last).update(seq=F("seq") + _ASIDE)
    for run in runs:
        rows = _of(run.first.source, run.first.seq + _ASIDE, run.last + _ASIDE)
        shift = run.first.place - run.first.seq - _ASIDE
        rows.update(conversation=run.first.target, seq=F("seq") + shift)
    _follow({run.first.source for run in runs} | {run.first.target for run in runs})


def _runs(moves: Iterable[Move]) -> list[_Run]:
    runs: list[_Run] = []
    for move in sorted(moves, key=lambda move: (move.source, move.seq)):
        if runs and runs[-1].goes_on_with(move):
            runs[-1].last = move.seq
        else:
            runs.append(_Run(move, move.seq))
    return runs


def _of(conversation_id: UUID, first: int, last: int) -> QuerySet[Message]:
    return Message.objects.filter(conversation=conversation_id, seq__gte=first, seq__lte=last)


def _follow(conversations: set[UUID]) -> None:
    """Deliveries, files and mentions stand where their message stands."""
    here = Message.objects.filter(pk=OuterRef("message"))
    where, seq = Subquery(here.values("conversation")), Subquery(here.values("seq"))
    Delivery.objects.filter(message__conversation__in=conversations).update(conversation=where, seq=seq)
    for model in (Attachment, Mention):
        strayed = model._default_manager.filter(message__conversation__in=conversations)
        strayed.exclude(conversation=F("message__conversation")).update(conversation=where)


def standing(conversation: Conversation) -> UUID:
    """Return where the messages of a conversation are: in itself, or in the one that it was merged into."""
    seen, found = {conversation.id}, conversation.merged_into_id
    while found is not None and found not in seen:
        seen.add(found)
        rows = Conversation.objects.filter(pk=found).values_list("merged_into", flat=True)
        further = rows.first()
        if further is None:
            return found
        found = further
    return conversation.id
