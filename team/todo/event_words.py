"""What events of tasks say."""

from django.utils.translation import gettext_lazy, pgettext_lazy

from events import names
from events.models import Event
from events.wording import Called, Told, Vocabulary, Words, changes
from team.todo.words import heading

_SENTENCES = {
    names.TASK_CREATED: gettext_lazy("made the task “%(title)s”"),
    names.TASK_CHANGED: gettext_lazy("changed the task “%(title)s”"),
    names.TASK_DONE: gettext_lazy("did the task “%(title)s”"),
    names.TASK_REOPENED: gettext_lazy("opened the task “%(title)s” again"),
    names.TASK_CANCELLED: gettext_lazy("cancelled the task “%(title)s”"),
}


def _tell(event: Event, called: Called) -> Told:
    data = event.data
    title = heading(data["kind"], data["title"], data["words"])
    return Told(str(_SENTENCES[event.name]) % {"title": title}, changes(data, called))


TASKS = Vocabulary(
    "tasks",
    gettext_lazy("Tasks"),
    "checklist",
    {
        names.TASK_CREATED: Words(gettext_lazy("Task made"), tell=_tell),
        names.TASK_CHANGED: Words(gettext_lazy("Task changed"), tell=_tell),
        names.TASK_DONE: Words(gettext_lazy("Task done"), tell=_tell),
        names.TASK_REOPENED: Words(gettext_lazy("Task opened again"), tell=_tell),
        names.TASK_CANCELLED: Words(gettext_lazy("Task cancelled"), tell=_tell),
    },
    {
        "title": gettext_lazy("Title"),
        "note": gettext_lazy("Note"),
        "assignee": gettext_lazy("Assignee"),
        "team": gettext_lazy("Team"),
        "due_at": pgettext_lazy("of a task", "Due"),
        "remind_at": gettext_lazy("Reminder"),
        "priority": gettext_lazy("Priority"),
        "rating": gettext_lazy("Rating"),
    },
)
