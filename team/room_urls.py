"""/team/: how it goes, and what else concerns those who work here."""

from django.urls import path

from team import performance_views, wall_views

app_name = "team-room"

urlpatterns = [
    path("", performance_views.home, name="home"),
    path("wall/", wall_views.wall, name="wall"),
    path("performance/", performance_views.performance, name="performance"),
    path("performance/me/", performance_views.mine, name="mine"),
    path("performance/export/", performance_views.export, name="performance-export"),
    path("performance/cases/", performance_views.cases, name="all-cases"),
    path("performance/agents/<uuid:agent_id>/", performance_views.cases, name="cases"),
]
