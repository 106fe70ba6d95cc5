"""Reading what happened, in order, without missing what another process is about to commit."""

from datetime import timedelta
from uuid import UUID

from django.db.models import Max
from django.utils import timezone

from events.finding import Asked
from events.models import Event

PAGE = 100
WINDOW = 10_000  # ids looked at in one request, however few of them are the reader's
EVERYTHING = Asked()
SETTLED_AFTER = timedelta(seconds=10)


def read_feed(
    after: int, store_ids: frozenset[UUID] | None, asked: Asked = EVERYTHING
) -> tuple[list[Event], int, bool]:
    """Return events of stores (None: of all) after an id, the id to ask after next time, and if there is more now.

    Ids are given out before they are committed, so a place that is empty may be filled yet: the feed waits in
    front of a gap until it is old enough to be one for good (what was begun there was rolled back).
    """
    last = Event.objects.aggregate(last=Max("id"))["last"] or 0
    upto = min(before_a_fresh_gap(after, last), after + WINDOW)
    rows = asked.applied(Event.objects.filter(id__gt=after, id__lte=upto))
    if store_ids is not None:
        rows = rows.filter(store_id__in=store_ids)
    events = list(rows.order_by("id")[: PAGE + 1])
    if len(events) > PAGE:
        return events[:PAGE], events[PAGE - 1].id, True
    return events, max(after, upto), last > upto == after + WINDOW


def settled(after: int) -> int:
    """Return up to which id, from `after` on, whoever reads all events may read now: nothing can slip in before it."""
    last = Event.objects.aggregate(last=Max("id"))["last"] or 0
    return max(after, before_a_fresh_gap(after, last))


def before_a_fresh_gap(after: int, last: int) -> int:
    """Return the last id before which no event can slip in any more."""
    fresh = Event.objects.filter(id__gt=max(after, last - WINDOW), at__gt=timezone.now() - SETTLED_AFTER)
    ids = list(fresh.order_by("id").values_list("id", flat=True))
    if not ids:
        return last
    before = Event.objects.filter(id__lt=ids[0]).order_by("-id").values_list("id", flat=True).first()
    for event_id in ids:
        if before is not None and event_id != before + 1:
            return before
        before = event_id
    return last
