"""A low rating is something to look into: one task for each, however often and by whomever it is found.

A job that is rung when somebody rates does it at once; a sweep over the events finds what its loss left behind. Both
ask what the rating is now: one that was bettered before anybody came makes no task, one that is bettered later is
noted at it. A conversation that goes on and is rated low once more is looked into once more, by a task of its own
unless the first is still open.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from events import feed, names
from events.models import Event
from events.record import SYSTEM
from helpdesk.lib.hours import Schedule
from inbox.models import Conversation
from inbox.reception import schedule_of
from inbox.services.rating import rule_of
from team.todo.announce import announce
from team.todo.models import Mark, Task
from team.todo.services import make_once

KEY = "ratings"
LOOK_BACK = timedelta(days=3)  # so far back the first sweep of a desk looks
OPEN_HOURS = timedelta(hours=4)  # within which somebody should have looked


def source_of(conversation: Conversation) -> str:
    """Name the rating of this time that it was resolved."""
    resolved = conversation.resolved_at or conversation.created_at
    return f"rating:{conversation.pk}:{int(resolved.timestamp() * 1000)}"


def look_at(conversation_id: UUID) -> Task | None:
    """Make the task of a low rating, or note at it that the rating is another now. None: there is no task."""
    with transaction.atomic():
        rows = Conversation.objects.select_related("store", "team").select_for_update(of=("self",))
        c = rows.filter(pk=conversation_id).first()
        if c is None or c.rating is None:
            return None
        source = source_of(c)
        about = Task.objects.select_for_update().filter(conversation=c, kind=Task.Kind.LOW_RATING)
        task = about.filter(Q(source=source) | Q(status=Task.Status.OPEN)).order_by("-id").first()
        if task is not None:
            _note(task, c.rating)
            return task
        if c.rating > rule_of(c.store_id).low:
            return None
        return make_once(
            source=source,
            store=c.store,
            kind=Task.Kind.LOW_RATING,
            data={"rating": c.rating},
            conversation=c,
            team=c.team,
            priority=Task.Priority.HIGH,
            due_at=due(schedule_of(c.store), timezone.now()),
        )


def _note(task: Task, rating: int) -> None:
    was = task.data.get("now", task.data["rating"])
    if rating == was:
        return
    task.data = {"rating": task.data["rating"], "now": rating}
    task.save(update_fields=["data"])
    announce(names.TASK_CHANGED, task, actor=SYSTEM, before={"rating": was}, after={"rating": rating})


def due(schedule: Schedule, at: datetime) -> datetime:
    """Return when the desk has been open for some hours from `at` on."""
    return schedule.after_open_seconds(at, OPEN_HOURS.total_seconds()) or at + OPEN_HOURS


def sweep() -> int:
    """Look at all ratings since the last time. Returns how many; twice at once, or cut off anywhere, does no harm."""
    mark = Mark.objects.filter(key=KEY).first() or _begin()
    upto = min(feed.settled(mark.event), mark.event + feed.WINDOW)
    rated = Event.objects.filter(name=names.CONVERSATION_RATED, id__gt=mark.event, id__lte=upto)
    ids = dict.fromkeys(rated.order_by("id").values_list("conversation_id", flat=True))
    for conversation_id in filter(None, ids):
        look_at(conversation_id)
    # Behind what was done: whoever is killed before it does it again.
    Mark.objects.filter(key=KEY, event=mark.event).update(event=upto)
    return len(ids)


def _begin() -> Mark:
    since = Event.objects.filter(name=names.CONVERSATION_RATED, at__gte=timezone.now() - LOOK_BACK)
    first = since.order_by("at", "id").values_list("id", flat=True).first()
    event = feed.settled(0) if first is None else first - 1
    return Mark.objects.get_or_create(key=KEY, defaults={"event": event})[0]
