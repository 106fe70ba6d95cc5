"""The form of a task: who, until when, and when to remind, as people say it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from helpdesk.lib.ids import parse_id
from people.access import agents_for, stores_for
from people.models import Agent, Store, Team
from team.todo.access import servants
from team.todo.models import Task
from team.todo.services import MAX_NOTE, MAX_TITLE
from team.todo.words import title_of

EVENING, MORNING = 18, 9
LOCAL = "%Y-%m-%dT%H:%M"
TEAM = "team:"
HOUR = 60  # minutes
DUE = {
    "hour": gettext_lazy("In 1 hour"),
    "evening": gettext_lazy("Today, 18:00"),
    "tomorrow": gettext_lazy("Tomorrow, 9:00"),
    "date": gettext_lazy("On a day …"),
    "": pgettext_lazy("due", "No date"),
}
REMIND = {
    "": pgettext_lazy("reminder", "None"),
    "0": gettext_lazy("When it is due"),
    "15": gettext_lazy("15 minutes before"),
    str(HOUR): gettext_lazy("1 hour before"),
    str(24 * HOUR): gettext_lazy("1 day before"),
}
AS_IT_IS = "as-it-is"  # a reminder that stands at a time of its own


class TaskForm(forms.Form):
    """`store`: whose task it is, where that is known; else it is asked for."""

    title = forms.CharField(label=gettext_lazy("What is to be done"), max_length=MAX_TITLE)
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=MAX_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "task-note"}),
    )
    store = forms.ChoiceField(label=gettext_lazy("Store"), required=False)
    who = forms.ChoiceField(label=gettext_lazy("Assignee"), required=False)
    due = forms.ChoiceField(
        label=pgettext_lazy("of a task", "Due"), required=False, widget=forms.RadioSelect, choices=[]
    )
    due_on = forms.DateTimeField(
        label=gettext_lazy("Day and time"),
        required=False,
        input_formats=[LOCAL, "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(format=LOCAL, attrs={"type": "datetime-local"}),
    )
    remind = forms.ChoiceField(label=gettext_lazy("Remind"), required=False)
    priority = forms.TypedChoiceField(
        label=gettext_lazy("Priority"), required=False, coerce=int, choices=Task.Priority.choices
    )

    def __init__(
        self,
        data: Any = None,
        *,
        agent: Agent,
        store: Store | None,
        task: Task | None = None,
        initial: Any = None,
    ) -> None:
        super().__init__(data, initial={**(_as_form(task) if task else {"who": str(agent.pk), "due": "tomorrow",
                         "remind": str(HOUR), "priority": 0}), **(initial or {})}, auto_id="task-%s")  # fmt: skip
        self.agent, self.task, self.of = agent, task, store
        self.stores = [store] if store else list(stores_for(agent))
        self._choose("store", [(one.key, one.name) for one in self.stores])
        self._choose("who", self._people())
        now = timezone.localtime()
        self._choose("due", [(k, v) for k, v in DUE.items() if k != "evening" or now.hour < EVENING])
        self._choose("remind", self._reminders())
        if task is not None and task.kind:
            self.fields["title"].required = False
            self.fields["title"].widget.attrs["placeholder"] = title_of(task)

    def _choose(self, name: str, choices: list[Any]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def _people(self) -> list[Any]:
        """Return who may be given it: me, nobody, my colleagues, teams."""
        served = [store.pk for store in self.stores]
        rows = servants(self.of.pk) if self.of else agents_for(self.agent)
        colleagues = [(str(a.pk), a.name) for a in rows.order_by("name", "id") if a.pk != self.agent.pk]
        teams = Team.objects.filter(stores__in=served).distinct().order_by("name")
        return [
            (str(self.agent.pk), _("Me")),
            ("", pgettext("task", "Nobody yet")),
            (_("Colleagues"), colleagues),
            (_("Teams"), [(f"{TEAM}{team.pk}", team.name) for team in teams]),
        ]

    def _reminders(self) -> list[Any]:
        choices: list[Any] = list(REMIND.items())
        if self.initial.get("remind") == AS_IT_IS and self.task and self.task.remind_at:
            at = timezone.localtime(self.task.remind_at)
            choices.insert(0, (AS_IT_IS, _("At %(time)s") % {"time": at.strftime("%Y-%m-%d %H:%M")}))
        return choices

    @property
    def asks_for_store(self) -> bool:
        return self.of is None and len(self.stores) > 1

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("due") == "date" and not data.get("due_on") and "due_on" not in self.errors:
            self.add_error("due_on", _("Say when."))
        return data

    def given(self) -> dict[str, Any]:
        """Return what was chosen, as services take it; who has it by ids."""
        data = self.cleaned_data
        who = data.get("who", "")
        due_at = self._due_at()
        return {
            "title": data["title"],
            "note": data["note"],
            "assignee": None if who.startswith(TEAM) else parse_id(who),
            "team": self._team(who),
            "due_at": due_at,
            "remind_at": self._remind_at(due_at),
            "priority": data.get("priority") or 0,
        }

    def _team(self, who: str) -> UUID | None:
        """A team is chosen instead of a person; a person keeps the team that the task was given to before."""
        if who.startswith(TEAM):
            return parse_id(who.removeprefix(TEAM))
        return self.task.team_id if self.task and who else None

    def _due_at(self) -> datetime | None:
        now = timezone.localtime()
        chosen = self.cleaned_data.get("due", "")
        if chosen == "hour":
            return now + timedelta(hours=1)
        if chosen == "evening":
            return at_hour(now, 0, EVENING)
        if chosen == "tomorrow":
            return at_hour(now, 1, MORNING)
        on: datetime | None = self.cleaned_data.get("due_on")
        if chosen == "date" and self.task and self.task.due_at and on == _minute(self.task.due_at):
            return self.task.due_at  # what a field cannot show did not change
        return on if chosen == "date" else None

    def _remind_at(self, due_at: datetime | None) -> datetime | None:
        remind = self.cleaned_data.get("remind", "")
        if remind == AS_IT_IS and self.task:
            return self.task.remind_at
        if not remind or remind == AS_IT_IS or due_at is None:
            return None
        at = due_at - timedelta(minutes=int(remind))
        return at if at > timezone.now() else None  # too late for that


def at_hour(now: datetime, days: int, hour: int) -> datetime:
    """Return `hour` o'clock, so many days after `now`, by the clock on the wall there."""
    wall = (now + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0, tzinfo=None)
    return timezone.make_aware(wall)


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _as_form(task: Task) -> dict[str, Any]:
    """Return a task as the form shows it."""
    who = str(task.assignee_id or "") or (f"{TEAM}{task.team_id}" if task.team_id else "")
    return {
        "title": task.title,
        "note": task.note,
        "who": who,
        "due": "date" if task.due_at else "",
        "due_on": task.due_at,
        "remind": _reminder_of(task),
        "priority": task.priority,
    }


def _reminder_of(task: Task) -> str:
    if task.remind_at is None:
        return ""
    if task.due_at is not None:
        minutes = str(round((task.due_at - task.remind_at).total_seconds() / 60))
        if minutes in REMIND:
            return minutes
    return AS_IT_IS
