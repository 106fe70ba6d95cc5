"""Every address of the desk."""

from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView

from helpdesk import api_docs, health
from inbox.file_views import attachment, signed_attachment
from inbox.hook_views import channel_hook
from orders.hooks_views import store_hook

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(url="/inbox/"), name="home"),
    path("files/<uuid:attachment_id>/", attachment, name="file"),
    path("files/signed/<str:token>/", signed_attachment, name="signed-file"),
    path("api/v1/", include("helpdesk.api_urls")),
    path("accounts/", include("people.account_urls")),
    path("settings/", include("people.urls")),
    path("settings/", include("inbox.setup.urls")),
    path("settings/", include("team.urls")),
    path("notices/", include("people.notice_urls")),
    path("team/", include("team.room_urls")),
    path("knowledge/", include("knowledge.exchange_urls")),
    path("", include("knowledge.urls")),
    path("", include("knowledge.help_urls")),
    path("", include("inbox.urls")),
    path("", include("inbox.widget_urls")),
    path("", include("orders.widget_urls")),
    re_path("^api/widget/", api_docs.MissingForWidget.as_view()),
    path("", include("orders.urls")),
    path("hooks/channels/<slug:hook_key>/", channel_hook, name="channel-hook"),
    path("hooks/stores/<slug:hook_key>/", store_hook, name="store-hook"),
    path(
        "demo/phone/", include("helpdesk.demo.phone.urls")
    ),  # each of its views is closed outside of the demo
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
]
