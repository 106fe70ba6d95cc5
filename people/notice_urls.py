"""/notices/: the bell of every page, for scripts."""

from django.urls import path

from people.views import notices

app_name = "notices"

urlpatterns = [
    path("", notices.bell, name="bell"),
    path("read/", notices.read, name="read"),
    path("quiet/", notices.quiet, name="quiet"),
    path("test/", notices.test, name="test"),
]
