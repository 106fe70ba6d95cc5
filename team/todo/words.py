"""What tasks say that no person wrote: made for each reader, in their language, of what the row holds."""

from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from team.todo.models import Task


def title_of(task: Task) -> str:
    return heading(task.kind, task.title, task.data)


def heading(kind: str, title: str, data: dict[str, Any]) -> str:
    """Return what a task is called in the active language: its own title, else what its kind says of `data`."""
    if title:
        return title
    if kind == Task.Kind.LOW_RATING:
        return _("Rated %(rating)s of 5: look into it") % {"rating": data.get("rating", "–")}
    return _("Task")


def remark(task: Task) -> str:
    """Return what became of what a machine made a task for, since it did; empty where nothing did."""
    now = task.data.get("now")
    if task.kind == Task.Kind.LOW_RATING and now:
        return _("The buyer has changed the rating to %(rating)s of 5.") % {"rating": now}
    return ""


def plain_title(task: Task) -> str:
    """The same for plain readers, in English."""
    with translation.override("en"):
        return title_of(task)
