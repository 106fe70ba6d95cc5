"""How templates write tasks."""

from datetime import datetime

from babel.dates import format_date, format_skeleton
from django import template
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from people.models import Agent
from team.todo import access, words
from team.todo.models import Task

register = template.Library()


@register.filter
def task_title(task: Task) -> str:
    return words.title_of(task)


@register.filter
def task_remark(task: Task) -> str:
    return words.remark(task)


@register.filter
def changeable_by(task: Task, agent: Agent) -> bool:
    return task.status == Task.Status.OPEN and access.may_change(agent, task)


@register.filter
def due(at: datetime) -> str:
    """Write when something is due as people say it: "Today 18:00", "Tomorrow 09:00", "Mon 09:00", "Nov 28 09:00"."""
    here, now = timezone.localtime(at), timezone.localtime()
    days = (here.date() - now.date()).days
    locale = translation.to_locale(translation.get_language() or "en")
    if days in (-1, 0, 1):
        day = {-1: _("Yesterday"), 0: _("Today"), 1: _("Tomorrow")}[days]
    elif 1 < days < 7:
        day = format_date(here, "EEE", locale=locale)
    else:
        skeleton = "MMMd" if here.year == now.year else "yMMMd"
        day = format_skeleton(skeleton, here.replace(tzinfo=None), locale=locale)
    return f"{day} {here:%H:%M}"


@register.filter
def is_late(task: Task) -> bool:
    return task.status == Task.Status.OPEN and task.due_at is not None and task.due_at <= timezone.now()
