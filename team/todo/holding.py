"""What tasks hold of buyers: those about their conversations and orders, and those that call them by their name."""

from django.db.models import Q, QuerySet

from events import names
from events.models import TOLD, Event
from events.redacting import MARK
from inbox.models import Conversation
from people import notices
from people.models import Buyer
from people.personal import Erasing, words_of
from team.todo.models import Task

NAMES = [name for name in sorted(names.NAMES) if name.startswith("task.")]


class TasksOfConversations:
    """What is to be done about a conversation is to be done about the one that it became part of."""

    def move(self, kept: Conversation, other: Conversation) -> dict[str, list[str]]:
        rows = Task.objects.filter(conversation=other)
        moved = [str(pk) for pk in rows.values_list("pk", flat=True)]
        rows.update(conversation=kept)
        return {"tasks": moved}

    def move_back(self, kept: Conversation, other: Conversation, moved: dict[str, list[str]]) -> None:
        Task.objects.filter(pk__in=moved.get("tasks", []), conversation=kept).update(conversation=other)


def tasks_about(buyers: list[Buyer], words: list[str]) -> QuerySet[Task]:
    """Return the tasks about buyers, or in which one of `words` stands at a store of theirs."""
    theirs = Q(conversation__buyer__in=buyers) | Q(order__buyer__in=buyers)
    said = Q(pk__in=[])
    for word in words:
        said |= Q(title__icontains=word) | Q(note__icontains=word)
    return Task.objects.filter(theirs | (said & Q(store__in={buyer.store_id for buyer in buyers}))).order_by(
        "id"
    )


def erase(erasing: Erasing) -> None:
    """Leave that there was something to do, whose it was and what became of it. What is open ends: of nobody."""
    for task in tasks_about(erasing.buyers, erasing.names):
        task.title, task.note = (MARK if task.title else ""), ""
        if task.status == Task.Status.OPEN:
            task.status, task.done_at, task.remind_at = Task.Status.CANCELLED, erasing.at, None
        task.save(update_fields=["title", "note", "status", "done_at", "remind_at"])
        notices.forget([task.pk])


def events(buyers: list[Buyer]) -> list[QuerySet[Event]]:
    """Return what happened to these tasks, also where it was told of no conversation and no order."""
    ids = [str(pk) for pk in tasks_about(buyers, words_of(buyers)).values_list("id", flat=True)]
    if not ids:
        return []
    at_stores = Event.objects.filter(TOLD, store_id__in={buyer.store_id for buyer in buyers})
    return [at_stores.filter(name__in=NAMES, data__task__in=ids)]
