"""/team/: how it goes, and what else concerns those who work here."""

from django.urls import path
from django.views.generic import RedirectView

from team import performance_views, ratings_views, wall_views
from team.announcing import views as announcing
from team.announcing import writing_views as writing
from team.todo import form_views as task_forms
from team.todo import views as todo

app_name = "team-room"

ONE = "announcements/<uuid:announcement_id>/"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="team-room:tasks"), name="home"),
    path("tasks/", todo.tasks, name="tasks"),
    path("tasks/new/", task_forms.new, name="task-new"),
    path("tasks/of/conversation/<uuid:conversation_id>/", todo.of_conversation, name="tasks-of-conversation"),
    path("tasks/of/order/<uuid:order_id>/", todo.of_order, name="tasks-of-order"),
    path("tasks/<uuid:task_id>/", task_forms.one, name="task"),
    path("tasks/<uuid:task_id>/cancel/", task_forms.cancel, name="task-cancel"),
    path("tasks/<uuid:task_id>/snooze/", task_forms.snooze, name="task-snooze"),
    path("wall/", wall_views.wall, name="wall"),
    path("performance/", performance_views.performance, name="performance"),
    path("performance/me/", performance_views.mine, name="mine"),
    path("performance/export/", performance_views.export, name="performance-export"),
    path("performance/cases/", performance_views.cases, name="all-cases"),
    path("ratings/", ratings_views.page, name="ratings"),
    path("ratings/export/", ratings_views.export, name="ratings-export"),
    path("performance/agents/<uuid:agent_id>/", performance_views.cases, name="cases"),
    path("announcements/", announcing.announcements, name="announcements"),
    path("announcements/new/", writing.new, name="announcement-new"),
    path("announcements/preview/", writing.preview, name="announcement-preview"),
    path("announcements/people/", writing.people, name="announcement-people"),
    path(ONE, announcing.announcement, name="announcement"),
    path(ONE + "reading/", announcing.reading, name="announcement-reading"),
    path(ONE + "seen/", announcing.seen, name="announcement-seen"),
    path(ONE + "confirm/", announcing.confirmed, name="announcement-confirm"),
    path(ONE + "edit/", writing.edit, name="announcement-edit"),
    path(ONE + "publish/", writing.publish, name="announcement-publish"),
    path(ONE + "unschedule/", writing.unschedule, name="announcement-unschedule"),
    path(ONE + "end/", writing.end, name="announcement-end"),
    path(ONE + "discard/", writing.discard, name="announcement-discard"),
    path(ONE + "remind/", writing.remind_them, name="announcement-remind"),
    path(ONE + "readers/", writing.readers_now, name="announcement-readers"),
    path(ONE + "readers/export/", writing.export, name="announcement-export"),
]
