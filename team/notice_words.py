"""What notices about the team's own work say."""

from django.utils.translation import gettext_lazy as _

from people.notices import NoticeWords

TASK_GIVEN = "task.given"
TASK_DUE = "task.due"
TASK_LATE = "task.late"
TASK_DONE = "task.done"

WORDS = {
    TASK_GIVEN: NoticeWords(
        _("{by} gave you a task"),
        _("{title} · {about}"),
        "checklist",
        label=_("A colleague gives you a task"),
    ),
    TASK_DUE: NoticeWords(_("Reminder: {title}"), _("{about}"), "bell", label=_("Reminder of a task")),
    TASK_LATE: NoticeWords(
        _("Overdue: {title}"), _("{about}"), "alarm", label=_("A task of yours is overdue")
    ),
    TASK_DONE: NoticeWords(
        _("{by} did what you asked for"),
        _("{title} · {about}"),
        "circle-check",
        label=_("A task you made is done"),
    ),
}
