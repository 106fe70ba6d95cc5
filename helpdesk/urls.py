"""Every address of the desk."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from helpdesk import health
from inbox.file_views import attachment

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(url="/inbox/"), name="home"),
    path("files/<uuid:attachment_id>/", attachment, name="file"),
    path("api/v1/", include("helpdesk.api_urls")),
    path("accounts/", include("people.account_urls")),
    path("settings/", include("people.urls")),
    path("settings/", include("inbox.setup.urls")),
    path("", include("inbox.urls")),
    path("", include("inbox.widget_urls")),
    path("", include("orders.widget_urls")),
    path("", include("orders.urls")),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
]
