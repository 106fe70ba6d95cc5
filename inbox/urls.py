"""Addresses of the console's page. Panels beside it are the other apps' own."""

from django.urls import path

from inbox import ask_views, mail_views, pages

app_name = "inbox"
urlpatterns = [
    path("inbox/", pages.inbox, name="inbox"),
    path("inbox/ask/", ask_views.ask, name="ask"),
    path("inbox/<uuid:conversation_id>/", pages.inbox, name="conversation"),
    path("mails/pictures/<str:token>/", mail_views.mail_picture, name="mail-picture"),
    path("mails/<uuid:message_id>/", mail_views.mail, name="mail"),
    path("mails/<uuid:message_id>/body/", mail_views.mail_body, name="mail-body"),
    path("mails/<uuid:message_id>/quoted/", mail_views.mail_quoted, name="mail-quoted"),
    path("mails/<uuid:message_id>/raw/", mail_views.mail_raw, name="mail-raw"),
]
