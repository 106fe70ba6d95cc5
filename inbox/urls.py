"""Addresses of the console's page. Panels beside it are the other apps' own."""

from django.urls import path

from inbox import pages

app_name = "inbox"
urlpatterns = [
    path("inbox/", pages.inbox, name="inbox"),
    path("inbox/<uuid:conversation_id>/", pages.inbox, name="conversation"),
]
